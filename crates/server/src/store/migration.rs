//! Versions of the schema, in order. A released migration is never changed.

use sea_orm_migration::prelude::*;

/// All migrations.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First), Box::new(UserAttributes), Box::new(TenantCalendar), Box::new(Budgets), Box::new(UserCalendar), Box::new(ApiKeys), Box::new(ApiKeyVersions)]
    }
}

/// Accounts, dashboards, audit log.
struct First;

impl MigrationName for First {
    fn name(&self) -> &str {
        "m0001_accounts_dashboards_audit"
    }
}

fn text(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string().not_null();
    column
}

fn id(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.uuid().not_null();
    column
}

fn instant(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.timestamp_with_time_zone().not_null();
    column
}

fn owned_by(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(from, column).to(to, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tenants = Table::create()
            .table("tenants")
            .col(id("id").primary_key())
            .col(text("slug").unique_key())
            .col(text("name"))
            .col(instant("created_at"))
            .to_owned();
        let users = Table::create()
            .table("users")
            .col(id("id").primary_key())
            .col(id("tenant_id"))
            .col(text("email").unique_key())
            .col(text("name"))
            .col(text("role"))
            .col(text("password_hash"))
            .col(instant("created_at"))
            .foreign_key(&mut owned_by("users", "tenant_id", "tenants"))
            .to_owned();
        let refresh_tokens = Table::create()
            .table("refresh_tokens")
            .col(text("hash").primary_key())
            .col(id("family"))
            .col(id("user_id"))
            .col(instant("created_at"))
            .col(instant("expires_at"))
            .col(ColumnDef::new("used_at").timestamp_with_time_zone().null())
            .foreign_key(&mut owned_by("refresh_tokens", "user_id", "users"))
            .to_owned();
        let dashboards = Table::create()
            .table("dashboards")
            .col(id("id").primary_key())
            .col(id("tenant_id"))
            .col(text("title"))
            .col(ColumnDef::new("description").string().null())
            .col(ColumnDef::new("definition").json_binary().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(instant("created_at"))
            .col(instant("updated_at"))
            .col(ColumnDef::new("updated_by").string().null())
            .foreign_key(&mut owned_by("dashboards", "tenant_id", "tenants"))
            .to_owned();
        let audit_log = Table::create()
            .table("audit_log")
            .col(ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key())
            .col(instant("happened_at"))
            .col(ColumnDef::new("tenant_id").uuid().null())
            .col(ColumnDef::new("user_id").uuid().null())
            .col(text("action"))
            .col(text("subject"))
            .col(ColumnDef::new("request_id").string().null())
            .to_owned();
        for table in [tenants, users, refresh_tokens, dashboards, audit_log] {
            manager.create_table(table).await?;
        }
        for (name, table, column) in [
            ("users_by_tenant", "users", "tenant_id"),
            ("refresh_tokens_by_family", "refresh_tokens", "family"),
            ("dashboards_by_tenant", "dashboards", "tenant_id"),
            ("audit_log_by_tenant", "audit_log", "tenant_id"),
        ] {
            manager.create_index(Index::create().name(name).table(table).col(column).to_owned()).await?;
        }
        close_audit_log(manager).await
    }
}

/// What access policies go by.
struct UserAttributes;

impl MigrationName for UserAttributes {
    fn name(&self) -> &str {
        "m0002_user_attributes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for UserAttributes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let attributes = ColumnDef::new("attributes").json_binary().not_null().default("{}").to_owned();
        manager.alter_table(Table::alter().table("users").add_column(attributes).to_owned()).await
    }
}

/// When weeks and years of a tenant begin.
struct TenantCalendar;

impl MigrationName for TenantCalendar {
    fn name(&self) -> &str {
        "m0003_tenant_calendar"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for TenantCalendar {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let calendar = ColumnDef::new("calendar").json_binary().not_null().default("{}").to_owned();
        manager.alter_table(Table::alter().table("tenants").add_column(calendar).to_owned()).await
    }
}

/// What a question of a tenant, and of a user, may read.
struct Budgets;

impl MigrationName for Budgets {
    fn name(&self) -> &str {
        "m0004_budgets"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Budgets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["tenants", "users"] {
            let budget = ColumnDef::new("budget").json_binary().not_null().default("{}").to_owned();
            manager.alter_table(Table::alter().table(table).add_column(budget).to_owned()).await?;
        }
        Ok(())
    }
}

/// When weeks and years of a user begin, where they say so.
struct UserCalendar;

impl MigrationName for UserCalendar {
    fn name(&self) -> &str {
        "m0005_user_calendar"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for UserCalendar {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let calendar = ColumnDef::new("calendar").json_binary().null().to_owned();
        manager.alter_table(Table::alter().table("users").add_column(calendar).to_owned()).await
    }
}

/// Keys by which programs ask, and which of them did something.
struct ApiKeys;

impl MigrationName for ApiKeys {
    fn name(&self) -> &str {
        "m0006_api_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ApiKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let maybe = |name: &'static str| ColumnDef::new(name).timestamp_with_time_zone().null().to_owned();
        let keys = Table::create()
            .table("api_keys")
            .col(id("id").primary_key())
            .col(id("tenant_id"))
            .col(text("name"))
            .col(text("prefix").unique_key())
            .col(text("hash"))
            .col(text("role"))
            .col(ColumnDef::new("attributes").json_binary().not_null().default("{}"))
            .col(ColumnDef::new("budget").json_binary().not_null().default("{}"))
            // Who made it may be gone, and the key stays.
            .col(id("created_by"))
            .col(text("created_by_name"))
            .col(instant("created_at"))
            .col(maybe("expires_at"))
            .col(maybe("last_used_at"))
            .col(maybe("revoked_at"))
            .foreign_key(&mut owned_by("api_keys", "tenant_id", "tenants"))
            .to_owned();
        manager.create_table(keys).await?;
        manager.create_index(Index::create().name("api_keys_by_tenant").table("api_keys").col("tenant_id").to_owned()).await?;
        let actor = ColumnDef::new("api_key_id").uuid().null().to_owned();
        manager.alter_table(Table::alter().table("audit_log").add_column(actor).to_owned()).await
    }
}

/// Which state of a key somebody has read who changes it.
struct ApiKeyVersions;

impl MigrationName for ApiKeyVersions {
    fn name(&self) -> &str {
        "m0007_api_key_versions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ApiKeyVersions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version = ColumnDef::new("version").big_integer().not_null().default(1).to_owned();
        manager.alter_table(Table::alter().table("api_keys").add_column(version).to_owned()).await
    }
}

/// Makes the log append-only for everybody who comes through SQL.
async fn close_audit_log(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let statements: &[&str] = match manager.get_database_backend() {
        sea_orm::DbBackend::Sqlite => &[
            "create trigger audit_log_no_update before update on audit_log begin select raise(abort, 'the audit log is append-only'); end",
            "create trigger audit_log_no_delete before delete on audit_log begin select raise(abort, 'the audit log is append-only'); end",
        ],
        sea_orm::DbBackend::Postgres => {
            &["create rule audit_log_no_update as on update to audit_log do instead nothing", "create rule audit_log_no_delete as on delete to audit_log do instead nothing"]
        }
        _ => &[],
    };
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
