//! Bad files of every format: each a clear error, with nothing half-stored.

use serde_json::json;
use tidemill::ingest::{Arrow, Avro, Encoding, Excel, FileFormat, infer};
use tidemill::{ColumnType, Csv, ErrorKind, Json, Load, Parquet, Settings};

use crate::formats::fixture;
use crate::ward::Ward;

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(fixture(file)).unwrap()
}

async fn refused(load: Load, words: &[&str]) {
    let ward = Ward::new().await;
    let error = ward.mill.load("broken", load).await.expect_err("the load was taken");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
    assert!(ward.objects("broken").is_empty(), "half-stored: {:?}", ward.objects("broken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_it_is_declared_as_is_refused() {
    for (format, word) in [(FileFormat::Parquet, "Parquet"), (FileFormat::Arrow, "Arrow"), (FileFormat::Avro, "Avro"), (FileFormat::Xlsx, "xlsx")] {
        refused(Csv::bytes("a,b\n1,2\n").format(format), &["rows.csv", &format!("is declared as {word} but does not begin like it"), "hex 61 2c"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_files_are_refused() {
    for load in [Arrow::bytes(""), Avro::bytes(""), Excel::bytes(""), Parquet::bytes(""), Json::bytes("")] {
        refused(load, &["the file is empty"]).await;
    }
    refused(Excel::path(fixture("orders.xlsx")).sheet("Empty"), &["sheet \"Empty\" has no cells"]).await;
    refused(Json::bytes("{\"items\": []}").json_path("/items"), &["there is no JSON object in the file"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_files_are_refused_with_their_place() {
    let half = |file: &str| {
        let whole = bytes(file);
        whole[..whole.len() * 3 / 5].to_vec()
    };
    refused(Arrow::bytes(half("orders.feather")), &["rows.arrow", "cut off at its footer"]).await;
    refused(Arrow::bytes(half("orders.arrows")), &["rows.arrow", "cut off"]).await;
    refused(Avro::bytes(half("orders-deflate.avro")), &["rows.avro", "cut off in "]).await;
    refused(Excel::bytes(half("orders.xlsx")), &["rows.xlsx", "the workbook cannot be read"]).await;
    refused(Json::bytes(half("orders.json")).json_path("/data/items"), &["rows.json line", "cut off"]).await;
    for (ending, words) in [("bz2", "bzip2"), ("xz", "xz")] {
        let whole = bytes(&format!("orders.csv.{ending}"));
        refused(Csv::bytes(whole[..whole.len() - 20].to_vec()), &[words]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_unpacks_to_too_much_is_refused_before_it_is_held() {
    refused(Excel::path(fixture("bomb.xlsx")), &["bomb.xlsx", "over 200 times as much"]).await;
    let rows = format!("1,{}\n", "x".repeat(1_000)).repeat(300_000);
    let packed = zstd::encode_all(rows.as_bytes(), 3).unwrap();
    refused(Csv::bytes(packed.clone()), &["rows.csv", "over 1000 times as much", "raise unpack_ratio"]).await;
    refused(Csv::bytes(packed.clone()).unpack_ratio(2_000), &["rows.csv", "over 2000 times as much"]).await;
    refused(Csv::bytes("a,b\n1,2\n").unpack_ratio(0), &["it lies between 1 and 1000000"]).await;
    // What says of itself that it is right is loaded: by the load, or by the settings of the engine.
    let ward = Ward::new().await;
    assert_eq!(ward.mill.load("equal", Csv::bytes(packed.clone()).unpack_ratio(100_000)).await.unwrap().rows, 300_000);
    let ward = Ward::with(Settings { unpack_ratio: 100_000, ..Settings::default() }).await;
    assert_eq!(ward.mill.load("equal", Csv::bytes(packed)).await.unwrap().rows, 300_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_names_are_refused() {
    refused(Excel::path(fixture("orders.xlsx")).sheet("Twice"), &["orders.xlsx row 1 of sheet \"Twice\"", "columns 1 and 3 have the same name \"A\""]).await;
    refused(Json::bytes("[{\"a\":1,\"A\":2}]"), &["differ only by case"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sheets_and_paths_that_are_not_there_name_what_is() {
    refused(Excel::path(fixture("orders.xlsx")).sheet("Order"), &["does not have sheet \"Order\"", "did you mean Orders", "\"Framed\""]).await;
    refused(Excel::path(fixture("orders.xlsx")).sheet_number(7), &["does not have sheet 7"]).await;
    refused(Json::path(fixture("orders.json")).json_path("/data/item"), &["has no \"item\"", "\"note\", \"items\""]).await;
    refused(Json::path(fixture("orders.json")).json_path("data"), &["does not begin with '/'"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_encoding_is_an_error() {
    refused(Csv::path(fixture("orders-cp1252.csv")).encoding(Encoding::Latin1), &["orders-cp1252.csv line 6", "hex 80", "windows-1252 has characters there"]).await;
    refused(Csv::path(fixture("orders-utf16be-bom.csv")).encoding(Encoding::Utf8), &["begins with the mark of utf-16be, but utf-8 is declared"]).await;
    refused(Csv::path(fixture("orders-latin1.csv")).encoding(Encoding::Utf16Le), &["utf-16le"]).await;
    refused(Csv::bytes("a,b\n1,\u{81}\n".chars().map(|character| character as u8).collect::<Vec<u8>>()), &["hex 81", "neither UTF-8 nor windows-1252"]).await;
    // Beyond the sample, the error says the line.
    let mut text: Vec<u8> = b"a,b\n".to_vec();
    (0..300_000).for_each(|row| text.extend_from_slice(format!("{row},gr\u{f6}\u{df}e\n").chars().map(|character| character as u8).collect::<Vec<u8>>().as_slice()));
    text.extend_from_slice(b"1,\x81\n");
    refused(Csv::bytes(text), &["rows.csv line 300002", "hex 81"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_stays_text_or_is_refused() {
    let ward = Ward::new().await;
    let deep = |levels: usize| format!("{{\"n\":1,\"deep\":{}1{}}}\n", "[".repeat(levels), "]".repeat(levels));
    // Deeper than columns go: 16 lists, and what is below stays JSON text.
    ward.mill.load("deep", Json::bytes(deep(40))).await.unwrap();
    let text = json!(format!("{}1{}", "[".repeat(24), "]".repeat(24)));
    assert_eq!(ward.rows("select deep from deep").await, json!([[(0..16).fold(text, |inner, _| json!([inner]))]]));
    // Deeper than anybody reads: the row is rejected, and a file of such rows refused.
    refused(Json::bytes(deep(5_000)), &["rows.json line 1", "recursion limit exceeded"]).await;
    let nested = (0..200).fold("1".to_owned(), |inner, _| format!("{{\"a\":{inner}}}"));
    refused(Json::bytes(format!("{{\"rows\":{nested}}}")).json_path("/rows/a/a"), &["an object and no array"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_does_not_fit_names_row_column_and_value() {
    for (file, expected) in [
        ("orders.parquet", "line 1, column \"name\", value \"Größe\": not an integer"),
        ("orders.feather", "line 1, column \"name\", value \"Größe\": not an integer"),
        ("orders-null.avro", "line 1, column \"name\", value \"Größe\": not an integer"),
        ("orders.xlsx", "line 2, column \"name\", value \"Größe\": not an integer"),
        ("orders.ndjson", "line 1, column \"name\", value \"Größe\": not an integer"),
    ] {
        refused(Load::path(fixture(file)).column_type("name", ColumnType::Integer), &[file, "4 of the first 5 rows do not fit", expected]).await;
    }
    let ward = Ward::new().await;
    let rows = "{\"a\":{\"b\":[1,2]}}\n{\"a\":{\"b\":[3]}}\n{\"a\":{\"b\":[]}}\n";
    ward.mill.load("nested", Json::bytes(rows)).await.unwrap();
    let more = "{\"a\":{\"b\":[1,\"x\"]}}\n{\"a\":{\"c\":1}}\n{\"a\":5}\n{\"a\":{\"b\":[4]}}\n{\"a\":null}\n{}\n";
    let report = ward.mill.load("nested", Json::bytes(more)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 3));
    let rejects: Vec<String> = ward.mill.rejects("nested", 0, 10).await.unwrap().items.iter().map(|item| item.reject.describe()).collect();
    assert_eq!(
        rejects,
        [
            "line 1, column \"a.b[1]\", value \"x\": not an integer",
            "line 2, column \"a.c\", value \"1\": the struct has no such field; did you mean b?",
            "line 3, column \"a\", value \"5\": not an object; the column holds objects",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn types_without_a_place_are_refused_by_name() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BinaryArray, RecordBatch, StructArray};
    use arrow::datatypes::{DataType, Field};
    let inner: ArrayRef = Arc::new(BinaryArray::from(vec![&b"x"[..]]));
    let nested = StructArray::new(vec![Field::new("raw", DataType::Binary, true)].into(), vec![inner], None);
    let batch = RecordBatch::try_from_iter([("photo", Arc::new(nested) as ArrayRef)]).unwrap();
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    refused(Arrow::bytes(writer.into_inner().unwrap()), &["column \"photo\" is of the Arrow type Struct", "cannot be loaded"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_does_not_become_a_time_because_the_dataset_has_one() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    let ward = Ward::new().await;
    ward.mill.load("events", Csv::bytes("at\n2013-01-01T10:00:00Z\n")).await.unwrap();
    let seconds: ArrayRef = Arc::new(Int64Array::from(vec![1_357_034_400]));
    let batch = RecordBatch::try_from_iter([("at", seconds)]).unwrap();
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let error = ward.mill.load("events", Arrow::bytes(writer.into_inner().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("column \"at\" of the Arrow type Int64 cannot be read as timestamp") && error.message().contains("parse_date by unix"), "{error}");
    assert_eq!(ward.rows("select count(*) from events").await, json!([[1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_files_of_columns_say_what_to_do() {
    for (file, word) in [("orders.feather", "a Arrow file"), ("orders-null.avro", "a Avro file"), ("orders.xlsx", "a workbook")] {
        let packed = zstd::encode_all(bytes(file).as_slice(), 1).unwrap();
        refused(Csv::bytes(packed), &["packed with another compression", word.trim_start_matches("a ")]).await;
    }
    let error = infer(Csv::bytes(b"\xd0\xcf\x11\xe0 and more".to_vec())).await.unwrap_err();
    assert!(error.to_string().contains("save it as .xlsx"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_no_calendar_has_rejects_its_row() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch};
    let ward = Ward::new().await;
    // As databases write "for ever". It would be stored in a chunk of its own, or of none.
    let days: ArrayRef = Arc::new(Date32Array::from(vec![0, i32::MAX, 31, 59]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let batch = RecordBatch::try_from_iter([("day", days), ("n", numbers)]).unwrap();
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let report = ward.mill.load("contracts", Arrow::bytes(writer.into_inner().unwrap())).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 1));
    let reject = ward.mill.rejects("contracts", 0, 10).await.unwrap().items.remove(0).reject;
    assert_eq!(reject.describe(), "line 2, column \"day\", value \"2147483647\": not a date; write YYYY-MM-DD");
    assert_eq!(reject.raw, r#"{"day":"2147483647","n":2}"#);
    assert_eq!(ward.rows("select day, n from contracts order by n").await, json!([["1970-01-01", "1970-02-01", "1970-03-01"], [1, 3, 4]]));
}
