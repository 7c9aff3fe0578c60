//! A changed bit in any kind of object: the answer is the same, because the bit is not needed or what it is in can be made anew,
//! or it is an error that names the object. And one damaged segment leaves the rest of its dataset answerable for who asks for
//! that, with a warning that says what is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tidemill::encryption::MasterKeys;
use tidemill::{Csv, Engine, ErrorKind, Mill, Settings};

use crate::dice::Dice;
use crate::machine::{Bucket, Machine, Storage};
use crate::node::Node;
use crate::world::KEY;

/// Bits that are changed in each object.
const FLIPS: usize = 10;

async fn open(machine: &Arc<Machine>, encrypted: bool) -> tidemill::Result<Engine> {
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, versions_kept_seconds: 0, commit_interval_ms: 0, query_partitions: 1, ..Settings::default() };
    let builder = Node::start(machine).1.settings(settings).clock(machine.clock.clone());
    let builder = if encrypted { builder.encryption(Arc::new(MasterKeys::parse(KEY).unwrap())) } else { builder };
    builder.open().await
}

fn machine(bucket: Bucket) -> Arc<Machine> {
    Machine::new(Storage::Bucket(bucket), Dice::new(0), None, "2013-02-20T12:00:00Z".parse().unwrap())
}

/// Two datasets with everything that can be stored: segments, logs, a checkpoint with and one without the log before it, rejected
/// rows, models, stored partials, and keys where they are encrypted.
async fn stored(encrypted: bool) -> Bucket {
    let machine = machine(Bucket::default());
    let mill = open(&machine, encrypted).await.unwrap().tenant("acme").unwrap();
    for dataset in ["orders", "visits"] {
        for load in 0..4 {
            let lines: String = (0..20).map(|n| format!("2013-0{}-{:02}T00:00:00Z,{n},{}.5,r{}\n", load % 2 + 1, n + 1, n * 7 % 5, n % 3)).collect();
            mill.load(dataset, Csv::bytes(format!("at,n,amount,room\n{lines}")).idempotency_key(format!("{load}"))).await.unwrap();
        }
        mill.load(dataset, Csv::bytes("at,n,amount,room\n2013-02-01T00:00:00Z,none,x,r\n2013-02-01T00:00:00Z,1,1.5,r9\n")).await.unwrap();
        let mut model = mill.model(dataset).await.unwrap();
        model.rollups = serde_json::from_value(json!([{"name": "rooms", "measures": ["count", "sum_amount"], "dimensions": ["room"]}])).unwrap();
        let version = model.version;
        mill.update_model(model, version).await.unwrap();
        mill.build_rollups(dataset).await.unwrap();
        mill.checkpoint(dataset).await.unwrap();
    }
    // The older entries of this one are gone.
    machine.clock.advance(chrono::TimeDelta::hours(50));
    mill.checkpoint("visits").await.unwrap();
    let Storage::Bucket(bucket) = machine.lock().storage.clone() else { panic!("it is a bucket") };
    bucket
}

/// Everything that can be asked of both datasets.
async fn ask(mill: &Mill) -> Vec<tidemill::Result<Value>> {
    let mut answers = Vec::new();
    for dataset in ["orders", "visits"] {
        let statements = [
            "select * from {} order by room, n, at, amount",
            "select room, count(*), sum(amount) from {} group by room order by room",
            "select n, at from {} where room = 'r2' order by n, at",
            "select date_part('month', at), min(n), max(amount) from {} where n > 3 group by 1 order by 1",
            "select n from {} where n = 7",
        ];
        for sql in statements {
            answers.push(mill.sql(&sql.replace("{}", dataset)).await.map(|answer| answer.to_json()["data"].clone()));
        }
        let query = json!({"measures": [format!("{dataset}.count"), format!("{dataset}.sum_amount")], "dimensions": [format!("{dataset}.room")]});
        answers.push(mill.query(&serde_json::from_value(query).unwrap()).await.map(|answer| answer.to_json()["data"].clone()));
        answers.push(mill.rejects(dataset, 0, 10).await.map(|page| serde_json::to_value(page).unwrap()));
        answers.push(mill.model(dataset).await.map(|model| serde_json::to_value(model).unwrap()));
        answers.push(mill.dataset(dataset).await.map(|detail| json!([detail.summary.rows, detail.summary.version, detail.summary.segments])));
    }
    answers
}

fn kind_of(name: &str) -> &'static str {
    let kinds = [
        ("checkpoint.parquet", "checkpoint"),
        ("_last_checkpoint", "hint"),
        ("_delta_log", "log entry"),
        (".partial", "partial"),
        ("_rejects", "rejects"),
        ("_profiles", "profile"),
        ("_models", "model"),
        ("_tidemill", "keys"),
    ];
    kinds.into_iter().find(|(part, _)| name.contains(part)).map_or("segment", |(_, kind)| kind)
}

/// Of each kind: bits that were changed, and those that somebody was told of.
async fn flip(encrypted: bool) -> BTreeMap<&'static str, (usize, usize)> {
    let bucket = stored(encrypted).await;
    let whole = open(&machine(bucket.clone()), encrypted).await.unwrap().tenant("acme").unwrap();
    let expected: Vec<Value> = ask(&whole).await.into_iter().map(Result::unwrap).collect();
    let (mut dice, mut wrong) = (Dice::new(7), Vec::new());
    let mut told: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (name, (content, at)) in &bucket.objects {
        for flip in 0..FLIPS {
            let mut changed = content.to_vec();
            // The end of a segment too, where its footer is.
            let place = if flip % 2 == 0 { dice.below(changed.len()) } else { changed.len() - 1 - dice.below(changed.len().min(400)) };
            changed[place] ^= 1 << dice.below(8);
            let mut damaged = bucket.clone();
            damaged.objects.insert(name.clone(), (Bytes::from(changed), *at));
            let what = format!("byte {place} of {} of {name}", content.len());
            let answers = match open(&machine(damaged), encrypted).await {
                Ok(engine) => ask(&engine.tenant("acme").unwrap()).await,
                Err(error) => vec![Err(error)],
            };
            let mut noticed = false;
            for (answer, expected) in answers.iter().zip(&expected) {
                match answer {
                    Ok(answer) if answer == expected => {}
                    Ok(answer) => wrong.push(format!("{what}: {answer}, not {expected}")),
                    Err(error) => {
                        noticed = true;
                        // Of a ring of keys its tenant is named.
                        let named = error.to_string().contains(name.as_str())
                            || (kind_of(name) == "keys" && name.split('/').any(|part| part.len() > 2 && error.to_string().contains(part)));
                        if kind_of(name) != "keys" && !(named && error.kind() == ErrorKind::Corrupt) {
                            wrong.push(format!("{what}: {:?} {error}", error.kind()));
                        }
                    }
                }
            }
            let counts = told.entry(kind_of(name)).or_default();
            *counts = (counts.0 + 1, counts.1 + usize::from(noticed));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    told
}

#[tokio::test]
async fn a_changed_bit_is_told_of_or_changes_nothing() {
    let told = flip(false).await;
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), ["checkpoint", "hint", "log entry", "model", "partial", "profile", "rejects", "segment"]);
    for (kind, (flips, noticed)) in &told {
        // Partials and most checkpoints are made anew from what they were made of; in the log of `orders` the checkpoint stands for
        // most entries.
        let least = match *kind {
            "model" | "rejects" | "segment" => flips / 2,
            "checkpoint" => flips / 4,
            "log entry" => 1,
            _ => 0,
        };
        assert!(*noticed >= least, "{kind}: {noticed} of {flips}");
    }
}

#[tokio::test]
async fn a_changed_bit_is_told_of_over_an_encrypted_store_too() {
    let told = flip(true).await;
    assert!(told.contains_key("keys"));
    // Nobody reads the older versions of models.
    for (kind, tenths) in [("segment", 8), ("model", 5), ("rejects", 8)] {
        let (flips, noticed) = told[kind];
        assert!(noticed * 10 >= flips * tenths, "{kind}: {noticed} of {flips}");
    }
}

#[tokio::test]
async fn one_damaged_segment_leaves_the_rest_answerable_for_who_asks_for_it() {
    for encrypted in [false, true] {
        let bucket = stored(encrypted).await;
        let segments: Vec<&String> = bucket.objects.keys().filter(|name| kind_of(name) == "segment" && name.contains("orders/2013-02")).collect();
        let mut damaged = bucket.clone();
        let content = &bucket.objects[segments[0]].0;
        damaged.objects.get_mut(segments[0]).unwrap().0 = content.slice(..content.len() / 2);
        // Its partials are gone too, so that nothing stands for its rows.
        let stem = segments[0].rsplit_once('/').unwrap().1.trim_end_matches(".parquet");
        damaged.objects.retain(|name, _| !(name.contains(stem) && kind_of(name) == "partial"));
        let machine = machine(damaged);
        let mill = open(&machine, encrypted).await.unwrap().tenant("acme").unwrap();
        let total = "select count(*), sum(n), sum(amount) from orders";
        let error = mill.sql(total).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains(segments[0].as_str()), "{error}");

        let whole = open(&crate::flips::machine(bucket.clone()), encrypted).await.unwrap().tenant("acme").unwrap();
        let path = segments[0].strip_prefix("acme/orders/").unwrap();
        let rows = mill.dataset("orders").await.unwrap().summary.rows;
        let tolerant = mill.skipping_damaged();
        let query = serde_json::from_value(json!({"measures": ["orders.count", "orders.sum_amount"]})).unwrap();
        for answer in [tolerant.sql(total).await.unwrap(), tolerant.query(&query).await.unwrap()] {
            let [missing] = answer.provenance.damaged.as_slice() else { panic!("{:?}", answer.provenance.damaged) };
            assert_eq!((missing.segment.as_str(), missing.dataset.as_str()), (path, "orders"));
            assert!(missing.time_range.is_some() && missing.error.contains(path), "{missing:?}");
            let left = answer.to_json()["data"][0][0].as_u64().unwrap();
            assert_eq!(left + missing.rows.unwrap(), rows);
            assert!(!answer.provenance.exact && left > 0);
        }
        // Rows that a rewrite would lose stay where they are, and whoever does not ask for less gets none.
        assert_eq!(tolerant.delete_rows("orders", "n > 0").await.unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(mill.sql(total).await.unwrap_err().kind(), ErrorKind::Corrupt);
        // What needs nothing of it is answered as ever, and is exact.
        let january = "select count(*), sum(amount) from orders where at < timestamp '2013-02-01T00:00:00'";
        let answer = tolerant.sql(january).await.unwrap();
        assert!(answer.provenance.damaged.is_empty() && answer.provenance.exact);
        assert_eq!(answer.to_json()["data"], whole.sql(january).await.unwrap().to_json()["data"]);
        // Nothing of the shorter answer is kept: with the segment back all rows are there.
        if let Storage::Bucket(restored) = &mut machine.lock().storage {
            restored.objects.insert(segments[0].clone(), bucket.objects[segments[0]].clone());
        }
        assert_eq!(mill.sql(total).await.unwrap().to_json()["data"], whole.sql(total).await.unwrap().to_json()["data"]);
    }
}
