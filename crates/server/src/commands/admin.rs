//! `tidemill admin`: tenants and users, for whoever holds the data folder. It may run beside the server.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use tidemill::clock::{Clock, SystemClock};

use super::admin_keys::{self, KeyOrder};
use super::{ConfigArguments, terminal};
use crate::auth::{Passwords, Tenancy, private_file};
use crate::config::Settings;
use crate::http::Problem;
use crate::policy::Role;
use crate::store::Store;
use crate::store::audit::{self, Actor};
use crate::users::wire::{check_email, check_user_name};
use crate::{session, tenants, users};

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Make a tenant
    CreateTenant {
        /// Short name: lower-case letters, digits and `_`
        slug: String,
        /// What people read; the slug when left out
        #[arg(long)]
        name: Option<String>,
    },
    /// Make a user with a generated password, which is printed once
    CreateUser {
        /// Slug of the tenant
        #[arg(long)]
        tenant: String,
        /// What they may do
        #[arg(long, value_enum)]
        role: RoleName,
        /// What people read; the address when left out
        #[arg(long)]
        name: Option<String>,
        /// Address
        email: String,
    },
    /// Give a user a new generated password and end their sessions
    ResetPassword {
        /// Address
        email: String,
    },
    /// List tenants
    ListTenants,
    /// List the users of a tenant
    ListUsers {
        /// Slug of the tenant
        #[arg(long)]
        tenant: String,
    },
    #[command(flatten)]
    Keys(KeyOrder),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Viewer,
    Editor,
    Admin,
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Editor => Self::Editor,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// What was asked for cannot be done.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Order::Keys(order) = arguments.order {
        return admin_keys::run(&arguments.config, order).await;
    }
    let settings = arguments.config.read(Vec::new())?;
    let store = open_store(&settings).await?;
    let result = match arguments.order {
        Order::CreateTenant { slug, name } => create_tenant(&store, &slug, name.as_deref().unwrap_or(&slug)).await,
        Order::CreateUser { tenant, role, name, email } => create_user(&store, &tenant, role.into(), name, &email).await,
        Order::ResetPassword { email } => reset_password(&store, &email).await,
        Order::ListTenants => list_tenants(&store).await,
        Order::ListUsers { tenant } => list_users(&store, &tenant).await,
        Order::Keys(_) => Ok(()),
    };
    store.close().await;
    result
}

async fn open_store(settings: &Settings) -> anyhow::Result<Store> {
    private_file::create_folder(&settings.data_dir)?;
    Store::open(&settings.data_dir).await
}

async fn create_tenant(store: &Store, slug: &str, name: &str) -> anyhow::Result<()> {
    let now = SystemClock.now();
    tenants::wire::NewTenant { slug: slug.to_owned(), name: name.to_owned() }.check("").map_err(told)?;
    let transaction = store.begin().await?;
    if tenants::store::get_by_slug(&transaction, slug).await?.is_some() {
        bail!("there is a tenant {slug} already");
    }
    let tenant = tenants::store::create(&transaction, slug, name, now).await?;
    audit::append(&transaction, now, Actor::operator(Some(tenant.id)), "tenant.created", slug).await.map_err(told)?;
    transaction.commit().await?;
    terminal::say(&format!("tenant {slug} made"));
    Ok(())
}

async fn create_user(store: &Store, tenant: &str, role: Role, name: Option<String>, email: &str) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let email = check_email("email", email).map_err(told)?;
    let name = name.unwrap_or_else(|| email.clone());
    check_user_name("name", &name).map_err(told)?;
    let tenancy = find_tenant(store, tenant).await?;
    let password = generate_password();
    let password_hash = Passwords::new()?.hash("password", password.clone()).await.map_err(told)?;
    let transaction = store.begin().await?;
    if users::store::get_by_email(&transaction, &email).await?.is_some() {
        bail!("there is a user {email} already");
    }
    let user = users::store::create(&transaction, &tenancy, users::store::NewUser { email: email.clone(), name, role, password_hash, attributes: Default::default() }, now).await?;
    audit::append(&transaction, now, Actor::operator(Some(tenancy.id())), "user.created", &user.id.to_string()).await.map_err(told)?;
    transaction.commit().await?;
    terminal::say(&format!("user {email} made; password: {password}"));
    Ok(())
}

async fn reset_password(store: &Store, email: &str) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let email = check_email("email", email).map_err(told)?;
    let password = generate_password();
    let password_hash = Passwords::new()?.hash("password", password.clone()).await.map_err(told)?;
    let transaction = store.begin().await?;
    let user = users::store::get_by_email(&transaction, &email).await?.with_context(|| format!("there is no user {email}"))?;
    let tenant = tenants::store::get(&transaction, user.tenant_id).await?.context("the tenant of the user is gone")?;
    users::store::set_password(&transaction, &Tenancy::of(&tenant).map_err(told)?, user.id, password_hash).await?;
    session::store::end_all(&transaction, user.id).await?;
    audit::append(&transaction, now, Actor::operator(Some(tenant.id)), "user.password_reset", &user.id.to_string()).await.map_err(told)?;
    transaction.commit().await?;
    terminal::say(&format!("new password of {email}: {password}"));
    Ok(())
}

async fn list_tenants(store: &Store) -> anyhow::Result<()> {
    for tenant in tenants::store::list(store.db()).await? {
        terminal::say(&format!("{}\t{}\t{}", tenant.slug, tenant.name, tenant.created_at.to_rfc3339()));
    }
    Ok(())
}

async fn list_users(store: &Store, tenant: &str) -> anyhow::Result<()> {
    let tenancy = find_tenant(store, tenant).await?;
    for user in users::store::list(store.db(), &tenancy).await? {
        terminal::say(&format!("{}\t{:?}\t{}", user.email, user.role, user.name));
    }
    Ok(())
}

async fn find_tenant(store: &Store, slug: &str) -> anyhow::Result<Tenancy> {
    let tenant = tenants::store::get_by_slug(store.db(), slug).await?.with_context(|| format!("there is no tenant {slug}"))?;
    Tenancy::of(&tenant).map_err(told)
}

/// 120 bits in letters and digits that cannot be mistaken for each other.
pub fn generate_password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789X";
    let digits: Vec<char> = private_file::random::<24>().iter().map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map_or('X', char::from)).collect();
    digits.chunks(6).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn told(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem:?}")
}
