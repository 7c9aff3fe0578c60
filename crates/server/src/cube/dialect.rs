//! Questions as Cube's clients write them, made into ours, and answers as they read them.

use std::collections::BTreeMap;

use arrow::array::Array;
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use tidemill::{ColumnRole, ColumnType, Interval, QueryResult, ResultColumn, SemanticQuery};

use crate::http::Problem;
use crate::queries::compare;

/// Queries in one request at most.
const QUERIES_MAX: usize = 10;

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// An object a row.
    Rows,
    /// Names once, then a list a row.
    Compact,
    /// Names once, then a list a column.
    Columnar,
}

/// What kind of answer a client is told to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Regular,
    Compare,
    Blending,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Regular => "regularQuery",
            Self::Compare => "compareDateRangeQuery",
            Self::Blending => "blendingQuery",
        }
    }
}

/// A request taken apart.
#[derive(Debug)]
pub(super) struct Asked {
    pub kind: Kind,
    pub layout: Layout,
    pub queries: Vec<SemanticQuery>,
}

/// Reads one query or a list of them.
///
/// # Errors
/// `Invalid` with the field at fault.
pub(super) fn read(query: Value) -> Result<Asked, Problem> {
    let list = match query {
        Value::Array(list) if list.len() > QUERIES_MAX => return Err(Problem::field("query", format!("at most {QUERIES_MAX} queries are answered at once"))),
        Value::Array(list) if list.is_empty() => return Err(Problem::field("query", "the list is empty")),
        Value::Array(list) => list,
        one => vec![one],
    };
    let blending = list.len() > 1;
    let (mut layout, mut kind, mut queries) = (Layout::Rows, if blending { Kind::Blending } else { Kind::Regular }, Vec::new());
    for value in list {
        let (found, of) = read_one(value)?;
        layout = of;
        if !found.ranges.is_empty() {
            if blending {
                return Err(Problem::field("query", "a list of queries cannot compare date ranges"));
            }
            kind = Kind::Compare;
        }
        queries.extend(found.queries);
    }
    Ok(Asked { kind, layout, queries })
}

fn read_one(value: Value) -> Result<(compare::Asked, Layout), Problem> {
    let Value::Object(mut object) = value else { return Err(Problem::field("query", "is an object, or a list of them")) };
    let layout = match object.remove("responseFormat").as_ref().and_then(Value::as_str) {
        None | Some("default") => Layout::Rows,
        Some("compact") => Layout::Compact,
        Some("columnar") => Layout::Columnar,
        Some(other) => return Err(Problem::field("responseFormat", format!("{other:?} is none of default, compact, columnar"))),
    };
    // Answers are never stale, so asking for a fresh one changes nothing.
    for needless in ["renewQuery", "queryType", "cache"] {
        object.remove(needless);
    }
    for ours in ["totals", "top", "pivot", "explain"] {
        if object.contains_key(ours) {
            return Err(Problem::field(ours, "is not of Cube's dialect; ask it at /api/v1/queries"));
        }
    }
    object.retain(|_, value| !value.is_null());
    limit_rows(&mut object)?;
    for time in object.get_mut("timeDimensions").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        time.retain(|_, value| !value.is_null());
    }
    Ok((compare::read(Value::Object(object))?, layout))
}

/// `rowLimit` is another name of `limit`. Cube's clients send both, and the smaller one counts.
fn limit_rows(object: &mut Map<String, Value>) -> Result<(), Problem> {
    let Some(rows) = object.remove("rowLimit") else { return Ok(()) };
    let rows = rows.as_u64().ok_or_else(|| Problem::field("rowLimit", "is a whole number of rows"))?;
    let limit = match object.get("limit") {
        None => rows,
        Some(limit) => match limit.as_u64() {
            Some(limit) => limit.min(rows),
            // What is wrong with it is told where it is read.
            None => return Ok(()),
        },
    };
    object.insert("limit".to_owned(), limit.into());
    Ok(())
}

/// From when to when a time is; nothing where an end of it is open.
type Ends = Option<(DateTime<Utc>, DateTime<Utc>)>;

/// The query as it was understood: ranges absolute, the order a list of members. `ranges` are those of the first times with a range;
/// others stay as they were asked.
pub(super) fn normalised(query: &SemanticQuery, ranges: &[Ends], layout: Layout) -> Value {
    let mut value = serde_json::to_value(query).unwrap_or_default();
    let Some(object) = value.as_object_mut() else { return value };
    for key in ["measures", "dimensions", "timeDimensions", "filters", "segments"] {
        object.entry(key).or_insert_with(|| json!([]));
    }
    object.insert("order".into(), query.order.iter().map(|(id, direction)| json!({"id": id, "desc": *direction == tidemill::Direction::Desc})).collect());
    object.entry("timezone").or_insert_with(|| "UTC".into());
    if layout != Layout::Rows {
        object.insert("responseFormat".into(), if layout == Layout::Compact { "compact" } else { "columnar" }.into());
    }
    object.insert("rowLimit".into(), query.limit.unwrap_or(10_000).into());
    let zone = zone_of(query);
    let times = object.get_mut("timeDimensions").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut);
    for (time, ends) in times.filter(|time| time.contains_key("dateRange")).zip(ranges) {
        match ends {
            Some((from, to)) => drop(time.insert("dateRange".into(), json!([local(*from, zone), local(*to - chrono::TimeDelta::milliseconds(1), zone)]))),
            // One that is open is none to a client.
            None => drop(time.remove("dateRange")),
        }
    }
    value
}

fn zone_of(query: &SemanticQuery) -> Tz {
    query.timezone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC)
}

/// An instant by the clock of a zone, without the zone.
fn local(instant: DateTime<Utc>, zone: Tz) -> String {
    instant.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

/// One answer.
pub(super) fn answer(query: &SemanticQuery, result: &QueryResult, layout: Layout) -> Value {
    let named = names_of(&result.columns);
    let names: Vec<&String> = named.iter().map(|(name, _)| name).collect();
    let columns: Vec<Vec<Value>> = named.iter().filter_map(|(_, place)| result.batch.columns().get(*place)).map(|values| cells(values, query)).collect();
    let row = |row: usize| columns.iter().filter_map(move |column| column.get(row).cloned());
    let rows = 0..result.batch.num_rows();
    let data = match layout {
        Layout::Rows => rows.map(|number| Value::Object(names.iter().map(|name| (*name).clone()).zip(row(number)).collect::<Map<_, _>>())).collect(),
        Layout::Compact => json!({"members": names, "dataset": rows.map(|number| row(number).collect::<Vec<_>>()).collect::<Vec<_>>()}),
        Layout::Columnar => json!({"members": names, "columns": columns}),
    };
    json!({
        // The answer says the first range.
        "query": normalised(query, &[result.provenance.time_range.map(|range| (range.from, range.to))], layout),
        "data": data,
        "annotation": annotation(&result.columns),
        "lastRefreshTime": result.provenance.complete_until.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true),
        "dataSource": "default",
        "dbType": "tidemill",
        "extDbType": "tidemill",
        "external": false,
        "slowQuery": false,
        "total": result.provenance.total_rows.filter(|_| query.total)
    })
}

/// The names of an answer, each with the place of its column. A bucket has two: that of its width, and that of the time itself,
/// as clients of before knew it, unless something else is called so.
fn names_of(columns: &[ResultColumn]) -> Vec<(String, usize)> {
    let name = |column: &ResultColumn| granularity_of(column).map_or_else(|| column.name.clone(), |granularity| format!("{}.{granularity}", column.name));
    let mut names: Vec<(String, usize)> = columns.iter().enumerate().map(|(place, column)| (name(column), place)).collect();
    for (place, column) in columns.iter().enumerate() {
        if !names.iter().any(|(known, _)| *known == column.name) {
            names.push((column.name.clone(), place));
        }
    }
    names
}

/// What a client asked for, as the name of the column has it.
fn granularity_of(column: &ResultColumn) -> Option<String> {
    column.granularity.as_ref().map(ToString::to_string).or_else(|| column.grain.map(|grain| grain.as_str().to_owned()))
}

/// A granularity in Cube's words.
pub(super) fn granularity(name: &str, title: &str, interval: Interval) -> Value {
    let unit = interval.unit().as_str();
    let wide = format!("{} {unit}{}", interval.count(), if interval.count() == 1 { "" } else { "s" });
    let mut described = json!({"name": name, "title": title, "interval": wide});
    if let Some(origin) = interval.origin() {
        described["origin"] = origin.format("%Y-%m-%dT%H:%M:%S%.3f").to_string().into();
    }
    described
}

fn cells(values: &dyn Array, query: &SemanticQuery) -> Vec<Value> {
    use arrow::array::AsArray;
    use arrow::datatypes::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
    let zone = zone_of(query);
    let each = |cell: &dyn Fn(usize) -> Value| (0..values.len()).map(|row| if values.is_null(row) { Value::Null } else { cell(row) }).collect();
    match values.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let instants = values.as_primitive::<TimestampMicrosecondType>();
            each(&|row| DateTime::from_timestamp_micros(instants.value(row)).map_or(Value::Null, |instant| local(instant, zone).into()))
        }
        DataType::Date32 => {
            let days = values.as_primitive::<Date32Type>();
            each(&|row| DateTime::from_timestamp(i64::from(days.value(row)) * 86_400, 0).map_or(Value::Null, |day| local(day, Tz::UTC).into()))
        }
        DataType::Int64 => each(&|row| values.as_primitive::<Int64Type>().value(row).into()),
        DataType::Float64 => each(&|row| values.as_primitive::<Float64Type>().value(row).into()),
        DataType::Boolean => each(&|row| values.as_boolean().value(row).into()),
        _ => each(&|row| arrow::util::display::array_value_to_string(values, row).unwrap_or_default().into()),
    }
}

/// What the columns of an answer are called and what they are.
fn annotation(columns: &[ResultColumn]) -> Value {
    let mut parts: BTreeMap<&str, Map<String, Value>> = ["measures", "dimensions", "segments", "timeDimensions"].into_iter().map(|part| (part, Map::new())).collect();
    for (name, column) in names_of(columns).into_iter().filter_map(|(name, place)| Some((name, columns.get(place)?))) {
        let part = match column.role {
            ColumnRole::Measure => "measures",
            ColumnRole::Time => "timeDimensions",
            ColumnRole::Dimension | ColumnRole::Column => "dimensions",
        };
        let mut described = json!({"title": column.label, "shortTitle": column.label, "type": kind_of(column.column_type)});
        if let (Some(name), Some(interval)) = (granularity_of(column), column.interval.or_else(|| column.grain.map(Interval::from))) {
            described["granularity"] = granularity(&name, &name, interval);
        }
        if let Some(format) = &column.format {
            described["format"] = format.clone().into();
        }
        parts.entry(part).or_default().insert(name, described);
    }
    json!(parts)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_write_is_understood() {
        let asked = read(json!({
            "measures": ["a.b"], "timeDimensions": [{"dimension": "a.t", "granularity": "month", "dateRange": ["this year"]}],
            "order": {"a.b": "desc"}, "renewQuery": true, "responseFormat": "compact", "limit": null
        }))
        .unwrap();
        assert_eq!((asked.kind, asked.layout, asked.queries.len()), (Kind::Regular, Layout::Compact, 1));
        assert_eq!(asked.queries[0].time_dimensions[0].date_range, Some(tidemill::DateRange::Named("this year".into())));
        let asked = read(json!({"measures": ["a.b"], "timeDimensions": [{"dimension": "a.t", "compareDateRange": ["this week", ["2024-01-01", "2024-01-07"]]}]})).unwrap();
        assert_eq!((asked.kind, asked.queries.len()), (Kind::Compare, 2));
        assert_eq!(read(json!([{"measures": ["a.b"]}, {"measures": ["c.d"]}])).unwrap().kind, Kind::Blending);
    }

    #[test]
    fn a_row_limit_is_a_limit_and_the_smaller_one_counts() {
        for (limits, expected) in [
            (json!({"rowLimit": 5}), Some(5)),
            (json!({"rowLimit": 5, "limit": 7}), Some(5)),
            (json!({"rowLimit": 10_000, "limit": 7}), Some(7)),
            (json!({"rowLimit": null, "limit": 7}), Some(7)),
            (json!({"rowLimit": 5, "limit": null}), Some(5)),
            (json!({"rowLimit": null}), None),
        ] {
            assert_eq!(read(limits.clone()).unwrap().queries[0].limit, expected, "{limits}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (query, expected) in [
            (json!("all"), "query"),
            (json!([]), "query"),
            (json!({"mesures": []}), "mesures"),
            (json!({"measures": ["a.b"], "totals": true}), "totals"),
            (json!({"responseFormat": "xml"}), "responseFormat"),
            (json!({"rowLimit": "all"}), "rowLimit"),
            (json!({"rowLimit": 5, "limit": "all"}), "limit"),
            (json!({"timeDimensions": [{"dimension": "a.t", "dateRange": "today", "compareDateRange": ["today"]}]}), "timeDimensions"),
            (json!({"filters": [{"member": "a.b", "operator": "resembles", "values": []}]}), "filters"),
        ] {
            let problem = read(query.clone()).unwrap_err();
            assert!(problem.into_wire().detail.unwrap_or_default().contains(expected), "{query}");
        }
    }
}
