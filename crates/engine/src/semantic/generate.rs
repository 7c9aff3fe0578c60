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

/// Words after which less is better.
const LOWER_IS_BETTER: &[&str] = &["delay", "latency", "error", "errors", "cost", "churn", "wait", "age"];

/// Numbers whose sum means nothing.
const NOT_ADDITIVE: &[&str] =
    &["price", "rate", "ratio", "percent", "pct", "temp", "temperature", "dewp", "humid", "pressure", "speed", "gust", "dir", "visib", "score", "age", "alt", "altitude"];

/// Makes the model of a dataset.
pub(crate) fn generate(name: &str, label: &str, schema: &DatasetSchema) -> Model {
    let mut measures = vec![measure("count", label.to_owned(), MeasureKind::Count, None, Some("integer"))];
    for column in &schema.columns {
        measures.extend(measures_of(column));
    }
    Model {
        name: name.to_owned(),
        dataset: name.to_owned(),
        label: label.to_owned(),
        version: 0,
        time_dimension: schema.time_column.clone(),
        dimensions: schema
            .columns
            .iter()
            .map(|column| Dimension {
                name: member_name(&column.name),
                label: humanised(&column.name),
                column_type: column.column_type,
                column: Some(column.name.clone()),
                expression: None,
                format: None,
            })
            .collect(),
        measures: without_repeats(measures),
        rollups: Vec::new(),
    }
}

fn measures_of(column: &Column) -> Vec<Measure> {
    let (name, label) = (member_name(&column.name), humanised(&column.name));
    let of = |prefix: &str, title: &str, kind, format| measure(&format!("{prefix}_{name}"), format!("{title} {}", lower_first(&label)), kind, Some(&column.name), format);
    let last = last_word(&column.name);
    match column.column_type {
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

fn measure(name: &str, label: String, kind: MeasureKind, column: Option<&str>, format: Option<&str>) -> Measure {
    Measure {
        name: name.to_owned(),
        label,
        kind,
        column: column.map(str::to_owned),
        expression: None,
        quantile: None,
        filters: Vec::new(),
        format: format.map(str::to_owned),
        lower_is_better: false,
    }
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
        let columns = columns.iter().map(|(name, column_type)| Column { name: (*name).to_owned(), column_type: *column_type }).collect();
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
        assert_eq!(model.dimensions.len(), 6);
        assert_eq!(model.time_dimension.as_deref(), Some("time_hour"));
    }
}
