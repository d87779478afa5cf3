//! Which accounts are listed: platforms in tabs, search, state, tag and group, and what holds as chips.

use super::platforms::platform_name;
use super::state::state_name;
use super::view::{AccountsView, counts, groups, tags};
use crate::i18n::{Texts, use_texts};
use crate::state::UrlState;
use crate::ui::{Chip, Chips, Choice, Search, Segments, SelectInput};
use std::rc::Rc;
use tollgate_contract::accounts::{AccountState, Accounts};
use tollgate_contract::platform::Platform;
use yew::prelude::*;

/// Two of them share a phone's line.
const SELECT: &str = "w-[calc(50%-0.25rem)] sm:w-44";

#[derive(Properties, PartialEq)]
pub struct FiltersProps {
    pub view: UrlState<AccountsView>,
    /// `None`: still loading.
    pub accounts: Option<Rc<Accounts>>,
}

/// The tabs, the search and the filters.
#[component]
pub fn Filters(props: &FiltersProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let items = props
        .accounts
        .as_ref()
        .map(|accounts| accounts.items.as_slice())
        .unwrap_or_default();
    let onsearch = changing(view, |view, text: String| {
        view.text = Some(text).filter(|text| !text.trim().is_empty());
    });
    let onstate = changing(view, |view, text: String| view.state = AccountState::parse(&text));
    let ontag = changing(view, |view, text: String| {
        view.tag = Some(text).filter(|text| !text.is_empty());
    });
    let ongroup = changing(view, |view, text: String| view.group = text.parse().ok());
    let any = |name: &str| Choice::new("", format!("{name}: {}", t.shared.any));
    let mut states = vec![any(t.accounts.state)];
    states.extend(AccountState::ALL.map(|state| Choice::new(state.as_str(), state_name(state, t))));
    let (known_tags, known_groups) = (tags(items), groups(items));
    let tag_choices: Vec<Choice> = [any(t.accounts.tag)]
        .into_iter()
        .chain(known_tags.iter().map(|tag| Choice::new(tag.clone(), tag.clone())))
        .collect();
    let group_choices: Vec<Choice> = [any(t.accounts.group)]
        .into_iter()
        .chain(
            known_groups
                .iter()
                .map(|group| Choice::new(group.id.to_string(), group.name.clone())),
        )
        .collect();
    html! {
        <>
            { tabs(view, items.len(), &counts(items), t) }
            <div class="mb-3 flex flex-wrap gap-2" role="search" aria-label={t.shared.filters}>
                <Search value={view.value.text.clone().unwrap_or_default()} label={t.accounts.search} {onsearch} />
                <SelectInput id="filter-state" value={view.value.state.map(AccountState::as_str).unwrap_or_default()} choices={states}
                    label={t.accounts.state} class={SELECT} onchange={onstate} />
                if !known_tags.is_empty() {
                    <SelectInput id="filter-tag" value={view.value.tag.clone().unwrap_or_default()} choices={tag_choices}
                        label={t.accounts.tag} class={SELECT} onchange={ontag} />
                }
                if !known_groups.is_empty() {
                    <SelectInput id="filter-group" value={view.value.group.map(|id| id.to_string()).unwrap_or_default()} choices={group_choices}
                        label={t.accounts.group} class={SELECT} onchange={ongroup} />
                }
            </div>
            <Chips chips={chips(view, items, t)} onclear={changing(view, |view, ()| view.clear())} />
        </>
    }
}

/// A change of the list's address by what a field says.
pub fn changing<T: 'static>(view: &UrlState<AccountsView>, change: fn(&mut AccountsView, T)) -> Callback<T> {
    let value = view.value.clone();
    view.push
        .reform(move |said| value.with_list(|view| change(view, said)))
}

/// All, and each platform that has an account or is chosen.
fn tabs(view: &UrlState<AccountsView>, all: usize, counts: &[(Platform, usize)], t: &Texts) -> Html {
    let chosen = view.value.platform;
    let mut choices = vec![Choice::new("", format!("{} {all}", t.accounts.all))];
    choices.extend(Platform::ALL.into_iter().filter_map(|platform| {
        let number = counts
            .iter()
            .find(|(counted, _)| *counted == platform)
            .map_or(0, |(_, number)| *number);
        (number > 0 || chosen == Some(platform)).then(|| {
            Choice::new(
                platform.as_str(),
                format!("{} {number}", platform_name(platform, t)),
            )
        })
    }));
    let onchange = changing(view, |view, text: AttrValue| {
        view.platform = Platform::parse(&text);
    });
    html! {
        <div class="mb-3">
            <Segments label={t.accounts.platform} value={chosen.map(Platform::as_str).unwrap_or_default()} {choices} {onchange} />
        </div>
    }
}

fn chips(
    view: &UrlState<AccountsView>,
    items: &[tollgate_contract::accounts::Account],
    t: &Texts,
) -> Vec<Chip> {
    let chip = |name: &'static str, value: Option<String>, without: fn(&mut AccountsView, ())| {
        value.map(|value| Chip {
            name: name.into(),
            value: value.into(),
            onremove: changing(view, without),
        })
    };
    let now = &view.value;
    let group = now.group.map(|id| {
        let known = groups(items).into_iter().find(|group| group.id == id);
        known.map_or_else(|| id.to_string(), |group| group.name)
    });
    let state = now.state.map(|state| state_name(state, t).to_owned());
    let unwell = now.unwell.then(|| t.overview.accounts_unwell.to_owned());
    let all = [
        chip(t.frame.search, now.text.clone(), |view, ()| view.text = None),
        chip(t.accounts.state, state, |view, ()| view.state = None),
        chip(t.accounts.state, unwell, |view, ()| view.unwell = false),
        chip(t.accounts.tag, now.tag.clone(), |view, ()| view.tag = None),
        chip(t.accounts.group, group, |view, ()| view.group = None),
    ];
    all.into_iter().flatten().collect()
}
