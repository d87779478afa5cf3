//! Buttons: one look for each weight of what they do.

use super::{Glyph, Icon};
use yew::prelude::*;

/// How much a button weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one that the page is for.
    Primary,
    /// Beside it.
    #[default]
    Plain,
    /// Takes something away.
    Danger,
    /// Only its text, or its icon.
    Ghost,
}

#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    #[prop_or_default]
    pub kind: ButtonKind,
    #[prop_or_default]
    pub glyph: Option<Glyph>,
    /// What it does; spoken only, where `icon_only`.
    pub label: AttrValue,
    #[prop_or_default]
    pub icon_only: bool,
    #[prop_or_default]
    pub submit: bool,
    #[prop_or_default]
    pub busy: bool,
    #[prop_or_default]
    pub disabled: bool,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub id: Option<AttrValue>,
    #[prop_or_default]
    pub onclick: Callback<()>,
}

/// A button. While busy it stays in its place, shows it, and takes no clicks.
#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let look = match props.kind {
        ButtonKind::Primary => "btn-primary",
        ButtonKind::Plain => {
            "btn-outline border-base-300 bg-base-100 hover:bg-base-200 hover:text-base-content hover:border-base-content/25"
        }
        ButtonKind::Danger => "btn-error",
        ButtonKind::Ghost => "btn-ghost",
    };
    let square = props.icon_only.then_some("btn-square");
    let onclick = {
        let (onclick, busy) = (props.onclick.clone(), props.busy);
        Callback::from(move |event: MouseEvent| {
            // A row's own click is not meant.
            event.stop_propagation();
            if !busy {
                onclick.emit(());
            }
        })
    };
    html! {
        <button type={if props.submit { "submit" } else { "button" }} id={props.id.clone()}
            class={classes!("btn", "btn-sm", "h-9", "font-medium", "gap-1.5", look, square, props.class.clone())}
            disabled={props.disabled} aria-busy={props.busy.then_some("true")}
            aria-label={props.icon_only.then(|| props.label.clone())} title={props.icon_only.then(|| props.label.clone())} {onclick}>
            if props.busy {
                <span class="loading loading-spinner loading-xs" aria-hidden="true"></span>
            } else if let Some(glyph) = props.glyph {
                <Icon {glyph} />
            }
            if !props.icon_only {
                <span class="whitespace-nowrap">{ props.label.clone() }</span>
            }
        </button>
    }
}
