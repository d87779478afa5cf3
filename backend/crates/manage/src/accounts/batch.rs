//! One action on many accounts: each account in a transaction of its own, so that one that is refused keeps none of the
//! others back, and each with a result of its own.

mod actions;
pub(crate) mod routes;
mod store;

use super::{service, test};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use futures_util::stream::{self, StreamExt};
use std::time::{Duration, Instant};
use tollgate_contract::accounts::{AccountAction, AccountBatch, BatchResult, BatchRow, TestAccount};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::{Caller, Code, Fault};
use tollgate_net::UpstreamClient;

/// Tests of one batch at a time: a page waits for all of them, and each is a request of ours to a host of their choice.
const TESTS_AT_ONCE: usize = 8;
/// How long the tests of one batch wait for their turn at the door that counts a tenant's tries: proxies before us give
/// up on an answer after a minute. Those that got no turn say so.
const TURN_PATIENCE: Duration = Duration::from_secs(25);

/// What became of an account.
enum Done {
    /// It was done.
    Changed,
    /// There was nothing to do.
    Unchanged,
    /// A test's code and what went wrong.
    Tested(String, String),
}

pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    batch: AccountBatch,
) -> Result<BatchResult, Fault> {
    require(caller, Action::AccountsWrite)?;
    let turns_until = state.clock().monotonic() + TURN_PATIENCE;
    let at_once = if batch.action == AccountAction::Test {
        TESTS_AT_ONCE
    } else {
        1
    };
    let action = &batch.action;
    let rows = stream::iter(batch.ids).map(|account| async move {
        let done = match action {
            AccountAction::Test => tested(state, caller, upstream, account, turns_until).await,
            action => changed(state, caller, account, action).await,
        };
        row(account, done)
    });
    // In their order, whichever ends first.
    let rows: Vec<Result<BatchRow, Fault>> = rows.buffered(at_once).collect().await;
    let items = rows.into_iter().collect::<Result<Vec<BatchRow>, Fault>>()?;
    Ok(BatchResult { items })
}

/// A refusal is the account's own; what is our fault, or the database's, ends the batch: it would be so for all.
fn row(id: AccountId, done: Result<Done, Fault>) -> Result<BatchRow, Fault> {
    let (ok, code, message) = match done {
        Ok(Done::Changed) => (true, "ok".to_owned(), String::new()),
        Ok(Done::Unchanged) => (true, "unchanged".to_owned(), String::new()),
        Ok(Done::Tested(code, message)) => (code == "ok", code, message),
        Err(fault) if fault.code().status().is_server_error() => return Err(fault),
        Err(fault) => (false, fault.code().as_str().to_owned(), fault.text()),
    };
    Ok(BatchRow {
        id,
        ok,
        code,
        message,
    })
}

async fn changed(
    state: &ManageState,
    caller: &Caller,
    account: AccountId,
    action: &AccountAction,
) -> Result<Done, Fault> {
    match action {
        AccountAction::Reset => {
            service::reset(state, caller, platform(caller, account).await?, account).await?;
            Ok(Done::Changed)
        }
        AccountAction::Delete => {
            service::delete(state, caller, platform(caller, account).await?, account).await?;
            Ok(Done::Changed)
        }
        action => actions::apply(state, caller, account, action).await,
    }
}

async fn platform(caller: &Caller, account: AccountId) -> Result<Platform, Fault> {
    let found = store::platform(&mut caller.tx().await?, account).await?;
    found.ok_or_else(|| Fault::new(Code::NotFound))
}

async fn tested(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    account: AccountId,
    turns_until: Instant,
) -> Result<Done, Fault> {
    let platform = platform(caller, account).await?;
    let door = state.trial_door();
    loop {
        let waits = door.look(&caller.tenant_id.to_string()).err();
        let now = state.clock().monotonic();
        let in_time = waits.is_none_or(|wait| now + wait <= turns_until);
        if let Some(wait) = waits.filter(|_| in_time) {
            tokio::time::sleep(wait).await;
            continue;
        }
        let tried = test::run(state, caller, upstream, platform, account, TestAccount::default()).await;
        match tried {
            // Somebody else was quicker at the door.
            Err(fault) if fault.code() == Code::TooManyRequests && in_time => {}
            Err(fault) => return Err(fault),
            Ok(told) => return Ok(Done::Tested(told.code, told.message)),
        }
    }
}
