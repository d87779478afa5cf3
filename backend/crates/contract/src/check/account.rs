//! Checks of an upstream account's fields, whatever its platform, and the limits they enforce.

use super::{bounded, fault, filled_line, within};
use std::collections::BTreeMap;
use validator::ValidationError;

/// Longest base URL: what common servers take as a request line.
pub const URL_MAX: usize = 2048;
/// Most models listed or mapped by one account.
pub const MODELS_MAX: usize = 200;
/// Longest name of a model.
pub const MODEL_MAX: usize = 200;
/// Longest upstream credential: the longest known ones (Bedrock's) are below 2 KB.
pub const CREDENTIAL_MAX: usize = 8192;
/// Longest region or API version: vendors' own have about twenty characters; the schema's own limit.
const WORD_MAX: usize = 32;
/// Longest name of a cloud project; the schema's own limit. Google's ids have at most 30 characters, a domain's before it
/// some more.
const PROJECT_MAX: usize = 100;
/// Longest access key id (IAM's API reference, "AccessKey").
const ACCESS_KEY_ID_MAX: usize = 128;
/// Longest ARN of a role (STS's API reference, "AssumeRole").
const ROLE_ARN_MAX: usize = 2048;
/// Longest directory of Entra ID: a domain's name.
const DIRECTORY_MAX: usize = 253;
/// Most extra headers of an account.
const HEADERS_MAX: usize = 20;
/// Longest name of an extra header.
const HEADER_NAME_MAX: usize = 100;
/// Longest value of an extra header.
const HEADER_VALUE_MAX: usize = 1000;
/// Longest time-out of an account, in seconds.
const TIMEOUT_S_MAX: u32 = 3600;

/// Headers that are never an account's to set: those of one connection (RFC 9110, 7.6.1), those that say where a message
/// goes and where it ends, credentials, which have fields of their own, and what Tollgate sets to be able to read answers
/// and to sign requests.
const HEADERS_OF_OTHERS: [&str; 23] = [
    "accept-encoding",
    "api-key",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
    "x-goog-api-key",
];

/// An account's models: distinct, each one line and not blank.
pub fn models(models: &[String]) -> Result<(), ValidationError> {
    if models.len() > MODELS_MAX {
        return Err(fault("too_many", format!("takes at most {MODELS_MAX} models")));
    }
    for (at, model) in models.iter().enumerate() {
        filled_line(model, MODEL_MAX)?;
        if models.iter().take(at).any(|earlier| earlier == model) {
            return Err(fault("duplicate", format!("names the model {model:?} twice")));
        }
    }
    Ok(())
}

/// A model mapping, asked name → name sent upstream. `*` stands for the rest of a name, at the end of what is asked alone.
pub fn model_mapping(mapping: &BTreeMap<String, String>) -> Result<(), ValidationError> {
    if mapping.len() > MODELS_MAX {
        return Err(fault("too_many", format!("maps at most {MODELS_MAX} models")));
    }
    mapping.iter().try_for_each(|(asked, sent)| {
        filled_line(asked, MODEL_MAX)?;
        filled_line(sent, MODEL_MAX)?;
        let beginning = asked.strip_suffix('*').unwrap_or(asked);
        if beginning.contains('*') || sent.contains('*') {
            return Err(fault(
                "wildcard",
                "takes `*` at the end of the model asked for alone",
            ));
        }
        Ok(())
    })
}

/// The shape of a base URL; where it may point is the server's guard to say.
pub fn base_url(text: &str) -> Result<(), ValidationError> {
    let has_scheme = text.starts_with("https://") || text.starts_with("http://");
    if !has_scheme || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(fault(
            "url",
            "must be an http or https URL such as https://api.anthropic.com",
        ));
    }
    if text.contains(['?', '#']) {
        return Err(fault("url", "must not have a query or a fragment"));
    }
    bounded(text, URL_MAX)
}

/// An upstream credential: what a header can carry.
pub fn credential(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Err(fault("required", "must not be empty"));
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(fault(
            "credential",
            "must be visible ASCII characters without space",
        ));
    }
    bounded(text, CREDENTIAL_MAX)
}

/// An AWS access key id: what can stand in a signature's `Credential` as it is.
pub fn access_key_id(text: &str) -> Result<(), ValidationError> {
    if text.is_empty() {
        return Err(fault("required", "must not be empty"));
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(fault("credential", "takes letters, digits and underscores"));
    }
    bounded(text, ACCESS_KEY_ID_MAX)
}

/// A role's name at AWS (IAM's user guide, "IAM ARNs").
pub fn aws_role_arn(text: &str) -> Result<(), ValidationError> {
    let is_arn = text.starts_with("arn:aws") && text.contains(":iam::") && text.contains(":role/");
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_/:".contains(&b);
    if !is_arn || !text.bytes().all(fits) {
        return Err(fault(
            "role_arn",
            "must be a role's ARN such as arn:aws:iam::123456789012:role/bedrock",
        ));
    }
    bounded(text, ROLE_ARN_MAX)
}

/// A directory of Entra ID: part of the token endpoint's path. Its UUID, or one of its domains.
pub fn entra_tenant_id(text: &str) -> Result<(), ValidationError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    if text.is_empty() || !text.bytes().all(fits) || text.contains("..") {
        return Err(fault(
            "entra_tenant_id",
            "must be the directory's id or one of its domains, such as contoso.onmicrosoft.com",
        ));
    }
    bounded(text, DIRECTORY_MAX)
}

/// An AWS region: part of a host's name. May be empty.
pub fn region(text: &str) -> Result<(), ValidationError> {
    word(
        "region",
        text,
        "takes lower-case letters, digits and hyphens, such as us-east-1",
    )
}

/// Azure's `api-version`: part of a query. May be empty.
pub fn api_version(text: &str) -> Result<(), ValidationError> {
    word(
        "api_version",
        text,
        "takes lower-case letters, digits and hyphens, such as 2024-10-21 or 2025-04-01-preview",
    )
}

fn word(code: &'static str, text: &str, right: &'static str) -> Result<(), ValidationError> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !text.bytes().all(fits) {
        return Err(fault(code, right));
    }
    bounded(text, WORD_MAX)
}

/// A Google Cloud project, by id or number; old ids carry a domain and a colon. May be empty.
pub fn project(text: &str) -> Result<(), ValidationError> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b);
    if !text.bytes().all(fits) {
        return Err(fault(
            "project",
            "takes a project's id, such as my-project-1234, or its number",
        ));
    }
    bounded(text, PROJECT_MAX)
}

/// Extra headers, name → value: names in lower case and not of those that others set, values that a header can carry.
pub fn extra_headers(headers: &BTreeMap<String, String>) -> Result<(), ValidationError> {
    if headers.len() > HEADERS_MAX {
        return Err(fault("too_many", format!("takes at most {HEADERS_MAX} headers")));
    }
    headers.iter().try_for_each(|(name, value)| {
        header_name(name)?;
        header_value(name, value)
    })
}

fn header_name(name: &str) -> Result<(), ValidationError> {
    // RFC 9110, 5.6.2: a token; in lower case, so that no name stands there twice.
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(fault(
            "header_name",
            "takes names of lower-case letters, digits and hyphens, such as x-team",
        ));
    }
    if HEADERS_OF_OTHERS.contains(&name) {
        return Err(fault(
            "header_refused",
            format!("can't set {name}: it has its own place"),
        ));
    }
    bounded(name, HEADER_NAME_MAX)
}

fn header_value(name: &str, value: &str) -> Result<(), ValidationError> {
    let fits = |b: u8| b.is_ascii_graphic() || b == b' ';
    if value.trim().is_empty() || value.trim().len() != value.len() || !value.bytes().all(fits) {
        return Err(fault(
            "header_value",
            format!("takes visible ASCII characters as the value of {name}, without space around it"),
        ));
    }
    bounded(value, HEADER_VALUE_MAX)
}

/// A time-out, in seconds.
pub fn timeout_s(value: u32) -> Result<(), ValidationError> {
    within(value, 1, TIMEOUT_S_MAX)
}

/// An account's priority: 1 is preferred, 100 comes last.
pub fn priority(value: u32) -> Result<(), ValidationError> {
    within(value, 1, 100)
}

/// An account's weight among accounts of the same priority.
pub fn weight(value: u32) -> Result<(), ValidationError> {
    within(value, 1, 1000)
}

#[cfg(test)]
mod tests;
