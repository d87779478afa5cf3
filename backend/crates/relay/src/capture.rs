//! Bodies that a tenant's owner wants kept: copied on the way, redacted, sealed and written behind a bounded queue. Where
//! nobody wants it, nothing of this runs. A queue that is full drops what comes and counts it: no request waits for it.
//! Of a body that can't be redacted in its time nothing is kept. Never in here: what is blacked out, and who may look.

mod queue;
mod room;

use crate::parts::RelayParts;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use parking_lot::Mutex;
use queue::Queue;
use room::{Room, Rooms};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_store::{CapturedBodies, Db, Deadline, Redact, Redactor, Secrets, TooSlow, keep_capture};

/// How long redacting the bodies of one request may take. A megabyte under a score of sane patterns takes tenths of it.
const REDACTING_MAX: Duration = Duration::from_secs(2);
/// Whoever's patterns took longer is passed over for so long: the writer is everybody's.
const PASSED_OVER: Duration = Duration::from_mins(1);
/// At the stop, what waits is written for so long; what then still waits is dropped.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// What is looked at beyond the bound: a secret that begins before it is blacked out whole.
const OVERLAP: usize = 4096;
/// Tenants whose patterns are kept compiled.
const REDACTORS_MAX: usize = 64;

/// What a tenant wants of a key's requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CaptureRule {
    pub(crate) sample_per_mille: u16,
    pub(crate) redact: Redact,
    pub(crate) patterns: Vec<String>,
    pub(crate) body_bytes_max: usize,
    pub(crate) keep_days: i64,
    /// The settings' version, which tells compiled patterns apart.
    pub(crate) version: i64,
}

impl CaptureRule {
    /// Whether this request is one of those that are kept: its id's last bytes are random.
    fn samples(&self, request: RequestId) -> bool {
        let [.., high, low] = *request.0.as_bytes();
        u16::from_be_bytes([high, low]) % 1000 < self.sample_per_mille
    }
}

/// The queue, and what copies take. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Captures {
    queue: Arc<Queue<Taken>>,
    rooms: Rooms,
}

impl Captures {
    /// Begins to write what is taken, until the core runtime stops.
    pub(crate) fn start(db: &Db, secrets: Secrets) -> Self {
        let queue = Arc::<Queue<Taken>>::default();
        let writer = Writer {
            db: db.clone(),
            secrets,
            redactors: Mutex::default(),
            slow: Mutex::default(),
        };
        let stop = db.core().shutdown_token();
        db.core().spawn("captures", writer.run(queue.clone(), stop));
        Self {
            queue,
            rooms: Rooms::default(),
        }
    }

    /// Room for a copy; `None`, counted, where there is none.
    fn room(&self, tenant: TenantId, bytes: usize) -> Option<Room> {
        let room = self.rooms.take(tenant, bytes);
        if room.is_none() {
            count("dropped");
        }
        room
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("tollgate_captures_total", "outcome" => outcome).increment(1);
}

/// A copy of a request's body, before its answer is there.
#[derive(Debug)]
pub(crate) struct Begun {
    captures: Captures,
    taken: Taken,
}

/// Copies of both bodies.
#[derive(Debug)]
struct Taken {
    tenant: TenantId,
    request: RequestId,
    rule: Arc<CaptureRule>,
    request_body: Bytes,
    request_bytes: usize,
    answer_body: BytesMut,
    answer_bytes: usize,
    _room: Room,
}

/// Copies the request's body, if its tenant wants that and there is room.
pub(crate) fn begin(
    parts: &RelayParts,
    rule: Option<&Arc<CaptureRule>>,
    tenant: TenantId,
    request: RequestId,
    body: &Bytes,
) -> Option<Begun> {
    let rule = rule.filter(|rule| rule.samples(request))?;
    let most = rule.body_bytes_max + OVERLAP;
    let captures = parts.captures().clone();
    let room = captures.room(tenant, body.len().min(most) + most)?;
    let taken = Taken {
        tenant,
        request,
        rule: rule.clone(),
        // A slice would keep all of the body in memory.
        request_body: Bytes::copy_from_slice(body.get(..most).unwrap_or(body)),
        request_bytes: body.len(),
        answer_body: BytesMut::new(),
        answer_bytes: 0,
        _room: room,
    };
    Some(Begun { captures, taken })
}

/// The answer's body, which is copied as the client takes it.
pub(crate) fn copied(begun: Begun, body: BoxBody) -> BoxBody {
    BoxBody::new(Copied {
        body,
        begun: Some(begun),
    })
}

struct Copied {
    body: BoxBody,
    begun: Option<Begun>,
}

impl Copied {
    fn end(&mut self) {
        let Some(Begun { captures, taken }) = self.begun.take() else {
            return;
        };
        if !captures.queue.put(taken.tenant, taken) {
            count("dropped");
        }
    }
}

impl MessageBody for Copied {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = ready!(Pin::new(&mut self.body).poll_next(context));
        match (&piece, &mut self.begun) {
            (Some(Ok(bytes)), Some(begun)) => begun.taken.answered(bytes),
            (None | Some(Err(_)), Some(_)) => self.end(),
            _ => {}
        }
        Poll::Ready(piece)
    }
}

/// A client that left has seen what it took.
impl Drop for Copied {
    fn drop(&mut self) {
        self.end();
    }
}

impl Taken {
    fn answered(&mut self, piece: &Bytes) {
        self.answer_bytes = self.answer_bytes.saturating_add(piece.len());
        let room = (self.rule.body_bytes_max + OVERLAP).saturating_sub(self.answer_body.len());
        self.answer_body
            .extend_from_slice(piece.get(..room).unwrap_or(piece));
    }
}

/// A redactor, with its tenant and the version of its settings.
type Compiled = ((TenantId, i64), Arc<Redactor>);

/// Redacts, seals and writes, one after the other.
struct Writer {
    db: Db,
    secrets: Secrets,
    redactors: Mutex<Vec<Compiled>>,
    /// Whose patterns took too long, and until when they are passed over.
    slow: Mutex<HashMap<TenantId, Instant>>,
}

/// Why bodies are not kept.
#[derive(Debug, thiserror::Error)]
enum Unkept {
    /// There was no time to redact them.
    #[error(transparent)]
    Slow(#[from] TooSlow),
    #[error("{0}")]
    Other(String),
}

impl Unkept {
    fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}

impl Writer {
    async fn run(self, queue: Arc<Queue<Taken>>, stop: tokio_util::sync::CancellationToken) {
        while let Some(one) = stop.run_until_cancelled(queue.next()).await {
            self.write(one).await;
        }
        // What waits is written before the pools close, as far as there is time.
        let last = Deadline::after(self.db.clock().clone(), LAST_WORDS);
        while let Some(one) = queue.take() {
            if last.passed() {
                count("dropped");
            } else {
                self.write(one).await;
            }
        }
    }

    async fn write(&self, taken: Taken) {
        let (tenant, request) = (taken.tenant, taken.request);
        if self.is_passed_over(tenant) {
            return count("slow");
        }
        match self.keep(taken).await {
            Ok(()) => count("kept"),
            Err(Unkept::Slow(error)) => {
                tracing::warn!(%error, request.id = %request, tenant.id = %tenant, "bodies could not be redacted in time");
                let until = self.db.clock().monotonic() + PASSED_OVER;
                self.slow.lock().insert(tenant, until);
                count("slow");
            }
            Err(Unkept::Other(error)) => {
                tracing::error!(%error, request.id = %request, tenant.id = %tenant, "bodies could not be kept");
                count("failed");
            }
        }
    }

    fn is_passed_over(&self, tenant: TenantId) -> bool {
        let now = self.db.clock().monotonic();
        let mut slow = self.slow.lock();
        slow.retain(|_, until| *until > now);
        slow.contains_key(&tenant)
    }

    async fn keep(&self, taken: Taken) -> Result<(), Unkept> {
        let (tenant, now) = (taken.tenant, self.db.clock().now());
        let keep_days = TimeDelta::days(taken.rule.keep_days);
        let redactor = self.redactor(tenant, &taken.rule).map_err(Unkept::other)?;
        let time = Deadline::after(self.db.clock().clone(), REDACTING_MAX);
        // Megabytes under a score of patterns take tenths of a second.
        let bodies = tokio::task::spawn_blocking(move || {
            let (request, answer) = (&taken.request_body, &taken.answer_body);
            let most = taken.rule.body_bytes_max;
            let (request_body, one) = redacted(&redactor, request, most, &time)?;
            let (answer_body, other) = redacted(&redactor, answer, most, &time)?;
            let count = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
            Ok::<_, TooSlow>(CapturedBodies {
                request_id: taken.request.0,
                request_body,
                answer_body,
                bytes: (count(taken.request_bytes), count(taken.answer_bytes)),
                cut: (taken.request_bytes > most, taken.answer_bytes > most),
                redacted: i32::try_from(one.saturating_add(other)).unwrap_or(i32::MAX),
                captured_at: now,
                expires_at: now + keep_days,
            })
        });
        let bodies = bodies.await.map_err(Unkept::other)??;
        let mut tx = self.db.tenant(tenant).await.map_err(Unkept::other)?;
        keep_capture(&mut tx, &self.secrets, &bodies)
            .await
            .map_err(Unkept::other)?;
        tx.commit().await.map_err(Unkept::other)
    }

    fn redactor(&self, tenant: TenantId, rule: &CaptureRule) -> Result<Arc<Redactor>, String> {
        let key = (tenant, rule.version);
        let known = self
            .redactors
            .lock()
            .iter()
            .find(|(it, _)| *it == key)
            .map(|(_, it)| it.clone());
        if let Some(known) = known {
            return Ok(known);
        }
        let made = Redactor::new(rule.redact, &rule.patterns).map_err(|error| error.to_string())?;
        let made = Arc::new(made);
        let mut redactors = self.redactors.lock();
        redactors.retain(|((it, _), _)| *it != tenant);
        if redactors.len() >= REDACTORS_MAX {
            redactors.remove(0);
        }
        redactors.push((key, made.clone()));
        Ok(made)
    }
}

/// Redacted first, then cut to the bound: what reaches over it is not kept in part.
fn redacted(
    redactor: &Redactor,
    body: &[u8],
    most: usize,
    time: &Deadline,
) -> Result<(String, u32), TooSlow> {
    let text = String::from_utf8_lossy(body).replace('\0', "\u{FFFD}");
    redactor.redact(&text, most, time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::Clock;
    use uuid::Uuid;

    const ALL: Redact = Redact {
        secrets: true,
        emails: true,
        cards: true,
    };

    #[test]
    fn a_secret_that_reaches_over_the_bound_is_not_kept_in_part() {
        let redactor = Redactor::new(ALL, &[]).unwrap();
        let body = format!("{} sk-ant-api03-{}", "x".repeat(1000), "k".repeat(100));
        let far = Deadline::after(Clock::system(), Duration::from_mins(1));
        let (text, found) = redacted(&redactor, body.as_bytes(), 1024, &far).unwrap();
        assert_eq!(found, 1);
        assert!(!text.contains("kkk") && text.len() <= 1024, "{text}");
        let (text, _) = redacted(&redactor, "ä".repeat(10).as_bytes(), 5, &far).unwrap();
        assert_eq!(text.len(), 4);
    }

    #[test]
    fn about_so_many_of_a_thousand_are_taken() {
        let rule = |sample_per_mille| CaptureRule {
            sample_per_mille,
            redact: ALL,
            patterns: Vec::new(),
            body_bytes_max: 1024,
            keep_days: 1,
            version: 1,
        };
        let taken = |per_mille| {
            let rule = rule(per_mille);
            let ids = (0..10_000_u128).map(|n| RequestId(Uuid::from_u128(n * 7919)));
            ids.filter(|id| rule.samples(*id)).count()
        };
        assert_eq!(taken(1000), 10_000);
        assert!((400..600).contains(&taken(50)), "{}", taken(50));
    }
}
