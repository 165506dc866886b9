//! `scan`: every unit of a population against every policy.

use super::out::{self, Progress};
use super::{failed, report, summary};
use crate::{Common, say, today};
use clap::{Args, ValueEnum};
use entitle::value::{Date, Language};
use entitle::wire::arrow::dictionary;
use entitle::wire::population::files::{ParquetSink, Reject, Source};
use entitle::wire::population::lists::Lists;
use entitle::wire::population::scan::{Options as How, Scan};
use entitle::{Depth, Rules};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// The population: .parquet, .ndjson or .csv (UTF-8 or GB18030)
    #[arg(long)]
    population: PathBuf,
    /// The result, a Parquet file; lists, summary, rejects and report stand beside it under its name
    #[arg(short, long)]
    output: PathBuf,
    /// The day on which policies are asked (default: today)
    #[arg(long)]
    as_of: Option<Date>,
    /// The column that names households and people
    #[arg(long, default_value = "id")]
    id: String,
    /// Settle what is open by the exact search; slower
    #[arg(long)]
    exact: bool,
    /// Also list whose verdicts turn within so many days
    #[arg(long, value_name = "DAYS")]
    within: Option<u16>,
    /// What is written of each unit beside its verdicts; each takes more time than the ones before it
    #[arg(long, value_enum, default_value = "near")]
    details: Wanted,
    /// How far off a figure may be for a near miss, in percent of what is required
    #[arg(long, default_value_t = 10)]
    margin: u32,
    /// How many entries a list keeps of each policy
    #[arg(long, default_value_t = 1_000)]
    top: usize,
    /// Stop when more households than this had to be left out
    #[arg(long, default_value_t = 10_000)]
    max_rejects: u64,
    /// Go on where an earlier scan of the same population stopped
    #[arg(long)]
    resume: bool,
    /// How many threads (default: every core)
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// The amounts of what applies
    Amounts,
    /// Also the reasons why it applies
    Reasons,
    /// Also near misses: what would apply but for one condition
    Near,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    if let Some(threads) = options.threads {
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let engine = options.common.open()?;
    let as_of = options.as_of.unwrap_or_else(today);
    let rules = engine.at(as_of).map_err(|e| failed(&e))?;
    let later = match options.within {
        None => None,
        Some(days) => {
            let Some(day) = as_of.add_days(i64::from(days)) else {
                eprintln!("error: the calendar does not go that far");
                return Err(ExitCode::from(2));
            };
            Some(engine.at(day).map_err(|e| failed(&e))?)
        }
    };
    let depth = match options.details {
        Wanted::Amounts => Depth::Amounts,
        Wanted::Reasons => Depth::Reasons,
        Wanted::Near => Depth::Near { margin: options.margin },
    };
    let progress = Progress::of(about(options, &rules), &options.output);
    let mut lists = Lists::new(options.top);
    let resumed = if options.resume { progress.resume(&mut lists)? } else { 0 };
    let how = How {
        id: options.id.clone(),
        exact: options.exact,
        depth,
        top: options.top,
        most_rejects: options.max_rejects,
        skip: resumed,
    };
    let scan = Scan::new(&rules, how).map_err(|e| failed(&e))?;
    let scan = match &later {
        Some(later) => scan.until(later),
        None => scan,
    };
    let mut source = Source::open(&options.population, 4_096).map_err(|e| failed(&e))?;
    let mut sinks = open_sinks(options, &scan, &rules, resumed > 0)?;
    let mut rejects = Rejects::open(&out::beside(&options.output, "rejects.ndjson"), resumed > 0)?;

    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let _ = ctrlc::set_handler(move || asked.store(true, Ordering::SeqCst));
    let bar = ProgressBar::new(source.total());
    let template = "{wide_bar} {percent}%  {msg}  {elapsed} · {eta} left";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let started = std::time::Instant::now();
    let mut units = 0u64;
    let mut households = 0u64;
    let mut ignored = std::collections::BTreeSet::new();
    let run = scan.run(&mut source, &|| !stop.load(Ordering::SeqCst), &mut |found, source| {
        for (sink, batch) in sinks.iter_mut().zip(&found.batches) {
            sink.write(batch)?;
            units += batch.num_rows() as u64;
        }
        rejects.write(&found.rejects);
        households += found.households;
        ignored.extend(found.ignored);
        lists.merge(found.lists);
        bar.set_position(source.done());
        let rate = u128::from(units) * 1_000 / started.elapsed().as_millis().max(1);
        bar.set_message(format!("{units} units, {rate}/s"));
        Ok(())
    });
    bar.finish_and_clear();
    // Whatever ended it, what was found so far is whole.
    for sink in sinks {
        sink.close().map_err(|e| failed(&e))?;
    }
    rejects.close()?;
    let (done, complete) = match run {
        Ok(end) => end,
        Err(error) => {
            eprintln!("error: {error}");
            progress.write(resumed + households, false, &lists)?;
            return Err(ExitCode::from(1));
        }
    };
    if !ignored.is_empty() {
        let names: Vec<String> = ignored.into_iter().take(20).collect();
        eprintln!("note: nothing was read of columns that the vocabulary does not have: {}", names.join(", "));
    }
    progress.write(done, complete, &lists)?;
    let language = options.common.language();
    finish(options, &rules, &scan, &lists, language)?;
    let zh = language == Language::Zh;
    let seconds = started.elapsed().as_secs_f64();
    say(&if zh {
        format!("{households} 户，{units} 个对象，剔除 {} 户，{seconds:.1} 秒", rejects.count)
    } else {
        format!("{households} households, {units} units, {} households left out, {seconds:.1} s", rejects.count)
    });
    if !complete {
        say(&if zh {
            format!("已在第 {done} 户后停止；加 --resume 可继续")
        } else {
            format!("stopped after household {done}; --resume goes on from there")
        });
    }
    Ok(ExitCode::SUCCESS)
}

/// One result file for each kind of unit: the first under the name that was asked for.
fn open_sinks(options: &Options, scan: &Scan<'_>, rules: &Rules, again: bool) -> Result<Vec<ParquetSink>, ExitCode> {
    let mut sinks = Vec::new();
    for (at, unit) in scan.units().iter().enumerate() {
        let name = rules.model().schema.entity(*unit).map_or("", |e| e.name.id.as_str());
        let path =
            if at == 0 { options.output.clone() } else { out::beside(&options.output, &format!("{name}.parquet")) };
        let schema = scan.result_schema(*unit).map_err(|e| failed(&e))?;
        let mut sink = ParquetSink::create(&path, &schema).map_err(|e| failed(&e))?;
        if again {
            sink.copy(&path).map_err(|e| failed(&e))?;
        }
        sinks.push(sink);
    }
    Ok(sinks)
}

/// Lists, summary, dictionary and report.
/// All that decides the result: what an earlier scan must have in common with one that goes on with it.
fn about(options: &Options, rules: &Rules) -> Value {
    let details = match options.details {
        Wanted::Amounts => json!("amounts"),
        Wanted::Reasons => json!("reasons"),
        Wanted::Near => json!({ "near": options.margin }),
    };
    json!({
        "population": options.population.display().to_string(),
        "bytes": std::fs::metadata(&options.population).map_or(0, |m| m.len()),
        "policies": rules.fingerprint(), "as_of": rules.as_of().to_string(), "details": details,
        "exact": options.exact, "within": options.within, "id": options.id,
    })
}

fn finish(
    options: &Options,
    rules: &Rules,
    scan: &Scan<'_>,
    lists: &Lists,
    language: Language,
) -> Result<(), ExitCode> {
    let mut policies: Vec<_> = scan.units().iter().flat_map(|unit| rules.policies_for(*unit)).collect();
    policies.sort_unstable();
    let codes = dictionary(rules, &policies).map_err(|e| failed(&e.into()))?;
    let mut sink = ParquetSink::create(&out::beside(&options.output, "reasons.parquet"), &codes.schema())
        .map_err(|e| failed(&e))?;
    sink.write(&codes).and_then(|()| sink.close()).map_err(|e| failed(&e))?;
    let looked = summary::Looked { near: options.details == Wanted::Near, turns: options.within.is_some() };
    out::lists(&options.output, rules, (lists, looked))?;
    let summary = summary::Summary::of(rules, &policies, (lists, looked));
    out::text(&out::beside(&options.output, "summary.json"), &summary.json())?;
    let page = report::page(&summary, rules, lists, &source_name(&options.population), language);
    out::text(&out::beside(&options.output, "html"), &page)?;
    summary.print(language);
    Ok(())
}

fn source_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

/// The households that were left out, a line each.
struct Rejects {
    writer: BufWriter<std::fs::File>,
    path: PathBuf,
    count: u64,
}

impl Rejects {
    fn open(path: &Path, again: bool) -> Result<Self, ExitCode> {
        let mut how = OpenOptions::new();
        how.create(true).write(true).append(again).truncate(!again);
        let file = how.open(path).map_err(|e| super::broken(&path.display().to_string(), &e))?;
        Ok(Self { writer: BufWriter::new(file), path: path.to_owned(), count: 0 })
    }

    fn write(&mut self, rejects: &[Reject]) {
        for reject in rejects {
            let line = serde_json::json!({
                "household": reject.household, "line": reject.line, "reason": reject.reason
            });
            // A full disk shows when the file is closed.
            let _ = writeln!(self.writer, "{line}");
            self.count += 1;
        }
    }

    fn close(&mut self) -> Result<(), ExitCode> {
        self.writer.flush().map_err(|e| super::broken(&self.path.display().to_string(), &e))
    }
}
