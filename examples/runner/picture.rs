//! The conditions of one policy as a tree of boxes, with what a household's facts make of each; and as dot and mermaid.

use crate::graph::pick;
use entitle::checked::Type;
use entitle::graph::Bound;
use entitle::graph::NodeId;
use entitle::graph::trace::{Clause, Form, Operand};
use entitle::ids::PolicyId;
use entitle::profile::Profile;
use entitle::value::{Date, Language};
use entitle::verdict::from_graph::{Evaluation, Scratch};
use entitle::verdict::{Truth, Verdict};
use entitle::why::{Shown, prose};
use entitle::{Engine, Matches, Rules};
use std::fmt::Write as _;

/// What a box stands for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// The policy itself.
    Policy,
    /// Several conditions together.
    Group,
    /// One condition.
    Leaf,
}

/// One box.
pub(crate) struct Piece {
    pub(crate) shape: Shape,
    pub(crate) text: String,
    /// The author's label of a group.
    pub(crate) label: Option<String>,
    /// What the household's facts are.
    pub(crate) value: Option<String>,
    /// What they make of it; none where no household was given.
    pub(crate) truth: Option<Truth>,
    pub(crate) children: Vec<Piece>,
}

/// A policy as boxes.
pub(crate) struct Tree {
    pub(crate) root: Piece,
    pub(crate) id: String,
    pub(crate) as_of: Date,
}

struct Maker<'a> {
    engine: &'a Engine,
    evaluation: Option<Evaluation<'a, Profile>>,
    language: Language,
}

impl Tree {
    /// The conditions of a policy in force on the day of the rules; none where it is not.
    pub(crate) fn of(
        engine: &Engine,
        rules: &Rules,
        policy: PolicyId,
        matches: Option<&Matches<'_>>,
        language: Language,
    ) -> Option<Self> {
        let bound: &Bound = rules.bound();
        let entry = bound.graph.entry(policy)?;
        entry.root?;
        let declared = engine.model().policies.get(policy.index())?;
        let mut scratch = Scratch::default();
        let evaluation = matches.map(|m| Evaluation::new(bound, m.profile(), &mut scratch));
        let mut maker = Maker { engine, evaluation, language };
        let children = entry.clauses.iter().map(|c| maker.piece(c)).collect();
        let verdict = matches.map(|m| m.verdict(policy));
        let truth = verdict.map(|v| match v {
            Verdict::Eligible => Truth::True,
            Verdict::Ineligible => Truth::False,
            _ => Truth::Unknown,
        });
        let mut value = verdict.map(|v| entitle::advise::prose::verdict(v, language).to_owned());
        if let Some(matches) = matches.filter(|_| verdict == Some(Verdict::Eligible)) {
            let amounts = matches.explain(policy).amounts;
            let amounts = amounts.iter().filter_map(|a| a.value).map(|(n, unit)| prose::number(n, unit, language));
            let amounts: Vec<String> = amounts.collect();
            if !amounts.is_empty() {
                value = value.map(|v| format!("{v} · {}", amounts.join(pick(language, ", ", "、"))));
            }
        }
        let root = Piece {
            shape: Shape::Policy,
            text: declared.title.get(language).to_owned(),
            label: Some(declared.name.id.clone()),
            value,
            truth,
            children,
        };
        Some(Self { root, id: declared.name.id.clone(), as_of: rules.as_of() })
    }
}

impl Maker<'_> {
    fn piece(&mut self, clause: &Clause) -> Piece {
        let language = self.language;
        let words = clause.words().get(language).to_owned();
        let truth = self.evaluation.as_mut().map(|e| e.truth(clause.node));
        let group = |text: String, children: Vec<Piece>, value: Option<String>| Piece {
            shape: Shape::Group,
            text,
            label: clause.labelled.then(|| words.clone()),
            value,
            truth,
            children,
        };
        let list = |name: &entitle::value::Words, en: &str, zh: &str| match language {
            Language::Zh => format!("{zh}{}", name.get(language)),
            Language::En => format!("{en} {}", name.get(language)),
        };
        match &clause.form {
            Form::All(parts) if parts.len() > 1 => {
                let children = parts.iter().map(|p| self.piece(p)).collect();
                group(pick(language, "all of", "同时符合").to_owned(), children, None)
            }
            Form::Any(parts) if parts.len() > 1 => {
                let children = parts.iter().map(|p| self.piece(p)).collect();
                group(pick(language, "any of", "符合其一").to_owned(), children, None)
            }
            Form::Not(inner)
                if !matches!(inner.form, Form::Fact(_))
                    && !clause.labelled
                    && !inner.words().get(language).is_empty() =>
            {
                let child = self.piece(inner);
                group(pick(language, "not", "并非").to_owned(), vec![child], None)
            }
            Form::Every { list: node, name, body: Some(body) } => {
                let (child, value) = self.body(*node, body);
                group(list(name, "every", "每个"), vec![child], value)
            }
            Form::Some { list: node, name, body: Some(body) } => {
                let (child, value) = self.body(*node, body);
                group(list(name, "some", "有"), vec![child], value)
            }
            form => {
                let value = self.value(form);
                Piece { shape: Shape::Leaf, text: words, label: None, value, truth, children: Vec::new() }
            }
        }
    }

    /// What is asked of each entry, and of how many it holds. The box itself is coloured by the list as a whole.
    fn body(&mut self, list: NodeId, body: &Clause) -> (Piece, Option<String>) {
        let mut held = None;
        if let Some(evaluation) = &mut self.evaluation {
            let (level, entries, _) = evaluation.entries(list);
            let mut count = 0;
            for (entry, _) in &entries {
                evaluation.enter(level, Some(*entry));
                count += usize::from(evaluation.truth(body.node) == Truth::True);
            }
            evaluation.enter(level, None);
            held = Some(format!("{count} / {}", entries.len()));
        }
        // Inside a list no single value stands for all entries.
        let outer = self.evaluation.take();
        let piece = self.piece(body);
        self.evaluation = outer;
        (piece, held)
    }

    fn value(&mut self, form: &Form) -> Option<String> {
        let shown = match form {
            Form::Compare(_, left, _) | Form::OneOf(left, ..) | Form::Within(left, _) => self.shown(left)?,
            Form::Elapsed { later, earlier, .. } => {
                let evaluation = self.evaluation.as_mut()?;
                let mut date =
                    |node| evaluation.point(node).and_then(|n| Date::from_days(i64::try_from(n.floor()).ok()?));
                let (earlier, later) = (date(*earlier)?, date(*later)?);
                Shown::Elapsed(earlier, later)
            }
            _ => return None,
        };
        Some(prose::shown(&shown, self.engine.model(), self.language))
    }

    fn shown(&mut self, operand: &Operand) -> Option<Shown> {
        let n = self.evaluation.as_mut()?.point(operand.node)?;
        match operand.ty {
            Type::Number(unit) => Some(Shown::Number(n, unit)),
            Type::Date => Date::from_days(i64::try_from(n.floor()).ok()?).map(Shown::Date),
            Type::Symbol(e) => Some(Shown::Symbols(e, u32::try_from(n.floor()).ok()?.into())),
            _ => None,
        }
    }
}

/// The fill and the line of a box.
pub(crate) fn colours(truth: Option<Truth>) -> (&'static str, &'static str) {
    match truth {
        None => ("#ffffff", "#8a94a6"),
        Some(Truth::True) => ("#e8f5ee", "#2e7d4f"),
        Some(Truth::False) => ("#fbeae8", "#b3423a"),
        Some(Truth::Unknown) => ("#fdf4e1", "#b7791f"),
    }
}

impl Tree {
    /// For Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut text = format!(
            "digraph \"{}\" {{\n  rankdir=LR; node [shape=box style=\"rounded,filled\" fontname=\"Noto Sans CJK SC\"];\n",
            self.id
        );
        let mut count = 0;
        dot(&self.root, None, &mut count, &mut text);
        text + "}\n"
    }

    /// For pages that draw mermaid.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        let mut count = 0;
        mermaid(&self.root, None, &mut count, &mut text);
        text
    }
}

fn lines(piece: &Piece) -> Vec<&str> {
    let label = piece.label.as_deref().into_iter();
    label.chain([piece.text.as_str()]).chain(piece.value.as_deref()).collect()
}

fn dot(piece: &Piece, parent: Option<usize>, count: &mut usize, text: &mut String) {
    let me = *count;
    *count += 1;
    let label: Vec<String> = lines(piece).iter().map(|l| l.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    let (fill, line) = colours(piece.truth);
    let _ = writeln!(text, "  n{me} [label=\"{}\" fillcolor=\"{fill}\" color=\"{line}\"];", label.join("\\n"));
    if let Some(parent) = parent {
        let _ = writeln!(text, "  n{parent} -> n{me};");
    }
    for child in &piece.children {
        dot(child, Some(me), count, text);
    }
}

fn mermaid(piece: &Piece, parent: Option<usize>, count: &mut usize, text: &mut String) {
    let me = *count;
    *count += 1;
    let label: Vec<String> = lines(piece).iter().map(|l| entities(l)).collect();
    let (open, close) = if piece.shape == Shape::Group { ("([\"", "\"])") } else { ("[\"", "\"]") };
    let _ = writeln!(text, "  n{me}{open}{}{close}", label.join("<br/>"));
    let (fill, line) = colours(piece.truth);
    if piece.truth.is_some() {
        let _ = writeln!(text, "  style n{me} fill:{fill},stroke:{line}");
    }
    if let Some(parent) = parent {
        let _ = writeln!(text, "  n{parent} --> n{me}");
    }
    for child in &piece.children {
        mermaid(child, Some(me), count, text);
    }
}

/// Signs that mermaid would read, as it wants them written.
pub(crate) fn entities(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
