//! Random questions about a schema, each with what is expected: SQL that asks for every measure alone, or a refusal.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidemill::SemanticQuery;
use tidemill_benches::alone::{joined, with_totals};

use crate::dice::Dice;
use crate::schema::{Schema, Step};

/// Steps of a way at most, as the engine has it.
const STEPS_MAX: usize = 6;

pub(crate) struct Question {
    pub(crate) query: SemanticQuery,
    pub(crate) expected: Expected,
}

#[derive(Debug)]
pub(crate) enum Expected {
    /// What DuckDB says.
    Answer(String),
    /// Refused: no way leads there, or several of the same length do.
    NoWay,
    /// Refused: rows would count as often as a key is there.
    Doubled,
}

/// A measure that every table has; `b` is the table in SQL, and `{total x}` the same over all groups.
pub(crate) struct Measure {
    name: &'static str,
    kind: &'static str,
    column: Option<&'static str>,
    sql: &'static str,
}

const fn measure(name: &'static str, kind: &'static str, column: Option<&'static str>, sql: &'static str) -> Measure {
    Measure { name, kind, column, sql }
}

pub(crate) const MEASURES: [Measure; 9] = [
    measure("count", "count", None, "count(*)"),
    measure("sum", "sum", Some("n"), "sum(b.n)"),
    measure("mean", "avg", Some("x"), "avg(b.x)"),
    measure("least", "min", Some("x"), "min(b.x)"),
    measure("greatest", "max", Some("n"), "max(b.n)"),
    measure("kinds", "count_distinct", Some("c"), "count(distinct b.c)"),
    measure("red", "sum", Some("n"), "sum(b.n) filter (where b.c = 'red')"),
    measure("share", "share_of_total", Some("sum"), "sum(b.n)::double / nullif({total sum(b.n)}, 0)"),
    measure("kinds_share", "share_of_total", Some("kinds"), "count(distinct b.c)::double / nullif({total count(distinct b.c)}, 0)"),
];

impl Measure {
    pub(crate) fn model(&self, table: usize) -> Value {
        let of = if self.kind == "share_of_total" { "measure" } else { "column" };
        let mut model = json!({"name": self.name, "label": self.name, "kind": self.kind});
        if let Some(column) = self.column {
            model[of] = column.into();
        }
        if self.name == "red" {
            model["filters"] = json!([{"member": format!("{}.c", Schema::name(table)), "operator": "equals", "values": ["red"]}]);
        }
        model
    }
}

/// A column that is reached under a name.
#[derive(Clone, PartialEq)]
struct Member {
    model: String,
    column: &'static str,
}

pub(crate) fn ask(dice: &mut Dice, schema: &Schema) -> Question {
    let tables: Vec<usize> = (0..if dice.chance(50) { 1 } else { dice.between(2, 3) }).map(|_| dice.below(schema.tables())).collect();
    let mut measures: Vec<(usize, &Measure)> = Vec::new();
    for _ in 0..dice.between(1, 4) {
        let measure = (dice.pick(&tables), &MEASURES[dice.below(MEASURES.len())]);
        if !measures.iter().any(|known| known.0 == measure.0 && known.1.name == measure.1.name) {
            measures.push(measure);
        }
    }
    let mut models: Vec<String> = (0..schema.tables()).map(Schema::name).chain(schema.roles().map(|(name, _)| name.to_owned())).collect();
    // Most questions are about what has a way.
    if dice.chance(85) {
        models.retain(|model| measures.iter().all(|(table, _)| *model == Schema::name(*table) || way(schema, *table, model).len() == 1));
    }
    let member = |dice: &mut Dice, columns: &[&'static str]| -> Option<Member> {
        let model = models.get(dice.below(models.len().max(1)))?.clone();
        Some(Member { model, column: dice.pick(columns) })
    };
    let mut dimensions: Vec<Member> = Vec::new();
    for _ in 0..dice.between(0, 3) {
        let found = member(dice, &["c", "n", "id", "code", "c"]);
        dimensions.extend(found.filter(|found| !dimensions.contains(found)));
    }
    let filters: Vec<(Member, Value, String)> = (0..dice.below(3)).filter_map(|_| member(dice, &["c", "n"]).map(|member| filter(dice, member))).collect();

    let shown = |member: &Member| format!("{}.{}", member.model, member.column);
    let query = json!({
        "measures": measures.iter().map(|(table, measure)| format!("t{table}.{}", measure.name)).collect::<Vec<_>>(),
        "dimensions": dimensions.iter().map(shown).collect::<Vec<_>>(),
        "filters": filters.iter().map(|(_, filter, _)| filter).collect::<Vec<_>>(),
        "limit": 50_000
    });
    let columns: Vec<String> = (0..dimensions.len()).map(|number| format!("d{number}")).collect();
    let alone: Result<Vec<String>, Expected> = measures
        .iter()
        .map(|(table, measure)| {
            let mut from = From::new(schema, *table);
            let groups = dimensions.iter().map(|member| from.column(member)).collect::<Result<Vec<_>, _>>()?;
            let conditions = filters.iter().map(|(member, _, test)| Ok(test.replace("{}", &from.column(member)?))).collect::<Result<Vec<_>, _>>()?;
            let rows = if conditions.is_empty() { from.sql } else { format!("{} where {}", from.sql, conditions.join(" and ")) };
            let shown: Vec<String> = groups
                .iter()
                .enumerate()
                .map(|(number, group)| format!("{group} as d{number}"))
                .chain([format!("{} as m", with_totals(measure.sql, &rows))])
                .collect();
            let grouped = if groups.is_empty() { String::new() } else { format!(" group by {}", (1..=groups.len()).map(|place| place.to_string()).collect::<Vec<_>>().join(", ")) };
            Ok(format!("(select {} from {rows}{grouped})", shown.join(", ")))
        })
        .collect();
    let expected = alone.map_or_else(|refused| refused, |alone| Expected::Answer(joined(&alone, &columns)));
    Question { query: serde_json::from_value(query).unwrap(), expected }
}

/// The shortest ways from a table to what is called so from there: a join of that name, or else a table.
fn way(schema: &Schema, from: usize, name: &str) -> Vec<Vec<Step>> {
    let mut ways: Vec<(Vec<Step>, usize)> = vec![(Vec::new(), from)];
    for _ in 0..STEPS_MAX {
        let longer = ways
            .iter()
            .flat_map(|(way, at)| schema.steps(*at, name).into_iter().map(|step| ([way.as_slice(), std::slice::from_ref(&step)].concat(), step.to)));
        ways = longer.filter(|(way, to)| *to != from || way.last().is_some_and(|step| step.name == name)).collect();
        let ends = |by: &dyn Fn(&Step) -> bool| -> Vec<Vec<Step>> { ways.iter().filter(|(way, _)| way.last().is_some_and(by)).map(|(way, _)| way.clone()).collect() };
        let mut found = ends(&|step| step.name == name);
        if found.is_empty() {
            found = ends(&|step| Schema::name(step.to) == name);
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// A table and what is joined to it.
struct From<'s> {
    schema: &'s Schema,
    table: usize,
    sql: String,
    /// What the end of each way is called.
    aliases: BTreeMap<Vec<String>, String>,
}

impl<'s> From<'s> {
    fn new(schema: &'s Schema, table: usize) -> Self {
        Self { schema, table, sql: format!("{} b", Schema::name(table)), aliases: BTreeMap::new() }
    }

    fn column(&mut self, member: &Member) -> Result<String, Expected> {
        if member.model == Schema::name(self.table) {
            return Ok(format!("b.{}", member.column));
        }
        let ways = way(self.schema, self.table, &member.model);
        let [steps] = ways.as_slice() else { return Err(Expected::NoWay) };
        if steps.iter().any(|step| step.doubled) {
            return Err(Expected::Doubled);
        }
        let (mut path, mut at) = (Vec::new(), "b".to_owned());
        for step in steps {
            // What it goes by tells joins apart whose names are alike.
            path.push(format!("{} {:?}", step.name, step.keys));
            let next = format!("j{}", self.aliases.len());
            at = match self.aliases.get(&path) {
                Some(known) => known.clone(),
                None => {
                    let on: Vec<String> = step.keys.iter().map(|(here, there)| format!("{at}.{here} = {next}.{there}")).collect();
                    self.sql.push_str(&format!(" left join {} {next} on {}", Schema::name(step.to), on.join(" and ")));
                    self.aliases.insert(path.clone(), next.clone());
                    next
                }
            };
        }
        Ok(format!("{at}.{}", member.column))
    }
}

/// A filter on a member, and the same in SQL with `{}` for the column.
fn filter(dice: &mut Dice, member: Member) -> (Member, Value, String) {
    let name = format!("{}.{}", member.model, member.column);
    if dice.chance(25) {
        let (operator, test) = dice.pick(&[("set", "{} is not null"), ("notSet", "{} is null")]);
        return (member, json!({"member": name, "operator": operator}), test.to_owned());
    }
    if member.column == "n" {
        let value = dice.between(-1, 8);
        let (operator, sign) = dice.pick(&[("equals", "="), ("gt", ">"), ("lte", "<=")]);
        return (member, json!({"member": name, "operator": operator, "values": [value]}), format!("{{}} {sign} {value}"));
    }
    let value = dice.pick(&["red", "green", "it's"]);
    let quoted = value.replace('\'', "''");
    let (operator, test) = dice.pick(&[("equals", "{} = '?'"), ("notEquals", "({} <> '?' or {} is null)")]);
    (member, json!({"member": name, "operator": operator, "values": [value]}), test.replace('?', &quoted))
}
