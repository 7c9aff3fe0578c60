//! Views of Cube, read. Their paths and names are ours too; what a view would show otherwise than Cube does is left out.

use std::sync::Arc;

use serde_json::Value;

use super::entry::Entry;
use super::relations::Others;
use super::{WORDS, description_of, folders, format_of, meta_of};
use crate::ids::DatasetName;
use crate::semantic::generate::humanised;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::interchange::origins::{Fields, Origins, Spot};
use crate::semantic::interchange::sql::Reason;
use crate::semantic::join::Models;
use crate::semantic::model::Model;
use crate::semantic::view::{Every, Include, Members, View, ViewMember, check};

/// Keys of a view that are read.
const KEYS: &[&str] = &["name", "title", "description", "cubes", "public", "shown", "access_policy", "folders"];
/// Keys of a member that are read.
const MEMBER_KEYS: &[&str] = &["name", "alias", "title", "description", "format", "currency", "meta"];
/// Those whose value changes no number and has no place.
const SILENT: &[&str] = &["ai_context", "aliases"];
/// Cubes of a view, and members of each, at most.
const LISTED_MAX: usize = 2_000;

/// Reads the views over the models that were read.
pub(super) fn read(entries: Vec<Entry>, others: &Others, models: &[Model], origins: &mut Origins, notes: &mut Notes) -> Vec<View> {
    let models: Models = models.iter().map(|model| (model.name.clone(), Arc::new(model.clone()))).collect();
    let mut views: Vec<View> = Vec::new();
    for entry in entries {
        let name = entry.name().unwrap_or_default().to_owned();
        match view(&entry, &name, others, &models, notes) {
            Ok(_) if views.iter().any(|other| other.name == name) => notes.left_out(&entry.spot, "a view of this name stands before it"),
            Ok((view, fields)) => match check::check(&view, &models) {
                Ok(()) => {
                    silent(&entry, notes);
                    origins.add(&name, fields);
                    views.push(view);
                }
                // The view is left out, and the line is of its part that is wrong.
                Err(error) => {
                    let spot = fields.nearest(error.field().unwrap_or_default()).unwrap_or_default().called(&entry.spot.path);
                    notes.left_out(&spot, error);
                }
            },
            Err(reason) => notes.left_out(&entry.spot, reason),
        }
    }
    views
}

/// What has no place in a view that is taken over.
fn silent(entry: &Entry, notes: &mut Notes) {
    if entry.has("access_policy") {
        notes.left_out(&entry.spot.part("access_policy"), "access policies are not taken over; write them into the models before others may ask the view");
    }
    for key in entry.among(&["meta", "ai_context"]) {
        notes.dropped(&entry.spot.path, &entry.spot, key);
    }
}

/// A view that may be one, and where its parts were read from.
fn view(entry: &Entry, name: &str, others: &Others, models: &Models, notes: &mut Notes) -> Result<(View, Fields), Reason> {
    entry.known(&[KEYS, &["meta", "ai_context"]])?;
    if entry.is_hidden() {
        return Err("Cube hides it from those who ask (public), and a view hides nothing".to_owned());
    }
    DatasetName::parse(name).map_err(|_| "the name of a view has small letters, digits and _ and begins with a letter".to_owned())?;
    if models.contains_key(name) {
        return Err(format!("the model {name} has its name; call the view otherwise"));
    }
    let Some(Value::Array(cubes)) = entry.get("cubes") else { return Err("it names no cubes; list them with their join_path".to_owned()) };
    let mut include = Vec::new();
    let mut fields = Fields::new(&entry.spot).called(WORDS);
    for (index, cube) in cubes.iter().take(LISTED_MAX).enumerate() {
        let spot = entry.spot.part(&format!("cubes[{index}]"));
        let cube = Entry::new(cube.clone()).map(|cube| cube.standing(spot.clone())).ok_or_else(|| "it is no map".to_owned());
        match cube.and_then(|cube| part(&cube, &entry.spot.path, others, models, notes)) {
            Ok((part, members)) => {
                let field = format!("include[{}]", include.len());
                for (place, member) in members.into_iter().enumerate() {
                    fields.add(format!("{field}.members[{place}]"), member);
                }
                fields.add(field, spot);
                include.push(part);
            }
            Err(reason) => notes.left_out(&spot, reason),
        }
    }
    let (label, description) = (entry.title().unwrap_or_else(|| humanised(name)), description_of(entry));
    let mut view = View { name: name.to_owned(), label, description, version: 0, include, folders: Vec::new() };
    view.folders = folders::read(entry, &view, others, models, &mut fields, notes);
    Ok((view, fields))
}

/// A part of the view of a path, and where the members that it lists were read from.
fn part(cube: &Entry, view: &str, others: &Others, models: &Models, notes: &mut Notes) -> Result<(Include, Vec<Spot>), Reason> {
    cube.known(&[&["join_path", "includes", "excludes", "prefix", "alias", "split"]])?;
    if cube.get("split").is_some_and(|split| *split != Value::Bool(false)) {
        return Err("it is to be a view of its own (split); write it as one".to_owned());
    }
    let join_path = cube.text("join_path")?.ok_or("it has no join_path")?;
    let root = join_path.split('.').next().unwrap_or_default();
    let path = path_of(&join_path, others)?;
    let mut include = Include {
        members: Members::Every(Every::Star),
        except: texts(cube.get("excludes"), "excludes")?,
        prefix: cube.get("prefix") == Some(&Value::Bool(true)),
        alias: cube.text("alias")?,
        path,
    };
    if include.prefix && root == join_path && root != include.path {
        include.alias.get_or_insert_with(|| root.to_owned());
    }
    let (_, model, _) = crate::semantic::view::reach::walk(&include, models).map_err(|error| error.message().to_owned())?;
    let is_there = |name: &str| {
        let members = model.dimensions.iter().map(|dimension| &dimension.name).chain(model.measures.iter().map(|measure| &measure.name));
        members.chain(model.segments.iter().map(|segment| &segment.name)).any(|known| known == name)
    };
    let has_values = |name: &str| model.dimensions.iter().any(|known| known.name == name) || model.measures.iter().any(|known| known.name == name);
    let is_hierarchy = |name: &str| model.hierarchies.iter().any(|hierarchy| hierarchy.name == name);
    include.except.retain(|name| is_there(name));
    let mut spots = Vec::new();
    match cube.get("includes") {
        Some(Value::String(all)) if all == "*" => {}
        Some(Value::Array(list)) => {
            let mut members = Vec::new();
            for (index, item) in list.iter().take(LISTED_MAX).enumerate() {
                let at = format!("includes[{index}]");
                match member(item, cube, &at, view, notes) {
                    // Those of the models are there wherever their levels are.
                    Ok((member, _)) if is_hierarchy(&member.name) => {}
                    Ok((member, spot)) if !is_there(&member.name) => notes.left_out(&spot, format!("it is not in the model {}", model.name)),
                    Ok((member, _)) if include.except.contains(&member.name) => {}
                    Ok((mut member, spot)) => {
                        member.format = member.format.filter(|_| has_values(&member.name));
                        members.push(member);
                        spots.push(spot);
                    }
                    Err(reason) => notes.left_out(&cube.spot.part(&at), reason),
                }
            }
            if members.is_empty() {
                return Err("none of its members is in the model".to_owned());
            }
            include.except.clear();
            include.members = Members::Named(members);
        }
        _ => return Err("its includes are neither \"*\" nor a list".to_owned()),
    }
    Ok((include, spots))
}

fn member(item: &Value, cube: &Entry, at: &str, view: &str, notes: &mut Notes) -> Result<(ViewMember, Spot), Reason> {
    let standing = |name: &str| cube.spot.inner(at, &format!("includes.{name}"));
    if let Value::String(name) = item {
        return Ok((ViewMember::named(name.as_str()), standing(name)));
    }
    let entry = Entry::new(item.clone()).ok_or("it is neither a name nor a map")?;
    entry.known(&[MEMBER_KEYS, SILENT])?;
    let name = entry.text("name")?.ok_or("it has no name")?;
    let entry = entry.standing(standing(&name));
    for key in entry.among(SILENT) {
        notes.dropped(view, &entry.spot, key);
    }
    let meta = meta_of(&entry, notes);
    let format = format_of(&entry, view, notes);
    let member = ViewMember { alias: entry.text("alias")?, label: entry.title(), description: description_of(&entry), format, meta, name };
    Ok((member, entry.spot))
}

/// A path that begins with the dataset of its first cube.
pub(super) fn path_of(join_path: &str, others: &Others) -> Result<String, Reason> {
    let (root, rest) = join_path.split_once('.').map_or((join_path, None), |(root, rest)| (root, Some(rest)));
    let (dataset, _) = others.get(root).ok_or_else(|| format!("the cube {root} is not among those that are read; read their files together"))?;
    Ok(rest.map_or_else(|| dataset.clone(), |rest| format!("{dataset}.{rest}")))
}

fn texts(value: Option<&Value>, key: &str) -> Result<Vec<String>, Reason> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("{key} holds what is no name"))).collect(),
        Some(_) => Err(format!("{key} is no list")),
    }
}
