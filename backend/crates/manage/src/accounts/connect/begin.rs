//! The first half: the link that a person opens.

use super::flow::{self, Flow};
use super::{way, way_name};
use crate::accounts::{proxy, sealing, service};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use chrono::TimeDelta;
use rand::Rng as _;
use secrecy::ExposeSecret;
use tollgate_contract::accounts::{AuthUrl, BeginConnect};
use tollgate_contract::ids::FlowId;
use tollgate_contract::platform::Platform;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_oauth::Misconfigured;
use tollgate_store::hash_token;

/// Signing in at a vendor and copying a code takes a minute or two; vendors' codes last about ten.
const FLOW_LIFETIME: TimeDelta = TimeDelta::minutes(10);

pub(super) async fn begin(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    form: BeginConnect,
) -> Result<AuthUrl, Fault> {
    require(caller, Action::AccountsWrite)?;
    let way = way(platform, form.setup_token)?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let mut random = [0; 64];
    rand::rng().fill_bytes(&mut random);
    let begun = tollgate_oauth::begin(way, state.endpoints(), random).map_err(|error| missing(&error))?;
    let (clock, id) = (state.clock(), FlowId(state.clock().new_id()));
    let mut tx = caller.tx().await?;
    let kept = match form.account_id {
        None => None,
        Some(account) => {
            service::locked(&mut tx, platform, account)
                .await?
                .settings
                .proxy_id
        }
    };
    let proxy = form.proxy_id.or(kept);
    proxy::require(state, &mut tx, proxy).await?;
    let verifier = begun.verifier.expose_secret();
    let verifier = sealing::seal_text(state, &mut tx, flow::place(id), verifier).await?;
    let now = clock.now();
    let flow = Flow {
        id,
        session: caller.session_id,
        user: caller.user_id,
        platform,
        way: way_name(way).to_owned(),
        state_hash: hash_token(&begun.state).to_vec(),
        verifier,
        proxy,
        account: form.account_id,
        created_at: now,
        expires_at: now + FLOW_LIFETIME,
        used_at: None,
    };
    flow::insert(&mut tx, &flow).await?;
    tx.commit().await?;
    Ok(AuthUrl {
        flow_id: id,
        url: begun.url.into(),
        expires_at: flow.expires_at,
    })
}

fn missing(error: &Misconfigured) -> Fault {
    Fault::new(Code::NotConfigured).detail(format!("{error}."))
}
