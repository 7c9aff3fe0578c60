//! Models as a file of the format.

use serde_json::{Map, Value, json};

use super::super::{sql, write};
use super::read::{field_of, metric_of, of_relation};
use super::sealed;
use super::wire::{DataType, Dataset, Expression, Extension, Field, File, Metric, Relation, Role, SemanticModel, VERSION, Words};
use crate::catalog::ColumnType;
use crate::semantic::join::{Join, Relationship};
use crate::semantic::model::{Dimension, Measure, MeasureKind, Model};

/// Measures that are computed from each other in turn at most.
const DEPTH_MAX: usize = 12;

/// Models as YAML of the Open Semantic Interchange format, as one semantic model of a name. [`super::read_osi`] reads the same
/// models back.
pub fn write_osi(name: &str, models: &[Model]) -> String {
    let file = File {
        version: Some(VERSION.to_owned()),
        semantic_model: vec![SemanticModel {
            name: name.to_owned(),
            words: Words::default(),
            datasets: models.iter().map(|model| dataset(model, models)).collect(),
            relationships: models.iter().flat_map(|model| model.joins.iter().filter_map(|join| relation(model, join, models))).collect(),
            metrics: Vec::new(),
        }],
    };
    write::document(&serde_json::to_value(file).unwrap_or_default())
}

fn dataset(model: &Model, models: &[Model]) -> Dataset {
    let metrics: Vec<(usize, Metric)> = model.measures.iter().enumerate().filter_map(|(place, measure)| Some((place, metric(model, measure)?))).collect();
    // Everything of the model that is not said beside a field, a metric or a relationship.
    let mut rest = match serde_json::to_value(model) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    };
    rest.remove("dimensions");
    let said: Vec<usize> = metrics.iter().map(|(place, _)| *place).collect();
    rest.insert("measures".to_owned(), model.measures.iter().enumerate().filter(|(place, _)| !said.contains(place)).map(|(_, measure)| json!(measure)).collect());
    rest.insert("joins".to_owned(), model.joins.iter().filter(|join| relation(model, join, models).is_none()).map(|join| json!(join)).collect());
    let orders = json!({
        "measures": model.measures.iter().map(|measure| measure.name.as_str()).collect::<Vec<_>>(),
        "joins": model.joins.iter().map(|join| join.name.as_str()).collect::<Vec<_>>(),
    });
    let extension = json!({ "model": rest, "order": orders });
    Dataset {
        name: model.name.clone(),
        source: Value::from(model.dataset.as_str()),
        words: Words { description: Some(told(model.description.as_ref(), &model.label)), ai_context: None, custom_extensions: vec![Extension::new(&extension)] },
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        fields: model.dimensions.iter().map(|dimension| field(model, dimension)).collect(),
        metrics: metrics.into_iter().map(|(_, metric)| metric).collect(),
    }
}

/// What the format calls a description: ours, or else what people read.
fn told(description: Option<&String>, label: &str) -> String {
    description.map_or(label, String::as_str).to_owned()
}

fn field(model: &Model, dimension: &Dimension) -> Field {
    let text = dimension.expression.clone().unwrap_or_else(|| sql::column(dimension.column.as_deref().unwrap_or(&dimension.name)).to_string());
    let datatype = match dimension.column_type {
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Integer => DataType::Integer,
        ColumnType::Float => DataType::Float,
        ColumnType::String => DataType::String,
        ColumnType::Date => DataType::Date,
        ColumnType::Timestamp => DataType::DateTimeTz,
        ColumnType::Struct | ColumnType::List => DataType::Opaque,
    };
    let is_time = model.time_dimension.as_deref() == Some(&dimension.name);
    let mut field = Field {
        name: dimension.name.clone(),
        expression: Expression::new(text.clone()),
        datatype: Some(datatype),
        dimension: is_time.then_some(Role { is_time: Some(true) }),
        label: None,
        words: Words { description: Some(told(dimension.description.as_ref(), &dimension.label)), ..Words::default() },
    };
    if field_of(&field, &|_| None).as_ref() != Ok(dimension) {
        field.words.custom_extensions.push(Extension::new(&sealed(&json!(dimension), &text)));
    }
    field
}

/// A measure as a metric, where standard SQL has one.
fn metric(model: &Model, measure: &Measure) -> Option<Metric> {
    // A metric and a field of one dataset share their names' room.
    if model.dimensions.iter().any(|dimension| dimension.name == measure.name) {
        return None;
    }
    let text = aggregate(model, measure, DEPTH_MAX)?;
    let mut words = Words { description: Some(told(measure.description.as_ref(), &measure.label)), ..Words::default() };
    let reads_back = metric_of(&measure.name, &text, &mut |parts| match parts {
        [one] => Ok(sql::column(&one.value)),
        _ => Err("it names a table".to_owned()),
    });
    if !reads_back.is_ok_and(|(measures, _)| measures == std::slice::from_ref(measure)) {
        words.custom_extensions.push(Extension::new(&sealed(&json!(measure), &text)));
    }
    Some(Metric { name: measure.name.clone(), expression: Expression::new(text), datatype: None, words })
}

fn aggregate(model: &Model, measure: &Measure, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    if !measure.filters.is_empty() {
        return None;
    }
    let find = |name: &str| {
        let name = name.strip_prefix(&model.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        model.measures.iter().find(|other| other.name == name)
    };
    let over = measure.expression.clone().or_else(|| measure.column.as_deref().map(|column| sql::column(column).to_string()));
    let text = match measure.kind {
        MeasureKind::Count => format!("COUNT({})", over.unwrap_or_else(|| "*".to_owned())),
        MeasureKind::Sum => format!("SUM({})", over?),
        MeasureKind::Avg => format!("AVG({})", over?),
        MeasureKind::Min => format!("MIN({})", over?),
        MeasureKind::Max => format!("MAX({})", over?),
        MeasureKind::CountDistinct => format!("COUNT(DISTINCT {})", over?),
        MeasureKind::CountDistinctApprox => format!("APPROX_COUNT_DISTINCT({})", over?),
        MeasureKind::Ratio => {
            let (above, below) = (find(measure.measure.as_deref()?)?, find(measure.denominator.as_deref()?)?);
            // A division of whole numbers cuts off in standard SQL, and one by zero fails.
            format!("1.0 * ({}) / NULLIF({}, 0)", aggregate(model, above, depth)?, aggregate(model, below, depth)?)
        }
        // Divisions would have to be written as they are meant here; a formula with one is ours alone.
        MeasureKind::Number => formula(measure.expression.as_deref().filter(|text| !text.contains(['/', '\'', '"']))?, |name| aggregate(model, find(name)?, depth))?,
        _ => return None,
    };
    (text.len() <= sql::EXPRESSION_MAX_BYTES).then_some(text)
}

/// A formula with the aggregates put in.
fn formula(text: &str, of: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut written, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        written.push_str(&format!("{before}({})", of(name.trim())?));
        if written.len() > sql::EXPRESSION_MAX_BYTES {
            return None;
        }
        rest = after;
    }
    written.push_str(rest);
    Some(written)
}

/// A join as a relationship, from the many to the one. One to a model that is not written has no place but the extension.
fn relation(model: &Model, join: &Join, models: &[Model]) -> Option<Relation> {
    models.iter().find(|other| other.name == join.target())?;
    let own: Vec<String> = join.on.iter().map(|key| key.column.clone()).collect();
    let others: Vec<String> = join.on.iter().map(|key| key.other.clone()).collect();
    // The same way seen from its other end is not written twice: readers would see two ways.
    let mirrored = |other: &&Join| {
        other.target() == model.name && other.on.len() == join.on.len() && other.on.iter().zip(&join.on).all(|(its, own)| its.column == own.other && its.other == own.column)
    };
    let is_mirrored = models.iter().filter(|other| other.name == join.target()).flat_map(|other| &other.joins).any(|other| mirrored(&other));
    if join.relationship == Relationship::OneToMany && is_mirrored {
        return None;
    }
    let name = format!("{}_{}", model.name, join.name);
    let mut relation = match join.relationship {
        Relationship::ManyToOne | Relationship::OneToOne => {
            Relation { name, from: model.name.clone(), to: join.target().to_owned(), from_columns: own, to_columns: others, words: Words::default() }
        }
        Relationship::OneToMany => Relation { name, from: join.target().to_owned(), to: model.name.clone(), from_columns: others, to_columns: own, words: Words::default() },
    };
    let is = json!({ "model": model.name, "join": join });
    relation.words.custom_extensions.push(Extension::new(&sealed(&is, &of_relation(&relation))));
    Some(relation)
}
