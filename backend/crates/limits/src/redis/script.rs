//! The scripts and how they are spoken to: arguments in, answers out. What they do is told in the Lua files.

use super::SLOT_TTL;
use super::shared::GiveBack;
use crate::admission::{AdmitCheck, Headroom, Left, LimitKind, LimitUsage, Refused, STICKY_TTL};
use crate::set::{Chosen, Limits};
use crate::windows::{Metric, slot_key};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{ErrorKind, RedisError, RedisResult, Script};
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_store::Clock;

/// Loaded at each connection; called by hash.
pub(super) struct Scripts {
    admit: Script,
    book: Script,
    usage: Script,
}

/// What the admission script says.
#[derive(Debug)]
pub(super) enum Answer {
    Admitted(Option<AccountId>, Headroom),
    Refused(Refused),
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            admit: Script::new(concat!(
                include_str!("../windows.lua"),
                include_str!("../admit.lua")
            )),
            book: Script::new(concat!(
                include_str!("../windows.lua"),
                include_str!("../book.lua")
            )),
            usage: Script::new(concat!(
                include_str!("../windows.lua"),
                include_str!("../usage.lua")
            )),
        }
    }

    pub(super) async fn load(&self, connection: &mut impl ConnectionLike) -> RedisResult<()> {
        self.admit.load_async(connection).await?;
        self.book.load_async(connection).await?;
        self.usage.load_async(connection).await?;
        Ok(())
    }

    pub(super) async fn admit(
        &self,
        connection: &mut MultiplexedConnection,
        check: AdmitCheck<'_>,
        chosen: Chosen,
        test_clock: Option<&Clock>,
    ) -> RedisResult<Answer> {
        let limits = check.limits.inner();
        let mut call = self.admit.prepare_invoke();
        for key in keys(limits, chosen) {
            call.key(key);
        }
        if let Some(sticky) = check.sticky {
            call.key(sticky.redis_key(limits.tenant_id));
        }
        call.arg(time_argument(test_clock))
            .arg(limits.windows(chosen).count())
            .arg(limits.slots().count())
            .arg(check.slot.as_simple().to_string())
            .arg(millis(SLOT_TTL))
            .arg(STICKY_TTL.as_secs());
        for placed in limits.windows(chosen) {
            let window = placed.window;
            let counts = u8::from(window.metric == Metric::Requests);
            call.arg(window.span.bucket_ms()).arg(window.limit).arg(counts);
        }
        for (_, limit) in limits.slots() {
            call.arg(limit);
        }
        let answer: (u8, String, String) = call.invoke_async(connection).await?;
        read(&answer, check, chosen).ok_or_else(unexpected)
    }

    pub(super) async fn usage(
        &self,
        connection: &mut MultiplexedConnection,
        limits: &Limits,
        test_clock: Option<&Clock>,
    ) -> RedisResult<Vec<LimitUsage>> {
        let mut call = self.usage.prepare_invoke();
        for key in keys(limits, Chosen::ALL) {
            call.key(key);
        }
        call.arg(time_argument(test_clock))
            .arg(limits.windows(Chosen::ALL).count());
        for placed in limits.windows(Chosen::ALL) {
            call.arg(placed.window.span.bucket_ms()).arg(placed.window.limit);
        }
        let figures: Vec<i64> = call.invoke_async(connection).await?;
        let windows = limits
            .windows(Chosen::ALL)
            .map(|placed| (placed.kind(), placed.window.limit));
        let slots = limits
            .slots()
            .map(|(subject, limit)| (LimitKind::Concurrency { subject }, limit.into()));
        let usage = windows.chain(slots).zip(figures.chunks_exact(2));
        Ok(usage
            .map(|((kind, limit), figures)| LimitUsage {
                kind,
                limit,
                used: u64::try_from(figures[0]).unwrap_or(0),
                frees_after: u64::try_from(figures[1]).ok().map(Duration::from_millis),
            })
            .collect())
    }

    /// The commands that give one request's limits back and book its use. All are safe to repeat but the booking, which
    /// then counts twice: never too little.
    pub(super) fn give_back(
        &self,
        pipeline: &mut redis::Pipeline,
        record: &GiveBack,
        now_ms: i64,
        time: &str,
    ) {
        let limits = record.limits.inner();
        if let Some(slot) = record.slot {
            for (subject, _) in limits.slots() {
                let key = slot_key(limits.tenant_id, subject);
                pipeline.cmd("ZREM").arg(key).arg(slot.as_simple().to_string());
            }
        }
        if let Some((sticky, account_id)) = record.booking.sticky {
            let key = sticky.redis_key(limits.tenant_id);
            pipeline
                .cmd("SET")
                .arg(key)
                .arg(account_id.to_string())
                .arg("EX")
                .arg(STICKY_TTL.as_secs());
        }
        let amounts = limits
            .windows(record.chosen)
            .map(|placed| (placed, placed.amount(record.requests, &record.booking)))
            .filter(|(_, amount)| *amount > 0)
            .collect::<Vec<_>>();
        if amounts.is_empty() {
            return;
        }
        let call = pipeline
            .cmd("EVALSHA")
            .arg(self.book.get_hash())
            .arg(amounts.len());
        for (placed, _) in &amounts {
            call.arg(placed.key(limits.tenant_id));
        }
        call.arg(time).arg((now_ms - record.at_ms).max(0));
        for (placed, amount) in &amounts {
            call.arg(placed.window.span.bucket_ms()).arg(*amount);
        }
    }
}

/// The Redis keys of these windows, then those of the sets of slots.
fn keys(limits: &Limits, chosen: Chosen) -> impl Iterator<Item = String> {
    let tenant = limits.tenant_id;
    let windows = limits.windows(chosen).map(move |placed| placed.key(tenant));
    let slots = limits.slots().map(move |(subject, _)| slot_key(tenant, subject));
    windows.chain(slots)
}

/// '' lets Redis tell the time.
pub(super) fn time_argument(test_clock: Option<&Clock>) -> String {
    test_clock
        .map(|clock| clock.now().timestamp_millis().to_string())
        .unwrap_or_default()
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What the admission script says; `None` if it has another shape.
fn read(
    (admitted, first, figures): &(u8, String, String),
    check: AdmitCheck<'_>,
    chosen: Chosen,
) -> Option<Answer> {
    let limits = check.limits.inner();
    let headroom = headroom(limits, chosen, figures)?;
    if *admitted == 1 {
        // What another version wrote and we cannot read is no account.
        return Some(Answer::Admitted(first.parse().ok(), headroom));
    }
    let mut words = first.split(' ');
    let index = words.next()?.parse::<usize>().ok()?.checked_sub(1)?;
    let used = words.next()?.parse().ok()?;
    let wait: i64 = words.next()?.parse().ok()?;
    let windows = limits
        .windows(chosen)
        .map(|placed| (placed.kind(), placed.window.limit));
    let slots = limits
        .slots()
        .map(|(subject, limit)| (LimitKind::Concurrency { subject }, limit.into()));
    let (kind, limit) = windows.chain(slots).nth(index)?;
    Some(Answer::Refused(Refused {
        kind,
        limit,
        used,
        retry_after: u64::try_from(wait).ok().map(Duration::from_millis),
        headroom: Box::new(headroom),
    }))
}

/// From what is used of each window and when it will be empty, in their order.
fn headroom(limits: &Limits, chosen: Chosen, figures: &str) -> Option<Headroom> {
    let mut headroom = Headroom::default();
    let mut figures = figures.split(' ');
    for placed in limits.windows(chosen) {
        let used: u64 = figures.next()?.parse().ok()?;
        let empty_ms = figures.next()?.parse().ok()?;
        let limit = placed.window.limit;
        let left = Left {
            limit,
            remaining: limit.saturating_sub(used),
            full_after: Duration::from_millis(empty_ms),
        };
        headroom.see(placed, left);
    }
    Some(headroom)
}

fn unexpected() -> RedisError {
    RedisError::from((
        ErrorKind::UnexpectedReturnType,
        "the admission script's answer has another shape",
    ))
}
