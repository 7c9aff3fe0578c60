//! Rejected rows in the store: one object a load. Its first line says how rows of the file are written, the others are the rows.
//! Objects of format 1 have no such line.

use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

use super::infer::{Inference, Layout};
use super::reject::{Reject, RowHeader};
use crate::error::{Error, Result};
use crate::storage::writes::Unreferenced;
use crate::storage::{checked_text, layout};

const FORMAT: u32 = 2;

/// The first line. Rows have no such member, so it is told from a row of an object of format 1.
#[derive(Debug, Serialize, Deserialize)]
struct FirstLine {
    #[serde(rename = "tidemill.rejects")]
    format: u32,
    /// Left out where each row says itself what its values are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<RowHeader>,
}

/// The rejected rows of a load.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptRejects {
    /// How they are written, where a row is text without names and that is known.
    pub header: Option<RowHeader>,
    /// In the order of the file.
    pub rows: Vec<Reject>,
}

/// How rows of a file are written, where their text does not say it.
fn header_of(inference: &Inference) -> Option<RowHeader> {
    let null_tokens = inference.options.null_tokens.clone();
    let delimiter = match inference.layout {
        Layout::Delimited(dialect) => Some(char::from(dialect.delimiter)),
        Layout::Sheet => Some('\t'),
        // Its texts are what they say, unless the load says of some that they mean nothing.
        Layout::JsonLines | Layout::JsonArray | Layout::JsonSequence if null_tokens.is_some() => None,
        Layout::JsonLines | Layout::JsonArray | Layout::JsonSequence | Layout::Columnar(_) => return None,
    };
    let columns = inference.columns.iter().map(|column| column.name.clone()).collect();
    Some(RowHeader { columns, delimiter, null_tokens })
}

/// Stores the rows that a load did not take, for people to look at; nothing where it took all of them.
///
/// # Errors
/// What the store says.
pub(super) async fn put(store: &Arc<dyn ObjectStore>, dataset: &Path, load_id: &str, inference: &Inference, rejects: &[Reject]) -> Result<()> {
    if rejects.is_empty() {
        return Ok(());
    }
    let text = encode(header_of(inference), rejects)?;
    let put = store.put_opts(&layout::rejects(dataset, load_id), checked_text::seal(text).into(), Unreferenced::options()).await;
    put.map(drop).map_err(|error| Error::from(error).context("keep rejected rows"))
}

/// Removes the rejected rows of a load that did not come about. What stays is swept like other leftovers.
pub(super) async fn remove(store: &Arc<dyn ObjectStore>, dataset: &Path, load_id: &str) {
    drop(store.delete(&layout::rejects(dataset, load_id)).await);
}

/// The rejected rows of a load; `None` where none are kept.
///
/// # Errors
/// What the store says; `Corrupt` when they cannot be read.
pub(crate) async fn get(store: &Arc<dyn ObjectStore>, dataset: &Path, load_id: &str) -> Result<Option<KeptRejects>> {
    let location = layout::rejects(dataset, load_id);
    let object = match store.get(&location).await {
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(Error::from(error).context("read rejected rows")),
        Ok(object) => object.bytes().await?,
    };
    let text = checked_text::open(&object, &format_args!("rejected rows {location}"))?;
    decode(text).map(Some).map_err(|error| error.context(format!("rejected rows {location}")))
}

fn encode(header: Option<RowHeader>, rejects: &[Reject]) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec(&FirstLine { format: FORMAT, header })?;
    for reject in rejects {
        text.push(b'\n');
        serde_json::to_writer(&mut text, reject)?;
    }
    Ok(text)
}

fn decode(text: &[u8]) -> Result<KeptRejects> {
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).peekable();
    let first = lines.peek().and_then(|line| serde_json::from_slice::<FirstLine>(line).ok());
    if let Some(first) = &first {
        if first.format > FORMAT {
            return Err(Error::corrupt(format!("their format {} is newer than {FORMAT}, which this engine reads; read them with the one that wrote them", first.format)));
        }
        lines.next();
    }
    let rows = lines.map(serde_json::from_slice).collect::<Result<Vec<Reject>, _>>().map_err(|error| Error::corrupt(error.to_string()).because(error))?;
    Ok(KeptRejects { header: first.and_then(|first| first.header), rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::ReadOptions;
    use crate::ingest::decode::testing::{load, spooled};
    use crate::ingest::infer::infer_spooled;

    fn row(line: u64) -> Reject {
        Reject { line, column: Some("n".into()), value: Some("x".into()), reason: "not an integer".into(), rule: None, raw: "a;x".into() }
    }

    #[test]
    fn rows_are_kept_with_their_header() {
        let inference = load("t.csv", "city;n\na;1\nb;2\n", &[]).unwrap().inference;
        let kept = KeptRejects { header: Some(RowHeader { columns: vec!["city".into(), "n".into()], delimiter: Some(';'), null_tokens: None }), rows: vec![row(3), row(7)] };
        let text = encode(header_of(&inference), &kept.rows).unwrap();
        assert!(text.starts_with(br#"{"tidemill.rejects":2,"header":{"columns":["city","n"],"delimiter":";"}}"#), "{}", String::from_utf8_lossy(&text));
        assert_eq!(decode(&text).unwrap(), kept);
        // Who corrects a row has to know what stood for nothing in it.
        let source = spooled("t.csv", "city;n\nNA;-999\nb;2\n");
        let named = ReadOptions { null_tokens: Some(vec!["-999".into()]), ..ReadOptions::default() };
        let header = header_of(&infer_spooled(&source, &named, None).unwrap());
        assert_eq!(header.as_ref().and_then(|header| header.null_tokens.clone()), named.null_tokens);
        assert_eq!(decode(&encode(header.clone(), &kept.rows).unwrap()).unwrap().header, header);
        // A row of JSON has its names in itself.
        let inference = load("t.json", "{\"n\": 1}\n{\"n\": 2}\n", &[]).unwrap().inference;
        assert_eq!(header_of(&inference), None);
        assert_eq!(decode(&encode(None, &kept.rows).unwrap()).unwrap(), KeptRejects { header: None, rows: kept.rows.clone() });
        // But not what its load has taken for nothing.
        let source = spooled("t.json", "{\"n\": -999}\n{\"n\": 2}\n");
        let header = header_of(&infer_spooled(&source, &named, None).unwrap());
        assert_eq!(header, Some(RowHeader { columns: vec!["n".into()], delimiter: None, null_tokens: named.null_tokens }));
        assert_eq!(decode(&encode(header.clone(), &kept.rows).unwrap()).unwrap(), KeptRejects { header, rows: kept.rows });
    }

    #[test]
    fn objects_of_the_first_format_are_read() {
        let old = br#"{"line":3,"column":"n","value":"x","reason":"not an integer","raw":"a;x"}
{"line":7,"column":"n","value":"x","reason":"not an integer","raw":"a;x"}
"#;
        assert_eq!(decode(old).unwrap(), KeptRejects { header: None, rows: vec![row(3), row(7)] });
        assert!(decode(b"{\"line\":3,\"col").is_err());
        // One that comes later may say of its rows what changes what they are.
        assert_eq!(decode(b"{\"tidemill.rejects\":3}\n").unwrap_err().kind(), crate::ErrorKind::Corrupt);
    }
}
