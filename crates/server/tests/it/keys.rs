//! The keys of an encrypted store on the command line: made, checked, rotated, destroyed; and a store in a bucket.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::bucket::Bucket;
use crate::process::{run, text, tidemill};

const SECRET: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";

/// Runs with the key file `key`.
fn with_key(folder: &Path, arguments: &[&str]) -> Output {
    tidemill(folder).args(arguments).env("TIDEMILL_ENCRYPTION__KEY_FILE", "key").output().unwrap()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(output));
    text(output)
}

fn failed(output: &Output, says: &str) {
    assert!(!output.status.success() && text(output).contains(says), "{}", text(output));
}

const COUNT: [&str; 6] = ["query", "--tenant", "acme", "--csv", "--sql", "select count(*) as n from orders"];

fn import(folder: &Path) {
    std::fs::write(folder.join("orders.csv"), "city,amount\nRome,1\nOslo,2\n").unwrap();
    done(&with_key(folder, &["import", "--tenant", "acme", "--dataset", "orders", "orders.csv"]));
}

#[test]
fn a_server_starts_with_the_key_of_its_store_and_with_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    failed(&with_key(folder, &["check-config"]), "read key file key");
    assert!(text(&run(folder, &["admin", "create-key", "key"])).contains("keep a copy"));
    assert_eq!(std::fs::metadata(folder.join("key")).unwrap().permissions().mode() & 0o777, 0o600);
    let checked = done(&with_key(folder, &["check-config"]));
    assert!(checked.contains("# encrypted with master key") && !checked.contains("the store opens"), "{checked}");
    assert!(!folder.join("data").exists(), "a check makes nothing");
    import(folder);
    assert!(done(&with_key(folder, &["check-config"])).contains("# the store opens"));
    assert_eq!(done(&with_key(folder, &COUNT)), "n\r\n2\n");

    let serve = ["serve", "--address", "127.0.0.1:0"];
    for arguments in [&["check-config"][..], &serve] {
        failed(&run(folder, arguments), "the store is encrypted and no key was given");
        let other = tidemill(folder).args(arguments).env("TIDEMILL_ENCRYPTION__KEY", SECRET).output().unwrap();
        failed(&other, "cannot be opened with the given keys");
        assert!(!text(&other).contains(SECRET), "{}", text(&other));
        failed(&tidemill(folder).args(arguments).envs([("TIDEMILL_ENCRYPTION__KEY", SECRET), ("TIDEMILL_ENCRYPTION__KEY_FILE", "key")]).output().unwrap(), "give one of them");
        failed(&tidemill(folder).args(arguments).env("TIDEMILL_ENCRYPTION__KEY", "changeme").output().unwrap(), "64 hexadecimal digits");
    }
    std::fs::set_permissions(folder.join("key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    failed(&with_key(folder, &["check-config"]), "may be read by others");

    let open = tempfile::tempdir().unwrap();
    std::fs::write(open.path().join("a.csv"), "a\n1\n").unwrap();
    done(&run(open.path(), &["import", "--tenant", "acme", "--dataset", "a", "a.csv"]));
    failed(&tidemill(open.path()).args(serve).env("TIDEMILL_ENCRYPTION__KEY", SECRET).output().unwrap(), "data that is not encrypted");
}

#[test]
fn keys_are_rotated_and_destroyed_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(&run(folder, &["admin", "create-key", "key"]));
    import(folder);
    let old = std::fs::read_to_string(folder.join("key")).unwrap();
    assert!(done(&run(folder, &["admin", "create-key", "key"])).contains("older keys that stay in the file"));
    let both = std::fs::read_to_string(folder.join("key")).unwrap();
    assert!(both.trim_end().ends_with(old.trim_end()) && both.len() > old.len());
    assert!(done(&with_key(folder, &["admin", "rotate-master-key"])).contains("2 key rings wrapped anew"));
    std::fs::write(folder.join("key"), both.replace(old.trim_end(), "")).unwrap();
    assert!(done(&with_key(folder, &["admin", "rotate-data-key"])).contains("acme\t2 data keys"));
    assert_eq!(done(&with_key(folder, &COUNT)), "n\r\n2\n");
    std::fs::write(folder.join("key"), &old).unwrap();
    failed(&with_key(folder, &COUNT), "cannot be opened with the given keys");
    std::fs::write(folder.join("key"), &both).unwrap();

    failed(&with_key(folder, &["admin", "erase-tenant", "acme"]), "--yes");
    failed(&with_key(folder, &["admin", "erase-tenant", "nobody", "--yes"]), "has no keys");
    done(&with_key(folder, &["admin", "erase-tenant", "acme", "--yes"]));
    failed(&with_key(folder, &COUNT), "were destroyed");
    failed(&with_key(folder, &["admin", "rotate-data-key", "--tenant", "acme"]), "were destroyed");
    failed(&run(tempfile::tempdir().unwrap().path(), &["admin", "rotate-master-key"]), "the store is not encrypted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_bucket_is_named_by_settings() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::start().await);
    let folder = folder.path();
    let command = |arguments: &[&str]| tidemill(folder).args(arguments).envs(bucket.environment()).output().unwrap();
    std::fs::write(folder.join("orders.csv"), "city,amount\nRome,1\nOslo,2\n").unwrap();
    tokio::task::block_in_place(|| {
        done(&command(&["import", "--tenant", "acme", "--dataset", "orders", "orders.csv"]));
        assert_eq!(done(&command(&COUNT)), "n\r\n2\n");
        let checked = done(&command(&["check-config"]));
        assert!(checked.contains("# the store opens") && checked.contains("secret_access_key = \"***\"") && !checked.contains("only-on-this-machine"), "{checked}");
        assert!(!folder.join("data/engine").exists(), "nothing of it is here");
        failed(&command(&["check-config", "--store", "file:///x"]), "store.url");
        failed(&command(&["check-config", "--store", "s3://no-such-bucket/x"]), "NoSuchBucket");
        failed(&tidemill(folder).args(["check-config"]).env("TIDEMILL_STORE__ENDPOINT", "http://127.0.0.1:1").output().unwrap(), "store.url is missing");
    });
}
