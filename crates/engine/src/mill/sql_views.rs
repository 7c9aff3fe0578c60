//! Views in a statement (ADR 0032): each SELECT over one is a question, which is planned as it would be for itself, over the
//! versions that the whole statement reads. Its plan becomes a part of the statement's, so budget, deadline, partials and
//! provenance are those of one plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::TableReference;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::parser::Statement;

use super::Mill;
use super::compose::{LookupsBy, PlannedQuestion};
use super::damage::Damage;
use super::ground::Ground;
use super::looks::Look;
use super::seen::Seen;
use super::views::Words;
use crate::catalog::AsOf;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::source::ScanCounters;
use crate::query::allowance::Allowance;
use crate::query::question_table::QuestionTable;
use crate::query::result::{QueryResult, UsedView};
use crate::semantic::in_sql::blocks::{self, Block, Shown};
use crate::semantic::in_sql::calls;
use crate::semantic::view::reach::places;
use crate::semantic::{SemanticQuery, View, compile, shape};

/// The views that a statement names.
#[derive(Default)]
pub(super) struct ViewsInSql {
    views: Vec<View>,
    shown: Vec<Shown>,
}

/// What the SELECTs over views ask.
#[derive(Default)]
pub(super) struct Questions {
    /// What the statement reads in the place of each.
    pub tables: Vec<(String, Arc<QuestionTable>)>,
    /// The questions, each with its view.
    pub asked: Vec<(SemanticQuery, View)>,
    /// Those that look something up, which has to be what their joins say.
    looking_up: Vec<(PlannedQuestion, Words<'static>)>,
    /// The view, where the statement reads one and nothing else.
    view: Option<UsedView>,
    /// What they look at of what the scope sees, where it may not see everything.
    pub looks: Vec<Look>,
    /// What is relative is so to this, in all of the statement.
    pub now: Option<DateTime<Utc>>,
    /// The datasets whose rows are counted: those that the statement names itself, and those that its questions count.
    counted: BTreeSet<String>,
}

/// What the questions of one statement have in common.
pub(super) struct Common<'s> {
    pub as_of: Option<AsOf>,
    pub damage: &'s Damage,
    pub counters: &'s Arc<ScanCounters>,
    pub lookups: LookupsBy,
    /// What is read, the datasets that the statement names among it.
    pub pinned: &'s mut Vec<(DatasetName, Seen)>,
    /// What they look at of what the scope sees.
    pub looks: Vec<Look>,
}

impl ViewsInSql {
    /// Makes a view known.
    pub(super) fn add(&mut self, (view, shown): (View, Shown)) {
        self.views.push(view);
        self.shown.push(shown);
    }

    /// Takes the questions out of a statement: of the same one the same.
    ///
    /// # Errors
    /// `Invalid` at `sql` for what cannot be asked of a view.
    pub(super) fn take_out(&self, mill: &Mill, statement: &mut Statement) -> Result<Vec<Block>> {
        if self.views.is_empty() {
            return Ok(Vec::new());
        }
        let queries = calls::queries_of(statement)?;
        if let Some(view) = self.views.iter().find(|view| queries.has(&TableReference::bare(view.name.as_str()))) {
            return Err(Error::invalid(format!("{} is a view, and a query of WITH here; give the query another name", view.name)).at("sql"));
        }
        let aggregates = mill.shared.session.shared().aggregate_functions();
        let blocks = blocks::take_out(statement, &self.shown, mill.calendar.zone().name(), &|name| aggregates.contains_key(name))?;
        // What the questions are called from here on must not be a name of the statement's own.
        if let Some(block) = blocks.iter().find(|block| queries.has(&TableReference::bare(block.table.as_str()))) {
            return Err(Error::invalid(format!("{:?} is a query of WITH here; give it another name", block.table)).at("sql"));
        }
        Ok(blocks)
    }
}

impl Questions {
    /// Whether no view is asked. Where one is, what to ask instead does not speak of datasets.
    pub(super) fn are_none(&self) -> bool {
        self.tables.is_empty()
    }

    /// Whether rows of a dataset are counted, and not only looked up.
    pub(super) fn counts(&self, dataset: &DatasetName) -> bool {
        self.counted.contains(dataset.as_str())
    }

    /// An answer that says which view was asked.
    pub(super) fn told(self, mut answer: QueryResult) -> QueryResult {
        answer.provenance.view = self.view;
        answer
    }
}

impl Mill {
    /// The view of that name, where there is one.
    pub(super) async fn view_in_sql(&self, name: &str) -> Result<Option<(View, Shown)>> {
        let Ok(parsed) = DatasetName::parse(name) else { return Ok(None) };
        let Some(view) = self.stored_view(&parsed).await? else { return Ok(None) };
        let models = self.models_for(&view, &[], false).await?;
        let shown = Shown::new(&view, &places(&view, &models));
        Ok(Some((view, shown)))
    }

    /// Plans the questions of a statement over the versions that are pinned for it, and pins what else they read.
    pub(super) async fn questions(&self, blocks: Vec<Block>, views: &ViewsInSql, mut common: Common<'_>) -> Result<Questions> {
        let mut questions = Questions { counted: common.pinned.iter().map(|(dataset, _)| dataset.to_string()).collect(), ..Questions::default() };
        let of_view_alone = common.pinned.is_empty();
        let mut versions = common.pinned.clone();
        for Block { view, query, table, columns } in blocks {
            let view = views.views.iter().find(|known| known.name == view).ok_or_else(|| Error::internal("a question on a view that is not named"))?;
            let query = SemanticQuery { as_of: common.as_of, calendar: Some(self.calendar.clone()), ..query };
            let words = self.words_of(&query, view).await.map_err(in_statement)?;
            let planned = self.planned_question(words.query(), &mut versions, &mut common, &mut questions).await;
            let (plan, shown, looks_up) = match planned {
                Ok(planned) => planned,
                Err(error) => return Err(in_statement(self.told_error(&words, error).await)),
            };
            let plan = called(plan, shown, &words, &columns)?;
            questions.tables.push((table, Arc::new(QuestionTable::new(plan))));
            questions.looking_up.extend(looks_up.map(|planned| (planned, words)));
            questions.asked.push((query, view.clone()));
        }
        questions.looks = common.looks;
        if let ([view], true) = (views.views.as_slice(), of_view_alone) {
            questions.view = Some(UsedView { name: view.name.clone(), version: view.version });
        }
        Ok(questions)
    }

    /// A question in the words of models: its plan, how many columns of that are the answer, and what it looks up.
    async fn planned_question(
        &self,
        query: &SemanticQuery,
        versions: &mut Vec<(DatasetName, Seen)>,
        common: &mut Common<'_>,
        questions: &mut Questions,
    ) -> Result<(LogicalPlan, usize, Option<PlannedQuestion>)> {
        let query = &*self.with_segments(query).await?;
        let mut ground = self.ground(query, common.damage).await?;
        match &mut ground {
            Ground::One { dataset, seen, reference, .. } => {
                match versions.iter().find(|(known, _)| known == dataset) {
                    Some((_, known)) => *seen = known.clone(),
                    None => versions.push((dataset.clone(), seen.clone())),
                }
                *reference = self.reference(query, seen)?;
                reference.now = *questions.now.get_or_insert(reference.now);
            }
            Ground::Several(gathered) => {
                self.agree(query, gathered, versions)?;
                gathered.reference.now = *questions.now.get_or_insert(gathered.reference.now);
            }
        }
        shape::check(query, ground.models())?;
        if self.scope.may_restrict() {
            common.looks.extend(self.looks(query, &ground));
        }
        match ground {
            Ground::One { model, dataset, seen, reference, .. } => {
                self.open_rollups_of(&dataset, &seen, model.version).await?;
                let source = self.source_of(&dataset, &seen, common.counters);
                common.uses(&dataset, &seen);
                questions.counted.insert(dataset.to_string());
                let compiled = compile::compile(query, &model, source?, self.shared.session.shared(), reference, self.scope.limits())?;
                Ok((compiled.plan, compiled.columns.len(), None))
            }
            Ground::Several(gathered) => {
                let planned = self.plan_composed_within(query, &gathered, common.lookups, common.counters)?;
                for (dataset, seen) in &planned.used {
                    common.uses(dataset, seen);
                    let version = gathered.models.get(dataset.as_str()).map_or(0, |model| model.version);
                    self.open_rollups_of(dataset, seen, version).await?;
                }
                questions.counted.extend(planned.composed.roots.iter().cloned());
                Ok((planned.composed.plan.clone(), planned.composed.columns.len(), Some(planned)))
            }
        }
    }

    /// Allows what questions look up, and looks it up where it is a function of its keys: what is planned depends on it.
    pub(super) async fn look_up(&self, questions: &Questions, allowance: &Allowance) -> Result<()> {
        for (planned, words) in &questions.looking_up {
            let looked_up = async {
                self.take_lookups(planned, allowance).await?;
                self.map(planned).await
            };
            if let Err(error) = looked_up.await {
                return Err(in_statement(self.told_error(words, error).await));
            }
        }
        Ok(())
    }

    /// Looks whether what questions look up has one row for each key.
    ///
    /// # Errors
    /// `Invalid` with a key that stands for several rows.
    pub(super) async fn check_looked_up(&self, questions: &Questions) -> Result<()> {
        for (planned, words) in &questions.looking_up {
            if let Err(error) = self.check_unique(planned).await {
                return Err(in_statement(self.told_error(words, error).await));
            }
        }
        Ok(())
    }
}

impl Common<'_> {
    /// Notes that a dataset is read.
    fn uses(&mut self, dataset: &DatasetName, seen: &Seen) {
        if !self.pinned.iter().any(|(known, _)| known == dataset) {
            self.pinned.push((dataset.clone(), seen.clone()));
        }
    }
}

/// An error about a field of a question, as one about the statement that has no such field.
fn in_statement(error: Error) -> Error {
    let field = if error.field() == Some("asOf") { "asOf" } else { "sql" };
    error.at(field)
}

/// A plan whose columns are called as the statement calls them. `columns`: members of the view, and their names there.
fn called(plan: LogicalPlan, shown: usize, words: &Words<'_>, columns: &[(String, String)]) -> Result<LogicalPlan> {
    let mut list = Vec::with_capacity(shown);
    for (qualifier, field) in plan.schema().iter().take(shown) {
        let mut member = field.name().clone();
        if let Some(names) = words.names() {
            names.member(&mut member);
        }
        let (_, name) = columns.iter().find(|(known, _)| *known == member).ok_or_else(|| Error::internal(format!("column {member} was not asked for")))?;
        list.push(Expr::Column((qualifier, field).into()).alias(name));
    }
    Ok(LogicalPlanBuilder::from(plan).project(list)?.build()?)
}
