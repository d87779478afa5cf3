//! Disputes on lines and requests of statements.

use crate::check;
use crate::ids::{DisputeId, DocumentId, RequestId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// How far a dispute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// Nobody has answered yet.
    Open,
    /// A credit note was issued.
    Accepted,
    /// It was not.
    Declined,
}

impl DisputeStatus {
    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }

    /// The status of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Accepted, Self::Declined]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Something of a statement with which its organisation does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// The month.
    pub month: String,
    /// The line's model.
    pub model: String,
    /// The line's cost centre.
    pub cost_centre: String,
    /// Whether it is the line of late requests.
    pub late: bool,
    /// The one request that is meant; the whole line if absent.
    pub request_id: Option<RequestId>,
    /// What it comes to in the statement.
    pub amount_nano: NanoUsd,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub status: DisputeStatus,
    /// What was answered.
    pub answer: String,
    /// The credit note.
    pub credit_note_id: Option<DocumentId>,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

/// `GET billing/disputes`: the newest thousand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disputes {
    /// The newest first.
    pub items: Vec<Dispute>,
}

/// `POST billing/disputes`: a line of a statement, or one request of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenDispute {
    /// The month.
    #[validate(custom(function = "check::month"))]
    pub month: String,
    /// The one request that is meant. Without it, the line that the next three name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The line's model.
    #[serde(default)]
    #[validate(custom(function = "check::query_text"))]
    pub model: String,
    /// The line's cost centre.
    #[serde(default)]
    #[validate(custom(function = "check::query_text"))]
    pub cost_centre: String,
    /// Whether it is the line of late requests.
    #[serde(default)]
    pub late: bool,
    /// Why.
    #[validate(custom(function = "check::dispute_reason"))]
    pub reason: String,
}

/// `POST billing/disputes/{id}/decision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DecideDispute {
    /// Whether a credit note is issued.
    pub accept: bool,
    /// How much is given back, if less than all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_nano: Option<NanoUsd>,
    /// What is answered; stands on the credit note as its reason.
    #[validate(custom(function = "check::dispute_reason"))]
    pub answer: String,
}
