//! The second room: who is it, may it, has it the money, is it within its limits. What it hands on is a guard: dropped,
//! it gives everything back; a request that was sent is settled with it, exactly once.
//! Never in here: which account, and anything of the upstream.

use crate::edge::Arrival;
use crate::keys::KeyEntry;
use crate::parts::RelayParts;
use crate::pricing::Pricing;
use crate::refusal::{Refusal, Retry};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_ledger::{Reservation, ReserveError, WalletRefusal};
use tollgate_limits::{AdmitCheck, LimitKind, Refused, Slot, StickyKey};
use tollgate_money::Bound;
use tollgate_scheduler::Pool;
use tollgate_wire::claude::{RequestFacts, conversation_key, read_request};
use tollgate_wire::error::ErrorKind;

/// An admitted request's hold on money and limits.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) key: Arc<KeyEntry>,
    pub(crate) reservation: Reservation,
    pub(crate) slot: Slot,
    pub(crate) pricing: Pricing,
    /// The conversation, and the account that served it last.
    pub(crate) conversation: Option<StickyKey>,
    pub(crate) sticky: Option<AccountId>,
}

/// A request that may be sent.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) admission: Admission,
    pub(crate) facts: RequestFacts,
    pub(crate) pool: Arc<Pool>,
}

/// Admits a request, or says why not.
///
/// # Errors
/// A fault in the body, a model without a price, no money, a limit, or a node that can't write its journal.
pub(crate) async fn admit(
    parts: &RelayParts,
    arrival: &Arrival,
    key: Arc<KeyEntry>,
    body: &Bytes,
) -> Result<Admitted, Refusal> {
    let facts = read_request(body)
        .map_err(|fault| Refusal::for_good(ErrorKind::InvalidRequest, "invalid_request", fault.message))?;
    let deps = parts.deps();
    deps.ledger.journal().can_admit().map_err(|reason| {
        tracing::warn!(%reason, "a request is refused: the journal takes none");
        Refusal::unavailable("journal")
    })?;
    let pool = deps.scheduler.pool(key.tenant_id).await.map_err(|error| {
        tracing::warn!(%error, "accounts can't be loaded");
        Refusal::unavailable("database_unavailable")
    })?;
    let pricing = Pricing::of(&deps.prices.book(), &facts.model, &pool, arrival.at)
        .ok_or_else(|| no_price(&facts.model))?;
    let bound = Bound {
        input: facts.input_bound,
        output: facts.max_tokens,
        remote_context: facts.remote_context,
    };
    let worst_case = pricing.worst_case(&bound);
    let reserved = deps.ledger.wallets().reserve(key.tenant_id, worst_case).await;
    let reservation = reserved.map_err(|error| match error {
        ReserveError::Refused(refusal) => no_money(refusal, &pricing, &bound),
        ReserveError::Unavailable => Refusal::unavailable("wallet_unavailable"),
    })?;
    // With one account there is nothing to stick to.
    let conversation = if pool.len() > 1 {
        conversation(&facts, body)
    } else {
        None
    };
    let check = AdmitCheck {
        limits: &key.limits,
        slot: arrival.id.0,
        sticky: conversation,
    };
    let passed = deps.limiter.admit(check).await.map_err(over_limit)?;
    let admission = Admission {
        key,
        reservation,
        slot: passed.slot,
        pricing,
        conversation,
        sticky: passed.sticky,
    };
    Ok(Admitted {
        admission,
        facts,
        pool,
    })
}

/// What the client gives as session, else a digest of what stays the same over a conversation.
fn conversation(facts: &RequestFacts, body: &Bytes) -> Option<StickyKey> {
    if let Some(session) = &facts.session {
        let digest: [u8; 32] = Sha256::digest(session.as_bytes()).into();
        let (half, _) = digest.split_at(16);
        return half.try_into().ok().map(StickyKey);
    }
    conversation_key(body, facts).map(StickyKey)
}

fn no_price(model: &str) -> Refusal {
    let shown: String = model.chars().take(100).collect();
    let message = format!("model: `{shown}` is not known here: the price list has no such model.");
    Refusal::for_good(ErrorKind::NotFound, "model_unknown", message)
}

fn no_money(refusal: WalletRefusal, pricing: &Pricing, bound: &Bound) -> Refusal {
    let WalletRefusal { left, held, needed } = refusal;
    let fits = match pricing.output_that_fits(bound, left) {
        0 => String::new(),
        fits => format!(", or lower max_tokens to {fits}"),
    };
    let held = match held.0 {
        ..=0 => String::new(),
        _ => format!(" {held} is held for requests that are running or not settled yet."),
    };
    let message = format!(
        "The organisation's wallet has {left} left to reserve and this request may cost up to {needed}. Top the wallet \
         up{fits}.{held}"
    );
    Refusal::for_good(ErrorKind::Billing, "wallet_empty", message)
}

fn over_limit(refused: Refused) -> Refusal {
    let Refused {
        kind,
        limit,
        used,
        retry_after,
    } = refused;
    let (message, wait) = match kind {
        LimitKind::Window {
            subject,
            span,
            metric,
        } => {
            let text = format!(
                "Rate limit exceeded: this {} may use {limit} {metric} per {span}, and {used} are used.",
                subject.noun()
            );
            (text, retry_after)
        }
        LimitKind::Concurrency { subject } => {
            let text = format!(
                "Concurrency limit exceeded: this {} may have {limit} requests at the same time, and {used} are running.",
                subject.noun()
            );
            // Nobody knows when one of them ends; most do within seconds.
            (text, Some(Duration::from_secs(1)))
        }
    };
    let when = match wait {
        Some(wait) => format!(
            " Try again in {} s.",
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        ),
        None => String::new(),
    };
    let retry = if wait.is_none() {
        Retry::Never
    } else {
        Retry::within(wait)
    };
    Refusal::for_now(ErrorKind::RateLimit, refused.code(), message + &when, retry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::ids::KeyId;
    use tollgate_limits::{Metric, Span, Subject};
    use uuid::Uuid;

    fn refused(retry_after: Option<Duration>) -> Refusal {
        let subject = Subject::Key(KeyId(Uuid::nil()));
        let kind = LimitKind::Window {
            subject,
            span: Span::Minute,
            metric: Metric::Requests,
        };
        over_limit(Refused {
            kind,
            limit: 3,
            used: 3,
            retry_after,
        })
    }

    #[test]
    fn a_refusal_names_limit_use_and_wait() {
        let refusal = refused(Some(Duration::from_millis(41_200)));
        assert_eq!(refusal.status(), 429);
        assert!(
            refusal.message.contains("may use 3 requests per minute"),
            "{}",
            refusal.message
        );
        assert!(
            refusal.message.ends_with("Try again in 42 s."),
            "{}",
            refusal.message
        );
        assert_eq!(refusal.retry, Retry::After(Duration::from_millis(41_200)));
    }

    #[test]
    fn a_wait_that_is_too_long_is_told_in_words_alone() {
        let refusal = refused(Some(Duration::from_hours(1)));
        assert_eq!(refusal.retry, Retry::Never);
        assert!(refusal.message.contains("3600 s"), "{}", refusal.message);
    }
}
