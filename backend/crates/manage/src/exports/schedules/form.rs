//! Making, changing and running schedules by hand: whoever acts on billing.

use super::due::WAITING_MAX;
use super::store::{self, Next};
use super::times::{latest_day, next_run, range};
use crate::exports::recipients;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use crate::zone::{local_date, zone};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tollgate_contract::exports::{
    Delivery, MadeSchedule, SCHEDULES_MAX, Schedule, ScheduleBasis, ScheduleDeliveries, ScheduleDelivery,
    ScheduleForm, SchedulePeriod, Schedules, fits,
};
use tollgate_contract::ids::{DeliveryId, ScheduleId};
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{SecretPlace, StoreError, TenantTx, new_token};
use url::Url;

/// Where a schedule's secret is stored.
pub(super) fn place(schedule: ScheduleId) -> SecretPlace {
    SecretPlace {
        table: "export_schedules",
        row: schedule.0,
        column: "signing_secret",
    }
}

fn invalid(field: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed).field(field, "not_allowed", message)
}

/// What single fields can't tell.
fn checked(state: &ManageState, form: &ScheduleForm) -> Result<(), Fault> {
    let query = &form.query;
    if query.from.is_some()
        || query.to.is_some()
        || query.through.is_some()
        || query.after.is_some()
        || query.statement.is_some()
    {
        return Err(invalid(
            "query",
            "takes no `from`, `to`, `through`, `after` or `statement`: the range is the schedule's matter",
        ));
    }
    if form.basis == Some(ScheduleBasis::Statement) && form.period != SchedulePeriod::Monthly {
        return Err(invalid("basis", "can be `statement` for monthly schedules alone"));
    }
    if !fits(form.source, form.format) {
        return Err(invalid("format", "can be `focus` for usage alone"));
    }
    if let Delivery::Webhook { url } = &form.delivery {
        let url = Url::parse(url).map_err(|_| {
            invalid(
                "delivery.url",
                "must be an address such as https://example.com/in",
            )
        })?;
        state.parts().guard.check_url(&url).map_err(|error| {
            Fault::new(Code::UrlRefused).detail(error.to_string()).field(
                "delivery.url",
                error.code(),
                error.to_string(),
            )
        })?;
    }
    Ok(())
}

/// Letters go to the organisation's own people and its billing contact alone.
async fn known_recipients(tx: &mut TenantTx, delivery: &Delivery) -> Result<(), Fault> {
    let Delivery::Mail { to } = delivery else {
        return Ok(());
    };
    let addresses = recipients::addresses(tx).await?;
    match to.iter().find(|address| !recipients::is_one(&addresses, address)) {
        None => Ok(()),
        Some(stranger) => Err(invalid(
            "delivery.to",
            &format!("may name members and the contact of the billing profile; {stranger} is neither"),
        )),
    }
}

fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "export_schedules_by_name" => {
            Fault::new(Code::NameTaken).field("name", "taken", "is the name of another schedule")
        }
        other => other.into(),
    }
}

fn next(caller: &Caller, state: &ManageState, form: &ScheduleForm) -> Next {
    let run = next_run(
        form.period,
        form.hour,
        zone(&caller.time_zone),
        state.clock().now(),
    );
    Next {
        day: run.day,
        at: run.at,
    }
}

/// What the audit log tells of one.
fn told(schedule: &Schedule) -> Value {
    json!({
        "name": schedule.name, "source": schedule.source, "format": schedule.format, "query": schedule.query,
        "period": schedule.period, "basis": schedule.basis, "hour": schedule.hour, "delivery": schedule.delivery, "active": schedule.active,
    })
}

async fn found(tx: &mut TenantTx, id: ScheduleId) -> Result<Schedule, Fault> {
    let schedule = store::read(tx, Some(id)).await?.pop();
    schedule.ok_or_else(|| Fault::new(Code::NotFound))
}

async fn locked(tx: &mut TenantTx, id: ScheduleId) -> Result<Schedule, Fault> {
    if !store::lock(tx, id).await? {
        return Err(Fault::new(Code::NotFound));
    }
    found(tx, id).await
}

/// A new secret for calls, sealed.
async fn sign_with(
    state: &ManageState,
    tx: &mut TenantTx,
    id: ScheduleId,
) -> Result<(SecretString, Vec<u8>), Fault> {
    let secret = new_token(&mut rand::rng());
    let sealed = state
        .parts()
        .secrets
        .seal(tx, place(id), secret.expose_secret().as_bytes())
        .await
        .map_err(Fault::internal)?;
    Ok((secret, sealed.to_bytes()))
}

pub(super) async fn list(caller: &Caller) -> Result<Schedules, Fault> {
    require(caller, Action::BillingRead)?;
    Ok(Schedules {
        items: store::read(&mut caller.tx().await?, None).await?,
    })
}

pub(super) async fn get(caller: &Caller, id: ScheduleId) -> Result<Schedule, Fault> {
    require(caller, Action::BillingRead)?;
    found(&mut caller.tx().await?, id).await
}

pub(super) async fn history(caller: &Caller, id: ScheduleId) -> Result<ScheduleDeliveries, Fault> {
    require(caller, Action::BillingRead)?;
    let mut tx = caller.tx().await?;
    found(&mut tx, id).await?;
    Ok(ScheduleDeliveries {
        items: store::history(&mut tx, id).await?,
    })
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: ScheduleForm,
) -> Result<MadeSchedule, Fault> {
    require(caller, Action::BillingWrite)?;
    checked(state, &form)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    known_recipients(&mut tx, &form.delivery).await?;
    if usize::try_from(store::count(&mut tx).await?).is_ok_and(|count| count >= SCHEDULES_MAX) {
        return Err(
            Fault::new(Code::InUse).detail(format!("There are {SCHEDULES_MAX} schedules; delete one first."))
        );
    }
    let id = ScheduleId(clock.new_id());
    let signing = match form.delivery {
        Delivery::Webhook { .. } => Some(sign_with(state, &mut tx, id).await?),
        Delivery::Mail { .. } => None,
    };
    let sealed = signing.as_ref().map(|(_, sealed)| sealed.as_slice());
    let next = next(caller, state, &form);
    store::insert(&mut tx, id, &form, sealed, next, (&caller.email, clock.now()))
        .await
        .map_err(taken)?;
    let schedule = found(&mut tx, id).await?;
    let target = Target {
        id: id.0,
        name: &schedule.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "export_schedule.created",
        target,
        told(&schedule),
    )
    .await?;
    tx.commit().await?;
    Ok(MadeSchedule {
        schedule,
        signing_secret: signing.map(|(secret, _)| secret.expose_secret().to_owned()),
    })
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    id: ScheduleId,
    form: ScheduleForm,
) -> Result<MadeSchedule, Fault> {
    require(caller, Action::BillingWrite)?;
    checked(state, &form)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, id).await?;
    known_recipients(&mut tx, &form.delivery).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    // Another host must not be told what is signed with the secret of the one before.
    let signing = match (&before.delivery, &form.delivery) {
        (Delivery::Webhook { url: old }, Delivery::Webhook { url: new }) if old == new => None,
        (_, Delivery::Webhook { .. }) => Some(sign_with(state, &mut tx, id).await?),
        (_, Delivery::Mail { .. }) => None,
    };
    let sealed = signing.as_ref().map(|(_, sealed)| sealed.as_slice());
    let next = next(caller, state, &form);
    store::update(&mut tx, id, &form, sealed, next, clock.now())
        .await
        .map_err(taken)?;
    if !form.active {
        store::give_up(&mut tx, id, false, "the schedule was switched off").await?;
    }
    let schedule = found(&mut tx, id).await?;
    let target = Target {
        id: id.0,
        name: &schedule.name,
    };
    let changes = Value::Object(differences(&told(&before), &told(&schedule)));
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "export_schedule.updated",
        target,
        changes,
    )
    .await?;
    tx.commit().await?;
    Ok(MadeSchedule {
        schedule,
        signing_secret: signing.map(|(secret, _)| secret.expose_secret().to_owned()),
    })
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, id: ScheduleId) -> Result<(), Fault> {
    require(caller, Action::BillingWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, id).await?;
    store::delete(&mut tx, id, clock.now()).await?;
    let target = Target {
        id: id.0,
        name: &before.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "export_schedule.deleted",
        target,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Sends what the latest run told, or would have told, once more.
pub(super) async fn run_now(
    state: &ManageState,
    caller: &Caller,
    id: ScheduleId,
) -> Result<ScheduleDelivery, Fault> {
    require(caller, Action::BillingWrite)?;
    state
        .sending_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let schedule = locked(&mut tx, id).await?;
    let waiting = store::waiting(&mut tx, id).await?;
    if waiting.by_hand > 0 {
        return Err(Fault::new(Code::InUse).detail(
            "What was asked for by hand before is still to be delivered; see the schedule's deliveries.",
        ));
    }
    if waiting.all >= WAITING_MAX {
        return Err(Fault::new(Code::InUse).detail(format!(
            "{} deliveries of this organisation wait already.",
            waiting.all
        )));
    }
    let now = clock.now();
    let day = latest_day(schedule.period, local_date(now, zone(&caller.time_zone)));
    let delivery = DeliveryId(clock.new_id());
    let days = range(schedule.period, day);
    if schedule.basis == ScheduleBasis::Statement {
        store::require_statement(&mut tx, days.0).await?;
    }
    store::insert_delivery(&mut tx, delivery, id, days, Some(caller.user_id), now).await?;
    let made = store::history(&mut tx, id)
        .await?
        .into_iter()
        .find(|one| one.id == delivery);
    let made = made.ok_or_else(|| Fault::internal("a delivery is not there that was just made"))?;
    let target = Target {
        id: id.0,
        name: &schedule.name,
    };
    let told = json!({"first_day": made.first_day, "last_day": made.last_day});
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "export_schedule.run",
        target,
        told,
    )
    .await?;
    tx.commit().await?;
    Ok(made)
}
