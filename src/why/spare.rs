//! Reasons that are not needed: each is left out where the others settle the verdict without it.

use super::from_verdict::add_facts;
use super::{FactRead, Place, Reason};
use crate::graph::trace::{Clause, Form};
use crate::ids::FieldId;
use crate::profile::{Profile, RecordIx, Slot};
use crate::schema::Schema;
use crate::verdict::Truth;
use std::cell::Cell;
use std::collections::BTreeSet;

/// The most comparisons of a condition with a reason, for one policy. The largest policies that were written take a few thousand; thousands of
/// conditions in one policy would take the third power of their number.
const LOOKS: usize = 1 << 20;

/// Of the conditions that settle a verdict, drops those that the others make unnecessary: each alternative is settled by its own shortest
/// reason, so one chosen for one alternative can be spare once another needs its neighbour anyway. Past [`LOOKS`] the rest stay: they
/// settle the verdict as well.
pub(super) fn without_spare(because: &mut Vec<Reason>, clauses: &[Clause], truth: Truth) {
    let mut i = because.len();
    let looks = Cell::new(LOOKS);
    while i > 0 && because.len() > 1 {
        i -= 1;
        let others = Others { because, but: i, looks: &looks };
        let mut settled = |clause: &Clause| others.settle(clause, truth, &mut Vec::new());
        // All conditions have to hold; one that fails is enough.
        let spare = if truth == Truth::True { clauses.iter().all(settled) } else { clauses.iter().any(&mut settled) };
        if spare && others.read_all_of(i) {
            because.remove(i);
        }
    }
}

/// The reasons without one of them.
struct Others<'a> {
    because: &'a [Reason],
    but: usize,
    looks: &'a Cell<usize>,
}

impl Others<'_> {
    fn iter(&self) -> impl Iterator<Item = &Reason> {
        self.because.iter().enumerate().filter(|(at, _)| *at != self.but).map(|(_, reason)| reason)
    }

    /// Whether nothing is lost with a reason: of an entry of a list the first one says why it counts.
    fn read_all_of(&self, reason: usize) -> bool {
        let Some(reason) = self.because.get(reason).filter(|r| !r.about.is_empty()) else { return true };
        reason.facts.iter().all(|fact| self.iter().any(|other| other.facts.contains(fact)))
    }

    /// Whether a condition has its truth because these have theirs; `about` are the entries in focus, the outermost first.
    fn settle(&self, clause: &Clause, truth: Truth, about: &mut Vec<Place>) -> bool {
        let Some(left) = self.looks.get().checked_sub(self.because.len()) else { return false };
        self.looks.set(left);
        let holds = Some(truth == Truth::True);
        if self.iter().any(|r| r.node == clause.node && r.holds == holds && r.about == *about) {
            return true;
        }
        match (&clause.form, truth) {
            (Form::All(parts), Truth::True) | (Form::Any(parts), Truth::False) if !parts.is_empty() => {
                parts.iter().all(|part| self.settle(part, truth, about))
            }
            (Form::All(parts), Truth::False) | (Form::Any(parts), Truth::True) => {
                parts.iter().any(|part| self.settle(part, truth, about))
            }
            (Form::Not(part), _) => self.settle(part, truth.not(), about),
            (Form::Some { list, body: Some(body), .. }, Truth::True)
            | (Form::Every { list, body: Some(body), .. }, Truth::False) => {
                let inside = |r: &&Reason| r.about.starts_with(about);
                let here = self.iter().filter(inside).filter_map(|r| r.about.get(about.len()));
                let places: Vec<Place> = here.filter(|place| place.list == *list).cloned().collect();
                places.into_iter().any(|place| {
                    about.push(place);
                    let settled = self.settle(body, truth, about);
                    about.pop();
                    settled
                })
            }
            _ => false,
        }
    }
}

/// The reasons for a verdict that holds whatever the missing facts are: those that are needed, and of the facts that
/// bound the missing ones through constraints, those that are.
pub(super) fn narrowed(
    because: &mut Vec<Reason>,
    mut bounding: Vec<FactRead>,
    mut settles: impl FnMut(BTreeSet<(RecordIx, FieldId)>) -> bool,
) {
    let known = |f: &FactRead| Some((f.record?, f.field));
    let mut i = because.len();
    while i > 0 && because.len() > 1 {
        i -= 1;
        let others = because.iter().enumerate().filter(|(k, _)| *k != i).flat_map(|(_, r)| &r.facts);
        if settles(others.chain(&bounding).filter_map(known).collect()) {
            because.remove(i);
        }
    }
    let mut i = bounding.len();
    while i > 0 {
        i -= 1;
        let kept = bounding.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, f)| f);
        let all = because.iter().flat_map(|r| &r.facts).chain(kept);
        if settles(all.filter_map(known).collect()) {
            bounding.remove(i);
        }
    }
    if let Some(first) = because.first_mut() {
        add_facts(&mut first.facts, bounding);
    }
}

/// The profile with everything forgotten but these facts; links between records stay.
pub(super) fn restricted(profile: &Profile, schema: &Schema, seen: &BTreeSet<(RecordIx, FieldId)>) -> Profile {
    let mut less = profile.clone();
    for ix in (0..profile.len()).filter_map(|i| u32::try_from(i).ok()).map(RecordIx) {
        let Some(entity) = profile.record(ix).and_then(|r| schema.entity(r.entity)) else { continue };
        for (at, field) in entity.fields.iter().enumerate() {
            if !matches!(profile.slot(ix, at), Slot::Record(_)) && !seen.contains(&(ix, *field)) {
                less.set(ix, at, Slot::Unknown);
            }
        }
    }
    less
}
