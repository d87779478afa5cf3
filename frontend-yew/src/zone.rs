//! Days of the organisation's zone as instants. The zone's offset comes from the browser's own calendar; the arithmetic on it
//! is pure.

use crate::format;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use js_sys::{Array, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

/// When a day begins in the zone; `None` for a zone that the browser does not know.
pub fn day_start(day: NaiveDate, zone: &str) -> Option<DateTime<Utc>> {
    begins(day, |at| offset(at, zone))
}

/// When a day ends in the zone: the instant at which the next one begins.
pub fn day_end(day: NaiveDate, zone: &str) -> Option<DateTime<Utc>> {
    day_start(day.checked_add_days(Days::new(1))?, zone)
}

/// The zone's day at an instant.
pub fn day_of(at: DateTime<Utc>, zone: &str) -> Option<NaiveDate> {
    Some((at + offset(at, zone)?).date_naive())
}

/// The day as a date field has it.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// Midnight by the zone's clock. The offset is asked twice: the first guess may lie on the other side of a clock change.
fn begins(day: NaiveDate, offset: impl Fn(DateTime<Utc>) -> Option<TimeDelta>) -> Option<DateTime<Utc>> {
    let shown = day.and_time(NaiveTime::MIN).and_utc();
    let guess = shown - offset(shown)?;
    Some(shown - offset(guess)?)
}

/// How far the zone's clock is ahead of UTC.
fn offset(at: DateTime<Utc>, zone: &str) -> Option<TimeDelta> {
    // Known without asking the browser.
    if zone == "UTC" {
        return Some(TimeDelta::zero());
    }
    let options = Object::new();
    let parts = ["year", "month", "day", "hour", "minute", "second"];
    for part in parts {
        Reflect::set(&options, &JsValue::from_str(part), &JsValue::from_str("numeric")).ok()?;
    }
    for (name, value) in [("timeZone", zone), ("hourCycle", "h23")] {
        Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value)).ok()?;
    }
    let formatter = Intl::DateTimeFormat::new(&Array::of1(&JsValue::from_str("en-GB")), &options);
    let written = formatter.format_to_parts(&format::date(at));
    let number = |wanted: &str| {
        written.iter().find_map(|part| {
            let name = Reflect::get(&part, &JsValue::from_str("type"))
                .ok()?
                .as_string()?;
            let value = Reflect::get(&part, &JsValue::from_str("value"))
                .ok()?
                .as_string()?;
            (name == wanted).then(|| value.parse::<u32>().ok())?
        })
    };
    let day = NaiveDate::from_ymd_opt(
        i32::try_from(number("year")?).ok()?,
        number("month")?,
        number("day")?,
    )?;
    let shown = day
        .and_hms_opt(number("hour")?, number("minute")?, number("second")?)?
        .and_utc();
    Some(shown - DateTime::from_timestamp(at.timestamp(), 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        parse_day(text).unwrap()
    }

    #[test]
    fn a_day_begins_at_the_zones_midnight() {
        let shanghai = |_| Some(TimeDelta::hours(8));
        assert_eq!(
            begins(day("2026-11-24"), shanghai).unwrap().to_rfc3339(),
            "2026-11-23T16:00:00+00:00"
        );
    }

    #[test]
    fn a_day_begins_right_beside_a_clock_change() {
        // Berlin goes from +1 to +2 at 01:00 UTC on 29 March 2026.
        let change: DateTime<Utc> = "2026-03-29T01:00:00Z".parse().unwrap();
        let berlin = |at| Some(TimeDelta::hours(if at < change { 1 } else { 2 }));
        assert_eq!(
            begins(day("2026-03-29"), berlin).unwrap().to_rfc3339(),
            "2026-03-28T23:00:00+00:00"
        );
        assert_eq!(
            begins(day("2026-03-30"), berlin).unwrap().to_rfc3339(),
            "2026-03-29T22:00:00+00:00"
        );
    }
}
