//! A sorted list of distinct values that is searched for parts of their text, whatever the case: all texts lie one after the
//! other in memory, folded once, so that a search is one pass over bytes.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, make_comparator};
use arrow::compute::{SortOptions, cast, interleave, take};
use arrow::datatypes::DataType;
use memchr::memmem::Finder;

use crate::error::Result;

/// Stands behind each text. No UTF-8 has it, so no search goes over an end.
const END: u8 = 0xff;

/// The list.
#[derive(Debug)]
pub(crate) struct ValueList {
    /// Ascending, each once, none missing.
    values: ArrayRef,
    folded: Vec<u8>,
    /// Where the text of each value ends.
    ends: Vec<usize>,
}

impl ValueList {
    /// A list of values that are in order, each once, none missing.
    pub(crate) fn new(values: ArrayRef) -> Result<Self> {
        let texts = cast(&values, &DataType::Utf8View)?;
        let (mut folded, mut ends) = (Vec::new(), Vec::with_capacity(values.len()));
        for text in texts.as_string_view().iter().map(Option::unwrap_or_default) {
            fold(text, &mut folded);
            ends.push(folded.len());
            folded.push(END);
        }
        folded.shrink_to_fit();
        Ok(Self { values, folded, ends })
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn data_type(&self) -> &DataType {
        self.values.data_type()
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.values.get_array_memory_size() + self.folded.len() + self.ends.len() * size_of::<usize>()
    }

    /// The values after the first `offset` ones, `limit` of them at most, and whether there are more.
    pub(crate) fn page(&self, limit: usize, offset: usize) -> (ArrayRef, bool) {
        let from = offset.min(self.len());
        let rows = limit.min(self.len() - from);
        (self.values.slice(from, rows), from + rows < self.len())
    }

    /// The same of those values alone that have a text in them.
    pub(crate) fn search(&self, text: &str, limit: usize, offset: usize) -> Result<(ArrayRef, bool)> {
        let mut needle = Vec::new();
        fold(text, &mut needle);
        let finder = Finder::new(&needle);
        let mut found: Vec<u32> = Vec::new();
        let (mut from, mut place) = (0, 0);
        // One more than a page tells whether there are more.
        while found.len() <= offset.saturating_add(limit)
            && let Some(at) = self.folded.get(from..).and_then(|rest| finder.find(rest))
        {
            let at = from + at;
            place += self.ends.get(place..).map_or(0, |ends| ends.partition_point(|end| *end < at));
            // Nothing is found behind the last text, too.
            let Some(end) = self.ends.get(place) else { break };
            found.push(place as u32);
            from = end + 1;
            place += 1;
        }
        let page = found.get(offset.min(found.len())..).unwrap_or_default();
        let more = page.len() > limit;
        let page = UInt32Array::from(page.get(..limit).unwrap_or(page).to_vec());
        Ok((take(&self.values, &page, None)?, more))
    }

    /// The list with more values, of the same type, in order and each once. `None`: all of them are in it.
    pub(crate) fn with(&self, more: &ArrayRef) -> Result<Option<Self>> {
        let compare = make_comparator(&self.values, more, SortOptions::default())?;
        let mut order: Vec<(usize, usize)> = Vec::with_capacity(self.len() + more.len());
        let (mut here, mut there) = (0, 0);
        while here < self.len() || there < more.len() {
            let next = match (here < self.len(), there < more.len()) {
                (true, true) => compare(here, there),
                (true, false) => Ordering::Less,
                _ => Ordering::Greater,
            };
            order.push(if next == Ordering::Greater { (1, there) } else { (0, here) });
            here += usize::from(next != Ordering::Greater);
            there += usize::from(next != Ordering::Less);
        }
        if order.len() == self.len() {
            return Ok(None);
        }
        Self::new(interleave(&[&self.values, more], &order)?).map(Some)
    }
}

/// Adds a text without its case. Letter by letter, so that a part of a text is folded as the whole is.
fn fold(text: &str, folded: &mut Vec<u8>) {
    if text.is_ascii() {
        folded.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
        return;
    }
    let mut buffer = [0; 4];
    for letter in text.chars().flat_map(char::to_lowercase) {
        folded.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use arrow::array::StringViewArray;
    use proptest::prelude::*;

    use super::*;

    fn list(values: &BTreeSet<String>) -> ValueList {
        ValueList::new(array(values)).unwrap()
    }

    fn array(values: &BTreeSet<String>) -> ArrayRef {
        Arc::new(values.iter().map(Some).collect::<StringViewArray>())
    }

    fn texts(array: &ArrayRef) -> Vec<String> {
        array.as_string_view().iter().map(|text| text.unwrap().to_owned()).collect()
    }

    proptest! {
        #[test]
        fn a_search_finds_what_has_the_text_in_it(
            values in proptest::collection::btree_set("[abAB éÉΣσ]{0,4}", 0..30),
            text in "[abABéÉΣ]{0,2}",
            (limit, offset) in (1_usize..5, 0_usize..5),
        ) {
            let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
            let expected: Vec<String> = values.iter().filter(|value| lower(value).contains(&lower(&text))).cloned().collect();
            let (found, more) = list(&values).search(&text, limit, offset).unwrap();
            prop_assert_eq!(texts(&found), expected.iter().skip(offset).take(limit).cloned().collect::<Vec<_>>());
            prop_assert_eq!(more, expected.len() > offset + limit);
            let (all, more) = list(&values).page(limit, offset);
            prop_assert_eq!(texts(&all), values.iter().skip(offset).take(limit).cloned().collect::<Vec<_>>());
            prop_assert_eq!(more, values.len() > offset + limit);
        }

        #[test]
        fn values_that_are_added_come_in_their_order_and_once(
            values in proptest::collection::btree_set("[ab]{0,3}", 0..20),
            more in proptest::collection::btree_set("[ab]{0,3}", 0..20),
        ) {
            let both: BTreeSet<String> = values.union(&more).cloned().collect();
            match list(&values).with(&array(&more)).unwrap() {
                Some(list) => prop_assert_eq!(texts(&list.values), both.into_iter().collect::<Vec<_>>()),
                None => prop_assert_eq!(both, values),
            }
        }
    }
}
