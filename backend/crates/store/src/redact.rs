//! Blacks out what must not be kept of bodies: secrets, e-mail addresses, card numbers, and what a tenant's own patterns
//! find. One search takes time linear in what it looks at and memory within a bound; all of them together end by a clock.
//! Never in here: which bodies are kept.

mod patterns;
mod search;
mod stream;

pub use search::TooSlow;

use crate::Clock;
use patterns::{CARDS, EMAILS, SECRETS};
use regex::{Regex, RegexBuilder};
use search::floor;
use std::time::{Duration, Instant};

/// Bytes that a compiled pattern, and its cache, may take.
const COMPILED_MAX: usize = 1 << 20;

/// Until when a text is looked at.
#[derive(Clone, Debug)]
pub struct Deadline {
    clock: Clock,
    until: Instant,
}

impl Deadline {
    /// So long from now on.
    pub fn after(clock: Clock, time: Duration) -> Self {
        let until = clock.monotonic() + time;
        Self { clock, until }
    }

    /// Whether its time is over.
    pub fn passed(&self) -> bool {
        self.clock.monotonic() >= self.until
    }
}

/// What a tenant's patterns may be: said whole, with the pattern's place.
#[derive(Debug, thiserror::Error)]
#[error("pattern {number} can't be used: {reason}")]
pub struct PatternError {
    /// From 1.
    pub number: usize,
    /// Why not.
    pub reason: String,
}

/// What is blacked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redact {
    /// Keys, tokens, passwords.
    pub secrets: bool,
    /// E-mail addresses.
    pub emails: bool,
    /// Numbers of payment cards.
    pub cards: bool,
}

/// Blacks out what it was made for.
#[derive(Debug)]
pub struct Redactor {
    what: Redact,
    patterns: Vec<Regex>,
}

/// A place to black out: from, to, and what stands there then.
type Mark = (usize, usize, &'static str);

impl Redactor {
    /// A redactor with a tenant's own patterns.
    ///
    /// # Errors
    /// The first pattern that is no regular expression, or too large a one.
    pub fn new(what: Redact, patterns: &[String]) -> Result<Self, PatternError> {
        let compiled = patterns.iter().enumerate().map(|(at, pattern)| {
            let wrong = |reason: String| PatternError {
                number: at + 1,
                reason,
            };
            let compiled = RegexBuilder::new(pattern)
                .size_limit(COMPILED_MAX)
                .dfa_size_limit(COMPILED_MAX)
                .build()
                .map_err(|error| wrong(error.to_string()))?;
            if compiled.is_match("") {
                return Err(wrong("it finds nothing at all, everywhere".to_owned()));
            }
            Ok(compiled)
        });
        Ok(Self {
            what,
            patterns: compiled.collect::<Result<_, _>>()?,
        })
    }

    /// The text's first `most` bytes without what is blacked out, and how many places that were. The rest of the text is
    /// looked at as well: of what begins before that place nothing is kept, wherever it ends. Text of a stream's events is
    /// looked at as it reads when it is put together, too: what is cut into pieces is found as well.
    ///
    /// # Errors
    /// If there was no time to look at all of it: then nothing of it may be kept.
    pub fn redact(&self, text: &str, most: usize, time: &Deadline) -> Result<(String, u32), TooSlow> {
        let ((mut out, found), pieces) = match stream::redact(self, text, most, time)? {
            Some((text, pieces)) => (self.covered(&text, usize::MAX, time)?, pieces),
            None => (self.covered(text, most, time)?, 0),
        };
        out.truncate(floor(&out, most));
        Ok((out, pieces.saturating_add(found)))
    }

    fn covered(&self, text: &str, most: usize, time: &Deadline) -> Result<(String, u32), TooSlow> {
        let mut marks = self.marks(text, time)?;
        marks.retain(|(from, ..)| *from < most);
        let found = u32::try_from(marks.len()).unwrap_or(u32::MAX);
        Ok((cover(text, &marks, most), found))
    }

    /// Where something is to be blacked out: in order, none within another.
    fn marks(&self, text: &str, time: &Deadline) -> Result<Vec<Mark>, TooSlow> {
        let mut marks: Vec<Mark> = Vec::new();
        let none: &[Regex] = &[];
        let built_in = |wanted: bool, patterns: &'static [Regex]| if wanted { patterns } else { none };
        for (patterns, name, good) in [
            (
                built_in(self.what.secrets, &SECRETS),
                "[redacted: secret]",
                any as fn(&str) -> bool,
            ),
            (built_in(self.what.emails, &EMAILS), "[redacted: e-mail]", any),
            (built_in(self.what.cards, &CARDS), "[redacted: card]", luhn),
            (&self.patterns, "[redacted]", any),
        ] {
            for pattern in patterns {
                search::each(pattern, text, time, &mut |from, to| {
                    if text.get(from..to).is_some_and(good) {
                        marks.push((from, to, name));
                    }
                })?;
            }
        }
        marks.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        let mut end = 0;
        marks.retain_mut(|(from, to, _)| {
            *from = (*from).max(end);
            let kept = from < to;
            end = end.max(*to);
            kept
        });
        // What two patterns found of one secret reads as one.
        marks.dedup_by(|next, before| {
            let one = next.0 == before.1 && next.2 == before.2;
            if one {
                before.1 = next.1;
            }
            one
        });
        Ok(marks)
    }
}

fn any(_: &str) -> bool {
    true
}

/// The text's first bytes with marks in the places of what they cover; a mark that reaches further ends it.
fn cover(text: &str, marks: &[Mark], most: usize) -> String {
    let end = floor(text, most);
    let (mut out, mut at) = (String::with_capacity(end), 0);
    for (from, to, name) in marks {
        out.push_str(text.get(at..*from).unwrap_or_default());
        out.push_str(name);
        at = *to;
    }
    out.push_str(text.get(at..end).unwrap_or_default());
    out
}

/// Luhn's sum: every second digit from the right counts twice.
fn luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
