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
    let Sections { rest, policies: sections } = whole(body)?;
    let (schema, field_spans, defines, parameters, always, silences): Rest = whole(rest)?;
    let mut model = Model { schema, field_spans, defines, parameters, always, silences, policies: Vec::new() };
    let broken = |e: Broken| content(e.to_string());
    let promises = Promises::of(&model).map_err(broken)?;
    let count = promises.count();
    if sections.len() != count.div_ceil(TOGETHER) {
        return Err(content(format!("{} sections cannot hold {count} policies", sections.len())));
    }
    let sections: Vec<(usize, &[u8])> = (0..count).step_by(TOGETHER).zip(sections).collect();
    // Each policy is looked at while it is fresh in the processor's memory.
    let read = |(first, bytes): &(usize, &[u8]), promises: &mut Promises<'_>| {
        let policies: Vec<Policy> = whole(bytes)?;
        if policies.len() != TOGETHER.min(count - first) {
            return Err(content(format!("a section holds {} policies", policies.len())));
        }
        promises.policies(&policies, *first).map_err(broken)?;
        Ok(policies)
    };
    let policies: Result<Vec<Vec<Policy>>, Error> = if body.len() < SHORT {
        let mut promises = promises;
        sections.iter().map(|section| read(section, &mut promises)).collect()
    } else {
        cores::each(&sections, || promises.clone(), read).into_iter().collect()
    };
    model.policies = policies?.into_iter().flatten().collect();
    Ok(model)
}

/// What all of the bytes stand for, and nothing behind it.
fn whole<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Error> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|e| content(e.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(content(format!("{} bytes stand behind it", rest.len()))) }
}

fn content(what: String) -> Error {
    Error::refused(Refusal::Content { what })
}
