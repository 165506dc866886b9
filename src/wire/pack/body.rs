//! The body: the policy set, in sections that can be read side by side.

use crate::checked::invariants::{Broken, Promises};
use crate::checked::{Always, Define, Model, Parameter, Policy, Silence};
use crate::cores;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::schema::Schema;
use crate::span::Span;
use serde::{Deserialize, Serialize};

/// Policies of a section.
const TOGETHER: usize = 32;

/// Bytes below which another thread is not worth having.
const SHORT: usize = 64 << 10;

#[derive(Serialize, Deserialize)]
struct Sections<'b> {
    /// All but the policies.
    rest: &'b [u8],
    #[serde(borrow)]
    policies: Vec<&'b [u8]>,
}

type Rest = (Schema, Vec<Span>, Vec<Define>, Vec<Parameter>, Vec<Always>, Vec<Silence>);

pub(super) fn encode(model: &Model) -> Result<Vec<u8>, postcard::Error> {
    // Nothing of a model can be left out by accident.
    let Model { schema, field_spans, defines, parameters, always, policies, silences } = model;
    let rest = postcard::to_stdvec(&(schema, field_spans, defines, parameters, always, silences))?;
    let policies: Vec<Vec<u8>> = policies.chunks(TOGETHER).map(postcard::to_stdvec).collect::<Result<_, _>>()?;
    postcard::to_stdvec(&Sections { rest: &rest, policies: policies.iter().map(Vec::as_slice).collect() })
}

/// The policy set in the body of a pack, without the envelope and its digests: what a fuzzer feeds that does not compute
/// digests. What is returned keeps every invariant of the stage.
///
/// # Errors
/// When the bytes are no policy set.
pub fn decode(body: &[u8]) -> Result<Model, Error> {
    let Sections { rest, policies } = whole(body)?;
    let side_by_side = body.len() >= SHORT;
    let sections: Vec<Section<'_>> =
        std::iter::once(Section::Rest(rest)).chain(policies.into_iter().map(Section::Policies)).collect();
    let mut model = Model::default();
    for read in divided(&sections, side_by_side, |(), section| section.read(), || ()) {
        match read? {
            Read::Rest(rest) => {
                let (schema, field_spans, defines, parameters, always, silences) = *rest;
                model = Model { schema, field_spans, defines, parameters, always, silences, policies: Vec::new() };
            }
            // All sections are full but the last, so the same set has the same bytes.
            Read::Policies(_) if model.policies.len() % TOGETHER != 0 => {
                return Err(content("a section of policies is not full".to_owned()));
            }
            Read::Policies(policies) if policies.is_empty() || policies.len() > TOGETHER => {
                return Err(content(format!("a section holds {} policies", policies.len())));
            }
            Read::Policies(policies) => model.policies.extend(policies),
        }
    }
    let broken = |e: Broken| content(e.to_string());
    let promises = Promises::of(&model).map_err(broken)?;
    if promises.count() != model.policies.len() {
        return Err(content(format!("there are {} policies instead of {}", model.policies.len(), promises.count())));
    }
    let some: Vec<(usize, &[Policy])> = (0..).step_by(TOGETHER).zip(model.policies.chunks(TOGETHER)).collect();
    let kept =
        |promises: &mut Promises<'_>, (first, policies): &(usize, &[Policy])| promises.policies(policies, *first);
    divided(&some, side_by_side, kept, || promises.clone())
        .into_iter()
        .collect::<Result<(), Broken>>()
        .map_err(broken)?;
    Ok(model)
}

/// A section as it stands in the body.
enum Section<'b> {
    Rest(&'b [u8]),
    Policies(&'b [u8]),
}

enum Read {
    Rest(Box<Rest>),
    Policies(Vec<Policy>),
}

impl Section<'_> {
    fn read(&self) -> Result<Read, Error> {
        Ok(match self {
            Self::Rest(bytes) => Read::Rest(Box::new(whole(bytes)?)),
            Self::Policies(bytes) => Read::Policies(whole(bytes)?),
        })
    }
}

/// Does the same to each, on all cores where that pays.
fn divided<T: Sync, R: Send, M>(
    items: &[T],
    side_by_side: bool,
    one: impl Fn(&mut M, &T) -> R + Sync,
    memory: impl Fn() -> M + Sync,
) -> Vec<R> {
    if side_by_side {
        return cores::each(items, memory, |item, memory| one(memory, item));
    }
    let mut memory = memory();
    items.iter().map(|item| one(&mut memory, item)).collect()
}

/// What all of the bytes stand for, and nothing behind it.
fn whole<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Error> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|e| content(e.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(content(format!("{} bytes stand behind it", rest.len()))) }
}

fn content(what: String) -> Error {
    Error::refused(Refusal::Content { what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;

    #[test]
    fn a_set_has_one_body() -> Result<(), Box<dyn std::error::Error>> {
        let mut text = "enum category { welfare }\nrecord person { birth_date: date }\n".to_owned();
        (0..TOGETHER + 2).for_each(|i| text.push_str(&format!("policy p{i} for person\n")));
        let engine = Engine::from_texts([("many.policy".to_owned(), text)])?;
        let body = encode(engine.model())?;
        assert!(decode(&body).is_ok());
        let Sections { rest, policies } = whole(&body)?;
        assert_eq!(policies.len(), 2);
        for sizes in
            [[TOGETHER - 1, 3].as_slice(), &[TOGETHER, 1, 1], &[TOGETHER, 2, 0], &[TOGETHER + 2], &[TOGETHER, 1]]
        {
            let mut left = engine.model().policies.iter();
            let section = |size: &usize| postcard::to_stdvec(&left.by_ref().take(*size).collect::<Vec<_>>());
            let sections: Vec<Vec<u8>> = sizes.iter().map(section).collect::<Result<_, _>>()?;
            let other = Sections { rest, policies: sections.iter().map(Vec::as_slice).collect() };
            assert!(decode(&postcard::to_stdvec(&other)?).is_err(), "{sizes:?}");
        }
        Ok(())
    }
}
