//! Who watches a test while it runs. Never in here: what its steps mean.

use tokio::sync::mpsc::UnboundedSender;
use tollgate_contract::accounts::TestStep;
use tollgate_store::Clock;

/// Longest text of a step.
const TEXT_MAX: usize = 1000;

/// Somebody who watches, or nobody. A test tells a bounded number of steps: its answer is bounded.
pub(super) struct Watch(Option<Watching>);

struct Watching {
    clock: Clock,
    begun: std::time::Instant,
    steps: UnboundedSender<TestStep>,
}

impl Watch {
    /// Nobody watches.
    pub(super) fn nobody() -> Self {
        Self(None)
    }

    /// Steps go to the other end, from now on.
    pub(super) fn live(clock: Clock, steps: UnboundedSender<TestStep>) -> Self {
        let begun = clock.monotonic();
        Self(Some(Watching { clock, begun, steps }))
    }

    pub(super) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn tell(&self, step: &str, text: impl Into<String>) {
        let Some(watching) = &self.0 else { return };
        let passed = watching
            .clock
            .monotonic()
            .saturating_duration_since(watching.begun);
        let mut text: String = text.into();
        if let Some((end, _)) = text.char_indices().nth(TEXT_MAX) {
            text.truncate(end);
        }
        // Whoever left gets nothing more: the test ends with them.
        let _ = watching.steps.send(TestStep {
            at_ms: u64::try_from(passed.as_millis()).unwrap_or(u64::MAX),
            step: step.to_owned(),
            text,
        });
    }
}
