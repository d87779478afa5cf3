//! What the address says of the page of accounts, and which accounts that leaves in which order.

use crate::pages::parts::is_default;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tollgate_contract::accounts::{Account, AccountState, GroupRef};
use tollgate_contract::ids::{AccountId, GroupId};
use tollgate_contract::page::Order;
use tollgate_contract::platform::Platform;

/// In [`AccountsView::open`]: an account is being added.
const NEW: &str = "new";
/// In [`AccountsView::open`]: one is being connected at its vendor's.
const CONNECT: &str = "connect";

/// What accounts can be sorted by. All of them are here, so that it is done here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Those that need a look first.
    #[default]
    State,
    Name,
    Requests,
    Cost,
    Load,
    Recovery,
}

impl Sort {
    const ALL: [Self; 6] = [
        Self::State,
        Self::Name,
        Self::Requests,
        Self::Cost,
        Self::Load,
        Self::Recovery,
    ];

    /// Its name in a table's head.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Name => "name",
            Self::Requests => "requests",
            Self::Cost => "cost",
            Self::Load => "load",
            Self::Recovery => "recovery",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .unwrap_or_default()
    }
}

/// Filters, sorting, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountsView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<AccountState>,
    /// Only those that do not take requests, whatever the reason.
    #[serde(skip_serializing_if = "is_default")]
    pub unwell: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub sort: Sort,
    #[serde(skip_serializing_if = "is_default")]
    pub order: Order,
    /// An account's id, [`NEW`] or [`CONNECT`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// Whether what is open is being changed.
    #[serde(skip_serializing_if = "is_default")]
    pub edit: bool,
    /// Whether what is open is being connected anew.
    #[serde(skip_serializing_if = "is_default")]
    pub connect: bool,
}

/// What lies over the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Nothing,
    Create,
    Details(AccountId),
    Edit(AccountId),
    /// At the vendor's own page: a new one, or this one anew.
    Connect(Option<AccountId>),
}

impl AccountsView {
    /// The query of the address at which an account is added.
    pub const CREATE: &'static str = "open=new";

    /// The query of the address at which an account is connected.
    pub const CONNECT: &'static str = "open=connect";

    /// What lies over the list; an id that is none is nothing.
    pub fn opened(&self) -> Open {
        match self.open.as_deref() {
            Some(NEW) => Open::Create,
            Some(CONNECT) => Open::Connect(None),
            Some(id) => match id.parse() {
                Ok(id) if self.edit => Open::Edit(id),
                Ok(id) if self.connect => Open::Connect(Some(id)),
                Ok(id) => Open::Details(id),
                Err(_) => Open::Nothing,
            },
            None => Open::Nothing,
        }
    }

    /// The same list with this over it.
    pub fn with(&self, open: Open) -> Self {
        let shown = match open {
            Open::Nothing => None,
            Open::Create => Some(NEW.to_owned()),
            Open::Connect(None) => Some(CONNECT.to_owned()),
            Open::Details(id) | Open::Edit(id) | Open::Connect(Some(id)) => Some(id.to_string()),
        };
        Self {
            open: shown,
            edit: matches!(open, Open::Edit(_)),
            connect: matches!(open, Open::Connect(Some(_))),
            ..self.clone()
        }
    }

    /// The list with other filters or another order.
    pub fn with_list(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.with(Open::Nothing);
        change(&mut next);
        next
    }

    /// Whether anything is left out by a filter.
    pub fn filtered(&self) -> bool {
        let named = self.platform.is_some() || self.tag.is_some() || self.group.is_some();
        self.text.is_some() || named || self.state.is_some() || self.unwell
    }

    /// Everything but the sorting at its default.
    pub fn clear(&mut self) {
        *self = Self {
            sort: self.sort,
            order: self.order,
            ..Self::default()
        };
    }

    fn shows(&self, account: &Account) -> bool {
        let text = self.text.as_deref().unwrap_or_default().to_lowercase();
        let texts = [
            &account.name,
            &account.description,
            &account.base_url,
            &account.credential_hint,
            &account.subscription.identity,
        ];
        self.platform.is_none_or(|platform| account.platform == platform)
            && self.state.is_none_or(|state| account.state == state)
            && self.tag.as_ref().is_none_or(|tag| account.tags.contains(tag))
            && self
                .group
                .is_none_or(|id| account.groups.iter().any(|group| group.id == id))
            && (!self.unwell || severity(account) > 0)
            && texts.iter().any(|field| field.to_lowercase().contains(&text))
    }

    /// The accounts that the filters leave, in order.
    pub fn choose<'a>(&self, accounts: &'a [Account]) -> Vec<&'a Account> {
        let mut chosen: Vec<&Account> = accounts.iter().filter(|account| self.shows(account)).collect();
        chosen.sort_by(|a, b| {
            let order = match self.sort {
                Sort::State => (severity(a), b.priority).cmp(&(severity(b), a.priority)),
                Sort::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
                Sort::Requests => a.today.requests.cmp(&b.today.requests),
                // What recovers soonest first; what needs nothing last.
                Sort::Recovery => {
                    (a.state_until.is_none(), a.state_until).cmp(&(b.state_until.is_none(), b.state_until))
                }
                Sort::Load => a.load.in_flight.cmp(&b.load.in_flight),
                Sort::Cost => a.today.charge_nano.cmp(&b.today.charge_nano),
            };
            let order = if self.order == Order::Desc {
                order.reverse()
            } else {
                order
            };
            order.then_with(|| a.name.cmp(&b.name))
        });
        chosen
    }
}

/// How much an account needs a look; 0: not at all.
pub fn severity(account: &Account) -> u8 {
    if !account.schedulable {
        return 1;
    }
    match account.state {
        AccountState::Active => 0,
        AccountState::Disabled => 1,
        AccountState::RateLimited | AccountState::Overloaded => 2,
        AccountState::QuotaExhausted => 3,
        AccountState::Faulty => 4,
        AccountState::Unauthorized => 5,
    }
}

/// How many accounts each platform has, of those that have any.
pub fn counts(accounts: &[Account]) -> Vec<(Platform, usize)> {
    let count = |platform| {
        accounts
            .iter()
            .filter(|account| account.platform == platform)
            .count()
    };
    let all = Platform::ALL
        .into_iter()
        .map(|platform| (platform, count(platform)));
    all.filter(|(_, number)| *number > 0).collect()
}

/// The tags of all accounts, each once, sorted.
pub fn tags(accounts: &[Account]) -> Vec<String> {
    let all: BTreeSet<&String> = accounts.iter().flat_map(|account| &account.tags).collect();
    all.into_iter().cloned().collect()
}

/// The groups of all accounts, each once, by name.
pub fn groups(accounts: &[Account]) -> Vec<GroupRef> {
    let mut all: Vec<GroupRef> = accounts
        .iter()
        .flat_map(|account| account.groups.clone())
        .collect();
    all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
