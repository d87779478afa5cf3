//! What the address says of the page of accounts, and which accounts that leaves in which order.

use crate::pages::parts::is_default;
use serde::{Deserialize, Serialize};
use tollgate_contract::accounts::{Account, AccountState};
use tollgate_contract::ids::AccountId;
use tollgate_contract::page::Order;
use tollgate_contract::platform::Platform;

/// In [`AccountsView::open`]: an account is being added.
const NEW: &str = "new";

/// What accounts can be sorted by. All of them are here, so that it is done here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Those that need a look first.
    #[default]
    State,
    Name,
    Priority,
    Requests,
    Cost,
}

impl Sort {
    const ALL: [Self; 5] = [
        Self::State,
        Self::Name,
        Self::Priority,
        Self::Requests,
        Self::Cost,
    ];

    /// Its name in a table's head.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Name => "name",
            Self::Priority => "priority",
            Self::Requests => "requests",
            Self::Cost => "cost",
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
    pub state: Option<AccountState>,
    /// Only those that do not take requests, whatever the reason.
    #[serde(skip_serializing_if = "is_default")]
    pub unwell: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub sort: Sort,
    #[serde(skip_serializing_if = "is_default")]
    pub order: Order,
    /// An account's id, or [`NEW`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// Whether what is open is being changed.
    #[serde(skip_serializing_if = "is_default")]
    pub edit: bool,
}

/// What lies over the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Nothing,
    Create,
    Details(AccountId),
    Edit(AccountId),
}

impl AccountsView {
    /// The query of the address at which an account is added.
    pub const CREATE: &'static str = "open=new";

    /// What lies over the list; an id that is none is nothing.
    pub fn opened(&self) -> Open {
        match self.open.as_deref() {
            Some(NEW) => Open::Create,
            Some(id) => match id.parse() {
                Ok(id) if self.edit => Open::Edit(id),
                Ok(id) => Open::Details(id),
                Err(_) => Open::Nothing,
            },
            None => Open::Nothing,
        }
    }

    /// The same list with this over it.
    pub fn with(&self, open: Open) -> Self {
        let closed = Self {
            open: None,
            edit: false,
            ..self.clone()
        };
        match open {
            Open::Nothing => closed,
            Open::Create => Self {
                open: Some(NEW.to_owned()),
                ..closed
            },
            Open::Details(id) => Self {
                open: Some(id.to_string()),
                ..closed
            },
            Open::Edit(id) => Self {
                open: Some(id.to_string()),
                edit: true,
                ..closed
            },
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
        self.text.is_some() || self.platform.is_some() || self.state.is_some() || self.unwell
    }

    /// The accounts that the filters leave, in order.
    pub fn choose<'a>(&self, accounts: &'a [Account]) -> Vec<&'a Account> {
        let text = self.text.as_deref().unwrap_or_default().to_lowercase();
        let found = |account: &Account| {
            let texts = [
                &account.name,
                &account.description,
                &account.base_url,
                &account.credential_hint,
            ];
            texts.iter().any(|field| field.to_lowercase().contains(&text))
        };
        let mut chosen: Vec<&Account> = accounts
            .iter()
            .filter(|account| self.platform.is_none_or(|platform| account.platform == platform))
            .filter(|account| self.state.is_none_or(|state| account.state == state))
            .filter(|account| !self.unwell || severity(account) > 0)
            .filter(|account| found(account))
            .collect();
        chosen.sort_by(|a, b| {
            let order = match self.sort {
                Sort::State => (severity(a), b.priority).cmp(&(severity(b), a.priority)),
                Sort::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
                Sort::Priority => a.priority.cmp(&b.priority),
                Sort::Requests => a.today.requests.cmp(&b.today.requests),
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account(name: &str, state: AccountState, priority: u32) -> Account {
        serde_json::from_value(json!({
            "id": "019a0000-0000-7000-8000-000000000001", "platform": "claude_console", "name": name, "description": "",
            "base_url": "https://api.anthropic.com", "credential_kind": "api_key", "credential_hint": "abcd",
            "extra_headers": [], "priority": priority, "weight": 100,
            "schedulable": true, "concurrency_cap": null, "models": [], "model_mapping": {}, "state": state,
            "state_reason": "", "state_until": null, "state_since": "2026-11-24T00:00:00Z", "version": 1,
            "today": { "requests": 0, "input_tokens": 0, "output_tokens": 0, "cache_write_5m_tokens": 0,
                "cache_write_1h_tokens": 0, "cache_read_tokens": 0, "total_tokens": 0, "charge_nano": "0" },
            "created_at": "2026-11-24T00:00:00Z", "updated_at": "2026-11-24T00:00:00Z"
        }))
        .unwrap()
    }

    fn names(view: &AccountsView, accounts: &[Account]) -> Vec<String> {
        view.choose(accounts)
            .iter()
            .map(|account| account.name.clone())
            .collect()
    }

    #[test]
    fn what_needs_a_look_stands_first_then_what_is_preferred() {
        let accounts = [
            account("second", AccountState::Active, 50),
            account("first", AccountState::Active, 10),
            account("broken", AccountState::Unauthorized, 90),
            account("waits", AccountState::RateLimited, 1),
        ];
        assert_eq!(
            names(&AccountsView::default(), &accounts),
            ["broken", "waits", "first", "second"]
        );
        let unwell = AccountsView {
            unwell: true,
            ..AccountsView::default()
        };
        assert_eq!(names(&unwell, &accounts), ["broken", "waits"]);
    }

    #[test]
    fn search_ignores_case_and_finds_the_address() {
        let accounts = [account("One", AccountState::Active, 50)];
        let by = |text: &str| {
            names(
                &AccountsView {
                    text: Some(text.to_owned()),
                    ..AccountsView::default()
                },
                &accounts,
            )
            .len()
        };
        assert_eq!((by("oNe"), by("anthropic.com"), by("two")), (1, 1, 0));
    }

    #[test]
    fn a_platforms_accounts_are_found_among_others() {
        let mut other = account("gemini", AccountState::Active, 50);
        other.platform = Platform::Gemini;
        let view = AccountsView {
            platform: Some(Platform::Gemini),
            ..AccountsView::default()
        };
        assert!(view.filtered());
        assert_eq!(
            names(&view, &[account("claude", AccountState::Active, 50), other]),
            ["gemini"]
        );
    }
}
