//! Syntax tree -> typed model.
//!
//! The checker keeps going: each declaration, clause, row and condition is checked on its own, what cannot be given a
//! meaning is reported and left out, and the model is used only when there was no error. Definitions and parameters
//! are checked when first needed, which gives their order and finds circles on the way.

mod bounds;
mod declare;
mod define;
mod expr;
mod names;
mod operators;
mod paths;
mod policy;
mod scenario;
mod silence;
mod table;
mod units;
mod words;

use super::{Expr, Model};
use crate::ast;
use crate::ast::print::Glossary;
use crate::diagnostic::Diagnostic;
use crate::ids::{DefineId, EntityId, EnumId, FieldId, ParameterId, PolicyId};
use crate::limits::Limits;
use crate::span::Span;
use define::{Pending, PendingParameter};
use names::Names;
use std::collections::HashMap;

/// Expressions, with the definitions they lead to, nest at most this deep. Real policies stay below 20.
const DEPTH: u32 = 80;

/// A sum or product has at most this many parts; each is nested in the next.
const PARTS: usize = 64;

/// How many names are compared for suggestions, over all findings of a set: a long text of nothing but slips is nobody's slip.
const COMPARISONS: usize = 500_000;

/// Checks a whole policy set. The files are one set: their order does not matter.
///
/// Returns the model of what could be understood and every finding, in the order of files and places. The model is
/// complete only when no finding is an error.
#[must_use]
pub fn check(files: &[ast::File]) -> (Model, Vec<Diagnostic>) {
    check_within(files, &Limits::DEFAULT)
}

/// The same, with a limit of its own on the number of findings.
#[must_use]
pub fn check_within(files: &[ast::File], limits: &Limits) -> (Model, Vec<Diagnostic>) {
    let glossary = Glossary::collect(&files.iter().collect::<Vec<_>>());
    let mut checker = Checker {
        model: Model::default(),
        findings: Vec::new(),
        names: Names::default(),
        glossary,
        pending: Vec::new(),
        pending_by_name: HashMap::new(),
        fields_by_name: Vec::new(),
        defined: HashMap::new(),
        parameters: Vec::new(),
        policies_by_name: HashMap::new(),
        parameters_by_name: HashMap::new(),
        path: Vec::new(),
        depth: 0,
        most_findings: limits.findings,
        not_listed: 0,
        comparisons: COMPARISONS,
    };
    checker.run(files);
    let Checker { model, mut findings, not_listed, .. } = checker;
    if let Some(last) = findings.last_mut().filter(|_| not_listed > 0) {
        last.message += &format!(" (and {not_listed} more findings, which are not listed)");
    }
    findings.sort_by_key(|f| (f.span, f.code.id));
    findings.dedup();
    (model, findings)
}

/// What is in focus while an expression is checked.
#[derive(Clone, Debug, Default)]
struct Scope {
    /// The owner of the body, then the entries of the lists around.
    frames: Vec<EntityId>,
    /// The policy that `this` stands for.
    this: Option<PolicyId>,
}

impl Scope {
    fn of(owner: Option<EntityId>, this: Option<PolicyId>) -> Self {
        Self { frames: owner.into_iter().collect(), this }
    }

    fn inside(&self, entry: EntityId) -> Self {
        let mut inner = self.clone();
        inner.frames.push(entry);
        inner
    }
}

struct Checker<'a> {
    model: Model,
    findings: Vec<Diagnostic>,
    names: Names,
    glossary: Glossary,
    pending: Vec<Pending<'a>>,
    /// By owner (none for those without) and identifier.
    pending_by_name: HashMap<(Option<EntityId>, String), usize>,
    /// Definitions already checked; those that say `this` once for each policy that uses them.
    defined: HashMap<(usize, Option<PolicyId>), Option<DefineId>>,
    /// The facts of each record by every name they have.
    fields_by_name: Vec<HashMap<String, FieldId>>,
    /// By identifier and by Chinese name: there may be many thousands.
    policies_by_name: HashMap<String, PolicyId>,
    parameters: Vec<PendingParameter<'a>>,
    parameters_by_name: HashMap<(Option<EntityId>, String), ParameterId>,
    /// What is being defined right now, for showing circles.
    path: Vec<(String, Span)>,
    depth: u32,
    most_findings: usize,
    not_listed: usize,
    /// How many more names may be compared for "did you mean".
    comparisons: usize,
}

impl<'a> Checker<'a> {
    fn run(&mut self, files: &'a [ast::File]) {
        self.collect_names(files);
        self.declare_enums(files);
        self.declare_records(files);
        self.declare_policies(files);
        self.link_records();
        self.index_fields();
        self.collect_definitions(files);
        self.check_parameters();
        self.check_definitions();
        self.check_always(files);
        self.check_policies(files);
        self.check_silences(files);
    }

    /// The value of an enum with that identifier or Chinese name.
    fn symbol_named(&self, id: EnumId, name: &str) -> Option<u32> {
        if id == EnumId::POLICY {
            return self.policies_by_name.get(name).map(|policy| policy.0);
        }
        self.model.schema.symbol_named(id, name)
    }

    fn index_fields(&mut self) {
        let schema = &self.model.schema;
        let named = |entity: &crate::schema::Entity| {
            let mut index = HashMap::new();
            let fields = || entity.fields.iter().filter_map(|id| Some((*id, schema.field(*id)?)));
            fields().for_each(|(id, f)| {
                index.entry(f.name.id.clone()).or_insert(id);
                index.entry(f.name.zh.clone()).or_insert(id);
            });
            fields().flat_map(|(id, f)| f.was.iter().map(move |was| (id, was))).for_each(|(id, was)| {
                index.entry(was.clone()).or_insert(id);
            });
            index
        };
        self.fields_by_name = schema.entities.iter().map(named).collect();
    }

    /// As [`field_named`](crate::schema::Schema::field_named), once all facts are declared: texts name facts by the ten thousand.
    fn field_named(&self, entity: EntityId, name: &str) -> Option<FieldId> {
        self.fields_by_name.get(entity.index())?.get(name).copied()
    }

    fn report(&mut self, finding: Diagnostic) {
        if self.findings.len() < self.most_findings {
            self.findings.push(finding);
        } else {
            self.not_listed += 1;
        }
    }

    /// Runs `check` one level deeper, or reports that the text nests too deeply.
    fn deeper<T>(&mut self, span: Span, check: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            self.report(
                Diagnostic::error(super::error::TOO_DEEP, span, format!("this nests more than {DEPTH} levels deep"))
                    .help("give a part of it a name with `define`, or shorten the chain of definitions"),
            );
            return None;
        }
        self.depth += 1;
        let result = check(self);
        self.depth -= 1;
        result
    }
}

/// An expression on its own, without words.
fn plain(kind: super::Kind, ty: super::Type, span: Span) -> Expr {
    Expr { kind, ty, span, words: None, labelled: false }
}
