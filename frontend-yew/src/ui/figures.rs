//! Money, tokens and times as they stand in tables: short, in tabular figures, exact on hover.

use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, fill, use_locale, use_texts};
use crate::state::use_me;
use chrono::{DateTime, Utc};
use tollgate_contract::money::NanoUsd;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct MoneyProps {
    pub amount: NanoUsd,
    /// To the last nano-dollar, where amounts are added up: in statements and documents.
    #[prop_or_default]
    pub exact: bool,
    #[prop_or_default]
    pub class: Classes,
}

/// An amount of money.
#[component]
pub fn Money(props: &MoneyProps) -> Html {
    html! {
        <span class={classes!("figures", "whitespace-nowrap", props.class.clone())} title={format::money_exact(props.amount)}>
            { if props.exact { format::money_to_the_last(props.amount) } else { format::money(props.amount) } }
        </span>
    }
}

#[derive(Properties, PartialEq)]
pub struct TokensProps {
    pub number: u64,
    #[prop_or_default]
    pub class: Classes,
}

/// A number of tokens.
#[component]
pub fn Tokens(props: &TokensProps) -> Html {
    html! {
        <span class={classes!("figures", "whitespace-nowrap", props.class.clone())} title={format::count(props.number)}>
            { format::short(props.number) }
        </span>
    }
}

#[derive(Properties, PartialEq)]
pub struct MomentProps {
    pub at: DateTime<Utc>,
    /// Written out instead of "3 min. ago".
    #[prop_or_default]
    pub absolute: bool,
}

/// An instant: how long ago, and on hover when exactly in the organisation's zone.
#[component]
pub fn Moment(props: &MomentProps) -> Html {
    let locale = use_locale();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let exact = format!(
        "{} ({zone})",
        format::time(props.at, zone, locale, TimeStyle::Full)
    );
    let shown = if props.absolute {
        format::time(props.at, zone, locale, TimeStyle::Minute)
    } else {
        format::relative(props.at, locale)
    };
    html! { <time class="figures whitespace-nowrap" datetime={props.at.to_rfc3339()} title={exact}>{ shown }</time> }
}

#[derive(Properties, PartialEq)]
pub struct ChangeProps {
    pub now: i128,
    pub before: i128,
    /// What the earlier figure was, written out, for the hover.
    pub before_shown: AttrValue,
}

/// A change against the same time of yesterday.
#[component]
pub fn Change(props: &ChangeProps) -> Html {
    let locale: Locale = use_locale();
    let t = use_texts();
    let title = fill(t.figures.before, &[("figure", &props.before_shown)]);
    let Some(percent) = format::change_percent(props.now, props.before) else {
        return html! { <span class="text-muted text-xs" {title}>{ t.figures.no_comparison }</span> };
    };
    let arrow = match percent {
        0 => "→",
        1.. => "↑",
        _ => "↓",
    };
    // Far beyond what a percentage tells.
    let shown = if percent > 999 {
        "> 999".to_owned()
    } else {
        percent.unsigned_abs().to_string()
    };
    html! {
        <span class="text-muted text-xs" {title} lang={locale.tag()}>
            <span class="figures font-medium text-base-content whitespace-nowrap">{ format!("{arrow} {shown} %") }</span>{ " " }{ t.figures.against_yesterday }
        </span>
    }
}
