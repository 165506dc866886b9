//! Bars as inline SVG: no script, no file from elsewhere.

use maud::{Markup, html};

/// One bar: its name, and parts of which each has a class of the page's style and a count.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) parts: Vec<(&'static str, u64)>,
}

const NAME: u64 = 250;
const LONG: u64 = 380;
const STEP: u64 = 26;

/// Horizontal bars, each on a scale of the longest.
pub(super) fn bars(title: &str, bars: &[Bar]) -> Markup {
    let longest = bars.iter().map(|b| b.parts.iter().map(|(_, n)| n).sum::<u64>()).max().unwrap_or(0).max(1);
    let height = STEP * bars.len() as u64;
    html! {
        svg viewBox={ "0 0 720 " (height) } role="img" aria-label=(title) {
            @for (at, bar) in (0u64..).zip(bars) {
                @let y = at * STEP;
                text x=(NAME - 8) y=(y + 17) text-anchor="end" class="label" { (shortened(&bar.name)) title { (bar.name) } }
                @let ends = ends(bar, longest);
                @for ((class, from, to), (_, count)) in ends.iter().zip(&bar.parts) {
                    rect x=(NAME + from) y=(y + 4) width=(to - from) height=(STEP - 8) class=(class) { title { (bar.name) ": " (count) } }
                }
                @let end = ends.last().map_or(0, |e| e.2);
                text x=(NAME + end + 6) y=(y + 17) class="count" {
                    (bar.parts.iter().map(|(_, n)| grouped(*n)).collect::<Vec<_>>().join(" + "))
                }
            }
        }
    }
}

/// Where each part begins and ends; what there is of shows, however little.
fn ends(bar: &Bar, longest: u64) -> Vec<(&'static str, u64, u64)> {
    let mut from = 0;
    let mut ends = Vec::new();
    for (class, count) in &bar.parts {
        let wide = if *count == 0 { 0 } else { (count * LONG / longest).max(1) };
        ends.push((*class, from, from + wide));
        from += wide;
    }
    ends
}

/// A name that fits beside its bar: a Chinese character takes twice the width of a Latin letter.
fn shortened(name: &str) -> String {
    let mut left = 34i32;
    let mut short = String::new();
    for c in name.chars() {
        left -= if c.is_ascii() { 1 } else { 2 };
        if left < 0 {
            return short + "…";
        }
        short.push(c);
    }
    short
}

/// Digits in groups of three.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
