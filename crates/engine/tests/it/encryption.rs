//! An encrypted store from the outside: nothing of what was loaded can be seen in it, it opens with its key only, and what
//! somebody does to its objects is an error.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use serde_json::json;
use tidemill::encryption::MasterKeys;
use tidemill::{Csv, Engine, Error, ErrorKind, Settings};

use crate::faults::FaultyStore;
use crate::ward::{KEY, Ward, plain, sealed};

const NEW_KEY: &str = "02b4c6d8eaf01325476981abcde0f1234c5b6a798897a6b5c4d3e2f10e1d2c3b";

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

fn holds(file: &Path, text: &str) -> bool {
    std::fs::read(file).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

/// Rows, a rejected row, a model and a rollup, all with texts that can be looked for.
async fn load_secrets(ward: &Ward, tenant: &str) {
    let mill = ward.engine.tenant(tenant).unwrap();
    let mut csv = String::from("codename,amount\n");
    for row in 0..20_000 {
        csv.push_str(&format!("nightingale,{}\n", row % 7));
    }
    mill.load("orders", Csv::bytes(csv).column_type("amount", tidemill::ColumnType::Integer)).await.unwrap();
    let report = mill.load("orders", Csv::bytes("codename,amount\nmockingbird,rejected\nnightingale,5\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (1, 1));
    let mut model = mill.model("orders").await.unwrap();
    model.rollups = serde_json::from_value(json!([{"name": "by_name", "measures": ["count"], "dimensions": ["codename"]}])).unwrap();
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
    mill.build_rollups("orders").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_was_loaded_can_be_seen() {
    let settings = || Settings { background_rollups: false, ..Settings::default() };
    let open = Ward::open_tables(settings()).await;
    let hidden = Ward::sealed(settings()).await;
    let texts = ["nightingale", "mockingbird", "codename", "by_name", "PAR1", "metaData", "rows"];
    load_secrets(&open, "acme").await;
    load_secrets(&hidden, "acme").await;
    for text in texts {
        assert!(files(open.folder.path()).iter().any(|file| holds(file, text)), "{text} can be found where it is");
        for file in files(hidden.folder.path()) {
            assert!(!holds(&file, text), "{text} in {}", file.display());
        }
    }
    let kinds = |ward: &Ward| {
        let mut kinds: Vec<String> = files(ward.folder.path()).iter().filter_map(|file| Some(file.extension()?.to_str()?.to_owned())).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    assert_eq!(kinds(&open), ["json", "ndjson", "parquet", "partial"]);
    assert_eq!(kinds(&hidden), kinds(&open));
    let ask = "select codename, sum(amount) as total from orders group by 1";
    assert_eq!(open.rows(ask).await, hidden.rows(ask).await);
    assert_eq!(hidden.mill.rejects("orders", 0, 10).await.unwrap().items[0].reject.raw, open.mill.rejects("orders", 0, 10).await.unwrap().items[0].reject.raw);
    let sizes = |ward: &Ward| {
        let mill = ward.mill.clone();
        async move { mill.dataset("orders").await.unwrap().summary.size_bytes }
    };
    assert_eq!(sizes(&open).await, sizes(&hidden).await, "sizes are those of what was put");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_opens_with_its_key_and_with_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let with = |keys: &str| sealed(folder.path(), Settings::default(), keys);
    let engine = with(KEY).open().await.unwrap();
    engine.tenant("acme").unwrap().load("orders", Csv::bytes("a\n1\n")).await.unwrap();
    let refused = async |opened: Result<Engine, Error>, kind: ErrorKind, says: &str| {
        let error = opened.unwrap_err();
        assert!(error.kind() == kind && error.message().contains(says), "{error}");
    };
    refused(plain(folder.path(), Settings::default()).open().await, ErrorKind::Invalid, "no key was given").await;
    refused(with(NEW_KEY).open().await, ErrorKind::Unavailable, "cannot be opened with the given keys").await;
    assert!(with(NEW_KEY).check().await.is_err() && plain(folder.path(), Settings::default()).check().await.is_err());
    with(KEY).check().await.unwrap();

    // The key is rotated, and the engine that is open does not notice.
    let rotating = with(&format!("{NEW_KEY},{KEY}")).open().await.unwrap();
    assert_eq!(rotating.keys().unwrap().rewrap().await.unwrap().rewrapped, 2);
    refused(with(KEY).open().await, ErrorKind::Unavailable, "cannot be opened with the given keys").await;
    let after = with(NEW_KEY).open().await.unwrap();
    for engine in [engine, after] {
        assert_eq!(engine.tenant("acme").unwrap().sql("select count(*) from orders").await.unwrap().to_json()["data"], json!([[1]]));
    }

    let open = tempfile::tempdir().unwrap();
    let engine = plain(open.path(), Settings::default()).open().await.unwrap();
    assert!(engine.keys().is_none());
    engine.tenant("acme").unwrap().load("orders", Csv::bytes("a\n1\n")).await.unwrap();
    refused(sealed(open.path(), Settings::default(), KEY).open().await, ErrorKind::Invalid, "not encrypted").await;
    assert!(!open.path().join("_tidemill").exists(), "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_destroyed_also_when_others_change_them_meanwhile() {
    let disk: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let slow = FaultyStore::around(Arc::clone(&disk));
    let over = async |store: Arc<dyn ObjectStore>| {
        let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
        Engine::builder().object_store(store).settings(settings).encryption(Arc::new(MasterKeys::parse(KEY).unwrap())).open().await.unwrap()
    };
    let (engine, late) = (over(Arc::clone(&disk)).await, over(Arc::new(slow.clone())).await);
    engine.tenant("acme").unwrap().load("orders", Csv::bytes("a\n1\n")).await.unwrap();
    // It has read the first version of the keys and is about to put the second.
    let release = slow.hold("keys/acme/00000000000000000002.json");
    let erasing = tokio::spawn(async move { late.keys().unwrap().erase("acme").await });
    slow.stopped().await;
    for data_keys in [2, 3] {
        assert_eq!(engine.keys().unwrap().rotate("acme").await.unwrap().data_keys, data_keys);
    }
    release.notify_one();
    assert_eq!(erasing.await.unwrap().unwrap().data_keys, 0);
    let error = over(disk).await.tenant("acme").unwrap().sql("select count(*) from orders").await.unwrap_err();
    assert!(error.message().contains("destroyed"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_another_tenant_or_place_is_damage() {
    let ward = Ward::sealed(Settings::default()).await;
    for (tenant, amount) in [("acme", 1), ("rival", 2)] {
        let mill = ward.engine.tenant(tenant).unwrap();
        for _ in 0..2 {
            mill.load("orders", Csv::bytes(format!("amount\n{amount}\n"))).await.unwrap();
        }
    }
    let segments = |tenant: &str| -> Vec<PathBuf> {
        let mut found = files(&ward.folder.path().join(tenant));
        found.retain(|file| file.extension().is_some_and(|extension| extension == "parquet"));
        found.sort();
        found
    };
    let (ours, theirs) = (segments("acme"), segments("rival"));
    let original = std::fs::read(&ours[0]).unwrap();
    for (what, stored) in
        [("another tenant's", std::fs::read(&theirs[0]).unwrap()), ("another segment", std::fs::read(&ours[1]).unwrap()), ("cut", original[..original.len() - 1].to_vec())]
    {
        std::fs::write(&ours[0], stored).unwrap();
        // Nothing is kept of it.
        let engine = sealed(ward.folder.path(), Settings::default(), KEY).open().await.unwrap();
        for ask in ["select sum(amount) from orders", "select amount from orders"] {
            let error = engine.tenant("acme").unwrap().sql(ask).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
            assert!(error.message().contains(ours[0].file_stem().unwrap().to_str().unwrap()), "{what}: {error}");
        }
    }
    std::fs::write(&ours[0], original).unwrap();
    let engine = sealed(ward.folder.path(), Settings::default(), KEY).open().await.unwrap();
    assert_eq!(engine.tenant("acme").unwrap().sql("select sum(amount) from orders").await.unwrap().to_json()["data"], json!([[2]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_tenant_is_gone_at_once_also_from_memory() {
    let ward = Ward::sealed(Settings::default()).await;
    for tenant in ["acme", "rival"] {
        ward.engine.tenant(tenant).unwrap().load("orders", Csv::bytes("amount\n1\n")).await.unwrap();
    }
    let ask = "select sum(amount) from orders";
    ward.mill.sql(ask).await.unwrap();
    ward.engine.keys().unwrap().erase("acme").await.unwrap();
    let fresh = sealed(ward.folder.path(), Settings::default(), KEY).open().await.unwrap();
    for engine in [&ward.engine, &fresh] {
        let mill = engine.tenant("acme").unwrap();
        let errors =
            [mill.sql(ask).await.unwrap_err(), mill.load("orders", Csv::bytes("amount\n1\n")).await.unwrap_err(), mill.load("new", Csv::bytes("amount\n1\n")).await.unwrap_err()];
        for error in errors {
            assert!(error.kind() == ErrorKind::NotFound && error.message().contains("destroyed"), "{error}");
        }
        assert_eq!(engine.tenant("rival").unwrap().sql(ask).await.unwrap().to_json()["data"], json!([[1]]));
    }
}

/// Needs more memory than the query has; `encryption/spill.rs` shows that the files are sealed.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_needs_more_memory_writes_away_and_reads_back() {
    let settings = Settings { query_memory_bytes: 32 << 20, query_partitions: 1, ..Settings::default() };
    let ward = Ward::sealed(settings).await;
    let mut csv = String::from("n,text\n");
    for n in 0..500_000_u64 {
        csv.push_str(&format!("{n},{:016x}{:016x}{:016x}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15), n.wrapping_mul(0xBF58_476D_1CE4_E5B9), n));
    }
    ward.mill.load("wide", Csv::bytes(csv)).await.unwrap();
    let ask = "select count(*), sum(place) from (select row_number() over (order by text, n) as place, text, n from wide) t where length(text) = 48";
    assert_eq!(ward.rows(ask).await, json!([[500_000], [500_000_u64 * 500_001 / 2]]));
}
