//! Columns that become wider: by the load that needs it, in all rows at once, with every answer as it was and older versions as
//! they were. What would change a value, or what the contract fixes, is refused.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::{ObjectMeta, ObjectStore};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use tidemill::{
    ColumnType, Contract, Csv, DatasetName, DatasetSteps, Engine, ErrorKind, Json, LoadMode, Mill, Operation, Parquet, Progress, Rollup, Rule, Scope, Settings, Steps, TenantId,
    Widened, Widening,
};
use url::Url;

use crate::faults::FaultyStore;
use crate::partials::{Dice, ask};
use crate::ward::{Ward, open};

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The same rows, where a whole number is the float that is equal to it.
fn assert_equal(ours: &Value, theirs: &Value, what: &str) {
    fn rows(data: &Value) -> Vec<Vec<Value>> {
        let columns: Vec<&Vec<Value>> = data.as_array().unwrap().iter().map(|column| column.as_array().unwrap()).collect();
        let mut rows: Vec<Vec<Value>> = (0..columns.first().map_or(0, |column| column.len())).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect();
        rows.sort_by_cached_key(|row| row.iter().map(|cell| cell.as_f64().map_or_else(|| cell.to_string(), |number| format!("{number:.4}"))).collect::<Vec<_>>());
        rows
    }
    let (ours, theirs) = (rows(ours), rows(theirs));
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (one, other) in ours.iter().flatten().zip(theirs.iter().flatten()) {
        match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) if one == other => {}
            _ => assert_eq!(one, other, "{what}"),
        }
    }
}

fn to_float(column: &str) -> Widened {
    Widened { column: column.into(), from: ColumnType::Integer, to: ColumnType::Float }
}

async fn column_type(mill: &Mill, name: &str) -> ColumnType {
    let detail = mill.dataset("orders").await.unwrap();
    detail.columns.iter().find(|column| column.name == name).unwrap().column_type
}

fn segments(ward: &Ward) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ward.objects("orders").into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).collect();
    found.retain(|path| !path.to_string_lossy().contains("_delta_log"));
    found
}

async fn reason(mill: &Mill, load_id: &str) -> String {
    mill.load_rejects("orders", load_id, 0, 1).await.unwrap().items[0].reject.describe()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_widens_whole_numbers_to_floats() {
    let ward = Ward::with(Settings { segment_max_rows: 1_000, ..Settings::default() }).await;
    let mut dice = Dice(7);
    for _ in 0..3 {
        ward.mill.load("orders", Csv::bytes(dice.rows(1_500))).await.unwrap();
    }
    let questions: Vec<Value> = (0..40).map(|_| dice.query()).collect();
    let mut before = Vec::new();
    for question in &questions {
        before.push(ask(&ward.mill, question).await);
    }
    let (rows, total) = (ward.rows("select count(*), sum(amount) from orders").await, 4);
    let old = ward.mill.dataset("orders").await.unwrap().summary;
    let kept = segments(&ward);

    // A row that no question of before is about.
    let report = ward
        .mill
        .load("orders", Csv::bytes("at,city,device,amount,revenue\n2015-06-01T00:00:00Z,none,none,0.5,\n").mode(LoadMode::Append))
        .await
        .unwrap();
    assert_eq!((report.rows, report.rejected, report.replaced, report.widened.as_slice()), (1, 0, 0, [to_float("amount")].as_slice()));
    assert_eq!(column_type(&ward.mill, "amount").await, ColumnType::Float);
    let now = ward.mill.dataset("orders").await.unwrap().summary;
    assert_eq!((now.version, now.rows), (old.version + 1, old.rows + 1));
    let versions = ward.mill.versions("orders", None, 1).await.unwrap();
    let commit = &versions.items[0];
    assert_eq!((commit.operation, commit.rows_added, commit.rows_removed), (Operation::Load, 1, Some(0)));
    assert_eq!(commit.segments_removed as usize, kept.len());

    ward.mill.delete_rows("orders", "at >= '2015-01-01T00:00:00Z'").await.unwrap();
    for step in ["as it came", "opened anew", "merged"] {
        let mill = if step == "as it came" { ward.mill.clone() } else { open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap() };
        if step == "merged" {
            mill.compact("orders").await.unwrap();
            mill.checkpoint("orders").await.unwrap();
        }
        for (question, before) in questions.iter().zip(&before) {
            assert_equal(&ask(&mill, question).await, before, &format!("{step}: {question}"));
        }
        assert_equal(&mill.sql("select count(*), sum(amount) from orders").await.unwrap().to_json()["data"], &rows, step);
        // The version before the widening is as it was, with whole numbers.
        let past = mill.sql_as_of("select count(*), sum(amount) from orders", old.version).await.unwrap().to_json();
        assert_eq!(past["data"], rows, "{step}");
        for (question, before) in questions.iter().zip(&before).take(total) {
            let mut question = question.clone();
            question["asOf"] = json!(old.version);
            assert_equal(&ask(&mill, &question).await, before, &format!("{step}, as it was: {question}"));
        }
    }
    let changes = ward.mill.changes("orders", old.version, old.version + 1).await.unwrap();
    assert_eq!((changes.rows_added, changes.rows_removed), (1, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_become_instants_and_stay_the_time_of_the_dataset() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("day,n\n2013-01-01,1\n2013-01-02,2\n2013-02-01,4\n,8\n")).await.unwrap();
    let by_day = r#"{"measures": ["orders.sum_n"], "timeDimensions": [{"dimension": "orders.day", "granularity": "month", "dateRange": ["2013-01-01", "2013-12-31"]}]}"#;
    let before = ward.data(by_day).await;
    let report = ward.mill.load("orders", Csv::bytes("day,n\n2013-02-02T12:30:00Z,16\n")).await.unwrap();
    assert_eq!(report.widened, [Widened { column: "day".into(), from: ColumnType::Date, to: ColumnType::Timestamp }]);
    assert_eq!(
        ward.rows("select day, n from orders order by n").await,
        json!([["2013-01-01T00:00:00Z", "2013-01-02T00:00:00Z", "2013-02-01T00:00:00Z", null, "2013-02-02T12:30:00Z"], [1, 2, 4, 8, 16]])
    );
    let model = ward.mill.model("orders").await.unwrap();
    assert_eq!(model.dimensions.iter().find(|dimension| dimension.name == "day").unwrap().column_type, ColumnType::Timestamp);
    assert_eq!(ward.data(by_day).await, json!([["2013-01-01T00:00:00Z", "2013-02-01T00:00:00Z"], [3, 20]]));
    let mut past: Value = serde_json::from_str(by_day).unwrap();
    past["asOf"] = json!(0);
    assert_eq!(ask(&ward.mill, &past).await, before);
    // Days that come later are instants, and ranges and retention go by them.
    let range = LoadMode::ReplaceRange { from: "2013-02-01T00:00:00Z".parse().unwrap(), to: "2013-03-01T00:00:00Z".parse().unwrap() };
    let report = ward.mill.load("orders", Csv::bytes("day,n\n2013-02-03,32\n").mode(range)).await.unwrap();
    assert_eq!((report.rows, report.replaced, report.widened.len()), (1, 2, 0));
    assert_eq!(ward.rows("select sum(n) from orders").await, json!([[43]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_says_of_its_types_counts_where_a_row_needs_it() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,day\n1,2013-01-01\n2,2013-01-02\n")).await.unwrap();
    // Floats for the sake of nulls alone, and midnights, are the numbers and days that they were.
    let whole: ArrayRef = Arc::new(Float64Array::from(vec![Some(3.0), None, Some(f64::NAN)]));
    let midnight: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(86_400_000_000), None, Some(0)]));
    let report = ward.mill.load("orders", Parquet::bytes(parquet(vec![("n", whole), ("day", midnight)]))).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (3, 0, 0));
    // Zero is a whole number on either side.
    ward.mill.load("zeros", Csv::bytes("n\n1\n")).await.unwrap();
    let zeros: ArrayRef = Arc::new(Float64Array::from(vec![-0.0, 0.0]));
    let report = ward.mill.load("zeros", Parquet::bytes(parquet(vec![("n", zeros)]))).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 0, 0));
    // One row far behind the sample needs it: rows are never cut to whole numbers.
    let late: ArrayRef = Arc::new(Float64Array::from_iter_values((0..5_000).map(|n| if n == 4_321 { 0.25 } else { 1.0 })));
    let report = ward.mill.load("orders", Parquet::bytes(parquet(vec![("n", late)]))).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.as_slice()), (5_000, 0, [to_float("n")].as_slice()));
    assert_eq!(ward.rows("select count(*), sum(n) from orders where n is not null").await, json!([[5_003], [5_005.25]]));
    // A great many of them, behind as many as are looked at.
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap();
    let many: ArrayRef = Arc::new(Float64Array::from_iter_values((0..40_000).map(|n| if n < 5_000 { 1.0 } else { 0.5 })));
    let report = ward.mill.load("orders", Parquet::bytes(parquet(vec![("n", many)]))).await.unwrap();
    assert_eq!((report.rows, report.widened.len()), (40_000, 1));
    assert_eq!(ward.rows("select sum(n) from orders").await, json!([[22_501.0]]));
    // Where it must not be, each such row is rejected.
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap();
    let some: ArrayRef = Arc::new(Float64Array::from(vec![2.0, 2.5, 3.0]));
    let report = ward.mill.load("orders", Parquet::bytes(parquet(vec![("n", some)])).widening(Widening::Never)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
    assert!(reason(&ward.mill, &report.load_id).await.contains("value \"2.5\": not an integer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_wider_numbers_and_days_widen() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,day,b\n1,2013-01-01,true\n2,2013-01-02,false\n3,2013-01-03,true\n")).await.unwrap();
    // Texts, and what is odd among many, are rejected as they were.
    let report = ward.mill.load("orders", Csv::bytes("n,day\n4,2013-01-04\nabc,2013-01-05\n5,soon\n6,2013-01-06\n7,2013-01-06\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (3, 2, 0));
    let mut late = String::from("n\n");
    (0..20_000).for_each(|n| late.push_str(if n == 19_000 { "0.5\n" } else { "1\n" }));
    let report = ward.mill.load("orders", Csv::bytes(late)).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (19_999, 1, 0));
    // `7.0` is seven. A whole number that no column of ours holds is no float either.
    let report = ward.mill.load("orders", Csv::bytes("n,day\n7.0,2013-01-04T00:00:00Z\n8,2013-01-01\n")).await.unwrap();
    assert_eq!((report.rows, report.widened.len()), (2, 0));
    let report = ward.mill.load("orders", Json::bytes("{\"n\": 18446744073709551615}\n{\"n\": 1}\n{\"n\": 2}\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 0));
    // What is declared to be wider is, whatever the rows are; what is declared to be narrower stays.
    let report = ward.mill.load("orders", Csv::bytes("n\n9\n").column_type("n", ColumnType::Float)).await.unwrap();
    assert_eq!(report.widened, [to_float("n")]);
    let report = ward.mill.load("orders", Csv::bytes("n\n9\n").column_type("n", ColumnType::Integer)).await.unwrap();
    assert_eq!((report.rows, report.widened.len()), (1, 0));
    assert_eq!(column_type(&ward.mill, "n").await, ColumnType::Float);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_a_float_would_round_are_not_widened() {
    let ward = Ward::new().await;
    let far = (1_i64 << 53) + 1;
    ward.mill.load("orders", Csv::bytes(format!("n\n1\n{far}\n"))).await.unwrap();
    let error = ward.mill.load("orders", Csv::bytes("n\n0.5\n")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert!(error.message().contains("column \"n\"") && error.message().contains(&far.to_string()) && error.message().contains("another name"), "{error}");
    assert_eq!(ward.rows("select max(n) from orders").await, json!([[far]]));
    assert_eq!(segments(&ward).len(), 1, "nothing is left behind");
    // To the last one that has a float it goes, and back to the same whole number.
    ward.mill.delete_rows("orders", &format!("n = {far}")).await.unwrap();
    ward.mill.load("orders", Csv::bytes(format!("n\n{}\n-{}\n", 1_i64 << 53, 1_i64 << 53))).await.unwrap();
    ward.mill.load("orders", Csv::bytes("n\n0.5\n")).await.unwrap();
    assert_eq!(ward.rows("select cast(max(n) as bigint), cast(min(n) as bigint) from orders").await, json!([[1_i64 << 53], [-(1_i64 << 53)]]));
    // Where all rows go, nothing is converted.
    ward.mill.load("more", Csv::bytes(format!("n\n{far}\n"))).await.unwrap();
    let report = ward.mill.load("more", Csv::bytes("n\n0.5\n").mode(LoadMode::Replace)).await.unwrap();
    assert_eq!((report.rows, report.replaced, report.widened.len()), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_does_not_round_its_own_whole_numbers() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n2\n")).await.unwrap();
    let far = (1_i64 << 53) + 1;
    let exact: ArrayRef = Arc::new(Decimal128Array::from(vec![5, i128::from(far) * 10]).with_precision_and_scale(20, 1).unwrap());
    let json_lines = format!("{{\"n\": {far}}}\n{{\"n\": 0.5}}\n");
    for load in [Csv::bytes(format!("n\n{far}\n0.5\n3\n")), Json::bytes(json_lines), Parquet::bytes(parquet(vec![("n", exact)]))] {
        let error = ward.mill.load("orders", load).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("n")), "{error}");
        assert!(error.message().contains(&far.to_string()) && error.message().contains("widening \"never\""), "{error}");
    }
    // A number of too many digits is wrong by itself, and no reason to make floats of all others.
    for load in [Csv::bytes("n\n7.0\n36893488147419103232\n3\n"), Json::bytes("{\"n\": 7}\n{\"n\": 36893488147419103232}\n{\"n\": 3}\n")] {
        let report = ward.mill.load("orders", load).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 0));
    }
    // Who says that they are floats has them rounded; who wants them as they are gets that too.
    let report = ward.mill.load("orders", Csv::bytes(format!("n\n{far}\n0.5\n3\n")).widening(Widening::Never)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
    assert_eq!(ward.rows("select max(n) from orders").await, json!([[far]]));
    ward.mill.load("floats", Csv::bytes("n\n1\n2\n")).await.unwrap();
    let report = ward.mill.load("floats", Csv::bytes(format!("n\n{far}\n0.5\n")).column_type("n", ColumnType::Float)).await.unwrap();
    assert_eq!((report.rows, report.widened.as_slice()), (2, [to_float("n")].as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_does_not_fit_is_widened_and_a_refusal_says_what_that_was() {
    let ward = Ward::new().await;
    let far = (1_i64 << 53) + 1;
    ward.mill.load("orders", Csv::bytes(format!("n,m,far\n1,1,1\n2,2,{far}\n"))).await.unwrap();
    // Behind the rows that are looked at most do not fit, so that the load as a whole would fail.
    let floats = |late: f64| -> ArrayRef { Arc::new(Float64Array::from_iter_values((0..5_000).map(|row| if row < 1_500 { 1.0 } else { late }))) };
    let report = ward.mill.load("orders", Parquet::bytes(parquet(vec![("n", floats(0.5)), ("m", floats(1.0))]))).await.unwrap();
    assert_eq!((report.rows, report.widened.as_slice()), (5_000, [to_float("n")].as_slice()));
    assert_eq!(column_type(&ward.mill, "m").await, ColumnType::Integer);
    let error = ward.mill.load("orders", Parquet::bytes(parquet(vec![("m", floats(1.0)), ("far", floats(0.5))]))).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("far")), "{error}");
    let (first, why) = (error.message().find("line 1501, column \"far\", value \"0.5\""), error.message().find(&far.to_string()));
    assert!(first.is_some() && first < why, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_days_is_one_of_their_instants() {
    let ward = Ward::new().await;
    let rules = Contract::new(vec![Rule::range("day", Some("2013-01-01".into()), Some("2013-01-31".into()))]);
    ward.mill.load("orders", Csv::bytes("day,n\n2013-01-01,1\n2013-01-31,2\n").contract(rules)).await.unwrap();
    let rows = "day,n\n2013-01-31T12:30:00Z,4\n2013-01-01T00:00:00Z,8\n2013-02-01T00:00:00Z,16\n";
    let report = ward.mill.load("orders", Csv::bytes(rows)).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 1));
    let report = ward.mill.load("orders", Csv::bytes("day,n\n2013-01-31,32\n2012-12-31,64\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    assert_eq!(ward.rows("select sum(n) from orders").await, json!([[47]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refers_to_what_became_wider_finds_what_is_equal_and_nothing_else() {
    let ward = Ward::new().await;
    let far = 1_i64 << 53;
    ward.mill.load("codes", Csv::bytes(format!("code,day,name\n1,2013-01-01,one\n{far},2013-01-02,far\n"))).await.unwrap();
    let steps = Steps::parse(r#"[{"op": "look_up", "dataset": "codes", "on": {"code": "code", "day": "day"}, "take": {"name": "name"}}]"#).unwrap();
    ward.mill.load("named", Csv::bytes("code,day\n1,2013-01-01\n").steps(steps)).await.unwrap();
    let rules = Contract::new(vec![Rule::reference("code", "codes", "code")]);
    ward.mill.load("held", Csv::bytes("code\n1\n").contract(rules)).await.unwrap();
    let report = ward.mill.load("codes", Csv::bytes("code,day,name\n0.5,2013-01-03T06:00:00Z,half\n")).await.unwrap();
    assert_eq!(report.widened.len(), 2);
    // As floats the last two are the same number.
    let report = ward.mill.load("named", Csv::bytes(format!("code,day\n1,2013-01-01\n{far},2013-01-02\n{},2013-01-02\n", far + 1))).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 0));
    assert_eq!(ward.rows("select name, count(*) from named group by name order by name").await, json!([["far", "one", null], [1, 2, 1]]));
    let report = ward.mill.load("held", Csv::bytes(format!("code\n1\n{far}\n{}\n", far + 1))).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
    let rejected = ward.mill.load_rejects("held", &report.load_id, 0, 1).await.unwrap().items[0].reject.describe();
    assert!(rejected.contains(&(far + 1).to_string()) && rejected.contains("there is no such value"), "{rejected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_held_to() {
    let ward = Ward::new().await;
    ward.mill.load("codes", Csv::bytes("code\n1\n2\n")).await.unwrap();
    let rules =
        vec![Rule::of_type("fixed", ColumnType::Integer), Rule::unique(["id"]), Rule::range("n", Some(0.into()), Some(100.into())), Rule::reference("code", "codes", "code")];
    ward.mill.load("orders", Csv::bytes("id,fixed,n,code\n1,1,1,1\n2,2,2,2\n").contract(Contract::new(rules))).await.unwrap();
    let report = ward.mill.load("orders", Csv::bytes("id,fixed,n,code\n3,1,1.5,1\n4,2,101.5,1\n5,1,2,1\n1,1,1,1\n6,1,1,1\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.as_slice()), (3, 2, [to_float("n")].as_slice()));
    for (column, word) in [("fixed", "rule 1"), ("id", "rule 2 of the contract compares its values"), ("code", "rule 4 of the contract compares its values")] {
        let rows = "id,fixed,n,code\n10,1,1,1\n11,1,1,1\n12,1,1,1\n13,1,1,1\n";
        let row: Vec<&str> = ["id", "fixed", "n", "code"].into_iter().map(|name| if name == column { "1.5" } else { "1" }).collect();
        let report = ward.mill.load("orders", Csv::bytes(format!("{rows}{}\n", row.join(",")))).await.unwrap();
        assert_eq!(report.widened, [], "{column}");
        let page = ward.mill.load_rejects("orders", &report.load_id, 0, 100).await.unwrap();
        assert!(page.items.iter().any(|row| row.reject.describe().contains(word) && row.reject.value.as_deref() == Some("1.5")), "{column}: {:?}", page.items);
    }
    // What a column refers to may become wider.
    ward.mill.load("codes", Csv::bytes("code\n2.5\n3\n")).await.unwrap();
    let report = ward.mill.load("orders", Csv::bytes("id,fixed,n,code\n20,1,1,3\n21,1,1,4\n22,1,1,1\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_go_on_with_the_wider_column() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,n\nRome,2\nOslo,3\n")).await.unwrap();
    let steps =
        Steps::parse(r#"[{"op": "case", "columns": ["city"], "to": "upper"}, {"op": "derive", "column": "twice", "expression": "n * 2"}, {"op": "drop", "columns": ["twice"]}]"#)
            .unwrap();
    ward.mill.set_steps("orders", DatasetSteps { steps, ..DatasetSteps::default() }).await.unwrap();
    let report = ward.mill.load("orders", Csv::bytes("city,n\nBern,0.5\n")).await.unwrap();
    assert_eq!((report.rows, report.widened.as_slice()), (1, [to_float("n")].as_slice()));
    let report = ward.mill.load("orders", Csv::bytes("city,n\nBern,0.25\nBern,1\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 0, 0));
    assert_eq!(ward.rows("select city, sum(n) from orders group by city order by city").await, json!([["BERN", "Oslo", "Rome"], [1.75, 3.0, 2.0]]));
    assert_eq!(ward.mill.steps("orders").await.unwrap().source[1].column_type, ColumnType::Float);
    // Steps that say a type keep it: the row is rejected, and the reason says what to change.
    ward.mill.load("kept", Csv::bytes("n\n1\n")).await.unwrap();
    let steps = Steps::parse(r#"[{"op": "derive", "column": "m", "expression": "n % 2"}, {"op": "cast", "columns": ["n"], "to": "integer"}, {"op": "drop", "columns": ["m"]}]"#);
    if let Ok(steps) = steps {
        ward.mill.set_steps("kept", DatasetSteps { steps, ..DatasetSteps::default() }).await.unwrap();
        let report = ward.mill.load("kept", Csv::bytes("n\n2\n3\n")).await.unwrap();
        assert_eq!((report.rows, report.widened.len()), (2, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_steps_all_columns_are_widened_or_the_load_is_refused() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,a,b\nRome,1,1\nOslo,2,2\n")).await.unwrap();
    let steps = Steps::parse(r#"[{"op": "case", "columns": ["city"], "to": "upper"}]"#).unwrap();
    ward.mill.set_steps("orders", DatasetSteps { steps, ..DatasetSteps::default() }).await.unwrap();
    ward.mill.set_contract("orders", Contract::new(vec![Rule::unique(["b"])])).await.unwrap();
    let rows = "city,a,b\nBern,0.5,3\nBern,4,4.5\nBern,5,5\nBern,6,6\nBern,7,7\n";
    let error = ward.mill.load("orders", Csv::bytes(rows)).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("a")), "{error}");
    for words in ["(\"a\", \"b\")", "rule 1 of the contract compares its values", "widening \"never\""] {
        assert!(error.message().contains(words), "{words}: {error}");
    }
    assert_eq!((column_type(&ward.mill, "a").await, segments(&ward).len()), (ColumnType::Integer, 1));
    let report = ward.mill.load("orders", Csv::bytes(rows).widening(Widening::Never)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 2));
    // The one that can be is, where it comes alone.
    let report = ward.mill.load("orders", Csv::bytes("city,a,b\nBern,0.5,13\n")).await.unwrap();
    assert_eq!((report.rows, report.widened.as_slice()), (1, [to_float("a")].as_slice()));
    // A type that the contract says is the contract's to keep.
    ward.mill.set_contract("orders", Contract::new(vec![Rule::of_type("b", ColumnType::Integer)])).await.unwrap();
    let report = ward.mill.load("orders", Csv::bytes("city,a,b\nBern,1.5,20\nBern,2,20.5\nBern,3,21\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 0));
}

/// The segments in a store.
async fn files(store: &InMemory) -> BTreeSet<String> {
    let all: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
    let paths = all.into_iter().map(|object| object.location.to_string());
    paths.filter(|path| path.ends_with(".parquet") && !path.contains("_delta_log")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_cancelled_while_it_widens_leaves_everything_as_it_was() {
    let settings = Settings { segment_max_rows: 1_000, upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    let rows: String = (0..6_000).map(|n| format!("{n}\n")).collect();
    let (sum, mut cancelled) = ("select count(*), sum(n) from orders", Vec::new());
    // The first segment is the one of the load itself; then come those that are written anew, and then none.
    for n in 1..=10 {
        let memory = Arc::new(InMemory::new());
        let store = FaultyStore::around(memory.clone());
        let mill = Engine::builder().object_store(Arc::new(store.clone())).settings(settings.clone()).open().await.unwrap().tenant("acme").unwrap();
        mill.load("orders", Csv::bytes(format!("n\n{rows}"))).await.unwrap();
        let before = files(&memory).await;
        let progress = Progress::new();
        store.cancel_at_segment(n, progress.clone());
        let ended = mill.load("orders", Csv::bytes("n\n0.5\n").progress(progress)).await;
        if let Err(error) = &ended {
            assert_eq!(error.kind(), ErrorKind::Cancelled, "segment {n}: {error}");
            cancelled.push(n);
            // Another process finds what was there, and nothing else.
            let other = Engine::builder().object_store(memory.clone()).settings(settings.clone()).open().await.unwrap().tenant("acme").unwrap();
            assert_eq!((other.dataset("orders").await.unwrap().summary.version, column_type(&other, "n").await), (0, ColumnType::Integer), "segment {n}");
            assert_eq!(other.sql(sum).await.unwrap().to_json()["data"], json!([[6_000], [17_997_000]]), "segment {n}");
            assert_eq!(files(&memory).await, before, "segment {n}");
        }
        let report = if let Ok(report) = ended { report } else { mill.load("orders", Csv::bytes("n\n0.5\n")).await.unwrap() };
        assert_eq!((report.version, report.widened.as_slice()), (1, [to_float("n")].as_slice()), "segment {n}");
        assert_eq!(mill.sql(sum).await.unwrap().to_json()["data"], json!([[6_001], [17_997_000.5]]), "segment {n}");
        assert_eq!(mill.sql_as_of(sum, 0).await.unwrap().to_json()["data"], json!([[6_000], [17_997_000]]), "segment {n}");
    }
    // Two segments are written at a time: of the last of them it may be too late.
    assert!(cancelled.starts_with(&[1, 2, 3, 4]) && cancelled.len() < 9, "{cancelled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_replaced_and_columns_that_are_widened_go_by_one_commit() {
    let ward = Ward::with(Settings { segment_max_rows: 1_000, ..Settings::default() }).await;
    let rows: String = (0..3_000).map(|id| format!("{id},2013-01-{:02},{}\n", 1 + id % 28, id % 7)).collect();
    ward.mill.load("orders", Csv::bytes(format!("id,day,n\n{rows}"))).await.unwrap();
    let upsert = LoadMode::Upsert { key: vec!["id".into()] };
    let report = ward.mill.load("orders", Csv::bytes("id,day,n\n3,2013-01-04T06:00:00Z,0.5\n5000,2013-01-04,1\n").mode(upsert.clone())).await.unwrap();
    assert_eq!((report.rows, report.replaced, report.widened.len()), (2, 1, 2));
    let total: i64 = (0..3_000).filter(|id| *id != 3).map(|id| id % 7).sum();
    assert_eq!(ward.rows("select count(*), sum(n), count(distinct id) from orders").await, json!([[3_001], [total as f64 + 1.5], [3_001]]));
    assert_eq!(ward.rows("select day from orders where id = 3").await, json!([["2013-01-04T06:00:00Z"]]));
    // A key by which rows are replaced stays what it is.
    let report = ward.mill.load("orders", Csv::bytes("id,n\n4,1\n4.5,1\n6,1\n").mode(upsert)).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 0));
    assert!(reason(&ward.mill, &report.load_id).await.contains("by which rows are replaced"));
    // A range, and what is left of it.
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(format!("id,day,n\n{rows}"))).await.unwrap();
    let range = LoadMode::ReplaceRange { from: "2013-01-01T00:00:00Z".parse().unwrap(), to: "2013-01-15T00:00:00Z".parse().unwrap() };
    let report = ward.mill.load("orders", Csv::bytes("id,day,n\n1,2013-01-02T10:00:00Z,0.5\n").mode(range)).await.unwrap();
    let gone = (0..3_000).filter(|id| id % 28 < 14).count() as u64;
    assert_eq!((report.replaced, report.widened.len()), (gone, 2));
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[3_001 - gone]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rollups_follow_and_live_questions_go_on() {
    // Nothing is kept in memory, so that every answer comes from stored partials or from rows.
    let settings = Settings { partial_cache_bytes: 1, background_rollups: false, segment_max_rows: 4_000, ..Settings::default() };
    let ward = Ward::with(settings.clone()).await;
    let raw = open(ward.folder.path(), Settings { partial_cache_bytes: 0, ..settings.clone() }).await.tenant("acme").unwrap();
    let mut dice = Dice(11);
    for _ in 0..2 {
        ward.mill.load("orders", Csv::bytes(dice.rows(8_000))).await.unwrap();
    }
    let mut model = ward.mill.model("orders").await.unwrap();
    let rollup: Rollup = serde_json::from_value(
        json!({"name": "daily", "measures": ["count", "sum_amount", "min_amount", "avg_amount"], "dimensions": ["device"], "time_dimension": "at", "granularity": "day"}),
    )
    .unwrap();
    model.rollups.push(rollup);
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    ward.mill.build_rollups("orders").await.unwrap();
    let question = json!({"measures": ["orders.sum_amount", "orders.min_amount", "orders.avg_amount"], "dimensions": ["orders.device"]});
    let mut live = ward.mill.subscribe(&serde_json::from_value(question.clone()).unwrap()).await.unwrap();
    let answered = |mill: Mill| {
        let query = serde_json::from_value(question.clone()).unwrap();
        async move { mill.query(&query).await.unwrap() }
    };
    assert_ne!(answered(ward.mill.clone()).await.provenance.rollups, []);
    live.next().await.unwrap().unwrap();

    ward.mill.load("orders", Csv::bytes("at,city,device,amount\n2013-01-01T00:00:00Z,c0,tv,0.5\n")).await.unwrap();
    for step in ["not built", "built", "opened anew"] {
        let mill = if step == "opened anew" { open(ward.folder.path(), settings.clone()).await.tenant("acme").unwrap() } else { ward.mill.clone() };
        assert_equal(&answered(mill.clone()).await.to_json()["data"], &ask(&raw, &question).await, step);
        if step != "not built" {
            assert_ne!(answered(mill.clone()).await.provenance.rollups, [], "{step}");
        }
        // As it was, whatever the rollups are now.
        let mut past = question.clone();
        past["asOf"] = json!(1);
        assert_equal(&ask(&mill, &past).await, &ask(&raw, &past).await, &format!("{step}, as it was"));
        mill.build_rollups("orders").await.unwrap();
    }
    let change = tokio::time::timeout(std::time::Duration::from_secs(20), live.next()).await.expect("a change").unwrap().unwrap();
    assert_eq!(change.version, 2);
    for _ in 0..5 {
        ward.mill.load("orders", Json::bytes(r#"{"at": "2013-01-01T00:00:00Z", "city": "c0", "amount": 1}"#)).await.unwrap();
    }
    ward.mill.compact("orders").await.unwrap();
    assert_equal(&answered(ward.mill.clone()).await.to_json()["data"], &ask(&raw, &question).await, "merged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loads_that_come_at_the_same_time_all_stay() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Json::bytes(r#"{"at": "2013-01-01T00:00:00Z", "n": 0}"#)).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let rows: String = (0..30_000).map(|_| "{\"n\": 1}\n").collect();
    let loads = (1..=24).map(|n| {
        let mill = if n % 2 == 0 { ward.mill.clone() } else { other.clone() };
        let rows = if n % 7 == 0 { rows.clone() } else { format!("{{\"n\": {}}}", if n % 5 == 0 { "0.5" } else { "1" }) };
        async move { mill.load("orders", Json::bytes(rows).mode(LoadMode::Append)).await }
    });
    let changing = async {
        for _ in 0..6 {
            let _ = other.compact("orders").await;
            let _ = ward.mill.delete_rows("orders", "n = 77").await;
        }
    };
    let (reports, ()) = futures::join!(join_all(loads), changing);
    let stored: u64 = reports.into_iter().map(|report| report.unwrap()).map(|report| report.rows + report.rejected).sum();
    assert_eq!(stored, 21 + 3 * 30_000);
    assert_eq!(column_type(&other, "n").await, ColumnType::Float);
    assert_eq!(ward.rows("select count(*), sum(n) from orders").await, json!([[90_022], [90_017.0 + 4.0 * 0.5]]));
    // Whoever reads the files alone finds one type in all of them that are part of the dataset.
    ward.mill.compact("orders").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn few_rows_do_not_write_a_large_dataset_anew() {
    let ward = Ward::with(Settings { push_widening_bytes: 2_000, ..Settings::default() }).await;
    ward.mill.load("orders", Csv::bytes(Dice(3).rows(2_000).replace("amount", "n"))).await.unwrap();
    let error = ward.mill.load("orders", Json::bytes(r#"{"n": 0.5}"#)).await.unwrap_err();
    assert!(error.message().contains("written anew for a few rows") && error.message().contains("\"always\""), "{error}");
    let report = ward.mill.load("orders", Json::bytes("{\"n\": 0.5}\n{\"n\": 1}\n{\"n\": 2}\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 0));
    assert!(reason(&ward.mill, &report.load_id).await.contains("widening \"always\""));
    let report = ward.mill.load("orders", Json::bytes(r#"{"n": 0.5}"#).widening(Widening::Always)).await.unwrap();
    assert_eq!(report.widened, [to_float("n")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_all_rows_widens_nothing() {
    let ward = Ward::new().await;
    let far = (1_i64 << 53) + 1;
    ward.mill.load("orders", Csv::bytes(format!("city,n\nRome,1\nOslo,{far}\n"))).await.unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'");
    let mill = ward.engine.mill(scope);
    let report = mill.load("orders", Csv::bytes("city,n\nRome,2\nRome,0.5\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (1, 1, 0));
    let error = mill.load("orders", Csv::bytes("city,n\nRome,2\nRome,0.5\n").widening(Widening::Always)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Denied && !error.message().contains(&far.to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_delta_reader_finds_one_type_in_each_version() {
    let ward = Ward::open_tables(Settings::default()).await;
    let days: ArrayRef = Arc::new(Date32Array::from(vec![15_706, 15_707]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    ward.mill.load("orders", Parquet::bytes(parquet(vec![("day", days), ("n", numbers)]))).await.unwrap();
    ward.mill.load("orders", Csv::bytes("day,n\n2013-01-04,3\n")).await.unwrap();
    ward.mill.load("orders", Csv::bytes("day,n\n2013-01-04T12:00:00Z,0.5\n")).await.unwrap();
    let url = Url::from_directory_path(ward.folder.path().canonicalize().unwrap().join("acme/orders")).unwrap();
    for (version, types) in [(1, ["date", "long"]), (2, ["timestamp", "double"])] {
        let table = deltalake_core::open_table_with_version(url.clone(), version).await.unwrap();
        let snapshot = table.snapshot().unwrap();
        let told: Vec<String> = snapshot.schema().fields().map(|field| field.data_type().to_string()).collect();
        assert_eq!(told, types);
        for uri in table.get_file_uris().unwrap() {
            let path = uri.strip_prefix("file://").unwrap_or(&uri).replace("%20", " ");
            let file = std::fs::File::open(&path).unwrap();
            let schema = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            let found: Vec<String> = schema.schema().fields().iter().map(|field| field.data_type().to_string()).collect();
            let expected = if version == 1 { ["Date32", "Int64"] } else { ["Timestamp(µs, \"UTC\")", "Float64"] };
            assert_eq!(found, expected, "{path}");
        }
    }
}
