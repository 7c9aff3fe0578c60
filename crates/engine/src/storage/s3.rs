//! A bucket of S3, or of a store that speaks like it: where it is, as whom it is asked, how long and how often.
//!
//! The store answers a put when it has it, so nothing is synced here. A commit is a put with `If-None-Match: *`, and a
//! store that takes that header and ignores it would let two commits overwrite each other; so it is asked once when it is
//! opened. Requests that failed for a while are sent again with growing waits and jitter, inside a budget; what is not
//! safe to repeat blindly (a conditional put whose answer was lost) is looked into where it matters, in `commit`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, PutMode, RetryConfig};
use url::{Host, Url};
use zeroize::Zeroizing;

use super::layout;
use crate::error::{Error, Result};

/// A bucket and how it is reached. Give it to [`EngineBuilder::s3`](crate::EngineBuilder::s3).
///
/// ```
/// use std::time::Duration;
/// use tidemill::storage::S3Store;
///
/// let store = S3Store::at("s3://my-bucket/analytics")?.region("eu-central-1").credentials("key-id", "secret").deadline(Duration::from_secs(10));
/// assert!(!format!("{store:?}").contains("secret\""));
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Clone)]
pub struct S3Store {
    bucket: String,
    prefix: Path,
    endpoint: Option<Url>,
    region: String,
    credentials: Option<(String, Zeroizing<String>)>,
    deadline: Duration,
    retries: usize,
    retry_for: Duration,
}

impl S3Store {
    /// The bucket and prefix of an address such as `s3://bucket/some/prefix`, in region `us-east-1`. Without credentials
    /// the role of the machine is used. A request has 30 seconds, and is sent again at most 8 times within 30 seconds.
    ///
    /// # Errors
    /// `Invalid` for anything else.
    pub fn at(url: &str) -> Result<Self> {
        let wrong = |what: &str| Error::invalid(format!("store {url:?} {what}; write s3://bucket or s3://bucket/prefix")).at("url");
        let parsed = Url::parse(url).map_err(|error| wrong(&format!("is not an address ({error})")))?;
        if parsed.scheme() != "s3" || parsed.query().is_some() || parsed.fragment().is_some() || !parsed.username().is_empty() || parsed.port().is_some() {
            return Err(wrong("is not a bucket"));
        }
        let bucket = parsed.host_str().filter(|bucket| !bucket.is_empty()).ok_or_else(|| wrong("names no bucket"))?;
        let prefix = Path::from_url_path(parsed.path()).map_err(|error| wrong(&format!("has a prefix that cannot be ({error})")))?;
        let (deadline, retries, retry_for) = (Duration::from_secs(30), 8, Duration::from_secs(30));
        Ok(Self { bucket: bucket.to_owned(), prefix, endpoint: None, region: "us-east-1".to_owned(), credentials: None, deadline, retries, retry_for })
    }

    /// The address of a store that is not Amazon's.
    ///
    /// ```
    /// use tidemill::storage::S3Store;
    /// assert!(S3Store::at("s3://bucket")?.endpoint("https://minio.example").is_ok());
    /// assert!(S3Store::at("s3://bucket")?.endpoint("http://minio.example").is_err());
    /// # Ok::<(), tidemill::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` for what is not `https://host`, or `http://` to this very machine: keys of stores go over no network in the
    /// clear.
    pub fn endpoint(mut self, url: &str) -> Result<Self> {
        let wrong = |what: &str| Error::invalid(format!("endpoint {url:?} {what}")).at("endpoint");
        let parsed = Url::parse(url).map_err(|error| wrong(&format!("is not an address ({error})")))?;
        match (parsed.scheme(), is_loopback(&parsed)) {
            ("https", _) | ("http", true) if parsed.username().is_empty() && parsed.password().is_none() => {}
            ("http", false) => return Err(wrong("is not encrypted; use https, http is for this machine only")),
            _ => return Err(wrong("must be https://host, without name and password")),
        }
        self.endpoint = Some(parsed);
        Ok(self)
    }

    /// The region, as signatures name it.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// As whom to ask.
    #[must_use]
    pub fn credentials(mut self, access_key_id: &str, secret_access_key: &str) -> Self {
        self.credentials = Some((access_key_id.to_owned(), Zeroizing::new(secret_access_key.to_owned())));
        self
    }

    /// How long one request may take.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How often a request is sent again, and for how long after it was first sent.
    #[must_use]
    pub fn retries(mut self, times: usize, within: Duration) -> Self {
        (self.retries, self.retry_for) = (times, within);
        self
    }

    /// The store, without having asked it anything.
    ///
    /// # Errors
    /// `Invalid` for a bucket or an endpoint that no client can be made for.
    pub fn build(&self) -> Result<Arc<dyn ObjectStore>> {
        let client = ClientOptions::new().with_timeout(self.deadline).with_connect_timeout(self.deadline.min(Duration::from_secs(5)));
        let backoff = BackoffConfig { init_backoff: Duration::from_millis(50), max_backoff: Duration::from_secs(5), base: 2.0 };
        let retry = RetryConfig { backoff, max_retries: self.retries, retry_timeout: self.retry_for };
        let plain = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_client_options(client)
            .with_retry(retry)
            .with_allow_http(plain);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        if let Some((id, secret)) = &self.credentials {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret.as_str());
        }
        let store = builder.build().map_err(|error| Error::invalid(format!("{self}: {error}")).because(error))?;
        Ok(if self.prefix.as_ref().is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, self.prefix.clone())) })
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Asks a store whether it makes an object only once.
///
/// # Errors
/// `Invalid` when it does not: commits would overwrite each other. `Unavailable` when it does not answer.
pub(crate) async fn refuse_unconditional(store: &dyn ObjectStore) -> Result<()> {
    for first in [true, false] {
        match store.put_opts(&layout::conditional_put(), "made once\n".into(), PutMode::Create.into()).await {
            // It is there from an earlier time.
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => return Ok(()),
            Ok(_) if first => {}
            Ok(_) => break,
            Err(error) => return Err(Error::from(error).context("ask the store for a conditional put")),
        }
    }
    Err(Error::invalid(format!(
        "{store} makes an object twice although it is asked to make it only if it is not there (If-None-Match); commits would overwrite each other. Use a store that keeps to it"
    )))
}

impl fmt::Display for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// Without the secret.
impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.endpoint.as_ref().map(Url::as_str);
        let id = self.credentials.as_ref().map(|(id, _)| id);
        f.debug_struct("S3Store")
            .field("url", &self.to_string())
            .field("endpoint", &endpoint)
            .field("region", &self.region)
            .field("access_key_id", &id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_prefixes_are_read_out_of_addresses() {
        for (url, bucket, prefix) in [("s3://b", "b", ""), ("s3://b/", "b", ""), ("s3://my-bucket/a/b/", "my-bucket", "a/b")] {
            let store = S3Store::at(url).unwrap();
            assert_eq!((store.bucket.as_str(), store.prefix.as_ref()), (bucket, prefix), "{url}");
            store.credentials("id", "hidden").build().unwrap();
        }
        for url in ["", "b", "s3://", "gs://b", "s3://b?x=1", "s3://user@b", "file:///x"] {
            assert!(S3Store::at(url).is_err(), "{url}");
        }
    }

    #[test]
    fn nothing_goes_over_a_network_in_the_clear() {
        let store = S3Store::at("s3://b").unwrap();
        for endpoint in ["https://s3.example.com", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"] {
            store.clone().endpoint(endpoint).unwrap().build().unwrap();
        }
        for endpoint in ["http://s3.example.com", "http://10.0.0.1", "ftp://x", "https://name:password@x", "x", "http://localhost.example.com"] {
            let error = store.clone().endpoint(endpoint).unwrap_err();
            assert_eq!(error.field(), Some("endpoint"), "{endpoint}");
        }
        assert!(!format!("{:?}", store.credentials("id", "hidden")).contains("hidden"));
    }

    #[tokio::test]
    async fn a_store_that_makes_an_object_once_is_taken() {
        let store = object_store::memory::InMemory::new();
        for _ in 0..2 {
            refuse_unconditional(&store).await.unwrap();
        }
    }
}
