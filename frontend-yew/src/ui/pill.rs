//! A state in a word and a colour; the word alone suffices.

use yew::prelude::*;

/// How good a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Waiting,
    Bad,
    Quiet,
    Plain,
}

#[derive(Properties, PartialEq)]
pub struct PillProps {
    pub tone: Tone,
    pub text: AttrValue,
    /// A sentence on what it means, one hover away.
    #[prop_or_default]
    pub title: Option<AttrValue>,
}

/// A state.
#[component]
pub fn Pill(props: &PillProps) -> Html {
    let (ground, dot) = match props.tone {
        Tone::Good => ("bg-success/12 text-success", "bg-success"),
        Tone::Waiting => ("bg-warning/14 text-warning", "bg-warning"),
        Tone::Bad => ("bg-error/12 text-error", "bg-error"),
        Tone::Quiet => ("bg-base-content/8 text-base-content/80", "bg-base-content/50"),
        Tone::Plain => ("bg-primary/10 text-primary", "bg-primary"),
    };
    html! {
        <span class={classes!("inline-flex", "align-middle", "items-center", "gap-1.5", "rounded-full", "px-2", "py-0.5", "text-xs", "font-medium",
            "whitespace-nowrap", ground)} title={props.title.clone()}>
            <span class={classes!("size-1.5", "rounded-full", dot)} aria-hidden="true"></span>
            { props.text.clone() }
        </span>
    }
}
