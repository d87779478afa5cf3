//! What happened to an account, the newest first.

use super::super::state::{state_name, state_tone};
use crate::api::accounts::use_events;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::section;
use crate::ui::{Button, ButtonKind, Failure, Glyph, Icon, Moment, Pill, Skeleton};
use tollgate_contract::accounts::{AccountEvent, AccountEventKind};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use yew::prelude::*;

/// Shown at first; the rest on demand.
const FIRST: usize = 8;

#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub platform: Platform,
    pub id: AccountId,
}

/// The events.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let t = use_texts();
    let all = use_state(|| false);
    let found = use_events(props.platform, props.id);
    let Some(events) = &found.data else {
        let shown = match &found.error {
            Some(error) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
            None => html! { <Skeleton class="h-40" /> },
        };
        return html! { <>{ section(t.accounts.timeline) }{ shown }</> };
    };
    let number = if *all { events.items.len() } else { FIRST };
    let more = {
        let all = all.clone();
        Callback::from(move |()| all.set(true))
    };
    html! {
        <>
            { section(t.accounts.timeline) }
            if events.items.is_empty() {
                <p class="text-muted">{ t.accounts.timeline_empty }</p>
            }
            <ol class="flex flex-col" data-testid="timeline">{ for events.items.iter().take(number).map(|event| line(event, t)) }</ol>
            if events.items.len() > number {
                <Button kind={ButtonKind::Ghost} glyph={Glyph::Down} label={t.accounts.timeline_more} onclick={more} />
            }
        </>
    }
}

fn line(event: &AccountEvent, t: &Texts) -> Html {
    let (glyph, name) = kind(event.kind, t);
    html! {
        <li key={event.id.to_string()} class="relative flex gap-3 pb-3 before:absolute before:left-2 before:top-5 before:bottom-0 before:w-px before:bg-base-300 last:before:hidden">
            <Icon {glyph} class="size-4 mt-0.5 text-muted" />
            <div class="min-w-0 grow">
                <div class="flex flex-wrap items-center gap-2">
                    <span class="text-xs text-muted">{ name }</span>
                    if let Some(state) = event.state {
                        <Pill tone={state_tone(state)} text={state_name(state, t)} />
                    }
                    <span class="ml-auto text-xs text-muted"><Moment at={event.at} /></span>
                </div>
                if !event.text.is_empty() {
                    <p class="break-words">{ event.text.clone() }</p>
                }
                if let Some(at) = event.until {
                    <p class="text-xs text-muted">{ t.accounts.until }{ " " }<Moment {at} absolute=true /></p>
                }
            </div>
        </li>
    }
}

fn kind(kind: AccountEventKind, t: &Texts) -> (Glyph, &'static str) {
    match kind {
        AccountEventKind::State => (Glyph::Info, t.accounts.event_state),
        AccountEventKind::Refresh => (Glyph::Again, t.accounts.event_refresh),
        AccountEventKind::Test => (Glyph::Play, t.accounts.event_test),
        AccountEventKind::Reset => (Glyph::Check, t.accounts.event_reset),
        AccountEventKind::Connected => (Glyph::Link, t.accounts.event_connected),
    }
}
