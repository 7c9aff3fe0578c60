//! Which segments can hold a row that a filter lets pass, from statistics alone.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::common::Column;
use datafusion::common::pruning::PruningStatistics;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::LiteralGuarantee;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use datafusion::scalar::ScalarValue;

use crate::storage::segment::Segment;
use crate::storage::statistics::ColumnStatistics;

/// What a filter demands of statistics.
pub(crate) struct Pruner {
    predicate: PruningPredicate,
}

impl Pruner {
    /// `None`: a filter that statistics say nothing of.
    pub(crate) fn new(filter: &Arc<dyn PhysicalExpr>, schema: &SchemaRef) -> Option<Self> {
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(Arc::clone(filter)).ok()?;
        Some(Self { predicate })
    }

    /// The segments that cannot be ruled out, in their order.
    pub(crate) fn prune(&self, segments: &[Arc<Segment>], schema: &SchemaRef) -> Vec<Arc<Segment>> {
        if segments.is_empty() {
            return Vec::new();
        }
        match self.predicate.prune(&Statistics { segments, schema }) {
            Ok(keep) => segments.iter().zip(keep).filter(|(_, keep)| *keep).map(|(segment, _)| Arc::clone(segment)).collect(),
            Err(error) => {
                tracing::debug!(%error, "statistics could not be used");
                segments.to_vec()
            }
        }
    }

    /// Columns that must be one of a few values, or must not.
    pub(crate) fn guarantees(&self) -> &[LiteralGuarantee] {
        self.predicate.literal_guarantees()
    }
}

struct Statistics<'a> {
    segments: &'a [Arc<Segment>],
    schema: &'a SchemaRef,
}

impl Statistics<'_> {
    fn bounds(&self, column: &Column, bound: impl Fn(&ColumnStatistics) -> &Option<ScalarValue>) -> Option<ArrayRef> {
        let index = self.schema.index_of(column.name()).ok()?;
        let unknown = ScalarValue::try_from(self.schema.field(index).data_type()).ok()?;
        ScalarValue::iter_to_array(
            self.segments
                .iter()
                .map(|segment| segment.statistics.get(index).and_then(|column| bound(column).clone()).unwrap_or_else(|| unknown.clone())),
        )
        .ok()
    }
}

impl PruningStatistics for Statistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |statistics| &statistics.min)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |statistics| &statistics.max)
    }

    fn num_containers(&self) -> usize {
        self.segments.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let index = self.schema.index_of(column.name()).ok()?;
        Some(Arc::new(UInt64Array::from_iter(self.segments.iter().map(|segment| segment.statistics.get(index).and_then(|column| column.nulls)))))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.segments.iter().map(|segment| segment.rows))))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
