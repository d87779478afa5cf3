//! What can come of a request, as far as it tells of the account.

use chrono::{DateTime, Utc};

/// What came of a request, as far as it tells of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The upstream answered as it should, or found the fault in the request itself.
    Answered,
    /// 429 for a moment: too many requests or tokens in a minute. Until the end that the vendor named, if it named one.
    RateLimited {
        /// The end of the vendor's window.
        until: Option<DateTime<Utc>>,
    },
    /// 429 because what a subscription may use in hours or days is used up, for all models.
    WindowUsedUp {
        /// What a person shall read, such as `its 5-hour window is used up`.
        what: &'static str,
        /// When the window begins anew, if it was said.
        until: Option<DateTime<Utc>>,
    },
    /// 429 of one model alone: it says nothing of how the account is doing. Which model is closed until when is told to
    /// the account's windows.
    ModelLimited {
        /// When the model may be asked again, if it was said.
        until: Option<DateTime<Utc>>,
    },
    /// 529, or 503 with a time.
    Overloaded {
        /// When to come back, if it was said.
        until: Option<DateTime<Utc>>,
    },
    /// 401, or a 403 that means the credential: it is refused.
    Unauthorized,
    /// The vendor refuses the account until a person does something about it.
    NeedsPerson {
        /// What a person shall read, such as `the vendor has disabled its organisation`.
        reason: &'static str,
    },
    /// 403: the account may not use this model or feature. It may well use others, so this says nothing of how it is
    /// doing: no state, no streak of failures and no cool-down changes. The caller lists the account as tried. If the
    /// request was the probe of a faulty account, the next request is the probe.
    NotPermitted,
    /// 402, or a 429 that speaks of quota or credit.
    QuotaExhausted {
        /// When the quota is renewed, if it was said.
        until: Option<DateTime<Utc>>,
    },
    /// 5xx, no connection, no answer, or garbage.
    Failed {
        /// What a person shall read, such as `the connection was refused`; codes of failed connections are weighed, and
        /// those that begin with `proxy_` are the proxy's. Never secrets or addresses.
        reason: &'static str,
    },
}

impl Observed {
    /// How much a failure weighs. Where nothing could be sent at all, the next request will hardly fare better: two of
    /// these say what three others do.
    pub(super) fn weight(reason: &str) -> u32 {
        let unreached = reason.starts_with("proxy_")
            || reason.starts_with("connect_")
            || matches!(reason, "dns" | "tls" | "blocked");
        if unreached { 3 } else { 2 }
    }

    /// The reason as a person reads it: a proxy's failure names the proxy.
    pub(super) fn words(reason: &'static str) -> String {
        match reason.strip_prefix("proxy_") {
            Some(what) => format!("its proxy failed ({what})"),
            None => reason.to_owned(),
        }
    }
}
