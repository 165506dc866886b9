//! How policies depend on one another: which grant opens which, and which exclude each other.

#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "the places of a drawing are numbered here and nowhere else; none comes from outside"
)]

use crate::graph::pick;
use crate::picture::{colours, entities};
use crate::svg;
use entitle::checked::{Effect, Expr, Kind, Model, Type};
use entitle::ids::{EnumId, PolicyId};
use entitle::value::Language;
use entitle::verdict::{Truth, Verdict};
use entitle::{Engine, Matches};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How one policy bears on another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bond {
    /// Who holds the first can get the second.
    Opens,
    /// Who holds the first cannot get the second, or not both are paid in full.
    Bars,
}

struct Item {
    name: String,
    id: String,
    truth: Option<Truth>,
    written: bool,
}

/// Policies that are connected, and how.
pub(crate) struct Graph {
    items: Vec<Item>,
    bonds: BTreeSet<(usize, usize, Bond)>,
    /// How many policies have no connection.
    alone: usize,
    title: String,
}

impl Graph {
    /// The whole set, or what leads to one policy and from it.
    pub(crate) fn of(
        engine: &Engine,
        around: Option<PolicyId>,
        matches: Option<&Matches<'_>>,
        language: Language,
    ) -> Self {
        let model = engine.model();
        let mut bonds: BTreeSet<(usize, usize, Bond)> = BTreeSet::new();
        for (i, policy) in model.policies.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for condition in &policy.conditions {
                asked(model, &condition.expr, true, &mut seen, &mut |other, positive| {
                    let bond = if positive { Bond::Opens } else { Bond::Bars };
                    bonds.insert((other as usize, i, bond));
                });
            }
            for exclusion in policy.exclusions.iter().filter(|e| e.effect != Effect::NotWhileReceiving) {
                for other in &exclusion.policies {
                    let other = *other as usize;
                    // The same effect may be written in both.
                    if !bonds.contains(&(i, other, Bond::Bars)) {
                        bonds.insert((other, i, Bond::Bars));
                    }
                }
            }
        }
        bonds.retain(|(a, b, _)| a != b);
        let opening = bonds.iter().filter(|(_, _, bond)| *bond == Bond::Opens);
        let mut kept: BTreeSet<usize> = opening.flat_map(|(a, b, _)| [*a, *b]).collect();
        if let Some(policy) = around {
            kept = beside(&bonds, policy.index());
        }
        bonds.retain(|(a, b, bond)| {
            // In the whole set only what opens what: with all that exclude each other nothing could be read.
            let near = around.map_or(*bond == Bond::Opens, |p| *a == p.index() || *b == p.index());
            near && kept.contains(a) && kept.contains(b)
        });
        let written = model.policies.iter().filter(|p| p.written).count();
        let places: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(place, i)| (*i, place)).collect();
        let items: Vec<Item> = kept
            .iter()
            .filter_map(|i| Some((*i, model.policies.get(*i)?)))
            .map(|(i, policy)| Item {
                name: policy.name.get(language),
                id: policy.name.id.clone(),
                truth: matches.map(|m| match m.verdict(PolicyId::of(i)) {
                    Verdict::Eligible => Truth::True,
                    Verdict::Ineligible => Truth::False,
                    _ => Truth::Unknown,
                }),
                written: policy.written,
            })
            .collect();
        let place = |i: usize| places.get(&i).copied().unwrap_or(0);
        let title = match around.and_then(|p| model.policies.get(p.index())) {
            Some(policy) => policy.name.get(language),
            None => pick(language, "How the policies depend on one another", "政策之间的关系").to_owned(),
        };
        let alone = if around.is_some() { 0 } else { written - items.iter().filter(|i| i.written).count() };
        Self { bonds: bonds.into_iter().map(|(a, b, bond)| (place(a), place(b), bond)).collect(), items, alone, title }
    }

    /// For Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut text =
            "digraph policies {\n  rankdir=LR; node [shape=box style=\"rounded,filled\" fontname=\"Noto Sans CJK SC\"];\n"
                .to_owned();
        for (i, item) in self.items.iter().enumerate() {
            let (fill, line) = colours(item.truth);
            let name = item.name.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(
                text,
                "  p{i} [label=\"{name}\" tooltip=\"{}\" fillcolor=\"{fill}\" color=\"{line}\"];",
                item.id
            );
        }
        for (a, b, bond) in &self.bonds {
            let style = if *bond == Bond::Bars {
                " [style=dashed color=\"#b3423a\" arrowhead=tee constraint=false]"
            } else {
                ""
            };
            let _ = writeln!(text, "  p{a} -> p{b}{style};");
        }
        text + "}\n"
    }

    /// For pages that draw mermaid.
    pub(crate) fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (i, item) in self.items.iter().enumerate() {
            let _ = writeln!(text, "  p{i}[\"{}\"]", entities(&item.name));
            if item.truth.is_some() {
                let (fill, line) = colours(item.truth);
                let _ = writeln!(text, "  style p{i} fill:{fill},stroke:{line}");
            }
        }
        for (a, b, bond) in &self.bonds {
            let arrow = if *bond == Bond::Bars { "-.-x" } else { "-->" };
            let _ = writeln!(text, "  p{a} {arrow} p{b}");
        }
        text
    }

    /// A picture in layers: what opens stands left of what it opens.
    pub(crate) fn svg(&self, language: Language) -> String {
        let layers = Layers::of(self);
        layers.draw(self, language)
    }
}

/// Calls `found` for every policy that an expression asks for, and whether holding it helps.
fn asked(
    model: &Model,
    expr: &Expr,
    positive: bool,
    seen: &mut BTreeSet<(u32, bool)>,
    found: &mut dyn FnMut(u32, bool),
) {
    match &expr.kind {
        Kind::Includes(set, values) if set.ty == Type::Set(EnumId::POLICY) => {
            values.iter().for_each(|v| found(*v, positive));
        }
        Kind::Not(inner) => asked(model, inner, !positive, seen, found),
        Kind::Define(id, _) if seen.insert((id.0, positive)) => {
            if let Some(define) = model.defines.get(id.index()) {
                asked(model, &define.value, positive, seen, found);
            }
        }
        _ => expr.parts(&mut |part| asked(model, part, positive, seen, found)),
    }
}

/// A policy with what it asks for, what asks for it, and what it excludes.
fn beside(bonds: &BTreeSet<(usize, usize, Bond)>, policy: usize) -> BTreeSet<usize> {
    let near = bonds.iter().filter(|(a, b, _)| *a == policy || *b == policy);
    near.flat_map(|(a, b, _)| [*a, *b]).chain([policy]).collect()
}

/// The bonds that lead forwards: without those that would close a circle, found by walking along them.
fn forwards(count: usize, opens: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (a, b) in opens {
        if let Some(after) = after.get_mut(*a) {
            after.push(*b);
        }
    }
    // 0 not met, 1 on the way that is walked now, 2 done.
    let mut state = vec![0u8; count];
    let mut kept = Vec::new();
    for start in 0..count {
        match state.get_mut(start) {
            Some(state) if *state == 0 => *state = 1,
            _ => continue,
        }
        let mut way = vec![(start, 0usize)];
        while let Some((at, next)) = way.pop() {
            let Some(to) = after.get(at).and_then(|after| after.get(next)).copied() else {
                if let Some(state) = state.get_mut(at) {
                    *state = 2;
                }
                continue;
            };
            way.push((at, next + 1));
            let Some(state) = state.get_mut(to) else { continue };
            if *state != 1 {
                kept.push((at, to));
            }
            if *state == 0 {
                *state = 1;
                way.push((to, 0));
            }
        }
    }
    kept
}

const WIDTH: u32 = 196;
const BETWEEN: u32 = 110;
const GAP: u32 = 14;
const MARGIN: u32 = 30;

/// A place in a layer: a policy, or where a long line passes through.
struct Spot {
    item: Option<usize>,
    lines: Vec<String>,
    height: u32,
    middle: u32,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl Spot {
    /// Lines that pass need little room.
    const fn gap(&self) -> u32 {
        if self.item.is_some() { GAP } else { 5 }
    }
}

struct Layers {
    spots: Vec<Spot>,
    layers: Vec<Vec<usize>>,
    /// For each opening bond, the spots it passes.
    ways: Vec<Vec<usize>>,
    of_item: Vec<usize>,
    layer_of: Vec<usize>,
}

impl Layers {
    fn of(graph: &Graph) -> Self {
        let count = graph.items.len();
        let opens: Vec<(usize, usize)> =
            graph.bonds.iter().filter(|(_, _, bond)| *bond == Bond::Opens).map(|(a, b, _)| (*a, *b)).collect();
        let opens = forwards(count, &opens);
        // The longest way to each.
        let mut layer_of = vec![0usize; count];
        for _ in 0..count {
            let mut moved = false;
            for (a, b) in &opens {
                let Some(before) = layer_of.get(*a).copied() else { continue };
                if let Some(layer) = layer_of.get_mut(*b).filter(|layer| **layer <= before) {
                    *layer = before + 1;
                    moved = true;
                }
            }
            if !moved {
                break;
            }
        }
        let mut spots = Vec::new();
        for item in &graph.items {
            let lines = svg::wrapped(&item.name, WIDTH - 24);
            let height = u32::try_from(lines.len()).unwrap_or(1) * 19 + 14;
            spots.push(Spot {
                item: Some(spots.len()),
                lines,
                height,
                middle: 0,
                before: Vec::new(),
                after: Vec::new(),
            });
        }
        let deepest = layer_of.iter().copied().max().unwrap_or(0);
        let mut layers = vec![Vec::new(); deepest + 1];
        for (i, layer) in layer_of.iter().enumerate() {
            if let Some(layer) = layers.get_mut(*layer) {
                layer.push(i);
            }
        }
        let mut ways = Vec::new();
        // Long lines from one policy run together until they part.
        let mut passing: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (a, b) in &opens {
            let mut way = vec![*a];
            for at in layer_of[*a] + 1..layer_of[*b] {
                let spot = *passing.entry((*a, at)).or_insert_with(|| {
                    let spot = spots.len();
                    spots.push(Spot {
                        item: None,
                        lines: Vec::new(),
                        height: 2,
                        middle: 0,
                        before: Vec::new(),
                        after: Vec::new(),
                    });
                    layers[at].push(spot);
                    spot
                });
                way.push(spot);
            }
            way.push(*b);
            for pair in way.windows(2) {
                if let [from, to] = pair
                    && !spots[*from].after.contains(to)
                {
                    spots[*from].after.push(*to);
                    spots[*to].before.push(*from);
                }
            }
            ways.push(way);
        }
        let mut made = Self { spots, layers, ways, of_item: (0..count).collect(), layer_of };
        made.order();
        made.place();
        made
    }

    /// Puts each spot near the middle of its neighbours, layer by layer, back and forth: few lines cross.
    fn order(&mut self) {
        for round in 0..12 {
            let mut rank = vec![0usize; self.spots.len()];
            for layer in &self.layers {
                for (i, spot) in layer.iter().enumerate() {
                    rank[*spot] = i * 1000 / layer.len().max(1);
                }
            }
            let forwards = round % 2 == 0;
            let order: Vec<usize> =
                if forwards { (0..self.layers.len()).collect() } else { (0..self.layers.len()).rev().collect() };
            for at in order {
                let spots = &self.spots;
                let key = |spot: &usize| {
                    let near = if forwards { &spots[*spot].before } else { &spots[*spot].after };
                    let sum: usize = near.iter().map(|n| rank[*n]).sum();
                    sum.checked_div(near.len()).unwrap_or(rank[*spot])
                };
                let mut layer = std::mem::take(&mut self.layers[at]);
                layer.sort_by_key(key);
                for (i, spot) in layer.iter().enumerate() {
                    rank[*spot] = i * 1000 / layer.len().max(1);
                }
                self.layers[at] = layer;
            }
        }
    }

    /// Gives every spot its height on the page: near its neighbours, in order, none above another.
    fn place(&mut self) {
        for layer in &self.layers {
            let mut top = MARGIN;
            for spot in layer {
                let spot = &mut self.spots[*spot];
                spot.middle = top + spot.height / 2;
                top += spot.height + spot.gap();
            }
        }
        // No layer may grow below what the fullest one needs.
        let need = |layer: &Vec<usize>| layer.iter().map(|s| &self.spots[*s]).map(|s| s.height + s.gap()).sum::<u32>();
        let lowest = MARGIN + self.layers.iter().map(need).max().unwrap_or(0);
        for round in 0..10 {
            for at in 0..self.layers.len() {
                let at = if round % 2 == 0 { at } else { self.layers.len() - 1 - at };
                let layer = self.layers[at].clone();
                let wanted: Vec<u32> = layer
                    .iter()
                    .map(|s| {
                        let spot = &self.spots[*s];
                        let near: Vec<u32> =
                            spot.before.iter().chain(&spot.after).map(|n| self.spots[*n].middle).collect();
                        let sum: u32 = near.iter().sum();
                        sum.checked_div(u32::try_from(near.len()).unwrap_or(1)).unwrap_or(spot.middle)
                    })
                    .collect();
                // From above each goes as far down as it wants; then, from below, as far up as there is room.
                let mut top = MARGIN;
                for (s, want) in layer.iter().zip(wanted) {
                    let spot = &mut self.spots[*s];
                    spot.middle = want.max(top + spot.height / 2);
                    top = spot.middle + spot.height / 2 + spot.gap();
                }
                let mut bottom = lowest;
                for s in layer.iter().rev() {
                    let spot = &mut self.spots[*s];
                    bottom = bottom.saturating_sub(spot.gap());
                    spot.middle = spot.middle.min(bottom.saturating_sub(spot.height / 2));
                    bottom = spot.middle.saturating_sub(spot.height / 2);
                }
            }
        }
    }

    fn draw(&self, graph: &Graph, language: Language) -> String {
        let x = |layer: usize| MARGIN + u32::try_from(layer).unwrap_or(0) * (WIDTH + BETWEEN);
        let mut layer_of = vec![0usize; self.spots.len()];
        for (i, layer) in self.layers.iter().enumerate() {
            layer.iter().for_each(|s| layer_of[*s] = i);
        }
        let mut body = "<defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
             <path d=\"M0 0L8 4L0 8z\" fill=\"#6b7688\"/></marker></defs>\n"
            .to_owned();
        for way in &self.ways {
            let mut path = String::new();
            for pair in way.windows(2) {
                let [a, b] = pair else { continue };
                let (from, to) = (&self.spots[*a], &self.spots[*b]);
                let (x1, x2) = (x(layer_of[*a]) + WIDTH, x(layer_of[*b]));
                let (y1, y2) = (from.middle, to.middle);
                if path.is_empty() {
                    let _ = write!(path, "M{x1} {y1}");
                } else {
                    // Straight through the layer that a long line passes.
                    let _ = write!(path, "H{x1}");
                }
                // A circle leads back; its line then goes the other way.
                let bend = if x2 > x1 { u32::midpoint(x1, x2) } else { x1 + BETWEEN / 2 };
                let _ = write!(path, "C{bend} {y1} {bend} {y2} {x2} {y2}");
            }
            let _ = writeln!(
                body,
                "<path d=\"{path}\" fill=\"none\" stroke=\"#8a94a6\" stroke-width=\"1.3\" stroke-opacity=\".75\" marker-end=\"url(#to)\"/>"
            );
        }
        for (a, b, _) in graph.bonds.iter().filter(|(_, _, bond)| *bond == Bond::Bars) {
            let (from, to) = (&self.spots[self.of_item[*a]], &self.spots[self.of_item[*b]]);
            let (x1, x2) = (x(self.layer_of[*a]), x(self.layer_of[*b]));
            let (y1, y2) = (from.middle, to.middle);
            // Beside the boxes on the left, so that it is not taken for a line that opens.
            let bend = x1.min(x2).saturating_sub(24 + y1.abs_diff(y2).min(160) / 8);
            let _ = writeln!(
                body,
                "<path d=\"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#b3423a\" stroke-opacity=\".45\" stroke-width=\"1.2\" stroke-dasharray=\"4 4\"/>"
            );
        }
        for spot in &self.spots {
            let Some(item) = spot.item.and_then(|i| Some((i, graph.items.get(i)?))) else { continue };
            let (i, item) = item;
            let (fill, line) = colours(item.truth);
            let dash = if item.written { "" } else { " stroke-dasharray=\"3 3\"" };
            let (left, top) = (x(self.layer_of[i]), spot.middle - spot.height / 2);
            let _ = writeln!(
                body,
                "<g><title>{}</title><rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{}\" rx=\"7\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"1.3\"{dash}/>",
                svg::escaped(&item.id),
                spot.height
            );
            for (n, text) in spot.lines.iter().enumerate() {
                let y = top + 7 + u32::try_from(n).unwrap_or(0) * 19 + 14;
                let _ = writeln!(body, "<text x=\"{}\" y=\"{y}\">{}</text>", left + 12, svg::escaped(text));
            }
            body.push_str("</g>\n");
        }
        let bottom = self.spots.iter().map(|s| s.middle + s.height / 2).max().unwrap_or(0);
        let width = x(self.layers.len()) - BETWEEN + MARGIN;
        let y = bottom + 40;
        let opens = pick(language, "opens", "享有前者方可享受后者");
        let bars = pick(language, "not together", "不能同时或不能全额享受");
        let _ = writeln!(
            body,
            "<path d=\"M{MARGIN} {0}H{1}\" stroke=\"#8a94a6\" stroke-width=\"1.3\" marker-end=\"url(#to)\"/><text x=\"{2}\" y=\"{y}\" font-size=\"12\">{opens}</text>",
            y - 4,
            MARGIN + 34,
            MARGIN + 44
        );
        let mut next = MARGIN + 70 + svg::wide(opens);
        if graph.bonds.iter().any(|(_, _, bond)| *bond == Bond::Bars) {
            let _ = writeln!(
                body,
                "<path d=\"M{next} {0}h34\" stroke=\"#b3423a\" stroke-width=\"1.2\" stroke-dasharray=\"4 4\"/><text x=\"{1}\" y=\"{y}\" font-size=\"12\">{bars}</text>",
                y - 4,
                next + 44
            );
            next += 70 + svg::wide(bars);
        }
        if self.layers.len() > 1 && graph.alone > 0 {
            let rest = match language {
                Language::Zh => format!("另有 {} 项政策与其他政策没有关系", graph.alone),
                Language::En => format!("{} more policies are connected with no other", graph.alone),
            };
            let _ = writeln!(body, "<text x=\"{next}\" y=\"{y}\" font-size=\"12\" fill=\"#5d6778\">{rest}</text>");
        }
        svg::page(width.max(640), y + 24, &graph.title, &body)
    }
}
