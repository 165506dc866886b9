//! The page of a scan: one file that needs nothing else, prints on A4, fits a phone, and follows light and dark.

use super::charts::{Bar, bars, grouped};
use super::out::district;
use super::summary::{Line, Summary};
use entitle::Rules;
use entitle::value::Language;
use entitle::wire::population::lists::Lists;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--line:#d9dee5;--paper:#fff;--ground:#f4f6f8;--has:#8aa4c4;--miss:#c2571a;--open:#b59a4d}
@media(prefers-color-scheme:dark){:root{--ink:#e7ebf0;--soft:#a5b0bd;--line:#39424e;--paper:#1b2129;--ground:#12161c;--has:#6f8cb0;--miss:#e8894f;--open:#c9b26c}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,'Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.25rem}h1{font-size:1.5rem;margin:.5rem 0 0}h2{font-size:1.15rem;margin:2rem 0 .6rem}
.soft{color:var(--soft)}.note{border-left:4px solid var(--open);padding:.5rem .8rem;background:var(--paper);margin:1rem 0}
.sum{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0;padding:0;list-style:none}.sum li{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .9rem}.sum b{font-size:1.3rem;display:block}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:.8rem .9rem;overflow-x:auto}
svg{width:100%;min-width:36rem;height:auto;display:block}svg text{fill:var(--ink);font-size:13px}svg .count{fill:var(--soft)}svg .has{fill:var(--has)}svg .miss{fill:var(--miss)}svg .open{fill:var(--open)}
.key span{display:inline-block;width:.8em;height:.8em;margin:0 .35em 0 1em;border-radius:2px}.key .has{background:var(--has)}.key .miss{background:var(--miss)}
table{border-collapse:collapse;width:100%;background:var(--paper)}td,th{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
details{margin:.5rem 0}summary{cursor:pointer}
@media print{body{background:#fff;color:#000;font-size:10pt}main{max-width:none;padding:0}.card{break-inside:avoid}details>*{display:block}details::details-content{content-visibility:visible;display:block}@page{size:A4;margin:14mm}}
";

/// How many policies a chart shows, and how many people an excerpt.
const SHOWN: usize = 15;

pub(super) fn page(summary: &Summary, rules: &Rules, lists: &Lists, population: &str, language: Language) -> String {
    Page { summary, rules, lists, population, zh: language == Language::Zh, language }.whole().into_string()
}

struct Page<'a> {
    summary: &'a Summary,
    rules: &'a Rules,
    lists: &'a Lists,
    population: &'a str,
    zh: bool,
    language: Language,
}

impl Page<'_> {
    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.zh { zh } else { en }
    }

    fn whole(&self) -> Markup {
        let title = self.pick("政策找人：扫描结果", "Policies find people: the scan");
        let missed: u64 = self.summary.policies.iter().map(|l| l.tally.missed).sum();
        let near: u64 = self.summary.policies.iter().map(|l| l.tally.near).sum();
        html! {
            (DOCTYPE)
            html lang=(self.pick("zh-CN", "en")) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body { main {
                    h1 { (title) }
                    p.soft { (self.population) " · " (self.rules.as_of()) " · " (self.pick("政策指纹", "policies")) " " (self.rules.fingerprint().get(..12).unwrap_or_default()) }
                    p.note { (self.pick(
                        "这是初步匹配，不是决定：名单上的每一项都须由主管部门核实。",
                        "A preliminary match and no decision: everything on the lists is subject to the authority's review.",
                    )) }
                    ul.sum {
                        @for (name, count) in &self.summary.units {
                            li { b { (grouped(*count)) } (self.unit(name)) }
                        }
                        li { b { (grouped(missed)) } (self.pick("符合而未享受（人项、户项）", "eligible and not receiving (unit and policy)")) }
                        @if self.summary.looked.near {
                            li { b { (grouped(near)) } (self.pick("差一步", "near misses")) }
                        }
                    }
                    (self.charts())
                    (self.excerpt())
                    (self.table())
                } }
            }
        }
    }

    fn unit(&self, id: &str) -> String {
        let schema = &self.rules.model().schema;
        let entity = schema.entity_named(id).and_then(|e| schema.entity(e));
        entity.map_or_else(|| id.to_owned(), |e| e.name.get(self.language))
    }

    fn bar(&self, line: &Line) -> Bar {
        // Who receives it without being found eligible is not part of the bar.
        let has = line.tally.eligible.saturating_sub(line.tally.missed);
        Bar { name: line.name(self.language).to_owned(), parts: vec![("miss", line.tally.missed), ("has", has)] }
    }

    fn charts(&self) -> Markup {
        let chart = |title: &str, lines: Vec<&Line>| {
            let drawn: Vec<Bar> = lines.into_iter().map(|l| self.bar(l)).collect();
            html! {
                h2 { (title) }
                div.card {
                    (bars(title, &drawn))
                    p.soft.key { span.miss {} (self.pick("符合而未享受", "eligible, not receiving")) span.has {} (self.pick("符合，已享受或不知是否享受", "eligible; receiving, or not known to be")) }
                }
            }
        };
        let by_missed = self.summary.by_missed();
        let policies = by_missed.iter().copied().filter(|l| l.tally.eligible > 0).take(SHOWN).collect();
        let districts = self.summary.districts.iter().filter(|l| l.tally.eligible > 0).collect();
        let categories = self.summary.categories.iter().filter(|l| l.tally.eligible > 0).collect();
        html! {
            (chart(self.pick("未享受最多的政策", "Policies that most are missed by"), policies))
            (chart(self.pick("各区", "By district"), districts))
            (chart(self.pick("各类别", "By category"), categories))
        }
    }

    /// The beginning of the list of the policy that most are missed by.
    fn excerpt(&self) -> Markup {
        let model = self.rules.model();
        let first = self.lists.missed.iter().max_by_key(|(id, top)| (top.all, std::cmp::Reverse(id.0)));
        let Some((id, top)) = first else { return html! {} };
        let Some(policy) = model.policies.get(id.index()) else { return html! {} };
        html! {
            h2 { (self.pick("名单示例：", "The beginning of a list: ")) (policy.name.get(self.language)) }
            div.card { table {
                tr { th { (self.pick("编号", "id")) } th { (self.pick("家庭", "household")) } th { (self.pick("区", "district")) } th.n { (self.pick("困难程度", "need")) } }
                @for entry in top.iter().take(10) {
                    tr {
                        td { (entry.id) } td { (entry.household) }
                        td { (district(&model.schema, entry.district, self.language)) }
                        td.n { (entry.need().map_or_else(|| "—".to_owned(), |n| n.to_string())) }
                    }
                }
            } }
            p.soft { (self.pick("名单按政策文本中声明的困难程度（need）排序；没有声明的按人口文件的顺序。", "Lists are ordered by the derived fact `need` of the policy text; without one, as the population stands.")) }
        }
    }

    fn counts(&self, line: &Line) -> Vec<u64> {
        let t = line.tally;
        let near = self.summary.looked.near.then_some(t.near);
        let turns = [t.begins, t.stops].into_iter().filter(|_| self.summary.looked.turns);
        [t.eligible, t.receiving, t.missed].into_iter().chain(near).chain([t.undetermined]).chain(turns).collect()
    }

    fn table(&self) -> Markup {
        let shown: Vec<&Line> = self.summary.policies.iter().collect();
        html! {
            h2 { (self.pick("全部政策", "All policies")) }
            details open[shown.len() < 40] {
                summary { (shown.len()) (self.pick(" 项", " policies")) }
                div.card { table {
                    tr {
                        th { (self.pick("政策", "policy")) } th.n { (self.pick("符合", "eligible")) } th.n { (self.pick("在享", "receiving")) }
                        th.n { (self.pick("未享受", "missed")) } @if self.summary.looked.near { th.n { (self.pick("差一步", "near")) } } th.n { (self.pick("待定", "open")) }
                        @if self.summary.looked.turns { th.n { (self.pick("将符合", "begins")) } th.n { (self.pick("将停止", "stops")) } }
                    }
                    @for line in shown {
                        tr {
                            td { (line.name(self.language)) }
                            @for n in self.counts(line) { td.n { (grouped(n)) } }
                        }
                    }
                } }
            }
        }
    }
}
