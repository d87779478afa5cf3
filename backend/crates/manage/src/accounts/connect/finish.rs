//! The second half: the code is exchanged, and what was granted is kept.

use super::flow::{self, Flow};
use super::keep::{self, Granted, Place};
use super::learn::{self, Learnt};
use super::way_of_name;
use crate::accounts::vendor::{Answer, Line, not_issued};
use crate::accounts::{proxy, sealing, service, store};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tollgate_contract::accounts::{Connected, FinishConnect};
use tollgate_contract::platform::Platform;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_net::{Proxy, UpstreamClient};
use tollgate_oauth::{IssueFault, Issued, PasteFault, Pasted, Way, exchange, read_exchanged, read_pasted};
use tollgate_store::{TenantTx, hash_token};

/// Clocks that differ by more than this are told: what vendors say of times would be off by as much.
const CLOCK_SKEW_MAX_S: i64 = 120;

pub(super) async fn finish(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    platform: Platform,
    form: FinishConnect,
) -> Result<Connected, Fault> {
    require(caller, Action::AccountsWrite)?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let pasted = read_pasted(&form.code).map_err(|fault| unreadable(&fault))?;
    // Its transaction ends here: none is open while the vendor is asked.
    let taken = take(state, caller, platform, &form, &pasted).await?;
    let line = Line {
        upstream,
        via: taken.proxy.as_ref(),
    };
    let mut learnt = Learnt::default();
    let issued = exchanged(state, line, &taken, &pasted, &mut learnt).await?;
    learn::learn(state, line, &taken.place, taken.way, &issued, &mut learnt).await?;
    let granted = Granted {
        way: taken.way,
        issued,
        learnt,
    };
    keep::keep(state, caller, taken.place, granted).await
}

/// A flow that was used up for this exchange.
struct Taken {
    way: Way,
    verifier: SecretString,
    proxy: Option<Proxy>,
    place: Place,
}

/// Checks everything that can be checked before the vendor is asked, and uses the flow up.
async fn take(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    form: &FinishConnect,
    pasted: &Pasted,
) -> Result<Taken, Fault> {
    let now = state.clock().now();
    let mut tx = caller.tx().await?;
    let found = flow::read(&mut tx, form.flow_id, caller.session_id, platform).await?;
    let found = found.ok_or_else(|| {
        Fault::new(Code::NotFound)
            .detail("This sign-in session began no such link on this platform; begin a new one.")
    })?;
    still_good(&found, now)?;
    let way = way_of_name(&found.way).ok_or_else(|| Fault::internal("a flow of no known way"))?;
    check_state(&found, way, pasted)?;
    let place = place(state, &mut tx, form, &found).await?;
    let verifier = sealing::open_text(state, &mut tx, flow::place(found.id), &found.verifier).await?;
    let proxy = match found.proxy {
        None => None,
        Some(id) => Some(
            proxy::open(state, &mut tx, id)
                .await?
                .ok_or_else(proxy::unknown)?,
        ),
    };
    if !flow::take(&mut tx, &found, now).await? {
        return Err(used());
    }
    tx.commit().await?;
    Ok(Taken {
        way,
        verifier,
        proxy,
        place,
    })
}

fn still_good(flow: &Flow, now: DateTime<Utc>) -> Result<(), Fault> {
    if flow.used_at.is_some() {
        return Err(used());
    }
    if flow.expires_at <= now {
        return Err(Fault::new(Code::FlowOver).detail("Its ten minutes are over; begin a new one."));
    }
    Ok(())
}

fn used() -> Fault {
    Fault::new(Code::FlowOver).detail("It was used already; begin a new one.")
}

/// The state that came back must be the flow's. Claude's page always shows it, and its token endpoint wants it; others show
/// the code alone, which PKCE ties to the flow all the same.
fn check_state(flow: &Flow, way: Way, pasted: &Pasted) -> Result<(), Fault> {
    match &pasted.state {
        Some(state) if hash_token(state)[..] == flow.state_hash[..] => Ok(()),
        Some(_) => Err(Fault::new(Code::StateMismatch)
            .detail("The code was made for another link; open this one, or begin a new one.")
            .field("code", "state", "belongs to another link")),
        None if matches!(way, Way::Google | Way::OpenAi) => Ok(()),
        None => {
            let text = "lacks what stands behind the `#`; copy the whole of it";
            Err(Fault::new(Code::CodeUnreadable)
                .detail(format!("`code` {text}."))
                .field("code", "state", text))
        }
    }
}

/// The account that comes of it: a new one by its name, or the one that is connected anew.
async fn place(
    state: &ManageState,
    tx: &mut TenantTx,
    form: &FinishConnect,
    flow: &Flow,
) -> Result<Place, Fault> {
    if let Some(account) = flow.account {
        if form.name.is_some() {
            let text = "stays as it is of an account that is connected anew";
            return Err(Fault::new(Code::ValidationFailed)
                .detail(format!("`name` {text}."))
                .field("name", "not_applicable", text));
        }
        let stored = service::locked(tx, flow.platform, account).await?;
        return Ok(Place::again(
            state.endpoints(),
            account,
            flow,
            stored.settings,
            form,
        ));
    }
    let Some(name) = &form.name else {
        return Err(Fault::new(Code::ValidationFailed)
            .detail("`name` must not be empty.")
            .field("name", "required", "must not be empty"));
    };
    if store::name_is_taken(tx, flow.platform.as_str(), name).await? {
        return Err(service::name_taken());
    }
    let mut place = Place::fresh(state.endpoints(), name, flow, form);
    place.settings.base_url = service::checked_url(state, &place.settings.base_url)?;
    Ok(place)
}

async fn exchanged(
    state: &ManageState,
    line: Line<'_>,
    taken: &Taken,
    pasted: &Pasted,
    learnt: &mut Learnt,
) -> Result<Issued, Fault> {
    let endpoints = state.endpoints();
    let shown = pasted.state.as_deref().unwrap_or_default();
    let request = exchange(taken.way, endpoints, &pasted.code, shown, &taken.verifier);
    let answer = line.ask(request).await?;
    let now = state.clock().now();
    let Answer {
        status,
        headers,
        body,
    } = &answer;
    let issued = read_exchanged(taken.way, *status, headers, body, now);
    let issued = issued.map_err(|fault| match fault {
        IssueFault::Incomplete {
            missing: "refresh_token",
        } => Fault::new(Code::GrantIncomplete).detail(
            "The vendor gave no refresh token, so that the account would end with its first token. Take back the consent \
             at the vendor's page of connected apps, and begin anew.",
        ),
        other => not_issued(&other),
    })?;
    if let Some(ahead) = answer
        .clock_ahead_s(now)
        .filter(|ahead| ahead.abs() > CLOCK_SKEW_MAX_S)
    {
        learnt.warnings.push(format!(
            "Our clock and the vendor's differ by {} s: resets and expiries are off by as much.",
            ahead.abs()
        ));
    }
    Ok(issued)
}

fn unreadable(fault: &PasteFault) -> Fault {
    let text = fault.to_string();
    Fault::new(Code::CodeUnreadable)
        .detail(format!("`code`: {text}."))
        .field("code", "code", text)
}
