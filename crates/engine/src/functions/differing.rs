//! An aggregate of DataFusion but for what ours differs in. What is not said of one is as DataFusion has it, apart from how it is made simpler
//! (`sum(x + 1)` is no sum of `x` where sums are checked), and from what statistics say of its number: here it is one of rows. No order of
//! rows has a say in any of them.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature};
use datafusion::scalar::ScalarValue;

/// DataFusion's accumulator of one group, or of a window.
pub(crate) type MakeOne<'a> = &'a dyn Fn(AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>>;
/// DataFusion's accumulator of many groups.
pub(crate) type MakeMany<'a> = &'a dyn Fn(AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>>;
/// The states of DataFusion's.
pub(crate) type MakeFields<'a> = &'a dyn Fn(StateFieldsArgs<'_>) -> Result<Vec<FieldRef>>;

/// What differs.
pub(crate) trait Differs: Debug + Eq + Hash + Send + Sync + 'static {
    /// The type of the result, where DataFusion's is `kind`.
    fn return_type(&self, kind: DataType) -> DataType {
        kind
    }

    /// What states look like.
    fn state_fields(&self, arguments: StateFieldsArgs<'_>, theirs: MakeFields<'_>) -> Result<Vec<FieldRef>> {
        theirs(arguments)
    }

    /// One group, or the rows of a window, which also leave again.
    fn accumulator(&self, arguments: AccumulatorArgs<'_>, theirs: MakeOne<'_>) -> Result<Box<dyn Accumulator>> {
        theirs(arguments)
    }

    /// Whether there is one for many groups; `None`: where DataFusion has one.
    fn has_groups(&self, _: &AccumulatorArgs<'_>) -> Option<bool> {
        None
    }

    /// Many groups.
    fn groups(&self, arguments: AccumulatorArgs<'_>, theirs: MakeMany<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        theirs(arguments)
    }
}

/// The function.
pub(crate) fn differing(inner: Arc<AggregateUDF>, own: impl Differs) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Differing { inner, own }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Differing<T> {
    inner: Arc<AggregateUDF>,
    own: T,
}

impl<T: Differs> AggregateUDFImpl for Differing<T> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(self.own.return_type(self.inner.return_type(arguments)?))
    }

    fn is_nullable(&self) -> bool {
        self.inner.is_nullable()
    }

    fn default_value(&self, kind: &DataType) -> Result<ScalarValue> {
        self.inner.default_value(kind)
    }

    fn is_descending(&self) -> Option<bool> {
        self.inner.is_descending()
    }

    fn set_monotonicity(&self, kind: &DataType) -> SetMonotonicity {
        self.inner.inner().set_monotonicity(kind)
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.own.state_fields(arguments, &|arguments| self.inner.state_fields(arguments))
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.own.accumulator(arguments, &|arguments| self.inner.accumulator(arguments))
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        self.own.accumulator(arguments, &|arguments| self.inner.create_sliding_accumulator(arguments))
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs<'_>) -> bool {
        self.own.has_groups(&arguments).unwrap_or_else(|| self.inner.groups_accumulator_supported(arguments))
    }

    fn create_groups_accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        self.own.groups(arguments, &|arguments| self.inner.create_groups_accumulator(arguments))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}
