//! Every object name is made here and nowhere else. Tenants are separated by prefix.

use object_store::path::Path;

use crate::ids::{DatasetName, TenantId};

/// Prefix of one dataset.
pub(crate) fn dataset(tenant: &TenantId, dataset: &DatasetName) -> Path {
    Path::from_iter([tenant.as_str(), dataset.as_str()])
}

/// Prefix of one tenant.
pub(crate) fn tenant(tenant: &TenantId) -> Path {
    Path::from_iter([tenant.as_str()])
}

/// The secret of a tenant that values are hashed with.
pub(crate) fn salt(tenant_id: &TenantId) -> Path {
    tenant(tenant_id).join("_salt")
}

/// Folder that says which tables of a name were deleted. It lies beside the folder of the name, in which nothing of them is left.
pub(crate) fn deleted_tables(dataset: &Path) -> Path {
    let mut parts: Vec<_> = dataset.parts().collect();
    let name = parts.pop();
    let folder = Path::from_iter(parts).join("_deleted");
    match name {
        Some(name) => folder.join(name),
        None => folder,
    }
}

/// What says that a table was deleted.
pub(crate) fn deleted_table(dataset: &Path, table: &str) -> Path {
    deleted_tables(dataset).join(table)
}

/// Folder of the log of a dataset.
pub(crate) fn log_folder(dataset: &Path) -> Path {
    dataset.clone().join("_delta_log")
}

/// The log entry that makes a version.
pub(crate) fn log_entry(dataset: &Path, version: u64) -> Path {
    log_folder(dataset).join(format!("{version:020}.json"))
}

/// The version that a log entry makes, where the object is one.
pub(crate) fn version_of(entry: &Path) -> Option<u64> {
    let stem = entry.filename()?.strip_suffix(".json")?;
    if stem.len() == 20 { stem.parse().ok() } else { None }
}

/// The checkpoint of a version.
pub(crate) fn checkpoint(dataset: &Path, version: u64) -> Path {
    log_folder(dataset).join(format!("{version:020}{CHECKPOINT_SUFFIX}"))
}

/// The version of a checkpoint, where the object is one that lies in a single part.
pub(crate) fn checkpoint_of(object: &Path) -> Option<u64> {
    let stem = object.filename()?.strip_suffix(CHECKPOINT_SUFFIX)?;
    if stem.len() == 20 { stem.parse().ok() } else { None }
}

const CHECKPOINT_SUFFIX: &str = ".checkpoint.parquet";

/// Where to look for the newest checkpoint first.
pub(crate) fn last_checkpoint(dataset: &Path) -> Path {
    log_folder(dataset).join("_last_checkpoint")
}

/// Path of a new segment, relative to its dataset.
pub(crate) fn segment(chunk: &str) -> String {
    format!("{chunk}/{}.parquet", uuid::Uuid::now_v7())
}

/// Rejected rows of a load.
pub(crate) fn rejects(dataset: &Path, load_id: &str) -> Path {
    all_rejects(dataset).join(format!("{load_id}.ndjson"))
}

/// Folder of the rejected rows of loads.
pub(crate) fn all_rejects(dataset: &Path) -> Path {
    dataset.clone().join("_rejects")
}

/// The load of rejected rows, where the object is some.
pub(crate) fn load_of_rejects(dataset: &Path, object: &Path) -> Option<uuid::Uuid> {
    let rest = object.as_ref().strip_prefix(all_rejects(dataset).as_ref())?.strip_prefix('/')?;
    uuid::Uuid::try_parse(rest.strip_suffix(".ndjson")?).ok()
}

/// Folder of the profiles of loads.
pub(crate) fn profiles(dataset: &Path) -> Path {
    dataset.clone().join("_profiles")
}

/// The profile of a load.
pub(crate) fn profile(dataset: &Path, load_id: &str) -> Path {
    profiles(dataset).join(format!("{load_id}.json"))
}

/// The load of a profile, where the object is one.
pub(crate) fn load_of_profile(dataset: &Path, object: &Path) -> Option<uuid::Uuid> {
    let rest = object.as_ref().strip_prefix(profiles(dataset).as_ref())?.strip_prefix('/')?;
    uuid::Uuid::try_parse(rest.strip_suffix(".json")?).ok()
}

/// Folder of the stored partials of a dataset.
pub(crate) fn partials(dataset: &Path) -> Path {
    dataset.clone().join("_partials")
}

/// Folder of the stored partials of one fragment.
pub(crate) fn partials_of(dataset: &Path, fragment: &str) -> Path {
    partials(dataset).join(fragment)
}

const SEGMENT_SUFFIX: &str = ".parquet";
const PARTIAL_SUFFIX: &str = ".partial";

/// The stored partial of a fragment over a segment.
pub(crate) fn partial(dataset: &Path, fragment: &str, segment: &str) -> Path {
    let stem = segment.strip_suffix(SEGMENT_SUFFIX).unwrap_or(segment);
    Path::from(format!("{}/{stem}{PARTIAL_SUFFIX}", partials_of(dataset, fragment)))
}

/// The segment of a stored partial, where the object is one below this folder.
pub(crate) fn segment_of_partial(folder: &Path, object: &Path) -> Option<String> {
    let rest = object.as_ref().strip_prefix(folder.as_ref())?.strip_prefix('/')?;
    Some(format!("{}{SEGMENT_SUFFIX}", rest.strip_suffix(PARTIAL_SUFFIX)?))
}

/// Folder of all models of a tenant.
pub(crate) fn models(tenant_id: &TenantId) -> Path {
    tenant(tenant_id).join("_models")
}

/// Folder of one model: its versions, and what the advisor decided.
fn model(tenant_id: &TenantId, name: &DatasetName) -> Path {
    models(tenant_id).join(name.as_str())
}

/// What the advisor decided about a dataset. Goes with its model.
pub(crate) fn advice(tenant_id: &TenantId, name: &DatasetName) -> Path {
    model(tenant_id, name).join("advice.json")
}

/// One version of a model or a view, in the folder of its versions.
pub(crate) fn document_version(folder: &Path, version: u64) -> Path {
    folder.clone().join(format!("{version:020}.json"))
}

/// Folder of all views of a tenant.
pub(crate) fn views(tenant_id: &TenantId) -> Path {
    tenant(tenant_id).join("_views")
}

/// Folder of what the engine stores for itself. No tenant has a name that begins so.
const OWN: &str = "_tidemill";

/// Whether an object is one of these.
pub(crate) fn is_own(location: &Path) -> bool {
    location.parts().next().is_some_and(|part| part.as_ref() == OWN)
}

/// An object that is made once, to see whether a store does so.
pub(crate) fn conditional_put() -> Path {
    Path::from_iter([OWN, "conditional-put"])
}

/// Folder of the key rings of an encrypted store.
pub(crate) fn key_rings() -> Path {
    Path::from_iter([OWN, "keys"])
}

/// Folder of the versions of one key ring.
pub(crate) fn key_ring(name: &str) -> Path {
    key_rings().join(name)
}

/// One version of a key ring.
pub(crate) fn key_ring_version(name: &str, version: u64) -> Path {
    key_ring(name).join(format!("{version:020}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_partial_knows_its_segment() {
        let dataset = dataset(&TenantId::parse("acme").unwrap(), &DatasetName::parse("flights").unwrap());
        let object = partial(&dataset, "ab12", "2013-01/018f.parquet");
        assert_eq!(object.as_ref(), "acme/flights/_partials/ab12/2013-01/018f.partial");
        assert_eq!(segment_of_partial(&partials_of(&dataset, "ab12"), &object).as_deref(), Some("2013-01/018f.parquet"));
        assert_eq!(segment_of_partial(&partials_of(&dataset, "ab"), &object), None);
    }

    #[test]
    fn a_log_entry_knows_its_version() {
        let dataset = dataset(&TenantId::parse("acme").unwrap(), &DatasetName::parse("flights").unwrap());
        assert_eq!(log_entry(&dataset, 12).as_ref(), "acme/flights/_delta_log/00000000000000000012.json");
        assert_eq!(version_of(&log_entry(&dataset, 12)), Some(12));
        assert_eq!(version_of(&last_checkpoint(&dataset)), None);
        assert_eq!((version_of(&checkpoint(&dataset, 12)), checkpoint_of(&checkpoint(&dataset, 12))), (None, Some(12)));
        assert_eq!(checkpoint_of(&log_entry(&dataset, 12)), None);
    }
}
