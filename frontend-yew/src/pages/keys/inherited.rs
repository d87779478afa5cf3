//! What a key inherits: the policies to choose from, and what the chosen one and the default say.

use crate::api::policies::use_policies;
use crate::i18n::use_texts;
use crate::pages::rules::Levels;
use crate::ui::{Choice, Field, SelectInput};
use std::rc::Rc;
use tollgate_contract::policies::Policy;
use tollgate_contract::problem::FieldError;
use tollgate_contract::rules::{EffectiveRules, KeyRules};
use yew::prelude::*;

/// What holds for a key of this policy that says nothing itself.
#[hook]
pub fn use_inherited(policy: &str) -> Levels {
    let (_, policy, default) = use_chosen(policy);
    let effective = effective(&KeyRules::default(), policy.as_ref(), default.as_ref());
    Levels::Key(Rc::new(effective), policy.map(|policy| policy.name.into()))
}

/// What holds for a key with these rules and this policy.
#[hook]
pub fn use_effective(policy: &str) -> Rc<dyn Fn(&KeyRules) -> EffectiveRules> {
    let (_, policy, default) = use_chosen(policy);
    Rc::new(move |rules| effective(rules, policy.as_ref(), default.as_ref()))
}

fn effective(rules: &KeyRules, policy: Option<&Policy>, default: Option<&Policy>) -> EffectiveRules {
    EffectiveRules::of(
        rules,
        policy.map(|policy| &policy.rules),
        default.map(|policy| &policy.rules),
    )
}

/// All policies, the chosen one, and the default.
#[hook]
fn use_chosen(policy: &str) -> (Vec<Policy>, Option<Policy>, Option<Policy>) {
    let found = use_policies();
    let all = found
        .data
        .as_ref()
        .map(|policies| policies.items.clone())
        .unwrap_or_default();
    let chosen = all.iter().find(|listed| listed.id.to_string() == policy).cloned();
    let default = all.iter().find(|listed| listed.is_default).cloned();
    (all, chosen, default)
}

#[derive(Properties, PartialEq)]
pub struct PolicyFieldProps {
    pub id: AttrValue,
    /// A policy's id; empty: none.
    pub value: AttrValue,
    /// What none means.
    pub none: AttrValue,
    /// Whether it is asked for even where there is none to choose.
    #[prop_or_default]
    pub always: bool,
    #[prop_or_default]
    pub error: Option<FieldError>,
    pub onchange: Callback<String>,
}

/// Which policy; nothing where there is none to choose.
#[component]
pub fn PolicyField(props: &PolicyFieldProps) -> Html {
    let t = use_texts();
    let (all, chosen, _) = use_chosen(&props.value);
    if all.is_empty() && !props.always && props.value.is_empty() && props.error.is_none() {
        return Html::default();
    }
    let mut choices = vec![Choice::new("", props.none.clone())];
    choices.extend(
        all.iter()
            .map(|policy| Choice::new(policy.id.to_string(), policy.name.clone())),
    );
    // What is set stays so, whether or not it could be read.
    if chosen.is_none() && !props.value.is_empty() {
        choices.push(Choice::new(props.value.clone(), t.keys.bound_unknown));
    }
    html! {
        <Field id={props.id.clone()} label={t.keys.policy} error={props.error.clone()}>
            <SelectInput id={props.id.clone()} value={props.value.clone()} {choices} onchange={props.onchange.clone()} />
        </Field>
    }
}
