//! Values of a dimension, for lists that people choose filters from: under the scope, searched, in pages. The groups of a
//! dimension are partials like others, and the list that they make is kept: a search looks through that and not through rows.

use datafusion::common::Column;
use datafusion::logical_expr::expr::Like;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use datafusion::prelude::cast;
use datafusion::scalar::ScalarValue;
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::Mill;
use super::damage::told_to;
use super::joined_values::over_joins;
use super::looks::less_of_list;
use super::value_lists::aside;
use crate::catalog::ColumnType;
use crate::catalog::json::column_to_json;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::tree::Survey;
use crate::query::{execute, write};
use crate::semantic::member::{find_dimension, model_of};

/// Values of a page at most.
const PAGE_MAX: usize = 1_000;
/// Values that a page leaves out at most.
const OFFSET_MAX: usize = 1_000_000;
/// Longest text that is searched for, in bytes.
const SEARCH_MAX_BYTES: usize = 1_000;

/// A page of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValuePage {
    /// In ascending order, without what is missing.
    pub values: Vec<Value>,
    /// Whether there are more.
    pub more: bool,
}

impl Mill {
    /// Values of a dimension of a model or a view that the scope's rows have, in order. `search`: only those whose text has this in it, whatever
    /// the case. What joins lead to is named after the model whose rows are meant: `orders.customers.country` are the countries of the
    /// customers that have orders, `customers.country` those of all customers.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,3\nBari,4\n")).await?;
    /// let page = mill.values("orders.city", Some("O"), 1, 0).await?;
    /// assert_eq!((page.values, page.more), (vec!["Oslo".into()], true));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for what is not a dimension, with near names; `NotFound` for an unknown model; `Exhausted` at a limit,
    /// and where the rows that have to be read for the list are more than the budget of the scope.
    pub fn values<'a>(&'a self, member: &'a str, search: Option<&'a str>, limit: usize, offset: usize) -> BoxFuture<'a, Result<ValuePage>> {
        Box::pin(self.in_class(async move {
            let (asked, member) = (member, &*self.dimension_of_view(member).await?);
            if !(1..=PAGE_MAX).contains(&limit) {
                return Err(Error::invalid(format!("a page of {limit} values: it has 1 to {PAGE_MAX}")).at("limit"));
            }
            if offset > OFFSET_MAX {
                return Err(Error::invalid(format!("at most {OFFSET_MAX} values are left out first; search instead")).at("offset"));
            }
            if search.is_some_and(|text| text.len() > SEARCH_MAX_BYTES) {
                return Err(Error::invalid(format!("at most {SEARCH_MAX_BYTES} bytes are searched for")).at("search"));
            }
            let dataset = DatasetName::parse(model_of(member)?)?;
            // Finding what is seen of it, and counting that for the budget, may take as long as the list.
            execute::within_deadline(self.scope.limits(), self.page_of_values(&dataset, member, asked, search, (limit, offset))).await
        }))
    }

    /// `asked`: what the dimension was called, which a view may call otherwise.
    async fn page_of_values(&self, dataset: &DatasetName, member: &str, asked: &str, search: Option<&str>, (limit, offset): (usize, usize)) -> Result<ValuePage> {
        let snapshot = self.find(dataset).await?;
        let model = self.model_of(dataset, &snapshot).await?;
        let dimension = match (find_dimension(&model, member), over_joins(&model, member)) {
            (Ok(dimension), _) => dimension,
            (Err(_), Some(joined)) => return self.page_of_joined(&model, joined, search, (limit, offset)).await,
            (Err(error), None) => return Err(error.at("member")),
        };
        let allowance = self.allowance_of_list(dataset, &snapshot, dimension).await?;
        let work = async {
            // A list that is kept is free but to who sees some rows only, who would learn from it that it is.
            allowance.take(Survey::default)?;
            self.open_rollups_of(dataset, &snapshot, model.version).await?;
            let search = search.filter(|text| !text.is_empty());
            if let Some(list) = self.value_list(dataset, &snapshot, dimension, &allowance).await? {
                let text = search.map(str::to_owned);
                let look = move || match text {
                    Some(text) => list.search(&text, limit, offset),
                    None => Ok(list.page(limit, offset)),
                };
                let (values, more) = aside(look).await?;
                return Ok(ValuePage { values: column_to_json(&values), more });
            }
            let value = Expr::Column(Column::new_unqualified(&dimension.name));
            let mut plan = LogicalPlanBuilder::from(self.plan_of_values(dataset, &snapshot, dimension)?.0);
            if let Some(text) = search {
                let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
                let shown = if dimension.column_type == ColumnType::String { value.clone() } else { cast(value.clone(), ColumnType::String.data_type()) };
                let pattern = lit(ScalarValue::Utf8View(Some(format!("%{escaped}%"))));
                plan = plan.filter(Expr::Like(Like::new(false, Box::new(shown), Box::new(pattern), None, true)))?;
            }
            // Searched after the groups are made: the groups are the same for every search.
            let plan = plan.sort(vec![value.sort(true, false)])?.limit(offset, Some(limit + 1))?.build()?;
            let executed = execute::run_allowed(&self.shared.session, &plan, self.scope.limits(), limit, &allowance).await?;
            let batch = write::normalised_as_told(&executed.batch)?;
            let values = batch.columns().first().map(column_to_json).unwrap_or_default();
            Ok(ValuePage { values, more: executed.truncated })
        };
        let page: Result<ValuePage> = work.await;
        let page = page.map_err(|error| told_to(error, [&snapshot]));
        match page {
            Err(error) if allowance.over().is_some() && allowance.visible().is_some() => Err(error.suggesting(less_of_list(asked))),
            Err(error) if allowance.over().is_some() => Err(error.suggesting(vec![format!("have a rollup keep {asked}: its values are listed without reading rows then")])),
            page => page,
        }
    }
}
