//! Files that other programs made (`tests/formats/make.py`), each loaded and asked. What a format can say is the same in all.

use std::path::PathBuf;

use serde_json::{Value, json};
use tidemill::ingest::{Arrow, Avro, Encoding, Excel, FileFormat, RaggedRows, infer};
use tidemill::{ColumnType, Csv, Json, Load, Parquet};

use crate::ward::Ward;

pub(crate) fn fixture(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(file)
}

/// All columns of the whole table, where a format can say them.
fn orders() -> Value {
    json!([
        [1, 2, 3, 4, 5],
        ["Größe", "a \"b\", c", null, "漢字", "last"],
        [9.5, -3.0, null, 0.25, 1_000_000.0],
        [true, false, null, true, false],
        ["2026-01-31", "2026-02-01", null, "2024-02-29", "1999-12-31"],
        ["2026-01-31T05:00:00Z", "2026-02-01T23:59:59.500Z", null, "2024-02-29T00:00:00Z", "1999-12-31T12:00:00Z"],
        [{"city": "Köln", "zip": "50667"}, {"city": "Bern", "zip": null}, null, {"city": null, "zip": "00501"}, {"city": "Köln", "zip": "50668"}],
        [["new", "vip"], [], null, ["x", null], ["vip"]],
    ])
}

async fn loaded(load: Load) -> (Ward, Value) {
    let ward = Ward::new().await;
    let report = ward.mill.load("orders", load).await.unwrap();
    assert_eq!((report.rows, report.rejected), (5, 0), "{report:?}");
    let rows = ward.rows("select id, name, amount, paid, day, at, address, tags from orders order by id").await;
    (ward, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_other_programs_are_read_whole() {
    for file in ["orders.parquet", "orders.feather", "orders.arrow", "orders.arrows", "orders-legacy.arrows"] {
        assert_eq!(loaded(Load::path(fixture(file))).await.1, orders(), "{file}");
    }
    assert_eq!(loaded(Arrow::path(fixture("orders.arrows"))).await.1, orders());
    assert_eq!(loaded(Parquet::path(fixture("orders.parquet"))).await.1, orders());
}

#[tokio::test(flavor = "multi_thread")]
async fn avro_is_read_however_it_is_packed() {
    for codec in ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"] {
        assert_eq!(loaded(Load::path(fixture(&format!("orders-{codec}.avro")))).await.1, orders(), "{codec}");
    }
    let ward = Ward::new().await;
    ward.mill.load("kinds", Avro::path(fixture("kinds.avro"))).await.unwrap();
    assert_eq!(
        ward.rows("select state, counts, home, work from kinds order by state").await,
        json!([["closed", "open"], [[], [{"key": "a", "value": 1}]], [{"lat": -1.0}, {"lat": 0.5}], [null, {"lat": 1.5}]])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn types_of_other_programs_become_ours() {
    let ward = Ward::new().await;
    let report = ward.mill.load("odd", Load::path(fixture("odd.feather"))).await.unwrap();
    assert_eq!((report.rows, report.rejected), (2, 1));
    let reject = &ward.mill.rejects("odd", 0, 1).await.unwrap().items[0].reject;
    assert_eq!((reject.line, reject.column.as_deref(), reject.value.as_deref()), (2, Some("big"), Some("9223372036854775808")));
    assert_eq!(
        ward.rows("select attributes, price, clock, nothing, big, deep from odd order by big").await,
        json!([
            [[{"key": "a", "value": 1}, {"key": "b", "value": 2}], []],
            [1.0, null],
            ["05:30:00", "23:59:59"],
            [null, null],
            [1, 3],
            [[{"n": [1, 2]}], [{"n": null}]],
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_from_lines_and_from_inside_of_documents() {
    assert_eq!(loaded(Load::path(fixture("orders.ndjson")).column_type("address.zip", ColumnType::String)).await.1, orders());
    let (ward, rows) = loaded(Json::path(fixture("orders.json")).json_path("/data/items")).await;
    assert_eq!(rows, orders());
    assert_eq!(ward.rows("select arrow_typeof(at), arrow_typeof(day) from orders limit 1").await, json!([["Timestamp(µs, \"UTC\")"], ["Date32"]]));
    // Without the path, the document is one row, and the inference says what it could be.
    let inference = infer(Load::path(fixture("orders.json"))).await.unwrap();
    assert!(inference.warnings.iter().any(|warning| warning.contains("/data/items or /after")), "{:?}", inference.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn sheets_are_read_by_name_number_and_range() {
    let ward = Ward::new().await;
    // The first visible sheet.
    let inference = infer(Load::path(fixture("orders.xlsx"))).await.unwrap();
    assert_eq!((inference.format, inference.sheet.as_deref(), inference.header), (FileFormat::Xlsx, Some("Orders"), true));
    assert_eq!(inference.sheets, ["Notes", "Orders", "Framed", "Twice", "Mixed", "Empty"]);
    let expected: Vec<Value> = orders().as_array().unwrap().iter().take(6).cloned().collect();
    for (name, load) in
        [("a", Load::path(fixture("orders.xlsx"))), ("b", Excel::path(fixture("orders.xlsx")).sheet("Orders")), ("c", Excel::path(fixture("orders.xlsx")).sheet_number(2))]
    {
        ward.mill.load(name, load).await.unwrap();
        assert_eq!(ward.rows(&format!("select id, name, amount, paid, day, at from {name} order by id")).await, json!(expected), "{name}");
    }
    let framed = Excel::path(fixture("orders.xlsx")).sheet("Framed").cell_range("C4:E6").header(true);
    ward.mill.load("framed", framed).await.unwrap();
    assert_eq!(ward.rows("select \"City\", \"2025\", \"2026\" from framed order by 1").await, json!([["Bern", "Köln"], [null, 5], [2.0, 7.5]]));
    // Another program, with dates counted from 1904 and a day before that left out.
    ward.mill.load("other", Excel::path(fixture("orders-1904.xlsx"))).await.unwrap();
    assert_eq!(ward.rows("select id, name, paid, day, at from other order by id").await, json!([expected[0], expected[1], expected[3], expected[4], expected[5]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_that_fit_nothing_reject_their_row() {
    let ward = Ward::new().await;
    let report = ward.mill.load("mixed", Excel::path(fixture("orders.xlsx")).sheet("Mixed")).await.unwrap();
    let rejects: Vec<String> = ward.mill.rejects("mixed", 0, 10).await.unwrap().items.iter().map(|item| item.reject.describe()).collect();
    assert_eq!(
        rejects,
        [
            "line 3, column \"n\", value \"#DIV/0!\": the cell holds the error of a formula; correct it in the sheet",
            "line 7, value \"beyond\": a cell in column D, which has no name; name it in the header, or leave it out by a range",
        ]
    );
    assert_eq!((report.rows, report.rejected), (3, 2));
    assert_eq!(ward.rows("select n, text, span from mixed order by text").await, json!([[1.0, 2.5, null], ["007", "8", "y"], ["30:05:00", "06:30:00", null]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn encodings_are_declared_or_found() {
    let rows = |last: &str| json!([[1, 2, 3, 4, 5], ["Größe", "a \"b\", c", null, null, last], [9.5, -3.0, null, 0.25, 1_000_000.0]]);
    for (file, declared, last) in [
        ("orders-utf16le.csv", None, "last"),
        ("orders-utf16le.csv", Some(Encoding::Utf16Le), "last"),
        ("orders-utf16be-bom.csv", None, "last"),
        ("orders-utf16be-bom.csv", Some(Encoding::Utf16Be), "last"),
        ("orders-latin1.csv", Some(Encoding::Latin1), "last"),
        ("orders-latin1.csv", None, "last"),
        ("orders-cp1252.csv", None, "€ “last”"),
        ("orders-cp1252.csv", Some(Encoding::Windows1252), "€ “last”"),
    ] {
        let ward = Ward::new().await;
        let mut load = Csv::path(fixture(file));
        if let Some(encoding) = declared {
            load = load.encoding(encoding);
        }
        ward.mill.load("orders", load).await.unwrap();
        assert_eq!(ward.rows("select id, name, amount from orders order by id").await, rows(last), "{file} {declared:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packings_of_several_members_are_read_whole() {
    for file in ["orders.csv.bz2", "orders.csv.xz", "orders.csv.gz"] {
        let ward = Ward::new().await;
        ward.mill.load("orders", Load::path(fixture(file))).await.unwrap();
        assert_eq!(ward.rows("select count(*), sum(id), sum(amount) from orders").await, json!([[5], [15], [1_000_006.75]]), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_rows_are_rejected_or_filled() {
    let ward = Ward::new().await;
    let text = "id,name,n\n1,x,2\n2,y\n3\n4,z,5,6\n5,w,7\n6,v,8\n";
    let report = ward.mill.load("rejecting", Csv::bytes(text)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 3));
    let report = ward.mill.load("filling", Csv::bytes(text).ragged_rows(RaggedRows::Fill)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (5, 1));
    assert_eq!(ward.rows("select id, name, n from filling order by id").await, json!([[1, 2, 3, 5, 6], ["x", "y", null, "w", "v"], [2, null, null, 7, 8]]));
    assert_eq!(ward.mill.rejects("filling", 0, 1).await.unwrap().items[0].reject.describe(), "line 5: 4 cells where the file has 3 columns; quote cells that hold the delimiter");
}
