//! Groups of accounts.

use super::{ApiError, Query, cache, client, use_get};
use tollgate_contract::groups::{AccountGroup, AccountGroups, GroupForm};
use tollgate_contract::ids::GroupId;
use yew::prelude::*;

/// All groups.
#[hook]
pub fn use_groups() -> Query<AccountGroups> {
    use_get("/account-groups".to_owned())
}

/// Adds a group, or changes the one of this id.
pub async fn save(id: Option<GroupId>, form: GroupForm) -> Result<AccountGroup, ApiError> {
    let saved = match id {
        Some(id) => client::send("PUT", &one(id), &form).await?,
        None => client::send("POST", "/account-groups", &form).await?,
    };
    changed();
    Ok(saved)
}

/// Deletes a group.
pub async fn delete(id: GroupId) -> Result<(), ApiError> {
    client::delete(&one(id)).await?;
    changed();
    Ok(())
}

fn one(id: GroupId) -> String {
    format!("/account-groups/{id}")
}

fn changed() {
    // Accounts carry their groups' names.
    cache::changed(&["/account-groups", "/accounts"]);
}
