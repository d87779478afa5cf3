//! The dashboard: is anything wrong, how much today against yesterday, what changed.

mod first_run;
mod tiles;
mod trend;
mod view;
mod wallet;

use crate::api::stats::use_overview;
use crate::browser;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::accounts::state::{recovery, state_pill};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{Choice, Failure, Glyph, Icon, Page, PageHead, Segments, Skeleton};
use first_run::FirstRun;
use gloo_timers::callback::Interval;
use std::rc::Rc;
use tiles::{TileSkeletons, Tiles, is_well};
use tollgate_contract::stats::{AccountTile, Overview as Figures, TrendRange};
use trend::{Models, Trend, range_name};
use view::{OverviewView, parse_range, range_str};
use wallet::Wallet;

pub use wallet::kind_name;
use yew::prelude::*;

/// While the page is in front, its figures are renewed this often.
const EVERY_MS: u32 = 15_000;

/// The page.
#[component]
pub fn Overview() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<OverviewView>(Route::Overview);
    let found = use_overview(view.value.range);
    use_renewal(&found.reload);
    let ranges = [TrendRange::Day, TrendRange::Week, TrendRange::Month];
    let choices = ranges
        .map(|range| Choice::new(range_str(range), range_name(range, t)))
        .to_vec();
    let onchange = {
        let value = view.value.clone();
        view.push.reform(move |range: AttrValue| OverviewView {
            range: parse_range(&range),
            ..(*value).clone()
        })
    };
    let close = {
        let value = view.value.clone();
        view.push.reform(move |()| OverviewView {
            wallet: false,
            ..(*value).clone()
        })
    };
    let zone = me
        .as_ref()
        .map(|me| fill(t.overview.zone, &[("zone", &me.tenant.time_zone)]));
    html! {
        <Page>
            <PageHead title={t.overview.title} text={zone.map(AttrValue::from)}>
                <Segments label={t.figures.range} value={range_str(view.value.range)} {choices} {onchange} />
            </PageHead>
            if let Some(overview) = &found.data {
                <FirstRun overview={overview.clone()} />
                { unwell(overview, t) }
                // Its own element, not the placeholder's, which would be seen to move where something stands above.
                <div key="figures" class="flex flex-col gap-4">
                    <Tiles overview={overview.clone()} accounts={may(me.as_ref(), "accounts.read")} />
                    <Trend view={view.clone()} overview={overview.clone()} />
                    <Models view={view.clone()} overview={overview.clone()} />
                </div>
            } else if let Some(error) = &found.error {
                <Failure error={error.clone()} onretry={found.reload.clone()} />
            } else {
                <div key="placeholder" class="flex flex-col gap-4">
                    <TileSkeletons />
                    <div class="panel h-[23rem] p-4 md:p-5" aria-hidden="true"><Skeleton class="h-5 w-28" /><Skeleton class="mt-14 h-60" /></div>
                    <div class="panel h-48 p-4 md:p-5" aria-hidden="true"><Skeleton class="h-5 w-28" /><Skeleton class="mt-6 h-24" /></div>
                </div>
            }
            if view.value.wallet && may(me.as_ref(), "billing.read") {
                <Wallet onclose={close} />
            }
        </Page>
    }
}

/// Accounts that do not take requests though they were meant to.
fn unwell(overview: &Rc<Figures>, t: &Texts) -> Html {
    let unwell: Vec<&AccountTile> = overview
        .accounts
        .iter()
        .filter(|account| account.schedulable && !is_well(account))
        .collect();
    if unwell.is_empty() {
        return Html::default();
    }
    html! {
        <section class="panel mb-4 border-error/35 p-4 md:px-5" aria-label={t.overview.accounts_unwell}>
            <h2 class="mb-2 flex items-center gap-2 font-semibold"><Icon glyph={Glyph::Alert} class="size-4 text-error" />{ t.overview.accounts_unwell }</h2>
            <ul class="divide-y divide-base-300">{ for unwell.into_iter().map(|account| unwell_line(account, t)) }</ul>
        </section>
    }
}

fn unwell_line(account: &AccountTile, t: &Texts) -> Html {
    html! {
        <li key={account.id.to_string()} class="flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
            <Go to={Route::Accounts} query={format!("open={}", account.id)} class="font-medium hover:underline min-w-0 truncate">{ account.name.clone() }</Go>
            { state_pill(account.state, account.schedulable, t) }
            <span class="min-w-0 grow text-muted break-words">{ account.state_reason.clone() }</span>
            if let Some(at) = account.state_until {
                <span class="text-xs text-muted">{ t.accounts.until }{ " " }{ recovery(at, t) }</span>
            }
        </li>
    }
}

/// Loads anew now and then, while someone looks.
#[hook]
fn use_renewal(reload: &Callback<()>) {
    let reload = reload.clone();
    use_effect_with((), move |()| {
        let interval = Interval::new(EVERY_MS, move || {
            if browser::visible() {
                reload.emit(());
            }
        });
        move || drop(interval)
    });
}
