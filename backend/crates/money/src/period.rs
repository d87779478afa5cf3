//! Days of a time zone as instants. Bundled zone data decides, never the database's.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Clocks are moved in steps of a quarter of an hour at least; a search for the first instant of a day needs no finer.
const GAP_STEP: TimeDelta = TimeDelta::minutes(15);
/// Longest time that a zone ever left out: a whole day (Samoa, 2011), with room.
const GAP_STEPS_MAX: u32 = 4 * 30;

/// The zone of this name; UTC for a name that the bundled data does not know (any longer).
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// The day in the zone.
pub fn local_date(instant: DateTime<Utc>, zone: Tz) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// The first instant of a day in the zone, also where midnight is left out or comes twice.
pub fn day_start(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    day_start_at(date, 0, zone)
}

/// The same for days that begin at this hour; midnight for an hour that no day has.
pub fn day_start_at(date: NaiveDate, hour: u32, zone: Tz) -> DateTime<Utc> {
    let first = date.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN));
    let mut local = first;
    for _ in 0..GAP_STEPS_MAX {
        if let Some(start) = zone.from_local_datetime(&local).earliest() {
            return start.with_timezone(&Utc);
        }
        let Some(next) = local.checked_add_signed(GAP_STEP) else {
            break;
        };
        local = next;
    }
    first.and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_when_the_zones_clocks_say_so() {
        let start = |(year, month, day), name: &str| {
            day_start(NaiveDate::from_ymd_opt(year, month, day).unwrap(), zone(name)).to_rfc3339()
        };
        assert_eq!(
            start((2026, 11, 24), "Asia/Shanghai"),
            "2026-11-23T16:00:00+00:00"
        );
        assert_eq!(
            start((2026, 11, 24), "Asia/Kathmandu"),
            "2026-11-23T18:15:00+00:00"
        );
        // Midnight is left out: clocks went from 23:59:59 to 01:00.
        assert_eq!(
            start((2018, 11, 4), "America/Sao_Paulo"),
            "2018-11-04T03:00:00+00:00"
        );
        // Midnight comes twice: the first one counts.
        assert_eq!(
            start((2026, 11, 1), "America/Havana"),
            "2026-11-01T04:00:00+00:00"
        );
        // The whole day is left out.
        assert_eq!(start((2011, 12, 30), "Pacific/Apia"), "2011-12-30T10:00:00+00:00");
    }

    #[test]
    fn a_day_is_the_zones_own() {
        let instant = "2026-11-23T20:00:00Z".parse().unwrap();
        assert_eq!(
            local_date(instant, zone("Asia/Shanghai")).to_string(),
            "2026-11-24"
        );
        assert_eq!(local_date(instant, zone("No/Where")).to_string(), "2026-11-23");
    }
}
