//! Non-interference: rows that somebody may not see change no byte of what they are told. Two worlds differ in hidden rows
//! alone, and everything that can be asked is asked in both. In every other pair what is seen is decided over a join, and what
//! is looked up in has other rows too, but for those of the keys that are seen.

use serde::Serialize;
use serde_json::{Value, json};
use tidemill::{Mill, Scope, TenantId};

use super::oracle::{Dice, STATEMENTS, Sale, csv, join_lands, questions, sale, with_measures};
use super::{set_policies, user};
use crate::ward::Ward;

/// Pairs of worlds of each part. Together they are more than ten thousand pairs of what is told; `TIDEMILL_INTERFERENCE_WORLDS` asks
/// for more.
const WORLDS: u64 = 7;
const PARTS: u64 = 6;
/// Pairs of what is told of a pair of worlds at least, the same asked twice in each.
const PAIRS_MIN: u64 = 240;

/// Statements that would fail, or tell something, on rows that are not seen.
const PROBES: [&str; 20] = [
    "select measure(sum_amount) filter (where 100 / (amount - 77) > 0) from sales",
    "select measure(nothing), hidden from sales",
    "select sum(100 / amount) from sales where amount <> 0",
    "select count(*) from sales where 10 / (amount - 77) > 0",
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
    "select count(*) from sales where note in (select note from sales where country <> 'DE')",
    "select (select count(*) from sales where country = 'FR') as hidden",
    "select first_value(note order by at desc, note) from sales",
    "select count(*) from sales where exists (select 1 from sales t where t.amount > 70)",
    "select team, lag(amount) over (order by at, amount, note) as before from sales order by at, amount, note limit 4",
    "select to_timestamp(note) from sales order by 1 limit 1",
];

/// Everything that is told, as text. What depends on the clock of the machine is left out.
async fn told(mill: &Mill) -> Vec<String> {
    let mut told = Vec::new();
    let mut tell = |what: &str, answer: Value| told.push(format!("{what}: {answer}"));
    for sql in STATEMENTS.iter().chain(&PROBES) {
        tell(sql, answer(mill.sql(sql).await));
        tell("explanation", plain(mill.explain_sql(sql).await));
    }
    tell("as of 0", answer(mill.sql_as_of("select count(*), max(at) from sales", 0).await));
    for question in questions() {
        let query = serde_json::from_value(question.clone()).unwrap();
        tell(&question.to_string(), answer(mill.query(&query).await));
        tell("explain", plain(mill.explain(&query).await));
        tell("lineage", plain(mill.lineage(&query).await));
        tell("verification", timeless(plain(mill.verify(&query).await)));
    }
    for (member, search) in [("sales.note", Some("1")), ("sales.country", None), ("sales.amount", Some("7")), ("sales.nothing", None)] {
        tell(member, plain(mill.values(member, search, 20, 0).await));
    }
    tell("dataset", plain(mill.dataset("sales").await));
    tell("datasets", plain(mill.datasets().await));
    tell("model", plain(mill.model("sales").await));
    tell("profile", plain(mill.profile("sales").await));
    // Of rows of the same time, which come first is left open.
    let preview = mill.preview("sales", 1_000).await.unwrap().to_json()["data"].clone();
    let columns: Vec<&Vec<Value>> = preview.as_array().unwrap().iter().map(|column| column.as_array().unwrap()).collect();
    let mut rows: Vec<String> = (0..columns[0].len()).map(|row| json!(columns.iter().map(|column| &column[row]).collect::<Vec<_>>()).to_string()).collect();
    rows.sort_unstable();
    tell("preview", json!(rows));
    tell("loads", plain(mill.loads("sales").await));
    tell("versions", plain(mill.versions("sales", None, 10).await));
    tell("rejects", plain(mill.rejects("sales", 0, 10).await));
    tell("count", plain(mill.count_rows("sales", "amount > 10").await));
    tell("count that fails", plain(mill.count_rows("sales", "100 / (amount - 50) > 0 and amount <> 50").await));
    told
}

fn answer(result: tidemill::Result<tidemill::QueryResult>) -> Value {
    match result {
        Ok(result) => {
            let mut json = result.to_json();
            json["provenance"].as_object_mut().map(|provenance| provenance.remove("stages"));
            json
        }
        Err(error) => json!([format!("{:?}", error.kind()), error.message()]),
    }
}

/// A verification without what depends on the clock of the machine.
fn timeless(mut verification: Value) -> Value {
    if let Some(fields) = verification.as_object_mut() {
        fields.retain(|field, _| !field.ends_with("_ms"));
        for part in ["answered", "recomputed"] {
            fields[part].as_object_mut().map(|provenance| provenance.remove("stages"));
        }
    }
    verification
}

fn plain<T: Serialize>(result: tidemill::Result<T>) -> Value {
    match result {
        Ok(value) => serde_json::to_value(value).unwrap(),
        Err(error) => json!([format!("{:?}", error.kind()), error.message()]),
    }
}

/// Compares what is told in the worlds of a part.
async fn compare(part: u64) {
    let worlds = std::env::var("TIDEMILL_INTERFERENCE_WORLDS").ok().and_then(|worlds| worlds.parse().ok()).unwrap_or(WORLDS);
    let mut pairs = 0;
    for seed in part * worlds..(part + 1) * worlds {
        let ward = Ward::new().await;
        let mut dice = Dice(seed + 1);
        // The same visible rows in both, in the same order, in as many loads.
        let loads = 1 + dice.roll(3);
        let visible: Vec<Vec<Sale>> = (0..loads).map(|_| (0..dice.roll(120)).map(|_| Sale { country: "DE", ..sale(&mut dice) }).collect()).collect();
        let mut all = Vec::new();
        let joined = seed % 2 == 1;
        for world in ["one", "two"] {
            let mill = ward.engine.tenant(world).unwrap();
            for part in &visible {
                let mut rows = part.clone();
                for _ in 0..1 + dice.roll(200) {
                    let country = dice.pick(&["FR", "IT", ""]);
                    let place = dice.roll(rows.len() as u64 + 1) as usize;
                    let strange = dice.roll(9) == 0;
                    let drawn = sale(&mut dice);
                    rows.insert(
                        place,
                        Sale { country, note: if strange { "seven".to_owned() } else { drawn.note.clone() }, amount: if strange { 77 } else { drawn.amount }, ..drawn },
                    );
                }
                mill.load("sales", csv(&rows, |_| (true, true))).await.unwrap();
            }
            with_measures(&mill).await;
            let own = |member: &str, value: &str| json!([{"name": "own", "rows": [{"member": member, "operator": "equals", "values": [value]}]}]);
            let mut of_sales = own("sales.country", "{user.country}");
            if joined {
                // Italy is of a zone in one world, and others are there in the other.
                let others = if world == "one" { "IT,other\n" } else { "FR,other\nUS,another\nES,other\n" };
                join_lands(&mill, &format!("code,zone\nDE,mine\n{others}")).await;
                set_policies(&mill, "lands", own("lands.zone", "{user.zone}")).await;
                of_sales = own("lands.zone", "{user.zone}");
            }
            of_sales[0]["masked"] = json!([{"column": "price"}]);
            set_policies(&mill, "sales", of_sales).await;
            let user = user(&[("country", &["DE"]), ("zone", &["mine"])]);
            let scoped = ward.engine.mill(Scope::of(TenantId::parse(world).unwrap()).seen_by(user));
            let first = told(&scoped).await;
            // Kept partials, lists and compiled questions tell no more.
            all.push((first, told(&scoped).await));
        }
        let [(one, one_again), (two, two_again)] = all.as_slice() else { unreachable!("two worlds") };
        for (one, two) in one.iter().chain(one_again).zip(two.iter().chain(two_again)) {
            assert_eq!(one, two, "seed {seed}");
            pairs += 1;
        }
    }
    assert!(pairs >= worlds * PAIRS_MIN, "{pairs} pairs were compared");
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
