//! Time classes: whatever is asked by who may see a part only, errors too, is told at the end of a class, and nobody else waits for one. A
//! busy machine makes answers later and never sooner, so a test can say when something is told at the soonest.

use std::time::{Duration, Instant};

use futures::future::{BoxFuture, join_all};
use serde_json::json;
use tidemill::{Csv, Mill, Result, SemanticQuery, Settings};
use tokio_stream::StreamExt;

use super::{ORDERS, own_country, seen_by, set_policies};
use crate::ward::Ward;

/// A name, and what is asked under it.
type Way<'a> = (&'static str, BoxFuture<'a, Result<()>>);

const CLASS: Duration = Duration::from_millis(40);

async fn in_classes(class: Duration) -> Ward {
    let ward = Ward::with(Settings { time_class_ms: u64::try_from(class.as_millis()).unwrap(), ..Settings::default() }).await;
    ward.mill.load("orders", Csv::bytes(ORDERS)).await.unwrap();
    set_policies(&ward.mill, "orders", own_country()).await;
    ward
}

fn query(query: serde_json::Value) -> SemanticQuery {
    serde_json::from_value(query).unwrap()
}

async fn first_frame(mill: &Mill, asked: &SemanticQuery) -> Result<()> {
    mill.subscribe(asked).await?.next().await.unwrap().map(drop)
}

fn way<'a, T: Send + 'a>(name: &'static str, asking: BoxFuture<'a, Result<T>>) -> Way<'a> {
    (name, Box::pin(async move { asking.await.map(drop) }))
}

/// Every way of asking.
fn ways<'a>(mill: &'a Mill, all: &'a [SemanticQuery; 2]) -> Vec<Way<'a>> {
    let [asked, wrong] = all;
    let sql = "select count(*) from orders";
    vec![
        way("query", mill.query(asked)),
        way("a query that is refused", mill.query(wrong)),
        way("query_all", mill.query_all(all)),
        way("plan", mill.plan(asked)),
        way("explain", mill.explain(asked)),
        way("check", mill.check(asked)),
        way("verify", mill.verify(asked)),
        way("lineage", mill.lineage(asked)),
        way("sight", mill.sight(asked)),
        way("subscribe", Box::pin(first_frame(mill, asked))),
        way("sql", mill.sql(sql)),
        way("a statement that is refused", mill.sql("select nothing from orders")),
        way("sql_as_of", mill.sql_as_of(sql, 0)),
        way("sql_explained", mill.sql_explained(sql, None)),
        way("plan_sql", mill.plan_sql(sql)),
        way("explain_sql", mill.explain_sql(sql)),
        way("explain_sql_as_of", mill.explain_sql_as_of(sql, 0)),
        way("verify_sql", mill.verify_sql(sql)),
        way("lineage_sql", mill.lineage_sql(sql)),
        way("values", mill.values("orders.country", None, 10, 0)),
        way("values of nothing", mill.values("orders.nothing", None, 10, 0)),
        way("datasets", mill.datasets()),
        way("dataset", mill.dataset("orders")),
        way("preview", mill.preview("orders", 3)),
        way("profile", mill.profile("orders")),
        way("count_rows", mill.count_rows("orders", "amount > 1")),
    ]
}

fn asked() -> [SemanticQuery; 2] {
    [query(json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.rep"]})), query(json!({"measures": ["orders.nothing"]}))]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_under_policies_is_told_no_sooner_than_its_class_ends() {
    let ward = in_classes(CLASS).await;
    let mill = seen_by(&ward, &[("country", &["DE"])]);
    let asked = asked();
    let told = ways(&mill, &asked).into_iter().map(|(name, way)| async move {
        let begun = Instant::now();
        let outcome = way.await;
        assert!(begun.elapsed() >= CLASS, "{name} was told after {:?}", begun.elapsed());
        (name, outcome.is_ok())
    });
    let wrong: Vec<&str> = join_all(told).await.into_iter().filter(|(_, answered)| !answered).map(|(name, _)| name).collect();
    assert_eq!(wrong, ["a query that is refused", "query_all", "a statement that is refused", "values of nothing"]);
}

/// A class that lasts longer than a test may.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_everything_waits_for_no_class() {
    let (ward, asked) = (in_classes(LONG).await, asked());
    let all = join_all(ways(&ward.mill, &asked).into_iter().map(|(_, way)| way));
    let told = tokio::time::timeout(LONG, all).await.expect("nobody waits for the end of a class");
    assert_eq!(told.iter().filter(|outcome| outcome.is_ok()).count(), 22);
}
