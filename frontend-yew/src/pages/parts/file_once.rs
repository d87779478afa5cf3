//! Secrets of many things, shown once: as a file, and the dialog can be left only when it is said to be stored.

use crate::browser;
use crate::i18n::use_texts;
use crate::ui::{Button, ButtonKind, CheckBox, Dialog, Glyph, use_toasts};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FileOnceProps {
    pub title: AttrValue,
    pub help: AttrValue,
    /// What the button says.
    pub verb: AttrValue,
    /// What the file is called.
    pub name: &'static str,
    /// What it holds.
    pub text: AttrValue,
    /// Some of it to be read at once, where there is little.
    #[prop_or_default]
    pub shown: Vec<String>,
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn FileOnce(props: &FileOnceProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let stored = use_state(|| false);
    let save = {
        let (name, text) = (props.name, props.text.clone());
        Callback::from(move |()| {
            if !browser::save(name, &text) {
                toasts.failed(t.carry.not_saved);
            }
        })
    };
    let onstored = {
        let stored = stored.clone();
        Callback::from(move |on| stored.set(on))
    };
    let foot = html! {
        <Button kind={ButtonKind::Primary} label={t.shared.done} disabled={!*stored} onclick={props.onclose.clone()} />
    };
    html! {
        <Dialog title={props.title.clone()} held={!*stored} onclose={props.onclose.clone()} {foot}>
            <div class="flex flex-col items-start gap-4 rounded-lg border border-warning/35 bg-warning/8 p-4">
                <p class="font-medium">{ props.help.clone() }</p>
                if !props.shown.is_empty() {
                    <ul class="w-full max-h-48 overflow-y-auto rounded-lg border border-base-300 bg-base-100 px-3 py-2 font-mono text-xs" data-testid="codes" tabindex="0">
                        { for props.shown.iter().map(|code| html! { <li key={code.clone()}>{ code.clone() }</li> }) }
                    </ul>
                }
                <Button kind={ButtonKind::Primary} glyph={Glyph::Download} label={props.verb.clone()} onclick={save} />
                <CheckBox id="stored" label={t.shared.secret_stored} on={*stored} onchange={onstored} />
            </div>
        </Dialog>
    }
}

/// Rows as a table that spreadsheets read (RFC 4180).
pub fn csv(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = String::new();
    for row in [head].into_iter().chain(rows) {
        let fields: Vec<String> = row.iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A spreadsheet runs what begins as a formula does: a space before it keeps it a text.
fn quoted(field: &str) -> String {
    let guard = if field.starts_with(['=', '+', '-', '@']) {
        " "
    } else {
        ""
    };
    if guard.is_empty() && !field.contains(['"', ',', '\n', '\r']) {
        return field.to_owned();
    }
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_commas_quotes_and_formulas_stay_names() {
        let text = csv(
            vec!["name".to_owned()],
            ["a, b", "say \"hi\"", "=1+1", "plain"]
                .into_iter()
                .map(|name| vec![name.to_owned()]),
        );
        assert_eq!(
            text,
            "name\r\n\"a, b\"\r\n\"say \"\"hi\"\"\"\r\n\" =1+1\"\r\nplain\r\n"
        );
    }
}
