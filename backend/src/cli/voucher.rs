//! `tollgate voucher`: the operator's vouchers, which add credit to the wallet of whoever redeems them. They stand in the
//! platform's own tenant.

use super::amount::dollars;
use super::{CliError, WithDatabase, database, operator, out};
use crate::app::parts;
use crate::config::Settings;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tollgate_contract::check;
use tollgate_contract::ids::VoucherId;
use tollgate_contract::money::NanoUsd;
use tollgate_manage::{MadeVoucher, VoucherOrder, make_vouchers, revoke_voucher};
use tollgate_money::Nano;
use tollgate_store::{
    Actor, AuditEntry, Db, PLATFORM_TENANT, StoreError, TenantTx, VoucherTerms, record_audit,
};

/// Most vouchers made at once.
const COUNT_MAX: u32 = 10_000;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make vouchers and write their codes, which can't be shown again.
    Create(Order),
    /// List vouchers, the newest first, without their codes.
    List {
        /// How many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Take a voucher back, so that nobody can redeem it any more.
    Revoke {
        /// Its id, from the list.
        id: VoucherId,
        #[command(flatten)]
        on: WithDatabase,
    },
}

/// What shall be made.
#[derive(Debug, Args)]
pub struct Order {
    /// How many.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(COUNT_MAX)))]
    count: u32,
    /// What each adds, in US dollars, for example 25 or 0.50.
    #[arg(long, value_name = "AMOUNT")]
    usd: String,
    /// What they are for.
    #[arg(long, default_value = "")]
    note: String,
    /// Until when they can be redeemed, for example 2027-01-01T00:00:00Z; for ever if absent.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    expires: Option<DateTime<Utc>>,
    /// A new file for the codes, one a line; standard output if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    on: WithDatabase,
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|error| format!("{error}: write an instant such as 2027-01-01T00:00:00Z"))
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::Create(order) => {
            let terms = terms(&order)?;
            let on = order.on;
            database::run_with(config, on, async move |db, settings| {
                create(&db, &settings, order, terms).await
            })??;
        }
        Action::List { limit, on } => database::run(config, on, async move |db| list(&db, limit).await)??,
        Action::Revoke { id, on } => database::run(config, on, async move |db| revoke(&db, id).await)??,
    }
    Ok(ExitCode::SUCCESS)
}

fn wrong(option: &str, why: Option<Cow<'static, str>>) -> CliError {
    CliError::Said(format!("{option} {}", why.unwrap_or_default()))
}

fn terms(order: &Order) -> Result<VoucherTerms, CliError> {
    let amount = dollars(&order.usd)?;
    check::voucher_amount(&NanoUsd(amount.0)).map_err(|error| wrong("--usd", error.message))?;
    check::description(&order.note).map_err(|error| wrong("--note", error.message))?;
    if let Some(at) = &order.expires {
        check::instant(at).map_err(|error| wrong("--expires", error.message))?;
    }
    Ok(VoucherTerms {
        credit: true,
        amount_nano: amount.0,
        days: 0,
        expires_at: order.expires,
    })
}

async fn create(db: &Db, settings: &Settings, order: Order, terms: VoucherTerms) -> Result<(), CliError> {
    let clock = db.clock();
    if terms.expires_at.is_some_and(|at| at <= clock.now()) {
        return Err(CliError::Said("--expires must lie ahead".to_owned()));
    }
    let hasher = parts::hasher(settings)?;
    let mut tx = db.tenant(PLATFORM_TENANT).await?;
    let wanted = VoucherOrder {
        terms,
        count: usize::try_from(order.count).map_err(CliError::said)?,
        note: order.note.clone(),
        author: operator(),
    };
    let made = make_vouchers(&mut tx, clock, &hasher, &wanted).await?;
    let amount = Nano(terms.amount_nano);
    let told = json!({
        "count": made.len(), "amount_nano": amount, "note": order.note, "expires_at": terms.expires_at,
    });
    let name = format!("{} vouchers", made.len());
    let first = made.first().map(|voucher| voucher.id);
    tell(&mut tx, db, "voucher.created", first, &name, told).await?;
    // The codes are safe before the vouchers are: without its codes a voucher is worth nothing to anybody.
    let Some(file) = &order.out else {
        tx.commit().await?;
        for voucher in &made {
            out::line(voucher.code.expose());
        }
        return Ok(());
    };
    keep(file, &made)?;
    let file = file.display();
    // A connection that breaks at the commit leaves it open whether they were made: the codes must not be lost then.
    tx.commit().await.map_err(|error| {
        CliError::Said(format!(
            "{error}; if `tollgate voucher list` shows the vouchers, their codes are in {file}"
        ))
    })?;
    out::line(format_args!(
        "{name} of {amount} each are made; their codes are in {file}."
    ));
    Ok(())
}

/// A file that only its owner can read, on the disk when this returns.
fn keep(path: &Path, made: &[MadeVoucher]) -> Result<(), CliError> {
    let write = |mut file: File| {
        for voucher in made {
            writeln!(file, "{}", voucher.code.expose())?;
        }
        file.sync_all()
    };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(write)
        .map_err(CliError::system(format!(
            "the codes can't be written to {}",
            path.display()
        )))
}

async fn tell(
    tx: &mut TenantTx,
    db: &Db,
    action: &'static str,
    target: Option<VoucherId>,
    name: &str,
    changes: Value,
) -> Result<(), CliError> {
    let entry = AuditEntry {
        id: db.clock().new_id(),
        at: db.clock().now(),
        actor: Actor::Operator(operator()),
        action,
        target_id: target.map(|voucher| voucher.0),
        target_name: name.to_owned(),
        changes,
        request_id: None,
        address: String::new(),
    };
    Ok(record_audit(tx, &entry).await?)
}

async fn list(db: &Db, limit: u32) -> Result<(), CliError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT v.voucher_id, v.last_four, v.amount_nano, v.note, v.expires_at, v.revoked_at, v.created_at,
                  t.slug AS "redeemed_by?"
           FROM vouchers v
           LEFT JOIN voucher_redemptions r ON r.voucher_id = v.voucher_id
           LEFT JOIN tenants t ON t.tenant_id = r.tenant_id
           WHERE v.tenant_id = $1 ORDER BY v.voucher_id DESC LIMIT $2"#,
        PLATFORM_TENANT.0,
        i64::from(limit)
    )
    .fetch_all(tx.conn())
    .await
    .map_err(StoreError::from)?;
    let now = db.clock().now();
    out::line(format_args!(
        "{:<36} {:<5} {:>14} {:<10} {:<20} {:<28}  NOTE",
        "ID", "ENDS", "AMOUNT", "MADE", "EXPIRES", "STATE"
    ));
    for row in rows {
        let expires = row.expires_at.map_or_else(
            || "never".to_owned(),
            |at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        );
        let state = match (row.redeemed_by, row.revoked_at) {
            (Some(slug), _) => format!("redeemed by {slug}"),
            (None, Some(_)) => "taken back".to_owned(),
            (None, None) if row.expires_at.is_some_and(|at| at <= now) => "expired".to_owned(),
            (None, None) => "open".to_owned(),
        };
        out::line(format_args!(
            "{:<36} {:<5} {:>14} {:<10} {expires:<20} {state:<28}  {}",
            row.voucher_id,
            row.last_four,
            Nano(row.amount_nano),
            row.created_at.format("%Y-%m-%d"),
            row.note.replace(['\n', '\r'], " ")
        ));
    }
    Ok(())
}

async fn revoke(db: &Db, id: VoucherId) -> Result<(), CliError> {
    let mut tx = db.tenant(PLATFORM_TENANT).await?;
    if !revoke_voucher(&mut tx, db.clock(), id).await? {
        return Err(CliError::Said(format!(
            "there is no voucher {id} of the operator's that is open; `tollgate voucher list` shows them"
        )));
    }
    tell(&mut tx, db, "voucher.revoked", Some(id), "voucher", json!({})).await?;
    tx.commit().await?;
    out::line(format_args!("Voucher {id} is taken back."));
    Ok(())
}
