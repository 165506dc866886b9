//! `schema`: the JSON Schema of a profile.

use crate::{Common, Format, say};
use entitle::schema::{FieldType, Provenance};
use entitle::wire::json::schema::json_schema;
use std::process::ExitCode;

pub(crate) fn run(common: &Common) -> Result<ExitCode, ExitCode> {
    let engine = common.open()?;
    let schema = engine.schema();
    if common.format == Format::Json {
        let text = serde_json::to_string_pretty(&json_schema(schema)).unwrap_or_default();
        say(&text);
        return Ok(ExitCode::SUCCESS);
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
