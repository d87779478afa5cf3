//! The rules of signing in: doors, passwords, rotation of refresh tokens, changing the tenant, ending sessions.

use super::begin::{Client, Started, begin, renew};
use super::members::{Door, Member, choose, enterable, read};
use super::rotation::{Verdict, judge};
use super::store;
use crate::permissions;
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::json;
use tollgate_contract::auth::{Me, Session, SignIn};
use tollgate_contract::ids::SessionId;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{RefreshOwner, hash_token, verify_password};

/// Someone who is in, and all the tenants they may enter.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) member: Member,
    pub(super) started: Started,
    pub(super) all: Vec<Member>,
}

/// Checks e-mail address and password and begins a session. What is wrong is told only to whom knew the password; the
/// time it takes does not tell whether the address is known.
pub(super) async fn sign_in(
    state: &ManageState,
    client: &Client,
    door: Door,
    form: SignIn,
) -> Result<Entered, Fault> {
    let email = form.email.to_lowercase();
    state
        .sign_in_door()
        .attempt(&client.address.bucket())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let may_guess = || {
        state
            .failure_door()
            .look(&email)
            .map_err(|wait| Fault::too_many(retry_after_secs(wait)))
    };
    may_guess()?;
    let found = state.db().resolve_email(&email).await?;
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    let turn = state.password_turn().await?;
    // Again: while this one waited, others may have guessed as often as is allowed. Since each counts before it gives its
    // turn back, no crowd that comes at once guesses more often than the hasher has turns beyond that.
    may_guess()?;
    let fits = verify_password(form.password.into(), stored)
        .await
        .map_err(Fault::internal)?;
    if !fits {
        let _ = state.failure_door().attempt(&email);
    }
    drop(turn);
    let Some(user) = found.filter(|_| fits) else {
        return Err(Fault::new(Code::InvalidCredentials));
    };
    state.failure_door().forgive(&email);
    if !user.active {
        return Err(Fault::new(Code::AccountDisabled));
    }
    let all = read(state.db(), user.user_id, &user.tenants).await?;
    let member = choose(&all, form.tenant.as_deref(), door)?;
    let started = commit_session(state, client, &member).await?;
    Ok(Entered { member, started, all })
}

async fn commit_session(state: &ManageState, client: &Client, member: &Member) -> Result<Started, Fault> {
    let mut tx = state.db().tenant(member.tenant_id).await?;
    let started = begin(state, &mut tx, member, client).await?;
    tx.commit().await?;
    Ok(started)
}

/// Gives the next pair of tokens for a refresh token that was not used before.
pub(super) async fn refresh(state: &ManageState, client: &Client, token: &str) -> Result<Entered, Fault> {
    state
        .refresh_door()
        .attempt(&client.address.bucket())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let hash = hash_token(token);
    let unknown = || Fault::new(Code::InvalidRefreshToken).detail("Sign in again.");
    let RefreshOwner {
        tenant_id,
        session_id,
    } = state.db().resolve_refresh(&hash).await?.ok_or_else(unknown)?;
    let mut tx = state.db().tenant(tenant_id).await?;
    let now = state.clock().now();
    let locked = store::lock(&mut tx, session_id).await?.ok_or_else(unknown)?;
    let member = store::member(&mut tx, locked.user).await?.ok_or_else(unknown)?;
    match judge(&locked.stored, &hash, now) {
        Verdict::Refuse => return Err(unknown()),
        Verdict::EndReused => {
            store::end(&mut tx, locked.user, session_id, "refresh_reused", now).await?;
            let target = Target {
                id: session_id.0,
                name: &member.email,
            };
            let changes = json!({ "end_reason": { "from": null, "to": "refresh_reused" } });
            trail::record(
                &mut tx,
                state.clock(),
                &client.author(&member),
                "session.ended",
                target,
                changes,
            )
            .await?;
            tx.commit().await?;
            state.gate().forget(tenant_id, session_id);
            tracing::warn!(session.id = %session_id, "a refresh token came twice; the session was ended");
            return Err(Fault::new(Code::RefreshTokenReused)
                .detail("It was used before, so the session has been ended. Sign in again."));
        }
        Verdict::Rotate => {}
    }
    if !member.active {
        return Err(Fault::new(Code::AccountDisabled));
    }
    if !member.tenant_active {
        return Err(Fault::new(Code::TenantSuspended));
    }
    let started = renew(state, &mut tx, &member, client, session_id).await?;
    tx.commit().await?;
    let tenants = state.db().resolve_memberships(member.user_id).await?;
    let all = read(state.db(), member.user_id, &tenants).await?;
    Ok(Entered { member, started, all })
}

/// Enters another of the caller's tenants: the present session ends, one there begins. In this order, so that whoever
/// still holds a token of a session that was just ended elsewhere gets no new one for it.
pub(super) async fn switch(
    state: &ManageState,
    client: &Client,
    caller: &Caller,
    slug: &str,
) -> Result<Entered, Fault> {
    let tenants = state.db().resolve_memberships(caller.user_id).await?;
    let all = read(state.db(), caller.user_id, &tenants).await?;
    let member = choose(&all, Some(slug), Door::User)?;
    end(state, caller, caller.session_id, "signed_out")
        .await
        .map_err(|fault| match fault.code() {
            Code::NotFound => Fault::new(Code::SessionEnded),
            _ => fault,
        })?;
    let started = commit_session(state, client, &member).await?;
    Ok(Entered { member, started, all })
}

/// Ends one of the caller's own sessions.
pub(super) async fn end(
    state: &ManageState,
    caller: &Caller,
    session: SessionId,
    reason: &'static str,
) -> Result<(), Fault> {
    let mut tx = caller.tx().await?;
    let now = state.clock().now();
    if !store::end(&mut tx, caller.user_id, session, reason, now).await? {
        return Err(Fault::new(Code::NotFound));
    }
    let target = Target {
        id: session.0,
        name: &caller.email,
    };
    let changes = json!({ "end_reason": { "from": null, "to": reason } });
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "session.ended",
        target,
        changes,
    )
    .await?;
    tx.commit().await?;
    state.gate().forget(caller.tenant_id, session);
    Ok(())
}

/// Ends the session of a refresh token, if there is one; an earlier token of it will do, for it can only end it.
pub(super) async fn end_by_token(state: &ManageState, client: &Client, token: &str) -> Result<(), Fault> {
    state
        .sign_in_door()
        .attempt(&client.address.bucket())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let Some(owner) = state.db().resolve_refresh(&hash_token(token)).await? else {
        return Ok(());
    };
    let mut tx = state.db().tenant(owner.tenant_id).await?;
    let Some(locked) = store::lock(&mut tx, owner.session_id).await? else {
        return Ok(());
    };
    let Some(member) = store::member(&mut tx, locked.user).await? else {
        return Ok(());
    };
    if store::end(
        &mut tx,
        locked.user,
        owner.session_id,
        "signed_out",
        state.clock().now(),
    )
    .await?
    {
        let target = Target {
            id: owner.session_id.0,
            name: &member.email,
        };
        let changes = json!({ "end_reason": { "from": null, "to": "signed_out" } });
        trail::record(
            &mut tx,
            state.clock(),
            &client.author(&member),
            "session.ended",
            target,
            changes,
        )
        .await?;
        tx.commit().await?;
        state.gate().forget(owner.tenant_id, owner.session_id);
    }
    Ok(())
}

/// The caller's open sessions.
pub(super) async fn sessions(state: &ManageState, caller: &Caller) -> Result<Vec<Session>, Fault> {
    let mut tx = caller.tx().await?;
    Ok(store::open(&mut tx, caller.user_id, caller.session_id, state.clock().now()).await?)
}

/// Who the caller is.
pub(super) async fn whoami(state: &ManageState, caller: &Caller) -> Result<Me, Fault> {
    let tenants = state.db().resolve_memberships(caller.user_id).await?;
    let all = read(state.db(), caller.user_id, &tenants).await?;
    Ok(describe(state, &caller.into(), caller.session_id, &all))
}

/// A person, the tenant they entered, and those they may.
pub(super) fn describe(state: &ManageState, member: &Member, session: SessionId, all: &[Member]) -> Me {
    Me {
        user: member.person(),
        tenant: member.tenant(),
        role: member.role,
        permissions: permissions::names(member.role, member.tenant_id),
        memberships: enterable(all),
        session_id: session,
        server_version: state.settings().server_version.to_owned(),
    }
}
