//! Billing: the wallet, months and their statements, invoices and credit notes, disputes, and how one is billed. The
//! platform's own people choose whose books they look at.

mod bridge;
mod disputes;
mod documents;
mod drawer;
mod issuer;
mod months;
mod profile;
mod rates;
mod requests;
mod statement;
mod wallet;

use crate::api::billing::{Whose, use_organisations, use_profile_if};
use crate::i18n::use_texts;
use crate::pages::parts::is_default;
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{Choice, Empty, Glyph, Page, PageHead, Segments, SelectInput};
use disputes::Disputes;
use documents::Documents;
use issuer::Issuer;
use months::Months;
use profile::Profile;
use serde::{Deserialize, Serialize};
use tollgate_contract::ids::{DocumentId, TenantId};
use wallet::Wallet;
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// Which part.
    #[serde(skip_serializing_if = "is_default")]
    pub tab: Tab,
    /// Whose books.
    #[serde(skip_serializing_if = "is_default")]
    pub tenant: Option<TenantId>,
    /// The month whose statement is open.
    #[serde(skip_serializing_if = "is_default")]
    pub month: Option<String>,
    /// The document that is open.
    #[serde(skip_serializing_if = "is_default")]
    pub document: Option<DocumentId>,
}

impl View {
    /// The address's query.
    pub fn address(&self) -> String {
        serde_urlencoded::to_string(self).unwrap_or_default()
    }
}

/// A part of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    #[default]
    Months,
    Documents,
    Disputes,
    Wallet,
    Profile,
    /// The operator's alone.
    Issuer,
}

impl Tab {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Months, "months"),
        (Self::Documents, "documents"),
        (Self::Disputes, "disputes"),
        (Self::Wallet, "wallet"),
        (Self::Profile, "profile"),
        (Self::Issuer, "issuer"),
    ];
}

/// What every part is told.
#[derive(Clone, PartialEq, Properties)]
pub struct PartProps {
    pub whose: Whose,
    /// Whether the viewer is of the platform's own organisation.
    pub operator: bool,
    pub view: View,
    pub onview: Callback<View>,
}

/// The page.
#[component]
pub fn Billing() -> Html {
    let t = use_texts();
    let view = use_url_state::<View>(Route::Billing);
    let reads = may(use_me().as_ref(), "billing.read");
    let mine = use_profile_if(reads);
    let operator = mine.data.as_ref().is_some_and(|profile| profile.operator);
    if !reads {
        return html! {
            <Page>
                <PageHead title={t.billing.title} />
                <div class="panel"><Empty glyph={Glyph::Shield} title={t.problems.forbidden} text={t.billing.not_yours} /></div>
            </Page>
        };
    }
    let shown = (*view.value).clone();
    let props = PartProps {
        whose: shown.tenant,
        operator,
        view: shown.clone(),
        onview: view.push.clone(),
    };
    let labels = [
        t.billing.months,
        t.billing.documents,
        t.billing.disputes,
        t.billing.wallet,
        t.billing.profile,
        t.billing.issuer_tab,
    ];
    // Another organisation's wallet is in its statements alone; the issuer is the operator's own.
    let tabs = Tab::ALL.iter().zip(labels).filter(|((tab, _), _)| match tab {
        Tab::Wallet => shown.tenant.is_none(),
        Tab::Issuer => operator && shown.tenant.is_none(),
        _ => true,
    });
    let choices = tabs
        .map(|((_, value), label)| Choice::new(*value, label))
        .collect::<Vec<_>>();
    let chosen = Tab::ALL
        .iter()
        .find(|(tab, _)| *tab == shown.tab)
        .map_or("months", |(_, value)| *value);
    let ontab = {
        let (push, tenant) = (view.push.clone(), shown.tenant);
        Callback::from(move |value: AttrValue| {
            let tab = Tab::ALL.iter().find(|(_, name)| *name == value.as_str());
            push.emit(View {
                tab: tab.map(|(tab, _)| *tab).unwrap_or_default(),
                tenant,
                ..View::default()
            });
        })
    };
    html! {
        <Page>
            <PageHead title={t.billing.title} text={Some(AttrValue::from(t.billing.intro))}>
                if operator {
                    <Organisations whose={shown.tenant} onview={view.push.clone()} />
                }
            </PageHead>
            <div class="mb-4"><Segments label={t.billing.title} value={chosen} {choices} onchange={ontab} /></div>
            { match shown.tab {
                Tab::Months => html! { <Months ..props /> },
                Tab::Documents => html! { <Documents ..props /> },
                Tab::Disputes => html! { <Disputes ..props /> },
                Tab::Wallet => html! { <Wallet /> },
                Tab::Profile => html! { <Profile ..props /> },
                Tab::Issuer => html! { <Issuer /> },
            } }
        </Page>
    }
}

#[derive(Properties, PartialEq)]
struct OrganisationsProps {
    whose: Whose,
    onview: Callback<View>,
}

/// Whose books the operator looks at.
#[component]
fn Organisations(props: &OrganisationsProps) -> Html {
    let t = use_texts();
    let found = use_organisations(true);
    let listed = found.data.iter().flat_map(|found| found.items.iter());
    let mut choices = vec![Choice::new("", t.billing.own_books)];
    choices.extend(listed.map(|one| Choice::new(one.id.to_string(), format!("{} ({})", one.name, one.slug))));
    let onchange = props.onview.reform(|value: String| View {
        tenant: value.parse().ok(),
        ..View::default()
    });
    let value = props.whose.map(|id| id.to_string()).unwrap_or_default();
    html! { <SelectInput id="organisation" label={Some(AttrValue::from(t.billing.organisation))} {value} {choices} {onchange} class={classes!("max-w-72")} /> }
}
