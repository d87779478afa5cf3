//! Budgets as a tree: the organisation's, below it cost centres' and users', below them keys', each with a bar.

mod bar;
mod draft;
mod form;
mod words;

pub use bar::{BudgetBar, marks};

use crate::api::budgets::{self, use_budgets};
use crate::api::{Query, use_action};
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Go, is_default, use_edited, use_refreshing};
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Confirm, Empty, Failure, Glyph, Icon, Menu, MenuItem, Page, PageHead, Skeleton,
    Switch, use_toasts,
};
use form::BudgetDialog;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use tollgate_contract::budgets::{Budget, BudgetQuery, BudgetScope, Budgets as Listed};
use words::scope_group;
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct View {
    /// The id of the budget that is changed, or `new`.
    #[serde(skip_serializing_if = "is_default")]
    open: Option<String>,
    /// Whether budgets of single keys are shown.
    #[serde(skip_serializing_if = "is_default")]
    keys: bool,
}

impl View {
    fn with(&self, open: Option<String>) -> Self {
        Self { open, ..self.clone() }
    }
}

/// The page.
#[component]
pub fn Budgets() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<View>(Route::Budgets);
    let found = use_budgets(&BudgetQuery {
        key_id: None,
        with_keys: view.value.keys,
    });
    use_refreshing(found.reload.clone());
    let doomed = use_state(|| None::<Rc<Budget>>);
    let writes = may(me.as_ref(), "budgets.write");
    let opening = |open: Option<String>| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(open.clone()))
    };
    let add = opening(Some("new".to_owned()));
    let onkeys = {
        let value = view.value.clone();
        view.push.reform(move |keys| View {
            keys,
            ..(*value).clone()
        })
    };
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |budget| doomed.set(Some(budget)))
    };
    let keep = {
        let doomed = doomed.clone();
        Callback::from(move |()| doomed.set(None))
    };
    html! {
        <Page>
            <PageHead title={t.budgets.title} text={Some(AttrValue::from(t.budgets.intro))}>
                if writes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.budgets.add} onclick={add.clone()} />
                }
            </PageHead>
            <div class="mb-4"><Switch id="with-keys" label={t.budgets.with_keys} on={view.value.keys} onchange={onkeys} /></div>
            { match (&found.data, &found.error) {
                (Some(budgets), _) if budgets.items.is_empty() => nothing(writes, add, t),
                (Some(budgets), _) => html! { <Tree budgets={budgets.clone()} {writes} view={view.clone()} {ondelete} /> },
                (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
                (None, None) => html! { <Skeleton class="h-96" /> },
            } }
            if writes {
                { opened(&view.value, &found, opening(None)) }
            }
            if let Some(doomed) = &*doomed {
                <Remove doomed={doomed.clone()} onclose={keep} />
            }
        </Page>
    }
}

fn nothing(writes: bool, add: Callback<()>, t: &Texts) -> Html {
    html! {
        <div class="panel">
            <Empty glyph={Glyph::Wallet} title={t.budgets.empty_title} text={t.budgets.empty_help}>
                if writes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.budgets.add} onclick={add} />
                }
            </Empty>
        </div>
    }
}

fn opened(view: &View, found: &Query<Listed>, onclose: Callback<()>) -> Html {
    match &view.open {
        None => Html::default(),
        Some(open) if open == "new" => html! { <BudgetDialog {onclose} /> },
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

/// The form, once the budget is known.
#[component]
fn Editing(props: &EditingProps) -> Html {
    let known = |budgets: &Rc<Listed>| {
        let mut all = budgets.items.iter();
        let found = all.find(|budget| budget.id.to_string() == *props.id)?;
        Some(Rc::new(found.clone()))
    };
    let (edited, newest) = use_edited(&props.found, known, |budget: &Budget| budget.version);
    match edited {
        Some(edited) => {
            html! { <BudgetDialog key={edited.version.to_string()} edited={edited.clone()} newest={Some(newest)} onclose={props.onclose.clone()} /> }
        }
        None => Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct TreeProps {
    budgets: Rc<Listed>,
    writes: bool,
    view: UrlState<View>,
    ondelete: Callback<Rc<Budget>>,
}

/// How deep a budget stands: below the organisation's, below people's and centres'.
fn indent(scope: &BudgetScope) -> &'static str {
    match scope {
        BudgetScope::Tenant => "",
        BudgetScope::CostCentre { .. } | BudgetScope::User { .. } => "md:ml-6",
        BudgetScope::Key { .. } => "md:ml-12",
    }
}

#[component]
fn Tree(props: &TreeProps) -> Html {
    let t = use_texts();
    let groups = props
        .budgets
        .items
        .chunk_by(|one, other| scope_group(&one.scope, t) == scope_group(&other.scope, t));
    let sections = groups.filter_map(|group| {
        let first = group.first()?;
        Some(html! {
            <section key={scope_group(&first.scope, t)} class={classes!("mb-6", indent(&first.scope))}>
                <h2 class="mb-2 font-semibold">{ scope_group(&first.scope, t) }</h2>
                <ul class="panel divide-y divide-base-300">{ for group.iter().map(|budget| line(budget, props, t)) }</ul>
            </section>
        })
    });
    html! { <div data-testid="budgets">{ for sections }</div> }
}

fn line(budget: &Budget, props: &TreeProps, t: &Texts) -> Html {
    html! {
        <li key={budget.id.to_string()} class="grid items-center gap-x-6 gap-y-2 px-4 py-3 grid-cols-[minmax(0,1fr)_2.25rem] md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_2.25rem]">
            <div class="min-w-0">
                <p class="flex flex-wrap items-center gap-2"><span class="font-medium break-words">{ budget.name.clone() }</span>{ marks(budget, t) }</p>
                { subject(budget) }
            </div>
            <div class="max-md:row-start-2 max-md:col-span-2"><BudgetBar budget={budget.clone()} /></div>
            <div class="max-md:row-start-1 max-md:col-start-2">
                if props.writes {
                    { row_menu(budget, props, t) }
                }
            </div>
        </li>
    }
}

/// Whose spending it bounds, leading to it.
fn subject(budget: &Budget) -> Html {
    let name = budget.scope_name.clone();
    let class = "block truncate text-xs text-muted hover:underline";
    match &budget.scope {
        BudgetScope::Tenant => Html::default(),
        BudgetScope::Key { key_id } => {
            html! { <Go to={Route::Keys} query={format!("open={key_id}")} {class}>{ name }</Go> }
        }
        BudgetScope::User { user_id } => {
            html! { <Go to={Route::Keys} query={format!("owner={user_id}")} {class}>{ name }</Go> }
        }
        BudgetScope::CostCentre { cost_centre } => {
            let query = serde_urlencoded::to_string([("cost_centre", cost_centre)]).unwrap_or_default();
            html! { <Go to={Route::Keys} {query} {class}>{ name }</Go> }
        }
    }
}

fn row_menu(budget: &Budget, props: &TreeProps, t: &Texts) -> Html {
    let doomed = Rc::new(budget.clone());
    let edit = {
        let (value, id) = (props.view.value.clone(), budget.id.to_string());
        props.view.push.reform(move |()| value.with(Some(id.clone())))
    };
    let items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, edit),
        MenuItem::new(
            Glyph::Trash,
            t.shared.delete,
            props.ondelete.reform(move |()| doomed.clone()),
        )
        .danger(),
    ];
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &budget.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}

#[derive(Properties, PartialEq)]
struct RemoveProps {
    doomed: Rc<Budget>,
    onclose: Callback<()>,
}

#[component]
fn Remove(props: &RemoveProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let (id, name) = (props.doomed.id, props.doomed.name.clone());
    let done = {
        let (onclose, name) = (props.onclose.clone(), name.clone());
        Callback::from(move |()| {
            toasts.done(fill(t.budgets.deleted, &[("name", &name)]));
            onclose.emit(());
        })
    };
    let action = use_action(move |()| budgets::delete(id), done);
    html! {
        <Confirm title={fill(t.budgets.delete_title, &[("name", &name)])} effect={t.budgets.delete_effect} verb={t.budgets.delete_verb}
            name={Some(AttrValue::from(name))} busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
