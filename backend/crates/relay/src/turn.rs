//! Within the limits, or in a line for it: a request that finds all of its key's slots taken may wait for its turn, as far
//! as the key's rule says. First come, first served on each node; only the head of a line asks again and again; a client
//! that leaves gives its place up. Waiting holds no money: that is reserved afterwards.
//! Never in here: the limits themselves, and waiting for an account (that is the scheduler's).

use crate::edge::Arrival;
use crate::keys::KeyEntry;
use crate::limit_headers::{Standing, instant};
use crate::parts::RelayParts;
use crate::refusal::{Refusal, Retry, WAIT_MAX, whole_seconds};
use crate::socket::gone;
use crate::who::Caller;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::KeyId;
use tollgate_contract::rules::ConcurrencyRule;
use tollgate_limits::{AdmitCheck, Admitted, LimitKind, Refused, StickyKey, Subject};
use tollgate_wire::error::ErrorKind;

/// How soon the head of a line looks again when nothing is heard: slots that other nodes give back are not told. It looks
/// half as often each time.
const LOOK_FIRST: Duration = Duration::from_millis(10);
const LOOK_MAX: Duration = Duration::from_millis(250);

/// The lines of this node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<KeyId, Queue>>>);

/// Who waits for one key.
#[derive(Debug, Default)]
struct Queue {
    waiting: u32,
    /// What was left of the windows when the head looked last.
    seen: Option<Standing>,
    /// Whose turn it is holds it; those behind get it in the order in which they came.
    head: Arc<tokio::sync::Mutex<()>>,
}

/// One request's place in a line; dropped, it is given up.
#[derive(Debug)]
struct Place {
    turns: Turns,
    key: KeyId,
    head: Arc<tokio::sync::Mutex<()>>,
}

impl Turns {
    fn waiting(&self, key: KeyId) -> u32 {
        self.0.lock().get(&key).map_or(0, |queue| queue.waiting)
    }

    fn seen(&self, key: KeyId) -> Option<Standing> {
        self.0.lock().get(&key)?.seen
    }

    fn saw(&self, key: KeyId, standing: Standing) {
        if let Some(queue) = self.0.lock().get_mut(&key) {
            queue.seen = Some(standing);
        }
    }

    /// A place at the end of the key's line; `None` where so many wait already.
    fn join(&self, key: KeyId, longest: u32) -> Option<Place> {
        let mut lines = self.0.lock();
        let queue = lines.entry(key).or_default();
        if queue.waiting >= longest {
            return None;
        }
        queue.waiting += 1;
        metrics::gauge!("tollgate_limits_waiting").increment(1.0);
        Some(Place {
            turns: self.clone(),
            key,
            head: Arc::clone(&queue.head),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.turns.0.lock();
        metrics::gauge!("tollgate_limits_waiting").decrement(1.0);
        if let Some(queue) = lines.get_mut(&self.key) {
            queue.waiting -= 1;
            if queue.waiting == 0 {
                lines.remove(&self.key);
            }
        }
    }
}

impl Place {
    /// Waits until it is its turn and a slot is free. A limit that time or another request's end does not lift refuses.
    async fn turn(&self, parts: &RelayParts, check: AdmitCheck<'_>) -> Result<Admitted, Refused> {
        let limiter = &parts.deps().limiter;
        let _first = self.head.lock().await;
        let freed = limiter.watch(check.limits.tenant_id(), Subject::Key(self.key));
        let mut look = LOOK_FIRST;
        loop {
            match limiter.admit(check).await {
                Err(refused) if is_of_key(&refused) => {
                    let standing = Standing {
                        headroom: *refused.headroom,
                        at: parts.clock().now(),
                    };
                    self.turns.saw(self.key, standing);
                }
                done => return done,
            }
            tokio::select! {
                biased;
                () = freed.wait() => look = LOOK_FIRST,
                () = tokio::time::sleep(look) => look = (look * 2).min(LOOK_MAX),
            }
        }
    }
}

/// Whether all that is missing is a slot of the key's own.
fn is_of_key(refused: &Refused) -> bool {
    let LimitKind::Concurrency { subject } = refused.kind else {
        return false;
    };
    matches!(subject, Subject::Key(_))
}

/// Takes the request's place within all limits of its key and of the model it asks for, after a wait where the key's rule
/// allows one.
///
/// # Errors
/// The limit that refuses it; that it waited in vain; that the client left, or its key went meanwhile.
pub(crate) async fn pass(
    parts: &RelayParts,
    arrival: &Arrival,
    caller: &Caller,
    model: &str,
    sticky: Option<StickyKey>,
) -> Result<Passed, Refusal> {
    let (limiter, key) = (&parts.deps().limiter, &caller.key);
    let check = AdmitCheck {
        limits: &key.limits,
        model,
        slot: arrival.id.0,
        sticky,
    };
    let done = |done: Result<Admitted, Refused>| {
        let at = parts.clock().now();
        done.map(|admitted| Passed::at(at, admitted))
            .map_err(|refused| over_limit(&refused, at))
    };
    let Some(rule) = key.rules.concurrency().filter(|rule| rule.queue > 0) else {
        return done(limiter.admit(check).await);
    };
    // Nobody overtakes those who wait.
    if parts.turns().waiting(key.key_id) == 0 {
        match limiter.admit(check).await {
            Err(refused) if is_of_key(&refused) => {}
            other => return done(other),
        }
    }
    let passed = wait(parts, arrival, key, check, rule).await?;
    // Meanwhile the key may have gone.
    let key = parts
        .keys()
        .again(Arc::clone(key), &caller.secret, &arrival.address);
    key.await?.check(parts.clock().now(), arrival.from)?;
    Ok(passed)
}

/// A request within its limits.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) admitted: Admitted,
    pub(crate) standing: Standing,
}

impl Passed {
    fn at(at: DateTime<Utc>, admitted: Admitted) -> Self {
        let standing = Standing {
            headroom: admitted.headroom,
            at,
        };
        Self { admitted, standing }
    }
}

async fn wait(
    parts: &RelayParts,
    arrival: &Arrival,
    key: &KeyEntry,
    check: AdmitCheck<'_>,
    rule: ConcurrencyRule,
) -> Result<Passed, Refusal> {
    let Some(place) = parts.turns().join(key.key_id, rule.queue) else {
        told("queue_full");
        let why = format!("{} more wait already", rule.queue);
        return Err(too_many(rule, &why, parts.turns().seen(key.key_id)));
    };
    let began = parts.clock().monotonic();
    let longest = Duration::from_secs(rule.wait_s.into());
    let outcome = tokio::select! {
        biased;
        passed = place.turn(parts, check) => Some(passed),
        () = gone(arrival.socket.as_ref()) => {
            told("left");
            let message = "The client left while it waited for its turn.";
            return Err(Refusal::for_good(ErrorKind::RequestTimeout, "client_left", message));
        }
        () = tokio::time::sleep(longest) => None,
    };
    let waited = parts.clock().monotonic().saturating_duration_since(began);
    metrics::histogram!("tollgate_limits_wait_seconds").record(waited.as_secs_f64());
    match outcome {
        Some(Ok(admitted)) => {
            told("passed");
            Ok(Passed::at(parts.clock().now(), admitted))
        }
        Some(Err(refused)) => {
            told("refused");
            Err(over_limit(&refused, parts.clock().now()))
        }
        None => {
            told("timeout");
            let why = format!("none of them ended within {} s", rule.wait_s);
            Err(too_many(rule, &why, parts.turns().seen(key.key_id)))
        }
    }
}

fn told(outcome: &'static str) {
    metrics::counter!("tollgate_limits_waits_total", "outcome" => outcome).increment(1);
}

/// In vain in line, or no place is left in it.
fn too_many(rule: ConcurrencyRule, why: &str, seen: Option<Standing>) -> Refusal {
    let limit = rule.limit.unwrap_or_default();
    let message = format!(
        "Concurrency limit exceeded: this key may have {limit} requests at the same time, and {why}. Try again in 1 s."
    );
    counted("concurrency_limit_exceeded");
    let refusal = Refusal::for_now(
        ErrorKind::RateLimit,
        "concurrency_limit_exceeded",
        message,
        Retry::After(WHEN_FULL),
    );
    match seen {
        Some(standing) => refusal.standing(standing),
        None => refusal,
    }
}

/// Nobody knows when a running request ends; most do within seconds.
const WHEN_FULL: Duration = Duration::from_secs(1);

fn counted(code: &'static str) {
    metrics::counter!("tollgate_limits_refused_total", "limit" => code).increment(1);
}

/// The refusal of a limit: which, how much, and when to come back.
fn over_limit(refused: &Refused, at: DateTime<Utc>) -> Refusal {
    let (what, wait) = match refused.kind {
        LimitKind::Window { .. } => ("Rate", refused.retry_after),
        LimitKind::Concurrency { .. } => ("Concurrency", Some(WHEN_FULL)),
    };
    let when = match wait {
        Some(wait) if wait > WAIT_MAX => format!(
            " Try again in {} s, at {}.",
            whole_seconds(wait),
            instant(at, wait)
        ),
        Some(wait) => format!(" Try again in {} s.", whole_seconds(wait)),
        None => String::new(),
    };
    let retry = if wait.is_none() {
        Retry::Never
    } else {
        Retry::within(wait)
    };
    counted(refused.code());
    let message = format!("{what} limit exceeded: {refused}.{when}");
    let standing = Standing {
        headroom: *refused.headroom,
        at,
    };
    Refusal::for_now(ErrorKind::RateLimit, refused.code(), message, retry).standing(standing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_limits::{Metric, Span};
    use uuid::Uuid;

    fn refused(metric: Metric, limit: u64, used: u64, retry_after: Option<Duration>) -> Refusal {
        let kind = LimitKind::Window {
            subject: Subject::Key(KeyId(Uuid::nil())),
            span: Span::Minute,
            metric,
            family: None,
        };
        let refused = Refused {
            kind,
            limit,
            used,
            retry_after,
            headroom: Box::default(),
        };
        over_limit(&refused, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_refusal_names_limit_use_and_wait() {
        let refusal = refused(Metric::Requests, 3, 3, Some(Duration::from_millis(41_200)));
        assert_eq!(refusal.status(), 429);
        assert_eq!(
            refusal.message,
            "Rate limit exceeded: this key may use 3 requests per minute, and 3 are used. Try again in 42 s."
        );
        assert_eq!(refusal.retry, Retry::After(Duration::from_millis(41_200)));
    }

    #[test]
    fn money_is_told_in_dollars() {
        let refusal = refused(Metric::CostNano, 1_250_000_000, 1_250_000_001, None);
        assert!(
            refusal
                .message
                .contains("may use 1.25 USD per minute, and 1.250000001 USD are used"),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn a_wait_that_is_too_long_is_told_in_words_alone() {
        let refusal = refused(Metric::Tokens, 1, 1, Some(Duration::from_hours(1)));
        assert_eq!(refusal.retry, Retry::Never);
        assert!(
            refusal
                .message
                .ends_with("Try again in 3600 s, at 1970-01-01T01:00:00Z."),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn a_line_has_an_end_and_is_gone_when_the_last_one_left() {
        let (turns, key) = (Turns::default(), KeyId(Uuid::nil()));
        let first = turns.join(key, 2).unwrap();
        let second = turns.join(key, 2).unwrap();
        assert!(turns.join(key, 2).is_none());
        drop(first);
        let third = turns.join(key, 2);
        assert_eq!(turns.waiting(key), 2);
        drop((second, third));
        assert!(turns.0.lock().is_empty());
    }

    #[tokio::test]
    async fn those_who_wait_get_their_turn_in_the_order_in_which_they_came() {
        let (turns, key) = (Turns::default(), KeyId(Uuid::nil()));
        let places: Vec<_> = (0..20).map(|_| turns.join(key, 20).unwrap()).collect();
        let order = Mutex::new(Vec::new());
        let served = places.iter().enumerate().map(|(number, place)| {
            let order = &order;
            async move {
                let _first = place.head.lock().await;
                tokio::task::yield_now().await;
                order.lock().push(number);
            }
        });
        futures_util::future::join_all(served).await;
        assert_eq!(*order.lock(), (0..20).collect::<Vec<_>>());
    }
}
