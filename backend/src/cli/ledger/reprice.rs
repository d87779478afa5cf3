//! `tollgate ledger reprice`: a past period priced anew.

use crate::cli::{CliError, WithDatabase, database, operator, out};
use crate::repricing::past_prices;
use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_ledger::{RepricingLeave, RepricingOrder, RepricingPreview, apply_repricing, preview_repricing};
use tollgate_relay::Prices;
use tollgate_store::{Actor, AuditEntry, ChangeFeed, Db};
use uuid::Uuid;

/// Requests shown of a preview.
const SHOWN_MAX: usize = 20;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["dry_run", "apply"]))]
pub struct Wanted {
    /// The tenant's short name.
    #[arg(long, value_name = "SLUG")]
    tenant: String,
    /// Requests from this instant on, such as 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    from: DateTime<Utc>,
    /// Requests before this instant.
    #[arg(long, value_name = "INSTANT")]
    to: DateTime<Utc>,
    /// Of this model alone.
    #[arg(long)]
    model: Option<String>,
    /// By the prices of this instant, instead of those of now.
    #[arg(long, value_name = "INSTANT")]
    prices_at: Option<DateTime<Utc>>,
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    /// Book it, as one batch of corrections.
    #[arg(long, requires = "reason")]
    apply: bool,
    /// Why; it stands in the ledger and in the audit log.
    #[arg(long)]
    reason: Option<String>,
    /// Makes a repeated command harmless: the same id is the same re-pricing.
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
    #[command(flatten)]
    on: WithDatabase,
}

pub fn run(wanted: Wanted, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    database::run(config, wanted.on, async move |db| work(&db, wanted).await)??;
    Ok(ExitCode::SUCCESS)
}

async fn work(db: &Db, wanted: Wanted) -> Result<(), CliError> {
    let slug = &wanted.tenant;
    let tenant_id = db.resolve_slug(slug).await?.ok_or_else(|| {
        CliError::Said(format!(
            "there is no tenant `{slug}`; `tollgate tenant list` shows all"
        ))
    })?;
    let order = RepricingOrder {
        tenant_id,
        from: wanted.from,
        to: wanted.to,
        model: wanted.model,
    };
    let prices = Prices::load(db, &ChangeFeed::new(db), false).await?;
    let pricer = past_prices(&prices).at(wanted.prices_at.unwrap_or_else(|| db.clock().now()));
    let seen = preview_repricing(db, &order, &pricer)
        .await
        .map_err(CliError::said)?;
    show(&seen);
    if !wanted.apply || seen.events.is_empty() {
        return Ok(());
    }
    let leave = RepricingLeave {
        repricing_id: wanted.id.unwrap_or_else(|| db.clock().new_id()),
        fingerprint: seen.fingerprint,
        reason: wanted.reason.unwrap_or_default(),
        author: operator(),
    };
    let audit = AuditEntry {
        id: db.clock().new_id(),
        at: db.clock().now(),
        actor: Actor::Operator(leave.author.clone()),
        action: "ledger.repriced",
        target_id: Some(leave.repricing_id),
        target_name: order.model.clone().unwrap_or_default(),
        changes: json!({"from": order.from, "to": order.to, "reason": leave.reason}),
        request_id: None,
        address: String::new(),
    };
    let booked = apply_repricing(db, &order, &leave, &pricer, audit)
        .await
        .map_err(CliError::said)?;
    let again = if booked.replayed { ", as before" } else { "" };
    let charges = booked.batch_no.map(|batch| format!("batch {batch}"));
    let costs = booked
        .cost
        .map(|of| format!("batch {} of the platform's chain", of.batch_no));
    let batches: Vec<String> = charges.into_iter().chain(costs).collect();
    out::line(format_args!(
        "Re-pricing {} is booked{again}: {}.",
        booked.repricing_id,
        batches.join(", ")
    ));
    Ok(())
}

fn show(seen: &RepricingPreview) {
    for event in seen.events.iter().take(SHOWN_MAX) {
        let late = if event.late { "  (its month is closed)" } else { "" };
        let cost = event.cost.map_or_else(String::new, |cost| {
            format!("  cost {:>16} → {:>16}", cost.old, cost.new)
        });
        out::line(format_args!(
            "{}  {:<32} {:>16} → {:>16}{cost}{late}",
            event.request_id, event.model, event.old, event.new
        ));
    }
    if seen.events.len() > SHOWN_MAX {
        out::line(format_args!("… and {} more", seen.events.len() - SHOWN_MAX));
    }
    out::line(format_args!(
        "Of {} requests {} are charged otherwise, {} of them of closed months, {} have no price, {} were given back by credit \
         notes and stay as they are: {} → {}.",
        seen.looked_at,
        seen.charges(),
        seen.late(),
        seen.unpriced,
        seen.credited,
        seen.old,
        seen.new
    ));
    out::line(format_args!(
        "{} cost otherwise upstream: {} → {}.",
        seen.costs(),
        seen.cost.old,
        seen.cost.new
    ));
}
