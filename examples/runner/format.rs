//! `fmt`: canonical layout, in place; or only says which files differ; or translates between the two languages.

use crate::{Lang, say};
use clap::Args;
use entitle::ast::print::{Glossary, Surface, print, surface_of};
use entitle::ast::{File, from_text};
use entitle::diagnostic::Level;
use entitle::limits::Limits;
use entitle::span::Sources;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// Policy files, or folders that are searched for `*.policy`; names in the other language are looked up in all of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Change nothing; say which files would change and end with status 1 if there are any
    #[arg(long)]
    check: bool,
    /// Print the files in this language instead of changing them
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    /// With `--lang`: change the files to that language instead of printing them
    #[arg(long, requires = "lang", conflicts_with = "check")]
    write: bool,
    /// Only this file; the others are read for their names
    #[arg(long)]
    file: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let mut names = Vec::new();
    for path in &options.paths {
        collect(path, &mut names).map_err(|e| fail(&format!("{}: {e}", path.display())))?;
    }
    names.sort();
    names.dedup();
    if let Some(file) = options.file.as_ref().filter(|f| !names.contains(f)) {
        return Err(fail(&format!("{} is not among the files of the paths given", file.display())));
    }
    let mut sources = Sources::default();
    let mut files: Vec<(PathBuf, String, File)> = Vec::new();
    let (mut texts, mut findings) = (Vec::new(), Vec::new());
    for name in names {
        let text = fs::read_to_string(&name).map_err(|e| fail(&format!("{}: {e}", name.display())))?;
        sources.add(name.display().to_string(), text.clone());
        texts.push((name, text));
    }
    for ((name, text), (file, found)) in texts.into_iter().zip(from_text::parse_all(&sources, &Limits::DEFAULT)) {
        findings.extend(found);
        files.push((name, text, file));
    }
    if findings.iter().any(|f| f.level == Level::Error) {
        eprint!("{}", crate::draw::findings(&findings, &sources, false));
        return Err(fail("a file that cannot be read is not laid out"));
    }
    let all: Vec<&File> = files.iter().map(|(_, _, f)| f).collect();
    let glossary = Glossary::collect(&all);
    let mut differs = 0;
    for (name, text, file) in &files {
        if options.file.as_ref().is_some_and(|f| f != name) {
            continue;
        }
        let surface = match options.lang {
            Some(Lang::Zh) => Surface::Chinese,
            Some(Lang::En) => Surface::English,
            None => surface_of(text),
        };
        let laid_out = print(file, surface, &glossary);
        if options.lang.is_some() && !options.check && !options.write {
            say(laid_out.trim_end());
            continue;
        }
        if laid_out == *text {
            continue;
        }
        differs += 1;
        say(&name.display().to_string());
        if !options.check {
            fs::write(name, laid_out).map_err(|e| fail(&format!("{}: {e}", name.display())))?;
        }
    }
    Ok(ExitCode::from(u8::from(options.check && differs > 0)))
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        into.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let inner = entry?.path();
        if inner.is_dir() || inner.extension().is_some_and(|e| e == "policy") {
            collect(&inner, into)?;
        }
    }
    Ok(())
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(1)
}
