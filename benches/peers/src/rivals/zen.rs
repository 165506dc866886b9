//! zen-expression: one compiled expression that is an array of all conditions, run by one machine; where facts may be
//! missing an expression a policy, since one comparison with null is an error for all of it.

use super::Contender;
use crate::data::Set;
use crate::forms::{Words, object, written};
use zen_expression::expression::Standard;
use zen_expression::vm::VM;
use zen_expression::{Expression, Isolate, Variable};

const WORDS: Words = Words {
    and: " and ",
    or: " or ",
    not: ("not (", ")"),
    equal: "==",
    unequal: "!=",
    before: "",
    quote: '\'',
    one_of: |name, values| format!("{name} in [{}]", values.join(", ")),
    leaf: ("(", ")"),
};

fn answered(expressions: &[Expression<Standard>], facts: &Variable, vm: &mut VM, out: &mut Vec<usize>) {
    if let [one] = expressions {
        let Ok(Variable::Array(found)) = one.evaluate_with(facts.clone(), vm) else { panic!("an array") };
        out.extend(
            found.borrow().iter().enumerate().filter(|(_, v)| matches!(v, Variable::Bool(true))).map(|(i, _)| i),
        );
    } else {
        for (i, expression) in expressions.iter().enumerate() {
            if let Ok(Variable::Bool(true)) = expression.evaluate_with(facts.clone(), vm) {
                out.push(i);
            }
        }
    }
}

fn expressions(set: &Set, missing: bool) -> Vec<Expression<Standard>> {
    let conditions: Vec<String> = set.shape.policies.iter().map(|(_, c)| written(&set.shape, c, &WORDS)).collect();
    let mut isolate = Isolate::new();
    let mut compiled = |text: &str| isolate.compile_standard(text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    if missing {
        conditions.iter().map(|c| compiled(c)).collect()
    } else {
        vec![compiled(&format!("[{}]", conditions.join(", ")))]
    }
}

pub fn contender<'a>(set: &'a Set, texts: &'a [String], missing: bool) -> Contender<'a> {
    let object = |row: &Vec<Option<i64>>| Variable::from(serde_json::Value::Object(object(&set.shape, row)));
    let facts: Vec<Variable> = set.rows.iter().map(object).collect();
    let (typed, json) = (expressions(set, missing), expressions(set, missing));
    let (mut vm, mut other) = (VM::new(), VM::new());
    Contender {
        name: "zen-expression".to_owned(),
        how: if missing {
            "a compiled expression a policy"
        } else {
            "one compiled array of all policies; variables made beforehand"
        },
        typed: Box::new(move |i, out| answered(&typed, &facts[i], &mut vm, out)),
        json: Some(Box::new(move |i, out| {
            let parsed: serde_json::Value = serde_json::from_str(&texts[i]).expect("JSON");
            answered(&json, &Variable::from(parsed), &mut other, out);
        })),
    }
}
