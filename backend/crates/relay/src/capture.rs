//! Bodies that a tenant's owner wants kept: copied on the way, redacted, sealed and written behind a bounded queue. Where
//! nobody wants it, nothing of this runs. A queue that is full drops what comes and counts it: no request waits for it.
//! Never in here: what is blacked out, and who may look.

use crate::parts::RelayParts;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::{Bytes, BytesMut};
use chrono::TimeDelta;
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_store::{CapturedBodies, Db, Redact, Redactor, Secrets, keep_capture};

/// Bodies that wait to be written.
const QUEUE_MAX: usize = 256;
/// Bytes that copies take at once, those of requests under way included.
const BYTES_MAX: usize = 64 * 1024 * 1024;
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
    queue: mpsc::Sender<Taken>,
    bytes: Arc<AtomicUsize>,
}

impl Captures {
    /// Begins to write what is taken, until the core runtime stops.
    pub(crate) fn start(db: &Db, secrets: Secrets) -> Self {
        let (queue, taken) = mpsc::channel(QUEUE_MAX);
        let writer = Writer {
            db: db.clone(),
            secrets,
            redactors: Mutex::default(),
        };
        let stop = db.core().shutdown_token();
        db.core().spawn("captures", writer.run(taken, stop));
        Self {
            queue,
            bytes: Arc::default(),
        }
    }

    /// Room for a copy; `None`, counted, where there is none.
    fn room(&self, bytes: usize) -> Option<Room> {
        let room = Room {
            all: self.bytes.clone(),
            bytes,
        };
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > BYTES_MAX {
            count("dropped");
            return None;
        }
        Some(room)
    }
}

/// Bytes that copies take; dropping gives them back.
#[derive(Debug)]
struct Room {
    all: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
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
    let room = captures.room(body.len().min(most) + most)?;
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
        if captures.queue.try_send(taken).is_err() {
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
}

impl Writer {
    async fn run(self, mut taken: mpsc::Receiver<Taken>, stop: tokio_util::sync::CancellationToken) {
        while let Some(Some(one)) = stop.run_until_cancelled(taken.recv()).await {
            self.write(one).await;
        }
        // What waits is written before the pools close.
        while let Ok(one) = taken.try_recv() {
            self.write(one).await;
        }
    }

    async fn write(&self, taken: Taken) {
        let (tenant, request) = (taken.tenant, taken.request);
        match self.keep(taken).await {
            Ok(()) => count("kept"),
            Err(error) => {
                tracing::error!(%error, request.id = %request, tenant.id = %tenant, "bodies could not be kept");
                count("failed");
            }
        }
    }

    async fn keep(&self, taken: Taken) -> Result<(), String> {
        let (tenant, now) = (taken.tenant, self.db.clock().now());
        let keep_days = TimeDelta::days(taken.rule.keep_days);
        let redactor = self.redactor(tenant, &taken.rule)?;
        // Megabytes under a score of patterns take tenths of a second.
        let bodies = tokio::task::spawn_blocking(move || {
            let (request, answer) = (&taken.request_body, &taken.answer_body);
            let most = taken.rule.body_bytes_max;
            let (request_body, one) = redacted(&redactor, request, most);
            let (answer_body, other) = redacted(&redactor, answer, most);
            let count = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
            CapturedBodies {
                request_id: taken.request.0,
                request_body,
                answer_body,
                bytes: (count(taken.request_bytes), count(taken.answer_bytes)),
                cut: (taken.request_bytes > most, taken.answer_bytes > most),
                redacted: i32::try_from(one.saturating_add(other)).unwrap_or(i32::MAX),
                captured_at: now,
                expires_at: now + keep_days,
            }
        });
        let bodies = bodies.await.map_err(|error| error.to_string())?;
        let mut tx = self.db.tenant(tenant).await.map_err(|error| error.to_string())?;
        keep_capture(&mut tx, &self.secrets, &bodies)
            .await
            .map_err(|error| error.to_string())?;
        tx.commit().await.map_err(|error| error.to_string())
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
fn redacted(redactor: &Redactor, body: &[u8], most: usize) -> (String, u32) {
    let text = String::from_utf8_lossy(body).replace('\0', "\u{FFFD}");
    let (mut text, found) = redactor.redact(&text);
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    (text, found)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let (text, found) = redacted(&redactor, body.as_bytes(), 1024);
        assert_eq!(found, 1);
        assert!(!text.contains("kkk") && text.len() <= 1024, "{text}");
        assert!(redacted(&redactor, "ä".repeat(10).as_bytes(), 5).0.len() == 4);
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
