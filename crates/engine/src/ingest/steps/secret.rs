//! Steps that hide what values are: mask shows some characters, hash shows which values are equal and nothing else.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use arrow::array::AsArray;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::frame::{Frame, array};
use super::op::{Op, Site};
use super::text::{Change, Texts, changed};
use crate::catalog::convert::convert;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::treatment::rows::Rows;

/// Bytes of a hash that are shown: enough that no two of a billion billion values are likely to share one.
const SHOWN_BYTES: usize = 16;

pub(super) fn mask(frame: &Frame, columns: &[String], keep_first: usize, keep_last: usize, with: char) -> Result<Box<dyn Op>> {
    let change: Change = Arc::new(move |text| Some(Cow::Owned(masked(text, keep_first, keep_last, with))));
    Ok(Box::new(Texts { places: frame.texts(columns)?, change }))
}

fn masked(text: &str, keep_first: usize, keep_last: usize, with: char) -> String {
    let length = text.chars().count();
    let shows = length > keep_first.saturating_add(keep_last);
    let stays = |index: usize| shows && (index < keep_first || index >= length - keep_last);
    text.chars().enumerate().map(|(index, character)| if stays(index) { character } else { with }).collect()
}

pub(super) fn hash(frame: &mut Frame, columns: &[String], key: &[u8]) -> Result<Box<dyn Op>> {
    let keyed = Hmac::<Sha256>::new_from_slice(key).map_err(|error| Error::internal(format!("a hash takes no such key: {error}")))?;
    let mut targets = Vec::new();
    for place in frame.places(columns)? {
        let Some(column) = frame.columns.get_mut(place) else { continue };
        if column.column_type.is_nested() {
            return Err(Error::invalid(format!("column {:?} is {column}; flatten it, or cast it to string, before it is hashed", column.name)));
        }
        *column = Column::new(&column.name, ColumnType::String);
        targets.push((place, column.clone()));
    }
    let change: Change = Arc::new(move |text| {
        let mut hash = keyed.clone();
        hash.update(text.as_bytes());
        Some(Cow::Owned(hex::encode(hash.finalize().into_bytes().get(..SHOWN_BYTES).unwrap_or_default())))
    });
    Ok(Box::new(Hashed { targets, change }))
}

/// Hashes the values of columns of any plain type, by their texts.
struct Hashed {
    targets: Vec<(usize, Column)>,
    change: Change,
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hashed({:?})", self.targets)
    }
}

impl Op for Hashed {
    fn apply(&mut self, rows: &mut Rows, _: &Site) -> Result<()> {
        for (place, column) in &self.targets {
            let texts = convert(array(&rows.batch, *place)?, column)?;
            let texts = texts.as_string_view_opt().ok_or_else(|| Error::internal("a text of a value is not text"))?;
            rows.put(*place, column, changed(texts, &self.change))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_hidden_whole() {
        assert_eq!(masked("4111111111111111", 0, 4, '*'), "************1111");
        assert_eq!(masked("ada@example.org", 1, 4, '•'), "a••••••••••.org");
        assert_eq!(masked("1111", 0, 4, '*'), "****");
        assert_eq!(masked("äöü", 1, 1, '*'), "ä*ü");
        assert_eq!(masked("", 1, 1, '*'), "");
    }
}
