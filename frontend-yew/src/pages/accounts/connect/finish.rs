//! The second step: the link to open, and the code that is brought back before it expires.

use super::ways::Way;
use crate::api::{accounts, use_action};
use crate::browser;
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::use_form;
use crate::ui::{Button, CopyButton, Errors, Field, Glyph, Icon, TextArea, TextInput};
use chrono::{DateTime, Utc};
use gloo_timers::callback::Interval;
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AuthUrl, Connected, FinishConnect};
use tollgate_contract::ids::FlowId;
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

/// The countdown's step.
const SECOND_MS: u32 = 1_000;

/// What is typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    code: String,
    name: String,
    project: String,
}

impl Draft {
    /// What stays when it is begun anew: a code is good for one link.
    fn kept(&self) -> Self {
        Self {
            code: String::new(),
            ..self.clone()
        }
    }

    /// What to send; an account that is connected anew keeps its name.
    fn read(&self, flow_id: FlowId, way: Way, anew: bool) -> Result<FinishConnect, Vec<FieldError>> {
        let project = Some(self.project.trim()).filter(|text| way == Way::Google && !text.is_empty());
        let form = FinishConnect {
            flow_id,
            code: self.code.trim().to_owned(),
            name: (!anew).then(|| self.name.trim().to_owned()),
            project: project.map(str::to_owned),
        };
        let wrong = faults(&form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct FinishProps {
    pub title: AttrValue,
    pub way: Way,
    pub url: Rc<AuthUrl>,
    pub account: Option<Rc<Account>>,
    pub onconnected: Callback<Connected>,
    /// As it is at first.
    pub draft: Draft,
    /// Begins anew, with what stays of what was typed.
    pub onagain: Callback<Draft>,
    pub onclose: Callback<()>,
}

/// The step.
#[component]
pub fn Finish(props: &FinishProps) -> Html {
    let t = use_texts();
    let way = props.way;
    let draft = props.draft.clone();
    let form = use_form(|| draft);
    let left = use_left(props.url.expires_at);
    let action = use_action(
        move |form| accounts::finish(way.platform(), form),
        props.onconnected.clone(),
    );
    let sent = use_submission(
        form.value.read(props.url.flow_id, way, props.account.is_some()),
        &action,
    );
    let over = left.is_none();
    let again = {
        let typed = form.value.clone();
        props.onagain.reform(move |()| typed.kept())
    };
    html! {
        <FormDialog title={props.title.clone()} intro={way.name(t)} dirty={form.dirty()} idle={over} verb={t.connect.finish} sent={sent.clone()}
            onclose={props.onclose.clone()}>
            <ol class="flex flex-col gap-5">
                <li>
                    <p class="mb-2 font-medium">{ t.connect.step_open }</p>
                    <div class="flex items-center gap-2">
                        <a href={props.url.url.clone()} target="_blank" rel="noopener noreferrer" autofocus=true class="btn btn-sm h-9 btn-primary font-medium gap-1.5">
                            <Icon glyph={Glyph::Open} />{ t.connect.open_page }
                        </a>
                        <code class="hidden grow min-w-0 sm:block truncate rounded-lg border border-base-300 px-3 py-1.5 font-mono text-xs" title={props.url.url.clone()}>{ props.url.url.clone() }</code>
                        <CopyButton text={props.url.url.clone()} />
                    </div>
                </li>
                <li>
                    <p class="mb-2 font-medium">{ t.connect.step_paste }</p>
                    { fields(&form, &sent.errors, way, props.account.is_none(), t) }
                </li>
            </ol>
            <div class="mt-4 flex flex-wrap items-center gap-3 text-xs" role="timer">
                if let Some(left) = left {
                    <span class="text-muted figures">{ fill(t.connect.left, &[("time", &left)]) }</span>
                } else {
                    <span class="text-error" role="alert">{ t.connect.expired }</span>
                }
                <Button glyph={Glyph::Again} label={t.connect.again} onclick={again} />
            </div>
        </FormDialog>
    }
}

fn fields(
    form: &crate::state::Form<Draft>,
    errors: &Errors,
    way: Way,
    named: bool,
    t: &crate::i18n::Texts,
) -> Html {
    html! {
        <div class="flex flex-col gap-4">
            <Field id="code" label={t.connect.code} help={way.paste_help(t)} error={errors.of("code")}>
                <TextArea id="code" value={form.value.code.clone()} mono=true wrong={errors.of("code").is_some()}
                    oninput={form.on(|form: &mut Draft, text| form.code = text)} />
            </Field>
            if way == Way::Google {
                <Field id="project" label={t.accounts.project} optional={t.shared.optional} help={t.connect.project_help} error={errors.of("project")}>
                    <TextInput id="project" value={form.value.project.clone()} mono=true placeholder="my-project-1234" wrong={errors.of("project").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.project = text)} />
                </Field>
            }
            if named {
                <Field id="name" label={t.connect.name} help={t.connect.name_help} error={errors.of("name")}>
                    <TextInput id="name" value={form.value.name.clone()} wrong={errors.of("name").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.name = text)} />
                </Field>
            }
        </div>
    }
}

/// How long is left, by the second; nothing when it is over.
#[hook]
fn use_left(until: DateTime<Utc>) -> Option<String> {
    let now = use_state(browser::now);
    {
        let now = now.clone();
        use_effect_with((), move |()| {
            let interval = Interval::new(SECOND_MS, move || now.set(browser::now()));
            move || drop(interval)
        });
    }
    left(until, *now)
}

/// `9:59`.
fn left(until: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let seconds = (until - now).num_seconds();
    (seconds > 0).then(|| format!("{}:{:02}", seconds / 60, seconds % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> FlowId {
        "019a0000-0000-7000-8000-0000000000cc".parse().unwrap()
    }

    #[test]
    fn a_new_account_needs_a_name_and_one_that_exists_keeps_its_own() {
        let mut draft = Draft {
            code: " code#state ".to_owned(),
            project: "mine-1".to_owned(),
            ..Draft::default()
        };
        let wrong = draft.read(flow(), Way::Claude, false).unwrap_err();
        assert_eq!((wrong.len(), wrong[0].field.as_str()), (1, "name"));
        let anew = draft.read(flow(), Way::Claude, true).unwrap();
        assert_eq!(
            (anew.code.as_str(), anew.name, anew.project),
            ("code#state", None, None)
        );
        draft.name = "max".to_owned();
        let google = draft.read(flow(), Way::Google, false).unwrap();
        assert_eq!(google.project.as_deref(), Some("mine-1"));
    }

    #[test]
    fn the_time_that_is_left_runs_out() {
        let until = "2026-11-24T12:10:00Z".parse().unwrap();
        assert_eq!(
            left(until, "2026-11-24T12:00:01Z".parse().unwrap()).as_deref(),
            Some("9:59")
        );
        assert_eq!(left(until, until), None);
    }
}
