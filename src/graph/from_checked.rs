//! Typed model -> graph of the epoch that holds a day.

mod clause;
mod lower;

use super::error::GraphError;
use super::trace::{AmountTrace, Operand};
use super::{Constraint, Entry, FactKind, FactRef, Graph, Node, NodeId, SetDef, SetId};
use crate::checked::{Expr, Kind, Model};
use crate::ids::{DefineId, EntityId, FieldId, ParameterId, PolicyId};
use crate::limits::Limits;
use crate::profile::position;
use crate::value::{Date, Words};
use std::collections::HashMap;
use std::sync::Arc;

/// The deepest that lists may stand inside lists.
pub(crate) const LEVELS: u8 = 12;

/// The days on which an epoch begins, in rising order; the first is the first day there is.
#[must_use]
pub fn epochs(model: &Model) -> Vec<Date> {
    let mut starts = vec![Date::FIRST];
    let mut span = |from: Date, to: Option<Date>| {
        starts.push(from);
        starts.extend(to.and_then(|to| to.add_days(1)));
    };
    for parameter in &model.parameters {
        parameter.rows.iter().for_each(|row| span(row.from, row.to));
    }
    for policy in &model.policies {
        policy.in_force.iter().for_each(|(from, to)| span(*from, *to));
    }
    let mut by_date = |expr: &Expr| {
        visit(expr, &mut |e| {
            if let Kind::ByDate(rows) = &e.kind {
                rows.iter().for_each(|(from, to, _)| span(*from, *to));
            }
        });
    };
    model.defines.iter().for_each(|d| by_date(&d.value));
    model.always.iter().for_each(|a| by_date(&a.condition));
    for policy in &model.policies {
        policy.conditions.iter().for_each(|c| by_date(&c.expr));
        policy.benefits.iter().filter_map(|b| b.amount.as_ref()).for_each(&mut by_date);
    }
    for parameter in &model.parameters {
        parameter.rows.iter().for_each(|r| by_date(&r.value));
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// The first and the last day of the epoch that holds a day, given the days on which epochs begin.
pub(crate) fn epoch_of(starts: &[Date], day: Date) -> (Date, Date) {
    let next = starts.partition_point(|start| *start <= day);
    let from = next.checked_sub(1).and_then(|i| starts.get(i)).copied().unwrap_or(Date::FIRST);
    let to = starts.get(next).and_then(|start| start.add_days(-1)).unwrap_or(Date::LAST);
    (from, to)
}

/// Compiles the policies as they are on a day, for the whole epoch that holds it.
///
/// # Errors
/// When the graph would pass a limit.
pub fn compile(model: &Model, day: Date) -> Result<Graph, GraphError> {
    compile_within(model, day, &Limits::DEFAULT)
}

/// The same, with a limit of its own on the number of nodes.
///
/// # Errors
/// When the graph would pass a limit.
pub fn compile_within(model: &Model, day: Date, limits: &Limits) -> Result<Graph, GraphError> {
    compile_chosen(model, day, epoch_of(&epochs(model), day), &|_| true, limits)
}

/// The same with only some of the policies, the others as if not in force, for days that the caller knows to be of one epoch.
///
/// # Errors
/// When the graph would pass a limit.
pub(crate) fn compile_some(
    model: &Model,
    day: Date,
    span: (Date, Date),
    wanted: &dyn Fn(PolicyId) -> bool,
) -> Result<Graph, GraphError> {
    compile_chosen(model, day, span, wanted, &Limits::DEFAULT)
}

/// Compiles derived facts that are asked for themselves, of the record they are declared for, and nothing else. The nodes are those of the
/// definitions, in their order.
///
/// # Errors
/// When the graph would pass a limit.
pub(crate) fn compile_derived(
    model: &Model,
    day: Date,
    span: (Date, Date),
    defines: &[DefineId],
    limits: &Limits,
) -> Result<(Graph, Vec<NodeId>), GraphError> {
    let mut compiler = compiler(model, day, span, limits);
    let mut nodes = Vec::new();
    for define in defines.iter().filter_map(|id| model.defines.get(id.index())) {
        let unit = define.owner.map(|owner| compiler.node(Node::Unit(owner)));
        let focus = Focus { frames: unit.into_iter().collect(), level: 0 };
        nodes.push(compiler.lower(&define.value, &focus));
    }
    compiler.finish().map(|graph| (graph, nodes))
}

fn compile_chosen(
    model: &Model,
    day: Date,
    span: (Date, Date),
    wanted: &dyn Fn(PolicyId) -> bool,
    limits: &Limits,
) -> Result<Graph, GraphError> {
    let mut compiler = compiler(model, day, span, limits);
    compiler.run(wanted);
    compiler.finish()
}

fn compiler<'m>(model: &'m Model, day: Date, (from, to): (Date, Date), limits: &Limits) -> Compiler<'m> {
    let graph = Graph {
        nodes: Vec::new(),
        levels: Vec::new(),
        sets: Vec::new(),
        entries: Vec::new(),
        constraints: Vec::new(),
        deepest: 1,
        from,
        to,
        schema: model.schema.clone(),
        kinds: FactKind::of(&model.schema),
        forms: std::sync::OnceLock::new(),
    };
    Compiler {
        model,
        graph,
        day,
        by_node: HashMap::new(),
        by_set: HashMap::new(),
        defined: HashMap::new(),
        figures: HashMap::new(),
        policy: String::new(),
        failed: None,
        clauses: 0,
        within: Arc::from([]),
        source: None,
        most: limits.nodes,
        steps: 0,
    }
}

/// The most steps of one compilation. A city's whole corpus takes well under a hundredth; a chain of definitions, each of which
/// uses the one before it twice, would take two to the power of its length.
const STEPS: u32 = 1 << 24;

struct Compiler<'m> {
    model: &'m Model,
    graph: Graph,
    /// A day of the epoch; every day of it gives the same graph.
    day: Date,
    /// Nodes by their full content.
    by_node: HashMap<Node, NodeId>,
    by_set: HashMap<SetDef, SetId>,
    /// Definitions in place, by their subject and by how many lists stand around.
    defined: HashMap<(DefineId, Option<NodeId>, u8), NodeId>,
    figures: HashMap<(ParameterId, Option<NodeId>, u8), NodeId>,
    policy: String,
    failed: Option<GraphError>,
    clauses: u32,
    /// The labelled conditions around the one that is written out, and what it rests on.
    within: Arc<[Words]>,
    source: Option<Words>,
    /// The most nodes there may be.
    most: u32,
    steps: u32,
}

/// What the frames of an expression are, and how many lists stand around it.
#[derive(Clone)]
struct Focus {
    frames: Vec<NodeId>,
    level: u8,
}

impl Compiler<'_> {
    fn finish(self) -> Result<Graph, GraphError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.graph),
        }
    }

    fn run(&mut self, wanted: &dyn Fn(PolicyId) -> bool) {
        for (index, always) in self.model.always.iter().enumerate() {
            let record = self.node(Node::Element(1));
            let focus = Focus { frames: vec![record], level: 1 };
            let node = self.lower(&always.condition, &focus);
            // Said twice, as where two sets are joined, it holds once.
            if self.graph.constraints.iter().any(|c| c.node == node && c.entity == always.owner) {
                continue;
            }
            let fields = self.graph.reads(&[node]).into_iter().collect();
            self.graph.constraints.push(Constraint { index, entity: always.owner, node, fields });
        }
        for (index, policy) in self.model.policies.iter().enumerate() {
            let id = PolicyId::of(index);
            let in_force =
                policy.in_force.iter().any(|(from, to)| *from <= self.day && to.is_none_or(|to| self.day <= to));
            if !policy.written || !in_force || !wanted(id) {
                self.graph.entries.push(Entry { policy: id, root: None, clauses: Vec::new(), amounts: Vec::new() });
                continue;
            }
            self.policy.clone_from(&policy.name.id);
            self.clauses = 0;
            let unit = self.node(Node::Unit(policy.unit));
            let focus = Focus { frames: vec![unit], level: 0 };
            let clauses: Vec<_> = policy.conditions.iter().map(|c| self.condition(c, &focus)).collect();
            let root = self.and(clauses.iter().map(|c| c.node).collect());
            let amounts = policy.benefits.iter().enumerate().filter_map(|(benefit, b)| {
                let amount = b.amount.as_ref()?;
                let mut parts = Vec::new();
                self.parts(amount, &focus, &mut parts, true);
                let value = Operand { node: self.lower(amount, &focus), ty: amount.ty };
                let words = amount.words.as_deref().cloned().unwrap_or_default();
                Some(AmountTrace { benefit, words, value, parts })
            });
            let amounts = amounts.collect();
            self.graph.entries.push(Entry { policy: id, root: Some(root), clauses, amounts });
        }
    }

    /// Counts a step; whether there were too many. Then compiling has failed, and whatever is left to do is left.
    fn tired(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        if self.steps > STEPS {
            let policy = self.policy.clone();
            self.failed.get_or_insert(GraphError::TooMuchWork(policy, STEPS));
        }
        self.steps > STEPS
    }

    /// The node with that content: an old one, or a new one at the end.
    fn node(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.by_node.get(&node) {
            return *id;
        }
        let count = u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX);
        if count >= self.most {
            self.failed.get_or_insert(GraphError::TooManyNodes(self.most));
            return NodeId(0);
        }
        let level = self.level_of(&node);
        let id = NodeId(count);
        self.graph.nodes.push(node.clone());
        self.graph.levels.push(level);
        self.by_node.insert(node, id);
        id
    }

    /// The highest level of an entry that a node depends on. What asks about all entries of a list no longer depends on
    /// the level of these entries.
    fn level_of(&mut self, node: &Node) -> u8 {
        let mut highest = 0;
        let graph = &self.graph;
        match node {
            Node::Element(level) => highest = *level,
            Node::List { fact, filters, level } => {
                highest = graph.level(fact.record);
                for filter in filters {
                    let at = graph.level(*filter);
                    if at == *level {
                        highest = highest.max(self.outer_level(*filter, *level));
                    } else {
                        highest = highest.max(at);
                    }
                }
            }
            Node::Any(list, body) | Node::All(list, body) | Node::Fold(_, list, body) => {
                let Node::List { level, .. } = graph.node(*list) else { return 0 };
                highest = graph.level(*list).max(self.outer_level(*body, *level));
            }
            other => other.children(&mut |child| highest = highest.max(graph.level(child))),
        }
        if let Node::Element(level) = node {
            self.graph.deepest = self.graph.deepest.max(*level);
        }
        highest
    }

    /// The highest level below `level` that a node depends on.
    fn outer_level(&self, node: NodeId, level: u8) -> u8 {
        // Levels stand inside each other, so whatever depends on an outer entry is evaluated again when that changes; it
        // is enough to find whether the node looks at one at all.
        let mut highest = 0;
        let mut stack = vec![node];
        let mut seen = std::collections::HashSet::new();
        while let Some(id) = stack.pop() {
            if self.graph.level(id) == 0 || !seen.insert(id) {
                continue;
            }
            if let Node::Element(at) = self.graph.node(id)
                && *at < level
            {
                highest = highest.max(*at);
            }
            self.graph.node(id).children(&mut |child| stack.push(child));
        }
        highest
    }

    fn set(&mut self, set: SetDef) -> SetId {
        if let Some(id) = self.by_set.get(&set) {
            return *id;
        }
        let id = SetId(u32::try_from(self.graph.sets.len()).unwrap_or(u32::MAX));
        self.graph.sets.push(set.clone());
        self.by_set.insert(set, id);
        id
    }

    fn fact(&self, record: NodeId, field: FieldId) -> FactRef {
        let position = position(&self.model.schema, field).and_then(|p| u32::try_from(p).ok()).unwrap_or(u32::MAX);
        FactRef { record, field, position }
    }

    fn not(&mut self, a: NodeId) -> NodeId {
        match self.graph.node(a) {
            Node::Bool(value) => {
                let value = !*value;
                self.node(Node::Bool(value))
            }
            Node::Not(inner) => *inner,
            Node::Unknown(_) => a,
            _ => self.node(Node::Not(a)),
        }
    }

    fn and(&mut self, parts: Vec<NodeId>) -> NodeId {
        self.joined(parts, true)
    }

    fn or(&mut self, parts: Vec<NodeId>) -> NodeId {
        self.joined(parts, false)
    }

    /// Flattens, drops doubles and what changes nothing; the order stays the author's.
    fn joined(&mut self, parts: Vec<NodeId>, and: bool) -> NodeId {
        let mut flat = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for part in parts {
            match (self.graph.node(part), and) {
                (Node::Bool(value), _) if *value == and => {}
                (Node::Bool(_), _) => return part,
                (Node::And(inner), true) | (Node::Or(inner), false) => {
                    flat.extend(inner.iter().copied().filter(|i| seen.insert(*i)));
                }
                _ => flat.extend(Some(part).filter(|p| seen.insert(*p))),
            }
        }
        match flat.as_slice() {
            [] => self.node(Node::Bool(and)),
            [one] => *one,
            _ => {
                let flat = flat.into_boxed_slice();
                self.node(if and { Node::And(flat) } else { Node::Or(flat) })
            }
        }
    }

    fn entity_of(list: &Expr) -> Option<EntityId> {
        if let crate::checked::Type::List(entity) = list.ty { Some(entity) } else { None }
    }
}

/// Calls `see` for an expression and everything in it; definitions and parameters are not entered.
fn visit(expr: &Expr, see: &mut dyn FnMut(&Expr)) {
    see(expr);
    expr.parts(&mut |part| visit(part, see));
}
