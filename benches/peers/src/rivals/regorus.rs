//! regorus: one module whose rule is the set of matches, compiled to bytecode. Rego has no `or` inside a rule, so each
//! becomes a rule of its own with several bodies, as its style guide has it; equal ones are written once.

use super::Contender;
use crate::data::Set;
use crate::forms::{Words, object, written};
use crate::shape::{Cond, Shape};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Rc, Value};
use std::collections::HashMap;

const WORDS: Words = Words {
    and: "; ",
    or: " | ",
    not: ("not ", ""),
    equal: "==",
    unequal: "!=",
    before: "input.",
    quote: '"',
    one_of: |name, values| format!("{name} in {{{}}}", values.join(", ")),
    leaf: ("", ""),
};

struct Module<'a> {
    shape: &'a Shape,
    rules: String,
    helpers: HashMap<String, String>,
}

impl Module<'_> {
    /// The condition as expressions that must all hold.
    fn body(&mut self, cond: &Cond) -> String {
        match cond {
            Cond::All(parts) => parts.iter().map(|p| self.body(p)).collect::<Vec<_>>().join("; "),
            Cond::Any(parts) => {
                let bodies: Vec<String> = parts.iter().map(|p| self.body(p)).collect();
                self.helper(&bodies)
            }
            Cond::Not(a) => {
                let body = self.body(a);
                let body =
                    if body.contains("; ") || matches!(**a, Cond::Test(..)) { self.helper(&[body]) } else { body };
                format!("not {body}")
            }
            Cond::Test(_, set) if set.len() > 1 && !written(self.shape, cond, &WORDS).contains(" in ") => {
                let one = |range: &(i64, i64)| {
                    let Cond::Test(field, _) = cond else { unreachable!("a test") };
                    written(self.shape, &Cond::Test(*field, vec![*range]), &WORDS)
                };
                let text = written(self.shape, cond, &WORDS);
                if text.contains(" | ") {
                    let bodies: Vec<String> = set.iter().map(one).collect();
                    self.helper(&bodies)
                } else {
                    text
                }
            }
            other => written(self.shape, other, &WORDS).trim_start_matches('(').trim_end_matches(')').to_owned(),
        }
    }

    fn helper(&mut self, bodies: &[String]) -> String {
        let next = format!("h{}", self.helpers.len());
        let name = self.helpers.entry(bodies.join(" | ")).or_insert_with(|| next.clone()).clone();
        if name == next {
            for body in bodies {
                self.rules += &format!("{name} if {{ {body} }}\n");
            }
        }
        name
    }
}

pub fn contender<'a>(set: &'a Set, texts: &'a [String]) -> Contender<'a> {
    let shape = &set.shape;
    let mut module = Module { shape, rules: String::new(), helpers: HashMap::new() };
    for (i, (_, cond)) in shape.policies.iter().enumerate() {
        let body = module.body(cond);
        module.rules += &format!("matches contains {i} if {{ {body} }}\n");
    }
    let text = format!("package p\nimport rego.v1\n{}", module.rules);
    let mut engine = Engine::new();
    engine.add_policy("p.rego".to_owned(), text.clone()).unwrap_or_else(|e| panic!("{e}"));
    let entry: Rc<str> = "data.p.matches".into();
    let compiled = engine.compile_with_entrypoint(&entry).unwrap_or_else(|e| panic!("{e}"));
    let program = Compiler::compile_from_policy(&compiled, &["data.p.matches"]).unwrap_or_else(|e| panic!("{e}"));
    let machine = || {
        let mut vm = RegoVM::new();
        vm.load_program(program.clone());
        vm
    };
    let answered = |vm: &mut RegoVM, input: Value, out: &mut Vec<usize>| {
        vm.set_input(input);
        let found = vm.execute().unwrap_or_else(|e| panic!("{e}"));
        if let Ok(found) = found.as_set() {
            out.extend(found.iter().filter_map(|v| v.as_u64().ok()).map(|v| v as usize));
        }
    };
    let value = |row: &Vec<Option<i64>>| {
        let text = serde_json::Value::Object(object(shape, row)).to_string();
        Value::from_json_str(&text).expect("JSON")
    };
    let inputs: Vec<Value> = set.rows.iter().map(value).collect();
    let (mut vm, mut other) = (machine(), machine());
    Contender {
        name: "regorus".to_owned(),
        how: "one rule compiled to bytecode, one machine; inputs made beforehand",
        typed: Box::new(move |i, out| answered(&mut vm, inputs[i].clone(), out)),
        json: Some(Box::new(move |i, out| answered(&mut other, Value::from_json_str(&texts[i]).expect("JSON"), out))),
    }
}
