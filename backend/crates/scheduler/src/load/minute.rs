//! Requests and tokens of the last minute, by the second. Never too few: a second counts whole until all of it is older
//! than a minute.

use chrono::{DateTime, Utc};

/// Sixty whole seconds and the one that is under way.
const SECONDS: usize = 61;
const SPAN: i64 = 61;

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    requests: u64,
    tokens: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Minute {
    seconds: [Second; SECONDS],
    /// The second under way, since 1970.
    newest: i64,
    total: Second,
}

impl Default for Minute {
    fn default() -> Self {
        Self {
            seconds: [Second::default(); SECONDS],
            newest: 0,
            total: Second::default(),
        }
    }
}

impl Minute {
    pub(crate) fn requests(&self) -> u64 {
        self.total.requests
    }

    pub(crate) fn tokens(&self) -> u64 {
        self.total.tokens
    }

    /// Lets go of what grew old. A clock that goes back finds the second of before still under way.
    pub(crate) fn roll(&mut self, now: DateTime<Utc>) {
        let now = now.timestamp();
        if now - self.newest >= SPAN {
            *self = Self {
                newest: now,
                ..Self::default()
            };
        }
        while self.newest < now {
            self.newest += 1;
            let oldest = std::mem::take(self.at(self.newest));
            self.total.requests = self.total.requests.saturating_sub(oldest.requests);
            self.total.tokens = self.total.tokens.saturating_sub(oldest.tokens);
        }
    }

    pub(crate) fn add(&mut self, now: DateTime<Utc>, requests: u64, tokens: u64) {
        self.roll(now);
        let second = self.at(self.newest);
        second.requests += requests;
        second.tokens = second.tokens.saturating_add(tokens);
        self.total.requests += requests;
        self.total.tokens = self.total.tokens.saturating_add(tokens);
    }

    /// When fewer than `limit` requests are left, if nothing comes in; `None` if never.
    pub(crate) fn requests_below(&self, limit: u64) -> Option<DateTime<Utc>> {
        self.below(self.total.requests, limit, |second| second.requests)
    }

    /// As [`requests_below`](Self::requests_below), of tokens.
    pub(crate) fn tokens_below(&self, limit: u64) -> Option<DateTime<Utc>> {
        self.below(self.total.tokens, limit, |second| second.tokens)
    }

    fn below(&self, total: u64, limit: u64, of: impl Fn(&Second) -> u64) -> Option<DateTime<Utc>> {
        let mut left = total;
        let oldest = self.newest - (SPAN - 1);
        for second in oldest..=self.newest {
            left = left.saturating_sub(self.seconds.get(place(second)).map_or(0, &of));
            if left < limit {
                return DateTime::from_timestamp(second + SPAN, 0);
            }
        }
        None
    }

    fn at(&mut self, second: i64) -> &mut Second {
        let [first, rest @ ..] = &mut self.seconds;
        match place(second).checked_sub(1) {
            None => first,
            Some(index) => rest.get_mut(index).unwrap_or(first),
        }
    }
}

fn place(second: i64) -> usize {
    usize::try_from(second.rem_euclid(SPAN)).unwrap_or_default()
}
