//! Sums by one thing: made when an hour or a day is over, made anew when something is booked late, and checked.

use super::ages::signer;
use super::support::{House, folder, settle};
use crate::rezone::rezone;
use crate::seal::seal;
use crate::sums::sum_up;
use crate::verify::{VerifyScope, verify_within};
use chrono::{DurationRound, TimeDelta};
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_store::Clock;

const ENOUGH: Duration = Duration::from_mins(1);

/// A house whose clock stands twenty minutes after an hour, three days ago.
async fn house() -> House {
    let then = Clock::system().now() - TimeDelta::days(3);
    let hour = then.duration_trunc(TimeDelta::hours(1)).expect("an hour");
    House::by(Clock::manual(hour + TimeDelta::minutes(20))).await
}

/// Requests of three hours in a row, settled an hour later.
async fn with_requests() -> (House, tempfile::TempDir, TenantId) {
    let (house, folder) = (house().await, folder());
    let tenant = house.tenant(10_000_000_000).await;
    let node = house.epoch(&folder).await;
    for _ in 0..3 {
        let entries = house.entries(&node, tenant, &[5, 7, 11]).await;
        house.clock.advance(Duration::from_hours(1));
        settle(&house, &node, &entries).await;
    }
    (house, folder, tenant)
}

async fn stale(house: &House) -> (i64, i64) {
    (
        house.number("SELECT count(*) FROM usage_stale_hours").await,
        house.number("SELECT count(*) FROM usage_stale_days").await,
    )
}

/// What each dimension's sums come to beyond what the slices do: nothing.
const BEYOND: &str =
    "SELECT count(*) FROM (SELECT dim, sum(requests) AS requests, sum(charge_nano) AS charge,
                          sum(output_tokens) AS output FROM usage_hour_sums GROUP BY dim) AS by_dim
                      WHERE (requests, charge, output) IS DISTINCT FROM
                            (SELECT (sum(requests), sum(charge_nano), sum(output_tokens)) FROM usage_slices)";

/// What a thing's sums by each second thing come to beyond its own: nothing.
const PAIRS_BEYOND: &str =
    "SELECT count(*) FROM (SELECT dim, second_dim, local_date, value, sum(requests) AS requests, sum(charge_nano) AS charge
                           FROM usage_day_sums WHERE second_dim <> '' GROUP BY 1, 2, 3, 4) AS pair
                     JOIN usage_day_sums one USING (dim, local_date, value)
                     WHERE one.second_dim = '' AND (pair.requests, pair.charge) IS DISTINCT FROM (one.requests, one.charge_nano)";

#[tokio::test(flavor = "multi_thread")]
async fn hours_and_days_that_are_over_are_summed_and_late_bookings_make_them_stale() {
    let (house, folder, tenant) = with_requests().await;
    assert_eq!(stale(&house).await.0, 3);
    house.assert_books_agree().await;
    // The last of these hours began an hour and twenty minutes ago, the day goes on.
    let made = sum_up(&house.db, ENOUGH).await.expect("made");
    assert!(made >= 3, "{made}");
    assert_eq!(stale(&house).await.0, 0);
    house.clock.advance(Duration::from_hours(30));
    sum_up(&house.db, ENOUGH).await.expect("made");
    assert_eq!(stale(&house).await, (0, 0));
    assert_eq!(
        house
            .number("SELECT count(DISTINCT dim) FROM usage_hour_sums")
            .await,
        8
    );
    assert_eq!(
        house
            .number("SELECT count(DISTINCT (dim, second_dim)) FROM usage_day_sums")
            .await,
        36
    );
    assert_eq!(house.number(PAIRS_BEYOND).await, 0);
    assert_eq!(house.number(BEYOND).await, 0);
    house.assert_books_agree().await;
    assert_eq!(sum_up(&house.db, ENOUGH).await.expect("nothing to do"), 0);
    // Booked much later, a request still belongs to its own hour.
    let node = house.epoch(&folder).await;
    let entries = house.entries(&node, tenant, &[13]).await;
    house.clock.advance(Duration::from_hours(30));
    settle(&house, &node, &entries).await;
    assert_eq!(stale(&house).await, (1, 1));
    house.assert_books_agree().await;
    assert_eq!(sum_up(&house.db, ENOUGH).await.expect("made"), 2);
    assert_eq!(house.number(BEYOND).await, 0);
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_another_zone_all_days_are_stale_until_they_are_summed_again() {
    let (house, _folder, tenant) = with_requests().await;
    house.clock.advance(Duration::from_hours(30));
    sum_up(&house.db, ENOUGH).await.expect("made");
    house
        .by_hand(&format!(
            "UPDATE tenants SET time_zone = 'Asia/Kolkata' WHERE tenant_id = '{tenant}'"
        ))
        .await;
    assert_eq!(rezone(&house.db).await.expect("done"), 1);
    assert_eq!(house.number("SELECT count(*) FROM usage_day_sums").await, 0);
    let days = house
        .number("SELECT count(DISTINCT local_date) FROM usage_day")
        .await;
    assert_eq!(stale(&house).await, (0, days));
    house.assert_books_agree().await;
    assert_eq!(
        sum_up(&house.db, ENOUGH).await.expect("made"),
        u64::try_from(days).expect("few")
    );
    house.assert_books_agree().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_sum_is_found() {
    let (house, _folder, _) = with_requests().await;
    house.clock.advance(Duration::from_hours(30));
    sum_up(&house.db, ENOUGH).await.expect("made");
    a_changed_quarter_is_found(&house).await;
    for table in ["usage_hour_sums", "usage_day_sums"] {
        for (change, back) in [
            ("charge_nano = charge_nano + 1", "charge_nano = charge_nano - 1"),
            (
                "late_requests = late_requests + 1",
                "late_requests = late_requests - 1",
            ),
            ("cut = cut + 1", "cut = cut - 1"),
            ("value = value || 'x'", "value = left(value, -1)"),
        ] {
            let one = "dim = 'model'";
            house
                .by_hand(&format!("UPDATE {table} SET {change} WHERE {one}"))
                .await;
            let report = house.verify().await;
            assert_eq!(
                report.failures.first().map(|failure| failure.check),
                Some(table),
                "{change}"
            );
            house
                .by_hand(&format!("UPDATE {table} SET {back} WHERE {one}"))
                .await;
        }
        house.assert_books_agree().await;
        if table == "usage_day_sums" {
            a_changed_pair_is_found(&house).await;
        }
        // A sum that is missing, and one too many that is stale: nobody reads it.
        house
            .by_hand(&format!("DELETE FROM {table} WHERE dim = 'client'"))
            .await;
        assert_eq!(house.verify().await.failures[0].check, table);
        house
            .by_hand("INSERT INTO usage_stale_hours SELECT DISTINCT tenant_id, hour FROM usage_hour_sums ON CONFLICT DO NOTHING")
            .await;
        house
            .by_hand("INSERT INTO usage_stale_days SELECT DISTINCT tenant_id, local_date FROM usage_day_sums ON CONFLICT DO NOTHING")
            .await;
        house.assert_books_agree().await;
        sum_up(&house.db, ENOUGH).await.expect("made");
        house.assert_books_agree().await;
    }
}

/// Also by a look since the last seal, where a pair's sums of a day are looked at together alone.
async fn a_changed_pair_is_found(house: &House) {
    let pair = "dim = 'user' AND second_dim = 'model'";
    let change = async |by: &str| {
        let change = format!("UPDATE usage_day_sums SET errors = errors {by} WHERE {pair}");
        house.by_hand(&change).await;
    };
    seal(&house.db, &signer(house)).await.expect("sealed");
    change("+ 1").await;
    let report = house.verify().await;
    assert_eq!(report.failures[0].check, "usage_day_sums");
    let row = &report.failures[0].row;
    assert!(row.contains(" user ") && row.contains(" model "), "{row}");
    let since = verify_within(&house.db, VerifyScope::SinceSeal).await;
    let failure = &since.expect("read").failures[0];
    assert_eq!(failure.check, "usage_day_sums");
    assert!(failure.row.ends_with(" user model"), "{}", failure.row);
    change("- 1").await;
    house.assert_books_agree().await;
}

async fn a_changed_quarter_is_found(house: &House) {
    let change = async |by: &str| {
        let change = format!("UPDATE usage_quarter_sums SET client_errors = client_errors {by}");
        house.by_hand(&change).await;
    };
    change("+ 1").await;
    assert_eq!(house.verify().await.failures[0].check, "usage_quarter_sums");
    change("- 1").await;
    house.assert_books_agree().await;
}

/// What the weeks that hold come to beyond their days: nothing.
const WEEKS_BEYOND: &str =
    "SELECT count(*) FROM (SELECT dim, second_dim, week, value, second, requests, charge_nano FROM usage_week_sums) AS made
     FULL JOIN (SELECT dim, second_dim, date_trunc('week', local_date)::date AS week, value, second, sum(requests) AS requests,
                       sum(charge_nano) AS charge_nano FROM usage_day_sums GROUP BY 1, 2, 3, 4, 5) AS due
       USING (dim, second_dim, week, value, second, requests, charge_nano)
     WHERE week = (SELECT min(week) FROM usage_week_sums) AND (made IS NULL OR due IS NULL)";

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_summed_when_it_is_over_and_anew_with_a_day_of_it() {
    const DAY: Duration = Duration::from_hours(24);
    let now = Clock::system().now().date_naive();
    let monday = now.week(chrono::Weekday::Mon).first_day() - TimeDelta::days(14);
    let wednesday = (monday + TimeDelta::days(2))
        .and_hms_opt(9, 0, 0)
        .expect("a time");
    let house = House::by(Clock::manual(wednesday.and_utc())).await;
    let folder = folder();
    let tenant = house.tenant(10_000_000_000).await;
    let node = house.epoch(&folder).await;
    let weeks = "SELECT count(DISTINCT week) FROM usage_week_sums";
    let late = house.entries(&node, tenant, &[13]).await;
    let entries = house.entries(&node, tenant, &[5, 7]).await;
    settle(&house, &node, &entries).await;
    house.clock.advance(2 * DAY);
    sum_up(&house.db, ENOUGH).await.expect("made");
    assert_eq!(house.number(weeks).await, 0, "the week goes on");

    // Nothing more in that week: it is made with the next day that there is.
    house.clock.advance(4 * DAY);
    let entries = house.entries(&node, tenant, &[11]).await;
    settle(&house, &node, &entries).await;
    house.clock.advance(DAY);
    sum_up(&house.db, ENOUGH).await.expect("made");
    assert_eq!(house.number(weeks).await, 1);
    assert_eq!(house.number(WEEKS_BEYOND).await, 0);
    house.assert_books_agree().await;

    settle(&house, &node, &late).await;
    house.assert_books_agree().await;
    sum_up(&house.db, ENOUGH).await.expect("made");
    let requests =
        "SELECT sum(requests)::bigint FROM usage_week_sums WHERE dim = 'status' AND second_dim = ''";
    assert_eq!(house.number(requests).await, 3);
    assert_eq!(house.number(WEEKS_BEYOND).await, 0);
    house.assert_books_agree().await;

    let pair = "dim = 'user' AND second_dim = 'model'";
    for (change, back) in [
        ("cut = cut + 1", "cut = cut - 1"),
        ("second = second || 'x'", "second = left(second, -1)"),
    ] {
        let update = async |to: &str| {
            house
                .by_hand(&format!("UPDATE usage_week_sums SET {to} WHERE {pair}"))
                .await;
        };
        update(change).await;
        assert_eq!(
            house.verify().await.failures[0].check,
            "usage_week_sums",
            "{change}"
        );
        update(back).await;
    }
    house.assert_books_agree().await;
}
