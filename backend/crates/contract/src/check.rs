//! Checks that several nouns share, as functions for `#[validate(custom(function = …))]`, and the limits they enforce.
//! Each error carries a stable code and an English sentence that says what would be right.

use chrono::{DateTime, Datelike, Utc};
use std::borrow::Cow;
use validator::ValidationError;

mod account;
mod captures;
mod documents;
mod money;
mod pool;
mod reports;
mod rules;

pub use account::{
    CREDENTIAL_MAX, MODEL_MAX, MODELS_MAX, URL_MAX, access_key_id, api_version, aws_role_arn, base_url,
    credential, entra_tenant_id, extra_headers, model_mapping, models, priority, project, region, timeout_s,
    weight,
};
pub use captures::{capture_bytes, capture_days, capture_keys, capture_patterns, sample_per_mille};
pub use documents::{
    address, brand_name, cents, colour, contact_name, credited, currency, dispute_reason, exchange_rate,
    first_day, foreign_currency, legal_name, logo, month, optional_email, payment_days, purchase_order,
    reference, scaled, tax_id, tax_rate,
};
pub use money::{
    PROVIDER_ID_MAX, PROVIDER_MAX, low_balance, not_below_zero, payment_amount, provider_id, provider_name,
    voucher_amount,
};
pub use pool::{
    batch_accounts, cost_cap, group_members, key_bindings, passphrase, pasted_code, port, proxy_host,
    proxy_password, proxy_username, self_test_every_s, tokens_per_minute,
};
pub use reports::{permille, report_content, report_name};
pub use rules::{
    batch_keys, budget_limit, client_rules, concurrency_rule, grace_s, icon, key_names, keys_max,
    lifetime_days, lifetime_s, model_pattern, model_patterns, networks, rule_services, start_hour,
    thresholds, voucher_code, week_start, window_rules,
};

/// Longest name of a key or an account, in characters; the schema's own limit.
pub const NAME_MAX: usize = 100;
/// Longest description, in characters; the schema's own limit.
pub const DESCRIPTION_MAX: usize = 1000;
/// Longest reason, in characters; the schema's own limit.
pub const REASON_MAX: usize = 500;
/// Longest cost centre, in characters; the schema's own limit.
pub const COST_CENTRE_MAX: usize = 100;
/// Longest name of a person or an organisation, in characters.
pub const PERSON_NAME_MAX: usize = 200;
/// Longest e-mail address (RFC 5321 with angle brackets taken off).
pub const EMAIL_MAX: usize = 254;
/// Shortest password: long ones resist guessing better than ones with odd characters (NIST SP 800-63B).
pub const PASSWORD_MIN: usize = 10;
/// Longest password in bytes: hashing has to end.
pub const PASSWORD_MAX: usize = 200;
/// Longest slug: one DNS label.
pub const SLUG_MAX: usize = 63;
/// Most tags of a key.
pub const TAGS_MAX: usize = 20;
/// Longest tag, in characters; the schema's own limit.
pub const TAG_MAX: usize = 50;
/// Highest requests per minute that a key's window takes.
pub const REQUESTS_PER_MINUTE_MAX: u32 = 1_000_000;
/// Highest number of requests at a time.
pub const CONCURRENCY_MAX: u32 = 100_000;
/// Longest search text.
pub const SEARCH_MAX: usize = 200;
/// Longest opaque text in a query other than a cursor.
const QUERY_TEXT_MAX: usize = 512;
/// Longest cursor: it carries what the list is sorted by, and a name of a hundred emoji has 400 bytes.
const CURSOR_MAX: usize = 1024;

pub(crate) fn fault(code: &'static str, message: impl Into<Cow<'static, str>>) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

fn bounded(text: &str, max: usize) -> Result<(), ValidationError> {
    if text.chars().count() > max {
        return Err(fault("too_long", format!("takes at most {max} characters")));
    }
    Ok(())
}

fn one_line(text: &str, max: usize) -> Result<(), ValidationError> {
    if text.chars().any(|c| c.is_control() || turns_text(c)) {
        return Err(fault(
            "control_character",
            "must not hold control characters, line breaks or marks that turn the direction of text",
        ));
    }
    bounded(text, max)
}

/// Line and paragraph separators, and marks that make a text read as another one than it is (UTS #55).
fn turns_text(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What takes no room on a page, so that a name of nothing else looks empty.
fn shows_nothing(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{3164}')
}

fn filled_line(text: &str, max: usize) -> Result<(), ValidationError> {
    if text.chars().all(shows_nothing) {
        return Err(fault("required", "must not be empty"));
    }
    if text.trim().len() != text.len() {
        return Err(fault("surrounding_space", "must not begin or end with space"));
    }
    one_line(text, max)
}

/// A key's or an account's name: one line, not blank.
pub fn name(text: &str) -> Result<(), ValidationError> {
    filled_line(text, NAME_MAX)
}

/// A person's or an organisation's name: one line, not blank.
pub fn person_name(text: &str) -> Result<(), ValidationError> {
    filled_line(text, PERSON_NAME_MAX)
}

/// A description: may be empty and have several lines, no other control characters.
pub fn description(text: &str) -> Result<(), ValidationError> {
    let allowed = |c| matches!(c, '\n' | '\r' | '\t');
    if text
        .chars()
        .any(|c| (c.is_control() && !allowed(c)) || turns_text(c))
    {
        return Err(fault(
            "control_character",
            "must not hold control characters other than line breaks and tabs, or marks that turn the direction of text",
        ));
    }
    bounded(text, DESCRIPTION_MAX)
}

/// Why something is done: one line, not blank, as long as the ledger takes.
pub fn reason(text: &str) -> Result<(), ValidationError> {
    filled_line(text, REASON_MAX)
}

/// A cost centre: one line, may be empty.
pub fn cost_centre(text: &str) -> Result<(), ValidationError> {
    one_line(text, COST_CENTRE_MAX)
}

/// A search text: one line, may be empty.
pub fn search_text(text: &str) -> Result<(), ValidationError> {
    one_line(text, SEARCH_MAX)
}

/// An opaque text in a query (a model, a tag): one bounded line.
pub fn query_text(text: &str) -> Result<(), ValidationError> {
    one_line(text, QUERY_TEXT_MAX)
}

/// A cursor: one bounded line; what it holds is the server's to read.
pub fn cursor(text: &str) -> Result<(), ValidationError> {
    one_line(text, CURSOR_MAX)
}

/// An instant that a calendar in use has: others are a mistake, and some of them the database can't hold.
pub fn instant(at: &DateTime<Utc>) -> Result<(), ValidationError> {
    if (2000..=2200).contains(&at.year()) {
        return Ok(());
    }
    Err(fault("out_of_range", "must lie between the years 2000 and 2200"))
}

/// An e-mail address, loosely: something, one `@`, a domain; the only proof is a mail that arrives. ASCII alone, so that
/// two addresses which look alike, or differ in case by some alphabet's rules, are never two people.
pub fn email(text: &str) -> Result<(), ValidationError> {
    let plausible = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && text.bytes().all(|b| b.is_ascii_graphic())
    });
    if !plausible {
        return Err(fault(
            "email",
            "must be an e-mail address such as ann@example.com, in ASCII (domains of other letters as xn--…)",
        ));
    }
    bounded(text, EMAIL_MAX)
}

/// A new password. Signing in takes any, so that rules may change.
pub fn new_password(text: &str) -> Result<(), ValidationError> {
    if text.chars().count() < PASSWORD_MIN {
        return Err(fault(
            "too_short",
            format!("takes at least {PASSWORD_MIN} characters"),
        ));
    }
    password(text)
}

/// A password as typed at sign-in: only what hashing needs.
pub fn password(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Err(fault("required", "must not be empty"));
    }
    if text.len() > PASSWORD_MAX {
        return Err(fault("too_long", format!("takes at most {PASSWORD_MAX} bytes")));
    }
    Ok(())
}

/// A tenant's slug: one lower-case DNS label.
pub fn slug(text: &str) -> Result<(), ValidationError> {
    let edges_fit = !text.starts_with('-') && !text.ends_with('-') && !text.is_empty();
    let all_fit = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !edges_fit || !all_fit {
        return Err(fault(
            "slug",
            "takes lower-case letters, digits and inner hyphens, such as acme-labs",
        ));
    }
    bounded(text, SLUG_MAX)
}

/// The shape of an IANA zone name; whether the zone exists is the server's to say.
pub fn time_zone(text: &str) -> Result<(), ValidationError> {
    let fits = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
    if !fits {
        return Err(fault(
            "time_zone",
            "must be an IANA time zone such as Europe/Berlin",
        ));
    }
    bounded(text, 64)
}

/// A key's tags: distinct, each one line and not blank.
pub fn tags(tags: &[String]) -> Result<(), ValidationError> {
    if tags.len() > TAGS_MAX {
        return Err(fault("too_many", format!("takes at most {TAGS_MAX} tags")));
    }
    for (at, tag) in tags.iter().enumerate() {
        filled_line(tag, TAG_MAX)?;
        if tags.iter().take(at).any(|earlier| earlier == tag) {
            return Err(fault("duplicate", format!("names the tag {tag:?} twice")));
        }
    }
    Ok(())
}

/// Requests per minute: at least 1; leave it out for no limit.
pub fn requests_per_minute(limit: u32) -> Result<(), ValidationError> {
    within(limit, 1, REQUESTS_PER_MINUTE_MAX)
}

/// Requests at a time: at least 1; leave it out for no limit.
pub fn concurrency(limit: u32) -> Result<(), ValidationError> {
    within(limit, 1, CONCURRENCY_MAX)
}

/// How many items a page holds.
pub fn page_limit(value: u32) -> Result<(), ValidationError> {
    within(value, 1, crate::page::LIMIT_MAX)
}

fn within(value: u32, min: u32, max: u32) -> Result<(), ValidationError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(fault("out_of_range", format!("must be between {min} and {max}")))
}

#[cfg(test)]
mod tests;
