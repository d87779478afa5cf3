//! The last room: from the journal's first word on a request to its last. Whatever ends a request, exactly one final
//! entry is written and everything held is given back; a future that is dropped counts as a client that left.
//! Never in here: SQL (the ledger settles), prices (fixed at admission).

mod entries;

use crate::admit::{Admission, Facts};
use crate::edge::Arrival;
use crate::end::{CLIENT_CLOSED, End};
use crate::keys::KeyEntry;
use crate::parts::RelayParts;
use crate::pricing::{Amounts, Served};
use crate::refusal::Refusal;
use entries::{account_ref, reservation_charged};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tollgate_contract::platform::Platform;
use tollgate_ledger::{AccountRef, Charge, DoneEntry, JournalError, OpenEntry, Progress, Quality, Status};
use tollgate_limits::Booking;
use tollgate_money::{Meters, Nano};
use tollgate_scheduler::{Meter, Seat, UpstreamAccount};
use tollgate_wire::usage::estimated_tokens;

/// The journal itself keeps one note a second; the first one is written at once.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// A request that is in the journal.
#[derive(Debug)]
pub(crate) struct Running {
    parts: RelayParts,
    admission: Option<Admission>,
    open: OpenEntry,
    began: Instant,
    account: AccountRef,
    platform: Platform,
    upstream_model: String,
    max_output: u64,
    estimated_input: u64,
    attempts: u16,
    tries: Vec<Value>,
    picked: Value,
    /// The same unredacted, where the account is the platform's.
    picked_for_platform: Option<Value>,
    meter: Option<Meter>,
    http_status: u16,
    usage: Meters,
    ttfb: Option<Duration>,
    noted: Option<Instant>,
    end: Option<End>,
}

impl Running {
    /// Writes the request into the journal, before its first byte goes upstream.
    ///
    /// # Errors
    /// If it can't be written: then nothing may be sent, and all that was held is given back.
    pub(crate) async fn open(
        parts: &RelayParts,
        arrival: &Arrival,
        admission: Admission,
        facts: &Facts,
        account: &UpstreamAccount,
        sent: &str,
    ) -> Result<Self, Refusal> {
        let key = &admission.key;
        let (reference, sent) = (account_ref(account), sent.to_owned());
        let open = OpenEntry {
            request_id: arrival.id,
            tenant_id: key.tenant_id,
            key_id: key.key_id,
            user_id: key.user_id,
            account: Some(reference.clone()),
            platform: account.platform.as_str().to_owned(),
            provider: account.platform.provider().to_owned(),
            model: facts.asked.model.clone(),
            priced_model: Some(facts.asked.bare.clone()),
            upstream_model: sent.clone(),
            price_version: admission.pricing.version,
            worst_case: admission.reservation.amount(),
            lease: admission.reservation.lease(),
            budgets: admission.reservation.budgets(),
            path: arrival.path.clone(),
            streamed: facts.stream,
            client: arrival.client.clone(),
            client_request_id: arrival.client_request_id.clone(),
            cost_centre: key.cost_centre.clone(),
            local_date: tollgate_money::local_date(arrival.at, key.zone),
            started_at: arrival.at,
        };
        let journal = parts.deps().ledger.journal();
        if let Err(error) = journal.open(open.clone()).await {
            tracing::error!(%error, request.id = %arrival.id, "a request can't be written into the journal");
            return Err(Refusal::unavailable("journal"));
        }
        Ok(Self {
            parts: parts.clone(),
            admission: Some(admission),
            open,
            began: arrival.began,
            account: reference,
            platform: account.platform,
            upstream_model: sent,
            max_output: facts.output_bound,
            estimated_input: estimated_tokens(facts.wire.input_bound),
            attempts: 0,
            tries: Vec::new(),
            picked: Value::Null,
            picked_for_platform: None,
            meter: None,
            http_status: 0,
            usage: Meters::default(),
            ttfb: None,
            noted: None,
            end: None,
        })
    }

    /// Another try begins, on this seat's account.
    pub(crate) fn try_on(&mut self, seat: &Seat, sent: &str) {
        let account = seat.account();
        self.attempts = self.attempts.saturating_add(1);
        self.account = account_ref(account);
        self.meter = Some(seat.meter());
        self.picked_for_platform = seat.platform_explanation();
        self.platform = account.platform;
        sent.clone_into(&mut self.upstream_model);
        self.picked = seat.explanation();
    }

    /// The try that is under way failed, before the client saw anything of it. `unknown_cost`: the vendor may bill it.
    pub(crate) fn try_failed(&mut self, code: &str, http_status: Option<u16>, unknown_cost: bool) {
        self.unsent();
        let after = millis(self.elapsed());
        self.tries.push(json!({
            "account": self.account.public_name, "failed": code, "http_status": http_status, "after_ms": after,
            "unknown_cost": unknown_cost,
        }));
    }

    /// What was sent was refused at once: it cost nothing.
    pub(crate) fn unsent(&mut self) {
        (self.http_status, self.ttfb, self.usage) = (0, None, Meters::default());
    }

    /// The request goes out. From now on its input is read there, whether or not an answer is waited for.
    pub(crate) fn sent(&mut self) {
        self.usage = Meters {
            input: self.estimated_input,
            ..Meters::default()
        };
    }

    /// The first byte of an answer with this status is here.
    pub(crate) fn answered(&mut self, http_status: u16) {
        self.http_status = http_status;
        self.ttfb = Some(self.elapsed());
    }

    /// So many bytes of a plain answer are here, which tells its figures only at its end.
    pub(crate) fn received(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.usage.output = estimated_tokens(bytes).min(self.max_output);
    }

    /// What was produced as far as is known now.
    pub(crate) fn so_far(&self) -> Meters {
        self.usage
    }

    pub(crate) fn request_id(&self) -> tollgate_contract::ids::RequestId {
        self.open.request_id
    }
    pub(crate) fn tenant_id(&self) -> tollgate_contract::ids::TenantId {
        self.open.tenant_id
    }

    /// The key that was used.
    pub(crate) fn key(&self) -> Option<&KeyEntry> {
        self.admission.as_ref().map(|admission| &*admission.key)
    }

    /// The prices that hold.
    pub(crate) fn pricing(&self) -> Option<&crate::pricing::Pricing> {
        self.admission.as_ref().map(|admission| &admission.pricing)
    }

    /// The clock's time.
    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.parts.clock().now()
    }

    /// The output limit that the client gave: no estimate goes beyond it.
    pub(crate) fn max_output(&self) -> u64 {
        self.max_output
    }

    /// Input tokens where the vendor tells none: the body's bytes by the wire's method.
    pub(crate) fn estimated_input(&self) -> u64 {
        self.estimated_input
    }

    /// Figures so far; they are booked as an estimate if this process dies.
    pub(crate) fn note(&mut self, usage: Meters) {
        self.usage = usage;
        let now = self.parts.clock().monotonic();
        if self
            .noted
            .is_some_and(|noted| now.saturating_duration_since(noted) < PROGRESS_EVERY)
        {
            return;
        }
        self.noted = Some(now);
        let amounts = self.amounts(&usage);
        let progress = Progress {
            account: Some(self.account.clone()),
            upstream_model: self.upstream_model.clone(),
            http_status: self.http_status,
            usage,
            cost: amounts.cost.total,
            cost_lines: amounts.cost.lines,
            charge: amounts.charge,
            ttfb_ms: self.ttfb.map(millis),
            elapsed_ms: millis(self.elapsed()),
            attempts: self.attempts,
        };
        self.parts
            .deps()
            .ledger
            .journal()
            .progress(self.open.request_id, progress);
    }

    /// The request is over. Returns once the journal has the final figures: only then may the answer's last bytes leave.
    pub(crate) async fn finish(&mut self, end: End) {
        let entry = self.entry(&end);
        let (parts, charge) = (self.parts.clone(), entry.charge.total);
        // From here on, being dropped means this end.
        self.end = Some(end);
        match parts.deps().ledger.journal().done(entry).await {
            Ok(()) => {}
            // The answer goes out all the same; the journal settles from memory and the node turns unready.
            Err(JournalError::File(error)) => {
                tracing::error!(error, request.id = %self.open.request_id, "final figures can't be written");
            }
            Err(error) => {
                tracing::error!(%error, request.id = %self.open.request_id, "the journal refuses final figures");
            }
        }
        self.release(charge);
    }

    /// Gives money, slot and conversation back, once.
    fn release(&mut self, charge: Nano) {
        let Some(admission) = self.admission.take() else {
            return;
        };
        admission.reservation.consume(charge);
        let end = self.end.as_ref();
        let usage = end.map_or(self.usage, |end| end.usage);
        if let Some(meter) = self.meter.take() {
            meter.used(usage.total());
            meter.spent(charge.0);
        }
        let served = end.is_some_and(|end| end.status == Status::Ok || end.status == Status::Cut);
        admission.slot.finish(Booking {
            tokens: usage.total(),
            cost_nano: u64::try_from(charge.0).unwrap_or(0),
            sticky: admission
                .conversation
                .filter(|_| served)
                .map(|key| (key, self.account.id)),
        });
        if let Some(end) = end {
            self.tell(end, charge);
        }
    }

    /// The request's one line in the log, and its figures.
    fn tell(&self, end: &End, charge: Nano) {
        let (open, duration) = (&self.open, self.elapsed());
        tracing::info!(
            request.id = %open.request_id,
            tenant.id = %open.tenant_id,
            key.id = %open.key_id,
            account.id = %self.account.id,
            model = open.model,
            streamed = open.streamed,
            status = end.status.as_str(),
            http.status = end.http_status,
            error = end.error_code,
            attempts = self.attempts,
            input_tokens = end.usage.prompt(),
            output_tokens = end.usage.output,
            charge_nano = charge.0,
            ttfb_ms = self.ttfb.map(millis),
            duration_ms = millis(duration),
            "relayed"
        );
        let labels = [
            ("status", end.status.as_str()),
            ("platform", self.platform.as_str()),
        ];
        metrics::counter!("tollgate_relay_requests_total", &labels).increment(1);
        metrics::histogram!("tollgate_relay_duration_seconds").record(duration.as_secs_f64());
        if let Some(ttfb) = self.ttfb {
            metrics::histogram!("tollgate_relay_first_byte_seconds").record(ttfb.as_secs_f64());
        }
    }

    fn entry(&self, end: &End) -> DoneEntry {
        let amounts = self.amounts(&end.usage);
        // What was counted but has no price of its own is on the vendor's bill all the same.
        let quality = if amounts.complete {
            end.quality
        } else {
            Quality::Estimated
        };
        DoneEntry {
            request_id: self.open.request_id,
            status: end.status,
            http_status: end.http_status,
            quality,
            usage: end.usage,
            cost: amounts.cost.total,
            cost_lines: amounts.cost.lines,
            charge: amounts.charge,
            account: (self.attempts > 0).then(|| self.account.clone()),
            upstream_model: self.upstream_model.clone(),
            ttfb_ms: self.ttfb.map(millis),
            duration_ms: millis(self.elapsed()),
            attempts: self.attempts,
            error_code: end.error_code.to_owned(),
            explanation: json!({ "account": self.picked, "failed_before": self.tries }),
            platform_explanation: self.picked_for_platform.clone(),
        }
    }

    /// What figures come to: what the tenant pays, and what the platform does, which is nothing on a tenant's own account.
    fn amounts(&self, usage: &Meters) -> Amounts {
        let mut amounts = self.priced(usage);
        if !self.account.is_platform() {
            amounts.cost = Charge::default();
        }
        amounts
    }

    fn priced(&self, usage: &Meters) -> Amounts {
        let served = Served {
            platform: self.platform,
            own: !self.account.is_platform(),
        };
        let pricing = self.admission.as_ref().map(|admission| &admission.pricing);
        let amounts = pricing.and_then(|pricing| pricing.amounts(served, &self.upstream_model, usage));
        amounts.unwrap_or_else(|| {
            // Only absurd figures come here. What was reserved is a bound that the tenant agreed to.
            tracing::error!(request.id = %self.open.request_id, ?usage, "figures fit no amount; the reservation is charged");
            let charge = reservation_charged(self.open.worst_case);
            Amounts {
                cost: charge.clone(),
                charge,
                complete: false,
            }
        })
    }

    fn elapsed(&self) -> Duration {
        self.parts
            .clock()
            .monotonic()
            .saturating_duration_since(self.began)
    }
}

/// Dropped before its end: the client left, or the server cuts what is open.
impl Drop for Running {
    fn drop(&mut self) {
        if self.admission.is_none() {
            return;
        }
        let end = self.end.clone().unwrap_or(End {
            status: Status::Cut,
            http_status: if self.http_status == 0 {
                CLIENT_CLOSED
            } else {
                self.http_status
            },
            quality: Quality::Estimated,
            usage: self.usage,
            error_code: "client_left",
        });
        let entry = self.entry(&end);
        let charge = entry.charge.total;
        self.parts.deps().ledger.journal().done_detached(entry);
        self.end = Some(end);
        self.release(charge);
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
