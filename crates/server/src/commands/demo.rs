//! `tidemill demo`: sample data, a live stream of orders, dashboards, an account; then the server as it always is.
//! A second start finds everything there and only goes on with the stream.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use clap::Args;

use super::admin::generate_password;
use super::{ConfigArguments, demo_data, terminal};
use crate::app::App;
use crate::auth::{Tenancy, private_file};
use crate::http::Problem;
use crate::policy::Role;
use crate::serve;
use crate::{tenants, users};

const TENANT: &str = "demo";
const EMAIL: &str = "demo@tidemill.local";
const PASSWORD_FILE: &str = "demo-password";

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Folder with the sample files
    #[arg(long, value_name = "FOLDER", default_value = "examples/data")]
    examples: PathBuf,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    address: Option<SocketAddr>,
    /// Orders that the imaginary shop gets in a day
    #[arg(long, default_value_t = 100_000)]
    orders_per_day: u32,
    /// Days of orders that are made up at the first start
    #[arg(long, default_value_t = 30)]
    history_days: u32,
}

/// Runs the command.
///
/// # Errors
/// Anything that keeps the demo from starting or from stopping cleanly.
pub async fn run(mut arguments: Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    if arguments.config.data_dir.is_none() && arguments.config.config.is_none() && std::env::var_os("TIDEMILL_DATA_DIR").is_none() {
        arguments.config.data_dir = Some(PathBuf::from("./demo-data"));
    }
    let (app, listening) = super::serve::open(&arguments.config, arguments.address).await?;
    let port = listening.address().port();
    let (tenancy, password) = ensure_account(&app).await?;
    demo_data::load_files(&app, &tenancy, &arguments.examples).await?;
    let orders = demo_data::begin_orders(&app, &tenancy, arguments.orders_per_day, arguments.history_days).await?;
    demo_data::make_dashboards(&app, &tenancy).await?;
    orders.start(&app);
    terminal::say(&format!(
        "\nTidemill is ready after {:.1} s.\n\n  open      http://localhost:{}/\n  address   {EMAIL}\n  password  {password}\n\nOrders are coming in all the time. Press Ctrl-C to stop.",
        started.elapsed().as_secs_f64(),
        port
    ));
    serve::serve(app, listening).await
}

/// The tenant, its owner and the owner's password, which stands in a private file of the data folder.
async fn ensure_account(app: &App) -> anyhow::Result<(Tenancy, String)> {
    let now = app.clock.now();
    let path = app.settings.data_dir.join(PASSWORD_FILE);
    let tenant = match tenants::store::get_by_slug(app.store.db(), TENANT).await? {
        Some(tenant) => tenant,
        None => tenants::store::create(app.store.db(), TENANT, "Demo", now).await?,
    };
    app.setup_code.remove();
    let tenancy = Tenancy::of(&tenant).map_err(told)?;
    let password = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let password = generate_password();
            private_file::write_new(&path, password.as_bytes())?;
            password
        }
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    match users::store::get_by_email(app.store.db(), EMAIL).await? {
        None => {
            let password_hash = app.passwords.hash("password", password.clone()).await.map_err(told)?;
            let owner = users::store::NewUser { email: EMAIL.to_owned(), name: "Demo".to_owned(), role: Role::Owner, password_hash, attributes: Default::default() };
            users::store::create(app.store.db(), &tenancy, owner, now).await?;
        }
        // Somebody removed the file, or restored an old one: the file is right.
        Some(user) if !app.passwords.verify(password.clone(), Some(user.password_hash.clone())).await.map_err(told)? => {
            let password_hash = app.passwords.hash("password", password.clone()).await.map_err(told)?;
            users::store::set_password(app.store.db(), &tenancy, user.id, password_hash).await?;
        }
        Some(_) => {}
    }
    Ok((tenancy, password))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn told(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!("{problem:?}")
}
