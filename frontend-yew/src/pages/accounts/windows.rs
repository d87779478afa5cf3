//! A subscription: its plan, and its windows as bars with what is used and when they begin anew.

use crate::browser;
use crate::i18n::{Texts, fill, use_texts};
use crate::ui::{Meter, Moment, Pill, Tone};
use chrono::{DateTime, Utc};
use tollgate_contract::accounts::{AccountWindow, Subscription};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct WindowsProps {
    pub windows: Vec<AccountWindow>,
}

/// The windows.
#[component]
pub fn Windows(props: &WindowsProps) -> Html {
    let t = use_texts();
    let now = browser::now();
    let bars = props.windows.iter().map(|window| {
        let (permille, full) = used(window, now);
        let ahead = window.resets_at.filter(|at| *at > now);
        html! {
            <Meter key={window.name.clone()} label={window_name(&window.name, t)} {permille} {full}>
                if let Some(at) = ahead {
                    <span class="text-muted">{ " · " }<Moment {at} /></span>
                }
            </Meter>
        }
    });
    html! { <div class="flex flex-col gap-1.5">{ for bars }</div> }
}

/// Thousandths used, and whether it is used up. One that has begun anew since is empty.
fn used(window: &AccountWindow, now: DateTime<Utc>) -> (u32, bool) {
    if window.resets_at.is_some_and(|at| at <= now) {
        return (0, false);
    }
    let full = window.used_permille >= 1000 || window.status == "rejected";
    (window.used_permille, full)
}

/// What a window is called; one that is not known by the vendor's own name.
pub fn window_name(name: &str, t: &Texts) -> String {
    let (length, family) = name.split_once('_').unwrap_or((name, ""));
    let split = length.find(|c: char| !c.is_ascii_digit()).unwrap_or(length.len());
    let (number, unit) = length.split_at(split);
    let text = match unit {
        _ if number.is_empty() => return name.to_owned(),
        "h" => t.accounts.window_hours,
        "d" => t.accounts.window_days,
        _ => return name.to_owned(),
    };
    let length = fill(text, &[("number", number)]);
    match family {
        "" => length,
        "opus" => format!("{length} · Opus"),
        other => format!("{length} · {other}"),
    }
}

/// The plan's name, and whether it has Opus, on hover.
pub fn plan_badge(subscription: &Subscription, t: &Texts) -> Html {
    let Some(plan) = &subscription.plan else {
        return Html::default();
    };
    let title = match subscription.opus {
        Some(true) => t.accounts.plan_opus,
        Some(false) => t.accounts.plan_no_opus,
        None => t.accounts.plan,
    };
    html! { <Pill tone={Tone::Plain} text={capital(plan)} {title} /> }
}

/// `max` as `Max`.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use serde_json::json;

    fn window(used: u32, status: &str, resets_at: Option<&str>) -> AccountWindow {
        serde_json::from_value(json!({
            "name": "5h", "used_permille": used, "status": status, "resets_at": resets_at, "observed_at": "2026-11-24T10:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn a_window_that_has_begun_anew_is_empty() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        assert_eq!(
            used(&window(1000, "rejected", Some("2026-11-24T11:59:00Z")), now),
            (0, false)
        );
        assert_eq!(
            used(&window(420, "allowed", Some("2026-11-24T13:00:00Z")), now),
            (420, false)
        );
        assert_eq!(
            used(&window(980, "rejected", Some("2026-11-24T13:00:00Z")), now),
            (980, true)
        );
        assert_eq!(used(&window(1000, "", None), now), (1000, true));
    }

    #[test]
    fn windows_are_called_by_their_length() {
        let t = Locale::En.texts();
        assert_eq!(window_name("5h", t), "5 hours");
        assert_eq!(window_name("7d_opus", t), "7 days · Opus");
        assert_eq!(window_name("primary", t), "primary");
        assert_eq!(capital("max"), "Max");
    }
}
