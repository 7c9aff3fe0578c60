//! Rows on their way into a dataset go through its steps: in the first load and in every later one, in pushes, after a restart.

use serde_json::json;
use tidemill::ingest::{DatasetSteps, Step, Steps};
use tidemill::{ColumnType, Csv, DatasetName, Engine, ErrorKind, Json, Load, LoadMode, Parquet, Scope, Settings, TenantId};

use crate::formats::fixture;
use crate::ward::{Ward, example, open};

fn steps(json: &str) -> Steps {
    Steps::parse(json).unwrap()
}

const SALES: &str = "Day;Shop;Price\n31.01.2013; rome ;1.234,50 €\n01.02.2013;OSLO;-5,00 €\n01.02.2013;oslo;7 €\n02.02.2013;n/a;1 €\n";

const CLEAN: &str = r#"[
    {"op": "rename", "columns": {"Day": "day", "Shop": "shop", "Price": "price"}},
    {"op": "trim"},
    {"op": "null_tokens", "tokens": ["n/a"]},
    {"op": "case", "columns": ["shop"], "to": "title"},
    {"op": "parse_date", "column": "day", "formats": ["%d.%m.%Y"]},
    {"op": "parse_number", "column": "price", "decimal": ",", "group": ".", "strip": ["€"]},
    {"op": "filter", "condition": "price > 0"},
    {"op": "derive", "column": "net", "expression": "round(price / 1.25, 2)"}
]"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_load_of_a_dataset_goes_through_its_steps() {
    let ward = Ward::new().await;
    let report = ward.mill.load("sales", Csv::bytes(SALES).steps(steps(CLEAN))).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.left_out), (3, 0, 1));
    let rows = "select day, shop, price, net from sales order by day, price";
    assert_eq!(ward.rows(rows).await, json!([["2013-01-31", "2013-02-01", "2013-02-02"], ["Rome", "Oslo", null], [1234.5, 7.0, 1.0], [987.6, 5.6, 0.8]]));
    // The time column is one that a step made.
    assert_eq!(ward.mill.dataset("sales").await.unwrap().summary.time_column.as_deref(), Some("day"));
    let kept = ward.mill.steps("sales").await.unwrap();
    assert_eq!((kept.steps.clone(), kept.source.iter().map(|column| column.column_type).collect::<Vec<_>>()), (steps(CLEAN), vec![ColumnType::String; 3]));

    // Another engine over the store does the same to a push, whatever its keys are ordered by.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let push = || {
        Json::bytes("{\"Price\": \"2,50\", \"Day\": \"03.02.2013\", \"Shop\": \"bern\"}\n{\"Price\": \"x\", \"Day\": \"03.02.2013\"}\n{\"Price\": 3, \"Day\": \"04.02.2013\"}\n")
    };
    let report = again.load("sales", push().idempotency_key("k")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
    assert_eq!(again.sql("select shop, price from sales where day > date '2013-02-02' order by day").await.unwrap().to_json()["data"], json!([["Bern", null], [2.5, 3.0]]));
    let rejects = again.rejects("sales", 0, 10).await.unwrap();
    let reject = &rejects.items[0].reject;
    assert_eq!(reject.describe(), "line 2, column \"price\", value \"x\": step 6 (parse_number): not a number in the form that the step says");
    // What was rejected can be corrected and loaded again.
    assert_eq!(reject.raw, r#"{"Day":"03.02.2013","Price":"x"}"#);
    assert_eq!(again.load("sales", Json::bytes(reject.raw.replace('x', "9"))).await.unwrap().rows, 1);
    // The same key is answered with the first report.
    let replayed = again.load("sales", push().idempotency_key("k")).await.unwrap();
    assert!(replayed.replayed && replayed.rows == 2);

    let error = again.load("sales", Csv::bytes("Day;Shop;Prize\n31.01.2013;x;1\n")).await.unwrap_err();
    assert!(error.message().contains("\"Prize\"") && error.message().contains("did you mean Price?"), "{error}");
    let error = again.load("sales", Csv::bytes(SALES).steps(steps("[{\"op\":\"trim\"}]"))).await.unwrap_err();
    assert!(error.message().starts_with("the dataset is there and has other steps"), "{error}");
    assert_eq!(again.load("sales", Csv::bytes(SALES).steps(steps(CLEAN))).await.unwrap().rows, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn flights_are_cleaned_as_a_whole_and_split_the_same_anywhere() {
    let ward = Ward::new().await;
    let list = steps(
        r#"[
            {"op": "filter", "condition": "dep_delay is not null"},
            {"op": "unit", "column": "distance", "factor": 1.609344, "into": "km"},
            {"op": "derive", "column": "route", "expression": "concat(origin, '-', dest)"},
            {"op": "cast", "columns": ["flight"], "to": "string"},
            {"op": "hash", "columns": ["tailnum"]},
            {"op": "drop", "columns": ["year", "month", "day"]}
        ]"#,
    );
    let report = ward.mill.load("flights", Csv::path(example("flights.csv.gz")).steps(list)).await.unwrap();
    assert_eq!((report.rows, report.left_out, report.rejected), (328_521, 8_255, 0));
    assert_eq!(ward.rows("select count(*), count(distinct route), count(distinct tailnum) from flights").await, json!([[328_521], [223], [4_037]]));
    let row = ward.rows("select sum(km) / sum(distance), max(length(tailnum)), count(distinct flight) > 3000 from flights").await;
    assert!((row[0][0].as_f64().unwrap() - 1.609344).abs() < 1e-9 && row[1][0] == 32 && row[2][0] == true, "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_or_the_last_row_of_a_key_is_kept_across_batches() {
    let ward = Ward::new().await;
    let mut text = "id,v\n".to_owned();
    // More than two batches; each key comes three times.
    for row in 0..90_000 {
        text.push_str(&format!("{},{row}\n", row % 30_000));
    }
    for (keep, low, high) in [("first", 0, 29_999), ("last", 60_000, 89_999)] {
        let list = steps(&format!(r#"[{{"op": "deduplicate", "key": ["id"], "keep": "{keep}"}}]"#));
        let report = ward.mill.load(keep, Csv::bytes(text.clone()).steps(list)).await.unwrap();
        assert_eq!((report.rows, report.left_out), (30_000, 60_000));
        assert_eq!(ward.rows(&format!("select min(v), max(v), count(distinct id) from {keep}")).await, json!([[low], [high], [30_000]]));
        // Within a load, not across them; a small one too.
        let report = ward.mill.load(keep, Csv::bytes("id,v\n1,-1\n1,-2\n")).await.unwrap();
        assert_eq!((report.rows, report.left_out), (1, 1));
        assert_eq!(ward.rows(&format!("select v from {keep} where v < 0")).await, json!([[if keep == "first" { -1 } else { -2 }]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_looked_up_in_another_dataset_as_it_was() {
    let ward = Ward::new().await;
    ward.mill.load("airlines", Csv::bytes("carrier,name,secret\nUA,United,s\nAA,American,t\n")).await.unwrap();
    let list = steps(r#"[{"op": "look_up", "dataset": "airlines", "on": {"carrier": "carrier"}, "take": {"name": "airline"}, "missing": "reject"}]"#);
    let report = ward.mill.load("legs", Csv::bytes("carrier,n\nUA,1\nB6,2\nAA,3\nUA,4\n").steps(list.clone())).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.lookups.get("airlines")), (3, 1, Some(&0)));
    // Later rows see the later version, earlier ones stay.
    ward.mill.load("airlines", Csv::bytes("carrier,name,secret\nB6,JetBlue,u\n")).await.unwrap();
    let report = ward.mill.load("legs", Csv::bytes("carrier,n\nB6,5\n")).await.unwrap();
    assert_eq!((report.rows, report.lookups.get("airlines")), (1, Some(&1)));
    assert_eq!(ward.rows("select n, airline from legs order by n").await, json!([[1, 3, 4, 5], ["United", "American", "United", "JetBlue"]]));

    // Who does not see all rows does not look up in them: what they do not find would be missing for all.
    let (acme, airlines) = (TenantId::parse("acme").unwrap(), DatasetName::parse("airlines").unwrap());
    let some = ward.engine.mill(Scope::of(acme.clone()).with_row_filter(airlines.clone(), "carrier <> 'UA'"));
    let error = some.load("legs", Csv::bytes("carrier,n\nUA,6\nAA,7\n")).await.unwrap_err();
    assert_eq!((error.kind(), error.message().contains("sees a part of it")), (ErrorKind::Denied, true), "{error}");
    let blind = ward.engine.mill(Scope::of(acme).hiding(airlines, "name"));
    let error = blind.load("legs", Csv::bytes("carrier,n\nUA,6\n")).await.unwrap_err();
    assert_eq!((error.kind(), error.message().contains("dataset airlines has no column \"name\"")), (ErrorKind::Invalid, true), "{error}");
    let other = ward.engine.tenant("other").unwrap();
    let error = other.load("legs", Csv::bytes("carrier,n\nUA,1\n").steps(list)).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Invalid, "step 1 (look_up): there is no dataset airlines"));
    assert_eq!(other.dataset("legs").await.unwrap_err().kind(), ErrorKind::NotFound);

    ward.mill.load("airlines", Csv::bytes("carrier,name,secret\nUA,United again,u\n")).await.unwrap();
    let error = ward.mill.load("legs", Csv::bytes("carrier,n\nUA,8\n")).await.unwrap_err();
    assert!(error.message().contains("dataset airlines has two rows with carrier = \"UA\""), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_a_load_would_do_and_does_nothing() {
    let ward = Ward::new().await;
    let preview = ward.mill.preview_load(Csv::bytes(SALES.replace("02.02.2013", "soon")).steps(steps(CLEAN)), 2).await.unwrap();
    let names = |columns: &[tidemill::Column]| columns.iter().map(|column| format!("{}:{column}", column.name)).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&preview.source), "Day:string Shop:string Price:string");
    assert_eq!(names(&preview.columns), "day:date shop:string price:float net:float");
    assert_eq!((preview.rows, preview.rows_out, preview.rejected), (4, 2, 1));
    assert_eq!(json!(preview.before), json!([{"Day": "31.01.2013", "Shop": " rome ", "Price": "1.234,50 €"}, {"Day": "01.02.2013", "Shop": "OSLO", "Price": "-5,00 €"}]));
    assert_eq!(json!(preview.after[1]), json!({"day": "2013-02-01", "shop": "Oslo", "price": 7.0, "net": 5.6}));
    assert_eq!((preview.rejects[0].line, preview.rejects[0].value.as_deref()), (5, Some("soon")));
    let counts: Vec<_> = preview.steps.iter().map(|step| (step.step, step.op, step.rows_in, step.rows_out, step.rejected)).collect();
    assert_eq!(counts[4..7], [(5, "parse_date", 4, 3, 1), (6, "parse_number", 3, 3, 0), (7, "filter", 3, 2, 0)]);
    assert!(ward.mill.datasets().await.unwrap().is_empty());

    // Of a large file only the sample is looked at; what later rows are does not matter.
    let mut text = "n\n".to_owned();
    (0..200_000).for_each(|row| text.push_str(&format!("{row}\n")));
    text.push_str("x\n");
    let preview = ward.mill.preview_load(Csv::bytes(text).steps(steps(r#"[{"op": "deduplicate", "keep": "last"}]"#)), 3).await.unwrap();
    assert_eq!((preview.rows, preview.rows_out, preview.after.len(), names(&preview.columns).as_str()), (9_999, 9_999, 3, "n:integer"));
    // Without steps it shows what would be loaded.
    let preview = ward.mill.preview_load(Load::path(fixture("orders.parquet")), 10).await.unwrap();
    assert_eq!((preview.rows, preview.before == preview.after), (5, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_with_types_of_their_own_go_through_steps_too() {
    let ward = Ward::new().await;
    let list = r#"[
        {"op": "flatten", "column": "address"},
        {"op": "parse_date", "column": "at", "formats": ["%Y-%m-%d"], "zone": "Asia/Tokyo", "to": "date", "into": "local_day"},
        {"op": "derive", "column": "vip", "expression": "array_has(tags, 'vip')"},
        {"op": "parse_number", "column": "amount", "on_error": "fail"}
    ]"#;
    for (name, file) in [("parquet", "orders.parquet"), ("avro", "orders-null.avro")] {
        let report = ward.mill.load(name, Load::path(fixture(file)).steps(steps(list))).await.unwrap();
        assert_eq!((report.rows, report.rejected), (5, 0), "{file}");
        assert_eq!(
            ward.rows(&format!("select address_zip, local_day, vip from {name} order by id")).await,
            json!([["50667", null, null, "00501", "50668"], ["2026-01-31", "2026-02-02", null, "2024-02-29", "1999-12-31"], [true, false, null, false, true]]),
            "{file}"
        );
    }
    let report = ward
        .mill
        .load("bad", Parquet::path(fixture("orders.parquet")).steps(steps(r#"[{"op": "cast", "columns": ["amount"], "to": "integer"}]"#)))
        .await
        .unwrap();
    assert_eq!((report.rows, report.rejected), (3, 2));
    let rejects = ward.mill.rejects("bad", 0, 10).await.unwrap();
    assert_eq!(rejects.items.iter().map(|row| row.reject.line).collect::<Vec<_>>(), [1, 4]);
    assert!(rejects.items[0].reject.raw.starts_with(r#"{"id":1,"name":"Größe","amount":9.5"#), "{}", rejects.items[0].reject.raw);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_of_a_dataset_are_changed_by_a_commit() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("day,city\n2013-01-01,Rome\n")).await.unwrap();
    let none = ward.mill.steps("orders").await.unwrap();
    assert_eq!((none.steps.len(), none.source.len()), (0, 2));
    let source = serde_json::from_str(r#"[{"name": "When", "type": "string"}, {"name": "city", "type": "string"}]"#).unwrap();
    let made = DatasetSteps { source, steps: steps(r#"[{"op": "rename", "columns": {"When": "day"}}, {"op": "parse_date", "column": "day", "formats": ["%d/%m/%Y"]}]"#) };
    assert_eq!(ward.mill.set_steps("orders", made.clone()).await.unwrap(), made);
    let version = ward.mill.dataset("orders").await.unwrap().summary.version;
    assert_eq!(version, 1);
    // The same again is no commit.
    ward.mill.set_steps("orders", made.clone()).await.unwrap();
    assert_eq!(ward.mill.dataset("orders").await.unwrap().summary.version, 1);
    ward.mill.load("orders", Csv::bytes("When,city\n02/01/2013,Oslo\n")).await.unwrap();
    assert_eq!(ward.rows("select day, city from orders order by day").await, json!([["2013-01-01", "2013-01-02"], ["Rome", "Oslo"]]));
    // Steps alone keep the source, and a restart keeps both.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let more = steps(r#"[{"op": "rename", "columns": {"When": "day"}}, {"op": "parse_date", "column": "day", "formats": ["%d/%m/%Y", "%Y-%m-%d"]}]"#);
    assert_eq!(again.set_steps("orders", DatasetSteps { steps: more, ..DatasetSteps::default() }).await.unwrap().source, made.source);
    again.checkpoint("orders").await.unwrap();
    let third = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(third.load("orders", Csv::bytes("When,city\n2013-01-03,Bern\n")).await.unwrap().rows, 1);
    // Without steps loads bring the columns of the dataset again.
    third.set_steps("orders", DatasetSteps::default()).await.unwrap();
    assert_eq!(third.load("orders", Csv::bytes("day,city\n2013-01-04,Rome\n")).await.unwrap().rows, 1);

    for (list, expected) in [
        (r#"[{"op": "drop", "columns": ["citi"]}]"#, "step 1 (drop): there is no column \"citi\"; did you mean city?"),
        (r#"[{"op": "cast", "columns": ["day"], "to": "string"}]"#, "the steps make column \"day\" string, and the dataset has it as date; cast it"),
        (r#"[{"op": "derive", "column": "cities", "expression": "city"}]"#, "the steps leave a column \"cities\" that the dataset does not have; drop or rename it"),
        (r#"[{"op": "look_up", "dataset": "orders", "on": {"day": "day"}, "take": {"town": "town"}}]"#, "step 1 (look_up): dataset orders has no column \"town\""),
    ] {
        let error = third.set_steps("orders", DatasetSteps { steps: steps(list), ..DatasetSteps::default() }).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Invalid, expected));
    }
    let orders = DatasetName::parse("orders").unwrap();
    let blind = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).hiding(orders, "city"));
    assert_eq!(blind.steps("orders").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(blind.set_steps("orders", DatasetSteps::default()).await.unwrap_err().kind(), ErrorKind::Denied);
    let other = ward.engine.tenant("other").unwrap();
    assert_eq!(other.steps("orders").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.set_steps("orders", DatasetSteps::default()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_fails_in_a_step_leaves_nothing() {
    let ward = Ward::new().await;
    let list = Steps::new([Step::ParseNumber {
        column: "n".into(),
        decimal: '.',
        group: None,
        strip: vec![],
        to: Some(ColumnType::Integer),
        into: None,
        on_error: tidemill::ingest::steps::OnError::Fail,
    }])
    .unwrap();
    let mut text = "n\n".to_owned();
    (0..100_000).for_each(|row| text.push_str(&format!("{row}\n")));
    text.push_str("x\n");
    let error = ward.mill.load("orders", Csv::bytes(text).steps(list)).await.unwrap_err();
    assert!(error.message().contains("line 100002, column \"n\", value \"x\": step 1 (parse_number)"), "{error}");
    assert!(ward.mill.datasets().await.unwrap().is_empty() && ward.objects("orders").is_empty());
    let error = ward.mill.load("orders", Csv::bytes("n\n1\n").steps(steps(r#"[{"op": "drop", "columns": ["n"]}]"#))).await.unwrap_err();
    assert_eq!((error.message(), error.field()), ("step 1 (drop): no column is left", Some("steps[0]")));
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_later_rows_change_are_changed_before_the_steps() {
    let ward = Ward::new().await;
    let mut text = "n,s\n".to_owned();
    (0..40_000).for_each(|row| text.push_str(&format!("{row},x\n")));
    text.push_str("0.5,x\n");
    let list = steps(r#"[{"op": "derive", "column": "twice", "expression": "n * 2"}]"#);
    let report = ward.mill.load("orders", Csv::bytes(text).steps(list)).await.unwrap();
    assert_eq!((report.rows, report.promotions.len()), (40_001, 1));
    assert_eq!(ward.rows("select twice from orders where n < 1 order by 1").await, json!([[0.0, 1.0]]));
    assert_eq!(ward.mill.steps("orders").await.unwrap().source[0].column_type, ColumnType::Float);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_holds_for_times_that_nanoseconds_do_not_reach() {
    let ward = Ward::new().await;
    let list = steps(
        r#"[{"op": "filter", "condition": "until > timestamp '2020-01-01'"}, {"op": "derive", "column": "endless", "expression": "until = timestamp '9999-12-31'"},
        {"op": "derive", "column": "ends", "expression": "case until when timestamp '9999-12-31' then 'never' else 'once' end"}]"#,
    );
    let text = "id,until\n1,0001-01-01T00:00:00Z\n2,2021-01-01T00:00:00Z\n3,9999-12-31T00:00:00Z\n";
    let report = ward.mill.load("prices", Csv::bytes(text).steps(list)).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.left_out), (2, 0, 1));
    assert_eq!(ward.rows("select id, endless, ends from prices order by id").await, json!([[2, 3], [false, true], ["once", "never"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_may_use_every_function_of_statements() {
    let ward = Ward::new().await;
    let list = steps(
        r#"[
            {"op": "filter", "condition": "coalesce(amount, 1) > 0"},
            {"op": "derive", "column": "city", "expression": "nvl(city, 'none')"},
            {"op": "derive", "column": "paid", "expression": "nvl2(amount, 'yes', 'no')"},
            {"op": "derive", "column": "parts", "expression": "coalesce(amount, 12 / (id - 3))"}
        ]"#,
    );
    let report = ward.mill.load("orders", Csv::bytes("id,city,amount\n1,Rome,2\n2,,-1\n3,,4\n3,Bern,\n7,Oslo,\n").steps(list)).await.unwrap();
    // What is in the place of a missing amount fails on the fourth row, and is not needed of the third.
    assert_eq!((report.rows, report.rejected, report.left_out), (3, 1, 1));
    let expected = json!([["Rome", "none", "Oslo"], ["yes", "yes", "no"], [2, 4, 3]]);
    assert_eq!(ward.rows("select city, paid, parts from orders order by id").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_of_a_tenant_are_equal_in_all_of_its_datasets_and_in_no_other() {
    let ward = Ward::new().await;
    let list = || steps(r#"[{"op": "hash", "columns": ["mail"]}]"#);
    let hash = async |engine: &Engine, tenant: &str, dataset: &str| {
        let mill = engine.tenant(tenant).unwrap();
        mill.load(dataset, Csv::bytes("mail,n\nada@example.org,1\n").steps(list())).await.unwrap();
        mill.sql(&format!("select mail from {dataset}")).await.unwrap().to_json()["data"][0][0].as_str().unwrap().to_owned()
    };
    let first = hash(&ward.engine, "acme", "a").await;
    let engine = open(ward.folder.path(), Settings::default()).await;
    assert_eq!(hash(&engine, "acme", "b").await, first);
    assert_ne!(hash(&engine, "other", "a").await, first);
    assert_eq!(ward.mill.datasets().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_never_come_in_by_steps_that_are_no_longer_in_force() {
    let ward = Ward::new().await;
    ward.mill.load("people", Csv::bytes("id,mail\n0,none\n").column_type("mail", tidemill::ColumnType::String)).await.unwrap();
    let push = |id: usize| {
        let mill = ward.mill.clone();
        async move {
            loop {
                match mill.load("people", Json::bytes(format!(r#"{{"id": {id}, "mail": "p{id}@example.com"}}"#)).mode(LoadMode::Append)).await {
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    other => break other.unwrap(),
                }
            }
        }
    };
    let hidden = tidemill::DatasetSteps { steps: steps(r#"[{"op": "hash", "columns": ["mail"], "salt": "0123456789abcdef"}]"#), ..Default::default() };
    let changing = async {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        ward.mill.set_steps("people", hidden).await.unwrap();
        ward.mill.dataset("people").await.unwrap().summary.version
    };
    let (reports, version) = futures::join!(futures::future::join_all((1..=120).map(push)), changing);
    let late: Vec<u64> = reports.iter().map(|report| report.version).filter(|found| *found > version).collect();
    // Versions up to the change have plain texts; every row that came in after it is hashed.
    let plain = |as_of: u64| {
        let mill = ward.mill.clone();
        async move { mill.sql_as_of("select count(*) from people where mail like '%@%'", as_of).await.unwrap().to_json()["data"][0][0].as_u64().unwrap() }
    };
    let (then, now) = (plain(version).await, plain(ward.mill.dataset("people").await.unwrap().summary.version).await);
    assert_eq!(then, now, "{} of {} pushes came after version {version}", late.len(), reports.len());
    assert_eq!(ward.rows("select count(*), count(distinct id) from people").await, json!([[121], [121]]));
    // Steps go before keys: a row that has the same key after them gives way.
    let key = LoadMode::Upsert { key: vec!["mail".into()] };
    let report = ward.mill.load("people", Json::bytes(r#"{"id": 500, "mail": "new@example.com"}"#).mode(key.clone())).await.unwrap();
    assert_eq!((report.rows, report.replaced), (1, 0));
    let report = ward.mill.load("people", Json::bytes(r#"{"id": 501, "mail": "new@example.com"}"#).mode(key)).await.unwrap();
    assert_eq!((report.rows, report.replaced), (1, 1));
}
