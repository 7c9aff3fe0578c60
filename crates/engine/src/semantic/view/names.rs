//! What is told of a question of models, in the names of the view that was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;

use crate::error::{Error, ErrorKind, Result};
use crate::query::result::{Bound, Provenance, QueryResult, ResultColumn, Subtotal, UsedView};

/// A member by both of its names.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub base: String,
    pub asked: String,
    /// What people read in the model, and in the view, where that says so.
    pub label: Option<(String, String)>,
    /// How the view writes its values, where it says so.
    pub format: Option<String>,
}

impl Pair {
    /// Gives a column the format of the view.
    fn write(&self, column: &mut ResultColumn) {
        if self.format.is_some() {
            column.format.clone_from(&self.format);
        }
    }
}

/// The names of the members of a question.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    view: UsedView,
    /// Longer names first: one may be the beginning of another.
    pairs: Vec<Pair>,
}

impl Names {
    pub(super) fn new(view: UsedView, mut pairs: Vec<Pair>) -> Self {
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.base.len()));
        Self { view, pairs }
    }

    /// The view that was asked.
    pub(crate) fn view(&self) -> &UsedView {
        &self.view
    }

    /// The members of models by those of the view.
    pub(crate) fn members(&self) -> BTreeMap<String, String> {
        self.pairs.iter().map(|pair| (pair.asked.clone(), pair.base.clone())).collect()
    }

    /// The name of a member in the view, where it has one.
    pub(crate) fn member(&self, base: &mut String) {
        if let Some((pair, granularity)) = self.named(base) {
            *base = format!("{}{granularity}", pair.asked);
        }
    }

    /// The member that a column is of, and the granularity behind it where its time is told in several ways.
    fn named<'n>(&self, column: &'n str) -> Option<(&Pair, &'n str)> {
        let behind = |pair: &Pair| column.strip_prefix(&pair.base).filter(|rest| rest.is_empty() || rest.starts_with('.'));
        self.pairs.iter().find_map(|pair| Some((pair, behind(pair)?)))
    }

    /// An answer in the names of the view.
    ///
    /// # Errors
    /// `Internal` where the columns are not those of its rows.
    pub(crate) fn answer(&self, mut answer: QueryResult) -> Result<QueryResult> {
        answer.batch = self.rows(&mut answer.columns, &answer.batch)?;
        for part in answer.totals.iter_mut().chain(&mut answer.others) {
            self.subtotal(part)?;
        }
        self.provenance(&mut answer.provenance);
        Ok(answer)
    }

    /// Where an answer comes from.
    pub(crate) fn provenance(&self, provenance: &mut Provenance) {
        self.bounds(&mut provenance.bounds);
        provenance.view = Some(self.view.clone());
    }

    /// What to ask instead, without what speaks of members that the view may not have.
    pub(crate) fn suggestions(&self, said: &[String]) -> Vec<String> {
        let of_models = |said: &String| {
            self.pairs
                .iter()
                .filter_map(|pair| pair.base.split_once('.'))
                .any(|(model, _)| model != self.view.name && said.contains(&format!("{model}.")))
        };
        let kept: Vec<String> = said.iter().map(|said| self.text(said)).filter(|said| !of_models(said)).collect();
        if kept.is_empty() && !said.is_empty() { vec!["ask for a shorter range of time, or leave out measures".to_owned()] } else { kept }
    }

    /// Why there is no answer.
    pub(crate) fn error(&self, error: Error) -> Error {
        if !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Exhausted | ErrorKind::NotFound) {
            return error;
        }
        let suggestions = self.suggestions(error.suggestions());
        let worded = error.reworded(|message| self.text(message)).suggesting(suggestions);
        let named = worded.message().contains(&self.view.name);
        if named { worded } else { worded.context(format_args!("view {}", self.view.name)) }
    }

    fn subtotal(&self, part: &mut Subtotal) -> Result<()> {
        part.by.iter_mut().for_each(|member| self.member(member));
        part.batch = self.rows(&mut part.columns, &part.batch)?;
        self.bounds(&mut part.bounds);
        Ok(())
    }

    fn bounds(&self, bounds: &mut [Bound]) {
        bounds.iter_mut().for_each(|bound| self.member(&mut bound.measure));
    }

    fn rows(&self, columns: &mut [ResultColumn], batch: &RecordBatch) -> Result<RecordBatch> {
        columns.iter_mut().for_each(|column| self.column(column));
        let schema = batch.schema();
        let fields: Vec<_> = schema.fields().iter().zip(columns.iter()).map(|(field, column)| field.as_ref().clone().with_name(&column.name)).collect();
        if fields.len() != batch.num_columns() {
            return Err(Error::internal("an answer whose columns are not those of its rows"));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), batch.columns().to_vec(), &options)?)
    }

    fn column(&self, column: &mut ResultColumn) {
        if column.pivot.is_empty() {
            let Some((pair, granularity)) = self.named(&column.name) else { return };
            let name = format!("{}{granularity}", pair.asked);
            column.name = name;
            if let Some((_, label)) = &pair.label {
                column.label.clone_from(label);
            }
            pair.write(column);
            return;
        }
        // Values and then the measure; a number in brackets where two of them read alike.
        let (head, count) = match column.name.rsplit_once(" (") {
            Some((head, count)) if count.strip_suffix(')').is_some_and(|count| count.parse::<usize>().is_ok()) => (head, format!(" ({count}")),
            _ => (column.name.as_str(), String::new()),
        };
        let found = self.pairs.iter().find_map(|pair| Some((pair, head.strip_suffix(&pair.base)?.strip_suffix(", ")?)));
        let Some((pair, values)) = found else { return };
        if let Some((own, label)) = &pair.label
            && let Some(values) = column.label.strip_suffix(own.as_str()).and_then(|rest| rest.strip_suffix(", "))
        {
            column.label = format!("{values}, {label}");
        }
        column.name = format!("{values}, {}{count}", pair.asked);
        pair.write(column);
    }

    /// A sentence with the names of members put in.
    fn text(&self, text: &str) -> String {
        let is_name = |character: char| character.is_alphanumeric() || character == '_';
        let (mut written, mut rest, mut inside) = (String::with_capacity(text.len()), text, false);
        while let Some(first) = rest.chars().next() {
            let found = self.pairs.iter().filter(|_| !inside).find_map(|pair| {
                let after = rest.strip_prefix(&pair.base)?;
                (!after.starts_with(is_name)).then_some((pair, after))
            });
            match found {
                Some((pair, after)) => {
                    written.push_str(&pair.asked);
                    (rest, inside) = (after, true);
                }
                None => {
                    written.push(first);
                    inside = is_name(first) || first == '.';
                    rest = rest.get(first.len_utf8()..).unwrap_or_default();
                }
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ColumnType;
    use crate::query::result::ColumnRole;

    fn names() -> Names {
        let pair = |base: &str, asked: &str, label: Option<(&str, &str)>| Pair {
            base: base.to_owned(),
            asked: asked.to_owned(),
            label: label.map(|(own, label)| (own.to_owned(), label.to_owned())),
            format: label.map(|_| "d".to_owned()),
        };
        Names::new(
            UsedView { name: "sales".into(), version: 3 },
            vec![pair("orders.count", "sales.orders", None), pair("orders.count_all", "sales.all", Some(("Everything", "All"))), pair("origin.city", "sales.city", None)],
        )
    }

    #[test]
    fn whole_names_in_a_sentence_are_told_in_the_view() {
        for (text, expected) in [
            ("filter on orders.count: orders.count_all", "filter on sales.orders: sales.all"),
            ("reorders.count and orders.counts stay, \"orders.count\" does not.", "reorders.count and orders.counts stay, \"sales.orders\" does not."),
            ("x.orders.count, äorders.count, (origin.city)", "x.orders.count, äorders.count, (sales.city)"),
            ("", ""),
        ] {
            assert_eq!(names().text(text), expected);
        }
        let told = names().error(Error::invalid("no way from orders").at("filters[0]"));
        assert_eq!((told.message(), told.field()), ("view sales: no way from orders", Some("filters[0]")));
        assert_eq!(names().error(Error::internal("orders.count")).message(), "orders.count");
    }

    #[test]
    fn columns_are_written_as_the_view_says_or_as_the_model_does() {
        for (name, pivot, format) in [
            ("orders.count_all", Vec::new(), "d"),
            ("IT, orders.count_all", vec![serde_json::Value::from("IT")], "d"),
            ("orders.count", Vec::new(), "number"),
            ("IT, orders.count", vec![serde_json::Value::from("IT")], "number"),
        ] {
            let mut column = ResultColumn::new(name, ColumnType::Integer, ColumnRole::Measure);
            (column.format, column.pivot) = (Some("number".to_owned()), pivot);
            names().column(&mut column);
            assert_eq!(column.format.as_deref(), Some(format), "{name}");
        }
    }

    #[test]
    fn columns_made_of_values_keep_their_values() {
        let column = |name: &str, label: &str| {
            let mut column = ResultColumn::new(name, ColumnType::Integer, ColumnRole::Measure);
            (column.label, column.pivot) = (label.to_owned(), vec![serde_json::Value::from("IT")]);
            names().column(&mut column);
            (column.name, column.label)
        };
        let told = |name: &str, label: &str| (name.to_owned(), label.to_owned());
        assert_eq!(column("IT, orders.count", "IT"), told("IT, sales.orders", "IT"));
        assert_eq!(column("no value, orders.count_all (2)", "no value, Everything"), told("no value, sales.all (2)", "no value, All"));
        assert_eq!(column("orders.count, origin.city, orders.count", "x"), told("orders.count, origin.city, sales.orders", "x"));
    }
}
