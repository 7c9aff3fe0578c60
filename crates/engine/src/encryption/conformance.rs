//! The encrypted store behaves as a store, over the stores that we use, and never gives anything but what was put.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use proptest::prelude::*;

use super::format::{CHUNK_BYTES, HEADER_BYTES, SEALED_BYTES, stored_size};
use super::{EncryptedStore, KeyKeeper, KeyProvider, MasterKeys};
use crate::clock::SystemClock;
use crate::error::{Error, ErrorKind};
use crate::storage::DurableLocalStore;

const KEY: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
const NEW_KEY: &str = "02b4c6d8eaf01325476981abcde0f1234c5b6a798897a6b5c4d3e2f10e1d2c3b";
const CHUNK: usize = CHUNK_BYTES as usize;

fn open_with(inner: &Arc<dyn ObjectStore>, keys: &str) -> (EncryptedStore, Arc<KeyKeeper>) {
    let provider: Arc<dyn KeyProvider> = Arc::new(MasterKeys::parse(keys).unwrap());
    let keeper = Arc::new(KeyKeeper::new(Arc::clone(inner), provider, Arc::new(SystemClock)));
    (EncryptedStore::new(Arc::clone(inner), Arc::clone(&keeper)), keeper)
}

fn memory() -> (Arc<dyn ObjectStore>, EncryptedStore) {
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (store, _) = open_with(&inner, KEY);
    (inner, store)
}

fn at(name: &str) -> Path {
    Path::from(name)
}

/// Bytes of which no two stretches are alike.
fn bytes(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    (0..size)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

async fn raw(inner: &dyn ObjectStore, name: &str) -> Vec<u8> {
    inner.get(&at(name)).await.unwrap().bytes().await.unwrap().to_vec()
}

async fn read(store: &EncryptedStore, name: &str) -> Result<Bytes, Error> {
    Ok(store.get(&at(name)).await?.bytes().await?)
}

/// What every store does.
async fn behaves_as_a_store(store: &dyn ObjectStore) {
    for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 16 * CHUNK + 1, 40 * CHUNK + 77] {
        let (name, plain) = (at(&format!("acme/d/{size}")), bytes(size, 3));
        store.put(&name, plain.clone().into()).await.unwrap();
        let head = store.head(&name).await.unwrap();
        assert_eq!((head.size, head.location.clone()), (size as u64, name.clone()));
        let got = store.get(&name).await.unwrap();
        assert_eq!((got.meta.size, got.range.clone()), (size as u64, 0..size as u64));
        assert!(got.bytes().await.unwrap() == plain);
        let streamed: Vec<Bytes> = store.get(&name).await.unwrap().into_stream().try_collect().await.unwrap();
        assert!(streamed.concat() == plain);
        if size > 2 {
            let end = size as u64;
            for (range, expected) in
                [(GetRange::Suffix(2), end - 2..end), (GetRange::Offset(end - 1), end - 1..end), (GetRange::Bounded(1..end + 9), 1..end), (GetRange::Suffix(end + 9), 0..end)]
            {
                let got = store.get_opts(&name, GetOptions::default().with_range(Some(range))).await.unwrap();
                assert_eq!(got.range, expected);
                assert!(got.bytes().await.unwrap() == plain[expected.start as usize..expected.end as usize]);
            }
        }
        assert!(store.get_range(&name, size as u64 + 1..size as u64 + 2).await.is_err(), "behind the end");
    }
    let listed: Vec<_> = store.list(Some(&at("acme"))).try_collect().await.unwrap();
    assert_eq!(listed.len(), 8);
    for meta in &listed {
        assert_eq!(meta.size.to_string(), meta.location.filename().unwrap(), "list says the size");
    }
    let root = store.list_with_delimiter(None).await.unwrap();
    assert_eq!((root.common_prefixes, root.objects), (vec![at("acme")], vec![]), "nothing of the keys is listed");
    let total = |metas: &[object_store::ObjectMeta]| metas.iter().map(|meta| meta.size).sum::<u64>();
    assert_eq!(total(&store.list_with_delimiter(Some(&at("acme/d"))).await.unwrap().objects), total(&listed));
    assert_eq!(store.list(None).count().await, 8);

    let name = at("acme/d/1");
    let again = store.put_opts(&name, "x".into(), PutMode::Create.into()).await.unwrap_err();
    assert!(matches!(again, object_store::Error::AlreadyExists { .. }), "{again}");
    store.put(&name, "overwritten".into()).await.unwrap();
    assert_eq!(store.get(&name).await.unwrap().bytes().await.unwrap(), "overwritten");
    assert_eq!(store.get_range(&name, 0..4).await.unwrap(), "over");
    store.copy(&name, &at("acme/d/copy")).await.unwrap();
    store.rename(&at("acme/d/copy"), &at("acme/d/moved")).await.unwrap();
    assert_eq!(store.get(&at("acme/d/moved")).await.unwrap().bytes().await.unwrap(), "overwritten");
    assert!(matches!(store.get(&at("acme/d/copy")).await, Err(object_store::Error::NotFound { .. })));
    assert!(store.copy_if_not_exists(&name, &at("acme/d/moved")).await.is_err());
    store.delete(&name).await.unwrap();
    assert!(matches!(store.head(&name).await, Err(object_store::Error::NotFound { .. })));
    assert!(matches!(store.get(&at("nobody/d/1")).await, Err(object_store::Error::NotFound { .. })), "whose tenant has no keys");
    for reserved in ["_tidemill/keys/acme/00000000000000000001.json", "_x/y", "alone"] {
        assert!(store.get(&at(reserved)).await.is_err() && store.put(&at(reserved), "x".into()).await.is_err(), "{reserved}");
    }
}

#[tokio::test]
async fn it_behaves_as_a_store_in_memory_and_in_a_folder() {
    behaves_as_a_store(&memory().1).await;
    let folder = tempfile::tempdir().unwrap();
    let inner: Arc<dyn ObjectStore> = Arc::new(DurableLocalStore::open(folder.path()).unwrap());
    behaves_as_a_store(&open_with(&inner, KEY).0).await;
    // And without any encryption, so that it is the stores that are alike.
    behaves_so_too(&InMemory::new()).await;
}

/// The sizes and ranges of a plain store are those that are asked for above.
async fn behaves_so_too(store: &dyn ObjectStore) {
    store.put(&at("acme/d/9"), bytes(9, 3).into()).await.unwrap();
    assert_eq!(store.get_opts(&at("acme/d/9"), GetOptions::default().with_range(Some(GetRange::Suffix(20)))).await.unwrap().range, 0..9);
    assert!(store.get_range(&at("acme/d/9"), 10..11).await.is_err());
}

#[tokio::test]
async fn parts_of_any_size_make_one_object() {
    for parts in [vec![], vec![0], vec![1], vec![CHUNK, CHUNK], vec![5 << 20, 5 << 20, 17], vec![100; 50], vec![20 << 20, 3]] {
        let (inner, store) = memory();
        let whole = bytes(parts.iter().sum(), 5);
        let mut upload = store.put_multipart(&at("acme/d/parts")).await.unwrap();
        let mut begin = 0;
        for part in &parts {
            upload.put_part(PutPayload::from(whole[begin..begin + part].to_vec())).await.unwrap();
            begin += part;
        }
        upload.complete().await.unwrap();
        assert!(read(&store, "acme/d/parts").await.unwrap() == whole, "{parts:?}");
        assert_eq!(raw(&*inner, "acme/d/parts").await.len() as u64, stored_size(whole.len() as u64));
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn ranges(size: usize) -> impl Strategy<Value = Vec<Range<u64>>> {
    let range = (0..size as u64).prop_flat_map(move |start| (Just(start), start + 1..=size as u64)).prop_map(|(start, end)| start..end);
    prop::collection::vec(range, 1..9)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_ranges_of_any_object_are_those_of_what_was_put(
        (size, ranges) in (1..9 * CHUNK).prop_flat_map(|size| (Just(size), ranges(size))),
        seed: u64,
    ) {
        block_on(async {
            let (_, store) = memory();
            let plain = bytes(size, seed);
            store.put(&at("acme/d/o"), plain.clone().into()).await.unwrap();
            let expected = |range: &Range<u64>| &plain[range.start as usize..range.end as usize];
            let all = store.get_ranges(&at("acme/d/o"), &ranges).await.unwrap();
            assert_eq!(all.len(), ranges.len());
            for (range, got) in ranges.iter().zip(all) {
                assert!(got == expected(range), "{range:?} of several");
                assert!(store.get_range(&at("acme/d/o"), range.clone()).await.unwrap() == expected(range), "{range:?}");
            }
        });
    }

    /// Whatever somebody does to the stored bytes: a read is an error, or gives what was put. Ranges too, whether the
    /// object was read before or not.
    #[test]
    fn changed_bytes_are_errors_and_never_wrong_data(
        size in 1..4 * CHUNK,
        what in 0..5u8,
        place in any::<prop::sample::Index>(),
        bit in 0..8u8,
        warm: bool,
        (from, to) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        block_on(async {
            let (inner, store) = memory();
            let (plain, other) = (bytes(size, 1), bytes(size, 2));
            for (name, content) in [("acme/d/o", &plain), ("acme/d/other", &other), ("rival/d/o", &other)] {
                store.put(&at(name), content.clone().into()).await.unwrap();
            }
            if warm {
                read(&store, "acme/d/o").await.unwrap();
            }
            let mut stored = raw(&*inner, "acme/d/o").await;
            match what {
                0 => { let place = place.index(stored.len()); stored[place] ^= 1 << bit }
                1 => stored.truncate(place.index(stored.len())),
                2 => stored = raw(&*inner, "acme/d/other").await,
                3 => stored = raw(&*inner, "rival/d/o").await,
                _ => stored.extend_from_slice(&bytes(1 + place.index(2 * CHUNK), 9)),
            }
            inner.put(&at("acme/d/o"), stored.into()).await.unwrap();
            match read(&store, "acme/d/o").await {
                Ok(_) => panic!("the whole object cannot be right"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}"),
            }
            let (from, to) = (from.index(size), to.index(size));
            let range = from.min(to) as u64..from.max(to) as u64 + 1;
            if let Ok(got) = store.get_range(&at("acme/d/o"), range.clone()).await {
                assert!(got == plain[range.start as usize..range.end as usize], "{range:?}");
            }
        });
    }
}

#[tokio::test]
async fn chunks_put_together_from_two_writes_of_one_object_are_an_error() {
    let (inner, store) = memory();
    let mut written = Vec::new();
    for seed in [1, 2] {
        store.put(&at("acme/d/o"), bytes(3 * CHUNK, seed).into()).await.unwrap();
        written.push(raw(&*inner, "acme/d/o").await);
    }
    let first_chunk = HEADER_BYTES as usize..(HEADER_BYTES + SEALED_BYTES) as usize;
    let mut mixed = written[1].clone();
    mixed[first_chunk.clone()].copy_from_slice(&written[0][first_chunk]);
    inner.put(&at("acme/d/o"), mixed.into()).await.unwrap();
    assert_eq!(read(&store, "acme/d/o").await.unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(store.get_range(&at("acme/d/o"), 5..9).await.is_err());
    let untouched = store.get_range(&at("acme/d/o"), CHUNK_BYTES..CHUNK_BYTES + 9).await.unwrap();
    assert!(untouched == bytes(3 * CHUNK, 2)[CHUNK..CHUNK + 9]);
}

#[tokio::test]
async fn keys_are_rotated_while_others_read_and_write() {
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (here, keeper) = open_with(&inner, KEY);
    keeper.unlock(true).await.unwrap();
    here.put(&at("acme/d/1"), "one".into()).await.unwrap();
    here.put(&at("rival/d/1"), "rival".into()).await.unwrap();
    let (there, _) = open_with(&inner, KEY);
    assert_eq!(read(&there, "acme/d/1").await.unwrap(), "one");

    // A new data key: what another engine does not know yet, it looks up.
    assert_eq!(keeper.rotate("acme").await.unwrap().data_keys, 2);
    here.put(&at("acme/d/2"), "two".into()).await.unwrap();
    assert_ne!(raw(&*inner, "acme/d/1").await[8..24], raw(&*inner, "acme/d/2").await[8..24], "under another key");
    for name in ["acme/d/1", "acme/d/2"] {
        assert!(read(&here, name).await.is_ok() && read(&there, name).await.is_ok());
    }

    // A new master key: every ring is wrapped anew, and the old one is of no use any more.
    let (both, rotating) = open_with(&inner, &format!("{NEW_KEY} {KEY}"));
    let done = rotating.rewrap().await.unwrap();
    assert_eq!((done.rewrapped, done.unchanged), (3, 0));
    assert_eq!(rotating.rewrap().await.unwrap().unchanged, 3);
    let (fresh, new) = open_with(&inner, NEW_KEY);
    new.unlock(false).await.unwrap();
    // Who had the keys goes on.
    for store in [&here, &there, &both, &fresh] {
        assert_eq!(read(store, "acme/d/1").await.unwrap(), "one");
    }
    let (late, old) = open_with(&inner, KEY);
    let error = old.unlock(false).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.message().contains("cannot be opened with the given keys"), "{error}");
    assert_eq!(read(&late, "acme/d/1").await.unwrap_err().kind(), ErrorKind::Unavailable);
    let rings: Vec<_> = inner.list(Some(&at("_tidemill/keys"))).try_collect().await.unwrap();
    assert_eq!(rings.len(), 3, "older versions of rings are gone");
}

#[tokio::test]
async fn what_an_erased_tenant_stored_is_lost_and_nobody_elses() {
    let (inner, store) = memory();
    let (_, keeper) = open_with(&inner, KEY);
    store.put(&at("acme/d/1"), "one".into()).await.unwrap();
    store.put(&at("rival/d/1"), "rival".into()).await.unwrap();
    keeper.erase("acme").await.unwrap();
    keeper.erase("acme").await.unwrap();
    assert_eq!(keeper.erase("nobody").await.unwrap_err().kind(), ErrorKind::NotFound);
    let (fresh, _) = open_with(&inner, KEY);
    for error in [read(&fresh, "acme/d/1").await.unwrap_err(), fresh.put(&at("acme/d/2"), "x".into()).await.unwrap_err().into(), keeper.rotate("acme").await.unwrap_err()] {
        assert!(error.kind() == ErrorKind::NotFound && error.message().contains("destroyed"), "{error}");
    }
    assert_eq!(read(&fresh, "rival/d/1").await.unwrap(), "rival");
    // Its objects may be listed and removed.
    assert_eq!(fresh.list(Some(&at("acme"))).count().await, 1);
    fresh.delete(&at("acme/d/1")).await.unwrap();
    let ring = String::from_utf8(raw(&*inner, "_tidemill/keys/acme/00000000000000000002.json").await).unwrap();
    assert!(ring.contains("erased_at") && !ring.contains("wrapped"), "{ring}");
    assert_eq!(inner.list(Some(&at("_tidemill/keys/acme"))).count().await, 1);
}

#[tokio::test]
async fn engines_that_begin_at_once_agree_on_one_key() {
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let stores: Vec<_> = (0..8).map(|_| open_with(&inner, KEY).0).collect();
    let puts = stores.iter().enumerate().map(|(number, store)| async move { store.put(&at(&format!("acme/d/{number}")), "x".into()).await });
    futures::future::try_join_all(puts).await.unwrap();
    for number in 0..8 {
        assert_eq!(read(&stores[7 - number], &format!("acme/d/{number}")).await.unwrap(), "x");
    }
    assert_eq!(inner.list(Some(&at("_tidemill/keys/acme"))).count().await, 1);
}

/// Another implementation sealed this, from the description of the format alone.
#[tokio::test]
async fn what_others_seal_by_the_book_opens() {
    let (inner, store) = memory();
    let name = "acme/orders/2013-01/a.parquet";
    inner
        .put(&at("_tidemill/keys/acme/00000000000000000001.json"), include_bytes!("../../tests/sealed/ring.json").as_slice().into())
        .await
        .unwrap();
    inner.put(&at(name), include_bytes!("../../tests/sealed/object.bin").as_slice().into()).await.unwrap();
    let plain: Vec<u8> = (0..2 * CHUNK + 1000).map(|n| (n % 251) as u8).collect();
    assert!(read(&store, name).await.unwrap() == plain);
    assert!(store.get_range(&at(name), 65_000..132_000).await.unwrap() == plain[65_000..132_000]);
}
