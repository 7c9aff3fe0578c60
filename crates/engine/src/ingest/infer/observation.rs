//! What the values of one column have in common: the narrowest type, the texts that mean "no value", the first examples.

use super::{EXAMPLES_MAX, InferredColumn, shorten};
use crate::catalog::{Column, ColumnType};
use crate::ingest::decode::json_rows::Scalar;
use crate::ingest::decode::nulls::Nulls;
use crate::ingest::decode::shape::Shape;
use crate::ingest::decode::value::{self, lenient};

/// One column of a sample.
#[derive(Debug, Clone, Default)]
pub(super) struct Observation {
    nulls: Nulls,
    shape: Option<Shape>,
    /// Texts that are null in columns of other types than string, and whether they are null in a string column as well.
    tokens: Vec<(String, bool)>,
    examples: Vec<String>,
    missing: bool,
    /// Whether a value is no whole number, or no beginning of a day.
    needs_width: bool,
    /// The first whole number that a float would round.
    beyond: Option<String>,
    /// How many there are of them.
    rounded: usize,
    times: Times,
}

/// What times say beside the instant that they are read as.
#[derive(Debug, Clone, Default)]
struct Times {
    /// Times with a zone, and without one.
    zoned: usize,
    unzoned: usize,
    /// Those with a fraction that microseconds do not hold.
    finer: usize,
}

impl Times {
    fn see(&mut self, text: &[u8]) {
        match value::says_zone(text) {
            Some(true) => self.zoned += 1,
            Some(false) => self.unzoned += 1,
            None => {}
        }
        self.finer += usize::from(value::is_finer_than_micros(text));
    }

    fn notes(&self, column: &str) -> Vec<String> {
        let Self { zoned, unzoned, finer } = *self;
        let mixed =
            format!("column {column:?} has {zoned} times with a zone in the sample and {unzoned} without one, which are taken as UTC; a step can say their zone (parse_date)");
        let cut = finer_note(column, finer);
        let of = |holds: bool, note: String| holds.then_some(note);
        of(zoned > 0 && unzoned > 0, mixed).into_iter().chain(of(finer > 0, cut)).collect()
    }
}

/// What to say of a column of one word that may be a code: `NO` is a country too.
fn code_note(column: &str, examples: &[String]) -> Option<String> {
    let meaning = |text: &String| value::boolean(value::trim(text.as_bytes()));
    let is_code = |text: &String| !["true", "false"].iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    let first = examples.first()?;
    let found = meaning(first)?;
    let alone = examples.iter().all(|text| is_code(text) && meaning(text) == Some(found));
    alone.then(|| format!("column {column:?} has nothing but {first:?} in the sample, which is read as {found}; declare it as string where it is a code"))
}

/// What to say of times that are finer than what is stored of them.
pub(super) fn finer_note(column: &str, finer: usize) -> String {
    format!("column {column:?} has {finer} times in the sample with digits beyond the microsecond, which are cut off; declare it as string to keep them")
}

/// What to say of numbers that a float would round.
fn rounded_note(column: &str, rounded: usize) -> String {
    format!(
        "column {column:?} has {rounded} numbers in the sample that a float would round; their rows will be rejected, unless it is declared as string, to keep all digits, or as float"
    )
}

impl Observation {
    /// Of a load with these texts for null.
    pub(super) fn with(nulls: &Nulls) -> Self {
        Self { nulls: nulls.clone(), ..Self::default() }
    }

    /// Takes in a cell of delimited text.
    pub(super) fn see_text(&mut self, text: &str, quoted: bool) {
        let trimmed = value::trim(text.as_bytes());
        if self.nulls.hold(ColumnType::Integer, trimmed, true) {
            let in_strings = self.nulls.hold(ColumnType::String, text.as_bytes(), quoted);
            return self.see_token(text, in_strings);
        }
        self.shape = Some(Shape::Plain(value::widen(self.column_type(), trimmed)));
        self.see_width(trimmed);
        self.see_whole(trimmed);
        self.see_example(text);
    }

    fn see_width(&mut self, text: &[u8]) {
        if self.column_type() == Some(ColumnType::Timestamp) {
            self.times.see(text);
        }
        self.needs_width = self.needs_width
            || match self.column_type() {
                // A number of too many digits is as wrong among floats as it is among integers.
                Some(ColumnType::Float) => lenient::integer(text).is_none() && !value::is_whole_number(text),
                Some(ColumnType::Timestamp) => lenient::date(text).is_none(),
                _ => false,
            };
    }

    fn see_whole(&mut self, text: &[u8]) {
        self.rounded += usize::from(value::is_rounded(text));
        if self.beyond.is_none() && value::is_beyond_floats(text) {
            self.beyond = Some(shorten(String::from_utf8_lossy(text).into_owned()));
        }
    }

    /// Takes in a value of JSON.
    pub(super) fn see_scalar(&mut self, scalar: &Scalar<'_>) {
        let Some(text) = scalar.text() else {
            self.missing = true;
            return;
        };
        if self.nulls.name(scalar) {
            return self.see_token(&text, true);
        }
        match self.nulls.shape_of(scalar) {
            // A string of JSON says null by null alone.
            None => self.see_token(&text, false),
            Some(found) => {
                self.shape = Some(match self.shape.take() {
                    Some(shape) => shape.with(found),
                    None => found,
                });
                if !matches!(scalar, Scalar::Nested(_)) {
                    self.see_width(value::trim(text.as_bytes()));
                }
                // A float is what it is already.
                if matches!(scalar, Scalar::Integer(_)) {
                    self.see_whole(text.as_bytes());
                }
                self.see_example(&text);
            }
        }
    }

    fn see_token(&mut self, token: &str, in_strings: bool) {
        if let Some((_, null)) = self.tokens.iter_mut().find(|(known, _)| known == token) {
            *null |= in_strings;
        } else if self.tokens.len() < 32 {
            self.tokens.push((token.to_owned(), in_strings));
        }
    }

    fn see_example(&mut self, text: &str) {
        if self.examples.len() < EXAMPLES_MAX && !self.examples.iter().any(|known| known == text) {
            self.examples.push(shorten(text.to_owned()));
        }
    }

    /// The narrowest type, where there was a value.
    pub(super) fn column_type(&self) -> Option<ColumnType> {
        self.shape.as_ref().map(Shape::column_type)
    }

    /// Notes that a row lacks the column.
    pub(super) fn see_nothing(&mut self) {
        self.missing = true;
    }

    pub(super) fn finish(mut self, name: &str) -> InferredColumn {
        if self.column_type().is_none_or(|column_type| column_type == ColumnType::String) {
            self.tokens.retain(|(_, in_strings)| *in_strings);
        }
        // A shape that says nothing of what is inside leaves the type open.
        let shape = self.shape.filter(|shape| !shape.is_open());
        let undetermined = shape.is_none();
        // Where it is text in the end, nothing is done to what looks like times.
        let times = shape.as_ref().is_some_and(|shape| shape.column_type() == ColumnType::Timestamp);
        let mut notes = if times { self.times.notes(name) } else { Vec::new() };
        if shape.as_ref().is_some_and(|shape| shape.column_type() == ColumnType::Boolean) {
            notes.extend(code_note(name, &self.examples));
        }
        if self.rounded > 0 && shape.as_ref().is_some_and(|shape| shape.column_type() == ColumnType::Float) {
            notes.push(rounded_note(name, self.rounded));
        }
        let Column { name, column_type, fields } = shape.map_or_else(|| Column::new(name, ColumnType::String), |shape| shape.column(name));
        InferredColumn {
            name,
            column_type,
            fields,
            nullable: self.missing || !self.tokens.is_empty(),
            null_tokens: self.tokens.into_iter().map(|(token, _)| token).filter(|token| !token.trim().is_empty()).collect(),
            examples: self.examples,
            undetermined,
            needs_width: self.needs_width,
            beyond: self.beyond,
            notes,
        }
    }
}
