//! Dimensions and segments of a cube.

use serde_json::Value;

use super::super::sql::{self, Reason};
use super::entry::{Entry, underscored};
use super::{Cube, HARMLESS, granularities};
use crate::catalog::ColumnType;
use crate::semantic::generate::humanised;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::model::{Dimension, Model, NamedFilter};
use crate::semantic::query::{Condition, Filter, Operator};

/// Keys of a dimension that are read.
const KEYS: &[&str] = &["name", "title", "type", "sql", "case", "format", "currency", "public", "shown", "granularities", "primary_key", "sub_query", "multi_stage"];
/// Keys whose value changes no number.
pub(super) const SILENT: &[&str] = &["suggest_filter_values", "enable_suggestions", "field_type", "values_as_segments", "order", "links", "propagate_filters_to_sub_query"];

/// The SQL of a dimension as it was written.
pub(super) fn sql_of(entry: &Entry) -> Result<String, Reason> {
    entry.known(&[KEYS, SILENT, HARMLESS])?;
    if entry.get("sub_query").is_some_and(|value| *value != Value::Bool(false)) {
        return Err("it is computed from measures of another cube for each row (sub_query)".to_owned());
    }
    if entry.has("multi_stage") {
        return Err("it is computed after aggregation (multi_stage)".to_owned());
    }
    match (entry.text("sql")?, entry.get("case")) {
        (Some(sql), None) => Ok(sql),
        (None, Some(case)) => case_of(case),
        (Some(_), Some(_)) => Err("it has both sql and case".to_owned()),
        (None, None) => Err("it has no sql".to_owned()),
    }
}

/// The words of a case as SQL's own.
fn case_of(case: &Value) -> Result<String, Reason> {
    let case = Entry::new(case.clone()).ok_or("its case is no map")?;
    case.known(&[&["when", "else"]])?;
    let Some(Value::Array(whens)) = case.get("when") else { return Err("its case has no when".to_owned()) };
    let mut written = String::from("case");
    for when in whens {
        let when = Entry::new(when.clone()).ok_or("a when is no map")?;
        when.known(&[&["sql", "label"]])?;
        let condition = when.text("sql")?.ok_or("a when has no sql")?;
        written.push_str(&format!(" when ({condition}) then {}", label_of(when.get("label"))?));
    }
    let otherwise = case.get("else").cloned().and_then(Entry::new).ok_or("its case has no else")?;
    written.push_str(&format!(" else {} end", label_of(otherwise.get("label"))?));
    Ok(written)
}

fn label_of(label: Option<&Value>) -> Result<String, Reason> {
    match label {
        Some(Value::String(text)) => Ok(format!("'{}'", text.replace('\'', "''"))),
        Some(Value::Object(map)) => match map.get("sql") {
            Some(Value::String(sql)) if map.len() == 1 => Ok(format!("({sql})")),
            _ => Err("a label is neither text nor sql".to_owned()),
        },
        _ => Err("a label is neither text nor sql".to_owned()),
    }
}

/// Reads the dimensions into a model.
pub(super) fn read(cube: &mut Cube, model: &mut Model, notes: &mut Notes) {
    for entry in cube.dimensions.clone() {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        match dimension(cube, &entry, &name) {
            Ok(dimension) => {
                let granularities = granularities::read(cube, &name, &entry, notes);
                let (description, meta) = cube.said(&entry, SILENT, notes);
                let format = cube.format(&entry, notes);
                let public = cube.offered(&entry, notes);
                cube.read_from("dimensions", &name, &entry.spot);
                model.dimensions.push(Dimension { description, meta, public, format, granularities, ..dimension });
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
    let times: Vec<&Dimension> = model.dimensions.iter().filter(|dimension| dimension.column_type == ColumnType::Timestamp).collect();
    match times.as_slice() {
        [] => {}
        [one] => model.time_dimension = Some(one.name.clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|dimension| dimension.name.as_str()).collect();
            notes.changed(&cube.entry.spot.part("dimensions"), format!("which of {} places rows in time is not said; set time_dimension", names.join(", ")));
        }
    }
}

fn dimension(cube: &mut Cube, entry: &Entry, name: &str) -> Result<Dimension, Reason> {
    let column_type = match entry.text("type")?.as_deref().map(underscored).as_deref() {
        Some("string") => ColumnType::String,
        // A column that holds whole numbers is taken as one when the model is read.
        Some("number") => ColumnType::Float,
        Some("boolean") => ColumnType::Boolean,
        Some("time") => ColumnType::Timestamp,
        Some("switch") => return Err("it is a switch of the question, not a value of a row".to_owned()),
        Some(other) => return Err(format!("its type {} is not known here", sql::shortened(other))),
        None => return Err("it has no type".to_owned()),
    };
    let expression = cube.names.dimension(name)?;
    let column = sql::as_column(&expression).map(str::to_owned);
    let expression = if column.is_some() { None } else { Some(expression.to_string()) };
    Ok(Dimension {
        name: name.to_owned(),
        label: entry.title().unwrap_or_else(|| humanised(name)),
        description: None,
        meta: None,
        public: true,
        column_type,
        column: column.filter(|column| column != name),
        expression,
        format: None,
        same_as: None,
        granularities: Vec::new(),
        geo: None,
        latitude: None,
    })
}

/// Reads the segments: a condition in SQL is a dimension that is true where it holds.
pub(super) fn read_segments(cube: &mut Cube, model: &mut Model, notes: &mut Notes) {
    for entry in cube.list("segments", notes) {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        let taken = model.dimensions.iter().any(|dimension| dimension.name == name) || cube.names_measure(&name);
        match segment(cube, &entry) {
            Ok(_) if taken => notes.left_out(&entry.spot, "a member of the cube has its name"),
            Ok(expression) => {
                let (description, meta) = cube.said(&entry, &[], notes);
                let public = cube.offered(&entry, notes);
                cube.read_from("dimensions", &name, &entry.spot);
                cube.read_from("segments", &name, &entry.spot);
                let label = entry.title().unwrap_or_else(|| humanised(&name));
                let condition = Condition { member: format!("{}.{name}", model.name), operator: Operator::Equals, values: vec![Value::Bool(true)] };
                model.dimensions.push(Dimension {
                    name: name.clone(),
                    label: label.clone(),
                    description: description.clone(),
                    meta: meta.clone(),
                    public,
                    column_type: ColumnType::Boolean,
                    column: None,
                    expression: Some(expression),
                    format: None,
                    same_as: None,
                    granularities: Vec::new(),
                    geo: None,
                    latitude: None,
                });
                model.segments.push(NamedFilter { name, label, description, meta, public, filters: vec![Filter::Condition(condition)] });
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
}

fn segment(cube: &mut Cube, entry: &Entry) -> Result<String, Reason> {
    entry.known(&[&["name", "title", "sql", "public", "shown"], HARMLESS])?;
    let text = entry.text("sql")?.ok_or("it has no sql")?;
    cube.names.row(&text).map(|expression| expression.to_string())
}
