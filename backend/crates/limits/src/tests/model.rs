//! The reference: what limits mean, written for clarity. Every event is kept; every question walks them all.

use crate::windows::{Limits, RING};
use crate::{Booking, LimitKind, Metric, Refused, Span, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

#[derive(Default)]
pub(super) struct Model {
    /// (time, amount) per window, of one tenant.
    events: BTreeMap<(Subject, Span, Metric), Vec<(i64, u64)>>,
    open: BTreeMap<Subject, BTreeSet<Uuid>>,
}

impl Model {
    pub(super) fn admit(&mut self, limits: &Limits, slot: Uuid, now: i64) -> Result<(), Refused> {
        let mut refused: Option<Refused> = None;
        for window in &limits.windows {
            let place = (window.subject, window.span, window.metric);
            let used = self.used(place, now);
            if used < window.limit {
                continue;
            }
            let next = Refused {
                kind: LimitKind::Window {
                    subject: window.subject,
                    span: window.span,
                    metric: window.metric,
                },
                limit: window.limit,
                used,
                retry_after: self.free_again(place, window.limit, now),
            };
            let rank = |refused: &Refused| refused.retry_after.unwrap_or(Duration::MAX);
            if refused.is_none_or(|first| rank(&next) > rank(&first)) {
                refused = Some(next);
            }
        }
        for limit in &limits.concurrency {
            let used = self.open.get(&limit.subject).map_or(0, BTreeSet::len);
            if refused.is_none() && used >= limit.limit as usize {
                refused = Some(Refused {
                    kind: LimitKind::Concurrency {
                        subject: limit.subject,
                    },
                    limit: limit.limit.into(),
                    used: used as u64,
                    retry_after: None,
                });
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        for window in limits
            .windows
            .iter()
            .filter(|window| window.metric == Metric::Requests)
        {
            let place = (window.subject, window.span, window.metric);
            self.events.entry(place).or_default().push((now, 1));
            // The promise to the customer's provider: never more than the limit in any true sliding span.
            let span = window.span.bucket_ms() * (RING - 1);
            let exact = self.events[&place]
                .iter()
                .filter(|(time, _)| *time > now - span)
                .count() as u64;
            assert!(
                exact <= window.limit,
                "{exact} requests within {:?}, {} allowed",
                window.span,
                window.limit
            );
        }
        for limit in &limits.concurrency {
            self.open.entry(limit.subject).or_default().insert(slot);
        }
        Ok(())
    }

    pub(super) fn book(&mut self, limits: &Limits, booking: &Booking, now: i64) {
        for window in &limits.windows {
            let amount = match window.metric {
                Metric::Requests => continue,
                Metric::Tokens => booking.tokens,
                Metric::CostNano => booking.cost_nano,
            };
            let place = (window.subject, window.span, window.metric);
            self.events.entry(place).or_default().push((now, amount));
        }
    }

    pub(super) fn close(&mut self, slot: Uuid) {
        for open in self.open.values_mut() {
            open.remove(&slot);
        }
    }

    /// An event counts until its whole bucket has left the span.
    fn used(&self, place: (Subject, Span, Metric), now: i64) -> u64 {
        let width = place.1.bucket_ms();
        let events = self.events.get(&place).map_or(&[][..], Vec::as_slice);
        events
            .iter()
            .filter(|(time, _)| now / width - time / width < RING)
            .map(|(_, amount)| amount)
            .sum()
    }

    /// Tries every moment at which a bucket leaves.
    fn free_again(&self, place: (Subject, Span, Metric), limit: u64, now: i64) -> Option<Duration> {
        let width = place.1.bucket_ms();
        let edges = (1..=RING).map(|step| (now / width + step) * width);
        let free = edges.into_iter().find(|edge| self.used(place, *edge) < limit)?;
        Some(Duration::from_millis(u64::try_from(free - now).unwrap()))
    }
}
