//! Statements take turns to be planned: a tenant whose statements take long waits for itself, and nobody else does.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use tidemill::{Csv, Engine, ErrorKind, Limits, Scope, Settings, TenantId};

use crate::faults::{Failing, FaultyStore};

/// Planning it looks for the id in the bloom filters of the segment, which are in the store.
const STATEMENT: &str = "select note from orders where id = 'k77'";

async fn over(store: &FaultyStore) -> Engine {
    let settings = Settings { tenant_planned_statements: 1, upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    Engine::builder().object_store(Arc::new(store.clone())).settings(settings).open().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_plans_for_ever_keeps_only_itself_waiting() {
    let store = FaultyStore::around(Arc::new(InMemory::new()));
    let rows: String = (0..400).map(|n| format!("k{n},{}\n", n % 7)).collect();
    let loading = over(&store).await;
    for tenant in ["acme", "other"] {
        loading.tenant(tenant).unwrap().load("orders", Csv::bytes(format!("id,note\n{rows}"))).await.unwrap();
    }
    // The last that planning reads, where nothing is known yet, are the filters.
    let first = over(&store).await.tenant("acme").unwrap();
    store.arm(u64::MAX, Failing::Before);
    first.plan_sql(STATEMENT).await.unwrap();
    let calls = store.calls();
    let engine = over(&store).await;
    let (acme, other) = (engine.tenant("acme").unwrap(), engine.tenant("other").unwrap());
    store.arm(calls, Failing::StopBefore);
    let planning = tokio::spawn({
        let acme = acme.clone();
        async move { acme.plan_sql(STATEMENT).await.map(drop) }
    });
    store.stopped().await;

    let hurried = engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { deadline: Duration::from_millis(400), ..Limits::default() }));
    let error = hurried.sql("select count(*) from orders").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    assert!(error.message().contains("at most 1 of one tenant"), "{error}");
    assert_eq!(other.sql(STATEMENT).await.unwrap().batch.num_rows(), 1);

    // Who is cancelled gives the turn back.
    planning.abort();
    assert_eq!(acme.sql(STATEMENT).await.unwrap().batch.num_rows(), 1);
}
