//! What a vendor tells of a subscription that was just granted. What can't be learnt is a warning: the account works
//! without. Only Google's project is needed, see `google`.

use super::google;
use super::keep::Place;
use crate::accounts::store::Told;
use crate::accounts::vendor::{Answer, Line, Unreached};
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use secrecy::SecretString;
use tollgate_http::Fault;
use tollgate_oauth::{ApiFault, Issued, IssuedToken, Way, WindowSeen, claude};
use url::Url;

/// Everything that was learnt.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub(super) told: Told,
    pub(super) windows: Vec<WindowSeen>,
    /// Of Google: where requests are counted.
    pub(super) project: Option<String>,
    /// The vendor's own id of the account.
    pub(super) account: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// A question that goes with the new token.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) state: &'a ManageState,
    pub(super) line: Line<'a>,
    pub(super) token: &'a SecretString,
    /// Where the account's requests go.
    pub(super) base_url: &'a Url,
}

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Untold {
    Unreached(Unreached),
    Refused(ApiFault),
}

impl Untold {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Unreached(unreached) => unreached.message.clone(),
            Self::Refused(fault) => fault.to_string(),
        }
    }
}

impl Asking<'_> {
    /// Asks, and reads the answer with one of the protocol's readers.
    pub(super) async fn ask<T>(
        &self,
        request: http::Request<bytes::Bytes>,
        read: impl FnOnce(u16, &HeaderMap, &[u8], DateTime<Utc>) -> Result<T, ApiFault>,
    ) -> Result<T, Untold> {
        let answer = self.line.ask(request).await.map_err(Untold::Unreached)?;
        let Answer {
            status,
            headers,
            body,
        } = &answer;
        read(*status, headers, body, self.state.clock().now()).map_err(Untold::Refused)
    }
}

/// Learns what there is to learn.
///
/// # Errors
/// If the account could not work: Google Code Assist without a project.
pub(super) async fn learn(
    state: &ManageState,
    line: Line<'_>,
    place: &Place,
    way: Way,
    issued: &Issued,
    learnt: &mut Learnt,
) -> Result<(), Fault> {
    let IssuedToken::Bearer(token) = &issued.token else {
        return Err(Fault::internal("keys were issued where a bearer token is"));
    };
    learnt.told.identity = issued.identity.clone().unwrap_or_default();
    learnt.told.plan.clone_from(&issued.plan);
    learnt.account.clone_from(&issued.account);
    let base_url = Url::parse(&place.settings.base_url).map_err(Fault::internal)?;
    let asking = Asking {
        state,
        line,
        token,
        base_url: &base_url,
    };
    match way {
        Way::Claude => claude_subscription(asking, learnt).await,
        // A set-up token is for inference alone: it may not ask for a profile.
        Way::ClaudeSetupToken => {}
        Way::Google => google::learn(asking, place.settings.project.as_deref(), learnt).await?,
        Way::OpenAi => {
            if learnt.account.is_none() {
                let text = "The vendor named no ChatGPT account; without it Codex may refuse requests.";
                learnt.warnings.push(text.to_owned());
            }
        }
    }
    Ok(())
}

async fn claude_subscription(asking: Asking<'_>, learnt: &mut Learnt) {
    let request = claude::profile_request(asking.base_url, asking.token);
    match asking.ask(request, claude::read_profile).await {
        Ok(profile) => {
            learnt.told.plan = profile.plan;
            learnt.told.opus = profile.opus;
            if let Some(identity) = profile.identity {
                learnt.told.identity = identity;
            }
            learnt.account = profile.organization.or(learnt.account.take());
        }
        Err(untold) => learnt.warnings.push(format!(
            "Plan and e-mail address are not known: {}.",
            untold.text()
        )),
    }
    let request = claude::usage_request(asking.base_url, asking.token);
    match asking.ask(request, claude::read_usage).await {
        Ok(windows) => learnt.windows = windows,
        Err(untold) => learnt.warnings.push(format!(
            "The windows' use is not known before the first request: {}.",
            untold.text()
        )),
    }
}
