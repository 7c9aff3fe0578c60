//! JSON objects to batches: one a line, a sequence of them, or one array. A key that is missing is null; a key that the
//! dataset does not have rejects its row and names near columns.

use std::collections::HashMap;

use super::batch::BatchBuilder;
use super::json_rows::{RowFinder, Scalar, Step, read_row};
use super::tally::{shorten_row, shorten_value};
use super::text::Window;
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled, value};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::ingest::infer::Inference;
use crate::ingest::{Progress, Reject};

/// Rows after which counts and cancellation are looked at.
const STEP_ROWS: usize = 1_024;

/// Decodes JSON text.
pub(crate) fn decode(source: &Spooled, inference: &Inference, target: &DecodeTarget, progress: &Progress, emit: &mut dyn FnMut(Decoded) -> Result<()>) -> Result<DecodeOutcome> {
    let mut batch = BatchBuilder::new(source.name(), inference, target, progress, emit);
    let keys: Vec<&str> = target.columns.iter().map(|column| column.name.as_str()).collect();
    let mut rows = Rows { places: keys.iter().enumerate().map(|(place, key)| (*key, place)).collect(), keys, taken: Taken::default() };
    let mut window = Window::open(source, inference.compression, inference.text_encoding, progress)?;
    let mut finder = RowFinder::new(inference.layout);
    loop {
        match finder.step(window.text(), window.ended()).map_err(|what| Error::invalid(format!("{} {what}", source.name())))? {
            Step::Row { range, line, consumed } => {
                rows.take(window.text().get(range).unwrap_or_default(), line, &mut batch);
                window.consume(consumed);
                if rows.taken.seen >= batch.tally.step(STEP_ROWS) {
                    rows.hand_over(&mut batch)?;
                }
            }
            Step::Skip(bytes) => window.consume(bytes),
            Step::More => window.fill()?,
            Step::End => break,
        }
    }
    rows.hand_over(&mut batch)?;
    batch.finish()
}

/// Rows that the batch does not count yet.
#[derive(Default)]
struct Taken {
    seen: usize,
    appended: usize,
    text_bytes: usize,
    bad: Vec<usize>,
    rejects: Vec<Reject>,
}

struct Rows<'a> {
    keys: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
    taken: Taken,
}

impl Rows<'_> {
    fn hand_over(&mut self, batch: &mut BatchBuilder<'_>) -> Result<()> {
        let taken = std::mem::take(&mut self.taken);
        batch.advance(taken.appended, taken.bad.into_iter(), taken.rejects, taken.seen, taken.text_bytes)
    }

    fn take(&mut self, row: &[u8], line: u64, batch: &mut BatchBuilder<'_>) {
        let mut scalars: Vec<Option<Scalar<'_>>> = Vec::new();
        scalars.resize_with(self.keys.len(), || None);
        let mut flaw: Option<(String, Option<String>, String)> = None;
        let mut expected = 0;
        let read = read_row(row, |key, scalar| {
            // Rows of one file mostly have their keys in one order.
            let place = if self.keys.get(expected) == Some(&key) { Some(expected) } else { self.places.get(key).copied() };
            let Some(place) = place else {
                let near = near_names(key, self.keys.iter().copied());
                let value = scalar.text().map(|text| shorten_value(text.as_bytes()));
                flaw.get_or_insert((key.to_owned(), value, format!("the dataset has no such column{near}")));
                return;
            };
            expected = place + 1;
            if let Some(slot) = scalars.get_mut(place) {
                if slot.is_some() {
                    flaw.get_or_insert((key.to_owned(), None, "the key stands twice in the object".to_owned()));
                }
                *slot = Some(scalar);
            }
        });
        self.taken.seen += 1;
        self.taken.text_bytes += row.len();
        let reject = |column, value, reason| Reject { line, column, value, reason, raw: shorten_row(row) };
        if let Err(reason) = read {
            return self.taken.rejects.push(reject(None, None, reason));
        }
        if let Some((column, value, reason)) = flaw {
            return self.taken.rejects.push(reject(Some(column), value, reason));
        }
        let scalars: Vec<Scalar<'_>> = scalars.into_iter().map(|scalar| scalar.unwrap_or(Scalar::Null)).collect();
        if !batch.is_checking() {
            let mut fault = None;
            for (sink, scalar) in batch.sinks.iter_mut().zip(&scalars) {
                if sink.is_open() {
                    sink.observe_scalar(scalar, line);
                }
                if sink.append_scalar(scalar).is_ok() {
                    continue;
                }
                if !sink.is_declared() {
                    batch.check_only();
                    break;
                }
                fault.get_or_insert_with(|| (sink.column.clone(), scalar));
            }
            if !batch.is_checking() {
                if let Some((column, scalar)) = fault {
                    let text = scalar.text().unwrap_or_default();
                    self.taken.bad.push(self.taken.appended);
                    let reason = reason(column.column_type, scalar, &text);
                    self.taken.rejects.push(reject(Some(column.name), Some(shorten_value(text.as_bytes())), reason));
                }
                self.taken.appended += 1;
                return;
            }
        }
        for (sink, scalar) in batch.sinks.iter_mut().zip(&scalars) {
            sink.observe_scalar(scalar, line);
        }
    }
}

fn reason(column_type: ColumnType, scalar: &Scalar<'_>, text: &str) -> String {
    match scalar {
        Scalar::Nested(_) => format!("an object or array does not fit the type {column_type}; declare the column as string to keep its JSON"),
        _ => value::misfit(column_type, text.as_bytes()).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Column;
    use crate::catalog::ColumnType;
    use crate::ingest::FileFormat;
    use crate::ingest::decode::DecodeTarget;
    use crate::ingest::decode::testing::{load, load_into, load_source, refused, spooled};
    use crate::ingest::infer::infer_spooled;

    #[test]
    fn objects_are_read_in_every_layout() {
        let rows = ["1|x|2013-01-01|[1,{\"k\":\"v\"}]", "~|1.5|~|true"];
        let types = "a:integer b:string d:date n:string";
        let lines = "{\"a\":1,\"b\":\"x\",\"d\":\"2013-01-01\",\"n\":[1,{\"k\":\"v\"}]}\n\n{\"b\":1.5,\"a\":null,\"d\":\"\",\"n\":true}\r\n";
        let array = "[\n {\"a\":1,\"b\":\"x\",\"d\":\"2013-01-01\",\n \"n\":[1, {\"k\": \"v\"}]}\n, {\"b\":1.5,\"n\":true}]\n";
        let sequence = "{\n \"a\":1,\"b\":\"x\",\"d\":\"2013-01-01\",\n \"n\":[1, {\"k\": \"v\"}]\n}\n{\"b\":1.5,\"n\":true}";
        for text in [lines, array, sequence] {
            let loaded = load("t", text, &[]).unwrap();
            assert_eq!(loaded.inference.format, FileFormat::Ndjson);
            assert_eq!((loaded.types().as_str(), loaded.rows()), (types, rows.map(str::to_owned).to_vec()), "{text}");
            assert_eq!(loaded.described(), Vec::<String>::new());
        }
        assert_eq!(load("t.json", "[]", &[]).map(|_| ()).unwrap_err().message(), "t.json: there is no JSON object in the file; send one object a line, or an array of objects");
    }

    #[test]
    fn types_follow_json_and_later_rows_promote() {
        let mut text = String::new();
        for row in 0..11_000 {
            text.push_str(&format!("{{\"i\":{row},\"t\":\"2013-01-01T00:00:00Z\",\"q\":\"5\",\"b\":true,\"late\":null,\"big\":18446744073709551615}}\n"));
        }
        let first = load("t.json", text.clone(), &[]).unwrap();
        assert_eq!(first.types(), "i:integer t:timestamp q:string b:boolean late:string big:string");
        text.push_str("{\"i\":1.5,\"t\":\"soon\",\"late\":2}\n{\"i\":1}\n");
        let loaded = load("t.json", text, &[]).unwrap();
        assert_eq!(loaded.types(), "i:float t:string q:string b:boolean late:integer big:string");
        assert_eq!(loaded.rows()[11_000], "1.5|soon|~|~|2|~");
        assert_eq!(loaded.promotions.iter().map(|found| found.line).collect::<Vec<_>>(), [11_001; 3]);
    }

    #[test]
    fn flaws_of_rows_are_rejected_with_line_column_and_value() {
        let text = "{\"n\":1,\"name\":\"a\"}\n{\"n\":\"x\",\"name\":\"b\"}\n\n{\"n\":2,\"nam\":\"c\"}\n{\"n\":2,\n[1]\n{\"n\":3,\"n\":4}\n{\"n\":[1]}\n{\"n\":\"5\"}\n{\"n\":6.0}\n{\"n\":7}\n{\"n\":8}\n{\"n\":9}\n{\"n\":10}\n{\"n\":18446744073709551615}\n";
        let source = spooled("t.json", text);
        let column = |name: &str, column_type| Column { name: name.into(), column_type };
        let target = DecodeTarget { columns: vec![column("n", ColumnType::Integer), column("name", ColumnType::String)], declared: vec![true, true] };
        let loaded = load_into(&source, infer_spooled(&source, None).unwrap(), target).unwrap();
        assert_eq!(
            loaded.described(),
            [
                "line 2, column \"n\", value \"x\": not an integer",
                "line 4, column \"nam\", value \"c\": the dataset has no such column; did you mean name?",
                "line 5: not valid JSON at byte 7 of the row: EOF while parsing a value",
                "line 6: not a JSON object; write each row as {\"column\": value}",
                "line 7, column \"n\": the key stands twice in the object",
                "line 8, column \"n\", value \"[1]\": an object or array does not fit the type integer; declare the column as string to keep its JSON",
                "line 15, column \"n\", value \"18446744073709551615\": too large for a 64-bit integer; declare the column as string or float",
            ]
        );
        assert_eq!(loaded.rows(), ["1|a", "5|~", "6|~", "7|~", "8|~", "9|~", "10|~"]);
    }

    #[test]
    fn broken_files_are_refused_with_their_place() {
        let cases = [
            ("[{\"a\":1},\n{\"a\":2}\n", "t.json line 3: the array is not closed after row 2; the file seems to be cut off, send it whole"),
            ("[{\"a\":1},\n{\"a\":", "t.json line 2: row 2 is not closed; the file seems to be cut off, send it whole"),
            ("[{\"a\":1} {\"a\":2}]", "t.json line 1: '{' where ',' or the end of the array is expected after row 1; correct the file"),
            ("[{\"a\":1}] x", "t.json line 1: 'x' where ',' or the end of the array is expected after row 1; correct the file"),
            ("nonsense\n", "t.json line 1: not valid JSON at byte 2 of the row: expected ident; no row of the sample is a JSON object"),
            ("{\"a\":1,\"A\":2}\n", "t.json: the keys \"a\" and \"A\" differ only by case; rename one"),
        ];
        for (text, expected) in cases {
            assert_eq!(refused("t.json", text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn text_declared_as_a_type_is_read_leniently() {
        let source = spooled("t.json", "{\"t\":\"2013-01-01\",\"b\":1,\"f\":\"1.5\",\"s\":5}\n");
        let loaded = load_source(&source, &[("t", ColumnType::Timestamp), ("b", ColumnType::Boolean), ("f", ColumnType::Float), ("s", ColumnType::String)]).unwrap();
        assert_eq!(loaded.rows(), ["2013-01-01T00:00:00Z|true|1.5|5"]);
    }
}
