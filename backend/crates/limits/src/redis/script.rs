//! The scripts and how they are spoken to: arguments in, answers out. What they do is told in the Lua files.

use super::{GiveBack, SLOT_TTL};
use crate::admission::{AdmitCheck, LimitKind, Refused, STICKY_TTL};
use crate::windows::Metric;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{ErrorKind, RedisError, RedisResult, Script};
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_store::Clock;

/// Loaded at each connection; called by hash.
pub(super) struct Scripts {
    admit: Script,
    book: Script,
}

/// What the admission script says.
#[derive(Debug)]
pub(super) enum Answer {
    Admitted(Option<AccountId>),
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
        }
    }

    pub(super) async fn load(&self, connection: &mut impl ConnectionLike) -> RedisResult<()> {
        self.admit.load_async(connection).await?;
        self.book.load_async(connection).await?;
        Ok(())
    }

    pub(super) async fn admit(
        &self,
        connection: &mut MultiplexedConnection,
        check: AdmitCheck<'_>,
        test_clock: Option<&Clock>,
    ) -> RedisResult<Answer> {
        let limits = check.limits.inner();
        let mut call = self.admit.prepare_invoke();
        for key in limits.window_keys.iter().chain(&limits.slot_keys) {
            call.key(key.as_str());
        }
        if let Some(sticky) = check.sticky {
            call.key(sticky.redis_key(limits.tenant_id));
        }
        call.arg(time_argument(test_clock))
            .arg(check.slot.as_simple().to_string())
            .arg(millis(SLOT_TTL))
            .arg(STICKY_TTL.as_secs())
            .arg(limits.windows.len())
            .arg(limits.concurrency.len());
        for window in &limits.windows {
            let counts = u8::from(window.metric == Metric::Requests);
            call.arg(window.span.bucket_ms()).arg(window.limit).arg(counts);
        }
        for limit in &limits.concurrency {
            call.arg(limit.limit);
        }
        read(call.invoke_async(connection).await?, check)
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
            for key in &limits.slot_keys {
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
        let amounts = (0..limits.windows.len())
            .map(|index| (index, limits.amount(index, record.requests, &record.booking)))
            .filter(|(_, amount)| *amount > 0)
            .collect::<Vec<_>>();
        if amounts.is_empty() {
            return;
        }
        let call = pipeline
            .cmd("EVALSHA")
            .arg(self.book.get_hash())
            .arg(amounts.len());
        for (index, _) in &amounts {
            call.arg(&limits.window_keys[*index]);
        }
        call.arg(time).arg((now_ms - record.at_ms).max(0));
        for (index, amount) in &amounts {
            call.arg(limits.windows[*index].span.bucket_ms()).arg(*amount);
        }
    }
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

fn read(answer: (u8, String, String, String), check: AdmitCheck<'_>) -> RedisResult<Answer> {
    let (admitted, first, used, wait) = answer;
    if admitted == 1 {
        // What another version wrote and we cannot read is no account.
        return Ok(Answer::Admitted(first.parse().ok()));
    }
    let limits = check.limits.inner();
    let number = first
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    let (Some(index), Ok(used)) = (number, used.parse()) else {
        return Err(unexpected());
    };
    if let Some(window) = limits.windows.get(index) {
        return Ok(Answer::Refused(Refused {
            kind: LimitKind::Window {
                subject: window.subject,
                span: window.span,
                metric: window.metric,
            },
            limit: window.limit,
            used,
            retry_after: wait.parse().ok().map(Duration::from_millis),
        }));
    }
    let limit = limits
        .concurrency
        .get(index - limits.windows.len())
        .ok_or_else(unexpected)?;
    Ok(Answer::Refused(Refused {
        kind: LimitKind::Concurrency {
            subject: limit.subject,
        },
        limit: limit.limit.into(),
        used,
        retry_after: None,
    }))
}

fn unexpected() -> RedisError {
    RedisError::from((
        ErrorKind::UnexpectedReturnType,
        "the admission script's answer has another shape",
    ))
}
