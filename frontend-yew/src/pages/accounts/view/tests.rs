//! What the address says, and what the filters leave in which order.

use super::*;
use crate::pages::accounts::sample::sample;
use serde_json::json;

fn account(name: &str, state: AccountState, priority: u32) -> Account {
    sample(json!({ "name": name, "state": state, "priority": priority }))
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

#[test]
fn accounts_are_found_by_tag_and_by_group() {
    let id = "019a0000-0000-7000-8000-0000000000aa";
    let accounts = [
        sample(json!({ "name": "one", "tags": ["prod"], "groups": [{ "id": id, "name": "heavy" }] })),
        sample(json!({ "name": "two", "tags": ["prod", "test"] })),
    ];
    assert_eq!(
        (tags(&accounts), groups(&accounts).len()),
        (vec!["prod".to_owned(), "test".to_owned()], 1)
    );
    let by_tag = AccountsView {
        tag: Some("test".to_owned()),
        ..AccountsView::default()
    };
    let by_group = AccountsView {
        group: id.parse().ok(),
        ..AccountsView::default()
    };
    assert_eq!(
        (names(&by_tag, &accounts), names(&by_group, &accounts)),
        (vec!["two".to_owned()], vec!["one".to_owned()])
    );
}

#[test]
fn what_recovers_soonest_stands_first() {
    let until = |name: &str, at: Option<&str>| sample(json!({ "name": name, "state_until": at }));
    let accounts = [
        until("never out", None),
        until("later", Some("2026-11-24T15:00:00Z")),
        until("soon", Some("2026-11-24T12:00:00Z")),
    ];
    let view = AccountsView {
        sort: Sort::Recovery,
        order: Order::Asc,
        ..AccountsView::default()
    };
    assert_eq!(names(&view, &accounts), ["soon", "later", "never out"]);
}

#[test]
fn what_is_open_survives_the_address() {
    let id = "019a0000-0000-7000-8000-000000000001".parse().unwrap();
    for open in [
        Open::Create,
        Open::Details(id),
        Open::Edit(id),
        Open::Connect(None),
        Open::Connect(Some(id)),
    ] {
        let text = serde_urlencoded::to_string(AccountsView::default().with(open)).unwrap();
        assert_eq!(
            serde_urlencoded::from_str::<AccountsView>(&text)
                .unwrap()
                .opened(),
            open,
            "{text}"
        );
    }
    let known = serde_urlencoded::from_str::<AccountsView>(AccountsView::CONNECT).unwrap();
    assert_eq!(known.opened(), Open::Connect(None));
}
