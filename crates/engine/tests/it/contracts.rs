//! Contracts: each rule with each reaction, unique keys whoever loads and however, references, rejected rows and what
//! becomes of them.

use std::collections::HashSet;

use futures::future::join_all;
use serde_json::{Value, json};
use tidemill::{Contract, Csv, DatasetName, Engine, ErrorKind, FixedRow, Json, Load, LoadMode, LoadReport, Mill, Reaction, RejectFormat, Rule, Scope, Settings, TenantId};

use crate::ward::{Ward, open};

fn contract(rules: &Value) -> Contract {
    serde_json::from_value(json!({ "rules": rules })).unwrap()
}

fn push(rows: &str) -> Load {
    Json::bytes(rows.to_owned()).mode(LoadMode::Append)
}

async fn reasons(mill: &Mill, report: &LoadReport) -> Vec<String> {
    let page = mill.load_rejects("orders", &report.load_id, 0, 100).await.unwrap();
    page.items.iter().map(|row| row.reject.describe()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_rejects_nulls_or_fails_on_the_way_in_and_in_pushes() {
    let countries = "code,name\nIT,Italy\nNO,Norway\n";
    let cases = [
        (json!({"check": "required", "column": "country"}), r#"line 3, column "country": a value is required (rule 1)"#),
        (json!({"check": "range", "column": "amount", "min": 0}), r#"line 3, column "amount", value "-5": must be at least 0 (rule 1)"#),
        (
            json!({"check": "range", "column": "day", "min": "2013-01-01", "max": "2014-01-01"}),
            r#"line 3, column "day", value "2012-12-31": must be at least 2013-01-01 and at most 2014-01-01 (rule 1)"#,
        ),
        (json!({"check": "allowed", "column": "amount", "values": [1, 2]}), r#"line 3, column "amount", value "-5": must be one of 1, 2 (rule 1)"#),
        (json!({"check": "pattern", "column": "code", "pattern": "[a-z]\\d"}), r#"line 3, column "code", value "b22": does not match the pattern [a-z]\d (rule 1)"#),
        (
            json!({"check": "reference", "column": "code", "dataset": "countries", "key": "code"}),
            r#"line 3, column "code", value "b22": there is no such value in column "code" of dataset countries (rule 1)"#,
        ),
        (json!({"check": "unique", "columns": ["id"]}), r#"line 3, column "id", value "1": line 2 has the same key (rule 1)"#),
    ];
    for (mut rule, expected) in cases {
        let name = rule["check"].as_str().unwrap().to_owned();
        let reference = name == "reference";
        let file = if reference {
            "id,amount,day,country,code\n1,1,2013-01-01,IT,IT\n1,-5,2012-12-31,,b22\n3,2,2013-01-02,NO,NO\n"
        } else {
            "id,amount,day,country,code\n1,1,2013-01-01,IT,a1\n1,-5,2012-12-31,,b22\n3,2,2013-01-02,NO,c3\n"
        };
        for reaction in ["reject", "null", "fail"] {
            let ward = Ward::new().await;
            ward.mill.load("countries", Csv::bytes(countries)).await.unwrap();
            rule["on_violation"] = json!(reaction);
            let contract = contract(&json!([rule]));
            let made = ward.mill.load("orders", Csv::bytes(file).contract(contract.clone())).await;
            // The same through a push: a dataset without a contract is given one.
            let head: String = file.lines().take(1).map(|line| format!("{line}\n9,1,2013-01-01,IT,IT\n")).collect();
            ward.mill.load("pushed", Csv::bytes(head)).await.unwrap();
            let given = ward.mill.set_contract("pushed", contract).await;
            match (reaction, made) {
                ("null", Err(error)) if matches!(name.as_str(), "required" | "unique") => {
                    assert!(error.kind() == ErrorKind::Invalid && error.field() == Some("rules[0].on_violation"), "{error}");
                    assert_eq!(given.unwrap_err().field(), Some("rules[0].on_violation"));
                    assert_eq!(ward.mill.dataset("orders").await.unwrap_err().kind(), ErrorKind::NotFound);
                    continue;
                }
                ("reject", Ok(report)) => {
                    assert_eq!((report.rows, report.rejected, report.nulled), (2, 1, 0), "{name}");
                    assert_eq!(reasons(&ward.mill, &report).await, [expected]);
                    let rejects = ward.mill.rejects("orders", 0, 10).await.unwrap();
                    assert_eq!(rejects.items[0].reject.rule, Some(1));
                    assert_eq!(serde_json::from_str::<Value>(&rejects.items[0].reject.raw).unwrap(), json!({"id": 1, "amount": -5, "day": "2012-12-31", "code": "b22"}));
                }
                ("null", Ok(report)) => {
                    let column = rule["column"].as_str().unwrap();
                    assert_eq!((report.rows, report.rejected, report.nulled), (3, 0, 1), "{name}");
                    assert_eq!(ward.rows(&format!("select count(*), count({column}) from orders")).await, json!([[3], [2]]));
                }
                ("fail", Err(error)) => {
                    assert_eq!(error.kind(), ErrorKind::Invalid);
                    assert!(error.message().starts_with(&format!("rows.csv: {expected}; by the contract")), "{error}");
                    assert_eq!(ward.objects("orders"), Vec::<std::path::PathBuf>::new());
                }
                (_, other) => panic!("{name} {reaction}: {other:?}"),
            }
            given.unwrap();
            let pushed = ward.mill.load("pushed", Csv::bytes(file)).await;
            match reaction {
                "fail" => assert!(pushed.unwrap_err().message().contains(expected), "{name}"),
                reaction => {
                    let report = pushed.unwrap();
                    assert_eq!((report.rejected, report.nulled), if reaction == "reject" { (1, 0) } else { (0, 1) }, "{name}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_type_rejects_or_fails_by_its_rule() {
    let ward = Ward::new().await;
    let file = "id,amount\n1,2\n2,many\n3,4\n";
    let typed = |reaction| Contract::new(vec![Rule::required("id"), Rule::of_type("amount", tidemill::ColumnType::Integer).otherwise(reaction)]);
    let report = ward.mill.load("orders", Csv::bytes(file).contract(typed(Reaction::Reject))).await.unwrap();
    assert_eq!(reasons(&ward.mill, &report).await, [r#"line 3, column "amount", value "many": not an integer (rule 2)"#]);
    let error = ward.mill.load("others", Csv::bytes(file).contract(typed(Reaction::Fail))).await.unwrap_err();
    assert!(error.message().contains("not an integer (rule 2); by the contract"), "{error}");
    let clash = Csv::bytes(file).contract(typed(Reaction::Reject)).column_type("amount", tidemill::ColumnType::String);
    assert_eq!(ward.mill.load("third", clash).await.unwrap_err().field(), Some("rules[1].type"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_unique_within_and_across_loads_of_any_size() {
    let ward = Ward::new().await;
    let rule = contract(&json!([{"check": "unique", "columns": ["id", "part"]}]));
    let rows = |ids: std::ops::Range<u32>| {
        let mut text = "id,part,note\n".to_owned();
        ids.for_each(|id| text.push_str(&format!("{id},p{},a note that makes the file larger {id}\n", id % 3)));
        text
    };
    let first = ward.mill.load("orders", Csv::bytes(rows(0..60_000)).contract(rule)).await.unwrap();
    assert_eq!((first.rows, first.rejected), (60_000, 0));
    // Small and large, each with keys of its own, of the one before and twice.
    let small = ward.mill.load("orders", Csv::bytes(rows(59_995..60_010) + "60009,p0,again\n")).await.unwrap();
    assert_eq!((small.rows, small.rejected), (10, 6));
    assert_eq!(reasons(&ward.mill, &small).await[0], r#"line 2, column "id, part", value "59995, p1": the dataset has a row with this key (rule 1)"#);
    assert_eq!(reasons(&ward.mill, &small).await[5], r#"line 17, column "id, part", value "60009, p0": line 16 has the same key (rule 1)"#);
    let large = ward.mill.load("orders", Csv::bytes(rows(59_000..100_000))).await.unwrap();
    assert_eq!((large.rows, large.rejected), (39_990, 1_010));
    // A null makes a key unlike every other.
    let nulls = ward.mill.load("orders", Csv::bytes("id,part,note\n1,,x\n1,,x\n,,x\n")).await.unwrap();
    assert_eq!((nulls.rows, nulls.rejected), (3, 0));
    // Compaction moves rows and changes no key; what is deleted is free again.
    ward.mill.compact("orders").await.unwrap();
    ward.mill.delete_rows("orders", "id = 7").await.unwrap();
    let again = ward.mill.load("orders", Csv::bytes(rows(5..10))).await.unwrap();
    assert_eq!((again.rows, again.rejected), (1, 4));
    assert_eq!(ward.rows("select count(*), count(distinct id) from orders").await, json!([[100_003], [100_000]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_stay_unique_when_pushes_share_commits_and_engines_share_a_store() {
    let ward = Ward::new().await;
    let rule = contract(&json!([{"check": "unique", "columns": ["id"]}]));
    ward.mill.load("orders", Json::bytes(r#"{"id": 0, "by": 0}"#).contract(rule)).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await;
    let mills = [ward.mill.clone(), other.tenant("acme").unwrap()];
    let loads = (0..200_u32).map(|n| {
        let mill = &mills[n as usize % 2];
        async move {
            loop {
                // Two keys each, of which others bring one or both.
                let rows = format!("{{\"id\": {}, \"by\": {n}}}\n{{\"id\": {}, \"by\": {n}}}", n % 50, (n * 7) % 60);
                match mill.load("orders", push(&rows)).await {
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    report => return report.unwrap(),
                }
            }
        }
    });
    let reports: Vec<LoadReport> = join_all(loads).await;
    let (rows, rejected) = (reports.iter().map(|report| report.rows).sum::<u64>(), reports.iter().map(|report| report.rejected).sum::<u64>());
    assert_eq!(ward.rows("select count(*), count(distinct id) from orders").await, json!([[60], [60]]));
    assert_eq!((rows, rows + rejected), (59, 400));
    // Every reject says where.
    let one = reports.iter().find(|report| report.rejected > 0).unwrap();
    assert!(reasons(&ward.mill, one).await[0].contains("(rule 1)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_loads_with_the_same_keys_do_not_both_bring_them() {
    let ward = Ward::new().await;
    let rule = contract(&json!([{"check": "unique", "columns": ["id"], "on_violation": "reject"}]));
    ward.mill.load("orders", Csv::bytes("id,note\n-1,x\n").contract(rule)).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let file = |from: u32| {
        let mut text = "id,note\n".to_owned();
        (from..from + 9_000).for_each(|id| text.push_str(&format!("{id},{}\n", "n".repeat(120))));
        text
    };
    let loads = [(0, &ward.mill), (0, &other), (8_000, &ward.mill), (4_000, &other)].map(|(from, mill)| {
        let text = file(from);
        async move {
            loop {
                match mill.load("orders", Csv::bytes(text.clone())).await {
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    report => return report.unwrap(),
                }
            }
        }
    });
    let reports = join_all(loads).await;
    assert_eq!(ward.rows("select count(*), count(distinct id) from orders").await, json!([[17_001], [17_001]]));
    assert_eq!(reports.iter().map(|report| report.rows).sum::<u64>(), 17_000);
    assert_eq!(reports.iter().map(|report| report.rejected).sum::<u64>(), 4 * 9_000 - 17_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_push_that_fails_by_its_key_takes_nothing_from_the_others() {
    let ward = Ward::new().await;
    let rule = contract(&json!([{"check": "unique", "columns": ["id"], "on_violation": "fail"}]));
    ward.mill.load("orders", Json::bytes(r#"{"id": 0}"#).contract(rule)).await.unwrap();
    let loads = (1..=40_u32).map(|n| {
        let rows = if n % 2 == 0 { format!("{{\"id\": {n}}}") } else { format!("{{\"id\": {}}}\n{{\"id\": 0}}", n + 1) };
        let mill = &ward.mill;
        async move { mill.load("orders", push(&rows)).await }
    });
    let reports = join_all(loads).await;
    for (place, report) in reports.into_iter().enumerate() {
        match report {
            Ok(report) => assert!(place % 2 == 1 && report.rows == 1, "{place}"),
            Err(error) => assert!(place % 2 == 0 && error.message().contains("the dataset has a row with this key (rule 1)"), "{place}: {error}"),
        }
    }
    assert_eq!(ward.rows("select count(*), sum(id) from orders").await, json!([[21], [420]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_looked_up_as_the_load_begins() {
    let ward = Ward::new().await;
    let rule = contract(&json!([{"check": "reference", "column": "country", "dataset": "countries", "key": "code"}]));
    let file = "id,country\n1,IT\n2,NO\n3,\n";
    let error = ward.mill.load("orders", Csv::bytes(file).contract(rule.clone())).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().starts_with("rule 1 (reference of country): there is no dataset countries"), "{error}");
    ward.mill.load("countries", Csv::bytes("code,number\nIT,39\n")).await.unwrap();
    let first = ward.mill.load("orders", Csv::bytes(file).contract(rule)).await.unwrap();
    assert_eq!((first.rows, first.rejected), (2, 1));
    ward.mill.load("countries", Csv::bytes("code,number\nNO,47\n")).await.unwrap();
    assert_eq!(ward.mill.load("orders", Csv::bytes(file)).await.unwrap().rows, 3);
    ward.mill.delete_rows("countries", "code = 'IT'").await.unwrap();
    assert_eq!(ward.mill.load("orders", Csv::bytes(file)).await.unwrap().rows, 2);
    // A type that never fits, a column that is not there.
    for (key, expected) in [("number", "is of type string, but \"number\" of dataset countries of type integer"), ("cod", "did you mean code?")] {
        let rule = contract(&json!([{"check": "reference", "column": "country", "dataset": "countries", "key": key}]));
        let error = ward.mill.set_contract("orders", rule).await.unwrap_err();
        assert!(error.message().contains(expected) && error.field() == Some("rules[0].key"), "{error}");
    }
    ward.mill.delete_dataset("countries").await.unwrap();
    assert_eq!(ward.mill.load("orders", Csv::bytes(file)).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_kept_changed_and_guarded() {
    let ward = Ward::new().await;
    let first = contract(&json!([{"check": "range", "column": "n", "min": 0}]));
    ward.mill.load("orders", Csv::bytes("n,s\n1,a\n-1,b\n").contract(first.clone())).await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(again.contract("orders").await.unwrap(), first);
    assert_eq!(again.load("orders", Csv::bytes("n,s\n2,a\n-2,b\n")).await.unwrap().rejected, 1);
    // The same contract may come with a load, another one may not.
    ward.mill.load("orders", Csv::bytes("n,s\n3,a\n").contract(first.clone())).await.unwrap();
    assert_eq!(ward.mill.load("orders", Csv::bytes("n,s\n3,a\n").contract(Contract::default())).await.unwrap_err().field(), Some("contract"));
    // Changing it is a version; setting the same again is none.
    let second = contract(&json!([{"check": "allowed", "column": "s", "values": ["a"]}]));
    let before = ward.mill.dataset("orders").await.unwrap().summary.version;
    ward.mill.set_contract("orders", second.clone()).await.unwrap();
    ward.mill.set_contract("orders", second.clone()).await.unwrap();
    assert_eq!(ward.mill.dataset("orders").await.unwrap().summary.version, before + 1);
    // The other engine hears of it.
    let report = again.load("orders", Csv::bytes("n,s\n-2,a\n1,b\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    // A checkpoint keeps it, and whatever happens to the log before it.
    ward.mill.checkpoint("orders").await.unwrap();
    let third = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(third.contract("orders").await.unwrap(), second);
    assert_eq!(ward.mill.set_contract("orders", contract(&json!([{"check": "required", "column": "x"}]))).await.unwrap_err().field(), Some("rules[0].column"));
    assert_eq!(ward.mill.contract("nowhere").await.unwrap_err().kind(), ErrorKind::NotFound);
    // Who does not see the whole dataset neither reads nor changes it.
    let scope = Scope::of(TenantId::parse("acme").unwrap()).hiding(DatasetName::parse("orders").unwrap(), "s");
    let some = ward.engine.mill(scope);
    assert_eq!(some.contract("orders").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(some.set_contract("orders", Contract::default()).await.unwrap_err().kind(), ErrorKind::Denied);
    let probe = contract(&json!([{"check": "reference", "column": "s", "dataset": "orders", "key": "s"}]));
    assert_eq!(some.load("probe", Csv::bytes("s\na\n").contract(probe)).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(other_tenant(&ward.engine).contract("orders").await.unwrap_err().kind(), ErrorKind::NotFound);
}

fn other_tenant(engine: &Engine) -> Mill {
    engine.tenant("other").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_are_exported_corrected_and_loaded_once() {
    let ward = Ward::new().await;
    let rules = contract(&json!([{"check": "range", "column": "n", "min": 0}, {"check": "unique", "columns": ["n"]}]));
    let first = ward.mill.load("orders", Csv::bytes("n,s\n1,a\n-2,\"b,\"\"c\"\"\"\n-3,d\n1,e\n").contract(rules)).await.unwrap();
    let load_id = first.load_id.as_str();
    let lines: Vec<(u64, u64)> = ward.mill.load_rejects("orders", load_id, 0, 10).await.unwrap().items.iter().map(|row| (row.number, row.reject.line)).collect();
    assert_eq!(lines, [(0, 3), (1, 4), (2, 5)]);
    let page = ward.mill.load_rejects("orders", load_id, 1, 1).await.unwrap();
    assert_eq!((page.total, page.items.len(), page.items[0].number), (3, 1, 1));

    let ndjson = String::from_utf8(ward.mill.export_rejects("orders", load_id, RejectFormat::Ndjson).await.unwrap()).unwrap();
    let rows: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[0]["rule"], &rows[2]["rule"], &rows[0]["replayed_by"]), (3, &json!(1), &json!(2), &json!(null)));
    // What is exported as CSV can be loaded.
    let csv = ward.mill.export_rejects("orders", load_id, RejectFormat::Csv).await.unwrap();
    ward.mill.load("bad_rows", Csv::bytes(csv)).await.unwrap();
    assert_eq!(ward.rows("select line, rule, raw from bad_rows order by line limit 1").await, json!([[3], [1], ["{\"n\":-2,\"s\":\"b,\\\"c\\\"\"}"]]));

    let fixed = |rows: &[(u64, i64)]| -> Vec<FixedRow> {
        rows.iter()
            .map(|(number, n)| FixedRow { number: *number, row: json!({"n": n, "s": format!("fixed {number}")}).as_object().unwrap().clone() })
            .collect()
    };
    for (rows, expected) in [(fixed(&[]), "rows"), (fixed(&[(3, 1)]), "rows[0].number"), (fixed(&[(0, 1), (0, 2)]), "rows[1].number")] {
        assert_eq!(ward.mill.replay_rejects("orders", load_id, rows).await.unwrap_err().field(), Some(expected));
    }
    // One is right now, the other one is rejected again, by the new load.
    let second = ward.mill.replay_rejects("orders", load_id, fixed(&[(0, 2), (1, 1)])).await.unwrap();
    assert_eq!((second.rows, second.rejected, second.replayed), (1, 1, false));
    assert_eq!(reasons(&ward.mill, &second).await, [r#"line 2, column "n", value "1": the dataset has a row with this key (rule 2)"#]);
    assert_eq!(ward.mill.loads("orders").await.unwrap()[0].replays.as_deref(), Some(load_id));
    // Again: the first answer, also from an engine that reads it in the log. Some of them and others: none.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    for mill in [&ward.mill, &again] {
        let repeated = mill.replay_rejects("orders", load_id, fixed(&[(0, 77), (1, 78)])).await.unwrap();
        assert_eq!((repeated.load_id.as_str(), repeated.replayed), (second.load_id.as_str(), true));
        let error = mill.replay_rejects("orders", load_id, fixed(&[(1, 77), (2, 78)])).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Conflict && error.message().contains("1 were loaded again already (1)"), "{error}");
        let replayed: Vec<bool> = mill.load_rejects("orders", load_id, 0, 10).await.unwrap().items.iter().map(|row| row.replayed_by.is_some()).collect();
        assert_eq!(replayed, [true, true, false]);
    }
    // Many at once: one load brings it.
    let loads = join_all((0..20).map(|n| ward.mill.replay_rejects("orders", load_id, fixed(&[(2, 100 + n)])))).await;
    let ids: HashSet<String> = loads.into_iter().map(|report| report.unwrap().load_id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[3]]));
    // A checkpoint knows it too.
    ward.mill.checkpoint("orders").await.unwrap();
    let third = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert!(third.replay_rejects("orders", load_id, fixed(&[(2, 5)])).await.unwrap().replayed);
    for id in ["x", "../../other"] {
        assert_eq!(ward.mill.load_rejects("orders", id, 0, 1).await.unwrap_err().kind(), ErrorKind::NotFound, "{id}");
    }
    // A load that is not known, or has rejected nothing.
    let none = "00000000-0000-0000-0000-000000000000";
    assert_eq!(ward.mill.load_rejects("orders", none, 0, 1).await.unwrap().total, 0);
    assert_eq!(ward.mill.export_rejects("orders", none, RejectFormat::Csv).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ward.mill.replay_rejects("orders", none, fixed(&[(0, 1)])).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other_tenant(&ward.engine).load_rejects("orders", load_id, 0, 1).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_not_of_the_type_become_null_in_every_format() {
    let typed = || Contract::new(vec![Rule::of_type("amount", tidemill::ColumnType::Integer).otherwise(Reaction::Null)]);
    let ward = Ward::open_tables(Settings::default()).await;
    // What is too long for a number is none either: the reader of JSON gives the nearest float for it.
    for (word, quoted) in [("many", "\"many\""), ("123456789012345678901", "123456789012345678901"), ("36893488147419103232", "36893488147419103232")] {
        let texts = format!("id,amount\n1,2\n2,{word}\n3,4\n");
        let lines = format!("{{\"id\":1,\"amount\":2}}\n{{\"id\":2,\"amount\":{quoted}}}\n{{\"id\":3,\"amount\":4}}\n");
        // A file of columns whose amounts are text.
        let texts_of = format!("texts_{word}");
        ward.mill.load(&texts_of, Csv::bytes(texts.clone()).column_type("amount", tidemill::ColumnType::String)).await.unwrap();
        let parquet = ward.objects(&texts_of).into_iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
        for (format, load) in [("csv", Csv::bytes(texts)), ("json", Json::bytes(lines)), ("parquet", Load::path(&parquet))] {
            let name = format!("{format}_{word}");
            let report = ward.mill.load(&name, load.contract(typed())).await.unwrap();
            assert_eq!((report.rows, report.rejected, report.nulled), (3, 0, 1), "{name}");
            assert_eq!(ward.rows(&format!("select sum(amount), count(*) from {name}")).await, json!([[6], [3]]));
            let pushed = ward.mill.load(&name, push(&format!("{{\"id\":4,\"amount\":{quoted}}}"))).await.unwrap();
            assert_eq!((pushed.rows, pushed.nulled), (1, 1), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_held_to_by_what_steps_make_and_rejects_keep_what_was_read() {
    let ward = Ward::new().await;
    let steps = tidemill::Steps::parse(r#"[{"op": "rename", "columns": {"Price": "price"}}, {"op": "derive", "column": "net", "expression": "price / 2"}]"#).unwrap();
    let rules = contract(&json!([{"check": "range", "column": "net", "min": 1}, {"check": "unique", "columns": ["price"]}]));
    let file = "id,Price\n1,4\n2,1\n3,4\n";
    let report = ward.mill.load("orders", Csv::bytes(file).steps(steps).contract(rules)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 2));
    let rejects = ward.mill.load_rejects("orders", &report.load_id, 0, 10).await.unwrap();
    let raws: Vec<(u64, Option<u32>, &str)> = rejects.items.iter().map(|row| (row.reject.line, row.reject.rule, row.reject.raw.as_str())).collect();
    assert_eq!(raws, [(3, Some(1), r#"{"id":2,"Price":1}"#), (4, Some(2), r#"{"id":3,"Price":4}"#)]);
    // Corrected rows go the same way again.
    let row = json!({"id": 2, "Price": 10}).as_object().unwrap().clone();
    assert_eq!(ward.mill.replay_rejects("orders", &report.load_id, vec![FixedRow { number: 0, row }]).await.unwrap().rows, 1);
    assert_eq!(ward.rows("select sum(net) from orders").await, json!([[7]]));
    // Rows that a contract rejects say nothing of the file: all of them may be rejected.
    let all = ward.mill.load("orders", Csv::bytes("id,Price\n5,1\n6,0\n")).await.unwrap();
    assert_eq!((all.rows, all.rejected), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_that_replace_rows_are_compared_with_those_that_stay() {
    let ward = Ward::new().await;
    let rules = contract(&json!([{"check": "unique", "columns": ["id"]}, {"check": "unique", "columns": ["mail"]}]));
    let upsert = |rows: &str| Csv::bytes(format!("id,mail\n{rows}")).mode(LoadMode::Upsert { key: vec!["id".to_owned()] });
    ward.mill.load("orders", Csv::bytes("id,mail\n1,a\n2,b\n3,c\n").contract(rules)).await.unwrap();
    // A row takes the place of the one with its key.
    assert_eq!(ward.mill.load("orders", upsert("2,z\n4,d\n")).await.unwrap().rows, 2);
    // The other key belongs to a row that stays.
    let error = ward.mill.load("orders", upsert("2,a\n")).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().starts_with("rule 2 of the contract: a row that stays"), "{error}");
    // A row that is rejected replaces nothing.
    let report = ward.mill.load("orders", upsert("1,q\n3,q\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    assert_eq!(ward.rows("select id, mail from orders order by id").await, json!([[1, 2, 3, 4], ["q", "z", "c", "d"]]));
    // Nothing stays.
    let all = ward.mill.load("orders", Csv::bytes("id,mail\n1,q\n9,a\n9,b\n").mode(LoadMode::Replace)).await.unwrap();
    assert_eq!((all.rows, all.rejected), (2, 1));
    assert_eq!(ward.rows("select id from orders order by id").await, json!([[1, 9]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_replaces_a_range_is_compared_with_rows_outside_of_it() {
    let ward = Ward::new().await;
    let rules = contract(&json!([{"check": "unique", "columns": ["id"]}]));
    ward.mill.load("orders", Csv::bytes("id,day\n1,2013-01-01\n2,2013-01-02\n").contract(rules)).await.unwrap();
    let second = |rows: &str| {
        let (from, to) = ("2013-01-02T00:00:00Z".parse().unwrap(), "2013-01-03T00:00:00Z".parse().unwrap());
        Csv::bytes(format!("id,day\n{rows}")).mode(LoadMode::ReplaceRange { from, to })
    };
    // The first row stays, and the second one goes: its key is free.
    let report = ward.mill.load("orders", second("2,2013-01-02\n3,2013-01-02\n3,2013-01-02\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.replaced), (2, 1, 1));
    let error = ward.mill.load("orders", second("1,2013-01-02\n")).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("a row that stays in the dataset"), "{error}");
    assert_eq!(ward.rows("select id from orders order by id").await, json!([[1, 2, 3]]));
    // Rows that are appended are compared with what was replaced as it is now.
    assert_eq!(ward.mill.load("orders", push("{\"id\": 3}\n{\"id\": 4}")).await.unwrap().rows, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_rows_that_are_there_fails_as_a_whole_where_there_are_many_and_counts_them_where_there_are_few() {
    let ward = Ward::new().await;
    let rules = contract(&json!([{"check": "unique", "columns": ["id"]}]));
    ward.mill.load("orders", Csv::bytes("id\n1\n").contract(rules)).await.unwrap();
    let progress = tidemill::Progress::new();
    let report = ward.mill.load("orders", push("{\"id\": 1}\n{\"id\": 2}").progress(progress.clone())).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    assert_eq!((progress.rows(), progress.rejected()), (1, 1));
    // A small load, and one that has a commit of its own.
    for rows in [10_001, 600_000] {
        let text = format!("id\n{}", "2\n".repeat(rows));
        let error = ward.mill.load("orders", Csv::bytes(text).mode(LoadMode::Append)).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains("more than 10000 rows do not fit"), "{error}");
    }
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[2]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_another_engine_has_set_holds_in_every_mode() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id\n1\n")).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    other.set_contract("orders", contract(&json!([{"check": "range", "column": "id", "min": 5}]))).await.unwrap();
    // This engine has not heard of it yet, and no row comes in that it would not take.
    for mode in [LoadMode::Append, LoadMode::Replace, LoadMode::Upsert { key: vec!["id".to_owned()] }] {
        let report = ward.mill.load("orders", Csv::bytes("id\n2\n6\n").mode(mode.clone())).await.unwrap();
        assert_eq!((report.rows, report.rejected), (1, 1), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pushes_come_in_beside_loads_by_key_that_follow_each_other_without_a_pause() {
    let ward = Ward::with(Settings { upkeep_seconds: 0, ..Settings::default() }).await;
    let rules = contract(&json!([{"check": "unique", "columns": ["id"]}]));
    ward.mill.load("orders", Csv::bytes("id,n\n0,0\n").contract(rules)).await.unwrap();
    let by_key = |writer: usize| {
        let mill = ward.mill.clone();
        tokio::spawn(async move {
            for turn in 0_usize.. {
                let row = format!(r#"{{"id": {writer}, "n": {turn}}}"#);
                if let Err(error) = mill.load("orders", Json::bytes(row).mode(LoadMode::Upsert { key: vec!["id".to_owned()] })).await {
                    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                }
            }
        })
    };
    let writers: Vec<_> = (0..3).map(by_key).collect();
    for id in 100..120 {
        let report = ward.mill.load("orders", push(&format!(r#"{{"id": {id}, "n": 1}}"#))).await.unwrap();
        assert_eq!((report.rows, report.rejected), (1, 0));
    }
    writers.iter().for_each(tokio::task::JoinHandle::abort);
    assert_eq!(ward.rows("select count(*), count(distinct id) from orders where id >= 100").await, json!([[20], [20]]));
}
