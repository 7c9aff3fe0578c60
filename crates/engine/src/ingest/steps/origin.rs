//! Which columns of a source must be read as the texts that they are. A step that reads `1.234` as a number must not be handed
//! the float that a look at the sample made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Step, Steps};
use crate::catalog::ColumnType;
use crate::ingest::Inference;
use crate::ingest::infer::Layout;

impl Steps {
    /// Types of a source with those that the steps ask for: what is declared stays declared. Only formats without types of
    /// their own give texts.
    pub(crate) fn declared(&self, inference: &Inference, mut types: BTreeMap<String, ColumnType>) -> BTreeMap<String, ColumnType> {
        if matches!(inference.layout, Layout::Columnar(_) | Layout::Sheet) {
            return types;
        }
        let texts = self.texts();
        for column in inference.columns.iter().filter(|column| !column.column_type.is_nested() && texts.contains(&column.name)) {
            types.entry(column.name.clone()).or_insert(ColumnType::String);
        }
        types
    }

    /// Names of columns that the steps make floats of, as they are called before the first step: these may be rounded.
    pub(crate) fn cast_to_float(&self) -> BTreeSet<String> {
        let (mut cast, mut sources) = (BTreeSet::new(), Sources::default());
        for step in self {
            if let Step::Cast { columns, to: ColumnType::Float, .. } = step {
                columns.iter().for_each(|column| cast.extend(sources.of(column)));
            }
            sources.pass(step);
        }
        cast
    }

    /// What a column that comes of the steps was called before the first of them; none for one that a step has made.
    pub(crate) fn source_of(&self, column: &str) -> Option<String> {
        let mut sources = Sources::default();
        for step in self {
            sources.pass(step);
        }
        sources.of(column)
    }

    /// Names of columns whose texts the steps read, as they are called before the first step.
    fn texts(&self) -> BTreeSet<String> {
        let (mut texts, mut sources) = (BTreeSet::new(), Sources::default());
        for step in self {
            match step {
                Step::Case { columns, .. }
                | Step::Replace { columns, .. }
                | Step::Mask { columns, .. }
                | Step::Hash { columns, .. }
                | Step::Cast { columns, to: ColumnType::String, .. } => {
                    columns.iter().for_each(|column| texts.extend(sources.of(column)));
                }
                Step::ParseDate { column, .. } | Step::ParseNumber { column, .. } | Step::Split { column, .. } => texts.extend(sources.of(column)),
                _ => {}
            }
            sources.pass(step);
        }
        texts
    }
}

/// What columns were called in the source; none for one that a step has made. A column that is not here is called the same.
#[derive(Default)]
struct Sources(HashMap<String, Option<String>>);

impl Sources {
    fn of(&self, column: &str) -> Option<String> {
        self.0.get(column).cloned().unwrap_or_else(|| Some(column.to_owned()))
    }

    /// A step makes columns, or gives them other names.
    fn pass(&mut self, step: &Step) {
        match step {
            Step::Hash { columns, .. } | Step::Cast { columns, .. } | Step::Drop { columns } => columns.iter().for_each(|column| self.make(column)),
            Step::ParseDate { column, into, .. } | Step::ParseNumber { column, into, .. } | Step::Unit { column, into, .. } => self.make(into.as_ref().unwrap_or(column)),
            Step::Split { into, .. } => into.iter().for_each(|column| self.make(column)),
            Step::Derive { column, .. } => self.make(column),
            Step::LookUp { take, .. } => take.values().for_each(|column| self.make(column)),
            Step::Rename { columns } => self.rename(columns),
            // These keep the column; and fields of a struct have types of their own.
            Step::Case { .. }
            | Step::Replace { .. }
            | Step::Mask { .. }
            | Step::Trim { .. }
            | Step::NullTokens { .. }
            | Step::Filter { .. }
            | Step::Flatten { .. }
            | Step::Deduplicate { .. } => {}
        }
    }

    fn make(&mut self, column: &str) {
        self.0.insert(column.to_owned(), None);
    }

    fn rename(&mut self, names: &BTreeMap<String, String>) {
        let sources: Vec<(String, Option<String>)> = names.iter().map(|(old, new)| (new.clone(), self.of(old))).collect();
        names.keys().for_each(|old| self.make(old));
        self.0.extend(sources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_followed_to_their_source() {
        let steps = Steps::parse(
            r#"[
                {"op": "rename", "columns": {"Dep Delay": "delay", "a": "b", "b": "a"}},
                {"op": "parse_number", "column": "delay", "decimal": ","},
                {"op": "replace", "columns": ["delay", "b"], "find": "x", "with": ""},
                {"op": "derive", "column": "made", "expression": "1"},
                {"op": "cast", "columns": ["made", "zip"], "to": "string"},
                {"op": "cast", "columns": ["n"], "to": "integer"},
                {"op": "split", "column": "code", "separator": "-", "into": ["p", "q"]},
                {"op": "case", "columns": ["p"], "to": "upper"},
                {"op": "hash", "columns": ["customer"]},
                {"op": "trim", "columns": ["t"]}
            ]"#,
        );
        let texts: Vec<String> = steps.unwrap().texts().into_iter().collect();
        assert_eq!(texts, ["Dep Delay", "a", "code", "customer", "zip"]);
    }

    #[test]
    fn what_is_made_a_float_is_followed_to_its_source() {
        let steps = Steps::parse(
            r#"[
                {"op": "rename", "columns": {"Amount": "amount"}},
                {"op": "derive", "column": "made", "expression": "1"},
                {"op": "cast", "columns": ["amount", "price", "made"], "to": "float"},
                {"op": "cast", "columns": ["n"], "to": "integer"}
            ]"#,
        );
        let steps = steps.unwrap();
        let cast: Vec<String> = steps.cast_to_float().into_iter().collect();
        assert_eq!(cast, ["Amount", "price"]);
        let renamed = Steps::parse(r#"[{"op": "rename", "columns": {"Amount": "amount"}}, {"op": "derive", "column": "made", "expression": "1"}]"#).unwrap();
        assert_eq!(["amount", "price", "made"].map(|column| renamed.source_of(column)), [Some("Amount".to_owned()), Some("price".to_owned()), None]);
    }
}
