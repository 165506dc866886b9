//! What to say of a line that cannot be read. The parser's own list of what it would have taken has some thirty rules;
//! here they become a few phrases an author knows, and the commonest slips get a help of their own.

use super::{Builder, Grammar, Pair, Rule};
use crate::ast::error as code;
use crate::diagnostic::{Code, Diagnostic};
use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};

impl Builder<'_> {
    /// A line kept as `bad`: reads it again as what should have stood there, and reports why it is not that.
    pub(super) fn unreadable(&mut self, pair: &Pair<'_>, expected: Rule) {
        if self.findings.len() >= self.limits.findings {
            self.not_listed += 1;
            return;
        }
        let start = pair.as_span().start();
        let rest = self.text.get(start..).unwrap_or("");
        let (code, what) = subject(expected);
        if let Err(error) = Grammar::parse(expected, rest) {
            self.explain(&error, start, code, what);
        } else {
            // It reads alone; then what follows it on the line is in the way.
            let span = self.span(pair);
            self.findings.push(Diagnostic::error(code, span, format!("{what} cannot stand here")));
        }
    }

    /// The file as a whole could not be read, which the guard and `bad` leave only odd cases for.
    pub(super) fn whole_file(&mut self, error: &Error<Rule>) {
        self.explain(error, 0, code::DECLARATION, "this file");
    }

    /// `source:` or `status:` inside a table that is not a parameter's.
    pub(super) fn misplaced_note(&mut self, pair: &Pair<'_>) {
        let span = self.span(pair);
        self.findings.push(
            Diagnostic::error(code::ROW, span, "`source` and `status` lines stand in a parameter, not in a table")
                .help("put them directly into the parameter's block, or after the row's value without a colon"),
        );
    }

    fn explain(&mut self, error: &Error<Rule>, start: usize, code: Code, what: &str) {
        let at = start
            + match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
        let rest = self.text.get(at..).unwrap_or("");
        let shown = rest.lines().next().unwrap_or("").trim_end();
        let width = word_width(shown);
        let found = shown.get(..width).unwrap_or("");
        let positives = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
            ErrorVariant::CustomError { .. } => &[],
        };
        let expected = phrases(positives);
        let before = self.text.get(start..at).unwrap_or("");
        let (slip_code, help) = self.slip(before, shown).map_or((code, None), |(c, h)| (c.unwrap_or(code), Some(h)));
        let message = if found.is_empty() {
            format!("{what} stops too early")
        } else {
            format!("{what} cannot be read from `{}` on", visible(found))
        };
        let mut finding =
            Diagnostic::error(slip_code, self.at(at, at + width.max(usize::from(!shown.is_empty()))), message);
        finding.label = if expected.is_empty() { String::new() } else { format!("expected {expected}") };
        finding.help = help;
        self.findings.push(finding);
    }

    /// The commonest slips: a code where they have one of their own, and what to write.
    fn slip(&self, before: &str, rest: &str) -> Option<(Option<Code>, String)> {
        let first = rest.chars().next()?;
        if first == '\r' {
            return Some((None, "a carriage return alone ends no line; end lines with a line feed".to_owned()));
        }
        if let Some(half) = half_width(first) {
            return Some((Some(code::WIDTH), format!("`{first}` is of full width; write `{half}`")));
        }
        if "一二三四五六七八九十百千两".contains(first) && !before.trim_end().ends_with('是') {
            return Some((Some(code::WIDTH), "write numbers in digits: `60周岁`, `3万元`".to_owned()));
        }
        if rest.starts_with("==") || (rest.starts_with('=') && !rest.starts_with("=>")) {
            return Some((None, "to compare for sameness write `is` (是)".to_owned()));
        }
        if rest.starts_with("!=") {
            return Some((None, "write `is not` (不是)".to_owned()));
        }
        if rest.starts_with("&&") || rest.starts_with("||") {
            return Some((None, "write `and` (并且) or `or` (或者)".to_owned()));
        }
        let joins = |w: &str| rest.starts_with(w);
        let (ands, ors) =
            (before.contains(" and ") || before.contains("并且"), before.contains(" or ") || before.contains("或者"));
        if (ands && (joins("or ") || joins("或者"))) || (ors && (joins("and ") || joins("并且"))) {
            return Some((
                None,
                "`and` and `or` do not mix on one level; put one of them in brackets, or write `any of { … }`"
                    .to_owned(),
            ));
        }
        if before.trim().is_empty()
            && ["<", ">", "低于", "不低于", "超过", "不超过", "满", "未满"].iter().any(|w| joins(w))
        {
            return Some((None, "a comparison begins with what is compared, on the same line".to_owned()));
        }
        if first == '"' || first == '“' {
            return Some((
                None,
                "a text is followed by a colon when it is a condition's label: `\"label\": condition`".to_owned(),
            ));
        }
        let _ = self;
        None
    }
}

/// The half-width form of a sign that was typed at full width, where the language takes only the half-width one.
fn half_width(c: char) -> Option<char> {
    let code = u32::from(c);
    if (0xFF01..=0xFF5E).contains(&code) && !"：，；（）".contains(c) {
        return char::from_u32(code - 0xFEE0);
    }
    None
}

/// How much of the line to underline: one word, number or sign.
fn word_width(line: &str) -> usize {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    match line.chars().next() {
        None => 0,
        Some(first) if word(first) => line.find(|c: char| !word(c)).unwrap_or(line.len()),
        Some(first) => first.len_utf8(),
    }
}

fn subject(rule: Rule) -> (Code, &'static str) {
    match rule {
        Rule::a_field => (code::FIELD, "this fact"),
        Rule::a_clause => (code::CLAUSE, "this clause"),
        Rule::a_condition => (code::CONDITION, "this condition"),
        Rule::a_row => (code::ROW, "this row"),
        Rule::a_fact => (code::FACT, "this line of the scenario"),
        _ => (code::DECLARATION, "this declaration"),
    }
}

/// What would have been taken, in at most four phrases.
fn phrases(rules: &[Rule]) -> String {
    let mut phrases: Vec<&str> = Vec::new();
    for rule in rules {
        let phrase = match rule {
            Rule::record
            | Rule::enumeration
            | Rule::define
            | Rule::parameter
            | Rule::always
            | Rule::policy
            | Rule::k_record
            | Rule::k_enum
            | Rule::k_define
            | Rule::k_parameter
            | Rule::k_always
            | Rule::k_policy
            | Rule::k_phrases
            | Rule::phrases => "a declaration such as `policy` or `define`",
            Rule::comparison
            | Rule::le
            | Rule::ge
            | Rule::lt
            | Rule::gt
            | Rule::k_is
            | Rule::k_is_not
            | Rule::k_within
            | Rule::k_not_within
            | Rule::k_includes
            | Rule::k_not_includes
            | Rule::status
            | Rule::k_receives
            | Rule::k_not_receiving
            | Rule::k_recognised
            | Rule::k_not_recognised => "a comparison",
            Rule::k_and | Rule::k_or | Rule::k_unless | Rule::and_more | Rule::or_more => "`and`, `or` or `unless`",
            Rule::sum_op
            | Rule::product_op
            | Rule::modifier
            | Rule::k_at_most
            | Rule::k_at_least
            | Rule::k_round
            | Rule::k_round_up
            | Rule::k_round_down
            | Rule::k_as => "an operator",
            Rule::text => "a text in quotes",
            Rule::unit | Rule::unit_name | Rule::per => "a unit",
            Rule::r#type | Rule::k_yes_no | Rule::k_date | Rule::k_list_of | Rule::k_set_of | Rule::list_type => {
                "a type"
            }
            Rule::date => "a date",
            Rule::code => "the code of a warning, such as `W203`",
            Rule::rows | Rule::conditions | Rule::facts | Rule::fields | Rule::values | Rule::body => {
                "a block in `{ }`"
            }
            Rule::attribute
            | Rule::attribute_word
            | Rule::eligible
            | Rule::benefit
            | Rule::scenario
            | Rule::k_eligible_when
            | Rule::k_benefit
            | Rule::k_scenario => "a clause such as `eligible when` or `benefit`",
            Rule::k_otherwise | Rule::key => "the case a row is for",
            Rule::name
            | Rule::path
            | Rule::primary
            | Rule::literal
            | Rule::amount
            | Rule::term
            | Rule::expr
            | Rule::chain
            | Rule::sum
            | Rule::product
            | Rule::operands
            | Rule::number
            | Rule::quantity
            | Rule::choice
            | Rule::k_not
            | Rule::fact_value
            | Rule::fact_path
            | Rule::pair
            | Rule::group => "a name or a value",
            _ => continue,
        };
        if !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    // A value opens so many ways that the rest is noise beside it.
    if let Some(value) = phrases.iter().position(|p| *p == "a name or a value") {
        phrases.swap(0, value);
        phrases.truncate(3);
    }
    phrases.truncate(4);
    match phrases.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((only, _)) => (*only).to_owned(),
        None => "the end of the line".to_owned(),
    }
}

/// A piece of text as a message shows it: control characters by their pictures.
fn visible(text: &str) -> String {
    let picture = |c: char| match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or(c),
        0x7F => '\u{2421}',
        _ => c,
    };
    text.chars().map(picture).collect()
}
