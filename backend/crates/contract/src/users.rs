//! The people of a tenant.

use crate::auth::Role;
use crate::ids::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether a member may sign in to the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// May sign in.
    Active,
    /// May not.
    Disabled,
}

/// A member of the tenant: `GET users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// The person's id.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role.
    pub role: Role,
    /// Whether they may sign in.
    pub status: MemberStatus,
    /// How many API keys they own.
    pub keys: u64,
    /// When they joined.
    pub created_at: DateTime<Utc>,
}
