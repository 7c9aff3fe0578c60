//! Where the paths of a view lead, and what is there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Include, Members, View, ViewMember};
use crate::error::{Error, Result, near_names};
use crate::semantic::join::{Models, Relationship};
use crate::semantic::model::{Dimension, Measure, Model, NamedFilter};

/// Joins of a path at most.
const STEPS_MAX: usize = 6;

/// One join of a path, in the direction of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub from: String,
    pub to: String,
    /// Columns here and there.
    pub keys: Vec<(String, String)>,
    /// Whether a row here meets at most one there.
    pub to_one: bool,
    /// Whether a row there meets at most one here.
    pub back_to_one: bool,
}

/// The model at the end of a path, and what the view takes from it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub include: &'a Include,
    /// Its place in the view.
    pub index: usize,
    /// What the model is called in questions: by its name, or as the last join calls it.
    pub prefix: &'a str,
    pub model: &'a Model,
    pub(super) way: Vec<Stretch>,
}

/// What a member of a view is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'a> {
    Dimension(&'a Dimension),
    Measure(&'a Measure),
}

/// What a model says of a member: its description and its meta.
pub(super) type Words<'a> = (Option<&'a String>, Option<&'a Map<String, Value>>);

/// A member of a view.
#[derive(Debug, Clone)]
pub(crate) struct Shown<'a> {
    /// Its name in the view.
    pub name: String,
    /// `model.member` in questions of models.
    pub member: String,
    /// What the view says of it, where it lists it.
    pub said: Option<&'a ViewMember>,
    pub what: What<'a>,
    pub place: usize,
}

impl<'a> Shown<'a> {
    /// What people read.
    pub(crate) fn label(&self) -> &'a str {
        self.given_label().unwrap_or_else(|| self.own_label())
    }

    /// What the view calls it for people, where it says so.
    pub(crate) fn given_label(&self) -> Option<&'a str> {
        self.said.and_then(|said| said.label.as_deref())
    }

    /// The format that the view gives it.
    pub(crate) fn given_format(&self) -> Option<&'a String> {
        self.said.and_then(|said| said.format.as_ref())
    }

    /// That of the view, or else of the model.
    pub(crate) fn format(&self) -> Option<&'a String> {
        self.given_format().or(match self.what {
            What::Dimension(dimension) => dimension.format.as_ref(),
            What::Measure(measure) => measure.format.as_ref(),
        })
    }

    /// What the model says of it.
    pub(super) fn own_words(&self) -> Words<'a> {
        match self.what {
            What::Dimension(dimension) => (dimension.description.as_ref(), dimension.meta.as_ref()),
            What::Measure(measure) => (measure.description.as_ref(), measure.meta.as_ref()),
        }
    }

    /// Whether people are offered it: what a view lists by its name is, and what comes with all others is as the model says.
    pub(super) fn is_offered(&self) -> bool {
        let own = match self.what {
            What::Dimension(dimension) => dimension.public,
            What::Measure(measure) => measure.public,
        };
        own || self.said.is_some()
    }

    /// What people read in the model.
    pub(crate) fn own_label(&self) -> &'a str {
        match self.what {
            What::Dimension(dimension) => &dimension.label,
            What::Measure(measure) => &measure.label,
        }
    }
}

/// Walks a path.
///
/// # Errors
/// `Invalid` with near names where a join or a model is not there.
pub(crate) fn walk<'i, 'm>(include: &'i Include, models: &'m Models) -> Result<(&'i str, &'m Model, Vec<Stretch>)> {
    let (root, steps) = include.steps();
    let unknown = |name: &str| Error::invalid(format!("there is no model {name:?}{}", near_names(name, models.keys().map(String::as_str))));
    let mut at: &Model = models.get(root).ok_or_else(|| unknown(root))?;
    if steps.len() > STEPS_MAX {
        return Err(Error::invalid(format!("the path {} has {} joins; at most {STEPS_MAX} are followed", include.path, steps.len())));
    }
    let (mut prefix, mut way) = (root, Vec::new());
    for step in steps {
        let stretch = stretch(at, step, models)?;
        at = models.get(&stretch.to).ok_or_else(|| unknown(&stretch.to))?;
        prefix = step;
        way.push(stretch);
    }
    Ok((prefix, at, way))
}

/// A join of a model, or one that another model declares to it.
fn stretch(from: &Model, step: &str, models: &Models) -> Result<Stretch> {
    if let Some(join) = from.joins.iter().find(|join| join.name == step) {
        return Ok(Stretch {
            from: from.name.clone(),
            to: join.target().to_owned(),
            keys: join.on.iter().map(|key| (key.column.clone(), key.other.clone())).collect(),
            to_one: join.relationship != Relationship::OneToMany,
            back_to_one: join.relationship != Relationship::ManyToOne,
        });
    }
    let declared = models.get(step).map(|other| other.joins.iter().filter(|join| join.target() == from.name).collect::<Vec<_>>()).unwrap_or_default();
    match declared.as_slice() {
        [join] => Ok(Stretch {
            from: from.name.clone(),
            to: step.to_owned(),
            keys: join.on.iter().map(|key| (key.other.clone(), key.column.clone())).collect(),
            to_one: join.relationship != Relationship::ManyToOne,
            back_to_one: join.relationship != Relationship::OneToMany,
        }),
        [] => {
            let near = near_names(step, from.joins.iter().map(|join| join.name.as_str()));
            Err(Error::invalid(format!("{} has no join {step:?}, and no model {step:?} has one to it{near}", from.name)))
        }
        several => {
            let names = several.iter().map(|join| join.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Error::invalid(format!("{step} has several joins to {} ({names}); declare in {0} the one that is meant, under a name of its own", from.name)))
        }
    }
}

/// The models that the paths of a view lead to, as far as they can be followed over these, and the next ones.
pub(crate) fn named_models(view: &View, models: &Models) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for include in &view.include {
        let (root, steps) = include.steps();
        let mut at = root.to_owned();
        names.insert(at.clone());
        for step in steps.into_iter().take(STEPS_MAX) {
            let Some(model) = models.get(&at) else { break };
            // A step that is no join may be a model that has one to here.
            at = model.joins.iter().find(|join| join.name == step).map_or(step, |join| join.target()).to_owned();
            names.insert(at.clone());
        }
    }
    names
}

/// The places of a view that can be reached over these models.
pub(crate) fn places<'a>(view: &'a View, models: &'a Models) -> Vec<Place<'a>> {
    (0..view.include.len()).filter_map(|index| place(view, index, models).ok()).collect()
}

/// One of them.
///
/// # Errors
/// As [`walk`].
pub(super) fn place<'a>(view: &'a View, index: usize, models: &'a Models) -> Result<Place<'a>> {
    let include = view.include.get(index).ok_or_else(|| Error::internal("a part of a view that is not there"))?;
    let (prefix, model, way) = walk(include, models)?;
    Ok(Place { include, index, prefix, model, way })
}

impl<'a> Place<'a> {
    /// Whether the last join calls the model otherwise than by its name. Its measures are those of the model itself.
    pub(crate) fn is_aliased(&self) -> bool {
        self.prefix != self.model.name
    }

    /// All members, in the order of the view.
    pub(crate) fn members(&self) -> Vec<Shown<'a>> {
        match &self.include.members {
            Members::Every(_) => {
                let beginning = self.include.beginning();
                let model = self.model;
                let names = model.dimensions.iter().map(|dimension| &dimension.name).chain(model.measures.iter().map(|measure| &measure.name));
                names.filter_map(|name| self.shown(name, format!("{beginning}{name}"), None)).collect()
            }
            Members::Named(list) => list.iter().filter_map(|member| self.shown(&member.name, self.name_of(member), Some(member))).collect(),
        }
    }

    /// The member that the view calls so.
    pub(super) fn find(&self, name: &str) -> Option<Shown<'a>> {
        match &self.include.members {
            Members::Every(_) => self.shown(name.strip_prefix(&self.include.beginning())?, name.to_owned(), None),
            Members::Named(list) => {
                let named = list.iter().filter(|member| self.name_of(member) == name);
                named.filter_map(|member| self.shown(&member.name, name.to_owned(), Some(member))).next()
            }
        }
    }

    /// The named filters, each with its name in the view and what people read.
    pub(crate) fn segments(&self) -> Vec<(String, &'a str, &'a NamedFilter)> {
        let find = |name: &str| self.model.segments.iter().find(|segment| segment.name == name);
        match &self.include.members {
            Members::Every(_) => {
                let beginning = self.include.beginning();
                let kept = self.model.segments.iter().filter(|segment| !self.include.except.contains(&segment.name));
                kept.map(|segment| (format!("{beginning}{}", segment.name), segment.label.as_str(), segment)).collect()
            }
            Members::Named(list) => {
                let found = list.iter().filter_map(|member| Some((self.name_of(member), member.label.as_deref(), find(&member.name)?)));
                found.map(|(name, label, segment)| (name, label.unwrap_or(&segment.label), segment)).collect()
            }
        }
    }

    /// What the view says of what it calls so, where it lists it.
    pub(super) fn said(&self, name: &str) -> Option<&'a ViewMember> {
        match &self.include.members {
            Members::Every(_) => None,
            Members::Named(list) => list.iter().find(|member| self.name_of(member) == name),
        }
    }

    /// What a member is called in the view.
    pub(super) fn name_of(&self, member: &ViewMember) -> String {
        format!("{}{}", self.include.beginning(), member.alias.as_ref().unwrap_or(&member.name))
    }

    fn shown(&self, own: &str, name: String, said: Option<&'a ViewMember>) -> Option<Shown<'a>> {
        if matches!(self.include.members, Members::Every(_)) && self.include.except.iter().any(|except| except == own) {
            return None;
        }
        let dimension = self.model.dimensions.iter().find(|dimension| dimension.name == own).map(What::Dimension);
        let measure = || self.model.measures.iter().find(|measure| measure.name == own).filter(|_| !self.is_aliased()).map(What::Measure);
        let what = dimension.or_else(measure)?;
        Some(Shown { name, member: format!("{}.{own}", self.prefix), said, what, place: self.index })
    }
}
