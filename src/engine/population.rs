//! The front of stage 4 for populations: the verdicts on many rows at once.

use super::Rules;
use crate::checked::{Type, interpret};
use crate::columns::{Columns, Fault};
use crate::error::Error;
use crate::graph::{Bound, NodeId, from_checked};
use crate::ids::{DefineId, EntityId, PolicyId};
use crate::profile::Profile;
use crate::value::{Language, Number, Unit, Words};
use crate::verdict::columns::{self, Program};
use crate::verdict::facts::Facts;
use crate::verdict::from_graph::{Evaluation, Scratch};
use crate::verdict::rows::{self, Marks, Planes, Row};
use crate::verdict::{Outcome, Truth, Verdict, table};
use crate::why::codes::{self, Code, NearMiss};
use std::ops::Range;
use std::sync::Arc;

/// A row that contradicts a constraint of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The kind of record.
    pub entity: EntityId,
    /// Its row.
    pub row: u32,
    /// The constraint, in English.
    pub label: String,
}

impl Rules {
    /// The policies for a kind of record that are in force on the day, by their ids.
    #[must_use]
    pub fn policies_for(&self, unit: EntityId) -> Vec<PolicyId> {
        let ids = (0..self.model.policies.len()).map(PolicyId::of);
        let fits = |id: &PolicyId| {
            let graph = self.bound.graph.entry(*id).and_then(|e| e.root);
            graph.is_some() && self.model.policies.get(id.index()).is_some_and(|p| p.unit == unit)
        };
        ids.filter(fits).collect()
    }

    /// The verdicts of strong Kleene logic on some rows of a kind of record, for every policy for that kind that is in force.
    /// They are never wrong; what they leave undetermined [`Rules::settle_row`] may settle.
    ///
    /// ```
    /// use entitle::{Engine, columns::{Builder, Column, Values}, verdict::{Verdict, from_graph::Scratch}};
    /// let text = r#"
    ///     enum category "类别" { welfare "福利" }
    ///     record person "人员" { birth_date "出生日期": date }
    ///     policy tea "茶" for person {
    ///         category: welfare
    ///         in force: from 2020-01-01 until further notice
    ///         source: "an example"
    ///         status: illustrative
    ///         eligible when { today - birth_date >= 60 years old }
    ///     }
    /// "#;
    /// let engine = Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
    /// let rules = engine.at("2026-01-01".parse().unwrap())?;
    /// let (person, schema) = (engine.schema().entity_named("person").unwrap(), engine.schema());
    /// let birth = schema.field_named(person, "birth_date").unwrap();
    /// let days = [-7_305, 7_305];
    /// let births = Column::Scalar { values: Values::I32(&days), known: None };
    /// let columns = Builder::new(schema).table(person, 2).column(birth, births).build().unwrap();
    /// let planes = rules.verdicts_of(&columns, person, 0..2, &mut Scratch::default());
    /// assert_eq!([planes.verdict(0, 0), planes.verdict(0, 1)], [Verdict::Eligible, Verdict::Ineligible]);
    /// # Ok::<(), entitle::Error>(())
    /// ```
    #[must_use]
    pub fn verdicts_of(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        rows: Range<u32>,
        scratch: &mut Scratch,
    ) -> Planes {
        let mut planes = Planes::default();
        self.planes(columns, unit, rows, (&mut planes, None), scratch);
        planes
    }

    /// The same into memory of the caller, which is reused from one part of the rows to the next: making pages for the answers is a good part
    /// of the time. Some thousand rows at a time are best: their answers are still near when they are looked at.
    pub fn verdicts_into(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        rows: Range<u32>,
        into: &mut Planes,
        scratch: &mut Scratch,
    ) {
        self.planes(columns, unit, rows, (into, None), scratch);
    }

    /// The same, with the rows that may miss a policy by one condition: at most one of its conditions at the top does not hold. To find
    /// out which of them do, ask [`Rules::details_of`] of these rows only.
    #[must_use]
    pub fn verdicts_and_near(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        rows: Range<u32>,
        scratch: &mut Scratch,
    ) -> (Planes, Marks) {
        let mut near = Marks::new(self.policies_for(unit).len(), rows.len());
        let mut planes = Planes::default();
        self.planes(columns, unit, rows, (&mut planes, Some(&mut near)), scratch);
        (planes, near)
    }

    fn planes(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        rows: Range<u32>,
        (into, near): (&mut Planes, Option<&mut Marks>),
        scratch: &mut Scratch,
    ) {
        let Some(slot) = self.programs.get(unit.index()) else {
            *into = Planes::new(Vec::new(), rows);
            return;
        };
        let program = slot.get_or_init(|| Program::new(&self.bound, unit, &self.policies_for(unit)));
        let mut memory = scratch.memory();
        columns::verdicts(program, &self.bound, columns, rows, (into, near), (&mut memory, scratch));
        scratch.give_back_memory(memory);
    }

    /// Settles what is undetermined of one row by the exact search and writes it into the planes. Returns how many verdicts
    /// the search left unproved.
    pub fn settle_row(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        row: u32,
        planes: &mut Planes,
        scratch: &mut Scratch,
    ) -> u32 {
        let policies = planes.policies().iter().copied().enumerate();
        let open: Vec<(usize, PolicyId)> =
            policies.filter(|(at, _)| planes.verdict(*at, row) == Verdict::Undetermined).collect();
        if open.is_empty() {
            return 0;
        }
        let Some(profile) = columns.profile(unit, row) else { return 0 };
        // Policies for other kinds of record are judged with their own rows.
        let nothing = Outcome { verdict: Verdict::NotInForce, not_proved: false, by_kleene: true };
        let mut outcomes = vec![nothing; self.bound.graph.entries().len()];
        let mut wanted = vec![false; outcomes.len()];
        for (_, policy) in &open {
            wanted.get_mut(policy.index()).into_iter().for_each(|wanted| *wanted = true);
        }
        let is_wanted = |policy: usize| wanted.get(policy).is_some_and(|wanted| *wanted);
        table::outcomes_of(&self.bound, self.table(), &profile, scratch, (&mut outcomes, &is_wanted));
        let mut unproved = 0u32;
        for (at, policy) in open {
            let Some(outcome) = outcomes.get(policy.index()) else { continue };
            unproved = unproved.saturating_add(u32::from(outcome.not_proved));
            match outcome.verdict {
                Verdict::Eligible => planes.set(at, row, Truth::True),
                Verdict::Ineligible => planes.set(at, row, Truth::False),
                Verdict::Undetermined | Verdict::NotInForce => {}
            }
        }
        unproved
    }

    /// Rows that contradict what always holds, whatever their missing facts are; at most `limit`.
    #[must_use]
    pub fn contradictions_in(&self, columns: &Columns<'_>, limit: usize, scratch: &mut Scratch) -> Vec<Contradiction> {
        let found = rows::contradictions(&self.bound, columns, limit, scratch);
        let label = |index: usize| {
            self.model.always.get(index).map_or_else(String::new, |a| a.label.get(Language::En).to_owned())
        };
        found.into_iter().map(|(index, entity, row)| Contradiction { entity, row, label: label(index) }).collect()
    }

    /// The verdicts on one row in full: as [`Rules::match_profile`] on the profile that the row is.
    ///
    /// # Errors
    /// When the row contradicts a constraint of the vocabulary, or does not exist.
    pub fn outcomes_of(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        row: u32,
        scratch: &mut Scratch,
    ) -> Result<Vec<Outcome>, Error> {
        let missing = || Error::profile(format!("there is no row {row}"));
        let profile = columns.profile(unit, row).ok_or_else(missing)?;
        self.refuse_contradictions(&profile, scratch)?;
        Ok(self.outcomes(&profile, scratch))
    }
}

/// How much is to be said of a row beside its verdicts; each says what the ones before it say, and takes more time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The amounts of the policies that it is eligible for.
    Amounts,
    /// The conditions that settle them.
    Reasons,
    /// Which of the other policies it misses by one condition that could give way.
    Near {
        /// The share of a required figure by which a figure may be off, in percent.
        margin: u32,
    },
}

/// What is to be said of one row beside its verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Amounts of the policies asked for: the policy, the benefit's place among its benefits, the amount and its unit. Those that
    /// depend on something missing are left out.
    pub amounts: Vec<(PolicyId, usize, Number, Unit)>,
    /// The conditions that settle the policies asked for.
    pub reasons: Vec<Code>,
    /// The policies that are missed by one condition.
    pub near: Vec<NearMiss>,
}

/// Derived facts that are asked for themselves, compiled: what authors declare to order lists by.
#[derive(Clone, Debug)]
pub struct Derived {
    bound: Bound,
    /// Each for its kind of record.
    nodes: Vec<(EntityId, NodeId)>,
}

impl Derived {
    /// The first of them whose record a row is or leads to and that is a number that is known. `scratch` is best kept for this alone.
    pub fn of_row(&self, columns: &Columns<'_>, unit: EntityId, row: u32, scratch: &mut Scratch) -> Option<Number> {
        let facts = Row { columns, unit, row };
        let mut evaluation = Evaluation::new(&self.bound, &facts, scratch);
        self.nodes.iter().find_map(|(owner, node)| {
            facts.root(*owner)?;
            evaluation.point(*node)
        })
    }
}

impl Rules {
    /// A derived fact of the record in its seat, where it is a number that is known: what authors declare to order lists by.
    #[must_use]
    pub fn derived(&self, define: DefineId, profile: &Profile) -> Option<Number> {
        interpret::derived(&self.model, define, profile, self.bound.as_of)
    }

    /// The same compiled, for many rows: those of `defines` that belong to a kind of record.
    ///
    /// # Errors
    /// When the graph would pass a limit ([`Error::is_limit`]).
    pub fn derive(&self, defines: &[DefineId]) -> Result<Derived, Error> {
        let owned = |id: &&DefineId| self.model.defines.get(id.index()).is_some_and(|d| d.owner.is_some());
        let defines: Vec<DefineId> = defines.iter().filter(owned).copied().collect();
        let (as_of, span) = (self.bound.as_of, self.bound.graph.span());
        let (graph, nodes) = from_checked::compile_derived(&self.model, as_of, span, &defines, &self.limits)
            .map_err(|e| Error::limit(e.to_string()))?;
        let bound = Arc::new(graph).bind(as_of).ok_or_else(|| Error::limit("the date is outside the calendar"))?;
        let owners = defines.iter().filter_map(|id| self.model.defines.get(id.index())?.owner);
        Ok(Derived { bound, nodes: owners.zip(nodes).collect() })
    }

    /// The conditions of a policy with their codes, in English and Chinese.
    #[must_use]
    pub fn reason_codes(&self, policy: PolicyId) -> Vec<(Code, Words)> {
        self.bound.graph.entry(policy).map(codes::dictionary).unwrap_or_default()
    }

    /// The conditions behind the verdicts on a row, by policy: all that hold where it is eligible, the first that fails where it is
    /// ineligible, all that are open where it is undetermined. A settled verdict that only the exact search could settle has its
    /// open conditions, which settle it together.
    pub fn reasons_of(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        row: u32,
        verdicts: impl IntoIterator<Item = (PolicyId, Verdict)>,
        into: &mut Vec<Code>,
        scratch: &mut Scratch,
    ) {
        let facts = Row { columns, unit, row };
        let mut evaluation = Evaluation::new(&self.bound, &facts, scratch);
        for (policy, verdict) in verdicts {
            if let Some(entry) = self.bound.graph.entry(policy).filter(|e| e.root.is_some()) {
                codes::reasons(&mut evaluation, entry, verdict, into);
            }
        }
    }

    /// What is to be said of some policies of a row, given their verdicts on it.
    #[must_use]
    pub fn details_of(
        &self,
        columns: &Columns<'_>,
        unit: EntityId,
        row: u32,
        verdicts: impl IntoIterator<Item = (PolicyId, Verdict)>,
        depth: Depth,
        scratch: &mut Scratch,
    ) -> Details {
        let facts = Row { columns, unit, row };
        let mut evaluation = Evaluation::new(&self.bound, &facts, scratch);
        let mut details = Details::default();
        for (policy, verdict) in verdicts {
            let Some(entry) = self.bound.graph.entry(policy).filter(|e| e.root.is_some()) else { continue };
            match verdict {
                Verdict::Eligible => {
                    if depth >= Depth::Reasons {
                        codes::proof(&mut evaluation, entry, true, &mut details.reasons);
                    }
                    for amount in &entry.amounts {
                        let unit = match amount.value.ty {
                            Type::Number(unit) => unit,
                            _ => continue,
                        };
                        if let Some(value) = evaluation.point(amount.value.node) {
                            details.amounts.push((policy, amount.benefit, value, unit));
                        }
                    }
                }
                Verdict::Ineligible | Verdict::Undetermined => {
                    let Depth::Near { margin } = depth else { continue };
                    let near = codes::near_miss(&mut evaluation, &facts, &self.bound, entry, margin);
                    details.near.extend(near);
                }
                Verdict::NotInForce => {}
            }
        }
        details
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::profile(fault.to_string())
    }
}
