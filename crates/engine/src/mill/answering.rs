//! What every answer has: a deadline and, for who may see a part only, a time class at whose end it is told.

use std::time::Duration;

use super::Mill;
use crate::error::Result;
use crate::query::{execute, time_class};

impl Mill {
    /// Makes an answer, or says why there is none, within the deadline of the scope.
    pub(super) async fn answering<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.in_class(execute::within_deadline(self.scope.limits(), work)).await
    }

    /// Tells what work ends with at the end of its time class, where the scope may see a part only.
    pub(super) async fn in_class<T>(&self, work: impl Future<Output = T>) -> T {
        let first = if self.scope.may_restrict() { Duration::from_millis(self.shared.settings.time_class_ms) } else { Duration::ZERO };
        time_class::told(first, work).await
    }
}
