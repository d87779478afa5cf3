//! Period edges against PostgreSQL's own zones: it tells what the clocks show at an instant, without any of our arithmetic.

use super::support::House;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tollgate_money::{PeriodLength, PeriodRule, zone};

/// Zones whose clocks are moved, by an hour or a half, at midnight or later; zones of half hours and quarters; none at all.
const ZONES: [&str; 12] = [
    "UTC",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Europe/London",
];

/// Every period between these instants, by our arithmetic.
fn periods(rule: PeriodRule) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let instant = |text: &str| -> DateTime<Utc> { text.parse().expect("a time") };
    let (mut at, until) = (instant("2016-01-01T00:00:00Z"), instant("2020-04-01T00:00:00Z"));
    let mut found = Vec::new();
    while at < until {
        let period = rule.period_of(at);
        let end = period.end.expect("an end");
        found.push((period.start, end));
        at = end;
    }
    found
}

/// The first day of the local date's period, by PostgreSQL's calendar.
fn anchor(length: PeriodLength, week_start: u8) -> String {
    match length {
        PeriodLength::Month => "date_trunc('month', day)::date".to_owned(),
        PeriodLength::Week => {
            format!("day - ((extract(isodow FROM day)::int + 7 - {week_start}) % 7)")
        }
        PeriodLength::Day | PeriodLength::Total => "day".to_owned(),
    }
}

/// A start is right if the clocks show the period's hour of its first day, or a later time of that day where they leave the
/// hour out, and show an earlier time the moment before; and if no instant before it did so.
#[tokio::test(flavor = "multi_thread")]
async fn every_period_begins_when_postgresql_s_clocks_say_so() {
    let house = House::new().await;
    let mut connection = PgConnection::connect(house.owner_url()).await.expect("the owner");
    let mut checked = 0;
    for name in ZONES {
        for (length, week_start, hour) in [
            (PeriodLength::Day, 1, 0),
            (PeriodLength::Day, 1, 2),
            (PeriodLength::Week, 1, 0),
            (PeriodLength::Week, 7, 1),
            (PeriodLength::Month, 1, 0),
            (PeriodLength::Month, 1, 23),
        ] {
            let rule = PeriodRule {
                length,
                zone: zone(name),
                week_start,
                start_hour: hour,
            };
            let found = periods(rule);
            let sql = format!(
                "WITH edge AS (
                     SELECT start, start AT TIME ZONE '{name}' AS shown,
                            (start - interval '1 microsecond') AT TIME ZONE '{name}' AS before,
                            ((start AT TIME ZONE '{name}') - interval '{hour} hours')::date AS day
                     FROM unnest($1::timestamptz[]) AS start),
                 wanted AS (SELECT *, ({anchor})::date AS first, ({anchor} + interval '{hour} hours') AS due FROM edge)
                 SELECT start, shown, before, due FROM wanted
                 WHERE NOT (shown >= due AND before < due AND shown < due + interval '26 hours')
                 ORDER BY start LIMIT 1",
                anchor = anchor(length, week_start)
            );
            let starts: Vec<_> = found.iter().map(|(start, _)| *start).collect();
            let wrong = sqlx::query(AssertSqlSafe(sql))
                .bind(&starts)
                .fetch_optional(&mut connection)
                .await
                .expect("asked");
            let wrong = wrong.map(|row| {
                let start: DateTime<Utc> = row.get("start");
                let shown: chrono::NaiveDateTime = row.get("shown");
                let due: chrono::NaiveDateTime = row.get("due");
                (start, shown, due)
            });
            assert_eq!(wrong, None, "{rule:?}");
            checked += starts.len();
        }
    }
    assert!(checked > 40_000, "{checked} edges");
}

/// Where an hour is neither left out nor shown twice, PostgreSQL can reckon the start itself.
#[tokio::test(flavor = "multi_thread")]
async fn days_begin_where_postgresql_reckons_them() {
    let house = House::new().await;
    let mut connection = PgConnection::connect(house.owner_url()).await.expect("the owner");
    for name in ZONES {
        let days: Vec<(NaiveDate, DateTime<Utc>)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT day::date, (day + interval '12 hours') AT TIME ZONE '{name}'
             FROM generate_series(timestamp '2016-01-01', timestamp '2020-12-31', interval '1 day') AS day"
        )))
        .fetch_all(&mut connection)
        .await
        .expect("reckoned");
        let rule = PeriodRule {
            length: PeriodLength::Day,
            zone: zone(name),
            week_start: 1,
            start_hour: 12,
        };
        for (day, start) in days {
            assert_eq!(rule.period_of(start).start, start, "{day} in {name}");
        }
    }
}
