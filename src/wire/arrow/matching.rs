//! Record batch -> verdicts on it, in one call.

use super::read::{Options, read};
use super::{ArrowError, verdicts, with_reasons};
use crate::columns::Columns;
use crate::engine::Rules;
use crate::ids::EntityId;
use crate::verdict::from_graph::Scratch;
use crate::verdict::rows::Planes;
use crate::why::codes::Code;
use arrow_array::RecordBatch;

/// What is wanted of a batch. By default exact verdicts without reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Three-valued logic only, on blocks of rows: never wrong, but null where the exact search may settle the verdict. It also
    /// skips looking for rows that contradict what always holds.
    pub quick: bool,
    /// Another column, `reasons`: the conditions behind the verdicts.
    pub reasons: bool,
}

/// The verdicts on the units of a kind in a batch, as [`super::verdicts`] writes them, and where they are asked for the codes of the
/// conditions behind them, as [`with_reasons`] does.
///
/// # Errors
/// As [`read`], and when a value is outside what is declared, a row contradicts what always holds (see [`Asked::quick`]), or there
/// are more reasons than one array holds.
///
/// # Example
/// ```
/// use arrow_array::{Array, Date32Array, RecordBatch};
/// use entitle::wire::arrow::{Asked, Options, match_batch};
/// use std::sync::Arc;
///
/// let text = r#"
///     enum category { welfare }
///     record person { birth_date: date }
///     policy tea for person {
///         category: welfare
///         in force: from 2020-01-01 until further notice
///         source: "an example"
///         status: illustrative
///         eligible when { today - birth_date >= 60 years old }
///     }
/// "#;
/// let engine = entitle::Engine::from_texts([("tea.policy".to_owned(), text.to_owned())])?;
/// let rules = engine.at("2026-01-01".parse().unwrap())?;
/// let person = engine.schema().entity_named("person").unwrap();
/// let births: Arc<dyn Array> = Arc::new(Date32Array::from(vec![Some(-7_305), Some(7_305), None]));
/// let batch = RecordBatch::try_from_iter([("birth_date", births)]).unwrap();
/// let options = Options { row: person, id: "id".to_owned(), strict: true };
/// let found = match_batch(&rules, &batch, &options, person, Asked::default(), &mut Default::default()).unwrap();
/// let tea = found.column_by_name("tea").unwrap();
/// assert_eq!(tea.null_count(), 1);
/// # Ok::<(), entitle::Error>(())
/// ```
pub fn match_batch(
    rules: &Rules,
    batch: &RecordBatch,
    options: &Options,
    unit: EntityId,
    asked: Asked,
    scratch: &mut Scratch,
) -> Result<RecordBatch, ArrowError> {
    let schema = &rules.model().schema;
    let held = read(schema, batch, options)?;
    let columns = held.columns(schema)?;
    if !asked.quick
        && let Some(found) = rules.contradictions_in(&columns, 1, scratch).into_iter().next()
    {
        let row = held.row_of(found.entity, found.row);
        let message = format!("row {row} contradicts what always holds: {}", found.label);
        return Err(ArrowError::Contradiction { message });
    }
    let rows = columns.units(unit);
    let mut planes = rules.verdicts_of(&columns, unit, 0..rows, scratch);
    if !asked.quick {
        for row in planes.open_rows() {
            rules.settle_row(&columns, unit, row, &mut planes, scratch);
        }
    }
    let found = verdicts(rules, &planes, held.ids(unit))?;
    if !asked.reasons {
        return Ok(found);
    }
    let (codes, ends) = reasons(rules, &columns, unit, &planes, scratch)?;
    with_reasons(&found, &codes, ends)
}

/// The conditions behind each row's verdicts, one row after the other, and where each row ends.
fn reasons(
    rules: &Rules,
    columns: &Columns<'_>,
    unit: EntityId,
    planes: &Planes,
    scratch: &mut Scratch,
) -> Result<(Vec<Code>, Vec<i32>), ArrowError> {
    let mut found: Vec<Code> = Vec::new();
    let mut ends = vec![0i32];
    for row in planes.rows() {
        let verdicts = planes.policies().iter().enumerate().map(|(at, policy)| (*policy, planes.verdict(at, row)));
        rules.reasons_of(columns, unit, row, verdicts, &mut found, scratch);
        let end = i32::try_from(found.len());
        ends.push(end.map_err(|_| ArrowError::limit("more reasons than one array holds; give fewer rows at a time"))?);
    }
    Ok((found, ends))
}
