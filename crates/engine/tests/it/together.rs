//! Questions that are asked together are about one state, whatever is committed while they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tidemill::{Csv, Mill, QueryResult, SemanticQuery};

use crate::ward::Ward;

fn query(value: Value) -> SemanticQuery {
    serde_json::from_value(value).unwrap()
}

/// The versions of orders and of returns that an answer is of.
fn versions(answer: &QueryResult) -> Vec<(String, u64)> {
    let provenance = &answer.provenance;
    let only = provenance.dataset.clone().zip(provenance.version);
    only.into_iter().chain(provenance.sources.iter().map(|source| (source.dataset.clone(), source.version))).collect()
}

async fn load(mill: &Mill, number: u64) {
    for name in ["orders", "returns"] {
        mill.load(name, Csv::bytes(format!("at,n\n2024-01-05T10:00:00Z,{number}\n"))).await.unwrap();
    }
}

/// So many that commits come while they are answered.
const QUESTIONS: i64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_between_two_answers_changes_neither() {
    let ward = Ward::new().await;
    load(&ward.mill, 0).await;
    // Alone, several times and differently, so that not all is kept; of the other dataset; of both.
    let mut queries: Vec<SemanticQuery> = (0..QUESTIONS)
        .map(|n| query(json!({"measures": ["orders.count"], "filters": [{"member": "orders.n", "operator": "gte", "values": [-n]}]})))
        .collect();
    queries.push(query(json!({"measures": ["returns.count"]})));
    queries.push(query(json!({"measures": ["orders.count", "returns.count"]})));
    queries.push(query(json!({"measures": ["returns.count"], "timeDimensions": [{"dimension": "returns.at", "dateRange": "last 10 days of data"}]})));
    let stopped = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (mill, stopped) = (ward.mill.clone(), Arc::clone(&stopped));
        async move {
            let mut number = 1;
            while !stopped.load(Ordering::Relaxed) {
                load(&mill, number).await;
                number += 1;
            }
        }
    });
    let others = usize::try_from(QUESTIONS).unwrap();
    let mut met = false;
    for _ in 0..100 {
        let answers = ward.mill.query_all(&queries).await.unwrap();
        assert_eq!(answers.len(), queries.len());
        let [(_, orders)] = versions(&answers[0])[..] else { panic!("{:?}", answers[0].provenance) };
        let [(_, returns)] = versions(&answers[others])[..] else { panic!("{:?}", answers[others].provenance) };
        for (place, answer) in answers.iter().enumerate() {
            for (dataset, version) in versions(answer) {
                assert_eq!(version, if dataset == "orders" { orders } else { returns }, "{place}: {dataset}");
            }
        }
        // Each version has one row more than the one before.
        assert_eq!(answers[others].to_json()["data"], json!([[returns + 1]]));
        assert_eq!(answers[others + 1].to_json()["data"], json!([[orders + 1], [returns + 1]]));
        let now = ward.mill.query(&queries[0]).await.unwrap();
        met |= versions(&now)[0].1 > orders + 1;
        if met {
            break;
        }
    }
    stopped.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    assert!(met, "nothing was committed while questions were answered");
}

#[tokio::test]
async fn what_is_wrong_with_one_is_told_as_if_it_were_alone() {
    let ward = Ward::new().await;
    load(&ward.mill, 0).await;
    assert!(ward.mill.query_all(&[]).await.unwrap().is_empty());
    let right = query(json!({"measures": ["orders.count"]}));
    let wrong = query(json!({"measures": ["orders.cuont"]}));
    let alone = ward.mill.query(&wrong).await.unwrap_err();
    for queries in [vec![wrong.clone()], vec![right.clone(), wrong.clone()], vec![wrong, right]] {
        let error = ward.mill.query_all(&queries).await.unwrap_err();
        assert_eq!((error.kind(), error.field(), error.message()), (alone.kind(), alone.field(), alone.message()));
    }
}
