//! The one error of the crate. A kind answers "what can the caller do?"; everything more precise goes into the message
//! and the source. Modules keep private enums where they help and convert once at their edge.

use std::fmt;
use std::sync::Arc;

/// What the caller can do about an error. A new kind is added only where a caller would act differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request or the data is wrong: change it.
    Invalid,
    /// There is no such thing in this tenant.
    NotFound,
    /// Somebody else was first: read again and retry.
    Conflict,
    /// The scope does not allow it.
    Denied,
    /// A resource is away for the moment: retry later.
    Unavailable,
    /// A limit of the scope or the engine was reached: ask for less.
    Exhausted,
    /// Stored data cannot be read.
    Corrupt,
    /// The caller dropped or stopped the work.
    Cancelled,
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    /// The stable lower-case name, as the HTTP API prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Exhausted => "exhausted",
            Self::Corrupt => "corrupt",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// An error with a kind, a sentence for the caller and, for the log, a cause.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    field: Option<String>,
    suggestions: Vec<String>,
    source: Option<Source>,
}

/// The result of every fallible call of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where a source of a dataset is, told to whoever has said that it is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionConflict {
    /// Name of the source.
    pub source: String,
    /// Its position; `None` at its beginning.
    pub position: Option<u64>,
}

impl fmt::Display for PositionConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source {:?} is at {:?}", self.source, self.position)
    }
}

impl std::error::Error for PositionConflict {}

/// How messages begin of what failed on a row: with values of it.
const OF_EVALUATION: [&str; 3] = ["Arrow error", "Execution error", "arrow: "];

impl Error {
    /// An error of a kind with a sentence that says what, where and what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None, suggestions: Vec::new(), source: None }
    }

    /// The request or the data is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// There is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Somebody else was first.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// The scope does not allow it.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Denied, message)
    }

    /// A limit was reached.
    pub fn exhausted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Exhausted, message)
    }

    /// Stored data cannot be read.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// A bug of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The same for somebody else who waits for the same work.
    pub(crate) fn shared(&self) -> Self {
        Self { kind: self.kind, message: self.message.clone(), field: self.field.clone(), suggestions: self.suggestions.clone(), source: None }
    }

    /// Names the part of the request that is wrong, for instance `filters[0].member`.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says what to ask instead, a sentence each.
    #[must_use]
    pub(crate) fn suggesting(mut self, suggestions: Vec<String>) -> Self {
        self.suggestions = suggestions;
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts `context: ` before the message; a context is `verb object`, for instance `read segment`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// The same in other words.
    #[must_use]
    pub(crate) fn reworded(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.message = words(&self.message);
        self
    }

    /// Without the values of rows that evaluation failed on: which of several it is depends on rows around it.
    #[must_use]
    pub(crate) fn without_values(mut self) -> Self {
        // What stands before says where it failed, in the words of the question.
        if let Some(place) = OF_EVALUATION.iter().filter_map(|words| self.message.find(words)).min() {
            let blanked = blanked(self.message.get(place..).unwrap_or_default());
            self.message.replace_range(place.., &blanked);
        }
        self
    }

    /// Whether the memory of queries was too small. Told by DataFusion's words: who waited for the work of somebody else has no cause.
    pub(crate) fn is_of_memory(&self) -> bool {
        self.kind == ErrorKind::Exhausted && self.message.contains("Resources exhausted")
    }

    /// Where the source of a load is, when the load says that it is elsewhere: then the kind is `Conflict`, and nothing was stored.
    pub fn position_conflict(&self) -> Option<&PositionConflict> {
        self.source.as_ref()?.downcast_ref()
    }

    /// What the caller can do.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to ask instead of a question that is over its budget, or for whose counts of distinct values there is no memory;
    /// otherwise nothing.
    pub fn suggestions(&self) -> &[String] {
        &self.suggestions
    }

    /// The sentence for the caller, without causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The part of the request that is wrong, where one is.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as Store;
        let error = match own_of_store(error) {
            Ok(own) => return own,
            Err(error) => error,
        };
        let kind = match &error {
            Store::NotFound { .. } => ErrorKind::NotFound,
            Store::AlreadyExists { .. } | Store::Precondition { .. } => ErrorKind::Conflict,
            Store::InvalidPath { .. } => ErrorKind::Invalid,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, format!("object store: {error}")).because(error)
    }
}

/// An error of ours that travelled through an object store, as it was.
fn own_of_store(error: object_store::Error) -> std::result::Result<Error, object_store::Error> {
    match error {
        object_store::Error::Generic { store, source } => match source.downcast::<Error>() {
            Ok(own) => Ok(*own),
            Err(source) => Err(object_store::Error::Generic { store, source }),
        },
        other => Err(other),
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::internal(format!("arrow: {error}")).because(error)
    }
}

/// An error of ours that travelled through the Parquet decoder, as it was.
fn own_of_parquet(error: parquet::errors::ParquetError) -> std::result::Result<Error, parquet::errors::ParquetError> {
    use parquet::errors::ParquetError;
    match error {
        ParquetError::External(source) => source.downcast::<Error>().map(|own| *own).map_err(ParquetError::External),
        other => Err(other),
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        use parquet::errors::ParquetError;
        let error = match own_of_parquet(error) {
            Ok(own) => return own,
            // The store was away while a segment was read. One that is not there is damage all the same.
            Err(ParquetError::External(source)) => match source.downcast::<object_store::Error>() {
                Ok(source) if !matches!(*source, object_store::Error::NotFound { .. }) => return (*source).into(),
                Ok(source) => ParquetError::External(source),
                Err(source) => ParquetError::External(source),
            },
            Err(other) => other,
        };
        Self::corrupt(format!("parquet: {error}")).because(error)
    }
}

impl From<datafusion::error::DataFusionError> for Error {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        use datafusion::error::DataFusionError as Df;
        let error = match own(error) {
            Ok(own) => return own,
            Err(error) => error,
        };
        if let Some(own) = own_of_shared(&error) {
            return own;
        }
        let kind = match error.find_root() {
            Df::Plan(_) | Df::SQL(..) | Df::SchemaError(..) | Df::NotImplemented(_) | Df::Configuration(_) => ErrorKind::Invalid,
            // What the decoder says of a segment whose pages are not what they should be.
            Df::ArrowError(inner, _) if matches!(**inner, arrow::error::ArrowError::ParquetError(_)) => ErrorKind::Corrupt,
            // Arithmetic and casts of user expressions fail while the query runs.
            Df::ArrowError(..) | Df::Execution(_) => ErrorKind::Invalid,
            Df::ResourcesExhausted(_) => ErrorKind::Exhausted,
            Df::ObjectStore(_) => ErrorKind::Unavailable,
            Df::ParquetError(_) => ErrorKind::Corrupt,
            // A pattern that is none, met while the plan is simplified.
            Df::External(inner) if inner.to_string().contains("regex") => ErrorKind::Invalid,
            _ => ErrorKind::Internal,
        };
        let message = error.strip_backtrace();
        Self::new(kind, message).because(error)
    }
}

/// An error of ours that travelled through DataFusion, as it was.
fn own(error: datafusion::error::DataFusionError) -> std::result::Result<Error, datafusion::error::DataFusionError> {
    use datafusion::error::DataFusionError as Df;
    match error {
        Df::External(inner) => inner.downcast::<Error>().map(|own| *own).map_err(Df::External),
        Df::ObjectStore(inner) => own_of_store(*inner).map_err(|inner| Df::ObjectStore(Box::new(inner))),
        Df::ParquetError(inner) => own_of_parquet(*inner).map_err(|inner| Df::ParquetError(Box::new(inner))),
        Df::Context(context, inner) => own(*inner).map(|own| own.context(&context)).map_err(|inner| Df::Context(context, Box::new(inner))),
        other => Err(other),
    }
}

/// The same for one that DataFusion has handed to several partitions at once.
fn own_of_shared(error: &datafusion::error::DataFusionError) -> Option<Error> {
    use datafusion::error::DataFusionError as Df;
    match error {
        Df::External(inner) => match inner.downcast_ref::<Arc<Df>>() {
            Some(inner) => own_of_shared(inner),
            None => inner.downcast_ref::<Error>().map(Error::shared),
        },
        Df::Shared(inner) => own_of_shared(inner),
        Df::Context(_, inner) => own_of_shared(inner),
        Df::ParquetError(inner) => match &**inner {
            parquet::errors::ParquetError::External(source) => source.downcast_ref::<Error>().map(Error::shared),
            _ => None,
        },
        _ => None,
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::invalid(format!("JSON: {error}")).because(error)
    }
}

/// Up to three names of `known` that are near to `name`, for "did you mean".
pub(crate) fn near_names<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut scored: Vec<(usize, &str)> = known
        .map(|candidate| (distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(score, candidate)| *score <= if candidate.len() <= 3 { 1 } else { 2.max(candidate.len() / 3) })
        .collect();
    scored.sort_unstable();
    scored.truncate(3);
    if scored.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = scored.into_iter().map(|(_, candidate)| candidate).collect();
    format!("; did you mean {}?", names.join(", "))
}

/// A text without what is quoted in it, and without its numbers.
fn blanked(text: &str) -> String {
    let mut text = text.to_owned();
    for quote in ['\'', '"'] {
        // From the first quote to the last: a value may have one in it. One alone is an apostrophe.
        if let (Some(first), Some(last)) = (text.find(quote), text.rfind(quote))
            && first < last
        {
            text.replace_range(first..=last, &format!("{quote}…{quote}"));
        }
    }
    let (mut told, mut rest, mut in_word) = (String::with_capacity(text.len()), text.as_str(), false);
    while let Some(sign) = rest.chars().next() {
        let number = if in_word { 0 } else { number_at(rest) };
        if number > 0 {
            told.push('…');
            rest = rest.get(number..).unwrap_or_default();
        } else {
            told.push(sign);
            in_word = sign.is_alphanumeric() || sign == '_';
            rest = rest.get(sign.len_utf8()..).unwrap_or_default();
        }
    }
    told
}

/// Bytes of the number with which a text begins, or of the time; none where it begins with something else.
fn number_at(text: &str) -> usize {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | ':' | '_' | '-' | '+');
    let word = unsigned.get(..unsigned.find(|sign: char| !is_part(sign)).unwrap_or(unsigned.len())).unwrap_or_default();
    let is_number = word.starts_with(|sign: char| sign.is_ascii_digit()) || matches!(word, "NaN" | "inf");
    if is_number { text.len() - unsigned.len() + word.len() } else { 0 }
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut previous = i + 1;
        for (j, b) in right.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cost = (diagonal + usize::from(a != *b)).min(above + 1).min(previous + 1);
            if let Some(cell) = row.get_mut(j) {
                *cell = previous;
            }
            diagonal = above;
            previous = cost;
        }
        if let Some(cell) = row.last_mut() {
            *cell = previous;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (left, right, expected) in [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("carrier", "carier", 1), ("abc", "abc", 0)] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn no_value_of_a_row_is_left_in_what_evaluation_failed_on() {
        for (message, expected) in [
            (
                "filter on f.a: Arrow error: Cast error: Cannot cast string 'it's 5' to value of Int64 type",
                "filter on f.a: Arrow error: Cast error: Cannot cast string '…' to value of Int64 type",
            ),
            ("Arrow error: Cast error: Can't cast value 99000 to type Int16", "Arrow error: Cast error: Can't cast value … to type Int16"),
            ("Arrow error: Cast error: Can't cast value -1.5e-7 to type Int16", "Arrow error: Cast error: Can't cast value … to type Int16"),
            ("Arrow error: Cast error: Can't cast value NaN to type Int16", "Arrow error: Cast error: Can't cast value … to type Int16"),
            ("Execution error: Unable to parse date from 2013, 13, 45", "Execution error: Unable to parse date from …, …, …"),
            ("Execution error: Error parsing timestamp from 'Zoe' using format '%Y': too short", "Execution error: Error parsing timestamp from '…': too short"),
            // What was asked is told.
            ("unknown member 'a' of 7", "unknown member 'a' of 7"),
        ] {
            assert_eq!(Error::invalid(message).without_values().message(), expected);
        }
    }

    #[test]
    fn near_names_lists_the_nearest_first() {
        assert_eq!(near_names("carier", ["origin", "carrier", "tailnum"].into_iter()), "; did you mean carrier?");
        assert_eq!(near_names("zzzzzzzz", ["origin"].into_iter()), "");
    }

    #[test]
    fn an_error_that_several_partitions_got_is_still_ours() {
        use datafusion::error::DataFusionError as Df;
        let ours = Arc::new(Df::External(Box::new(Error::invalid("too large").at("sql"))));
        for handed_on in [Df::Context("Join Error".to_owned(), Box::new(Df::External(Box::new(Arc::clone(&ours))))), Df::Shared(ours)] {
            let error = Error::from(handed_on);
            assert_eq!((error.kind(), error.message(), error.field()), (ErrorKind::Invalid, "too large", Some("sql")));
        }
    }

    #[test]
    fn a_store_that_is_away_has_damaged_nothing() {
        use parquet::errors::ParquetError;
        let away = object_store::Error::Generic { store: "s3", source: "no answer".into() };
        assert_eq!(Error::from(ParquetError::External(Box::new(away))).kind(), ErrorKind::Unavailable);
        let gone = object_store::Error::NotFound { path: "a".into(), source: "gone".into() };
        assert_eq!(Error::from(ParquetError::External(Box::new(gone))).kind(), ErrorKind::Corrupt);
        assert_eq!(Error::from(ParquetError::EOF("short".into())).kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn an_error_says_its_kind_and_keeps_its_cause() {
        let error = Error::from(object_store::Error::NotFound { path: "a".into(), source: "gone".into() }).context("read segment");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().starts_with("read segment: "));
        assert!(std::error::Error::source(&error).is_some());
    }
}
