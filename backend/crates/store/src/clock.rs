//! The one source of time and of time-ordered ids, so that tests can set both.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Tells the time in UTC and mints UUIDv7 of that time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Microseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is advanced; for tests.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))))
    }

    /// Now, in UTC.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => Utc::now(),
            Source::Manual(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or(DateTime::UNIX_EPOCH)
            }
        }
    }

    /// For durations only. A manual clock does not move it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    pub fn monotonic(&self) -> Instant {
        Instant::now()
    }

    /// Moves a manual clock forward; the system's clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(micros) = &self.0 {
            let by = TimeDelta::from_std(by)
                .ok()
                .and_then(|by| by.num_microseconds())
                .unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }

    /// A new UUIDv7 whose time is `now()`, to the millisecond; the rest is random.
    pub fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        let mut random = [0_u8; 10];
        rand::rng().fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_the_clock_s_time() {
        let start = DateTime::from_timestamp_millis(1_790_000_000_123).expect("valid");
        let clock = Clock::manual(start);
        clock.advance(Duration::from_millis(877));
        let id = clock.new_id();
        assert_eq!(id.get_version_num(), 7);
        let (seconds, nanos) = id.get_timestamp().expect("a time").to_unix();
        assert_eq!((seconds, nanos), (1_790_000_001, 0));
    }
}
