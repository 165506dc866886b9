//! cel: a compiled program a policy, run in a context of variables.

use super::Contender;
use crate::data::Set;
use crate::forms::{Words, object, written};
use cel::{Context, Program, Value};
use std::rc::Rc;

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    not: ("!(", ")"),
    equal: "==",
    unequal: "!=",
    before: "",
    quote: '"',
    one_of: |name, values| format!("{name} in [{}]", values.join(", ")),
    leaf: ("(", ")"),
};

fn context(object: &serde_json::Map<String, serde_json::Value>) -> Context<'static, 'static> {
    let mut context = Context::default();
    for (name, value) in object {
        let value = match value {
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::String(s) => Value::from(s.as_str()),
            other => Value::Int(other.as_i64().unwrap_or(0)),
        };
        context.add_variable_from_value(name.clone(), value);
    }
    context
}

fn answered(programs: &[Program], context: &Context<'_, '_>, out: &mut Vec<usize>) {
    for (i, program) in programs.iter().enumerate() {
        if let Ok(Value::Bool(true)) = program.execute(context) {
            out.push(i);
        }
    }
}

pub fn contender<'a>(set: &'a Set, texts: &'a [String]) -> Contender<'a> {
    let shape = &set.shape;
    let programs: Vec<Program> = shape
        .policies
        .iter()
        .map(|(name, cond)| {
            let text = written(shape, cond, &WORDS);
            Program::compile(&text).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"))
        })
        .collect();
    let programs = Rc::new(programs);
    let contexts: Vec<Context<'static, 'static>> = set.rows.iter().map(|row| context(&object(shape, row))).collect();
    let other = Rc::clone(&programs);
    Contender {
        name: "cel".to_owned(),
        how: "a compiled program a policy; contexts made beforehand",
        typed: Box::new(move |i, out| answered(&programs, &contexts[i], out)),
        json: Some(Box::new(move |i, out| {
            let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&texts[i]).expect("JSON");
            answered(&other, &context(&parsed), out);
        })),
    }
}
