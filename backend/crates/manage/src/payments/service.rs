//! Payments as the organisation sees them.

use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::json;
use tollgate_contract::ids::PaymentId;
use tollgate_contract::payments::{CreatePayment, Payment, PaymentStatus, Payments};
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};

pub(super) async fn list(state: &ManageState, caller: &Caller) -> Result<Payments, Fault> {
    require(caller, Action::BillingRead)?;
    Ok(Payments {
        items: store::read(&mut caller.tx().await?, None).await?,
        providers: state.settings().payment_providers.names(),
    })
}

pub(super) async fn get(caller: &Caller, payment: PaymentId) -> Result<Payment, Fault> {
    require(caller, Action::BillingRead)?;
    let found = store::read(&mut caller.tx().await?, Some(payment)).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: CreatePayment,
) -> Result<Payment, Fault> {
    require(caller, Action::BillingWrite)?;
    let providers = &state.settings().payment_providers;
    if providers.secrets(&form.provider).is_none() {
        let names = providers.names();
        let text = if names.is_empty() {
            "names nobody: the operator has set up no payment provider".to_owned()
        } else {
            format!("must be one of {}", names.join(", "))
        };
        return Err(Fault::new(Code::ValidationFailed)
            .detail(format!("`provider` {text}"))
            .field("provider", "unknown_value", text));
    }
    state
        .payment_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let clock = state.clock();
    let payment = Payment {
        id: PaymentId(clock.new_id()),
        provider: form.provider,
        amount_nano: form.amount_nano,
        status: PaymentStatus::Open,
        provider_id: String::new(),
        transfer_id: None,
        tested_at: None,
        decided_at: None,
        created_by: caller.email.clone(),
        created_at: clock.now(),
    };
    let mut tx = caller.tx().await?;
    store::insert(&mut tx, &payment).await?;
    let target = Target {
        id: payment.id.0,
        name: &payment.provider,
    };
    let told = json!({"amount_nano": payment.amount_nano});
    trail::record(&mut tx, clock, &caller.into(), "payment.created", target, told).await?;
    tx.commit().await?;
    Ok(payment)
}
