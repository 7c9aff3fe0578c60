//! Until when there are rows of the time that is grouped by: what is moved in time is not shown beyond them. Of the column that places
//! rows in time the version tells it. Of any other the plan finds it, over the rows that the scope sees and no others, so that what is
//! hidden has no say. What the question filters by has none either: its latest row is that of everything.

use std::collections::BTreeSet;

use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use super::compose::World;
use super::derived::{Lens, Need};
use super::member::{Columns, find_dimension, is_column_of};
use super::timed::instant;
use crate::error::Result;
use crate::functions::extreme::max;

/// The latest time of a model.
const TIME: &str = "time of the latest row";
/// When its bucket begins.
const BUCKET: &str = "bucket of the latest row";

/// The end of what there is of a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Horizon {
    /// The latest instant, where it is known of everything that is asked.
    pub known: Option<i64>,
    /// Where it is not, and something moves: one row with the bucket of the latest.
    found: Option<LogicalPlan>,
}

impl Horizon {
    /// Of the time that a question groups by, over the models that it counts rows of.
    ///
    /// # Errors
    /// As planning. What is wrong with the time itself is told by the part that groups by it.
    pub(super) fn of(world: &World<'_>, roots: &BTreeSet<String>, needs: &[Need]) -> Result<Self> {
        let times = &world.query.time_dimensions;
        let Some((member, asked)) = times.iter().find_map(|time| Some((&time.dimension, time.granularity.as_ref()?))) else { return Ok(Self::default()) };
        let latest = |root: &String| {
            let (column, latest) = world.sources.get(root)?.latest.as_ref()?;
            is_column_of(world.models.get(root)?, member, column).then_some(*latest)
        };
        let known = roots.iter().map(latest).collect::<Option<Vec<i64>>>().and_then(|latest| latest.into_iter().max());
        if known.is_some() || !needs.iter().any(|need| matches!(need.lens, Lens::Before(_) | Lens::Rolling(_))) {
            return Ok(Self { known, found: None });
        }
        let mut union: Option<LogicalPlanBuilder> = None;
        for root in roots {
            let model = world.model(root)?;
            let own = find_dimension(model, member).ok().or_else(|| model.dimensions.iter().find(|dimension| dimension.same_as.as_ref() == Some(member)));
            // A time that is looked up is that of rows of the model that has it.
            let (Some(dimension), Ok(source)) = (own, world.source(root)) else { continue };
            let columns = Columns { state: world.state, schema: source.schema() };
            let (Ok((time, timed)), Ok(interval)) = (columns.time(dimension, world.reference.calendar), world.interval_of(root, member, asked)) else { continue };
            let latest = LogicalPlanBuilder::from(source.clone()).aggregate(Vec::<Expr>::new(), vec![max(time).alias(TIME)])?;
            let latest = latest.project(vec![timed.bucket(by_name(TIME), interval).alias(BUCKET)])?;
            union = Some(match union {
                Some(before) => before.union(latest.build()?)?,
                None => latest,
            });
        }
        let found = union.map(|union| union.aggregate(Vec::<Expr>::new(), vec![max(by_name(BUCKET)).alias(BUCKET)])?.build()).transpose()?;
        Ok(Self { known, found })
    }

    /// Leaves out buckets behind the one of the latest row, or behind `now`, where that is given and later.
    ///
    /// # Errors
    /// As planning.
    pub(super) fn up_to(&self, plan: LogicalPlanBuilder, bucket: &Expr, now: Option<i64>) -> Result<LogicalPlanBuilder> {
        let Some(latest) = &self.found else { return Ok(plan) };
        let shown: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let reached = bucket.clone().lt_eq(by_name(BUCKET));
        let reached = match now {
            Some(now) => reached.or(bucket.clone().lt_eq(instant(now))),
            None => reached,
        };
        // One row, whatever there is: each group meets it once.
        Ok(LogicalPlanBuilder::from(latest.clone()).cross_join(plan.build()?)?.filter(reached)?.project(shown)?)
    }
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
