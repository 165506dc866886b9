//! Pictures without scripts, fonts or anything from outside: the tree of one policy.

use crate::graph::pick;
use crate::picture::{Piece, Shape, Tree, colours};
use entitle::value::Language;
use entitle::verdict::Truth;
use std::fmt::Write as _;

/// The fonts of labels; every system with Chinese has one of these.
pub(crate) const FONT: &str =
    "'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif";

/// Height of a line of text, and of the smaller line with a value.
const LINE: u32 = 20;
const SMALL: u32 = 18;
const PAD: u32 = 9;
const GAP: u32 = 12;
const BETWEEN: u32 = 46;
const MARGIN: u32 = 28;

/// The width of a text at 14 pixels: Chinese characters are square, letters about half.
pub(crate) fn wide(text: &str) -> u32 {
    text.chars()
        .map(|c| match c {
            '\u{2E80}'.. | '“' | '”' | '…' | '—' => 14,
            'A'..='Z' | 'm' | 'w' | '%' | '<' | '>' | '=' | '+' => 10,
            'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 5,
            _ => 9,
        })
        .sum()
}

/// A text in lines of at most that many pixels. Chinese breaks anywhere but before a closing sign; English at blanks.
pub(crate) fn wrapped(text: &str, most: u32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut words: Vec<String> = Vec::new();
    for c in text.chars() {
        let closing = "，。、；：）】”」》".contains(c);
        let sticks =
            c.is_ascii() && c != ' ' && words.last().is_some_and(|w| w.ends_with(|l: char| l.is_ascii() && l != ' '));
        match words.last_mut() {
            Some(word) if sticks || closing || c == ' ' => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    for word in words {
        let full = lines.last().is_some_and(|l| !l.is_empty() && wide(l) + wide(word.trim_end()) > most);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&word);
        }
    }
    lines.into_iter().map(|l| l.trim_end().to_owned()).collect()
}

/// A text as it stands in a picture.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A box with its place.
struct Placed<'a> {
    piece: &'a Piece,
    lines: Vec<String>,
    label: Vec<String>,
    width: u32,
    height: u32,
    middle: u32,
    depth: usize,
    children: Vec<Placed<'a>>,
}

fn placed<'a>(piece: &'a Piece, depth: usize, top: &mut u32) -> Placed<'a> {
    let most = match piece.shape {
        Shape::Policy => 200,
        Shape::Group => 150,
        Shape::Leaf => 300,
    };
    let lines = wrapped(&piece.text, most);
    let label = piece.label.as_deref().map(|l| wrapped(l, most)).unwrap_or_default();
    let small = |text: &str| wide(text) * 12 / 14;
    // Names and what joins a group are bold, and a little wider.
    let bold = if piece.shape == Shape::Leaf { 20 } else { 21 };
    let widest = lines.iter().map(|l| wide(l) * bold / 20).chain(label.iter().map(|l| small(l)));
    let widest = widest.chain(piece.value.iter().map(|v| small(v))).max().unwrap_or(0);
    let count = |n: usize| u32::try_from(n).unwrap_or(1);
    let height = count(lines.len()) * LINE + (count(label.len()) + u32::from(piece.value.is_some())) * SMALL + 2 * PAD;
    let mut box_of =
        Placed { piece, lines, label, width: widest + 2 * PAD + 8, height, middle: 0, depth, children: Vec::new() };
    let start = *top;
    for child in &piece.children {
        box_of.children.push(placed(child, depth + 1, top));
    }
    match (box_of.children.first(), box_of.children.last()) {
        (Some(first), Some(last)) => {
            box_of.middle = u32::midpoint(first.middle, last.middle);
            // A tall box with few short children must not reach into the one above or below.
            let (above, below) = (start + height / 2, *top);
            if box_of.middle < above {
                shift(&mut box_of, above);
            }
            *top = below.max(box_of.middle + height / 2 + GAP);
        }
        _ => {
            box_of.middle = *top + height / 2;
            *top += height + GAP;
        }
    }
    box_of
}

/// Moves a box and what is in it down, so that its middle is there.
fn shift(piece: &mut Placed<'_>, to: u32) {
    fn down(piece: &mut Placed<'_>, by: u32) {
        piece.middle += by;
        piece.children.iter_mut().for_each(|c| down(c, by));
    }
    let by = to.saturating_sub(piece.middle);
    down(piece, by);
}

fn columns(piece: &Placed<'_>, widths: &mut Vec<u32>) {
    if widths.len() <= piece.depth {
        widths.push(0);
    }
    // What has nothing to its right may be as wide as it likes: it has its rows to itself.
    if let Some(width) = widths.get_mut(piece.depth).filter(|_| !piece.children.is_empty()) {
        *width = (*width).max(piece.width);
    }
    piece.children.iter().for_each(|c| columns(c, widths));
}

fn lowest(piece: &Placed<'_>) -> u32 {
    piece.children.iter().map(lowest).max().unwrap_or(0).max(piece.middle + piece.height / 2)
}

fn rightmost(piece: &Placed<'_>, lefts: &[u32]) -> u32 {
    let own = left(lefts, piece.depth) + piece.width;
    piece.children.iter().map(|c| rightmost(c, lefts)).max().unwrap_or(0).max(own)
}

/// The tree of one policy, from left to right.
pub(crate) fn tree(tree: &Tree, language: Language) -> String {
    let mut top = MARGIN;
    let root = placed(&tree.root, 0, &mut top);
    let mut widths = Vec::new();
    columns(&root, &mut widths);
    let mut lefts = vec![MARGIN];
    for width in &widths {
        lefts.push(lefts.last().copied().unwrap_or(0) + width + BETWEEN);
    }
    let coloured = tree.root.truth.is_some();
    let width = rightmost(&root, &lefts) + MARGIN;
    let height = lowest(&root) + if coloured { 56 } else { MARGIN };
    let mut body = String::new();
    lines(&root, &lefts, &mut body);
    boxes(&root, &lefts, &mut body);
    if coloured {
        legend(&mut body, height - 26, tree, language);
    }
    page(width.max(460), height, &tree.root.text, &body)
}

/// The picture around its parts.
pub(crate) fn page(width: u32, height: u32, title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{title}\" font-family=\"{FONT}\" font-size=\"14\" fill=\"#1f2733\">\n\
         <title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#f7f8fa\"/>\n{body}</svg>\n"
    )
}

fn left(lefts: &[u32], depth: usize) -> u32 {
    lefts.get(depth).copied().unwrap_or(0)
}

fn lines(piece: &Placed<'_>, lefts: &[u32], body: &mut String) {
    let (x1, y1) = (left(lefts, piece.depth) + piece.width, piece.middle);
    // Every line leaves the column at the same place, so that the fans of one column look alike.
    let bend = left(lefts, piece.depth + 1).saturating_sub(BETWEEN / 2);
    for child in &piece.children {
        let (x2, y2) = (left(lefts, child.depth), child.middle);
        let (_, colour) = colours(child.piece.truth);
        let dash = if child.piece.truth == Some(Truth::Unknown) { " stroke-dasharray=\"5 4\"" } else { "" };
        let start = bend.max(x1) - BETWEEN / 2;
        let _ = writeln!(
            body,
            "<path d=\"M{x1} {y1}H{start}C{bend} {y1} {bend} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"{dash}/>"
        );
        lines(child, lefts, body);
    }
}

fn boxes(placed: &Placed<'_>, lefts: &[u32], body: &mut String) {
    let piece = placed.piece;
    let (x, y) = (left(lefts, placed.depth), placed.middle - placed.height / 2);
    let (fill, line) = colours(piece.truth);
    let (width, height) = (placed.width, placed.height);
    let (round, weight) = match piece.shape {
        Shape::Policy => (10, "2.4"),
        Shape::Group => (height.min(34) / 2, "1.4"),
        Shape::Leaf => (6, "1.2"),
    };
    let _ = writeln!(
        body,
        "<g><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"{weight}\"/>"
    );
    let mut base = y + PAD;
    let mut write = |text: &str, small: bool, style: &str| {
        base += if small { SMALL } else { LINE };
        let size = if small { " font-size=\"12\"" } else { "" };
        let (tx, ty) = (x + PAD + 4, base - 5);
        let _ = writeln!(body, "<text x=\"{tx}\" y=\"{ty}\"{size}{style}>{}</text>", escaped(text));
    };
    // The policy's name stands above its identifier; a group's label above what joins it.
    if piece.shape == Shape::Policy {
        placed.lines.iter().for_each(|l| write(l, false, " font-weight=\"700\""));
        placed.label.iter().for_each(|l| write(l, true, " fill=\"#5d6778\""));
    } else {
        placed.label.iter().for_each(|l| write(l, true, " fill=\"#5d6778\""));
        let weight = if piece.shape == Shape::Group { " font-weight=\"600\"" } else { "" };
        placed.lines.iter().for_each(|l| write(l, false, weight));
    }
    if let Some(value) = &piece.value {
        write(value, true, &format!(" fill=\"{line}\" font-weight=\"600\""));
    }
    body.push_str("</g>\n");
    placed.children.iter().for_each(|c| boxes(c, lefts, body));
}

fn legend(body: &mut String, y: u32, tree: &Tree, language: Language) {
    let day = tree.as_of.to_string();
    let mut x = MARGIN;
    let words = [
        (Truth::True, pick(language, "holds", "成立")),
        (Truth::False, pick(language, "does not hold", "不成立")),
        (Truth::Unknown, pick(language, "not known", "不清楚")),
    ];
    for (truth, word) in words {
        let (fill, line) = colours(Some(truth));
        let _ = writeln!(
            body,
            "<rect x=\"{x}\" y=\"{}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{fill}\" stroke=\"{line}\"/><text x=\"{}\" y=\"{y}\" font-size=\"12\">{word}</text>",
            y - 11,
            x + 20
        );
        x += wide(word) + 44;
    }
    let _ = writeln!(body, "<text x=\"{x}\" y=\"{y}\" font-size=\"12\" fill=\"#5d6778\">{day}</text>");
}
