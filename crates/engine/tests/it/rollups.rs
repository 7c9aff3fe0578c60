//! Rollups never change an answer, are never stale, survive a restart and damage, and say what they lack.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidemill::{AdviceState, Csv, DatasetName, Engine, Mill, QueryResult, Rollup, Scope, SemanticQuery, Settings, TenantId};

use crate::partials::{Dice, ask, assert_equal};
use crate::ward::{Ward, open};

/// Nothing is kept in memory, so that every answer comes from stored partials or from rows.
const COLD: usize = 1;

async fn engine(folder: &Path, partial_cache_bytes: usize) -> Engine {
    let settings = Settings { partial_cache_bytes, segment_max_rows: 16_000, background_rollups: false, ..Settings::default() };
    open(folder, settings).await
}

async fn mill(ward: &Ward, partial_cache_bytes: usize) -> Mill {
    engine(ward.folder.path(), partial_cache_bytes).await.tenant("acme").unwrap()
}

fn rollup(value: Value) -> Rollup {
    serde_json::from_value(value).unwrap()
}

const MEASURES: [&str; 8] = ["count", "sum_amount", "avg_amount", "min_amount", "max_amount", "sum_revenue", "avg_revenue", "min_revenue"];

fn hourly() -> Rollup {
    rollup(json!({"name": "hourly", "measures": MEASURES, "dimensions": ["device"], "time_dimension": "at", "granularity": "hour"}))
}

fn towns() -> Rollup {
    rollup(json!({"name": "towns", "measures": MEASURES, "dimensions": ["city"], "time_dimension": "at", "granularity": "day"}))
}

fn timeless() -> Rollup {
    rollup(json!({"name": "timeless", "measures": ["count", "sum_amount", "max_amount", "sum_revenue"], "dimensions": ["city", "device"]}))
}

fn all() -> Vec<Rollup> {
    vec![hourly(), towns(), timeless()]
}

async fn declare(mill: &Mill, rollups: Vec<Rollup>) {
    let mut model = mill.model("orders").await.unwrap();
    model.rollups = rollups;
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

fn query(value: Value) -> SemanticQuery {
    serde_json::from_value(value).unwrap()
}

async fn answer(mill: &Mill, value: &Value) -> QueryResult {
    mill.query(&query(value.clone())).await.unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn by_city() -> Value {
    json!({"measures": ["orders.sum_amount", "orders.count"], "dimensions": ["orders.city"]})
}

fn stored(ward: &Ward) -> Vec<PathBuf> {
    ward.objects("orders").into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "partial")).collect()
}

/// Orders in several segments, with rollups built over all of them.
async fn built(rollups: Vec<Rollup>) -> (Ward, Mill) {
    let ward = Ward::new().await;
    let mill = mill(&ward, COLD).await;
    let mut dice = Dice(5);
    for _ in 0..2 {
        mill.load("orders", Csv::bytes(dice.rows(30_000))).await.unwrap();
    }
    declare(&mill, rollups).await;
    mill.build_rollups("orders").await.unwrap();
    (ward, mill)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_over_rollups_have_the_answers_of_the_rows() {
    let ward = Ward::new().await;
    let (raw, cold, kept) = (mill(&ward, 0).await, mill(&ward, COLD).await, mill(&ward, 32 << 20).await);
    let mut dice = Dice(2014);
    let mut rolled = 0;
    for commit in 0..9 {
        let rows = dice.pick(&[40, 1_500, 6_000]);
        raw.load("orders", Csv::bytes(dice.rows(rows))).await.unwrap();
        if commit == 0 {
            declare(&raw, all()).await;
        }
        match commit {
            3 | 7 => drop(raw.compact("orders").await.unwrap()),
            5 => drop(raw.delete_rows("orders", "amount > 150000 or city = 'c3'").await.unwrap()),
            _ => {}
        }
        if commit % 2 == 0 {
            cold.build_rollups("orders").await.unwrap();
        }
        for _ in 0..30 {
            let question = dice.query();
            let expected = ask(&raw, &question).await;
            for (mode, mill) in [("cold", &cold), ("kept", &kept)] {
                let answer = answer(mill, &question).await;
                assert_equal(&answer.to_json()["data"], &expected, &format!("{mode}, commit {commit}: {question}"));
                rolled += answer.provenance.segments_rolled;
            }
        }
    }
    assert!(rolled > 100, "only {rolled} segments were answered from rollups");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_answers_after_a_restart_and_new_rows_are_never_missing() {
    let (ward, first) = built(all()).await;
    for status in first.rollups("orders").await.unwrap() {
        assert_eq!(status.segments_stored, status.segments_total, "{status:?}");
    }
    let segments = first.rollups("orders").await.unwrap()[0].segments_total;
    drop(first);
    let mill = mill(&ward, COLD).await;
    let found = answer(&mill, &by_city()).await.provenance;
    assert_eq!((found.segments_rolled, found.segments_read, found.rows_scanned, found.bytes_read), (segments, 0, 0, 0));
    // Of two that could answer, the one with fewer groups does.
    let used: Vec<_> = found.rollups.iter().filter(|rollup| rollup.segments > 0).map(|rollup| (rollup.name.as_str(), rollup.segments)).collect();
    assert_eq!(used, [("timeless", segments)]);

    mill.load("orders", Csv::bytes("at,city,device,amount,revenue\n2013-02-01T00:00:00Z,new town,tv,7,1.5\n")).await.unwrap();
    let found = answer(&mill, &by_city()).await;
    assert_eq!((found.provenance.segments_rolled, found.provenance.segments_read, found.provenance.rows_scanned), (segments, 1, 1));
    let data = found.to_json()["data"].clone();
    let place = data[0].as_array().unwrap().iter().position(|city| city == "new town").unwrap();
    assert_eq!((&data[1][place], &data[2][place]), (&json!(7), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_or_belongs_to_another_segment_is_computed_again() {
    let (ward, first) = built(all()).await;
    let expected = ask(&first, &by_city()).await;
    drop(first);
    let objects = stored(&ward);
    let originals: Vec<Vec<u8>> = objects.iter().map(|object| std::fs::read(object).unwrap()).collect();
    for (number, object) in objects.iter().enumerate() {
        let mut bytes = std::fs::read(object).unwrap();
        match number % 4 {
            0 => *bytes.last_mut().unwrap() ^= 1,
            1 => bytes.truncate(bytes.len() / 2),
            2 => bytes.clone_from(&originals[number - 1]),
            _ => std::fs::remove_file(object).unwrap(),
        }
        if number % 4 < 3 {
            std::fs::write(object, bytes).unwrap();
        }
    }
    let mill = mill(&ward, COLD).await;
    // The damaged ones are tried once, the removed ones are known to be absent from the start.
    for _ in 0..2 {
        let found = answer(&mill, &by_city()).await;
        assert_equal(&found.to_json()["data"], &expected, "damaged");
        assert_eq!(found.provenance.segments_rolled, 0);
    }
    mill.build_rollups("orders").await.unwrap();
    let found = answer(&mill, &by_city()).await;
    assert_equal(&found.to_json()["data"], &expected, "rebuilt");
    assert_eq!(found.provenance.segments_read, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_carries_stored_partials_along_and_a_deletion_leaves_none_behind() {
    let ward = Ward::new().await;
    let first = mill(&ward, COLD).await;
    let mut dice = Dice(8);
    for _ in 0..6 {
        first.load("orders", Csv::bytes(dice.rows(3_000))).await.unwrap();
    }
    declare(&first, all()).await;
    first.build_rollups("orders").await.unwrap();
    let expected = ask(&first, &by_city()).await;
    let report = first.compact("orders").await.unwrap();
    assert!(report.segments_after < report.segments_before, "{report:?}");
    let second = mill(&ward, COLD).await;
    let found = answer(&second, &by_city()).await;
    assert_equal(&found.to_json()["data"], &expected, "compacted");
    assert_eq!((found.provenance.segments_rolled, found.provenance.rows_scanned), (report.segments_after, 0));

    second.delete_rows("orders", "device = 'tv'").await.unwrap();
    let raw = mill(&ward, 0).await;
    for _ in 0..2 {
        assert_equal(&ask(&second, &by_city()).await, &ask(&raw, &by_city()).await, "after a deletion");
        second.build_rollups("orders").await.unwrap();
    }
    // Of segments that are gone nothing is left.
    let kept = second.rollups("orders").await.unwrap();
    assert_eq!(stored(&ward).len() as u64, kept.iter().map(|status| status.segments_stored).sum::<u64>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_says_what_it_lacks() {
    let (_ward, mill) = built(vec![rollup(json!({"name": "daily", "measures": ["count"], "dimensions": ["city"], "time_dimension": "at", "granularity": "day"}))]).await;
    let cases = [
        (json!({"measures": ["orders.count"], "dimensions": ["orders.device"]}), "does not keep device"),
        (json!({"measures": ["orders.sum_amount"]}), "does not keep sum(amount)"),
        (json!({"measures": ["orders.count"], "filters": [{"member": "orders.amount", "operator": "gt", "values": [5]}]}), "does not keep amount"),
    ];
    for (question, expected) in cases {
        let found = answer(&mill, &question).await.provenance;
        assert_eq!(found.segments_rolled, 0, "{question}");
        let lacks = found.rollups.first().and_then(|rollup| rollup.lacks.clone()).unwrap_or_default();
        assert!(lacks.contains(expected), "{lacks}");
    }
    let explained = mill.explain(&query(json!({"measures": ["orders.count"], "dimensions": ["orders.device"]}))).await.unwrap();
    assert!(explained.rollups[0].lacks.as_ref().unwrap().contains("device"));
    assert!(explained.to_string().contains("rollup daily: it does not keep device"), "{explained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_utc_answer_days_of_zones_that_they_fit_into() {
    let (ward, mill) = built(all()).await;
    let raw = self::mill(&ward, 0).await;
    let question = |zone: &str, from: &str| {
        let time = json!([{"dimension": "orders.at", "granularity": "day", "dateRange": [from, "2013-02-20"]}]);
        json!({"measures": ["orders.count", "orders.sum_revenue"], "timeDimensions": time, "timezone": zone})
    };
    for (zone, from, rolled) in [
        ("UTC", "2013-01-01", true),
        ("America/New_York", "2013-01-01", true),
        ("Europe/Berlin", "2013-01-01", true),
        // A quarter to an hour: the kept hours hold rows of two days.
        ("Asia/Kathmandu", "2013-01-01", false),
        // The first segment of the range has an hour that lies on both sides of its edge.
        ("UTC", "2013-01-10T07:30:00Z", true),
    ] {
        let question = question(zone, from);
        let found = answer(&mill, &question).await;
        assert_equal(&found.to_json()["data"], &ask(&raw, &question).await, zone);
        assert_eq!(found.provenance.segments_rolled > 0, rolled, "{zone} from {from}: {:?}", found.provenance);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quarters_of_an_hour_answer_every_zone() {
    let quarters = rollup(json!({"name": "quarters", "measures": MEASURES, "time_dimension": "at", "granularity": "15 minutes"}));
    let (ward, mill) = built(vec![quarters]).await;
    let raw = self::mill(&ward, 0).await;
    for zone in ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham"] {
        for (granularity, calendar) in
            [("30 minutes", json!({})), ("hour", json!({})), ("day", json!({"dayStart": 6})), ("week", json!({"weekStart": "sunday"})), ("month", json!({}))]
        {
            let time = json!([{"dimension": "orders.at", "granularity": granularity, "dateRange": ["2013-01-10", "2013-03-20"]}]);
            let question = json!({"measures": ["orders.count", "orders.sum_revenue", "orders.max_amount"], "timeDimensions": time, "timezone": zone, "calendar": calendar});
            let found = answer(&mill, &question).await;
            assert_equal(&found.to_json()["data"], &ask(&raw, &question).await, &format!("{granularity} in {zone}"));
            let told = found.provenance;
            assert_eq!((told.segments_rolled > 0, told.segments_read, told.rows_scanned), (true, 0, 0), "{granularity} in {zone}: {:?}", told.rollups);
            assert!(told.rollups.iter().any(|rollup| rollup.name == "quarters" && rollup.segments == told.segments_rolled), "{:?}", told.rollups);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_advisor_keeps_quarters_of_an_hour_for_zones_that_need_them() {
    let ward = Ward::new().await;
    let mill = mill(&ward, COLD).await;
    let rows: String = (0..12_000).map(|n| format!("2013-02-{:02}T{:02}:{:02}:00Z,{}\n", 1 + n % 5, n / 5 % 24, n / 120 % 60, n % 100)).collect();
    mill.load("orders", Csv::bytes(format!("at,amount\n{rows}"))).await.unwrap();
    let by_day = |zone: &str| json!({"measures": ["orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "granularity": "day"}], "timezone": zone});
    // Days of both are made of the same buckets.
    for zone in ["Asia/Kolkata", "Asia/Kathmandu", "Asia/Kolkata"] {
        assert!(answer(&mill, &by_day(zone)).await.provenance.rows_scanned > 0);
    }
    mill.build_rollups("orders").await.unwrap();
    let advice = mill.advice("orders").await.unwrap();
    let [kept] = advice.as_slice() else { panic!("{advice:?}") };
    assert_eq!((kept.state, kept.rollup.granularity.map(|width| width.to_string())), (AdviceState::Kept, Some("15 minutes".to_owned())), "{}", kept.reason);
    let raw = self::mill(&ward, 0).await;
    for zone in ["Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin"] {
        let found = answer(&mill, &by_day(zone)).await;
        assert_equal(&found.to_json()["data"], &ask(&raw, &by_day(zone)).await, zone);
        assert_eq!((found.provenance.segments_rolled > 0, found.provenance.rows_scanned), (true, 0), "{zone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_over_a_kept_dimension_is_answered_from_the_rollup_and_leaks_nothing() {
    let (ward, _) = built(all()).await;
    let (engine, raw) = (engine(ward.folder.path(), 32 << 20).await, mill(&ward, 0).await);
    let scope = |filter: &str| engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), filter));
    for _ in 0..2 {
        for filter in ["device = 'tv'", "device is null", "city <> 'c0'", "amount > 100000", "device = 'tv' and amount > 1000"] {
            let expected = raw.sql(&format!("select city, sum(amount), count(*) from orders where {filter} group by city")).await.unwrap().to_json()["data"].clone();
            assert_equal(&ask(&scope(filter), &by_city()).await, &expected, filter);
        }
    }
    // Who sees a part is not told what was read. Where there are no rows any more, they were not.
    let expected = raw.sql("select city, sum(amount), count(*) from orders where device = 'mobile' group by city").await.unwrap().to_json()["data"].clone();
    let told = answer(&scope("device = 'mobile'"), &by_city()).await.provenance;
    assert_eq!((told.segments_rolled, told.segments_read, told.rollups.len()), (0, 0, 0));
    let afresh = self::engine(ward.folder.path(), 32 << 20).await;
    let mobile = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "device = 'mobile'");
    let mobile = afresh.mill(mobile);
    for segment in ward.objects("orders").iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet")) {
        std::fs::remove_file(segment).unwrap();
    }
    assert_equal(&ask(&mobile, &by_city()).await, &expected, "without rows");
    assert!(scope("device = 'tv'").build_rollups("orders").await.is_err());
    assert!(engine.tenant("other").unwrap().rollups("orders").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_is_answered_from_rollups_too() {
    let (ward, mill) = built(all()).await;
    let raw = self::mill(&ward, 0).await;
    for (sql, rolled) in [
        ("select device, count(*), sum(amount) from orders group by device order by 1", true),
        ("select date_trunc('day', at) as day, count(*) from orders where at >= timestamp '2013-01-10T00:00:00' group by 1 order by 1", true),
        ("select cast(at as date), max(amount) from orders where city = 'c3' group by 1 order by 1", true),
        ("select count(*) filter (where device = 'tv'), count(device), count(distinct city), min(city) from orders", true),
        ("select city, max(at), min(cast(at as date)) from orders group by city order by 1", false),
        ("select upper(city), count(*) from orders where at between timestamp '2013-01-05T00:00:00' and timestamp '2013-02-05T12:00:00' group by 1 order by 1", true),
        ("select extract(hour from at), count(*) from orders group by 1 order by 1", false),
        ("select sum(amount + 1) from orders", false),
        ("select count(*) from orders where at = timestamp '2013-01-10T07:05:00'", false),
    ] {
        let found = mill.sql(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        assert_equal(&found.to_json()["data"], &raw.sql(sql).await.unwrap().to_json()["data"], sql);
        assert_eq!(found.provenance.segments_rolled > 0, rolled, "{sql}: {:?}", found.provenance);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_go_with_their_rollup_and_their_dataset() {
    let (ward, mill) = built(all()).await;
    assert!(!stored(&ward).is_empty());
    declare(&mill, Vec::new()).await;
    mill.build_rollups("orders").await.unwrap();
    assert_eq!(stored(&ward), Vec::<PathBuf>::new());

    declare(&mill, all()).await;
    mill.build_rollups("orders").await.unwrap();
    mill.delete_dataset("orders").await.unwrap();
    assert_eq!(stored(&ward), Vec::<PathBuf>::new());
    mill.load("orders", Csv::bytes("at,city,device,amount,revenue\n2013-02-01T00:00:00Z,Rome,tv,7,1.5\n")).await.unwrap();
    assert_eq!(ask(&mill, &by_city()).await, json!([["Rome"], [7], [1]]));
    assert!(mill.rollups("orders").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_advisor_keeps_what_is_asked_and_obeys() {
    let (ward, mill) = built(Vec::new()).await;
    for _ in 0..3 {
        assert!(answer(&mill, &by_city()).await.provenance.rows_scanned > 0);
    }
    mill.build_rollups("orders").await.unwrap();
    let advice = mill.advice("orders").await.unwrap();
    let [kept] = advice.as_slice() else { panic!("{advice:?}") };
    assert_eq!((kept.state, kept.rollup.dimensions.as_slice()), (AdviceState::Kept, ["city".to_owned()].as_slice()));
    assert!(kept.reason.contains("3 questions") && kept.segments > 0 && kept.bytes > 0, "{kept:?}");
    assert_eq!(answer(&mill, &by_city()).await.provenance.rows_scanned, 0);
    assert!(mill.advice("orders").await.unwrap()[0].rows_saved > 0);
    let name = kept.rollup.name.clone();

    // Another process knows what was decided.
    let other = self::mill(&ward, COLD).await;
    assert_eq!(answer(&other, &by_city()).await.provenance.rows_scanned, 0);

    assert!(mill.veto_rollup("orders", "nonsense").await.is_err());
    mill.veto_rollup("orders", &name).await.unwrap();
    for _ in 0..5 {
        assert!(answer(&mill, &by_city()).await.provenance.rows_scanned > 0);
    }
    mill.build_rollups("orders").await.unwrap();
    assert_eq!(mill.advice("orders").await.unwrap()[0].state, AdviceState::Vetoed);
    assert!(stored(&ward).is_empty());

    mill.pin_rollup("orders", &name).await.unwrap();
    mill.build_rollups("orders").await.unwrap();
    assert_eq!(answer(&mill, &by_city()).await.provenance.rows_scanned, 0);
    // Pinned, it stays however idle it is.
    for _ in 0..6 {
        mill.build_rollups("orders").await.unwrap();
    }
    assert_eq!(mill.advice("orders").await.unwrap()[0].state, AdviceState::Pinned);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_advisor_lets_go_of_what_is_idle_and_stays_inside_its_budget() {
    let (_ward, mill) = built(Vec::new()).await;
    for _ in 0..3 {
        answer(&mill, &by_city()).await;
    }
    for _ in 0..4 {
        mill.build_rollups("orders").await.unwrap();
    }
    let advice = mill.advice("orders").await.unwrap();
    assert_eq!(advice[0].state, AdviceState::Retired, "{advice:?}");

    let ward = Ward::new().await;
    let settings = Settings { partial_cache_bytes: COLD, advised_rollup_bytes: 10, background_rollups: false, ..Settings::default() };
    let engine = open(ward.folder.path(), settings).await;
    let small = engine.tenant("acme").unwrap();
    small.load("orders", Csv::bytes(Dice(1).rows(3_000))).await.unwrap();
    for _ in 0..3 {
        answer(&small, &by_city()).await;
    }
    small.build_rollups("orders").await.unwrap();
    let advice = engine.advice().await.unwrap();
    assert_eq!((advice.len(), advice[0].state, advice[0].tenant.as_str()), (1, AdviceState::Suggested, "acme"));
    assert!(advice[0].reason.contains("10 are left"), "{}", advice[0].reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_says_what_asking_then_does() {
    let (_ward, cold) = built(all()).await;
    let total = cold.rollups("orders").await.unwrap()[0].segments_total;
    let time = json!([{"dimension": "orders.at", "dateRange": ["2013-02-01", "2013-02-28"]}]);
    for question in [by_city(), json!({"measures": ["orders.count"], "timeDimensions": time}), json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.amount"]})] {
        let explained = cold.explain(&query(question.clone())).await.unwrap();
        let asked = answer(&cold, &question).await.provenance;
        assert_eq!(explained.segments_total, total);
        let told = (explained.segments_pruned, explained.segments_by_rollup, explained.segments_from_rows, explained.rows);
        assert_eq!(told, (asked.segments_pruned, asked.segments_rolled, asked.segments_read, asked.rows_scanned), "{question}");
        assert!(explained.bytes >= asked.bytes_read / 2, "{} {}", explained.bytes, asked.bytes_read);
    }
    let explained = cold.explain(&query(json!({"measures": ["orders.count", "orders.distinct_amount"]}))).await;
    assert!(explained.is_err(), "a member that is not there cannot be explained");
    let kernels = cold.explain(&query(json!({"measures": ["orders.count", "orders.sum_amount"]}))).await.unwrap().aggregates;
    assert!(kernels[0].kernel.contains("no column is read") && kernels[1].aggregate.contains("amount"), "{kernels:?}");
}
