//! A model for a dataset that nobody has described yet: labels from names, measures from numbers, categories from the rest.

use super::model::{Dimension, Measure, MeasureKind, Model};
use crate::catalog::{Column, ColumnType, DatasetSchema};

/// Numbers that name something instead of measuring it, by the last word of the column.
const CODES: &[&str] = &[
    "id",
    "key",
    "code",
    "no",
    "nr",
    "num",
    "number",
    "zip",
    "postcode",
    "flight",
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "weekday",
    "hour",
    "minute",
    "second",
    "time",
    "lat",
    "lon",
    "lng",
    "latitude",
    "longitude",
    "index",
    "rank",
    "version",
    "tz",
];

/// The d3-format of whole numbers without separators: a year is 2013, not 2,013.
const PLAIN_DIGITS: &str = "d";

/// Words after which less is better.
const LOWER_IS_BETTER: &[&str] = &["delay", "latency", "error", "errors", "cost", "churn", "wait", "age"];

/// Numbers whose sum means nothing.
const NOT_ADDITIVE: &[&str] =
    &["price", "rate", "ratio", "percent", "pct", "temp", "temperature", "dewp", "humid", "pressure", "speed", "gust", "dir", "visib", "score", "age", "alt", "altitude"];

/// Makes the model of a dataset.
pub(crate) fn generate(name: &str, label: &str, schema: &DatasetSchema) -> Model {
    let mut sources: Vec<Source> = schema.columns.iter().flat_map(sources_of).collect();
    // A field may have the name of a column once its dots are gone: the column comes first.
    let mut taken: std::collections::HashSet<String> = schema.columns.iter().map(|column| member_name(&column.name)).collect();
    sources.retain(|source| source.expression.is_none() || taken.insert(member_name(&source.name)));
    let count = Source { name: String::new(), label: String::new(), column_type: ColumnType::Integer, column: None, expression: None };
    let mut measures = vec![measure("count", label.to_owned(), MeasureKind::Count, &count, Some("integer"))];
    measures.extend(sources.iter().flat_map(measures_of));
    Model {
        name: name.to_owned(),
        dataset: name.to_owned(),
        label: label.to_owned(),
        version: 0,
        time_dimension: schema.time_column.clone(),
        dimensions: sources
            .iter()
            .map(|source| Dimension {
                name: member_name(&source.name),
                label: source.label.clone(),
                column_type: source.column_type,
                column: source.column.clone(),
                expression: source.expression.clone(),
                format: names_something(source).then(|| PLAIN_DIGITS.to_owned()),
                same_as: None,
                granularities: Vec::new(),
            })
            .collect(),
        measures: without_repeats(measures),
        joins: Vec::new(),
        segments: Vec::new(),
        hierarchies: Vec::new(),
        rollups: Vec::new(),
        access_policies: Vec::new(),
    }
}

/// What members are made of: a column, or a field of a struct by its path.
struct Source {
    name: String,
    label: String,
    column_type: ColumnType,
    column: Option<String>,
    expression: Option<String>,
}

/// A column, or the fields of a struct; lists are left to who knows what to ask of them.
fn sources_of(column: &Column) -> Vec<Source> {
    match column.column_type {
        ColumnType::List => Vec::new(),
        ColumnType::Struct => {
            let mut sources = Vec::new();
            add_fields(column, &column.name, &format!("\"{}\"", column.name.replace('"', "\"\"")), &mut sources);
            sources
        }
        column_type => vec![Source { name: column.name.clone(), label: humanised(&column.name), column_type, column: Some(column.name.clone()), expression: None }],
    }
}

fn add_fields(column: &Column, name: &str, expression: &str, sources: &mut Vec<Source>) {
    for field in &column.fields {
        let (name, expression) = (format!("{name}.{}", field.name), format!("{expression}['{}']", field.name.replace('\'', "''")));
        match field.column_type {
            ColumnType::List => {}
            ColumnType::Struct => add_fields(field, &name, &expression, sources),
            column_type => sources.push(Source { label: humanised(&name.replace('.', " ")), name, column_type, column: None, expression: Some(expression) }),
        }
    }
}

/// A whole number that is a name: nobody counts with it, so it is written as it stands.
fn names_something(source: &Source) -> bool {
    source.column_type == ColumnType::Integer && CODES.contains(&last_word(&source.name).as_str())
}

fn measures_of(source: &Source) -> Vec<Measure> {
    let (name, label) = (member_name(&source.name), source.label.clone());
    let of = |prefix: &str, title: &str, kind, format| measure(&format!("{prefix}_{name}"), format!("{title} {}", lower_first(&label)), kind, source, format);
    let last = last_word(&source.name);
    match source.column_type {
        ColumnType::Integer | ColumnType::Float if !CODES.contains(&last.as_str()) => {
            let format = if last.contains("revenue") || last.contains("price") || last.contains("amount") { Some("currency_usd") } else { Some("number") };
            let mut made = vec![of("avg", "Average", MeasureKind::Avg, format), of("min", "Least", MeasureKind::Min, format), of("max", "Greatest", MeasureKind::Max, format)];
            if !NOT_ADDITIVE.contains(&last.as_str()) {
                made.insert(0, of("sum", "Total", MeasureKind::Sum, format));
            }
            for measure in &mut made {
                measure.lower_is_better = LOWER_IS_BETTER.contains(&last.as_str());
            }
            made
        }
        ColumnType::Integer | ColumnType::String => vec![of("distinct", "Distinct", MeasureKind::CountDistinct, Some("integer"))],
        _ => Vec::new(),
    }
}

fn measure(name: &str, label: String, kind: MeasureKind, source: &Source, format: Option<&str>) -> Measure {
    Measure { name: name.to_owned(), label, kind, column: source.column.clone(), expression: source.expression.clone(), format: format.map(str::to_owned), ..Measure::default() }
}

/// A measure must not have the name of another one or of a dimension; columns that differ only in signs could make it so.
fn without_repeats(measures: Vec<Measure>) -> Vec<Measure> {
    let mut seen = std::collections::HashSet::new();
    measures.into_iter().filter(|measure| seen.insert(measure.name.clone())).collect()
}

/// A column name as the second part of a member: no dots, because the first dot ends the model's name.
fn member_name(column: &str) -> String {
    column.chars().map(|character| if character.is_alphanumeric() { character } else { '_' }).collect()
}

fn last_word(column: &str) -> String {
    column.rsplit(|character: char| !character.is_alphanumeric()).next().unwrap_or(column).to_lowercase()
}

/// `dep_delay` becomes `Dep delay`.
pub(crate) fn humanised(name: &str) -> String {
    let words: Vec<&str> = name.split(|character: char| character == '_' || character.is_whitespace()).filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or(text)
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_tells_numbers_from_codes() {
        let columns = [
            ("time_hour", ColumnType::Timestamp),
            ("month", ColumnType::Integer),
            ("dep_delay", ColumnType::Integer),
            ("distance", ColumnType::Integer),
            ("unit price", ColumnType::Float),
            ("tailnum", ColumnType::String),
        ];
        let columns = columns.iter().map(|(name, column_type)| Column::new(*name, *column_type)).collect();
        let model = generate("flights", "Flights", &DatasetSchema::new(columns, Some("time_hour".into())).unwrap());
        let names: Vec<&str> = model.measures.iter().map(|measure| measure.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "count",
                "distinct_month",
                "sum_dep_delay",
                "avg_dep_delay",
                "min_dep_delay",
                "max_dep_delay",
                "sum_distance",
                "avg_distance",
                "min_distance",
                "max_distance",
                "avg_unit_price",
                "min_unit_price",
                "max_unit_price",
                "distinct_tailnum"
            ]
        );
        assert_eq!(model.measures[3].label, "Average dep delay");
        assert!(model.measures[3].lower_is_better);
        let formats: Vec<_> = model.dimensions.iter().map(|dimension| dimension.format.as_deref()).collect();
        assert_eq!(formats, [None, Some("d"), None, None, None, None]);
        assert_eq!(model.time_dimension.as_deref(), Some("time_hour"));
    }

    #[test]
    fn fields_of_structs_are_members() {
        let geo = Column { name: "geo".into(), column_type: ColumnType::Struct, fields: vec![Column::new("it's", ColumnType::String), Column::new("size", ColumnType::Float)] };
        let tags = Column { name: "tags".into(), column_type: ColumnType::List, fields: vec![Column::new("element", ColumnType::String)] };
        let address = Column { name: "address".into(), column_type: ColumnType::Struct, fields: vec![Column::new("city", ColumnType::String), geo] };
        let columns = vec![address, tags, Column::new("address_city", ColumnType::String)];
        let model = generate("orders", "Orders", &DatasetSchema::new(columns, None).unwrap());
        let members: Vec<String> = model.dimensions.iter().map(|member| format!("{} {:?} {:?}", member.name, member.label, member.expression)).collect();
        assert_eq!(
            members,
            [
                r#"address_geo_it_s "Address geo it's" Some("\"address\"['geo']['it''s']")"#,
                r#"address_geo_size "Address geo size" Some("\"address\"['geo']['size']")"#,
                r#"address_city "Address city" None"#,
            ]
        );
        assert!(model.measures.iter().any(|measure| measure.name == "sum_address_geo_size" && measure.expression.is_some()));
    }
}
