//! What was kept of a request's bodies: shown by a click alone, since each look stands in the audit log.

use crate::api::{captures, use_action};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{fact, section};
use crate::ui::{Button, ButtonKind, CopyButton, FormFailure, Glyph, Moment, use_toasts};
use std::rc::Rc;
use tollgate_contract::captures::Capture;
use tollgate_contract::ids::RequestId;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct CaptureProps {
    pub id: RequestId,
}

/// The section of the drawer, for those who may look.
#[component]
pub fn CaptureSection(props: &CaptureProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let found = use_state(|| None::<Rc<Capture>>);
    let id = props.id;
    let looked = {
        let found = found.clone();
        Callback::from(move |capture: Capture| found.set(Some(Rc::new(capture))))
    };
    let gone = {
        let found = found.clone();
        Callback::from(move |()| {
            found.set(None);
            toasts.done(t.captures.deleted);
        })
    };
    let look = use_action(move |()| captures::look(id), looked);
    let delete = use_action(move |()| captures::delete(id), gone);
    html! {
        <div data-testid="capture">
            { section(t.captures.title) }
            if let Some(error) = look.error.as_ref().or(delete.error.as_ref()) {
                <FormFailure error={error.clone()} />
            }
            if let Some(capture) = &*found {
                { shown(capture, t) }
                <Button kind={ButtonKind::Danger} glyph={Glyph::Trash} label={t.captures.delete} busy={delete.busy} onclick={delete.run.clone()} />
            } else {
                <p class="mb-2 text-muted">{ t.captures.drawer_help }</p>
                <Button glyph={Glyph::Search} label={t.captures.look} busy={look.busy} onclick={look.run.clone()} />
            }
        </div>
    }
}

fn shown(capture: &Capture, t: &Texts) -> Html {
    html! {
        <>
            <dl class="divide-y divide-base-300">
                { fact(t.captures.until, html! { <Moment at={capture.expires_at} absolute=true /> }) }
                { fact(t.captures.redact, html! { { fill(t.captures.redacted, &[("number", &format::count(capture.redacted.into()))]) } }) }
            </dl>
            { body(t.captures.request, &capture.request_body, capture.request_cut.then_some(capture.request_bytes), t) }
            { body(t.captures.answer, &capture.answer_body, capture.answer_cut.then_some(capture.answer_bytes), t) }
        </>
    }
}

fn body(name: &'static str, text: &str, cut: Option<u64>, t: &Texts) -> Html {
    html! {
        <div class="my-3">
            <div class="flex items-center justify-between gap-2"><h4 class="font-medium">{ name }</h4><CopyButton text={text.to_owned()} small=true /></div>
            if let Some(bytes) = cut {
                <p class="text-xs text-muted">{ fill(t.captures.cut, &[("bytes", &format::count(bytes))]) }</p>
            }
            <pre class="mt-1 max-h-80 overflow-auto rounded-lg border border-base-300 p-2 text-xs whitespace-pre-wrap break-all" tabindex="0" aria-label={name}>{ text.to_owned() }</pre>
        </div>
    }
}
