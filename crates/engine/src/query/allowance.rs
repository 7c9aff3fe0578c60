//! What is left of the budget of one question, and the refusal of what is over it.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::budget::Granted;
use crate::error::{Error, Result};
use crate::partial::tree::Survey;

/// The budget of one question while it is planned. Without one nothing is surveyed.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    granted: Granted,
    /// What counts in the place of what plans would read, where the caller sees some rows only.
    visible: Option<Visible>,
    /// Rows and bytes that were allowed before.
    spent: Mutex<(u64, u64)>,
    over: OnceLock<Survey>,
}

/// What a whole question looks at of what its scope sees. Neither rows that are not seen nor what is kept have a part in it, so whoever
/// is told it learns nothing of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Visible {
    pub rows: u64,
    pub bytes: u64,
}

impl Allowance {
    pub(crate) fn new(granted: impl Into<Granted>) -> Self {
        Self { granted: granted.into(), ..Self::default() }
    }

    /// For who sees some rows only: plans are not surveyed, and the question counts once, whatever it is made of.
    pub(crate) fn of_visible(granted: impl Into<Granted>, visible: Visible) -> Self {
        Self { granted: granted.into(), visible: Some(visible), ..Self::default() }
    }

    pub(crate) fn granted(&self) -> Granted {
        self.granted
    }

    /// Whether anything is bounded.
    pub(crate) fn is_bounded(&self) -> bool {
        self.granted.budget.is_bounded()
    }

    /// What counts where the caller sees some rows only.
    pub(crate) fn visible(&self) -> Option<Visible> {
        self.visible
    }

    /// What was too much.
    pub(crate) fn over(&self) -> Option<&Survey> {
        self.over.get()
    }

    /// Whether what is known to be read is allowed, beside what was allowed before.
    pub(crate) fn take_known(&self, survey: &Survey) -> bool {
        self.take(|| survey.clone()).is_ok()
    }

    /// Allows what is about to be read, beside what was allowed before.
    ///
    /// # Errors
    /// `Exhausted` where it is over the budget.
    pub(crate) fn take(&self, survey: impl FnOnce() -> Survey) -> Result<()> {
        if !self.is_bounded() {
            return Ok(());
        }
        if let Some(visible) = self.visible {
            return self.take_visible(visible);
        }
        let survey = survey();
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, bytes) = (spent.0 + survey.rows, spent.1 + survey.bytes);
        if self.granted.allows(rows, bytes) {
            *spent = (rows, bytes);
            return Ok(());
        }
        let rest = survey.kept + survey.by_rollup.values().sum::<u64>();
        let free = if rest > 0 { format!(", {rest} more cost nothing") } else { String::new() };
        let error = Error::exhausted(format!(
            "the question would read {rows} rows and about {bytes} bytes of {} segments{}{free}, and its budget is {}",
            survey.from_rows,
            self.granted.price(rows, bytes),
            self.granted.budget.words()
        ));
        let _ = self.over.set(survey);
        Err(error)
    }

    fn take_visible(&self, Visible { rows, bytes }: Visible) -> Result<()> {
        if self.granted.allows(rows, bytes) {
            return Ok(());
        }
        let mut over = Survey::default();
        (over.rows, over.bytes) = (rows, bytes);
        let _ = self.over.set(over);
        let (price, budget) = (self.granted.price(rows, bytes), self.granted.budget.words());
        Err(Error::exhausted(format!("the question looks at {rows} rows that you see and about {bytes} bytes of them{price}, and its budget is {budget}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn of(rows: u64, bytes: u64) -> Survey {
        let mut survey = Survey::default();
        (survey.rows, survey.bytes, survey.from_rows, survey.kept) = (rows, bytes, 2, 3);
        survey
    }

    #[test]
    fn without_a_budget_nobody_looks() {
        Allowance::default().take(|| unreachable!()).unwrap();
    }

    #[test]
    fn what_was_allowed_counts() {
        let allowance = Allowance::new(Budget { rows: Some(10), ..Budget::default() });
        allowance.take(|| of(6, 600)).unwrap();
        allowance.take(|| of(4, 400)).unwrap();
        let error = allowance.take(|| of(1, 100)).unwrap_err();
        assert_eq!(error.message(), "the question would read 11 rows and about 1100 bytes of 2 segments, 3 more cost nothing, and its budget is 10 rows");
        assert_eq!(allowance.over().map(|survey| survey.rows), Some(1));
    }

    #[test]
    fn who_sees_a_part_is_told_that_part_once() {
        let visible = Visible { rows: 5, bytes: 40 };
        let enough = Allowance::of_visible(Budget { rows: Some(5), bytes: Some(40), cost: None }, visible);
        // However many plans there are, and whatever they would read.
        (0..3).for_each(|_| enough.take(|| unreachable!()).unwrap());
        let small = Allowance::of_visible(Budget { bytes: Some(39), ..Budget::default() }, visible);
        let error = small.take(|| unreachable!()).unwrap_err();
        assert_eq!(error.message(), "the question looks at 5 rows that you see and about 40 bytes of them, and its budget is 39 bytes");
        let cheap = Allowance::of_visible(Budget { cost: Some(0), ..Budget::default() }, visible);
        let error = cheap.take(|| unreachable!()).unwrap_err();
        assert_eq!(error.message(), "the question looks at 5 rows that you see and about 40 bytes of them, which cost 1 unit, and its budget is 0 units of cost");
        assert_eq!(small.over().map(|survey| (survey.rows, survey.bytes, survey.from_rows)), Some((5, 40, 0)));
    }
}
