//! A key as requests see it. Plain data, read once and shared by all of its requests. Never in here: keeping it.

use super::rules::Rules;
use crate::capture::CaptureRule;
use crate::refusal::Refusal;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::sync::Arc;
use std::time::Instant;
use tollgate_contract::ids::{KeyId, TenantId, UserId};
use tollgate_http::ClientAddress;
use tollgate_limits::LimitSet;
use tollgate_scheduler::Binding;
use tollgate_wire::error::ErrorKind;

/// A key and what admission needs of its tenant.
#[derive(Debug)]
pub(crate) struct KeyEntry {
    pub(crate) tenant_id: TenantId,
    pub(crate) key_id: KeyId,
    pub(crate) name: String,
    pub(crate) user_id: Option<UserId>,
    pub(crate) cost_centre: String,
    /// Labels, by which a plan may tell keys apart.
    pub(crate) tags: Vec<String>,
    /// What it may do.
    pub(crate) rules: Arc<Rules>,
    /// Its own, its user's and its organisation's.
    pub(crate) limits: LimitSet,
    /// The accounts and groups that it may use.
    pub(crate) bindings: Vec<Binding>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) zone: Tz,
    /// How its requests' bodies are kept; nothing of them if absent.
    pub(crate) capture: Option<Arc<CaptureRule>>,
    /// Whether its life begins with its first use, which is still to come.
    pub(super) is_unborn: bool,
    pub(super) secrets: Vec<Secret>,
    pub(super) standing: Standing,
    pub(super) version: i64,
    pub(super) loaded: Instant,
}

/// A secret by which the key is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secret {
    pub(super) hash: [u8; 32],
    /// Of one that was replaced: until when it works.
    pub(super) valid_until: Option<DateTime<Utc>>,
}

/// Whether a key may be used, apart from its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    Disabled,
    Deleted,
    TenantClosed,
}

impl KeyEntry {
    /// Refuses a key that may not be used now, or not from this address.
    pub(crate) fn check(&self, now: DateTime<Utc>, from: ClientAddress) -> Result<(), Refusal> {
        let (code, message) = match self.standing {
            Standing::Good if self.expires_at.is_none_or(|at| at > now) => return self.check_address(from),
            Standing::Good => ("key_expired", "This API key has expired."),
            Standing::Disabled => ("key_disabled", "This API key is switched off."),
            // As if it had never been.
            Standing::Deleted => return Err(unknown()),
            Standing::TenantClosed => ("tenant_closed", "This API key's organisation is suspended."),
        };
        Err(Refusal::for_good(ErrorKind::Authentication, code, message))
    }

    /// Which addresses it may be used from, whoever found it lying somewhere need not know.
    fn check_address(&self, from: ClientAddress) -> Result<(), Refusal> {
        if self.rules.takes_from(from.0) {
            return Ok(());
        }
        let from = match from.0 {
            Some(address) => format!("from {address}"),
            None => "from an address that is not known".to_owned(),
        };
        let message = format!("This API key may not be used {from}.");
        Err(Refusal::for_good(
            ErrorKind::Permission,
            "address_not_allowed",
            message,
        ))
    }

    /// What is known of a secret with this hash.
    pub(super) fn secret(&self, hash: &[u8; 32]) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.hash == *hash)
    }
}

impl Secret {
    pub(super) fn works(&self, now: DateTime<Utc>) -> bool {
        self.valid_until.is_none_or(|until| until > now)
    }
}

/// There is no such key.
pub(super) fn unknown() -> Refusal {
    let message = "Invalid API key: there is no such key, or it was deleted.";
    Refusal::for_good(ErrorKind::Authentication, "key_unknown", message)
}
