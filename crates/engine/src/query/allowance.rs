//! What is left of the budget of one question, and the refusal of what is over it.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::partial::tree::Survey;

/// The budget of one question while it is planned. Without one nothing is surveyed.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    budget: Budget,
    /// Whether the caller may know how much would be read.
    tells: bool,
    /// Rows and bytes that were allowed before.
    spent: Mutex<(u64, u64)>,
    over: OnceLock<Survey>,
}

impl Allowance {
    pub(crate) fn new(budget: Budget, tells: bool) -> Self {
        Self { budget, tells, spent: Mutex::default(), over: OnceLock::new() }
    }

    pub(crate) fn budget(&self) -> Budget {
        self.budget
    }

    pub(crate) fn tells(&self) -> bool {
        self.tells
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
        if !self.budget.is_bounded() {
            return Ok(());
        }
        let survey = survey();
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, bytes) = (spent.0 + survey.rows, spent.1 + survey.bytes);
        if self.budget.allows(rows, bytes) {
            *spent = (rows, bytes);
            return Ok(());
        }
        let error = if self.tells {
            let rest = survey.kept + survey.by_rollup.values().sum::<u64>();
            let free = if rest > 0 { format!(", {rest} more cost nothing") } else { String::new() };
            Error::exhausted(format!(
                "the question would read {rows} rows and about {bytes} bytes of {} segments{free}, and its budget is {}",
                survey.from_rows,
                self.budget.words()
            ))
        } else {
            Error::exhausted(format!("the question would read more than its budget of {}", self.budget.words()))
        };
        let _ = self.over.set(survey);
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let allowance = Allowance::new(Budget { rows: Some(10), bytes: None }, true);
        allowance.take(|| of(6, 600)).unwrap();
        allowance.take(|| of(4, 400)).unwrap();
        let error = allowance.take(|| of(1, 100)).unwrap_err();
        assert_eq!(error.message(), "the question would read 11 rows and about 1100 bytes of 2 segments, 3 more cost nothing, and its budget is 10 rows");
        assert_eq!(allowance.over().map(|survey| survey.rows), Some(1));
    }

    #[test]
    fn who_sees_a_part_is_told_no_figures() {
        let allowance = Allowance::new(Budget { rows: None, bytes: Some(5) }, false);
        let error = allowance.take(|| of(777, 888)).unwrap_err();
        assert_eq!(error.message(), "the question would read more than its budget of 5 bytes");
    }
}
