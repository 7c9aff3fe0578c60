//! What the header of a Parquet page claims, read before anybody makes room for the page: its kind, its bytes packed and plain,
//! and its values; and how large and deep the schema in a footer is. Thrift's compact protocol, as far as these need it. Refuses what the reader of pages could read otherwise:
//! known fields of other types than they have, numbers that do not end, and numbers beyond 31 bits.

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Dictionary,
    /// Of no use to a reader, which passes over it.
    Index,
}

/// The claims of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub kind: Kind,
    /// Bytes of the page once it is unpacked.
    pub plain: u64,
    /// Bytes of the page in the file, behind the header.
    pub packed: u64,
    /// Values, nulls among them.
    pub values: u64,
    /// Bytes of the header itself.
    pub length: u64,
}

/// Why there is no header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It goes on behind the bytes that there are.
    Short,
    Broken(&'static str),
}

/// Types of fields.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
/// Structs within each other at most, in what is passed over.
const DEPTH_MAX: u8 = 16;

/// Reads the header that the bytes begin with.
pub(super) fn read(bytes: &[u8]) -> Result<PageHeader, Trouble> {
    let mut input = Compact { bytes, at: 0 };
    let (mut kind, mut plain, mut packed) = (None, None, None);
    // Values of the three kinds of pages that have some, by the place of their part in the header.
    let (mut data, mut dictionary, mut data_v2) = (None, None, None);
    let mut last = 0;
    while let Some((id, wire)) = input.field(last)? {
        last = id;
        match (id, wire) {
            (1, I32) => kind = Some(input.number()?),
            (2, I32) => plain = Some(input.count()?),
            (3, I32) => packed = Some(input.count()?),
            (5, STRUCT) => data = input.part(5)?,
            (7, STRUCT) => dictionary = input.part(7)?,
            (8, STRUCT) => data_v2 = input.part(8)?,
            (4, I32) | (6, STRUCT) => input.pass(wire, DEPTH_MAX)?,
            (1..=8, _) => return Err(Trouble::Broken("a field of another type than it has")),
            _ => input.pass(wire, DEPTH_MAX)?,
        }
    }
    let (kind, values) = match kind {
        Some(0) => (Kind::Data, data),
        Some(1) => (Kind::Index, Some(0)),
        Some(2) => (Kind::Dictionary, dictionary),
        Some(3) => (Kind::Data, data_v2),
        _ => return Err(Trouble::Broken("a page of an unknown kind")),
    };
    match (plain, packed, values) {
        (Some(plain), Some(packed), Some(values)) => Ok(PageHeader { kind, plain, packed, values, length: input.at as u64 }),
        _ => Err(Trouble::Broken("a page without its sizes")),
    }
}

/// The elements of the schema that a footer begins with, and how deep they lie within each other. Whoever builds types of them goes
/// as deep, and there is a stack to go down.
pub(super) fn schema_shape(footer: &[u8]) -> Result<(u64, usize), Trouble> {
    let mut input = Compact { bytes: footer, at: 0 };
    let mut last = 0;
    while let Some((id, wire)) = input.field(last)? {
        last = id;
        match (id, wire) {
            (2, LIST) => return input.elements(),
            (2, _) => return Err(Trouble::Broken("a schema that is no list")),
            _ => input.pass(wire, DEPTH_MAX)?,
        }
    }
    Err(Trouble::Broken("no schema"))
}

/// Bytes that are read from the front.
struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Compact<'_> {
    fn byte(&mut self) -> Result<u8, Trouble> {
        let byte = self.bytes.get(self.at).copied().ok_or(Trouble::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, Trouble> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Trouble::Broken("a number that does not end"))
    }

    fn number(&mut self) -> Result<i32, Trouble> {
        let value = self.varint()?;
        let value = (value >> 1).cast_signed() ^ -((value & 1).cast_signed());
        i32::try_from(value).map_err(|_| Trouble::Broken("a number beyond 31 bits"))
    }

    fn count(&mut self) -> Result<u64, Trouble> {
        u64::try_from(self.number()?).map_err(|_| Trouble::Broken("a size below zero"))
    }

    /// The number and type of the next field of a struct; none at its end.
    fn field(&mut self, last: i32) -> Result<Option<(i32, u8)>, Trouble> {
        let head = self.byte()?;
        match (head >> 4, head & 0x0f) {
            (0, STOP) => Ok(None),
            (_, STOP) => Err(Trouble::Broken("a field without a type")),
            (0, wire) => Ok(Some((self.number()?, wire))),
            (step, wire) => Ok(Some((last.saturating_add(i32::from(step)), wire))),
        }
    }

    /// The values that one of the parts of a header claims, which it has as its first field.
    fn part(&mut self, part: i32) -> Result<Option<u64>, Trouble> {
        let (mut values, mut last) = (None, 0);
        while let Some((id, wire)) = self.field(last)? {
            last = id;
            let expected = match (part, id) {
                (_, 1 | 2) | (5 | 8, 3 | 4) | (8, 5 | 6) => Some(I32),
                (7, 3) | (8, 7) => Some(TRUE),
                (5, 5) | (8, 8) => Some(STRUCT),
                _ => None,
            };
            let found = if wire == FALSE { TRUE } else { wire };
            if expected.is_some_and(|expected| expected != found) {
                return Err(Trouble::Broken("a field of another type than it has"));
            }
            if id == 1 { values = Some(self.count()?) } else { self.pass(wire, DEPTH_MAX)? }
        }
        Ok(values)
    }

    /// A list of the elements of a schema, each behind the one that it lies in.
    fn elements(&mut self) -> Result<(u64, usize), Trouble> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        if head & 0x0f != STRUCT {
            return Err(Trouble::Broken("a schema of another type than it has"));
        }
        // Elements that are still to come at each level.
        let (mut open, mut deepest): (Vec<u64>, usize) = (Vec::new(), 0);
        for _ in 0..count {
            let children = self.children()?;
            while open.last() == Some(&0) {
                open.pop();
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if children > 0 {
                open.push(children);
                deepest = deepest.max(open.len());
            }
        }
        Ok((count, deepest))
    }

    /// How many elements lie in the next one of a schema.
    fn children(&mut self) -> Result<u64, Trouble> {
        let (mut children, mut last) = (0, 0);
        while let Some((id, wire)) = self.field(last)? {
            last = id;
            match (id, wire) {
                (5, I32) => children = self.count()?,
                (5, _) => return Err(Trouble::Broken("a field of another type than it has")),
                _ => self.pass(wire, DEPTH_MAX)?,
            }
        }
        Ok(children)
    }

    /// Passes over a value.
    fn pass(&mut self, wire: u8, depth: u8) -> Result<(), Trouble> {
        let inside = depth.checked_sub(1).ok_or(Trouble::Broken("a header that is too deep"))?;
        match wire {
            TRUE | FALSE => Ok(()),
            BYTE => self.leap(1),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.leap(8),
            BINARY => {
                let length = self.varint()?;
                self.leap(length)
            }
            LIST | SET => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                (0..count).try_for_each(|_| self.pass_element(head & 0x0f, inside))
            }
            MAP => {
                let count = self.varint()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.pass_element(kinds >> 4, inside)?;
                    self.pass_element(kinds & 0x0f, inside)
                })
            }
            STRUCT => {
                let mut last = 0;
                while let Some((id, wire)) = self.field(last)? {
                    last = id;
                    self.pass(wire, inside)?;
                }
                Ok(())
            }
            _ => Err(Trouble::Broken("a field of an unknown type")),
        }
    }

    /// Passes over an element, of which each takes a byte at least: a claim of very many ends with the bytes.
    fn pass_element(&mut self, wire: u8, depth: u8) -> Result<(), Trouble> {
        if matches!(wire, TRUE | FALSE) { self.leap(1) } else { self.pass(wire, depth) }
    }

    fn leap(&mut self, bytes: u64) -> Result<(), Trouble> {
        let end = usize::try_from(bytes).ok().and_then(|bytes| self.at.checked_add(bytes)).filter(|end| *end <= self.bytes.len());
        self.at = end.ok_or(Trouble::Short)?;
        Ok(())
    }
}

/// Writes the header of a page of a dictionary or of data as version 1 has them, for tests that claim what is not so.
#[cfg(test)]
pub(super) fn write(kind: Kind, encoding: i32, plain: i32, packed: i32, values: i32) -> Vec<u8> {
    let number = |value: i32, out: &mut Vec<u8>| super::avro_blocks::write_varint(i64::from(value), out);
    let is_dictionary = kind == Kind::Dictionary;
    let mut out = Vec::new();
    for value in [if is_dictionary { 2 } else { 0 }, plain, packed] {
        out.push(0x10 | I32);
        number(value, &mut out);
    }
    // The part of a dictionary is the seventh field, that of data the fifth; then values and encodings (of levels RLE).
    let step = if is_dictionary { 0x40 } else { 0x20 };
    out.push(step | STRUCT);
    let fields: &[i32] = if is_dictionary { &[values, encoding] } else { &[values, encoding, 3, 3] };
    for value in fields {
        out.push(0x10 | I32);
        number(*value, &mut out);
    }
    out.extend_from_slice(&[STOP, STOP]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_were_written() {
        for kind in [Kind::Data, Kind::Dictionary] {
            let mut bytes = write(kind, 0, 70_000, 300, 9);
            let length = bytes.len() as u64;
            bytes.extend_from_slice(b"page");
            assert_eq!(read(&bytes), Ok(PageHeader { kind, plain: 70_000, packed: 300, values: 9, length }));
            (0..usize::try_from(length).unwrap()).for_each(|cut| assert_eq!(read(&bytes[..cut]), Err(Trouble::Short), "{cut}"));
        }
    }

    #[test]
    fn schemas_are_as_deep_as_their_elements_lie_in_each_other() {
        // A version, then elements that have so many children each.
        let footer = |children: &[u8]| {
            let mut bytes = vec![0x15, 2, 0x19, 0xfc, u8::try_from(children.len()).unwrap()];
            children.iter().for_each(|count| bytes.extend_from_slice(&[0x48, 1, b'a', 0x15, count * 2, 0]));
            bytes
        };
        assert_eq!(schema_shape(&footer(&[0])), Ok((1, 0)));
        assert_eq!(schema_shape(&footer(&[2, 0, 0])), Ok((3, 1)));
        assert_eq!(schema_shape(&footer(&[3, 1, 0, 0, 1, 1, 0])), Ok((7, 3)));
        assert_eq!(schema_shape(&footer(&[1; 100])), Ok((100, 100)));
        assert_eq!(schema_shape(&footer(&[2, 0, 0])[..9]), Err(Trouble::Short));
        assert_eq!(schema_shape(&[0x15, 2, 0]), Err(Trouble::Broken("no schema")));
    }

    #[test]
    fn what_could_be_read_otherwise_is_refused() {
        let broken = |bytes: &[u8]| matches!(read(bytes), Err(Trouble::Broken(_)));
        assert!(broken(&write(Kind::Data, 0, -1, 1, 1)));
        assert!(broken(&write(Kind::Data, 0, 1, -1, 1)));
        assert!(broken(&write(Kind::Data, 0, 1, 1, -1)));
        // A size that is text, a number without an end, one beyond 31 bits, and no size at all.
        assert!(broken(&[0x28, 1, b'x', 0]));
        assert!(broken(&[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
        assert!(broken(&[0x25, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]));
        assert!(broken(&[0x15, 0, 0]));
        // Structs without end, and a list of more elements than there are bytes.
        assert!(broken(&[0x9c; 64]));
        assert_eq!(read(&[0x99, 0xf3, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2]), Err(Trouble::Short));
    }
}
