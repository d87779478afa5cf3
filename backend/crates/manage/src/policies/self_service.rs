//! What members may do with keys of their own: kept and read here, and the one place that says whether a key is within it.

use super::service::announce_all;
use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::types::Json;
use tollgate_contract::policies::SelfService;
use tollgate_contract::problem::FieldError;
use tollgate_contract::rules::{EffectiveRules, WindowRule};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;

pub(super) async fn get(caller: &Caller) -> Result<SelfService, Fault> {
    require(caller, Action::PoliciesRead)?;
    read(&mut caller.tx().await?).await
}

/// As it is now; the defaults where nobody has decided.
pub(crate) async fn read(tx: &mut TenantTx) -> Result<SelfService, Fault> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT settings AS "settings: Json<SelfService>", version FROM self_service WHERE tenant_id = $1"#,
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map_or_else(SelfService::default, |row| SelfService {
        version: row.version,
        ..row.settings.0
    }))
}

pub(super) async fn set(
    state: &ManageState,
    caller: &Caller,
    form: SelfService,
) -> Result<SelfService, Fault> {
    require(caller, Action::PoliciesWrite)?;
    let (mut tx, now) = (caller.tx().await?, state.clock().now());
    let tenant = tx.tenant_id();
    // Also the first who decide wait for each other.
    store::hold(&mut tx).await?;
    let before = read(&mut tx).await?;
    if form.version != before.version {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    let changes = differences(&told(&before), &told(&form));
    if changes.is_empty() {
        return Ok(before);
    }
    let after = SelfService {
        version: before.version + 1,
        ..form
    };
    sqlx::query!(
        "INSERT INTO self_service (tenant_id, settings, version, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO UPDATE
         SET settings = excluded.settings, version = excluded.version, updated_at = excluded.updated_at",
        tenant.0,
        Json(&after) as _,
        after.version,
        now
    )
    .execute(tx.conn())
    .await?;
    let target = Target {
        id: tenant.0,
        name: &caller.tenant_slug,
    };
    let changes = Value::Object(changes);
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "self_service.updated",
        target,
        changes,
    )
    .await?;
    announce_all(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

fn told(settings: &SelfService) -> Value {
    let mut told = serde_json::to_value(settings).unwrap_or_default();
    if let Value::Object(fields) = &mut told {
        fields.remove("version");
        for optional in ["keys_max", "concurrency_max", "lifetime_max_days"] {
            fields.entry(optional).or_insert(Value::Null);
        }
    }
    told
}

/// A member's key, as far as it must be within bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds<'a> {
    /// What members may do.
    pub(crate) settings: &'a SelfService,
    /// When the key is made or changed.
    pub(crate) now: DateTime<Utc>,
}

impl Bounds<'_> {
    /// All that is beyond the bounds, field by field, each with what would be within.
    pub(crate) fn faults(
        &self,
        effective: &EffectiveRules,
        expires_at: Option<DateTime<Utc>>,
        lifetime_s: Option<u64>,
    ) -> Vec<FieldError> {
        let mut faults = Vec::new();
        faults.extend(self.services(effective));
        faults.extend(self.concurrency(effective));
        faults.extend(self.windows(effective));
        faults.extend(self.life(expires_at, lifetime_s));
        faults
    }

    fn services(&self, effective: &EffectiveRules) -> Option<FieldError> {
        let allowed = &self.settings.services;
        let used = effective.rules.services.as_deref().unwrap_or_default();
        if allowed.is_empty() || (!used.is_empty() && used.iter().all(|service| allowed.contains(service))) {
            return None;
        }
        let names: Vec<&str> = allowed.iter().map(|service| service.as_str()).collect();
        let text = format!("may name {} and nothing else", names.join(", "));
        Some(fault("rules.services", "not_allowed", text))
    }

    fn concurrency(&self, effective: &EffectiveRules) -> Option<FieldError> {
        let most = self.settings.concurrency_max?;
        let limit = effective.rules.concurrency.and_then(|rule| rule.limit);
        if limit.is_some_and(|limit| limit <= most) {
            return None;
        }
        let text = format!("must have a limit of at most {most}");
        Some(fault("rules.concurrency", "out_of_range", text))
    }

    fn windows(&self, effective: &EffectiveRules) -> Option<FieldError> {
        let windows = effective.rules.windows.as_deref().unwrap_or_default();
        let missing: Vec<String> = self
            .settings
            .windows_max
            .iter()
            .filter(|most| !is_met(most, windows))
            .map(spelled)
            .collect();
        if missing.is_empty() {
            return None;
        }
        let text = format!("must keep within {}", missing.join("; "));
        Some(fault("rules.windows", "out_of_range", text))
    }

    fn life(&self, expires_at: Option<DateTime<Utc>>, lifetime_s: Option<u64>) -> Option<FieldError> {
        let days = self.settings.lifetime_max_days?;
        let most = TimeDelta::days(days.into());
        let most_s = u64::from(days) * 86_400;
        match (expires_at, lifetime_s) {
            (_, Some(lifetime)) if lifetime > most_s => Some(fault(
                "lifetime_s",
                "out_of_range",
                format!("must be at most {most_s}: {days} days"),
            )),
            (Some(at), None) if at > self.now + most => {
                let text = format!("must lie at most {days} days ahead");
                Some(fault("expires_at", "out_of_range", text))
            }
            (None, None) => {
                let text = format!("must be given, at most {days} days ahead, or a lifetime_s in its place");
                Some(fault("expires_at", "required", text))
            }
            _ => None,
        }
    }
}

/// Whether, of each amount that is bounded, one of the windows is as long, counts the same models or all of them, and
/// allows no more.
fn is_met(most: &WindowRule, windows: &[WindowRule]) -> bool {
    let covers = |window: &&WindowRule| {
        let same = match (&window.models, &most.models) {
            (None, _) => true,
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (Some(_), None) => false,
        };
        window.span == most.span && same
    };
    amounts(most).into_iter().enumerate().all(|(at, (most, _))| {
        let Some(most) = most else { return true };
        let mut covering = windows.iter().filter(covers);
        covering.any(|window| {
            let (amount, _) = amounts(window)[at];
            amount.is_some_and(|amount| amount <= most)
        })
    })
}

/// The amounts of a window with what they count.
fn amounts(window: &WindowRule) -> [(Option<u64>, &'static str); 3] {
    let cost = window.cost_nano.map(|cost| u64::try_from(cost.0).unwrap_or(0));
    [
        (window.requests, "requests"),
        (window.tokens, "tokens"),
        (cost, "nano-USD"),
    ]
}

/// `100 requests and 5000 tokens a day of models like *opus*`.
fn spelled(most: &WindowRule) -> String {
    let amounts: Vec<String> = amounts(most)
        .into_iter()
        .filter_map(|(amount, what)| amount.map(|amount| format!("{amount} {what}")))
        .collect();
    let models = most
        .models
        .as_ref()
        .map(|models| format!(" of models like {models}"));
    let (amounts, span) = (amounts.join(" and "), most.span.as_str());
    format!("{amounts} a {span}{}", models.unwrap_or_default())
}

fn fault(field: &str, code: &str, message: String) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code: code.to_owned(),
        message,
    }
}
