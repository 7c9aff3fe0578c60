//! Lineage: what a number is made of, and nothing of it to who does not see all of its rows.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, Lineage, Mill, Operation, Origin, Scope, TenantId, UserAttributes};

use crate::composed::{change, shop};
use crate::ward::Ward;

const JANUARY: &str = "at,city,amount\n2013-01-05T10:00:00Z,Rome,1\n2013-01-06T10:00:00Z,Oslo,2\n";
const FEBRUARY: &str = "at,city,amount\n2013-02-05T10:00:00Z,Rome,3\n2013-02-06T10:00:00Z,Oslo,4\n2013-02-07T10:00:00Z,Bonn,5\n";

async fn lineage(mill: &Mill, query: Value) -> Lineage {
    mill.lineage(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {query}"))
}

fn within(from: &str, to: &str) -> Value {
    json!({"measures": ["orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "dateRange": [from, to]}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn only_loads_are_told_whose_rows_may_be_part_of_the_answer() {
    let ward = Ward::new().await;
    let first = ward.mill.load("orders", Csv::bytes(JANUARY)).await.unwrap();
    let second = ward.mill.load("orders", Csv::bytes(FEBRUARY)).await.unwrap();
    let february = lineage(&ward.mill, within("2013-02-01", "2013-02-28")).await;
    let [dataset] = february.datasets.as_slice() else { panic!("{february:?}") };
    assert_eq!((dataset.dataset.as_str(), dataset.version, dataset.restricted, dataset.rows), ("orders", 1, false, 3));
    let [commit] = dataset.commits.as_slice() else { panic!("{dataset:?}") };
    assert_eq!((commit.origin, commit.version, commit.operation, commit.rows), (Origin::Loaded, Some(1), Some(Operation::Load), 3));
    assert_eq!(commit.loads.iter().map(|load| (load.load_id.as_str(), load.rows)).collect::<Vec<_>>(), [(second.load_id.as_str(), 3)]);
    assert_eq!(commit.segments.iter().map(|segment| segment.rows).sum::<u64>(), 3);
    assert!(commit.segments.iter().all(|segment| segment.time_range.is_some_and(|range| range.from.to_string().starts_with("2013-02-0"))));
    assert_eq!(february.time_ranges[0].to.unwrap().to_rfc3339(), "2013-03-01T00:00:00+00:00");
    assert!(!february.truncated);

    let all = lineage(&ward.mill, json!({"measures": ["orders.count"]})).await;
    let loads: Vec<&str> = all.datasets[0].commits.iter().flat_map(|commit| &commit.loads).map(|load| load.load_id.as_str()).collect();
    assert_eq!(loads, [first.load_id.as_str(), second.load_id.as_str()]);
    assert_eq!((all.datasets[0].segments_matching, all.datasets[0].rows), (all.datasets[0].segments_total, 5));

    let nothing = lineage(&ward.mill, within("2015-01-01", "2015-01-31")).await;
    assert_eq!((nothing.datasets[0].segments_matching, nothing.datasets[0].commits.len()), (0, 0));
    let older = lineage(&ward.mill, json!({"measures": ["orders.count"], "asOf": 0})).await;
    assert_eq!((older.datasets[0].version, older.datasets[0].rows), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_rows_that_were_written_anew_the_loads_are_not_told() {
    let ward = Ward::new().await;
    for _ in 0..5 {
        ward.mill.load("orders", Csv::bytes("at,amount\n2013-01-01,1\n")).await.unwrap();
    }
    assert_eq!(lineage(&ward.mill, json!({"measures": ["orders.count"]})).await.datasets[0].commits.len(), 5);
    ward.mill.compact("orders").await.unwrap();
    let compacted = lineage(&ward.mill, json!({"measures": ["orders.count"]})).await;
    let [commit] = compacted.datasets[0].commits.as_slice() else { panic!("{compacted:?}") };
    assert_eq!((commit.origin, commit.version, commit.operation, commit.rows), (Origin::Rewritten, Some(5), Some(Operation::Compaction), 5));
    assert!(commit.loads.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_unfold_and_conditions_are_absolute() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let found = lineage(
        &mill,
        json!({
            "measures": ["orders.growth", "orders.paid"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "dateRange": "this year of data"}]
        }),
    )
    .await;
    let measures: Vec<_> = found.measures.iter().map(|measure| (measure.member.as_str(), measure.asked)).collect();
    assert_eq!(measures[..2], [("orders.growth", true), ("orders.paid", true)]);
    let mut rest = measures[2..].to_vec();
    rest.sort_unstable();
    assert_eq!(rest, [("orders.month_before", false), ("orders.revenue", false)]);
    let of = |member: &str| found.measures.iter().find(|measure| measure.member == member).unwrap();
    assert_eq!(of("orders.growth").definition.expression.as_deref(), Some("{revenue} / {month_before} - 1"));
    assert_eq!(of("orders.month_before").made_of, ["orders.revenue"]);
    assert_eq!((of("orders.revenue").definition.column.as_deref(), of("orders.revenue").made_of.len()), (Some("amount"), 0));
    assert_eq!(json!(of("orders.paid").conditions), json!([{"member": "orders.status", "operator": "equals", "values": ["paid"]}]));
    let range = &found.time_ranges[0];
    assert_eq!(range.relative.as_deref(), Some("last year of data"));
    assert_eq!((range.from.unwrap().to_rfc3339(), range.to.unwrap().to_rfc3339()), ("2024-01-01T00:00:00+00:00".to_owned(), "2025-01-01T00:00:00+00:00".to_owned()));
    let filtered = json!({
        "measures": ["orders.paid"], "segments": ["orders.paid"],
        "filters": [{"member": "orders.at", "operator": "afterDate", "values": ["2024-01-01"]}]
    });
    let filtered = lineage(&mill, filtered).await;
    let filters: Vec<_> = filtered.filters.iter().map(|applied| (applied.segment.as_deref(), json!(applied.filter))).collect();
    assert_eq!(
        filters,
        [
            (None, json!({"member": "orders.at", "operator": "afterOrOnDate", "values": ["2024-01-02T00:00:00Z"]})),
            (Some("orders.paid"), json!({"member": "orders.status", "operator": "equals", "values": ["paid"]}))
        ]
    );
    let model = mill.model("orders").await.unwrap();
    assert_eq!((found.datasets[0].label.as_str(), found.datasets[0].model_version), (model.label.as_str(), model.version));

    let joined = lineage(&mill, json!({"measures": ["orders.revenue"], "dimensions": ["customers.country"]})).await;
    assert_eq!(joined.datasets.iter().map(|dataset| dataset.dataset.as_str()).collect::<Vec<_>>(), ["customers", "orders"]);
    assert!(joined.datasets.iter().all(|dataset| dataset.commits.len() == 1));
    assert_eq!((joined.dimensions[0].member.as_str(), joined.dimensions[0].model.as_str()), ("customers.country", "customers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_that_is_told_is_the_one_that_the_question_takes() {
    let ward = Ward::new().await;
    for (name, rows) in [
        ("orders", "id,customer,ship_to\n1,a,DE\n2,b,IT\n"),
        ("customers", "id,city\na,R\nb,B\n"),
        ("countries", "code,title\nDE,Germany\nIT,Italy\n"),
        ("towns", "code,title\nR,Rome\nB,Bonn\n"),
    ] {
        ward.mill.load(name, Csv::bytes(rows)).await.unwrap();
    }
    // What is called home is a country to orders and a town to customers.
    let home = |model: &str, column: &str| json!({"name": "home", "model": model, "on": [{"column": column, "other": "code"}]});
    change(&ward.mill, "orders", json!({"joins": [{"name": "customers", "on": [{"column": "customer", "other": "id"}]}, home("countries", "ship_to")]})).await;
    change(&ward.mill, "customers", json!({"joins": [home("towns", "city")]})).await;
    let customers = json!({"join": "customers", "model": "customers", "on": [{"column": "customer", "other": "id"}]});
    let country = json!({"join": "home", "model": "countries", "on": [{"column": "ship_to", "other": "code"}]});
    let town = json!({"join": "home", "model": "towns", "on": [{"column": "city", "other": "code"}]});
    let way = |name: &str, steps: &[&Value]| json!({"name": name, "from": "orders", "steps": steps});

    let query = json!({"measures": ["orders.count"], "dimensions": ["home.title", "customers.id"]});
    assert_eq!(ward.data(&json!({"measures": ["orders.count"], "dimensions": ["home.title"], "order": {"home.title": "asc"}}).to_string()).await[0], json!(["Germany", "Italy"]));
    let found = lineage(&ward.mill, query).await;
    let models: Vec<_> = found.dimensions.iter().map(|dimension| (dimension.member.as_str(), dimension.model.as_str())).collect();
    assert_eq!(models, [("home.title", "countries"), ("customers.id", "customers")]);
    assert_eq!(json!(found.ways), json!([way("customers", &[&customers]), way("home", &[&country])]));

    let found = lineage(&ward.mill, json!({"measures": ["orders.count"], "dimensions": ["towns.title"]})).await;
    assert_eq!((found.dimensions[0].model.as_str(), json!(found.ways)), ("towns", json!([way("towns", &[&customers, &town])])));
    let filtered = json!({"measures": ["orders.count"], "filters": [{"member": "home.title", "operator": "equals", "values": ["Italy"]}]});
    assert_eq!(json!(lineage(&ward.mill, filtered).await.ways), json!([way("home", &[&country])]));
    assert!(lineage(&ward.mill, json!({"measures": ["orders.count"], "dimensions": ["orders.ship_to"]})).await.ways.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_model_that_is_counted_has_its_own_way() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let time = json!([{"dimension": "orders.at", "granularity": "month"}]);
    let found = lineage(&mill, json!({"measures": ["orders.revenue", "returns.count"], "dimensions": ["countries.title"], "timeDimensions": time})).await;
    let ways: Vec<_> = found
        .ways
        .iter()
        .map(|way| (way.name.as_str(), way.from.as_str(), way.steps.iter().map(|step| step.model.as_str()).collect::<Vec<_>>()))
        .collect();
    // Returns know the time of orders by themselves.
    assert_eq!(ways, [("countries", "orders", vec!["customers", "countries"]), ("countries", "returns", vec!["customers", "countries"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_on_a_time_that_is_told_back_picks_the_same_rows() {
    let ward = Ward::new().await;
    let rows =
        "2024-01-30T12:00:00Z,1\n2024-01-31T00:00:00Z,2\n2024-01-31T12:00:00.250Z,4\n2024-01-31T12:00:00.250400Z,8\n2024-01-31T23:59:59.999999Z,16\n2024-02-01T00:00:00Z,32\n,64\n";
    ward.mill.load("orders", Csv::bytes(format!("at,amount\n{rows}"))).await.unwrap();
    let asked = |filters: Value| json!({"measures": ["orders.sum_amount"], "filters": filters});
    let sum = async |query: &Value| ward.data(&query.to_string()).await[0][0].as_i64().unwrap();
    for (operator, values, expected) in [
        ("gt", json!(["2024-01-31"]), 32),
        ("gte", json!(["2024-01-31"]), 62),
        ("lt", json!(["2024-01-31"]), 1),
        ("lte", json!(["2024-01-31"]), 31),
        ("between", json!(["2024-01-31", "2024-01-31"]), 30),
        ("notBetween", json!(["2024-01-31", "2024-01-31"]), 97),
        ("equals", json!(["2024-01-31"]), 30),
        ("equals", json!(["2024-01-31", "2024-02-01T00:00:00Z", null]), 126),
        ("notEquals", json!(["2024-01-31"]), 97),
        ("notEquals", json!(["2024-01-31", "2024-02-01T00:00:00Z", null]), 1),
        ("lte", json!(["2024-01-31T12:00:00.25Z"]), 15),
        ("lte", json!(["2024-01-31T12:00:00.250000Z"]), 7),
        ("gt", json!(["2024-01-31T12:00:00.250Z"]), 48),
        ("inDateRange", json!(["2024-01-31", "2024-01-31T12:00:00.250"]), 14),
        ("inDateRange", json!(["2024-01-31T00:00:00", "2024-01-31T23:59:59.999999"]), 30),
        ("beforeOrOnDate", json!(["2024-01-31T12:00:00.250Z"]), 15),
    ] {
        let query = asked(json!([{"member": "orders.at", "operator": operator, "values": values}]));
        assert_eq!(sum(&query).await, expected, "{query}");
        let told = lineage(&ward.mill, query.clone()).await.filters.remove(0).filter;
        let again = asked(json!([told]));
        assert_eq!(sum(&again).await, expected, "{query}: {again}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_all_is_told_of_no_segment_and_no_load() {
    let ward = Ward::new().await;
    for rows in [JANUARY, FEBRUARY] {
        ward.mill.load("orders", Csv::bytes(rows)).await.unwrap();
    }
    let policy = json!([{"name": "own_city", "rows": [{"member": "orders.city", "operator": "equals", "values": ["{user.city}"]}]}]);
    change(&ward.mill, "orders", json!({"access_policies": policy})).await;
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let orders = || DatasetName::parse("orders").unwrap();
    let user = UserAttributes::default().with("city", ["Rome"]);
    for (mill, policies) in [
        (ward.engine.mill(scope().seen_by(user)), vec!["own_city".to_owned()]),
        (ward.engine.mill(scope().with_row_filter(orders(), "city = 'Rome'")), Vec::new()),
        (ward.engine.mill(scope().hiding(orders(), "city")), Vec::new()),
    ] {
        let found = lineage(&mill, within("2013-02-01", "2013-02-28")).await;
        assert_eq!(found.measures[0].definition.column.as_deref(), Some("amount"));
        let [dataset] = found.datasets.as_slice() else { panic!("{found:?}") };
        assert!(dataset.restricted);
        assert_eq!(dataset.policies, policies);
        assert_eq!((dataset.segments_total, dataset.segments_matching, dataset.rows, dataset.commits.len()), (0, 0, 0, 0));
        let text = serde_json::to_string(&found).unwrap();
        assert!(!text.contains(".parquet") && !text.contains("load_id"), "{text}");
    }
    let other = ward.engine.tenant("other").unwrap();
    let query = serde_json::from_value(json!({"measures": ["orders.count"]})).unwrap();
    assert!(other.lineage(&query).await.is_err());
    assert!(other.verify(&query).await.is_err());
}
