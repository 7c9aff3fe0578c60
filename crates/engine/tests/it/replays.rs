//! Rejected rows that come in again stand where the rows of their load do, and are told of as long as they can be.

use serde_json::{Value, json};
use tidemill::catalog::{Contract, Rule};
use tidemill::{Csv, ErrorKind, FixedRow, LoadMode, Settings};

use crate::ward::{Ward, open};

fn fixed(row: &Value) -> Vec<FixedRow> {
    vec![FixedRow { number: 0, row: row.as_object().unwrap().clone() }]
}

fn by_id() -> LoadMode {
    LoadMode::Upsert { key: vec!["id".to_owned()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_row_takes_the_place_of_the_one_with_its_key() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,amount\n1,10\n2,20\n3,30\n")).await.unwrap();
    let load = |rows: &str| Csv::bytes(format!("id,amount\n{rows}")).mode(by_id());
    let first = ward.mill.load("orders", load("1,11\n2,many\n")).await.unwrap();
    let second = ward.mill.load("orders", load("1,12\n3,few\n")).await.unwrap();
    assert_eq!((first.rejected, second.rejected), (1, 1));
    let report = ward.mill.replay_rejects("orders", &first.load_id, fixed(&json!({"id": 2, "amount": 21}))).await.unwrap();
    assert_eq!((report.rows, report.replaced, report.rejected), (1, 1, 0));
    // An engine that reads it in a checkpoint does the same.
    ward.mill.checkpoint("orders").await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let report = again.replay_rejects("orders", &second.load_id, fixed(&json!({"id": 3, "amount": 31}))).await.unwrap();
    assert_eq!((report.rows, report.replaced), (1, 1));
    assert_eq!(ward.rows("select id, amount from orders order by id").await, json!([[1, 2, 3], [12, 21, 31]]));
    // Each of them once.
    let repeated = ward.mill.replay_rejects("orders", &first.load_id, fixed(&json!({"id": 2, "amount": 21}))).await.unwrap();
    assert!(repeated.replayed);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[3]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_row_of_a_range_lies_in_it() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,at,amount\n1,2013-01-01,5\n2,2013-02-02,7\n")).await.unwrap();
    let january = LoadMode::ReplaceRange { from: "2013-01-01T00:00:00Z".parse().unwrap(), to: "2013-02-01T00:00:00Z".parse().unwrap() };
    let load = Csv::bytes("id,at,amount\n3,2013-01-03,6\n4,2013-01-04,many\n").mode(january.clone());
    let first = ward.mill.load("orders", load).await.unwrap();
    assert_eq!((first.rows, first.rejected, first.replaced), (1, 1, 1));
    let outside = fixed(&json!({"id": 4, "at": "2013-02-04", "amount": 8}));
    let error = ward.mill.replay_rejects("orders", &first.load_id, outside).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("at")));
    let report = ward.mill.replay_rejects("orders", &first.load_id, fixed(&json!({"id": 4, "at": "2013-01-04", "amount": 8}))).await.unwrap();
    assert_eq!((report.rows, report.replaced), (1, 0));
    assert_eq!(ward.rows("select id, amount from orders order by id").await, json!([[2, 3, 4], [7, 6, 8]]));
    // January is delivered anew: the row would be there twice.
    let second = ward.mill.load("orders", Csv::bytes("id,at,amount\n4,2013-01-04,9\n5,2013-01-05,x\n").mode(january.clone())).await.unwrap();
    ward.mill.load("orders", Csv::bytes("id,at,amount\n4,2013-01-04,9\n5,2013-01-05,10\n").mode(january)).await.unwrap();
    let error = ward.mill.replay_rejects("orders", &second.load_id, fixed(&json!({"id": 5, "at": "2013-01-05", "amount": 10}))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.message().contains("a later load (version 4)"), "{error}");
    assert_eq!(ward.rows("select id from orders order by id").await, json!([[2, 4, 5]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_load_that_was_replaced_as_a_whole_stay_out() {
    let ward = Ward::new().await;
    let mill = &ward.mill;
    mill.load("orders", Csv::bytes("id,amount\n1,10\n")).await.unwrap();
    let first = mill.load("orders", Csv::bytes("id,amount\n2,20\n3,x\n")).await.unwrap();
    assert_eq!(mill.rejects("orders", 0, 10).await.unwrap().items[0].obstacle, None);
    let second = mill.load("orders", Csv::bytes("id,amount\n2,20\n3,x\n").mode(LoadMode::Replace)).await.unwrap();
    assert_eq!((second.rows, second.rejected), (1, 1));
    let obstacles: Vec<(String, bool)> = mill.rejects("orders", 0, 10).await.unwrap().items.into_iter().map(|row| (row.load_id, row.obstacle.is_some())).collect();
    assert_eq!(obstacles, [(second.load_id.clone(), false), (first.load_id.clone(), true)]);
    let row = fixed(&json!({"id": 3, "amount": 30}));
    assert_eq!(mill.replay_rejects("orders", &first.load_id, row.clone()).await.unwrap_err().kind(), ErrorKind::Conflict);
    // What a load has brought that replaced everything is joined by what it would have brought.
    assert_eq!(mill.replay_rejects("orders", &second.load_id, row).await.unwrap().rows, 1);
    assert_eq!(ward.rows("select id, amount from orders order by id").await, json!([[2, 3], [20, 30]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_rows_are_kept_whole_and_with_their_header() {
    let ward = Ward::new().await;
    let long = "word ".repeat(4_000);
    ward.mill.load("notes", Csv::bytes("id,note,amount\n1,a,2\n")).await.unwrap();
    // The columns of this file stand in another order.
    let report = ward.mill.load("notes", Csv::bytes(format!("amount;id;note\nmany;2;{long}end\n3;3;b\n"))).await.unwrap();
    let page = ward.mill.load_rejects("notes", &report.load_id, 0, 10).await.unwrap();
    assert_eq!(page.items[0].reject.raw, format!("many;2;{long}end"));
    let header = &page.headers[&report.load_id];
    assert_eq!((header.columns.join(" ").as_str(), header.delimiter), ("amount id note", Some(';')));
    assert_eq!(ward.mill.rejects("notes", 0, 10).await.unwrap(), page);
    // What a rule rejects is an object of JSON, however long.
    let rules = Contract::new(vec![Rule::range("amount", Some(0.into()), None)]);
    let report = ward.mill.load("held", Csv::bytes(format!("id,note,amount\n1,{long}end,-2\n2,b,3\n")).contract(rules)).await.unwrap();
    let page = ward.mill.load_rejects("held", &report.load_id, 0, 10).await.unwrap();
    let row: Value = serde_json::from_str(&page.items[0].reject.raw).unwrap();
    assert_eq!(row, json!({"id": 1, "note": format!("{long}end"), "amount": -2}));
    assert_eq!(ward.mill.replay_rejects("held", &report.load_id, fixed(&json!({"id": 1, "note": row["note"], "amount": 2}))).await.unwrap().rows, 1);
    assert_eq!(ward.rows("select max(length(note)) from held").await, json!([[20_003]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_all_loads_are_listed_page_by_page() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,amount\n0,1\n")).await.unwrap();
    for n in 0..30 {
        ward.mill.load("orders", Csv::bytes(format!("id,amount\n{n},1\n{n},first\n{n},2\n{n},second\n"))).await.unwrap();
    }
    ward.mill.checkpoint("orders").await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let expected: Vec<String> = (0..30).rev().flat_map(|n| [format!("{n},first"), format!("{n},second")]).collect();
    for mill in [&ward.mill, &again] {
        let mut found = Vec::new();
        for offset in (0..61).step_by(7) {
            let page = mill.rejects("orders", offset, 7).await.unwrap();
            assert_eq!((page.total, page.items.len()), (60, 7.min(60 - offset)));
            found.extend(page.items.into_iter().map(|row| row.reject.raw));
        }
        assert_eq!(found, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_takes_the_rejected_rows_of_all_loads_before_it() {
    let ward = Ward::new().await;
    let load = |name: &str| Csv::bytes(format!("name,amount\n{name},2\n{name},many\n"));
    ward.mill.load("orders", Csv::bytes("name,amount\nAnn,1\n")).await.unwrap();
    let first = ward.mill.load("orders", load("Ann")).await.unwrap();
    let second = ward.mill.load("orders", load("Bob")).await.unwrap();
    let stored = || ward.objects("orders").iter().filter(|path| path.components().any(|part| part.as_os_str() == "_rejects")).count();
    assert_eq!(stored(), 2);
    let report = ward.mill.erase_rows("orders", "name = 'Ann'").await.unwrap();
    assert_eq!((report.rows, report.rejects_removed, stored()), (2, 2, 0));
    let third = ward.mill.load("orders", load("Cleo")).await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    for mill in [&ward.mill, &again] {
        let page = mill.rejects("orders", 0, 10).await.unwrap();
        assert_eq!((page.total, page.items[0].load_id.as_str()), (1, third.load_id.as_str()));
        for gone in [&first, &second] {
            assert_eq!(mill.load_rejects("orders", &gone.load_id, 0, 10).await.unwrap().total, 0);
            let replayed = mill.replay_rejects("orders", &gone.load_id, fixed(&json!({"name": "Ann", "amount": 3}))).await;
            assert_eq!(replayed.unwrap_err().kind(), ErrorKind::NotFound);
        }
    }
    assert_eq!(ward.mill.replay_rejects("orders", &third.load_id, fixed(&json!({"name": "Cleo", "amount": 3}))).await.unwrap().rows, 1);
}

fn range(from: &str, to: &str) -> LoadMode {
    let day = |day: &str| format!("{day}T00:00:00Z").parse().unwrap();
    LoadMode::ReplaceRange { from: day(from), to: day(to) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_rejected_twice_is_superseded_with_those_of_its_first_load() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,at,amount\n1,2013-01-01,5\n2,2013-02-02,7\n")).await.unwrap();
    let january = range("2013-01-01", "2013-02-01");
    let load = Csv::bytes("id,at,amount\n3,2013-01-03,6\n4,2013-01-04,many\n5,2013-01-05,few\n6,2013-01-06,1\n").mode(january.clone());
    let first = ward.mill.load("orders", load).await.unwrap();
    let rows = [json!({"id": 4, "at": "2013-01-04", "amount": 8}), json!({"id": 5, "at": "2013-01-05", "amount": "some"})];
    let rows = (0..).zip(rows).map(|(number, row)| FixedRow { number, row: row.as_object().unwrap().clone() }).collect();
    let second = ward.mill.replay_rejects("orders", &first.load_id, rows).await.unwrap();
    assert_eq!((second.rows, second.rejected), (1, 1));
    // It still has to lie where the load that rejected it first has replaced rows.
    let outside = ward.mill.replay_rejects("orders", &second.load_id, fixed(&json!({"id": 5, "at": "2013-02-05", "amount": 9}))).await;
    assert_eq!(outside.unwrap_err().field(), Some("at"));
    let complete = Csv::bytes("id,at,amount\n3,2013-01-03,6\n4,2013-01-04,8\n5,2013-01-05,9\n6,2013-01-06,1\n").mode(january);
    ward.mill.load("orders", complete).await.unwrap();
    let again = ward.mill.replay_rejects("orders", &second.load_id, fixed(&json!({"id": 5, "at": "2013-01-05", "amount": 9}))).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(ward.rows("select id from orders order by id").await, json!([[2, 3, 4, 5, 6]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_row_of_an_addition_lies_in_no_range_that_came_later() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,at,amount\n1,2013-01-01,5\n2,2013-02-02,7\n")).await.unwrap();
    let first = ward.mill.load("orders", Csv::bytes("id,at,amount\n3,2013-01-03,6\n4,2013-01-04,many\n5,2013-03-05,few\n6,2013-03-06,1\n")).await.unwrap();
    assert_eq!((first.rows, first.rejected), (2, 2));
    let delivered = Csv::bytes("id,at,amount\n3,2013-01-03,6\n4,2013-01-04,8\n").mode(range("2013-01-01", "2013-02-01"));
    ward.mill.load("orders", delivered).await.unwrap();
    ward.mill.checkpoint("orders").await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let row = |number: u64, row: Value| FixedRow { number, row: row.as_object().unwrap().clone() };
    let [inside, outside] = [row(0, json!({"id": 4, "at": "2013-01-04", "amount": 8})), row(1, json!({"id": 5, "at": "2013-03-05", "amount": 9}))];
    for mill in [&ward.mill, &again] {
        let error = mill.replay_rejects("orders", &first.load_id, vec![inside.clone(), outside.clone()]).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("rows")), "{error}");
    }
    assert_eq!(again.replay_rejects("orders", &first.load_id, vec![outside]).await.unwrap().rows, 1);
    assert_eq!(ward.rows("select id from orders order by id").await, json!([[2, 3, 4, 5, 6]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_row_of_an_addition_does_not_join_one_that_came_by_key() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,amount\n1,5\n")).await.unwrap();
    let first = ward.mill.load("orders", Csv::bytes("id,amount\n2,many\n3,few\n4,7\n5,3\n")).await.unwrap();
    assert_eq!((first.rows, first.rejected), (2, 2));
    let by_id = LoadMode::Upsert { key: vec!["id".to_owned()] };
    ward.mill.load("orders", Csv::bytes("id,amount\n2,8\n4,9\n").mode(by_id)).await.unwrap();
    ward.mill.checkpoint("orders").await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let row = |number: u64, row: Value| FixedRow { number, row: row.as_object().unwrap().clone() };
    let [known, new] = [row(0, json!({"id": 2, "amount": 6})), row(1, json!({"id": 3, "amount": 1}))];
    for mill in [&ward.mill, &again] {
        let error = mill.replay_rejects("orders", &first.load_id, vec![known.clone(), new.clone()]).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("rows")), "{error}");
    }
    assert_eq!(again.replay_rejects("orders", &first.load_id, vec![new]).await.unwrap().rows, 1);
    assert_eq!(ward.rows("select id, amount from orders order by id").await, json!([[1, 2, 3, 4, 5], [5, 8, 1, 9, 3]]));
}
