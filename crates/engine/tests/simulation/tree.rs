//! A file system that keeps apart what was written and what was synced. What is written is seen at once, by everybody on
//! the machine; at a power cut all that counts is what was synced, and of the rest as much as the disk happened to reach:
//!
//! - the bytes of a file that were not synced are there, missing, cut off, or zeros from somewhere on;
//! - of the names that were given, taken and changed in a folder since it was synced, any number took place;
//! - a folder whose own name is lost is lost with all that is in it;
//! - bytes whose sync failed stay lost, even if a later sync says that it succeeded.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::dice::Dice;

#[derive(Debug, Clone)]
struct File {
    content: Bytes,
    synced: bool,
    /// A sync of it has failed.
    spoilt: bool,
    modified_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    File(usize),
    Folder(usize),
}

#[derive(Debug, Clone)]
enum Change {
    Add(String, Entry),
    Remove(String),
    /// From one name to another, never half.
    Rename(String, String, Entry),
}

#[derive(Debug, Clone, Default)]
struct Folder {
    seen: BTreeMap<String, Entry>,
    synced: BTreeMap<String, Entry>,
    since: Vec<Change>,
}

impl Folder {
    fn change(&mut self, change: Change) {
        apply(&mut self.seen, &change);
        self.since.push(change);
    }
}

fn apply(names: &mut BTreeMap<String, Entry>, change: &Change) {
    match change {
        Change::Add(name, entry) => drop(names.insert(name.clone(), *entry)),
        Change::Remove(name) => drop(names.remove(name)),
        Change::Rename(from, to, entry) => {
            names.remove(from);
            names.insert(to.clone(), *entry);
        }
    }
}

/// How a power cut treats what was not synced.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// All of it is lost.
    Nothing,
    /// All of it was written just in time.
    Everything,
    /// What came first is there.
    Beginning,
    Anything,
}

/// The whole of it.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    files: Vec<File>,
    folders: Vec<Folder>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { files: Vec::new(), folders: vec![Folder::default()] }
    }
}

fn parts(path: &Path) -> Vec<&str> {
    path.components().filter_map(|part| if let Component::Normal(name) = part { name.to_str() } else { None }).collect()
}

fn missing() -> Error {
    Error::from(ErrorKind::NotFound)
}

impl Tree {
    fn folder_at(&self, parts: &[&str]) -> Result<usize> {
        parts.iter().try_fold(0, |folder, name| match self.folders[folder].seen.get(*name) {
            Some(Entry::Folder(inner)) => Ok(*inner),
            _ => Err(missing()),
        })
    }

    /// The folder that names a path, and the name.
    fn place<'a>(&self, path: &'a Path) -> Result<(usize, &'a str)> {
        let parts = parts(path);
        let (name, folders) = parts.split_last().ok_or_else(missing)?;
        Ok((self.folder_at(folders)?, name))
    }

    fn entry(&self, path: &Path) -> Result<Entry> {
        let (folder, name) = self.place(path)?;
        self.folders[folder].seen.get(name).copied().ok_or_else(missing)
    }

    pub(crate) fn create(&mut self, path: &Path, content: Bytes, modified_at: DateTime<Utc>) -> Result<()> {
        let (folder, name) = self.place(path)?;
        if self.folders[folder].seen.contains_key(name) {
            return Err(Error::from(ErrorKind::AlreadyExists));
        }
        self.files.push(File { content, synced: false, spoilt: false, modified_at });
        self.folders[folder].change(Change::Add(name.to_owned(), Entry::File(self.files.len() - 1)));
        Ok(())
    }

    pub(crate) fn create_folder(&mut self, path: &Path) -> Result<()> {
        let (folder, name) = self.place(path)?;
        if self.folders[folder].seen.contains_key(name) {
            return Err(Error::from(ErrorKind::AlreadyExists));
        }
        self.folders.push(Folder::default());
        let entry = Entry::Folder(self.folders.len() - 1);
        self.folders[folder].change(Change::Add(name.to_owned(), entry));
        Ok(())
    }

    pub(crate) fn link(&mut self, from: &Path, to: &Path) -> Result<()> {
        let entry = self.entry(from)?;
        let (folder, name) = self.place(to)?;
        if self.folders[folder].seen.contains_key(name) {
            return Err(Error::from(ErrorKind::AlreadyExists));
        }
        self.folders[folder].change(Change::Add(name.to_owned(), entry));
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: &Path, to: &Path) -> Result<()> {
        let entry = self.entry(from)?;
        let ((folder, old), (other, new)) = (self.place(from)?, self.place(to)?);
        assert_eq!(folder, other, "the model knows renames within a folder alone");
        self.folders[folder].change(Change::Rename(old.to_owned(), new.to_owned(), entry));
        Ok(())
    }

    pub(crate) fn remove(&mut self, path: &Path) -> Result<()> {
        let (folder, name) = self.place(path)?;
        match self.folders[folder].seen.get(name) {
            Some(Entry::File(_)) => self.folders[folder].change(Change::Remove(name.to_owned())),
            _ => return Err(missing()),
        }
        Ok(())
    }

    pub(crate) fn sync(&mut self, path: &Path) -> Result<()> {
        match if parts(path).is_empty() { Entry::Folder(0) } else { self.entry(path)? } {
            Entry::File(file) => {
                let file = &mut self.files[file];
                file.synced |= !file.spoilt;
            }
            Entry::Folder(folder) => {
                let folder = &mut self.folders[folder];
                folder.synced = folder.seen.clone();
                folder.since.clear();
            }
        }
        Ok(())
    }

    /// A sync that fails. What a file system keeps of its names in a journal it tries again; bytes it forgets.
    pub(crate) fn spoil(&mut self, path: &Path) {
        if let Ok(Entry::File(file)) = self.entry(path) {
            self.files[file].spoilt = true;
        }
    }

    pub(crate) fn read(&self, path: &Path) -> Option<(Bytes, DateTime<Utc>)> {
        match self.entry(path) {
            Ok(Entry::File(file)) => Some((self.files[file].content.clone(), self.files[file].modified_at)),
            _ => None,
        }
    }

    /// All files below a folder, by name.
    pub(crate) fn list(&self, below: &Path) -> Vec<(String, u64, DateTime<Utc>)> {
        let mut found = Vec::new();
        if let Ok(folder) = self.folder_at(&parts(below)) {
            self.walk(folder, &parts(below).join("/"), &mut found);
        }
        found
    }

    fn walk(&self, folder: usize, prefix: &str, found: &mut Vec<(String, u64, DateTime<Utc>)>) {
        for (name, entry) in &self.folders[folder].seen {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            match entry {
                Entry::Folder(folder) => self.walk(*folder, &path, found),
                // As `object_store` does: what is staged is not an object.
                Entry::File(_) if name.rsplit_once('#').is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit())) => {}
                Entry::File(file) => found.push((path, self.files[*file].content.len() as u64, self.files[*file].modified_at)),
            }
        }
    }

    /// The power goes, and comes back.
    pub(crate) fn cut_power(&mut self, dice: &mut Dice) {
        let manner = *dice.pick(&[Manner::Nothing, Manner::Everything, Manner::Beginning, Manner::Anything, Manner::Anything]);
        for folder in &mut self.folders {
            let mut names = std::mem::take(&mut folder.synced);
            let first = dice.below(folder.since.len() + 1);
            for (index, change) in folder.since.iter().enumerate() {
                let took_place = match manner {
                    Manner::Nothing => false,
                    Manner::Everything => true,
                    Manner::Beginning => index < first,
                    Manner::Anything => dice.one_in(2),
                };
                if took_place {
                    apply(&mut names, change);
                }
            }
            folder.since.clear();
            folder.seen.clone_from(&names);
            folder.synced = names;
        }
        for file in self.files.iter_mut().filter(|file| !file.synced) {
            let length = file.content.len();
            let reached = dice.below(length + 1);
            let torn = match (manner, dice.below(3)) {
                (Manner::Everything, _) => file.content.clone(),
                (Manner::Nothing, _) => Bytes::new(),
                (_, 0) => file.content.slice(..reached),
                // The length was written down, but not all of the bytes.
                (_, 1) => file.content.iter().enumerate().map(|(place, byte)| if place < reached { *byte } else { 0 }).collect(),
                _ => file.content.clone(),
            };
            (file.content, file.synced, file.spoilt) = (torn, true, false);
        }
    }
}

#[test]
fn only_what_is_synced_is_sure_to_be_there_after_a_power_cut() {
    let at = DateTime::UNIX_EPOCH;
    let (mut kept, mut lost, mut torn) = (0, 0, 0);
    for seed in 0..200 {
        let mut tree = Tree::default();
        tree.create_folder(Path::new("/a")).unwrap();
        tree.sync(Path::new("/")).unwrap();
        for name in ["/a/sure", "/a/unsure"] {
            tree.create(Path::new(name), Bytes::from_static(b"0123456789"), at).unwrap();
        }
        tree.sync(Path::new("/a/sure")).unwrap();
        tree.sync(Path::new("/a")).unwrap();
        tree.create(Path::new("/a/unnamed"), Bytes::from_static(b"x"), at).unwrap();
        tree.sync(Path::new("/a/unnamed")).unwrap();
        tree.cut_power(&mut Dice::new(seed));
        assert_eq!(tree.read(Path::new("/a/sure")).unwrap().0, "0123456789");
        torn += u32::from(tree.read(Path::new("/a/unsure")).unwrap().0 != "0123456789");
        match tree.read(Path::new("/a/unnamed")) {
            Some((content, _)) => kept += u32::from(content == "x"),
            None => lost += 1,
        }
    }
    assert!(kept > 50 && lost > 50 && torn > 50, "{kept} {lost} {torn}");
}
