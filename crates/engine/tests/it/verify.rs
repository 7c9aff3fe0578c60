//! Verifying: what is answered by what is kept is what the rows say, of every kind of question; and where it is not, it is told.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, DifferenceKind, ErrorKind, Limits, Mill, Scope, Settings, TenantId, Verification};

use crate::composed::{change, rows, shop, shops};
use crate::partials::Dice;
use crate::ward::{Ward, plain};

async fn verify(mill: &Mill, query: &Value) -> Verification {
    mill.verify(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {query}"))
}

async fn equal(mill: &Mill, query: &Value) -> Verification {
    let verification = verify(mill, query).await;
    assert!(verification.equal && verification.difference_count == 0, "{query}: {:?}", verification.differences);
    verification
}

/// Three loads, of which a third of the values are missing.
pub(crate) async fn orders(ward: &Ward) -> Dice {
    let mut dice = Dice(27);
    for rows in [400, 7, 150] {
        ward.mill.load("orders", Csv::bytes(dice.rows(rows))).await.unwrap();
    }
    dice
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_what_their_rows_say() {
    let ward = Ward::new().await;
    let mut dice = orders(&ward).await;
    for _ in 0..30 {
        let query = dice.query();
        for _ in 0..2 {
            let verification = equal(&ward.mill, &query).await;
            assert_eq!(verification.versions.iter().map(|source| (source.dataset.as_str(), source.version)).collect::<Vec<_>>(), [("orders", 2)]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_read_whatever_is_kept() {
    let ward = Ward::new().await;
    orders(&ward).await;
    let query = json!({"measures": ["orders.count", "orders.sum_revenue"], "dimensions": ["orders.city"], "order": [["orders.sum_revenue", "desc"]], "limit": 5});
    equal(&ward.mill, &query).await;
    let again = equal(&ward.mill, &query).await;
    assert_eq!((again.rows, again.values), (5, 10));
    let (answered, recomputed) = (&again.answered, &again.recomputed);
    let segments = answered.segments_total;
    assert_eq!((answered.segments_reused, answered.rows_scanned), (segments, 0));
    assert_eq!((recomputed.segments_reused, recomputed.segments_rolled, recomputed.segments_read, recomputed.rows_scanned), (0, 0, segments, 557));
    // Bounds of segments are not believed either.
    let narrow = json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "2012-01-01"}]});
    let nothing = equal(&ward.mill, &narrow).await;
    assert_eq!((nothing.answered.segments_pruned, nothing.recomputed.segments_read), (segments, segments));
}

#[tokio::test(flavor = "multi_thread")]
async fn rollups_and_older_states_are_what_their_rows_say() {
    let ward = Ward::with(Settings { background_rollups: false, ..Settings::default() }).await;
    orders(&ward).await;
    change(&ward.mill, "orders", json!({"rollups": [{"name": "cities", "measures": ["count", "sum_amount"], "dimensions": ["city"]}]})).await;
    ward.mill.build_rollups("orders").await.unwrap();
    let query = |as_of: Option<u64>| json!({"measures": ["orders.count", "orders.sum_amount"], "dimensions": ["orders.city"], "total": true, "limit": 3, "asOf": as_of});
    let latest = equal(&ward.mill, &query(None)).await;
    assert_eq!((latest.versions[0].version, latest.recomputed.segments_rolled), (2, 0));
    let older = equal(&ward.mill, &query(Some(0))).await;
    assert_eq!((older.versions[0].version, older.recomputed.rows_scanned), (0, 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn composed_answers_are_what_their_rows_say() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let by_month = json!([{"dimension": "orders.at", "granularity": "month"}]);
    for query in [
        json!({"measures": ["orders.revenue", "orders.per_buyer", "orders.share", "orders.place"], "dimensions": ["customers.country"]}),
        json!({"measures": ["orders.revenue", "orders.growth", "orders.so_far", "orders.two_months"], "timeDimensions": by_month}),
        json!({"measures": ["orders.revenue", "returns.sum_refund"], "timeDimensions": by_month}),
        json!({"measures": ["orders.revenue"], "dimensions": ["countries.title"], "segments": ["orders.paid"], "order": [["orders.revenue", "desc"]], "limit": 1}),
        json!({"measures": ["stock.on_hand"], "dimensions": ["stock.shop"]}),
        json!({"dimensions": ["customers.country", "countries.title"]}),
        json!({"measures": ["orders.revenue", "orders.share", "orders.buyers"], "dimensions": ["customers.country"], "totals": true,
               "top": {"dimension": "customers.country", "limit": 1, "others": true}}),
        json!({"measures": ["orders.count", "orders.so_far"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "fill": "zero"}]}),
        json!({"measures": ["orders.revenue"], "dimensions": ["orders.status", "customers.country"], "pivot": ["orders.status"], "limit": 1, "order": [["orders.revenue", "desc"]]}),
        json!({"measures": ["orders.revenue", "orders.share"], "dimensions": ["orders.status", "customers.country"], "pivot": ["orders.status"], "order": [["customers.country", "asc"]], "offset": 1}),
        json!({"measures": ["orders.revenue", "orders.buyers"], "dimensions": ["customers.country", "orders.status"], "pivot": ["customers.country"],
               "top": {"dimension": "customers.country", "limit": 1, "others": true}, "order": [["orders.status", "asc"]], "limit": 1}),
        json!({"measures": ["orders.revenue"], "dimensions": ["customers.country", "orders.status"], "pivot": ["orders.status"], "totals": true,
               "top": {"dimension": "customers.country", "limit": 1, "others": true}}),
        json!({"measures": ["orders.revenue", "orders.mean"], "dimensions": ["customers.country"], "timeDimensions": by_month, "pivot": ["orders.at"],
               "top": {"dimension": "customers.country", "limit": 2, "others": true}}),
        json!({"measures": ["orders.revenue"], "dimensions": ["orders.status"], "ungrouped": true, "order": [["orders.status", "asc"]], "limit": 3}),
        json!({"measures": ["orders.place", "orders.revenue"], "dimensions": ["orders.status"]}),
    ] {
        for _ in 0..2 {
            let verification = equal(&mill, &query).await;
            assert!(verification.rows > 0, "{query}");
            assert_eq!(verification.recomputed.segments_reused, 0, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_of_fractions_over_joins_are_rounded_where_those_of_the_answer_are() {
    let ward = Ward::new().await;
    let mills = shops(&ward).await;
    let sales = "id,customer,at,price\n1,b,2024-02-01T10:00:00Z,0.1\n2,b,2024-02-02T10:00:00Z,0.2\n3,c,2024-02-03T10:00:00Z,0.3\n4,c,2024-03-03T10:00:00Z,0.7\n";
    mills[0].load("sales", Csv::bytes(sales)).await.unwrap();
    let month = json!({"count": 1, "unit": "month"});
    let measures = json!([
        {"name": "total", "label": "Total", "kind": "sum", "column": "price"},
        {"name": "mean", "label": "Mean", "kind": "avg", "column": "price"},
        {"name": "share", "label": "Share", "kind": "share_of_total", "measure": "total"},
        {"name": "before", "label": "Before", "kind": "time_shift", "measure": "total", "span": month},
        {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "total"}
    ]);
    let joins = json!([{"name": "customers", "on": [{"column": "customer", "other": "id"}]}]);
    change(&mills[0], "sales", json!({"joins": joins, "measures": measures})).await;
    let february = json!([{"dimension": "sales.at", "dateRange": ["2024-02-01", "2024-02-29"]}]);
    // What two customers bought, added up by customer and then by country, is another float than the sum of their rows: 0.6000000000000001.
    let asked = json!({"measures": ["sales.total"], "dimensions": ["customers.country"], "timeDimensions": february});
    assert_eq!(rows(&mills[0], asked.clone()).await, json!([["IT", 0.6]]));
    let by_month = json!([{"dimension": "sales.at", "granularity": "month"}]);
    let either = json!([{"or": [{"member": "countries.title", "operator": "equals", "values": ["Italy"]}, {"member": "sales.id", "operator": "equals", "values": [1]}]}]);
    for mill in &mills {
        for query in [
            asked.clone(),
            json!({"measures": ["sales.total", "sales.mean", "sales.share"], "dimensions": ["customers.country", "countries.title"]}),
            json!({"measures": ["sales.total", "sales.before", "sales.so_far"], "dimensions": ["customers.country"], "timeDimensions": by_month}),
            json!({"measures": ["sales.total", "sales.so_far"], "timeDimensions": by_month, "filters": either}),
            json!({"measures": ["sales.total"], "dimensions": ["customers.country"], "ungrouped": true}),
        ] {
            assert!(equal(mill, &query).await.rows > 0, "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_fractions_beside_a_distinct_count_is_that_of_its_rows() {
    let ward = Ward::new().await;
    ward.mill.load("sales", Csv::bytes("id,customer,price\n1,b,0.1\n2,b,0.2\n3,c,0.3\n")).await.unwrap();
    let measures = json!([
        {"name": "total", "label": "Total", "kind": "sum", "column": "price"},
        {"name": "buyers", "label": "Buyers", "kind": "count_distinct", "column": "customer"}
    ]);
    change(&ward.mill, "sales", json!({"measures": measures})).await;
    // Added up by customer first, it is 0.6000000000000001.
    let query = json!({"measures": ["sales.total", "sales.buyers"]});
    assert_eq!(rows(&ward.mill, query.clone()).await, json!([[0.6, 2]]));
    equal(&ward.mill, &query).await;
    // A join is no partial.
    let joined = "select count(distinct s.customer), sum(s.price) from sales as s join sales as t on s.id = t.id";
    assert_eq!(ward.rows(joined).await, json!([[2], [0.6]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_the_same_from_rows() {
    let ward = Ward::new().await;
    for part in 0..2 {
        let rows: String = (0..5_000).map(|row| format!("{},n{},{}.5\n", ["a", "b"][row % 2], part * 2_500 + row, row * 7 % 5_000)).collect();
        ward.mill.load("people", Csv::bytes(format!("city,name,size\n{rows}"))).await.unwrap();
    }
    change(
        &ward.mill,
        "people",
        json!({"measures": [
            {"name": "names", "label": "Names", "kind": "count_distinct_approx", "column": "name"},
            {"name": "median", "label": "Median", "kind": "quantile", "column": "size"}
        ]}),
    )
    .await;
    let query = json!({"measures": ["people.names", "people.median"]});
    let estimated = equal(&ward.mill, &query).await;
    assert!(!estimated.answered.exact && !estimated.recomputed.exact);
    equal(&ward.mill, &json!({"measures": ["people.names", "people.median"], "dimensions": ["people.city"], "exact": true})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_scope_verifies_what_it_sees_and_is_told_nothing_else() {
    let ward = Ward::new().await;
    ward.mill
        .load("orders", Csv::bytes("at,city,amount\n2013-01-01,Rome,1\n2013-01-02,Oslo,2\n2013-01-03,Rome,3\n2014-01-01,Oslo,9\n"))
        .await
        .unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'");
    let mill = ward.engine.mill(scope.clone());
    let verification =
        equal(&mill, &json!({"measures": ["orders.count", "orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "last 7 days of data"}]})).await;
    assert_eq!((verification.rows, verification.values), (1, 2));
    for provenance in [&verification.answered, &verification.recomputed] {
        assert!(provenance.row_filter_applied);
        assert_eq!((provenance.segments_total, provenance.segments_read, provenance.rows_scanned, provenance.bytes_read), (0, 0, 0, 0));
        assert!(provenance.stages.is_empty(), "{provenance:?}");
    }
    assert_eq!((verification.answered_ms, verification.recomputed_ms), (None, None));
    assert!(verification.versions[0].complete_until.is_some_and(|until| until.to_string().starts_with("2013-01-04")));
    // Limits hold for both together.
    let hurried = ward.engine.mill(scope.with_limits(Limits { deadline: std::time::Duration::ZERO, ..Limits::default() }));
    let query = serde_json::from_value(json!({"measures": ["orders.count"]})).unwrap();
    assert_eq!(hurried.verify(&query).await.unwrap_err().kind(), ErrorKind::Exhausted);
    let wrong = serde_json::from_value(json!({"measures": ["orders.cuont"]})).unwrap();
    assert_eq!(mill.verify(&wrong).await.unwrap_err().kind(), ErrorKind::Invalid);
}

/// A question about the segment that the log below lies about.
fn above_two() -> Value {
    json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "filters": [{"member": "orders.amount", "operator": "gt", "values": [2]}]})
}

/// Rows with a log that says something else of a segment than its rows do, with nothing that could tell.
pub(crate) async fn lied_about() -> (Ward, Mill) {
    let ward = Ward::open_tables(Settings::default()).await;
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\nRome,2\nOslo,3\nOslo,4\n")).await.unwrap();
    equal(&ward.mill, &above_two()).await;
    let path = ward.folder.path().join("acme/orders/_delta_log/00000000000000000000.json");
    let mut lied = String::new();
    for line in std::fs::read_to_string(&path).unwrap().lines() {
        let mut action: Value = serde_json::from_str(line).unwrap();
        if let Some(info) = action.get_mut("commitInfo") {
            info.as_object_mut().unwrap().remove("tidemill.crc32").unwrap();
        }
        if action.get("add").is_some() {
            let mut stats: Value = serde_json::from_str(action["add"]["stats"].as_str().unwrap()).unwrap();
            stats["maxValues"]["amount"] = json!(2);
            action["add"]["stats"] = json!(stats.to_string());
        }
        lied.push_str(&format!("{action}\n"));
    }
    std::fs::write(&path, lied).unwrap();
    let mill = plain(ward.folder.path(), Settings::default()).open().await.unwrap().tenant("acme").unwrap();
    (ward, mill)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_what_its_rows_say_is_told() {
    let (_ward, mill) = lied_about().await;
    let verification = verify(&mill, &above_two()).await;
    assert_eq!((verification.equal, verification.rows), (false, 0));
    let lost = verification.differences.iter().find(|difference| difference.kind == DifferenceKind::OnlyRecomputed).unwrap();
    assert_eq!((json!(lost.row), &lost.recomputed), (json!({"orders.city": "Oslo"}), &json!({"orders.sum_amount": 7})));
    let all = equal(&mill, &json!({"measures": ["orders.sum_amount"]})).await;
    assert_eq!(all.values, 1);
    // Where values become columns, one is missing too.
    let mut wide = above_two();
    wide["pivot"] = json!(["orders.city"]);
    let lost = verify(&mill, &wide).await.differences;
    let number = lost.iter().find(|difference| difference.kind == DifferenceKind::OnlyRecomputed && difference.column.is_some()).unwrap();
    assert_eq!((json!(number.row), &number.recomputed), (json!({"orders.city": "Oslo"}), &json!(7)));
}
