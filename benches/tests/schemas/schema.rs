//! Random tables that belong to each other, their rows, and their models.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::question::MEASURES;

/// What rows of a table may be known by: columns with their types.
const KEYS: [&[(&str, &str)]; 3] = [&[("id", "bigint")], &[("code", "varchar")], &[("a", "varchar"), ("b", "bigint")]];
/// Columns that every table has beside its keys.
const OTHERS: [(&str, &str); 3] = [("c", "varchar"), ("n", "bigint"), ("x", "double")];
const WORDS: [&str; 4] = ["red", "green", "it's", "blue"];

/// That rows of a table belong to rows of one before it.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) child: usize,
    pub(crate) parent: usize,
    /// Which of `KEYS` of the parent it goes by.
    key: usize,
    /// No two rows of the child belong to the same one.
    one_to_one: bool,
    /// Which of the two tables declares it.
    by_child: bool,
    /// The name of the join, where it is not that of the other table.
    name: Option<String>,
}

/// Tables and what belongs to what.
pub(crate) struct Schema {
    edges: Vec<Vec<Edge>>,
    /// A table that has one `code` twice.
    doubled: Option<usize>,
}

/// A step from a table to one of which at most one row belongs to each of its rows.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) to: usize,
    /// Columns here and there.
    pub(crate) keys: Vec<(String, String)>,
    /// Whether a key of the other side is there twice.
    pub(crate) doubled: bool,
}

impl Schema {
    pub(crate) fn random(dice: &mut Dice) -> Self {
        let tables = dice.between(3, 6) as usize;
        let mut edges: Vec<Vec<Edge>> = vec![Vec::new()];
        for child in 1..tables {
            let mut parents = BTreeSet::from([dice.below(child)]);
            if dice.chance(40) {
                parents.insert(dice.below(child));
            }
            let edge = |parent: usize| {
                let (key, one_to_one, by_child) = (dice.below(KEYS.len()), dice.chance(25), dice.chance(70));
                let name = (by_child && dice.chance(20)).then(|| format!("r{child}{parent}"));
                Edge { child, parent, key, one_to_one, by_child, name }
            };
            edges.push(parents.into_iter().map(edge).collect());
        }
        let parents: Vec<usize> = edges.iter().flatten().filter(|edge| edge.key == 1).map(|edge| edge.parent).collect();
        let doubled = (!parents.is_empty() && dice.chance(30)).then(|| parents[dice.below(parents.len())]);
        Self { edges, doubled }
    }

    pub(crate) fn tables(&self) -> usize {
        self.edges.len()
    }

    pub(crate) fn name(table: usize) -> String {
        format!("t{table}")
    }

    /// Names of joins that are no table's.
    pub(crate) fn roles(&self) -> impl Iterator<Item = (&str, usize)> {
        self.edges.iter().flatten().filter_map(|edge| Some((edge.name.as_deref()?, edge.parent)))
    }

    /// Columns of a table with their types: its keys, the others, and what names rows of its parents.
    fn columns(&self, table: usize) -> Vec<(String, &'static str)> {
        let own = KEYS.iter().flat_map(|key| key.iter()).chain(&OTHERS).map(|(name, kind)| ((*name).to_owned(), *kind));
        let of = self.edges[table].iter().flat_map(|edge| KEYS[edge.key].iter().map(|(name, kind)| (foreign(edge.parent, name), *kind)));
        own.chain(of).collect()
    }

    /// The steps that lead away from a table, where somebody wants to go to `wanted`.
    pub(crate) fn steps(&self, from: usize, wanted: &str) -> Vec<Step> {
        let step = |edge: &Edge, up: bool, name: String| {
            let keys = KEYS[edge.key].iter().map(|(name, _)| (foreign(edge.parent, name), (*name).to_owned()));
            let keys = keys.map(|(child, parent)| if up { (child, parent) } else { (parent, child) }).collect();
            let to = if up { edge.parent } else { edge.child };
            Step { name, to, keys, doubled: up && edge.key == 1 && self.doubled == Some(edge.parent) }
        };
        let mut steps = Vec::new();
        for edge in self.edges.iter().flatten() {
            let (child, parent) = (Self::name(edge.child), Self::name(edge.parent));
            if edge.child == from {
                if edge.by_child {
                    steps.push(step(edge, true, edge.name.clone().unwrap_or(parent)));
                } else if wanted == parent {
                    // Declared by the other side, it leads there only.
                    steps.push(step(edge, true, parent));
                }
            } else if edge.parent == from && edge.one_to_one && (!edge.by_child || wanted == child) {
                steps.push(step(edge, false, child));
            }
        }
        steps
    }

    /// The rows of one commit to each table, one column after the other. Tables grow: what nobody was known by is somebody's key
    /// afterwards.
    pub(crate) fn rows(&self, dice: &mut Dice, tide: usize) -> Vec<Vec<Vec<Value>>> {
        (0..self.tables()).map(|table| self.rows_of(dice, table, tide)).collect()
    }

    fn rows_of(&self, dice: &mut Dice, table: usize, tide: usize) -> Vec<Vec<Value>> {
        let known = Self::known(table, tide);
        let fresh: Vec<i64> = (if tide == 0 { 0 } else { Self::known(table, tide - 1) }..known).collect();
        fresh
            .iter()
            .map(|&row| {
                let mut cells = vec![json!(row)];
                let code = if self.doubled == Some(table) && row == 1 { 0 } else { row };
                cells.push(dice.unless(if row < 2 { 0 } else { 10 }, |_| json!(format!("k{code}"))).unwrap_or_default());
                cells.push(dice.unless(10, |_| json!(format!("a{}", row % 3))).unwrap_or_default());
                cells.push(dice.unless(10, |_| json!(row / 3)).unwrap_or_default());
                cells.push(dice.unless(15, |dice| json!(dice.pick(&WORDS))).unwrap_or_default());
                cells.push(dice.unless(15, |dice| json!(dice.between(-3, 9))).unwrap_or_default());
                cells.push(dice.unless(15, |dice| json!(dice.between(1, 6_400) as f64 / 64.0 + 0.015_625)).unwrap_or_default());
                for edge in &self.edges[table] {
                    // Keys reach beyond what is there. Of one to one each is taken once: no table has 127 rows.
                    let there = Self::known(edge.parent, tide) + 3;
                    let of = if edge.one_to_one { Some((row * 7) % 127) } else { dice.unless(12, |dice| dice.between(0, there)) };
                    let value = |name: &str| match (name, of) {
                        (_, None) => Value::Null,
                        ("code", Some(of)) => json!(format!("k{of}")),
                        ("a", Some(of)) => json!(format!("a{}", of % 3)),
                        ("b", Some(of)) => json!(of / 3),
                        (_, Some(of)) => json!(of),
                    };
                    cells.extend(KEYS[edge.key].iter().map(|(name, _)| value(name)));
                }
                cells
            })
            .collect()
    }

    /// Rows of a table after so many commits: the later ones have more, which belong to the earlier ones.
    fn known(table: usize, tide: usize) -> i64 {
        14 + 17 * table as i64 + tide as i64 * (2 + 5 * table as i64)
    }

    /// One JSON document a line.
    pub(crate) fn json(&self, table: usize, rows: &[Vec<Value>]) -> String {
        let columns = self.columns(table);
        let line = |row: &Vec<Value>| Value::Object(columns.iter().zip(row).map(|((name, _), value)| (name.clone(), value.clone())).collect::<Map<_, _>>()).to_string();
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Statements for DuckDB.
    pub(crate) fn sql(&self, table: usize, rows: &[Vec<Value>], first: bool) -> String {
        let columns: Vec<String> = self.columns(table).iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), |text| format!("'{}'", text.replace('\'', "''")));
        let rows: Vec<String> = rows.iter().map(|row| format!("({})", row.iter().map(cell).collect::<Vec<_>>().join(", "))).collect();
        let create = if first { format!("create table t{table} ({});", columns.join(", ")) } else { String::new() };
        format!("{create} insert into t{table} values {};", rows.join(", "))
    }

    /// Joins and measures of the model of a table.
    pub(crate) fn model(&self, table: usize) -> Value {
        let join = |edge: &Edge, from: String, to: usize, relationship: &str, up: bool| {
            let on = KEYS[edge.key].iter().map(|(name, _)| (foreign(edge.parent, name), (*name).to_owned()));
            let on: Vec<Value> = on
                .map(|(child, parent)| if up { (child, parent) } else { (parent, child) })
                .map(|(column, other)| json!({"column": column, "other": other}))
                .collect();
            json!({"name": from, "model": Self::name(to), "relationship": relationship, "on": on})
        };
        let mut joins = Vec::new();
        for edge in self.edges.iter().flatten() {
            if edge.child == table && edge.by_child {
                let relationship = if edge.one_to_one { "one_to_one" } else { "many_to_one" };
                joins.push(join(edge, edge.name.clone().unwrap_or_else(|| Self::name(edge.parent)), edge.parent, relationship, true));
            }
            if edge.parent == table && !edge.by_child {
                let relationship = if edge.one_to_one { "one_to_one" } else { "one_to_many" };
                joins.push(join(edge, Self::name(edge.child), edge.child, relationship, false));
            }
        }
        let measures: Vec<Value> = MEASURES.iter().map(|measure| measure.model(table)).collect();
        json!({"joins": joins, "measures": measures})
    }
}

/// The column of a child that names rows of a parent.
fn foreign(parent: usize, key: &str) -> String {
    format!("f{parent}_{key}")
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for edge in self.edges.iter().flatten() {
            writeln!(f, "  {edge:?}")?;
        }
        write!(f, "  doubled: {:?}", self.doubled)
    }
}
