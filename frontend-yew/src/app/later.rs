//! Pages whose code loads after the first page has shown.

use crate::api::ApiError;
use crate::pages::{
    Accounts, Billing, Books, Budgets, Captures, Explain, Exports, Groups, Keys, Margin, Policies, Prices,
    Proxies, Reconcile, Repricings, Requests, Usage, Vouchers,
};
use crate::router::Route;
use crate::state::{Late, use_late};
use crate::ui::{Failure, Page, Skeleton};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct LaterProps {
    pub route: Route,
}

/// The page, as soon as its code is there.
#[component]
pub fn Later(props: &LaterProps) -> Html {
    let (late, again) = use_late();
    match late {
        Late::There => page(props.route),
        Late::Failed => {
            html! { <Page><Failure error={Rc::new(ApiError::Offline)} onretry={again} /></Page> }
        }
        Late::Loading => html! {
            <Page>
                <Skeleton class="h-8 w-48" />
                <Skeleton class="mt-4 h-96" />
            </Page>
        },
    }
}

fn page(route: Route) -> Html {
    match route {
        Route::Keys => html! { <Keys /> },
        Route::Policies => html! { <Policies /> },
        Route::Budgets => html! { <Budgets /> },
        Route::Billing => html! { <Billing /> },
        Route::Prices => html! { <Prices /> },
        Route::Vouchers => html! { <Vouchers /> },
        Route::Accounts => html! { <Accounts /> },
        Route::Groups => html! { <Groups /> },
        Route::Proxies => html! { <Proxies /> },
        Route::Explain => html! { <Explain /> },
        Route::Requests => html! { <Requests /> },
        Route::Usage => html! { <Usage /> },
        Route::Reconcile => html! { <Reconcile /> },
        Route::Margin => html! { <Margin /> },
        Route::Captures => html! { <Captures /> },
        Route::Books => html! { <Books /> },
        Route::Repricings => html! { <Repricings /> },
        Route::Exports => html! { <Exports /> },
        // They are there from the start.
        Route::Overview | Route::SignIn | Route::AdminSignIn | Route::SignUp | Route::NotFound => {
            Html::default()
        }
    }
}
