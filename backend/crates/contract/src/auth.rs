//! Signing in, the session, and who the caller is.

use crate::check;
use crate::ids::{SessionId, TenantId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// What a person may do in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, the tenant's end included.
    Owner,
    /// Everything but the tenant's end and its owners.
    Admin,
    /// Reads everything that has to do with money.
    Finance,
    /// Their own keys and their own usage.
    Member,
}

impl Role {
    /// All roles, from the most to the least powerful.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Finance, Self::Member];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Finance => "finance",
            Self::Member => "member",
        }
    }

    /// The role of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the refresh token comes to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenDelivery {
    /// An `HttpOnly` cookie that pages cannot read: for browsers.
    #[default]
    Cookie,
    /// `refresh_token` in the answer's body: for everything else.
    Body,
}

/// `POST auth/admin/login`, `POST auth/user/login`.
#[derive(Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The person's e-mail address; case does not matter.
    #[validate(custom(function = "check::email"))]
    #[cfg_attr(feature = "openapi", schema(format = Email, max_length = 254))]
    pub email: String,
    /// The password.
    #[validate(custom(function = "check::password"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 1, max_length = 200))]
    pub password: String,
    /// The slug of the tenant to enter; the person's first one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::slug"))]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub tenant: Option<String>,
    /// How the refresh token comes back.
    #[serde(default)]
    pub token_delivery: TokenDelivery,
}

/// Never shows the password.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// `POST auth/refresh` and `POST auth/logout`; browsers send none, their cookie says it.
#[derive(Clone, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token, where it was delivered in a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub refresh_token: Option<String>,
}

/// `POST auth/switch`: enter another of one's tenants.
#[derive(Clone, Debug, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// The slug of the tenant to enter.
    #[validate(custom(function = "check::slug"))]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub tenant: String,
    /// How the refresh token comes back.
    #[serde(default)]
    pub token_delivery: TokenDelivery,
}

/// A session begun or renewed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token expires.
    pub expires_in: u32,
    /// The instant at which it does.
    pub expires_at: DateTime<Utc>,
    /// The next refresh token, where it was asked for in the body; each is good for one use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The instant until which the session can be renewed.
    pub session_expires_at: DateTime<Utc>,
    /// Who signed in, and where.
    pub me: Me,
}

/// Who the caller is: `GET auth/me`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The person.
    pub user: Person,
    /// The tenant that was entered.
    pub tenant: CurrentTenant,
    /// The caller's role in it.
    pub role: Role,
    /// What the role may do, by name (`keys.write`, `accounts.write` …), so that pages need no table of their own.
    pub permissions: Vec<String>,
    /// All tenants that the person may enter.
    pub memberships: Vec<Membership>,
    /// The session.
    pub session_id: SessionId,
    /// The server's version: a page built for another one reloads.
    pub server_version: String,
}

/// A person, as their tenant knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// The person's id.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

/// The tenant that was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurrentTenant {
    /// The tenant's id.
    pub id: TenantId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its IANA time zone: days and months begin in it.
    pub time_zone: String,
}

/// A tenant that the person may enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// The tenant's id.
    pub tenant_id: TenantId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The person's role in it.
    pub role: Role,
}

/// A sign-in session: `GET auth/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The client's own description of itself.
    pub user_agent: String,
    /// The address that signed in or renewed last.
    pub address: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was renewed last.
    pub last_used_at: DateTime<Utc>,
    /// Until when it can be renewed.
    pub expires_at: DateTime<Utc>,
}

/// All sessions of the caller that are still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sessions {
    /// The newest first.
    pub items: Vec<Session>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::faults;

    #[test]
    fn a_sign_in_refuses_unknown_fields_and_names_wrong_ones() {
        let extra = r#"{"email":"a@b","password":"x","admin":true}"#;
        assert!(
            serde_json::from_str::<SignIn>(extra)
                .unwrap_err()
                .to_string()
                .contains("admin")
        );
        let wrong: SignIn = serde_json::from_str(r#"{"email":"nobody","password":""}"#).unwrap();
        let fields: Vec<_> = faults(&wrong).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["email", "password"]);
    }
}
