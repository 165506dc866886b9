//! `match`: one household against every policy.

use crate::{Common, Format, Household, colour, say};
use clap::Args;
use entitle::ids::{EntityId, PolicyId};
use entitle::profile::Profile;
use entitle::value::Language;
use entitle::why::{Explanation, prose};
use entitle::wire::json::report::{Group, report, result};
use entitle::{Engine, Matches, Rules};
use std::collections::BTreeSet;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    household: Household,
    /// One policy in full
    #[arg(long)]
    policy: Option<String>,
    /// Match every member of the household in turn, not only the applicant
    #[arg(long)]
    every_member: bool,
    /// List every policy with its reasons; without it, what is far from settled and what does not apply is only counted
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let engine = options.common.open()?;
    let fail = |message: &str| {
        eprintln!("error: {message}");
        ExitCode::from(1)
    };
    let profile = options.household.read(&engine)?;
    let rules = options.household.rules(&engine)?;
    let matches = Household::matches(&rules, &profile)?;
    if options.every_member {
        return members(options, &engine, &rules, &profile);
    }
    let policy = match &options.policy {
        None => None,
        Some(id) => Some(engine.policy(id).ok_or_else(|| {
            let names = engine.model().policies.iter().map(|p| p.name.id.as_str());
            let near = entitle::near::nearest(id, names).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            fail(&format!("there is no policy `{id}`{near}"))
        })?),
    };
    match (options.common.format, policy) {
        (Format::Json, None) => say(&serde_json::to_string_pretty(&report(&matches)).unwrap_or_default()),
        (Format::Json, Some(id)) => say(&serde_json::to_string_pretty(&result(&matches, id)).unwrap_or_default()),
        (Format::Arrow, _) => {
            return Err(fail("`--format arrow` is for `schema`; a match is written as text, json or html"));
        }
        (Format::Html, _) => say(&crate::page::page(&engine, &matches, options.common.language())),
        (Format::Text, None) => Page::new(&matches, &options.common).print(options.all),
        (Format::Text, Some(id)) => Page::new(&matches, &options.common).one(id),
    }
    Ok(ExitCode::SUCCESS)
}

/// Every record of a kind that policies are for, in its seat: what it can get, and how much stays open.
fn members(options: &Options, engine: &Engine, rules: &Rules, profile: &Profile) -> Result<ExitCode, ExitCode> {
    let schema = engine.schema();
    let mut reports = Vec::new();
    for (i, entity) in schema.entities.iter().enumerate().filter(|(_, e)| e.is_unit) {
        let unit = EntityId::of(i);
        for (place, record) in profile.seats(unit).into_iter().enumerate() {
            let seated = profile.seated(record);
            let matches = Household::matches(rules, &seated)?;
            if options.common.format == Format::Json {
                reports.push(
                    serde_json::json!({ "unit": entity.name.id, "record": record.0, "report": report(&matches) }),
                );
            } else {
                Page::new(&matches, &options.common).seat(unit, place);
            }
        }
    }
    if options.common.format == Format::Json {
        let whole = serde_json::json!({ "format": "entitle.match.members/1", "members": reports });
        say(&serde_json::to_string_pretty(&whole).unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints all results as text.
pub(crate) fn print(matches: &Matches<'_>, common: &Common, all: bool) {
    Page::new(matches, common).print(all);
}

/// How many of the undetermined policies are shown: those with the fewest facts missing.
const NEAREST: usize = 12;

struct Page<'a> {
    matches: &'a Matches<'a>,
    language: Language,
    colour: bool,
}

impl<'a> Page<'a> {
    fn new(matches: &'a Matches<'a>, common: &Common) -> Self {
        Self { matches, language: common.language(), colour: colour() }
    }

    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    fn heading(&self, text: &str) {
        let (on, off) = if self.colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        say(&format!("\n{on}{text}{off}"));
    }

    fn print(&self, all: bool) {
        let rules = self.matches.rules();
        let fingerprint = rules.fingerprint().get(..12).unwrap_or("");
        say(&format!(
            "{} {}  ·  {} {fingerprint}",
            self.pick("政策日期", "as of"),
            rules.as_of(),
            self.pick("政策集", "policy set")
        ));
        say(prose::caveat(self.language));
        let mut groups: Vec<(Group, Vec<(PolicyId, Explanation)>)> = Vec::new();
        for (id, explanation) in self.matches.explanations() {
            let group = Group::of(&explanation, self.matches.received(id));
            match groups.iter_mut().find(|(g, _)| *g == group) {
                Some((_, list)) => list.push((id, explanation)),
                None => groups.push((group, vec![(id, explanation)])),
            }
        }
        groups.sort_by_key(|(group, _)| *group);
        for (group, list) in &mut groups {
            list.sort_by_key(|(id, explanation)| {
                // What is nearest to a verdict first; a figure that is missing is nothing the household can bring.
                let open = match group {
                    Group::Undetermined => (explanation.parameters.len(), explanation.missing.len()),
                    _ => (0, 0),
                };
                (open, self.category(*id))
            });
            let title = match group {
                Group::Eligible => self.pick("符合条件", "Eligible"),
                Group::SubjectToAssessment => self.pick(
                    "可核对的条件已符合，尚需工作人员认定",
                    "Met as far as can be checked, subject to a caseworker's assessment",
                ),
                Group::Undetermined => self.pick("待定：还缺以下信息", "Undetermined: these facts are missing"),
                Group::AlreadyReceived => self.pick("已在享受", "Already received"),
                Group::Ineligible => self.pick("不符合", "Ineligible"),
                Group::NotInForce => self.pick("当日未施行", "Not in force on that day"),
            };
            self.heading(&format!("{title} ({})", list.len()));
            if *group == Group::NotInForce {
                let names: Vec<String> = list.iter().map(|(id, _)| self.title(*id)).collect();
                say(&format!("  {}", names.join(self.pick("、", ", "))));
                continue;
            }
            let shown = match group {
                Group::Undetermined if !all => NEAREST,
                Group::Ineligible if !all => 0,
                _ => usize::MAX,
            };
            for (id, explanation) in list.iter().take(shown) {
                self.entry(*group, *id, explanation);
            }
            let rest = list.len().saturating_sub(shown);
            if rest > 0 {
                say(&match self.language {
                    Language::Zh => format!("  另有{rest}项，加 --all 逐项列出"),
                    Language::En => format!("  {rest} more; --all lists each with its reasons"),
                });
            }
        }
        say("");
    }

    /// What the record in a seat can get, of the policies for its kind.
    fn seat(&self, unit: EntityId, place: usize) {
        let model = self.matches.rules().model();
        let kind = model.schema.entity(unit).map(|e| e.name.get(self.language)).unwrap_or_default();
        let whose = match self.language {
            Language::Zh => format!("{kind}（第{}位）", place + 1),
            Language::En => format!("{kind} {}", place + 1),
        };
        let policies = model.policies.iter().enumerate().filter(|(_, p)| p.written && p.unit == unit);
        let of_unit: Vec<PolicyId> = policies.map(|(at, _)| PolicyId::of(at)).collect();
        let explanations = self.matches.explain_all(&of_unit, &mut self.matches.rules().scratch());
        let results: Vec<(PolicyId, Group, Explanation)> = of_unit
            .into_iter()
            .zip(explanations)
            .map(|(id, explanation)| (id, Group::of(&explanation, self.matches.received(id)), explanation))
            .collect();
        let count = |group: Group| results.iter().filter(|(_, g, _)| *g == group).count();
        self.heading(&format!(
            "{} · {} {}, {} {}",
            whose,
            count(Group::Eligible),
            self.pick("项符合", "eligible"),
            count(Group::Undetermined),
            self.pick("项待定", "undetermined")
        ));
        for (id, group, explanation) in &results {
            if matches!(group, Group::Eligible | Group::AlreadyReceived | Group::SubjectToAssessment) {
                self.entry(*group, *id, explanation);
            }
        }
    }

    fn category(&self, id: PolicyId) -> (usize, u32) {
        let model = self.matches.rules().model();
        let category = model.policies.get(id.index()).and_then(|p| p.category.as_ref());
        let order = model.schema.enums.iter().find(|e| e.name.id == "category");
        let at = order.and_then(|e| e.values.iter().position(|v| Some(&v.name) == category));
        (at.unwrap_or(usize::MAX), id.0)
    }

    fn title(&self, id: PolicyId) -> String {
        let policy = self.matches.rules().model().policies.get(id.index());
        policy.map(|p| p.title.get(self.language).to_owned()).unwrap_or_default()
    }

    fn entry(&self, group: Group, id: PolicyId, explanation: &Explanation) {
        let model = self.matches.rules().model();
        let policy = model.policies.get(id.index());
        let category = policy.and_then(|p| p.category.as_ref()).map(|c| c.get(self.language)).unwrap_or_default();
        let name = policy.map_or("", |p| p.name.id.as_str());
        let amounts: Vec<String> = match group {
            Group::Eligible | Group::SubjectToAssessment | Group::AlreadyReceived => explanation
                .amounts
                .iter()
                .filter(|a| a.value.is_some() || group == Group::Eligible)
                .map(|a| prose::amount(a, model, id, self.language))
                .collect(),
            _ => Vec::new(),
        };
        let mut line = format!("  {} [{category}] {name}", self.title(id));
        if !amounts.is_empty() {
            line += &format!("  →  {}", amounts.join(self.pick("；", "; ")));
        }
        say(&line);
        match group {
            Group::Eligible | Group::AlreadyReceived => self.reasons(explanation, group == Group::Eligible),
            Group::Ineligible => self.reasons(explanation, true),
            _ => self.open(explanation),
        }
    }

    fn reasons(&self, explanation: &Explanation, all: bool) {
        let model = self.matches.rules().model();
        let shown = if all { explanation.because.as_slice() } else { &[] };
        for (holds, sentence) in prose::reasons(shown, model, self.language) {
            let mark = match holds {
                Some(true) => "✓",
                Some(false) => "✗",
                None => "·",
            };
            say(&format!("      {mark} {sentence}"));
        }
    }

    fn open(&self, explanation: &Explanation) {
        let model = self.matches.rules().model();
        let profile = self.matches.profile();
        let facts: Vec<String> =
            explanation.missing.iter().map(|m| prose::missing(m, model, profile, self.language)).collect();
        for fact in facts {
            say(&format!("      ? {fact}"));
        }
        for parameter in &explanation.parameters {
            let name = model.parameters.get(parameter.index()).map(|p| p.name.get(self.language)).unwrap_or_default();
            say(&format!(
                "      ! {name}{}",
                self.pick("：该标准当日没有数值", ": this figure has no value on that day")
            ));
        }
        if explanation.not_proved {
            say(&format!("      ! {}", self.pick("在计算限度内未能证明", "not proved within the limit of the search")));
        }
    }

    fn one(&self, id: PolicyId) {
        let model = self.matches.rules().model();
        let Some(policy) = model.policies.get(id.index()) else { return };
        let explanation = self.matches.explain(id);
        let received = self.matches.received(id);
        self.print_head(id);
        self.entry(Group::of(&explanation, received), id, &explanation);
        if received {
            self.reasons(&explanation, true);
        }
        if !explanation.open.is_empty() {
            self.heading(self.pick("尚未确定的条件", "Conditions still open"));
            // Under the author's label where there is one; what stands in several alternatives once.
            let (mut label, mut told) = (None, BTreeSet::new());
            for reason in &explanation.open {
                let outer = reason.wording.within.first();
                if outer != label {
                    told.clear();
                    outer.into_iter().for_each(|outer| say(&format!("  · {}", outer.get(self.language))));
                }
                label = outer;
                let sentence = prose::reason(reason, model, self.language);
                let mark = if outer.is_some() { "    –" } else { "  ·" };
                if told.insert(sentence.clone()) {
                    say(&format!("{mark} {sentence}"));
                }
            }
        }
        for amount in &explanation.amounts {
            self.heading(self.pick("计算", "Arithmetic"));
            for step in &amount.steps {
                say(&format!(
                    "  {} = {}",
                    step.words.get(self.language),
                    prose::shown(&step.value, model, self.language)
                ));
            }
        }
        self.heading(self.pick("依据", "Source"));
        for source in &policy.sources {
            say(&format!("  {}", source.get(self.language)));
        }
        let status = match policy.status {
            entitle::checked::Status::Verified => self.pick("已在官方页面核对", "read at an official address"),
            entitle::checked::Status::Secondary => self.pick("据间接来源", "from a secondary page"),
            entitle::checked::Status::Illustrative => {
                self.pick("示意，未核对原文", "illustrative, not checked against the text in force")
            }
        };
        say(&format!("  {}: {status}", self.pick("可信程度", "how far to trust it")));
        let list = |labels: &[entitle::value::Label]| {
            labels.iter().map(|l| l.get(self.language)).collect::<Vec<_>>().join(self.pick("、", ", "))
        };
        if !policy.apply_at.is_empty() {
            say(&format!("  {}: {}", self.pick("受理", "apply at"), list(&policy.apply_at)));
        }
        if !policy.bring.is_empty() {
            say(&format!("  {}: {}", self.pick("材料", "bring"), list(&policy.bring)));
        }
    }

    fn print_head(&self, id: PolicyId) {
        let rules = self.matches.rules();
        say(&format!("{}  ·  {} {}", self.title(id), self.pick("政策日期", "as of"), rules.as_of()));
        say(prose::caveat(self.language));
        say("");
    }
}
