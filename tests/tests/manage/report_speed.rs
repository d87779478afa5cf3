//! How quick reports and the request log are among ten million events. Run by hand, since a machine that does other things
//! as well makes such figures say nothing:
//! `TOLLGATE_TEST_EVENTS=10000000 cargo test -p tollgate-tests --test manage report_speed -- --ignored --nocapture`. The bar
//! is 150 ms for 95 of a hundred reports.

use super::seeded::Seeds;
use std::time::{Duration, Instant};
use tollgate_tests::harness::{Api, House, Person, Tenant, wait_until};

/// Events if the environment does not say how many.
const EVENTS: i32 = 1_000_000;
/// How often each query is asked.
const TIMES: usize = 12;

fn told(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let (slow, usual, least) = (times[times.len() * 95 / 100], times[times.len() / 2], times[0]);
    format!("p95 {slow:>8.1?}  median {usual:>8.1?}  least {least:>8.1?}")
}

fn measure(api: &Api, kind: &str, paths: &[String]) {
    let mut all = Vec::new();
    for path in paths {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            api.get(path).expect(200);
            times.push(began.elapsed());
        }
        println!("{}  {path}", told(times.clone()));
        all.extend(times);
    }
    println!("all {kind}: {}", told(all));
}

/// So many events of four tenants: one with six tenths of all, and three beside it.
fn seeded(house: &House, events: i32) -> Vec<(Tenant, Person, Seeds)> {
    let now = chrono::Utc::now();
    let from = (now - chrono::TimeDelta::days(90)).to_rfc3339();
    let mut tenants = Vec::new();
    for (keys, share) in [(300, 6), (100, 2), (40, 1), (20, 1)] {
        let tenant = house.poor_tenant();
        let person = house.person(&tenant, "member");
        let seeds = Seeds::of(house, &tenant, keys, person.id);
        seeds.events(house, &tenant, events / 10 * share, &from, &now.to_rfc3339());
        Seeds::roll_up(house, &tenant);
        tenants.push((tenant, person, seeds));
    }
    tenants
}

/// Waits until the job has made all sums of hours and days that are over, as it has a moment after they are.
fn summed_up(house: &House) {
    let stale = "SELECT count(*) FROM usage_stale_hours WHERE hour < now() - interval '2 hours'";
    wait_until("all sums are made", Duration::from_mins(20), || {
        house
            .sql()
            .query_one(stale, &[])
            .expect("a count")
            .get::<_, i64>(0)
            == 0
    });
}

/// Says how many rows there are in each table of usage.
fn tell_rows(house: &House) {
    for table in ["usage_events", "usage_day", "usage_slices", "usage_combos"] {
        let rows: i64 = house
            .sql()
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .expect("a count")
            .get(0);
        println!("{table}: {rows} rows");
    }
}

/// Reports by every dimension, then such of other times, steps and zones.
fn reports() -> Vec<String> {
    let report = |query: &str| format!("/reports/usage?{query}");
    let mut paths = Vec::new();
    for dim in [
        "key",
        "model",
        "user",
        "tag",
        "account",
        "platform",
        "client",
        "status",
        "cost_centre",
    ] {
        paths.push(report(&format!(
            "range=last_30_days&group_by={dim}&step=day&compare=previous"
        )));
    }
    for query in [
        "range=last_24_hours&step=hour&group_by=model",
        "range=last_7_days&step=hour",
        "range=last_7_days&step=hour&group_by=key",
        "range=last_90_days&step=day&group_by=key&then_by=model",
        "range=this_year&step=month&group_by=model&compare=last_year",
        "range=this_month&step=day&compare=previous",
        "range=last_30_days&step=day&zone=Asia/Kolkata",
        "range=last_30_days&step=day&zone=Asia/Kolkata&group_by=key",
        "range=last_30_days&step=day&status=timeout&group_by=model",
    ] {
        paths.push(report(query));
    }
    paths
}

/// Pages of the log by each filter.
fn log_pages(person: &Person, seeds: &Seeds) -> Vec<String> {
    let (key, account) = (seeds.keys[250], seeds.accounts[0]);
    let filters = [
        String::new(),
        format!("key_id={key}"),
        format!("user_id={}", person.id),
        "model=model-7".to_owned(),
        "platform=openai".to_owned(),
        format!("account_id={account}"),
        "status=timeout".to_owned(),
        format!("key_id={key}&status=timeout"),
        "http_status=504".to_owned(),
        "client=codex".to_owned(),
        "cost_centre=ops".to_owned(),
        "tag=green".to_owned(),
        "quality=estimated".to_owned(),
        "min_charge_nano=39999000".to_owned(),
        "min_duration_ms=60390".to_owned(),
        "min_duration_ms=9999999".to_owned(),
        "id=client-5000".to_owned(),
        "id=nothing".to_owned(),
    ];
    filters
        .iter()
        .map(|filter| format!("/requests?{filter}"))
        .collect()
}

#[test]
#[ignore = "a measurement, run by hand"]
fn reports_and_the_log_among_millions_of_events_are_quick() {
    let events = std::env::var("TOLLGATE_TEST_EVENTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(EVENTS);
    let house = House::own();
    let began = Instant::now();
    let mut tenants = seeded(&house, events);
    house.sql().batch_execute("VACUUM ANALYZE").expect("superuser");
    summed_up(&house);
    tell_rows(&house);
    println!("made in {:.0?}", began.elapsed());
    let (tenant, person, seeds) = &mut tenants[0];
    // Making all of it takes longer than a token lives.
    tenant.api.refresh().expect(200);
    person.api.refresh().expect(200);
    let paths = reports();
    measure(&tenant.api, "reports", &paths);
    measure(&person.api, "reports of a member", &paths[..4]);
    measure(&tenant.api, "pages of the log", &log_pages(person, seeds));
    Seeds::take_out(&house);
}
