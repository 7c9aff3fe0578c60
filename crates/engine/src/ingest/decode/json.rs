//! JSON objects to batches: one a line, a sequence of them, or an array, which may stand inside of a larger document. A key
//! that is missing is null; a key that the dataset does not have rejects its row and names near columns.

use std::collections::HashMap;

use super::batch::BatchBuilder;
use super::json_numbers::{PathStep, long_numbers, lost_digits, shown};
use super::json_rows::{RowFinder, Scalar, Step, read_row};
use super::scalar_rows::{Origin, ScalarRows};
use super::sink::Sink;
use super::tally::shorten_value;
use super::text::Window;
use super::{DecodeOutcome, DecodeTarget, Decoded, Spooled};
use crate::error::{Error, Result, near_names};
use crate::ingest::Progress;
use crate::ingest::infer::Inference;

/// Decodes JSON text.
pub(crate) fn decode(source: &Spooled, inference: &Inference, target: &DecodeTarget, progress: &Progress, emit: &mut dyn FnMut(Decoded) -> Result<()>) -> Result<DecodeOutcome> {
    let mut batch = BatchBuilder::new(source.name(), inference, target, progress, emit);
    let keys: Vec<&str> = target.columns.iter().map(|column| column.name.as_str()).collect();
    let mut rows = Rows { places: keys.iter().enumerate().map(|(place, key)| (*key, place)).collect(), keys, taken: ScalarRows::default() };
    let mut window = Window::open(source, inference.compression, inference.text_encoding, progress)?;
    let mut finder = RowFinder::new(inference.layout, inference.options.json_path.as_deref());
    loop {
        match finder.step(window.text(), window.ended()).map_err(|what| Error::invalid(format!("{} {what}", source.name())))? {
            Step::Row { range, line, consumed } => {
                rows.take(window.text().get(range).unwrap_or_default(), line, &mut batch);
                window.consume(consumed);
                rows.taken.hand_over_if_due(&mut batch)?;
            }
            Step::Skip(bytes) => {
                window.consume(bytes);
                progress.check()?;
            }
            Step::More => window.fill()?,
            Step::End => break,
        }
    }
    rows.taken.hand_over(&mut batch)?;
    batch.finish()
}

struct Rows<'a> {
    keys: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
    taken: ScalarRows,
}

impl Rows<'_> {
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
        self.taken.see(row.len());
        let origin = Origin { line, raw: row };
        if let Err(reason) = read {
            return self.taken.reject(origin.reject(None, None, reason));
        }
        if let Some((column, value, reason)) = flaw {
            return self.taken.reject(origin.reject(Some(column), value, reason));
        }
        for long in long_numbers(row) {
            let Some((PathStep::Key(key), inside)) = long.way.split_first() else { continue };
            let Some(place) = self.places.get(&**key).copied() else { continue };
            let Some(depth) = batch.sinks.get(place).and_then(|sink| sink.losing(inside, long.number)) else { continue };
            let inside = inside.get(..depth).unwrap_or_default();
            let is_nulling = batch.sinks.get(place).is_some_and(Sink::is_nulling);
            if !is_nulling {
                let (column, value) = (format!("{key}{}", shown(inside)), shorten_value(long.number.as_bytes()));
                return self.taken.reject(origin.reject(Some(column), Some(value), lost_digits(long.number).to_owned()));
            }
            if let Some(scalar) = scalars.get_mut(place).and_then(Option::as_mut) {
                // Of several numbers in one text the text is null once.
                batch.nulled += u64::from(scalar.forget(inside));
            }
        }
        let scalars: Vec<Scalar<'_>> = scalars.into_iter().map(|scalar| scalar.unwrap_or(Scalar::Null)).collect();
        self.taken.append(&scalars, &origin, batch);
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Column;
    use crate::catalog::ColumnType;
    use crate::catalog::exact::Rounds;
    use crate::ingest::decode::DecodeTarget;
    use crate::ingest::decode::json_numbers::PathStep;
    use crate::ingest::decode::json_rows::read_value;
    use crate::ingest::decode::testing::{load, load_into, load_source, load_with, refused, spooled};
    use crate::ingest::infer::infer_spooled;
    use crate::ingest::{FileFormat, ReadOptions};

    #[test]
    fn objects_are_read_in_every_layout() {
        let rows = ["1|x|2013-01-01|[1,{\"k\":\"v\"}]", "~|1.5|~|true"];
        let types = "a:integer b:string d:date n:string";
        let lines = "{\"a\":1,\"b\":\"x\",\"d\":\"2013-01-01\",\"n\":[1,{\"k\":\"v\"}]}\n\n{\"b\":1.5,\"a\":null,\"d\":\"\",\"n\":true}\r\n";
        let array = "[\n {\"a\":1,\"b\":\"x\",\"d\":\"2013-01-01\",\n \"n\":[1, {\"k\": \"v\"}]}\n, {\"b\":1.5,\"n\":true}]\n";
        let sequence = "{\n \"a\":1,\"b\":\"x\",\"d\":\"2013-01-01\",\n \"n\":[1, {\"k\": \"v\"}]\n}\n{\"b\":1.5,\"n\":true}";
        for (text, format) in [(lines, FileFormat::Ndjson), (array, FileFormat::Json), (sequence, FileFormat::Ndjson)] {
            let loaded = load("t", text, &[]).unwrap();
            assert_eq!(loaded.inference.format, format);
            assert_eq!((loaded.types().as_str(), loaded.rows()), (types, rows.map(str::to_owned).to_vec()), "{text}");
            assert_eq!(loaded.described(), Vec::<String>::new());
        }
        assert_eq!(load("t.json", "[]", &[]).map(|_| ()).unwrap_err().message(), "t.json: there is no JSON object in the file; send one object a line, or an array of objects");
    }

    #[test]
    fn text_that_stands_for_nothing_is_null_in_columns_of_other_types() {
        let loaded = load("t.json", "{\"n\":1,\"f\":0.5,\"b\":true,\"s\":{\"x\":1}}\n{\"n\":\"\",\"f\":\"NA\",\"b\":\"-\",\"s\":\"\"}\n", &[]).unwrap();
        assert_eq!(loaded.rows(), ["1|0.5|true|{\"x\":1}", "~|~|~|~"]);
    }

    #[test]
    fn rows_are_found_inside_of_documents_of_any_size() {
        let padding = "[1,\"]\"],".repeat(300_000);
        let rows: String = (0..5_000).map(|row| format!("{{\"n\":{row}}},\n")).collect();
        let text = format!("{{\"before\":[{padding}0],\n\"data\":{{\"rows\":[{rows}{{\"n\":-1}}],\"after\":[{padding}0]}}}}\n");
        let options = ReadOptions { json_path: Some("/data/rows".into()), ..ReadOptions::default() };
        let loaded = load_with(&spooled("t.json", text.clone()), &options, &[]).unwrap();
        assert_eq!((loaded.types().as_str(), loaded.batch.num_rows(), loaded.inference.format), ("n:integer", 5_001, FileFormat::Json));
        for (cut, expected) in [(text.len() / 4, "is found; the file seems to be cut off"), (text.len() - 100, "the document is not closed after its array")] {
            let error = load_with(&spooled("t.json", text[..cut].to_owned()), &options, &[]).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
        let gone = ReadOptions { json_path: Some("/data/row".into()), ..ReadOptions::default() };
        let error = load_with(&spooled("t.json", text), &gone, &[]).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("t.json line 5002: the path \"/data/row\" leads nowhere: /data has no \"row\"; its keys are \"rows\", \"after\""),
            "{error}"
        );
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
        let column = |name: &str, column_type| Column::new(name, column_type);
        let target = DecodeTarget {
            columns: vec![column("n", ColumnType::Integer), column("name", ColumnType::String)],
            declared: vec![true, true],
            lines: false,
            nulling: Vec::new(),
            rounding: Vec::new(),
        };
        let loaded = load_into(&source, infer_spooled(&source, &ReadOptions::default(), None).unwrap(), target).unwrap();
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
    fn no_value_of_two_with_one_key_is_lost_without_a_word() {
        let lines = "{\"a\":{\"x\":1,\"y\":[{\"z\":2}]}}\n{\"a\":{\"x\":1,\"y\":[{\"z\":2,\"z\":3}]}}\n{\"a\":{\"x\":1,\"x\":1}}\n{\"a\":{\"x\":4}}\n{\"a\":{}}\n";
        let loaded = load("t.json", lines, &[]).unwrap();
        assert_eq!(loaded.rows(), [r#"{"x":1,"y":[{"z":2}]}"#, r#"{"x":4,"y":null}"#, r#"{"x":null,"y":null}"#]);
        let told: Vec<String> = loaded.described();
        for (described, line, key) in [(&told[0], 2, "z"), (&told[1], 3, "x")] {
            let place = format!("line {line}: at byte ");
            assert!(described.starts_with(&place) && described.ends_with(&format!(" of the row: the key {key:?} stands twice in an object")), "{described}");
        }
        assert_eq!(told.len(), 2);
        // Cells that hold JSON are no others.
        let source = spooled("t.csv", "a,n\n\"{\"\"x\"\":1,\"\"x\"\":2}\",1\n\"{\"\"x\"\":3}\",2\n,3\n");
        let column = Column { name: "a".into(), column_type: ColumnType::Struct, fields: vec![Column::new("x", ColumnType::Integer)] };
        let columns = vec![column, Column::new("n", ColumnType::Integer)];
        let target = DecodeTarget { columns, declared: vec![true, true], lines: false, nulling: Vec::new(), rounding: Vec::new() };
        let loaded = load_into(&source, infer_spooled(&source, &ReadOptions::default(), None).unwrap(), target).unwrap();
        assert_eq!(loaded.rows(), [r#"{"x":3}|2"#, "~|3"]);
        assert_eq!(loaded.described(), [r#"line 2, column "a", value "{\"x\":1,\"x\":2}": not an object of JSON that fits the column"#]);
    }

    #[test]
    fn whole_numbers_beyond_64_bits_keep_their_digits_or_are_rejected() {
        let long = "123456789012345678901";
        let text = format!("{{\"n\":1.5,\"s\":\"a\"}}\n{{\"n\":{long},\"s\":\"b\"}}\n{{\"n\":36893488147419103232,\"s\":\"{long}\"}}\n{{\"n\":2,\"s\":\"c\"}}\n");
        let rejected = |line: u64, number: &str| {
            format!(
                "line {line}, column \"n\", value \"{number}\": a whole number beyond 64 bits, of which a float would lose digits; write it in quotes, or declare the column as \
                 float to have it rounded"
            )
        };
        // 2^65 is a float; as text its digits would be others.
        let loaded = load("t.json", text.clone(), &[]).unwrap();
        assert_eq!((loaded.described(), loaded.types().as_str()), (vec![rejected(2, long)], "n:float s:string"));
        assert!(loaded.rows().len() == 3 && loaded.rows()[1].ends_with(&format!("|{long}")), "{:?}", loaded.rows());
        let loaded = load("t.json", text.clone(), &[("n", ColumnType::String)]).unwrap();
        assert_eq!((loaded.described(), loaded.rows()), (vec![rejected(2, long), rejected(3, "36893488147419103232")], vec!["1.5|a".to_owned(), "2|c".to_owned()]));
        let loaded = load("t.json", text, &[("n", ColumnType::Float)]).unwrap();
        assert_eq!((loaded.rejects.len(), loaded.rows().len()), (0, 4));
    }

    /// What is said of a number inside of the column `a`.
    fn told(line: u64, field: &str, number: &str) -> String {
        let what = if number.contains('.') { "a number of more digits than a float keeps" } else { "a whole number beyond 64 bits, of which a float would lose digits" };
        format!("line {line}, column \"a.{field}\", value \"{number}\": {what}; write it in quotes, or declare the column as float to have it rounded")
    }

    #[test]
    fn digits_inside_of_what_is_nested_are_kept_or_told() {
        let (power, long, point) = ("36893488147419103232", "123456789012345678901", "0.12345678901234567890");
        let cells = [
            "{\"s\":\"x\",\"f\":1.5}".to_owned(),
            format!("{{\"s\":{power},\"f\":1.5}}"),
            format!("{{\"s\":{point},\"f\":1.5}}"),
            format!("{{\"s\":\"{long}\",\"f\":{power}}}"),
            format!("{{\"s\":\"y\",\"f\":{long}}}"),
            format!("{{\"s\":null,\"f\":{point}}}"),
            "{\"s\":\"z\",\"f\":null}".to_owned(),
        ];
        let lines: String = cells.iter().map(|cell| format!("{{\"a\":{cell}}}\n")).collect();
        let loaded = load("t.json", lines, &[]).unwrap();
        assert_eq!((loaded.types().as_str(), loaded.described()), ("a:struct(s string, f float)", vec![told(2, "s", power), told(3, "s", point), told(5, "f", long)]));
        // Cells that hold JSON are no others, and what may be rounded is no text.
        let rows: String = cells.iter().map(|cell| format!("\"{}\",1\n", cell.replace('"', "\"\""))).collect();
        let source = spooled("t.csv", format!("a,n\n{rows}"));
        let fields = vec![Column::new("s", ColumnType::String), Column::new("f", ColumnType::Float)];
        let columns = vec![Column { name: "a".into(), column_type: ColumnType::Struct, fields }, Column::new("n", ColumnType::Integer)];
        let of =
            |rounds: Rounds, nulling: bool| DecodeTarget { columns: columns.clone(), declared: vec![true; 2], lines: false, nulling: vec![nulling; 2], rounding: vec![rounds; 2] };
        let decoded = |target: DecodeTarget| load_into(&source, infer_spooled(&source, &ReadOptions::default(), None).unwrap(), target).unwrap();
        // The first line is the header.
        for rounds in [Rounds::Nothing, Rounds::Inside(vec!["s".into()])] {
            assert_eq!(decoded(of(rounds, false)).described(), [told(3, "s", power), told(4, "s", point), told(6, "f", long)]);
        }
        let rounded = decoded(of(Rounds::Inside(vec!["f".into()]), false));
        assert_eq!((rounded.described(), rounded.rows().len()), (vec![told(3, "s", power), told(4, "s", point)], 5));
        let nulled = decoded(of(Rounds::Nothing, true));
        assert_eq!((nulled.rejects.len(), nulled.rows().len()), (0, 7));
        assert_eq!(nulled.rows()[1], r#"{"s":null,"f":1.5}|1"#);
        assert_eq!(nulled.rows()[4], r#"{"s":"y","f":null}|1"#);
    }

    #[test]
    fn a_long_number_becomes_null_where_that_is_asked_for() {
        let rows = ["{\"n\":1.5,\"t\":\"a\"}", "{\"n\":123456789012345678901,\"t\":\"b\"}", "{\"n\":2.5,\"t\":[{\"x\":36893488147419103232}]}"];
        let source = spooled("t.json", rows.join("\n"));
        let columns = vec![Column::new("n", ColumnType::Float), Column::new("t", ColumnType::String)];
        let target = DecodeTarget { columns, declared: vec![true; 2], lines: false, nulling: vec![true; 2], rounding: Vec::new() };
        let loaded = load_into(&source, infer_spooled(&source, &ReadOptions::default(), None).unwrap(), target).unwrap();
        assert_eq!(loaded.described(), Vec::<String>::new());
        // A text of JSON is one value.
        assert_eq!(loaded.rows(), ["1.5|a", "~|b", "2.5|~"]);
    }

    #[test]
    fn what_is_forgotten_is_forgotten_once() {
        let mut row = read_value(br#"{"a":[1,2]}"#).unwrap();
        let way = [PathStep::Key("a".into()), PathStep::Index(1)];
        assert_eq!((row.forget(&way), row.forget(&way)), (true, false));
        assert_eq!(row.text().unwrap(), r#"{"a":[1,null]}"#);
        assert_eq!((row.forget(&[]), row.forget(&[]), row.forget(&way)), (true, false, false));
    }

    #[test]
    fn broken_files_are_refused_with_their_place() {
        let cases = [
            ("[{\"a\":1},\n{\"a\":2}\n", "t.json line 3: the array is not closed after row 2; the file seems to be cut off, send it whole"),
            ("[{\"a\":1},\n{\"a\":", "t.json line 2: row 2 is not closed; the file seems to be cut off, send it whole"),
            ("[{\"a\":1} {\"a\":2}]", "t.json line 1: '{' where ',' or the end of the array is expected after row 1; correct the file"),
            ("[{\"a\":1}] x", "t.json line 1: 'x' where ',' or the end of the array is expected after row 1; correct the file"),
            ("[{\"a\":1},\n{\"a\":2},\n]", "t.json line 3: a comma and no row behind it, after row 2; take the comma out"),
            ("[{\"a\":1},,{\"a\":2}]", "t.json line 1: a comma and no row behind it, after row 1; take the comma out"),
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
