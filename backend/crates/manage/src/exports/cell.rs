//! Values as they stand in files, written without detours: an export has millions of them. Money is decimal text with all
//! nine digits, instants are RFC 3339 in UTC to the millisecond. Never in here: which format wants what.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use uuid::Uuid;

/// Nano-USD in a dollar.
const NANO_PER_USD: u64 = 1_000_000_000;

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    /// Absent.
    Nothing,
    /// What people or clients wrote: it may hold anything.
    Text(&'a str),
    /// A word or number of ours, safe everywhere.
    Plain(&'a str),
    /// A decimal number that is written already.
    Decimal(&'a str),
    /// An id.
    Id(Uuid),
    /// A whole number.
    Count(i64),
    /// Nano-USD.
    Money(i64),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A day.
    Day(NaiveDate),
    /// Yes or no.
    Flag(bool),
}

/// A column: its name, and whether it holds money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) money: bool,
}

/// Columns of these names; those that end with `_usd` hold money.
pub(super) fn columns(names: &[&'static str]) -> Vec<Column> {
    let column = |name: &&'static str| Column {
        name,
        money: name.ends_with("_usd"),
    };
    names.iter().map(column).collect()
}

/// Two digits.
fn two(out: &mut Vec<u8>, number: u32) {
    let digit = |number: u32| b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or_default());
    out.extend([digit(number / 10), digit(number)]);
}

/// A number with leading zeros.
fn padded(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let begin = out.len();
    out.resize(begin.saturating_add(width), b'0');
    for place in out.iter_mut().skip(begin).rev() {
        *place = b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
    }
}

/// A whole number.
pub(super) fn count(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let magnitude = number.unsigned_abs();
    let width = magnitude.checked_ilog10().unwrap_or_default().saturating_add(1);
    padded(out, magnitude, usize::try_from(width).unwrap_or(1));
}

/// Nano-USD as dollars: `-12.000000345`.
pub(super) fn money(out: &mut Vec<u8>, nano: i64) {
    if nano < 0 {
        out.push(b'-');
    }
    let magnitude = nano.unsigned_abs();
    let whole = i64::try_from(magnitude / NANO_PER_USD).unwrap_or(i64::MAX);
    count(out, whole);
    out.push(b'.');
    padded(out, magnitude % NANO_PER_USD, 9);
}

/// `2026-11-30`.
pub(super) fn day(out: &mut Vec<u8>, day: NaiveDate) {
    padded(out, u64::from(day.year().unsigned_abs()), 4);
    out.push(b'-');
    two(out, day.month());
    out.push(b'-');
    two(out, day.day());
}

/// `2026-11-30T14:49:03.123Z`.
pub(super) fn instant(out: &mut Vec<u8>, at: DateTime<Utc>) {
    seconds(out, at);
    out.push(b'.');
    padded(out, u64::from(at.timestamp_subsec_millis()), 3);
    out.push(b'Z');
}

/// `2026-11-30T14:49:03`, of which an instant in whole seconds is made with a `Z`.
pub(super) fn seconds(out: &mut Vec<u8>, at: DateTime<Utc>) {
    day(out, at.date_naive());
    out.push(b'T');
    two(out, at.hour());
    out.push(b':');
    two(out, at.minute());
    out.push(b':');
    two(out, at.second());
}

/// Writes what needs no care about the format; text is left to it.
pub(super) fn plain(out: &mut Vec<u8>, cell: &Cell<'_>) {
    match *cell {
        Cell::Nothing => {}
        Cell::Text(text) | Cell::Plain(text) | Cell::Decimal(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Id(id) => {
            let mut buffer = Uuid::encode_buffer();
            out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
        }
        Cell::Count(number) => count(out, number),
        Cell::Money(nano) => money(out, nano),
        Cell::Instant(at) => instant(out, at),
        Cell::Day(date) => day(out, date),
        Cell::Flag(yes) => out.extend_from_slice(if yes { b"true" } else { b"false" }),
    }
}

/// The same as text of its own.
pub(super) fn text(cell: &Cell<'_>) -> String {
    let mut out = Vec::new();
    plain(&mut out, cell);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_all_its_digits_and_its_sign() {
        for (nano, written) in [
            (0, "0.000000000"),
            (1, "0.000000001"),
            (-1, "-0.000000001"),
            (1_000_000_000, "1.000000000"),
            (-12_000_000_345, "-12.000000345"),
            (i64::MAX, "9223372036.854775807"),
            (i64::MIN, "-9223372036.854775808"),
        ] {
            assert_eq!(text(&Cell::Money(nano)), written);
        }
    }

    #[test]
    fn counts_and_times_are_written_as_everybody_reads_them() {
        for number in [0, 7, 10, 99, 100, -5, i64::MAX, i64::MIN] {
            assert_eq!(text(&Cell::Count(number)), number.to_string());
        }
        let at: DateTime<Utc> = "2026-03-09T04:05:06.078Z".parse().unwrap();
        assert_eq!(text(&Cell::Instant(at)), "2026-03-09T04:05:06.078Z");
        assert_eq!(text(&Cell::Day(at.date_naive())), "2026-03-09");
        let id = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_00ff);
        assert_eq!(text(&Cell::Id(id)), id.to_string());
    }
}
