//! Reports tie: whatever is grouped, whichever zone, the sums are those of the events themselves.

use super::seeded::Seeds;
use super::told::refused;
use serde_json::{Value, json};
use tollgate_tests::harness::{Api, House, Tenant};

const DIMS: [&str; 9] = [
    "key",
    "model",
    "user",
    "tag",
    "account",
    "platform",
    "client",
    "status",
    "cost_centre",
];
/// All that is seeded lies in it.
pub(super) const ALL: &str = "from=2025-10-01&to=2026-04-30";

pub(super) struct Scene {
    house: std::sync::Arc<House>,
    tenant: Tenant,
    member: Api,
    pub(super) member_id: uuid::Uuid,
    seeds: Seeds,
}

impl Scene {
    pub(super) fn new() -> Self {
        let house = std::sync::Arc::new(House::own());
        let tenant = house.poor_tenant();
        let person = house.person(&tenant, "member");
        let seeds = Seeds::of(&house, &tenant, 12, person.id);
        // Over both days on which Berlin moves its clocks, and over New Year.
        seeds.events(
            &house,
            &tenant,
            9_000,
            "2025-10-20T00:00:00Z",
            "2026-04-10T00:00:00Z",
        );
        Seeds::roll_up(&house, &tenant);
        Self {
            member_id: person.id,
            member: person.api,
            house,
            tenant,
            seeds,
        }
    }

    pub(super) fn report(&self, query: &str) -> Value {
        self.tenant
            .api
            .get(&format!("/reports/usage?{query}"))
            .expect(200)
            .json()
    }

    /// Requests, charge and output tokens of the events themselves, from an instant and before another.
    pub(super) fn events(&self, from: &Value, to: &Value, filter: &str) -> [i64; 3] {
        let row = self
            .house
            .sql()
            .query_one(
                &format!(
                    "SELECT count(*), COALESCE(sum(charge_nano), 0)::bigint, COALESCE(sum(output_tokens), 0)::bigint
                     FROM usage_events e WHERE tenant_id = $1 AND request_id >= uuid7_floor('{}')
                       AND request_id < uuid7_floor('{}') AND {filter}",
                    text(from),
                    text(to)
                ),
                &[&self.tenant.id],
            )
            .expect("a sum");
        [row.get(0), row.get(1), row.get(2)]
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        Seeds::take_out(&self.house);
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The same three of a report's metrics.
pub(super) fn sums(metrics: &Value) -> [i64; 3] {
    let figures = &metrics["figures"];
    [
        figures["requests"].as_i64().expect("requests"),
        text(&figures["charge_nano"]).parse().expect("a charge"),
        figures["output_tokens"].as_i64().expect("tokens"),
    ]
}

pub(super) fn added<'a>(all: impl Iterator<Item = &'a Value>) -> [i64; 3] {
    all.fold([0; 3], |mut total, metrics| {
        for (sum, more) in total.iter_mut().zip(sums(metrics)) {
            *sum += more;
        }
        total
    })
}

pub(super) fn list<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    report[name].as_array().expect("a list")
}

/// Rows and others, less what is counted twice.
fn tied(report: &Value) -> [i64; 3] {
    let rows = list(report, "rows").iter().map(|row| &row["metrics"]);
    let mut total = added(rows.chain(report.get("others")));
    if let Some(twice) = report.get("counted_twice") {
        for (sum, less) in total.iter_mut().zip(sums(twice)) {
            *sum -= less;
        }
    }
    total
}

#[test]
fn every_grouping_in_every_zone_comes_to_what_the_events_say() {
    let scene = Scene::new();
    // Berlin is the zone of the tenant's days, the others are summed from quarters of an hour.
    for zone in ["Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu"] {
        let range = format!("from=2025-11-03&to=2026-03-17&zone={zone}");
        let whole = scene.report(&range);
        let events = scene.events(&whole["from"], &whole["to"], "true");
        assert!(events[0] > 5_000);
        for (place, dim) in DIMS.iter().enumerate() {
            let then = DIMS[(place + 4) % DIMS.len()];
            for query in [
                format!("group_by={dim}&top=3"),
                format!("group_by={dim}&then_by={then}"),
            ] {
                let report = scene.report(&format!("{range}&{query}"));
                assert_eq!(sums(&report["totals"]), events, "{zone} {query}");
                assert_eq!(tied(&report), events, "{zone} {query}");
            }
        }
    }
    let tags = scene.report(&format!("{ALL}&group_by=tag"));
    assert!(
        sums(&tags["counted_twice"])[0] > 0,
        "the first key bears two tags"
    );
}

#[test]
fn filters_leave_what_the_events_say() {
    let scene = Scene::new();
    let (key, account) = (scene.seeds.keys[1], scene.seeds.accounts[0]);
    let nobody = uuid::Uuid::nil();
    let member = scene.member_id;
    for (query, filter) in [
        (format!("key_id={key}"), format!("key_id = '{key}'")),
        (format!("user_id={member}"), format!("user_id = '{member}'")),
        (format!("user_id={nobody}"), "user_id IS NULL".to_owned()),
        (
            format!("account_id={account}"),
            format!("account_id = '{account}'"),
        ),
        (format!("account_id={nobody}"), "account_id IS NULL".to_owned()),
        ("model=model-7".to_owned(), "model = 'model-7'".to_owned()),
        ("platform=openai".to_owned(), "platform = 'openai'".to_owned()),
        ("client=codex".to_owned(), "client LIKE 'codex_%'".to_owned()),
        ("status=timeout".to_owned(), "status = 'timeout'".to_owned()),
        (
            "cost_centre=ops&status=ok".to_owned(),
            "cost_centre = 'ops' AND status = 'ok'".to_owned(),
        ),
        ("cost_centre=".to_owned(), "cost_centre = ''".to_owned()),
        (
            "tag=green".to_owned(),
            format!("key_id = '{}'", scene.seeds.keys[0]),
        ),
    ] {
        for zone in ["Europe/Berlin", "Asia/Kolkata"] {
            let report = scene.report(&format!("{ALL}&zone={zone}&group_by=model&{query}"));
            let events = scene.events(&report["from"], &report["to"], &filter);
            assert!(events[0] > 0, "{query}");
            assert_eq!(sums(&report["totals"]), events, "{query}");
            assert_eq!(tied(&report), events, "{query}");
        }
    }
}

#[test]
fn points_are_hours_days_weeks_and_months_of_the_zone() {
    let scene = Scene::new();
    for (query, points) in [
        // 23 and 25 hours.
        ("from=2026-03-29&to=2026-03-29&step=hour&zone=Europe/Berlin", 23),
        ("from=2025-10-26&to=2025-10-26&step=hour&zone=Europe/Berlin", 25),
        ("from=2026-01-01&to=2026-01-01&step=hour&zone=Asia/Kathmandu", 24),
        ("from=2025-12-29&to=2026-01-11&step=week&zone=Asia/Kolkata", 2),
        ("from=2025-12-31&to=2026-01-05&step=week", 2),
        ("from=2025-10-20&to=2026-04-09&step=month", 7),
        (
            "from=2025-10-20&to=2026-04-09&step=quarter&zone=America/New_York",
            3,
        ),
        ("from=2025-10-20&to=2026-04-09&step=year", 2),
        (
            "from=2026-03-01&to=2026-03-31&step=day&group_by=key&zone=Europe/Berlin",
            31,
        ),
        (
            "from_at=2026-01-01T10:15:00Z&to_at=2026-01-01T13:45:00Z&step=hour&zone=Asia/Kolkata&group_by=model",
            5,
        ),
    ] {
        let report = scene.report(query);
        let found = list(&report, "points");
        assert_eq!(found.len(), points, "{query}");
        for point in found {
            let events = scene.events(&point["at"], &point["until"], "true");
            assert_eq!(sums(&point["metrics"]), events, "{query} {}", point["at"]);
        }
        assert_eq!(
            (&found[0]["at"], &found[points - 1]["until"]),
            (&report["from"], &report["to"])
        );
        assert_eq!(
            added(found.iter().map(|point| &point["metrics"])),
            sums(&report["totals"])
        );
        for row in list(&report, "rows") {
            let of_row = row["points"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|point| &point["metrics"]);
            assert_eq!(added(of_row), sums(&row["metrics"]), "{query}");
        }
    }
}

#[test]
fn a_range_is_put_beside_the_one_before_and_last_year() {
    let scene = Scene::new();
    let report = scene.report("from=2026-03-01&to=2026-03-31&compare=previous&group_by=model&step=day");
    let before = &report["comparison"];
    assert_eq!(
        (text(&before["from"]), text(&before["to"])),
        ("2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z")
    );
    let events = scene.events(&before["from"], &before["to"], "true");
    assert_eq!(sums(&before["totals"]), events);
    assert_eq!(list(before, "points").len(), 28);
    let rows = list(&report, "rows");
    assert_eq!(added(rows.iter().map(|row| &row["previous"])), events);
    assert!(before.get("so_far").is_none(), "March is over");
    let year = scene.report("from=2026-10-20&to=2026-10-31&compare=last_year&zone=Asia/Kolkata");
    let before = &year["comparison"];
    assert_eq!(text(&before["from"]), "2025-10-19T18:30:00Z");
    assert_eq!(
        sums(&before["totals"]),
        scene.events(&before["from"], &before["to"], "true")
    );
}

#[test]
fn the_month_so_far_tells_where_it_leads() {
    let scene = Scene::new();
    let now = chrono::Utc::now();
    let day = chrono::TimeDelta::days(1);
    let other = scene.house.poor_tenant();
    let seeds = Seeds::of(&scene.house, &other, 2, other.user_id);
    seeds.events(
        &scene.house,
        &other,
        3000,
        &(now - day * 40).to_rfc3339(),
        &now.to_rfc3339(),
    );
    Seeds::roll_up(&scene.house, &other);
    let path = "/reports/usage?range=this_month&compare=previous&step=day";
    let report = other.api.get(path).expect(200).json();
    let rate = &report["run_rate"];
    let (elapsed, whole) = (
        rate["elapsed_s"].as_i64().expect("s"),
        rate["whole_s"].as_i64().expect("s"),
    );
    assert!([28, 29, 30, 31].contains(&(whole / 86_400)) && elapsed < whole);
    let led = |sum: i64| i128::from(sum) * i128::from(whole) / i128::from(elapsed);
    let totals = sums(&report["totals"]);
    assert_eq!(text(&rate["charge_nano"]), led(totals[1]).to_string());
    assert_eq!(
        i128::from(rate["requests"].as_i64().expect("requests")),
        led(totals[0])
    );
    let (so_far, all) = (&report["comparison"]["so_far"], &report["comparison"]["totals"]);
    assert!(sums(so_far)[0] <= sums(all)[0]);
}

#[test]
fn members_see_their_own_keys_alone() {
    let scene = Scene::new();
    let path = format!("/reports/usage?{ALL}&group_by=key");
    let own = scene.member.get(&path).expect(200).json();
    let events = scene.events(
        &own["from"],
        &own["to"],
        &format!("user_id = '{}'", scene.member_id),
    );
    assert!(events[0] > 0);
    assert_eq!(sums(&own["totals"]), events);
    assert_eq!(tied(&own), events);
    let others = scene
        .member
        .get(&format!("{path}&user_id={}", scene.tenant.user_id))
        .expect(200)
        .json();
    assert_eq!(sums(&others["totals"]), [0; 3]);
}

#[test]
fn several_reports_are_of_one_moment_and_none_reads_an_event() {
    let scene = Scene::new();
    let queries: Vec<Value> = DIMS
        .iter()
        .map(|dim| json!({"from": "2025-11-01", "to": "2026-03-31", "group_by": dim, "step": "week", "compare": "previous"}))
        .collect();
    let body = json!({ "reports": queries });
    let before = scene.tenant.api.post("/reports/usage", &body).expect(200).json();
    // Without the right to read events, reports are what they were.
    let mut sql = scene.house.sql();
    sql.batch_execute("REVOKE SELECT ON usage_events, usage_corrections FROM tollgate_app")
        .expect("superuser");
    let after = scene.tenant.api.post("/reports/usage", &body);
    let log = scene.tenant.api.get("/requests");
    sql.batch_execute("GRANT SELECT ON usage_events, usage_corrections TO tollgate_app")
        .expect("superuser");
    assert_eq!(log.status, 500, "the log reads events: the right is really gone");
    let after = after.expect(200).json();
    let totals = |reports: &Value| -> Vec<[i64; 3]> {
        list(reports, "reports")
            .iter()
            .map(|report| sums(&report["totals"]))
            .collect()
    };
    assert_eq!(totals(&before), totals(&after));
    assert!(
        totals(&before)
            .windows(2)
            .all(|pair| pair[0] == pair[1] && pair[0][0] > 0)
    );
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (query, status, code) in [
        ("zone=Mars/Olympus", 400, "invalid_query"),
        ("then_by=key", 400, "invalid_query"),
        ("group_by=key&then_by=key", 400, "invalid_query"),
        ("range=today&from=2026-01-01", 400, "invalid_query"),
        ("from=2026-01-02&to=2026-01-01", 400, "invalid_query"),
        ("from=2016-01-01&to=2025-12-31&step=hour", 400, "invalid_query"),
        (
            "from_at=2026-01-01T00:01:00Z&to_at=2026-01-02T00:00:00Z",
            400,
            "invalid_query",
        ),
        ("group_by=nothing", 400, "invalid_query"),
        ("top=0", 400, "invalid_query"),
    ] {
        refused(&tenant.api.get(&format!("/reports/usage?{query}")), status, code);
    }
    refused(
        &tenant.api.post("/reports/usage", &json!({"reports": []})),
        422,
        "validation_failed",
    );
}
