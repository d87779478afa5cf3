//! AWS's security token service: temporary keys of a role (AWS STS API Reference, `AssumeRole`). Never in here: signing and
//! sending.

use crate::IssueFault;
use crate::endpoints::{Endpoints, constant};
use crate::fault::{Answer, told};
use crate::issued::{Issued, IssuedToken};
use crate::request::form;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

/// The service's name that the request is signed for.
pub const STS_SERVICE: &str = "sts";

/// How long the keys last: the longest that every role grants, also when roles are chained.
const LIFETIME_SECONDS: &str = "3600";

/// A session's name has 2 to 64 letters.
const NAME_MAX: usize = 64;

/// Codes that say that the role, or the keys it was asked with, are not to be had (AWS STS API Reference, "Common Errors").
const GONE: [&str; 7] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "NotAuthorized",
    "UnrecognizedClientException",
];

/// Codes that ask for patience whatever the status is.
const LATER: [&str; 6] = [
    "InternalFailure",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// A role to be taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRole {
    /// Its Amazon Resource Name.
    pub arn: String,
    /// What the role's owner asks others to show, if anything.
    pub external_id: Option<String>,
}

/// Asks for a role's keys: address and form of a POST with `content-type: application/x-www-form-urlencoded` and no
/// `accept: application/json`, to be signed for [`STS_SERVICE`] in the region with the account's own keys. The answer is for
/// [`read_issued`](crate::read_issued). `session_name` is what AWS's logs show; letters that it can't have become `-`.
pub fn assume_role(endpoints: &Endpoints, region: &str, role: &AwsRole, session_name: &str) -> (Url, String) {
    let name = session(session_name);
    let mut pairs = vec![
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", role.arn.as_str()),
        ("RoleSessionName", name.as_str()),
        ("DurationSeconds", LIFETIME_SECONDS),
    ];
    if let Some(id) = &role.external_id {
        pairs.push(("ExternalId", id));
    }
    (address(endpoints, region), form(&pairs))
}

/// The region's own endpoint (AWS General Reference, "AWS Security Token Service endpoints"). What is no region's name
/// gets the first one, which refuses a signature for another.
fn address(endpoints: &Endpoints, region: &str) -> Url {
    if let Some(url) = &endpoints.aws_sts {
        return url.clone();
    }
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let own = (!region.is_empty() && region.bytes().all(letter))
        .then(|| Url::parse(&format!("https://sts.{region}.{domain}/")).ok());
    own.flatten()
        .unwrap_or_else(|| constant("https://sts.us-east-1.amazonaws.com/"))
}

fn session(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '=' | ',' | '.' | '@' | '-');
    let kept = name.chars().take(NAME_MAX);
    let mut kept: String = kept.map(|c| if allowed(c) { c } else { '-' }).collect();
    while kept.len() < 2 {
        kept.push('-');
    }
    kept
}

/// Reads the answer.
pub(crate) fn read(answer: &Answer<'_>) -> Result<Issued, IssueFault> {
    let body = String::from_utf8_lossy(answer.body);
    if !answer.good() {
        return Err(refusal(answer, &body));
    }
    if element(&body, "AssumeRoleResponse").is_none() && element(&body, "Credentials").is_none() {
        return Err(IssueFault::NotJson);
    }
    let get = |name: &'static str| {
        let text = element(&body, name).map(|text| text.split_whitespace().collect::<String>());
        let text = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
        text.ok_or(IssueFault::Incomplete { missing: name })
    };
    let token = IssuedToken::Aws {
        access_key_id: get("AccessKeyId")?,
        secret_access_key: SecretString::from(get("SecretAccessKey")?),
        session_token: SecretString::from(get("SessionToken")?),
    };
    let missing = IssueFault::Incomplete {
        missing: "Expiration",
    };
    let until = DateTime::parse_from_rfc3339(&get("Expiration")?).map_err(|_| missing)?;
    let until = until.with_timezone(&Utc);
    if until <= answer.now {
        let detail = format!(
            "clocks differ: the new keys end at {}, but it is {} here",
            until.format("%Y-%m-%d %H:%M:%S UTC"),
            answer.now.format("%Y-%m-%d %H:%M:%S UTC")
        );
        return Err(IssueFault::Misconfigured { detail });
    }
    let account = element(&body, "Arn").and_then(|arn| arn.split(':').nth(4).map(str::to_owned));
    Ok(Issued {
        token,
        refresh_token: None,
        expires_at: Some(until),
        scopes: Vec::new(),
        identity: None,
        account: account.filter(|account| !account.is_empty()),
        plan: None,
    })
}

fn refusal(answer: &Answer<'_>, body: &str) -> IssueFault {
    let code = element(body, "Code").unwrap_or_default();
    let code = code.trim();
    let words = element(body, "Message").unwrap_or_default();
    let detail = match (code.is_empty(), words.trim().is_empty()) {
        (true, _) => format!("status {}", answer.status),
        (false, true) => told(code),
        (false, false) => told(&format!("{code}: {words}")),
    };
    if answer.busy() || LATER.contains(&code) {
        let retry_after = answer.retry_after();
        return IssueFault::TryLater { retry_after, detail };
    }
    if code.is_empty() {
        return IssueFault::NotJson;
    }
    if GONE.contains(&code) {
        return IssueFault::Revoked { detail };
    }
    // A signature carries the time, and both codes come from one that is off by more than five minutes.
    let words = words.to_ascii_lowercase();
    let clock = words.contains("signature expired") || words.contains("not yet current");
    if code == "RequestExpired" || code == "SignatureDoesNotMatch" && clock {
        let detail = told(&format!("clocks differ, set this machine's: {code}: {words}"));
        return IssueFault::Misconfigured { detail };
    }
    IssueFault::Misconfigured { detail }
}

/// The text of the first element of a name. The service's answers are a few flat elements without attributes but the
/// outermost's, no comments and no CDATA, so no parser is needed.
fn element(body: &str, name: &str) -> Option<String> {
    let start = format!("<{name}");
    let mut rest = body;
    loop {
        let (_, after) = rest.split_once(&start)?;
        if after.starts_with(['>', ' ', '\n', '\r', '\t']) {
            let (_, inner) = after.split_once('>')?;
            let (text, _) = inner.split_once(&format!("</{name}>"))?;
            return Some(unescaped(text));
        }
        rest = after;
    }
}

/// The five entities that XML itself has (XML 1.0, section 4.6).
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests;
