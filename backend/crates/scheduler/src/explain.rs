//! Why this account, or why none: as JSON for the usage event and the logs, and as a dry run's answer. Bounded, and put into
//! words only when asked for. What a tenant reads tells nothing of other tenants and of the platform's accounts.

mod lines;
mod sentence;
mod words;

use self::sentence::Mood;
use crate::candidate::{Candidate, Out};
use crate::desk::Held;
use crate::pick::{Choice, Reason, Wish, choose, survey};
use crate::pool::Pool;
use crate::snapshot::Unusable;
use chrono::{DateTime, Utc};
use lines::Line;
use rand::Rng;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_contract::schedule::{ConsideredAccount, ScheduleAnswer, ScheduledAccount};

/// More accounts than this would not be read; most tenants have fewer.
pub(crate) const CONSIDERED_MAX: usize = 20;
/// A dry run is made for a person who wants to see all.
const DRY_RUN_MAX: usize = 200;

/// Who reads an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// The tenant: of accounts that it was granted it sees the pool's name and little else.
    Tenant,
    /// The platform's own tenant, which owns these.
    Platform,
}

/// Accounts that did not get the request, the first few of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    noted: Vec<Noted>,
    most: usize,
    /// Accounts that are not among those noted, and how many of these are the tenant's own.
    others: usize,
    own_others: usize,
    /// As of when.
    at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq)]
struct Noted {
    id: AccountId,
    name: Arc<str>,
    platform: Platform,
    is_granted: bool,
    out: Out,
}

/// The account that got the request, and why.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    id: AccountId,
    name: Arc<str>,
    is_granted: bool,
    reason: Reason,
}

impl Chosen {
    pub(crate) fn new(candidate: &Candidate, reason: Reason) -> Self {
        let account = &candidate.account;
        Self {
            id: account.id,
            name: account.public_name.clone(),
            is_granted: candidate.is_granted,
            reason,
        }
    }

    /// The account that a request was handed after it had waited.
    pub(crate) fn waited(held: &Held) -> Self {
        Self {
            id: held.account.id,
            name: held.account.public_name.clone(),
            is_granted: held.is_granted,
            reason: Reason::Waited,
        }
    }

    #[cfg(test)]
    pub(crate) fn reason(&self) -> Reason {
        self.reason
    }

    /// Whether the account is another's, which granted it.
    pub(crate) fn is_granted(&self) -> bool {
        self.is_granted
    }
}

impl Considered {
    pub(crate) fn new(at: DateTime<Utc>, most: usize) -> Self {
        Self {
            noted: Vec::new(),
            most,
            others: 0,
            own_others: 0,
            at,
        }
    }

    pub(crate) fn note(&mut self, candidate: &Candidate, out: Out) {
        if self.noted.len() >= self.most {
            return self.pass_over(candidate);
        }
        let account = &candidate.account;
        self.noted.push(Noted {
            id: account.id,
            name: account.public_name.clone(),
            platform: account.platform,
            is_granted: candidate.is_granted,
            out,
        });
    }

    pub(crate) fn note_unusable(&mut self, unusable: &Unusable, out: Out) {
        if self.noted.len() >= self.most {
            return self.leave_out(1, usize::from(!unusable.is_granted));
        }
        self.noted.push(Noted {
            id: unusable.id,
            name: unusable.name.clone(),
            platform: unusable.platform,
            is_granted: unusable.is_granted,
            out,
        });
    }

    /// Counts an account that is not worth the room, or was not looked at.
    pub(crate) fn pass_over(&mut self, candidate: &Candidate) {
        self.leave_out(1, usize::from(!candidate.is_granted));
    }

    /// Counts accounts that were not looked at, and how many of these are the tenant's own.
    pub(crate) fn leave_out(&mut self, all: usize, own: usize) {
        self.others += all;
        self.own_others += own;
    }

    /// Of a request that got an account.
    pub(crate) fn picked(&self, chosen: &Chosen, eyes: Eyes) -> Value {
        let lines = self.lines(eyes);
        let is_shown = eyes == Eyes::Platform || !chosen.is_granted;
        json!({
            "picked": { "id": is_shown.then_some(chosen.id), "name": &*chosen.name },
            "reason": chosen.reason.as_str(),
            "sentence": sentence::picked(Mood::Went, &chosen.name, chosen.reason, &lines),
            "considered": lines.iter().map(Line::json).collect::<Vec<_>>(),
            "others": self.own_others,
        })
    }

    /// Of a request that got none.
    pub(crate) fn refused(&self, reason: &str) -> Value {
        let lines = self.lines(Eyes::Tenant);
        json!({
            "picked": null,
            "reason": reason,
            "sentence": sentence::refused(Mood::Went, reason, &lines, self.at),
            "considered": lines.iter().map(Line::json).collect::<Vec<_>>(),
            "others": self.own_others,
        })
    }
}

/// Where a request would go now. No seat is taken, and all accounts are considered.
pub(crate) fn dry_run(
    pool: &Pool,
    wish: &Wish<'_>,
    at: DateTime<Utc>,
    rng: &mut impl Rng,
    eyes: Eyes,
) -> ScheduleAnswer {
    let now = at.into();
    let take = |candidate: &Candidate| candidate.out(wish, now).map_or(Ok(None), Err);
    let (choice, looked) = choose(pool, wish, now, rng, take);
    let survey = survey(pool, wish, now, choice.as_ref(), &looked, DRY_RUN_MAX);
    let (recovers_at, lines) = (survey.recovers_at, survey.considered.lines(eyes));
    let considered = lines.iter().map(ConsideredAccount::from).collect();
    let (picked, reason, sentence) = if let Some(choice) = &choice {
        let name = &choice.candidate.account.public_name;
        let sentence = sentence::picked(Mood::WouldGo, name, choice.reason, &lines);
        let picked = scheduled(choice, wish, eyes);
        (Some(picked), choice.reason.as_str(), sentence)
    } else {
        let code = survey.refusal(at).code();
        (None, code, sentence::refused(Mood::WouldGo, code, &lines, at))
    };
    ScheduleAnswer {
        sentence,
        picked,
        reason: reason.to_owned(),
        recovers_at,
        considered,
        at,
    }
}

/// How the platform's accounts call a model is the platform's.
fn scheduled(choice: &Choice<'_>, wish: &Wish<'_>, eyes: Eyes) -> ScheduledAccount {
    let account = &choice.candidate.account;
    let is_hidden = eyes == Eyes::Tenant && choice.candidate.is_granted;
    let model = if is_hidden {
        wish.model
    } else {
        account.sent_model(wish.model)
    };
    ScheduledAccount {
        id: (!is_hidden).then_some(account.id),
        name: account.public_name.to_string(),
        platform: account.platform,
        model: model.to_owned(),
    }
}
