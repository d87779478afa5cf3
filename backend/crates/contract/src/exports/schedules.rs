//! Schedules that send exports, and their deliveries.

use super::{ExportFormat, ExportQuery, ExportSource};
use crate::check;
use crate::ids::{DeliveryId, ExportId, ScheduleId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

/// Most addresses that one schedule writes to.
pub const RECIPIENTS_MAX: usize = 20;
/// Longest address of a webhook, in bytes.
pub const WEBHOOK_URL_MAX: usize = 2000;
/// Most schedules of an organisation.
pub const SCHEDULES_MAX: usize = 100;

/// How often a schedule runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SchedulePeriod {
    /// Each day, with the day before.
    #[default]
    Daily,
    /// Each Monday, with the week before.
    Weekly,
    /// On the first of each month, with the month before.
    Monthly,
}

impl SchedulePeriod {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == text)
    }
}

/// What belongs to a schedule's days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScheduleBasis {
    /// Requests that were made then, as reports have them.
    #[default]
    RequestTime,
    /// What the month's statement holds, sent once the month is closed; monthly alone.
    Statement,
}

impl ScheduleBasis {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestTime => "request_time",
            Self::Statement => "statement",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::RequestTime, Self::Statement]
            .into_iter()
            .find(|basis| basis.as_str() == text)
    }

    /// What a schedule goes by where nobody says: a month ties to its statement.
    pub fn usual(period: SchedulePeriod) -> Self {
        match period {
            SchedulePeriod::Monthly => Self::Statement,
            SchedulePeriod::Daily | SchedulePeriod::Weekly => Self::RequestTime,
        }
    }
}

/// Where a scheduled export goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Delivery {
    /// A mail with a link to the file.
    Mail {
        /// To whom.
        to: Vec<String>,
    },
    /// A signed call with a link to the file.
    Webhook {
        /// Where to.
        url: String,
    },
}

fn delivery(delivery: &Delivery) -> Result<(), ValidationError> {
    match delivery {
        Delivery::Mail { to } => {
            if !(1..=RECIPIENTS_MAX).contains(&to.len()) {
                return Err(check::fault(
                    "recipients",
                    format!("takes 1 to {RECIPIENTS_MAX} addresses"),
                ));
            }
            to.iter().try_for_each(|address| check::email(address))
        }
        Delivery::Webhook { url } => {
            if url.len() > WEBHOOK_URL_MAX {
                return Err(check::fault(
                    "too_long",
                    format!("takes at most {WEBHOOK_URL_MAX} bytes"),
                ));
            }
            check::base_url(url)
        }
    }
}

fn hour(hour: u8) -> Result<(), ValidationError> {
    if hour < 24 {
        return Ok(());
    }
    Err(check::fault("out_of_range", "must be an hour from 0 to 23"))
}

/// A schedule as it is made or changed: `POST export-schedules`, `PUT export-schedules/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleForm {
    /// What it is called.
    #[validate(custom(function = "check::name"))]
    pub name: String,
    /// What is sent.
    pub source: ExportSource,
    /// How it is written.
    pub format: ExportFormat,
    /// Which rows; its range is the schedule's matter, so that `from`, `to`, `through`, `after`
    /// and `statement` stay absent.
    #[serde(default)]
    #[validate(nested)]
    pub query: ExportQuery,
    /// How often, in the organisation's zone.
    pub period: SchedulePeriod,
    /// What belongs to its days; if absent `statement` for a monthly one, else `request_time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<ScheduleBasis>,
    /// At which hour, in the organisation's zone.
    #[validate(custom(function = "hour"))]
    pub hour: u8,
    /// Where to.
    #[validate(custom(function = "delivery"))]
    pub delivery: Delivery,
    /// Whether it runs by itself.
    pub active: bool,
    /// The version that is changed; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// The schedule.
    pub id: ScheduleId,
    /// What it is called.
    pub name: String,
    /// What is sent.
    pub source: ExportSource,
    /// How it is written.
    pub format: ExportFormat,
    /// Which rows.
    pub query: ExportQuery,
    /// How often.
    pub period: SchedulePeriod,
    /// What belongs to its days.
    pub basis: ScheduleBasis,
    /// At which hour.
    pub hour: u8,
    /// Where to.
    pub delivery: Delivery,
    /// Whether it runs by itself.
    pub active: bool,
    /// When it runs next.
    pub next_at: DateTime<Utc>,
    /// Who made it, as they were called then.
    pub created_by: String,
    /// The latest delivery, if there was one.
    pub last: Option<ScheduleDelivery>,
    /// Grows with each change.
    pub version: i64,
}

/// A schedule that was just made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeSchedule {
    /// It.
    pub schedule: Schedule,
    /// What a webhook's calls are signed with; shown this once. Absent for mails.
    pub signing_secret: Option<String>,
}

/// `GET export-schedules`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedules {
    /// By name.
    pub items: Vec<Schedule>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be tried, or tried again.
    Pending,
    /// Taken by the webhook, or by the mail's outbox.
    Delivered,
    /// Given up.
    Failed,
}

impl DeliveryState {
    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "pending" => Some(Self::Pending),
            "delivered" => Some(Self::Delivered),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// One run of a schedule and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleDelivery {
    /// The delivery; the same for all its attempts.
    pub id: DeliveryId,
    /// The first day that is in it.
    pub first_day: NaiveDate,
    /// The last day that is in it.
    pub last_day: NaiveDate,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed; empty where it did not.
    pub last_error: String,
    /// When it is tried next, if it is.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The export that was made for it, once it was.
    pub export_id: Option<ExportId>,
    /// When it was delivered.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When its turn came.
    pub created_at: DateTime<Utc>,
}

/// `GET export-schedules/{id}/deliveries`: the newest hundred.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleDeliveries {
    /// The newest first.
    pub items: Vec<ScheduleDelivery>,
}
