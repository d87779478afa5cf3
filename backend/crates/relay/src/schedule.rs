//! The third room: which account. The scheduler chooses; here its refusal becomes the client's.
//! Never in here: sending, and how accounts are judged.

use crate::admit::Facts;
use crate::objects::not_found;
use crate::parts::RelayParts;
use crate::refusal::{Refusal, Retry};
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_scheduler::{NoAccount, Pool, Seat, Wish};
use tollgate_wire::error::ErrorKind;

/// A request that finds every account full is told to come back after this; most requests end within seconds.
const WHEN_FULL: Duration = Duration::from_secs(2);

/// A seat on an account that was not tried yet; where all are busy, after a bounded wait.
///
/// # Errors
/// If there is none, with the client's refusal.
pub(crate) async fn seat(
    parts: &RelayParts,
    pool: &Pool,
    facts: &Facts,
    sticky: Option<AccountId>,
    tried: &[AccountId],
) -> Result<Seat, Refusal> {
    let wish = wish(facts, sticky, tried);
    let patience = parts.settings().patience;
    let seat = parts.deps().scheduler.seat(pool, &wish, patience).await;
    seat.map_err(|none| refused(&none, facts))
}

/// The same without waiting.
///
/// # Errors
/// As above.
pub(crate) fn seat_at_once(parts: &RelayParts, pool: &Pool, facts: &Facts) -> Result<Seat, Refusal> {
    let seat = parts.deps().scheduler.pick(pool, &wish(facts, None, &[]));
    seat.map_err(|none| refused(&none, facts))
}

fn wish<'a>(facts: &'a Facts, sticky: Option<AccountId>, tried: &'a [AccountId]) -> Wish<'a> {
    Wish {
        tenant: facts.tenant,
        platforms: &facts.asked.platforms,
        named_on: &facts.asked.named_on,
        model: &facts.asked.bare,
        bindings: &facts.bindings,
        own_only: facts.pin.own_only,
        pinned: facts.pin.account,
        sticky,
        tried,
    }
}

fn refused(none: &NoAccount, facts: &Facts) -> Refusal {
    tracing::debug!(explanation = %none.explanation(), "no account");
    match (none, &facts.pin.first) {
        // What it names lies on none of the accounts that it may use.
        (NoAccount::NoneConfigured { .. } | NoAccount::NoneOffersModel { .. }, Some(object)) => {
            not_found(object)
        }
        _ => refusal(none, facts),
    }
}

/// Whether the key is bound for one of the services that have the model.
fn is_bound(facts: &Facts) -> bool {
    let platforms = facts.asked.platforms.iter();
    let mut services = platforms.map(|platform| platform.service());
    services.any(|service| facts.bindings.iter().any(|binding| binding.service == service))
}

fn refusal(none: &NoAccount, facts: &Facts) -> Refusal {
    let code = none.code();
    match none {
        NoAccount::NoneConfigured { .. } => {
            let message =
                "No upstream account is connected; an administrator of the organisation can add one.";
            Refusal::for_good(ErrorKind::Unavailable, code, message)
        }
        NoAccount::NoneOffersModel { .. } => {
            let accounts = if is_bound(facts) {
                "what this API key is bound to has no account that"
            } else {
                "none of the organisation's upstream accounts"
            };
            let message = format!("model: {accounts} offers `{}`.", facts.asked.model);
            Refusal::for_good(ErrorKind::NotFound, code, message)
        }
        NoAccount::AllTried { .. } => Refusal::for_now(
            ErrorKind::BadGateway,
            code,
            "All upstream accounts failed.",
            Retry::Open,
        ),
        NoAccount::AllUnavailable { all_at_cap: true, .. } => {
            let message = "All upstream accounts have as many requests at the same time as they may.";
            Refusal::for_now(ErrorKind::Overloaded, code, message, Retry::After(WHEN_FULL))
        }
        NoAccount::AllUnavailable {
            retry_after: Some(wait),
            ..
        } => {
            let seconds = wait.as_secs().max(1);
            let message = format!("All upstream accounts are resting; the first one is back in {seconds} s.");
            Refusal::for_now(ErrorKind::Overloaded, code, message, Retry::within(Some(*wait)))
        }
        NoAccount::AllUnavailable { .. } => {
            let message =
                "No upstream account can be used; an administrator of the organisation must look at them.";
            Refusal::for_good(ErrorKind::Unavailable, code, message)
        }
    }
}
