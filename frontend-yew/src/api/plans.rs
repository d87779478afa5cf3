//! Plans, for the platform's operator.

use super::{ApiError, Query, cache, client, use_get};
use tollgate_contract::ids::PlanId;
use tollgate_contract::plans::{
    AssignPlan, CreatePlan, Plan, PlanAssignment, PlanAssignments, PlanTerms, Plans,
};
use yew::prelude::*;

/// All plans.
#[hook]
pub fn use_plans() -> Query<Plans> {
    use_get("/plans".to_owned())
}

/// Which organisation has which.
#[hook]
pub fn use_assignments() -> Query<PlanAssignments> {
    use_get("/plans/assignments".to_owned())
}

/// Makes one.
pub async fn create(form: CreatePlan) -> Result<Plan, ApiError> {
    let made = client::send("POST", "/plans", &form).await?;
    cache::changed(&["/plans", "/prices"]);
    Ok(made)
}

/// Changes one from an instant on.
pub async fn change(id: PlanId, terms: PlanTerms) -> Result<Plan, ApiError> {
    let changed = client::send("POST", &format!("/plans/{id}/versions"), &terms).await?;
    cache::changed(&["/plans", "/prices"]);
    Ok(changed)
}

/// Gives one to an organisation.
pub async fn assign(form: AssignPlan) -> Result<PlanAssignment, ApiError> {
    let given = client::send("POST", "/plans/assignments", &form).await?;
    cache::changed(&["/plans", "/prices"]);
    Ok(given)
}
