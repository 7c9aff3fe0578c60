//! Questions as Cube's clients write them, made into ours.

use serde_json::{Map, Value};
use tidemill::SemanticQuery;

use super::filters::{self, OfMeasures};
use super::times;
use crate::http::Problem;
use crate::queries::compare;

/// Queries in one request at most.
const QUERIES_MAX: usize = 10;

/// How rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// An object a row.
    Rows,
    /// Names once, then a list a row.
    Compact,
    /// Names once, then a list a column.
    Columnar,
}

/// What kind of answer a client is told to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Regular,
    Compare,
    Blending,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Regular => "regularQuery",
            Self::Compare => "compareDateRangeQuery",
            Self::Blending => "blendingQuery",
        }
    }
}

/// A request taken apart.
#[derive(Debug)]
pub(super) struct Asked {
    pub kind: Kind,
    pub layout: Layout,
    pub questions: Vec<Question>,
}

/// One question of a request.
#[derive(Debug)]
pub(super) struct Question {
    pub query: SemanticQuery,
    /// Whether no row is wanted (`limit: 0`). The engine is asked for one, for what stands around it.
    pub no_rows: bool,
    /// What tells its rows from those of the other questions.
    pub mark: Option<Mark>,
}

/// What each row says beside its values where several questions are laid out together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// The range, which is that of the time at this place.
    Range(usize),
    /// The bucket of this time under the name that all questions share: `time.month`.
    Time { member: String, granularity: String },
}

/// Reads one query or a list of them. `of_measures`: what `measureFilter` stands for.
///
/// # Errors
/// `Invalid` with the field at fault.
pub(super) fn read(query: Value, of_measures: &OfMeasures) -> Result<Asked, Problem> {
    let list = match query {
        Value::Array(list) if list.len() > QUERIES_MAX => return Err(Problem::field("query", format!("at most {QUERIES_MAX} queries are answered at once"))),
        Value::Array(list) if list.is_empty() => return Err(Problem::field("query", "the list is empty")),
        Value::Array(list) => list,
        one => vec![one],
    };
    let blending = list.len() > 1;
    let (mut layout, mut kind, mut questions) = (Layout::Rows, if blending { Kind::Blending } else { Kind::Regular }, Vec::new());
    for value in list {
        let (found, of) = read_one(value, of_measures)?;
        layout = of;
        if found.iter().any(|question| question.mark.is_some()) {
            if blending {
                return Err(Problem::field("query", "a list of queries cannot compare date ranges"));
            }
            kind = Kind::Compare;
        }
        questions.extend(found);
    }
    if blending {
        blend(&mut questions)?;
    }
    Ok(Asked { kind, layout, questions })
}

/// Has the questions of a list share one time, whatever it is called in each.
///
/// # Errors
/// `Invalid` where their buckets are not of one width, so that their rows cannot stand side by side.
fn blend(questions: &mut [Question]) -> Result<(), Problem> {
    let grouped = |question: &Question| question.query.time_dimensions.iter().find_map(|time| Some((time.dimension.clone(), time.granularity.clone()?)));
    let times: Vec<_> = questions.iter().map(grouped).collect();
    let width = |place: usize| times.get(place).and_then(|time| time.as_ref().map(|(_, granularity)| granularity));
    if (1..times.len()).any(|place| width(place) != width(0)) {
        return Err(Problem::field("query", "the answers of a list are laid out by one time: give each query the same granularity, or none of them any"));
    }
    for (question, time) in questions.iter_mut().zip(times) {
        question.mark = time.map(|(member, granularity)| Mark::Time { member, granularity: granularity.to_string() });
    }
    Ok(())
}

fn read_one(value: Value, of_measures: &OfMeasures) -> Result<(Vec<Question>, Layout), Problem> {
    let Value::Object(mut object) = value else { return Err(Problem::field("query", "is an object, or a list of them")) };
    let layout = match object.remove("responseFormat").as_ref().and_then(Value::as_str) {
        None | Some("default") => Layout::Rows,
        Some("compact") => Layout::Compact,
        Some("columnar") => Layout::Columnar,
        Some(other) => return Err(Problem::field("responseFormat", format!("{other:?} is none of default, compact, columnar"))),
    };
    // Answers are never stale, so asking for a fresh one changes nothing.
    for needless in ["renewQuery", "queryType", "cache"] {
        object.remove(needless);
    }
    for ours in ["totals", "top", "pivot", "explain"] {
        if object.contains_key(ours) {
            return Err(Problem::field(ours, "is not of Cube's dialect; ask it at /api/v1/queries"));
        }
    }
    object.retain(|_, value| !value.is_null());
    limit_rows(&mut object)?;
    let no_rows = object.get("limit").and_then(Value::as_u64) == Some(0);
    if no_rows {
        object.insert("limit".to_owned(), 1.into());
    }
    times::rewrite(&mut object);
    if let Some(list) = object.get_mut("filters").and_then(Value::as_array_mut) {
        *list = filters::rewrite(std::mem::take(list), of_measures)?;
    }
    let compared = object
        .get("timeDimensions")
        .and_then(Value::as_array)
        .and_then(|times| times.iter().position(|time| time.get("compareDateRange").is_some()));
    let queries = compare::read(Value::Object(object))?.queries.into_iter();
    Ok((queries.map(|query| Question { query, no_rows, mark: compared.map(Mark::Range) }).collect(), layout))
}

/// `rowLimit` is another name of `limit`. Cube's clients send both, and the smaller one counts.
fn limit_rows(object: &mut Map<String, Value>) -> Result<(), Problem> {
    let Some(rows) = object.remove("rowLimit") else { return Ok(()) };
    let rows = rows.as_u64().ok_or_else(|| Problem::field("rowLimit", "is a whole number of rows"))?;
    let limit = match object.get("limit") {
        None => rows,
        Some(limit) => match limit.as_u64() {
            Some(limit) => limit.min(rows),
            // What is wrong with it is told where it is read.
            None => return Ok(()),
        },
    };
    object.insert("limit".to_owned(), limit.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidemill::DateRange;

    use super::*;

    fn read(query: Value) -> Result<Asked, Problem> {
        super::read(query, &OfMeasures::new())
    }

    #[test]
    fn what_clients_write_is_understood() {
        let asked = read(json!({
            "measures": ["a.b"], "timeDimensions": [{"dimension": "a.t", "granularity": "month", "dateRange": ["this year"]}],
            "order": {"a.b": "desc"}, "renewQuery": true, "responseFormat": "compact", "limit": null
        }))
        .unwrap();
        assert_eq!((asked.kind, asked.layout, asked.questions.len()), (Kind::Regular, Layout::Compact, 1));
        assert_eq!(asked.questions[0].query.time_dimensions[0].date_range, Some(DateRange::Named("this year".into())));
        let asked = read(json!({"measures": ["a.b"], "timeDimensions": [{"dimension": "a.t", "compareDateRange": ["this week", ["2024-01-01", "2024-01-07"]]}]})).unwrap();
        assert_eq!((asked.kind, asked.questions.len()), (Kind::Compare, 2));
        assert_eq!(asked.questions.iter().map(|question| question.mark.clone()).collect::<Vec<_>>(), [Some(Mark::Range(0)), Some(Mark::Range(0))]);
        let asked = read(json!([{"measures": ["a.b"]}, {"measures": ["c.d"]}])).unwrap();
        assert_eq!((asked.kind, asked.questions[0].mark.clone()), (Kind::Blending, None));
    }

    #[test]
    fn the_queries_of_a_list_share_a_time() {
        let by = |member: &str, granularity: &str| json!({"measures": ["a.b"], "timeDimensions": [{"dimension": member, "granularity": granularity}]});
        let asked = read(json!([by("a.t", "month"), by("c.u", "month")])).unwrap();
        let mark = |member: &str| Some(Mark::Time { member: member.to_owned(), granularity: "month".to_owned() });
        assert_eq!(asked.questions.iter().map(|question| question.mark.clone()).collect::<Vec<_>>(), [mark("a.t"), mark("c.u")]);
        for list in [json!([by("a.t", "month"), by("c.u", "week")]), json!([by("a.t", "month"), {"measures": ["c.d"]}]), json!([{"measures": ["c.d"]}, by("a.t", "month")])] {
            let problem = read(list.clone()).unwrap_err().into_wire();
            assert!(problem.errors[0].detail.contains("same granularity"), "{list}");
        }
    }

    #[test]
    fn a_row_limit_is_a_limit_and_the_smaller_one_counts() {
        for (limits, expected) in [
            (json!({"rowLimit": 5}), Some(5)),
            (json!({"rowLimit": 5, "limit": 7}), Some(5)),
            (json!({"rowLimit": 10_000, "limit": 7}), Some(7)),
            (json!({"rowLimit": null, "limit": 7}), Some(7)),
            (json!({"rowLimit": 5, "limit": null}), Some(5)),
            (json!({"rowLimit": null}), None),
            // The engine gives no answer without rows: one is asked for, and not told.
            (json!({"limit": 0}), Some(1)),
            (json!({"limit": 0, "rowLimit": 5}), Some(1)),
        ] {
            let asked = read(limits.clone()).unwrap();
            assert_eq!(asked.questions[0].query.limit, expected, "{limits}");
            assert_eq!(asked.questions[0].no_rows, limits["limit"] == 0, "{limits}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (query, expected) in [
            (json!("all"), "query"),
            (json!([]), "query"),
            (json!({"mesures": []}), "mesures"),
            (json!({"measures": ["a.b"], "totals": true}), "totals"),
            (json!({"responseFormat": "xml"}), "responseFormat"),
            (json!({"rowLimit": "all"}), "rowLimit"),
            (json!({"rowLimit": 5, "limit": "all"}), "limit"),
            (json!({"timeDimensions": [{"dimension": "a.t", "dateRange": "today", "compareDateRange": ["today"]}]}), "timeDimensions"),
            (json!({"filters": [{"member": "a.b", "operator": "resembles", "values": []}]}), "filters"),
        ] {
            let problem = read(query.clone()).unwrap_err();
            assert!(problem.into_wire().detail.unwrap_or_default().contains(expected), "{query}");
        }
    }
}
