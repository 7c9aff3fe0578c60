//! The events of a website over 90 days: ordered by time, busy by day and quiet by night, skewed as the web is. The same
//! number of rows is always the same file.

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use anyhow::{Context, Result};
use arrow::array::{ArrayRef, DictionaryArray, Float64Builder, Int64Array, StringArray, TimestampMicrosecondArray, UInt16Array};
use arrow::datatypes::UInt16Type;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::random::{Random, Weighted};

/// First instant, 2026-01-01 in UTC, in microseconds.
const START_US: i64 = 1_767_225_600_000_000;
const HOUR_US: i64 = 3_600_000_000;
/// How long the events go on. The last day is 2026-03-31.
pub const DAYS: usize = 90;
const ROWS_OF_A_BATCH: usize = 250_000;
/// Changes whenever the rows change, so that no old file is taken for a new one.
const LAYOUT: u32 = 1;

const HOURS: [f64; 24] = [0.4, 0.3, 0.2, 0.2, 0.2, 0.3, 0.5, 0.8, 1.1, 1.3, 1.4, 1.4, 1.5, 1.4, 1.3, 1.3, 1.3, 1.4, 1.6, 1.8, 1.8, 1.6, 1.2, 0.7];
/// The first day is a Thursday.
const WEEKDAYS: [f64; 7] = [1.0, 1.05, 0.9, 0.85, 1.05, 1.05, 1.1];
const DEVICES: [&str; 5] = ["mobile", "desktop", "tablet", "tv", "bot"];
const BROWSERS: [&str; 8] = ["Chrome", "Safari", "Edge", "Firefox", "Samsung Internet", "Opera", "UC Browser", "Other"];
const EVENT_TYPES: [&str; 20] = [
    "page_view",
    "click",
    "scroll",
    "search",
    "video_play",
    "add_to_cart",
    "login",
    "purchase",
    "signup",
    "share",
    "download",
    "form_submit",
    "video_end",
    "logout",
    "comment",
    "like",
    "error",
    "refund",
    "invite",
    "upgrade",
];
/// Place of `purchase` in the list above: only it earns.
const PURCHASE: u16 = 7;
const COUNTRIES: [&str; 60] = [
    "US", "IN", "DE", "GB", "BR", "JP", "FR", "CA", "IT", "ES", "MX", "ID", "NL", "AU", "PL", "TR", "KR", "SE", "AR", "CH", "BE", "AT", "NO", "DK", "FI", "PT", "CZ", "RO", "GR",
    "IE", "HU", "NZ", "ZA", "TH", "VN", "PH", "MY", "SG", "HK", "TW", "IL", "AE", "SA", "EG", "NG", "KE", "CL", "CO", "PE", "UA", "SK", "BG", "HR", "SI", "LT", "LV", "EE", "RS",
    "IS", "LU",
];
const SECTIONS: [&str; 10] = ["products", "blog", "docs", "search", "account", "checkout", "help", "news", "jobs", "about"];
const URLS: u32 = 50_000;
const USERS: u32 = 1_000_000;

/// A file of events.
#[derive(Debug)]
pub struct Events {
    /// Where it is.
    pub path: PathBuf,
    /// Its rows.
    pub rows: usize,
    /// Its size.
    pub bytes: u64,
}

/// The file of events with so many rows, written now unless it is there already.
pub fn prepare(folder: &Path, rows: usize) -> Result<Events> {
    prepare_part(folder, rows, 0..rows)
}

/// A file with some of `rows` events, written now unless it is there already.
pub fn prepare_part(folder: &Path, rows: usize, part: Range<usize>) -> Result<Events> {
    let name = if part == (0..rows) { rows.to_string() } else { format!("{rows}-{}-{}", part.start, part.end) };
    let path = folder.join(format!("events-{name}-v{LAYOUT}.parquet"));
    if !path.exists() {
        let start = Instant::now();
        let unfinished = path.with_extension("unfinished");
        fs::create_dir_all(folder).context("create the folder of the data")?;
        write(&unfinished, rows, part.clone())?;
        fs::rename(&unfinished, &path).context("give the data its name")?;
        if part.len() > ROWS_OF_A_BATCH {
            eprintln!("wrote {} events in {:.1} s", part.len(), start.elapsed().as_secs_f64());
        }
    }
    let bytes = fs::metadata(&path).context("look at the data")?.len();
    Ok(Events { path, rows: part.len(), bytes })
}

/// The instant of one of `rows` events, in microseconds: none before it is later, none after it earlier.
pub fn instant_of(rows: usize, event: usize) -> Result<i64> {
    let batch = Generator::new(rows).rows_of(event, event + 1)?;
    let column = batch.column_by_name("event_at").context("find event_at")?;
    Ok(arrow::array::AsArray::as_primitive::<arrow::datatypes::TimestampMicrosecondType>(column).value(0))
}

fn write(path: &Path, rows: usize, part: Range<usize>) -> Result<()> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROWS_OF_A_BATCH))
        .set_dictionary_page_size_limit(8 << 20)
        .build();
    // Without Arrow's own schema a reader sees strings, as it would in any other Parquet file, and not our dictionaries.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let generator = Generator::new(rows);
    let batches = part.len().div_ceil(ROWS_OF_A_BATCH);
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let mut receivers = Vec::new();
        for worker in 0..workers {
            let (sender, receiver) = sync_channel(1);
            receivers.push(receiver);
            let (generator, part) = (&generator, &part);
            scope.spawn(move || {
                for batch in (worker..batches).step_by(workers) {
                    let from = part.start + batch * ROWS_OF_A_BATCH;
                    if sender.send(generator.rows_of(from, part.end.min(from + ROWS_OF_A_BATCH))).is_err() {
                        return;
                    }
                }
            });
        }
        let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
        let mut writer = ArrowWriter::try_new_with_options(file, generator.schema()?, options)?;
        for batch in 0..batches {
            let made = receivers[batch % workers].recv().context("receive a batch")??;
            writer.write(&made)?;
        }
        writer.close()?;
        Ok(())
    })
}

struct Generator {
    rows: usize,
    /// Rows before each hour.
    hours: Vec<usize>,
    countries: Weighted,
    devices: Weighted,
    browsers: [Weighted; 5],
    event_types: Weighted,
    urls: Weighted,
    users: Weighted,
    names: [ArrayRef; 5],
}

impl Generator {
    fn new(rows: usize) -> Self {
        let weights: Vec<f64> = (0..DAYS * 24).map(|hour| HOURS[hour % 24] * WEEKDAYS[hour / 24 % 7]).collect();
        let total: f64 = weights.iter().sum();
        let mut before = 0.0;
        let hours = weights
            .iter()
            .map(|weight| {
                let rows_before = (before / total * rows as f64) as usize;
                before += weight;
                rows_before
            })
            .collect();
        let urls: Vec<String> = (0..URLS).map(|number| format!("https://shop.example/{}/{:05}", SECTIONS[number as usize % SECTIONS.len()], number)).collect();
        let names = |list: &[&str]| Arc::new(StringArray::from(list.to_vec())) as ArrayRef;
        Self {
            rows,
            hours,
            countries: Weighted::zipf(COUNTRIES.len() as u32, 1.1),
            devices: Weighted::new(&[52.0, 38.0, 6.0, 2.5, 1.5]),
            browsers: [
                Weighted::new(&[45.0, 36.0, 1.0, 2.0, 9.0, 2.0, 4.0, 1.0]),
                Weighted::new(&[62.0, 10.0, 14.0, 8.0, 0.5, 4.0, 0.5, 1.0]),
                Weighted::new(&[35.0, 52.0, 4.0, 3.0, 4.0, 1.0, 0.5, 0.5]),
                Weighted::new(&[20.0, 5.0, 1.0, 1.0, 25.0, 3.0, 1.0, 44.0]),
                Weighted::new(&[10.0, 1.0, 1.0, 2.0, 0.5, 0.5, 1.0, 84.0]),
            ],
            event_types: Weighted::zipf(EVENT_TYPES.len() as u32, 1.2),
            urls: Weighted::zipf(URLS, 0.9),
            users: Weighted::zipf(USERS, 0.7),
            names: [names(&EVENT_TYPES), names(&COUNTRIES), names(&DEVICES), names(&BROWSERS), Arc::new(StringArray::from(urls))],
        }
    }

    fn schema(&self) -> Result<arrow::datatypes::SchemaRef> {
        Ok(self.rows_of(0, 0)?.schema())
    }

    fn rows_of(&self, from: usize, to: usize) -> Result<RecordBatch> {
        let mut random = Random::seeded(from as u64 + 1);
        let len = to - from;
        let mut event_at = Vec::with_capacity(len);
        let mut codes: [Vec<u16>; 5] = std::array::from_fn(|_| Vec::with_capacity(len));
        let [mut user_id, mut session_id, mut duration_ms] = [(); 3].map(|()| Vec::with_capacity(len));
        let mut revenue = Float64Builder::with_capacity(len);
        let mut hour = self.hours.partition_point(|before| *before <= from).saturating_sub(1);
        for row in from..to {
            while self.hours.get(hour + 1).is_some_and(|before| *before <= row) {
                hour += 1;
            }
            let begin = self.hours[hour];
            let in_hour = self.hours.get(hour + 1).copied().unwrap_or(self.rows) - begin;
            let share = ((row - begin) as f64 + random.unit()) / in_hour as f64;
            event_at.push(START_US + hour as i64 * HOUR_US + (share * HOUR_US as f64) as i64);
            let event_type = self.event_types.draw(&mut random) as u16;
            let device = self.devices.draw(&mut random);
            let drawn =
                [event_type, self.countries.draw(&mut random) as u16, device as u16, self.browsers[device as usize].draw(&mut random) as u16, self.urls.draw(&mut random) as u16];
            for (codes, code) in codes.iter_mut().zip(drawn) {
                codes.push(code);
            }
            // The ranks are spread over the ids, so that frequent users do not stand together.
            let user = i64::from(self.users.draw(&mut random)) * 611_953 % i64::from(USERS);
            user_id.push(user);
            session_id.push(user * 4_096 + hour as i64 / 2);
            duration_ms.push((random.unit() * random.unit() * random.unit() * 180_000.0) as i64);
            revenue.append_option((event_type == PURCHASE).then(|| (500.0 + random.unit() * random.unit() * 49_500.0).floor() / 100.0));
        }
        let [event_type, country, device, browser, url] = codes;
        let text = |codes: Vec<u16>, names: &ArrayRef| DictionaryArray::<UInt16Type>::try_new(UInt16Array::from(codes), Arc::clone(names)).map(|array| Arc::new(array) as ArrayRef);
        let [event_types, countries, devices, browsers, urls] = &self.names;
        Ok(RecordBatch::try_from_iter_with_nullable([
            ("event_at", Arc::new(TimestampMicrosecondArray::from(event_at)) as ArrayRef, false),
            ("event_type", text(event_type, event_types)?, false),
            ("country", text(country, countries)?, false),
            ("device", text(device, devices)?, false),
            ("browser", text(browser, browsers)?, false),
            ("url", text(url, urls)?, false),
            ("user_id", Arc::new(Int64Array::from(user_id)), false),
            ("session_id", Arc::new(Int64Array::from(session_id)), false),
            ("duration_ms", Arc::new(Int64Array::from(duration_ms)), false),
            ("revenue", Arc::new(revenue.finish()), true),
        ])?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::TimestampMicrosecondType;

    use super::*;

    #[test]
    fn the_same_number_of_rows_is_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        write(&one, 300_000, 0..300_000).unwrap();
        write(&other, 300_000, 0..300_000).unwrap();
        assert_eq!(fs::read(one).unwrap(), fs::read(other).unwrap());
    }

    #[test]
    fn events_are_ordered_by_time_and_fill_ninety_days() {
        let generator = Generator::new(600_000);
        let mut last = START_US;
        for from in [0, 200_000, 400_000] {
            let batch = generator.rows_of(from, from + 200_000).unwrap();
            for time in batch.column(0).as_primitive::<TimestampMicrosecondType>().values() {
                assert!(*time >= last, "{time} before {last}");
                last = *time;
            }
        }
        let end = START_US + DAYS as i64 * 24 * HOUR_US;
        assert!(last < end && last > end - HOUR_US, "{last}");
    }

    #[test]
    fn countries_are_skewed_and_only_purchases_earn() {
        let generator = Generator::new(100_000);
        let batch = generator.rows_of(0, 100_000).unwrap();
        let countries = batch.column(2).as_dictionary::<UInt16Type>();
        let us = countries.keys().values().iter().filter(|key| **key == 0).count();
        assert!((25_000..32_000).contains(&us), "{us}");
        let types = batch.column(1).as_dictionary::<UInt16Type>();
        let earning = types.keys().values().iter().filter(|key| **key == PURCHASE).count();
        assert_eq!(batch.column(9).null_count(), 100_000 - earning);
    }
}
