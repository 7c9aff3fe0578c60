//! Answers as Cube's clients read them: rows in one of three layouts, with what the question was understood as and what the
//! columns are.

use arrow::array::Array;
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use tidemill::{Interval, QueryResult, ResultColumn, SemanticQuery};

use super::annotation::{self, Words};
use super::dialect::{Layout, Mark, Question};

/// From when to when a time is; nothing where an end of it is open.
pub(super) type Ends = Option<(DateTime<Utc>, DateTime<Utc>)>;

/// What is told around the rows of an answer.
pub(super) struct Around {
    /// From when to when the times with a range are, in their order.
    pub ranges: Vec<Ends>,
    /// How members are called.
    pub words: Words,
    /// When what was read was committed.
    pub refreshed_at: DateTime<Utc>,
}

/// The query as it was understood: ranges absolute, the order a list of members. `ranges` are those of the first times with a range;
/// others stay as they were asked.
pub(super) fn normalised(question: &Question, ranges: &[Ends], layout: Layout) -> Value {
    let query = &question.query;
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
    if question.no_rows {
        object.insert("limit".into(), 0.into());
    }
    object.insert("rowLimit".into(), if question.no_rows { 0 } else { query.limit.unwrap_or(10_000) }.into());
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
pub(super) fn written(question: &Question, result: &QueryResult, around: &Around, layout: Layout) -> Value {
    let query = normalised(question, &around.ranges, layout);
    let count = if question.no_rows { 0 } else { result.batch.num_rows() };
    let places = names_of(&result.columns);
    let mut named: Vec<(String, Vec<Value>)> = Vec::new();
    for (name, place) in &places {
        let Some(values) = result.batch.columns().get(*place) else { continue };
        let mut values = cells(values, &question.query);
        values.truncate(count);
        named.push((name.clone(), values));
    }
    let mark = question.mark.as_ref().and_then(|mark| marked(mark, question, &query, &named, count));
    named.extend(mark);
    let (names, columns): (Vec<String>, Vec<Vec<Value>>) = named.into_iter().unzip();
    let row = |row: usize| columns.iter().filter_map(move |column| column.get(row).cloned());
    let data = match layout {
        Layout::Rows => (0..count).map(|number| Value::Object(names.iter().cloned().zip(row(number)).collect::<Map<_, _>>())).collect(),
        Layout::Compact => json!({"members": names, "dataset": (0..count).map(|number| row(number).collect::<Vec<_>>()).collect::<Vec<_>>()}),
        Layout::Columnar => json!({"members": names, "columns": columns}),
    };
    json!({
        "query": query,
        "data": data,
        "annotation": annotation::written(&places, &question.query, result, &around.words),
        "lastRefreshTime": around.refreshed_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "dataSource": "default",
        "dbType": "tidemill",
        "extDbType": "tidemill",
        "external": false,
        "slowQuery": false,
        // Beyond Cube, whose clients pass over what they do not know.
        "exact": result.provenance.exact,
        "bounds": result.provenance.bounds,
        "total": result.provenance.total_rows.filter(|_| question.query.total)
    })
}

/// The column by which a client tells the rows of several questions apart, or puts them side by side.
fn marked(mark: &Mark, question: &Question, understood: &Value, named: &[(String, Vec<Value>)], count: usize) -> Option<(String, Vec<Value>)> {
    match mark {
        Mark::Range(place) => Some(("compareDateRange".to_owned(), vec![range_text(*place, question, understood).into(); count])),
        Mark::Time { member, granularity } => {
            let bucket = format!("{member}.{granularity}");
            let (_, values) = named.iter().find(|(name, _)| *name == bucket)?;
            Some((format!("time.{granularity}"), values.clone()))
        }
    }
}

/// A range that is compared as Cube writes it, from its first to its last millisecond. One that is open is written as it was asked for.
fn range_text(place: usize, question: &Question, understood: &Value) -> String {
    let ends = understood["timeDimensions"][place]["dateRange"].as_array();
    match ends.map(|ends| ends.iter().filter_map(Value::as_str).collect::<Vec<_>>()) {
        Some(ends) => ends.join(" - "),
        None => question.query.time_dimensions.get(place).and_then(|time| time.date_range.as_ref()?.canonical().ok()).unwrap_or_default(),
    }
}

/// The names of an answer, each with the place of its column. A bucket has two: that of its width, and that of the time itself,
/// as clients of before knew it, unless something else is called so. Of several buckets of a time that is the last one, as Cube has it.
fn names_of(columns: &[ResultColumn]) -> Vec<(String, usize)> {
    let name = |column: &ResultColumn| granularity_of(column).map_or_else(|| column.name.clone(), |granularity| format!("{}.{granularity}", member_of(column)));
    let mut names: Vec<(String, usize)> = columns.iter().enumerate().map(|(place, column)| (name(column), place)).collect();
    let wide = names.len();
    for (place, column) in columns.iter().enumerate().filter(|(_, column)| granularity_of(column).is_some()) {
        let member = member_of(column);
        match names.iter().position(|(known, _)| known == member) {
            None => names.push((member.to_owned(), place)),
            Some(known) if known >= wide => {
                if let Some((_, named)) = names.get_mut(known) {
                    *named = place;
                }
            }
            Some(_) => {}
        }
    }
    names
}

/// The member that a column is of: where a time is told in several ways, its granularity stands behind that.
pub(super) fn member_of(column: &ResultColumn) -> &str {
    let granularity = granularity_of(column).unwrap_or_default();
    let member = column.name.strip_suffix(granularity.as_str()).and_then(|member| member.strip_suffix('.'));
    member.filter(|member| member.contains('.')).unwrap_or(&column.name)
}

/// What a client asked for, as the name of the column has it.
pub(super) fn granularity_of(column: &ResultColumn) -> Option<String> {
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
