//! What one command does to a group of writes, and how its caller is answered.

use super::JournalError;
use super::file::Group;
use super::pending::Shared;
use super::writer::{Command, Outcome};
use crate::entry::{DoneEntry, Entry, OpenEntry};
use std::sync::Arc;
use tollgate_contract::ids::RequestId;

/// Applies one command to the group. The outer error fails the group, the inner one is the caller's.
pub(super) fn apply(
    group: &Group<'_>,
    command: &Command,
    shared: &Shared,
    now_ms: i64,
    outcome: &mut Outcome,
) -> Result<Result<(), JournalError>, JournalError> {
    match command {
        Command::Serve { epoch, .. } => group.serve(*epoch)?,
        Command::Open { entry, epoch, .. } => {
            if !group.open(entry, *epoch, now_ms)? {
                return Ok(Err(JournalError::Duplicate(entry.request_id)));
            }
            outcome.opened.push((Arc::clone(entry), *epoch));
        }
        Command::Done { entry, .. } => {
            let id = entry.request_id;
            let open = shared.pending.lock().open_entry(id);
            let twice = outcome.done.iter().any(|(_, done)| done.done.request_id == id);
            let Some((open, epoch)) = open.filter(|_| !twice) else {
                return Ok(Err(JournalError::NotOpen(id)));
            };
            finish(group, open, epoch, entry, shared, outcome)?;
        }
        Command::Book {
            entry, done, epoch, ..
        } => {
            if entry.request_id != done.request_id || !group.open(entry, *epoch, now_ms)? {
                return Ok(Err(JournalError::Duplicate(entry.request_id)));
            }
            outcome.opened.push((Arc::clone(entry), *epoch));
            finish(group, Arc::clone(entry), *epoch, done, shared, outcome)?;
        }
        Command::Cancel { request_id, epoch } => cancel(group, *request_id, *epoch, outcome)?,
        Command::Settled(ids) => outcome.removed = outcome.removed.saturating_add(group.remove(ids)?),
        _ => {}
    }
    Ok(Ok(()))
}

/// Opened in this very group, it never was; opened before, it is taken out.
fn cancel(group: &Group<'_>, id: RequestId, epoch: i64, outcome: &mut Outcome) -> Result<(), JournalError> {
    let before = outcome.opened.len();
    if group.cancel(id)? {
        outcome.opened.retain(|(entry, _)| entry.request_id != id);
        if outcome.opened.len() == before {
            outcome.cancelled.push((id, epoch));
        }
    }
    Ok(())
}

fn finish(
    group: &Group<'_>,
    open: Arc<OpenEntry>,
    epoch: i64,
    done: &DoneEntry,
    shared: &Shared,
    outcome: &mut Outcome,
) -> Result<(), JournalError> {
    let seq = shared.pending.lock().last_seq + 1 + i64::try_from(outcome.done.len()).unwrap_or(i64::MAX);
    group.done(done, seq)?;
    outcome.done.push((
        seq,
        Arc::new(Entry {
            node_id: shared.node_id,
            epoch,
            open,
            done: done.clone(),
        }),
    ));
    Ok(())
}

/// Whoever has stopped waiting is not told.
pub(super) fn reply(command: Command, verdict: Result<(), JournalError>) {
    match command {
        Command::Serve { reply, .. } | Command::Open { reply, .. } | Command::Book { reply, .. } => {
            let _ = reply.send(verdict);
        }
        Command::Done { reply, entry } => match reply {
            Some(reply) => {
                let _ = reply.send(verdict);
            }
            None => {
                if let Err(error) = verdict {
                    tracing::error!(%error, request.id = %entry.request_id, "a detached end was not written");
                }
            }
        },
        _ => {}
    }
}
