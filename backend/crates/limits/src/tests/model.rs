//! The reference: what limits mean, written for clarity. Every event is kept; every question walks them all.

use crate::set::{Chosen, Limits, Placed};
use crate::windows::RING;
use crate::{Booking, Headroom, Left, LimitKind, LimitUsage, Metric, Refused, Span, Subject};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Whose, how long, of what, of which models.
type Place = (Subject, Span, Metric, Option<String>);

fn place(placed: Placed<'_>) -> Place {
    let window = placed.window;
    let pattern = window.family.as_ref().map(|family| family.pattern().to_owned());
    (placed.subject, window.span, window.metric, pattern)
}

/// Those of a set that a request for this model falls under. Patterns are `*word*` here.
fn fitting<'a>(limits: &'a Limits, model: &'a str) -> impl Iterator<Item = Placed<'a>> {
    limits.windows(Chosen::ALL).filter(move |placed| {
        let family = placed.window.family.as_ref();
        family.is_none_or(|family| model.contains(family.pattern().trim_matches('*')))
    })
}

#[derive(Default)]
pub(super) struct Model {
    /// (time, amount) per window, of one tenant.
    events: BTreeMap<Place, Vec<(i64, u64)>>,
    open: BTreeMap<Subject, BTreeSet<Uuid>>,
}

impl Model {
    pub(super) fn admit(
        &mut self,
        limits: &Limits,
        model: &str,
        slot: Uuid,
        now: i64,
    ) -> Result<Headroom, Refused> {
        let mut refused: Option<Refused> = None;
        for placed in fitting(limits, model) {
            let (window, place) = (placed.window, place(placed));
            let used = self.used(&place, now);
            if used < window.limit {
                continue;
            }
            let next = Refused {
                kind: placed.kind(),
                limit: window.limit,
                used,
                retry_after: self.free_again(&place, window.limit, now),
                headroom: Box::default(),
            };
            let rank = |refused: &Refused| refused.retry_after.unwrap_or(Duration::MAX);
            if refused.as_ref().is_none_or(|first| rank(&next) > rank(first)) {
                refused = Some(next);
            }
        }
        for (subject, limit) in limits.slots() {
            let used = self.open.get(&subject).map_or(0, BTreeSet::len);
            if refused.is_none() && used >= limit as usize {
                refused = Some(Refused {
                    kind: LimitKind::Concurrency { subject },
                    limit: limit.into(),
                    used: used as u64,
                    retry_after: None,
                    headroom: Box::default(),
                });
            }
        }
        if let Some(mut refused) = refused {
            *refused.headroom = self.headroom(limits, model, now);
            return Err(refused);
        }
        for placed in fitting(limits, model).filter(|placed| placed.window.metric == Metric::Requests) {
            let place = place(placed);
            self.events.entry(place.clone()).or_default().push((now, 1));
            // The promise to the customer's provider: never more than the limit in any true sliding span.
            let span = placed.window.span.bucket_ms() * (RING - 1);
            let exact = self.events[&place]
                .iter()
                .filter(|(time, _)| *time > now - span)
                .count() as u64;
            let limit = placed.window.limit;
            assert!(exact <= limit, "{exact} within {place:?}, {limit} allowed");
        }
        for (subject, _) in limits.slots() {
            self.open.entry(subject).or_default().insert(slot);
        }
        Ok(self.headroom(limits, model, now))
    }

    pub(super) fn book(&mut self, limits: &Limits, model: &str, booking: &Booking, now: i64) {
        for placed in fitting(limits, model) {
            let amount = match placed.window.metric {
                Metric::Requests => continue,
                Metric::Tokens => booking.tokens,
                Metric::CostNano => booking.cost_nano,
            };
            self.events.entry(place(placed)).or_default().push((now, amount));
        }
    }

    /// Of each limit, whatever the model.
    pub(super) fn usage(&self, limits: &Limits, now: i64) -> Vec<LimitUsage> {
        let windows = limits.windows(Chosen::ALL).map(|placed| {
            let (place, limit) = (place(placed), placed.window.limit);
            let used = self.used(&place, now);
            LimitUsage {
                kind: placed.kind(),
                limit,
                used,
                frees_after: (used >= limit)
                    .then(|| self.free_again(&place, limit, now))
                    .flatten(),
            }
        });
        let slots = limits.slots().map(|(subject, limit)| LimitUsage {
            kind: LimitKind::Concurrency { subject },
            limit: limit.into(),
            used: self.open.get(&subject).map_or(0, BTreeSet::len) as u64,
            frees_after: None,
        });
        windows.chain(slots).collect()
    }

    fn headroom(&self, limits: &Limits, model: &str, now: i64) -> Headroom {
        let tightest = |metric| {
            let windows = fitting(limits, model).filter(|placed| placed.window.metric == metric);
            let left = windows.map(|placed| {
                let (place, limit) = (place(placed), placed.window.limit);
                Left {
                    limit,
                    remaining: limit.saturating_sub(self.used(&place, now)),
                    full_after: self.free_again(&place, 1, now).unwrap_or_default(),
                }
            });
            // Of equals `min_by_key` takes the first.
            left.min_by_key(|left| (left.remaining, std::cmp::Reverse(left.full_after)))
        };
        Headroom {
            requests: tightest(Metric::Requests),
            tokens: tightest(Metric::Tokens),
        }
    }

    pub(super) fn close(&mut self, slot: Uuid) {
        for open in self.open.values_mut() {
            open.remove(&slot);
        }
    }

    /// An event counts until its whole bucket has left the span.
    fn used(&self, place: &Place, now: i64) -> u64 {
        let width = place.1.bucket_ms();
        let events = self.events.get(place).map_or(&[][..], Vec::as_slice);
        events
            .iter()
            .filter(|(time, _)| now / width - time / width < RING)
            .map(|(_, amount)| amount)
            .sum()
    }

    /// Tries every moment at which a bucket leaves.
    fn free_again(&self, place: &Place, limit: u64, now: i64) -> Option<Duration> {
        let width = place.1.bucket_ms();
        if self.used(place, now) < limit {
            return None;
        }
        let edges = (1..=RING).map(|step| (now / width + step) * width);
        let free = edges.into_iter().find(|edge| self.used(place, *edge) < limit)?;
        Some(Duration::from_millis(u64::try_from(free - now).unwrap()))
    }
}
