//! The filters that a page handed over with what it shows, as chips that can be taken away.

use super::view::ExportsView;
use crate::api::accounts::use_accounts_if;
use crate::api::keys::use_key_if;
use crate::api::people::use_person;
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, use_locale};
use crate::pages::requests::status_name;
use crate::pages::usage::client_name;
use crate::state::{UrlState, may, use_me};
use crate::ui::{Chip, Chips};
use chrono::{DateTime, Utc};
use tollgate_contract::exports::ExportSource;
use tollgate_contract::requests::Quality;
use uuid::Uuid;
use yew::prelude::*;

/// Takes a filter away.
type Without = fn(&mut ExportsView);

#[derive(Properties, PartialEq)]
pub struct CarriedProps {
    pub view: UrlState<ExportsView>,
    /// The organisation's.
    pub zone: String,
}

/// The chips.
#[component]
pub fn Carried(props: &CarriedProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let me = use_me();
    let view = &props.view.value;
    let key = use_key_if(view.key);
    let accounts = use_accounts_if(view.account.is_some() && may(me.as_ref(), "accounts.read"));
    let user = use_person(view.user.filter(|_| may(me.as_ref(), "users.read")));
    let key_name = key.data.as_ref().map(|key| key.name.clone());
    let account_name = accounts.data.as_ref().and_then(|found| {
        let one = found.items.iter().find(|one| Some(one.id) == view.account);
        one.map(|one| one.name.clone())
    });
    let user_name = user.map(|user| user.name);
    let named = |id: Uuid, name: Option<String>| match name {
        _ if id.is_nil() => t.usage.none.to_owned(),
        Some(name) => name,
        None => format!("…{}", &id.to_string()[28..]),
    };
    let quality = view.quality.map(|quality| match quality {
        Quality::Exact => t.requests.quality_exact.to_owned(),
        Quality::Estimated => t.requests.quality_estimated.to_owned(),
    });
    let all: [(&'static str, Option<String>, Without); 11] = [
        (t.exports.range, range(view, &props.zone, locale), |view| {
            (view.after, view.before) = (None, None);
        }),
        (t.exports.key, view.key.map(|id| named(id.0, key_name)), |view| {
            view.key = None;
        }),
        (
            t.exports.user,
            view.user.map(|id| named(id.0, user_name)),
            |view| view.user = None,
        ),
        (
            t.exports.account,
            view.account.map(|id| named(id.0, account_name)),
            |view| view.account = None,
        ),
        (t.exports.platform, view.platform.clone(), |view| {
            view.platform = None;
        }),
        (
            t.exports.client,
            view.client.map(|client| client_name(client, t).to_owned()),
            |view| view.client = None,
        ),
        (
            t.exports.status,
            view.status.map(|status| status_name(status, t).to_owned()),
            |view| view.status = None,
        ),
        (t.requests.quality, quality, |view| {
            view.quality = None;
        }),
        (t.exports.tags, view.tag.clone(), |view| {
            view.tag = None;
        }),
        (
            t.requests.filter_http,
            view.http.map(|status| status.to_string()),
            |view| view.http = None,
        ),
        (t.requests.filter_charge, view.charge.map(format::money), |view| {
            view.charge = None;
        }),
    ];
    let ms: (&'static str, Option<String>, Without) =
        (t.requests.filter_ms, view.ms.map(|ms| ms.to_string()), |view| {
            view.ms = None;
        });
    let transfers = view.source == ExportSource::Transfers;
    let chips: Vec<Chip> = all
        .into_iter()
        .chain([ms])
        // Transfers are of a time and of nothing else.
        .take(if transfers { 1 } else { usize::MAX })
        .filter_map(|(name, value, without)| {
            Some(Chip {
                name: name.into(),
                value: value?.into(),
                onremove: changing(&props.view, without),
            })
        })
        .collect();
    let onclear = changing(&props.view, |view| {
        *view = ExportsView {
            tab: view.tab,
            source: view.source,
            format: view.format,
            from: std::mem::take(&mut view.from),
            to: std::mem::take(&mut view.to),
            group: std::mem::take(&mut view.group),
            model: std::mem::take(&mut view.model),
            cost_centre: view.cost_centre.take(),
            ..ExportsView::default()
        };
    });
    html! { <div class="mt-4" data-testid="carried"><Chips {chips} {onclear} /></div> }
}

fn changing(view: &UrlState<ExportsView>, without: Without) -> Callback<()> {
    let value = view.value.clone();
    view.push.reform(move |()| {
        let mut next = (*value).clone();
        without(&mut next);
        next
    })
}

/// From when to when, where days do not say it.
fn range(view: &ExportsView, zone: &str, locale: Locale) -> Option<String> {
    let shown = |at: Option<DateTime<Utc>>, typed: &str| match at {
        Some(at) if typed.is_empty() => format::time(at, zone, locale, TimeStyle::Minute),
        _ => typed.to_owned(),
    };
    let counts =
        (view.after.is_some() && view.from.is_empty()) || (view.before.is_some() && view.to.is_empty());
    counts.then(|| {
        format!(
            "{} – {} ({zone})",
            shown(view.after, &view.from),
            shown(view.before, &view.to)
        )
    })
}
