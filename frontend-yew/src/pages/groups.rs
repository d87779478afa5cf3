//! Groups of accounts: per service, their members by priority, and how many keys are bound to each.

mod draft;
mod form;
mod members;

use crate::api::groups::{self, use_groups};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Go, Opened, service_name};
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Column, Confirm, Empty, Failure, Glyph, Icon, Menu, MenuItem, Moment, Page, PageHead,
    Row, Table, use_toasts,
};
use form::GroupDialog;
use std::rc::Rc;
use tollgate_contract::groups::{AccountGroup, AccountGroups, GrantedGroup};
use yew::prelude::*;

/// The page.
#[component]
pub fn Groups() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<Opened>(Route::Groups);
    let found = use_groups();
    let doomed = use_state(|| None::<Rc<AccountGroup>>);
    let writes = may(me.as_ref(), "accounts.write");
    let close = view.push.reform(|()| Opened::default());
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |group| doomed.set(Some(group)))
    };
    let keep = {
        let doomed = doomed.clone();
        Callback::from(move |()| doomed.set(None))
    };
    let failed = found.error.clone().filter(|_| found.data.is_none());
    let granted = found
        .data
        .as_ref()
        .map(|groups| groups.granted.as_slice())
        .unwrap_or_default();
    html! {
        <Page>
            <PageHead title={t.groups.title} text={Some(AttrValue::from(t.groups.intro))}>
                if writes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.groups.add} onclick={view.push.reform(|()| Opened::new())} />
                }
            </PageHead>
            if let Some(error) = failed {
                <Failure {error} onretry={found.reload.clone()} />
            } else {
                <List view={view.clone()} groups={found.data.clone()} {writes} {ondelete} />
            }
            if !granted.is_empty() {
                { shared(granted, t) }
            }
            if writes {
                { opened(&view.value, found.data.as_deref(), &close) }
            }
            if let Some(doomed) = &*doomed {
                <Remove doomed={doomed.clone()} onclose={keep} />
            }
        </Page>
    }
}

/// The platform's groups that may be used as well.
fn shared(granted: &[GrantedGroup], t: &Texts) -> Html {
    let rows: Vec<Row> = granted
        .iter()
        .map(|group| Row {
            key: group.id.to_string().into(),
            cells: vec![
                html! { <span class="font-medium">{ group.name.clone() }</span> },
                html! { { service_name(group.service, t) } },
                html! { <Moment at={group.since} /> },
            ],
            onopen: None,
            menu: Html::default(),
        })
        .collect();
    html! {
        <section class="mt-8">
            <h2 class="font-semibold">{ t.groups.granted }</h2>
            <p class="mb-3 text-muted">{ t.groups.granted_help }</p>
            <div class="panel overflow-hidden">
                <Table label={t.groups.granted} columns={vec![Column::text(t.groups.name), Column::text(t.groups.service), Column::text(t.groups.since)]} {rows} />
            </div>
        </section>
    }
}

fn opened(view: &Opened, known: Option<&AccountGroups>, close: &Callback<()>) -> Html {
    if view.is_new() {
        return html! { <GroupDialog onclose={close.clone()} /> };
    }
    let edited = view
        .open
        .as_ref()
        .and_then(|open| known?.items.iter().find(|group| group.id.to_string() == *open));
    match edited {
        Some(edited) => {
            html! { <GroupDialog key={edited.id.to_string()} edited={Some(Rc::new(edited.clone()))} onclose={close.clone()} /> }
        }
        None => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    view: UrlState<Opened>,
    groups: Option<Rc<AccountGroups>>,
    writes: bool,
    ondelete: Callback<Rc<AccountGroup>>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let t = use_texts();
    if props
        .groups
        .as_ref()
        .is_some_and(|groups| groups.items.is_empty())
    {
        return html! {
            <div class="panel">
                <Empty glyph={Glyph::Layers} title={t.groups.empty_title} text={t.groups.empty_help}>
                    if props.writes {
                        <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.groups.add} onclick={props.view.push.reform(|()| Opened::new())} />
                    }
                </Empty>
            </div>
        };
    }
    let rows = props.groups.as_ref().map(|groups| {
        let rows = groups.items.iter().map(|group| Row {
            key: group.id.to_string().into(),
            cells: cells(group, t),
            onopen: props.writes.then(|| opening(&props.view, group)),
            menu: if props.writes {
                row_menu(group, props, t)
            } else {
                Html::default()
            },
        });
        rows.collect::<Vec<_>>()
    });
    let columns = vec![
        Column::text(t.groups.name),
        Column::text(t.groups.service),
        Column::text(t.groups.members),
        Column::figure(t.groups.keys),
    ];
    html! {
        <div class="panel overflow-hidden"><Table label={t.groups.title} {columns} {rows} menus={props.writes} skeletons=3 /></div>
    }
}

fn opening(view: &UrlState<Opened>, group: &AccountGroup) -> Callback<()> {
    let id = group.id;
    view.push.reform(move |()| Opened::of(id))
}

fn cells(group: &AccountGroup, t: &Texts) -> Vec<Html> {
    let members = group.members.iter().map(|member| {
        html! {
            <span key={member.account_id.to_string()} class="inline-flex max-w-48 items-center gap-1 rounded bg-base-content/8 px-1.5 text-xs">
                <Go to={Route::Accounts} query={format!("open={}", member.account_id)} class="truncate hover:underline">{ member.name.clone() }</Go>
                if let Some(priority) = member.priority {
                    <span class="figures text-muted" title={t.groups.priority}>{ priority }</span>
                }
            </span>
        }
    });
    vec![
        html! {
            <div class="min-w-0 md:max-w-64">
                <Go to={Route::Groups} query={format!("open={}", group.id)} class="block truncate font-medium hover:underline">{ group.name.clone() }</Go>
                <span class="block truncate text-xs text-muted">{ group.description.clone() }</span>
            </div>
        },
        html! { { service_name(group.service, t) } },
        if group.members.is_empty() {
            html! { <span class="text-muted">{ t.groups.nobody }</span> }
        } else {
            html! { <div class="flex flex-wrap gap-1">{ for members }</div> }
        },
        html! { <span class="figures">{ group.keys }</span> },
    ]
}

fn row_menu(group: &AccountGroup, props: &ListProps, t: &Texts) -> Html {
    let doomed = Rc::new(group.clone());
    let items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, opening(&props.view, group)),
        MenuItem::new(
            Glyph::Trash,
            t.shared.delete,
            props.ondelete.reform(move |()| doomed.clone()),
        )
        .danger(),
    ];
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &group.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}

#[derive(Properties, PartialEq)]
struct RemoveProps {
    doomed: Rc<AccountGroup>,
    onclose: Callback<()>,
}

#[component]
fn Remove(props: &RemoveProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let (id, name) = (props.doomed.id, props.doomed.name.clone());
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |()| {
            toasts.done(fill(t.groups.deleted, &[("name", &name)]));
            onclose.emit(());
        })
    };
    let action = use_action(move |()| groups::delete(id), done);
    html! {
        <Confirm title={fill(t.groups.delete_title, &[("name", &props.doomed.name)])} effect={t.groups.delete_effect} verb={t.groups.delete_verb}
            busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
