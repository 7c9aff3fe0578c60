//! What every handler shares: settings, engine, metadata store, keys, registries. Cheap to clone.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tidemill::Engine;
use tidemill::clock::Clock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::auth::caller::Members;
use crate::auth::{AccessTokens, Passwords, RefreshTokens, SetupCode, private_file};
use crate::config::Settings;
use crate::cube::waiting::Waiting;
use crate::dataset_jobs::jobs::DatasetWork;
use crate::jobs::Jobs;
use crate::live::Sockets;
use crate::loads::jobs::LoadJob;
use crate::middleware::rate_limit::RateLimit;
use crate::store::Store;
use crate::uploads::staging::Staging;
use crate::{engine, router, session, tenants};

/// Sign-ins with one address from one peer: 10 at once, then one in 90 seconds.
const ATTEMPTS: (f64, f64) = (40.0 / 60.0, 10.0);
/// Sign-ins and refreshes from one peer, which may stand for a whole office.
const ATTEMPTS_BY_PEER: (f64, f64) = (60.0, 120.0);
/// How often it is written down that an API key is in use.
const KEY_USES_PER_MINUTE: f64 = 1.0;
const UPKEEP_EVERY: Duration = Duration::from_secs(60);

/// The parts.
pub struct Parts {
    /// What the operator set.
    pub settings: Settings,
    /// The data.
    pub engine: Engine,
    /// The metadata.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Makes and checks access tokens.
    pub access_tokens: AccessTokens,
    /// Derives refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// Guards the first setup.
    pub setup_code: SetupCode,
    /// Users as they were a moment ago.
    pub members: Members,
    /// Sign-ins, and changes of one's own password, by address and peer.
    pub attempts: RateLimit<(String, IpAddr)>,
    /// Sign-ins, such changes and refreshes by peer.
    pub attempts_by_peer: RateLimit<IpAddr>,
    /// API keys that did not hold, by peer.
    pub key_failures: RateLimit<IpAddr>,
    /// Uses of API keys that are written down.
    pub key_uses: RateLimit<Uuid>,
    /// Requests by user or API key.
    pub requests: RateLimit<Uuid>,
    /// Files that wait.
    pub staging: Staging,
    /// Loads that run.
    pub loads: Jobs<LoadJob>,
    /// Work on datasets that was ordered.
    pub dataset_jobs: Jobs<DatasetWork>,
    /// Long questions of clients that ask again.
    pub waiting: Waiting,
    /// Live connections.
    pub sockets: Sockets,
    /// Work that must end before the process does.
    pub tasks: TaskTracker,
    /// Says that the process is ending.
    pub closing: CancellationToken,
    /// The description of the API.
    pub openapi: Arc<Value>,
}

/// The state of the router.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Opens everything that the settings name. Settings must be validated.
    ///
    /// # Errors
    /// A folder, key or store that cannot be opened.
    pub async fn open(settings: Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let data_dir = settings.data_dir.clone();
        private_file::create_folder(&data_dir)?;
        let engine = engine::builder(&settings, Arc::clone(&clock))?.open().await.context("open the engine")?;
        let store = Store::open(&data_dir).await?;
        let key = match &settings.auth.secret {
            Some(secret) => secret.reveal().as_bytes().to_vec(),
            None => private_file::read_or_create_key::<32>(&data_dir.join("access-token.key"))?.to_vec(),
        };
        let requests_per_minute = f64::from(settings.http.requests_per_minute);
        let parts = Parts {
            engine,
            store,
            clock,
            passwords: Passwords::new()?,
            access_tokens: AccessTokens::new(&key),
            refresh_tokens: RefreshTokens::new(private_file::read_or_create_key(&data_dir.join("refresh-token.key"))?),
            setup_code: SetupCode::in_folder(&data_dir),
            members: Members::default(),
            attempts: RateLimit::new(ATTEMPTS.0, ATTEMPTS.1),
            attempts_by_peer: RateLimit::new(ATTEMPTS_BY_PEER.0, ATTEMPTS_BY_PEER.1),
            key_failures: RateLimit::new(ATTEMPTS_BY_PEER.0, ATTEMPTS_BY_PEER.1),
            key_uses: RateLimit::new(KEY_USES_PER_MINUTE, 1.0),
            requests: RateLimit::new(requests_per_minute, (requests_per_minute / 10.0).max(10.0)),
            staging: Staging::open(&data_dir, settings.http.max_upload_bytes, settings.http.max_staged_uploads, settings.encryption.is_on())?,
            loads: Jobs::default(),
            dataset_jobs: Jobs::default(),
            waiting: Waiting::new(Duration::from_millis(settings.http.continue_wait_ms)),
            sockets: Sockets::default(),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            openapi: Arc::new(serde_json::to_value(router::describe()).context("write the OpenAPI document")?),
            settings,
        };
        let app = Self(Arc::new(parts));
        if tenants::store::count(app.store.db()).await? == 0 {
            app.setup_code.read_or_create()?;
        }
        Ok(app)
    }

    /// Removes what has expired, once a minute, until the process ends.
    pub fn start_upkeep(&self) {
        let app = self.clone();
        self.tasks.spawn(async move {
            while app.closing.run_until_cancelled(tokio::time::sleep(UPKEEP_EVERY)).await.is_some() {
                let now = app.clock.now();
                app.staging.sweep(now);
                app.loads.sweep(now);
                app.dataset_jobs.sweep(now);
                if let Err(error) = session::store::sweep(app.store.db(), now).await {
                    tracing::warn!(%error, "ended sessions could not be removed");
                }
            }
        });
    }

    /// Ends live sockets and waits for running work, as long as the settings allow; then closes the engine.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        let bound = Duration::from_secs(self.settings.http.shutdown_seconds);
        if tokio::time::timeout(bound, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in time; uncommitted loads are lost");
        }
        self.engine.close().await;
        self.store.clone().close().await;
    }
}
