//! The step from one answer of a live question to the next: found out once, however many listeners have the same answer
//! before it.

use std::sync::{Arc, OnceLock};

use super::diff::{Patch, diff};
use super::subscription::{Change, ChangeKind};
use crate::error::{Error, ErrorKind, Result};
use crate::query::QueryResult;

/// An answer, and the one before it.
#[derive(Debug)]
pub(crate) struct Step {
    before: Option<Arc<QueryResult>>,
    result: Arc<QueryResult>,
    change: OnceLock<Result<Change, (ErrorKind, String)>>,
}

impl Step {
    pub(crate) fn new(before: Option<Arc<QueryResult>>, result: Arc<QueryResult>) -> Self {
        Self { before, result, change: OnceLock::new() }
    }

    pub(crate) fn result(&self) -> &Arc<QueryResult> {
        &self.result
    }

    /// What changes for a listener that has `delivered`. Most of them have the answer before this one, and share the work.
    pub(crate) fn change_from(&self, delivered: Option<&Arc<QueryResult>>) -> Result<Change> {
        match (delivered, &self.before) {
            (Some(delivered), Some(before)) if Arc::ptr_eq(delivered, before) => {
                let shared = self.change.get_or_init(|| change(Some(before), &self.result).map_err(|error| (error.kind(), error.message().to_owned())));
                shared.clone().map_err(|(kind, message)| Error::new(kind, message))
            }
            _ => change(delivered.map(Arc::as_ref), &self.result),
        }
    }
}

fn change(before: Option<&QueryResult>, result: &Arc<QueryResult>) -> Result<Change> {
    let version = result.provenance.version_read();
    // What columns are called and how they are formatted changes with their model, and is in no patch.
    let Some(before) = before.filter(|before| before.batch.schema() == result.batch.schema() && before.columns == result.columns) else {
        return Ok(Change { from: None, version, kind: ChangeKind::Snapshot(Arc::clone(result)) });
    };
    let provenance = || result.provenance.clone();
    let kind = match diff(&before.batch, &result.batch)? {
        None if before.totals == result.totals && before.others == result.others => ChangeKind::Unchanged(provenance()),
        // A patch that is the whole result says it with fewer words as a snapshot.
        Some(patch) if patch.indices.len() == result.batch.num_rows() && patch.row_count > 1 => ChangeKind::Snapshot(Arc::clone(result)),
        patch => {
            let none = || Patch { row_count: result.batch.num_rows(), indices: Vec::new(), rows: result.batch.slice(0, 0) };
            ChangeKind::Patch { patch: patch.unwrap_or_else(none), provenance: provenance(), totals: result.totals.clone(), others: result.others.clone().map(Box::new) }
        }
    };
    Ok(Change { from: Some(before.provenance.version_read()), version, kind })
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    use super::*;
    use crate::catalog::ColumnType;
    use crate::query::Provenance;
    use crate::query::result::{ColumnRole, ResultColumn};

    fn result(version: u64, numbers: &[i64]) -> Arc<QueryResult> {
        let column: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        let provenance = Provenance { version: Some(version), ..Provenance::default() };
        Arc::new(QueryResult { columns: Vec::new(), batch: RecordBatch::try_from_iter([("n", column)]).unwrap(), totals: Vec::new(), others: None, explanation: None, provenance })
    }

    fn patched(change: &Change) -> (Option<u64>, u64, Vec<u64>) {
        let ChangeKind::Patch { patch, .. } = &change.kind else { panic!("{change:?} is no patch") };
        (change.from, change.version, patch.indices.clone())
    }

    #[test]
    fn listeners_with_the_answer_before_share_one_change_and_others_get_their_own() {
        let [first, second, third] = [result(1, &[1, 1, 1]), result(2, &[1, 2, 1]), result(3, &[1, 2, 3])];
        let step = Step::new(Some(Arc::clone(&second)), third);
        let [one, other] = [(); 2].map(|()| step.change_from(Some(&second)).unwrap());
        assert_eq!((patched(&one), patched(&other)), ((Some(2), 3, vec![2]), (Some(2), 3, vec![2])));
        let (ChangeKind::Patch { patch: one, .. }, ChangeKind::Patch { patch: other, .. }) = (&one.kind, &other.kind) else { unreachable!() };
        assert!(Arc::ptr_eq(one.rows.column(0), other.rows.column(0)), "computed twice");
        assert_eq!(patched(&step.change_from(Some(&first)).unwrap()), (Some(1), 3, vec![1, 2]));
        assert!(matches!(step.change_from(None).unwrap().kind, ChangeKind::Snapshot(_)));
    }

    #[test]
    fn what_columns_are_called_comes_with_a_whole_answer() {
        let called = |label: &str, numbers: &[i64]| {
            let column = ResultColumn { label: label.to_owned(), ..ResultColumn::new("m.n", ColumnType::Integer, ColumnRole::Measure) };
            Arc::new(QueryResult { columns: vec![column], ..QueryResult::clone(&result(1, numbers)) })
        };
        let before = called("Euros", &[1, 2, 3]);
        for (after, is_whole) in [(called("Euros", &[1, 2, 4]), false), (called("Dollars", &[1, 2, 4]), true), (called("Dollars", &[1, 2, 3]), true)] {
            let change = Step::new(Some(Arc::clone(&before)), after).change_from(Some(&before)).unwrap();
            assert_eq!(matches!(change.kind, ChangeKind::Snapshot(_)), is_whole, "{change:?}");
        }
    }

    #[test]
    fn the_same_answer_again_is_no_change() {
        let [first, second] = [result(1, &[1]), result(2, &[1])];
        let step = Step::new(Some(Arc::clone(&first)), second);
        assert!(matches!(step.change_from(Some(&first)).unwrap().kind, ChangeKind::Unchanged(_)));
    }
}
