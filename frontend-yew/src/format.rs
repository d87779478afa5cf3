//! How figures are written: money with as many digits as matter, tokens short, durations, times in the tenant's zone.
//! Pure but for times, which the browser's own calendar writes.

use crate::browser;
use crate::i18n::Locale;
use chrono::{DateTime, Datelike, Utc};
use js_sys::{Array, Date, Intl, Object, Reflect};
use tollgate_contract::money::NanoUsd;
use wasm_bindgen::JsValue;

const NANO: i128 = 1_000_000_000;

/// `1234567` as `1,234,567`.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// The same of what may lie below zero.
pub fn count_signed(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", count(number.unsigned_abs()))
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Tokens in short: `950`, `12.4 k`, `3.1 M`.
pub fn short(number: u64) -> String {
    let (unit, name) = match number {
        0..10_000 => return count(number),
        10_000..999_950 => (1_000, "k"),
        999_950..999_950_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "B"),
    };
    let tenths = (u128::from(number) * 10 + unit / 2) / unit;
    if tenths >= 1000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// Money in short: two decimals from a dollar on, three digits that matter below: `$1,204.18`, `$0.0042`.
pub fn money(amount: NanoUsd) -> String {
    let sign = if amount.0 < 0 { "−" } else { "" };
    let nanos = i128::from(amount.0.unsigned_abs());
    if nanos == 0 {
        return "$0.00".to_owned();
    }
    let mut decimals = 2;
    if nanos < NANO {
        // The first digit that is not zero, and two after it.
        let mut first = 1;
        let mut scale = NANO / 10;
        while scale > nanos {
            scale /= 10;
            first += 1;
        }
        decimals = (first + 2).clamp(2, 9);
    }
    let step = 10_i128.pow(9 - decimals);
    let rounded = (nanos + step / 2) / step;
    let unit = 10_i128.pow(decimals);
    let fraction = format!("{:0width$}", rounded % unit, width = decimals as usize);
    let fraction = if nanos < NANO {
        trim_to_two(&fraction)
    } else {
        &fraction
    };
    format!("{sign}${}.{fraction}", grouped(&(rounded / unit).to_string()))
}

fn trim_to_two(fraction: &str) -> &str {
    let kept = fraction.trim_end_matches('0').len().max(2);
    fraction.get(..kept).unwrap_or(fraction)
}

/// Money to the last nano-dollar.
pub fn money_exact(amount: NanoUsd) -> String {
    format!("{} USD", amount.exact_usd())
}

/// Every digit that there is, in two, six or nine decimals so that columns line up: `$0.518263`, `$1,204.18`.
pub fn money_to_the_last(amount: NanoUsd) -> String {
    let sign = if amount.0 < 0 { "−" } else { "" };
    let nanos = amount.0.unsigned_abs();
    let fraction = format!("{:09}", nanos % 1_000_000_000);
    let decimals = match fraction.trim_end_matches('0').len() {
        0..=2 => 2,
        3..=6 => 6,
        _ => 9,
    };
    let fraction = fraction.get(..decimals).unwrap_or(&fraction);
    format!("{sign}${}.{fraction}", count(nanos / 1_000_000_000))
}

/// Money from a chart's float, for axes only.
#[expect(
    clippy::cast_possible_truncation,
    reason = "an axis label needs no nano-dollar"
)]
pub fn money_axis(usd: f64) -> String {
    money(NanoUsd((usd * 1e9).round() as i64))
}

/// A count from a chart's float, for axes only.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an axis label is a small whole number"
)]
pub fn count_axis(number: f64) -> String {
    if number > 0.0 && number < 1.0 {
        String::new()
    } else {
        short(number.max(0.0).round() as u64)
    }
}

/// A duration: `850 ms`, `12.4 s`, `3 m 20 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} m {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// A change against an earlier figure, in whole percent; `None` where there was nothing to compare with.
pub fn change_percent(now: i128, before: i128) -> Option<i128> {
    (before > 0).then(|| (now - before) * 100 / before)
}

/// What of an instant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStyle {
    /// Day and time to the second.
    Full,
    /// Day and time to the minute, with the year where it is another one than this.
    Minute,
    /// The day.
    Day,
}

/// An instant in a zone, as the language writes it.
pub fn time(at: DateTime<Utc>, zone: &str, locale: Locale, style: TimeStyle) -> String {
    let options = Object::new();
    let set = |key: &str, value: &str| {
        let _ = Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value));
    };
    set("timeZone", zone);
    set("day", "numeric");
    set("month", "short");
    if style != TimeStyle::Minute || at.year() != crate::browser::now().year() {
        set("year", "numeric");
    }
    if style != TimeStyle::Day {
        set("hour", "2-digit");
        set("minute", "2-digit");
        set("hourCycle", "h23");
    }
    if style == TimeStyle::Full {
        set("second", "2-digit");
    }
    let tag = if locale == Locale::En {
        "en-GB"
    } else {
        locale.tag()
    };
    let tags = Array::of1(&JsValue::from_str(tag));
    let formatter = Intl::DateTimeFormat::new(&tags, &options);
    let written = formatter.format().call1(&JsValue::UNDEFINED, &date(at));
    written
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| at.to_rfc3339())
}

/// How long ago, or in how long: `3 min. ago`, `in 5 days`.
pub fn relative(at: DateTime<Utc>, locale: Locale) -> String {
    let seconds = (millis(at) - browser::now_ms()) / 1000.0;
    let steps = [
        (60.0, 1.0, "second"),
        (3600.0, 60.0, "minute"),
        (86_400.0, 3600.0, "hour"),
        (f64::MAX, 86_400.0, "day"),
    ];
    let (_, unit, name) = steps
        .into_iter()
        .find(|(below, _, _)| seconds.abs() < *below)
        .unwrap_or((0.0, 86_400.0, "day"));
    let options = Object::new();
    for (key, value) in [("numeric", "auto"), ("style", "short")] {
        let _ = Reflect::set(&options, &JsValue::from_str(key), &JsValue::from_str(value));
    }
    let formatter = Intl::RelativeTimeFormat::new(&Array::of1(&JsValue::from_str(locale.tag())), &options);
    String::from(formatter.format((seconds / unit).trunc(), name))
}

/// A browser's date of an instant.
pub fn date(at: DateTime<Utc>) -> Date {
    Date::new(&JsValue::from_f64(millis(at)))
}

/// Milliseconds since 1970.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this age fit a float's 53 bits"
)]
pub fn millis(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_that_is_added_up_hides_nothing() {
        for (nanos, shown) in [
            (0, "$0.00"),
            (1, "$0.000000001"),
            (169_160_000, "$0.169160"),
            (1_204_180_000_000, "$1,204.18"),
            (-518_263_000, "−$0.518263"),
        ] {
            assert_eq!(money_to_the_last(NanoUsd(nanos)), shown);
        }
    }

    #[test]
    fn money_shows_the_digits_that_matter() {
        for (nanos, shown) in [
            (0, "$0.00"),
            (4_200_000, "$0.0042"),
            (8_700_000, "$0.0087"),
            (123_456_789, "$0.123"),
            (420_000_000, "$0.42"),
            (1_204_180_000_000, "$1,204.18"),
            (-1_500_000_000, "−$1.50"),
            (1, "$0.000000001"),
            (12_345, "$0.0000123"),
            (999_999_999, "$1.00"),
        ] {
            assert_eq!(money(NanoUsd(nanos)), shown);
        }
    }

    #[test]
    fn tokens_are_short_and_never_round_up_to_a_thousand_of_their_unit() {
        for (number, shown) in [
            (0, "0"),
            (9_999, "9,999"),
            (12_400, "12.4 k"),
            (999_949, "999 k"),
            (999_950, "1.0 M"),
            (3_140_000, "3.1 M"),
            (123_456_789, "123 M"),
            (4_000_000_000, "4.0 B"),
        ] {
            assert_eq!(short(number), shown);
        }
    }

    #[test]
    fn durations_choose_their_unit() {
        assert_eq!(duration(850), "850 ms");
        assert_eq!(duration(12_456), "12.4 s");
        assert_eq!(duration(200_000), "3 m 20 s");
    }

    #[test]
    fn a_change_needs_something_to_compare_with() {
        assert_eq!(change_percent(150, 100), Some(50));
        assert_eq!(change_percent(50, 0), None);
    }
}
