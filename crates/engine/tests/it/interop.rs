//! What Tidemill stores is a Delta table: another implementation of the protocol opens it.

use tidemill::{Csv, Json, Settings};
use url::Url;

use crate::ward::{Ward, example};

#[tokio::test(flavor = "multi_thread")]
async fn another_delta_reader_opens_what_is_stored() {
    let ward = Ward::open_tables(Settings::default()).await;
    ward.mill.load("flights", Csv::path(example("flights.csv.gz"))).await.unwrap();
    ward.mill.load("flights", Json::bytes(r#"{"year": 2013, "carrier": "ZZ", "time_hour": "2013-12-31T23:00:00Z"}"#)).await.unwrap();
    let url = Url::from_directory_path(ward.folder.path().canonicalize().unwrap().join("acme/flights")).unwrap();
    let table = deltalake_core::open_table(url).await.unwrap();
    assert_eq!(table.version(), Some(1));
    let snapshot = table.snapshot().unwrap();
    assert_eq!(snapshot.schema().fields().count(), 19);
    let files = table.get_file_uris().unwrap().count();
    let stored = ward.objects("flights").into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).count();
    assert_eq!(files, stored);
    let actions = snapshot.add_actions_table(true).unwrap();
    let rows: i64 = actions.column_by_name("num_records").unwrap().as_any().downcast_ref::<arrow::array::Int64Array>().unwrap().iter().flatten().sum();
    assert_eq!(rows, 336_777);
}
