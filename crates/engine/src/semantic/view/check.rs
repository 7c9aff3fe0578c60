//! Whether a view can be asked: its paths lead somewhere, each name means one thing, and a question of the models goes the very
//! way that the paths tell. That last is what a view promises: `sales.country` is the country of the order's customer, whichever
//! measure it is asked with.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::{Place, Stretch, What, place};
use super::{Members, View, folders};
use crate::error::{Error, Result, near_names};
use crate::semantic::join::{Models, way};
use crate::semantic::words;

/// A model that a way comes to, and the columns that lead there.
type Step = (String, Vec<(String, String)>);

/// Parts of a view at most.
const INCLUDES_MAX: usize = 50;
/// Members that a part lists at most.
const NAMED_MAX: usize = 2_000;

/// Checks a view against the models that it is about, and those that their joins lead to.
///
/// # Errors
/// `Invalid` with the path of what is wrong first.
pub(crate) fn check(view: &View, models: &Models) -> Result<()> {
    if view.include.is_empty() {
        return Err(Error::invalid("a view takes members from one model at least").at("include"));
    }
    if view.include.len() > INCLUDES_MAX {
        return Err(Error::exhausted(format!("a view has at most {INCLUDES_MAX} parts")).at("include"));
    }
    for (index, include) in view.include.iter().enumerate() {
        if include.steps().0 != view.root() {
            let reason = format!("all paths of a view begin with one model, here {}: {} does not", view.root(), include.path);
            return Err(Error::invalid(reason).at(format!("include[{index}].path")));
        }
    }
    check_words(view)?;
    match problems(view, models).into_iter().next() {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// Checks what is said of the view and the members that it lists.
fn check_words(view: &View) -> Result<()> {
    words::check("", view.description.as_ref(), None)?;
    for (index, include) in view.include.iter().enumerate() {
        let Members::Named(list) = &include.members else { continue };
        for (number, member) in list.iter().enumerate() {
            words::check(&format!("include[{index}].members[{number}]"), member.description.as_ref(), member.meta.as_ref())?;
        }
    }
    Ok(())
}

/// What is wrong with a view over these models, each with its path.
pub(crate) fn problems(view: &View, models: &Models) -> Vec<Error> {
    let (mut problems, mut places) = (Vec::new(), Vec::new());
    for index in 0..view.include.len() {
        match place(view, index, models) {
            Ok(place) => {
                check_members(&place, &mut problems);
                places.push(place);
            }
            Err(error) => problems.push(error.at(format!("include[{index}].path"))),
        }
    }
    check_names(&places, &mut problems);
    folders::check(view, &places, &mut problems);
    check_ways(view, &places, models, &mut problems);
    problems
}

/// Whether what a part names is there.
fn check_members(place: &Place<'_>, problems: &mut Vec<Error>) {
    let (model, include) = (place.model, place.include);
    let known = || {
        let members = model.dimensions.iter().map(|dimension| dimension.name.as_str()).chain(model.measures.iter().map(|measure| measure.name.as_str()));
        members.chain(model.segments.iter().map(|segment| segment.name.as_str()))
    };
    let has_values = |name: &str| model.dimensions.iter().any(|dimension| dimension.name == name) || model.measures.iter().any(|measure| measure.name == name);
    let missing = |name: &str| Error::invalid(format!("{} has no member {name:?}{}", model.name, near_names(name, known())));
    let at = |part: &str, place_in: usize| format!("include[{}].{part}[{place_in}]", place.index);
    for (number, name) in include.except.iter().enumerate().filter(|(_, name)| !known().any(|known| known == name.as_str())) {
        problems.push(missing(name).at(at("except", number)));
    }
    let Members::Named(list) = &include.members else { return };
    if !include.except.is_empty() {
        problems.push(Error::invalid("except leaves out of \"*\", and members are listed here").at(format!("include[{}].except", place.index)));
    }
    if list.is_empty() || list.len() > NAMED_MAX {
        problems.push(Error::invalid(format!("a part of a view lists 1 to {NAMED_MAX} members")).at(format!("include[{}].members", place.index)));
    }
    for (number, member) in list.iter().enumerate() {
        if !known().any(|known| known == member.name) {
            problems.push(missing(&member.name).at(at("members", number)));
        } else if place.is_aliased() && model.measures.iter().any(|measure| measure.name == member.name) {
            let reason = format!("{} is a measure of {}, which counts all of its rows and not those that {} leads to", member.name, model.name, include.path);
            problems.push(Error::invalid(format!("{reason}; take dimensions from this path, or the measure from a path that ends with {}", model.name)).at(at("members", number)));
        } else if member.format.is_some() && !has_values(&member.name) {
            problems.push(Error::invalid(format!("{} is a named filter, which has no values to write in a format", member.name)).at(format!("{}.format", at("members", number))));
        }
    }
}

/// Whether each name means one thing, and each thing has one name.
fn check_names(places: &[Place<'_>], problems: &mut Vec<Error>) {
    let (mut names, mut members, mut segments) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for place in places {
        let at = |error: Error| error.at(format!("include[{}]", place.index));
        for shown in place.members() {
            if shown.name.is_empty() || shown.name.contains('.') || shown.name.len() > 255 {
                problems.push(at(Error::invalid(format!("member name {:?} is not valid: use 1 to 255 bytes without dots", shown.name))));
            }
            if let Some(other) = names.insert(shown.name.clone(), shown.member.clone()) {
                problems.push(at(twice(&shown.name, &other, &shown.member)));
            } else if let Some(other) = members.insert(shown.member.clone(), shown.name.clone()) {
                problems.push(at(Error::invalid(format!("{} is in the view twice, as {other} and as {}; leave one of them out", shown.member, shown.name))));
            }
        }
        for (name, _, segment) in place.segments() {
            let member = format!("{}.{}", place.prefix, segment.name);
            if let Some(other) = segments.insert(name.clone(), member.clone()) {
                problems.push(at(twice(&name, &other, &member)));
            }
        }
    }
}

/// That a name means two things.
pub(super) fn twice(name: &str, one: &str, other: &str) -> Error {
    Error::invalid(format!("{name} would be both {one} and {other}; give one of them an alias, or its part of the view a prefix"))
}

/// Whether questions of the models go the ways of the paths: from the first model, and from each that has measures in the view.
fn check_ways(view: &View, places: &[Place<'_>], models: &Models, problems: &mut Vec<Error>) {
    let Some(root) = models.get(view.root()) else { return };
    let is_measure = |what: What<'_>| matches!(what, What::Measure(_));
    let has_measures = |place: &&Place<'_>| place.members().iter().any(|shown| is_measure(shown.what));
    let has_others = |place: &&Place<'_>| !place.segments().is_empty() || place.members().iter().any(|shown| !is_measure(shown.what));
    let nothing: &[Stretch] = &[];
    let mut from: Vec<(&str, &[Stretch])> = vec![(root.name.as_str(), nothing)];
    from.extend(places.iter().filter(|place| !place.way.is_empty()).filter(has_measures).map(|place| (place.model.name.as_str(), place.way.as_slice())));
    for to in places.iter().filter(has_others) {
        for (start, its) in &from {
            if let Some(differs) = differs(start, its, to, models, true) {
                problems.push(differs.at(format!("include[{}].path", to.index)));
            }
        }
    }
}

/// Checks once more for what a question asks: models may have changed under the view since it was saved, and without measures any
/// of the models that are named may be the one whose rows say which groups there are.
///
/// # Errors
/// `Invalid` where the question would go another way than the paths of the view lead.
pub(crate) fn check_asked(places: &[Place<'_>], models: &Models, measured: &BTreeSet<usize>, grouped: &BTreeSet<usize>) -> Result<()> {
    let starts = if measured.is_empty() { grouped } else { measured };
    for to in places.iter().filter(|place| grouped.contains(&place.index)) {
        for from in places.iter().filter(|place| starts.contains(&place.index) && !place.is_aliased()) {
            // A model that has no way to all the others is not begun with.
            if let Some(differs) = differs(&from.model.name, &from.way, to, models, !measured.is_empty()) {
                return Err(if measured.is_empty() { differs.context("without a measure") } else { differs });
            }
        }
    }
    Ok(())
}

/// How the way of a question from one model to a place is another one than that of the paths. `must`: there has to be one.
fn differs(start: &str, its: &[Stretch], to: &Place<'_>, models: &Models, must: bool) -> Option<Error> {
    let told = along(its, &to.way);
    let taken = if to.prefix == start { Ok(Vec::new()) } else { way(start, to.prefix, models) };
    if !must && taken.is_err() {
        return None;
    }
    let taken_keys = taken.as_ref().ok().map(|way| way.iter().map(|step| (step.target.as_str(), step.keys.as_slice())).collect::<Vec<_>>());
    let told_keys = told.as_ref().map(|way| way.iter().map(|(target, keys)| (target.as_str(), keys.as_slice())).collect::<Vec<_>>());
    if taken_keys == told_keys {
        return None;
    }
    let shown = |way: &[String]| std::iter::once(start.to_owned()).chain(way.iter().cloned()).collect::<Vec<_>>().join(" > ");
    let taken = match taken {
        Ok(way) => {
            let way = shown(&way.iter().map(|step| step.name.clone()).collect::<Vec<_>>());
            format!("a question goes {way}; give the last join of the path a name that no other way has")
        }
        Err(error) => error.message().to_owned(),
    };
    let told =
        told.map_or_else(|| "the path leads to many rows".to_owned(), |way| format!("the path leads {}", shown(&way.into_iter().map(|(target, _)| target).collect::<Vec<_>>())));
    Some(Error::invalid(format!("{} for measures of {start}: {told}, but {taken}", to.include.path)))
}

/// The way from the end of one path to the end of another: back to where they part, and on. `None`: a row meets many on it.
fn along(from: &[Stretch], to: &[Stretch]) -> Option<Vec<Step>> {
    let shared = from.iter().zip(to).take_while(|(one, other)| one == other).count();
    let back = from.get(shared..).unwrap_or_default().iter().rev().map(|stretch| {
        let keys = stretch.keys.iter().map(|(here, there)| (there.clone(), here.clone())).collect();
        stretch.back_to_one.then(|| (stretch.from.clone(), keys))
    });
    let on = to.get(shared..).unwrap_or_default().iter().map(|stretch| stretch.to_one.then(|| (stretch.to.clone(), stretch.keys.clone())));
    back.chain(on).collect()
}
