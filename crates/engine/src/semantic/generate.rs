//! A model for a dataset that nobody has described yet: labels from names, measures and formats by the role of each column.

use std::collections::{HashMap, HashSet};

use super::geo;
use super::model::{Dimension, Measure, MeasureKind, Model};
use super::role::{Role, Traits, Words, role};
use crate::catalog::{Column, ColumnType, DatasetSchema};

/// The d3-format of whole numbers without separators: a year is 2013, not 2,013.
const PLAIN_DIGITS: &str = "d";

/// Words after which less is better.
const LOWER_IS_BETTER: &[&str] = &["delay", "latency", "error", "errors", "cost", "churn", "wait", "age"];

/// Names of currencies, of which there are formats for two.
const EUROS: &[&str] = &["eur", "euro", "euros"];
const DOLLARS: &[&str] = &["usd", "dollar", "dollars"];
const OTHER_MONEY: &[&str] = &["gbp", "pounds", "chf", "francs", "jpy", "yen", "cny", "inr", "rupees", "sek", "nok", "dkk", "pln", "czk", "brl", "cad", "aud"];

/// Makes the model of a dataset, with what is known of the values of its columns.
pub(crate) fn generate(name: &str, label: &str, schema: &DatasetSchema, seen: &HashMap<String, Traits>) -> Model {
    let mut sources: Vec<Source> = schema.columns.iter().flat_map(|column| sources_of(column, seen.get(&column.name).copied().unwrap_or_default())).collect();
    // A field may have the name of a column once its dots are gone: the column comes first.
    let mut taken: HashSet<String> = schema.columns.iter().map(|column| member_name(&column.name)).collect();
    sources.retain(|source| source.expression.is_none() || taken.insert(member_name(&source.name)));
    let count = Source { name: String::new(), label: String::new(), column_type: ColumnType::Integer, column: None, expression: None, role: Role::Bare };
    let mut measures = vec![measure("count", label.to_owned(), MeasureKind::Count, &count, Some("integer"))];
    measures.extend(sources.iter().flat_map(measures_of));
    let mut model = Model {
        name: name.to_owned(),
        dataset: name.to_owned(),
        label: label.to_owned(),
        description: None,
        meta: None,
        public: true,
        version: 0,
        // By the name of its dimension: a model that names none of its own loses its time without a word.
        time_dimension: schema.time_column.as_deref().map(member_name),
        dimensions: sources
            .iter()
            .map(|source| Dimension {
                name: member_name(&source.name),
                label: source.label.clone(),
                description: None,
                meta: None,
                public: true,
                column_type: source.column_type,
                column: source.column.clone(),
                expression: source.expression.clone(),
                format: (source.column_type == ColumnType::Integer && matches!(source.role, Role::Name | Role::PartOfTime)).then(|| PLAIN_DIGITS.to_owned()),
                same_as: None,
                granularities: Vec::new(),
                geo: None,
                latitude: None,
            })
            .collect(),
        measures: without_repeats(measures),
        joins: Vec::new(),
        segments: Vec::new(),
        hierarchies: Vec::new(),
        rollups: Vec::new(),
        access_policies: Vec::new(),
    };
    geo::guess(&mut model.dimensions);
    model
}

/// What members are made of: a column, or a field of a struct by its path.
struct Source {
    name: String,
    label: String,
    column_type: ColumnType,
    column: Option<String>,
    expression: Option<String>,
    role: Role,
}

/// A column, or the fields of a struct, of whose values nothing is known; lists are left to who knows what to ask of them.
fn sources_of(column: &Column, seen: Traits) -> Vec<Source> {
    match column.column_type {
        ColumnType::List => Vec::new(),
        ColumnType::Struct => {
            let mut sources = Vec::new();
            add_fields(column, &column.name, &format!("\"{}\"", column.name.replace('"', "\"\"")), &mut sources);
            sources
        }
        column_type => {
            let role = role(&Words::of(&column.name), column_type, seen);
            vec![Source { name: column.name.clone(), label: humanised(&column.name), column_type, column: Some(column.name.clone()), expression: None, role }]
        }
    }
}

fn add_fields(column: &Column, name: &str, expression: &str, sources: &mut Vec<Source>) {
    for field in &column.fields {
        let (name, expression) = (format!("{name}.{}", field.name), format!("{expression}['{}']", field.name.replace('\'', "''")));
        match field.column_type {
            ColumnType::List => {}
            ColumnType::Struct => add_fields(field, &name, &expression, sources),
            column_type => {
                let role = role(&Words::of(&name), column_type, Traits::default());
                sources.push(Source { label: humanised(&name.replace('.', " ")), name, column_type, column: None, expression: Some(expression), role });
            }
        }
    }
}

fn measures_of(source: &Source) -> Vec<Measure> {
    let (name, words) = (member_name(&source.name), Words::of(&source.name));
    let label = lower_first(&source.label);
    // "Share of late", not of "is late".
    let label = label.strip_prefix("is ").filter(|_| source.role == Role::Flag).unwrap_or(&label);
    let of = |prefix: &str, title: &str, kind, format| measure(&format!("{prefix}_{name}"), format!("{title} {label}"), kind, source, Some(format));
    let spread = |format| vec![of("avg", "Average", MeasureKind::Avg, format), of("min", "Least", MeasureKind::Min, format), of("max", "Greatest", MeasureKind::Max, format)];
    let mut made = match source.role {
        Role::Bare | Role::PartOfTime => Vec::new(),
        Role::Name => return vec![of("distinct", "Distinct", MeasureKind::CountDistinct, "integer")],
        Role::Flag => vec![of("sum", "Total", MeasureKind::Sum, "integer"), of("avg", "Share of", MeasureKind::Avg, "percent")],
        Role::Share => spread("percent"),
        Role::Level => spread(format_of(&words)),
        Role::Amount => {
            let mut made = spread(format_of(&words));
            made.insert(0, of("sum", "Total", MeasureKind::Sum, format_of(&words)));
            made
        }
    };
    for measure in &mut made {
        measure.lower_is_better = words.end_with(LOWER_IS_BETTER);
    }
    made
}

/// How numbers of a column are written.
fn format_of(words: &Words) -> &'static str {
    let last = words.last();
    if words.any_of(EUROS) {
        "currency_eur"
    } else if words.any_of(OTHER_MONEY) {
        "number"
    } else if words.any_of(DOLLARS) || ["revenue", "price", "amount"].iter().any(|money| last.contains(money)) {
        "currency_usd"
    } else if words.end_with(&["bytes"]) {
        "bytes"
    } else if words.end_with(&["minutes", "mins"]) {
        "duration_minutes"
    } else {
        "number"
    }
}

fn measure(name: &str, label: String, kind: MeasureKind, source: &Source, format: Option<&str>) -> Measure {
    Measure { name: name.to_owned(), label, kind, column: source.column.clone(), expression: source.expression.clone(), format: format.map(str::to_owned), ..Measure::default() }
}

/// A measure must not have the name of another one or of a dimension; columns that differ only in signs could make it so.
fn without_repeats(measures: Vec<Measure>) -> Vec<Measure> {
    let mut seen = HashSet::new();
    measures.into_iter().filter(|measure| seen.insert(measure.name.clone())).collect()
}

/// A column name as the second part of a member: no dots, because the first dot ends the model's name.
fn member_name(column: &str) -> String {
    column.chars().map(|character| if character.is_alphanumeric() { character } else { '_' }).collect()
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
        let model = generate("flights", "Flights", &DatasetSchema::new(columns, Some("time_hour".into())).unwrap(), &HashMap::new());
        let names: Vec<&str> = model.measures.iter().map(|measure| measure.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "count",
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
        assert_eq!(model.measures[2].label, "Average dep delay");
        assert!(model.measures[2].lower_is_better);
        let formats: Vec<_> = model.dimensions.iter().map(|dimension| dimension.format.as_deref()).collect();
        assert_eq!(formats, [None, Some("d"), None, None, None, None]);
        assert_eq!(model.time_dimension.as_deref(), Some("time_hour"));
    }

    #[test]
    fn members_and_formats_go_by_what_was_seen() {
        let columns = [
            ("ticket", ColumnType::Integer),
            ("is_late", ColumnType::Integer),
            ("conversion_rate", ColumnType::Float),
            ("lane", ColumnType::Integer),
            ("remark", ColumnType::String),
        ];
        let columns: Vec<Column> = columns.iter().map(|(name, column_type)| Column::new(*name, *column_type)).collect();
        let seen = [
            ("ticket", Traits { numbered: true, ..Traits::default() }),
            ("is_late", Traits { zero_or_one: true, ..Traits::default() }),
            ("conversion_rate", Traits { fraction: true, ..Traits::default() }),
            ("lane", Traits { constant: true, ..Traits::default() }),
            ("remark", Traits { prose: true, ..Traits::default() }),
        ];
        let seen = seen.into_iter().map(|(name, traits)| (name.to_owned(), traits)).collect();
        let model = generate("tickets", "Tickets", &DatasetSchema::new(columns, None).unwrap(), &seen);
        let measures: Vec<String> = model.measures.iter().map(|found| format!("{} {:?} {}", found.name, found.label, found.format.as_deref().unwrap())).collect();
        assert_eq!(
            measures,
            [
                r#"count "Tickets" integer"#,
                r#"distinct_ticket "Distinct ticket" integer"#,
                r#"sum_is_late "Total late" integer"#,
                r#"avg_is_late "Share of late" percent"#,
                r#"avg_conversion_rate "Average conversion rate" percent"#,
                r#"min_conversion_rate "Least conversion rate" percent"#,
                r#"max_conversion_rate "Greatest conversion rate" percent"#,
            ]
        );
        let dimensions: Vec<_> = model.dimensions.iter().map(|found| (found.name.as_str(), found.format.as_deref())).collect();
        assert_eq!(dimensions, [("ticket", Some("d")), ("is_late", None), ("conversion_rate", None), ("lane", None), ("remark", None)]);
    }

    #[test]
    fn formats_go_by_the_words_of_a_name() {
        for (name, format) in [
            ("unit price", "currency_usd"),
            ("revenue", "currency_usd"),
            ("amount_eur", "currency_eur"),
            ("priceGBP", "number"),
            ("fee_usd", "currency_usd"),
            ("sent_bytes", "bytes"),
            ("delay_minutes", "duration_minutes"),
            ("duration_ms", "number"),
            ("distance", "number"),
        ] {
            assert_eq!(format_of(&Words::of(name)), format, "{name}");
        }
    }

    #[test]
    fn a_time_column_of_several_words_is_the_time_of_the_model() {
        let columns = vec![Column::new("sold at", ColumnType::Timestamp), Column::new("amount", ColumnType::Float)];
        let model = generate("sales", "Sales", &DatasetSchema::new(columns, Some("sold at".into())).unwrap(), &HashMap::new());
        let (time, column) = (model.time_dimension.as_deref(), model.dimensions[0].column.as_deref());
        assert_eq!((time, column), (Some("sold_at"), Some("sold at")));
        assert_eq!(time, Some(model.dimensions[0].name.as_str()));
    }

    #[test]
    fn fields_of_structs_are_members() {
        let geo = Column { name: "geo".into(), column_type: ColumnType::Struct, fields: vec![Column::new("it's", ColumnType::String), Column::new("size", ColumnType::Float)] };
        let tags = Column { name: "tags".into(), column_type: ColumnType::List, fields: vec![Column::new("element", ColumnType::String)] };
        let address = Column { name: "address".into(), column_type: ColumnType::Struct, fields: vec![Column::new("city", ColumnType::String), geo] };
        let columns = vec![address, tags, Column::new("address_city", ColumnType::String)];
        let model = generate("orders", "Orders", &DatasetSchema::new(columns, None).unwrap(), &HashMap::new());
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

    #[test]
    fn places_have_their_roles() {
        let columns = vec![Column::new("pickup lat", ColumnType::Float), Column::new("pickup lon", ColumnType::Float), Column::new("city", ColumnType::String)];
        let model = generate("trips", "Trips", &DatasetSchema::new(columns, None).unwrap(), &HashMap::new());
        let roles: Vec<_> = model.dimensions.iter().map(|dimension| (dimension.geo.map(geo::GeoRole::name), dimension.latitude.as_deref())).collect();
        assert_eq!(roles, [(Some("latitude"), None), (Some("longitude"), Some("pickup_lat")), (Some("city"), None)]);
        geo::check(&model).unwrap();
    }
}
