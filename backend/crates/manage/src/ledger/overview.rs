//! The books at a glance, seals, and verifications: for the platform's own people.

use super::{after, ledger_fault, platform_only};
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tollgate_contract::books::{
    BooksQuery, BooksState, NodeJournal, NodeState, SealDelivery, SealPlace, SealView, Verification,
    VerificationForm, VerifyScope,
};
use tollgate_contract::page::Page;
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger as ledger;
use tollgate_store::AuditEntry;

const SEALS: &str = "seals";
const VERIFICATIONS: &str = "verifications";
/// A node beats every few seconds; one that was not heard for so long is not well.
const SILENT_AFTER: TimeDelta = TimeDelta::minutes(1);
/// Verifications among which the last that ended is: one at a time may wait.
const LATEST: i64 = 2;

pub(super) async fn state(state: &ManageState, caller: &Caller) -> Result<BooksState, Fault> {
    require(caller, Action::BillingRead)?;
    platform_only(caller)?;
    let mut tx = state.db().jobs().await?;
    let nodes = ledger::open_journals(&mut tx).await.map_err(ledger_fault)?;
    let (letters, oldest_letter) = ledger::open_letters(&mut tx).await.map_err(ledger_fault)?;
    let (seals, oldest_seal) = ledger::undelivered(&mut tx).await.map_err(ledger_fault)?;
    let latest = ledger::verifications(&mut tx, None, LATEST)
        .await
        .map_err(ledger_fault)?;
    let (ended, open): (Vec<_>, Vec<_>) = latest.into_iter().partition(|one| one.finished_at.is_some());
    let now = state.clock().now();
    let journal = |node: ledger::NodeJournal| NodeJournal {
        node_id: node.node_id,
        epoch: node.epoch,
        host: node.host,
        version: node.version,
        started_at: node.started_at,
        heartbeat_at: node.heartbeat_at,
        state: if node.fenced {
            NodeState::Fenced
        } else if now - node.heartbeat_at > SILENT_AFTER {
            NodeState::Silent
        } else {
            NodeState::Running
        },
        requests: node.journal_requests,
        oldest_at: node.journal_oldest_at,
        free_bytes: node.journal_free_bytes,
    };
    Ok(BooksState {
        journals: nodes.into_iter().map(journal).collect(),
        dead_letters: u64::try_from(letters).unwrap_or(0),
        oldest_dead_letter_at: oldest_letter,
        undelivered_seals: u64::try_from(seals).unwrap_or(0),
        oldest_undelivered_at: oldest_seal,
        verified: ended.into_iter().next().map(view),
        verifying: open.into_iter().next().map(view),
    })
}

pub(super) async fn seals(
    state: &ManageState,
    caller: &Caller,
    query: &BooksQuery,
) -> Result<Page<SealView>, Fault> {
    require(caller, Action::BillingRead)?;
    platform_only(caller)?;
    let cursor = Cursor::read(query.cursor.as_deref(), SEALS)?;
    let before = cursor.and_then(|cursor| cursor.value?.parse().ok());
    let size = page_size(query.limit);
    let limit = i64::try_from(size).unwrap_or(1).saturating_add(1);
    let mut tx = state.db().jobs().await?;
    let mut lines = ledger::seals(&mut tx, before, limit)
        .await
        .map_err(ledger_fault)?;
    let more = lines.len() > size;
    lines.truncate(size);
    let numbers: Vec<i64> = lines.iter().map(|line| line.seal_no).collect();
    let sent = ledger::seals_sent(&mut tx, &numbers)
        .await
        .map_err(ledger_fault)?;
    let next_cursor = lines
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(SEALS, Some(last.seal_no.to_string()), last.key_id).write());
    let seal = |line: ledger::SealLine| SealView {
        deliveries: sent
            .iter()
            .filter(|one| one.seal_no == line.seal_no)
            .map(delivery)
            .collect(),
        seal_no: line.seal_no,
        sealed_at: line.sealed_at,
        chains: line.chains,
        hash: line.hash,
        key_id: line.key_id,
    };
    Ok(Page {
        items: lines.into_iter().map(seal).collect(),
        next_cursor,
        total: None,
    })
}

fn delivery(sent: &ledger::SealSent) -> SealDelivery {
    SealDelivery {
        place: match sent.place {
            ledger::SealPlace::Folder => SealPlace::Folder,
            ledger::SealPlace::Webhook => SealPlace::Webhook,
        },
        attempts: sent.attempts,
        delivered_at: sent.delivered_at,
        error: Some(sent.last_error.clone()).filter(|error| !error.is_empty()),
    }
}

/// The document as it was sent.
pub(super) async fn seal(state: &ManageState, caller: &Caller, seal_no: i64) -> Result<String, Fault> {
    require(caller, Action::BillingRead)?;
    platform_only(caller)?;
    let mut tx = state.db().jobs().await?;
    let document = ledger::document_of(&mut tx, seal_no)
        .await
        .map_err(ledger_fault)?;
    document.ok_or_else(|| Fault::new(Code::NotFound).detail(format!("There is no seal {seal_no}.")))
}

pub(super) async fn verifications(
    state: &ManageState,
    caller: &Caller,
    query: &BooksQuery,
) -> Result<Page<Verification>, Fault> {
    require(caller, Action::BillingRead)?;
    platform_only(caller)?;
    let before = after(query.cursor.as_deref(), VERIFICATIONS)?;
    let size = page_size(query.limit);
    let limit = i64::try_from(size).unwrap_or(1).saturating_add(1);
    let mut tx = state.db().jobs().await?;
    let mut found = ledger::verifications(&mut tx, before, limit)
        .await
        .map_err(ledger_fault)?;
    let more = found.len() > size;
    found.truncate(size);
    let next_cursor = found.last().filter(|_| more).map(|last| {
        let at = last.asked_at.timestamp_micros().to_string();
        Cursor::new(VERIFICATIONS, Some(at), last.verification_id).write()
    });
    Ok(Page {
        items: found.into_iter().map(view).collect(),
        next_cursor,
        total: None,
    })
}

pub(super) async fn verify(
    state: &ManageState,
    caller: &Caller,
    form: VerificationForm,
) -> Result<(), Fault> {
    require(caller, Action::BillingWrite)?;
    platform_only(caller)?;
    let (clock, id) = (state.clock(), state.clock().new_id());
    let scope = match form.scope {
        VerifyScope::Whole => ledger::VerifyScope::Whole,
        VerifyScope::SinceSeal => ledger::VerifyScope::SinceSeal,
        VerifyScope::Quick => ledger::VerifyScope::Quick,
    };
    let audit = AuditEntry {
        id: clock.new_id(),
        at: clock.now(),
        actor: caller.actor(),
        action: "ledger.verification_asked",
        target_id: Some(id),
        target_name: scope.as_str().to_owned(),
        changes: json!({}),
        request_id: Some(caller.request_id.0),
        address: caller.address.to_string(),
    };
    let asked = ledger::ask_verification(state.db(), id, scope, &caller.email, audit)
        .await
        .map_err(ledger_fault)?;
    if asked {
        return Ok(());
    }
    Err(Fault::new(Code::NotApplicable).detail("A verification waits or runs already; look at it first."))
}

fn view(of: ledger::Verification) -> Verification {
    let failures: Vec<_> = of.failures.into_iter().filter_map(misfit).collect();
    Verification {
        id: of.verification_id,
        scope: match of.scope {
            ledger::VerifyScope::Whole => VerifyScope::Whole,
            ledger::VerifyScope::SinceSeal => VerifyScope::SinceSeal,
            ledger::VerifyScope::Quick => VerifyScope::Quick,
        },
        author: Some(of.author).filter(|author| !author.is_empty()),
        asked_at: of.asked_at,
        started_at: of.started_at,
        finished_at: of.finished_at,
        passed: of.finished_at.map(|_| failures.is_empty() && of.error.is_none()),
        tenants: of.tenants,
        checks: of.checks,
        failures,
        error: of.error,
    }
}

fn misfit(stored: Value) -> Option<tollgate_contract::books::VerifyMisfit> {
    serde_json::from_value(stored).ok()
}
