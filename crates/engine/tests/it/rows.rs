//! Questions for rows: the first of an order, look-ups, lists of values. Answers are checked against the rows themselves,
//! in plain Rust; what was opened for them is checked by provenance.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Value, json};
use tidemill::{ColumnType, Csv, DatasetName, ErrorKind, Mill, Scope, Settings, TenantId};

use crate::ward::{Ward, open};

/// Numbers that are random enough and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }
}

/// A row as we know it. `n` tells it from all others.
#[derive(Debug, Clone)]
struct Visit {
    n: i64,
    /// Seconds.
    at: Option<i64>,
    id: i64,
    name: Option<String>,
    city: Option<String>,
    cents: Option<i64>,
}

const FIRST_SECOND: i64 = 1_356_998_400; // 2013-01-01

fn instant(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A whole number that stands for another one, spread over all of them.
fn spread(number: i64) -> i64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64) >> 1
}

fn csv(visits: &[Visit]) -> String {
    let mut csv = String::from("at,n,id,name,city,amount\n");
    for visit in visits {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let amount = visit.cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100)).unwrap_or_default();
        csv.push_str(&format!("{},{},{},{},{},{amount}\n", visit.at.map(instant).unwrap_or_default(), visit.n, visit.id, text(&visit.name), text(&visit.city)));
    }
    csv
}

async fn load(mill: &Mill, visits: &[Visit]) {
    let types = [
        ("at", ColumnType::Timestamp),
        ("n", ColumnType::Integer),
        ("id", ColumnType::Integer),
        ("name", ColumnType::String),
        ("city", ColumnType::String),
        ("amount", ColumnType::Float),
    ];
    let load = types.into_iter().fold(Csv::bytes(csv(visits)).time_column(Some("at")), |load, (column, column_type)| load.column_type(column, column_type));
    let report = mill.load("visits", load).await.unwrap();
    assert_eq!((report.rows, report.rejected), (visits.len() as u64, 0));
}

/// Commits of some months: each goes on where the last one ended, with rows that are late, equal instants and nulls.
fn commit(dice: &mut Dice, from: i64, count: usize, begin: i64) -> Vec<Visit> {
    (0..count)
        .map(|row| {
            let late = dice.roll(10) == 0;
            let second = if late { dice.roll(begin as u64 + 1) as i64 } else { begin + dice.roll(20_000) as i64 };
            let n = from + row as i64;
            Visit {
                n,
                // Minutes, so that many are equal.
                at: (dice.roll(12) != 0).then_some(FIRST_SECOND + second / 60 * 60),
                id: spread(dice.roll(3_000) as i64),
                name: (dice.roll(5) != 0).then(|| format!("u{}", dice.roll(2_000))),
                city: (dice.roll(6) != 0).then(|| format!("c{}", dice.roll(9))),
                cents: (dice.roll(4) != 0).then(|| dice.roll(50_000) as i64),
            }
        })
        .collect()
}

/// A condition in SQL and in Rust.
type Condition = (String, Box<dyn Fn(&Visit) -> bool>);

fn condition(dice: &mut Dice) -> Condition {
    let city = format!("c{}", dice.roll(9));
    let (name, other) = (format!("u{}", dice.roll(2_500)), format!("u{}", dice.roll(2_000)));
    let (id, another) = (spread(dice.roll(4_000) as i64), spread(dice.roll(3_000) as i64));
    let second = FIRST_SECOND + dice.roll(400_000) as i64;
    let cents = dice.roll(50_000) as i64;
    match dice.roll(10) {
        0 => (format!("city = '{city}'"), Box::new(move |visit| visit.city.as_ref() == Some(&city))),
        1 => (format!("id = {id}"), Box::new(move |visit| visit.id == id)),
        2 => (format!("id in ({id}, {another})"), Box::new(move |visit| visit.id == id || visit.id == another)),
        3 => (format!("name = '{name}'"), Box::new(move |visit| visit.name.as_ref() == Some(&name))),
        4 => (format!("name in ('{name}', '{other}', 'nobody')"), Box::new(move |visit| visit.name.as_ref().is_some_and(|own| *own == name || *own == other))),
        5 => (format!("at >= timestamp '{}'", instant(second).replace('T', " ").trim_end_matches('Z')), Box::new(move |visit| visit.at.is_some_and(|at| at >= second))),
        6 => (format!("amount > {}.{:02}", cents / 100, cents % 100), Box::new(move |visit| visit.cents.is_some_and(|own| own > cents))),
        7 => ("at is null".to_owned(), Box::new(|visit| visit.at.is_none())),
        8 => ("name like 'u1%'".to_owned(), Box::new(|visit| visit.name.as_ref().is_some_and(|name| name.starts_with("u1")))),
        _ => ("city is not null and character_length(city) = 2".to_owned(), Box::new(|visit| visit.city.is_some())),
    }
}

/// A key of an order: its name, descending, nulls first.
type Key = (&'static str, bool, bool);

fn compare(left: &Visit, right: &Visit, (name, descending, nulls_first): Key) -> Ordering {
    fn keys<T: Ord>(left: Option<T>, right: Option<T>, descending: bool, nulls_first: bool) -> Ordering {
        match (left, right) {
            (Some(left), Some(right)) => {
                if descending {
                    right.cmp(&left)
                } else {
                    left.cmp(&right)
                }
            }
            (None, None) => Ordering::Equal,
            (left, _) => {
                if left.is_none() == nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
    match name {
        "at" => keys(left.at, right.at, descending, nulls_first),
        "n" => keys(Some(left.n), Some(right.n), descending, nulls_first),
        "id" => keys(Some(left.id), Some(right.id), descending, nulls_first),
        "name" => keys(left.name.as_ref(), right.name.as_ref(), descending, nulls_first),
        "amount" => keys(left.cents, right.cents, descending, nulls_first),
        other => panic!("no key {other}"),
    }
}

fn compare_by(left: &Visit, right: &Visit, order: &[Key]) -> Ordering {
    order.iter().map(|key| compare(left, right, *key)).find(|ordering| *ordering != Ordering::Equal).unwrap_or(Ordering::Equal)
}

fn in_sql(order: &[Key]) -> String {
    let keys: Vec<String> = order
        .iter()
        .map(|(name, descending, nulls_first)| format!("{name} {} nulls {}", if *descending { "desc" } else { "asc" }, if *nulls_first { "first" } else { "last" }))
        .collect();
    if keys.is_empty() { String::new() } else { format!(" order by {}", keys.join(", ")) }
}

/// The rows of an answer by their `n`.
async fn asked(mill: &Mill, sql: &str) -> Vec<i64> {
    let answer = mill.sql(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}")).to_json();
    let place = answer["columns"].as_array().unwrap().iter().position(|column| column["name"] == "n").unwrap();
    answer["data"][place].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect()
}

fn check(all: &[Visit], passes: &dyn Fn(&Visit) -> bool, order: &[Key], limit: usize, offset: usize, answer: &[i64], what: &str) {
    let mut expected: Vec<&Visit> = all.iter().filter(|visit| passes(visit)).collect();
    expected.sort_by(|left, right| compare_by(left, right, order));
    let expected: Vec<&Visit> = expected.into_iter().skip(offset).take(limit).collect();
    assert_eq!(answer.len(), expected.len(), "{what}");
    let mut seen = HashSet::new();
    for (n, expected) in answer.iter().zip(expected) {
        let found = &all[usize::try_from(*n).unwrap()];
        assert!(passes(found) && seen.insert(n), "{what}: {found:?}");
        // Rows that are equal in every key may come in any order.
        assert_eq!(compare_by(found, expected, order), Ordering::Equal, "{what}: {found:?} in place of {expected:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_for_rows_have_the_answers_of_the_rows() {
    let ward = Ward::with(Settings { segment_max_rows: 1_000, ..Settings::default() }).await;
    let single = open(ward.folder.path(), Settings { query_partitions: 1, ..Settings::default() }).await.tenant("acme").unwrap();
    let mut dice = Dice(55);
    let (mut all, mut begin) = (Vec::new(), 0);
    for round in 0..30 {
        let count = dice.pick(&[1, 3, 40, 200, 1_500]);
        let visits = commit(&mut dice, all.len() as i64, count, begin);
        load(&ward.mill, &visits).await;
        all.extend(visits);
        begin += 17_000;
        for question in 0..12 {
            let conditions: Vec<Condition> = (0..dice.pick(&[0, 1, 1, 2])).map(|_| condition(&mut dice)).collect();
            let mut order: Vec<Key> = Vec::new();
            if dice.roll(6) != 0 {
                order.push((dice.pick(&["at", "at", "at", "amount", "id", "name", "n"]), dice.roll(2) == 0, dice.roll(2) == 0));
            }
            if !order.is_empty() && dice.roll(3) == 0 {
                order.push(("n", dice.roll(2) == 0, false));
            }
            let (limit, offset) = (dice.pick(&[1, 5, 60, 300]), dice.pick(&[0, 0, 7, 90]));
            let list = dice.pick(&["n", "*", "n, name, at"]);
            let filter = conditions.iter().map(|(sql, _)| sql.as_str()).collect::<Vec<_>>().join(" and ");
            let filter = if filter.is_empty() { filter } else { format!(" where {filter}") };
            let sql = format!("select {list} from visits{filter}{} limit {limit} offset {offset}", in_sql(&order));
            let passes = |visit: &Visit| conditions.iter().all(|(_, passes)| passes(visit));
            let mill = if question % 3 == 0 { &single } else { &ward.mill };
            check(&all, &passes, &order, limit, offset, &asked(mill, &sql).await, &format!("commit {round}: {sql}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_segments_have_the_same_first_rows() {
    let ward = Ward::new().await;
    let mut dice = Dice(99);
    let mut all = Vec::new();
    for round in 0..3 {
        let visits = commit(&mut dice, all.len() as i64, 60_000, round * 17_000);
        load(&ward.mill, &visits).await;
        all.extend(visits);
    }
    for key in ["at", "amount", "id", "name"] {
        for (descending, nulls_first) in [(false, false), (false, true), (true, false), (true, true)] {
            let id = all[777].id;
            let filters: [Condition; 3] = [
                (String::new(), Box::new(|_| true)),
                (format!(" where id = {id}"), Box::new(move |visit| visit.id == id)),
                (" where city = 'c3'".to_owned(), Box::new(|visit| visit.city.as_deref() == Some("c3"))),
            ];
            for (filter, passes) in filters {
                for order in [vec![(key, descending, nulls_first)], vec![(key, descending, nulls_first), ("n", true, false)]] {
                    let sql = format!("select * from visits{filter}{} limit 25 offset 3", in_sql(&order));
                    check(&all, &*passes, &order, 25, 3, &asked(&ward.mill, &sql).await, &sql);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_found_rows_are_those_of_the_rows() {
    let ward = Ward::new().await;
    let mut dice = Dice(8);
    let mut all = Vec::new();
    for round in 0..8 {
        let visits = commit(&mut dice, all.len() as i64, 100, round * 17_000);
        load(&ward.mill, &visits).await;
        all.extend(visits);
    }
    for sql in [format!("select * from visits where id = {}", all[321].id), "select * from visits where at is not null order by at desc limit 40".to_owned()] {
        let answer = ward.mill.sql(&sql).await.unwrap().to_json();
        let names: Vec<&str> = answer["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
        let rows = answer["row_count"].as_u64().unwrap() as usize;
        assert!(rows > 0);
        for row in 0..rows {
            let cell = |name: &str| &answer["data"][names.iter().position(|own| *own == name).unwrap()][row];
            let visit = &all[cell("n").as_u64().unwrap() as usize];
            assert_eq!((cell("id"), cell("name"), cell("city")), (&json!(visit.id), &json!(visit.name), &json!(visit.city)), "{sql}");
            assert_eq!(cell("amount").as_f64().map(|amount| (amount * 100.0).round() as i64), visit.cents, "{sql}");
        }
    }
}

/// 500 segments of 1,000 rows in the order of time, every tenth row in another city.
async fn five_hundred_segments() -> (Ward, Vec<Visit>) {
    let ward = Ward::with(Settings { segment_max_rows: 1_000, ..Settings::default() }).await;
    let visits: Vec<Visit> = (0..500_000)
        .map(|n| Visit { n, at: Some(FIRST_SECOND + n), id: spread(n), name: Some(format!("visitor-{n}")), city: Some(format!("c{}", n % 10)), cents: Some(n % 5_000) })
        .collect();
    load(&ward.mill, &visits).await;
    (ward, visits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handful_of_many_segments_is_opened() {
    let (ward, visits) = five_hundred_segments().await;
    let mill = open(ward.folder.path(), Settings { query_partitions: 2, ..Settings::default() }).await.tenant("acme").unwrap();
    let ask = async |sql: String| mill.sql(&sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));

    let latest = ask("select * from visits order by at desc nulls last limit 100".into()).await;
    assert_eq!(latest.to_json()["data"][1][99], json!(499_900));
    assert_eq!((latest.provenance.segments_total, latest.provenance.segments_read, latest.provenance.rows_scanned), (500, 1, 1_000));
    assert_eq!(latest.provenance.segments_pruned, 499);
    assert!(latest.provenance.bytes_read > 0);
    assert_eq!(ask("select n from visits order by at limit 2500".into()).await.provenance.segments_read, 3);
    assert_eq!(mill.preview("visits", 50).await.unwrap().provenance.segments_read, 1);
    // A tenth of the rows pass: a hundred of them are in the two segments of the first wave.
    let filtered = ask("select n from visits where city = 'c3' order by at desc limit 100".into()).await;
    assert_eq!(filtered.to_json()["data"][0][99], json!(499_003));
    assert!(filtered.provenance.segments_read <= 2, "{:?}", filtered.provenance);

    // A value that is there, one that is not, and several of both.
    for (sql, found, most) in [
        (format!("select * from visits where id = {}", visits[123_456].id), vec![123_456], 2),
        (format!("select * from visits where id = {}", spread(1_000_000)), vec![], 2),
        ("select * from visits where name = 'visitor-77777'".to_owned(), vec![77_777], 2),
        ("select * from visits where name = 'visitor-x'".to_owned(), vec![], 2),
        (format!("select * from visits where id in ({}, {}, {})", spread(5), spread(2_000_000), spread(400_005)), vec![5, 400_005], 8),
        (format!("select * from visits where id = {} and city = 'c6' order by at desc limit 10", visits[123_456].id), vec![123_456], 2),
    ] {
        let first = ask(sql.clone()).await;
        let mut ns: Vec<i64> = first.to_json()["data"][1].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        ns.sort_unstable();
        assert_eq!(ns, found, "{sql}");
        assert!(first.provenance.segments_read <= most, "{sql}: {:?}", first.provenance);
        assert!(first.provenance.bytes_read > 0 || first.provenance.segments_read == 0, "{sql}: {:?}", first.provenance);
        let again = ask(sql.clone()).await.provenance;
        assert!(again.bytes_read <= first.provenance.bytes_read, "{sql}: filters and footers are kept: {again:?}");
        if again.segments_read == 0 {
            assert_eq!((again.bytes_read, again.rows_scanned, again.segments_pruned), (0, 0, 500), "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_hold_for_rows_too() {
    let (ward, visits) = five_hundred_segments().await;
    let dataset = || DatasetName::parse("visits").unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(dataset(), "city = 'c3'").hiding(dataset(), "name");
    let mill = ward.engine.mill(scope);
    let latest = mill.sql("select * from visits order by at desc limit 3").await.unwrap();
    assert_eq!(latest.to_json()["data"][1], json!([499_993, 499_983, 499_973]));
    assert_eq!(latest.columns.len(), 5);
    assert!(latest.provenance.segments_read <= 64 && latest.provenance.row_filter_applied, "{:?}", latest.provenance);
    assert_eq!(asked(&mill, &format!("select n from visits where id = {}", visits[13].id)).await, [13]);
    assert_eq!(asked(&mill, &format!("select n from visits where id = {}", visits[14].id)).await, [0_i64; 0]);
    for sql in ["select name from visits limit 1", "select n from visits order by name limit 1", "select n from visits where name = 'visitor-13'"] {
        assert_eq!(mill.sql(sql).await.unwrap_err().kind(), ErrorKind::Invalid, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_groups_without_the_value_are_not_read() {
    let ward = Ward::new().await;
    let visits: Vec<Visit> = (0..400_000).map(|n| Visit { n, at: Some(FIRST_SECOND + n), id: spread(n), name: None, city: None, cents: Some(n) }).collect();
    load(&ward.mill, &visits).await;
    let size = ward.mill.dataset("visits").await.unwrap().summary.size_bytes.unwrap();
    let sql = format!("select * from visits where id = {}", visits[300_000].id);
    ward.mill.sql(&sql).await.unwrap();
    let again = ward.mill.sql(&sql).await.unwrap();
    assert_eq!(again.to_json()["data"][1], json!([300_000]));
    assert_eq!(again.provenance.segments_total, 1);
    assert!(again.provenance.bytes_read > 0 && again.provenance.bytes_read * 2 < size, "{} of {size} bytes", again.provenance.bytes_read);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_values_come_from_partials() {
    let ward = Ward::new().await;
    let mut dice = Dice(21);
    let mut all = Vec::new();
    for round in 0..20 {
        let visits = commit(&mut dice, all.len() as i64, 60, round * 17_000);
        load(&ward.mill, &visits).await;
        all.extend(visits);
    }
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("visits").unwrap(), "amount > 100");
    let scoped = ward.engine.mill(scope);
    let everything: fn(&Visit) -> bool = |_| true;
    let expensive: fn(&Visit) -> bool = |visit| visit.cents.is_some_and(|cents| cents > 10_000);
    for (mill, sees) in [(&ward.mill, everything), (&scoped, expensive)] {
        let cities = |passes: &dyn Fn(&str) -> bool| {
            let mut cities: Vec<&str> = all.iter().filter(|visit| sees(visit)).filter_map(|visit| visit.city.as_deref()).filter(|city| passes(city)).collect();
            cities.sort_unstable();
            let mut counted: Vec<(&str, u64)> = Vec::new();
            for city in cities {
                match counted.last_mut().filter(|(last, _)| *last == city) {
                    Some((_, count)) => *count += 1,
                    None => counted.push((city, 1)),
                }
            }
            counted
        };
        let names = |counted: &[(&str, u64)]| json!([counted.iter().map(|(city, _)| *city).collect::<Vec<_>>()]);
        let with_counts = |counted: &[(&str, u64)]| json!([counted.iter().map(|(city, _)| *city).collect::<Vec<_>>(), counted.iter().map(|(_, count)| *count).collect::<Vec<_>>()]);
        let late = |city: &str| city > "c4";
        let cases: Vec<(&str, Value)> = vec![
            ("select distinct city from visits where city is not null order by 1 limit 100", names(&cities(&|_| true))),
            ("select distinct city from visits where city like 'c%' and city > 'c4' order by 1 limit 100", names(&cities(&late))),
            ("select distinct city from visits where city ilike 'C1%' order by city", names(&cities(&|city| city.starts_with("c1")))),
            ("select city, count(*) from visits where city ilike '%3' group by city order by 1", with_counts(&cities(&|city| city.ends_with('3')))),
            ("select city, count(*) from visits where city is not null group by 1 order by 1 limit 100", with_counts(&cities(&|_| true))),
        ];
        for (sql, expected) in cases {
            let first = mill.sql(sql).await.unwrap();
            assert_eq!(first.to_json()["data"], expected, "{sql}");
            let again = mill.sql(sql).await.unwrap();
            assert_eq!(again.to_json()["data"], expected, "{sql}");
            let provenance = again.provenance;
            assert_eq!((provenance.segments_read, provenance.rows_scanned, provenance.bytes_read), (0, 0, 0), "{sql}: {provenance:?}");
            // Who sees a part is not told what was read.
            assert_eq!(provenance.segments_reused > 0, !provenance.row_filter_applied, "{sql}: {provenance:?}");
        }
        // The same as a model's dimension, planned by the few rules that partials need.
        let query = json!({"dimensions": ["visits.city"], "filters": [{"member": "visits.city", "operator": "contains", "values": ["3"]}], "limit": 100});
        let query = serde_json::from_value(query).unwrap();
        for round in 0..2 {
            let answer = mill.query(&query).await.unwrap();
            assert_eq!(answer.to_json()["data"], names(&cities(&|city| city.contains('3'))));
            assert!(round == 0 || (answer.provenance.segments_read, answer.provenance.bytes_read) == (0, 0), "{:?}", answer.provenance);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn later_waves_keep_filters_that_run_inside_of_the_decoder() {
    let ward = Ward::new().await;
    // Many segments whose amounts overlap; each user is rare in all of them, so that users have bloom filters.
    for part in 0..40_i64 {
        let mut csv = String::from("id,city,amount\n");
        for row in 0..400_i64 {
            csv.push_str(&format!("{},c{},{}\n", spread((part * 7 + row) % 90), row % 5, (row * 37 + part) % 1_000));
        }
        ward.mill.load("visits", Csv::bytes(csv)).await.unwrap();
    }
    let id = spread(42);
    // The projection stays above the scan, because it uses an expression twice.
    for (columns, limit) in [("upper(city) || 'a', upper(city) || 'b', id", 10), ("id, city", 10), ("upper(city), id, amount", 100)] {
        let sql = format!("select {columns} from visits where id = {id} order by amount desc limit {limit}");
        let answer = ward.mill.sql(&sql).await.unwrap();
        let place = answer.columns.iter().position(|column| column.name == "id").unwrap();
        let ids = answer.to_json()["data"][place].as_array().unwrap().clone();
        assert!(ids.len() == limit && ids.iter().all(|found| *found == json!(id)), "{sql}: {ids:?}");
    }
    // A scope whose rows are picked by a rare value.
    let visits = DatasetName::parse("visits").unwrap();
    let mill = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(visits, format!("id = {id}")));
    let answer = mill.sql("select upper(city) || 'a' as a, upper(city) || 'b' as b, id from visits order by amount limit 50").await.unwrap();
    assert!(answer.to_json()["data"][2].as_array().unwrap().iter().all(|found| *found == json!(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn rare_combinations_of_frequent_values_are_found_in_every_wave() {
    let ward = Ward::new().await;
    let mut expected = Vec::new();
    for part in 0..60_i64 {
        let mut csv = String::from("at,n,kind,city\n");
        for row in 0..300_i64 {
            let n = part * 300 + row;
            let rare = n % 977 == 5;
            let (kind, city) = if rare { ("buy", "LU") } else { [("buy", "DE"), ("look", "LU"), ("look", "DE")][(n % 3) as usize] };
            if rare {
                expected.push(n);
            }
            csv.push_str(&format!("{},{n},{kind},{city}\n", instant(FIRST_SECOND + n)));
        }
        ward.mill.load("visits", Csv::bytes(csv)).await.unwrap();
    }
    expected.reverse();
    for limit in [3, 10, 100] {
        let answer = ward.mill.sql(&format!("select * from visits where kind = 'buy' and city = 'LU' order by at desc limit {limit}")).await.unwrap();
        let found: Vec<i64> = answer.to_json()["data"][1].as_array().unwrap().iter().filter_map(Value::as_i64).collect();
        assert_eq!(found, expected.iter().copied().take(limit).collect::<Vec<_>>());
    }
}
