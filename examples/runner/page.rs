//! `match --format html`: one page that needs nothing else. It prints on A4, fits a phone, follows light and dark, and holds
//! no script: what unfolds is the browser's own. Everything from profiles and policies is escaped by the template.

use entitle::advise::prose as advice;
use entitle::ids::PolicyId;
use entitle::schema::Class;
use entitle::value::{Date, Label, Language, Unit};
use entitle::verdict::Verdict;
use entitle::why::{Explanation, prose};
use entitle::wire::json::report::Group;
use entitle::{Engine, Matches};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// How many of the undetermined and ineligible policies are spelled out; the rest are named.
const NEAREST: usize = 15;
/// How far the calendar looks.
const YEARS: i64 = 2;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--line:#d9dee5;--paper:#fff;--ground:#f4f6f8;--good:#12693b;--open:#8a5a00;--no:#8b2b2b}
@media(prefers-color-scheme:dark){:root{--ink:#e7ebf0;--soft:#a5b0bd;--line:#39424e;--paper:#1b2129;--ground:#12161c;--good:#6fce9a;--open:#e5b567;--no:#ef9a9a}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}
main{max-width:52rem;margin:0 auto;padding:1.25rem}h1{font-size:1.5rem;margin:.5rem 0 0}h2{font-size:1.15rem;margin:2rem 0 .6rem}
.soft{color:var(--soft)}.note{border-left:4px solid var(--open);padding:.5rem .8rem;background:var(--paper);margin:1rem 0}
.sum{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0;padding:0;list-style:none}.sum li{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .9rem}
.sum b{font-size:1.3rem;display:block}
details,.card{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.6rem .9rem}
summary{cursor:pointer;display:flex;flex-wrap:wrap;gap:.1rem .75rem;padding:.15rem 0;justify-content:space-between;align-items:baseline}summary .amount{font-weight:600;white-space:nowrap;color:var(--good)}
summary::marker{content:''}summary .name::before{content:'▸ ';color:var(--soft)}details[open] summary .name::before{content:'▾ '}
ul{margin:.5rem 0;padding-left:1.2rem}li{margin:.15rem 0;overflow-wrap:anywhere}.ok::marker{content:'✓  ';color:var(--good)}.bad::marker{content:'✗  ';color:var(--no)}.ask::marker{content:'？ ';color:var(--open)}
h3{font-size:.95rem;color:var(--soft);margin:1.1rem 0 .3rem}td.day{white-space:nowrap;font-variant-numeric:tabular-nums}summary:focus-visible{outline:2px solid var(--good);outline-offset:.35rem;border-radius:.2rem}
table{border-collapse:collapse;width:100%;background:var(--paper)}td,th{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
.cat{color:var(--soft);font-size:.85rem}ol.steps{padding-left:1.4rem;margin:.2rem 0}ol.steps ul{list-style:none;padding:0;margin:0}a{color:inherit}
@media(max-width:34rem){tr{display:block;border-bottom:1px solid var(--line);padding:.4rem 0}td{display:block;border:0;padding:.05rem .5rem}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--ground:#fff;--good:#12693b;--open:#8a5a00;--no:#8b2b2b}body{font-size:10.5pt}h2,h3{break-after:avoid}tr{break-inside:avoid}main{max-width:none;padding:0}details,.card{break-inside:avoid}details>*{display:block}details::details-content{content-visibility:visible;display:block}@page{size:A4;margin:16mm}}
";

/// The page.
pub(crate) fn page(engine: &Engine, matches: &Matches<'_>, language: Language) -> String {
    Page { engine, matches, language }.whole().into_string()
}

struct Page<'a> {
    engine: &'a Engine,
    matches: &'a Matches<'a>,
    language: Language,
}

impl Page<'_> {
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.language == Language::Zh { zh } else { en }
    }

    fn title(&self, id: PolicyId) -> String {
        advice::title(self.engine.model(), id, self.language)
    }

    fn results(&self) -> Vec<(PolicyId, Group, Explanation)> {
        let explanations = self.matches.explanations().into_iter();
        explanations
            .map(|(id, explanation)| (id, Group::of(&explanation, self.matches.received(id)), explanation))
            .collect()
    }

    fn whole(&self) -> Markup {
        let rules = self.matches.rules();
        let results = self.results();
        let of = |group: Group| results.iter().filter(move |(_, g, _)| *g == group);
        let count = |group: Group| of(group).count();
        let mut open: Vec<_> = of(Group::Undetermined).collect();
        open.sort_by_key(|(id, _, e)| (e.parameters.len(), e.missing.len(), *id));
        html! {
            (DOCTYPE)
            html lang=(self.pick("zh-CN", "en")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.pick("政策匹配结果", "Which assistance applies")) }
                    style { (PreEscaped(STYLE)) }
                }
                body { main {
                    h1 { (self.pick("政策匹配结果", "Which assistance applies")) }
                    p.soft { (self.pick("政策日期", "Rules as of")) " " (rules.as_of()) " · " (self.pick("政策集", "policy set")) " " (rules.fingerprint().get(..12).unwrap_or("")) }
                    p.note { (prose::caveat(self.language)) }
                    ul.sum {
                        li { b { (count(Group::Eligible)) } (self.pick("符合条件", "eligible")) }
                        li { b { (count(Group::AlreadyReceived)) } (self.pick("已在享受", "received already")) }
                        li { b { (count(Group::SubjectToAssessment)) } (self.pick("待工作人员认定", "awaiting an assessment")) }
                        li { b { (count(Group::Undetermined)) } (self.pick("待补充信息", "waiting for facts")) }
                        li { b { (count(Group::Ineligible)) } (self.pick("不符合", "not eligible")) }
                    }
                    (self.plan())
                    @for group in [Group::Eligible, Group::SubjectToAssessment, Group::AlreadyReceived] {
                        @if count(group) > 0 {
                            h2 { (self.heading(group)) }
                            @for (category, cards) in self.by_category(of(group)) {
                                h3 { (category) }
                                @for (id, explanation) in cards { (self.card(id, explanation, group == Group::Eligible)) }
                            }
                        }
                    }
                    @if !open.is_empty() {
                        h2 { (self.heading(Group::Undetermined)) }
                        @for (id, _, explanation) in open.iter().take(NEAREST) { (self.card(*id, explanation, false)) }
                        (self.rest(&open.iter().skip(NEAREST).map(|(id, ..)| *id).collect::<Vec<_>>()))
                    }
                    (self.almost(&of(Group::Ineligible).map(|(id, ..)| *id).collect::<Vec<_>>()))
                    (self.calendar())
                } }
            }
        }
    }

    fn heading(&self, group: Group) -> &'static str {
        match group {
            Group::Eligible => self.pick("符合条件", "Eligible"),
            Group::SubjectToAssessment => self
                .pick("可核对的条件已符合，尚需工作人员认定", "Met as far as can be checked, subject to an assessment"),
            Group::Undetermined => self.pick("还缺信息，最接近的在前", "Waiting for facts, the nearest first"),
            Group::AlreadyReceived => self.pick("已在享受", "Received already"),
            Group::Ineligible => self.pick("不符合", "Not eligible"),
            Group::NotInForce => self.pick("当日未施行", "Not in force"),
        }
    }

    /// Results by category, in the order of its name's first policy.
    fn by_category<'r>(
        &self,
        results: impl Iterator<Item = &'r (PolicyId, Group, Explanation)>,
    ) -> Vec<(String, Vec<(PolicyId, &'r Explanation)>)> {
        let mut found: Vec<(String, Vec<(PolicyId, &'r Explanation)>)> = Vec::new();
        for (id, _, explanation) in results {
            let policy = self.engine.model().policies.get(id.index());
            let name = policy.and_then(|p| p.category.as_ref()).map(|c| c.get(self.language)).unwrap_or_default();
            match found.iter_mut().find(|(n, _)| *n == name) {
                Some((_, cards)) => cards.push((*id, explanation)),
                None => found.push((name, vec![(*id, explanation)])),
            }
        }
        found
    }

    fn card(&self, id: PolicyId, explanation: &Explanation, open: bool) -> Markup {
        let model = self.engine.model();
        let policy = model.policies.get(id.index());
        let amounts: Vec<String> = explanation
            .amounts
            .iter()
            .filter(|a| a.value.is_some() && explanation.verdict == Verdict::Eligible)
            .map(|a| prose::amount(a, model, id, self.language))
            .collect();
        let category = policy.and_then(|p| p.category.as_ref()).map(|c| c.get(self.language)).unwrap_or_default();
        let names = |labels: &[Label]| {
            labels.iter().map(|l| l.get(self.language)).collect::<Vec<_>>().join(self.pick("、", ", "))
        };
        html! {
            details open[open] {
                summary { span.name { (self.title(id)) " " span.cat { (category) } } span.amount { (amounts.join(self.pick("；", "; "))) } }
                ul {
                    @for (holds, sentence) in prose::reasons(&explanation.because, model, self.language) {
                        li class=(if holds == Some(false) { "bad" } else { "ok" }) { (sentence) }
                    }
                    @if explanation.verdict == Verdict::Undetermined {
                        @for fact in self.matches.missing(id) {
                            li.ask { (prose::missing(&fact.missing, model, self.matches.profile(), self.language))
                                @if fact.settles { span.cat { " · " (self.pick("这一项就能定", "can settle it alone")) } } }
                        }
                        @for range in self.matches.amount_ranges(id).iter().filter(|r| r.exact && r.least != r.most) {
                            li { (self.pick("金额在", "between ")) (prose::number(range.least, range.unit, self.language)) (self.pick("与", " and ")) (prose::number(range.most, range.unit, self.language)) (self.pick("之间", "")) }
                        }
                        @for parameter in &explanation.parameters {
                            li.ask { (model.parameters.get(parameter.index()).map(|p| p.name.get(self.language)).unwrap_or_default()) (self.pick("：当日没有公布的数值", ": no published value on that day")) }
                        }
                    }
                }
                @if let Some(policy) = policy {
                    @if !policy.apply_at.is_empty() { p.cat { (self.pick("受理：", "Apply at: ")) (names(&policy.apply_at)) } }
                    @if !policy.bring.is_empty() { p.cat { (self.pick("材料：", "Bring: ")) (names(&policy.bring)) } }
                    p.cat { (self.pick("依据：", "Source: ")) (policy.sources.iter().map(|s| s.get(self.language)).collect::<Vec<_>>().join(self.pick("；", "; "))) }
                }
            }
        }
    }

    fn plan(&self) -> Markup {
        let plan = self.matches.plan();
        let name = |l: &Label| l.get(self.language);
        html! {
            @if !plan.stages.is_empty() {
                h2 { (self.pick("先办什么、后办什么", "What to apply for, in order")) }
                div.card {
                    ol.steps {
                        @for stage in &plan.stages {
                            li { ul { @for step in &stage.apply {
                                li { (self.title(step.policy))
                                    @if let Some(amount) = step.monthly { " — " (prose::number(amount, Unit { month: -1, ..Unit::YUAN }, self.language)) }
                                    @if !step.opened_by.is_empty() {
                                        span.cat { " · " (self.pick("取得", "once granted: ")) (step.opened_by.iter().map(|p| self.title(*p)).collect::<Vec<_>>().join(self.pick("、", ", "))) (self.pick("之后", "")) }
                                    }
                                }
                            } } }
                        }
                    }
                    @for line in advice::beside(&plan, self.engine.model(), self.language) { p.cat { (line) } }
                    @if !plan.bring.is_empty() { p { b { (self.pick("一并带上：", "Bring for all of them: ")) } (plan.bring.iter().map(name).collect::<Vec<_>>().join(self.pick("、", ", "))) } }
                }
            }
        }
    }

    /// What fails by an action, a grant or time alone; circumstances are not spelled out here.
    fn almost(&self, ineligible: &[PolicyId]) -> Markup {
        let mut near = Vec::new();
        let mut rest = Vec::new();
        let all = self.engine.all_needs(self.matches, 3);
        for id in ineligible {
            let ways = all.iter().find(|n| n.policy == *id).map_or(&[][..], |n| n.ways.as_slice());
            let close = ways
                .iter()
                .filter(|w| w.changes.len() <= 1)
                .filter(|w| w.changes.iter().all(|c| c.class != Class::Circumstance));
            let close: Vec<_> = close.collect();
            if close.is_empty() || near.len() >= NEAREST { rest.push(*id) } else { near.push((*id, close)) }
        }
        html! {
            h2 { (self.pick("差一步的", "One step away")) }
            @for (id, ways) in &near {
                details {
                    summary { span.name { (self.title(*id)) } }
                    ul { @for way in ways { li { (advice::way(way, self.engine.model(), self.matches.profile(), self.language).join(self.pick("；", "; "))) } } }
                }
            }
            (self.rest(&rest))
        }
    }

    fn rest(&self, ids: &[PolicyId]) -> Markup {
        html! {
            @if !ids.is_empty() {
                details { summary { span.name { (self.pick("其余", "The others")) " (" (ids.len()) ")" } }
                    p { (ids.iter().map(|id| self.title(*id)).collect::<Vec<_>>().join(self.pick("、", ", "))) } }
            }
        }
    }

    fn calendar(&self) -> Markup {
        let rules = self.matches.rules();
        let until = rules.as_of().add_months(12 * YEARS).unwrap_or(Date::LAST);
        let turns = self.engine.calendar(rules, self.matches.profile(), until);
        html! {
            @if !turns.is_empty() {
                h2 { (self.pick("情况不变时，结论何时变化", "When results change if nothing else does")) }
                table { @for turn in &turns { tr {
                    td.day { (turn.on) } td { (self.title(turn.policy)) }
                    td { (advice::verdict(turn.from, self.language)) " → " (advice::verdict(turn.to, self.language)) }
                } } }
            }
        }
    }
}
