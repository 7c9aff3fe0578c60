//! Counting distinct texts: a text gets a number once, however many groups have it, and a group holds numbers. What a
//! count of distinct texts takes in memory is therefore the texts and eight bytes a text and group, not a table a group.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, StringViewArray, StringViewBuilder, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef};

use super::fold::{Fold, Numbers, Values};
use crate::error::{Error, Result};

/// Distinct texts by group. State: one `List<Utf8View>`, the texts in the order in which they came first.
#[derive(Debug, Default)]
pub(crate) struct DistinctTexts {
    groups: usize,
    numbers: HashMap<Arc<str>, u32, foldhash::fast::RandomState>,
    /// By their numbers.
    texts: Vec<Arc<str>>,
    text_bytes: usize,
    /// Group in the upper half, number of a text in the lower one.
    pairs: HashSet<u64, foldhash::fast::RandomState>,
}

impl DistinctTexts {
    /// Whether values of a type are counted here.
    pub(crate) fn takes(data_type: &DataType) -> bool {
        *data_type == DataType::Utf8View
    }

    pub(crate) fn state_type() -> DataType {
        DataType::List(item())
    }

    fn add(&mut self, group: usize, text: &str) -> Result<()> {
        let number = match self.numbers.get(text) {
            Some(number) => *number,
            None => {
                let number =
                    u32::try_from(self.texts.len()).map_err(|_| Error::exhausted("more than four billion distinct texts are counted at once; count them with approx_distinct"))?;
                let text: Arc<str> = text.into();
                self.text_bytes += text.len();
                self.texts.push(Arc::clone(&text));
                self.numbers.insert(text, number);
                number
            }
        };
        self.pairs.insert((group as u64) << 32 | u64::from(number));
        Ok(())
    }
}

fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::Utf8View, true))
}

impl Fold for DistinctTexts {
    fn grow(&mut self, groups: usize) {
        self.groups = self.groups.max(groups);
    }

    fn update(&mut self, values: &Values, rows: Range<usize>, numbers: Numbers<'_>) -> Result<()> {
        let texts = values.array()?.as_string_view();
        for (place, row) in rows.enumerate() {
            if values.valid.as_ref().is_none_or(|valid| valid.value(row)) {
                let group = numbers.at(place);
                self.add(group as usize, texts.value(row))?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        let [state] = states else { return Err(Error::internal("distinct texts have one state")) };
        let damaged = || Error::corrupt("a state of distinct texts is damaged");
        for (group, texts) in groups.iter().zip(state.as_list_opt::<i32>().ok_or_else(damaged)?.iter()) {
            let Some(texts) = texts else { continue };
            for text in texts.as_string_view_opt().ok_or_else(damaged)?.iter().flatten() {
                self.add(*group, text)?;
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ArrayRef>> {
        let mut pairs: Vec<u64> = std::mem::take(&mut self.pairs).into_iter().collect();
        if i32::try_from(pairs.len()).is_err() {
            return Err(Error::exhausted("more than two billion distinct texts and groups are counted at once; group by less or narrow the time range"));
        }
        pairs.sort_unstable();
        let mut lengths = vec![0; self.groups];
        for pair in &pairs {
            if let Some(length) = lengths.get_mut((pair >> 32) as usize) {
                *length += 1;
            }
        }
        let mut texts = StringViewBuilder::with_capacity(self.texts.len());
        self.texts.iter().for_each(|text| texts.append_value(text));
        let texts: StringViewArray = texts.finish();
        // A text that several groups have is written once: views share what they point to.
        let values = take(&texts, &UInt32Array::from_iter_values(pairs.into_iter().map(|pair| pair as u32)), None)?;
        Ok(vec![Arc::new(ListArray::new(item(), OffsetBuffer::from_lengths(lengths), values, None))])
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        let mut counts = vec![0_i64; self.groups];
        for pair in std::mem::take(&mut self.pairs) {
            if let Some(count) = counts.get_mut((pair >> 32) as usize) {
                *count += 1;
            }
        }
        Ok(Arc::new(Int64Array::from(counts)))
    }

    fn size_bytes(&self) -> usize {
        let text = size_of::<Arc<str>>() * 2 + size_of::<u32>() + 2 * size_of::<usize>();
        self.text_bytes + self.texts.capacity() * text + self.pairs.capacity() * (size_of::<u64>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::super::fold::testing::{folded, rows};
    use super::*;

    proptest! {
        #[test]
        fn counts_are_those_of_sets((rows, groups) in rows(300), texts in proptest::collection::vec(proptest::option::weighted(0.9, "[ab]{0,3}|[a-c]{14}"), 300), segment in 1_usize..400) {
            let array: ArrayRef = Arc::new(StringViewArray::from_iter(texts.iter().map(Option::as_deref)));
            let mut sets = vec![HashSet::new(); groups];
            for (row, (passes, group)) in rows.iter().enumerate() {
                if let (true, Some(text)) = (*passes, &texts[row]) {
                    sets[*group as usize].insert(text);
                }
            }
            let expected: Vec<i64> = sets.iter().map(|set| set.len() as i64).collect();
            let counts = folded(&|| Box::<DistinctTexts>::default(), Some(&array), &rows, groups, segment).unwrap();
            prop_assert_eq!(counts.as_primitive::<Int64Type>().values().to_vec(), expected);
        }
    }

    #[test]
    fn many_groups_take_what_their_texts_take() {
        let mut texts = DistinctTexts::default();
        texts.grow(100_000);
        for group in 0..100_000 {
            texts.add(group, ["GET", "POST"][group % 2]).unwrap();
        }
        assert!(texts.size_bytes() < 100_000 * 40, "{}", texts.size_bytes());
        let state = texts.state().unwrap().remove(0);
        assert!(state.get_array_memory_size() < 100_000 * 40, "{}", state.get_array_memory_size());
        let mut merged = DistinctTexts::default();
        merged.grow(2);
        let groups: Vec<usize> = (0..100_000).map(|group| group % 2).collect();
        merged.merge(&[state], &groups).unwrap();
        assert_eq!(merged.evaluate().unwrap().as_primitive::<Int64Type>().values().to_vec(), [1, 1]);
    }
}
