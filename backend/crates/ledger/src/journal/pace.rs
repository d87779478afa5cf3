//! Whether the journal's writer is busy enough that waiting for more commands pays. Pure: time comes in.

use std::time::{Duration, Instant};

/// How long a measurement takes.
const WINDOW: Duration = Duration::from_millis(10);
/// A writer with more commands than this in a window is busy: two a millisecond.
const BUSY_FROM: usize = 20;

/// Counts commands over short windows.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    count: usize,
    busy: bool,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self {
            began: now,
            count: 0,
            busy: false,
        }
    }

    /// So many commands came.
    pub fn note(&mut self, now: Instant, commands: usize) {
        self.count += commands;
        let elapsed = now.saturating_duration_since(self.began);
        if elapsed < WINDOW {
            return;
        }
        // A window that lasted longer, because nothing came, counts as so many windows.
        let windows = usize::try_from(elapsed.as_nanos() / WINDOW.as_nanos()).unwrap_or(usize::MAX);
        self.busy = self.count / windows.max(1) >= BUSY_FROM;
        (self.began, self.count) = (now, 0);
    }

    /// Whether the last window was a busy one.
    pub fn is_busy(&self) -> bool {
        self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_steady_stream_is_busy_and_a_pair_now_and_then_is_not() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(start);
        for n in 0..20 {
            pace.note(at(n), 4);
        }
        assert!(pace.is_busy());
        // Nothing for a while ends it with the first command that comes.
        pace.note(at(500), 30);
        assert!(!pace.is_busy());
        for n in 0..40 {
            pace.note(at(500 + n * 5), 2);
        }
        assert!(!pace.is_busy());
    }
}
