//! The editor: each rule is set here, or says what holds instead and where that comes from.

use super::clients::ClientFields;
use super::concurrency::ConcurrencyFields;
use super::draft::{Change, RulesDraft, WindowDraft};
use super::services::ServiceBoxes;
use super::shown::Rule;
use super::windows::WindowTable;
use crate::i18n::{Texts, field_message, fill, use_locale, use_texts};
use crate::ui::{Choice, Errors, Segments, TagsInput};
use std::rc::Rc;
use tollgate_contract::problem::FieldError;
use tollgate_contract::rules::{EffectiveRules, RuleSource, RuleSources, WindowSpan};
use yew::prelude::*;

/// What a rule is where it is not set here.
#[derive(Clone, PartialEq)]
pub enum Levels {
    /// Of a key: what its policy, by this name, or the default says.
    Key(Rc<EffectiveRules>, Option<AttrValue>),
    /// Of a policy: what nobody sets is unrestricted.
    Policy,
    /// Of many keys: as each has it.
    Patch,
}

#[derive(Properties, PartialEq)]
pub struct RulesEditorProps {
    pub rules: RulesDraft,
    pub errors: Errors,
    /// The rules' path, such as `rules`.
    #[prop_or(AttrValue::Static("rules"))]
    pub field: AttrValue,
    pub levels: Levels,
    pub onchange: Callback<Change>,
}

/// All rules.
#[component]
pub fn RulesEditor(props: &RulesEditorProps) -> Html {
    let rules = Rule::ALL.map(|rule| {
        html! { <RuleBox key={rule as usize} {rule} rules={props.rules.clone()} errors={props.errors.clone()} field={props.field.clone()}
            levels={props.levels.clone()} onchange={props.onchange.clone()} /> }
    });
    html! { <div class="flex flex-col divide-y divide-base-300">{ for rules }</div> }
}

#[derive(Properties, PartialEq)]
struct RuleBoxProps {
    rule: Rule,
    rules: RulesDraft,
    errors: Errors,
    field: AttrValue,
    levels: Levels,
    onchange: Callback<Change>,
}

impl RuleBoxProps {
    fn path(&self) -> String {
        format!("{}.{}", self.field, key(self.rule))
    }

    fn on<T: 'static>(&self, set: fn(&mut RulesDraft, T)) -> Callback<T> {
        self.onchange
            .reform(move |value| Change::new(move |rules| set(rules, value)))
    }
}

#[component]
fn RuleBox(props: &RuleBoxProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let own = is_set(props.rule, &props.rules);
    let (unset, set) = match props.levels {
        Levels::Key(..) => (t.rules.inherited, t.rules.own),
        Levels::Policy => (t.rules.not_set, t.rules.set),
        Levels::Patch => (t.rules.as_it_is, t.rules.replaced),
    };
    let mut choices = vec![Choice::new("", unset), Choice::new("own", set)];
    if props.levels == Levels::Patch {
        choices.insert(1, Choice::new("inherit", t.rules.inherited));
    }
    let rule = props.rule;
    let left = props.rules.inherit.contains(&rule.api());
    let chosen = match (own, left) {
        (true, _) => "own",
        (false, true) => "inherit",
        (false, false) => "",
    };
    let onchoice = props
        .onchange
        .reform(move |value: AttrValue| Change::new(move |rules| choose(rule, rules, &value)));
    let path = props.path();
    // What windows and numbers get wrong stands at their own fields.
    let error = error_of(&props.errors, &path, rule, own);
    html! {
        <section class="py-3" id={format!("rule-{}", key(rule))} aria-label={rule.name(t)}>
            <div class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span class="grow font-medium">{ rule.name(t) }</span>
                <Segments label={rule.name(t)} value={chosen} {choices} onchange={onchoice} />
            </div>
            if own {
                <div class="mt-2"><RuleFields rule={rule} rules={props.rules.clone()} errors={props.errors.clone()} field={props.field.clone()}
                    levels={props.levels.clone()} onchange={props.onchange.clone()} /></div>
            } else if left {
                <p class="mt-0.5 text-xs text-muted break-words">{ t.rules.inherited_help }</p>
            } else {
                <p class="mt-0.5 text-xs text-muted break-words">{ instead(rule, &props.levels, t) }</p>
            }
            if let Some(error) = error {
                <p class="mt-1.5 text-xs text-error" role="alert">{ field_message(&error, locale) }</p>
            }
        </section>
    }
}

fn error_of(errors: &Errors, path: &str, rule: Rule, own: bool) -> Option<FieldError> {
    match rule {
        Rule::Windows if own => None,
        Rule::Concurrency if own => errors.of(path),
        _ => errors
            .0
            .iter()
            .find(|error| error.field.starts_with(path))
            .cloned(),
    }
}

/// What holds where the rule is not set here, and where that comes from.
fn instead(rule: Rule, levels: &Levels, t: &Texts) -> String {
    let (effective, policy) = match levels {
        Levels::Key(effective, policy) => (effective, policy),
        Levels::Policy => return rule.unset(t).to_owned(),
        Levels::Patch => return t.rules.as_it_is_help.to_owned(),
    };
    let words = rule.words(&effective.rules, t);
    let words = words.unwrap_or_else(|| rule.unset(t).to_owned());
    match source_words(source(rule, effective.sources), policy.as_deref(), t) {
        Some(from) => format!("{words} · {from}"),
        None => words,
    }
}

/// Where a rule comes from, in words; nothing where nobody sets it.
pub fn source_words(source: RuleSource, policy: Option<&str>, t: &Texts) -> Option<String> {
    match source {
        RuleSource::Key => Some(t.rules.from_key.to_owned()),
        RuleSource::Policy => Some(fill(t.rules.from_policy, &[("name", policy.unwrap_or_default())])),
        RuleSource::Default => Some(t.rules.from_default.to_owned()),
        RuleSource::None => None,
    }
}

/// Who sets a rule.
pub fn source(rule: Rule, sources: RuleSources) -> RuleSource {
    match rule {
        Rule::Services => sources.services,
        Rule::ModelsAllowed => sources.models_allowed,
        Rule::ModelsDenied => sources.models_denied,
        Rule::Clients => sources.clients,
        Rule::Addresses => sources.addresses,
        Rule::Concurrency => sources.concurrency,
        Rule::Windows => sources.windows,
    }
}

/// The rule's name in the API.
fn key(rule: Rule) -> &'static str {
    match rule {
        Rule::Services => "services",
        Rule::ModelsAllowed => "models_allowed",
        Rule::ModelsDenied => "models_denied",
        Rule::Clients => "clients",
        Rule::Addresses => "addresses",
        Rule::Concurrency => "concurrency",
        Rule::Windows => "windows",
    }
}

fn is_set(rule: Rule, rules: &RulesDraft) -> bool {
    match rule {
        Rule::Services => rules.services.is_some(),
        Rule::ModelsAllowed => rules.models_allowed.is_some(),
        Rule::ModelsDenied => rules.models_denied.is_some(),
        Rule::Clients => rules.clients.is_some(),
        Rule::Addresses => rules.addresses.is_some(),
        Rule::Concurrency => rules.concurrency.is_some(),
        Rule::Windows => rules.windows.is_some(),
    }
}

/// Sets the rule here, leaves it to the levels above, or neither.
fn choose(rule: Rule, rules: &mut RulesDraft, choice: &str) {
    switch(rule, rules, choice == "own");
    rules.inherit.retain(|left| *left != rule.api());
    if choice == "inherit" {
        rules.inherit.push(rule.api());
    }
}

fn switch(rule: Rule, rules: &mut RulesDraft, on: bool) {
    match rule {
        Rule::Services => rules.services = on.then(Vec::new),
        Rule::ModelsAllowed => rules.models_allowed = on.then(Vec::new),
        Rule::ModelsDenied => rules.models_denied = on.then(Vec::new),
        Rule::Clients => rules.clients = on.then(Default::default),
        Rule::Addresses => rules.addresses = on.then(Vec::new),
        Rule::Concurrency => rules.concurrency = on.then(Default::default),
        Rule::Windows => {
            rules.windows = on.then(|| vec![WindowDraft::new(WindowSpan::Minute)]);
        }
    }
}

#[component]
fn RuleFields(props: &RuleBoxProps) -> Html {
    let t = use_texts();
    let (rules, path) = (&props.rules, props.path());
    let wrong = props.errors.0.iter().any(|error| error.field.starts_with(&path));
    let texts = |list: &Option<Vec<String>>, placeholder: &'static str, help: &'static str, onchange| {
        let id = format!("rule-{}-field", key(props.rule));
        html! {
            <>
                <TagsInput {id} label={props.rule.name(t)} tags={list.clone().unwrap_or_default()} {placeholder} {wrong} {onchange} />
                <p class="mt-1 text-xs text-muted">{ help }</p>
            </>
        }
    };
    match props.rule {
        Rule::Services => html! {
            <ServiceBoxes id="rule-service" services={rules.services.clone().unwrap_or_default()}
                onchange={props.on(|rules, services| rules.services = Some(services))} />
        },
        Rule::ModelsAllowed => texts(
            &rules.models_allowed,
            "claude-*",
            t.rules.models_allowed_help,
            props.on(|rules, list| rules.models_allowed = Some(list)),
        ),
        Rule::ModelsDenied => texts(
            &rules.models_denied,
            "*opus*",
            t.rules.models_denied_help,
            props.on(|rules, list| rules.models_denied = Some(list)),
        ),
        Rule::Clients => html! {
            <ClientFields value={rules.clients.clone().unwrap_or_default()} {wrong} onchange={props.on(|rules, clients| rules.clients = Some(clients))} />
        },
        Rule::Addresses => texts(
            &rules.addresses,
            "192.0.2.0/24",
            t.rules.addresses_help,
            props.on(|rules, list| rules.addresses = Some(list)),
        ),
        Rule::Concurrency => html! {
            <ConcurrencyFields field={path} value={rules.concurrency.clone().unwrap_or_default()} errors={props.errors.clone()}
                onchange={props.on(|rules, concurrency| rules.concurrency = Some(concurrency))} />
        },
        Rule::Windows => html! {
            <WindowTable field={path} windows={rules.windows.clone().unwrap_or_default()} errors={props.errors.clone()}
                onchange={props.on(|rules, windows| rules.windows = Some(windows))} />
        },
    }
}
