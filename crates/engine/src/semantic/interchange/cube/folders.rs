//! Folders of a view of Cube, read. They group what the view shows, so what is not in the view here is in no folder either.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::entry::Entry;
use super::relations::Others;
use super::views::path_of;
use crate::semantic::interchange::notes::Notes;
use crate::semantic::interchange::origins::{Fields, Spot};
use crate::semantic::interchange::sql::Reason;
use crate::semantic::join::Models;
use crate::semantic::view::folders::{Folder, FolderIncludes, FolderItem, FolderPart};
use crate::semantic::view::reach::{Place, places};
use crate::semantic::view::{Every, View};

/// Folders of a view at most, and things in one of them.
const LISTED_MAX: usize = 2_000;
/// Folders within each other at most, as a view has them.
const DEPTH_MAX: usize = 8;

/// Longest name of a folder, as a view has it.
const NAME_MAX_BYTES: usize = 255;

/// What folders may name, and what is told of them.
struct Reading<'r> {
    names: HashSet<String>,
    paths: BTreeSet<&'r str>,
    others: &'r Others,
    /// Folders that may still be read.
    left: usize,
    fields: &'r mut Fields,
    notes: &'r mut Notes,
}

/// Where a folder stands: which of a list of something it is there, and its path here.
struct Standing<'s> {
    within: &'s Spot,
    list: &'static str,
    index: usize,
    field: String,
    depth: usize,
}

/// Reads the folders of a view whose parts have been read.
pub(super) fn read(entry: &Entry, view: &View, others: &Others, models: &Models, fields: &mut Fields, notes: &mut Notes) -> Vec<Folder> {
    let list = match entry.get("folders") {
        Some(Value::Array(list)) => list,
        Some(_) => {
            notes.left_out(&entry.spot.part("folders"), "it is no list");
            return Vec::new();
        }
        None => return Vec::new(),
    };
    let places = places(view, models);
    let segments = places.iter().flat_map(Place::segments).map(|(name, ..)| name);
    let names = places.iter().flat_map(Place::members).map(|shown| shown.name).chain(segments).collect();
    let paths = view.include.iter().map(|include| include.path.as_str()).collect();
    let mut reading = Reading { names, paths, others, left: LISTED_MAX, fields, notes };
    let (mut folders, mut taken) = (Vec::new(), BTreeSet::new());
    for (index, value) in list.iter().enumerate() {
        let standing = Standing { within: &entry.spot, list: "folders", index, field: format!("folders[{}]", folders.len()), depth: 1 };
        folders.extend(reading.folder(value, &standing, &mut taken));
    }
    folders
}

impl Reading<'_> {
    /// A folder, or what keeps it out is told. `taken`: names of those beside it.
    fn folder(&mut self, value: &Value, standing: &Standing<'_>, taken: &mut BTreeSet<String>) -> Option<Folder> {
        let Standing { within, list, index, field, depth } = standing;
        let at = format!("{list}[{index}]");
        let entry = Entry::new(value.clone());
        let name = entry.as_ref().and_then(|entry| entry.text("name").ok().flatten()).filter(|name| !name.is_empty() && name.len() <= NAME_MAX_BYTES);
        let (Some(entry), Some(name)) = (entry, name) else {
            self.notes.left_out(&within.part(&at), format!("it has no name of 1 to {NAME_MAX_BYTES} bytes"));
            return None;
        };
        let spot = within.inner(&at, &format!("{list}.{name}"));
        match self.includes(&entry, &spot, field, *depth) {
            Ok(_) if !taken.insert(name.clone()) => self.notes.left_out(&spot, "a folder of this name stands before it"),
            Ok(includes) => {
                self.fields.add(field.clone(), spot);
                return Some(Folder { name, includes });
            }
            Err(reason) => self.notes.left_out(&spot, reason),
        }
        None
    }

    fn includes(&mut self, entry: &Entry, spot: &Spot, field: &str, depth: usize) -> Result<FolderIncludes, Reason> {
        entry.known(&[&["name", "includes"]])?;
        self.left = self
            .left
            .checked_sub(1)
            .filter(|_| depth <= DEPTH_MAX)
            .ok_or_else(|| format!("a view has {LISTED_MAX} folders, {DEPTH_MAX} within each other"))?;
        match entry.get("includes") {
            Some(Value::String(all)) if all == "*" => Ok(FolderIncludes::Every(Every::Star)),
            Some(Value::Array(list)) => {
                let items = self.items(list, spot, field, depth);
                if items.is_empty() { Err("nothing in it is in the view".to_owned()) } else { Ok(FolderIncludes::Listed(items)) }
            }
            _ => Err("its includes are neither \"*\" nor a list".to_owned()),
        }
    }

    fn items(&mut self, list: &[Value], spot: &Spot, field: &str, depth: usize) -> Vec<FolderItem> {
        let (mut items, mut taken): (Vec<FolderItem>, _) = (Vec::new(), BTreeSet::new());
        for (index, value) in list.iter().take(LISTED_MAX).enumerate() {
            let at = format!("includes[{index}]");
            let field = format!("{field}.includes[{}]", items.len());
            let item = match value {
                Value::String(name) => self.member(name, spot.inner(&at, &format!("includes.{name}")), field),
                Value::Object(map) if map.contains_key("join_path") || map.contains_key("joinPath") => self.part(value, spot.part(&at), field),
                _ => {
                    let standing = Standing { within: spot, list: "includes", index, field, depth: depth + 1 };
                    self.folder(value, &standing, &mut taken).map(FolderItem::Folder)
                }
            };
            // What stands twice in a folder is shown once there.
            match item {
                Some(item) if !items.contains(&item) => items.push(item),
                _ => {}
            }
        }
        items
    }

    fn member(&mut self, name: &str, spot: Spot, field: String) -> Option<FolderItem> {
        if !self.names.contains(name) {
            self.notes.left_out(&spot, "it is no member of the view here");
            return None;
        }
        self.fields.add(field, spot);
        Some(FolderItem::Member(name.to_owned()))
    }

    /// All members of one cube.
    fn part(&mut self, value: &Value, spot: Spot, field: String) -> Option<FolderItem> {
        let path = Entry::new(value.clone()).ok_or_else(|| "it is no map".to_owned()).and_then(|entry| {
            entry.known(&[&["join_path"]])?;
            path_of(&entry.text("join_path")?.ok_or("it has no join_path")?, self.others)
        });
        let path = path.and_then(|path| if self.paths.contains(path.as_str()) { Ok(path) } else { Err(format!("the view takes nothing from {path} here")) });
        match path {
            Ok(path) => {
                self.fields.add(field, spot);
                Some(FolderItem::Part(FolderPart { path }))
            }
            Err(reason) => {
                self.notes.left_out(&spot, reason);
                None
            }
        }
    }
}
