//! Policies, members' self-service, and limits over many keys.

use super::{ApiError, Query, cache, client, use_get};
use tollgate_contract::ids::{PolicyId, UserId};
use tollgate_contract::policies::{Policies, Policy, PolicyForm, SelfService, SubjectLimits};
use yew::prelude::*;

const SELF_SERVICE: &str = "/policies/self-service";

/// All policies.
#[hook]
pub fn use_policies() -> Query<Policies> {
    use_get("/policies".to_owned())
}

/// What members may do by themselves.
#[hook]
pub fn use_self_service() -> Query<SelfService> {
    use_get(SELF_SERVICE.to_owned())
}

/// The limits over all keys of a user, or of the organisation.
#[hook]
pub fn use_limits(of: Option<UserId>) -> Query<SubjectLimits> {
    use_get(limits_of(of))
}

/// Adds a policy, or changes the one of this id.
pub async fn save(id: Option<PolicyId>, form: PolicyForm) -> Result<Policy, ApiError> {
    let saved = match id {
        Some(id) => client::send("PUT", &one(id), &form).await?,
        None => client::send("POST", "/policies", &form).await?,
    };
    changed();
    Ok(saved)
}

/// Deletes a policy that no key names.
pub async fn delete(id: PolicyId) -> Result<(), ApiError> {
    client::delete(&one(id)).await?;
    changed();
    Ok(())
}

/// Changes what members may do by themselves.
pub async fn save_self_service(form: SelfService) -> Result<SelfService, ApiError> {
    let saved = client::send("PUT", SELF_SERVICE, &form).await?;
    changed();
    Ok(saved)
}

/// Changes the limits of a user, or of the organisation.
pub async fn save_limits(of: Option<UserId>, form: SubjectLimits) -> Result<SubjectLimits, ApiError> {
    let path = limits_of(of);
    let saved = client::send("PUT", &path, &form).await?;
    cache::changed(&[&path]);
    Ok(saved)
}

fn limits_of(of: Option<UserId>) -> String {
    of.map_or_else(|| "/limits".to_owned(), |id| format!("/users/{id}/limits"))
}

fn one(id: PolicyId) -> String {
    format!("/policies/{id}")
}

fn changed() {
    // Keys show what holds for them.
    cache::changed(&["/policies", "/keys"]);
}
