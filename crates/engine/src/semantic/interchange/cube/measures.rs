//! Measures of a cube.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::Expr;
use serde_json::Value;

use super::super::aggregate::{self, DIVISION, only_where};
use super::super::sql::{self, Reason};
use super::entry::{Entry, underscored};
use super::{Cube, HARMLESS};
use crate::semantic::check::DRILL_MAX;
use crate::semantic::generate::humanised;
use crate::semantic::grain::Grain;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::interchange::origins::Spot;
use crate::semantic::model::{Measure, MeasureKind, Model, Span};

/// Keys of a measure that are read.
const KEYS: &[&str] = &[
    "name",
    "title",
    "type",
    "sql",
    "filters",
    "format",
    "currency",
    "public",
    "shown",
    "visible",
    "rolling_window",
    "multi_stage",
    "time_shift",
    "drill_members",
    "drill_member_references",
];
/// Keys whose value changes no number.
const SILENT: &[&str] = &["drill_filters", "cumulative"];

/// Measures that are computed from each other in turn at most, as a model has them.
const DEPTH_MAX: usize = 12;

/// Reads the measures into a model.
pub(super) fn read(cube: &mut Cube, model: &mut Model, notes: &mut Notes) {
    // Measures and where they stand, side by side.
    let (mut made, mut spots): (Vec<Measure>, Vec<Spot>) = (Vec::new(), Vec::new());
    for entry in cube.measures.clone() {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        match measures(cube, model, &entry, &name, &made) {
            Ok(Made { measures, note }) => {
                if let Some(note) = note {
                    notes.changed(&entry.spot, note);
                }
                let (description, meta) = cube.said(&entry, SILENT, notes);
                let format = cube.format(&entry, notes);
                let public = cube.offered(&entry, notes);
                let drill = drill(cube, model, &entry, notes);
                for measure in measures {
                    let own = measure.name == name;
                    if !own {
                        notes.changed(&entry.spot, format!("the measure {} is new: {name} is computed from it", measure.name));
                    }
                    // What it is computed from has words of its own, or none.
                    let (description, meta, format) = if own { (description.clone(), meta.clone(), format.clone()) } else { (None, None, None) };
                    made.push(Measure { description, meta, public, format, drill: drill.clone(), ..measure });
                    spots.push(entry.spot.clone());
                }
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
    for (measure, spot) in computable(made.into_iter().zip(spots).collect(), notes) {
        cube.read_from("measures", &measure.name, &spot);
        model.measures.push(measure);
    }
}

/// The dimensions that are shown of the rows behind a measure. What is none of the model is told of: another cube's, a measure, what was
/// left out.
fn drill(cube: &Cube, model: &Model, entry: &Entry, notes: &mut Notes) -> Vec<String> {
    let Some(Value::Array(listed)) = entry.get("drill_members").or_else(|| entry.get("drill_member_references")) else { return Vec::new() };
    let (mut shown, mut others): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for written in listed.iter().filter_map(Value::as_str) {
        let path = written.trim().trim_start_matches('{').trim_end_matches('}');
        let name = match path.split_once('.') {
            Some((owner, name)) if owner.trim_matches(['{', '}']) == "CUBE" || owner == cube.name => name,
            _ => path,
        };
        if shown.iter().any(|before| before == name) {
            continue;
        }
        if model.dimensions.iter().any(|dimension| dimension.name == name) && shown.len() < DRILL_MAX {
            shown.push(name.to_owned());
        } else {
            others.push(sql::shortened(path));
        }
    }
    if !others.is_empty() {
        notes.changed(&entry.spot, format!("of the rows behind it {} is not shown, which is no dimension of the model", others.join(", ")));
    }
    shown
}

/// Those that are computed from rows, or from measures that can be computed themselves.
fn computable(made: Vec<(Measure, Spot)>, notes: &mut Notes) -> Vec<(Measure, Spot)> {
    let inputs: Vec<Vec<String>> = made.iter().map(|(measure, _)| inputs(measure)).collect();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for _ in 0..DEPTH_MAX {
        let ready = made
            .iter()
            .zip(&inputs)
            .filter(|(_, inputs)| inputs.iter().all(|input| known.contains(input)))
            .map(|((measure, _), _)| measure.name.clone());
        let ready: BTreeSet<String> = ready.collect();
        if ready.len() == known.len() {
            break;
        }
        known = ready;
    }
    let mut kept = Vec::new();
    for ((measure, spot), inputs) in made.into_iter().zip(inputs) {
        if known.contains(&measure.name) {
            kept.push((measure, spot));
            continue;
        }
        let missing: Vec<&str> = inputs.iter().filter(|input| !known.contains(*input)).map(String::as_str).collect();
        notes.left_out(&spot, format!("it is computed from {}, which is not in the model, or comes back to itself", missing.join(", ")));
    }
    kept
}

/// Names of the measures that one is computed from.
fn inputs(measure: &Measure) -> Vec<String> {
    let braced = measure.expression.as_deref().filter(|_| measure.kind == MeasureKind::Number).unwrap_or_default();
    let braced = braced.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned());
    braced.chain(measure.measure.clone()).chain(measure.denominator.clone()).collect()
}

struct Made {
    /// The last has the name of the entry; those before it are what it is computed from.
    measures: Vec<Measure>,
    note: Option<String>,
}

fn measures(cube: &mut Cube, model: &Model, entry: &Entry, name: &str, known: &[Measure]) -> Result<Made, Reason> {
    if entry.has("group_by") || entry.has("reduce_by") || entry.has("add_group_by") || entry.has("order_by") {
        return Err("it is aggregated by other dimensions than those of the question".to_owned());
    }
    entry.known(&[KEYS, SILENT, HARMLESS])?;
    if model.dimensions.iter().any(|dimension| dimension.name == name) {
        return Err("a dimension has its name".to_owned());
    }
    let label = entry.title().unwrap_or_else(|| humanised(name));
    let named = |measure: Measure| Measure { name: name.to_owned(), label: label.clone(), ..measure };
    let one = |measure: Measure| Made { measures: vec![named(measure)], note: None };
    let text = entry.text("sql")?;
    let kind = entry.text("type")?.map(|kind| underscored(&kind)).ok_or("it has no type")?;
    if entry.has("time_shift") || entry.get("multi_stage").is_some_and(|value| *value != Value::Bool(false)) {
        return shifted(cube, model, entry, &kind, text.as_deref()).map(one);
    }
    let kind = match kind.as_str() {
        "count" => MeasureKind::Count,
        "count_distinct" => MeasureKind::CountDistinct,
        "count_distinct_approx" => MeasureKind::CountDistinctApprox,
        "sum" => MeasureKind::Sum,
        "avg" => MeasureKind::Avg,
        "min" => MeasureKind::Min,
        "max" => MeasureKind::Max,
        "number" | "number_agg" | "string" | "time" | "boolean" => {
            let text = text.ok_or("it has no sql")?;
            if entry.has("filters") || entry.has("rolling_window") {
                return Err("filters and windows of what is computed from aggregates are not known here".to_owned());
            }
            return computed(cube, name, &label, &text, known);
        }
        "running_total" => return Err("a running total begins with the date range of the question, and a cumulative measure with the data".to_owned()),
        other => return Err(format!("its type {} is not known here", sql::shortened(other))),
    };
    let value = text.map(|text| cube.names.row(&text)).transpose()?;
    let condition = filters(cube, entry)?;
    if value.is_none() && kind != MeasureKind::Count {
        return Err("it has no sql".to_owned());
    }
    // As Cube does it: what does not pass the filters has no value.
    let over = match condition {
        Some(condition) => Some(only_where(condition, value)),
        None => value,
    };
    let column = over.as_ref().and_then(sql::as_column).map(str::to_owned);
    let expression = if column.is_some() { None } else { over.map(|over| over.to_string()) };
    if expression.as_ref().is_some_and(|text| text.len() > sql::EXPRESSION_MAX_BYTES) {
        return Err(format!("with its filters it has more than {} bytes", sql::EXPRESSION_MAX_BYTES));
    }
    let measure = Measure { kind, column, expression, ..Measure::default() };
    let Some(window) = entry.get("rolling_window") else { return Ok(one(measure)) };
    let (bucket, windowed) = windowed(cube, window, measure, name, known)?;
    Ok(Made { measures: bucket.into_iter().chain([named(windowed)]).collect(), note: None })
}

/// The conditions of a measure, which must all hold.
fn filters(cube: &mut Cube, entry: &Entry) -> Result<Option<Expr>, Reason> {
    let Some(filters) = entry.get("filters") else { return Ok(None) };
    let Value::Array(filters) = filters else { return Err("its filters are no list".to_owned()) };
    let mut texts = Vec::new();
    for filter in filters {
        let filter = Entry::new(filter.clone()).ok_or("a filter is no map")?;
        filter.known(&[&["sql"]])?;
        texts.push(format!("({})", filter.text("sql")?.ok_or("a filter has no sql")?));
    }
    if texts.is_empty() {
        return Ok(None);
    }
    cube.names.row(&texts.join(" and ")).map(Some)
}

/// A measure over measures, or over aggregates written as SQL.
fn computed(cube: &mut Cube, name: &str, label: &str, text: &str, known: &[Measure]) -> Result<Made, Reason> {
    let refused = match cube.names.formula(text) {
        Ok((expression, divides)) => {
            let measure = Measure { name: name.to_owned(), label: label.to_owned(), kind: MeasureKind::Number, expression: Some(expression), ..Measure::default() };
            if inputs(&measure).is_empty() {
                return Err("it names no measure".to_owned());
            }
            return Ok(Made { measures: vec![measure], note: divides.then(|| DIVISION.to_owned()) });
        }
        Err(refused) => refused,
    };
    let metric = match cube.names.with_rows(text, |text, names| aggregate::read(text, names)) {
        Ok(metric) => metric,
        // What does not stand in braces is no formula, so the other reason says more.
        Err(reason) => return Err(if text.contains('(') { reason } else { refused }),
    };
    let note = metric.divides_whole_numbers.then(|| DIVISION.to_owned());
    let taken = |part: &str| cube.names_measure(part) || cube.names_dimension(part);
    Ok(Made { measures: metric.measures(name, label, known, &taken)?, note })
}

/// A measure as it was some time before.
fn shifted(cube: &Cube, model: &Model, entry: &Entry, kind: &str, text: Option<&str>) -> Result<Measure, Reason> {
    let Some(Value::Array(shifts)) = entry.get("time_shift") else {
        return Err("it is computed from aggregates in stages (multi_stage)".to_owned());
    };
    let [shift] = shifts.as_slice() else { return Err("it has several time shifts".to_owned()) };
    let shift = Entry::new(shift.clone()).ok_or("its time shift is no map")?;
    shift.known(&[&["interval", "type", "time_dimension"]])?;
    if kind != "number" || entry.has("filters") || entry.has("rolling_window") {
        return Err("only a measure of the type number is shifted here, without filters and windows".to_owned());
    }
    let measure = text.and_then(|text| cube.names.only_measure(text)).ok_or("a time shift is one of a single measure here")?;
    if shift.text("type")?.as_deref() != Some("prior") {
        return Err("it looks at a later time".to_owned());
    }
    let times: Vec<&str> = cube.dimensions.iter().filter(|entry| entry.text("type").ok().flatten().as_deref() == Some("time")).filter_map(Entry::name).collect();
    if let Some(time) = shift.text("time_dimension")? {
        let time = time.rsplit(['.', '{']).next().unwrap_or_default().trim_end_matches('}').to_owned();
        if times != [time.as_str()] || model.time_dimension.as_deref() != Some(time.as_str()) {
            return Err(format!("it shifts {} alone, and the cube has other times", sql::shortened(&time)));
        }
    }
    let span = span(&shift.text("interval")?.ok_or("its time shift has no interval")?)?;
    Ok(Measure { kind: MeasureKind::TimeShift, measure: Some(measure), span: Some(span), ..Measure::default() })
}

/// A window over buckets of time: the measure of one bucket, where there is none yet, and the one over the window.
fn windowed(cube: &Cube, window: &Value, over: Measure, name: &str, known: &[Measure]) -> Result<(Option<Measure>, Measure), Reason> {
    let window = Entry::new(window.clone()).ok_or("its window is no map")?;
    window.known(&[&["type", "trailing", "leading", "offset"]])?;
    if window.text("type")?.is_some_and(|kind| kind != "fixed") {
        return Err("its window begins with a year, quarter or month".to_owned());
    }
    if window.text("leading")?.is_some_and(|leading| leading != "0") || window.text("offset")?.is_some_and(|offset| offset != "end") {
        return Err("its window does not end with the bucket of time".to_owned());
    }
    if !matches!(over.kind, MeasureKind::Count | MeasureKind::Sum) {
        return Err("only sums and counts add up over a window here".to_owned());
    }
    let (kind, span) = match window.text("trailing")?.ok_or("its window has no trailing")?.as_str() {
        "unbounded" => (MeasureKind::Cumulative, None),
        trailing => {
            let span = span(trailing)?;
            // Cube goes back from the end of February to 28 January, and a window here to its beginning.
            if matches!(span.unit, Grain::Month | Grain::Quarter) {
                return Err("a window of months is one of whole months here, and in Cube of days of the month".to_owned());
            }
            (MeasureKind::Rolling, Some(span))
        }
    };
    let windowed = |measure: String| Measure { kind, measure: Some(measure), span, ..Measure::default() };
    if let Some(same) = known.iter().find(|other| aggregate::counts_the_same(other, &over)) {
        return Ok((None, windowed(same.name.clone())));
    }
    let bucket = format!("{name}_in_bucket");
    if cube.names_measure(&bucket) || cube.names_dimension(&bucket) {
        return Err(format!("it needs a measure {bucket}, and there is a member of that name"));
    }
    Ok((Some(Measure { name: bucket.clone(), label: humanised(&bucket), ..over }), windowed(bucket)))
}

/// `7 days`.
fn span(text: &str) -> Result<Span, Reason> {
    let unknown = || format!("{} is no number of units of time", sql::shortened(text));
    let (count, unit) = text.split_once(' ').ok_or_else(unknown)?;
    let count: u32 = count.parse().ok().filter(|count| (1..=10_000).contains(count)).ok_or_else(unknown)?;
    let unit = unit.trim().trim_end_matches('s');
    let unit = serde_json::from_value(Value::from(unit)).map_err(|_| unknown())?;
    Ok(Span { count, unit })
}
