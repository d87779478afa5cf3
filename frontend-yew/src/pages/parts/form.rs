//! How a form is sent: checked here first, the faults at their fields, the focus at the first of them.

use super::use_focus_on_faults;
use crate::api::{Action, ApiError};
use crate::i18n::use_texts;
use crate::ui::{
    Button, ButtonKind, Dialog, Errors, FormFailure, Glyph, ModalShape, errors_of, use_unload_guard,
};
use std::rc::Rc;
use tollgate_contract::problem::{FieldError, Problem};
use yew::prelude::*;

/// What a form shows once it was sent, and how it is.
#[derive(Clone, PartialEq)]
pub struct Submission {
    /// What is wrong with its fields, found here or by the server.
    pub errors: Errors,
    /// Why the server refused it; nothing as long as it was not even sent.
    pub failure: Option<Rc<ApiError>>,
    pub busy: bool,
    pub onsubmit: Callback<SubmitEvent>,
}

/// Sends what a form says when it is submitted, unless it is faulty: that is shown from the first try on.
#[hook]
pub fn use_submission<A: Clone + 'static>(
    read: Result<A, Vec<FieldError>>,
    action: &Action<A>,
) -> Submission {
    let tries = use_state(|| 0_u32);
    let before = match &read {
        Err(faults) if *tries > 0 => faults.clone(),
        _ => Vec::new(),
    };
    let errors = errors_of(&before, action.error.as_ref());
    use_focus_on_faults(&errors, *tries);
    let run = action.run.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        tries.set(*tries + 1);
        if let Ok(form) = &read {
            run.emit(form.clone());
        }
    });
    Submission {
        errors,
        failure: action.error.clone().filter(|_| before.is_empty()),
        busy: action.busy,
        onsubmit,
    }
}

/// How a form begins again with the newest of what it edits.
#[derive(Clone, PartialEq)]
pub struct Newest {
    /// Loads it.
    pub load: Callback<()>,
    /// Whether it is being loaded.
    pub busy: bool,
    /// Why it could not be.
    pub failure: Option<Rc<ApiError>>,
}

#[derive(Properties, PartialEq)]
pub struct FormDialogProps {
    pub title: AttrValue,
    #[prop_or_default]
    pub intro: Option<AttrValue>,
    #[prop_or_default]
    pub shape: ModalShape,
    /// Whether anything was entered.
    pub dirty: bool,
    /// Whether sending it as it is would change nothing.
    #[prop_or_default]
    pub idle: bool,
    /// What its button does.
    pub verb: AttrValue,
    pub sent: Submission,
    pub onclose: Callback<()>,
    /// The way on where somebody else was quicker.
    #[prop_or_default]
    pub newest: Option<Newest>,
    /// The fields.
    pub children: Html,
}

/// A dialog that is a form.
#[component]
pub fn FormDialog(props: &FormDialogProps) -> Html {
    let t = use_texts();
    let conflict = match props.sent.failure.as_deref() {
        Some(ApiError::Problem(problem)) if problem.code == "version_conflict" => {
            let newest = props.newest.clone();
            newest.map(|newest| ((**problem).clone(), newest))
        }
        _ => None,
    };
    let foot = html! {
        <>
            <Button label={t.shared.cancel} onclick={props.onclose.clone()} />
            <Button kind={ButtonKind::Primary} submit=true busy={props.sent.busy} disabled={props.idle} label={props.verb.clone()} />
        </>
    };
    html! {
        <Dialog title={props.title.clone()} intro={props.intro.clone()} shape={props.shape} dirty={props.dirty}
            onclose={props.onclose.clone()} {foot} onsubmit={props.sent.onsubmit.clone()}>
            if let Some((problem, newest)) = conflict.clone() {
                <Conflict {problem} {newest} />
            }
            { props.children.clone() }
            if conflict.is_none() {
                <FormFailure error={props.sent.failure.clone()} />
            }
        </Dialog>
    }
}

#[derive(Properties, PartialEq)]
struct ConflictProps {
    problem: Problem,
    newest: Newest,
}

/// What somebody else changed meanwhile, and how to go on from there.
#[component]
fn Conflict(props: &ConflictProps) -> Html {
    let t = use_texts();
    let node = use_node_ref();
    {
        // It stands above the fields, and the form may be scrolled far down.
        let node = node.clone();
        use_effect_with((), move |()| {
            if let Some(element) = node.cast::<web_sys::Element>() {
                element.scroll_into_view();
            }
        });
    }
    let changed = props.problem.errors.iter().map(|error| {
        html! { <li key={error.field.clone()} class="break-words"><code class="font-mono text-xs">{ error.field.clone() }</code>{ ": " }{ error.message.clone() }</li> }
    });
    html! {
        <div ref={node} class="mb-4 flex flex-col items-start gap-2 rounded-lg border border-warning/35 bg-warning/8 p-4" role="alert" data-testid="conflict">
            <p class="font-medium">{ t.shared.newest_effect }</p>
            if !props.problem.errors.is_empty() {
                <p>{ t.shared.newest_help }</p>
                <ul class="list-disc pl-5">{ for changed }</ul>
            }
            <Button glyph={Glyph::Again} label={t.shared.newest} busy={props.newest.busy} onclick={props.newest.load.clone()} />
            <FormFailure error={props.newest.failure.clone()} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct FormPanelProps {
    pub title: AttrValue,
    pub text: AttrValue,
    /// What its button does.
    pub verb: AttrValue,
    /// Whether sending it as it is would change nothing.
    pub idle: bool,
    pub sent: Submission,
    /// The fields.
    pub children: Html,
}

/// A form that stands in the page.
#[component]
pub fn FormPanel(props: &FormPanelProps) -> Html {
    use_unload_guard(!props.idle);
    html! {
        <form class="panel flex flex-col gap-4 p-5" novalidate=true onsubmit={props.sent.onsubmit.clone()}>
            <div>
                <h2 class="font-semibold">{ props.title.clone() }</h2>
                <p class="text-muted">{ props.text.clone() }</p>
            </div>
            { props.children.clone() }
            <FormFailure error={props.sent.failure.clone()} />
            <div class="flex justify-end">
                <Button kind={ButtonKind::Primary} submit=true busy={props.sent.busy} disabled={props.idle} label={props.verb.clone()} />
            </div>
        </form>
    }
}
