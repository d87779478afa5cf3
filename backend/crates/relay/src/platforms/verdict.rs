//! What an upstream's answer means for its account and for the request: each format's error reader has put the vendor's
//! word into our table already; here status, words and headers are put together.

mod limits;
mod resets;

use chrono::{DateTime, Utc};
use http::header::HeaderMap;
use tollgate_contract::platform::Platform;
use tollgate_scheduler::{Observed, Seat};
use tollgate_wire::error::{AccountFault, ErrorKind, UpstreamError};

/// An answer's head, and the vendor's own error where it gives one in its format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard<'a> {
    pub(crate) status: u16,
    /// Its word goes before the status where it is plain, since errors within a stream have no status.
    pub(crate) said: Option<&'a UpstreamError>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) platform: Platform,
    /// The model's name as it was sent; empty where it is not known any more.
    pub(crate) model: &'a str,
    pub(crate) now: DateTime<Utc>,
}

/// What an answer's status means for its account and for the request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// An answer.
    Good,
    /// The request itself is at fault: the client is told, no other account would say otherwise.
    ClientFault,
    /// This account can't answer it; another one may.
    TryElsewhere(Blame),
}

/// Why an account could not answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Blame {
    pub(crate) observed: Observed,
    /// A stable word for logs and metrics.
    pub(crate) code: &'static str,
    pub(crate) learnt: Learnt,
}

/// What is learnt of an account beside its state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Learnt {
    Nothing,
    /// A model's limit is reached; other models may be asked for.
    Closed {
        /// How long the limit's window is: `1m`, `1d`, `7d`.
        window: &'static str,
        /// The family of models that it counts; `None`: the model that was asked for.
        family: Option<&'static str>,
        /// When it may be asked for again, if that was said.
        until: Option<DateTime<Utc>>,
    },
    /// The account's plan has no Opus models.
    LacksOpus,
}

impl Learnt {
    /// Tells the account; `asked` is the model that was asked for.
    pub(crate) fn report(self, seat: &Seat, asked: &str) {
        match self {
            Self::Nothing => {}
            Self::Closed {
                window,
                family,
                until,
            } => {
                let model = seat.account().sent_model(asked);
                seat.model_limited(window, family.unwrap_or(model), until);
            }
            Self::LacksOpus => seat.lacks_opus(),
        }
    }
}

impl Blame {
    fn new(observed: Observed, code: &'static str) -> Self {
        Self {
            observed,
            code,
            learnt: Learnt::Nothing,
        }
    }
}

/// Reads an answer's head.
pub(crate) fn judge(heard: Heard<'_>) -> Verdict {
    let Some(meaning) = meaning(heard.status, heard.said) else {
        return Verdict::Good;
    };
    if let Some(blame) = heard.said.and_then(|said| of_account(&heard, said)) {
        return Verdict::TryElsewhere(blame);
    }
    let elsewhere = |observed, code| Verdict::TryElsewhere(Blame::new(observed, code));
    match meaning {
        ErrorKind::Overloaded => {
            let until = resets::after(heard.headers, heard.said, heard.now);
            elsewhere(Observed::Overloaded { until }, "upstream_overloaded")
        }
        ErrorKind::RateLimit => Verdict::TryElsewhere(limits::blame(&heard)),
        ErrorKind::Authentication => elsewhere(Observed::Unauthorized, "upstream_unauthorized"),
        ErrorKind::Billing => {
            let until = resets::after(heard.headers, heard.said, heard.now);
            elsewhere(Observed::QuotaExhausted { until }, "upstream_quota_exhausted")
        }
        // The account may not use this model or feature; it may well use others.
        ErrorKind::Permission => elsewhere(Observed::NotPermitted, "upstream_forbidden"),
        ErrorKind::InvalidRequest
        | ErrorKind::NotFound
        | ErrorKind::RequestTooLarge
        | ErrorKind::MethodNotAllowed
            if heard.said.is_some() =>
        {
            Verdict::ClientFault
        }
        // Not in the format: a wrong base URL, or a proxy on the way. No state follows, since a client can provoke it.
        ErrorKind::InvalidRequest => elsewhere(Observed::NotPermitted, "upstream_unusable"),
        ErrorKind::Internal
        | ErrorKind::Unavailable
        | ErrorKind::GatewayTimeout
        | ErrorKind::RequestTimeout => elsewhere(failed("server error"), "upstream_failed"),
        // Redirects are not followed: the account's base URL is wrong.
        _ => elsewhere(failed("unusable answer"), "upstream_unusable"),
    }
}

fn failed(reason: &'static str) -> Observed {
    Observed::Failed { reason }
}

/// What the vendor says of the account itself.
fn of_account(heard: &Heard<'_>, said: &UpstreamError) -> Option<Blame> {
    let person = |reason| Blame::new(Observed::NeedsPerson { reason }, "upstream_unauthorized");
    Some(match said.account? {
        AccountFault::Disabled => person("the vendor has disabled its organisation or account"),
        AccountFault::Revoked => person("its grant was revoked: it must be connected anew"),
        AccountFault::NotAllowed => person("its organisation does not allow such grants"),
        AccountFault::NeedsCheck => person("the vendor wants a person to confirm the account"),
        AccountFault::NoLongContext => Blame::new(Observed::NotPermitted, "upstream_forbidden"),
        // Claude Code reads this as "not in the Pro plan" for Opus models (see `wire`); any other unknown name is the
        // client's fault. Which names there are is known from the price book before anything is sent.
        AccountFault::NoSuchModel => {
            if heard.platform != Platform::ClaudeOfficial || !limits::is_of(heard.model, "opus") {
                return None;
            }
            Blame {
                learnt: Learnt::LacksOpus,
                ..Blame::new(Observed::NotPermitted, "upstream_forbidden")
            }
        }
    })
}

/// What vendor and status say together; `None`: nothing is wrong.
fn meaning(status: u16, said: Option<&UpstreamError>) -> Option<ErrorKind> {
    let class = said.and_then(|error| error.class);
    // Words that are never said of a request's own fault count whatever the status.
    if let Some(
        ErrorKind::Overloaded
        | ErrorKind::RateLimit
        | ErrorKind::Authentication
        | ErrorKind::Billing
        | ErrorKind::Permission,
    ) = class
    {
        return class;
    }
    let by_status = match status {
        529 => ErrorKind::Overloaded,
        429 => ErrorKind::RateLimit,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::Billing,
        403 => ErrorKind::Permission,
        408 | 500..=599 => ErrorKind::Internal,
        400..=499 => return class.or(Some(ErrorKind::InvalidRequest)),
        200..=299 if said.is_none() => return None,
        200..=299 => return class.or(Some(ErrorKind::Internal)),
        _ => ErrorKind::BadGateway,
    };
    // A fault of the request that comes as a server error is one all the same.
    match class {
        Some(ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::RequestTooLarge)
            if by_status == ErrorKind::Internal =>
        {
            class
        }
        _ => Some(by_status),
    }
}

#[cfg(test)]
mod tests;
