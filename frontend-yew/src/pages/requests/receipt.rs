//! A request's receipt: a button that saves it, and how it is checked.

use crate::api::{requests, use_action};
use crate::browser;
use crate::i18n::use_texts;
use crate::pages::parts::section;
use crate::ui::{Button, CopyButton, FormFailure, Glyph, use_toasts};
use tollgate_contract::ids::RequestId;
use tollgate_contract::receipts::Receipt;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ReceiptProps {
    pub id: RequestId,
}

/// The section of the drawer.
#[component]
pub fn ReceiptSection(props: &ReceiptProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let id = props.id;
    let name = format!("tollgate-receipt-{id}.json");
    let done = {
        let name = name.clone();
        Callback::from(move |receipt: Receipt| {
            let text = serde_json::to_string_pretty(&receipt).unwrap_or_default();
            if browser::save(&name, &text) {
                toasts.done(t.receipts.saved);
            }
        })
    };
    let action = use_action(move |()| requests::receipt(id), done);
    let command = format!("tollgate receipt verify {name} --key …");
    html! {
        <div data-testid="receipt">
            { section(t.receipts.title) }
            <p class="mb-2 text-muted">{ t.receipts.help }</p>
            if let Some(error) = &action.error {
                <FormFailure error={error.clone()} />
            }
            <Button glyph={Glyph::Download} label={t.receipts.save} busy={action.busy} onclick={action.run.clone()} />
            <details class="mt-2">
                <summary class="cursor-pointer text-muted">{ t.receipts.verify }</summary>
                <p class="mt-2 flex items-center gap-1"><code class="font-mono text-xs break-all">{ command.clone() }</code><CopyButton text={command} small=true /></p>
                <p class="mt-2 text-xs text-muted">{ t.receipts.verify_says }</p>
                <p class="mt-2 text-xs text-muted">{ t.receipts.verify_key }</p>
            </details>
        </div>
    }
}
