//! Days and hours of the tenant's zone as instants, and instants as the first id of their millisecond.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

pub(crate) use tollgate_money::{day_start, local_date, zone};

/// The day after; the last one that there is stays itself.
pub(crate) fn next_day(date: NaiveDate) -> NaiveDate {
    date.succ_opt().unwrap_or(date)
}

/// So many days earlier; the first one that there is at the earliest.
pub(crate) fn days_before(date: NaiveDate, days: i64) -> NaiveDate {
    date.checked_sub_signed(TimeDelta::days(days))
        .unwrap_or(NaiveDate::MIN)
}

/// The first UUIDv7 of an instant's millisecond: a bound in what is ordered by id.
pub(crate) fn id_floor(instant: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(instant.timestamp_millis().clamp(0, (1 << 48) - 1)).unwrap_or_default();
    Uuid::from_u128((millis << 80) | (0x7 << 76) | (0x8 << 60))
}

/// The instant that a UUIDv7 carries, to the millisecond.
pub(crate) fn id_instant(id: Uuid) -> Option<DateTime<Utc>> {
    let millis = i64::try_from(id.as_u128() >> 80).ok()?;
    (id.get_version_num() == 7)
        .then(|| DateTime::from_timestamp_millis(millis))
        .flatten()
}

/// The quarter of an hour in which an instant lies.
pub(crate) fn quarter(instant: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = instant.timestamp() - instant.timestamp().rem_euclid(900);
    DateTime::from_timestamp(seconds, 0).unwrap_or(instant)
}

/// The same wall-clock time on the day before, as the last full quarter of an hour.
pub(crate) fn same_time_yesterday(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let local = now.with_timezone(&zone);
    let yesterday = days_before(local.date_naive(), 1);
    let time = NaiveTime::from_hms_opt(local.hour(), local.minute(), 0).unwrap_or(NaiveTime::MIN);
    let then = zone.from_local_datetime(&yesterday.and_time(time)).earliest();
    quarter(then.map_or_else(|| now - TimeDelta::days(1), |then| then.with_timezone(&Utc)))
}

/// Years in which the schema's ids and partitions make sense; dates outside are a mistake or an attack.
pub(crate) fn sensible(date: NaiveDate) -> bool {
    (2000..=2200).contains(&date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_floor_sorts_below_every_id_of_its_millisecond_and_gives_it_back() {
        let instant = DateTime::from_timestamp_millis(1_795_000_000_123).unwrap();
        let floor = id_floor(instant);
        assert_eq!(floor.get_version_num(), 7);
        assert_eq!(id_instant(floor), Some(instant));
        assert!(id_floor(instant + TimeDelta::milliseconds(1)) > floor);
        assert_eq!(id_instant(Uuid::nil()), None);
    }

    #[test]
    fn yesterday_at_the_same_time_follows_the_clock_on_the_wall() {
        let now = "2026-03-29T10:20:00Z".parse().unwrap();
        // Berlin lost an hour in the night before: 12:20 there, as 12:20 yesterday was 11:20 UTC.
        let then = same_time_yesterday(now, zone("Europe/Berlin"));
        assert_eq!(then.to_rfc3339(), "2026-03-28T11:15:00+00:00");
    }
}
