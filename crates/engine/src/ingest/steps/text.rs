//! Steps that change texts one by one: trim, case, null tokens, replace. A null stays null.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringViewArray, StringViewBuilder};
use arrow::compute::nullif;
use arrow::datatypes::{Float64Type, Int64Type};
use regex::{Regex, RegexBuilder};

use super::frame::{Frame, array, text};
use super::op::{Op, Site};
use super::step::{Case, OnError};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::ingest::decode::value::lenient;
use crate::ingest::treatment::rows::{Fault, Room, Rows};

/// Bytes of a compiled regular expression at most.
const REGEX_MAX_BYTES: usize = 1 << 20;

/// Bytes of one text that a replacement may make.
const REPLACED_MAX_BYTES: usize = 16 << 20;
/// Bytes that may be made of it before they are counted.
const EXPANDED_MAX_BYTES: usize = 4 * REPLACED_MAX_BYTES;

/// What becomes of one text; none: null.
pub(super) type Change = Arc<dyn for<'a> Fn(&'a str) -> Option<Cow<'a, str>> + Send + Sync>;

/// Changes the texts of some columns.
pub(super) struct Texts {
    pub places: Vec<usize>,
    pub change: Change,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({:?})", self.places)
    }
}

impl Op for Texts {
    fn apply(&mut self, rows: &mut Rows, _: &Site) -> Result<()> {
        for place in self.places.iter().copied() {
            let changed = changed(text(&rows.batch, place)?, &self.change);
            rows.replace(place, changed)?;
        }
        Ok(())
    }
}

/// Texts as they are after a change. Where it leaves all of them as they are, as most files have no space to trim, none is copied.
pub(super) fn changed(texts: &StringViewArray, change: &Change) -> ArrayRef {
    let is_other = |text: Option<&str>| {
        let Some(text) = text else { return false };
        !matches!(change(text), Some(Cow::Borrowed(same)) if std::ptr::eq(same, text))
    };
    let Some(first) = texts.iter().position(is_other) else { return Arc::new(texts.clone()) };
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for (row, text) in texts.iter().enumerate() {
        builder.append_option(text.and_then(|text| if row < first { Some(Cow::Borrowed(text)) } else { change(text) }));
    }
    Arc::new(builder.finish())
}

pub(super) fn trim(frame: &Frame, columns: &[String], collapse: bool) -> Result<Box<dyn Op>> {
    let places = match columns {
        [] => frame.all_texts(),
        // Numbers have no space around them; a type that gives way to text later has.
        _ => frame
            .places(columns)?
            .into_iter()
            .filter(|place| frame.columns.get(*place).is_some_and(|column| column.column_type == ColumnType::String))
            .collect(),
    };
    let change: Change = if collapse { Arc::new(|text| Some(collapsed(text))) } else { Arc::new(|text| Some(Cow::Borrowed(text.trim()))) };
    Ok(Box::new(Texts { places, change }))
}

fn collapsed(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let mut blank = false;
    let plain = trimmed.chars().all(|character| {
        let again = blank && character.is_whitespace();
        blank = character.is_whitespace();
        !again && (!blank || character == ' ')
    });
    if plain { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" ")) }
}

pub(super) fn case(frame: &Frame, columns: &[String], to: Case) -> Result<Box<dyn Op>> {
    let change: Change = match to {
        Case::Lower => Arc::new(|text| Some(Cow::Owned(text.to_lowercase()))),
        Case::Upper => Arc::new(|text| Some(Cow::Owned(text.to_uppercase()))),
        Case::Title => Arc::new(|text| Some(Cow::Owned(title(text)))),
    };
    Ok(Box::new(Texts { places: frame.texts(columns)?, change }))
}

/// Each run of letters and digits with a capital: `o'hara` stays one word.
fn title(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for character in text.chars() {
        if inside {
            titled.extend(character.to_lowercase());
        } else {
            titled.extend(character.to_uppercase());
        }
        inside = character.is_alphanumeric() || (inside && matches!(character, '\'' | '’'));
    }
    titled
}

pub(super) fn replace(frame: &Frame, columns: &[String], find: &str, with: &str, is_regex: bool, ignore_case: bool) -> Result<Box<dyn Op>> {
    let places = frame.texts(columns)?;
    if find.is_empty() {
        return Err(Error::invalid("\"find\" is empty; say what is looked for"));
    }
    // A text that is looked for is an expression that means itself.
    let (pattern, with) = if is_regex { (find.to_owned(), with.to_owned()) } else { (regex::escape(find), with.replace('$', "$$")) };
    let regex = regex_of(&pattern, ignore_case)?;
    check_groups(&regex, &with)?;
    let groups = with.bytes().filter(|byte| *byte == b'$').count();
    Ok(Box::new(Replace { places, regex, with, groups }))
}

/// Puts a text in the place of what an expression finds.
#[derive(Debug)]
struct Replace {
    places: Vec<usize>,
    regex: Regex,
    /// With groups, as the expression has them.
    with: String,
    /// Groups that it names, at most.
    groups: usize,
}

impl Replace {
    /// The text as it is then; none where it would be too long.
    fn replaced<'a>(&self, text: &'a str) -> Option<Cow<'a, str>> {
        if !self.regex.is_match(text) {
            return Some(Cow::Borrowed(text));
        }
        let (mut made, mut from) = (String::with_capacity(text.len()), 0);
        for found in self.regex.captures_iter(text) {
            let whole = found.get_match();
            made.push_str(text.get(from..whole.start()).unwrap_or_default());
            // No group is longer than the whole. What may be too long is not made to see whether it is.
            let most = self.groups.saturating_mul(whole.len()).saturating_add(self.with.len()).saturating_add(made.len());
            if most > EXPANDED_MAX_BYTES {
                return None;
            }
            found.expand(&self.with, &mut made);
            from = whole.end();
            if made.len() > REPLACED_MAX_BYTES {
                return None;
            }
        }
        made.push_str(text.get(from..).unwrap_or_default());
        (made.len() <= REPLACED_MAX_BYTES).then_some(Cow::Owned(made))
    }
}

impl Op for Replace {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let mut faults = Vec::new();
        for place in self.places.iter().copied() {
            let mut builder = StringViewBuilder::with_capacity(rows.batch.num_rows());
            let (mut room, name) = (Room::default(), rows.name(place).unwrap_or_default());
            for (row, text) in text(&rows.batch, place)?.iter().enumerate() {
                let made = text.and_then(|text| self.replaced(text));
                if text.is_some() && made.is_none() {
                    let reason = format!("it would be longer than {} MB", REPLACED_MAX_BYTES >> 20);
                    faults.push(Fault { row, column: Some(name.clone()), value: text.map(str::to_owned), reason });
                }
                room.take(made.as_deref().map_or(0, str::len), &name)?;
                builder.append_option(made);
            }
            let made: ArrayRef = Arc::new(builder.finish());
            rows.replace(place, made)?;
        }
        site.settle(rows, faults, OnError::default())
    }
}

fn regex_of(pattern: &str, ignore_case: bool) -> Result<Regex> {
    let built = RegexBuilder::new(pattern).case_insensitive(ignore_case).size_limit(REGEX_MAX_BYTES).build();
    built.map_err(|error| Error::invalid(format!("the regular expression {pattern:?} cannot be used: {error}")).because(error))
}

/// A group that the expression does not have would be replaced by nothing, without a word.
fn check_groups(regex: &Regex, with: &str) -> Result<()> {
    let mut rest = with;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
            continue;
        }
        let word = |text: &str| text.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(text.len());
        let name = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map_or("", |(name, _)| name),
            None => after.get(..word(after)).unwrap_or_default(),
        };
        let known = match name.parse::<usize>() {
            Ok(number) => number < regex.captures_len(),
            Err(_) => regex.capture_names().flatten().any(|group| group == name),
        };
        if !known && !name.is_empty() {
            return Err(Error::invalid(format!(
                "\"with\" names the group {name:?}, which the regular expression does not have; write ${{1}} for a group and $$ for a dollar sign"
            )));
        }
        rest = after;
    }
    Ok(())
}

pub(super) fn null_tokens(frame: &Frame, columns: &[String], tokens: &[String], ignore_case: bool) -> Result<Box<dyn Op>> {
    if tokens.is_empty() {
        return Err(Error::invalid("\"tokens\" is empty; say what stands for nothing"));
    }
    let places = if columns.is_empty() { frame.all_texts() } else { frame.places(columns)? };
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for place in places {
        let Some(column) = frame.columns.get(place) else { continue };
        match column.column_type {
            ColumnType::String => texts.push(place),
            ColumnType::Integer | ColumnType::Float => numbers.push(place),
            _ => return Err(Error::invalid(format!("column {:?} is {column}; null tokens are looked for in text and numbers", column.name))),
        }
    }
    let fold = move |text: &str| if ignore_case { text.to_lowercase() } else { text.to_owned() };
    let known: HashSet<String> = tokens.iter().map(|token| fold(token)).collect();
    let integers: Vec<i64> = tokens.iter().filter_map(|token| lenient::integer(token.as_bytes())).collect();
    let floats: Vec<f64> = tokens.iter().filter_map(|token| lenient::float(token.as_bytes())).collect();
    if let Some(column) = numbers.first().and_then(|place| frame.columns.get(*place)).filter(|_| floats.is_empty()) {
        return Err(Error::invalid(format!("column {:?} is {column}, and none of the tokens is a number", column.name)));
    }
    let change: Change = Arc::new(move |text| {
        let is_token = if ignore_case { known.contains(&fold(text)) } else { known.contains(text) };
        (!is_token).then_some(Cow::Borrowed(text))
    });
    Ok(Box::new(Tokens { texts: Texts { places: texts, change }, numbers, integers, floats }))
}

/// Null tokens in texts and in numbers.
#[derive(Debug)]
struct Tokens {
    texts: Texts,
    numbers: Vec<usize>,
    integers: Vec<i64>,
    floats: Vec<f64>,
}

impl Op for Tokens {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        self.texts.apply(rows, site)?;
        for place in self.numbers.iter().copied() {
            let array = array(&rows.batch, place)?;
            let mask: BooleanArray = match (array.as_primitive_opt::<Int64Type>(), array.as_primitive_opt::<Float64Type>()) {
                (Some(values), _) => values.iter().map(|value| Some(value.is_some_and(|value| self.integers.contains(&value)))).collect(),
                (_, Some(values)) => values.iter().map(|value| Some(value.is_some_and(|value| self.floats.contains(&value)))).collect(),
                _ => return Err(Error::internal(format!("a column of numbers is {}", array.data_type()))),
            };
            let nulled = nullif(array, &mask)?;
            rows.replace(place, nulled)?;
        }
        Ok(())
    }
}
