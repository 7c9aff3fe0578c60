//! Memory for states that have no bound: exact counts of distinct values and exact quantiles hold all values of their groups. Where
//! such states wait to be merged they are asked of the memory pool, so that a question that counts too many different texts at once is
//! refused and takes nobody else down. States of other aggregates are a few numbers a group, and are asked for when they are merged last.

use std::sync::Arc;

use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use super::aggregator::Layout;
use crate::error::Result;

/// What is held of such states; of others nothing is.
#[derive(Debug, Default)]
pub(super) struct Held(Option<MemoryReservation>);

impl Held {
    /// Nothing yet, of states of a layout.
    pub(super) fn of(layout: &Layout, pool: &Arc<dyn MemoryPool>) -> Self {
        Self(layout.grows().then(|| MemoryConsumer::new("states of distinct values").register(pool)))
    }

    /// Holds so much more.
    ///
    /// # Errors
    /// `Exhausted` where the pool has no room.
    pub(super) fn grow(&self, bytes: usize) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |reservation| Ok(reservation.try_grow(bytes)?))
    }

    /// Holds so much in all, which is looked at only where anything is held: the size of sketches is a walk through all groups.
    ///
    /// # Errors
    /// `Exhausted` where the pool has no room.
    pub(super) fn resize(&self, bytes: impl FnOnce() -> usize) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |reservation| Ok(reservation.try_resize(bytes())?))
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    use super::super::aggregator::Function;
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn states_that_grow_are_asked_for_and_given_back() {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1_000));
        let layout = |function: Function| Layout::new(Vec::new(), vec![Function::Count, function]).unwrap();
        let texts = Held::of(&layout(Function::DistinctTexts), &pool);
        texts.grow(600).unwrap();
        assert_eq!(texts.grow(600).unwrap_err().kind(), ErrorKind::Exhausted);
        texts.resize(|| 900).unwrap();
        assert_eq!(pool.reserved(), 900);
        drop(texts);
        let sums = Held::of(&layout(Function::Extreme { data_type: DataType::Int64, greatest: true }), &pool);
        sums.grow(5_000).unwrap();
        sums.resize(|| panic!("nothing is held, so nothing is looked at")).unwrap();
        assert_eq!(pool.reserved(), 0);
    }
}
