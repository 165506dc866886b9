//! `advise`: what to apply for and in which order, what still matters, what would make the rest apply, and when verdicts
//! change by themselves.

use crate::{Common, Format, Household, say};
use clap::Args;
use entitle::advise::prose;
use entitle::ids::PolicyId;
use entitle::value::{Date, Language, Number, Unit};
use entitle::verdict::Verdict;
use entitle::why::prose as why;
use entitle::wire::json::advice::advice;
use entitle::{Engine, Matches};
use std::process::ExitCode;

/// How far the calendar looks ahead where no date is given.
const YEARS_AHEAD: i64 = 5;
/// How many undetermined and ineligible policies are listed without `--all`.
const NEAREST: usize = 10;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    household: Household,
    /// Only this policy
    #[arg(long)]
    policy: Option<String>,
    /// How many ways to make a policy apply
    #[arg(long, default_value_t = 5)]
    ways: usize,
    /// The last day of the calendar; five years ahead where not given
    #[arg(long)]
    until: Option<Date>,
    /// List everything
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let engine = options.common.open()?;
    let profile = options.household.read(&engine)?;
    let rules = options.household.rules(&engine)?;
    let matches = Household::matches(&rules, &profile)?;
    let until = options.until.or_else(|| rules.as_of().add_months(12 * YEARS_AHEAD)).unwrap_or(Date::LAST);
    if options.common.format == Format::Json {
        say(&serde_json::to_string_pretty(&advice(&engine, &matches, options.ways, until)).unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    }
    let page = Page { engine: &engine, matches: &matches, language: options.common.language(), options };
    if let Some(name) = &options.policy {
        let Some(id) = engine.policy(name) else {
            eprintln!("error: there is no policy `{name}`");
            return Err(ExitCode::from(1));
        };
        page.one(id);
        return Ok(ExitCode::SUCCESS);
    }
    page.plan();
    page.missing();
    page.needs();
    page.calendar(until);
    Ok(ExitCode::SUCCESS)
}

struct Page<'a> {
    engine: &'a Engine,
    matches: &'a Matches<'a>,
    language: Language,
    options: &'a Options,
}

impl Page<'_> {
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.language == Language::Zh { zh } else { en }
    }

    fn title(&self, policy: PolicyId) -> String {
        prose::title(self.engine.model(), policy, self.language)
    }

    fn of(&self, verdict: Verdict) -> Vec<PolicyId> {
        let model = self.engine.model();
        let written = (0..model.policies.len()).map(PolicyId::of);
        written
            .filter(|p| model.policies.get(p.index()).is_some_and(|p| p.written) && self.matches.verdict(*p) == verdict)
            .collect()
    }

    fn rest(&self, rest: usize) {
        if rest > 0 {
            say(&match self.language {
                Language::Zh => format!("  另有{rest}项，加 --all 逐项列出"),
                Language::En => format!("  {rest} more; --all lists them"),
            });
        }
    }

    fn plan(&self) {
        let plan = self.matches.plan();
        say(self.pick("申请顺序", "What to apply for, in order"));
        if plan.stages.is_empty() {
            say(self.pick("  目前没有可以直接申请的", "  nothing can be applied for yet"));
        }
        for (i, stage) in plan.stages.iter().enumerate() {
            say(&match self.language {
                Language::Zh => format!("  第{}步", i + 1),
                Language::En => format!("  step {}", i + 1),
            });
            for step in &stage.apply {
                let mut line = format!("    {}", self.title(step.policy));
                if let Some(amount) = step.monthly {
                    let unit = Unit { month: -1, ..Unit::YUAN };
                    line += &format!("  {}", why::number(amount, unit, self.language));
                }
                if !step.opened_by.is_empty() {
                    let names: Vec<String> = step.opened_by.iter().map(|p| self.title(*p)).collect();
                    line += &match self.language {
                        Language::Zh => format!("（取得{}之后）", names.join("、")),
                        Language::En => format!(" (once granted: {})", names.join(", ")),
                    };
                }
                say(&line);
            }
        }
        for line in prose::beside(&plan, self.engine.model(), self.language) {
            say(&format!("  {line}"));
        }
        if !plan.bring.is_empty() {
            let names: Vec<String> = plan.bring.iter().map(|l| l.get(self.language)).collect();
            say(&format!("  {}: {}", self.pick("需带材料", "bring"), names.join(self.pick("、", ", "))));
        }
    }

    fn missing(&self) {
        let mut open: Vec<_> =
            self.of(Verdict::Undetermined).into_iter().map(|p| (p, self.matches.missing(p))).collect();
        open.sort_by_key(|(p, facts)| (facts.is_empty(), facts.len(), *p));
        say(&format!(
            "\n{}",
            self.pick("还需要了解（“✓”：单凭这一项就能定）", "Still to find out (✓: this alone can settle it)")
        ));
        let shown = if self.options.all { usize::MAX } else { NEAREST };
        for (policy, facts) in open.iter().take(shown) {
            self.facts(*policy, facts);
        }
        self.rest(open.len().saturating_sub(shown));
    }

    fn facts(&self, policy: PolicyId, facts: &[entitle::advise::missing::Asked]) {
        say(&format!("  {}", self.title(policy)));
        for fact in facts {
            let mark = if fact.settles { "✓" } else { "?" };
            let text = why::missing(&fact.missing, self.engine.model(), self.matches.profile(), self.language);
            say(&format!("      {mark} {text}"));
        }
        for range in self.matches.amount_ranges(policy) {
            let show = |n| why::number(n, range.unit, self.language);
            // A bound that only repeats how large a fact may be says nothing.
            if range.most < Number::whole(1_000_000) && range.least != range.most {
                let word = if range.exact { "" } else { self.pick("（界限）", " (bounds)") };
                say(&format!(
                    "      = {}{word} {} – {}",
                    self.pick("金额", "amount"),
                    show(range.least),
                    show(range.most)
                ));
            }
        }
        if facts.is_empty() {
            say(&format!("      ! {}", self.pick("只缺公布的标准", "only a published figure is missing")));
        }
    }

    fn needs(&self) {
        let limit = self.options.ways;
        let mut all = self.engine.all_needs(self.matches, limit);
        all.sort_by_key(|n| (n.ways.first().map(|w| w.changes.len() + usize::from(w.wait_until.is_some())), n.policy));
        say(&format!("\n{}", self.pick("不符合的，差在哪里", "What does not apply, and what it would take")));
        let shown = if self.options.all { usize::MAX } else { NEAREST };
        for needs in all.iter().take(shown) {
            self.ways(needs);
        }
        self.rest(all.len().saturating_sub(shown));
    }

    fn ways(&self, needs: &entitle::advise::needs::Needs) {
        say(&format!("  {}", self.title(needs.policy)));
        for way in &needs.ways {
            let lines = prose::way(way, self.engine.model(), self.matches.profile(), self.language);
            say(&format!("      · {}", lines.join(self.pick("；", "; "))));
        }
        if needs.more {
            say(&format!("      {}", self.pick("还有其他可能", "there are further ways")));
        }
    }

    fn calendar(&self, until: Date) {
        say(&format!("\n{}", self.pick("情况不变时，结论何时变化", "When verdicts change if nothing else does")));
        let turns = self.engine.calendar(self.matches.rules(), self.matches.profile(), until);
        for turn in &turns {
            let (from, to) = (prose::verdict(turn.from, self.language), prose::verdict(turn.to, self.language));
            say(&format!("  {}  {}: {from} → {to}", turn.on, self.title(turn.policy)));
        }
        if turns.is_empty() {
            say(&format!("  {} {until}", self.pick("无变化，直至", "none until")));
        }
    }

    fn one(&self, id: PolicyId) {
        say(&format!("{}: {}", self.title(id), prose::verdict(self.matches.verdict(id), self.language)));
        match self.matches.verdict(id) {
            Verdict::Undetermined => self.facts(id, &self.matches.missing(id)),
            Verdict::Ineligible => self.ways(&self.engine.needs(self.matches, id, self.options.ways)),
            Verdict::Eligible | Verdict::NotInForce => {}
        }
    }
}
