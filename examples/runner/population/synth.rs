//! `synth`: a synthetic city. It is drawn from a seed and from round, illustrative shares; nobody in it is real.

use super::{broken, failed};
use crate::{Common, say, today};
use clap::Args;
use entitle::Error;
use entitle::columns::Columns;
use entitle::ids::EntityId;
use entitle::value::Date;
use entitle::wire::arrow::rows::{batch, given};
use entitle::wire::population::files::{Format, Kinds, ParquetSink, csv_rows, ndjson_lines};
use entitle::wire::population::synth::{Homes, Options as City, Synth};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
    /// How many people
    #[arg(long)]
    people: u64,
    /// The file: .parquet, .ndjson or .csv
    #[arg(short, long)]
    output: PathBuf,
    /// The same seed gives the same city
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The share of facts that are missing, in percent
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    missing: u8,
    /// The day on which ages are as drawn (default: today)
    #[arg(long)]
    as_of: Option<Date>,
}

enum Sink {
    Parquet(Option<ParquetSink>),
    Text(BufWriter<File>),
}

/// One batch, ready to be written.
enum Piece {
    Batch(arrow_array::RecordBatch),
    Text(String),
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    let format = Format::of(&options.output).map_err(|e| failed(&e))?;
    let engine = options.common.open()?;
    let rules = engine.at(options.as_of.unwrap_or_else(today)).map_err(|e| failed(&e))?;
    let city = City { seed: options.seed, people: options.people, missing: i64::from(options.missing) * 10 };
    let mut synth = Synth::new(&rules, city).map_err(|e| failed(&e))?;
    let kinds = Kinds::of(engine.schema()).ok_or(ExitCode::from(1))?;
    let bar = ProgressBar::new(options.people);
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len}  {per_sec}  {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut sink = match format {
        Format::Parquet => Sink::Parquet(None),
        Format::Ndjson | Format::Csv => {
            let file = File::create(&options.output).map_err(|e| broken(&options.output.display().to_string(), &e))?;
            Sink::Text(BufWriter::with_capacity(1 << 18, file))
        }
    };
    loop {
        let at_once = rayon::current_num_threads() * 2;
        let drawn: Vec<Homes> = std::iter::from_fn(|| synth.draw(4_096)).take(at_once).collect();
        if drawn.is_empty() {
            break;
        }
        let pieces: Vec<Result<Piece, Error>> = drawn
            .par_iter()
            .map(|homes| {
                let owned = synth.facts(homes)?;
                let columns = owned.columns(engine.schema()).map_err(Error::from)?;
                piece(&columns, kinds, format, homes)
            })
            .collect();
        for (piece, homes) in pieces.into_iter().zip(&drawn) {
            write(&mut sink, piece.map_err(|e| failed(&e))?, options)?;
            bar.inc(homes.homes.iter().map(|h| h.people.len() as u64).sum());
        }
    }
    bar.finish_and_clear();
    match sink {
        Sink::Parquet(Some(sink)) => {
            sink.close().map_err(|e| failed(&e))?;
        }
        Sink::Parquet(None) => {}
        Sink::Text(mut writer) => {
            writer.flush().map_err(|e| broken(&options.output.display().to_string(), &e))?;
        }
    }
    say(&format!("{} synthetic people, seed {}: {}", options.people, options.seed, options.output.display()));
    Ok(ExitCode::SUCCESS)
}

fn piece(columns: &Columns<'_>, kinds: Kinds, format: Format, homes: &Homes) -> Result<Piece, Error> {
    let name = |entity: EntityId, row: u32| {
        let number = u64::from(row) + if entity == kinds.household { homes.first } else { homes.first_person };
        (entity == kinds.household || entity == kinds.person)
            .then(|| format!("{}{:08}", if entity == kinds.household { "h" } else { "p" }, number + 1))
    };
    Ok(match format {
        Format::Parquet => Piece::Batch(batch(columns, kinds.household, &given(columns), &name)?),
        Format::Ndjson => Piece::Text(ndjson_lines(columns, kinds, &name)),
        Format::Csv => Piece::Text(csv_rows(columns, kinds, &name, homes.first == 0)),
    })
}

fn write(sink: &mut Sink, piece: Piece, options: &Options) -> Result<(), ExitCode> {
    match (sink, piece) {
        (Sink::Parquet(slot), Piece::Batch(batch)) => {
            if slot.is_none() {
                *slot = Some(ParquetSink::create(&options.output, &batch.schema()).map_err(|e| failed(&e))?);
            }
            slot.as_mut().map_or(Ok(()), |sink| sink.write(&batch)).map_err(|e| failed(&e))
        }
        (Sink::Text(writer), Piece::Text(text)) => {
            writer.write_all(text.as_bytes()).map_err(|e| broken(&options.output.display().to_string(), &e))
        }
        _ => Ok(()),
    }
}
