//! Orders of a shop with their items and the events of their delivery, in the shape of RTABench: a star of five tables
//! over the year 2024, selective questions, one table of events that is far larger than the rest. The rows are our own;
//! numbers of rows and distributions follow what its published plans show. One part of the orders is made, so that a run
//! can be quick; customers and products are always all there. The same part is always the same files.
//!
//! The payload of an event is two columns here, `terminal` and `status`, because Tidemill has no JSON columns.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::random::Random;

/// Orders of the whole.
pub const ORDERS: usize = 10_010_342;
const CUSTOMERS: usize = 1_102;
const PRODUCTS: usize = 9_255;
/// First instant, 2024-01-01 in UTC, in microseconds.
const START_US: i64 = 1_704_067_200_000_000;
const DAY_US: i64 = 86_400_000_000;
const DAYS: i64 = 366;
/// Days between 1970 and 2024.
const START_DAY: i32 = 19_723;
const ORDERS_OF_A_BATCH: usize = 10_000;
/// Changes whenever the rows change, so that no old file is taken for a new one.
const LAYOUT: u32 = 1;

/// `Shipped` is not among them: one of the questions relies on that.
const EVENT_TYPES: [&str; 5] = ["Created", "Arrived", "Scanned", "Departed", "Delivered"];
/// Their places.
const CREATED: usize = 0;
const ARRIVED: usize = 1;
const SCANNED: usize = 2;
const DEPARTED: usize = 3;
const DELIVERED: usize = 4;
const CATEGORIES: [&str; 9] = ["Electronics", "Books", "Clothing", "Garden", "Toys", "Sports", "Beauty", "Food", "Tools"];
const TERMINALS: [&str; 66] = [
    "Berlin",
    "Hamburg",
    "Munich",
    "London",
    "Paris",
    "Lyon",
    "Madrid",
    "Barcelona",
    "Lisbon",
    "Porto",
    "Rome",
    "Milan",
    "Vienna",
    "Zurich",
    "Geneva",
    "Brussels",
    "Antwerp",
    "Amsterdam",
    "Rotterdam",
    "Copenhagen",
    "Oslo",
    "Bergen",
    "Stockholm",
    "Malmo",
    "Helsinki",
    "Tallinn",
    "Riga",
    "Vilnius",
    "Warsaw",
    "Krakow",
    "Prague",
    "Brno",
    "Bratislava",
    "Budapest",
    "Ljubljana",
    "Zagreb",
    "Belgrade",
    "Sofia",
    "Bucharest",
    "Athens",
    "Istanbul",
    "Ankara",
    "Dublin",
    "Cork",
    "Edinburgh",
    "Glasgow",
    "Leeds",
    "Cardiff",
    "Lille",
    "Nantes",
    "Turin",
    "Naples",
    "Palermo",
    "Seville",
    "Valencia",
    "Cologne",
    "Frankfurt",
    "Stuttgart",
    "Leipzig",
    "Dresden",
    "Graz",
    "Linz",
    "Basel",
    "Bern",
    "Reykjavik",
    "Luxembourg",
];

/// The files of the five tables.
#[derive(Debug)]
pub struct Star {
    /// Name and file of each table.
    pub tables: Vec<(&'static str, PathBuf)>,
    /// Rows of each table.
    pub rows: Vec<usize>,
}

/// One in `part` of the orders, written now unless the files are there already.
///
/// # Errors
/// When a file cannot be written.
pub fn prepare(folder: &Path, part: usize) -> Result<Star> {
    fs::create_dir_all(folder).context("create the folder of the data")?;
    let orders = ORDERS / part;
    type Write = fn(&Path, usize) -> Result<()>;
    let writers: [(&'static str, Write); 5] = [
        ("customers", |path, _| write(path, std::iter::once(customers()))),
        ("products", |path, _| write(path, std::iter::once(products()))),
        ("orders", |path, orders| write(path, batches(orders).map(|(from, to)| orders_of(orders, from, to)))),
        ("order_items", |path, orders| write(path, batches(orders).map(|(from, to)| items_of(from, to)))),
        ("order_events", |path, orders| write(path, batches(orders).map(|(from, to)| events_of(orders, from, to)))),
    ];
    let (mut tables, mut rows) = (Vec::new(), Vec::new());
    for (name, writer) in writers {
        let path = folder.join(format!("star-{part}-{name}-v{LAYOUT}.parquet"));
        if !path.exists() {
            let unfinished = path.with_extension("unfinished");
            writer(&unfinished, orders)?;
            fs::rename(&unfinished, &path).context("give the data its name")?;
        }
        let file = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        let footer = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)?;
        rows.push(usize::try_from(footer.metadata().file_metadata().num_rows())?);
        tables.push((name, path));
    }
    Ok(Star { tables, rows })
}

fn batches(orders: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..orders).step_by(ORDERS_OF_A_BATCH).map(move |from| (from, orders.min(from + ORDERS_OF_A_BATCH)))
}

fn write(path: &Path, batches: impl Iterator<Item = Result<RecordBatch>>) -> Result<()> {
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).set_max_row_group_row_count(Some(250_000)).build();
    let mut batches = batches.peekable();
    let schema = match batches.peek() {
        Some(Ok(first)) => first.schema(),
        _ => anyhow::bail!("a table without rows"),
    };
    let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
    let mut writer = ArrowWriter::try_new_with_options(file, schema, ArrowWriterOptions::new().with_properties(properties))?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}

fn texts(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn numbers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn customers() -> Result<RecordBatch> {
    let mut random = Random::seeded(1);
    let ids = || 1..=CUSTOMERS as i64;
    // Birthdays over 115 years, the youngest born a year before the first order.
    let birthdays: Vec<i32> = ids().map(|_| START_DAY - 365 - random.below(115 * 365) as i32).collect();
    let mut drawn = |end: u64| ids().map(|_| random.below(end)).collect::<Vec<u64>>();
    let (zips, states, countries) = (drawn(90_000), drawn(5_000), drawn(239));
    let country = |number: u64| if number == 0 { "Switzerland".to_owned() } else { format!("Country {number:03}") };
    Ok(RecordBatch::try_from_iter([
        ("customer_id", numbers(ids())),
        ("name", texts(ids().map(|id| format!("Customer {id:04}")))),
        ("birthday", Arc::new(Date32Array::from(birthdays)) as ArrayRef),
        ("email", texts(ids().map(|id| format!("customer{id}@shop.example")))),
        ("address", texts(ids().map(|id| format!("{id} High Street")))),
        ("city", texts(zips.iter().map(|zip| format!("City {}", zip % 700)))),
        ("zip", texts(zips.iter().map(|zip| format!("{}", 10_000 + zip)))),
        ("state", texts(states.iter().map(|state| format!("State {state:04}")))),
        ("country", texts(countries.into_iter().map(country))),
    ])?)
}

fn products() -> Result<RecordBatch> {
    let mut random = Random::seeded(2);
    let ids = || 1..=PRODUCTS as i64;
    let categories: Vec<usize> = ids().map(|_| random.below(CATEGORIES.len() as u64) as usize).collect();
    let prices: Vec<f64> = ids().map(|_| (100.0 + random.unit() * random.unit() * 99_900.0).floor() / 100.0).collect();
    let stock: Vec<i64> = ids().map(|_| random.below(1_000) as i64).collect();
    Ok(RecordBatch::try_from_iter([
        ("product_id", numbers(ids())),
        ("name", texts(ids().map(|id| format!("Product {id:05}")))),
        ("description", texts(ids().zip(&categories).map(|(id, category)| format!("{} number {id}", CATEGORIES[*category])))),
        ("category", texts(categories.iter().map(|category| CATEGORIES[*category].to_owned()))),
        ("price", Arc::new(Float64Array::from(prices)) as ArrayRef),
        ("stock", numbers(stock.into_iter())),
    ])?)
}

/// Orders come evenly over the year, in the order of their numbers, which begin at 1.
fn created_at(orders: usize, order: usize) -> i64 {
    let jitter = Random::seeded(order as u64).unit();
    START_US + ((order as f64 + jitter) / orders as f64 * (DAYS * DAY_US) as f64) as i64
}

fn orders_of(orders: usize, from: usize, to: usize) -> Result<RecordBatch> {
    let mut random = Random::seeded(1_000_003 + from as u64);
    let customers: Vec<i64> = (from..to).map(|_| 1 + random.below(CUSTOMERS as u64) as i64).collect();
    Ok(RecordBatch::try_from_iter([
        ("order_id", numbers((from..to).map(|order| order as i64 + 1))),
        ("customer_id", numbers(customers.into_iter())),
        ("created_at", Arc::new(TimestampMicrosecondArray::from_iter_values((from..to).map(|order| created_at(orders, order)))) as ArrayRef),
    ])?)
}

/// One to twenty different products an order.
fn items_of(from: usize, to: usize) -> Result<RecordBatch> {
    let mut random = Random::seeded(2_000_003 + from as u64);
    let [mut order_id, mut product_id, mut amount] = [(); 3].map(|()| Vec::new());
    for order in from..to {
        let mut chosen: Vec<i64> = Vec::new();
        let wanted = 1 + random.below(20) as usize;
        while chosen.len() < wanted {
            let product = 1 + random.below(PRODUCTS as u64) as i64;
            if !chosen.contains(&product) {
                chosen.push(product);
            }
        }
        for product in chosen {
            order_id.push(order as i64 + 1);
            product_id.push(product);
            amount.push(1 + random.below(10) as i64);
        }
    }
    Ok(RecordBatch::try_from_iter([("order_id", numbers(order_id.into_iter())), ("product_id", numbers(product_id.into_iter())), ("amount", numbers(amount.into_iter()))])?)
}

/// An order is created, goes over two to six terminals (arrives, is scanned, departs) and is mostly delivered four to
/// seven days later. What would come after the year is left out.
fn events_of(orders: usize, from: usize, to: usize) -> Result<RecordBatch> {
    let mut random = Random::seeded(3_000_003 + from as u64);
    let mut rows = Events::default();
    for order in from..to {
        let created = created_at(orders, order);
        let mut types = vec![CREATED];
        for _ in 0..2 + random.below(5) {
            types.push(ARRIVED);
            let scans = 1 + random.below(3) + u64::from(random.below(20) == 0);
            types.extend((0..scans).map(|_| SCANNED));
            types.push(DEPARTED);
        }
        let lag = 4.0 + 3.0 * random.unit();
        let steps = types.len() as f64;
        if random.unit() < 0.86 {
            types.push(DELIVERED);
        }
        for (place, event_type) in types.into_iter().enumerate() {
            let share = match event_type {
                CREATED => 0.0,
                DELIVERED => 1.0,
                _ => (place as f64 + random.unit()) / (steps + 1.0),
            };
            let at = created + (share * lag * DAY_US as f64) as i64;
            let drawn = Draw::of(&mut random);
            if at < START_US + DAYS * DAY_US {
                rows.push(order as i64 + 1, place as i64 + 1, at, event_type, &drawn);
            }
        }
    }
    rows.batch()
}

/// What is random in any event, drawn also for those that are left out.
struct Draw {
    satisfaction: f64,
    processor: u64,
    backup: Option<u64>,
    terminal: u64,
    status: &'static str,
}

impl Draw {
    fn of(random: &mut Random) -> Self {
        Self {
            satisfaction: random.below(101) as f64 / 10.0,
            processor: random.below(2_000),
            backup: Some(random.below(2_500)).filter(|number| *number < 50),
            terminal: random.below(TERMINALS.len() as u64),
            status: match random.below(1_000) {
                0..107 => "Delayed,Priority",
                107..300 => "Priority",
                300..400 => "Fragile",
                _ => "Regular",
            },
        }
    }
}

#[derive(Default)]
struct Events {
    order_id: Vec<i64>,
    counter: Vec<i64>,
    event_created: Vec<i64>,
    event_type: Vec<&'static str>,
    satisfaction: Vec<f64>,
    processor: Vec<String>,
    backup_processor: Vec<Option<String>>,
    terminal: Vec<&'static str>,
    status: Vec<&'static str>,
}

impl Events {
    fn push(&mut self, order: i64, counter: i64, at: i64, event_type: usize, drawn: &Draw) {
        self.order_id.push(order);
        self.counter.push(counter);
        self.event_created.push(at);
        self.event_type.push(EVENT_TYPES[event_type]);
        self.satisfaction.push(drawn.satisfaction);
        // One of two thousand processors has `ron` in its name.
        self.processor.push(if drawn.processor == 0 { "Electron".to_owned() } else { format!("Processor {}", drawn.processor % 50) });
        self.backup_processor.push(drawn.backup.map(|number| format!("Backup {number}")));
        self.terminal.push(TERMINALS[drawn.terminal as usize]);
        self.status.push(drawn.status);
    }

    fn batch(self) -> Result<RecordBatch> {
        let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
        Ok(RecordBatch::try_from_iter_with_nullable([
            ("order_id", numbers(self.order_id.into_iter()), false),
            ("counter", numbers(self.counter.into_iter()), false),
            ("event_created", Arc::new(TimestampMicrosecondArray::from(self.event_created)) as ArrayRef, false),
            ("event_type", text(self.event_type), false),
            ("satisfaction", Arc::new(Float64Array::from(self.satisfaction)), false),
            ("processor", texts(self.processor.into_iter()), false),
            ("backup_processor", Arc::new(StringArray::from(self.backup_processor)), true),
            ("terminal", text(self.terminal), false),
            ("status", text(self.status), false),
        ])?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

    use super::*;

    /// Orders that are 1/1,000 of the whole.
    const FEW: usize = ORDERS / 1_000;

    #[test]
    fn the_same_part_is_the_same_rows() {
        assert_eq!(events_of(FEW, 0, 500).unwrap(), events_of(FEW, 0, 500).unwrap());
        assert_eq!(customers().unwrap(), customers().unwrap());
    }

    #[test]
    fn distributions_are_those_that_were_published() {
        let near = |found: f64, wanted: f64, share: f64| assert!((found / wanted - 1.0).abs() < share, "{found} instead of {wanted}");
        let orders = FEW as f64;
        let items = items_of(0, FEW).unwrap();
        near(items.num_rows() as f64 / orders, 10.5, 0.02);
        let events = events_of(FEW, 0, FEW).unwrap();
        near(events.num_rows() as f64 / orders, 18.2, 0.03);
        let types = events.column_by_name("event_type").unwrap().as_string::<i32>();
        let of = |name: &str| types.iter().filter(|value| *value == Some(name)).count() as f64;
        near(of("Created") / orders, 1.0, 1e-9);
        near(of("Departed") / orders, 3.95, 0.02);
        near(of("Delivered") / orders, 0.846, 0.02);
        assert!(of("Shipped") == 0.0);
        let delayed = events.column_by_name("status").unwrap().as_string::<i32>().iter().flatten().filter(|status| status.contains("Delayed")).count();
        near(delayed as f64 / events.num_rows() as f64, 0.107, 0.03);
        let backups = events.column_by_name("backup_processor").unwrap();
        near(backups.null_count() as f64 / events.num_rows() as f64, 0.98, 0.01);
        let countries = customers().unwrap().column_by_name("country").unwrap().as_string::<i32>().iter().filter(|name| *name == Some("Switzerland")).count();
        assert!((1..12).contains(&countries), "{countries}");
    }

    #[test]
    fn orders_and_events_lie_in_the_year_and_in_order() {
        let orders = orders_of(FEW, 0, FEW).unwrap();
        let times = orders.column(2).as_primitive::<TimestampMicrosecondType>().values();
        assert!(times.is_sorted() && times[0] >= START_US && times[FEW - 1] < START_US + DAYS * DAY_US);
        let events = events_of(FEW, 0, FEW).unwrap();
        let (ids, times) = (events.column(0).as_primitive::<Int64Type>().values(), events.column(2).as_primitive::<TimestampMicrosecondType>().values());
        let ordered = ids.iter().zip(times).collect::<Vec<_>>();
        assert!(ordered.is_sorted() && times.iter().all(|time| *time < START_US + DAYS * DAY_US));
    }
}
