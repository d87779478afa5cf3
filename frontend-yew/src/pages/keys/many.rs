//! Creating many keys at once: their names by a pattern or a list, what they have in common, and their secrets, once, as a file.

use super::create::use_read;
use super::draft::{Draft, to_create};
use super::fields::KeyFields;
use crate::api::{keys, use_action};
use crate::i18n::{fill, use_texts};
use crate::pages::parts::{FileOnce, FormDialog, csv, number, use_submission};
use crate::state::{Form, use_form};
use crate::ui::{Choice, Errors, Field, ModalShape, NumberInput, Segments, TextArea, TextInput};
use std::rc::Rc;
use tollgate_contract::keys::{CreateKeys, CreatedKeys, KeyNames, UpdateKey};
use tollgate_contract::problem::{FieldError, faults};
use yew::prelude::*;

/// What the file is called.
const FILE_NAME: &str = "tollgate-keys.csv";

/// The names as they are typed.
#[derive(Clone, Debug, PartialEq)]
struct Names {
    by_list: bool,
    pattern: String,
    count: String,
    start: String,
    list: String,
}

impl Names {
    fn new() -> Self {
        Self {
            by_list: false,
            pattern: "team {n}".to_owned(),
            count: "10".to_owned(),
            start: "1".to_owned(),
            list: String::new(),
        }
    }

    fn read(&self, wrong: &mut Vec<FieldError>) -> KeyNames {
        if self.by_list {
            let names = self.list.lines().map(str::trim).filter(|line| !line.is_empty());
            return KeyNames::List {
                names: names.map(str::to_owned).collect(),
            };
        }
        KeyNames::Pattern {
            pattern: self.pattern.trim().to_owned(),
            count: number("names.count", &self.count, wrong).unwrap_or_default(),
            start: number("names.start", &self.start, wrong).unwrap_or(1),
        }
    }

    /// What to send, or the fields at fault.
    fn with(&self, key: Result<UpdateKey, Vec<FieldError>>) -> Result<CreateKeys, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let names = self.read(&mut wrong);
        let key = key.unwrap_or_else(|faults| {
            wrong.extend(faults);
            UpdateKey::default()
        });
        let mut form = CreateKeys {
            names,
            key: to_create(key),
        };
        // Each has its own of the names; this one is not used.
        "key".clone_into(&mut form.key.name);
        if wrong.is_empty() {
            wrong.extend(faults(&form));
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct CreateManyProps {
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn CreateMany(props: &CreateManyProps) -> Html {
    let t = use_texts();
    let made = use_state(|| None::<Rc<CreatedKeys>>);
    let onmade = {
        let made = made.clone();
        Callback::from(move |keys: CreatedKeys| made.set(Some(Rc::new(keys))))
    };
    let Some(made) = &*made else {
        return html! { <ManyForm key="form" {onmade} onclose={props.onclose.clone()} /> };
    };
    let rows = made
        .items
        .iter()
        .map(|key| vec![key.name.clone(), key.id.to_string(), key.secret.clone()]);
    let text = csv(["name", "id", "secret"].map(str::to_owned).to_vec(), rows);
    html! {
        <FileOnce key="ready" title={fill(t.many_keys.created_title, &[("number", &made.items.len().to_string())])} help={t.many_keys.created_help}
            verb={t.many_keys.save_file} name={FILE_NAME} {text} onclose={props.onclose.clone()} />
    }
}

#[derive(Properties, PartialEq)]
struct ManyFormProps {
    onmade: Callback<CreatedKeys>,
    onclose: Callback<()>,
}

#[component]
fn ManyForm(props: &ManyFormProps) -> Html {
    let t = use_texts();
    let names = use_form(Names::new);
    let form = use_form(|| {
        let mut draft = Draft::new();
        // Not used, and never shown as missing.
        "key".clone_into(&mut draft.name);
        draft
    });
    let action = use_action(keys::create_many, props.onmade.clone());
    let read = use_read(&form.value);
    let sent = use_submission(names.value.with(read), &action);
    html! {
        <FormDialog title={t.many_keys.create} intro={t.many_keys.create_intro} shape={ModalShape::Wide} dirty={form.dirty() || names.dirty()}
            verb={t.many_keys.create} sent={sent.clone()} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <NameFields form={names.clone()} errors={sent.errors.clone()} />
                <KeyFields form={form.clone()} errors={bare(&sent.errors)} named=false />
            </div>
        </FormDialog>
    }
}

/// The common fields' names as their form has them.
fn bare(errors: &Errors) -> Errors {
    let mut errors = errors.clone();
    for error in &mut errors.0 {
        if let Some(field) = error.field.strip_prefix("key.") {
            error.field = field.to_owned();
        }
    }
    errors
}

#[derive(Properties, PartialEq)]
struct NameFieldsProps {
    form: Form<Names>,
    errors: Errors,
}

#[component]
fn NameFields(props: &NameFieldsProps) -> Html {
    let t = use_texts();
    let (form, errors) = (&props.form, &props.errors);
    let choices = vec![
        Choice::new("", t.many_keys.names_pattern),
        Choice::new("list", t.many_keys.names_list),
    ];
    // The server and the checks name the whole, whatever of it is wrong.
    let error = errors
        .0
        .iter()
        .find(|error| matches!(error.field.as_str(), "names" | "names.names" | "names.pattern"))
        .cloned();
    let wrong = error.is_some();
    let how = html! {
        <Segments label={t.many_keys.names} value={if form.value.by_list { "list" } else { "" }} {choices}
            onchange={form.on(|form: &mut Names, value: AttrValue| form.by_list = value == "list")} />
    };
    if form.value.by_list {
        return html! {
            <>
                { how }
                <Field id="names" label={t.many_keys.list} {error}>
                    <TextArea id="names" value={form.value.list.clone()} rows=6 {wrong} oninput={form.on(|form: &mut Names, text| form.list = text)} />
                </Field>
            </>
        };
    }
    html! {
        <>
            { how }
            <div class="grid gap-4 grid-cols-2 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)]">
                <Field id="pattern" label={t.many_keys.pattern} help={t.many_keys.pattern_help} {error} class="col-span-2 sm:col-span-1">
                    <TextInput id="pattern" value={form.value.pattern.clone()} {wrong} autofocus=true oninput={form.on(|form: &mut Names, text| form.pattern = text)} />
                </Field>
                <Field id="count" label={t.many_keys.count} error={errors.of("names.count")}>
                    <NumberInput id="count" value={form.value.count.clone()} wrong={errors.of("names.count").is_some()} oninput={form.on(|form: &mut Names, text| form.count = text)} />
                </Field>
                <Field id="start" label={t.many_keys.first} error={errors.of("names.start")}>
                    <NumberInput id="start" value={form.value.start.clone()} wrong={errors.of("names.start").is_some()} oninput={form.on(|form: &mut Names, text| form.start = text)} />
                </Field>
            </div>
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> UpdateKey {
        UpdateKey {
            name: "key".to_owned(),
            ..UpdateKey::default()
        }
    }

    #[test]
    fn names_come_from_lines_or_a_pattern() {
        let mut names = Names::new();
        names.count = "3".to_owned();
        assert_eq!(
            names.with(Ok(key())).unwrap().names.all(),
            ["team 1", "team 2", "team 3"]
        );
        names.by_list = true;
        names.list = " ann \n\nbob".to_owned();
        assert_eq!(names.with(Ok(key())).unwrap().names.all(), ["ann", "bob"]);
    }

    #[test]
    fn what_is_wrong_with_names_and_keys_is_named_at_once() {
        let mut names = Names::new();
        names.count = "many".to_owned();
        let broken = Err(vec![crate::pages::parts::typed_fault("expires_at", "date")]);
        let fields: Vec<String> = names
            .with(broken)
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.field)
            .collect();
        assert_eq!(fields, ["names.count", "expires_at"]);
        names.count = "6000".to_owned();
        assert_eq!(names.with(Ok(key())).unwrap_err()[0].field, "names");
    }
}
