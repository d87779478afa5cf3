//! A provider's call. Nothing is believed before its signature fits; the same call is taken once; what it says has to be
//! what was agreed; test mode moves no money. What contradicts itself changes nothing and is told to people.

use super::signature::{self, HEADER};
use super::store::{self, Locked};
use crate::notices;
use crate::state::ManageState;
use crate::trail::{self, Author, Target};
use actix_web::HttpRequest;
use serde_json::{Value, json};
use tollgate_contract::ids::{PaymentId, TenantId, TransferId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::notices::NoticeText;
use tollgate_contract::payments::{PaymentCall, PaymentOutcome, PaymentStatus, PaymentTaken};
use tollgate_http::caller::current_request;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Code, Fault, RawBody};
use tollgate_ledger::{Credit, CreditError, CreditKind, credit};
use tollgate_money::Nano;
use tollgate_store::{Actor, CallSeen, TenantTx, Topic, announce, hash_token};

/// The only currency of the books.
const CURRENCY: &str = "USD";
/// Decimals of a dollar that there are.
const DECIMALS: usize = 9;

/// A genuine call.
struct Heard {
    provider: String,
    call: PaymentCall,
    amount: i64,
    tenant: TenantId,
    author: Author,
}

pub(super) async fn take(
    state: &ManageState,
    request: &HttpRequest,
    provider: &str,
    body: &RawBody,
) -> Result<PaymentTaken, Fault> {
    check_signature(state, request, provider, body)?;
    let call: PaymentCall = body.parse()?;
    let amount = amount_of(&call)?;
    let found = state.db().resolve_payment(call.payment_id).await?;
    let heard = Heard {
        provider: provider.to_owned(),
        amount,
        tenant: found.ok_or_else(no_such_payment)?,
        author: Author {
            actor: Actor::System("payments"),
            request_id: current_request(request),
            address: state.gate().address(request),
        },
        call,
    };
    match book(state, &heard).await? {
        Ok(taken) => {
            count(provider, if taken.replayed { "replayed" } else { "taken" });
            Ok(taken)
        }
        Err(problem) => {
            count(provider, "conflict");
            Err(contradiction(state, &heard, &problem).await?)
        }
    }
}

fn count(provider: &str, outcome: &'static str) {
    metrics::counter!("tollgate_payment_calls_total", "provider" => provider.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Whether the call comes from the provider, just now. Only refused calls are counted against an address.
fn check_signature(
    state: &ManageState,
    request: &HttpRequest,
    provider: &str,
    body: &RawBody,
) -> Result<(), Fault> {
    let address = state.gate().address(request).bucket();
    let door = state.refused_call_door();
    let too_many = |wait| Fault::too_many(retry_after_secs(wait));
    door.look(&address).map_err(too_many)?;
    let secrets = state.settings().payment_providers.secrets(provider);
    let header = request
        .headers()
        .get(HEADER)
        .and_then(|value| value.to_str().ok());
    let genuine = match (secrets, header) {
        (Some(secrets), Some(header)) => signature::genuine(secrets, header, &body.0, state.clock().now()),
        _ => false,
    };
    if genuine {
        return Ok(());
    }
    door.attempt(&address).map_err(too_many)?;
    if secrets.is_none() {
        return Err(Fault::new(Code::NotFound).detail("There is no such payment provider."));
    }
    count(provider, "unsigned");
    Err(Fault::new(Code::SignatureRefused).detail(format!(
        "Send `{HEADER}: t=SECONDS,v1=HEX`: the HMAC-SHA-256 of `SECONDS.BODY` under the provider's secret, not older than \
         five minutes."
    )))
}

fn no_such_payment() -> Fault {
    Fault::new(Code::NotFound).detail("`payment_id` names no payment of this provider's.")
}

/// The amount that a call tells, in one of its two ways.
fn amount_of(call: &PaymentCall) -> Result<i64, Fault> {
    if call
        .currency
        .as_deref()
        .is_some_and(|currency| currency != CURRENCY)
    {
        return Err(wrong("currency", "currency", "must be USD"));
    }
    match (call.amount_nano, &call.amount) {
        (Some(amount), None) if amount.0 > 0 => Ok(amount.0),
        (Some(_), None) => Err(wrong("amount_nano", "out_of_range", "must be more than zero")),
        (None, Some(_)) if call.currency.is_none() => {
            Err(wrong("currency", "required", "must stand beside `amount`: USD"))
        }
        (None, Some(text)) => dollars(text).ok_or_else(|| {
            let text =
                "must be dollars as decimal text such as 25.00, more than zero, with at most nine decimals";
            wrong("amount", "amount", text)
        }),
        (Some(_), Some(_)) => Err(wrong("amount", "twice", "must not stand beside `amount_nano`")),
        (None, None) => Err(wrong(
            "amount_nano",
            "required",
            "or `amount` with `currency` must be given",
        )),
    }
}

/// Decimal dollars in nano-USD, exactly.
fn dollars(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > DECIMALS || !digits(whole) || !digits(part) {
        return None;
    }
    let nano = format!("{whole}{part:0<DECIMALS$}").parse::<i64>().ok()?;
    (nano > 0).then_some(nano)
}

/// All of the call or nothing; or what contradicts it.
async fn book(state: &ManageState, heard: &Heard) -> Result<Result<PaymentTaken, String>, Fault> {
    let (call, id) = (&heard.call, heard.call.payment_id);
    let mut tx = state.db().tenant(heard.tenant).await?;
    let payment = store::lock(&mut tx, id)
        .await?
        .filter(|payment| payment.provider == heard.provider)
        .ok_or_else(no_such_payment)?;
    if call.tenant.as_ref().is_some_and(|slug| *slug != payment.slug) {
        return Err(wrong("tenant", "other_tenant", "is not whose payment it is"));
    }
    let now = state.clock().now();
    let said = fingerprint(heard);
    let seen = tx
        .enter_payment_call((&heard.provider, &call.id), &said, id, now)
        .await?;
    match seen {
        CallSeen::Same => return Ok(Ok(taken(id, payment.status, payment.transfer, true))),
        CallSeen::Other => return Ok(Err("something else was said before under the same id".to_owned())),
        CallSeen::New => {}
    }
    if heard.amount != payment.amount {
        let (told, agreed) = (
            NanoUsd(heard.amount).exact_usd(),
            NanoUsd(payment.amount).exact_usd(),
        );
        return Ok(Err(format!("{told} USD were told, {agreed} USD were agreed")));
    }
    let (status, transfer) = match (call.test, call.status, payment.status) {
        (true, ..) => {
            store::note_test(&mut tx, id, now).await?;
            (payment.status, payment.transfer)
        }
        (false, PaymentOutcome::Succeeded, PaymentStatus::Paid) => {
            return Ok(Err(
                "it was paid before, by another call: money may have come twice".to_owned(),
            ));
        }
        (false, PaymentOutcome::Failed, PaymentStatus::Paid) => {
            return Ok(Err("it is said to have failed after it was paid".to_owned()));
        }
        (false, PaymentOutcome::Failed, _) => {
            let decided = (PaymentStatus::Failed, None);
            store::decide(&mut tx, id, decided, &call.id, now).await?;
            decided
        }
        (false, PaymentOutcome::Succeeded, _) => {
            let decided = (
                PaymentStatus::Paid,
                Some(pay_in(state, &mut tx, heard, &payment).await?),
            );
            store::decide(&mut tx, id, decided, &call.id, now).await?;
            decided
        }
    };
    let action = if call.test {
        "payment.tested"
    } else {
        "payment.told"
    };
    tell(
        state,
        &mut tx,
        heard,
        action,
        json!({"status": status, "transfer_id": transfer}),
    )
    .await?;
    tx.commit().await?;
    Ok(Ok(taken(id, status, transfer, false)))
}

fn taken(
    payment_id: PaymentId,
    status: PaymentStatus,
    transfer_id: Option<TransferId>,
    replayed: bool,
) -> PaymentTaken {
    PaymentTaken {
        payment_id,
        status,
        transfer_id,
        replayed,
    }
}

/// What a call says, whichever way it is written.
fn fingerprint(heard: &Heard) -> [u8; 32] {
    let call = &heard.call;
    let said = json!([call.payment_id, heard.amount, call.status, call.test]);
    hash_token(&said.to_string())
}

async fn pay_in(
    state: &ManageState,
    tx: &mut TenantTx,
    heard: &Heard,
    payment: &Locked,
) -> Result<TransferId, Fault> {
    let name = format!("{} {}", heard.provider, heard.call.id);
    let booking = Credit {
        kind: CreditKind::TopUp,
        amount: Nano(payment.amount),
        reason: format!("payment {name}"),
        author: format!("payment provider {}", heard.provider),
        idempotency_key: format!("payment:{}:{}", heard.provider, heard.call.id),
    };
    let booked = credit(tx, state.clock(), &booking)
        .await
        .map_err(|error| match error {
            CreditError::Store(error) => error.into(),
            other => Fault::internal(other),
        })?;
    // Nodes that had just refused for want of money ask again at once.
    announce(tx, Topic::Tenant, heard.tenant.0, 0).await?;
    Ok(booked.transfer_id)
}

async fn tell(
    state: &ManageState,
    tx: &mut TenantTx,
    heard: &Heard,
    action: &'static str,
    mut changes: Value,
) -> Result<(), Fault> {
    if let Value::Object(changes) = &mut changes {
        changes.insert("provider".to_owned(), json!(heard.provider));
        changes.insert("provider_id".to_owned(), json!(heard.call.id));
        changes.insert("amount_nano".to_owned(), json!(NanoUsd(heard.amount)));
    }
    let target = Target {
        id: heard.call.payment_id.0,
        name: &heard.provider,
    };
    Ok(trail::record(tx, state.clock(), &heard.author, action, target, changes).await?)
}

/// Keeps what a contradicting call said, in a transaction of its own since nothing of the call is taken, and tells people.
async fn contradiction(state: &ManageState, heard: &Heard, problem: &str) -> Result<Fault, Fault> {
    let (provider, call) = (&heard.provider, &heard.call);
    tracing::error!(
        tenant.id = %heard.tenant, payment.id = %call.payment_id, provider, provider_id = call.id, problem,
        "a payment contradicts what is known of it"
    );
    let mut tx = state.db().tenant(heard.tenant).await?;
    tell(
        state,
        &mut tx,
        heard,
        "payment.refused",
        json!({"problem": problem}),
    )
    .await?;
    let notice = NoticeText::PaymentConflict {
        provider: provider.clone(),
        provider_id: call.id.clone(),
        problem: problem.to_owned(),
    };
    // Another contradiction under the same id is another cause.
    let [a, b, c, d, ..] = fingerprint(heard);
    let said = u32::from_be_bytes([a, b, c, d]);
    let cause = format!("payment:{provider}:{}:{said:08x}", call.id);
    notices::write(&mut tx, state.clock(), &cause, &notice).await?;
    tx.commit().await?;
    Ok(Fault::new(Code::PaymentConflict).detail(format!("Nothing was booked: {problem}.")))
}

fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_exactly_or_not_at_all() {
        assert_eq!(dollars("25.00"), Some(25_000_000_000));
        assert_eq!(dollars("0.000000001"), Some(1));
        for wrong in [
            "",
            "0",
            "-1",
            "+1",
            "1e3",
            "0.0000000001",
            "1,5",
            "99999999999",
            ".5",
            "NaN",
            " 1",
        ] {
            assert_eq!(dollars(wrong), None, "{wrong}");
        }
    }
}
