//! Whether a page of an answer is right, given all rows of the right answer in their order. Whole numbers, texts and
//! times must be equal; floating point numbers may differ by 1e-9, relative to the greater, because they are added up in
//! another order. Rows that only such a number puts in order may change places.

use std::collections::HashMap;

use tidemill::{QueryResult, SemanticQuery};
use tidemill_benches::answer::{Answer, Cell};

const TOLERANCE: f64 = 1e-9;

pub(crate) type Row = Vec<Cell>;

/// The right answer.
#[derive(Debug)]
pub(crate) struct Expected {
    /// All rows, in order.
    pub(crate) rows: Vec<Row>,
    /// How many of the columns are groups, which no two rows share.
    pub(crate) groups: usize,
    /// Columns that rows are ordered by.
    pub(crate) order: Vec<usize>,
}

impl Expected {
    /// Checks the rows after `offset`, at most `limit` of them.
    ///
    /// # Errors
    /// What is wrong, with our row and theirs.
    pub(crate) fn check(&self, ours: &[Row], offset: usize, limit: usize) -> Result<(), String> {
        let page: Vec<&Row> = self.rows.iter().skip(offset).take(limit).collect();
        if ours.len() != page.len() {
            return Err(format!("{} rows instead of {}\n  ours {:?}\n  theirs {:?}", ours.len(), page.len(), ours.first(), page.first()));
        }
        let mut by_groups: HashMap<String, &Row> = self.rows.iter().map(|row| (self.key(row), row)).collect();
        for row in ours {
            match by_groups.remove(&self.key(row)) {
                Some(theirs) if row.len() == theirs.len() && row.iter().zip(theirs).all(|(a, b)| equal(a, b)) => {}
                theirs => return Err(format!("a row that is not in the answer, or twice\n  ours {row:?}\n  theirs {theirs:?}")),
            }
        }
        for (place, (row, theirs)) in ours.iter().zip(page).enumerate() {
            for column in &self.order {
                let (a, b) = (&row[*column], &theirs[*column]);
                if !equal(a, b) {
                    return Err(format!("row {place} is out of order\n  ours {row:?}\n  theirs {theirs:?}"));
                }
                // Two numbers that are equal but for their last digits: what comes next is no order of both sides.
                if *column >= self.groups && matches!(b, Cell::Number(_)) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Checks the answer to a query: its page of rows, and how many it says there are.
    ///
    /// # Errors
    /// What is wrong.
    pub(crate) fn check_answer(&self, query: &SemanticQuery, answer: &QueryResult) -> Result<(), String> {
        let ours = Answer::from_batches(std::slice::from_ref(&answer.batch)).map_err(|error| error.to_string())?.rows;
        let counted = match answer.provenance.total_rows {
            Some(total) if total != self.rows.len() as u64 => Err(format!("{total} rows in all instead of {}", self.rows.len())),
            None if query.total => Err("the rows were not counted".to_owned()),
            _ => Ok(()),
        };
        self.check(&ours, query.offset.unwrap_or(0), query.limit.unwrap_or(10_000)).and(counted)
    }

    fn key(&self, row: &Row) -> String {
        format!("{:?}", &row[..self.groups.min(row.len())])
    }
}

fn equal(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => a == b || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: &str, number: f64) -> Row {
        vec![Cell::Text(group.to_owned()), Cell::Number(number)]
    }

    fn expected() -> Expected {
        Expected { rows: vec![row("a", 3.0), row("b", 3.0), row("c", 1.0)], groups: 1, order: vec![1, 0] }
    }

    #[test]
    fn pages_of_the_answer_pass() {
        let expected = expected();
        assert_eq!(expected.check(&[row("a", 3.0), row("b", 3.0), row("c", 1.0)], 0, 10), Ok(()));
        assert_eq!(expected.check(&[row("b", 3.0)], 1, 1), Ok(()));
        assert_eq!(expected.check(&[], 3, 10), Ok(()));
        // The last digit decides what comes first.
        assert_eq!(expected.check(&[row("b", 3.000_000_000_000_1)], 0, 1), Ok(()));
    }

    #[test]
    fn everything_else_does_not() {
        let expected = expected();
        for wrong in [
            vec![row("a", 3.0)],
            vec![row("a", 3.0), row("c", 1.0)],
            vec![row("c", 1.0), row("a", 3.0)],
            vec![row("a", 3.0), row("a", 3.0)],
            vec![row("a", 3.0), row("b", 3.000_001)],
            vec![row("a", 3.0), row("d", 3.0)],
            vec![row("a", 3.0), vec![Cell::Text("b".to_owned()), Cell::Null]],
            vec![row("a", 3.0), vec![Cell::Text("b".to_owned()), Cell::Whole(3)]],
        ] {
            assert!(expected.check(&wrong, 0, 2).is_err(), "{wrong:?}");
        }
    }
}
