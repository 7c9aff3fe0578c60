//! Non-interference: rows and values that somebody may not see change no byte of what they are told, budgets and explanations among it.
//! Two worlds differ in hidden rows, and in the values of a column that is masked or hidden, alone; everything that can be asked is asked
//! in both. In every other pair what is seen is decided over a join, and what is looked up in has other rows too, but for those of the
//! keys that are seen.

use serde::Serialize;
use serde_json::{Value, json};
use tidemill::{Budget, ColumnType, Limits, Load, Mill, Scope, SemanticQuery, Settings, TenantId};
use tokio_stream::StreamExt;

use super::oracle::{Dice, STATEMENTS, Sale, csv, join_lands, questions, sale, with_measures};
use super::{set_policies, user};
use crate::ward::Ward;

/// Pairs of worlds of each part. Together they are more than ten thousand pairs of what is told; `TIDEMILL_INTERFERENCE_WORLDS` asks
/// for more.
const WORLDS: u64 = 5;
const PARTS: u64 = 6;
/// Pairs of what is told of a pair of worlds at least, the same asked twice in each.
const PAIRS_MIN: u64 = 400;

/// Statements that would fail, or tell something, on rows that are not seen.
const PROBES: [&str; 43] = [
    "select measure(sum_amount) filter (where 100 / (amount - 77) > 0) from sales",
    "select measure(nothing), hidden from sales",
    "select sum(100 / amount) from sales where amount <> 0",
    "select count(*) from sales where 10 / (amount - 77) > 0",
    "select team, sum(amount * 0.1 + case when amount % 7 = 0 then 1.0e15 else 0.0 end), var_pop(amount * 0.1), covar(amount / 3.0, extract(day from at)) from sales group by 1 order by 2, 1",
    "select amount, sum(amount / 3.0) over (order by amount), avg(amount * 0.1) over (partition by team) from sales order by 1, 2, 3 limit 9",
    "select measure(fractions), measure(avg_amount) from sales",
    "select cast(note as bigint) from sales order by 1",
    "select max(cast(substr(note, 2) as bigint)) from sales",
    "select count(*) from sales where cast(country as bigint) = 1",
    "select arrow_typeof(amount), amount from sales order by amount limit 3",
    "select * from sales order by at, amount, note, team limit 3",
    "select count(*) from sales where country = 'IT' or team = 'north'",
    "select approx_distinct(note), approx_percentile_cont(amount, 0.5) from sales",
    "select no_such_column from sales",
    "select amount from sale",
    "select sum(power(amount, 400)) from sales",
    // 64 bits hold this of amounts up to 76, and each of these numbers but not all of them together.
    "select count(*) from sales where amount * 119784199948581506 > 0 and amount < 77",
    "select sum(distinct amount * 100000000000000000), max(-amount) from sales where amount < 77",
    "select count(*) from sales where note in (select note from sales where country <> 'DE')",
    "select count(*) from sales where team = 'north' or note not in (select note from sales where amount > 50)",
    "select note, amount from sales s where amount not in (select amount from sales t where t.team = s.team and t.amount > s.amount) order by 1, 2",
    "select (select count(*) from sales where country = 'FR') as hidden",
    "select first_value(note order by at desc, note) from sales",
    "select count(*) from sales where exists (select 1 from sales t where t.amount > 70)",
    "select team, lag(amount) over (order by at, amount, note) as before from sales order by at, amount, note limit 4",
    "select to_timestamp(note) from sales order by 1 limit 1",
    // What is told of rows in no order that was asked for.
    "select * from sales",
    "select note from sales limit 10",
    "select note, amount from sales limit 7 offset 3",
    "select team from sales order by amount",
    "select note from sales order by team limit 5",
    "select team, count(*) from sales group by 1",
    "select distinct note from sales limit 4",
    "select s.note as one, t.note as other from sales s join sales t on s.at = t.at and s.amount < t.amount limit 20",
    "select * from (select note, team from sales) as s limit 3",
    "select first_value(note) from sales",
    "select row_number() over () as n, note from sales",
    "select note, lag(note) over (order by country) as before from sales",
    "select distinct on (team) team, note from sales",
    "select count(*) from (select * from sales limit 30) as s where team = 'north'",
    "select sum(amount) over (rows between 1 preceding and current row) as moving from sales",
    "select team, lag(amount) over (order by at, amount, note, team) as before from (select at, amount, note, team from sales) as s",
];

/// Statements of which a window of time is told, and one that looks through two.
const WINDOWS: [&str; 3] = [
    "select count(*), sum(amount) from sales where at >= '2013-01-20' and at < '2013-02-10'",
    "select note from sales where at between '2013-02-01' and '2013-02-05' order by 1",
    "select (select count(*) from sales where at > '2013-02-20') as late, (select max(amount) from sales where at < '2013-01-05') as early",
];

/// What is asked beside questions and statements: budgets of the scope and of questions.
struct Bounds {
    scope: Budget,
    questions: [Budget; 2],
}

impl Bounds {
    fn drawn(dice: &mut Dice) -> Self {
        let scope = [of_rows, of_bytes, of_cost][dice.roll(3) as usize](dice);
        let other = [of_bytes, of_cost][dice.roll(2) as usize];
        Self { scope, questions: [of_rows(dice), other(dice)] }
    }
}

fn of_rows(dice: &mut Dice) -> Budget {
    Budget { rows: Some(dice.roll(250)), ..Budget::default() }
}

fn of_bytes(dice: &mut Dice) -> Budget {
    Budget { bytes: Some(dice.roll(6_000)), ..Budget::default() }
}

fn of_cost(dice: &mut Dice) -> Budget {
    Budget { cost: Some(dice.roll(20)), ..Budget::default() }
}

/// Everything that is told in a world, as text: nothing of it depends on the clock of the machine. `numbered`: with the numbers of
/// versions.
async fn told(mill: &Mill, small: &Mill, bounds: &Bounds, numbered: bool) -> Vec<String> {
    let mut told = Vec::new();
    let mut tell = |what: &str, mut answer: Value| {
        if !numbered {
            forget_versions(&mut answer);
        }
        told.push(format!("{what}: {answer}"));
    };
    for sql in STATEMENTS.iter().chain(&PROBES).chain(&WINDOWS) {
        tell(sql, answer(mill.sql(sql).await));
        tell("explanation", plain(mill.explain_sql(sql).await));
        tell("lineage of a statement", plain(mill.lineage_sql(sql).await));
    }
    for sql in PROBES {
        tell("verification of a statement", plain(mill.verify_sql(sql).await));
    }
    tell("as of 0", answer(mill.sql_as_of("select count(*), max(at) from sales", 0).await));
    for question in questions() {
        let query: SemanticQuery = serde_json::from_value(question.clone()).unwrap();
        let answered = mill.query(&query).await;
        tell("file", answered.as_ref().map_or_else(failure, |answer| plain(answer.to_csv())));
        tell(&question.to_string(), answer(answered));
        tell("live", live(mill, &query).await);
        tell("explain", plain(mill.explain(&query).await));
        tell("lineage", plain(mill.lineage(&query).await));
        tell("verification", plain(mill.verify(&query).await));
        for budget in bounds.questions {
            let query = SemanticQuery { budget: Some(budget), ..query.clone() };
            tell(&format!("{budget:?} for {question}"), answer(mill.query(&query).await));
            tell("explain with a budget", plain(mill.explain(&query).await));
        }
        tell(&format!("within {:?}: {question}", bounds.scope), answer(small.query(&query).await));
    }
    for sql in STATEMENTS.iter().chain(&WINDOWS) {
        tell(&format!("within {:?}: {sql}", bounds.scope), answer(small.sql(sql).await));
        tell("explanation with a budget", plain(small.explain_sql(sql).await));
    }
    for (member, search) in [("sales.note", Some("1")), ("sales.country", None), ("sales.amount", Some("7")), ("sales.nothing", None), ("sales.lands.zone", None)] {
        tell(member, plain(mill.values(member, search, 20, 0).await));
        tell(&format!("{member} within {:?}", bounds.scope), plain(small.values(member, search, 20, 0).await));
    }
    tell("dataset", plain(mill.dataset("sales").await));
    tell("datasets", plain(mill.datasets().await));
    tell("model", plain(mill.model("sales").await));
    tell("profile", plain(mill.profile("sales").await));
    for rows in [1_000, 5] {
        tell("preview", answer(mill.preview("sales", rows).await));
    }
    tell("preview with a budget", plain(small.preview("sales", 1_000).await.map(|preview| preview.batch.num_rows())));
    tell("loads", plain(mill.loads("sales").await));
    tell("versions", plain(mill.versions("sales", None, 10).await));
    tell("rejects", plain(mill.rejects("sales", 0, 10).await));
    tell("count", plain(mill.count_rows("sales", "amount > 10").await));
    tell("count that fails", plain(mill.count_rows("sales", "100 / (amount - 50) > 0 and amount <> 50").await));
    told
}

fn answer(result: tidemill::Result<tidemill::QueryResult>) -> Value {
    match result {
        Ok(result) => result.to_json(),
        Err(error) => failure(&error),
    }
}

/// What a subscription begins with.
async fn live(mill: &Mill, query: &SemanticQuery) -> Value {
    let first = match mill.subscribe(query).await {
        Ok(mut live) => live.next().await.unwrap(),
        Err(error) => Err(error),
    };
    first.map_or_else(|error| failure(&error), |change| change.to_json())
}

fn plain<T: Serialize>(result: tidemill::Result<T>) -> Value {
    match result {
        Ok(value) => serde_json::to_value(value).unwrap(),
        Err(error) => failure(&error),
    }
}

fn failure(error: &tidemill::Error) -> Value {
    json!([format!("{:?}", error.kind()), error.message(), error.suggestions()])
}

/// Takes the numbers of versions out.
fn forget_versions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("version");
            fields.values_mut().for_each(forget_versions);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_versions),
        _ => {}
    }
}

/// A row of another country; some are strange in what statements trip over.
fn hidden(dice: &mut Dice) -> Sale {
    let country = dice.pick(&["FR", "IT", ""]);
    let strange = dice.roll(9) == 0;
    let drawn = sale(dice);
    Sale { country, note: if strange { "seven".to_owned() } else { drawn.note.clone() }, amount: if strange { 77 } else { drawn.amount }, ..drawn }
}

/// Rows that are seen, in as many loads.
fn visible(dice: &mut Dice) -> Vec<Vec<Sale>> {
    let loads = 1 + dice.roll(3);
    (0..loads).map(|_| (0..dice.roll(120)).map(|_| Sale { country: "DE", ..sale(dice) }).collect()).collect()
}

/// The same with hidden rows among them, and other prices, which nobody sees who is asked.
fn with_hidden(visible: &[Vec<Sale>], dice: &mut Dice) -> Vec<Vec<Sale>> {
    let mut loads = visible.to_vec();
    for rows in &mut loads {
        for sale in rows.iter_mut() {
            sale.price = (dice.roll(5) > 0).then(|| dice.roll(1_000) as f64 / 4.0);
        }
        for _ in 0..1 + dice.roll(200) {
            let place = dice.roll(rows.len() as u64 + 1) as usize;
            rows.insert(place, hidden(dice));
        }
    }
    loads
}

/// Loads into a world, and what somebody from Germany is told there, asked twice: kept partials, lists and compiled questions tell no
/// more. What is seen is decided over a join where there are `lands` beside Germany. Prices are masked, or not there where it `hides`.
async fn world(ward: &Ward, name: &str, loads: &[Vec<Sale>], time: ColumnType, bounds: &Bounds, (lands, numbered, hides): (Option<&str>, bool, bool)) -> Vec<String> {
    let mill = ward.engine.tenant(name).unwrap();
    for rows in loads {
        let load: Load = csv(rows, |_| (true, true));
        mill.load("sales", load.column_type("at", time)).await.unwrap();
    }
    with_measures(&mill).await;
    let own = |member: &str, value: &str| json!([{"name": "own", "rows": [{"member": member, "operator": "equals", "values": [value]}]}]);
    let mut of_sales = own("sales.country", "{user.country}");
    if let Some(lands) = lands {
        join_lands(&mill, &format!("code,zone\nDE,mine\n{lands}")).await;
        set_policies(&mill, "lands", own("lands.zone", "{user.zone}")).await;
        of_sales = own("lands.zone", "{user.zone}");
    }
    let (how, price) = if hides { ("hidden", json!(["price"])) } else { ("masked", json!([{"column": "price"}])) };
    of_sales[0][how] = price;
    set_policies(&mill, "sales", of_sales).await;
    let scope = Scope::of(TenantId::parse(name).unwrap()).seen_by(user(&[("country", &["DE"]), ("zone", &["mine"])]));
    let small = ward.engine.mill(scope.clone().with_limits(Limits { budget: bounds.scope, ..Limits::default() }));
    let scoped = ward.engine.mill(scope);
    let mut told_here = told(&scoped, &small, bounds, numbered).await;
    told_here.extend(told(&scoped, &small, bounds, numbered).await);
    told_here
}

/// Compares what is told in two worlds, and says how much it was and how often a budget was too small.
fn same(one: &[String], two: &[String], seed: u64) -> (u64, u64) {
    assert_eq!(one.len(), two.len(), "seed {seed}");
    for (one, two) in one.iter().zip(two) {
        assert_eq!(one, two, "seed {seed}");
    }
    (one.len() as u64, one.iter().filter(|told| told.contains("rows that you see and about")).count() as u64)
}

/// Compares what is told in the worlds of a part.
async fn compare(part: u64) {
    let worlds = std::env::var("TIDEMILL_INTERFERENCE_WORLDS").ok().and_then(|worlds| worlds.parse().ok()).unwrap_or(WORLDS);
    let (mut pairs, mut refused) = (0, 0);
    for seed in part * worlds..(part + 1) * worlds {
        // A world costs a few units.
        let ward = Ward::with(Settings { rows_a_unit: 30, bytes_a_unit: 900, ..Settings::default() }).await;
        let mut dice = Dice(seed + 1);
        // The same visible rows in both, in the same order, in as many loads.
        let (visible, bounds) = (visible(&mut dice), Bounds::drawn(&mut dice));
        let time = if seed % 3 == 2 { ColumnType::Date } else { ColumnType::Timestamp };
        // Italy is of a zone in one world, and others are there in the other.
        let lands = |others| (seed % 2 == 1).then_some(others);
        let hides = seed % 4 > 1;
        let one = world(&ward, "one", &with_hidden(&visible, &mut dice), time, &bounds, (lands("IT,other\n"), true, hides)).await;
        let two = world(&ward, "two", &with_hidden(&visible, &mut dice), time, &bounds, (lands("FR,other\nUS,another\nES,other\n"), true, hides)).await;
        let (more, over) = same(&one, &two, seed);
        (pairs, refused) = (pairs + more, refused + over);
    }
    assert!(pairs >= worlds * PAIRS_MIN, "{pairs} pairs were compared");
    assert!(refused > 0 && refused < pairs / 2, "{refused} of {pairs} questions were over a budget");
}

/// Each part is a test of its own, so that they run beside each other.
macro_rules! parts {
    ($($name:ident: $part:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            compare($part).await;
        })*

        const _: () = assert!([$($part),*].len() as u64 == PARTS && PARTS * WORLDS * PAIRS_MIN >= 10_000, "fewer than ten thousand pairs");
    };
}

parts! {
    rows_that_are_not_seen_change_no_byte_of_what_is_told: 0;
    nor_in_the_next_worlds: 1;
    nor_in_those_after_them: 2;
    nor_in_the_fourth_part_of_them: 3;
    nor_in_the_fifth: 4;
    nor_in_the_last: 5;
}

/// A version is a number of the dataset (ADR 0023), so that something was loaded can be seen. What it was cannot, nor how much.
#[tokio::test(flavor = "multi_thread")]
async fn a_load_of_hidden_rows_alone_changes_the_number_of_the_version_and_nothing_else() {
    for seed in 0..4 {
        let ward = Ward::new().await;
        let mut dice = Dice(seed + 101);
        let (visible, bounds) = (visible(&mut dice), Bounds::drawn(&mut dice));
        let time = if seed % 2 == 1 { ColumnType::Date } else { ColumnType::Timestamp };
        let loads = with_hidden(&visible, &mut dice);
        let mut more = loads.clone();
        // After the first load, so that version 0 is the same.
        let place = 1 + dice.roll(more.len() as u64) as usize;
        more.insert(place, (0..1 + dice.roll(150)).map(|_| hidden(&mut dice)).collect());
        let one = world(&ward, "one", &loads, time, &bounds, (None, false, false)).await;
        let two = world(&ward, "two", &more, time, &bounds, (None, false, false)).await;
        same(&one, &two, seed);
    }
}
