'use strict';
// Runs the conformance kit through the C ABI with koffi.
//
//   npm install koffi
//   node examples/ffi/node/conformance.js target/release/libentitle.so tests/conformance

const fs = require('fs');
const path = require('path');
const assert = require('assert');
const { load, VERDICTS, STALE, POLICIES } = require('./entitle.js');

const [, , libraryPath, folder] = process.argv;
const entitle = load(path.resolve(libraryPath));
const wrong = [];
const files = fs.readdirSync(folder).filter((f) => f.endsWith('.json')).sort();
const tests = files.map((f) => JSON.parse(fs.readFileSync(path.join(folder, f), 'utf8')));

const open = (test) => entitle.openTexts(test.policies.map((text, i) => [`${i}.policy`, text]));

for (const test of tests) {
  const { expect, name } = test;
  const engine = open(test);
  const snapshot = engine.snapshot();
  const rules = snapshot.rules(test.as_of);
  const profile = snapshot.profile(test.profile);
  const policy = snapshot.policy(expect.policy);
  const verdict = VERDICTS[rules.match(profile)[snapshot.index(policy)]];
  if (verdict !== expect.verdict) wrong.push(`${name}: ${verdict}`);
  const found = rules.explain(profile, policy);
  const is = {
    missing: found.missing.map((m) => m.fact),
    because: found.because.map((r) => r.condition.en),
    amounts: found.amounts.map((a) => a.value),
    parameters_without_value: found.parameters_without_value,
  };
  for (const key of Object.keys(is)) {
    if (key in expect && JSON.stringify(expect[key]) !== JSON.stringify(is[key])) {
      wrong.push(`${name}: ${key} is ${JSON.stringify(is[key])}`);
    }
  }
  for (const handle of [engine, snapshot, rules, profile]) handle.free();
}

// A reload makes what came before stale; a broken set leaves the old one, and every finding is told.
const engine = open(tests[0]);
const old = engine.snapshot();
const profile = old.profile(tests[0].profile);
engine.reloadTexts([['a.policy', tests[0].policies[0]]]);
const rules = engine.snapshot().rules(tests[0].as_of);
assert.throws(() => rules.match(profile), (e) => e.status === STALE);
assert.throws(() => engine.reloadTexts([['a.policy', 'polcy tea']]), (e) => e.status === POLICIES && e.details[0].line === 1);

wrong.forEach((line) => console.log(line));
console.log(`Node, library ${entitle.version()}: ${tests.length} cases, ${wrong.length} wrong`);
process.exit(wrong.length || tests.length < 30 ? 1 : 0);
