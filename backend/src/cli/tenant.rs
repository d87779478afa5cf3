//! `tollgate tenant`: who is there, and an operator's credit to a wallet.

use super::{CliError, WithDatabase, database, out};
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_ledger::{Credit, CreditKind, Credited, credit, wallet};
use tollgate_money::Nano;
use tollgate_store::{Actor, AuditEntry, Db, Topic, announce, record_audit};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List all tenants with their balances.
    List {
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Add credit to a tenant's wallet by a ledger transfer.
    Credit {
        /// The tenant's short name.
        slug: String,
        /// US dollars, for example 25 or 0.50.
        amount: String,
        /// Why; it stands in the ledger and in the audit log.
        #[arg(long)]
        reason: String,
        /// Makes a repeated command harmless: the same key is the same credit.
        #[arg(long, value_name = "TEXT")]
        idempotency_key: Option<String>,
        #[command(flatten)]
        on: WithDatabase,
    },
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::List { on } => database::run(config, on, list)??,
        Action::Credit {
            slug,
            amount,
            reason,
            idempotency_key,
            on,
        } => {
            let amount = dollars(&amount)?;
            database::run(config, on, async move |db| {
                give(&db, &slug, amount, reason, idempotency_key).await
            })??;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(db: Db) -> Result<(), CliError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT t.slug, t.name, t.status, t.time_zone, t.created_at, a.balance_nano AS "balance_nano?"
           FROM tenants t LEFT JOIN ledger_accounts a ON a.tenant_id = t.tenant_id AND a.code = 'wallet'
           WHERE t.kind = 'customer' ORDER BY t.created_at, t.tenant_id"#
    )
    .fetch_all(tx.conn())
    .await
    .map_err(tollgate_store::StoreError::from)?;
    out::line(format_args!(
        "{:<24} {:<10} {:>16}  {:<18} {:<10}  NAME",
        "SLUG", "STATUS", "WALLET", "ZONE", "SINCE"
    ));
    for row in rows {
        let balance = row
            .balance_nano
            .map_or_else(|| "-".to_owned(), |nano| Nano(nano).to_string());
        let since = row.created_at.format("%Y-%m-%d");
        let (slug, status, zone, name) = (row.slug, row.status, row.time_zone, row.name);
        out::line(format_args!(
            "{slug:<24} {status:<10} {balance:>16}  {zone:<18} {since:<10}  {name}"
        ));
    }
    Ok(())
}

async fn give(
    db: &Db,
    slug: &str,
    amount: Nano,
    reason: String,
    key: Option<String>,
) -> Result<(), CliError> {
    let tenant = db.resolve_slug(slug).await?.ok_or_else(|| {
        CliError::Said(format!(
            "there is no tenant `{slug}`; `tollgate tenant list` shows all"
        ))
    })?;
    let clock = db.clock();
    let author = super::operator();
    let mut tx = db.tenant(tenant).await?;
    let booking = Credit {
        kind: CreditKind::TopUp,
        amount,
        reason: reason.clone(),
        author: author.clone(),
        idempotency_key: key.unwrap_or_else(|| clock.new_id().to_string()),
    };
    let Credited {
        transfer_id,
        replayed,
        ..
    } = credit(&mut tx, clock, &booking).await.map_err(CliError::said)?;
    let entry = AuditEntry {
        id: clock.new_id(),
        at: clock.now(),
        actor: Actor::Operator(author),
        action: "wallet.credited",
        target_id: Some(transfer_id.0),
        target_name: slug.to_owned(),
        changes: json!({"amount_nano": amount.0.to_string(), "reason": reason}),
        request_id: None,
        address: String::new(),
    };
    if !replayed {
        record_audit(&mut tx, &entry).await?;
        // Nodes that had just refused for want of money ask again at once.
        announce(&mut tx, Topic::Tenant, tenant.0, 0).await?;
    }
    let after = wallet(&mut tx).await?;
    tx.commit().await?;
    let balance = after.map_or_else(String::new, |wallet| {
        format!("; the wallet holds {}", wallet.balance)
    });
    let done = if replayed {
        "was booked before, nothing is changed"
    } else {
        "is booked"
    };
    out::line(format_args!(
        "Transfer {transfer_id} of {amount} to {slug} {done}{balance}."
    ));
    Ok(())
}

/// Dollars as decimal text, exactly.
fn dollars(text: &str) -> Result<Nano, CliError> {
    let wrong = || {
        CliError::Said(format!(
            "`{text}` is not an amount: write US dollars such as 25 or 0.50, with at most nine decimals"
        ))
    };
    let text = text.trim().trim_start_matches('$');
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 9 || !digits(whole) || !digits(part) {
        return Err(wrong());
    }
    format!("{whole}{part:0<9}")
        .parse::<i64>()
        .ok()
        .filter(|nano| *nano > 0)
        .map(Nano)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_exactly_or_refused() {
        let read = |text: &str| dollars(text).ok().map(|nano| nano.0);
        assert_eq!(read("25"), Some(25_000_000_000));
        assert_eq!(read("$0.000000001"), Some(1));
        assert_eq!(read("0.50"), Some(500_000_000));
        for wrong in ["", "0", "-1", "1e3", "0.0000000001", "1,5", "99999999999", "."] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
