//! Values of a dimension that a model has over joins, for lists that people choose filters from: those that its rows belong to, and not
//! all that the other model has. They are the groups of a question, so policies, budgets and what is kept are those of questions.

use arrow::datatypes::DataType;
use serde_json::json;

use super::Mill;
use super::value_lists::aside;
use super::values::ValuePage;
use crate::catalog::json::column_to_json;
use crate::error::{Error, ErrorKind, Result};
use crate::query::value_list::ValueList;
use crate::semantic::{Condition, Direction, Filter, Measure, MeasureKind, Model, Operator, SemanticQuery};

/// Values that are looked through in memory at most; of more a page is asked for at a time.
const LISTED_MAX: usize = 50_000;

/// What a question about a model calls a dimension that is named after it: `customers.country` of `orders.customers.country`. `None`:
/// it is of the model itself.
pub(super) fn over_joins<'m>(model: &Model, member: &'m str) -> Option<&'m str> {
    member.strip_prefix(model.name.as_str())?.strip_prefix('.').filter(|rest| rest.contains('.'))
}

impl Mill {
    /// A page of the values of a dimension over joins.
    pub(super) async fn page_of_joined(&self, model: &Model, member: &str, search: Option<&str>, (limit, offset): (usize, usize)) -> Result<ValuePage> {
        let most = self.scope.limits().result_rows;
        let all = SemanticQuery { limit: Some(LISTED_MAX.min(most)), ..listing(model, member)? };
        let answer = self.query(&all).await.map_err(of_member)?;
        let values = answer.batch.columns().first().cloned().ok_or_else(|| Error::internal("a list without values"))?;
        let search = search.filter(|text| !text.is_empty()).map(str::to_owned);
        if !answer.provenance.truncated {
            let look = move || {
                let list = ValueList::new(values)?;
                match search {
                    Some(text) => list.search(&text, limit, offset),
                    None => Ok(list.page(limit, offset)),
                }
            };
            let (values, more) = aside(look).await?;
            return Ok(ValuePage { values: column_to_json(&values), more });
        }
        let mut page = SemanticQuery { limit: Some((limit + 1).min(most)), offset: Some(offset), ..all };
        if let Some(text) = search {
            if !matches!(values.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
                let error = format!("{member:?} has more than {LISTED_MAX} values; among so many only texts are searched: choose by a range");
                return Err(Error::exhausted(error).at("search"));
            }
            page.filters.push(condition(member, Operator::Contains, Some(&text)));
        }
        let answer = self.query(&page).await.map_err(of_member)?;
        let values = answer.batch.columns().first().cloned().ok_or_else(|| Error::internal("a list without values"))?;
        let more = values.len() > limit || answer.provenance.truncated;
        Ok(ValuePage { values: column_to_json(&values.slice(0, values.len().min(limit))), more })
    }
}

/// The question whose groups are the values: a measure of the model says whose rows are meant.
fn listing(model: &Model, member: &str) -> Result<SemanticQuery> {
    // A stock is of its latest rows alone.
    let is_of_all = |measure: &&Measure| !measure.kind.is_derived() && measure.kind != MeasureKind::Balance && measure.filters.is_empty();
    let of_all_rows = model.measures.iter().filter(is_of_all);
    let measure = of_all_rows.min_by_key(|measure| measure.kind != MeasureKind::Count);
    let measure = measure.ok_or_else(|| {
        Error::invalid(format!("model {} has no measure over all of its rows that you see, so nothing says which values of {member} they have", model.name)).at("member")
    })?;
    Ok(SemanticQuery {
        measures: vec![format!("{}.{}", model.name, measure.name)],
        dimensions: vec![member.to_owned()],
        filters: vec![condition(member, Operator::Set, None)],
        order: vec![(member.to_owned(), Direction::Asc)],
        ..SemanticQuery::default()
    })
}

/// What is wrong with the question is wrong with the member; what is over a limit is no fault of it.
fn of_member(error: Error) -> Error {
    if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) { error.at("member") } else { error }
}

fn condition(member: &str, operator: Operator, value: Option<&str>) -> Filter {
    Filter::Condition(Condition { member: member.to_owned(), operator, values: value.map(|value| json!(value)).into_iter().collect() })
}
