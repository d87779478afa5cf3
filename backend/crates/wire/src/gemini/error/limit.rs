//! Of what stretch of time and which model a limit is that Google refuses by, and when it is renewed.
//! Sources: `google.rpc.QuotaFailure` and `ErrorInfo`; Gemini API, "Rate limits"; Gemini CLI, `googleQuotaErrors.ts`, for
//! Code Assist's reasons and their metadata.

use super::super::names::{get, get_items, get_text};
use super::detail;
use crate::error::{LimitSpan, LimitTold};
use crate::tree::Node;
use std::time::Duration;

/// Code Assist's reason when what a plan may use is used up.
const QUOTA_EXHAUSTED: &str = "QUOTA_EXHAUSTED";
/// Begins the words for the end of a quota in Code Assist's message: "Your quota will reset after 4h41m7s."
const RESETS_AFTER: &str = "will reset after ";

/// The limit that an error's details tell.
pub(super) fn limit(details: &[Node<'_>]) -> LimitTold {
    let violations = detail(details, "QuotaFailure")
        .map(|failure| get_items(failure, "violations"))
        .unwrap_or_default();
    let id = |violation: &Node<'_>| get_text(violation, "quotaId").unwrap_or_default().to_owned();
    let any = |words: &[&str]| {
        violations
            .iter()
            .any(|violation| words.iter().any(|word| id(violation).contains(word)))
    };
    let metadata = metadata(details);
    let in_metadata = |name: &str| metadata.and_then(|data| get_text(data, name));
    let per_minute = |text: &str| text.contains("PerMinute");
    let reason = detail(details, "ErrorInfo").and_then(|info| get_text(info, "reason"));
    let span = if any(&["PerDay", "Daily"]) {
        Some(LimitSpan::Day)
    } else if reason == Some(QUOTA_EXHAUSTED) {
        Some(LimitSpan::Plan)
    } else if any(&["PerMinute"]) || in_metadata("quotaLimit").is_some_and(per_minute) {
        Some(LimitSpan::Minute)
    } else {
        None
    };
    LimitTold {
        span,
        one_model: any(&["PerModel"]) || in_metadata("model").is_some(),
        resets_at: None,
    }
}

/// When a quota is renewed, in the details' metadata or in words.
pub(super) fn renewed_in(details: &[Node<'_>], message: &str) -> Option<Duration> {
    let told = metadata(details).and_then(|data| get_text(data, "quotaResetDelay"));
    let in_words = || {
        let (_, rest) = message.split_once(RESETS_AFTER)?;
        let word = rest.split_ascii_whitespace().next()?;
        go_duration(word.trim_end_matches(['.', ',']))
    };
    told.and_then(go_duration).or_else(in_words)
}

fn metadata<'n, 'a>(details: &'n [Node<'a>]) -> Option<&'n Node<'a>> {
    get(detail(details, "ErrorInfo")?, "metadata")
}

/// A duration as Go writes it: `4h41m7s`, `295.285334ms`.
fn go_duration(text: &str) -> Option<Duration> {
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.');
        let (number, after) = rest.split_at_checked(digits.count())?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at_checked(letters)?;
        let scale = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()?;
        total = total.checked_add(part)?;
        rest = after;
    }
    (!total.is_zero()).then_some(total)
}
