//! One sliding window in memory: a running total and the buckets that make it up. Pure; the Lua script keeps the same
//! window as a hash, and the property test holds the two together.

use crate::windows::RING;
use std::collections::VecDeque;

/// A window's use. Only buckets that hold something take room.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// The newest bucket seen; time never takes it back.
    head: i64,
    total: u64,
    /// (bucket, amount), oldest first.
    buckets: VecDeque<(i64, u64)>,
}

impl Ring {
    /// Moves on to the bucket of `now_ms`, dropping what left the window.
    pub(crate) fn roll(&mut self, bucket_ms: i64, now_ms: i64) {
        self.head = self.head.max(now_ms.div_euclid(bucket_ms));
        while let Some(&(bucket, amount)) = self.buckets.front()
            && bucket <= self.head - RING
        {
            self.total = self.total.saturating_sub(amount);
            self.buckets.pop_front();
        }
    }

    /// Adds to the newest bucket. Call after [`roll`](Self::roll).
    pub(crate) fn add(&mut self, amount: u64) {
        self.total = self.total.saturating_add(amount);
        match self.buckets.back_mut() {
            Some((bucket, sum)) if *bucket == self.head => *sum = sum.saturating_add(amount),
            _ => self.buckets.push_back((self.head, amount)),
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Milliseconds until nothing is left in the window; 0 if nothing is.
    pub(crate) fn full_ms(&self, bucket_ms: i64, now_ms: i64) -> i64 {
        self.buckets
            .back()
            .map_or(0, |(bucket, _)| (bucket + RING) * bucket_ms - now_ms)
    }

    /// Milliseconds until at least `excess` has left the window; `None` if it does not hold so much.
    pub(crate) fn wait_ms(&self, excess: u64, bucket_ms: i64, now_ms: i64) -> Option<i64> {
        let mut sum = 0_u64;
        for &(bucket, amount) in &self.buckets {
            sum = sum.saturating_add(amount);
            if sum >= excess {
                return Some((bucket + RING) * bucket_ms - now_ms);
            }
        }
        None
    }
}
