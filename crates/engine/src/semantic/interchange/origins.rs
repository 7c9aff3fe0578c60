//! Where in files of other tools something was read from: an error of meaning names a part of our model by its path, and people
//! look for a line of what they wrote.
//!
//! Readers know which entry of which file they are at, and keep that as a [`Spot`] with what they make of it. Lines are looked for
//! afterwards: few are asked for.

use std::collections::BTreeMap;
use std::fmt;

use super::places::{Place, Places};
use crate::semantic::model::Model;

/// Characters that one step of a path has at most; no name of a model has as many.
const PATH_STEP_MAX: usize = 300;

/// Where models and views were read from.
///
/// ```
/// let text = "
/// cubes:
///   - name: orders
///     sql_table: shop.orders
///     measures:
///       - name: median
///         type: median
///       - name: revenue
///         sql: amuont
///         type: sum
/// ";
/// let imported = tidemill::interchange::read_cubes(&[("orders.yml", text)])?;
/// assert_eq!(imported.models[0].measures[0].name, "revenue");
/// assert_eq!(imported.origins.find("orders", "measures[0].column").unwrap().to_string(), "orders.yml:9:14");
/// assert!(imported.origins.find("customers", "measures[0]").is_none());
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origins {
    /// Names of the files, and their lines.
    files: Vec<(String, Option<Places>)>,
    /// By the name of the model or view.
    documents: BTreeMap<String, Fields>,
}

/// A place in one of several files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file, as it was called when it was read.
    pub file: String,
    /// The place in it.
    pub place: Place,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.place)
    }
}

/// Something of a file: where it stands, and what notes call it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// Names from the outermost to the innermost: `orders.measures.revenue`.
    pub(super) path: String,
    /// Which of the files.
    file: usize,
    /// Keys and numbers: `cubes[0].measures[2]`.
    at: String,
}

/// Of the parts of a model or view, by their paths in errors: where they were read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    /// The path of the whole is empty.
    spots: BTreeMap<String, Spot>,
    /// Keys of ours, and what the file calls the same.
    words: Words,
}

/// Keys of a part, as a model or view has them and as a file of another tool has them, where those differ.
pub(super) type Words = &'static [(&'static str, &'static str)];

/// Where members of a model were read from, by list and name: their order is settled when all of them are read.
pub(super) type Spots = BTreeMap<(&'static str, String), Spot>;

impl Origins {
    /// Where that was read from which an error is about: `field` is a path as errors have it, such as `measures[3].expression`; of
    /// what no file has, the place of what it would be in. `None` where no file has a model or view of the name.
    pub fn find(&self, name: &str, field: &str) -> Option<Origin> {
        self.place(&self.documents.get(name)?.nearest(field)?)
    }

    /// Takes a file that has been read, and gives its number.
    pub(super) fn add_file(&mut self, file_name: &str, content: &str) -> usize {
        let number = self.files.len();
        self.files.push((file_name.to_owned(), Places::read(file_name, content).ok()));
        number
    }

    /// Takes what is known of a model or view.
    pub(super) fn add(&mut self, name: &str, fields: Fields) {
        self.documents.insert(name.to_owned(), fields);
    }

    /// The line of a spot.
    pub(super) fn place(&self, spot: &Spot) -> Option<Origin> {
        let (file, places) = self.files.get(spot.file)?;
        Some(Origin { file: file.clone(), place: places.as_ref()?.at(&spot.at) })
    }
}

impl Spot {
    pub(super) fn new(file: usize, at: impl Into<String>, path: impl Into<String>) -> Self {
        Self { path: path.into(), file, at: at.into() }
    }

    /// Something within it.
    pub(super) fn inner(&self, at: &str, path: &str) -> Self {
        // Each member of a thing has the name of the thing in its path, which a file may have made as long as itself.
        let path: String = path.chars().take(PATH_STEP_MAX).collect();
        Self { path: joined(&self.path, &path), file: self.file, at: joined(&self.at, at) }
    }

    /// Something within it that has no name but its place.
    pub(super) fn part(&self, at: &str) -> Self {
        self.inner(at, at)
    }

    /// The same place under the path of what it is a part of.
    pub(super) fn called(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }
}

fn joined(path: &str, rest: &str) -> String {
    if path.is_empty() || rest.is_empty() || rest.starts_with('[') { format!("{path}{rest}") } else { format!("{path}.{rest}") }
}

impl Fields {
    /// Those of something as a whole.
    pub(super) fn new(whole: &Spot) -> Self {
        Self { spots: BTreeMap::from([(String::new(), whole.clone())]), words: &[] }
    }

    /// The same, whose parts the file calls otherwise.
    pub(super) fn called(self, words: Words) -> Self {
        Self { words, ..self }
    }

    /// Those of a model whose members are known by their names.
    pub(super) fn of_model(model: &Model, whole: &Spot, spots: &Spots) -> Self {
        let mut fields = Self::new(whole);
        let lists: [(&'static str, Vec<&str>); 6] = [
            ("dimensions", model.dimensions.iter().map(|dimension| dimension.name.as_str()).collect()),
            ("measures", model.measures.iter().map(|measure| measure.name.as_str()).collect()),
            ("joins", model.joins.iter().map(|join| join.name.as_str()).collect()),
            ("segments", model.segments.iter().map(|segment| segment.name.as_str()).collect()),
            ("hierarchies", model.hierarchies.iter().map(|hierarchy| hierarchy.name.as_str()).collect()),
            ("rollups", model.rollups.iter().map(|rollup| rollup.name.as_str()).collect()),
        ];
        for (list, names) in lists {
            for (index, name) in names.into_iter().enumerate() {
                fields.add_known(format!("{list}[{index}]"), spots.get(&(list, name.to_owned())));
            }
        }
        for (index, dimension) in model.dimensions.iter().enumerate() {
            for (place, granularity) in dimension.granularities.iter().enumerate() {
                let spot = spots.get(&("granularities", granularity_key(&dimension.name, &granularity.name)));
                fields.add_known(format!("dimensions[{index}].granularities[{place}]"), spot);
            }
        }
        fields.add_known("time_dimension".to_owned(), model.time_dimension.clone().and_then(|time| spots.get(&("dimensions", time))));
        fields
    }

    pub(super) fn add(&mut self, field: String, spot: Spot) {
        self.spots.insert(field, spot);
    }

    fn add_known(&mut self, field: String, spot: Option<&Spot>) {
        if let Some(spot) = spot {
            self.add(field, spot.clone());
        }
    }

    /// Where a field was read from, or what it would be in. What has the same name there and here is found within its member.
    pub(super) fn nearest(&self, field: &str) -> Option<Spot> {
        let mut known = field;
        loop {
            if let Some(spot) = self.spots.get(known) {
                let rest = field.get(known.len()..).unwrap_or_default();
                // Numbers in lists of the whole are those of our model, and not of the file.
                let rest = if known.is_empty() { rest.split('[').next().unwrap_or_default() } else { rest.trim_start_matches('.') };
                return Some(spot.part(self.written(rest)));
            }
            if known.is_empty() {
                return None;
            }
            known = known.rfind(['.', '[']).and_then(|end| known.get(..end)).unwrap_or_default();
        }
    }
}

impl Fields {
    /// What the file calls a part of something.
    fn written<'p>(&self, part: &'p str) -> &'p str {
        let key = part.split(['.', '[']).next().unwrap_or_default();
        self.words.iter().find(|(ours, _)| *ours == key).map_or(part, |(_, theirs)| *theirs)
    }
}

/// How a granularity of a dimension is called among [`Spots`].
pub(super) fn granularity_key(dimension: &str, granularity: &str) -> String {
    format!("{dimension}.{granularity}")
}

#[cfg(test)]
mod tests {
    use super::super::{Imported, Note, read_cubes, read_osi};
    use super::*;
    use crate::catalog::ColumnType;

    /// The line of a text that a place is in, as far as it says something.
    fn line<'t>(text: &'t str, origin: Option<&Origin>) -> &'t str {
        let line = usize::try_from(origin.expect("a place").place.line).unwrap();
        text.lines().nth(line - 1).unwrap().trim().trim_start_matches("- ")
    }

    fn noted<'n>(notes: &'n [Note], path: &str) -> &'n Note {
        notes.iter().find(|note| note.path == path).unwrap_or_else(|| panic!("no note on {path}"))
    }

    const SHOP: &str = include_str!("../../../tests/fixtures/interchange/cube_shop.yml");
    const RETAIL: &str = include_str!("../../../tests/fixtures/interchange/osi_retail.yaml");

    fn shop() -> Imported {
        read_cubes(&[("shop.yml", SHOP)]).unwrap()
    }

    fn retail() -> Imported {
        read_osi("retail.yaml", RETAIL, &|_, _| Some(ColumnType::Float)).unwrap()
    }

    /// Members by their number here, whatever was left out before them there; `new` are ends of names that were made for them.
    fn assert_members_are_found(text: &str, Imported { models, origins, .. }: &Imported, new: &[&str]) {
        for model in models {
            let dimensions = model.dimensions.iter().enumerate().map(|(index, dimension)| (format!("dimensions[{index}]"), &dimension.name));
            let measures = model.measures.iter().enumerate().map(|(index, measure)| (format!("measures[{index}]"), &measure.name));
            for (field, name) in dimensions.chain(measures) {
                let found = origins.find(&model.name, &field);
                let written = new.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
                assert_eq!(line(text, found.as_ref()), format!("name: {written}"), "{} {field}", model.name);
            }
        }
    }

    #[test]
    fn what_a_cube_became_leads_to_its_line() {
        let imported = shop();
        assert_members_are_found(SHOP, &imported, &["_in_bucket", "_latitude", "_longitude"]);
        for (name, field, expected) in [
            ("orders", "", "name: orders"),
            ("orders", "label", "title: Shop orders"),
            ("orders", "time_dimension.label", "name: created_at"),
            ("orders", "measures", "name: count"),
            ("orders", "rollups[9]", "name: orders"),
            ("orders", "time_dimension", "name: created_at"),
            ("orders", "dimensions[3].type", "type: time"),
            ("orders", "dimensions[3].granularities[1]", "name: sprint"),
            ("orders", "dimensions[3].granularities[1].origin", "origin: \"2024-01-02\""),
            ("orders", "joins[0].on[0]", "sql: \"{CUBE}.customer_id = {customers.id}\""),
            // A column or an expression is what SQL of the file has become; what has none stands at its member.
            ("orders", "dimensions[1].column", "sql: \"{CUBE}.customer_id\""),
            ("orders", "dimensions[2].column", "sql: status"),
            ("orders", "dimensions[2].label", "title: State of the order"),
            ("orders", "dimensions[2].description", "description: As the shop sees it"),
            ("orders", "dimensions[5].expression", "name: size"),
            ("orders", "measures[1].expression", "sql: \"{net}\""),
            ("orders", "measures[1].kind", "type: sum"),
            ("orders", "measures[0].column", "name: count"),
            ("orders", "segments[0].filters[0]", "name: paid"),
            ("orders", "hierarchies[0].levels[1]", "levels: [state, size]"),
            ("orders", "rollups[0].dimensions", "dimensions: [orders.state]"),
            ("customers", "measures", "name: customers"),
            ("line_items", "joins[1]", "name: customers"),
            ("orders_view", "label", "name: orders_view"),
            ("orders_view", "include[1].path", "join_path: orders.customers"),
            ("orders_view", "include[1].members[1].alias", "alias: customer_number"),
            ("orders_view", "include[1].members[1].label", "title: Number of the customer"),
            ("orders_view", "include[1].members[1].description", "description: As it stands on the invoice"),
            ("orders_view", "folders[0]", "name: Who bought"),
            ("orders_view", "folders[0].includes[1].includes[0]", "customers_city"),
            ("orders_view", "folders[1].includes[1]", "state"),
        ] {
            assert_eq!(line(SHOP, imported.origins.find(name, field).as_ref()), expected, "{name} {field}");
        }
        assert_eq!(imported.origins.find("items", ""), None);
        assert_eq!(imported.origins.find("nobody", "label"), None);
    }

    #[test]
    fn what_a_dataset_became_leads_to_its_line() {
        let imported = retail();
        assert_members_are_found(RETAIL, &imported, &["_part_1"]);
        for (name, field, expected) in [
            ("store_sales", "", "name: store_sales"),
            ("store_sales", "segments[0]", "name: store_sales"),
            ("store_sales", "joins[2].on[0].other", "name: given_to"),
            ("date_dim", "dataset", "name: date_dim"),
        ] {
            assert_eq!(line(RETAIL, imported.origins.find(name, field).as_ref()), expected, "{name} {field}");
        }
    }

    #[test]
    fn notes_have_their_line() {
        for (text, imported) in [(SHOP, shop()), (RETAIL, retail())] {
            for note in &imported.notes {
                let found = line(text, note.place.as_ref());
                // What nobody has named stands at its key.
                let key = note.text.split_once(" has no place in a model").map(|(key, _)| key);
                let name = note.path.rsplit('.').next().filter(|name| *name != "access_policy");
                assert!(key.is_some() || name.is_none_or(|name| found.ends_with(name)), "{note}: {found}");
            }
        }
        let notes = shop().notes;
        assert!(noted(&notes, "orders.measures.median").to_string().starts_with("shop.yml:119:9: orders.measures.median: left out: "), "{notes:?}");
        let silent = notes.iter().find(|note| note.path == "orders" && note.text.starts_with("partition_granularity")).unwrap();
        assert_eq!(line(SHOP, silent.place.as_ref()), "partition_granularity: month");
    }

    #[test]
    fn a_file_is_told_from_the_others() {
        let one = "cubes:\n  - {name: a, sql_table: a, dimensions: [{name: x, sql: x, type: string}]}\nviews:\n  - {name: v, cubes: [{join_path: a, includes: '*'}]}\n";
        let other = "cubes:\n  - {name: a, sql_table: x}\n  - {sql_table: y}\n  - name: b\n    sql_table: b\n    preAggregations:\n      - {name: r, measures: [gone]}\nviews:\n  - {name: v, cubes: []}\n";
        let Imported { notes, origins, .. } = read_cubes(&[("one.yml", one), ("other.yml", other)]).unwrap();
        let told = |path: &str| noted(&notes, path).place.as_ref().map(|origin| format!("{}:{}", origin.file, origin.place.line));
        assert_eq!(told("a").as_deref(), Some("other.yml:2"));
        assert_eq!(told("cubes[1]").as_deref(), Some("other.yml:3"));
        assert_eq!(told("b.pre_aggregations.r").as_deref(), Some("other.yml:7"));
        assert_eq!(told("views.v").as_deref(), Some("other.yml:9"));
        assert_eq!(origins.find("a", "label").unwrap().file, "one.yml");
        assert_eq!(origins.find("b", "dimensions[3]").unwrap().to_string(), "other.yml:4:5");
        assert_eq!(origins.find("v", "include[0].members").unwrap().file, "one.yml");
    }

    #[test]
    fn a_view_that_cannot_be_asked_is_told_where_it_cannot() {
        let text = "\
cubes:
  - {name: a, sql_table: a, dimensions: [{name: x, sql: x, type: string}]}
  - {name: b, sql_table: b, dimensions: [{name: x, sql: x, type: string}]}
views:
  - name: v
    cubes:
      - {join_path: gone, includes: '*'}
      - {join_path: a, includes: '*'}
      - {join_path: b, includes: '*'}
";
        let notes = read_cubes(&[("m.yml", text)]).unwrap().notes;
        assert_eq!(noted(&notes, "views.v.cubes[0]").place.as_ref().unwrap().place.line, 7);
        let whole = noted(&notes, "views.v");
        assert_eq!(whole.place.as_ref().unwrap().place.line, 9, "{whole}");
    }
}
