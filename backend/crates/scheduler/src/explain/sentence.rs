//! The whole of an explanation in a sentence or two. What is merely none for the request, or came after the one that was
//! chosen, is left to the list.

use super::lines::Line;
use super::words::time;
use crate::pick::Reason;
use chrono::{DateTime, Utc};

/// More reasons than this would not be read in a sentence.
const NAMED_MAX: usize = 3;

/// Whether a request went there, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Went,
    WouldGo,
}

impl Mood {
    fn words(self) -> &'static str {
        match self {
            Self::Went => "Went",
            Self::WouldGo => "Would go",
        }
    }
}

pub(super) fn picked(mood: Mood, name: &str, reason: Reason, lines: &[Line]) -> String {
    let why = match reason {
        Reason::Pinned => "what the request names at the vendor's lies there",
        Reason::Sticky => "it served this conversation before",
        Reason::Bound => "the key is bound to it",
        Reason::Priority => "it comes first",
        Reason::LeastLoad => "of those that come first, it has the lesser load for its weight of two drawn",
        Reason::Waited => "it was the first to have room, after the request had waited",
        Reason::OnlyCandidate => "it was the only one that could take the request",
    };
    format!("{} to {name}: {why}.{}", mood.words(), outs(lines))
}

pub(super) fn refused(mood: Mood, code: &str, lines: &[Line], at: DateTime<Utc>) -> String {
    let why = match code {
        "none_configured" => "there is no account for requests of this kind.",
        "none_offers_model" => "no account offers the model.",
        "all_tried" => "all accounts were tried.",
        _ => "no account can take the request at the moment.",
    };
    let back = lines
        .iter()
        .filter(|line| line.is_out)
        .filter_map(|line| line.until);
    let back = match back.min() {
        Some(until) => format!(" The first is back at {}.", time(until, at)),
        None => String::new(),
    };
    format!("{} nowhere: {why}{}{back}", mood.words(), outs(lines))
}

fn outs(lines: &[Line]) -> String {
    let out: Vec<&Line> = lines.iter().filter(|line| line.is_out).collect();
    let named = out.iter().take(NAMED_MAX);
    let mut parts: Vec<String> = named
        .map(|line| format!(" {} was out: {}.", line.name, line.text.trim_end_matches('.')))
        .collect();
    match out.len().saturating_sub(NAMED_MAX) {
        0 => (),
        1 => parts.push(" So was one other.".to_owned()),
        rest => parts.push(format!(" So were {rest} others.")),
    }
    parts.concat()
}
