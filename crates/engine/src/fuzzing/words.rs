//! Words that somebody else wrote: models as files, ours and those of other tools, access policies, ranges of dates. What is read and
//! written again is the same, and an error says where.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use datafusion::common::DFSchema;
use object_store::memory::InMemory;
use serde::Deserialize;

use super::settled;
use crate::catalog::{Column, ColumnType, DatasetSchema};
use crate::error::{Error, ErrorKind, Result};
use crate::functions::bucket::bucket_of;
use crate::query::session::Session;
use crate::scope::UserAttributes;
use crate::semantic::business::BusinessDays;
use crate::semantic::calendar::Calendar;
use crate::semantic::date::{self, Reference};
use crate::semantic::{AccessPolicy, DateRange, Interval, Model, View, access, generate, interchange};
use crate::settings::Settings;

/// Longest text that is read again: what is written may be longer than what was read.
const AGAIN_MAX_BYTES: usize = 1 << 20;

/// A model or a view of ours, as YAML and as JSON.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn model(bytes: &[u8]) -> std::result::Result<(), String> {
    if let Ok(model) = serde_json::from_slice::<Model>(bytes) {
        let written = serde_json::to_vec(&model).map_err(|error| error.to_string())?;
        if serde_json::from_slice::<Model>(&written).ok().as_ref() != Some(&model) {
            return Err("a model that was written as JSON is not the same when it is read".to_owned());
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let Some(read) = placed(interchange::read_documents("m.yaml", text), "m.yaml")? else { return Ok(()) };
    again(&read.models)?;
    views_again(&read.views)
}

/// A data model of Cube.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn cube(bytes: &[u8]) -> std::result::Result<(), String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let Some(imported) = placed(interchange::read_cubes(&[("c.yml", text)]), "c.yml")? else { return Ok(()) };
    noted(&imported)?;
    again(&imported.models)?;
    views_again(&imported.views)
}

/// A file of Open Semantic Interchange.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn osi(bytes: &[u8]) -> std::result::Result<(), String> {
    let types = |_: &str, column: &str| (!column.len().is_multiple_of(3)).then_some(ColumnType::Float);
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let Some(imported) = placed(interchange::read_osi("o.yaml", text, &types), "o.yaml")? else { return Ok(()) };
    noted(&imported)?;
    let written = interchange::write_osi("again", &imported.models);
    if written.len() > AGAIN_MAX_BYTES {
        return Ok(());
    }
    let read = interchange::read_osi("o.yaml", &written, &types).map_err(|error| format!("what was written is not read: {error}"))?;
    let names = |models: &[Model]| models.iter().map(|model| model.name.clone()).collect::<Vec<_>>();
    if names(&read.models) != names(&imported.models) {
        return Err("models that were written are others when they are read".to_owned());
    }
    again(&imported.models)
}

/// Instants about which clocks are put in some of [`CALENDARS`]: in Samoa over a whole day, on Lord Howe Island by half an hour.
const CLOCKS: [i64; 4] = [1_325_282_400, 1_365_280_800, 1_381_072_500, 1_767_225_600];
/// Where dates are read.
const CALENDARS: [&str; 4] = ["UTC", "Pacific/Apia", "Australia/Lord_Howe weeks-Sun years-4 days-6", "America/Sao_Paulo days-23"];

/// A range, a date or the width of a bucket as somebody types it; two lines are the two ends of a range.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn dates(bytes: &[u8]) -> std::result::Result<(), String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let range = match text.split_once('\n') {
        Some((from, to)) => DateRange::Between([from.to_owned(), to.to_owned()]),
        None => DateRange::Named(text.to_owned()),
    };
    for (seconds, calendar) in CLOCKS.iter().flat_map(|clock| CALENDARS.iter().map(move |calendar| (*clock, *calendar))) {
        let calendar = calendar.parse::<Calendar>().map_err(|()| format!("{calendar} is no calendar"))?;
        let now = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let reference = Reference { now, latest: Some(now), calendar, business: BusinessDays::default() };
        range_again(&range, &reference)?;
        if let Some((start, stop)) = settled(date::point(text, &reference))?
            && start > stop
        {
            return Err(format!("{text:?} ends before it begins"));
        }
        width_again(text, now, calendar)?;
    }
    Ok(())
}

/// The width of a bucket is the same when it is written and read again, and an instant lies in its bucket.
fn width_again(text: &str, now: DateTime<Utc>, calendar: Calendar) -> std::result::Result<(), String> {
    let Some(width) = settled(text.parse::<Interval>())? else { return Ok(()) };
    if settled(width.to_string().parse::<Interval>())? != Some(width) {
        return Err(format!("{text:?} is another width when it is written and read again"));
    }
    let (start, end) = bucket_of(now.timestamp_micros(), width, calendar);
    if (start..end).contains(&now.timestamp_micros()) { Ok(()) } else { Err(format!("an instant lies outside of its bucket of {text:?}")) }
}

/// Access policies and the attributes of a user.
#[derive(Deserialize)]
struct Policies {
    policies: Vec<AccessPolicy>,
    #[serde(default)]
    attributes: BTreeMap<String, Vec<String>>,
}

/// Access policies and a user, over a dataset of four columns.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn policy(bytes: &[u8]) -> std::result::Result<(), String> {
    static SESSION: LazyLock<Result<Session>> = LazyLock::new(|| Session::new(&Settings::default(), Arc::new(InMemory::new()), false));
    let Ok(Policies { policies, attributes }) = serde_json::from_slice(bytes) else { return Ok(()) };
    let written = serde_json::to_vec(&policies).map_err(|error| error.to_string())?;
    if serde_json::from_slice::<Vec<AccessPolicy>>(&written).ok().as_ref() != Some(&policies) {
        return Err("policies that were written are not the same when they are read".to_owned());
    }
    let state = SESSION.as_ref().map_err(Error::to_string)?.shared();
    let columns = [("at", ColumnType::Timestamp), ("city", ColumnType::String), ("amount", ColumnType::Integer), ("paid", ColumnType::Boolean)];
    let columns = columns.map(|(name, column_type)| Column::new(name, column_type)).to_vec();
    let schema = DatasetSchema::new(columns, Some("at".to_owned())).map_err(|error| error.to_string())?;
    let fields = DFSchema::try_from_qualified_schema("orders", &schema.arrow()).map_err(|error| error.to_string())?;
    let model = Model { access_policies: policies, ..generate::generate("orders", "Orders", &schema, &HashMap::new()) };
    if let Err(error) = access::check(&model, state, &fields)
        && !error.field().is_some_and(|field| field.starts_with("access_policies"))
    {
        return Err(format!("an error that does not say which policy is wrong: {error}"));
    }
    settled(access::check(&model, state, &fields))?;
    let user = attributes.into_iter().fold(UserAttributes::default(), |user, (name, values)| user.with(name, values));
    let granted = access::grant(&model, &user, state, &fields, None);
    let applied: BTreeSet<&str> = granted.policies.iter().map(String::as_str).collect();
    if applied.is_empty() && (granted.rows.is_none() || granted.no_rows.is_none()) {
        return Err("rows are seen under no policy".to_owned());
    }
    let applying: Vec<&AccessPolicy> = model.access_policies.iter().filter(|policy| applied.contains(policy.name.as_str())).collect();
    let by_all = |column: &str| !applying.is_empty() && applying.iter().all(|policy| policy.hides(column));
    match fields.fields().iter().map(|field| field.name()).find(|column| by_all(column) && !granted.hidden.contains(*column)) {
        Some(column) => Err(format!("{column} is seen, which all policies hide")),
        None => Ok(()),
    }
}

/// What was read; an error of a file says which it is.
fn placed<T>(read: Result<T>, file: &str) -> std::result::Result<Option<T>, String> {
    match &read {
        Err(error) if error.kind() == ErrorKind::Invalid && !error.message().starts_with(file) => Err(format!("an error that does not say where: {error}")),
        _ => settled(read),
    }
}

/// What is left out is named.
fn noted(imported: &interchange::Imported) -> std::result::Result<(), String> {
    match imported.notes.iter().find(|note| note.text.is_empty()) {
        Some(note) => Err(format!("a note on {} says nothing", note.path)),
        None => Ok(()),
    }
}

/// Views are the same when they are written and read again.
fn views_again(views: &[View]) -> std::result::Result<(), String> {
    for view in views {
        let written = interchange::write_view(view);
        if written.len() > AGAIN_MAX_BYTES {
            continue;
        }
        match interchange::read_documents("again.yaml", &written) {
            Ok(read) if read.views == std::slice::from_ref(view) => {}
            Ok(_) => return Err(format!("view {} is another one when it is written and read again", view.name)),
            Err(error) => return Err(format!("view {} is not read when it was written: {error}", view.name)),
        }
    }
    Ok(())
}

/// The canonical text of a range is a range that comes to the same instants, and its own canonical text.
pub(super) fn range_again(range: &DateRange, reference: &Reference) -> std::result::Result<(), String> {
    let resolved = settled(date::resolve(range, reference))?;
    let Some(canonical) = settled(range.canonical())? else {
        return if resolved.is_none() { Ok(()) } else { Err(format!("{range:?} is resolved and has no canonical text")) };
    };
    let written = DateRange::Named(canonical.clone());
    match written.canonical() {
        Ok(again) if again == canonical => {}
        Ok(again) => return Err(format!("{range:?} is {canonical:?}, and that is {again:?}")),
        Err(error) => return Err(format!("{canonical:?} is not read when it was written: {error}")),
    }
    if settled(date::resolve(&written, reference))? == resolved { Ok(()) } else { Err(format!("{range:?} comes to other instants as {canonical:?}")) }
}

/// Models are the same when they are written and read again.
fn again(models: &[Model]) -> std::result::Result<(), String> {
    for model in models {
        let written = interchange::write_model(model);
        if written.len() > AGAIN_MAX_BYTES {
            continue;
        }
        match interchange::read_models("again.yaml", &written) {
            Ok(read) if read == std::slice::from_ref(model) => {}
            Ok(_) => return Err(format!("model {} is another one when it is written and read again", model.name)),
            Err(error) => return Err(format!("model {} is not read when it was written: {error}", model.name)),
        }
    }
    Ok(())
}
