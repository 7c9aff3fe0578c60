//! The step that reads numbers as people write them: with commas, groups of thousands, signs of currencies. Groups must be
//! groups: `1.2.3` is no number, whatever its points mean.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array};

use super::cast::converted;
use super::frame::{Frame, array, text};
use super::op::{Op, Site};
use super::step::OnError;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::decode::value::lenient;
use crate::ingest::treatment::rows::{Fault, Rows};

/// How numbers are written.
#[derive(Debug)]
struct Style {
    decimal: char,
    group: Option<char>,
    strip: Vec<String>,
}

impl Style {
    /// The number as every program writes it.
    fn plain(&self, text: &str) -> Option<String> {
        let (negative, mut body) = sign(text.trim());
        // `-€5`, `€-5` and `5 €`.
        loop {
            let begun = self.strip.iter().find_map(|strip| body.strip_prefix(strip.as_str()));
            let ended = begun.or_else(|| self.strip.iter().find_map(|strip| body.strip_suffix(strip.as_str())));
            match ended {
                Some(shorter) => body = shorter.trim(),
                None => break,
            }
        }
        let (negative, body) = match negative {
            Some(negative) => (negative, body),
            None => {
                let (inner, body) = sign(body);
                (inner.unwrap_or(false), body)
            }
        };
        let (mantissa, exponent) = match body.find(['e', 'E']) {
            Some(at) => (body.get(..at)?, Some(body.get(at + 1..)?)),
            None => (body, None),
        };
        let (whole, fraction) = mantissa.split_once(self.decimal).unwrap_or((mantissa, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = self.ungrouped(whole)?;
        let exponent_digits = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
        if !digits(fraction) || (whole.is_empty() && fraction.is_empty()) || exponent_digits.is_some_and(|exponent| exponent.is_empty() || !digits(exponent)) {
            return None;
        }
        let mut plain = String::with_capacity(text.len() + 2);
        plain.push_str(if negative { "-" } else { "" });
        plain.push_str(if whole.is_empty() { "0" } else { &whole });
        if !fraction.is_empty() {
            plain.push('.');
            plain.push_str(fraction);
        }
        if let Some(exponent) = exponent {
            plain.push('e');
            plain.push_str(exponent);
        }
        Some(plain)
    }

    /// Digits without what stands between their groups.
    fn ungrouped(&self, whole: &str) -> Option<String> {
        let is_group = |character: char| match self.group {
            Some(' ') => matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'),
            Some('\'') => matches!(character, '\'' | '’'),
            Some(group) => character == group,
            None => false,
        };
        let parts: Vec<&str> = whole.split(is_group).collect();
        let last = parts.len() - 1;
        let fits = |(index, part): (usize, &&str)| {
            let right_length = match (index, last) {
                (_, 0) => true,
                (0, _) => (1..=3).contains(&part.len()),
                // Some countries group by two digits, but never the last three.
                (index, last) if index < last => (2..=3).contains(&part.len()),
                _ => part.len() == 3,
            };
            right_length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        parts.iter().enumerate().all(fits).then(|| parts.concat())
    }
}

/// Whether there is a minus or a plus, and what follows.
fn sign(text: &str) -> (Option<bool>, &str) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => (Some(true), rest.trim_start()),
        None => text.strip_prefix('+').map_or((None, text), |rest| (Some(false), rest.trim_start())),
    }
}

/// Reads texts as numbers.
#[derive(Debug)]
struct ParseNumber {
    from: usize,
    to: usize,
    target: Column,
    style: Style,
    on_error: OnError,
}

/// What the step says, as it is written.
pub(super) struct Order<'a> {
    pub column: &'a str,
    pub decimal: char,
    pub group: Option<char>,
    pub strip: &'a [String],
    pub to: Option<ColumnType>,
    pub into: Option<&'a str>,
    pub on_error: OnError,
}

pub(super) fn parse_number(frame: &mut Frame, order: &Order<'_>) -> Result<Box<dyn Op>> {
    let (from, column) = frame.find(order.column)?;
    if !matches!(column.column_type, ColumnType::String | ColumnType::Integer | ColumnType::Float) {
        return Err(Error::invalid(format!("column {:?} is {column}; numbers are read from text", column.name)));
    }
    let odd = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '+');
    if order.group == Some(order.decimal) || odd(order.decimal) || order.group.is_some_and(odd) {
        return Err(Error::invalid(format!(
            "\"decimal\" is {:?} and \"group\" is {:?}; give two different signs, as in \",\" and \".\"",
            order.decimal,
            order.group.unwrap_or(' ')
        )));
    }
    // A blank would be stripped for ever.
    if order.strip.iter().any(|strip| strip.trim().is_empty() || strip.bytes().any(|byte| byte.is_ascii_digit())) {
        return Err(Error::invalid("\"strip\" has a text that is empty, blank or has digits; it is for signs such as € or km, and space around them goes anyway"));
    }
    let to = order.to.unwrap_or(ColumnType::Float);
    if !matches!(to, ColumnType::Integer | ColumnType::Float) {
        return Err(Error::invalid(format!("\"to\" is {to}; it is integer or float")));
    }
    let target = Column::new(order.into.unwrap_or(order.column), to);
    let to = frame.put(target.clone())?;
    let style = Style { decimal: order.decimal, group: order.group, strip: order.strip.iter().map(|strip| strip.trim().to_owned()).collect() };
    Ok(Box::new(ParseNumber { from, to, target, style, on_error: order.on_error }))
}

impl ParseNumber {
    fn read<T>(&self, rows: &Rows, faults: &mut Vec<Fault>, reason: &str, read: impl Fn(&[u8]) -> Option<T>) -> Result<Vec<Option<T>>> {
        let mut values = Vec::with_capacity(rows.batch.num_rows());
        for (row, text) in text(&rows.batch, self.from)?.iter().enumerate() {
            let value = text.and_then(|text| read(self.style.plain(text)?.as_bytes()));
            if let Some(text) = text.filter(|_| value.is_none()) {
                faults.push(Fault { row, column: rows.name(self.from), value: Some(text.to_owned()), reason: reason.to_owned() });
            }
            values.push(value);
        }
        Ok(values)
    }
}

impl Op for ParseNumber {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let mut faults = Vec::new();
        let stored = array(&rows.batch, self.from)?;
        let made: ArrayRef = if stored.as_string_view_opt().is_none() {
            // The source has read it already.
            let name = rows.name(self.from);
            let (made, found) = converted(stored, &self.target)?;
            faults.extend(found.into_iter().map(|fault| Fault { column: name.clone(), ..fault }));
            made
        } else if self.target.column_type == ColumnType::Integer {
            Arc::new(self.read(rows, &mut faults, "not a whole number in the form that the step says", lenient::integer)?.into_iter().collect::<Int64Array>())
        } else {
            Arc::new(self.read(rows, &mut faults, "not a number in the form that the step says", lenient::float)?.into_iter().collect::<Float64Array>())
        };
        rows.put(self.to, &self.target, made)?;
        site.settle(rows, faults, self.on_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let style = |decimal, group, strip: &[&str]| Style { decimal, group, strip: strip.iter().map(|text| (*text).to_owned()).collect() };
        let german = style(',', Some('.'), &["€", "EUR"]);
        let english = style('.', Some(','), &["$", "USD", "%"]);
        let french = style(',', Some(' '), &[]);
        let swiss = style('.', Some('\''), &[]);
        let plain = style('.', None, &[]);
        let cases = [
            (&german, "1.234,50 €", Some("1234.50")),
            (&german, "-1.234.567,5", Some("-1234567.5")),
            (&german, "-€ 5", Some("-5")),
            (&german, "€-5", Some("-5")),
            (&german, "EUR5,-", None),
            (&german, "1.2,5", None),
            (&german, "1.23", None),
            (&german, "1234,5", Some("1234.5")),
            (&german, "1234.567,5", None),
            (&german, "−7", Some("-7")),
            (&german, "--7", None),
            (&english, "$1,234.50", Some("1234.50")),
            (&english, "12,34,567.8 USD", Some("1234567.8")),
            (&english, "50 %", Some("50")),
            (&english, "1.5E+03", Some("1.5e+03")),
            (&english, "1e", None),
            (&english, ".5", Some("0.5")),
            (&english, "", None),
            (&english, "$", None),
            (&french, "1\u{202f}234,5", Some("1234.5")),
            (&french, "1 234", Some("1234")),
            (&swiss, "1’234'567.8", Some("1234567.8")),
            (&plain, "007", Some("007")),
            (&plain, "1,234", None),
            (&plain, "1.2.3", None),
            (&plain, "inf", None),
        ];
        for (style, text, expected) in cases {
            assert_eq!(style.plain(text).as_deref(), expected, "{text}");
        }
    }
}
