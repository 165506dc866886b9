//! Cedar: one set of `permit` policies asked once; the policies that determined the decision are the matches.

use super::Contender;
use crate::data::Set;
use crate::forms::{Words, object, written};
use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request};
use std::rc::Rc;

const WORDS: Words = Words {
    and: " && ",
    or: " || ",
    not: ("!(", ")"),
    equal: "==",
    unequal: "!=",
    before: "context.",
    quote: '"',
    one_of: |name, values| format!("[{}].contains({name})", values.join(", ")),
    leaf: ("(", ")"),
};

fn request(object: serde_json::Map<String, serde_json::Value>) -> Request {
    let uid = |text: &str| text.parse().expect("an entity");
    let context = Context::from_json_value(serde_json::Value::Object(object), None).expect("a context");
    Request::new(uid("Person::\"p\""), uid("Action::\"match\""), uid("Policy::\"all\""), context, None)
        .expect("a request")
}

pub fn contender<'a>(set: &'a Set, texts: &'a [String]) -> Contender<'a> {
    let shape = &set.shape;
    let mut text = String::new();
    for (_, cond) in &shape.policies {
        text += &format!("permit(principal, action, resource) when {{ {} }};\n", written(shape, cond, &WORDS));
    }
    let policies: Rc<PolicySet> = Rc::new(text.parse().unwrap_or_else(|e| panic!("{e}")));
    let answered = |policies: &PolicySet, request: &Request, out: &mut Vec<usize>| {
        let response = Authorizer::new().is_authorized(request, policies, &Entities::empty());
        // Policies are named policy0, policy1, ... in the order of the text.
        out.extend(response.diagnostics().reason().filter_map(|id| {
            let id: &str = id.as_ref();
            id.strip_prefix("policy").and_then(|n| n.parse::<usize>().ok())
        }));
    };
    let requests: Vec<Request> = set.rows.iter().map(|row| request(object(shape, row))).collect();
    let other = Rc::clone(&policies);
    Contender {
        name: "Cedar".to_owned(),
        how: "one set of permits, asked once; requests made beforehand",
        typed: Box::new(move |i, out| answered(&policies, &requests[i], out)),
        json: Some(Box::new(move |i, out| {
            let parsed = serde_json::from_str(&texts[i]).expect("JSON");
            answered(&other, &request(parsed), out);
        })),
    }
}
