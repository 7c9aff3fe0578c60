//! Routes of the start and of sessions. They are anonymous, so each is limited by address of the peer.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::store::{self, Rotation};
use super::wire::{Bootstrap, Me, Session, Setup, SignIn};
use crate::app::App;
use crate::auth::refresh_token::{RefreshToken, removal_cookie};
use crate::auth::{Person, Tenancy, access_token};
use crate::http::origin::check_same_origin;
use crate::http::{Answer, Code, JsonBody, Peer, Problem};
use crate::policy::{Action, Role};
use crate::store::audit::{self, Actor};
use crate::tenants::model::Calendar;
use crate::users::wire::{MyChange, PasswordChange, User, check_email, check_user_name};
use crate::{tenants, users};

/// What a client must know before anybody has signed in.
#[utoipa::path(get, path = "/bootstrap", tag = "session", security(()), responses((status = 200, body = Bootstrap)))]
pub async fn read_bootstrap(State(app): State<App>) -> Answer<Json<Bootstrap>> {
    let setup_required = tenants::store::count(app.store.db()).await? == 0;
    Ok(Json(Bootstrap { version: env!("CARGO_PKG_VERSION"), setup_required, max_upload_bytes: app.settings.http.max_upload_bytes }))
}

/// Create the first tenant and its owner. Works once, with the code that the server printed.
#[utoipa::path(post, path = "/setup", tag = "session", security(()), request_body = Setup, responses((status = 201, body = Session)))]
pub async fn set_up(State(app): State<App>, peer: Peer, JsonBody(setup): JsonBody<Setup>) -> Answer<Response> {
    let now = app.clock.now();
    app.attempts.take(("setup".to_owned(), peer.0), now).await?;
    if tenants::store::count(app.store.db()).await? > 0 {
        return Err(already_set_up());
    }
    if !app.setup_code.fits(&setup.code) {
        return Err(Problem::new(Code::Denied, "this is not the setup code; it was printed at the first start and stands in the data folder"));
    }
    setup.tenant.check("tenant.")?;
    let email = check_email("owner.email", &setup.owner.email)?;
    check_user_name("owner.name", &setup.owner.name)?;
    let password_hash = app.passwords.hash("owner.password", setup.owner.password).await?;
    let transaction = app.store.begin().await?;
    // Once more inside the transaction: of two setups at the same time one wins.
    if tenants::store::count(&transaction).await? > 0 {
        return Err(already_set_up());
    }
    let tenant = tenants::store::create(&transaction, &setup.tenant.slug, &setup.tenant.name, now).await?;
    let owner = users::store::NewUser { email, name: setup.owner.name, role: Role::Owner, password_hash, attributes: Default::default() };
    let user = users::store::create(&transaction, &Tenancy::of(&tenant)?, owner, now).await?;
    let token = store::begin_family(&transaction, user.id, now).await?;
    audit::append(&transaction, now, Actor::user(Some(tenant.id), user.id), "tenant.set_up", &tenant.slug).await?;
    transaction.commit().await?;
    app.setup_code.remove();
    answer(&app, StatusCode::CREATED, &user, &tenant, &token)
}

/// Sign in with address and password.
#[utoipa::path(post, path = "/session", tag = "session", security(()), request_body = SignIn, responses((status = 200, body = Session)))]
pub async fn create_session(State(app): State<App>, peer: Peer, JsonBody(sign_in): JsonBody<SignIn>) -> Answer<Response> {
    let now = app.clock.now();
    let email: String = sign_in.email.trim().to_lowercase().chars().take(254).collect();
    let attempt = (email.clone(), peer.0);
    app.attempts.take(attempt.clone(), now).await?;
    app.attempts_by_peer.take(peer.0, now).await?;
    let user = users::store::get_by_email(app.store.db(), &email).await?;
    let fits = app.passwords.verify(sign_in.password, user.as_ref().map(|user| user.password_hash.clone())).await?;
    let Some(user) = user.filter(|_| fits) else {
        audit::append(app.store.db(), now, Actor::default(), "session.refused", &peer.0.to_string()).await?;
        return Err(Problem::new(Code::Unauthenticated, "address or password is wrong"));
    };
    let tenant = tenants::store::get(app.store.db(), user.tenant_id).await?.ok_or_else(Problem::unauthenticated)?;
    let transaction = app.store.begin().await?;
    let token = store::begin_family(&transaction, user.id, now).await?;
    audit::append(&transaction, now, Actor::user(Some(tenant.id), user.id), "session.created", &peer.0.to_string()).await?;
    transaction.commit().await?;
    app.attempts.reset(&attempt).await;
    answer(&app, StatusCode::OK, &user, &tenant, &token)
}

/// Trade the refresh cookie for a new session. A token that is used twice ends all its sessions.
#[utoipa::path(post, path = "/session/refresh", tag = "session", security(()), responses((status = 200, body = Session)))]
pub async fn refresh_session(State(app): State<App>, peer: Peer, headers: HeaderMap) -> Answer<Response> {
    check_same_origin(&headers, app.settings.http.public_origin.as_deref())?;
    let now = app.clock.now();
    app.attempts_by_peer.take(peer.0, now).await?;
    let presented = RefreshToken::from_headers(&headers).ok_or_else(no_session)?;
    match store::rotate(&app.store, &app.refresh_tokens, &presented, now).await? {
        Rotation::Rotated { user_id, token } => {
            let user = users::store::get_any(app.store.db(), user_id).await?.ok_or_else(no_session)?;
            let tenant = tenants::store::get(app.store.db(), user.tenant_id).await?.ok_or_else(no_session)?;
            answer(&app, StatusCode::OK, &user, &tenant, &token)
        }
        Rotation::Refused => Ok(with_cookie(no_session().into_response(), Some(removal_cookie()))),
    }
}

/// Sign out: the refresh cookie and everything that follows from it end.
#[utoipa::path(delete, path = "/session", tag = "session", security(()), responses((status = 204)))]
pub async fn delete_session(State(app): State<App>, headers: HeaderMap) -> Answer<Response> {
    check_same_origin(&headers, app.settings.http.public_origin.as_deref())?;
    if let Some(presented) = RefreshToken::from_headers(&headers) {
        let transaction = app.store.begin().await?;
        if let Some(user_id) = store::end(&transaction, &presented).await? {
            audit::append(&transaction, app.clock.now(), Actor::user(None, user_id), "session.ended", &user_id.to_string()).await?;
        }
        transaction.commit().await?;
    }
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), Some(removal_cookie())))
}

/// Who is calling. Of a person: an API key is none.
#[utoipa::path(get, path = "/me", tag = "session", responses((status = 200, body = Me)))]
pub async fn read_me(person: Person) -> Json<Me> {
    Json(Me { user: person.user().into(), tenant: (&person.tenant).into() })
}

/// Change when weeks and years begin for the caller.
#[utoipa::path(put, path = "/me", tag = "session", request_body = MyChange, responses((status = 200, body = Me)))]
pub async fn update_me(State(app): State<App>, person: Person, JsonBody(change): JsonBody<MyChange>) -> Answer<Json<Me>> {
    person.allow(Action::ChangeSelf)?;
    let transaction = app.store.begin().await?;
    // Over what is stored now: another tab may have changed it since.
    let stored = users::store::get(&transaction, person.tenancy(), person.user().id).await?.ok_or_else(Problem::unauthenticated)?;
    let own = stored.calendar.unwrap_or_default().0;
    let calendar = change.calendar.map(|calendar| calendar.over("calendar", &own)).transpose()?;
    users::store::set_calendar(&transaction, person.tenancy(), person.user().id, calendar.clone().map(Calendar)).await?;
    audit::append(&transaction, app.clock.now(), &person, "user.calendar", &person.user().id.to_string()).await?;
    transaction.commit().await?;
    app.members.forget(person.user().id).await;
    Ok(Json(Me { user: User { calendar, ..person.user().into() }, tenant: (&person.tenant).into() }))
}

/// Change the caller's own password. The session whose refresh cookie comes along stays; all others of theirs end.
#[utoipa::path(post, path = "/me/password", tag = "session", request_body = PasswordChange, responses((status = 204)))]
pub async fn update_password(State(app): State<App>, person: Person, peer: Peer, headers: HeaderMap, JsonBody(change): JsonBody<PasswordChange>) -> Answer<StatusCode> {
    person.allow(Action::ChangeSelf)?;
    let (id, now) = (person.user().id, app.clock.now());
    // Who guesses here guesses what the sign-in asks for: both are counted together.
    let attempt = (person.user().email.clone(), peer.0);
    app.attempts.take(attempt.clone(), now).await?;
    app.attempts_by_peer.take(peer.0, now).await?;
    let stored = users::store::get(app.store.db(), person.tenancy(), id).await?.ok_or_else(Problem::unauthenticated)?;
    if !app.passwords.verify(change.current_password, Some(stored.password_hash.clone())).await? {
        audit::append(app.store.db(), now, &person, "user.password_refused", &id.to_string()).await?;
        return Err(wrong_password());
    }
    app.attempts.reset(&attempt).await;
    let password_hash = app.passwords.hash("new_password", change.new_password).await?;
    let transaction = app.store.begin().await?;
    // The operator may have given them another one since it was looked at, to lock out whoever knows the old one.
    if users::store::get(&transaction, person.tenancy(), id).await?.is_none_or(|user| user.password_hash != stored.password_hash) {
        return Err(wrong_password());
    }
    users::store::set_password(&transaction, person.tenancy(), id, password_hash).await?;
    store::end_others(&transaction, id, RefreshToken::from_headers(&headers).as_ref()).await?;
    audit::append(&transaction, now, &person, "user.password_changed", &id.to_string()).await?;
    transaction.commit().await?;
    app.members.forget(id).await;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(app: &App, status: StatusCode, user: &users::model::Model, tenant: &tenants::model::Model, token: &RefreshToken) -> Answer<Response> {
    let session = Session {
        access_token: app.access_tokens.issue(user.id, tenant.id, app.clock.now())?,
        expires_in_seconds: access_token::LIFETIME.num_seconds(),
        user: user.into(),
        tenant: tenant.into(),
    };
    Ok(with_cookie((status, Json(session)).into_response(), token.to_cookie()))
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn wrong_password() -> Problem {
    Problem::field("current_password", "is not your password")
}

fn no_session() -> Problem {
    Problem::new(Code::Unauthenticated, "there is no session; sign in")
}

fn already_set_up() -> Problem {
    Problem::new(Code::Conflict, "the server is set up already; sign in")
}
