//! Which address shows which page. Never in here: what a page shows.

use yew_router::prelude::*;

/// Every page that has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Routable)]
pub enum Route {
    #[at("/")]
    Overview,
    #[at("/keys")]
    Keys,
    #[at("/policies")]
    Policies,
    #[at("/budgets")]
    Budgets,
    #[at("/billing")]
    Billing,
    #[at("/vouchers")]
    Vouchers,
    #[at("/accounts")]
    Accounts,
    #[at("/account-groups")]
    Groups,
    #[at("/proxies")]
    Proxies,
    #[at("/explain")]
    Explain,
    #[at("/prices")]
    Prices,
    #[at("/requests")]
    Requests,
    #[at("/usage")]
    Usage,
    #[at("/reconciliation")]
    Reconcile,
    #[at("/margin")]
    Margin,
    #[at("/captures")]
    Captures,
    #[at("/books")]
    Books,
    #[at("/re-pricing")]
    Repricings,
    #[at("/exports")]
    Exports,
    #[at("/sign-in")]
    SignIn,
    #[at("/admin/sign-in")]
    AdminSignIn,
    #[at("/sign-up")]
    SignUp,
    #[not_found]
    #[at("/not-found")]
    NotFound,
}

impl Route {
    /// Whether the page is for those who are not signed in.
    pub fn is_public(self) -> bool {
        matches!(self, Self::SignIn | Self::AdminSignIn | Self::SignUp)
    }
}
