//! Ratios and formulas of something cumulative, where buckets are filled with zeros. In a bucket without rows they are what follows from
//! their parts, as these are filled: what is cumulative goes on, and what counts or adds up is 0. So the parts are asked for beside them,
//! filled as they would be alone, and the formulas are computed once more over these.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use datafusion::common::DFSchema;
use datafusion::execution::session_state::SessionState;

use crate::error::{Error, Result};
use crate::query::alone;
use crate::query::result::{QueryResult, ResultColumn};
use crate::semantic::derived::over_columns;
use crate::semantic::inputs;
use crate::semantic::join::Models;
use crate::semantic::model::MeasureKind;
use crate::semantic::query::{Fill, SemanticQuery};
use crate::semantic::shape::measure;

/// The formulas of a question that are computed over what was filled.
#[derive(Debug, Default)]
pub(crate) struct Formulas {
    members: Vec<String>,
    /// What they come down to.
    parts: BTreeSet<String>,
    /// Whether there are parts that would be estimates beside them, which have no place in a formula.
    counts_values: bool,
}

impl Formulas {
    /// Those of a question.
    pub(crate) fn of(query: &SemanticQuery, models: &Models, fill: Fill) -> Self {
        let mut found = Self::default();
        for member in query.measures.iter().filter(|_| fill == Fill::Zero) {
            let parts = parts_of(member, models);
            if !parts.contains_key(member) && parts.values().any(|kind| *kind == MeasureKind::Cumulative) {
                found.members.push(member.clone());
                found.counts_values |= parts.values().any(|kind| matches!(kind, MeasureKind::CountDistinct | MeasureKind::CountDistinctApprox));
                found.parts.extend(parts.into_keys());
            }
        }
        found
    }

    /// Asks for the parts too, behind everything else.
    pub(crate) fn ask(&self, query: &mut SemanticQuery) {
        let more: Vec<String> = self.parts.iter().filter(|part| !query.measures.contains(part)).cloned().collect();
        query.measures.extend(more);
        if self.counts_values {
            query.exact = Some(true);
        }
    }

    /// Computes the formulas over a filled answer.
    ///
    /// # Errors
    /// As computing them: a whole number beyond 64 bits.
    pub(crate) fn compute(&self, batch: RecordBatch, columns: &[ResultColumn], models: &Models, state: &SessionState) -> Result<RecordBatch> {
        if self.members.is_empty() {
            return Ok(batch);
        }
        let parts: Vec<(&ResultColumn, &ArrayRef)> = columns.iter().zip(batch.columns()).filter(|(column, _)| self.parts.contains(&column.name)).collect();
        let known: HashMap<&str, _> = parts.iter().map(|(column, _)| (column.name.as_str(), column.column_type)).collect();
        let fields: Vec<Field> = parts.iter().map(|(column, _)| Field::new(&column.name, column.column_type.data_type(), true)).collect();
        let values = parts.iter().map(|&(column, values)| Ok(cast(values, &column.column_type.data_type())?)).collect::<Result<Vec<_>>>()?;
        let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), values)?;
        let schema = DFSchema::try_from(rows.schema())?;
        let mut filled = batch.columns().to_vec();
        for member in &self.members {
            let expr = over_columns(state, models, member, &known)?.expr;
            let computed = alone::planned(expr, &schema, state)?;
            let place = columns.iter().position(|column| column.name == *member).and_then(|place| filled.get_mut(place));
            let place = place.ok_or_else(|| Error::internal(format!("an answer without {member}")))?;
            *place = cast(&computed.evaluate(&rows)?.into_array(rows.num_rows())?, place.data_type())?;
        }
        Ok(RecordBatch::try_new(batch.schema(), filled)?)
    }

    /// Leaves out of an answer what was asked for beside the question.
    ///
    /// # Errors
    /// None that is known of.
    pub(crate) fn leave_out(&self, answer: &mut QueryResult, query: &SemanticQuery) -> Result<()> {
        let is_asked = |column: &ResultColumn| !self.parts.contains(&column.name) || query.measures.contains(&column.name);
        let kept: Vec<usize> = answer.columns.iter().enumerate().filter(|(_, column)| is_asked(column)).map(|(place, _)| place).collect();
        if kept.len() < answer.columns.len() {
            answer.batch = answer.batch.project(&kept)?;
            answer.columns.retain(is_asked);
        }
        Ok(())
    }
}

/// What a measure comes down to that is no formula of others, with its kind; of what is none itself that is the measure.
fn parts_of(member: &str, models: &Models) -> HashMap<String, MeasureKind> {
    let (mut waiting, mut seen, mut parts) = (vec![member.to_owned()], BTreeSet::new(), HashMap::new());
    while let Some(member) = waiting.pop() {
        let Some((model, measure)) = measure(models, &member).filter(|_| seen.insert(member.clone())) else { continue };
        match measure.kind {
            MeasureKind::Number | MeasureKind::Ratio => waiting.extend(inputs::members(model, measure).unwrap_or_default()),
            kind => {
                parts.insert(member, kind);
            }
        }
    }
    parts
}
