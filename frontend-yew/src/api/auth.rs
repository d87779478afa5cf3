//! Signing up, in, out and over.

use super::{ApiError, client, token};
use tollgate_contract::auth::{Refresh, SignIn, SignedIn, Switch, TokenDelivery};
use tollgate_contract::tenants::SignUp;

/// Which of the two doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// For those who run the organisation.
    Admin,
    /// For everyone in it.
    User,
}

/// Signs in; the session is taken over at once.
pub async fn sign_in(door: Door, form: SignIn) -> Result<(), ApiError> {
    let path = match door {
        Door::Admin => "/auth/admin/login",
        Door::User => "/auth/user/login",
    };
    client::send_openly::<SignedIn>(path, &form)
        .await
        .map(token::accept)
}

/// Signs an organisation up and its owner in.
pub async fn sign_up(form: SignUp) -> Result<(), ApiError> {
    client::send_openly::<SignedIn>("/tenants", &form)
        .await
        .map(token::accept)
}

/// Signs out. The page forgets the session whatever the server says.
pub async fn sign_out() -> Result<(), ApiError> {
    let outcome = client::send::<()>("POST", "/auth/logout", &Refresh::default()).await;
    token::lose();
    outcome
}

/// Enters another of one's organisations.
pub async fn switch(slug: String) -> Result<(), ApiError> {
    let form = Switch {
        tenant: slug,
        token_delivery: TokenDelivery::Cookie,
    };
    let signed_in = client::send::<SignedIn>("POST", "/auth/switch", &form).await?;
    super::cache::clear();
    token::accept(signed_in);
    super::cache::changed(&["/"]);
    Ok(())
}
