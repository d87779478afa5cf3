//! When a key expires: never, on a day, in some days, or some days from its first use. What is typed and what it says, and the
//! fields for it.

use crate::format::{self, TimeStyle};
use crate::i18n::{fill, use_locale};
use crate::pages::parts::{number, typed_fault};
use crate::state::use_me;
use crate::ui::{Choice, Errors, Field, NumberInput, SelectInput};
use chrono::{DateTime, TimeDelta, Utc};
use tollgate_contract::keys::Key;
use tollgate_contract::problem::FieldError;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Days after which a key may be chosen to expire.
const DAYS: [u32; 4] = [7, 30, 90, 365];
/// No expiry.
const NEVER: &str = "never";
/// The expiry that it has already.
const KEPT: &str = "kept";
/// A day of the calendar.
const DATE: &str = "date";
/// A number of days from the first use on.
const FIRST_USE: &str = "first_use";
const DAY_S: u64 = 86_400;

/// As it is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Expiry {
    /// [`NEVER`], [`KEPT`], [`DATE`], [`FIRST_USE`], or a number of days.
    by: String,
    /// For [`DATE`]: as the date field has it.
    day: String,
    /// For [`FIRST_USE`].
    days: String,
    /// For [`KEPT`].
    kept: Option<DateTime<Utc>>,
    /// A lifetime that is no whole number of days stays as it is, as long as its days do.
    lifetime_s: Option<u64>,
}

/// What it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub at: Option<DateTime<Utc>>,
    pub lifetime_s: Option<u64>,
}

impl Default for Expiry {
    fn default() -> Self {
        Self {
            by: NEVER.to_owned(),
            day: String::new(),
            days: String::new(),
            kept: None,
            lifetime_s: None,
        }
    }
}

impl Expiry {
    /// A key's.
    pub fn of(key: &Key) -> Self {
        let by = match (key.lifetime_s, key.expires_at) {
            (Some(_), _) => FIRST_USE,
            (None, Some(_)) => KEPT,
            (None, None) => NEVER,
        };
        Self {
            by: by.to_owned(),
            days: key.lifetime_s.map(days_of).unwrap_or_default(),
            kept: key.expires_at.filter(|_| key.lifetime_s.is_none()),
            lifetime_s: key.lifetime_s,
            ..Self::default()
        }
    }

    /// What it says; `day_end` tells when a day of the zone is over.
    pub fn read(
        &self,
        now: DateTime<Utc>,
        day_end: &dyn Fn(&str) -> Option<DateTime<Utc>>,
        wrong: &mut Vec<FieldError>,
    ) -> Said {
        let at = |at| Said { at, lifetime_s: None };
        match self.by.as_str() {
            KEPT => at(self.kept),
            DATE => {
                let end = day_end(&self.day);
                match end {
                    None => wrong.push(typed_fault("expires_at", "date")),
                    Some(end) if end <= now => wrong.push(typed_fault("expires_at", "in_the_past")),
                    Some(_) => {}
                }
                at(end)
            }
            FIRST_USE => Said {
                at: None,
                lifetime_s: self.lifetime(wrong),
            },
            days => at(days.parse().ok().map(|days| now + TimeDelta::days(days))),
        }
    }

    fn lifetime(&self, wrong: &mut Vec<FieldError>) -> Option<u64> {
        let kept = self.lifetime_s.filter(|seconds| days_of(*seconds) == self.days);
        let typed = || number::<u64>("lifetime_s", &self.days, wrong).map(|days| days.saturating_mul(DAY_S));
        let said = kept.or_else(typed);
        if said.is_none() && wrong.iter().all(|fault| fault.field != "lifetime_s") {
            wrong.push(typed_fault("lifetime_s", "required"));
        }
        said
    }
}

/// A lifetime in days, rounded up.
pub fn days_of(seconds: u64) -> String {
    seconds.div_ceil(DAY_S).to_string()
}

#[derive(Properties, PartialEq)]
pub struct ExpiryFieldsProps {
    pub value: Expiry,
    pub errors: Errors,
    /// Whether the first use may begin it.
    #[prop_or(true)]
    pub by_use: bool,
    pub onchange: Callback<Expiry>,
}

/// The fields; two, where the first needs another.
#[component]
pub fn ExpiryFields(props: &ExpiryFieldsProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let (value, errors) = (&props.value, &props.errors);
    let mut choices = vec![Choice::new(NEVER, t.keys.expires_never)];
    if let Some(kept) = value.kept {
        choices.push(Choice::new(
            KEPT,
            format::time(kept, zone, locale, TimeStyle::Full),
        ));
    }
    choices.extend(DAYS.map(|days| {
        let days = days.to_string();
        Choice::new(days.clone(), fill(t.keys.expires_days, &[("days", &days)]))
    }));
    choices.push(Choice::new(DATE, t.keys.expires_date));
    if props.by_use {
        choices.push(Choice::new(FIRST_USE, t.keys.expires_first_use));
    }
    let on = |set: fn(&mut Expiry, String)| {
        let (value, onchange) = (value.clone(), props.onchange.clone());
        Callback::from(move |text| {
            let mut next = value.clone();
            set(&mut next, text);
            onchange.emit(next);
        })
    };
    let wrong = errors.of("expires_at");
    let onday = on(|expiry, text| expiry.day = text)
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let (by_date, from_use) = (value.by == DATE, value.by == FIRST_USE);
    html! {
        <>
            <Field id="expiry" label={t.keys.expires} error={wrong.clone().filter(|_| !by_date).or_else(|| errors.of("lifetime_s").filter(|_| !from_use))}>
                <SelectInput id="expiry" value={value.by.clone()} {choices} onchange={on(|expiry, text| expiry.by = text)} />
            </Field>
            if by_date {
                <Field id="expires_at" label={t.keys.expires_day} help={fill(t.keys.expires_date_help, &[("zone", zone)])} error={wrong.clone()}>
                    <input id="expires_at" type="date" value={value.day.clone()} aria-invalid={wrong.is_some().then_some("true")}
                        aria-describedby="expires_at-note" class={classes!("input", "input-sm", "h-9", "w-full", wrong.is_some().then_some("input-error"))} oninput={onday} />
                </Field>
            }
            if from_use {
                <Field id="lifetime_s" label={t.keys.expires_first_use} error={errors.of("lifetime_s")}>
                    <NumberInput id="lifetime_s" value={value.days.clone()} wrong={errors.of("lifetime_s").is_some()} oninput={on(|expiry, text| expiry.days = text)} />
                </Field>
            }
        </>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn read(expiry: &Expiry) -> Result<Said, String> {
        let mut wrong = Vec::new();
        let said = expiry.read(now(), &|day| format!("{day}T16:00:00Z").parse().ok(), &mut wrong);
        match wrong.first() {
            Some(fault) => Err(format!("{} {}", fault.field, fault.code)),
            None => Ok(said),
        }
    }

    fn by(by: &str) -> Expiry {
        Expiry {
            by: by.to_owned(),
            ..Expiry::default()
        }
    }

    #[test]
    fn days_count_from_now_or_from_the_first_use() {
        assert_eq!(read(&by(NEVER)), Ok(Said::default()));
        assert_eq!(
            read(&by("30")).unwrap().at,
            Some("2026-12-24T12:00:00Z".parse().unwrap())
        );
        let from_use = |days: &str| Expiry {
            days: days.to_owned(),
            ..by(FIRST_USE)
        };
        let said = read(&from_use("30")).unwrap();
        assert_eq!((said.at, said.lifetime_s), (None, Some(30 * DAY_S)));
        assert_eq!(read(&from_use("")), Err("lifetime_s required".to_owned()));
        assert_eq!(read(&from_use("a month")), Err("lifetime_s number".to_owned()));
    }

    #[test]
    fn a_day_must_lie_ahead() {
        let on = |day: &str| Expiry {
            day: day.to_owned(),
            ..by(DATE)
        };
        assert_eq!(read(&on("")), Err("expires_at date".to_owned()));
        assert_eq!(read(&on("2026-11-23")), Err("expires_at in_the_past".to_owned()));
        assert!(read(&on("2026-11-24")).is_ok());
    }

    #[test]
    fn what_is_kept_stays_to_the_second() {
        let kept: DateTime<Utc> = "2026-01-01T00:00:01Z".parse().unwrap();
        let expiry = Expiry {
            kept: Some(kept),
            ..by(KEPT)
        };
        assert_eq!(read(&expiry).unwrap().at, Some(kept));
        let mut odd = Expiry {
            days: days_of(90_000),
            lifetime_s: Some(90_000),
            ..by(FIRST_USE)
        };
        assert_eq!(read(&odd).unwrap().lifetime_s, Some(90_000));
        odd.days = "3".to_owned();
        assert_eq!(read(&odd).unwrap().lifetime_s, Some(3 * DAY_S));
    }
}
