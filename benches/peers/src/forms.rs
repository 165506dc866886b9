//! Conditions written in each rival's language, from the same flat conditions.

use crate::shape::{Cond, Kind, Shape};

/// How a language says things.
pub struct Words {
    pub and: &'static str,
    pub or: &'static str,
    /// Around what is negated.
    pub not: (&'static str, &'static str),
    pub equal: &'static str,
    pub unequal: &'static str,
    /// Before the name of a fact.
    pub before: &'static str,
    /// Around the name of a value.
    pub quote: char,
    /// Whether a fact is one of several values.
    pub one_of: fn(&str, &[String]) -> String,
    /// Around each comparison, where the language needs it.
    pub leaf: (&'static str, &'static str),
}

pub const DAYS: i64 = 719_162;

pub fn written(shape: &Shape, cond: &Cond, words: &Words) -> String {
    match cond {
        Cond::Known(value) => value.to_string(),
        Cond::Test(field, set) => format!("{}{}{}", words.leaf.0, test(shape, *field, set, words), words.leaf.1),
        Cond::Not(a) => format!("{}{}{}", words.not.0, written(shape, a, words), words.not.1),
        Cond::All(parts) => joined(shape, parts, words, words.and),
        Cond::Any(parts) => joined(shape, parts, words, words.or),
    }
}

fn joined(shape: &Shape, parts: &[Cond], words: &Words, word: &str) -> String {
    let parts: Vec<String> = parts.iter().map(|p| written(shape, p, words)).collect();
    format!("({})", parts.join(word))
}

fn test(shape: &Shape, field: usize, set: &[(i64, i64)], words: &Words) -> String {
    let flat = &shape.fields[field];
    let name = format!("{}{}", words.before, flat.name);
    let (least, most) = flat.range;
    match &flat.kind {
        Kind::Bool => match set {
            [(1, 1)] => name,
            [(0, 0)] => format!("{}{name}{}", words.not.0, words.not.1),
            _ => format!("({name}{}{}{name}{})", words.or, words.not.0, words.not.1),
        },
        Kind::Symbol(values) => {
            let quoted = |v: i64| format!("{0}{1}{0}", words.quote, values[v as usize]);
            let inside: Vec<i64> = set.iter().flat_map(|(a, b)| *a..=*b).collect();
            let outside: Vec<i64> = (least..=most).filter(|v| !inside.contains(v)).collect();
            match (inside.as_slice(), outside.as_slice()) {
                ([one], _) => format!("{name} {} {}", words.equal, quoted(*one)),
                (_, [one]) => format!("{name} {} {}", words.unequal, quoted(*one)),
                (many, _) => (words.one_of)(&name, &many.iter().map(|v| quoted(*v)).collect::<Vec<_>>()),
            }
        }
        Kind::Number | Kind::Date => {
            let shift = if matches!(flat.kind, Kind::Date) { DAYS } else { 0 };
            let rest = entitle::graph::intervals::Intervals::range(least, most);
            let mut inside = entitle::graph::intervals::Intervals::default();
            for (a, b) in set {
                inside = inside.or(&entitle::graph::intervals::Intervals::range(*a, *b));
            }
            if let [(a, b)] = rest.without(&inside).as_slice()
                && a == b
            {
                return format!("{name} {} {}", words.unequal, a + shift);
            }
            let one = |(a, b): &(i64, i64)| match (*a <= least, *b >= most) {
                (true, _) => format!("{name} <= {}", b + shift),
                (_, true) => format!("{name} >= {}", a + shift),
                _ if a == b => format!("{name} {} {}", words.equal, a + shift),
                _ => format!("({name} >= {}{}{name} <= {})", a + shift, words.and, b + shift),
            };
            match set {
                [] => format!("{name} <= {}", least - 1 + shift),
                [single] => one(single),
                many => format!("({})", many.iter().map(one).collect::<Vec<_>>().join(words.or)),
            }
        }
    }
}

/// A row as the rivals read it: by name, dates as days since 0001-01-01, what is missing left out.
pub fn object(shape: &Shape, row: &[Option<i64>]) -> serde_json::Map<String, serde_json::Value> {
    let mut object = serde_json::Map::new();
    for (flat, value) in shape.fields.iter().zip(row) {
        let Some(value) = value else { continue };
        let value = match &flat.kind {
            Kind::Bool => serde_json::Value::Bool(*value != 0),
            Kind::Number => (*value).into(),
            Kind::Date => (*value + DAYS).into(),
            Kind::Symbol(values) => values[*value as usize].clone().into(),
        };
        object.insert(flat.name.clone(), value);
    }
    object
}
