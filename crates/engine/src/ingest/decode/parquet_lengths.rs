//! How long the texts of a Parquet page are that says their lengths as differences from each other (`DELTA_LENGTH_BYTE_ARRAY`), and that
//! are written without what they share with the text before (`DELTA_BYTE_ARRAY`): of few bytes they may become very many. Refuses
//! lengths that the reader of pages would make room for although there are no such values.

/// A length takes 32 bits at most.
const WIDTH_MAX: u8 = 32;

/// How many lengths the bytes say that they are.
pub(super) fn claimed(bytes: &[u8]) -> Result<u64, &'static str> {
    Reader { bytes, at: 0 }.header().map(|header| header.count)
}

/// The bytes of all texts of a page together, of which there are `values` at most.
pub(super) fn joined(bytes: &[u8], values: u64) -> Result<u64, &'static str> {
    let mut reader = Reader { bytes, at: 0 };
    let shared = reader.lengths(values)?;
    // Lengths begin at a byte of their own, and so may be read on by who knows nothing of what stands before.
    let own = reader.lengths(values)?;
    if shared.len() != own.len() {
        return Err("texts with lengths that are not as many as what they share");
    }
    let (mut all, mut last) = (0_u64, 0_u64);
    for (shared, own) in shared.into_iter().zip(own) {
        // The reader keeps the whole text before where it is told to keep more, and also where it is told a length below zero.
        let kept = u64::try_from(shared).map_or(last, |shared| shared.min(last));
        last = kept + u64::try_from(own).map_err(|_| "a text of a length below zero")?;
        all = all.saturating_add(last);
    }
    Ok(all)
}

struct Header {
    per_block: u64,
    parts: u64,
    count: u64,
    first: i64,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes.get(self.at).copied().ok_or("lengths that are cut off")?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number that does not end")
    }

    fn signed(&mut self) -> Result<i64, &'static str> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    fn header(&mut self) -> Result<Header, &'static str> {
        Ok(Header { per_block: self.varint()?, parts: self.varint()?, count: self.varint()?, first: self.signed()? })
    }

    /// Lengths, of which there are so many at most; goes on behind them.
    fn lengths(&mut self, most: u64) -> Result<Vec<i32>, &'static str> {
        let Header { per_block, parts, count, first } = self.header()?;
        if count > most {
            return Err("more lengths than there are values");
        }
        let per_part = per_block.checked_div(parts).unwrap_or(0);
        if per_part == 0 || per_part % 32 != 0 || per_part * parts != per_block {
            return Err("lengths in parts of a size that none has");
        }
        let small = |value: i64| i32::try_from(value).map_err(|_| "a length beyond 31 bits");
        let mut lengths = Vec::new();
        if count == 0 {
            return Ok(lengths);
        }
        let mut last = small(first)?;
        lengths.push(last);
        while (lengths.len() as u64) < count {
            let least = small(self.signed()?)?;
            let end = usize::try_from(parts).ok().and_then(|parts| self.at.checked_add(parts));
            let widths = end.and_then(|end| self.bytes.get(self.at..end)).ok_or("lengths that are cut off")?;
            self.at += widths.len();
            for width in widths {
                let left = count - lengths.len() as u64;
                // Parts behind the last length have a width, and nothing else.
                if left == 0 {
                    break;
                }
                if *width > WIDTH_MAX {
                    return Err("a length of more than 32 bits");
                }
                let from = self.at as u64 * 8;
                for place in 0..left.min(per_part) {
                    let step = self.bits(from + place * u64::from(*width), *width)?;
                    last = last.wrapping_add(least).wrapping_add(step.cast_signed());
                    lengths.push(last);
                }
                let end = (per_part / 8).checked_mul(u64::from(*width)).and_then(|bytes| usize::try_from(bytes).ok()?.checked_add(self.at));
                self.at = end.filter(|end| *end <= self.bytes.len()).ok_or("lengths that are cut off")?;
            }
        }
        Ok(lengths)
    }

    /// So many bits, the lowest first.
    fn bits(&self, at: u64, width: u8) -> Result<u32, &'static str> {
        if width == 0 {
            return Ok(0);
        }
        let from = usize::try_from(at / 8).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(from..).unwrap_or_default();
        let mut window = [0; 8];
        window.iter_mut().zip(bytes).for_each(|(to, byte)| *to = *byte);
        let shift = at % 8;
        if (bytes.len() as u64) * 8 < shift + u64::from(width) {
            return Err("lengths that are cut off");
        }
        let mask = (1_u64 << width) - 1;
        Ok(u32::try_from((u64::from_le_bytes(window) >> shift) & mask).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of which each part has the same step: `first`, then `first + step` and so on.
    fn steady(count: u8, first: u8, step: u8) -> Vec<u8> {
        let mut bytes = vec![0x80, 0x01, 4, count, first * 2];
        for _ in 0..u32::from(count.saturating_sub(1)).div_ceil(128) {
            bytes.extend_from_slice(&[step * 2, 0, 0, 0, 0]);
        }
        bytes
    }

    #[test]
    fn lengths_add_up_to_what_the_reader_makes_of_them() {
        // Five texts that share nothing, of 1, 2, 3, 4 and 5 bytes.
        let page = |shared: Vec<u8>, own: Vec<u8>| [shared, own].concat();
        assert_eq!(joined(&page(steady(5, 0, 0), steady(5, 1, 1)), 5), Ok(15));
        // Steps of a bit each: 1, 2, 2, 3 and 4 bytes.
        let own = vec![0x80, 0x01, 4, 5, 2, 0, 1, 0, 0, 0, 0b1101, 0, 0, 0];
        assert_eq!(claimed(&own), Ok(5));
        assert_eq!(joined(&page(steady(5, 60, 0), own.clone()), 5), Ok(1 + 3 + 5 + 8 + 12));
        assert_eq!(joined(&page(steady(5, 0, 0), own), 5), Ok(12));
        // What is shared is no more than the text before has.
        assert_eq!(joined(&page(steady(100, 60, 0), steady(100, 0, 0)), 100), Ok(0));
        assert_eq!(joined(&page(steady(100, 60, 0), steady(100, 2, 0)), 100), Ok((1..=30).map(|n| n * 2).sum::<u64>() + 70 * 62));
    }

    #[test]
    fn lengths_that_are_not_there_are_refused() {
        let good = [steady(100, 0, 0), steady(100, 1, 0)].concat();
        assert_eq!(joined(&good, 100), Ok(100));
        assert_eq!(joined(&good, 99), Err("more lengths than there are values"));
        assert_eq!(joined(&[steady(3, 0, 0), steady(2, 1, 0)].concat(), 3), Err("texts with lengths that are not as many as what they share"));
        (0..good.len()).for_each(|cut| assert!(joined(&good[..cut], 100).is_err(), "{cut}"));
        assert_eq!(claimed(&[0x80, 0x01, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]), Ok((1 << 40) - 1));
        assert!(joined(&[0x80, 0x01, 0, 2, 0], 9).is_err());
        assert!(joined(&[0x80, 0x01, 4, 2, 0, 0, 33, 0, 0, 0], 9).is_err());
    }
}
