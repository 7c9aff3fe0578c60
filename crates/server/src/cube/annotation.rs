//! What the columns of an answer are called and what they are, in the words of `meta`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tidemill::{ColumnRole, ColumnType, ErrorKind, Interval, Mill, QueryResult, ResultColumn, SemanticQuery};

use super::answer::{granularity, granularity_of, member_of};
use super::meta;
use crate::http::Problem;

/// What `meta` says of a member that is told beside a column.
const TOLD: [&str; 7] = ["title", "shortTitle", "description", "format", "meta", "drillMembers", "drillMembersGrouped"];

/// The cubes and views of a question, as `meta` describes them.
pub(super) struct Words(Vec<Value>);

impl Words {
    /// Looks up what is asked for. What has no description any more, or only a name that a join gives it, is called as its column is.
    ///
    /// # Errors
    /// As the engine, where models cannot be read.
    pub(super) async fn of(mill: &Mill, query: &SemanticQuery, result: &QueryResult) -> Result<Self, Problem> {
        if let Some(view) = &result.provenance.view {
            let found = known(mill.view_detail(&view.name).await)?;
            return Ok(Self(found.iter().map(|detail| meta::view(detail, &[])).collect()));
        }
        let mut owners: Vec<&str> = Vec::new();
        let times = query.time_dimensions.iter().map(|time| &time.dimension);
        for member in query.measures.iter().chain(&query.dimensions).chain(times).chain(&query.segments) {
            let owner = member.split_once('.').map_or("", |(owner, _)| owner);
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        let mut described = Vec::new();
        for owner in owners {
            described.extend(known(mill.model(owner).await)?.iter().map(meta::cube));
        }
        Ok(Self(described))
    }

    fn find(&self, part: &str, member: &str) -> Option<&Value> {
        self.0.iter().filter_map(|owner| owner[part].as_array()).flatten().find(|found| found["name"] == member)
    }
}

/// What was found; nothing where it is not there.
fn known<T>(found: tidemill::Result<T>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The description of each column, by the names under which an answer has it, and of the named filters.
pub(super) fn written(names: &[(String, usize)], query: &SemanticQuery, result: &QueryResult, words: &Words) -> Value {
    let mut parts: BTreeMap<&str, Map<String, Value>> = ["measures", "dimensions", "segments", "timeDimensions"].into_iter().map(|part| (part, Map::new())).collect();
    for (name, column) in names.iter().filter_map(|(name, place)| Some((name, result.columns.get(*place)?))) {
        let (part, listed) = match column.role {
            ColumnRole::Measure => ("measures", "measures"),
            ColumnRole::Time => ("timeDimensions", "dimensions"),
            ColumnRole::Dimension | ColumnRole::Column => ("dimensions", "dimensions"),
        };
        let member = member_of(column);
        let known = words.find(listed, member);
        let mut described = told(known, &column.label);
        described["type"] = kind_of(column.column_type).into();
        if let Some(format) = &column.format {
            described["format"] = format.clone().into();
        }
        if let Some(buckets) = buckets(column, known).filter(|_| name != member) {
            described["granularity"] = buckets;
        }
        // Beyond Cube: how far an estimate may be off.
        if let Some(bound) = result.provenance.bounds.iter().find(|bound| bound.measure == column.name) {
            described["bound"] = json!(bound);
        }
        parts.entry(part).or_default().insert(name.clone(), described);
    }
    for segment in &query.segments {
        let name = segment.split_once('.').map_or(segment.as_str(), |(_, name)| name);
        parts.entry("segments").or_default().insert(segment.clone(), told(words.find("segments", segment), name));
    }
    json!(parts)
}

/// What is known of a member; what is not described has its label.
fn told(known: Option<&Value>, label: &str) -> Value {
    let mut described = json!({"title": label, "shortTitle": label});
    for key in TOLD {
        if let Some(value) = known.map(|known| &known[key]).filter(|value| !value.is_null()) {
            described[key] = value.clone();
        }
    }
    described
}

/// The buckets of a time, by the label that the dimension has for them.
fn buckets(column: &ResultColumn, known: Option<&Value>) -> Option<Value> {
    let name = granularity_of(column)?;
    let interval = column.interval.or_else(|| column.grain.map(Interval::from))?;
    let named = known.and_then(|known| known["granularities"].as_array()).and_then(|named| named.iter().find(|named| named["name"] == *name));
    let title = named.and_then(|named| named["title"].as_str()).unwrap_or(&name);
    Some(granularity(&name, title, interval))
}

/// The type of a member in Cube's words.
pub(super) fn kind_of(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Integer | ColumnType::Float => "number",
        ColumnType::Boolean => "boolean",
        ColumnType::Date | ColumnType::Timestamp => "time",
        _ => "string",
    }
}
