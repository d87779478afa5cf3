//! What members may do with keys of their own: said on the page, and held against a form before it is sent, in the same words.

use crate::api::keys::use_key_count;
use crate::api::policies::use_self_service;
use crate::i18n::{Locale, Texts, fill, use_texts};
use crate::pages::parts::service_name;
use crate::pages::rules::window_words;
use crate::state::{may, use_me};
use crate::ui::{Glyph, Icon};
use chrono::{DateTime, TimeDelta, Utc};
use std::rc::Rc;
use tollgate_contract::keys::UpdateKey;
use tollgate_contract::policies::SelfService;
use tollgate_contract::problem::FieldError;
use tollgate_contract::rules::{KeyRules, WindowRule};
use yew::prelude::*;

/// What binds the viewer; nothing for those who may change everybody's keys.
#[hook]
pub fn use_bounds() -> Option<Rc<SelfService>> {
    let me = use_me();
    // Everybody may read it, so that it needs no hook of its own for members.
    let found = use_self_service();
    found.data.filter(|_| !may(me.as_ref(), "keys.write_all"))
}

/// How many keys a member has, where that is known.
#[hook]
pub fn use_own_count() -> Option<u64> {
    let me = use_me();
    use_key_count(!may(me.as_ref(), "keys.read_all"))
}

/// Whether the viewer may make one more.
pub fn is_open(bounds: Option<&SelfService>, own: Option<u64>) -> bool {
    bounds.is_none_or(|bounds| {
        let full = bounds
            .keys_max
            .zip(own)
            .is_some_and(|(max, own)| own >= u64::from(max));
        bounds.allowed && !full
    })
}

/// What members may do, above their list.
#[component]
pub fn Bounds() -> Html {
    let t = use_texts();
    let (bounds, own) = (use_bounds(), use_own_count());
    let Some(words) = bounds.and_then(|bounds| words(&bounds, own, t)) else {
        return Html::default();
    };
    html! {
        <p class="mb-4 flex items-start gap-2 text-muted" data-testid="self-service"><Icon glyph={Glyph::Info} class="size-4 mt-0.5" />{ words }</p>
    }
}

fn words(bounds: &SelfService, own: Option<u64>, t: &Texts) -> Option<String> {
    let number = |text: &str, name: &str, number: u64| fill(text, &[(name, &number.to_string())]);
    if !bounds.allowed {
        return Some(t.many_keys.own_closed.to_owned());
    }
    let mut parts = Vec::new();
    if let Some(max) = bounds.keys_max.map(u64::from) {
        match own {
            Some(own) if own >= max => return Some(number(t.many_keys.own_full, "number", max)),
            _ => parts.push(fill(
                t.many_keys.own_keys,
                &[
                    ("left", &max.saturating_sub(own.unwrap_or_default()).to_string()),
                    ("number", &max.to_string()),
                ],
            )),
        }
    }
    if !bounds.services.is_empty() {
        parts.push(fill(t.many_keys.own_services, &[("list", &services(bounds, t))]));
    }
    if let Some(max) = bounds.concurrency_max {
        parts.push(number(t.many_keys.own_concurrency, "number", max.into()));
    }
    for window in &bounds.windows_max {
        parts.push(fill(
            t.many_keys.own_windows,
            &[("list", &window_words(window, t))],
        ));
    }
    if let Some(days) = bounds.lifetime_max_days {
        parts.push(number(t.many_keys.own_lifetime, "days", days.into()));
    }
    let joined = parts.join("; ");
    (!parts.is_empty()).then(|| fill(t.many_keys.own_rule, &[("rules", &joined)]))
}

fn services(bounds: &SelfService, t: &Texts) -> String {
    let names: Vec<&str> = bounds
        .services
        .iter()
        .map(|service| service_name(*service, t))
        .collect();
    names.join(", ")
}

/// What of a form goes beyond the bounds, where `held` is what would hold for the key.
pub fn beyond(
    form: &UpdateKey,
    held: &KeyRules,
    bounds: &SelfService,
    now: DateTime<Utc>,
    locale: Locale,
) -> Vec<FieldError> {
    let t = locale.texts();
    let mut found = Vec::new();
    let mut fault = |field: &str, message: String| {
        found.push(FieldError {
            field: field.to_owned(),
            // A code of its own, so that the message is shown as it is.
            code: "self_service".to_owned(),
            message,
        });
    };
    let used = held.services.as_deref().unwrap_or_default();
    let all = used.is_empty() || used.iter().any(|service| !bounds.services.contains(service));
    if !bounds.services.is_empty() && all {
        fault(
            "rules.services",
            fill(t.many_keys.beyond_services, &[("list", &services(bounds, t))]),
        );
    }
    if let Some(max) = bounds.concurrency_max {
        let limit = held.concurrency.as_ref().and_then(|rule| rule.limit);
        if limit.is_none_or(|limit| limit > max) {
            fault(
                "rules.concurrency",
                fill(t.many_keys.beyond_concurrency, &[("number", &max.to_string())]),
            );
        }
    }
    let windows = held.windows.as_deref().unwrap_or_default();
    for max in bounds.windows_max.iter().filter(|max| !is_kept(max, windows)) {
        fault(
            "rules.windows",
            fill(t.many_keys.beyond_windows, &[("list", &window_words(max, t))]),
        );
    }
    if let Some(days) = bounds.lifetime_max_days {
        let longest = TimeDelta::days(days.into());
        let by_day = form.expires_at.is_some_and(|at| at - now <= longest);
        let by_use = form
            .lifetime_s
            .is_some_and(|life| life <= u64::from(days) * 86_400);
        if !by_day && !by_use {
            fault(
                "expires_at",
                fill(t.many_keys.beyond_lifetime, &[("days", &days.to_string())]),
            );
        }
    }
    found
}

/// Whether a window of the same length and models is there, each of its amounts at most as large.
fn is_kept(max: &WindowRule, windows: &[WindowRule]) -> bool {
    let lower = |models: &Option<String>| models.as_deref().map(str::to_ascii_lowercase);
    let within = |amount: Option<u64>, max: Option<u64>| {
        max.is_none_or(|max| amount.is_some_and(|amount| amount <= max))
    };
    windows.iter().any(|window| {
        window.span == max.span
            && lower(&window.models) == lower(&max.models)
            && within(window.requests, max.requests)
            && within(window.tokens, max.tokens)
            && max
                .cost_nano
                .is_none_or(|max| window.cost_nano.is_some_and(|cost| cost <= max))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::platform::Service;
    use tollgate_contract::rules::{ConcurrencyRule, WindowSpan};

    fn bounds() -> SelfService {
        SelfService {
            keys_max: Some(3),
            services: vec![Service::Claude],
            concurrency_max: Some(4),
            windows_max: vec![window(60)],
            lifetime_max_days: Some(30),
            ..SelfService::default()
        }
    }

    fn window(requests: u64) -> WindowRule {
        WindowRule {
            span: WindowSpan::Minute,
            models: None,
            requests: Some(requests),
            tokens: None,
            cost_nano: None,
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_page_says_what_is_left_and_what_bounds_it() {
        let t = Locale::En.texts();
        assert_eq!(
            words(&bounds(), Some(1), t).unwrap(),
            "What you may do: 2 of 3 keys left; services: Claude; at most 4 requests at a time; at most 60 requests a minute; \
             keys live at most 30 days."
        );
        assert_eq!(
            words(&bounds(), Some(3), t).unwrap(),
            "You have all 3 keys that a member may have."
        );
        assert_eq!(words(&SelfService::default(), Some(3), t), None);
        assert!(
            !is_open(Some(&bounds()), Some(3)) && is_open(Some(&bounds()), Some(2)) && is_open(None, Some(9))
        );
    }

    #[test]
    fn a_form_beyond_the_bounds_is_refused_field_by_field() {
        let fields = |form: &UpdateKey, held: &KeyRules| -> Vec<String> {
            let found = beyond(form, held, &bounds(), now(), Locale::En);
            found.into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(
            fields(&UpdateKey::default(), &KeyRules::default()),
            [
                "rules.services",
                "rules.concurrency",
                "rules.windows",
                "expires_at"
            ]
        );
        let held = KeyRules {
            services: Some(vec![Service::Claude]),
            concurrency: Some(ConcurrencyRule {
                limit: Some(4),
                queue: 0,
                wait_s: 0,
            }),
            windows: Some(vec![window(60)]),
            ..KeyRules::default()
        };
        let form = UpdateKey {
            lifetime_s: Some(30 * 86_400),
            ..UpdateKey::default()
        };
        assert_eq!(fields(&form, &held), [""; 0]);
        let looser = KeyRules {
            windows: Some(vec![window(61)]),
            ..held
        };
        assert_eq!(fields(&form, &looser), ["rules.windows"]);
    }
}
