//! Sets of 64 bit numbers in the manner of S. Chambi, D. Lemire and others, "Better bitmap performance with Roaring
//! bitmaps" (2016): numbers that share their upper 48 bits lie in one container, a sorted list of lower halves while it is
//! short and a bitmap of 8 KiB from there on. What a state holds is united into a set as it is, container by container:
//! nothing is decoded first, and a union of bitmaps runs at the speed of memory.
//!
//! As bytes, all little-endian: `u32` containers, then for each `u64` upper bits and `u32` length of its list
//! ([`BITMAP`] for a bitmap), then for each its `u16`s or 1,024 `u64`s.

use std::cmp::Ordering;

use crate::error::{Error, Result};

/// Numbers of a list at most; more take less room as a bitmap.
const LIST_MAX: usize = 4_096;
/// Words of a bitmap.
pub(super) const WORDS: usize = 1_024;
/// Stands for the length of a bitmap.
const BITMAP: u32 = u32::MAX;
const HEADER_BYTES: usize = 12;
/// What an allocation costs beside its content.
const ALLOCATION_BYTES: usize = 16;

/// A set of numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// By their upper bits, in order.
    containers: Vec<(u64, Container)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Container {
    /// Lower halves, in order.
    List(Vec<u16>),
    Bitmap(Box<[u64; WORDS]>),
}

/// A container inside of a state.
enum Stored<'a> {
    List(&'a [[u8; 2]]),
    Bitmap(&'a [[u8; 8]]),
}

impl Set {
    pub(super) fn len(&self) -> u64 {
        let of = |container: &Container| match container {
            Container::List(list) => list.len() as u64,
            Container::Bitmap(words) => words.iter().map(|word| u64::from(word.count_ones())).sum(),
        };
        self.containers.iter().map(|(_, container)| of(container)).sum()
    }

    /// Adds the numbers of neighbouring containers, each bit one of them. `upper` is that of the first one.
    pub(super) fn add_bits(&mut self, upper: u64, containers: &[[u64; WORDS]]) {
        let more = (upper..).zip(containers).filter(|(_, words)| words.iter().any(|word| *word != 0));
        self.unite(more, |container, words| container.add_bits(words));
    }

    /// Adds numbers that are sorted.
    pub(super) fn add_sorted(&mut self, numbers: &[u64]) {
        let more = numbers.chunk_by(|one, next| one >> 16 == next >> 16).filter_map(|run| Some((run.first()? >> 16, run)));
        self.unite(more, |container, run| container.add_list(run.iter().map(|number| *number as u16)));
    }

    /// Adds what a state holds. Of one that is damaged nothing is added.
    pub(super) fn add_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let damaged = || Error::corrupt("a state of distinct values is damaged");
        let (count, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (headers, mut rest) = rest.split_at_checked(u32::from_le_bytes(*count) as usize * HEADER_BYTES).ok_or_else(damaged)?;
        let (headers, _) = headers.as_chunks::<HEADER_BYTES>();
        let mut more = Vec::with_capacity(headers.len());
        let mut before: Option<u64> = None;
        for [a, b, c, d, e, f, g, h, length @ ..] in headers {
            let upper = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            if before.replace(upper).is_some_and(|before| before >= upper) {
                return Err(damaged());
            }
            let (bytes, list) = match u32::from_le_bytes(*length) {
                BITMAP => (WORDS * 8, false),
                length => (length as usize * 2, true),
            };
            let (own, after) = rest.split_at_checked(bytes).ok_or_else(damaged)?;
            more.push((upper, if list { Stored::List(own.as_chunks().0) } else { Stored::Bitmap(own.as_chunks().0) }));
            rest = after;
        }
        if !rest.is_empty() {
            return Err(damaged());
        }
        self.unite(more.into_iter(), |container, stored| container.add(&stored));
        Ok(())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size_bytes());
        bytes.extend_from_slice(&u32::try_from(self.containers.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (upper, container) in &self.containers {
            bytes.extend_from_slice(&upper.to_le_bytes());
            let length = if let Container::List(list) = container { list.len() as u32 } else { BITMAP };
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        for (_, container) in &self.containers {
            match container {
                Container::List(list) => list.iter().for_each(|lower| bytes.extend_from_slice(&lower.to_le_bytes())),
                Container::Bitmap(words) => words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes())),
            }
        }
        bytes
    }

    /// Bytes of a state of it.
    fn size_bytes(&self) -> usize {
        let of = |container: &Container| if let Container::List(list) = container { list.len() * 2 } else { WORDS * 8 };
        4 + self.containers.iter().map(|(_, container)| HEADER_BYTES + of(container)).sum::<usize>()
    }

    /// Bytes that it holds in memory: many times those of a state where containers hold few numbers.
    pub(super) fn held_bytes(&self) -> usize {
        let of = |container: &Container| ALLOCATION_BYTES + if let Container::List(list) = container { list.capacity() * 2 } else { WORDS * 8 };
        self.containers.capacity() * size_of::<(u64, Container)>() + self.containers.iter().map(|(_, container)| of(container)).sum::<usize>()
    }

    /// Adds to containers, which come in order and once each. Those that are new are put between the others in one go.
    fn unite<T>(&mut self, more: impl Iterator<Item = (u64, T)>, add: impl Fn(&mut Container, T)) {
        let mut new = Vec::new();
        for (upper, part) in more {
            match self.containers.binary_search_by_key(&upper, |(upper, _)| *upper) {
                Ok(place) => {
                    if let Some((_, container)) = self.containers.get_mut(place) {
                        add(container, part);
                    }
                }
                Err(_) => {
                    let mut container = Container::List(Vec::new());
                    add(&mut container, part);
                    new.push((upper, container));
                }
            }
        }
        let Some((first, _)) = new.first() else { return };
        let before = self.containers.partition_point(|(upper, _)| upper < first);
        let mut after = self.containers.split_off(before).into_iter().peekable();
        self.containers.reserve(after.len() + new.len());
        for (upper, container) in new {
            while let Some(own) = after.next_if(|(own, _)| *own < upper) {
                self.containers.push(own);
            }
            self.containers.push((upper, container));
        }
        self.containers.extend(after);
    }
}

impl Container {
    fn add_bits(&mut self, words: &[u64; WORDS]) {
        let count: u32 = words.iter().map(|word| word.count_ones()).sum();
        if count as usize > LIST_MAX {
            return self.add_words(words.iter().copied());
        }
        let mut list = Vec::with_capacity(count as usize);
        for (index, word) in words.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                list.push((index * 64 + word.trailing_zeros() as usize) as u16);
                word &= word - 1;
            }
        }
        self.add_list(list.into_iter());
    }

    fn add(&mut self, stored: &Stored<'_>) {
        match stored {
            Stored::List(list) => self.add_list(list.iter().map(|lower| u16::from_le_bytes(*lower))),
            Stored::Bitmap(words) => self.add_words(words.iter().map(|word| u64::from_le_bytes(*word))),
        }
    }

    /// Adds lower halves that are sorted.
    fn add_list(&mut self, more: impl ExactSizeIterator<Item = u16>) {
        match self {
            Self::List(list) if list.len() + more.len() <= LIST_MAX => {
                if list.is_empty() {
                    list.extend(more);
                    list.dedup();
                } else {
                    *list = united(list, more);
                }
            }
            _ => self.with_words(|words| {
                for lower in more {
                    if let Some(word) = words.get_mut(usize::from(lower / 64)) {
                        *word |= 1 << (lower % 64);
                    }
                }
            }),
        }
    }

    fn add_words(&mut self, more: impl Iterator<Item = u64>) {
        self.with_words(|words| {
            for (word, more) in words.iter_mut().zip(more) {
                *word |= more;
            }
        });
    }

    /// Its words; a list becomes a bitmap.
    fn with_words(&mut self, change: impl FnOnce(&mut [u64; WORDS])) {
        if let Self::List(list) = self {
            let mut words = Box::new([0; WORDS]);
            for lower in list {
                if let Some(word) = words.get_mut(usize::from(*lower / 64)) {
                    *word |= 1 << (*lower % 64);
                }
            }
            *self = Self::Bitmap(words);
        }
        if let Self::Bitmap(words) = self {
            change(words);
        }
    }
}

fn united(list: &[u16], more: impl ExactSizeIterator<Item = u16>) -> Vec<u16> {
    let mut all = Vec::with_capacity(list.len() + more.len());
    let (mut ours, mut theirs) = (list.iter().copied().peekable(), more.peekable());
    loop {
        let next = match (ours.peek(), theirs.peek()) {
            (Some(a), Some(b)) => match a.cmp(b) {
                Ordering::Less => ours.next(),
                Ordering::Greater => theirs.next(),
                Ordering::Equal => {
                    ours.next();
                    theirs.next()
                }
            },
            (Some(_), None) => ours.next(),
            (None, _) => theirs.next(),
        };
        let Some(next) = next else { return all };
        if all.last() != Some(&next) {
            all.push(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = BTreeSet<u64>> {
        prop_oneof![
            proptest::collection::btree_set(any::<u64>(), 0..20),
            proptest::collection::btree_set(65_000_u64..67_000, 0..500),
            // Enough for a bitmap.
            (0_u64..3, 1_u64..4).prop_map(|(from, step)| (0..9_000).map(|number| from * 1_000 + number * step).collect()),
        ]
    }

    proptest! {
        #[test]
        fn unions_are_those_of_sets(parts in proptest::collection::vec(numbers(), 1..5)) {
            let (mut united, mut expected) = (Set::default(), BTreeSet::new());
            for part in parts {
                let mut set = Set::default();
                set.add_sorted(&part.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(set.len(), part.len() as u64);
                united.add_bytes(&set.to_bytes()).unwrap();
                expected.extend(part);
            }
            prop_assert_eq!(united.len(), expected.len() as u64);
            let mut back = Set::default();
            back.add_bytes(&united.to_bytes()).unwrap();
            prop_assert_eq!(&back, &united);
            prop_assert_eq!(united.to_bytes().len(), united.size_bytes());
            // A set that was united with itself is itself.
            back.add_bytes(&united.to_bytes()).unwrap();
            prop_assert_eq!(back.len(), united.len());
        }

        #[test]
        fn bits_are_numbers(few in proptest::collection::btree_set(0_u64..65_536, 0..200), many in any::<bool>()) {
            let all: BTreeSet<u64> = if many { (0..65_536).step_by(7).chain(few).collect() } else { few };
            let mut words = [0_u64; WORDS];
            all.iter().for_each(|number| words[(number / 64) as usize] |= 1 << (number % 64));
            let (mut bits, mut sorted) = (Set::default(), Set::default());
            bits.add_bits(5, &[words]);
            sorted.add_sorted(&all.iter().map(|number| (5 << 16) + number).collect::<Vec<_>>());
            prop_assert_eq!(bits, sorted);
        }
    }

    #[test]
    fn damaged_states_are_errors() {
        let mut set = Set::default();
        set.add_sorted(&[1, 2, 70_000]);
        let bytes = set.to_bytes();
        for length in 0..bytes.len() {
            assert_eq!(Set::default().add_bytes(&bytes[..length]).unwrap_err().kind(), crate::ErrorKind::Corrupt, "{length}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        let mut turned = bytes.clone();
        turned[4..4 + 2 * HEADER_BYTES].rotate_left(HEADER_BYTES);
        let mut twice = bytes;
        twice.copy_within(4..12, 4 + HEADER_BYTES);
        for damaged in [longer, turned, twice] {
            let mut known = set.clone();
            assert_eq!(known.add_bytes(&damaged).unwrap_err().kind(), crate::ErrorKind::Corrupt);
            assert_eq!(known, set, "what was there is still there");
        }
    }

    #[test]
    fn sets_that_interleave_are_united() {
        let set = |numbers: &[u64]| {
            let mut set = Set::default();
            set.add_sorted(numbers);
            set
        };
        let all: Vec<u64> = (0..200_000).map(|number| number << 16).collect();
        let halves = [0, 1].map(|odd| all.iter().copied().skip(odd).step_by(2).collect::<Vec<_>>());
        let mut by_bytes = set(&halves[0]);
        by_bytes.add_bytes(&set(&halves[1]).to_bytes()).unwrap();
        let mut by_numbers = set(&halves[1]);
        by_numbers.add_sorted(&halves[0]);
        assert_eq!(by_bytes, set(&all));
        assert_eq!(by_numbers, by_bytes);
    }

    #[test]
    fn numbers_that_lie_apart_hold_more_than_their_state() {
        let mut set = Set::default();
        set.add_sorted(&(0..1_000).map(|number| number << 16).collect::<Vec<_>>());
        assert_eq!(set.size_bytes(), 4 + 1_000 * (HEADER_BYTES + 2));
        assert!(set.held_bytes() >= 1_000 * (size_of::<(u64, Container)>() + 2), "{}", set.held_bytes());
    }
}
