//! Policies: rules that many keys share, what members may do by themselves, and the organisation's limits.

mod form;
mod limits;
mod own;

use crate::api::policies::{self, use_policies};
use crate::api::{Query, use_action};
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Go, Opened, use_edited};
use crate::pages::rules::rules_words;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Column, Confirm, Empty, Failure, Glyph, Icon, Menu, MenuItem, Page, PageHead, Pill,
    Row, Table, Tone, use_toasts,
};
use form::PolicyDialog;
use limits::{Limits, PersonLimits};
use own::Own;
use std::rc::Rc;
use tollgate_contract::policies::{Policies as Listed, Policy};
use yew::prelude::*;

/// The page.
#[component]
pub fn Policies() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<Opened>(Route::Policies);
    let found = use_policies();
    let doomed = use_state(|| None::<Rc<Policy>>);
    let writes = may(me.as_ref(), "policies.write");
    let close = view.push.reform(|()| Opened::default());
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |policy| doomed.set(Some(policy)))
    };
    let keep = {
        let doomed = doomed.clone();
        Callback::from(move |()| doomed.set(None))
    };
    let failed = found.error.clone().filter(|_| found.data.is_none());
    html! {
        <Page>
            <PageHead title={t.policies.title} text={Some(AttrValue::from(t.policies.intro))}>
                if writes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.policies.add} onclick={view.push.reform(|()| Opened::new())} />
                }
            </PageHead>
            if let Some(error) = failed {
                <Failure {error} onretry={found.reload.clone()} />
            } else {
                <List view={view.clone()} policies={found.data.clone()} {writes} {ondelete} />
            }
            if writes && found.data.is_some() {
                // Not before the list has its height, so that nothing jumps.
                <div class="mt-8 grid gap-6 xl:grid-cols-2 items-start"><Own /><div class="flex flex-col gap-6"><Limits /><PersonLimits /></div></div>
                { opened(&view.value, &found, &close) }
            }
            if let Some(doomed) = &*doomed {
                <Remove doomed={doomed.clone()} onclose={keep} />
            }
        </Page>
    }
}

fn opened(view: &Opened, found: &Query<Listed>, onclose: &Callback<()>) -> Html {
    let onclose = onclose.clone();
    match &view.open {
        None => Html::default(),
        Some(_) if view.is_new() => html! { <PolicyDialog {onclose} /> },
        Some(id) => {
            html! { <Editing key={id.clone()} id={id.clone()} found={found.clone()} {onclose} /> }
        }
    }
}

#[derive(Properties, PartialEq)]
struct EditingProps {
    id: AttrValue,
    found: Query<Listed>,
    onclose: Callback<()>,
}

/// The form, once the policy is known.
#[component]
fn Editing(props: &EditingProps) -> Html {
    let known = |policies: &Rc<Listed>| {
        let mut all = policies.items.iter();
        let found = all.find(|policy| policy.id.to_string() == *props.id)?;
        Some(Rc::new(found.clone()))
    };
    let (edited, newest) = use_edited(&props.found, known, |policy: &Policy| policy.version);
    match edited {
        Some(edited) => {
            html! { <PolicyDialog key={edited.version.to_string()} edited={edited.clone()} newest={Some(newest)} onclose={props.onclose.clone()} /> }
        }
        None => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    view: UrlState<Opened>,
    policies: Option<Rc<Listed>>,
    writes: bool,
    ondelete: Callback<Rc<Policy>>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let t = use_texts();
    if props
        .policies
        .as_ref()
        .is_some_and(|policies| policies.items.is_empty())
    {
        return html! {
            <div class="panel">
                <Empty glyph={Glyph::Layers} title={t.policies.empty_title} text={t.policies.empty_help}>
                    if props.writes {
                        <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.policies.add} onclick={props.view.push.reform(|()| Opened::new())} />
                    }
                </Empty>
            </div>
        };
    }
    let rows = props.policies.as_ref().map(|policies| {
        let rows = policies.items.iter().map(|policy| Row {
            key: policy.id.to_string().into(),
            cells: cells(policy, t),
            onopen: props.writes.then(|| opening(&props.view, policy)),
            menu: if props.writes {
                row_menu(policy, props, t)
            } else {
                Html::default()
            },
        });
        rows.collect::<Vec<_>>()
    });
    let columns = vec![
        Column::text(t.policies.name),
        Column::text(t.policies.rules),
        Column::figure(t.policies.keys),
    ];
    html! {
        <div class="panel overflow-hidden"><Table label={t.policies.title} {columns} {rows} menus={props.writes} skeletons=3 /></div>
    }
}

fn opening(view: &UrlState<Opened>, policy: &Policy) -> Callback<()> {
    let id = policy.id;
    view.push.reform(move |()| Opened::of(id))
}

fn cells(policy: &Policy, t: &Texts) -> Vec<Html> {
    vec![
        html! {
            <div class="min-w-0 md:max-w-64">
                <span class="flex items-center gap-2">
                    <Go to={Route::Policies} query={format!("open={}", policy.id)} class="truncate font-medium hover:underline">{ policy.name.clone() }</Go>
                    if policy.is_default {
                        <Pill tone={Tone::Plain} text={t.policies.default} title={t.policies.default_help} />
                    }
                </span>
                <span class="block truncate text-xs text-muted">{ policy.description.clone() }</span>
            </div>
        },
        html! { <div class="text-xs break-words md:max-w-xl">{ rules_words(&policy.rules, t) }</div> },
        html! { <Go to={Route::Keys} query={format!("policy={}", policy.id)} class="figures hover:underline">{ policy.keys }</Go> },
    ]
}

fn row_menu(policy: &Policy, props: &ListProps, t: &Texts) -> Html {
    let doomed = Rc::new(policy.clone());
    let items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, opening(&props.view, policy)),
        MenuItem::new(
            Glyph::Trash,
            t.shared.delete,
            props.ondelete.reform(move |()| doomed.clone()),
        )
        .danger(),
    ];
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &policy.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}

#[derive(Properties, PartialEq)]
struct RemoveProps {
    doomed: Rc<Policy>,
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
            toasts.done(fill(t.policies.deleted, &[("name", &name)]));
            onclose.emit(());
        })
    };
    let action = use_action(move |()| policies::delete(id), done);
    html! {
        <Confirm title={fill(t.policies.delete_title, &[("name", &props.doomed.name)])} effect={t.policies.delete_effect} verb={t.policies.delete_verb}
            busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
