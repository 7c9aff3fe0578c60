//! A result in the form that the client accepts.

use axum::Json;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use tidemill::{QueryResult, SemanticQuery};

use crate::http::{Answer, Problem};

/// The forms of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    Json,
    /// `application/vnd.apache.arrow.stream`
    Arrow,
    /// `text/csv`
    Csv,
}

const ARROW: &str = "application/vnd.apache.arrow.stream";
const CSV: &str = "text/csv";
/// What `provenance.complete_until` of JSON says.
const COMPLETE_UNTIL: HeaderName = HeaderName::from_static("tidemill-complete-until");

impl Encoding {
    /// The first form in `Accept` that we have.
    ///
    /// # Errors
    /// `Invalid` when there is none.
    pub fn accepted(headers: &HeaderMap) -> Answer<Self> {
        let Some(accept) = headers.get(header::ACCEPT) else { return Ok(Self::Json) };
        let accept = accept.to_str().unwrap_or_default();
        for range in accept.split(',') {
            match range.split(';').next().unwrap_or_default().trim() {
                "" | "*/*" | "application/*" | "application/json" => return Ok(Self::Json),
                ARROW => return Ok(Self::Arrow),
                CSV | "text/*" => return Ok(Self::Csv),
                _ => {}
            }
        }
        Err(Problem::field("Accept", format!("is application/json, {ARROW} or {CSV}")))
    }

    /// Refuses a question whose answer has more to it than rows, where there is no place for it.
    ///
    /// # Errors
    /// `Invalid` at the field that asks for more.
    pub fn holds(self, query: &SemanticQuery) -> Answer<()> {
        // Others are the last rows of a CSV file, and columns wherever their values are columns.
        let others = query.top.as_ref().is_some_and(|top| top.others && !query.pivot.contains(&top.dimension));
        let field = match self {
            Self::Csv | Self::Arrow if query.has_totals() => "totals",
            Self::Csv | Self::Arrow if query.explain => "explain",
            Self::Arrow if others => "top.others",
            Self::Csv if others && !query.pivot.is_empty() => "top.others",
            _ => return Ok(()),
        };
        Err(Problem::field(field, "has no place in this form: leave it out, or accept application/json"))
    }
}

/// Writes a result. Forms of rows alone have no place for where these come from, so a header says until when they are complete: a
/// period that ends later may still change, and a line in between would break who reads them.
///
/// # Errors
/// `Internal` when the result cannot be written.
pub fn encode(result: &QueryResult, encoding: Encoding) -> Answer<Response> {
    let mut response = match encoding {
        Encoding::Json => return Ok(Json(result.to_json()).into_response()),
        Encoding::Arrow => ([(header::CONTENT_TYPE, ARROW)], result.to_arrow_ipc()?).into_response(),
        Encoding::Csv => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], result.to_csv()?).into_response(),
    };
    if let Some(until) = result.provenance.complete_until {
        let until = until.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        response.headers_mut().insert(COMPLETE_UNTIL, HeaderValue::try_from(until).map_err(Problem::internal)?);
    }
    Ok(response)
}

/// Writes the results of ranges that are compared, each with its range as it was asked.
pub fn compared(ranges: &[Value], results: &[QueryResult]) -> Value {
    let one = |(range, result): (&Value, &QueryResult)| {
        let mut written = result.to_json();
        written["dateRange"] = range.clone();
        written
    };
    json!({"results": ranges.iter().zip(results).map(one).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_form_is_taken() {
        for (accept, expected) in [
            (None, Some(Encoding::Json)),
            (Some("*/*"), Some(Encoding::Json)),
            (Some("text/html, text/csv;q=0.5"), Some(Encoding::Csv)),
            (Some("application/vnd.apache.arrow.stream"), Some(Encoding::Arrow)),
            (Some("image/png"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Encoding::accepted(&headers).ok(), expected, "{accept:?}");
        }
    }
}
