//! Delimited text that is written in another way than most (quotes, escapes, comments), and texts that a load says mean no value:
//! what is said counts for the inference, for new datasets and for those that are there.

use serde_json::json;
use tidemill::ingest::{Excel, infer};
use tidemill::{ColumnType, Csv, ErrorKind, Json, Load};

use crate::formats::fixture;
use crate::ward::Ward;

#[tokio::test(flavor = "multi_thread")]
async fn quotes_escapes_and_comments_are_what_the_load_says() {
    let ward = Ward::new().await;
    let text = "# by hand, \"1\nid;said\n1;'it''s \\'so\\', he said'\n#2;'left out'\n3;\"as it is\"\n4;'two\nlines; one cell'\n";
    let load = || Csv::bytes(text).quote(Some('\'')).escape('\\').comment('#');
    let inference = infer(load()).await.unwrap();
    assert_eq!((inference.delimiter, inference.header, inference.sample_rows, inference.warnings.len()), (Some(';'), true, 3, 0));
    assert_eq!(inference.preview.rows[0], ["1", "it's 'so', he said"]);
    // One that makes the dataset, and one that finds it there.
    for _ in 0..2 {
        let report = ward.mill.load("said", load()).await.unwrap();
        assert_eq!((report.rows, report.rejected), (3, 0));
    }
    let rows = ward.rows("select distinct id, said from said order by id").await;
    assert_eq!(rows, json!([[1, 3, 4], ["it's 'so', he said", "\"as it is\"", "two\nlines; one cell"]]));
    // A rejected row is told by its line: comments count, and lines within cells.
    let more = "#\nid;said\n'7';'a\nb'\n#\nx;'c \"d\"'\n";
    let report = ward.mill.load("said", Csv::bytes(more).quote(Some('\'')).comment('#').delimiter(';')).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    let rejects = ward.mill.rejects("said", 0, 10).await.unwrap();
    assert_eq!((rejects.items[0].reject.line, rejects.items[0].reject.raw.as_str()), (6, "x;\"c \"\"d\"\"\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_quotes_every_quote_is_text() {
    let ward = Ward::new().await;
    let text = "size\tname\n5\t\"inch\n6\t3\" pipe\n";
    let error = ward.mill.load("pipes", Csv::bytes(text)).await.unwrap_err();
    assert!(error.message().contains("text after a closing quote"), "{error}");
    ward.mill.load("pipes", Csv::bytes(text).quote(None)).await.unwrap();
    assert_eq!(ward.rows("select size, name from pipes order by size").await, json!([[5, 6], ["\"inch", "3\" pipe"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_costs_no_row_beside_it_whatever_it_holds() {
    let ward = Ward::new().await;
    let text = "#é\nn,s\n1,a\n# \0\n3,c\n";
    let report = ward.mill.load("orders", Csv::bytes(text).comment('#')).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 0));
    assert_eq!(ward.rows("select n, s from orders order by n").await, json!([[1, 3], ["a", "c"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_for_no_value_are_those_that_the_load_names() {
    let named = |load: Load| load.null_tokens(["-999", "n/a", "missing"]);
    let csv = "n,s,d\n1,NA,2026-01-01\n-999,n/a,missing\n3,\"n/a\",2026-01-03\n";
    let json_lines =
        concat!("{\"n\": 1, \"s\": \"NA\", \"d\": \"2026-01-01\"}\n", "{\"n\": -999, \"s\": \" n/a \", \"d\": \"missing\"}\n", "{\"n\": 3, \"s\": \"x\", \"d\": \"2026-01-03\"}\n");
    for (load, third) in [(Csv::bytes(csv), "n/a"), (Json::bytes(json_lines), "x")] {
        let ward = Ward::new().await;
        let report = ward.mill.load("orders", named(load)).await.unwrap();
        assert_eq!((report.rows, report.rejected, report.promotions.len()), (3, 0, 0));
        let inferred = ward.rows("select arrow_typeof(n), arrow_typeof(d) from orders limit 1").await;
        assert_eq!(inferred, json!([["Int64"], ["Date32"]]), "{third}");
        let rows = ward.rows("select n, s, cast(d as varchar) from orders order by n").await;
        assert_eq!(rows, json!([[1, 3, null], ["NA", third, null], ["2026-01-01", "2026-01-03", null]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_row_says_what_stood_for_nothing_in_it() {
    let ward = Ward::new().await;
    let lines = "{\"n\": 1, \"d\": \"2026-01-01\"}\n{\"n\": -999, \"d\": \"soon\"}\n{\"n\": -999, \"d\": \"2026-01-03\"}\n";
    let load = || Json::bytes(lines).column_type("d", ColumnType::Date);
    ward.mill.load("usual", load()).await.unwrap();
    assert!(ward.mill.rejects("usual", 0, 10).await.unwrap().headers.is_empty());
    let report = ward.mill.load("named", load().null_tokens(["-999"])).await.unwrap();
    assert_eq!(ward.rows("select n from named order by n").await, json!([[1, null]]));
    let page = ward.mill.rejects("named", 0, 10).await.unwrap();
    let header = &page.headers[&report.load_id];
    assert_eq!((header.delimiter, header.null_tokens.as_deref()), (None, Some(&["-999".to_owned()][..])));
    assert_eq!(page.items[0].reject.raw, "{\"n\": -999, \"d\": \"soon\"}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_named_is_a_value() {
    for load in [Csv::bytes("n,s\n1,NA\nNA,-\n"), Json::bytes("{\"n\": 1, \"s\": \"NA\"}\n{\"n\": \"NA\", \"s\": \"-\"}\n")] {
        let inference = infer(load.null_tokens(["?"])).await.unwrap();
        let columns: Vec<_> = inference.columns.iter().map(|column| (column.column_type, column.nullable)).collect();
        assert_eq!(columns, [(ColumnType::String, false); 2]);
    }
    let ward = Ward::new().await;
    ward.mill.load("numbers", Csv::bytes("n\n1\n2\n")).await.unwrap();
    for (load, rejected) in [
        (Csv::bytes("n\nNA\n4\n5\n"), 0),
        (Csv::bytes("n\nNA\n4\n5\n").null_tokens(["?"]), 1),
        (Json::bytes("{\"n\":\"-\"}\n{\"n\":6}\n{\"n\":7}\n"), 0),
        (Json::bytes("{\"n\":\"-\"}\n{\"n\":6}\n{\"n\":7}\n").null_tokens(["?"]), 1),
    ] {
        assert_eq!(ward.mill.load("numbers", load).await.unwrap().rejected, rejected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_at_its_name() {
    for (load, field) in [
        (Csv::bytes("a,b\n1,2\n").delimiter('|').quote(Some('|')), "quote"),
        (Csv::bytes("a,b\n1,2\n").comment('"'), "comment"),
        (Csv::bytes("a,b\n1,2\n").null_tokens([""]), "null_tokens"),
        (Json::bytes("{\"a\":1}\n").escape('\\'), "escape"),
        (Json::bytes("{\"a\":1}\n").quote(None), "quote"),
        (Excel::path(fixture("orders.xlsx")).comment('#'), "comment"),
    ] {
        let error = infer(load).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)), "{error}");
    }
    infer(Excel::path(fixture("orders.xlsx")).null_tokens(["x"])).await.unwrap();
}
