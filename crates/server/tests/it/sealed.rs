//! Uploads of a server whose store is encrypted: nothing of them can be read anywhere on the disk, not while they wait, not while they are
//! loaded, not after a load that failed, and not through the files without names that this process holds open. Nor is a file open that waits.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Server, Who};

const KEY: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
/// Words of the upload, in its header and in its rows.
const WORDS: [&str; 2] = ["plumage", "nightingale"];

async fn server(encrypted: bool) -> Server {
    Server::start_with(|settings| {
        settings.http.max_upload_bytes = 8 << 20;
        if encrypted {
            settings.encryption = serde_json::from_value(json!({"key": KEY})).unwrap();
        }
    })
    .await
}

fn csv(last: &str) -> Vec<u8> {
    let mut text = "plumage,amount\n".to_owned();
    for row in 0..150_000 {
        text.push_str(&format!("nightingale {},{row}\n", row % 1_000));
    }
    text.push_str(last);
    assert!(text.len() > 3 << 20);
    text.into_bytes()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

/// Files below a folder that this process holds open, and whose names end so.
fn open(folder: &Path, end: &str) -> Vec<PathBuf> {
    let folder = folder.canonicalize().unwrap();
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten().map(|entry| entry.path());
    let lies_there = |file: &PathBuf| std::fs::read_link(file).is_ok_and(|link| link.starts_with(&folder) && link.to_string_lossy().ends_with(end));
    open.filter(lies_there).collect()
}

/// Those that have no name.
fn nameless(folder: &Path) -> Vec<PathBuf> {
    open(folder, "(deleted)")
}

/// The first file that holds one of the words.
fn betrayed(server: &Server) -> Option<PathBuf> {
    let folder = server.folder.path();
    let holds = |file: &PathBuf| std::fs::read(file).is_ok_and(|bytes| WORDS.iter().any(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes())));
    files(folder).into_iter().chain(nameless(folder)).find(holds)
}

async fn begin(server: &Server, file: &[u8], dataset: &str) -> Value {
    let upload = server.upload(Who::Editor, "birds.csv", file).await.expect(201).json();
    server.post(Who::Editor, "/loads", json!({"upload_id": upload["upload_id"], "dataset": dataset, "mode": "create"})).await.expect(202).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_upload_can_be_read_on_the_disk() {
    let server = server(true).await;
    let file = csv("");
    let upload = server.upload(Who::Editor, "birds.csv", &file).await.expect(201).json();
    assert_eq!((&upload["size_bytes"], &upload["inference"]["columns"][0]["name"]), (&json!(file.len()), &json!("plumage")));
    let staging = server.folder.path().join("staging");
    let waiting = files(&staging);
    assert!(waiting.len() == 1 && std::fs::metadata(&waiting[0]).unwrap().len() > file.len() as u64, "the upload is there: {waiting:?}");
    assert!(open(&staging, "").is_empty(), "while it waits");
    assert_eq!(betrayed(&server), None, "while it waits");

    let load = server.post(Who::Editor, "/loads", json!({"upload_id": upload["upload_id"], "dataset": "birds", "mode": "create"})).await.expect(202).json();
    let path = format!("/loads/{}", load["id"].as_str().unwrap());
    while server.get(Who::Editor, &path).await.expect(200).json()["state"] == "running" {
        assert_eq!(betrayed(&server), None, "while it is loaded");
    }
    let load = server.finished(Who::Editor, &load).await;
    assert_eq!((&load["state"], &load["report"]["rows"]), (&json!("done"), &json!(150_000)), "{load}");
    assert_eq!(betrayed(&server), None, "when it is loaded");
    assert!(files(&staging).is_empty() && open(&staging, "").is_empty(), "it is gone");

    let broken = begin(&server, &csv("\"never closed,1\n"), "broken").await;
    let broken = server.finished(Who::Editor, &broken).await;
    assert_eq!(broken["state"], "failed", "{broken}");
    assert_eq!(betrayed(&server), None, "after a load that failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_encryption_the_words_are_found() {
    let server = server(false).await;
    server.upload(Who::Editor, "birds.csv", &csv("")).await.expect(201);
    let found = betrayed(&server).expect("the test looks where uploads are");
    assert!(found.starts_with(server.folder.path().join("staging")), "{}", found.display());
}
