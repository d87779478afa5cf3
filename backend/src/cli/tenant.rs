//! `tollgate tenant`: who is there, and an operator's hand on a wallet.

mod wallet;

use super::amount::{dollars, dollars_or_none};
use super::{CliError, WithDatabase, database, out};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_contract::ids::TransferId;
use tollgate_money::Nano;
use tollgate_store::Db;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List all tenants with their balances.
    List {
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Add credit to a tenant's wallet by a ledger transfer.
    Credit {
        #[command(flatten)]
        movement: Movement,
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Pay money back by a ledger transfer: never more than is there and held by no node.
    Refund {
        #[command(flatten)]
        movement: Movement,
        /// The payment that is paid back, in part or as a whole, by its transfer's id: no more than was paid in by it.
        #[arg(long, value_name = "TRANSFER")]
        of: Option<uuid::Uuid>,
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Say how far below zero a tenant's balance may go; 0: not at all. No money moves.
    CreditLimit {
        /// The tenant's short name.
        slug: String,
        /// US dollars, for example 100 or 0.
        amount: String,
        #[command(flatten)]
        on: WithDatabase,
    },
}

/// Money that moves by an operator's hand.
#[derive(Debug, Args)]
pub struct Movement {
    /// The tenant's short name.
    slug: String,
    /// US dollars, for example 25 or 0.50.
    amount: String,
    /// Why; it stands in the ledger and in the audit log.
    #[arg(long)]
    reason: String,
    /// Makes a repeated command harmless: the same key is the same transfer.
    #[arg(long, value_name = "TEXT")]
    idempotency_key: Option<String>,
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::List { on } => database::run(config, on, list)??,
        Action::Credit { movement, on } => {
            let amount = dollars(&movement.amount)?;
            database::run(config, on, async move |db| {
                wallet::give(&db, movement, amount).await
            })??;
        }
        Action::Refund { movement, of, on } => {
            let amount = dollars(&movement.amount)?;
            database::run(config, on, async move |db| {
                wallet::pay_back(&db, movement, amount, of.map(TransferId)).await
            })??;
        }
        Action::CreditLimit { slug, amount, on } => {
            let limit = dollars_or_none(&amount)?;
            database::run(config, on, async move |db| {
                wallet::limit_credit(&db, &slug, limit).await
            })??;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(db: Db) -> Result<(), CliError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT t.slug, t.name, t.status, t.time_zone, t.created_at, t.credit_limit_nano,
                  a.balance_nano AS "balance_nano?"
           FROM tenants t LEFT JOIN ledger_accounts a ON a.tenant_id = t.tenant_id AND a.code = 'wallet'
           WHERE t.kind = 'customer' ORDER BY t.created_at, t.tenant_id"#
    )
    .fetch_all(tx.conn())
    .await
    .map_err(tollgate_store::StoreError::from)?;
    out::line(format_args!(
        "{:<24} {:<10} {:>16} {:>14}  {:<18} {:<10}  NAME",
        "SLUG", "STATUS", "WALLET", "CREDIT LIMIT", "ZONE", "SINCE"
    ));
    for row in rows {
        let balance = row
            .balance_nano
            .map_or_else(|| "-".to_owned(), |nano| Nano(nano).to_string());
        let limit = Nano(row.credit_limit_nano);
        let since = row.created_at.format("%Y-%m-%d");
        let (slug, status, zone, name) = (row.slug, row.status, row.time_zone, row.name);
        out::line(format_args!(
            "{slug:<24} {status:<10} {balance:>16} {limit:>14}  {zone:<18} {since:<10}  {name}"
        ));
    }
    Ok(())
}
