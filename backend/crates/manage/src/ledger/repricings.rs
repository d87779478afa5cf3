//! Past periods priced anew, by the platform's own people: looked at first, then booked exactly so.

use super::{after, ledger_fault, platform_only};
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::Author;
use serde_json::json;
use tollgate_contract::books::{
    BookedRepricing, BooksQuery, PastRepricing, RepricedCosts, RepricedRequest, RepricingForm,
    RepricingOrderForm, RepricingSeen,
};
use tollgate_contract::ids::RequestId;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::{
    CostRepricing, Repricing, RepricingError, RepricingLeave, RepricingOrder, apply_repricing,
    preview_repricing, repricings,
};
use tollgate_store::AuditEntry;

const LIST: &str = "repricings";
/// Requests shown of a preview.
const SHOWN_MAX: usize = 200;

fn order_of(form: &RepricingForm) -> RepricingOrder {
    RepricingOrder {
        tenant_id: form.tenant_id,
        from: form.from,
        to: form.to,
        model: form.model.clone(),
    }
}

pub(super) async fn preview(
    state: &ManageState,
    caller: &Caller,
    form: RepricingForm,
) -> Result<RepricingSeen, Fault> {
    require(caller, Action::BillingWrite)?;
    platform_only(caller)?;
    let prices_at = form.prices_at.unwrap_or_else(|| state.clock().now());
    let pricer = state.parts().prices.at(prices_at);
    let seen = preview_repricing(state.db(), &order_of(&form), &pricer)
        .await
        .map_err(fault)?;
    let first = seen.events.iter().take(SHOWN_MAX).map(|event| RepricedRequest {
        request_id: RequestId(event.request_id),
        model: event.model.clone(),
        old_nano: NanoUsd(event.old.0),
        new_nano: NanoUsd(event.new.0),
        old_cost_nano: event.cost.map(|cost| NanoUsd(cost.old.0)),
        new_cost_nano: event.cost.map(|cost| NanoUsd(cost.new.0)),
        late: event.late,
    });
    let costs = i64::try_from(seen.costs()).unwrap_or(i64::MAX);
    Ok(RepricingSeen {
        looked_at: seen.looked_at,
        unpriced: seen.unpriced,
        credited: seen.credited,
        events: seen.charges(),
        late_events: seen.late(),
        old_nano: NanoUsd(seen.old.0),
        new_nano: NanoUsd(seen.new.0),
        costs: (costs > 0).then_some(RepricedCosts {
            events: costs,
            old_nano: NanoUsd(seen.cost.old.0),
            new_nano: NanoUsd(seen.cost.new.0),
            batch_no: None,
        }),
        first: first.collect(),
        fingerprint: hex(&seen.fingerprint),
        prices_at,
    })
}

pub(super) async fn apply(
    state: &ManageState,
    caller: &Caller,
    form: RepricingOrderForm,
) -> Result<BookedRepricing, Fault> {
    require(caller, Action::BillingWrite)?;
    platform_only(caller)?;
    let Some(prices_at) = form.order.prices_at else {
        let text = "Hand back the preview's `prices_at`.";
        return Err(Fault::new(Code::ValidationFailed).detail(text).field(
            "order.prices_at",
            "required",
            text,
        ));
    };
    let leave = RepricingLeave {
        repricing_id: form.repricing_id,
        fingerprint: unhex(&form.fingerprint),
        reason: form.reason.clone(),
        author: caller.email.clone(),
    };
    let clock = state.clock();
    let by = Author::in_books(caller, form.order.tenant_id);
    let audit = AuditEntry {
        id: clock.new_id(),
        at: clock.now(),
        actor: by.actor,
        action: "ledger.repriced",
        target_id: Some(form.repricing_id),
        target_name: form.order.model.clone().unwrap_or_default(),
        changes: json!({"from": form.order.from, "to": form.order.to, "prices_at": prices_at, "reason": form.reason}),
        request_id: Some(caller.request_id.0),
        address: by.address.to_string(),
    };
    let pricer = state.parts().prices.at(prices_at);
    let booked = apply_repricing(state.db(), &order_of(&form.order), &leave, &pricer, audit)
        .await
        .map_err(fault)?;
    Ok(view(&booked))
}

fn view(booked: &Repricing) -> BookedRepricing {
    BookedRepricing {
        repricing_id: booked.repricing_id,
        events: booked.events,
        late_events: booked.late_events,
        old_nano: NanoUsd(booked.old.0),
        new_nano: NanoUsd(booked.new.0),
        batch_no: booked.batch_no,
        costs: booked.cost.as_ref().map(costs_of),
        booked_at: booked.booked_at,
    }
}

fn costs_of(of: &CostRepricing) -> RepricedCosts {
    RepricedCosts {
        events: of.events,
        old_nano: NanoUsd(of.cost.old.0),
        new_nano: NanoUsd(of.cost.new.0),
        batch_no: Some(of.batch_no),
    }
}

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    query: &BooksQuery,
) -> Result<Page<PastRepricing>, Fault> {
    require(caller, Action::BillingRead)?;
    platform_only(caller)?;
    let before = after(query.cursor.as_deref(), LIST)?;
    let size = page_size(query.limit);
    let limit = i64::try_from(size).unwrap_or(1).saturating_add(1);
    let mut tx = state.db().jobs().await?;
    let mut found = repricings(&mut tx, before, limit).await.map_err(ledger_fault)?;
    let more = found.len() > size;
    found.truncate(size);
    let next_cursor = found.last().filter(|_| more).map(|last| {
        let at = last.booked_at.timestamp_micros().to_string();
        Cursor::new(LIST, Some(at), last.repricing_id).write()
    });
    let past = |of: tollgate_ledger::PastRepricing| PastRepricing {
        repricing_id: of.repricing_id,
        tenant_id: of.tenant_id,
        tenant: of.slug,
        from: of.from,
        to: of.to,
        model: of.model,
        reason: of.reason,
        author: of.author,
        booked: BookedRepricing {
            repricing_id: of.repricing_id,
            events: of.events,
            late_events: of.late_events,
            old_nano: NanoUsd(of.old.0),
            new_nano: NanoUsd(of.new.0),
            batch_no: of.batch_no,
            costs: of.cost.as_ref().map(costs_of),
            booked_at: of.booked_at,
        },
    };
    Ok(Page {
        items: found.into_iter().map(past).collect(),
        next_cursor,
        total: None,
    })
}

fn hex(bytes: &[u8; 32]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The form's check has seen to it that these are 64 hex digits.
fn unhex(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(index * 2..index * 2 + 2).unwrap_or("00");
        *byte = u8::from_str_radix(digits, 16).unwrap_or(0);
    }
    bytes
}

fn fault(error: RepricingError) -> Fault {
    let text = error.to_string();
    match error {
        RepricingError::Ledger(error) => ledger_fault(error),
        RepricingError::Range => {
            Fault::new(Code::ValidationFailed)
                .detail(text.clone())
                .field("to", "not_after", text)
        }
        RepricingError::Text(field, _) => Fault::new(Code::ValidationFailed)
            .detail(text.clone())
            .field(field, "length", text),
        RepricingError::TooMany | RepricingError::Nothing => Fault::new(Code::NotApplicable).detail(text),
        RepricingError::Changed | RepricingError::IdReused => Fault::new(Code::VersionConflict).detail(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_comes_back_as_it_went() {
        let mut bytes = [0; 32];
        for (index, byte) in (0_u8..).zip(bytes.iter_mut()) {
            *byte = index.wrapping_mul(37);
        }
        assert_eq!(unhex(&hex(&bytes)), bytes);
    }
}
