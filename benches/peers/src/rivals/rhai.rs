//! rhai: one script that ends in an array of all conditions; where facts may be missing a script a policy, since one
//! unknown variable is an error for all of it.

use super::Contender;
use crate::data::Set;
use crate::forms::{Words, object, written};
use rhai::{AST, Array, Dynamic, Engine, OptimizationLevel, Scope};

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    not: ("!(", ")"),
    equal: "==",
    unequal: "!=",
    before: "",
    quote: '"',
    one_of: |name, values| format!("{name} in [{}]", values.join(", ")),
    leaf: ("", ""),
};

fn scope(object: &serde_json::Map<String, serde_json::Value>) -> Scope<'static> {
    let mut scope = Scope::new();
    for (name, value) in object {
        let value: Dynamic = match value {
            serde_json::Value::Bool(b) => (*b).into(),
            serde_json::Value::String(s) => s.clone().into(),
            other => other.as_i64().unwrap_or(0).into(),
        };
        scope.push_constant_dynamic(name.clone(), value);
    }
    scope
}

fn answered(engine: &Engine, scripts: &[AST], scope: &mut Scope<'_>, out: &mut Vec<usize>) {
    if let [one] = scripts {
        let found: Array = engine.eval_ast_with_scope(scope, one).expect("an array");
        out.extend(found.iter().enumerate().filter(|(_, v)| v.as_bool() == Ok(true)).map(|(i, _)| i));
    } else {
        for (i, script) in scripts.iter().enumerate() {
            if matches!(engine.eval_ast_with_scope::<bool>(scope, script), Ok(true)) {
                out.push(i);
            }
        }
    }
}

pub fn contender<'a>(set: &'a Set, texts: &'a [String], missing: bool) -> Contender<'a> {
    let shape = &set.shape;
    let mut engine = Engine::new_raw();
    engine.set_max_expr_depths(0, 0);
    engine.set_optimization_level(OptimizationLevel::Simple);
    engine.register_global_module(rhai::packages::Package::as_shared_module(&rhai::packages::StandardPackage::new()));
    let conditions: Vec<String> = shape.policies.iter().map(|(_, c)| written(shape, c, &WORDS)).collect();
    let scripts: Vec<AST> = if missing {
        conditions.iter().map(|c| engine.compile_expression(c).unwrap_or_else(|e| panic!("{e}\n{c}"))).collect()
    } else {
        let text = format!("[{}]", conditions.join(", "));
        vec![engine.compile_expression(&text).unwrap_or_else(|e| panic!("{e}"))]
    };
    let engine = std::rc::Rc::new((engine, scripts));
    let mut scopes: Vec<Scope<'static>> = set.rows.iter().map(|row| scope(&object(shape, row))).collect();
    let other = std::rc::Rc::clone(&engine);
    Contender {
        name: "rhai".to_owned(),
        how: if missing {
            "a compiled script a policy"
        } else {
            "one compiled script of all policies; scopes made beforehand"
        },
        typed: Box::new(move |i, out| answered(&engine.0, &engine.1, &mut scopes[i], out)),
        json: Some(Box::new(move |i, out| {
            let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&texts[i]).expect("JSON");
            answered(&other.0, &other.1, &mut scope(&parsed), out);
        })),
    }
}
