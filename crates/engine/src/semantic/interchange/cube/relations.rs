//! Joins, hierarchies and pre-aggregations of a cube.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Ident};
use serde_json::Value;

use super::super::sql::{self, Reason};
use super::entry::{Entry, underscored};
use super::names::{Names, marked};
use super::{Cube, HARMLESS};
use crate::semantic::generate::humanised;
use crate::semantic::grain::Grain;
use crate::semantic::hierarchy;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::interval::Interval;
use crate::semantic::join::{Join, JoinKey, Models, Relationship};
use crate::semantic::model::{Hierarchy, Model, Rollup};

/// Pairs of columns of a join at most, as a model has them.
const JOIN_KEYS_MAX: usize = 8;
/// Conditions of a join that are looked at.
const CONDITIONS_MAX: usize = 64;

/// Keys of a pre-aggregation that say how it is built, which is ours to say: a rollup gives the same numbers as the rows.
const SILENT: &[&str] = &[
    "partition_granularity",
    "refresh_key",
    "scheduled_refresh",
    "external",
    "indexes",
    "build_range_start",
    "build_range_end",
    "refresh_range_start",
    "refresh_range_end",
    "allow_non_strict_date_range_match",
    "use_original_sql_pre_aggregations",
    "sql_alias",
    "read_only",
    "unique_key_columns",
    "output_column_types",
    "stream_offset",
];

/// What other cubes are here: the name of the model, and their names.
pub(super) type Others = BTreeMap<String, (String, Names)>;

/// Reads the joins into a model.
pub(super) fn read_joins(cube: &mut Cube, others: &mut Others, model: &mut Model, notes: &mut Notes) {
    for entry in cube.list("joins", notes) {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        match join(cube, others, model, &entry, &name) {
            Ok(join) => {
                cube.read_from("joins", &name, &entry.spot);
                model.joins.push(join);
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
}

fn join(cube: &mut Cube, others: &mut Others, model: &Model, entry: &Entry, name: &str) -> Result<Join, Reason> {
    entry.known(&[&["name", "relationship", "sql"]])?;
    let relationship = match entry.text("relationship")?.as_deref().map(underscored).as_deref() {
        Some("many_to_one" | "belongs_to") => Relationship::ManyToOne,
        Some("one_to_one" | "has_one") => Relationship::OneToOne,
        Some("one_to_many" | "has_many") => Relationship::OneToMany,
        other => return Err(format!("its relationship {} is not known here", sql::shortened(other.unwrap_or("")))),
    };
    let (target, other) = others.get_mut(name).ok_or_else(|| format!("the cube {name} is not among those that are read; read their files together"))?;
    if name == model.name || *target == model.name {
        return Err("it leads to what has the name of this model".to_owned());
    }
    let text = entry.text("sql")?.ok_or("it has no sql")?;
    let mut conditions = vec![sql::parse(&marked(&text)?)?];
    let mut on = Vec::new();
    for _ in 0..CONDITIONS_MAX {
        let Some(condition) = conditions.pop() else { break };
        match condition {
            Expr::Nested(inner) => conditions.push(*inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => conditions.extend([*right, *left]),
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => on.push(key(&mut cube.names, other, &left, &right)?),
            condition => return Err(format!("{} is no equality of columns", sql::shortened(&condition.to_string()))),
        }
    }
    if on.len() > JOIN_KEYS_MAX || !conditions.is_empty() {
        return Err(format!("it has more than {JOIN_KEYS_MAX} pairs of columns"));
    }
    Ok(Join { name: name.to_owned(), model: Some(target.clone()).filter(|target| target != name), relationship, on })
}

fn key(own: &mut Names, other: &mut Names, left: &Expr, right: &Expr) -> Result<JoinKey, Reason> {
    let mut pair = |own_side: &Expr, other_side: &Expr| -> Option<Result<JoinKey, Reason>> {
        let column = own.join_column(&parts(own_side)?, true)?;
        let other = other.join_column(&parts(other_side)?, false)?;
        Some(column.and_then(|column| Ok(JoinKey { column, other: other? })))
    };
    let found = match pair(left, right) {
        Some(found) => Some(found),
        None => pair(right, left),
    };
    found.unwrap_or_else(|| Err(format!("{left} = {right} does not compare a column of this cube with one of the other")))
}

fn parts(expression: &Expr) -> Option<Vec<Ident>> {
    match expression {
        Expr::Identifier(one) => Some(vec![one.clone()]),
        Expr::CompoundIdentifier(parts) => Some(parts.clone()),
        Expr::Nested(inner) => parts(inner),
        _ => None,
    }
}

/// Reads the hierarchies into a model.
pub(super) fn read_hierarchies(cube: &mut Cube, others: &Others, model: &mut Model, notes: &mut Notes) {
    for entry in cube.list("hierarchies", notes) {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        match hierarchy_of(cube, others, model, &entry, &name) {
            Ok(_) if entry.is_hidden() => notes.left_out(&entry.spot, "Cube hides it from those who ask (public), and nothing hides a hierarchy here"),
            Ok(hierarchy) => {
                cube.silent(&entry, &[], notes);
                cube.read_from("hierarchies", &name, &entry.spot);
                model.hierarchies.push(hierarchy);
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
}

fn hierarchy_of(cube: &Cube, others: &Others, model: &Model, entry: &Entry, name: &str) -> Result<Hierarchy, Reason> {
    entry.known(&[&["name", "title", "levels", "public", "shown"], HARMLESS])?;
    let Some(Value::Array(list)) = entry.get("levels") else { return Err("its levels are no list".to_owned()) };
    let mut levels: Vec<String> = Vec::new();
    for item in list {
        let text = item.as_str().ok_or("a level is no text")?.trim().trim_start_matches('{').trim_end_matches('}');
        let level = match text.split_once('.') {
            // A level of another cube is called as the join that leads there.
            Some((owner, rest)) if owner != "CUBE" && owner != cube.name => {
                if !others.contains_key(owner) || !model.joins.iter().any(|join| join.name == owner) {
                    return Err(format!("no join leads to {}", sql::shortened(text)));
                }
                format!("{owner}.{rest}")
            }
            _ => member(cube, text)?,
        };
        if !level.contains('.') && !model.dimensions.iter().any(|dimension| dimension.name == level) {
            return Err(format!("the dimension {level} is not in the model"));
        }
        if levels.contains(&level) {
            return Err(format!("the level {level} stands twice"));
        }
        levels.push(level);
    }
    if levels.len() < 2 {
        return Err("it has less than two levels".to_owned());
    }
    Ok(Hierarchy { name: name.to_owned(), label: entry.title().unwrap_or_else(|| humanised(name)), levels })
}

/// Leaves out hierarchies with levels that other models turned out not to have. `cubes` are what the models were read from.
pub(super) fn leave_out_unknown_levels(models: &mut [Model], cubes: &[Cube], notes: &mut Notes) {
    let known: Models = models.iter().map(|model| (model.name.clone(), Arc::new(model.clone()))).collect();
    for (model, cube) in models.iter_mut().zip(cubes).filter(|(model, _)| hierarchy::has_joined(model)) {
        for hierarchy in std::mem::take(&mut model.hierarchies) {
            let spot = cube.spots.get(&("hierarchies", hierarchy.name.clone())).unwrap_or(&cube.entry.spot);
            let alone = Model { hierarchies: vec![hierarchy], ..model.clone() };
            match hierarchy::check_joined(&alone, &known) {
                Ok(()) => model.hierarchies.extend(alone.hierarchies),
                Err(error) => notes.left_out(spot, error),
            }
        }
    }
}

/// Reads the pre-aggregations into a model.
pub(super) fn read_rollups(cube: &mut Cube, model: &mut Model, notes: &mut Notes) {
    for entry in cube.list("pre_aggregations", notes) {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        match rollup(cube, model, &entry, &name) {
            Ok(rollup) => {
                cube.silent(&entry, SILENT, notes);
                cube.read_from("rollups", &name, &entry.spot);
                model.rollups.push(rollup);
            }
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
}

fn rollup(cube: &Cube, model: &Model, entry: &Entry, name: &str) -> Result<Rollup, Reason> {
    const KEYS: &[&str] = &["name", "type", "measures", "dimensions", "time_dimension", "time_dimensions", "granularity", "segments"];
    const OLD: &[&str] = &["measure_references", "dimension_references", "time_dimension_reference", "segment_references"];
    entry.known(&[KEYS, OLD, SILENT, HARMLESS])?;
    if let Some(kind) = entry.text("type")?.map(|kind| underscored(&kind)).filter(|kind| kind != "rollup") {
        return Err(format!("it is of the type {}, and rollups of groups are kept here", sql::shortened(&kind)));
    }
    if entry.has("segments") || entry.has("segment_references") {
        return Err("it keeps segments".to_owned());
    }
    let (time, granularity) = match entry.get("time_dimensions") {
        None => (text_of(entry.get("time_dimension").or(entry.get("time_dimension_reference")))?, entry.text("granularity")?),
        Some(Value::Array(times)) if times.len() == 1 && !entry.has("granularity") => {
            let time = times.first().cloned().and_then(Entry::new).ok_or("its time dimension is no map")?;
            time.known(&[&["dimension", "granularity"]])?;
            (time.text("dimension")?, time.text("granularity")?)
        }
        Some(_) => return Err("it is kept by several times".to_owned()),
    };
    let time_dimension = time.map(|time| member(cube, &time)).transpose()?;
    let granularity = granularity.map(|name| width(model, time_dimension.as_deref(), &name)).transpose()?;
    if time_dimension.is_some() != granularity.is_some() {
        return Err("a time dimension and a granularity go together".to_owned());
    }
    let measures = members(cube, entry.get("measures").or(entry.get("measure_references")))?;
    let dimensions = members(cube, entry.get("dimensions").or(entry.get("dimension_references")))?;
    if measures.is_empty() {
        return Err("it keeps no measures".to_owned());
    }
    for name in &measures {
        match model.measures.iter().find(|measure| measure.name == *name) {
            None => return Err(format!("the measure {name} is not in the model")),
            Some(measure) if measure.kind.is_derived() => return Err(format!("the measure {name} is computed from others; keep those")),
            Some(_) => {}
        }
    }
    if let Some(missing) = dimensions.iter().chain(&time_dimension).find(|name| !model.dimensions.iter().any(|dimension| dimension.name == **name)) {
        return Err(format!("the dimension {missing} is not in the model"));
    }
    Ok(Rollup { name: name.to_owned(), measures, dimensions, time_dimension, granularity })
}

/// How wide the buckets of a granularity are.
fn width(model: &Model, time: Option<&str>, name: &str) -> Result<Interval, Reason> {
    if let Some(unit) = Grain::named(name) {
        return Ok(unit.into());
    }
    let dimension = model.dimensions.iter().find(|dimension| Some(dimension.name.as_str()) == time);
    let named = dimension.and_then(|dimension| dimension.granularities.iter().find(|granularity| granularity.name == name));
    named
        .and_then(|named| named.buckets().ok())
        .ok_or_else(|| format!("its granularity {} is none of the calendar and none of those that the dimension has here", sql::shortened(name)))
}

fn text_of(value: Option<&Value>) -> Result<Option<String>, Reason> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err("a member is no text".to_owned()),
    }
}

fn members(cube: &Cube, value: Option<&Value>) -> Result<Vec<String>, Reason> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|item| member(cube, item.as_str().ok_or("a member is no text")?)).collect(),
        // As it was written before lists were: `[CUBE.a, CUBE.b]`.
        Some(Value::String(text)) => text.trim_matches(['[', ']']).split(',').map(|part| member(cube, part)).collect(),
        Some(_) => Err("its members are no list".to_owned()),
    }
}

/// `CUBE.name`, or with the name of the cube, or alone.
fn member(cube: &Cube, text: &str) -> Result<String, Reason> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    match text.split_once('.') {
        None => Ok(text.to_owned()),
        Some((owner, name)) if (owner == "CUBE" || owner == cube.name) && !name.contains('.') => Ok(name.to_owned()),
        Some(_) => Err(format!("{} is of another cube", sql::shortened(text))),
    }
}
