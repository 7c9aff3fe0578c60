//! Random commits, and after them every version asked again: it gives the answer that was given when it was the latest.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tidemill::clock::{Clock, ManualClock};
use tidemill::{AsOf, ColumnType, Csv, DatasetSettings, Engine, ErrorKind, Mill, SemanticQuery, Settings};

/// Numbers that are random enough and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const KEPT_HOURS: i64 = 48;

async fn open(folder: &std::path::Path, clock: &Arc<ManualClock>, partial_cache_bytes: usize) -> Mill {
    let settings = Settings {
        upkeep_seconds: 0,
        background_rollups: false,
        partial_cache_bytes,
        segment_max_rows: 1_000,
        versions_kept_seconds: KEPT_HOURS as u64 * 3_600,
        replaced_kept_seconds: 3_600,
        ..Settings::default()
    };
    Engine::builder().path(folder).settings(settings).clock(clock.clone()).open().await.unwrap().tenant("acme").unwrap()
}

/// Some rows of the last weeks.
fn load(dice: &mut Dice, now: DateTime<Utc>) -> tidemill::Load {
    let mut text = "at,city,amount\n".to_owned();
    for _ in 0..[1, 5, 60][dice.roll(3) as usize] {
        let at = now - TimeDelta::minutes(dice.roll(60 * 24 * 60) as i64);
        text += &format!("{},c{},{}\n", at.format("%Y-%m-%dT%H:%M:%SZ"), dice.roll(5), dice.roll(1_000));
    }
    Csv::bytes(text).column_type("at", ColumnType::Timestamp).column_type("city", ColumnType::String).column_type("amount", ColumnType::Integer)
}

fn semantic() -> SemanticQuery {
    let query = json!({
        "measures": ["orders.count", "orders.sum_amount", "orders.max_amount"], "dimensions": ["orders.city"],
        "timeDimensions": [{"dimension": "orders.at", "granularity": "week", "dateRange": "last 20 days"}], "limit": 10_000,
    });
    serde_json::from_value(query).unwrap()
}

const SQL: &str = "select city, count(*), sum(amount), min(at), max(at) from orders group by city order by city";

/// What is asked of a state; `None` where it cannot be asked.
async fn ask(mill: &Mill, as_of: Option<AsOf>) -> Option<(u64, [Value; 2])> {
    let query = SemanticQuery { as_of, ..semantic() };
    let sql = match as_of {
        Some(as_of) => mill.sql_as_of(SQL, as_of).await,
        None => mill.sql(SQL).await,
    };
    match (mill.query(&query).await, sql) {
        (Ok(answer), Ok(sql)) => {
            assert_eq!(answer.provenance.version, sql.provenance.version);
            Some((answer.provenance.version.unwrap(), [&answer, &sql].map(|answer| answer.to_json()["data"].clone())))
        }
        (Err(answer), Err(sql)) => {
            for error in [answer, sql] {
                assert!(error.kind() == ErrorKind::Invalid && error.field() == Some("asOf") && error.message().contains("can be read"), "{as_of:?}: {error}");
            }
            None
        }
        (answer, sql) => panic!("{as_of:?}: {answer:?}, {sql:?}"),
    }
}

/// A version as it was when it was the latest.
struct Seen {
    version: u64,
    at: DateTime<Utc>,
    answers: [Value; 2],
}

async fn check(mill: &Mill, seen: &[Seen], place: usize, erased_before: u64, now: DateTime<Utc>, what: &str) -> bool {
    let Seen { version, at, answers } = &seen[place];
    let replaced_at = seen.get(place + 1).map(|next| next.at);
    let certain = *version >= erased_before && replaced_at.is_none_or(|replaced_at| replaced_at + TimeDelta::hours(KEPT_HOURS) > now);
    let found = ask(mill, Some(AsOf::Version(*version))).await;
    assert!(found.is_some() || !certain, "{what}: version {version} is gone");
    assert!(found.is_none() || *version >= erased_before, "{what}: version {version} was erased");
    // Several commits may be of one instant; then the last of them is meant.
    if replaced_at.is_none_or(|replaced_at| replaced_at > *at) {
        assert_eq!(ask(mill, Some(AsOf::Time(*at))).await, found, "{what}: version {version} by its time");
    }
    let Some(found) = found else { return false };
    assert_eq!(found, (*version, answers.clone()), "{what}: version {version}");
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_answers_as_it_did() {
    let (mut counts, mut erasures, mut refused) = ([0; 9], 0, 0);
    for seed in [7, 77] {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
        let mut dice = Dice(seed);
        let mills = [open(folder.path(), &clock, 0).await, open(folder.path(), &clock, 32 << 20).await];
        let mut seen: Vec<Seen> = Vec::new();
        let mut erased_before = 0;
        for step in 0..120 {
            let mill = &mills[dice.roll(2) as usize];
            let kind = if step == 0 { 0 } else { [0, 0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 8, 8][dice.roll(15) as usize] };
            counts[kind] += 1;
            match kind {
                0 => drop(mill.load("orders", load(&mut dice, clock.now())).await.unwrap()),
                1 => drop(mill.delete_rows("orders", &format!("amount < {}", dice.roll(300))).await.unwrap()),
                2 => drop(mill.compact("orders").await.unwrap()),
                3 => drop(mill.apply_retention("orders").await.unwrap()),
                4 => {
                    let settings = DatasetSettings { keep_days: Some(20 + dice.roll(30) as u32), ..DatasetSettings::default() };
                    mill.update_dataset_settings("orders", settings).await.unwrap();
                }
                5 if dice.roll(3) == 0 => {
                    erasures += 1;
                    erased_before = mill.erase_rows("orders", &format!("amount % 7 = {}", dice.roll(7))).await.unwrap().version;
                }
                5 | 6 => drop(mill.checkpoint("orders").await.unwrap()),
                7 => drop(mill.vacuum("orders").await.unwrap()),
                _ => clock.advance(TimeDelta::minutes([1, 90, 900][dice.roll(3) as usize])),
            }
            let what = format!("seed {seed}, step {step}, {kind}");
            if kind == 8 {
                continue;
            }
            // Every commit in between is a version too: a compaction may make several.
            let latest = mill.dataset("orders").await.unwrap().summary.version;
            for version in seen.last().map_or(0, |last| last.version + 1)..=latest {
                let answers = ask(mill, Some(AsOf::Version(version))).await.map(|(_, answers)| answers);
                let answers = answers.unwrap_or_else(|| panic!("{what}: version {version} is new and gone"));
                if version == latest {
                    assert_eq!(Some((version, answers.clone())), ask(mill, None).await, "{what}");
                }
                seen.push(Seen { version, at: clock.now(), answers });
            }
            for mill in &mills {
                let place = dice.roll(seen.len() as u64) as usize;
                refused += u64::from(!check(mill, &seen, place, erased_before, clock.now(), &what).await);
            }
        }
        let fresh = open(folder.path(), &clock, 32 << 20).await;
        for (name, mill) in [("raw", &mills[0]), ("kept", &mills[1]), ("fresh", &fresh)] {
            let mut answered = 0;
            for place in 0..seen.len() {
                answered += u64::from(check(mill, &seen, place, erased_before, clock.now(), &format!("seed {seed}, {name}")).await);
            }
            assert!(answered > 0 && answered < seen.len() as u64, "seed {seed}: {answered} of {}", seen.len());
        }
    }
    assert!(counts.iter().all(|count| *count > 1) && refused > 0 && erasures > 0, "{counts:?}, {refused} refused, {erasures} erasures");
}
