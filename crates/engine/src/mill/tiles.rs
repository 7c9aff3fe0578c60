//! Questions that were compiled, by who asks what of which dataset. A kept one is used again only for the very same model
//! and columns, under an equal access and limits; all that may differ is the window of time, which is put in anew.

use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};

use super::Mill;
use super::seen::Seen;
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::source::{ScanCounters, SegmentSource};
use crate::query::allowance::Allowance;
use crate::query::estimate::Estimated;
use crate::query::execute::Executed;
use crate::query::result::ResultColumn;
use crate::query::table::DatasetTable;
use crate::query::tile::Tile;
use crate::semantic::compile;
use crate::semantic::date::{self, Range, Reference};
use crate::semantic::member::{self, Member, find, find_dimension};
use crate::semantic::{CalendarSettings, DateRange, Dimension, Filter, Model, SemanticQuery};
use crate::storage::log::Snapshot;

/// Questions that are kept, over all scopes.
const TILES: u64 = 2_000;
/// One that nobody asks for so long is forgotten, and with it what it holds on to.
const IDLE: Duration = Duration::from_secs(600);
/// Longest text of a question that is kept, in bytes: they are counted and not weighed.
const TEXT_MAX_BYTES: usize = 16 << 10;
/// What stands for every window in the text of a question. Alone it is none at all.
const SOME_TIME: &str = "all";

/// Compiled questions by id of the dataset, what is seen of it with limits, and text without windows.
#[derive(Debug)]
pub(crate) struct Tiles(moka::future::Cache<(String, String, String), Arc<Kept>>);

impl Default for Tiles {
    fn default() -> Self {
        Self(moka::future::Cache::builder().name("tiles").max_capacity(TILES).time_to_idle(IDLE).build())
    }
}

/// A question as it was compiled.
#[derive(Debug)]
struct Kept {
    model: Arc<Model>,
    columns: SchemaRef,
    /// `None`: it is planned each time.
    compiled: Option<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    tile: Tile,
    columns: Vec<ResultColumn>,
    estimates: Vec<Estimated>,
    offset: usize,
    limit: usize,
}

/// An answer with what the caller has to know of it.
pub(super) struct Asked {
    pub executed: Executed,
    pub columns: Vec<ResultColumn>,
    pub estimates: Vec<Estimated>,
    pub range: Option<Range>,
    pub offset: usize,
}

impl Mill {
    /// Asks a question that comes down to one merge. `None`: it does not, or it must be planned for another reason.
    pub(super) async fn ask_tile(
        &self,
        query: &SemanticQuery,
        model: &Arc<Model>,
        snapshot: &Seen,
        reference: Reference,
        counters: &Arc<ScanCounters>,
        allowance: &Allowance,
    ) -> Result<Option<Asked>> {
        // What is compiled is kept, and would keep what was looked up in long after it is another version.
        if query.total || self.from_rows || !snapshot.access().lookups().is_empty() {
            return Ok(None);
        }
        let dataset = DatasetName::parse(&model.dataset)?;
        let Some(source) = DatasetTable::source(&self.table(&dataset, snapshot.snapshot(), counters)) else { return Ok(None) };
        let timeless = timeless(query);
        let scope = format!("{}|{:?}", snapshot.access().fingerprint(), self.scope.limits());
        let text = serde_json::to_string(&timeless)?;
        if text.len() > TEXT_MAX_BYTES {
            return Ok(None);
        }
        let key = (snapshot.metadata.id.clone(), scope, text);
        let kept = match self.shared.tiles.0.get(&key).await {
            Some(kept) if kept.is_of(model, snapshot) && kept.is_current(&source).await => kept,
            _ => {
                let compiled = self.compile_tile(&timeless, model, snapshot, reference.clone()).await;
                let kept = Arc::new(Kept { model: Arc::clone(model), columns: Arc::clone(&snapshot.arrow), compiled });
                self.shared.tiles.0.insert(key, Arc::clone(&kept)).await;
                kept
            }
        };
        let Some(compiled) = &kept.compiled else { return Ok(None) };
        let (windows, range) = windows(query, model, &reference)?;
        let executed = compiled.tile.ask(source, windows, &self.shared.session, self.scope.limits(), (compiled.offset, compiled.limit), allowance).await?;
        Ok(Some(Asked { executed, columns: compiled.columns.clone(), estimates: compiled.estimates.clone(), range, offset: compiled.offset }))
    }

    /// Compiles a question without its windows. One with an error in it is not compiled: planning says what is wrong.
    async fn compile_tile(&self, timeless: &SemanticQuery, model: &Model, snapshot: &Seen, reference: Reference) -> Option<Compiled> {
        if moves_otherwise(timeless, model, snapshot) {
            return None;
        }
        let dataset = DatasetName::parse(&model.dataset).ok()?;
        let (session, limits) = (&self.shared.session, self.scope.limits());
        let source = self.source_of(&dataset, snapshot, &Arc::default()).ok()?;
        let compiled = compile::compile(timeless, model, source, session.shared(), reference, limits).ok()?;
        // One row more than asked for tells whether there are more.
        let page = LogicalPlanBuilder::from(compiled.plan).limit(compiled.offset, Some(compiled.limit + 1)).ok()?.build().ok()?;
        let tile = Tile::compile(&session.merges(&page).ok()??, session).await.ok()??;
        Some(Compiled { tile, columns: compiled.columns, estimates: compiled.estimates, offset: compiled.offset, limit: compiled.limit })
    }
}

impl Kept {
    fn is_of(&self, model: &Arc<Model>, snapshot: &Snapshot) -> bool {
        Arc::ptr_eq(&self.model, model) && Arc::ptr_eq(&self.columns, &snapshot.arrow)
    }

    async fn is_current(&self, source: &SegmentSource) -> bool {
        match &self.compiled {
            Some(compiled) => compiled.tile.is_current(source).await,
            None => true,
        }
    }
}

/// The question about all time and any version. That there is a window stays in it: whether a question can be compiled
/// depends on it.
fn timeless(query: &SemanticQuery) -> SemanticQuery {
    let mut query = SemanticQuery { as_of: None, budget: None, explain: false, ..query.clone() };
    // A condition on a time is not compiled, so business days are only counted in windows. A list of holidays would be most of the text.
    query.calendar = query.calendar.map(CalendarSettings::without_business_days);
    for time in &mut query.time_dimensions {
        time.date_range = time.date_range.take().map(|_| DateRange::Named(SOME_TIME.to_owned()));
    }
    query
}

/// The column that a dimension is, where it is nothing else.
fn column_of(dimension: &Dimension) -> Option<&str> {
    dimension.expression.is_none().then(|| dimension.column.as_deref().unwrap_or(&dimension.name))
}

/// The windows of a question as conditions on columns of its dataset, and the first of them.
fn windows(query: &SemanticQuery, model: &Model, reference: &Reference) -> Result<(Vec<Expr>, Option<Range>)> {
    let (mut windows, mut first) = (Vec::new(), None);
    for (index, time) in query.time_dimensions.iter().enumerate() {
        let Some(asked) = &time.date_range else { continue };
        let dimension = find_dimension(model, &time.dimension)?;
        let column = column_of(dimension).ok_or_else(|| Error::internal("a window over an expression was compiled"))?;
        let column = Expr::Column(Column::new_unqualified(column));
        let range = date::resolve(asked, reference).map_err(|error| error.at(format!("timeDimensions[{index}].dateRange")))?;
        windows.extend(member::timed(dimension, reference.calendar)?.bounds(&column, range));
        first = first.or(Some(range));
    }
    Ok((windows, first))
}

/// Whether something other than a window over a column of instants or dates depends on when the question is asked.
fn moves_otherwise(query: &SemanticQuery, model: &Model, snapshot: &Snapshot) -> bool {
    let is_time = |dimension: &Dimension| matches!(dimension.column_type, ColumnType::Timestamp | ColumnType::Date);
    let of_time = |name: &str| {
        let dimension = find_dimension(model, name).ok().filter(|dimension| is_time(dimension));
        let field = dimension.and_then(|dimension| Some((dimension, snapshot.arrow.field_with_name(column_of(dimension)?).ok()?)));
        field.is_some_and(|(dimension, field)| *field.data_type() == dimension.column_type.data_type())
    };
    let is_no_time = |name: &str| match find(model, name) {
        Ok(Member::Dimension(dimension)) => !is_time(dimension),
        Ok(Member::Measure(_)) => true,
        Err(_) => false,
    };
    let asked = query.filters.iter().flat_map(Filter::members);
    let measured = query.measures.iter().map(String::as_str).chain(query.filters.iter().flat_map(Filter::members));
    let inside = measured.filter_map(|name| if let Ok(Member::Measure(measure)) = find(model, name) { Some(measure) } else { None });
    let inside = inside.flat_map(|measure| measure.filters.iter().flat_map(Filter::members));
    !query.time_dimensions.iter().filter(|time| time.date_range.is_some()).all(|time| of_time(&time.dimension)) || !asked.chain(inside).all(is_no_time)
}
