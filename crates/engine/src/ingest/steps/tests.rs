//! Each step on a few rows, and the law that holds for all of them: how rows are cut into batches changes nothing.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray, StructArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field};
use proptest::prelude::*;

use super::Steps;
use super::testing::{compiled, treat, treat_typed};
use crate::catalog::{Column, ColumnType};
use crate::error::ErrorKind;
use crate::ingest::Reject;
use crate::ingest::decode::Decoded;
use crate::ingest::treatment::rows::Rows;

/// A file, steps, and the types and rows that come of it.
#[track_caller]
fn gives(csv: &str, steps: &str, types: &str, rows: &[&str]) {
    let treated = treat("t.csv", csv.to_owned(), steps).unwrap_or_else(|error| panic!("{steps}: {error}"));
    assert_eq!((treated.types().as_str(), treated.rows()), (types, rows.iter().map(|row| (*row).to_owned()).collect()), "{steps}");
    assert_eq!(treated.described(), Vec::<String>::new(), "{steps}");
}

#[test]
fn texts_are_cleaned() {
    let csv = "n,city\n1,\"  new   york \"\n2,ROME\n3,o'HARA-bay\n4,\n";
    gives(csv, r#"[{"op":"trim"}]"#, "n:integer city:string", &["1|new   york", "2|ROME", "3|o'HARA-bay", "4|~"]);
    // Texts are as they are up to the first that is changed, which may be none.
    gives("n,city\n1,Rome\n2,\n3, Oslo \n4,Bern\n", r#"[{"op":"trim"}]"#, "n:integer city:string", &["1|Rome", "2|~", "3|Oslo", "4|Bern"]);
    gives("n,city\n1,Rome\n2,\n", r#"[{"op":"trim"}]"#, "n:integer city:string", &["1|Rome", "2|~"]);
    gives(csv, r#"[{"op":"trim","columns":["n","city"],"collapse":true}]"#, "n:integer city:string", &["1|new york", "2|ROME", "3|o'HARA-bay", "4|~"]);
    gives(csv, r#"[{"op":"trim"},{"op":"case","columns":["city"],"to":"title"}]"#, "n:integer city:string", &["1|New   York", "2|Rome", "3|O'hara-Bay", "4|~"]);
    gives(csv, r#"[{"op":"case","columns":["city"],"to":"upper"}]"#, "n:integer city:string", &["1|  NEW   YORK ", "2|ROME", "3|O'HARA-BAY", "4|~"]);
    let csv = "n,s\n-999,none\n5,N/A?\n7,x\n";
    gives(csv, r#"[{"op":"null_tokens","columns":["n","s"],"tokens":["-999","None"],"ignore_case":true}]"#, "n:integer s:string", &["~|~", "5|N/A?", "7|x"]);
    gives(csv, r#"[{"op":"null_tokens","tokens":["none","N/A?"]}]"#, "n:integer s:string", &["-999|~", "5|~", "7|x"]);
    let csv = "p\n+49 (30) 12\n1.5\n007\n";
    gives(csv, r#"[{"op":"replace","columns":["p"],"find":".","with":","}]"#, "p:string", &["+49 (30) 12", "1,5", "007"]);
    gives(csv, r#"[{"op":"replace","columns":["p"],"find":"[^0-9]","with":"","regex":true}]"#, "p:string", &["493012", "15", "007"]);
    gives(csv, r#"[{"op":"replace","columns":["p"],"find":"^(\\d)\\.(?<f>\\d)$","with":"${f}/$1 $$","regex":true}]"#, "p:string", &["+49 (30) 12", "5/1 $", "007"]);
    gives(
        "s\nStraße\nx$1\n",
        r#"[{"op":"replace","columns":["s"],"find":"STRASSE","with":"st","ignore_case":true},{"op":"replace","columns":["s"],"find":"X","with":"$1","ignore_case":true}]"#,
        "s:string",
        &["Straße", "$1$1"],
    );
}

#[test]
fn numbers_and_dates_are_read_from_the_text_of_the_file() {
    // Looked at alone, 1.234 is a float and 20130131 an integer.
    let csv = "price,day\n1.234,20130131\n5,20130201\n";
    let steps = r#"[{"op":"rename","columns":{"price":"p"}},{"op":"parse_number","column":"p","decimal":",","group":".","to":"integer"},{"op":"parse_date","column":"day","formats":["%Y%m%d"]}]"#;
    gives(csv, steps, "p:integer day:date", &["1234|2013-01-31", "5|2013-02-01"]);
    let csv = "t\n31.01.2013 05:00\n";
    gives(
        csv,
        r#"[{"op":"parse_date","column":"t","formats":["%d.%m.%Y %H:%M"],"zone":"Europe/Berlin","into":"at"}]"#,
        "t:string at:timestamp",
        &["31.01.2013 05:00|2013-01-31T04:00:00Z"],
    );
    gives(csv, r#"[{"op":"parse_date","column":"t","formats":["%d.%m.%Y %H:%M"],"to":"date"}]"#, "t:date", &["2013-01-31"]);
    // What the source has read already stays.
    gives(
        "t\n2013-01-31T05:00:00Z\n",
        r#"[{"op":"cast","columns":["t"],"to":"timestamp"},{"op":"parse_date","column":"t","formats":["%d.%m.%Y"],"zone":"Asia/Tokyo","to":"date"}]"#,
        "t:date",
        &["2013-01-31"],
    );
    gives("t\n1359608400\n", r#"[{"op":"parse_date","column":"t","formats":["unix"]}]"#, "t:timestamp", &["2013-01-31T05:00:00Z"]);
}

#[test]
fn values_change_their_type_only_where_nothing_is_lost() {
    gives("a,b\n1.0,true\n-2.0,false\n", r#"[{"op":"cast","columns":["a","b"],"to":"integer"}]"#, "a:integer b:integer", &["1|1", "-2|0"]);
    gives("a,b\n1.10,007\n", r#"[{"op":"cast","columns":["a","b"],"to":"string"}]"#, "a:string b:string", &["1.10|007"]);
    let treated = treat("t.csv", "a\n2013-01-31T00:00:00Z\n2013-01-31T23:00:00Z\n2013-02-01T00:00:00Z\n", r#"[{"op":"cast","columns":["a"],"to":"date"}]"#).unwrap();
    assert_eq!(treated.rows(), ["2013-01-31", "2013-02-01"]);
    assert!(treated.described()[0].contains("line 3") && treated.described()[0].contains("has a time of day"), "{:?}", treated.described());
    let treated = treat("t.csv", "a\n9007199254740992\n9007199254740993\n1\n", r#"[{"op":"cast","columns":["a"],"to":"float"}]"#).unwrap();
    assert_eq!(treated.described(), ["line 3, column \"a\", value \"9007199254740993\": step 1 (cast): too many digits for a float; keep it as integer or string"]);
    let treated = treat("t.csv", "a\n1.0\n1.5\n2.0\n", r#"[{"op":"cast","columns":["a"],"to":"integer"}]"#).unwrap();
    assert_eq!(
        (treated.rows(), treated.described()),
        (vec!["1".to_owned(), "2".to_owned()], vec!["line 3, column \"a\", value \"1.5\": step 1 (cast): not an integer".to_owned()])
    );
    gives("c\n20\n-40\n", r#"[{"op":"unit","column":"c","factor":1.8,"offset":32,"into":"f"}]"#, "c:integer f:float", &["20|68.0", "-40|-40.0"]);
    gives("km\n3\n", r#"[{"op":"unit","column":"km","factor":1000}]"#, "km:integer", &["3000"]);
    let treated = treat("t.csv", "a\n9223372036854775807\n1\n", r#"[{"op":"unit","column":"a","factor":1000}]"#).unwrap();
    assert_eq!(treated.described(), ["line 2, column \"a\", value \"9223372036854775807\": step 1 (unit): beyond the numbers of its type in the new unit"]);
}

#[test]
fn a_row_that_a_step_cannot_read_is_kept_with_its_line_and_can_be_loaded_again() {
    let csv = "id,note,day\n1,\"two\nlines\",31.01.2013\n2,,soon\nx\n3,\"a \"\"b\"\"\",31.02.2013\n4,,01.02.2013\n5,,02.02.2013\n6,,03.02.2013\n";
    let steps = r#"[{"op":"filter","condition":"id <> 4"},{"op":"rename","columns":{"id":"key"}},{"op":"parse_date","column":"day","formats":["%d.%m.%Y"]}]"#;
    let treated = treat("t.csv", csv, steps).unwrap();
    assert_eq!(treated.rows(), ["1|two\nlines|2013-01-31", "5|~|2013-02-02", "6|~|2013-02-03"]);
    assert_eq!((treated.lines.as_slice(), treated.left_out), (&[2, 8, 9][..], 1));
    assert_eq!(
        treated.described(),
        [
            "line 4, column \"day\", value \"soon\": step 3 (parse_date): not a date of the form %d.%m.%Y",
            "line 5: 1 cells where the file has 3 columns",
            "line 6, column \"day\", value \"31.02.2013\": step 3 (parse_date): not a date of the form %d.%m.%Y",
        ]
    );
    assert_eq!(treated.rejects[2].raw, r#"{"id":3,"note":"a \"b\"","day":"31.02.2013"}"#);
    let again = treated.rejects[2].raw.replace("31.02", "28.02");
    assert_eq!(treat("t.json", again, steps).unwrap().rows(), ["3|a \"b\"|2013-02-28"]);
}

#[test]
fn what_becomes_of_a_value_is_for_the_step_to_say() {
    let csv = "n\n1\nx\n2\n3\n";
    let steps = |on_error: &str| format!(r#"[{{"op":"parse_number","column":"n"{on_error}}}]"#);
    assert_eq!(treat("t.csv", csv, &steps(r#","on_error":"null""#)).unwrap().rows(), ["1.0", "~", "2.0", "3.0"]);
    assert_eq!(treat("t.csv", csv, &steps("")).unwrap().rows(), ["1.0", "2.0", "3.0"]);
    let error = treat("t.csv", csv, &steps(r#","on_error":"fail""#)).unwrap_err();
    assert_eq!(
        error.message(),
        "t.csv: line 3, column \"n\", value \"x\": step 1 (parse_number): not a number in the form that the step says. The step says that the load fails then; nothing was stored"
    );
    // Where most rows are wrong, the steps are.
    let error = treat("t.csv", "d\n1\n2\n3\n", r#"[{"op":"parse_date","column":"d","formats":["%d.%m.%Y"]}]"#).unwrap_err();
    assert!(error.message().starts_with("t.csv: 3 of the first 3 rows do not fit; the first is line 2, column \"d\", value \"1\": step 1 (parse_date)"), "{error}");
}

#[test]
fn expressions_derive_and_filter_and_fail_on_their_rows_alone() {
    let csv = "price,amount\n10,2\n5,0\n7,7\n,1\n";
    gives(
        csv,
        r#"[{"op":"derive","column":"total","expression":"price * amount"},{"op":"derive","column":"amount","expression":"amount + 0.5"}]"#,
        "price:integer amount:float total:integer",
        &["10|2.5|20", "5|0.5|0", "7|7.5|49", "~|1.5|~"],
    );
    gives(csv, r#"[{"op":"filter","condition":"price > 5"}]"#, "price:integer amount:integer", &["10|2", "7|7"]);
    let treated = treat("t.csv", csv, r#"[{"op":"derive","column":"each","expression":"price / amount"}]"#).unwrap();
    assert_eq!(
        (treated.rows(), treated.described()),
        (vec!["10|2|5".to_owned(), "7|7|1".to_owned(), "~|1|~".to_owned()], vec!["line 3, column \"each\": step 1 (derive): Divide by zero error".to_owned()])
    );
    let treated = treat("t.csv", csv, r#"[{"op":"filter","condition":"price / amount > 1"}]"#).unwrap();
    assert_eq!((treated.rows(), treated.described()), (vec!["10|2".to_owned()], vec!["line 3: step 1 (filter): Divide by zero error".to_owned()]));
    let treated = treat("t.csv", csv, r#"[{"op":"filter","condition":"price / amount > 1","on_error":"null"}]"#).unwrap();
    assert_eq!((treated.rows(), treated.left_out), (vec!["10|2".to_owned()], 3));
    // Zero is one number, whatever its sign.
    gives("x\n-0.0\n1.5\n-2.5\n", r#"[{"op":"filter","condition":"x < 0"}]"#, "x:float", &["-2.5"]);
    // A sum that is too large is no other number.
    let treated = treat("t.csv", "n\n9223372036854775807\n1\n", r#"[{"op":"derive","column":"m","expression":"n + 1"}]"#).unwrap();
    assert_eq!(treated.rows(), ["1|2"]);
    assert!(treated.described()[0].contains("line 2, column \"m\": step 1 (derive)"), "{:?}", treated.described());
}

#[test]
fn columns_are_split_renamed_dropped_and_flattened() {
    gives(
        "name\nAda King Lovelace\nPlato\nx  y\n",
        r#"[{"op":"split","column":"name","separator":" ","into":["first","last"]}]"#,
        "name:string first:string last:string",
        &["Ada King Lovelace|Ada|King Lovelace", "Plato|Plato|~", "x  y|x| y"],
    );
    gives("a,b,c\n1,2,3\n", r#"[{"op":"rename","columns":{"a":"b","b":"a"}},{"op":"drop","columns":["c"]}]"#, "b:integer a:integer", &["1|2"]);
    let json = "{\"a\":{\"zip\":1,\"geo\":{\"x\":0.5}},\"n\":1}\n{\"n\":2}\n{\"a\":{\"zip\":3},\"n\":3}\n";
    let treated = treat("t.json", json, r#"[{"op":"flatten","column":"a"},{"op":"flatten","column":"a_geo","prefix":""}]"#).unwrap();
    assert_eq!((treated.types().as_str(), treated.rows()), ("a_zip:integer x:float n:integer", vec!["1|0.5|1".to_owned(), "~|~|2".to_owned(), "3|~|3".to_owned()]));
}

#[test]
fn one_row_of_a_key_is_kept() {
    let csv = "id,v\n1,a\n2,b\n1,c\n,d\n,e\n2,b\n";
    gives(csv, r#"[{"op":"deduplicate","key":["id"]}]"#, "id:integer v:string", &["1|a", "2|b", "~|d", "~|e"]);
    gives(csv, r#"[{"op":"deduplicate","key":["id"],"keep":"last"}]"#, "id:integer v:string", &["1|c", "~|d", "~|e", "2|b"]);
    gives(csv, r#"[{"op":"deduplicate"}]"#, "id:integer v:string", &["1|a", "2|b", "1|c", "~|d", "~|e"]);
    // The last of those that come to the step, whatever becomes of it later.
    gives(
        csv,
        r#"[{"op":"filter","condition":"v <> 'c' or v is null"},{"op":"deduplicate","key":["id"],"keep":"last"},{"op":"filter","condition":"id is not null"}]"#,
        "id:integer v:string",
        &["1|a", "2|b"],
    );
}

#[test]
fn values_are_hidden() {
    gives(
        "card,mail\n4111111111111111,ada@example.org\n",
        r#"[{"op":"mask","columns":["card"],"keep_last":4},{"op":"mask","columns":["mail"],"keep_first":1,"with":"x"}]"#,
        "card:string mail:string",
        &["************1111|axxxxxxxxxxxxxx"],
    );
    let steps = r#"[{"op":"hash","columns":["id"]},{"op":"hash","columns":["s"],"salt":"0123456789abcdef"}]"#;
    let treated = treat("t.csv", "id,s,n\n7,x,1\n7,y,2\n8,x,3\n,,4\n", steps).unwrap();
    let rows = treated.rows();
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split('|').collect()).collect();
    assert_eq!(treated.types(), "id:string s:string n:integer");
    assert!(cells[0][0] == cells[1][0] && cells[0][0] != cells[2][0] && cells[0][1] == cells[2][1] && cells[0][1] != cells[1][1], "{rows:?}");
    assert_eq!((cells[0][0].len(), rows[3].as_str()), (32, "~|~|4"));
    // HMAC-SHA-256 of "x" under the key of the step, by another program.
    assert_eq!(cells[0][1], "68f4d9c04881bab754f229e82dee00cc");
    assert_eq!(treat("t.json", "{\"id\":7,\"s\":\"x\",\"n\":1}", steps).unwrap().rows()[0], rows[0]);
}

#[test]
fn columns_of_another_dataset_are_added() {
    let csv = "carrier,n\nUA,1\nXX,2\n,3\nB6,4\nAA,5\n";
    let look_up = |missing: &str| format!(r#"[{{"op":"look_up","dataset":"carriers","on":{{"carrier":"code"}},"take":{{"name":"airline","founded":"founded"}}{missing}}}]"#);
    gives(csv, &look_up(""), "carrier:string n:integer founded:integer airline:string", &["UA|1|1926|United", "XX|2|~|~", "~|3|~|~", "B6|4|~|JetBlue", "AA|5|1930|American"]);
    let treated = treat("t.csv", csv, &look_up(r#","missing":"reject""#)).unwrap();
    assert_eq!(treated.rows(), ["UA|1|1926|United", "B6|4|~|JetBlue", "AA|5|1930|American"]);
    assert_eq!(
        treated.described(),
        [
            "line 3, column \"carrier\", value \"XX\": step 1 (look_up): dataset carriers has no such row",
            "line 4, column \"carrier\", value \"null\": step 1 (look_up): dataset carriers has no such row"
        ]
    );
}

#[test]
fn steps_that_do_not_suit_are_refused_with_their_number() {
    let cases = [
        (r#"{}"#, "the steps are not a JSON array"),
        (r#"[{"columns":["a"]}]"#, "step 1: it has no \"op\""),
        (r#"[{"op":"trim"},{"op":"parse_dat"}]"#, "step 2: there is no op \"parse_dat\"; did you mean parse_date?"),
        (r#"[{"op":"trim","column":"a"}]"#, "step 1 (trim): unknown field `column`, expected `columns` or `collapse`"),
        (r#"[{"op":"case","columns":["s"],"to":"snake"}]"#, "step 1 (case): unknown variant `snake`"),
        (r#"[{"op":"trim"},{"op":"drop","columns":["aa"]}]"#, "step 2 (drop): there is no column \"aa\"; did you mean a?"),
        (r#"[{"op":"rename","columns":{"a":"S"}}]"#, "would have the same name (case does not count)"),
        (r#"[{"op":"rename","columns":{"a":""}}]"#, "column name \"\" is not valid"),
        (r#"[{"op":"drop","columns":["a","s","d"]}]"#, "step 1 (drop): no column is left"),
        (r#"[{"op":"replace","columns":["s"],"find":"(","with":"","regex":true}]"#, "the regular expression \"(\" cannot be used"),
        (r#"[{"op":"replace","columns":["s"],"find":"(a)","with":"$1x","regex":true}]"#, "names the group \"1x\""),
        (r#"[{"op":"replace","columns":["s"],"find":"","with":""}]"#, "\"find\" is empty"),
        (r#"[{"op":"parse_date","column":"s","formats":[]}]"#, "it has 0 formats"),
        (r#"[{"op":"parse_date","column":"s","formats":["%d.%m.%Y"],"zone":"Mars"}]"#, "unknown time zone \"Mars\""),
        (r#"[{"op":"parse_number","column":"s","strip":["\u00a0"]}]"#, "empty, blank or has digits"),
        (r#"[{"op":"parse_number","column":"s","strip":[" "]}]"#, "empty, blank or has digits"),
        (r#"[{"op":"parse_number","column":"s","decimal":",","group":","}]"#, "give two different signs"),
        (r#"[{"op":"unit","column":"s","factor":2}]"#, "only numbers have a unit"),
        (r#"[{"op":"cast","columns":["d"],"to":"integer"}]"#, "column \"d\" is date, which does not become integer"),
        (r#"[{"op":"derive","column":"x","expression":"aa + 1"}]"#, "step 1 (derive): expression \"aa + 1\""),
        (r#"[{"op":"derive","column":"x","expression":"now()"}]"#, "step 1 (derive): expression \"now()\""),
        (r#"[{"op":"derive","column":"x","expression":"random()"}]"#, "step 1 (derive): expression \"random()\""),
        (r#"[{"op":"derive","column":"x","expression":"sum(a)"}]"#, "holds an aggregate"),
        (r#"[{"op":"derive","column":"x","expression":"(select 1)"}]"#, "step 1 (derive)"),
        (r#"[{"op":"filter","condition":"a + 1"}]"#, "it must be true or false for each row"),
        (r#"[{"op":"flatten","column":"s"}]"#, "only a struct has fields to flatten"),
        (r#"[{"op":"split","column":"s","separator":"-","into":["a","b"]}]"#, "there is a column \"a\" already"),
        (r#"[{"op":"deduplicate","keep":"last"},{"op":"deduplicate","keep":"last"}]"#, "step 2 (deduplicate): step 1 keeps the last rows already"),
        (r#"[{"op":"hash","columns":["s"],"salt":"short"}]"#, "\"salt\" has 5 bytes"),
        (r#"[{"op":"look_up","dataset":"nowhere","on":{"s":"code"},"take":{"name":"n"}}]"#, "step 1 (look_up): there is no dataset nowhere"),
        (r#"[{"op":"look_up","dataset":"carriers","on":{"s":"cod"},"take":{"name":"n"}}]"#, "dataset carriers has no column \"cod\"; did you mean code?"),
        (r#"[{"op":"look_up","dataset":"carriers","on":{"a":"code"},"take":{"name":"n"}}]"#, "they are never equal; cast one"),
        (r#"[{"op":"look_up","dataset":"twice","on":{"s":"code"},"take":{"name":"n"}}]"#, "dataset twice has two rows with code = \"AA\""),
    ];
    for (steps, expected) in cases {
        let error = treat("t.csv", "a,s,d\n1,x,2013-01-01\n", steps).map(|treated| treated.rows()).unwrap_err();
        assert!(error.message().contains(expected) && error.kind() == ErrorKind::Invalid, "{steps}: {error}");
    }
    let many = format!("[{}]", vec![r#"{"op":"trim"}"#; 101].join(","));
    assert_eq!(Steps::parse(&many).unwrap_err().message(), "101 steps are more than the 100 that a dataset may have");
}

#[test]
fn steps_go_to_json_and_back() {
    let json = r#"[{"op":"trim","columns":["a"],"collapse":true},{"op":"parse_date","column":"d","formats":["%d"],"zone":"UTC","to":"date","into":"e","on_error":"fail"},{"op":"deduplicate","keep":"last"}]"#;
    let steps = Steps::parse(json).unwrap();
    assert_eq!(serde_json::to_string(&steps).unwrap(), json);
    assert_eq!(serde_json::from_str::<Steps>(json).unwrap(), steps);
    assert!(serde_json::from_str::<Steps>(r#"[{"op":"x"}]"#).unwrap_err().to_string().starts_with("step 1: there is no op \"x\""));
}

/// `tidemill.steps` as an engine of version 1 has written it. What is stored stays readable: this text is never changed.
const STORED: &str = r#"{"source":[{"name":"Day","type":"string"},{"name":"at","type":"struct","fields":[{"name":"x","type":"integer"}]}],"steps":[
    {"op":"trim","columns":["a"],"collapse":true},{"op":"case","columns":["a"],"to":"lower"},{"op":"null_tokens","tokens":["-"],"ignore_case":true},
    {"op":"replace","columns":["a"],"find":"x","with":"y","regex":true,"ignore_case":true},
    {"op":"parse_date","column":"Day","formats":["%d"],"zone":"UTC","to":"date","into":"d","on_error":"fail"},
    {"op":"parse_number","column":"n","decimal":",","group":".","strip":["€"],"to":"integer","into":"m","on_error":"null"},
    {"op":"unit","column":"n","factor":2.0,"offset":1.0,"into":"m","on_error":"null"},{"op":"cast","columns":["n"],"to":"string","on_error":"fail"},
    {"op":"derive","column":"n","expression":"1","on_error":"null"},{"op":"split","column":"a","separator":"-","into":["b","c"]},
    {"op":"rename","columns":{"a":"b"}},{"op":"drop","columns":["a"]},{"op":"filter","condition":"true","on_error":"fail"},
    {"op":"flatten","column":"at","prefix":""},{"op":"deduplicate","key":["a"],"keep":"last"},
    {"op":"mask","columns":["a"],"keep_first":1,"keep_last":2,"with":"x"},{"op":"hash","columns":["a"],"salt":"0123456789abcdef"},
    {"op":"look_up","dataset":"d","on":{"a":"b"},"take":{"c":"d"},"missing":"reject"}]}"#;

#[test]
fn what_was_stored_is_read_and_written_the_same() {
    let stored = super::DatasetSteps::stored(STORED).unwrap();
    assert_eq!(stored.steps.iter().map(super::Step::op).collect::<Vec<_>>(), super::Step::OPS);
    let written: serde_json::Value = serde_json::from_str(&stored.to_text().unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(STORED).unwrap());
    let error = super::DatasetSteps::stored(r#"{"source":[],"steps":[{"op":"dream"}]}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().ends_with("a newer engine may have written them"), "{error}");
}

#[test]
fn texts_that_grow_without_end_are_stopped() {
    let double = r#"{"op":"derive","column":"s","expression":"concat(s, s)"}"#;
    let steps = format!("[{}]", vec![double; 40].join(","));
    let error = treat("t.csv", "n,s\n1,xxxxxxxxxxxxxxxx\n", &steps).unwrap_err();
    // The only row is refused, before there is a batch of it.
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn declared_types_come_first() {
    let treated = treat_typed("t.csv", "n\n1.5\n", r#"[{"op":"parse_number","column":"n","decimal":","}]"#, &[("n", ColumnType::Float)]).unwrap();
    assert_eq!(treated.rows(), ["1.5"]);
}

/// Steps of every kind over the columns of [`batch`].
const MANY: &str = r#"[
    {"op":"trim","collapse":true},
    {"op":"null_tokens","columns":["s","n"],"tokens":["-","3"]},
    {"op":"replace","columns":["s"],"find":"(b)","with":"<$1>","regex":true},
    {"op":"split","column":"s","separator":"a","into":["s1","s2"]},
    {"op":"case","columns":["s1"],"to":"upper"},
    {"op":"parse_number","column":"num","decimal":",","group":".","into":"value"},
    {"op":"derive","column":"ratio","expression":"n / (n - 2)"},
    {"op":"unit","column":"f","factor":2,"offset":1},
    {"op":"flatten","column":"st"},
    {"op":"look_up","dataset":"carriers","on":{"c":"code"},"take":{"name":"airline"},"missing":"null"},
    {"op":"filter","condition":"st_x is null or st_x <> 4"},
    {"op":"deduplicate","key":["n","c"],"keep":"KEEP"},
    {"op":"deduplicate","key":["n"]},
    {"op":"mask","columns":["s2"],"keep_first":1},
    {"op":"hash","columns":["c"]},
    {"op":"cast","columns":["f"],"to":"string"},
    {"op":"rename","columns":{"f":"g"}},
    {"op":"drop","columns":["num"]}
]"#;

type Row = (Option<i64>, Option<f64>, Option<String>, Option<String>, Option<String>, Option<i64>);

fn batch(rows: &[Row]) -> RecordBatch {
    let text = |of: &dyn Fn(&Row) -> Option<String>| Arc::new(rows.iter().map(of).collect::<StringViewArray>()) as ArrayRef;
    let n: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
    let f: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>());
    let inner: ArrayRef = Arc::new(rows.iter().map(|row| row.5).collect::<Int64Array>());
    let nulls = rows.iter().map(|row| row.5 != Some(1)).collect::<Vec<_>>();
    let st: ArrayRef = Arc::new(StructArray::new(vec![Field::new("x", DataType::Int64, true)].into(), vec![inner], Some(nulls.into())));
    let columns = [("n", n), ("f", f), ("s", text(&|row| row.2.clone())), ("num", text(&|row| row.3.clone())), ("c", text(&|row| row.4.clone())), ("st", st)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true))).unwrap()
}

/// Rows through steps, cut into batches of these sizes.
fn run(keep: &str, whole: &RecordBatch, sizes: &[usize]) -> (RecordBatch, Vec<Reject>, Vec<u64>) {
    let columns: Vec<Column> = whole.schema().fields().iter().map(|field| Column::from_field(field).unwrap()).collect();
    let mut steps = compiled(&MANY.replace("KEEP", keep), &columns).unwrap();
    let (mut pieces, mut start, mut sizes) = (Vec::new(), 0, sizes.iter().copied().cycle());
    while start < whole.num_rows() {
        let rows = sizes.next().unwrap().clamp(1, whole.num_rows() - start);
        pieces.push((start, whole.slice(start, rows)));
        start += rows;
    }
    let decoded = |(start, batch): &(usize, RecordBatch)| Decoded {
        lines: (*start as u64 + 1..).take(batch.num_rows()).collect(),
        batch: batch.clone(),
        rejects: Vec::new(),
        source: None,
        nulled: 0,
    };
    if steps.looks_ahead() {
        pieces.iter().for_each(|piece| steps.look(&mut Rows::of(decoded(piece))).unwrap());
        steps.rewind();
    }
    let (mut batches, mut rejects, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for piece in &pieces {
        let mut rows = Rows::of(decoded(piece));
        steps.apply(&mut rows).unwrap();
        let treated = rows.into_decoded(false);
        batches.push(treated.batch);
        rejects.extend(treated.rejects);
        lines.extend(treated.lines);
    }
    let schema = crate::ingest::decode::batch::schema_of(steps.columns());
    (concat_batches(&schema, &batches).unwrap(), rejects, lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn how_rows_are_cut_into_batches_changes_nothing(
        rows in prop::collection::vec(
            (
                prop::option::of(0_i64..6),
                prop::option::of(-2.0_f64..2.0),
                prop::option::of("[ab\\- ]{0,6}"),
                prop::option::of("[1-9](\\.[0-9]{3})?(,[0-9x])?"),
                prop::option::of(prop::sample::select(vec!["AA".to_owned(), "UA".to_owned(), "ZZ".to_owned()])),
                prop::option::of(0_i64..6),
            ),
            1..40,
        ),
        sizes in prop::collection::vec(1_usize..9, 1..6),
        last in any::<bool>(),
    ) {
        let whole = batch(&rows);
        let keep = if last { "last" } else { "first" };
        let together = run(keep, &whole, &[usize::MAX]);
        prop_assert_eq!(&run(keep, &whole, &sizes), &together);
        // And again: nothing is left of the time before.
        prop_assert_eq!(&run(keep, &whole, &[usize::MAX]), &together);
        prop_assert_eq!(together.2.len(), together.0.num_rows());
    }
}

#[test]
fn texts_that_would_fill_the_memory_are_refused_before_they_do() {
    // One text of a megabyte, of which each letter becomes sixty thousand.
    let long = "a".repeat(1 << 20);
    let replace = format!(r#"[{{"op":"replace","columns":["s"],"find":"a","with":"{}"}}]"#, "b".repeat(60_000));
    let treated = treat("t.csv", format!("n,s\n1,{long}\n2,x\n3,y\n"), &replace).unwrap();
    assert_eq!(treated.rows(), ["2|x", "3|y"]);
    assert!(treated.described()[0].contains("line 2") && treated.described()[0].contains("longer than 16 MB"), "{:?}", treated.described());
    // One match of a megabyte, and twenty thousand times itself in its place.
    let itself = format!(r#"[{{"op":"replace","columns":["s"],"find":"(?s).+","regex":true,"with":"{}"}}]"#, "$0".repeat(20_000));
    let treated = treat("t.csv", format!("n,s\n1,{long}\n2,x\n3,y\n"), &itself).unwrap();
    assert_eq!(treated.described().len(), 1);
    assert!(treated.described()[0].contains("longer than 16 MB"), "{:?}", treated.described());
    // An expression that puts the same text together three hundred times.
    let derive = format!(r#"[{{"op":"derive","column":"d","expression":"concat({})"}},{{"op":"drop","columns":["s","d"]}}]"#, vec!["s"; 300].join(","));
    let treated = treat("t.csv", format!("n,s\n1,{long}\n2,x\n3,y\n"), &derive).unwrap();
    assert_eq!(treated.rows(), ["2", "3"]);
    assert!(treated.described()[0].contains("too long for this expression"), "{:?}", treated.described());
}

#[test]
fn replacements_are_those_of_the_expression() {
    let replaced = |find: &str, with: &str, regex: bool| format!(r#"[{{"op":"replace","columns":["s"],"find":"{find}","with":"{with}","regex":{regex}}}]"#);
    gives("s\na.b.c\n", &replaced(".", "$1", false), "s:string", &["a$1b$1c"]);
    gives("s\nab12\n", &replaced("([a-z]+)([0-9]+)", "${2}-$1", true), "s:string", &["12-ab"]);
    gives("s\nabc\n", &replaced("x*", "-", true), "s:string", &["-a-b-c-"]);
    gives("s\nähm äh\n", &replaced("äh", "ö", false), "s:string", &["öm ö"]);
}
