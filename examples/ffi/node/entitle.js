'use strict';
// The C ABI with koffi (npm install koffi). One file; copy it.

const koffi = require('koffi');

const VERDICTS = ['not_in_force', 'eligible', 'ineligible', 'undetermined', 'undetermined'];
const STALE = 7;
const POLICIES = 9;

class EntitleError extends Error {
  constructor(status, name, message, details) {
    super(`${name}: ${message}`);
    this.status = status;
    this.details = details;
  }
}

/** Opens the shared library and says what it can do. */
function load(path) {
  const library = koffi.load(path);
  const opaque = (name) => koffi.pointer(name, koffi.opaque());
  const [error, text, engine, snapshot, rules, profile, scratch] =
    ['error', 'text', 'engine', 'snapshot', 'rules', 'profile', 'scratch'].map((kind) => opaque(`entitle_${kind}_p`));
  const str = koffi.struct('entitle_str', { data: 'void *', length: 'size_t' });
  const source = koffi.struct('entitle_source', { name: str, text: str });
  const out = (type) => koffi.out(koffi.pointer(type));
  const f = (name, result, parameters) => library.func(name, result, parameters);
  const c = {
    abi: f('entitle_abi_version', 'uint32_t', []),
    version: f('entitle_version', 'str', []),
    statusName: f('entitle_status_name', 'str', ['int32_t']),
    errorNew: f('entitle_error_new', error, []),
    message: f('entitle_error_message', 'void *', [error, out('size_t')]),
    details: f('entitle_error_details', 'void *', [error, out('size_t')]),
    textNew: f('entitle_text_new', text, []),
    textData: f('entitle_text_data', 'void *', [text, out('size_t')]),
    openTexts: f('entitle_engine_open_texts', 'int32_t', [koffi.pointer(source), 'size_t', out(engine), error]),
    reloadTexts: f('entitle_engine_reload_texts', 'int32_t', [engine, koffi.pointer(source), 'size_t', error]),
    openDirectory: f('entitle_engine_open_directory', 'int32_t', ['str', 'size_t', out(engine), error]),
    engineFree: f('entitle_engine_free', 'void', [engine]),
    snapshot: f('entitle_engine_snapshot', 'int32_t', [engine, out(snapshot), error]),
    snapshotFree: f('entitle_snapshot_free', 'void', [snapshot]),
    counts: f('entitle_snapshot_counts', 'int32_t', [snapshot, out('size_t'), 'void *', 'void *', error]),
    findPolicy: f('entitle_snapshot_find_policy', 'int32_t', [snapshot, 'str', 'size_t', out('uint64_t'), error]),
    policyIndex: f('entitle_policy_index', 'int32_t', [snapshot, 'uint64_t', out('size_t'), error]),
    rulesAt: f('entitle_rules_at', 'int32_t', [snapshot, 'int32_t', out(rules), error]),
    rulesFree: f('entitle_rules_free', 'void', [rules]),
    profileFromJson: f('entitle_profile_from_json', 'int32_t', [snapshot, 'str', 'size_t', 'uint32_t', text, out(profile), error]),
    profileFree: f('entitle_profile_free', 'void', [profile]),
    scratchNew: f('entitle_scratch_new', scratch, []),
    match: f('entitle_match', 'int32_t', [rules, profile, scratch, 'void *', 'size_t', error]),
    matchJson: f('entitle_match_json', 'int32_t', [rules, profile, text, error]),
    explain: f('entitle_explain_json', 'int32_t', [rules, profile, 'uint64_t', text, error]),
  };
  if (c.abi() !== 1) throw new Error('the library has another ABI than this wrapper');

  // JavaScript runs on one thread, so one of each is enough; they live as long as the process.
  const [err, buffer, memory] = [c.errorNew(), c.textNew(), c.scratchNew()];
  const bytes = (s) => Buffer.byteLength(s);
  const lent = (read, handle) => {
    const length = [0];
    const data = read(handle, length);
    return Number(length[0]) ? koffi.decode(data, 'char', Number(length[0])) : '';
  };
  const check = (status) => {
    if (status === 0) return;
    const details = lent(c.details, err);
    throw new EntitleError(status, c.statusName(status), lent(c.message, err), details ? JSON.parse(details) : []);
  };
  const made = (call) => {
    const place = [null];
    check(call(place));
    return place[0];
  };
  const lend = (s) => {
    const data = Buffer.from(s);
    return { data, length: data.length };
  };
  const sources = (texts) => texts.map(([name, t]) => ({ name: lend(name), text: lend(t) }));
  const json = (call) => {
    check(call());
    return JSON.parse(lent(c.textData, buffer));
  };
  // Handles are freed when they are collected, or by `free` at once.
  const registry = new FinalizationRegistry(([free, handle]) => free(handle));
  const own = (object, free, handle) => {
    registry.register(object, [free, handle], object);
    object.free = () => registry.unregister(object) && free(handle);
    return object;
  };

  const wrapProfile = (handle) => own({ handle }, c.profileFree, handle);
  const wrapRules = (handle, s) => own({
    /** The verdicts as numbers, in the order of the policies. */
    match(p) {
      const verdicts = Buffer.alloc(s.count);
      check(c.match(handle, p.handle, memory, verdicts, s.count, err));
      return verdicts;
    },
    report: (p) => json(() => c.matchJson(handle, p.handle, buffer, err)),
    explain: (p, policy) => json(() => c.explain(handle, p.handle, policy, buffer, err)),
  }, c.rulesFree, handle);
  const wrapSnapshot = (handle) => {
    const count = Number(made((place) => c.counts(handle, place, null, null, err)));
    const s = {
      count,
      policy: (id) => made((place) => c.findPolicy(handle, id, bytes(id), place, err)),
      index: (policy) => Number(made((place) => c.policyIndex(handle, policy, place, err))),
      /** The rules of a day, written YYYY-MM-DD. */
      rules: (day) => wrapRules(made((place) => c.rulesAt(handle, Date.parse(`${day}T00:00:00Z`) / 86400000, place, err)), s),
      profile(facts, leaveOut = false) {
        const text_ = JSON.stringify(facts);
        return wrapProfile(made((place) => c.profileFromJson(handle, text_, bytes(text_), leaveOut ? 1 : 0, null, place, err)));
      },
    };
    return own(s, c.snapshotFree, handle);
  };
  const wrapEngine = (handle) => own({
    snapshot: () => wrapSnapshot(made((place) => c.snapshot(handle, place, err))),
    reloadTexts: (texts) => check(c.reloadTexts(handle, sources(texts), texts.length, err)),
  }, c.engineFree, handle);

  return {
    version: c.version,
    openTexts: (texts) => wrapEngine(made((place) => c.openTexts(sources(texts), texts.length, place, err))),
    openDirectory: (path_) => wrapEngine(made((place) => c.openDirectory(path_, bytes(path_), place, err))),
  };
}

module.exports = { load, VERDICTS, STALE, POLICIES, EntitleError };
