//! Beginning a session: the one way, whether by sign-in, sign-up or a change of tenant.

use super::members::Member;
use super::store::{self, NewSession};
use crate::state::ManageState;
use crate::trail::{self, Author, Target};
use actix_web::HttpRequest;
use actix_web::http::header;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tollgate_contract::ids::{RequestId, SessionId};
use tollgate_http::caller::current_request;
use tollgate_http::{ClientAddress, Fault};
use tollgate_store::{Actor, TenantTx, hash_token, new_token};

/// Longest description of itself that a client's session keeps.
const USER_AGENT_MAX: usize = 300;

/// Who knocks at a door that needs no sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: ClientAddress,
    pub(crate) user_agent: String,
    pub(crate) request_id: RequestId,
}

impl Client {
    pub(crate) fn of(request: &HttpRequest, state: &ManageState) -> Self {
        let agent = request
            .headers()
            .get(header::USER_AGENT)
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        let agent = agent.unwrap_or_default();
        Self {
            address: state.gate().address(request),
            user_agent: agent
                .chars()
                .filter(|c| !c.is_control())
                .take(USER_AGENT_MAX)
                .collect(),
            request_id: current_request(request),
        }
    }

    /// The client as the author of a person's own change.
    pub(crate) fn author(&self, member: &Member) -> Author {
        Author {
            actor: Actor::User {
                id: member.user_id,
                name: member.email.clone(),
            },
            request_id: self.request_id,
            address: self.address,
        }
    }
}

/// A session that has just begun or been renewed.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) session: SessionId,
    pub(crate) refresh_token: SecretString,
    pub(crate) access_token: String,
    pub(crate) access_until: DateTime<Utc>,
    pub(crate) session_until: DateTime<Utc>,
}

/// Begins a session for a member, in the transaction of their tenant.
pub(crate) async fn begin(
    state: &ManageState,
    tx: &mut TenantTx,
    member: &Member,
    client: &Client,
) -> Result<Started, Fault> {
    let session = SessionId(state.clock().new_id());
    let started = prepare(state, member, session)?;
    store::insert(
        tx,
        &row(
            &started,
            member,
            client,
            &hash_token(started.refresh_token.expose_secret()),
            state,
        ),
    )
    .await?;
    let target = Target {
        id: session.0,
        name: &member.email,
    };
    let changes = json!({ "user_agent": client.user_agent });
    trail::record(
        tx,
        state.clock(),
        &client.author(member),
        "session.created",
        target,
        changes,
    )
    .await?;
    Ok(started)
}

/// Renews a session: another refresh token, another access token.
pub(super) async fn renew(
    state: &ManageState,
    tx: &mut TenantTx,
    member: &Member,
    client: &Client,
    session: SessionId,
) -> Result<Started, Fault> {
    let started = prepare(state, member, session)?;
    store::rotate(
        tx,
        &row(
            &started,
            member,
            client,
            &hash_token(started.refresh_token.expose_secret()),
            state,
        ),
    )
    .await?;
    Ok(started)
}

fn prepare(state: &ManageState, member: &Member, session: SessionId) -> Result<Started, Fault> {
    let now = state.clock().now();
    let signer = &state.parts().signer;
    let (access_token, access_until) = signer
        .issue(member.user_id, member.tenant_id, session, member.role, now)
        .map_err(Fault::internal)?;
    let refresh_ttl = chrono::TimeDelta::from_std(state.settings().refresh_ttl).map_err(Fault::internal)?;
    Ok(Started {
        session,
        refresh_token: new_token(&mut rand::rng()),
        access_token,
        access_until,
        session_until: now + refresh_ttl,
    })
}

fn row<'a>(
    started: &Started,
    member: &Member,
    client: &'a Client,
    refresh_hash: &'a [u8; 32],
    state: &ManageState,
) -> NewSession<'a> {
    NewSession {
        id: started.session,
        user: member.user_id,
        refresh_hash,
        user_agent: &client.user_agent,
        address: client.address.to_string(),
        at: state.clock().now(),
        expires_at: started.session_until,
    }
}
