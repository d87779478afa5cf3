//! The members of a group: who is in it, with which priority, and who can be added.

use super::draft::{Draft, Member};
use crate::api::accounts::use_accounts;
use crate::i18n::{Texts, field_message, fill, use_locale};
use crate::state::Form;
use crate::ui::{Button, ButtonKind, Choice, Errors, Field, Glyph, NumberInput, SelectInput};
use tollgate_contract::ids::AccountId;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct MembersProps {
    pub form: Form<Draft>,
    pub errors: Errors,
}

/// The field.
#[component]
pub fn Members(props: &MembersProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let found = use_accounts();
    let (form, errors) = (&props.form, &props.errors);
    let accounts = found
        .data
        .as_ref()
        .map(|accounts| accounts.items.as_slice())
        .unwrap_or_default();
    let candidates = form.value.candidates(accounts);
    let choices: Vec<Choice> = [Choice::new("", t.groups.member_add)]
        .into_iter()
        .chain(
            candidates
                .iter()
                .map(|account| Choice::new(account.id.to_string(), account.name.clone())),
        )
        .collect();
    let onadd = {
        let named: Vec<(AccountId, String)> = candidates
            .iter()
            .map(|account| (account.id, account.name.clone()))
            .collect();
        let add = form.on(|form: &mut Draft, (id, name): (AccountId, String)| form.add(id, name));
        Callback::from(move |text: String| {
            if let Some(known) = named.iter().find(|(id, _)| id.to_string() == text) {
                add.emit(known.clone());
            }
        })
    };
    let lines = form
        .value
        .members
        .iter()
        .enumerate()
        .map(|(at, member)| line(at, member, form, errors, t));
    // The server names the member by its place.
    let faults = errors.0.iter().filter(|error| error.field.starts_with("members[")).map(|error| {
        html! { <p key={error.field.clone()} class="text-xs text-error">{ format!("{}: {}", error.field, field_message(error, locale)) }</p> }
    });
    html! {
        <Field id="members" label={t.groups.members} help={t.groups.members_help} error={errors.of("members")}>
            <ul class="flex flex-col gap-2">{ for lines }</ul>
            // Keyed by what is in it, so that it shows its first line again after each choice.
            <SelectInput key={form.value.members.len().to_string()} id="members" value="" {choices} onchange={onadd} />
            { for faults }
        </Field>
    }
}

fn line(at: usize, member: &Member, form: &Form<Draft>, errors: &Errors, t: &Texts) -> Html {
    let id = member.id;
    let field = format!("members[{at}].priority");
    let oninput = form
        .on(|form: &mut Draft, (id, text): (AccountId, String)| form.prefer(id, text))
        .reform(move |text| (id, text));
    let onremove = form
        .on(|form: &mut Draft, id: AccountId| form.remove(id))
        .reform(move |()| id);
    html! {
        <li key={id.to_string()} class="flex items-center gap-2 rounded-lg border border-base-300 py-1 pl-3 pr-1">
            <span class="grow min-w-0 truncate">{ member.name.clone() }</span>
            <label class="sr-only" for={field.clone()}>{ fill(t.groups.priority_of, &[("name", &member.name)]) }</label>
            <span class="w-32"><NumberInput id={field.clone()} value={member.priority.clone()} placeholder={t.groups.priority_own}
                wrong={errors.of(&field).is_some()} {oninput} /></span>
            <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={fill(t.shared.remove, &[("name", &member.name)])} onclick={onremove} />
        </li>
    }
}
