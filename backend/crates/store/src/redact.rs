//! Blacks out what must not be kept of bodies: secrets, e-mail addresses, card numbers, and what a tenant's own patterns
//! find. The regular expressions take time linear in the text, whatever they are, and memory within a bound.
//! Never in here: which bodies are kept.

mod stream;

use regex::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// Bytes that a compiled pattern, and its cache, may take.
const COMPILED_MAX: usize = 1 << 20;

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

/// Keys of vendors and clouds, this house's own, tokens of known shapes, and what stands in a field or header for one.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:sk-[A-Za-z0-9_-]{16,}|cr_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}",
        r"|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|xox[abeprs]-[A-Za-z0-9-]{10,}",
        r"|AIza[0-9A-Za-z_-]{35}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
        r"|(?i:bearer)\s+[A-Za-z0-9._~+/-]{16,}=*",
        r#"|(?i:password|passwd|secret|api[_-]?key|access[_-]?token|authorization)\\?["']?\s*[:=]\s*\\?["'][^"'\\]{4,}"#,
        r")"
    ))
    .ok()
});
static EMAILS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}").ok());
/// Thirteen to nineteen digits, perhaps grouped; Luhn's sum decides.
static CARDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[0-9](?:[ -]?[0-9]){12,18}\b").ok());

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

    /// The text without what is blacked out, and how many places that were. Text of a stream's events is looked at as it
    /// reads when it is put together, too: what is cut into pieces is found as well.
    pub fn redact(&self, text: &str) -> (String, u32) {
        let (text, pieces) = match stream::redact(self, text) {
            Some((text, found)) => (text, found),
            None => (text.to_owned(), 0),
        };
        let marks = self.marks(&text);
        let found = u32::try_from(marks.len()).unwrap_or(u32::MAX);
        (cover(&text, &marks), pieces.saturating_add(found))
    }

    /// Where something is to be blacked out: in order, none within another.
    fn marks(&self, text: &str) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::new();
        let mut find = |pattern: &Regex, name: &'static str, good: fn(&str) -> bool| {
            let found = pattern.find_iter(text).filter(|found| good(found.as_str()));
            marks.extend(found.map(|found| (found.start(), found.end(), name)));
        };
        for (wanted, pattern, name, good) in [
            (
                self.what.secrets,
                &*SECRETS,
                "[redacted: secret]",
                any as fn(&str) -> bool,
            ),
            (self.what.emails, &*EMAILS, "[redacted: e-mail]", any),
            (self.what.cards, &*CARDS, "[redacted: card]", luhn),
        ] {
            if let (true, Some(pattern)) = (wanted, pattern) {
                find(pattern, name, good);
            }
        }
        for pattern in &self.patterns {
            find(pattern, "[redacted]", any);
        }
        marks.sort_unstable_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        let mut end = 0;
        marks.retain_mut(|(from, to, _)| {
            *from = (*from).max(end);
            let kept = from < to;
            end = end.max(*to);
            kept
        });
        marks
    }
}

fn any(_: &str) -> bool {
    true
}

/// The text with marks in the places of what they cover.
fn cover(text: &str, marks: &[Mark]) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (from, to, name) in marks {
        out.push_str(text.get(at..*from).unwrap_or_default());
        out.push_str(name);
        at = *to;
    }
    out.push_str(text.get(at..).unwrap_or_default());
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
