//! The third room: which account. The scheduler chooses; here its refusal becomes the client's.
//! Never in here: sending, and how accounts are judged.

use crate::asked::Asked;
use crate::parts::RelayParts;
use crate::refusal::{Refusal, Retry};
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_scheduler::{NoAccount, Pool, Seat, Wish};
use tollgate_wire::error::ErrorKind;

/// A request that finds every account full is told to come back after this; most requests end within seconds.
const WHEN_FULL: Duration = Duration::from_secs(2);

/// A seat on an account that was not tried yet.
///
/// # Errors
/// If there is none, with the client's refusal.
pub(crate) fn seat(
    parts: &RelayParts,
    pool: &Pool,
    asked: &Asked,
    sticky: Option<AccountId>,
    tried: &[AccountId],
) -> Result<Seat, Refusal> {
    let wish = Wish {
        platforms: asked.platforms,
        named_on: asked.named_on,
        model: &asked.bare,
        sticky,
        tried,
    };
    parts.deps().scheduler.pick(pool, &wish).map_err(|none| {
        tracing::debug!(explanation = %none.explanation(), "no account");
        refusal(&none, &asked.model)
    })
}

fn refusal(none: &NoAccount, model: &str) -> Refusal {
    let code = none.code();
    match none {
        NoAccount::NoneConfigured { .. } => {
            let message =
                "No upstream account is connected; an administrator of the organisation can add one.";
            Refusal::for_good(ErrorKind::Unavailable, code, message)
        }
        NoAccount::NoneOffersModel { .. } => {
            let message = format!("model: none of the organisation's upstream accounts offers `{model}`.");
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
