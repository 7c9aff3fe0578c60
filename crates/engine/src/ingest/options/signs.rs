//! The characters that a load may say of delimited text, and the texts that mean "no value": what they are, and whether they can be
//! meant together.

use serde::{Deserialize, Serialize};

use super::{FileFormat, ReadOptions};
use crate::error::{Error, Result};

/// Texts that a load may name as null, and bytes of each.
const NULL_TOKENS_MAX: usize = 100;
const NULL_TOKEN_MAX_BYTES: usize = 100;

/// What is written around a cell of delimited text that may hold anything. In JSON it is the character, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Quote {
    /// This character, doubled inside of the cell.
    Character(char),
    /// Nothing: every quote is text.
    None,
}

impl Quote {
    /// The character, where there is one.
    pub fn character(self) -> Option<char> {
        match self {
            Self::Character(character) => Some(character),
            Self::None => None,
        }
    }
}

impl From<Quote> for String {
    fn from(quote: Quote) -> Self {
        quote.character().map_or_else(|| "none".to_owned(), Self::from)
    }
}

impl TryFrom<String> for Quote {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            _ if text == "none" => Ok(Self::None),
            (Some(character), None) => Ok(Self::Character(character)),
            _ => Err("a quote is one character, or none"),
        }
    }
}

impl ReadOptions {
    /// Looks whether quote, escape and comment can be told from each other, and from the delimiter where that is said.
    pub(super) fn check_signs(&self) -> Result<()> {
        let delimiter = self.delimiter.or((self.format == Some(FileFormat::Tsv)).then_some('\t'));
        let quote = self.quote.map_or(Some('"'), Quote::character);
        let mut taken: Vec<(&str, char)> = delimiter.map(|delimiter| ("delimiter", delimiter)).into_iter().collect();
        for (option, sign) in [("quote", quote), ("escape", self.escape), ("comment", self.comment)] {
            let Some(sign) = sign else { continue };
            if !sign.is_ascii_punctuation() {
                return Err(
                    Error::invalid(format!("the {option} {sign:?} cannot be told from text; take one ASCII character that is no letter, digit, space or line end")).at(option)
                );
            }
            if let Some((other, _)) = taken.iter().find(|(_, known)| *known == sign) {
                let hint = if option == "escape" && *other == "quote" {
                    "; doubled quotes are read as they are, leave the escape out"
                } else {
                    "; take another character for one of them"
                };
                return Err(Error::invalid(format!("the {option} {sign:?} is the {other} too{hint}")).at(option));
            }
            taken.push((option, sign));
        }
        if let (Some(escape), None) = (self.escape, quote) {
            return Err(Error::invalid(format!("the escape {escape:?} is for quoted cells, and no cell is quoted; leave one of them out")).at("escape"));
        }
        Ok(())
    }

    /// Looks whether the texts that mean no value can be that.
    pub(super) fn check_null_tokens(&self) -> Result<()> {
        let tokens = self.null_tokens.as_deref().unwrap_or_default();
        if tokens.len() > NULL_TOKENS_MAX {
            return Err(Error::invalid(format!("{} texts that mean no value are more than {NULL_TOKENS_MAX}; a step can do more (null_tokens)", tokens.len())).at("null_tokens"));
        }
        let wrong = |token: &&String| token.is_empty() || token.len() > NULL_TOKEN_MAX_BYTES || token.trim() != token.as_str() || token.chars().any(char::is_control);
        match tokens.iter().find(wrong) {
            Some(token) if token.is_empty() => Err(Error::invalid("nothing at all is null as it is; leave the empty text out").at("null_tokens")),
            Some(token) => Err(Error::invalid(format!(
                "{token:?} is no text that can mean no value: it has 1 to {NULL_TOKEN_MAX_BYTES} bytes, without control characters and without spaces around it"
            ))
            .at("null_tokens")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_texts_that_cannot_be_meant_are_refused_by_name() {
        let text = |quote: Option<Quote>, escape: Option<char>, comment: Option<char>| ReadOptions { quote, escape, comment, ..ReadOptions::default() };
        let tokens = |token: &str| ReadOptions { null_tokens: Some(vec![token.to_owned()]), ..ReadOptions::default() };
        let at_delimiter = ReadOptions { delimiter: Some('|'), ..text(Some(Quote::Character('|')), None, None) };
        let signs = [
            (at_delimiter, "the quote '|' is the delimiter too", "quote"),
            (ReadOptions { delimiter: Some('#'), ..text(None, None, Some('#')) }, "the comment '#' is the delimiter too", "comment"),
            (ReadOptions { format: Some(FileFormat::Tsv), ..text(Some(Quote::Character('\t')), None, None) }, "cannot be told from text", "quote"),
            (text(Some(Quote::Character('x')), None, None), "cannot be told from text", "quote"),
            (text(Some(Quote::Character('“')), None, None), "cannot be told from text", "quote"),
            (text(None, Some('"'), None), "leave the escape out", "escape"),
            (text(Some(Quote::None), Some('\\'), None), "no cell is quoted", "escape"),
            (text(None, Some('\\'), Some('\\')), "the comment '\\\\' is the escape too", "comment"),
            (text(None, None, Some('"')), "the comment '\"' is the quote too", "comment"),
            (tokens(""), "leave the empty text out", "null_tokens"),
            (tokens(" NA"), "without spaces around it", "null_tokens"),
            (tokens(&"x".repeat(101)), "1 to 100 bytes", "null_tokens"),
            (ReadOptions { null_tokens: Some(vec!["x".into(); 101]), ..ReadOptions::default() }, "more than 100", "null_tokens"),
        ];
        for (options, expected, field) in signs {
            let error = options.check().unwrap_err();
            assert!(error.message().contains(expected) && error.field() == Some(field), "{error} {options:?}");
        }
        for fits in [text(Some(Quote::None), None, Some('"')), text(Some(Quote::Character('\'')), Some('\\'), Some('#')), tokens("n/a")] {
            fits.check().unwrap();
        }
    }

    #[test]
    fn a_quote_is_a_character_or_none() {
        let read: ReadOptions = serde_json::from_str(r#"{"quote": "none", "null_tokens": ["-"]}"#).unwrap();
        assert_eq!((read.quote, serde_json::to_string(&read).unwrap().contains(r#""quote":"none""#)), (Some(Quote::None), true));
        assert_eq!(serde_json::from_str::<Quote>(r#""'""#).unwrap(), Quote::Character('\''));
        assert!(serde_json::from_str::<Quote>(r#""''""#).is_err());
    }
}
