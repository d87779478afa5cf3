//! What holds for a key, rule by rule, each with where it comes from.

use super::editor::{source, source_words};
use super::shown::Rule;
use crate::i18n::use_texts;
use crate::pages::parts::fact;
use tollgate_contract::rules::EffectiveRules;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RuleFactsProps {
    pub effective: EffectiveRules,
    /// The name of the key's policy.
    #[prop_or_default]
    pub policy: Option<AttrValue>,
}

/// The rules that anybody sets.
#[component]
pub fn RuleFacts(props: &RuleFactsProps) -> Html {
    let t = use_texts();
    let lines: Vec<Html> = Rule::ALL
        .into_iter()
        .filter_map(|rule| {
            let words = rule.words(&props.effective.rules, t)?;
            let from = source_words(source(rule, props.effective.sources), props.policy.as_deref(), t);
            let value = html! {
                <>
                    <span>{ words }</span>
                    if let Some(from) = from {
                        <span class="block text-xs text-muted">{ from }</span>
                    }
                </>
            };
            Some(fact(rule.name(t), value))
        })
        .collect();
    if lines.is_empty() {
        return html! { <p class="text-muted">{ t.rules.none_set }</p> };
    }
    html! { <dl class="divide-y divide-base-300" data-testid="rules">{ for lines }</dl> }
}
