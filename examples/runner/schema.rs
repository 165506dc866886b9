//! `schema`: the JSON Schema of a profile, or of one of the forms that come out.

use crate::{Common, Format, Lang, say};
use clap::{Args, ValueEnum};
use entitle::schema::{FieldType, Provenance};
use entitle::wire::json::schema::{Form, form_schema, json_schema};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// Policy files, or folders that are searched for `*.policy`; or one pack, whose name ends in `.pack`
    #[arg(required_unless_present = "of")]
    paths: Vec<PathBuf>,
    /// For a pack: demand a signature by this public key (PEM); may be given several times
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
    /// A form that does not depend on the policies
    #[arg(long, value_enum)]
    of: Option<Of>,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Of {
    Match,
    Advice,
    Record,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    if let Some(of) = options.of {
        let form = match of {
            Of::Match => Form::Match,
            Of::Advice => Form::Advice,
            Of::Record => Form::Record,
        };
        say(form_schema(form).trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let common =
        &Common { paths: options.paths.clone(), key: options.key.clone(), lang: options.lang, format: options.format };
    let engine = common.open()?;
    let schema = engine.schema();
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&json_schema(schema)).unwrap_or_default();
        say(&text);
        return Ok(ExitCode::SUCCESS);
    }
    if common.format == Format::Arrow {
        return arrow(schema);
    }
    let language = common.language();
    for entity in schema.entities.iter().filter(|e| e.named) {
        say(&format!("{} ({})", entity.name.zh, entity.name.id));
        for field in entity.fields.iter().filter_map(|f| schema.field(*f)) {
            let ty = match field.ty {
                FieldType::YesNo => "yes/no".to_owned(),
                FieldType::Date => "date".to_owned(),
                FieldType::Quantity(unit) => unit.words(language),
                FieldType::Symbol(e) | FieldType::Set(e) => {
                    let values = schema.enumeration(e).map_or(&[][..], |e| e.values.as_slice());
                    let shown: Vec<String> = values.iter().take(6).map(|v| v.name.get(language)).collect();
                    format!("{}{}", shown.join(" | "), if values.len() > 6 { " | …" } else { "" })
                }
                FieldType::Record(e) => schema.entity(e).map(|e| e.name.get(language)).unwrap_or_default(),
                FieldType::List(e) => {
                    let of = schema.entity(e).map(|e| e.name.get(language)).unwrap_or_default();
                    format!("[{of}] ≤ {}", field.up_to)
                }
            };
            let by = match &field.provenance {
                Provenance::Declared => String::new(),
                Provenance::Judged => " · judged".to_owned(),
                Provenance::Register(register) => format!(" · {}", register.get(language)),
            };
            say(&format!("    {} ({}): {ty}{by}", field.name.zh, field.name.id));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The Arrow schema of a population, a column a line, what is inside a column below it.
#[cfg(feature = "arrow")]
fn arrow(schema: &entitle::schema::Schema) -> Result<ExitCode, ExitCode> {
    use arrow_schema::{DataType, Field, Fields};
    use entitle::wire::arrow::layout;
    fn lines(fields: &Fields, depth: usize) {
        let indent = "    ".repeat(depth);
        for field in fields {
            let inner = |item: &Field| match item.data_type() {
                DataType::Struct(inner) => Some(inner.clone()),
                _ => None,
            };
            let null = if field.is_nullable() { "" } else { " not null" };
            match field.data_type() {
                DataType::Struct(fields) => {
                    say(&format!("{indent}{}: Struct{null}", field.name()));
                    lines(fields, depth + 1);
                }
                DataType::List(item) if inner(item).is_some() => {
                    say(&format!("{indent}{}: List of Struct{null}", field.name()));
                    inner(item).iter().for_each(|fields| lines(fields, depth + 1));
                }
                ty => say(&format!("{indent}{}: {ty}{null}", field.name())),
            }
        }
    }
    let Some(row) = layout::row_of(schema) else {
        eprintln!("error: the vocabulary has no record that policies are for");
        return Err(ExitCode::from(1));
    };
    lines(layout(schema, row).fields(), 0);
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "arrow"))]
fn arrow(_: &entitle::schema::Schema) -> Result<ExitCode, ExitCode> {
    eprintln!(
        "error: this needs the feature `arrow`: cargo run --release --features arrow --example runner -- schema …"
    );
    Err(ExitCode::from(2))
}
