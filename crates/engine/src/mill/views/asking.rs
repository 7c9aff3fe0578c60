//! The boundary: a question by members of a view is said in the words of its models before it is answered, and what comes of it
//! is told in those of the view. Behind it nothing knows of views, so access, partials, rollups and joins are as for any question.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind, Result, near_names};
use crate::ids::DatasetName;
use crate::mill::Mill;
use crate::mill::lineage::{Lineage, ViewLineage};
use crate::mill::verify::Verification;
use crate::query::{Explanation, QueryResult};
use crate::semantic::compile::check_bounds;
use crate::semantic::member::model_of;
use crate::semantic::view::check::check_asked;
use crate::semantic::view::names::Names;
use crate::semantic::view::reach::{What, places};
use crate::semantic::view::translate::{find, first_member, members, mixed, translate};
use crate::semantic::{SemanticQuery, View};

/// A question in the words of models.
pub(crate) struct Words<'q> {
    query: Cow<'q, SemanticQuery>,
    /// What its members are called in the view that was asked, where it was one.
    names: Option<Names>,
}

impl Words<'_> {
    pub(crate) fn query(&self) -> &SemanticQuery {
        &self.query
    }

    pub(crate) fn names(&self) -> Option<&Names> {
        self.names.as_ref()
    }

    /// The view that was asked.
    pub(crate) fn view(&self) -> Option<DatasetName> {
        DatasetName::parse(&self.names()?.view().name).ok()
    }
}

/// An error of a condition that the question does not have, at the named filters that it asks for: theirs are put behind its own.
fn at_segments(error: Error, query: &SemanticQuery) -> Error {
    let place = |field: &str| field.strip_prefix("filters[")?.split(']').next()?.parse::<usize>().ok();
    match (error.field().and_then(place), query.segments.as_slice()) {
        (Some(place), [_]) if place >= query.filters.len() => error.at("segments[0]"),
        (Some(place), [_, ..]) if place >= query.filters.len() => error.at("segments"),
        _ => error,
    }
}

/// What comes of a question.
pub(crate) trait Told: Sized {
    /// The same in the names of a view.
    fn told(self, names: &Names) -> Result<Self>;
}

impl Told for QueryResult {
    fn told(self, names: &Names) -> Result<Self> {
        let mut answer = names.answer(self)?;
        answer.explanation = answer.explanation.map(|explanation| explanation.told(names)).transpose()?;
        Ok(answer)
    }
}

impl Told for Verification {
    fn told(mut self, names: &Names) -> Result<Self> {
        for difference in &mut self.differences {
            let row = std::mem::take(&mut difference.row);
            difference.row = row
                .into_iter()
                .map(|(mut member, value)| {
                    names.member(&mut member);
                    (member, value)
                })
                .collect();
            if let Some(column) = &mut difference.column {
                names.member(column);
            }
        }
        names.provenance(&mut self.answered);
        names.provenance(&mut self.recomputed);
        Ok(self)
    }
}

impl Told for Lineage {
    fn told(mut self, names: &Names) -> Result<Self> {
        let view = names.view();
        self.view = Some(ViewLineage { name: view.name.clone(), version: view.version, members: names.members() });
        Ok(self)
    }
}

impl Told for Explanation {
    /// It speaks of datasets and plans, but for what to ask instead.
    fn told(mut self, names: &Names) -> Result<Self> {
        self.suggestions = names.suggestions(&self.suggestions);
        Ok(self)
    }
}

impl Mill {
    /// A question in the words of models, the versions of views pinned.
    ///
    /// # Errors
    /// Also where it asks for too much to be looked at.
    pub(crate) async fn words<'q>(&self, query: &'q SemanticQuery) -> Result<Words<'q>> {
        check_bounds(query)?;
        let plain = Words { query: Cow::Borrowed(query), names: None };
        let Some(first) = first_member(query) else { return Ok(plain) };
        match self.view_of(first).await? {
            Some(view) => self.words_of(query, &view).await,
            None => Ok(plain),
        }
    }

    /// A question on a view as it was read.
    pub(crate) async fn words_of(&self, query: &SemanticQuery, view: &View) -> Result<Words<'static>> {
        let models = self.models_for(view, &[], false).await?;
        let translated = translate(query, view, &places(view, &models))?;
        if translated.measured.union(&translated.grouped).count() > 1 {
            let models = self.models_for(view, &[], true).await?;
            check_asked(&places(view, &models), &models, &translated.measured, &translated.grouped)?;
        }
        Ok(Words { query: Cow::Owned(translated.query), names: Some(translated.names) })
    }

    /// What came of a question, in the words that it was asked in.
    pub(crate) async fn told<T: Told>(&self, words: &Words<'_>, found: Result<T>) -> Result<T> {
        match (found, &words.names) {
            (Ok(found), Some(names)) => found.told(names),
            (Ok(found), None) => Ok(found),
            (Err(error), _) => Err(self.told_error(words, error).await),
        }
    }

    /// Why a question has no answer, in the words that it was asked in.
    pub(crate) async fn told_error(&self, words: &Words<'_>, error: Error) -> Error {
        let error = at_segments(error, words.query());
        match &words.names {
            Some(names) => names.error(error),
            None => self.beside_views(words.query(), error).await,
        }
    }

    /// A dimension as its model calls it.
    pub(crate) async fn dimension_of_view<'m>(&self, member: &'m str) -> Result<Cow<'m, str>> {
        let Some(view) = self.view_of(member).await? else { return Ok(Cow::Borrowed(member)) };
        let models = self.models_for(&view, &[], false).await?;
        let places = places(&view, &models);
        let name = member.get(view.name.len() + 1..).unwrap_or_default();
        let shown = find(&view, &places, name).map_err(|error| error.at("member"))?;
        let What::Dimension(dimension) = shown.what else {
            return Err(Error::invalid(format!("{member:?} is a measure; only dimensions have values to choose from")).at("member"));
        };
        let place = places.iter().find(|place| place.index == shown.place).ok_or_else(|| Error::internal("a member of a view without a model"))?;
        Ok(Cow::Owned(format!("{}.{}", place.model.name, dimension.name)))
    }

    /// The view that a member is of. A name that is a dataset's is looked for no further, so questions of models cost nothing.
    async fn view_of(&self, member: &str) -> Result<Option<View>> {
        let Some(name) = model_of(member).ok().and_then(|prefix| DatasetName::parse(prefix).ok()) else { return Ok(None) };
        if self.shared.datasets.is_known(self.scope.tenant(), &name) {
            return Ok(None);
        }
        self.stored_view(&name).await
    }

    /// An error about a question of models that names a view as well, or something that is called nearly as one.
    async fn beside_views(&self, query: &SemanticQuery, error: Error) -> Error {
        if !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) {
            return error;
        }
        let Ok(views) = self.stored_views().await else { return error };
        let named = members(query);
        let prefix = |member: &str| model_of(member).map(str::to_owned).unwrap_or_default();
        let Some((path, first)) = named.first() else { return error };
        if let Some(view) = views.iter().find(|view| named.iter().any(|(_, member)| prefix(member) == view.name)) {
            return mixed(&view.name, first).at(path.clone());
        }
        if error.kind() != ErrorKind::NotFound || error.message().contains("did you mean") {
            return error;
        }
        let known: BTreeSet<&str> = views.iter().map(|view| view.name.as_str()).collect();
        let near = near_names(&prefix(first), known.into_iter());
        error.reworded(|message| format!("{message}{near}"))
    }
}
