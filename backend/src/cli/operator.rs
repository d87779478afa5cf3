//! `tollgate operator`: who runs the platform. Its own organisation is signed up by nobody, so that its people come from here.

use super::{CliError, WithDatabase, database, operator, out};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_contract::auth::Role;
use tollgate_contract::check;
use tollgate_contract::ids::UserId;
use tollgate_store::{
    Actor, AuditEntry, Db, PLATFORM_TENANT, TenantTx, Topic, announce, hash_password, new_token, record_audit,
};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make somebody one of the platform's own people. Who never signed up gets a password, shown this once.
    Add {
        #[command(flatten)]
        person: NewPerson,
        #[command(flatten)]
        on: WithDatabase,
    },
    /// List the platform's own people.
    List {
        #[command(flatten)]
        on: WithDatabase,
    },
}

/// Whom to add.
#[derive(Debug, Args)]
pub struct NewPerson {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: String,
    /// What they may do; given again, it changes.
    #[arg(long, value_enum, default_value = "operator")]
    role: Duty,
    /// How they are called; the address if absent. Of no use for somebody who is there already.
    #[arg(long, value_parser = name)]
    name: Option<String>,
}

/// What one of the platform's people does.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Duty {
    /// Everything: the owner of the platform's organisation.
    Operator,
    /// Prices, plans, and all that has to do with money.
    Admin,
    /// Money: terms, payments, rates, disputes, margin.
    Finance,
}

impl Duty {
    fn role(self) -> Role {
        match self {
            Self::Operator => Role::Owner,
            Self::Admin => Role::Admin,
            Self::Finance => Role::Finance,
        }
    }
}

fn email(text: &str) -> Result<String, String> {
    check::email(text).map_err(|error| error.message.unwrap_or_default().into_owned())?;
    Ok(text.to_lowercase())
}

fn name(text: &str) -> Result<String, String> {
    check::person_name(text).map_err(|error| error.message.unwrap_or_default().into_owned())?;
    Ok(text.to_owned())
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::Add { person, on } => database::run(config, on, async move |db| add(&db, &person).await)??,
        Action::List { on } => database::run(config, on, list)??,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(db: &Db, new: &NewPerson) -> Result<(), CliError> {
    let (role, now) = (new.role.role(), db.clock().now());
    let known = db.resolve_email(&new.email).await?;
    let mut password = None;
    let mut tx = db.tenant(PLATFORM_TENANT).await?;
    let user = match &known {
        Some(person) if !person.active => {
            let email = &new.email;
            return Err(CliError::Said(format!("{email} is locked and can't sign in")));
        }
        Some(person) => person.user_id,
        None => {
            let secret = new_token(&mut rand::rng());
            let hash = hash_password(SecretString::from(secret.expose_secret()))
                .await
                .map_err(CliError::said)?;
            let user = UserId(db.clock().new_id());
            tx.enter_user(user, &new.email, Some(&hash), now).await?;
            password = Some(secret);
            user
        }
    };
    let before = role_of(&mut tx, user).await?;
    if before.as_deref() == Some(role.as_str()) {
        out::line(format_args!(
            "{} has the role {role} already; nothing is changed.",
            new.email
        ));
        return Ok(());
    }
    join(&mut tx, user, new, before.is_some(), now).await?;
    record(&mut tx, db, user, new, before).await?;
    tx.commit().await?;
    out::line(format_args!(
        "{} is one of the platform's people now, in the role {role}.",
        new.email
    ));
    match password {
        Some(password) => out::line(format_args!(
            "Password, shown this once: {}",
            password.expose_secret()
        )),
        None => out::line("They sign in as before and choose the organisation `platform`."),
    }
    Ok(())
}

async fn role_of(tx: &mut TenantTx, user: UserId) -> Result<Option<String>, CliError> {
    let role = sqlx::query_scalar!(
        "SELECT role FROM memberships WHERE tenant_id = $1 AND user_id = $2 FOR UPDATE",
        PLATFORM_TENANT.0,
        user.0
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(tollgate_store::StoreError::from)?;
    Ok(role)
}

async fn join(
    tx: &mut TenantTx,
    user: UserId,
    new: &NewPerson,
    there: bool,
    now: DateTime<Utc>,
) -> Result<(), CliError> {
    let role = new.role.role();
    sqlx::query!(
        "INSERT INTO memberships (tenant_id, user_id, email, display_name, role, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (tenant_id, user_id) DO UPDATE
         SET role = EXCLUDED.role, version = memberships.version + 1, updated_at = EXCLUDED.updated_at",
        PLATFORM_TENANT.0,
        user.0,
        new.email,
        new.name.as_deref().unwrap_or(&new.email),
        role.as_str(),
        now
    )
    .execute(tx.conn())
    .await
    .map_err(tollgate_store::StoreError::from)?;
    if !there {
        tx.enter_membership(user, now).await?;
    }
    Ok(())
}

async fn record(
    tx: &mut TenantTx,
    db: &Db,
    user: UserId,
    new: &NewPerson,
    before: Option<String>,
) -> Result<(), CliError> {
    let entry = AuditEntry {
        id: db.clock().new_id(),
        at: db.clock().now(),
        actor: Actor::Operator(operator()),
        action: if before.is_some() {
            "user.updated"
        } else {
            "user.created"
        },
        target_id: Some(user.0),
        target_name: new.email.clone(),
        changes: json!({"role": new.role.role(), "role_before": before}),
        request_id: None,
        address: String::new(),
    };
    record_audit(tx, &entry).await?;
    announce(tx, Topic::Tenant, PLATFORM_TENANT.0, 0).await?;
    Ok(())
}

async fn list(db: Db) -> Result<(), CliError> {
    let mut tx = db.tenant(PLATFORM_TENANT).await?;
    let rows = sqlx::query!(
        "SELECT email, display_name, role, status, created_at FROM memberships WHERE tenant_id = $1
         ORDER BY created_at, user_id",
        PLATFORM_TENANT.0
    )
    .fetch_all(tx.conn())
    .await
    .map_err(tollgate_store::StoreError::from)?;
    out::line(format_args!(
        "{:<40} {:<8} {:<9} {:<10}  NAME",
        "EMAIL", "ROLE", "STATUS", "SINCE"
    ));
    for row in rows {
        let since = row.created_at.format("%Y-%m-%d");
        let (email, role, status, name) = (row.email, row.role, row.status, row.display_name);
        out::line(format_args!(
            "{email:<40} {role:<8} {status:<9} {since:<10}  {name}"
        ));
    }
    Ok(())
}
