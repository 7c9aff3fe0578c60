//! Text keys of groups as numbers, the same in all partials of one key of one dataset. Merging partials then compares
//! numbers; the text is looked up once, for the groups of the answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::UInt32Type;
use datafusion::error::Result;

/// What an entry costs beside its text and its places in the tables: counters and padding of its allocation, and its view
/// in the array that is made of all texts sooner or later.
const ENTRY_BYTES: usize = 16 + 4 + 16;
/// Texts are made one by one where fewer than one in so many are wanted; elsewhere out of an array of all of them.
const FEW: usize = 8;
/// What a place in the hash table takes.
const PLACE_BYTES: usize = size_of::<(Arc<str>, u32)>() + 1;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Numbers of texts. Only ever grows, so a number that was given stays true for as long as the dictionary lives.
#[derive(Debug)]
pub(crate) struct Dictionary {
    /// Tells dictionaries of one process apart: it is part of the identity of every state that holds numbers of it.
    pub id: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    numbers: HashMap<Arc<str>, u32, foldhash::fast::RandomState>,
    texts: Vec<Arc<str>>,
    text_bytes: usize,
    weighed_bytes: usize,
    /// The texts as an array, as of some time ago.
    array: Option<StringViewArray>,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), inner: Mutex::default() }
    }

    /// Numbers of texts, given where there is none yet.
    pub(crate) fn numbers(&self, texts: &ArrayRef) -> UInt32Array {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        texts.as_string_view().iter().map(|text| text.map(|text| inner.number(text))).collect()
    }

    /// Texts of numbers that this dictionary has given.
    pub(crate) fn texts(&self, numbers: &ArrayRef) -> Result<ArrayRef> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inner.texts.len();
        if numbers.len() < count / FEW {
            let texts: Vec<Option<Arc<str>>> = numbers.as_primitive::<UInt32Type>().iter().map(|number| inner.texts.get(number? as usize).cloned()).collect();
            drop(inner);
            // An answer of a few texts does not hold on to all others.
            return Ok(Arc::new(texts.iter().map(Option::as_deref).collect::<StringViewArray>()));
        }
        let array = match inner.array.take().filter(|array| array.len() == count) {
            Some(array) => array,
            None => StringViewArray::from_iter_values(inner.texts.iter()),
        };
        inner.array = Some(array.clone());
        drop(inner);
        Ok(take(&array, numbers, None)?)
    }

    /// How many numbers were given.
    pub(crate) fn len(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).texts.len()
    }

    /// Bytes held.
    pub(crate) fn size_bytes(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).size_bytes()
    }

    /// Whether it holds much more than when it was asked the last time.
    pub(crate) fn has_outgrown_its_weight(&self) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let size = inner.size_bytes();
        let outgrown = size > inner.weighed_bytes + inner.weighed_bytes / 16;
        if outgrown {
            inner.weighed_bytes = size;
        }
        outgrown
    }
}

impl Inner {
    /// Texts stand twice: on their own and in the array. Tables are counted with the room that they have left; of eight
    /// places in the hash table seven can be taken.
    fn size_bytes(&self) -> usize {
        self.text_bytes * 2 + self.texts.len() * ENTRY_BYTES + self.texts.capacity() * size_of::<Arc<str>>() + self.numbers.capacity() * 8 / 7 * PLACE_BYTES
    }

    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.text_bytes += text.len();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_their_texts() {
        let dictionary = Dictionary::new();
        for texts in [vec![Some("b"), None, Some("a long text that is not kept inside of its view"), Some("b")], vec![Some(""), Some("c"), Some("b")]] {
            let array: ArrayRef = Arc::new(StringViewArray::from(texts));
            let numbers: ArrayRef = Arc::new(dictionary.numbers(&array));
            assert_eq!(&dictionary.texts(&numbers).unwrap(), &array);
        }
        assert_eq!(dictionary.numbers(&(Arc::new(StringViewArray::from(vec!["c", "b"])) as ArrayRef)), UInt32Array::from(vec![3, 0]));
        assert_ne!(Dictionary::new().id, dictionary.id);
    }

    #[test]
    fn a_few_texts_are_made_alone() {
        let dictionary = Dictionary::new();
        let all: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..1_000).map(|text| format!("a text that is longer than its view: {text}"))));
        let numbers: ArrayRef = Arc::new(dictionary.numbers(&all));
        assert_eq!(&dictionary.texts(&numbers).unwrap(), &all);
        let few: ArrayRef = Arc::new(UInt32Array::from(vec![Some(999), None, Some(0)]));
        let texts = dictionary.texts(&few).unwrap();
        assert_eq!(&texts, &take(&all, &few, None).unwrap());
        assert!(texts.get_array_memory_size() < 20_000, "{}", texts.get_array_memory_size());
    }
}
