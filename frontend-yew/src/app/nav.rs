//! What the navigation lists: one table for sidebar, phone bar and command palette.

use crate::i18n::Texts;
use crate::router::Route;
use crate::state::may;
use crate::ui::Glyph;
use std::rc::Rc;
use tollgate_contract::auth::Me;

/// A place to go.
#[derive(Clone, Copy, PartialEq)]
pub struct Place {
    pub route: Route,
    pub glyph: Glyph,
    pub label: &'static str,
}

/// The places for this person, by task.
pub fn places(t: &Texts, me: Option<&Rc<Me>>) -> Vec<Place> {
    let place = |route, glyph, label| Place { route, glyph, label };
    let mut places = vec![
        place(Route::Overview, Glyph::Overview, t.frame.overview),
        place(Route::Keys, Glyph::Key, t.frame.keys),
    ];
    if may(me, "accounts.read") {
        places.push(place(Route::Accounts, Glyph::Plug, t.frame.accounts));
    }
    places.push(place(Route::Requests, Glyph::List, t.frame.requests));
    // The four before these are what a phone's bar has room for.
    places.push(place(Route::Usage, Glyph::Chart, t.usage.title));
    places.push(place(Route::Budgets, Glyph::Wallet, t.budgets.title));
    places.push(place(Route::Prices, Glyph::Tag, t.prices.title));
    places.push(place(Route::Exports, Glyph::Download, t.exports.title));
    if may(me, "keys.read_all") {
        places.push(place(Route::Policies, Glyph::Shield, t.policies.title));
    }
    if may(me, "billing.read") {
        places.push(place(Route::Billing, Glyph::Chart, t.billing.title));
    }
    if may(me, "vouchers.write") {
        places.push(place(Route::Vouchers, Glyph::Tag, t.vouchers.title));
    }
    if may(me, "accounts.read") {
        places.push(place(Route::Groups, Glyph::Layers, t.groups.title));
        places.push(place(Route::Proxies, Glyph::Tunnel, t.proxies.title));
        places.push(place(Route::Explain, Glyph::Fork, t.explain.title));
    }
    if may(me, "billing.read") {
        places.push(place(Route::Reconcile, Glyph::Check, t.reconcile.title));
    }
    if may(me, "margin.read") {
        places.push(place(Route::Margin, Glyph::Chart, t.margin.title));
        places.push(place(Route::Books, Glyph::Shield, t.books.title));
        places.push(place(Route::Repricings, Glyph::Again, t.repricing.title));
    }
    if may(me, "captures.read") {
        places.push(place(Route::Captures, Glyph::Copy, t.captures.title));
    }
    places
}
