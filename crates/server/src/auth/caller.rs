//! The authenticated party of a request. It can be made from a verified token or API key alone, and with it the tenancy that every
//! query for tenant data takes.

use std::ops::Deref;
use std::time::Duration;

use axum::extract::FromRequestParts;
use chrono::{DateTime, Utc};
use http::request::Parts;
use http::{HeaderName, header};
use moka::future::Cache;
use tidemill::{Budget, CalendarSettings, Limits, Mill, Scope, SemanticQuery, TenantId, UserAttributes};
use uuid::Uuid;

use super::{ApiKey, Identity};
use crate::app::App;
use crate::http::{Code, Peer, Problem};
use crate::policy::{self, Action, Role};
use crate::{api_keys, tenants, users};

/// How long a change of a user may go unseen by another replica. Changes made here are seen at once.
const MEMBER_TTL: Duration = Duration::from_secs(5);
const MEMBERS_MAX: u64 = 10_000;
/// Names a user through whose eyes an admin looks.
const VIEW_AS: HeaderName = HeaderName::from_static("tidemill-view-as");

/// A tenant whose data may be touched. Only a verified credential or an operator's command makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenancy {
    id: Uuid,
    slug: TenantId,
}

impl Tenancy {
    /// The tenancy of a stored tenant, for whoever has read that row on behalf of a credential or at an operator's order.
    ///
    /// # Errors
    /// A slug that the engine does not take, which means a damaged row.
    pub fn of(tenant: &tenants::model::Model) -> Result<Self, Problem> {
        Ok(Self { id: tenant.id, slug: TenantId::parse(&tenant.slug).map_err(Problem::internal)? })
    }

    /// The id in the metadata store.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The name in the engine.
    pub fn slug(&self) -> &TenantId {
        &self.slug
    }
}

/// Who is behind a request, as the store knows them now.
#[derive(Debug, Clone)]
pub struct Caller {
    tenancy: Tenancy,
    identity: Identity,
    /// The tenant.
    pub tenant: tenants::model::Model,
    /// When the token or key ends, where it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// The user through whose eyes they look. Then they only look.
    viewed: Option<Identity>,
}

/// A caller who is a person. What is bound to one takes this, and so no API key gets there.
#[derive(Debug, Clone)]
pub struct Person {
    user: users::model::Model,
    caller: Caller,
}

impl Caller {
    /// The caller that an access token or an API key proves.
    ///
    /// # Errors
    /// `Unauthenticated`; `Exhausted` when the peer sends too many keys that do not hold.
    pub async fn from_token(app: &App, token: &str, peer: Peer) -> Result<Self, Problem> {
        let now = app.clock.now();
        if ApiKey::is_meant(token) {
            return Self::from_key(app, token, peer, now).await;
        }
        let claims = app.access_tokens.verify(token, now)?;
        let (user, tenant) = app.members.find(app, claims.sub).await?;
        if user.tenant_id != claims.tid {
            return Err(Problem::unauthenticated());
        }
        let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or_else(Problem::unauthenticated)?;
        Ok(Self { tenancy: Tenancy::of(&tenant)?, identity: Identity::User(user), tenant, expires_at: Some(expires_at), viewed: None })
    }

    /// The key is read for each request, so what is revoked or changed anywhere holds at once everywhere.
    async fn from_key(app: &App, token: &str, peer: Peer, now: DateTime<Utc>) -> Result<Self, Problem> {
        let held = match ApiKey::parse(token) {
            None => Err(ApiKey::SHAPE),
            Some(sent) => api_keys::store::get_by_prefix(app.store.db(), &sent.prefix()).await?.filter(|key| sent.fits(&key.hash)).ok_or("this API key is not known"),
        };
        // Whoever has the secret may know what became of the key.
        let held = held.and_then(|key| match key {
            key if key.revoked_at.is_some() => Err("this API key was revoked"),
            key if key.expires_at.is_some_and(|at| at <= now) => Err("this API key has expired"),
            key => Ok(key),
        });
        let key = match held {
            Ok(key) => key,
            Err(why) => {
                // Only failures are counted: whoever guesses does not lock out those behind the same address.
                app.key_failures.take(peer.0, now).await?;
                return Err(Problem::new(Code::Unauthenticated, why));
            }
        };
        let tenant = tenants::store::get(app.store.db(), key.tenant_id).await?.ok_or_else(Problem::unauthenticated)?;
        note_use(app, key.id, now).await;
        Ok(Self { tenancy: Tenancy::of(&tenant)?, expires_at: key.expires_at, identity: Identity::Key(key), tenant, viewed: None })
    }

    /// The caller behind a token and the headers beside it, counted as one more request.
    ///
    /// # Errors
    /// As [`from_token`](Self::from_token) and [`viewing_as`](Self::viewing_as); `Exhausted` when they ask too often.
    pub async fn from_parts(app: &App, token: &str, parts: &Parts) -> Result<Self, Problem> {
        let caller = Self::from_token(app, token, Peer::of(&parts.extensions)).await?;
        app.requests.take(caller.identity.id(), app.clock.now()).await?;
        let Some(viewed) = parts.headers.get(VIEW_AS) else { return Ok(caller) };
        let viewed = viewed.to_str().ok().and_then(|id| id.trim().parse().ok()).ok_or_else(|| Problem::not_found("user to view as"))?;
        caller.viewing_as(app, viewed).await
    }

    /// The same caller, who looks through the eyes of another user of their tenant.
    ///
    /// # Errors
    /// `Denied` for who does not manage users and for API keys, `NotFound` where there is no such user in their tenant.
    pub async fn viewing_as(self, app: &App, id: Uuid) -> Result<Self, Problem> {
        self.allow(Action::ManageUsers)?;
        let viewed = match app.members.find(app, id).await {
            Ok((user, _)) if user.tenant_id == self.tenancy.id => user,
            Err(problem) if problem.code() != Code::Unauthenticated => return Err(problem),
            _ => return Err(Problem::not_found("user to view as")),
        };
        Ok(Self { viewed: Some(Identity::User(viewed)), ..self })
    }

    /// Whose credential this is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whose view of the data this is.
    pub fn eyes(&self) -> &Identity {
        self.viewed.as_ref().unwrap_or(&self.identity)
    }

    /// In which zone and when days, weeks and years begin for them: as they say themselves, and where they say nothing, field by field,
    /// as their tenant says.
    pub fn calendar(&self) -> CalendarSettings {
        let tenant = &self.tenant.calendar.0;
        self.eyes().calendar().map_or_else(|| tenant.clone(), |own| own.0.clone().within(tenant))
    }

    /// What one question of theirs may read: the smaller of what their tenant grants and what they are granted.
    pub fn budget(&self) -> Budget {
        self.tenant.budget.0.lowered(self.eyes().budget())
    }

    /// A question in their zone and under their calendar, where it says nothing of them.
    #[must_use]
    pub fn asks(&self, query: SemanticQuery) -> SemanticQuery {
        in_calendar(query, &self.calendar())
    }

    /// Whether two callers are answered the same: neither their rights and attributes nor calendar and budget did change.
    pub fn sees_as(&self, other: &Self) -> bool {
        let same_terms = (self.calendar(), self.budget()) == (other.calendar(), other.budget());
        let (one, other) = (self.eyes(), other.eyes());
        let rights = |eyes: &Identity| (eyes.id(), eyes.role());
        same_terms && rights(one) == rights(other) && one.email() == other.email() && one.attributes() == other.attributes()
    }

    /// The tenant whose data they may touch.
    pub fn tenancy(&self) -> &Tenancy {
        &self.tenancy
    }

    /// Their role.
    pub fn role(&self) -> Role {
        self.identity.role()
    }

    /// Checks that they may do it.
    ///
    /// # Errors
    /// `Denied`, naming the role that it takes.
    pub fn allow(&self, action: Action) -> Result<(), Problem> {
        if let Some(viewed) = &self.viewed
            && action != Action::Read
        {
            return Err(Problem::new(Code::Denied, format!("you look through the eyes of {}, and so you change nothing; stop that first", viewed.label())));
        }
        if matches!(self.identity, Identity::Key(_)) && policy::takes_a_person(action) {
            return Err(takes_a_person());
        }
        if policy::allows(self.role(), action) {
            return Ok(());
        }
        let least = policy::least_role(action);
        Err(Problem::new(Code::Denied, format!("this takes the role {}; yours is {}", name(least), name(self.role()))))
    }

    /// Their view of the engine.
    pub fn mill(&self, app: &App) -> Mill {
        app.engine.mill(self.scope())
    }

    /// The same under other limits. Their budget counts in any case; that of the limits can only be smaller.
    pub fn mill_within(&self, app: &App, limits: Limits) -> Mill {
        app.engine.mill(self.scope().with_limits(Limits { budget: self.budget().lowered(limits.budget), ..limits }))
    }

    /// What they see. Who manages access sees everything; everybody else what access policies let them see.
    fn scope(&self) -> Scope {
        let (scope, eyes) = (Scope::of(self.tenancy.slug.clone()).with_limits(Limits { budget: self.budget(), ..Limits::default() }), self.eyes());
        if policy::allows(eyes.role(), Action::ManageUsers) {
            return scope;
        }
        let email = eyes.email().map(|email| ("email", email.to_owned()));
        let known = [("id", eyes.id().to_string()), ("role", name(eyes.role()).to_owned())].into_iter().chain(email);
        let attributes = eyes.attributes().0.iter().fold(UserAttributes::default(), |all, (name, values)| all.with(name, values));
        scope.seen_by(known.fold(attributes, |all, (name, value)| all.with(name, [value])))
    }
}

/// A question in a zone and under a calendar, where it says nothing of them. What it names itself comes first, its own calendar next.
fn in_calendar(query: SemanticQuery, wider: &CalendarSettings) -> SemanticQuery {
    let mut calendar = query.calendar.clone().unwrap_or_default().within(wider);
    // One place says the zone, so that questions that are equal are seen to be.
    let timezone = query.timezone.clone().or(calendar.timezone.take());
    let says_nothing = query.calendar.is_none() && calendar == CalendarSettings::default();
    SemanticQuery { timezone, calendar: (!says_nothing).then_some(calendar), ..query }
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Editor => "editor",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(Problem::unauthenticated)?;
        let (scheme, token) = value.split_once(' ').ok_or_else(Problem::unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::unauthenticated());
        }
        Self::from_parts(app, token.trim(), parts).await
    }
}

impl Person {
    /// Who it is.
    pub fn user(&self) -> &users::model::Model {
        &self.user
    }
}

impl Deref for Person {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match &caller.identity {
            Identity::User(user) => Ok(Self { user: user.clone(), caller }),
            Identity::Key(_) => Err(takes_a_person()),
        }
    }
}

fn takes_a_person() -> Problem {
    Problem::new(Code::Denied, "this takes a person who has signed in; an API key does not do it")
}

/// Writes down that a key is in use: beside the request, and once a minute at most.
async fn note_use(app: &App, id: Uuid, now: DateTime<Utc>) {
    if app.key_uses.take(id, now).await.is_err() {
        return;
    }
    let store = app.store.clone();
    app.tasks.spawn(async move {
        if let Err(error) = api_keys::store::mark_used(store.db(), id, now).await {
            tracing::warn!(%error, "the use of an API key was not written down");
        }
    });
}

/// Users as the store had them a moment ago.
#[derive(Clone)]
pub struct Members {
    cache: Cache<Uuid, (users::model::Model, tenants::model::Model)>,
}

impl Default for Members {
    fn default() -> Self {
        Self { cache: Cache::builder().max_capacity(MEMBERS_MAX).time_to_live(MEMBER_TTL).build() }
    }
}

impl Members {
    async fn find(&self, app: &App, user_id: Uuid) -> Result<(users::model::Model, tenants::model::Model), Problem> {
        if let Some(found) = self.cache.get(&user_id).await {
            return Ok(found);
        }
        let user = users::store::get_any(app.store.db(), user_id).await?.ok_or_else(Problem::unauthenticated)?;
        let tenant = tenants::store::get(app.store.db(), user.tenant_id).await?.ok_or_else(Problem::unauthenticated)?;
        self.cache.insert(user_id, (user.clone(), tenant.clone())).await;
        Ok((user, tenant))
    }

    /// Forgets everybody, where something of a tenant was changed.
    pub fn forget_all(&self) {
        self.cache.invalidate_all();
    }

    /// Forgets a user who was changed.
    pub async fn forget(&self, user_id: Uuid) {
        self.cache.invalidate(&user_id).await;
    }
}
