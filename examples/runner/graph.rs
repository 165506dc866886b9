//! `graph`: the conditions of a policy as a picture, or how policies depend on one another.

use crate::household::Household;
use crate::{Common, Lang, depends, picture, say, svg};
use clap::{Args, ValueEnum};
use entitle::Engine;
use entitle::ids::PolicyId;
use entitle::value::{Date, Language};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The policy that is drawn; with `--depends`, only what it is connected with
    #[arg(long, required_unless_present = "depends")]
    policy: Option<String>,
    /// Draw how policies depend on one another
    #[arg(long)]
    depends: bool,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t = Drawn::Svg)]
    format: Drawn,
    /// Colour it by the facts of this household, a JSON file; `-` reads standard input
    #[arg(long)]
    profile: Option<PathBuf>,
    /// The day the rules are taken as of, YYYY-MM-DD; today where not given
    #[arg(long)]
    as_of: Option<Date>,
    /// The language of labels
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Drawn {
    Dot,
    Mermaid,
    Svg,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let common =
        Common { paths: options.paths.clone(), key: Vec::new(), lang: options.lang, format: crate::Format::Text };
    let engine = common.open()?;
    let language = common.language();
    let policy = options.policy.as_ref().map(|id| named(&engine, id)).transpose()?;
    let household = options.profile.as_ref().map(|profile| Household {
        profile: profile.clone(),
        as_of: options.as_of,
        allow_unknown_fields: false,
    });
    let profile = household.as_ref().map(|h| h.read(&engine)).transpose()?;
    let rules = engine.at(options.as_of.unwrap_or_else(crate::today)).map_err(|error| {
        eprintln!("error: {error}");
        ExitCode::from(1)
    })?;
    let matches = profile.as_ref().map(|p| Household::matches(&rules, p)).transpose()?;
    let text = match policy {
        _ if options.depends => {
            let graph = depends::Graph::of(&engine, policy, matches.as_ref(), language);
            match options.format {
                Drawn::Dot => graph.dot(),
                Drawn::Mermaid => graph.mermaid(),
                Drawn::Svg => graph.svg(language),
            }
        }
        None => return Err(ExitCode::from(2)),
        Some(policy) => {
            let Some(tree) = picture::Tree::of(&engine, &rules, policy, matches.as_ref(), language) else {
                eprintln!("error: the policy is not in force on {}; `--as-of` asks for another day", rules.as_of());
                return Err(ExitCode::from(1));
            };
            match options.format {
                Drawn::Dot => tree.dot(),
                Drawn::Mermaid => tree.mermaid(),
                Drawn::Svg => svg::tree(&tree, language),
            }
        }
    };
    say(text.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn named(engine: &Engine, id: &str) -> Result<PolicyId, ExitCode> {
    engine.policy(id).ok_or_else(|| {
        let names = engine.model().policies.iter().map(|p| p.name.id.as_str());
        let near = entitle::near::nearest(id, names).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        eprintln!("error: there is no policy `{id}`{near}");
        ExitCode::from(1)
    })
}

/// `zh` where the language is Chinese, else `en`.
pub(crate) fn pick<'a>(language: Language, en: &'a str, zh: &'a str) -> &'a str {
    if language == Language::Zh { zh } else { en }
}
