//! What the gate asks the database about a session, and what it remembers of the answers.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tollgate_contract::auth::Role;
use tollgate_contract::ids::{SessionId, TenantId, UserId};
use tollgate_store::{StoreError, TenantTx};

/// Most sessions remembered; some 5 MB. Beyond it the memory is emptied, and each asks the database once more.
const SESSIONS_MAX: usize = 10_000;

/// Names a session in the memory.
pub(super) type Place = (TenantId, SessionId);

/// A session, its person and its tenant, as of now.
#[derive(Clone, Debug)]
pub(super) struct SessionFacts {
    pub(super) user: UserId,
    /// Neither ended nor its membership switched off.
    pub(super) open: bool,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) role: Role,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) tenant_slug: String,
    pub(super) tenant_name: String,
    pub(super) time_zone: String,
    pub(super) tenant_active: bool,
}

/// What was found at a time; also that nothing was.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) asked_at: Instant,
    pub(super) facts: Option<SessionFacts>,
}

/// What is remembered of sessions.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: HashMap<Place, Known>,
    /// How often something was forgotten.
    forgotten: u64,
}

/// What the memory says.
#[derive(Debug)]
pub(super) enum Look {
    /// Asked recently enough; this was the answer.
    Known(Option<SessionFacts>),
    /// Ask the database, and hand this mark back with the answer.
    Ask(u64),
}

impl Memory {
    /// What is known of a session, if it is not older than `fresh`.
    pub(super) fn look(&self, place: Place, now: Instant, fresh: Duration) -> Look {
        match self.known.get(&place) {
            Some(known) if now.saturating_duration_since(known.asked_at) < fresh => {
                Look::Known(known.facts.clone())
            }
            _ => Look::Ask(self.forgotten),
        }
    }

    /// Remembers an answer, unless something was forgotten since it was asked for: it might be older than that.
    pub(super) fn keep(&mut self, mark: u64, place: Place, known: Known) {
        if mark != self.forgotten {
            return;
        }
        if self.known.len() >= SESSIONS_MAX {
            self.known.clear();
        }
        self.known.insert(place, known);
    }

    /// Forgets a session that was just ended.
    pub(super) fn forget(&mut self, place: Place) {
        self.known.remove(&place);
        self.forgotten = self.forgotten.wrapping_add(1);
    }
}

pub(super) async fn read(tx: &mut TenantTx, session: SessionId) -> Result<Option<SessionFacts>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT s.user_id, s.ended_at, s.expires_at, m.role, m.status, m.email, m.display_name,
                  t.slug, t.name AS tenant_name, t.time_zone, t.status AS tenant_status
           FROM sign_in_sessions s
           JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
           JOIN tenants t ON t.tenant_id = s.tenant_id
           WHERE s.tenant_id = $1 AND s.session_id = $2"#,
        tenant.0,
        session.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(SessionFacts {
            user: UserId(row.user_id),
            open: row.ended_at.is_none() && row.status == "active",
            expires_at: row.expires_at,
            role: Role::parse(&row.role)?,
            email: row.email,
            name: row.display_name,
            tenant_slug: row.slug,
            tenant_name: row.tenant_name,
            time_zone: row.time_zone,
            tenant_active: row.tenant_status == "active",
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::Clock;
    use uuid::Uuid;

    #[test]
    fn an_answer_that_was_asked_for_before_the_session_ended_is_not_remembered() {
        let (mut memory, now) = (Memory::default(), Clock::system().monotonic());
        let place = (TenantId(Uuid::nil()), SessionId(Uuid::nil()));
        let fresh = Duration::from_secs(5);
        let known = || Known {
            asked_at: now,
            facts: None,
        };
        let Look::Ask(mark) = memory.look(place, now, fresh) else {
            panic!("nothing is known yet");
        };
        memory.forget(place);
        memory.keep(mark, place, known());
        let Look::Ask(mark) = memory.look(place, now, fresh) else {
            panic!("the answer is older than the end");
        };
        memory.keep(mark, place, known());
        assert!(matches!(memory.look(place, now, fresh), Look::Known(None)));
        assert!(matches!(memory.look(place, now + fresh, fresh), Look::Ask(_)));
    }
}
