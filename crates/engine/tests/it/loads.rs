//! Loads: atomic, idempotent, continued after a restart, shared between engines.

use futures::future::join_all;
use serde_json::json;
use tidemill::{ColumnType, Csv, ErrorKind, Json, Load, LoadMode, Progress, Settings};

use crate::ward::{Ward, example, open};

#[tokio::test(flavor = "multi_thread")]
async fn a_load_with_the_same_key_is_answered_with_the_first_report() {
    let ward = Ward::new().await;
    let load = || Csv::bytes("a,b\n1,2\n3,x\n").column_type("b", ColumnType::Integer).idempotency_key("k1");
    let first = ward.mill.load("orders", load()).await.unwrap();
    let second = ward.mill.load("orders", load()).await.unwrap();
    assert!(!first.replayed && second.replayed);
    assert_eq!((first.rows, first.rejected, first.load_id.as_str()), (1, 1, second.load_id.as_str()));
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[1]]));
    // The key is remembered by the log, not by the process.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert!(again.load("orders", load()).await.unwrap().replayed);

    let rejects = ward.mill.rejects("orders", 0, 10).await.unwrap();
    assert_eq!((rejects.total, rejects.items[0].reject.line, rejects.items[0].reject.column.as_deref()), (1, 3, Some("b")));
    assert_eq!(rejects.items[0].reject.value.as_deref(), Some("x"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_not_stand_for_other_rows() {
    let ward = Ward::new().await;
    let refused = |ended: tidemill::Result<tidemill::LoadReport>| {
        let error = ended.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("idempotency_key")), "{error}");
    };
    let small = |rows: &str| Csv::bytes(format!("a,b\n{rows}")).idempotency_key("k1");
    ward.mill.load("orders", small("1,2\n")).await.unwrap();
    assert!(ward.mill.load("orders", small("1,2\n")).await.unwrap().replayed);
    refused(ward.mill.load("orders", small("1,3\n")).await);
    refused(ward.mill.load("orders", small("1,2\n3,4\n")).await);
    refused(ward.mill.load("orders", small("1,2\n").mode(LoadMode::Upsert { key: vec!["a".to_owned()] })).await);
    // It may be repeated by what only appends.
    assert!(ward.mill.load("orders", small("1,2\n").mode(LoadMode::Append)).await.unwrap().replayed);

    // A file too large to be held, in an engine that has it from a checkpoint: of the same size, but for one digit in its middle.
    let path = ward.folder.path().join("large.csv");
    let text = format!("a,b\n{}", "11,22\n".repeat(300_000));
    let large = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Load::path(&path).idempotency_key("k2")
    };
    ward.mill.load("orders", large(&text)).await.unwrap();
    ward.mill.checkpoint("orders").await.unwrap();
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert!(again.load("orders", large(&text)).await.unwrap().replayed);
    let mut other = text.clone();
    other.replace_range(1_000_000..1_000_001, "3");
    assert_ne!(other, text);
    refused(again.load("orders", large(&other)).await);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[300_001]]));

    // Of many that come at once one is stored, and the others are told.
    let loads = join_all((0..20).map(|n| ward.mill.load("orders", Csv::bytes(format!("a,b\n{n},7\n")).idempotency_key("k3")))).await;
    let (stored, other): (Vec<_>, Vec<_>) = loads.into_iter().partition(Result::is_ok);
    assert_eq!(stored.len(), 1);
    other.into_iter().for_each(refused);
    assert_eq!(ward.rows("select count(*) from orders where b = 7").await, json!([[1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_of_many_writers_and_two_engines_all_count() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Json::bytes(r#"{"at": "2013-01-01T00:00:00Z", "n": 0}"#)).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let writes = (1..=20).map(|n| {
        let mill = if n % 2 == 0 { ward.mill.clone() } else { other.clone() };
        async move { mill.load("orders", Json::bytes(format!(r#"{{"at": "2013-01-01T00:00:00Z", "n": {n}}}"#)).mode(LoadMode::Append)).await }
    });
    for report in join_all(writes).await {
        assert_eq!(report.unwrap().rows, 1);
    }
    assert_eq!(ward.rows("select count(*), sum(n), count(distinct n) from orders").await, json!([[21], [210], [21]]));
    // Those that came together share a commit.
    assert!((2..=20).contains(&ward.mill.dataset("orders").await.unwrap().summary.version));
}

#[tokio::test(flavor = "multi_thread")]
async fn types_are_promoted_when_later_rows_disagree() {
    let ward = Ward::new().await;
    let mut text = "id,amount,code\n".to_owned();
    for row in 0..30_000 {
        text.push_str(&format!("{row},{row},{row}\n"));
    }
    text.push_str("30000,0.5,00A7\n");
    let report = ward.mill.load("orders", Csv::bytes(text)).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.promotions.len()), (30_001, 0, 2));
    assert_eq!(report.promotions[0].line, 30_002);
    assert_eq!(ward.rows("select amount, code from orders where id = 30000").await, json!([[0.5], ["00A7"]]));
    // A number that became text is the text that stood in the file.
    assert_eq!(ward.rows("select code from orders where id = 7").await, json!([["7"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_keeps_the_types_of_the_dataset() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n,s\n1,a\n")).await.unwrap();
    let report = ward.mill.load("orders", Csv::bytes("s,n\nb,2\nc,many\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    assert_eq!(ward.mill.load("orders", Csv::bytes("n,s\n1,a\n").mode(LoadMode::Create)).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(ward.mill.load("ordres", Csv::bytes("n,s\n1,a\n").mode(LoadMode::Append)).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ward.rows("select n, s from orders order by n").await, json!([[1, 2], ["a", "b"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_gives_the_same_rows() {
    let ward = Ward::open_tables(Settings::default()).await;
    let csv = std::fs::read(example("airports.csv")).unwrap();
    ward.mill.load("plain", Csv::bytes(csv.clone())).await.unwrap();
    let zstd = {
        let mut encoder = async_compression::tokio::write::ZstdEncoder::new(Vec::new());
        tokio::io::AsyncWriteExt::write_all(&mut encoder, &csv).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut encoder).await.unwrap();
        encoder.into_inner()
    };
    ward.mill.load("packed", Csv::bytes(zstd)).await.unwrap();
    ward.mill.load("streamed", Csv::reader(std::io::Cursor::new(csv))).await.unwrap();
    let all = ward.mill.sql("select * from plain").await.unwrap();
    let json = all.to_json();
    let lines: String = (0..all.batch.num_rows())
        .map(|row| {
            let object: serde_json::Map<_, _> = all.columns.iter().enumerate().map(|(index, column)| (column.name.clone(), json["data"][index][row].clone())).collect();
            format!("{}\n", serde_json::Value::Object(object))
        })
        .collect();
    ward.mill.load("lines", Json::bytes(lines)).await.unwrap();
    let parquet = ward.objects("plain").into_iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
    ward.mill.load("parquet", Load::path(parquet)).await.unwrap();
    let facts = |name: &str| format!("select count(*), count(distinct faa), sum(alt), round(sum(lat), 6), max(name), count(tzone) from {name}");
    let expected = ward.rows(&facts("plain")).await;
    assert_eq!(expected[0], json!([1_458]));
    for name in ["packed", "streamed", "lines", "parquet"] {
        assert_eq!(ward.rows(&facts(name)).await, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_load_leaves_nothing() {
    let ward = Ward::new().await;
    let progress = Progress::new();
    progress.cancel();
    let error = ward.mill.load("flights", Csv::path(example("flights.csv.gz")).progress(progress)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(ward.objects("flights"), Vec::<std::path::PathBuf>::new());
    assert_eq!(ward.mill.dataset("flights").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_engine_takes_no_more_rows_but_answers() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap();
    ward.engine.close().await;
    assert_eq!(ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_dataset_is_gone_and_its_name_free() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap();
    ward.mill.delete_dataset("orders").await.unwrap();
    assert_eq!(ward.objects("orders"), Vec::<std::path::PathBuf>::new());
    assert_eq!(ward.mill.sql("select 1 from orders").await.unwrap_err().kind(), ErrorKind::NotFound);
    ward.mill.load("orders", Csv::bytes("other\nx\n")).await.unwrap();
    assert_eq!(ward.rows("select other from orders").await, json!([["x"]]));
    assert_eq!(ward.mill.model("orders").await.unwrap().dimensions[0].name, "other");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_has_a_profile() {
    let ward = Ward::new().await;
    ward.mill
        .load("all", Csv::bytes("i,f,b,s,d,t\n1,0.5,true,a,2013-01-01,2013-01-01T00:00:00Z\n2,1.5,false,,2013-01-02,2013-01-02T00:00:00Z\n"))
        .await
        .unwrap();
    let profile = ward.mill.profile("all").await.unwrap();
    let distinct: Vec<(u64, u64)> = profile.columns.iter().map(|column| (column.distinct, column.nulls)).collect();
    assert_eq!(distinct, [(2, 0), (2, 0), (2, 0), (1, 1), (2, 0), (2, 0)]);
    assert_eq!((&profile.columns[1].max, profile.columns[1].mean), (&json!(1.5), Some(1.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn json_texts_that_mean_nothing_lose_no_row() {
    for text in ["", "NA", "null", "-"] {
        for at in [1, 5_000, 29_999] {
            let ward = Ward::new().await;
            let rows: String = (0..30_000).map(|n| if n == at { format!("{{\"n\": \"{text}\", \"m\": 1}}\n") } else { format!("{{\"n\": {n}, \"m\": 1}}\n") }).collect();
            let report = ward.mill.load("orders", Json::bytes(rows)).await.unwrap();
            assert_eq!(report.rows + report.rejected, 30_000, "{text:?} at {at}: {report:?}");
            assert_eq!(ward.rows("select count(*) from orders").await, json!([[report.rows]]));
        }
    }
}
