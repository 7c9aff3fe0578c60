//! Datasets of a world with their models, and what can be told from each dataset with measures: its own members and those of
//! everything that its rows belong to.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tidemill::ColumnType;

use crate::measures::Measure;

/// Something to group by and to filter.
#[derive(Debug, Clone)]
pub(crate) struct Dimension {
    name: &'static str,
    kind: ColumnType,
    /// In SQL that means the same to both sides; nothing for the column of the same name.
    sql: Option<&'static str>,
    /// The member of another model that is the same.
    same_as: Option<&'static str>,
    /// Whether it has so many values that it is seldom grouped by.
    fine: bool,
}

pub(crate) fn column(name: &'static str, kind: ColumnType) -> Dimension {
    Dimension { name, kind, sql: None, same_as: None, fine: false }
}

pub(crate) fn expression(name: &'static str, kind: ColumnType, sql: &'static str) -> Dimension {
    Dimension { sql: Some(sql), ..column(name, kind) }
}

impl Dimension {
    pub(crate) fn fine(self) -> Self {
        Self { fine: true, ..self }
    }

    pub(crate) fn same_as(self, member: &'static str) -> Self {
        Self { same_as: Some(member), ..self }
    }
}

/// That rows belong to a row of another dataset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) column: &'static str,
    pub(crate) other: &'static str,
}

pub(crate) fn link(name: &'static str, target: &'static str, column: &'static str, other: &'static str) -> Link {
    Link { name, target, column, other }
}

/// A dataset and its model.
#[derive(Debug, Default)]
pub(crate) struct Dataset {
    pub(crate) name: &'static str,
    /// DuckDB's query for its rows.
    pub(crate) select: String,
    pub(crate) time: Option<&'static str>,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) links: Vec<Link>,
    /// Named filters, as JSON.
    pub(crate) segments: Vec<(&'static str, Value)>,
    /// A dataset with measures is one of facts.
    pub(crate) measures: Vec<Measure>,
}

impl Dataset {
    /// What is put in the place of the parts of a generated model.
    pub(crate) fn parts(&self) -> Value {
        let dimensions = self
            .dimensions
            .iter()
            .map(|Dimension { name, kind, sql, same_as, .. }| json!({"name": name, "label": name, "type": kind, "expression": sql, "same_as": same_as}));
        let joins = self
            .links
            .iter()
            .map(|Link { name, target, column, other }| json!({"name": name, "model": target, "on": [{"column": column, "other": other}]}));
        let segments = self.segments.iter().map(|(name, filters)| json!({"name": name, "label": name, "filters": filters}));
        let count = json!({"name": "rows", "label": "rows", "kind": "count"});
        let measures = if self.measures.is_empty() { vec![count] } else { self.measures.iter().map(|measure| measure.model.clone()).collect() };
        json!({
            "time_dimension": self.time,
            "dimensions": dimensions.collect::<Vec<_>>(),
            "joins": joins.collect::<Vec<_>>(),
            "segments": segments.collect::<Vec<_>>(),
            "measures": measures,
        })
    }

    /// Its rows with its expressions beside them, in SQL.
    fn rows(&self) -> String {
        let derived: String = self.dimensions.iter().filter_map(|dimension| Some(format!(", {} as {}", dimension.sql?, dimension.name))).collect();
        format!("(select *{derived} from {})", self.name)
    }
}

/// A dimension as queries about a fact name it.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    pub(crate) fine: bool,
    /// Names of the joins on the way to it.
    way: Vec<&'static str>,
}

/// A dataset with measures, and what can be told from its rows.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) members: Vec<Member>,
    /// Members that are its column of time.
    pub(crate) times: Vec<String>,
    /// DuckDB's query for its rows with everything that they belong to: own columns, and each member as a column of that name.
    pub(crate) select: String,
}

/// The column of a member in the rows of a fact.
pub(crate) fn quoted_name(member: &str) -> String {
    format!("\"{member}\"")
}

/// Everything that can be told from the rows of a dataset. Of several ways to a name the shortest one counts.
pub(crate) fn fact(dataset: &Dataset, all: &[Dataset]) -> Fact {
    let mut stops: Vec<(&Dataset, Vec<&'static str>)> = vec![(dataset, vec![dataset.name])];
    let mut from = format!("{} t0", dataset.rows());
    let (mut begin, mut known) = (0, BTreeSet::from([dataset.name]));
    while begin < stops.len() {
        let end = stops.len();
        for at in begin..end {
            let (here, way) = stops[at].clone();
            for link in here.links.iter().filter(|link| !known.contains(link.name)) {
                let target = all.iter().find(|other| other.name == link.target).unwrap();
                assert!(stops[end..].iter().all(|(_, other)| other.last() != Some(&link.name)), "{} is reached on two ways", link.name);
                from += &format!(" left join {0} t{1} on t{at}.{2} = t{1}.{3}", target.rows(), stops.len(), link.column, link.other);
                let way = if at == 0 { vec![link.name] } else { way.iter().copied().chain([link.name]).collect() };
                stops.push((target, way));
            }
        }
        known.extend(stops[end..].iter().filter_map(|(_, way)| way.last()));
        begin = end;
    }
    let (mut members, mut shown) = (Vec::new(), vec!["t0.*".to_owned()]);
    let mut times = Vec::new();
    for (number, (at, way)) in stops.iter().enumerate() {
        for dimension in &at.dimensions {
            let own = (format!("{}.{}", way[way.len() - 1], dimension.name), way.clone());
            let same = dimension.same_as.filter(|_| number == 0).map(|member| (member.to_owned(), vec![member.split_once('.').unwrap().0]));
            for (name, way) in [Some(own), same].into_iter().flatten() {
                shown.push(format!("t{number}.{} as {}", dimension.name, quoted_name(&name)));
                if number == 0 && dataset.time == Some(dimension.name) {
                    times.push(name.clone());
                }
                members.push(Member { name, kind: dimension.kind, fine: dimension.fine, way });
            }
        }
    }
    Fact { name: dataset.name, members, times, select: format!("select {} from {from}", shown.join(", ")) }
}

/// The members that several facts have and mean alike: the same way, or one that begins at what another fact is.
pub(crate) fn shared<'a>(facts: &[&'a Fact]) -> Vec<&'a Member> {
    let Some((first, rest)) = facts.split_first() else { return Vec::new() };
    let alike = |a: &Member, b: &Member| a.name == b.name && (a.way.ends_with(&b.way) || b.way.ends_with(&a.way));
    first.members.iter().filter(|member| rest.iter().all(|fact| fact.members.iter().any(|other| alike(member, other)))).collect()
}
