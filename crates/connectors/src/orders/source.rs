//! The stream: orders of a past range of time, then orders as they happen, from any position on.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tidemill::{Json, Load, Result};

use super::catalogue::{CHANNELS, COUNTRIES, Country, PRODUCTS, Product, STATUSES};
use super::config::OrdersConfig;
use super::random::Random;
use super::rhythm::activity;
use super::types::Order;

const SECONDS_PER_DAY: f64 = 86_400.0;
const CUSTOMERS: f64 = 250_000.0;
/// A tick is one second, cut into this many milliseconds.
const TICK_MS: u64 = 1_000;
/// Ticks that share one computation of the shop's activity.
const ACTIVITY_TICKS: u64 = 60;
/// Above this many orders a second the chances of a slot would no longer be small.
const CHANCE_MAX: f64 = 0.5;

/// Where a reader of the stream is: every order before it has been handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// Before the orders of an instant (of its second, to be exact).
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(u64::try_from(instant.timestamp()).unwrap_or(0))
    }

    /// After the second of an order that has been stored; a restart goes on here.
    pub fn after(ordered_at: DateTime<Utc>) -> Self {
        Self(Self::at(ordered_at).0 + 1)
    }

    /// The position that a dataset has of the stream, as [`Mill::position`](tidemill::Mill::position) tells it.
    pub fn stored(position: u64) -> Self {
        Self(position)
    }

    /// The instant before which every order has been handed over.
    pub fn instant(self) -> DateTime<Utc> {
        i64::try_from(self.0).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default()
    }
}

/// Some orders, ready to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBatch {
    /// Name of the stream.
    pub source: String,
    /// Where the batch begins.
    pub from: Position,
    /// Where the stream goes on after it.
    pub position: Position,
    /// One order a line, oldest first.
    pub ndjson: Bytes,
    /// How many orders.
    pub rows: usize,
}

impl OrderBatch {
    /// An order to load the batch that brings the stream from where its orders are stored to its end. These end where the batch
    /// begins, or before it: a second without orders makes no batch. So each order is stored once, whoever loads it how often.
    pub fn load(&self, stored: Option<Position>) -> Load {
        Json::bytes(self.ndjson.clone()).position(self.source.clone(), stored.map(|stored| stored.0), self.position.0)
    }
}

/// An endless stream of orders.
#[derive(Debug, Clone)]
pub struct OrderStream {
    config: OrdersConfig,
    position: Option<Position>,
    activity: Activity,
}

impl OrderStream {
    /// A stream that begins with the first call of [`next_batch`](Self::next_batch), unless it is told otherwise.
    ///
    /// # Errors
    /// `Invalid` when a setting is out of its range.
    pub fn new(config: OrdersConfig) -> Result<Self> {
        config.validate()?;
        Ok(Self { config, position: None, activity: Activity::default() })
    }

    /// Goes on from a position, for instance after a restart.
    #[must_use]
    pub fn starting_at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// Name of the stream, under which a dataset keeps its position. Another seed is another stream.
    pub fn source(&self) -> String {
        format!("orders/{}", self.config.seed)
    }

    /// Where the stream is, if it has begun.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The orders of a past range of time, in batches; the stream goes on at `to`. A batch that is never asked for is
    /// not lost: the stream is where the last batch ended.
    pub fn backfill(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = OrderBatch> + '_ {
        self.position = Some(Position::at(from));
        std::iter::from_fn(move || self.batch_until(Position::at(to)))
    }

    /// The orders since the last batch, up to the last full second before `now`; at most one batch, so ask again until
    /// there is none.
    pub fn next_batch(&mut self, now: DateTime<Utc>) -> Option<OrderBatch> {
        self.batch_until(Position::at(now))
    }

    fn batch_until(&mut self, end: Position) -> Option<OrderBatch> {
        let from = *self.position.get_or_insert(end);
        let mut ndjson = Vec::new();
        let mut rows = 0;
        let mut tick = from.0;
        while tick < end.0 && rows < self.config.batch_rows {
            rows += self.write_tick(tick, &mut ndjson);
            tick += 1;
        }
        self.position = Some(Position(tick));
        (rows > 0).then(|| OrderBatch { source: self.source(), from, position: Position(tick), ndjson: ndjson.into(), rows })
    }

    /// Writes the orders of one second and says how many there are.
    fn write_tick(&mut self, tick: u64, ndjson: &mut Vec<u8>) -> usize {
        self.activity.look_at(tick);
        let expected = f64::from(self.config.orders_per_day) / SECONDS_PER_DAY * self.activity.total;
        let mut random = Random::of(self.config.seed, tick);
        // Slots of equal chance in place of a Poisson distribution: no logarithm, so the same on every machine.
        let mut slots = 8_u64;
        while expected / slots as f64 > CHANCE_MAX {
            slots *= 2;
        }
        let chance = expected / slots as f64;
        let mut rows = 0;
        for slot in 0..slots {
            if random.unit() >= chance {
                continue;
            }
            let offset_ms = (slot * TICK_MS + random.below(TICK_MS)) / slots;
            if let Some(order) = self.order(tick, offset_ms, rows, &mut random)
                && serde_json::to_writer(&mut *ndjson, &order).is_ok()
            {
                ndjson.push(b'\n');
                rows += 1;
            }
        }
        rows
    }

    fn order(&self, tick: u64, offset_ms: u64, number: usize, random: &mut Random) -> Option<Order> {
        let (country, _) = random.pick(&self.activity.countries, |(_, weight)| *weight)?;
        let product = random.pick(&POPULAR_PRODUCTS, |(_, weight)| *weight)?.0;
        let (channel, _) = random.pick(&CHANNELS, |channel| channel.1)?;
        let (status, _) = random.pick(&STATUSES, |status| status.1)?;
        let place = zipf(country.cities.len(), random);
        // The square of an even number is small more often than not: a few customers buy often.
        let customer = random.unit();
        let quantity = [1, 1, 1, 1, 1, 2, 2, 2, 3, 4].get(usize::try_from(random.below(10)).ok()?).copied().unwrap_or(1);
        let price_cents = product.price_cents;
        Some(Order {
            order_id: format!("{tick:x}-{number}"),
            ordered_at: (Position(tick).instant() + TimeDelta::milliseconds(i64::try_from(offset_ms).ok()?)).to_rfc3339_opts(SecondsFormat::Millis, true),
            customer_id: format!("c{:06}", (customer * customer * CUSTOMERS) as u32),
            country: country.name,
            city: country.cities.get(place).copied().unwrap_or(""),
            channel,
            product: product.name,
            category: product.category,
            quantity,
            unit_price: f64::from(price_cents) / 100.0,
            revenue: f64::from(price_cents * quantity) / 100.0,
            status,
        })
    }
}

/// Products with their weights: the second is bought half as often as the first, the third a third as often.
static POPULAR_PRODUCTS: std::sync::LazyLock<Vec<(&'static Product, f64)>> =
    std::sync::LazyLock::new(|| PRODUCTS.iter().zip(1_u32..).map(|(product, rank)| (product, 1.0 / f64::from(rank))).collect());

/// A place in a list of `len`, the second half as often as the first, the third a third as often.
fn zipf(len: usize, random: &mut Random) -> usize {
    let total: f64 = (1..=len).map(|rank| 1.0 / rank as f64).sum();
    let mut left = random.unit() * total;
    for rank in 1..len {
        left -= 1.0 / rank as f64;
        if left < 0.0 {
            return rank - 1;
        }
    }
    len.saturating_sub(1)
}

/// How busy each country is, kept for a minute.
#[derive(Debug, Clone, Default)]
struct Activity {
    minute: Option<u64>,
    countries: Vec<(&'static Country, f64)>,
    /// 1 is the average.
    total: f64,
}

impl Activity {
    fn look_at(&mut self, tick: u64) {
        let minute = tick / ACTIVITY_TICKS;
        if self.minute == Some(minute) {
            return;
        }
        let at = Position(minute * ACTIVITY_TICKS).instant();
        self.minute = Some(minute);
        self.countries = COUNTRIES.iter().map(|country| (country, country.share / 100.0 * activity(at, country.offset_minutes))).collect();
        self.total = self.countries.iter().map(|(_, weight)| weight).sum();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn stream() -> OrderStream {
        OrderStream::new(OrdersConfig::default()).unwrap()
    }

    fn orders(batches: impl Iterator<Item = OrderBatch>) -> Vec<serde_json::Value> {
        batches
            .flat_map(|batch| {
                let lines: Vec<serde_json::Value> =
                    batch.ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect();
                assert_eq!(lines.len(), batch.rows);
                lines
            })
            .collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_orders_however_they_are_asked_for() {
        let (from, to) = (at("2026-03-02T00:00:00Z"), at("2026-03-02T06:00:00Z"));
        let at_once = orders(stream().backfill(from, to));
        let mut live = stream().starting_at(Position::at(from));
        let mut piecewise = Vec::new();
        let mut now = from;
        while now < to {
            now = (now + TimeDelta::milliseconds(37_500)).min(to);
            // A restart after every batch.
            live = stream().starting_at(live.position().unwrap());
            piecewise.extend(orders(live.next_batch(now).into_iter()));
        }
        assert_eq!(at_once, piecewise);
        let other = OrderStream::new(OrdersConfig { seed: 8, ..OrdersConfig::default() })
            .unwrap()
            .backfill(from, to)
            .map(|batch| batch.ndjson)
            .collect::<Vec<_>>();
        assert_ne!(stream().backfill(from, to).map(|batch| batch.ndjson).collect::<Vec<_>>(), other);
    }

    #[test]
    fn a_stream_goes_on_after_its_backfill_without_gap_or_repetition() {
        let (from, to, later) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T11:00:00Z"), at("2026-03-02T11:05:00Z"));
        let mut one = stream();
        let mut found = orders(one.backfill(from, to));
        assert_eq!(one.position(), Some(Position::at(to)));
        found.extend(orders(one.next_batch(later).into_iter()));
        assert_eq!(found, orders(stream().backfill(from, later)));
        assert_eq!(one.next_batch(later), None);
        let last = found.last().unwrap()["ordered_at"].as_str().unwrap();
        let resumed = stream().starting_at(Position::after(at(last))).next_batch(at("2026-03-02T11:10:00Z"));
        let ids: HashSet<_> = found.iter().map(|order| order["order_id"].as_str().unwrap().to_owned()).collect();
        assert!(orders(resumed.into_iter()).iter().all(|order| !ids.contains(order["order_id"].as_str().unwrap())));
        assert_eq!(ids.len(), found.len());
    }

    #[test]
    fn a_stream_without_a_position_begins_now() {
        let mut one = stream();
        assert_eq!(one.next_batch(at("2026-03-02T12:00:00.900Z")), None);
        let batch = one.next_batch(at("2026-03-02T12:10:00Z")).unwrap();
        assert_eq!(batch.from, Position::at(at("2026-03-02T12:00:00Z")));
        assert_eq!(batch.position.instant(), at("2026-03-02T12:10:00Z"));
        assert_eq!((batch.source.as_str(), Position::stored(at("2026-03-02T12:10:00Z").timestamp().unsigned_abs())), ("orders/7", batch.position));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stream_that_is_stopped_and_repeated_anywhere_is_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let mill = tidemill::Engine::open(folder.path()).await.unwrap().tenant("acme").unwrap();
        let from = at("2026-03-02T03:00:00Z");
        let mut now = from;
        for round in 0..40 {
            now += TimeDelta::seconds(45);
            // Nothing is known of the round before, but what is stored.
            let stored = mill.position("orders", &stream().source()).await.unwrap().map(Position::stored);
            let mut one = stream().starting_at(stored.unwrap_or(Position::at(from)));
            let Some(batch) = one.next_batch(now) else { continue };
            let report = mill.load("orders", batch.load(stored)).await.unwrap();
            assert!(!report.replayed && report.rows == batch.rows as u64, "{report:?}");
            match round % 3 {
                // The answer was lost, so the batch comes again; or another process, which has begun elsewhere, is late.
                0 => assert!(mill.load("orders", batch.load(stored)).await.unwrap().replayed),
                1 => {
                    let late = stream().starting_at(Position::at(from)).next_batch(from + TimeDelta::minutes(200)).unwrap();
                    let error = mill.load("orders", late.load(None)).await.unwrap_err();
                    assert_eq!(error.position_conflict().unwrap().position.map(Position::stored), Some(batch.position), "{error}");
                }
                _ => {}
            }
        }
        let last = Position::stored(mill.position("orders", "orders/7").await.unwrap().unwrap());
        let expected = orders(stream().backfill(from, last.instant())).len();
        let counted = mill.sql("select count(*) as n, count(distinct order_id) as ids from orders").await.unwrap().to_csv().unwrap();
        assert_eq!(counted, format!("n,ids\r\n{expected},{expected}\r\n"));
    }

    #[test]
    fn batches_are_bounded_and_end_at_full_seconds() {
        let config = OrdersConfig { orders_per_day: 5_000_000, batch_rows: 1_000, ..OrdersConfig::default() };
        let batches: Vec<OrderBatch> = OrderStream::new(config).unwrap().backfill(at("2026-03-02T18:00:00Z"), at("2026-03-02T18:02:00Z")).collect();
        assert!(batches.len() > 5);
        assert!(batches.iter().all(|batch| batch.rows < 1_500), "{:?}", batches.iter().map(|batch| batch.rows).collect::<Vec<_>>());
        assert!(batches.windows(2).all(|pair| pair[0].position == pair[1].from));
    }

    #[test]
    fn a_week_looks_like_a_week() {
        let found = orders(stream().backfill(at("2026-03-02T00:00:00Z"), at("2026-03-09T00:00:00Z")));
        assert!((126_000..147_000).contains(&found.len()), "{} orders in a week", found.len());
        assert!(found.is_sorted_by(|a, b| a["ordered_at"].as_str() <= b["ordered_at"].as_str()));
        let count = |column: &str| {
            let mut counts: HashMap<String, usize> = HashMap::new();
            for order in &found {
                *counts.entry(order[column].as_str().unwrap().to_owned()).or_default() += 1;
            }
            counts
        };
        let (products, countries) = (count("product"), count("country"));
        assert_eq!((products.len(), countries.len()), (32, 12));
        assert!(products["Wireless earbuds"] > 15 * products["Winter coat"] && countries["United States"] > 5 * countries["Sweden"]);
        let hour = |text: &str| found.iter().filter(|order| order["ordered_at"].as_str().unwrap()[11..13] == *text).count();
        assert!(hour("19") > 2 * hour("04"), "{} {}", hour("19"), hour("04"));
        for order in &found {
            let expected = order["unit_price"].as_f64().unwrap() * order["quantity"].as_f64().unwrap();
            assert!((order["revenue"].as_f64().unwrap() - expected).abs() < 1e-9, "{order}");
        }
    }
}
