//! A question by members of a view, said in the words of its models. Everything keeps its place, so that an error about
//! `filters[1]` of the one is about `filters[1]` of the other.

use std::collections::BTreeSet;

use super::View;
use super::check::twice;
use super::names::{Names, Pair};
use super::reach::{Place, Shown, What};
use crate::error::{Error, Result, near_names};
use crate::query::result::UsedView;
use crate::semantic::joined;
use crate::semantic::member::model_of;
use crate::semantic::query::{Condition, Filter, SemanticQuery, TimeDimension, Top, Totals};

/// A question in the words of models, and what its members are called in the view.
#[derive(Debug)]
pub(crate) struct Translated {
    pub query: SemanticQuery,
    pub names: Names,
    /// The places whose measures are asked for.
    pub measured: BTreeSet<usize>,
    /// The places that are grouped or filtered by.
    pub grouped: BTreeSet<usize>,
}

/// Translates a question whose members are all of one view.
///
/// # Errors
/// `Invalid` at the field whose member is of something else, or not there, with near names.
pub(crate) fn translate(query: &SemanticQuery, view: &View, places: &[Place<'_>]) -> Result<Translated> {
    let mut translating = Translating { view, places, plain: false, pairs: Vec::new(), measured: BTreeSet::new(), grouped: BTreeSet::new() };
    let translated = translating.query(query)?;
    // Without a measure rows of the first model that is named say which groups there are; what a join calls otherwise is none.
    let of_models = translated.measures.is_empty() && translating.asks_aliases_only(&translated);
    let translated = match (of_models, translating.grouped.len()) {
        (false, _) => translated,
        (true, 1) => {
            // Of one model alone its own rows do.
            translating = Translating { plain: true, pairs: Vec::new(), ..translating };
            translating.query(query)?
        }
        (true, _) => {
            return Err(Error::invalid(format!("these members are looked up by rows of {}; ask for one of its members or for a measure as well", view.root())).at("measures"));
        }
    };
    let used = UsedView { name: view.name.clone(), version: view.version };
    let Translating { pairs, measured, grouped, .. } = translating;
    Ok(Translated { query: translated, names: Names::new(used, pairs), measured, grouped })
}

/// The member of a view.
///
/// # Errors
/// `Invalid` with near names, or where its name means two things.
pub(crate) fn find<'a>(view: &View, places: &[Place<'a>], name: &str) -> Result<Shown<'a>> {
    let mut found = places.iter().filter_map(|place| place.find(name));
    match (found.next(), found.next()) {
        (Some(shown), None) => Ok(shown),
        (Some(one), Some(other)) => Err(twice(&format!("{}.{name}", view.name), &one.member, &other.member)),
        (None, _) => {
            let known: Vec<String> = places.iter().flat_map(Place::members).map(|shown| shown.name).collect();
            Err(Error::invalid(format!("view {} has no member {name:?}{}", view.name, near_names(name, known.iter().map(String::as_str)))))
        }
    }
}

/// The first member that a question names, which says whether it asks a view.
pub(crate) fn first_member(query: &SemanticQuery) -> Option<&str> {
    let grouped = query.measures.iter().chain(&query.dimensions).chain(query.time_dimensions.iter().map(|time| &time.dimension));
    let first = grouped.map(String::as_str).next();
    first.or_else(|| query.filters.iter().flat_map(Filter::members).next()).or_else(|| query.segments.first().map(String::as_str))
}

/// The members that a question names, each with the path of its field, in the order in which they say what it is about.
pub(crate) fn members(query: &SemanticQuery) -> Vec<(String, &str)> {
    let mut members = Vec::new();
    members.extend(query.measures.iter().enumerate().map(|(index, member)| (format!("measures[{index}]"), member.as_str())));
    members.extend(query.dimensions.iter().enumerate().map(|(index, member)| (format!("dimensions[{index}]"), member.as_str())));
    members.extend(query.time_dimensions.iter().enumerate().map(|(index, time)| (format!("timeDimensions[{index}].dimension"), time.dimension.as_str())));
    for (index, filter) in query.filters.iter().enumerate() {
        members.extend(filter.members().into_iter().map(|member| (format!("filters[{index}]"), member)));
    }
    members.extend(query.segments.iter().enumerate().map(|(index, member)| (format!("segments[{index}]"), member.as_str())));
    members
}

struct Translating<'a> {
    view: &'a View,
    places: &'a [Place<'a>],
    /// Whether models are called by their own names only.
    plain: bool,
    pairs: Vec<Pair>,
    measured: BTreeSet<usize>,
    grouped: BTreeSet<usize>,
}

impl Translating<'_> {
    fn query(&mut self, query: &SemanticQuery) -> Result<SemanticQuery> {
        let mut translated = query.clone();
        translated.measures = self.list(&query.measures, "measures")?;
        translated.dimensions = self.list(&query.dimensions, "dimensions")?;
        for (index, time) in translated.time_dimensions.iter_mut().enumerate() {
            let TimeDimension { dimension, .. } = time;
            *dimension = self.member(dimension).map_err(|error| error.at(format!("timeDimensions[{index}].dimension")))?;
        }
        for (index, filter) in translated.filters.iter_mut().enumerate() {
            self.filter(filter).map_err(|error| error.at(format!("filters[{index}]")))?;
        }
        translated.segments.clear();
        for (index, member) in query.segments.iter().enumerate() {
            self.segment(member, &mut translated).map_err(|error| error.at(format!("segments[{index}]")))?;
        }
        let (asked, told) = (query.time_columns(), translated.time_columns());
        for (index, (member, _)) in translated.order.iter_mut().enumerate() {
            if let Some(Some(time)) = asked.iter().position(|name| name.as_ref() == Some(&*member)).and_then(|place| told.get(place)) {
                member.clone_from(time);
                continue;
            }
            *member = self.member(member).map_err(|error| error.at(format!("order[{index}]")))?;
        }
        if let Some(Totals::By(lists)) = &mut translated.totals {
            for (index, list) in lists.iter_mut().enumerate() {
                for member in list {
                    *member = self.member(member).map_err(|error| error.at(format!("totals[{index}]")))?;
                }
            }
        }
        if let Some(Top { dimension, by, .. }) = &mut translated.top {
            *dimension = self.member(dimension).map_err(|error| error.at("top.dimension"))?;
            if let Some(by) = by {
                *by = self.member(by).map_err(|error| error.at("top.by"))?;
            }
        }
        translated.pivot = self.list(&query.pivot, "pivot")?;
        Ok(translated)
    }

    fn list(&mut self, members: &[String], path: &str) -> Result<Vec<String>> {
        let translated = members.iter().enumerate().map(|(index, member)| self.member(member).map_err(|error| error.at(format!("{path}[{index}]"))));
        translated.collect()
    }

    /// The name of a member in the view.
    fn own<'m>(&self, member: &'m str) -> Result<&'m str> {
        let prefix = model_of(member)?;
        if prefix != self.view.name {
            return Err(mixed(&self.view.name, member));
        }
        Ok(member.get(prefix.len() + 1..).unwrap_or_default())
    }

    fn member(&mut self, member: &str) -> Result<String> {
        let shown = find(self.view, self.places, self.own(member)?)?;
        let places = if matches!(shown.what, What::Measure(_)) { &mut self.measured } else { &mut self.grouped };
        places.insert(shown.place);
        let base = self.renamed(&shown.member, shown.place);
        if !self.pairs.iter().any(|pair| pair.asked == member) {
            let label = shown.given_label().map(|label| (shown.own_label().to_owned(), label.to_owned()));
            self.pairs.push(Pair { base: base.clone(), asked: member.to_owned(), label, format: shown.given_format().cloned() });
        }
        Ok(base)
    }

    /// A member by the own name of its model, where only that is asked.
    fn renamed(&self, member: &str, place: usize) -> String {
        let place = self.places.iter().find(|known| known.index == place).filter(|_| self.plain);
        match (place, member.split_once('.')) {
            (Some(place), Some((_, name))) => format!("{}.{name}", place.model.name),
            _ => member.to_owned(),
        }
    }

    fn filter(&mut self, filter: &mut Filter) -> Result<()> {
        match filter {
            Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter_mut().try_for_each(|part| self.filter(part)),
            Filter::Condition(Condition { member, .. }) => {
                *member = self.member(member)?;
                Ok(())
            }
        }
    }

    /// A named filter; one of a model that a join calls otherwise is written out.
    fn segment(&mut self, member: &str, translated: &mut SemanticQuery) -> Result<()> {
        let name = self.own(member)?;
        let found: Vec<_> = self
            .places
            .iter()
            .flat_map(|place| place.segments().into_iter().map(move |(its, _, segment)| (place, its, segment)))
            .filter(|(_, its, _)| its == name)
            .collect();
        let (place, segment) = match found.as_slice() {
            [(place, _, segment)] => (*place, *segment),
            [(one, _, first), (other, _, second), ..] => {
                return Err(twice(member, &format!("{}.{}", one.prefix, first.name), &format!("{}.{}", other.prefix, second.name)));
            }
            [] => {
                let known: Vec<String> = self.places.iter().flat_map(Place::segments).map(|(name, ..)| name).collect();
                return Err(Error::invalid(format!("view {} has no segment {name:?}{}", self.view.name, near_names(name, known.iter().map(String::as_str)))));
            }
        };
        self.grouped.insert(place.index);
        if place.is_aliased() && !self.plain {
            translated.filters.extend(joined::as_asked(&segment.filters, place.model, place.prefix));
            return Ok(());
        }
        let base = format!("{}.{}", place.model.name, segment.name);
        self.pairs.push(Pair { base: base.clone(), asked: member.to_owned(), label: None, format: None });
        translated.segments.push(base);
        Ok(())
    }

    /// Whether all that is asked for is of models which joins call otherwise.
    fn asks_aliases_only(&self, translated: &SemanticQuery) -> bool {
        let by_name = |member: &str| model_of(member).is_ok_and(|prefix| self.places.iter().any(|place| place.model.name == prefix));
        let mut asked = translated.dimensions.iter().chain(translated.time_dimensions.iter().map(|time| &time.dimension)).peekable();
        asked.peek().is_some() && !asked.any(|member| by_name(member))
    }
}

/// That a question asks a view and something beside it.
pub(crate) fn mixed(view: &str, member: &str) -> Error {
    let reason = format!("{member:?} is no member of the view {view}, which the rest of the question asks");
    Error::invalid(format!("{reason}; a question asks one view alone, or models: take the member into the view, or ask the models for all of it"))
}
