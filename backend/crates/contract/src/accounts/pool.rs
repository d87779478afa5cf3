//! How an upstream account is doing: its subscription, its windows, its load, its tokens, and what happened to it.

use crate::ids::{EventId, GroupId, ProxyId};
use crate::stats::{DayFigures, Figures};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the vendor tells of the subscription behind an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subscription {
    /// `free`, `pro`, `max` and what else vendors call theirs; absent where it is not known.
    pub plan: Option<String>,
    /// Whether it may use Opus models: by its profile and by what was refused; absent where it is not known.
    pub opus: Option<bool>,
    /// The e-mail address, or what else names the person; may be empty.
    pub identity: String,
    /// When the vendor was asked last.
    pub checked_at: Option<DateTime<Utc>>,
}

/// One of a subscription's windows as the vendor tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountWindow {
    /// `5h`, `7d`, `7d_opus` and what else the vendor names.
    pub name: String,
    /// Thousandths of what may be used.
    pub used_permille: u32,
    /// The vendor's word on it, such as `allowed` or `rejected`; may be empty.
    pub status: String,
    /// When it begins anew, in UTC.
    pub resets_at: Option<DateTime<Utc>>,
    /// When the vendor said so.
    pub observed_at: DateTime<Utc>,
}

/// Requests on an account at the moment, over all nodes; up to a second old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountLoad {
    /// In flight.
    pub in_flight: u32,
    /// Waiting for a seat on it.
    pub waiting: u32,
    /// Sent within the last minute.
    pub requests_1m: u64,
    /// Tokens within the last minute.
    pub tokens_1m: u64,
}

/// How the short-lived token of an account is doing that renews it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenStatus {
    /// Until when it is good; absent where none was issued yet, or the vendor names no end.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was issued.
    pub issued_at: Option<DateTime<Utc>>,
    /// Whether it can be renewed without a person.
    pub renewable: bool,
    /// Why it could not be renewed the last time; empty where it could.
    pub error: String,
    /// When that is tried again.
    pub retry_at: Option<DateTime<Utc>>,
}

/// A proxy by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProxyRef {
    /// The proxy.
    pub id: ProxyId,
    /// Its name.
    pub name: String,
}

/// A group by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupRef {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// What kind of thing happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountEventKind {
    /// It entered another state.
    State,
    /// Its token was renewed, or could not be.
    Refresh,
    /// It was tested.
    Test,
    /// A person reset its state.
    Reset,
    /// A person connected it.
    Connected,
}

impl AccountEventKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::State,
        Self::Refresh,
        Self::Test,
        Self::Reset,
        Self::Connected,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Refresh => "refresh",
            Self::Test => "test",
            Self::Reset => "reset",
            Self::Connected => "connected",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountEvent {
    /// Which.
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// What kind of thing.
    pub kind: AccountEventKind,
    /// The state that it entered, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<super::AccountState>,
    /// Until when that state lasts, if it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// What happened, in English.
    pub text: String,
}

/// `GET accounts/{platform}/{id}/events`: the newest first, 200 at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountEvents {
    /// The events.
    pub items: Vec<AccountEvent>,
}

/// `GET accounts/{platform}/{id}/history`: its usage by day, the last 30 days of the tenant's zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountHistory {
    /// Every day, the oldest first, those without a request included.
    pub days: Vec<DayFigures>,
    /// All of them together.
    pub total: Figures,
}
