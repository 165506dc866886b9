//! One policy, one profile, one verdict, and the sentence that says why.

use entitle::wire::json::{UnknownFields, profile_from_json};
use entitle::{Engine, value::Language, why::prose};

const POLICY: &str = r#"
enum category "类别" { welfare "福利" }
record person "人员" { birth_date "出生日期": date }
policy elder_allowance "老年津贴" for person {
    category: welfare
    in force: from 2016-05-01 until further notice
    source: "an example"
    status: illustrative
    eligible when { today - birth_date >= 65 years old }
}
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::from_texts([("hello.policy".to_owned(), POLICY.to_owned())])?;
    let (profile, _) =
        profile_from_json(engine.schema(), br#"{"person": {"birth_date": "1961-07-02"}}"#, UnknownFields::Reject)?;
    let rules = engine.at("2026-07-01".parse()?)?;
    let matches = rules.match_profile(&profile)?;
    let policy = engine.policy("elder_allowance").ok_or("no such policy")?;
    println!("{:?}", matches.verdict(policy));
    for reason in matches.explain(policy).because {
        println!("{}", prose::reason(&reason, engine.model(), Language::En));
    }
    Ok(())
}
