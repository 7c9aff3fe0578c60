//! What `measureFilter` stands for: the rows that a measure counts, which is what a client asks for when somebody looks behind a number.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use tidemill::{Condition, ErrorKind, Filter, MeasureKind, Mill, ViewDetail};

use super::filters::{self, MEASURE_FILTER, OfMeasures};
use crate::http::Problem;

/// Measures of a request that `measureFilter` names at most: the model of each is read.
const MEASURES_MAX: usize = 100;

/// The conditions of the measures that a request names with `measureFilter`, as who asks sees their models.
///
/// # Errors
/// `Invalid` for what is no measure, and for one that no condition on rows stands for; as the engine, where models cannot be read.
pub(super) async fn of_measures(mill: &Mill, query: &Value) -> Result<OfMeasures, Problem> {
    let mut names = BTreeSet::new();
    let queries = query.as_array().map_or(std::slice::from_ref(query), Vec::as_slice);
    for filter in queries.iter().filter_map(|query| query["filters"].as_array()).flatten() {
        collect(filter, &mut names);
    }
    if names.len() > MEASURES_MAX {
        return Err(Problem::field("filters", format!("{MEASURE_FILTER} names {} measures; at most {MEASURES_MAX} are looked up", names.len())));
    }
    let mut found = OfMeasures::new();
    for name in names {
        let conditions = conditions(mill, &name).await?;
        found.insert(name, conditions);
    }
    Ok(found)
}

fn collect(filter: &Value, names: &mut BTreeSet<String>) {
    for part in ["and", "or"].into_iter().filter_map(|group| filter[group].as_array()).flatten() {
        collect(part, names);
    }
    if filter["operator"] == MEASURE_FILTER {
        names.extend(filter.as_object().and_then(filters::member_of).map(str::to_owned));
    }
}

async fn conditions(mill: &Mill, name: &str) -> Result<Vec<Filter>, Problem> {
    let wrong = |detail: String| Problem::field("filters", format!("{MEASURE_FILTER} of {name}: {detail}"));
    let (owner, measure) = name.split_once('.').ok_or_else(|| wrong("write model.measure".to_owned()))?;
    let view = match mill.view_detail(owner).await {
        Ok(detail) => Some(detail),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => None,
        Err(error) => return Err(error.into()),
    };
    let unknown = || wrong(format!("{owner} has no measure {measure:?}"));
    let in_model = match &view {
        None => name,
        Some(view) => view.measures.iter().find(|shown| shown.name == measure).map(|shown| shown.member.as_str()).ok_or_else(unknown)?,
    };
    let (model, measure) = in_model.split_once('.').ok_or_else(unknown)?;
    let model = mill.model(model).await?;
    let measure = model.measures.iter().find(|known| known.name == measure).ok_or_else(unknown)?;
    let looks_elsewhere = matches!(measure.kind, MeasureKind::ShareOfTotal | MeasureKind::Rank | MeasureKind::Cumulative | MeasureKind::Rolling | MeasureKind::TimeShift);
    if looks_elsewhere {
        return Err(wrong("it looks at other groups or times too, so no condition on rows stands for it; ask for the rows with filters of your own".to_owned()));
    }
    let Some(view) = &view else { return Ok(measure.filters.clone()) };
    in_view(&measure.filters, view).map_err(|hidden| wrong(format!("it counts rows by {hidden}, which the view does not show")))
}

/// Conditions of a model in the names of a view, or the member that the view does not show.
fn in_view(filters: &[Filter], view: &ViewDetail) -> Result<Vec<Filter>, String> {
    let shown: HashMap<&str, String> = view.dimensions.iter().map(|dimension| (dimension.member.as_str(), format!("{}.{}", view.definition.name, dimension.name))).collect();
    filters.iter().map(|filter| renamed(filter, &shown)).collect()
}

fn renamed(filter: &Filter, shown: &HashMap<&str, String>) -> Result<Filter, String> {
    let all = |parts: &[Filter]| parts.iter().map(|part| renamed(part, shown)).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::And { and } => Filter::And { and: all(and)? },
        Filter::Or { or } => Filter::Or { or: all(or)? },
        Filter::Condition(condition) => {
            let member = shown.get(condition.member.as_str()).ok_or_else(|| condition.member.clone())?;
            Filter::Condition(Condition { member: member.clone(), ..condition.clone() })
        }
    })
}
