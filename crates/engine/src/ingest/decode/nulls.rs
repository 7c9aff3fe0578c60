//! The texts that mean "no value" in a load: those that a type has no use for, or the ones that the load names in their place. Named
//! ones count in every column of text formats and are looked at before anything is read, so that `-999` can be one, as the text of a
//! file or as a number of JSON or of a sheet. Nothing at all is always null. What is inside of objects and arrays keeps to the usual texts.

use std::sync::Arc;

use super::json_rows::Scalar;
use super::shape::Shape;
use super::value;
use crate::catalog::ColumnType;
use crate::catalog::column::FLOAT_EXACT_MAX;
use crate::ingest::ReadOptions;

/// The texts of a load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nulls(Option<Arc<Named>>);

/// Texts that a load names, and those of them that are numbers: a sheet has no text of its numbers.
#[derive(Debug)]
struct Named {
    texts: Vec<String>,
    integers: Vec<i64>,
    floats: Vec<f64>,
}

impl Nulls {
    pub(crate) fn of(options: &ReadOptions) -> Self {
        let named = |tokens: &Vec<String>| Named {
            texts: tokens.clone(),
            integers: tokens.iter().filter_map(|token| value::integer(token.as_bytes())).collect(),
            floats: tokens.iter().filter_map(|token| value::exact_float(token.as_bytes())).collect(),
        };
        Self(options.null_tokens.as_ref().map(|tokens| Arc::new(named(tokens))))
    }

    /// Whether the load names them.
    pub(crate) fn are_named(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a text is null in a column of that type. Strings that were quoted are what they are.
    #[inline]
    pub(crate) fn hold(&self, column_type: ColumnType, text: &[u8], quoted: bool) -> bool {
        match self.0 {
            None => value::is_null(column_type, text, quoted),
            Some(_) => (column_type != ColumnType::String || !quoted) && (text.is_empty() || self.names(text)),
        }
    }

    /// Whether the load names a text.
    fn names(&self, text: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|named| named.texts.iter().any(|token| token.as_bytes() == text))
    }

    /// Whether a value of JSON or of a sheet is one that the load names. A number is, whatever digits it is written with.
    pub(crate) fn name(&self, scalar: &Scalar<'_>) -> bool {
        let Some(named) = &self.0 else { return false };
        match scalar {
            Scalar::Text(text) => self.names(value::trim(text.as_bytes())),
            Scalar::Integer(found) => named.integers.contains(found) || (found.unsigned_abs() <= FLOAT_EXACT_MAX && named.floats.contains(&(*found as f64))),
            Scalar::Float(found) => named.floats.contains(found),
            Scalar::Large(found) => self.names(found.to_string().as_bytes()),
            Scalar::Boolean(found) => self.names(if *found { &b"true"[..] } else { b"false" }),
            Scalar::Null | Scalar::Nested(_) => false,
        }
    }

    /// The shape of a value that is not named; none for null, and for text that is null in every type but string.
    pub(crate) fn shape_of(&self, scalar: &Scalar<'_>) -> Option<Shape> {
        let is_text = || self.are_named() && matches!(scalar, Scalar::Text(text) if !value::trim(text.as_bytes()).is_empty());
        Shape::of(scalar).or_else(|| is_text().then_some(Shape::Plain(ColumnType::String)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_texts_take_the_place_of_the_usual_ones() {
        let usual = Nulls::of(&ReadOptions::default());
        let named = Nulls::of(&ReadOptions { null_tokens: Some(vec!["-999".into(), "N/A".into()]), ..ReadOptions::default() });
        let none = Nulls::of(&ReadOptions { null_tokens: Some(Vec::new()), ..ReadOptions::default() });
        for (nulls, column_type, text, quoted, expected) in [
            (&usual, ColumnType::String, "NA", false, true),
            (&usual, ColumnType::String, "N/A", false, false),
            (&usual, ColumnType::Integer, "-999", false, false),
            (&named, ColumnType::String, "NA", false, false),
            (&named, ColumnType::String, "N/A", false, true),
            (&named, ColumnType::String, "N/A", true, false),
            (&named, ColumnType::Integer, "-999", true, true),
            (&named, ColumnType::Integer, "-", false, false),
            (&named, ColumnType::String, "", false, true),
            (&none, ColumnType::Integer, "NA", false, false),
            (&none, ColumnType::Integer, "", true, true),
        ] {
            assert_eq!(nulls.hold(column_type, text.as_bytes(), quoted), expected, "{nulls:?} {column_type} {text:?}");
        }
        let text = |text: &str| Scalar::Text(text.to_owned().into());
        for (scalar, expected) in [
            (Scalar::Integer(-999), true),
            (Scalar::Float(-999.0), true),
            (Scalar::Float(0.5), true),
            (Scalar::Integer(7), true),
            (Scalar::Integer(8), false),
            (Scalar::Large(u64::MAX), true),
            (Scalar::Boolean(false), false),
            (Scalar::Null, false),
        ] {
            let nulls = Nulls::of(&ReadOptions { null_tokens: Some(["-999", "0.50", "7.0", "08", "18446744073709551615"].map(str::to_owned).to_vec()), ..ReadOptions::default() });
            assert_eq!(nulls.name(&scalar), expected, "{scalar:?}");
            assert!(!usual.name(&scalar), "{scalar:?}");
        }
        assert!(named.name(&text(" N/A ")) && !named.name(&text("-")) && !usual.name(&text("NA")));
        assert_eq!(named.shape_of(&text("-")), Some(Shape::Plain(ColumnType::String)));
        assert_eq!((usual.shape_of(&text("-")), named.shape_of(&text(""))), (None, None));
    }
}
