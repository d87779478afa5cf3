//! A subscription's usage windows as a vendor tells them. Never in here: what follows from a full one.

use chrono::{DateTime, TimeDelta, Utc};

/// The share used is never told as more than this: ten times the window.
const PERMILLE_MAX: f64 = 10_000.0;

/// Names are this long at most, in letters.
const NAME_MAX: usize = 32;

/// Resets farther ahead are no resets: the longest window is a month.
const AHEAD_MAX: TimeDelta = TimeDelta::days(62);

/// A window in which a subscription may use so much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowSeen {
    /// How long it is and, after `_`, what it counts if not all: `5h`, `7d`, `7d_opus`.
    pub name: String,
    /// The share used, in thousandths; over 1,000 where the vendor lets more through.
    pub used_permille: u32,
    /// When it begins anew, UTC, if told.
    pub resets_at: Option<DateTime<Utc>>,
    /// The vendor's own word for its state (`allowed`, `allowed_warning`, `rejected`), if told.
    pub status: Option<String>,
}

/// A vendor's word as we keep it: small letters, digits and `_`, so that headers (`7d-sonnet`) and interfaces
/// (`seven_day_sonnet`) mean the same window.
pub(crate) fn name(text: &str) -> String {
    let small = text.chars().take(NAME_MAX).map(|c| c.to_ascii_lowercase());
    small
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// A share of one in thousandths; `None` for what is no share.
pub(crate) fn permille(share: f64) -> Option<u32> {
    let permille = (share * 1000.0).round();
    if !permille.is_finite() || permille < 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and ten thousand"
    )]
    Some(permille.min(PERMILLE_MAX) as u32)
}

/// A point in time as vendors write it: seconds since 1970 UTC, or RFC 3339.
pub(crate) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return DateTime::from_timestamp(seconds, 0);
    }
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(moment.with_timezone(&Utc))
}

/// A reset that can be true: not behind us, not farther ahead than any window lasts.
pub(crate) fn ahead(moment: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let ahead = moment.signed_duration_since(now);
    (ahead > TimeDelta::zero() && ahead <= AHEAD_MAX).then_some(moment)
}
