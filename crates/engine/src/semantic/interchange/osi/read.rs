//! A file of the format as models.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::sqlparser::ast::{Expr, Ident};
use serde_json::{Map, Value};

use super::super::notes::{Imported, Notes};
use super::super::origins::{Fields, Origins, Spot, Spots};
use super::super::sql::{self, Names, Over, Reason};
use super::super::{aggregate, dataset_of, empty_model, text};
use super::unsealed;
use super::wire::{DataType, Dataset, Field, File, Metric, Relation, SemanticModel, VENDOR, Words};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::semantic::generate::humanised;
use crate::semantic::join::{Join, JoinKey, Relationship};
use crate::semantic::model::{Dimension, Measure, Model};

/// Datasets at most.
const DATASETS_MAX: usize = 1_000;
/// Fields and metrics of a dataset at most, of each.
const MEMBERS_MAX: usize = 2_000;
/// Relationships of a semantic model at most.
const RELATIONS_MAX: usize = 1_000;

/// What we have written of a thing is of no use once somebody has changed the thing.
const EDITED: &str = "it is read as it stands; what an extension of TIDEMILL says of it is of what it was before";

/// Reads a file of the Open Semantic Interchange format (Apache Ossie), version 0.1 and the draft of 0.2.
///
/// Files of version 0.1 do not say what type a field has. `column_type` says it for a column of a dataset, where that is
/// known; a field whose type nobody knows is left out.
///
/// ```
/// let text = "
/// version: 0.1.1
/// semantic_model:
///   - name: shop
///     datasets:
///       - name: orders
///         source: sales.public.orders
///         fields:
///           - {name: amount, expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}}
///     metrics:
///       - {name: revenue, expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount)}]}}
/// ";
/// let imported = tidemill::interchange::read_osi("shop.yaml", text, &|_dataset, _column| Some(tidemill::ColumnType::Float))?;
/// assert_eq!(imported.models[0].measures[0].column.as_deref(), Some("amount"));
/// # Ok::<(), tidemill::Error>(())
/// ```
///
/// # Errors
/// `Invalid` for what is no file of the format, with file, line and column; `Exhausted` for one that is too large. What a
/// model cannot say is no error: it is left out and named in the notes.
pub fn read_osi(file_name: &str, content: &str, column_type: &dyn Fn(&str, &str) -> Option<ColumnType>) -> Result<Imported> {
    let file: File = text::read(file_name, content)?;
    let mut origins = Origins::default();
    let whole = Spot::new(origins.add_file(file_name, content), "", "");
    let count: usize = file.semantic_model.iter().map(|model| model.datasets.len()).sum();
    if count > DATASETS_MAX {
        return Err(Error::exhausted(format!("{file_name}: there are {count} datasets; at most {DATASETS_MAX} are read at once")));
    }
    if let Some(version) = file.version.as_deref().filter(|version| !version.starts_with("0.1") && !version.starts_with("0.2")) {
        let place = origins.place(&whole.part("version")).map_or_else(|| file_name.to_owned(), |origin| origin.to_string());
        return Err(Error::invalid(format!("{place}: version {version} of the format is not known here; 0.1 and 0.2 are")).at("version"));
    }
    let mut notes = Notes::default();
    let mut models: Vec<Model> = Vec::new();
    for (index, model) in file.semantic_model.iter().enumerate() {
        let taken = models.iter().map(|model| model.name.clone()).collect();
        let spot = whole.inner(&format!("semantic_model[{index}]"), &model.name);
        for (model, fields) in semantic_model(model, &spot, &taken, column_type, &mut notes) {
            origins.add(&model.name, fields);
            models.push(model);
        }
    }
    Ok(Imported { models, views: Vec::new(), notes: notes.into_vec(&origins), origins })
}

/// A dataset on its way to be a model.
struct Table<'a> {
    wire: &'a Dataset,
    spot: Spot,
    model: Model,
    /// Where that was read from which is in the model.
    spots: Spots,
    /// What its fields are, by their names.
    fields: BTreeMap<String, Expr>,
    /// In which order measures and joins stood, where we know.
    order: Map<String, Value>,
}

fn semantic_model(wire: &SemanticModel, spot: &Spot, taken: &BTreeSet<String>, column_type: &dyn Fn(&str, &str) -> Option<ColumnType>, notes: &mut Notes) -> Vec<(Model, Fields)> {
    words(&wire.name, spot, &wire.words, false, notes);
    let sources: Vec<Result<String, Reason>> = wire.datasets.iter().map(source).collect();
    let mut tables: Vec<Table<'_>> = Vec::new();
    for (index, (dataset, source)) in wire.datasets.iter().zip(&sources).enumerate() {
        let spot = spot.inner(&format!("datasets[{index}]"), &dataset.name);
        let name = match source {
            Ok(name) => name.clone(),
            Err(reason) => {
                notes.left_out(&spot, reason);
                continue;
            }
        };
        if taken.contains(&name) || sources.iter().filter(|other| other.as_ref() == Ok(&name)).count() > 1 {
            notes.left_out(&spot, format!("the dataset {name} has one model, and several of the file are of it"));
        } else if tables.iter().any(|other| other.wire.name == dataset.name) {
            notes.left_out(&spot, "its name stands twice");
        } else {
            tables.push(table(dataset, spot, &name, column_type, notes));
        }
    }
    for place in 0..tables.len() {
        let Some(table) = tables.get_mut(place) else { continue };
        let wire = table.wire;
        for (index, metric) in wire.metrics.iter().enumerate() {
            let spot = named(&table.spot, "metrics", index, &metric.name);
            own_metric(table, metric, &spot, notes);
        }
    }
    if wire.metrics.len() > MEMBERS_MAX || wire.relationships.len() > RELATIONS_MAX {
        notes.left_out(spot, format!("metrics behind the first {MEMBERS_MAX} and relationships behind the first {RELATIONS_MAX}"));
    }
    for (index, metric) in wire.metrics.iter().take(MEMBERS_MAX).enumerate() {
        let spot = named(spot, "metrics", index, &metric.name);
        if let Err(reason) = shared_metric(&mut tables, wire.datasets.len(), metric, &spot, notes) {
            notes.left_out(&spot, reason);
        }
    }
    for (index, relation) in wire.relationships.iter().take(RELATIONS_MAX).enumerate() {
        let spot = named(spot, "relationships", index, &relation.name);
        words(&wire.name, &spot, &relation.words, false, notes);
        let kept = kept_join(&tables, relation);
        if kept.is_none() && relation.words.ours().is_some() {
            notes.changed(&spot, EDITED);
        }
        match kept.map_or_else(|| join(&tables, wire, relation), Ok) {
            Ok((place, join)) => {
                if let Some(table) = tables.get_mut(place) {
                    table.spots.insert(("joins", join.name.clone()), spot);
                    table.model.joins.push(join);
                }
            }
            Err(reason) => notes.left_out(&spot, reason),
        }
    }
    tables.into_iter().map(ordered).collect()
}

/// One of a list.
fn named(spot: &Spot, list: &str, index: usize, name: &str) -> Spot {
    spot.inner(&format!("{list}[{index}]"), &format!("{list}.{name}"))
}

/// The dataset that a source is.
fn source(dataset: &Dataset) -> Result<String, Reason> {
    let Value::String(source) = &dataset.source else { return Err("its source is no table".to_owned()) };
    if dataset.fields.len() > MEMBERS_MAX || dataset.metrics.len() > MEMBERS_MAX {
        return Err(format!("it has more than {MEMBERS_MAX} fields or metrics"));
    }
    dataset_of(source)
}

fn table<'a>(wire: &'a Dataset, spot: Spot, name: &str, column_type: &dyn Fn(&str, &str) -> Option<ColumnType>, notes: &mut Notes) -> Table<'a> {
    let ours = wire.words.ours();
    let is_ours = ours.is_some();
    words(&spot.path, &spot, &wire.words, true, notes);
    for (key, empty) in [("primary_key", wire.primary_key.is_empty()), ("unique_keys", wire.unique_keys.is_empty())] {
        if !empty {
            notes.dropped(&spot.path, &spot, key);
        }
    }
    if wire.name != name {
        notes.changed(&spot, format!("a model has the name of its dataset, so it is {name} here"));
    }
    let (mut model, order, has_rest) = match ours.and_then(|ours| rest_of(ours, name)) {
        Some((model, order)) => (model, order, true),
        None => {
            let model = empty_model(name, humanised(&wire.name));
            (Model { description: described(&wire.words, &model.label), ..model }, Map::new(), false)
        }
    };
    if is_ours && !has_rest {
        notes.changed(&spot, "what stands beside it in our extension cannot be read, so segments, hierarchies, rollups, balances and access policies are not taken over");
    }
    let (mut fields, mut times, mut told) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut spots = Spots::new();
    for (index, field) in wire.fields.iter().enumerate() {
        let place = named(&spot, "fields", index, &field.name);
        words(&spot.path, &place, &field.words, true, notes);
        if field.label.is_some() {
            notes.dropped(&spot.path, &place, "label");
        }
        // A metric may be computed from a field that is no dimension here.
        let expression = standard(&field.expression).and_then(scalar);
        if let Ok(expression) = &expression {
            fields.entry(field.name.clone()).or_insert_with(|| expression.clone());
        }
        let kept = field.expression.standard().and_then(|text| unsealed(field.words.ours(), text)).and_then(|is| serde_json::from_value::<Dimension>(is).ok());
        let kept = kept.filter(|kept| kept.name == field.name);
        if kept.is_none() && field.words.ours().is_some() {
            notes.changed(&place, EDITED);
        }
        let dimension = match kept {
            Some(kept) => Ok(kept),
            None => field_of(field, &|column| column_type(name, column)).map(|found| Dimension { description: described(&field.words, &found.label), ..found }),
        };
        match dimension {
            Ok(dimension) if model.dimensions.iter().any(|other| other.name == dimension.name) => notes.left_out(&place, "its name stands twice"),
            Ok(dimension) if dimension.name.is_empty() || dimension.name.contains('.') => notes.left_out(&place, "its name is empty or has a dot"),
            Ok(dimension) => {
                let is_time = matches!(dimension.column_type, ColumnType::Timestamp | ColumnType::Date);
                match field.dimension.as_ref().and_then(|role| role.is_time) {
                    Some(true) if is_time => told.push(dimension.name.clone()),
                    None if is_time => times.push(dimension.name.clone()),
                    Some(true) => notes.changed(&place, "it is a dimension like others here: time is dates and instants"),
                    _ => {}
                }
                spots.insert(("dimensions", dimension.name.clone()), place);
                model.dimensions.push(dimension);
            }
            Err(reason) => notes.left_out(&place, reason),
        }
    }
    if !has_rest {
        let times = if told.is_empty() { times } else { told };
        match times.as_slice() {
            [] => {}
            [one] => model.time_dimension = Some(one.clone()),
            several => notes.changed(&spot, format!("which of {} places rows in time is not said; set time_dimension", several.join(", "))),
        }
    }
    Table { wire, spot, model, spots, fields, order }
}

/// What we have written of a model beside its dataset: everything but what stands in the open part.
fn rest_of(ours: Value, name: &str) -> Option<(Model, Map<String, Value>)> {
    let Value::Object(mut ours) = ours else { return None };
    let (Some(Value::Object(mut rest)), Some(Value::Object(order))) = (ours.remove("model"), ours.remove("order")) else { return None };
    if rest.get("name").and_then(Value::as_str) != Some(name) || rest.get("dataset").and_then(Value::as_str) != Some(name) {
        return None;
    }
    rest.insert("dimensions".to_owned(), Value::Array(Vec::new()));
    let model = serde_json::from_value(Value::Object(rest)).ok()?;
    Some((model, order))
}

fn standard(expression: &super::wire::Expression) -> Result<&str, Reason> {
    expression.standard().ok_or_else(|| "it has no expression in standard SQL (ANSI_SQL)".to_owned())
}

/// An expression over the columns of a dataset.
fn scalar(text: &str) -> Result<Expr, Reason> {
    sql::portable(text, Over::Row, &mut |parts| match parts {
        [one] => Ok(sql::column(&one.value)),
        _ => Err("it names a table; write columns alone".to_owned()),
    })
}

/// A field as a dimension. `known` says the types of columns.
pub(super) fn field_of(field: &Field, known: &dyn Fn(&str) -> Option<ColumnType>) -> Result<Dimension, Reason> {
    let expression = scalar(standard(&field.expression)?)?;
    let column = sql::as_column(&expression).map(str::to_owned);
    let told = match field.datatype {
        Some(DataType::String) => Some(ColumnType::String),
        Some(DataType::Integer) => Some(ColumnType::Integer),
        Some(DataType::Decimal | DataType::Float) => Some(ColumnType::Float),
        Some(DataType::Boolean) => Some(ColumnType::Boolean),
        Some(DataType::Date) => Some(ColumnType::Date),
        Some(DataType::DateTime | DataType::DateTimeTz) => Some(ColumnType::Timestamp),
        Some(DataType::Time | DataType::Opaque) => return Err("there is no column type here for what it holds".to_owned()),
        None => None,
    };
    let column_type = column.as_deref().and_then(known).or(told).or_else(|| sql::type_of(&expression));
    let column_type = column_type.ok_or("its type is not known: say its datatype, or load the dataset first")?;
    Ok(Dimension {
        name: field.name.clone(),
        label: humanised(&field.name),
        description: None,
        meta: None,
        public: true,
        column_type,
        expression: if column.is_some() { None } else { Some(expression.to_string()) },
        column: column.filter(|column| *column != field.name),
        format: None,
        same_as: None,
        granularities: Vec::new(),
        geo: None,
        latitude: None,
    })
}

/// A metric as a measure and what it is computed from; the last one has the name.
pub(super) fn metric_of(name: &str, text: &str, names: Names<'_>) -> Result<(Vec<Measure>, bool), Reason> {
    let metric = aggregate::read(text, names)?;
    let divides = metric.divides_whole_numbers;
    Ok((metric.measures(name, &humanised(name), &[], &|_| false)?, divides))
}

/// The same for a metric of the file, beside what is in the model already.
fn measures_of(metric: &Metric, text: &str, names: Names<'_>, model: &Model) -> Result<(Vec<Measure>, bool), Reason> {
    let read = aggregate::read(text, names)?;
    let divides = read.divides_whole_numbers;
    let mut measures = read.measures(&metric.name, &humanised(&metric.name), &model.measures, &|part| taken(model, part))?;
    if let Some(measure) = measures.iter_mut().find(|measure| measure.name == metric.name) {
        measure.description = described(&metric.words, &measure.label);
    }
    Ok((measures, divides))
}

/// A metric of a dataset: names alone are columns of the source, names behind the dataset's are its fields.
fn own_metric(table: &mut Table<'_>, metric: &Metric, spot: &Spot, notes: &mut Notes) {
    let text = match standard(&metric.expression) {
        Ok(text) => text,
        Err(reason) => return notes.left_out(spot, reason),
    };
    let (fields, own) = (&table.fields, &table.wire.name);
    let mut names = |parts: &[Ident]| match parts {
        [one] => Ok(sql::column(&one.value)),
        [dataset, field] if same(dataset, own) => field_named(fields, own, field),
        _ => Err("it names another dataset".to_owned()),
    };
    let kept = kept_measure(metric, text);
    if kept.is_none() && metric.words.ours().is_some() {
        notes.changed(spot, EDITED);
    }
    let measures = match kept {
        Some(kept) => Ok((vec![kept], false)),
        None => measures_of(metric, text, &mut names, &table.model),
    };
    put(table, metric, measures, spot, notes);
}

/// A metric of the whole semantic model: it is a measure of the one dataset whose fields it names, or of the only one of the
/// `datasets` that the file has.
fn shared_metric(tables: &mut [Table<'_>], datasets: usize, metric: &Metric, spot: &Spot, notes: &mut Notes) -> Result<(), Reason> {
    let text = standard(&metric.expression)?;
    let mut named: BTreeSet<usize> = BTreeSet::new();
    let mut names = |parts: &[Ident]| match parts {
        [dataset, field] => {
            let place = tables.iter().position(|table| same(dataset, &table.wire.name)).ok_or_else(|| format!("{} is no dataset that is read", dataset.value))?;
            named.insert(place);
            tables.get(place).map_or_else(|| Err(String::new()), |table| field_named(&table.fields, &table.wire.name, field))
        }
        _ => Err("a name stands without its dataset; write dataset.field".to_owned()),
    };
    aggregate::read(text, &mut names)?;
    let place = match (named.into_iter().collect::<Vec<_>>().as_slice(), datasets) {
        ([one], _) => *one,
        ([], 1) => 0,
        ([], _) => return Err("which dataset's rows it counts is not said".to_owned()),
        _ => return Err("it is computed from several datasets, which are joined there; make a measure of each, and a formula over both (model.measure)".to_owned()),
    };
    let Some(table) = tables.get_mut(place) else { return Ok(()) };
    let (fields, own) = (&table.fields, &table.wire.name);
    let mut names = |parts: &[Ident]| match parts {
        [_, field] => field_named(fields, own, field),
        _ => Err("a name stands without its dataset".to_owned()),
    };
    let measures = measures_of(metric, text, &mut names, &table.model);
    put(table, metric, measures, spot, notes);
    Ok(())
}

fn put(table: &mut Table<'_>, metric: &Metric, measures: Result<(Vec<Measure>, bool), Reason>, spot: &Spot, notes: &mut Notes) {
    words(&table.spot.path, spot, &metric.words, true, notes);
    let (measures, divides) = match measures {
        Ok(found) => found,
        Err(reason) => return notes.left_out(spot, reason),
    };
    if taken(&table.model, &metric.name) || metric.name.is_empty() || metric.name.contains(['.', '{', '}']) {
        return notes.left_out(spot, "its name is one of the model already, or has a dot or a brace");
    }
    if divides {
        notes.changed(spot, aggregate::DIVISION);
    }
    for measure in measures {
        if measure.name != metric.name {
            notes.changed(spot, format!("the measure {} is new: {} is computed from it", measure.name, metric.name));
        }
        table.spots.insert(("measures", measure.name.clone()), spot.clone());
        table.model.measures.push(measure);
    }
}

fn kept_measure(metric: &Metric, text: &str) -> Option<Measure> {
    let is = unsealed(metric.words.ours(), text)?;
    serde_json::from_value::<Measure>(is).ok().filter(|measure| measure.name == metric.name)
}

fn taken(model: &Model, name: &str) -> bool {
    model.dimensions.iter().any(|dimension| dimension.name == name) || model.measures.iter().any(|measure| measure.name == name)
}

/// Whether a name in SQL is a name of the file: without quotes case does not count.
fn same(ident: &Ident, name: &str) -> bool {
    if ident.quote_style.is_none() { ident.value.eq_ignore_ascii_case(name) } else { ident.value == name }
}

fn field_named(fields: &BTreeMap<String, Expr>, dataset: &str, field: &Ident) -> Result<Expr, Reason> {
    let found = fields.get(&field.value).or_else(|| fields.iter().find(|(name, _)| same(field, name)).map(|(_, expression)| expression));
    match found {
        Some(expression) if sql::as_column(expression).is_some() => Ok(expression.clone()),
        Some(expression) => Ok(Expr::Nested(Box::new(expression.clone()))),
        None => Err(format!("{dataset} has no field {} that is taken over", field.value)),
    }
}

/// The open part of a relationship, to see whether it is still the one that was written.
pub(super) fn of_relation(relation: &Relation) -> String {
    format!("{}({}) -> {}({})", relation.from, relation.from_columns.join(", "), relation.to, relation.to_columns.join(", "))
}

/// A relationship as a join, and the place of the model that has it.
fn join(tables: &[Table<'_>], wire: &SemanticModel, relation: &Relation) -> Result<(usize, Join), Reason> {
    let find = |name: &str| {
        let found = tables.iter().enumerate().find(|(_, table)| table.wire.name == name);
        found.ok_or_else(|| format!("{name} is no dataset that is read"))
    };
    let ((place, from), (_, to)) = (find(&relation.from)?, find(&relation.to)?);
    if relation.from_columns.is_empty() || relation.from_columns.len() != relation.to_columns.len() || relation.from_columns.len() > 8 {
        return Err("it needs as many columns from as to, one to eight".to_owned());
    }
    // Where several lead to one dataset, what tells them apart is their own name.
    let several = wire.relationships.iter().filter(|other| (&other.from, &other.to) == (&relation.from, &relation.to)).count() > 1;
    let name = if several { relation.name.clone() } else { relation.to.clone() };
    let is_taken = name == from.model.name || from.model.joins.iter().any(|join| join.name == name);
    if name.is_empty() || name.contains('.') || is_taken {
        return Err(format!("{name} has a dot, or is a name of something else already"));
    }
    let pairs = relation.from_columns.iter().zip(&relation.to_columns);
    let on = pairs.map(|(column, other)| Ok(JoinKey { column: key(from, column)?, other: key(to, other)? })).collect::<Result<_, Reason>>()?;
    let target = Some(to.model.name.clone()).filter(|target| *target != name);
    Ok((place, Join { name, model: target, relationship: Relationship::ManyToOne, on }))
}

/// A column of a relationship. Where a field of the same name is something else, nobody can say which is meant.
fn key(table: &Table<'_>, column: &str) -> Result<String, Reason> {
    match table.fields.get(column) {
        Some(expression) if sql::as_column(expression) != Some(column) => Err(format!("{column} is a column and a field that is something else")),
        _ => Ok(column.to_owned()),
    }
}

/// The join that we have written a relationship for, when it still stands as it was.
fn kept_join(tables: &[Table<'_>], relation: &Relation) -> Option<(usize, Join)> {
    let Value::Object(mut is) = unsealed(relation.words.ours(), &of_relation(relation))? else { return None };
    let owner = is.remove("model")?;
    let join: Join = serde_json::from_value(is.remove("join")?).ok()?;
    let place = tables.iter().position(|table| Some(table.model.name.as_str()) == owner.as_str())?;
    let is_free = tables.get(place).is_some_and(|table| !table.model.joins.iter().any(|other| other.name == join.name));
    is_free.then_some((place, join))
}

/// A model with its measures and joins in the order that we know of, and where they were read from.
fn ordered(table: Table<'_>) -> (Model, Fields) {
    let Table { mut model, order, spot, spots, .. } = table;
    let place = |key: &str, name: &str| {
        let names = order.get(key).and_then(Value::as_array);
        names.and_then(|names| names.iter().position(|known| known.as_str() == Some(name))).unwrap_or(usize::MAX)
    };
    model.measures.sort_by_cached_key(|measure| place("measures", &measure.name));
    model.joins.sort_by_cached_key(|join| place("joins", &join.name));
    let fields = Fields::of_model(&model, &spot, &spots);
    (model, fields)
}

/// What somebody wrote of a thing, unless it is only what people read as its label: so we write what has no description.
fn described(words: &Words, label: &str) -> Option<String> {
    words.description.clone().filter(|description| !description.trim().is_empty() && description != label)
}

/// Notes what is said beside the meaning and has no place. `described`: the thing has a place for a description.
fn words(root: &str, spot: &Spot, words: &Words, described: bool, notes: &mut Notes) {
    let ours = words.ours().is_some();
    if words.description.is_some() && !ours && !described {
        notes.dropped(root, spot, "description");
    }
    if words.ai_context.is_some() {
        notes.dropped(root, spot, "ai_context");
    }
    for extension in words.custom_extensions.iter().filter(|extension| extension.vendor_name != VENDOR) {
        notes.dropped(root, spot, &format!("the extension of {}", sql::shortened(&extension.vendor_name)));
    }
    if !ours && words.custom_extensions.iter().any(|extension| extension.vendor_name == VENDOR) {
        notes.changed(spot, "the extension of TIDEMILL is not read: it is no JSON");
    }
}
