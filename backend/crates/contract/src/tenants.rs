//! Organisations: signing one up.

use crate::auth::TokenDelivery;
use crate::check;
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// `POST tenants`: an organisation and its first owner, who is signed in at once.
#[derive(Clone, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The organisation's name.
    #[validate(custom(function = "check::person_name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub organisation: String,
    /// The organisation's short name in addresses; derived from its name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::slug"))]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub slug: Option<String>,
    /// The owner's name.
    #[validate(custom(function = "check::person_name"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub name: String,
    /// The owner's e-mail address; signs in from now on.
    #[validate(custom(function = "check::email"))]
    #[cfg_attr(feature = "openapi", schema(format = Email, max_length = 254))]
    pub email: String,
    /// The owner's password, at least ten characters.
    #[validate(custom(function = "check::new_password"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 10, max_length = 200))]
    pub password: String,
    /// The IANA zone in which the organisation's days begin; the server's default (UTC+8 unless set) if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::time_zone"))]
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: Option<String>,
    /// How the refresh token comes back.
    #[serde(default)]
    pub token_delivery: TokenDelivery,
}

/// Never shows the password.
impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp")
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}
