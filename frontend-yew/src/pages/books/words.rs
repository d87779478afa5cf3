//! Verifications and nodes in words.

use crate::format;
use crate::i18n::Texts;
use crate::ui::{Pill, Tone};
use tollgate_contract::books::{NodeState, Verification, VerifyScope};
use yew::prelude::*;

/// How much was looked at.
pub fn scope(scope: VerifyScope, t: &Texts) -> &'static str {
    match scope {
        VerifyScope::Whole => t.books.scope_whole,
        VerifyScope::SinceSeal => t.books.scope_since_seal,
        VerifyScope::Quick => t.books.scope_quick,
    }
}

/// What came of it.
pub fn outcome(of: &Verification, t: &Texts) -> Html {
    let (tone, text) = match (of.passed, of.started_at, &of.error) {
        (Some(true), ..) => (Tone::Good, t.books.passed),
        (Some(false), _, Some(_)) => (Tone::Bad, t.books.broken),
        (Some(false), _, None) => (Tone::Bad, t.books.failed),
        (None, Some(_), _) => (Tone::Waiting, t.books.running),
        (None, None, _) => (Tone::Waiting, t.books.waits),
    };
    html! { <Pill {tone} {text} /> }
}

/// Rows looked at, over all checks.
pub fn rows_of(of: &Verification) -> u64 {
    of.checks.values().fold(0, |sum, rows| sum.saturating_add(*rows))
}

/// How long it took.
pub fn took(of: &Verification) -> Option<String> {
    let time = of.finished_at? - of.started_at?;
    Some(format::duration(
        u64::try_from(time.num_milliseconds()).unwrap_or(0),
    ))
}

/// A node's state.
pub fn node(state: NodeState, t: &Texts) -> Html {
    let (tone, text) = match state {
        NodeState::Running => (Tone::Good, t.books.running),
        NodeState::Silent => (Tone::Bad, t.books.silent),
        NodeState::Fenced => (Tone::Quiet, t.books.fenced),
    };
    html! { <Pill {tone} {text} /> }
}

/// Bytes as a person reads them: `38.2 GB`.
pub fn bytes(number: i64) -> String {
    let mut rest = u64::try_from(number).unwrap_or(0);
    let mut tenths = 0;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if rest < 1_000 {
            break;
        }
        tenths = rest % 1_000 / 100;
        rest /= 1_000;
        unit = larger;
    }
    if unit == "B" {
        return format!("{rest} B");
    }
    format!("{rest}.{tenths} {unit}")
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        assert_eq!(
            [0, 999, 1_000, 38_249_000_000, -1].map(bytes),
            ["0 B", "999 B", "1.0 kB", "38.2 GB", "0 B"]
        );
    }
}
