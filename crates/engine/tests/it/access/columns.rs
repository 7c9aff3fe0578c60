//! Values that somebody may not see change nothing of what they are told, also who sees all rows: two worlds differ in the values of two
//! columns alone, one of which places rows in time and so decides how they are stored.

use serde_json::{Value, json};
use tidemill::{Budget, ColumnType, Csv, Limits, Mill, Scope, TenantId};

use super::oracle::Dice;
use super::{set_policies, user};
use crate::ward::Ward;

/// Rows of each of two loads.
const ROWS: usize = 300;

const STATEMENTS: [&str; 12] = [
    "select * from staff",
    "select name from staff limit 5",
    "select name, amount from staff order by team limit 5",
    "select name from staff where amount > 50 limit 3 offset 2",
    "select team, count(*), sum(amount) from staff group by 1",
    "select count(*) from staff where team = 'red'",
    "select first_value(name order by name) from staff",
    "select first_value(name) from staff",
    "select name, row_number() over () as n from staff",
    "select cast(name as bigint) from staff",
    "select hired from staff limit 1",
    "select count(*) from staff where hired > '2013-06-01' or secret > 'm'",
];

fn questions() -> [Value; 4] {
    [
        json!({"measures": ["staff.sum_amount", "staff.count"], "dimensions": ["staff.team"], "total": true}),
        json!({"measures": ["staff.sum_amount"], "dimensions": ["staff.name"], "ungrouped": true, "limit": 20}),
        json!({"dimensions": ["staff.name"], "limit": 3}),
        json!({"measures": ["staff.count"], "timeDimensions": [{"dimension": "staff.hired", "granularity": "year"}]}),
    ]
}

/// Loads people who were hired within so many days and have secrets of so many letters.
async fn staff(mill: &Mill, days: u64, letters: usize, seed: u64) {
    let mut dice = Dice(seed);
    for load in 0..2 {
        let mut text = "name,team,amount,hired,secret\n".to_owned();
        for row in 0..ROWS {
            let number = load * ROWS + row;
            let team = ["red", "green", "blue"][number % 3];
            let hired = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap() + chrono::Days::new(dice.roll(days));
            let secret: String = (0..letters).map(|_| char::from(b'a' + dice.roll(26) as u8)).collect();
            text.push_str(&format!("p{:03},{team},{},{hired},{secret}\n", number * 7 % 1_000, number * 37 % 100));
        }
        let load = Csv::bytes(text).column_type("hired", ColumnType::Timestamp).column_type("secret", ColumnType::String);
        mill.load("staff", load.time_column(Some("hired"))).await.unwrap();
    }
}

/// Everything that is told. `small`: the same with a budget.
async fn told(mill: &Mill, small: &Mill) -> Vec<String> {
    let mut told = Vec::new();
    let mut tell = |what: &str, mut answer: Value| {
        forget(&mut answer);
        told.push(format!("{what}: {answer}"));
    };
    for sql in STATEMENTS {
        let answered = mill.sql(sql).await;
        tell(sql, of(answered.map(|answer| answer.to_json())));
        tell("explanation", of(mill.explain_sql(sql).await));
        tell("verification", of(mill.verify_sql(sql).await));
        tell("within a budget", of(small.sql(sql).await.map(|answer| answer.to_json())));
    }
    for question in questions() {
        let query = serde_json::from_value(question.clone()).unwrap();
        tell(&question.to_string(), of(mill.query(&query).await.map(|answer| answer.to_json())));
        tell("file", of(mill.query(&query).await.and_then(|answer| answer.to_csv())));
        tell("within a budget", of(small.query(&query).await.map(|answer| answer.to_json())));
        tell("explanation", of(mill.explain(&query).await));
        tell("lineage", of(mill.lineage(&query).await));
    }
    tell("values", of(mill.values("staff.name", Some("1"), 20, 0).await));
    tell("hidden values", of(mill.values("staff.secret", None, 20, 0).await));
    for rows in [1_000, 5] {
        tell("preview", of(mill.preview("staff", rows).await.map(|answer| answer.to_json())));
    }
    tell("dataset", of(mill.dataset("staff").await));
    tell("datasets", of(mill.datasets().await));
    tell("profile", of(mill.profile("staff").await));
    tell("loads", of(mill.loads("staff").await));
    tell("versions", of(mill.versions("staff", None, 10).await));
    told
}

fn of<T: serde::Serialize>(result: tidemill::Result<T>) -> Value {
    result.map_or_else(|error| json!([error.message(), error.suggestions()]), |told| json!(told))
}

/// Takes out names of loads.
fn forget(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("load_id");
            fields.values_mut().for_each(forget);
        }
        Value::Array(values) => values.iter_mut().for_each(forget),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_not_seen_change_nothing_of_what_is_told() {
    let ward = Ward::new().await;
    let all = [ward.engine.tenant("one").unwrap(), ward.engine.tenant("two").unwrap()];
    staff(&all[0], 28, 4, 1).await;
    staff(&all[1], 700, 40, 2).await;
    let [one, two] = [all[0].dataset("staff").await.unwrap().summary, all[1].dataset("staff").await.unwrap().summary];
    assert!(one.size_bytes < two.size_bytes && one.time_max < two.time_max, "who sees everything is told so: {one:?} {two:?}");
    for policy in [
        json!([{"name": "all", "hidden": ["hired", "secret"]}]),
        json!([{"name": "all", "masked": [{"column": "hired"}, {"column": "secret", "expression": "'***'"}]}]),
        json!([{"name": "all", "columns": ["name", "team", "amount"]}]),
    ] {
        let mut both = Vec::new();
        for (mill, tenant) in all.iter().zip(["one", "two"]) {
            set_policies(mill, "staff", policy.clone()).await;
            let scope = Scope::of(TenantId::parse(tenant).unwrap()).seen_by(user(&[("team", &["a"])]));
            let budget = Budget { bytes: Some(10_000), ..Budget::default() };
            let small = ward.engine.mill(scope.clone().with_limits(Limits { budget, ..Limits::default() }));
            let seen = ward.engine.mill(scope);
            let summary = seen.dataset("staff").await.unwrap().summary;
            assert_eq!((summary.rows, summary.size_bytes, summary.segments), (2 * ROWS as u64, None, None));
            let provenance = seen.sql("select team, count(*) from staff group by 1").await.unwrap().provenance;
            assert!(!provenance.row_filter_applied, "all rows are seen");
            // How long something takes depends on how rows are stored, which hidden columns decide.
            assert!(provenance.stages.is_empty(), "{:?}", provenance.stages);
            let total = json!({"measures": ["staff.sum_amount"], "dimensions": ["staff.team"], "totals": [[]]});
            assert!(seen.query(&serde_json::from_value(total).unwrap()).await.unwrap().provenance.stages.is_empty());
            let verified = seen.verify_sql("select team, count(*) from staff group by 1").await.unwrap();
            assert_eq!((verified.answered_ms, verified.recomputed_ms), (None, None));
            assert_eq!((provenance.segments_total, provenance.segments_read + provenance.segments_reused, provenance.rows_scanned, provenance.bytes_read), (0, 0, 0, 0));
            // What is kept of the first time tells no more.
            both.push([told(&seen, &small).await, told(&seen, &small).await].concat());
        }
        let refused = both[0].iter().filter(|told| told.contains("rows that you see and about")).count();
        assert!(refused > 0 && refused < both[0].len() / 4 && both[0].len() == both[1].len(), "{refused} of {}", both[0].len());
        for (one, two) in both[0].iter().zip(&both[1]) {
            assert_eq!(one, two, "{policy}");
        }
    }
}
