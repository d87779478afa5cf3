//! `tollgate budget`: what lost nodes hold of budgets, and giving it up.

use super::{CliError, WithDatabase, database, out};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_contract::ids::NodeId;
use tollgate_ledger::{WrittenOff, fence_lost, holds, write_off};
use tollgate_store::Db;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List what nodes hold of budgets and wallets that are not heard of any more.
    Holds {
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Give up what a lost node holds, so that it may be spent again. Only if its journal is gone for good: else `tollgate
    /// journal drain` books what it knows. What a journal tells afterwards is booked all the same, beyond the limits.
    WriteOff {
        /// The node's id, as `tollgate budget holds` shows it.
        node: NodeId,
        /// Its epoch.
        epoch: i64,
        /// Why; it stands in the audit log of each organisation concerned.
        #[arg(long)]
        reason: String,
        /// Only this organisation's, by its short name.
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// Fence the node's epoch first: it can neither draw nor book from then on. Refused while the node is heard of.
        #[arg(long)]
        fence: bool,
        #[command(flatten)]
        on: WithDatabase,
    },
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::Holds { on } => database::run(config, on, list)??,
        Action::WriteOff {
            node,
            epoch,
            reason,
            tenant,
            fence,
            on,
        } => {
            let asked = Asked {
                lease: (node, epoch),
                reason,
                tenant,
                fence,
            };
            database::run(config, on, async move |db| give_up(&db, &asked).await)??;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(db: Db) -> Result<(), CliError> {
    let held = holds(&db).await.map_err(CliError::said)?;
    if held.is_empty() {
        out::line("No node that is not heard of holds anything.");
        return Ok(());
    }
    out::line(format_args!(
        "{:<36} {:>5}  {:<20} {:<6} {:<24} {:<24} {:<10} {:>16}",
        "NODE", "EPOCH", "HEARD OF", "FENCED", "ORGANISATION", "BUDGET", "FROM", "HELD"
    ));
    for hold in held {
        let (node, epoch, slug, budget, nano) = (hold.node_id, hold.epoch, hold.slug, hold.budget, hold.held);
        let (heard, from) = (
            hold.heard_at.format("%Y-%m-%d %H:%M:%SZ"),
            hold.period_start.format("%Y-%m-%d"),
        );
        let (fenced, held) = (if hold.fenced { "yes" } else { "no" }, nano.to_string());
        out::line(format_args!(
            "{node:<36} {epoch:>5}  {heard:<20} {fenced:<6} {slug:<24} {budget:<24} {from:<10} {held:>16}"
        ));
    }
    Ok(())
}

struct Asked {
    lease: (NodeId, i64),
    reason: String,
    tenant: Option<String>,
    fence: bool,
}

async fn give_up(db: &Db, asked: &Asked) -> Result<(), CliError> {
    let tenant = match &asked.tenant {
        None => None,
        Some(slug) => Some(db.resolve_slug(slug).await?.ok_or_else(|| {
            CliError::Said(format!(
                "there is no tenant `{slug}`; `tollgate tenant list` shows all"
            ))
        })?),
    };
    if asked.fence {
        fence_lost(db, asked.lease.0, asked.lease.1)
            .await
            .map_err(CliError::said)?;
    }
    let author = super::operator();
    let written = write_off(db, asked.lease, tenant, &asked.reason, &author).await;
    let WrittenOff { leases, returned } = written.map_err(CliError::said)?;
    out::line(format_args!(
        "{leases} leases are given up; {returned} may be spent again."
    ));
    Ok(())
}
