//! Cube's data models, read. A cube becomes the model of the dataset that has the name of its table.
//!
//! SQL is taken over where it means the same in every database (`sql.rs`). Access policies, subqueries, windows that
//! ours do not cover and whatever a key that is not known may mean stay outside, each with a note.

mod dimensions;
mod entry;
mod folders;
mod geo;
mod granularities;
mod measures;
mod names;
mod relations;
#[cfg(test)]
mod tests;
mod views;

pub(super) use entry::underscored;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use self::entry::Entry;
use self::names::Names;
use super::notes::{Imported, Notes};
use super::origins::{Fields, Origins, Spot, Spots, Words};
use super::sql::Reason;
use super::{dataset_of, empty_model, text};
use crate::error::{Error, Result};
use crate::semantic::generate::humanised;

/// Keys of any member whose value changes no number.
const HARMLESS: &[&str] = &["description", "meta", "aliases", "ai_context"];
/// Those of them that have no place in what has a description.
const UNSAID: &[&str] = &["aliases", "ai_context"];
/// Keys of a cube that are read.
const KEYS: &[&str] =
    &["name", "title", "sql", "sql_table", "joins", "dimensions", "measures", "segments", "pre_aggregations", "access_policy", "hierarchies", "public", "shown", "extends"];
/// Keys of a cube whose value changes no number.
const SILENT: &[&str] = &["sql_alias", "data_source", "refresh_key", "rewrite_queries"];

/// What becomes of `public: false`.
const HIDDEN: &str = "Cube answers no question about it (public); here it is in no list and is answered all the same, so write an access policy where that must not be";

/// What our models and views call otherwise than Cube does. A column or an expression is what some SQL has become.
const WORDS: Words = &[("column", "sql"), ("expression", "sql"), ("on", "sql"), ("kind", "type"), ("label", "title"), ("path", "join_path"), ("except", "excludes")];

/// Cubes at most.
const CUBES_MAX: usize = 1_000;
/// Dimensions, measures and segments of a cube at most, of each.
const MEMBERS_MAX: usize = 2_000;
/// Joins and rollups of a model at most, of each.
const RELATIONS_MAX: usize = 100;

/// A file of Cube.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cubes: Option<Vec<Value>>,
    views: Option<Vec<Value>>,
}

/// A cube on its way to be a model.
struct Cube {
    name: String,
    entry: Entry,
    dataset: String,
    dimensions: Vec<Entry>,
    measures: Vec<Entry>,
    /// Names of the dimensions that a place has become: its latitude and its longitude.
    points: Vec<(String, String)>,
    names: Names,
    /// Where that was read from which is in the model.
    spots: Spots,
}

/// Reads data models of Cube: pairs of a file's name and its YAML, all files of a project at once, because joins lead from
/// one to the other.
///
/// ```
/// let text = r#"
/// cubes:
///   - name: orders
///     sql_table: public.orders
///     dimensions:
///       - {name: status, sql: status, type: string}
///     measures:
///       - {name: paid, type: sum, sql: amount, filters: [{sql: "{CUBE}.status = 'paid'"}]}
///       - {name: latest, type: time, sql: "string_agg(at)"}
/// "#;
/// let imported = tidemill::interchange::read_cubes(&[("orders.yml", text)])?;
/// assert_eq!(imported.models[0].measures[0].expression.as_deref(), Some("CASE WHEN status = 'paid' THEN amount END"));
/// assert_eq!(imported.notes[0].path, "orders.measures.latest");
/// # Ok::<(), tidemill::Error>(())
/// ```
///
/// # Errors
/// `Invalid` for what is no file of Cube or has templates in it, with file, line and column; `Exhausted` for more than 1 MiB
/// in a file. What a model cannot say is no error: it is left out and named in the notes.
pub fn read_cubes(files: &[(&str, &str)]) -> Result<Imported> {
    let (mut notes, mut origins) = (Notes::default(), Origins::default());
    let (mut entries, mut views) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (file_name, content) in files {
        if let Some(offset) = ["{{", "{%", "{#"].iter().filter_map(|mark| content.find(mark)).min() {
            let place = text::place_of(content, offset);
            return Err(Error::invalid(format!("{file_name}:{place}: the file is a template; import what it makes")).at(format!("{file_name}:{place}")));
        }
        let file: File = text::read(file_name, content)?;
        let whole = Spot::new(origins.add_file(file_name, content), "", "");
        for (index, value) in file.cubes.into_iter().flatten().enumerate() {
            let at = format!("cubes[{index}]");
            match Entry::new(value).and_then(|entry| Some((entry.name()?.to_owned(), entry))) {
                Some((name, _)) if !seen.insert(name.clone()) => notes.left_out(&whole.inner(&at, &name), "a cube of this name stands before it"),
                Some((name, entry)) => entries.push(entry.standing(whole.inner(&at, &name))),
                None => notes.left_out(&whole.part(&at), "it has no name of letters, digits and _"),
            }
        }
        for (index, value) in file.views.into_iter().flatten().enumerate() {
            let at = format!("views[{index}]");
            match Entry::new(value).and_then(|entry| Some((entry.name()?.to_owned(), entry))) {
                Some((name, entry)) => views.push(entry.standing(whole.inner(&at, &format!("views.{name}")))),
                None => notes.left_out(&whole.part(&at), "it has no name of letters, digits and _"),
            }
        }
    }
    if entries.len() > CUBES_MAX {
        return Err(Error::exhausted(format!("there are {} cubes; at most {CUBES_MAX} are read at once", entries.len())));
    }
    let mut cubes = cubes(entries, &mut notes);
    let mut others: relations::Others = cubes.iter().map(|cube| (cube.name.clone(), (cube.dataset.clone(), cube.member_names()))).collect();
    let mut models: Vec<_> = cubes.iter_mut().map(|cube| cube.model(&mut others, &mut notes)).collect();
    relations::leave_out_unknown_levels(&mut models, &cubes, &mut notes);
    for (model, cube) in models.iter().zip(&cubes) {
        origins.add(&model.name, Fields::of_model(model, &cube.entry.spot, &cube.spots).called(WORDS));
    }
    let views = views::read(views, &others, &models, &mut origins, &mut notes);
    Ok(Imported { models, views, notes: notes.into_vec(&origins), origins })
}

/// The cubes that have a dataset of their own.
fn cubes(entries: Vec<Entry>, notes: &mut Notes) -> Vec<Cube> {
    let mut tables: Vec<(Entry, String, String)> = Vec::new();
    for entry in entries {
        match entry.known(&[KEYS, SILENT, HARMLESS]).and_then(|()| table_of(&entry)).and_then(|table| Ok((dataset_of(&table)?, table))) {
            Ok((dataset, table)) => tables.push((entry, dataset, table)),
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
    let mut cubes: Vec<Cube> = Vec::new();
    for (entry, dataset, table) in tables.clone() {
        let name = entry.name().unwrap_or_default().to_owned();
        if tables.iter().any(|(_, other, its)| *other == dataset && *its != table) {
            notes.left_out(&entry.spot, format!("several tables are called {dataset}, and the dataset {dataset} holds one of them"));
        } else if let Some(other) = cubes.iter().find(|cube| cube.dataset == dataset) {
            notes.left_out(&entry.spot, format!("the dataset {dataset} has one model, which the cube {} has become", other.name));
        } else {
            cubes.push(Cube::new(entry, name, dataset, notes));
        }
    }
    cubes
}

/// The table of a cube.
fn table_of(entry: &Entry) -> Result<String, Reason> {
    if entry.has("extends") {
        return Err("it extends another cube; write out what it takes from there".to_owned());
    }
    match (entry.text("sql_table")?, entry.text("sql")?) {
        (Some(table), None) => Ok(table),
        (None, Some(sql)) => {
            let words: Vec<&str> = sql.trim_end_matches(';').split_whitespace().collect();
            match words.as_slice() {
                [select, "*", from, table] if select.eq_ignore_ascii_case("select") && from.eq_ignore_ascii_case("from") => Ok((*table).to_owned()),
                _ => Err("its rows come from a query; make a dataset of what the query gives, and name that in sql_table".to_owned()),
            }
        }
        _ => Err("it needs either sql_table or sql".to_owned()),
    }
}

impl Cube {
    fn new(entry: Entry, name: String, dataset: String, notes: &mut Notes) -> Self {
        let mut cube = Self { name, entry, dataset, dimensions: Vec::new(), measures: Vec::new(), points: Vec::new(), names: Names::default(), spots: Spots::new() };
        cube.dimensions = cube.list("dimensions", notes);
        cube.measures = cube.list("measures", notes);
        geo::split(&mut cube, notes);
        cube.names = cube.member_names();
        cube
    }

    fn member_names(&self) -> Names {
        let dimensions: BTreeMap<_, _> = self.dimensions.iter().filter_map(|entry| Some((entry.name()?.to_owned(), dimensions::sql_of(entry)))).collect();
        Names::new(&self.name, dimensions, self.measures.iter().filter_map(Entry::name).map(str::to_owned).collect())
    }

    fn list(&self, key: &str, notes: &mut Notes) -> Vec<Entry> {
        let most = if matches!(key, "joins" | "pre_aggregations") { RELATIONS_MAX } else { MEMBERS_MAX };
        self.entry.list(key, most, |spot, reason| notes.left_out(&spot, reason))
    }

    /// Keeps where a member of the model was read from.
    fn read_from(&mut self, list: &'static str, name: &str, spot: &Spot) {
        self.spots.insert((list, name.to_owned()), spot.clone());
    }

    fn names_measure(&self, name: &str) -> bool {
        self.measures.iter().any(|entry| entry.name() == Some(name))
    }

    fn names_dimension(&self, name: &str) -> bool {
        self.dimensions.iter().any(|entry| entry.name() == Some(name))
    }

    fn model(&mut self, others: &mut relations::Others, notes: &mut Notes) -> super::Model {
        let label = self.entry.title().unwrap_or_else(|| humanised(&self.name));
        let mut model = empty_model(&self.dataset, label);
        if self.name != self.dataset {
            notes.changed(&self.entry.spot, format!("a model has the name of its dataset, so it is {} here", self.dataset));
        }
        model.public = self.offered(&self.entry, notes);
        dimensions::read(self, &mut model, notes);
        geo::name_halves(self, &mut model);
        measures::read(self, &mut model, notes);
        dimensions::read_segments(self, &mut model, notes);
        relations::read_joins(self, others, &mut model, notes);
        relations::read_rollups(self, &mut model, notes);
        if self.entry.has("access_policy") {
            notes.left_out(&self.entry.spot.part("access_policy"), "access policies are not taken over; write them before others may ask the model");
        }
        relations::read_hierarchies(self, others, &mut model, notes);
        (model.description, model.meta) = self.said(&self.entry, SILENT, notes);
        model
    }

    /// Notes what changes no number and has no place.
    fn silent(&self, entry: &Entry, keys: &[&str], notes: &mut Notes) {
        for key in entry.among(keys).chain(entry.among(HARMLESS)) {
            notes.dropped(&self.name, &entry.spot, key);
        }
    }

    /// The description and the meta of the cube or a member. Notes what else changes no number and has no place.
    fn said(&self, entry: &Entry, keys: &[&str], notes: &mut Notes) -> (Option<String>, Option<Map<String, Value>>) {
        for key in entry.among(keys).chain(entry.among(UNSAID)) {
            notes.dropped(&self.name, &entry.spot, key);
        }
        (description_of(entry), meta_of(entry, notes))
    }

    /// Whether people are offered the cube or a member.
    fn offered(&self, entry: &Entry, notes: &mut Notes) -> bool {
        if entry.is_hidden() {
            notes.changed(&entry.spot, HIDDEN);
        }
        !entry.is_hidden()
    }

    /// The format of a member, where ours has it.
    fn format(&self, entry: &Entry, notes: &mut Notes) -> Option<String> {
        format_of(entry, &self.name, notes)
    }
}

/// A description that says something.
fn description_of(entry: &Entry) -> Option<String> {
    entry.text("description").ok().flatten().filter(|text| !text.is_empty())
}

/// What programs are to know of something.
fn meta_of(entry: &Entry, notes: &mut Notes) -> Option<Map<String, Value>> {
    match entry.get("meta")? {
        Value::Object(meta) => Some(meta.clone()),
        _ => {
            notes.changed(&entry.spot, "its meta is left out: it is no map");
            None
        }
    }
}

/// The format of a member of a cube or view, where ours has it.
fn format_of(entry: &Entry, root: &str, notes: &mut Notes) -> Option<String> {
    let currency = entry.text("currency").ok().flatten().unwrap_or_default().to_lowercase();
    match (entry.get("format")?.as_str().unwrap_or_default(), currency.as_str()) {
        ("number", _) => return Some("number".to_owned()),
        ("id", _) => return Some("d".to_owned()),
        ("currency", "usd" | "eur") => return Some(format!("currency_{currency}")),
        ("currency", _) => notes.changed(&entry.spot, "the format currency is left out: its currency is not said, or there is no format for it"),
        ("percent", _) => notes.changed(&entry.spot, "the format percent is left out: it is of numbers up to 100 there, and of fractions of 1 here"),
        _ => notes.dropped(root, &entry.spot, "format"),
    }
    None
}
