//! Finding requests among many: what is found is what the events say, and a search that pauses says so.

use super::seeded::Seeds;
use serde_json::Value;
use std::collections::BTreeSet;
use tollgate_tests::harness::{House, Tenant};

struct Scene {
    house: House,
    tenant: Tenant,
    seeds: Seeds,
}

impl Scene {
    /// 30,000 events in ten days, so that the newest ones alone don't hold every page.
    fn new() -> Self {
        let house = House::own();
        let tenant = house.poor_tenant();
        let person = house.person(&tenant, "member");
        let seeds = Seeds::of(&house, &tenant, 9, person.id);
        seeds.events(
            &house,
            &tenant,
            30_000,
            "2026-02-01T00:00:00Z",
            "2026-02-11T00:00:00Z",
        );
        Seeds::roll_up(&house, &tenant);
        Self { house, tenant, seeds }
    }

    fn ids(&self, filter: &str, from: &str, to: &str) -> Vec<String> {
        let sql = format!(
            "SELECT request_id::text FROM usage_events WHERE tenant_id = $1 AND request_id >= uuid7_floor('{from}')
               AND request_id < uuid7_floor('{to}') AND {filter} ORDER BY request_id DESC"
        );
        let rows = self.house.sql().query(&sql, &[&self.tenant.id]).expect("ids");
        rows.into_iter().map(|row| row.get(0)).collect()
    }

    /// All pages, one after the other; whether a search paused; what the first page says of how many there are.
    fn walk(&self, query: &str) -> (Vec<String>, bool, Value) {
        let (mut ids, mut paused, mut total, mut cursor) = (Vec::new(), false, None, String::new());
        for _ in 0..400 {
            let page = self
                .tenant
                .api
                .get(&format!("/requests?{query}&limit=200{cursor}"))
                .expect(200)
                .json();
            let items = page["items"].as_array().expect("a list");
            ids.extend(
                items
                    .iter()
                    .map(|line| line["id"].as_str().expect("an id").to_owned()),
            );
            paused |= page.get("searched_back_to").is_some();
            total.get_or_insert_with(|| page["total"].clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return (ids, paused, total.unwrap_or_default()),
            }
        }
        panic!("{query}: pages without end");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        Seeds::take_out(&self.house);
    }
}

#[test]
fn every_filter_finds_exactly_what_the_events_say() {
    let scene = Scene::new();
    let (from, to) = ("2026-02-01T03:07:00Z", "2026-02-10T21:40:00Z");
    let (key, account) = (scene.seeds.keys[8], scene.seeds.accounts[1]);
    for (query, filter, counted) in [
        (format!("key_id={key}"), format!("key_id = '{key}'"), true),
        (
            format!("account_id={account}&status=cut"),
            format!("account_id = '{account}' AND status = 'cut'"),
            true,
        ),
        ("model=model-5".to_owned(), "model = 'model-5'".to_owned(), true),
        (
            "client=gemini_cli&status=timeout".to_owned(),
            "client LIKE 'GeminiCLI%' AND status = 'timeout'".to_owned(),
            true,
        ),
        (
            "cost_centre=sales&platform=openai".to_owned(),
            "cost_centre = 'sales' AND platform = 'openai'".to_owned(),
            true,
        ),
        (
            "tag=green".to_owned(),
            format!("key_id = '{}'", scene.seeds.keys[0]),
            true,
        ),
        (
            "http_status=504".to_owned(),
            "http_status = 504".to_owned(),
            false,
        ),
        (
            "quality=estimated".to_owned(),
            "quality = 'estimated'".to_owned(),
            false,
        ),
        (
            "min_charge_nano=39990000".to_owned(),
            "charge_nano >= 39990000".to_owned(),
            false,
        ),
        (
            "min_duration_ms=60300&status=ok".to_owned(),
            "duration_ms >= 60300 AND status = 'ok'".to_owned(),
            false,
        ),
    ] {
        let expected = scene.ids(&filter, from, to);
        assert!(!expected.is_empty(), "{query}");
        let (found, _, total) = scene.walk(&format!("{query}&from={from}&to={to}"));
        assert_eq!(found, expected, "{query}");
        let said = if counted {
            Value::from(expected.len())
        } else {
            Value::Null
        };
        assert_eq!(total, said, "{query}");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    }
}

#[test]
fn a_search_for_what_is_rare_pauses_says_so_and_goes_on() {
    let scene = Scene::new();
    // One that only a look at each event can find, far back.
    scene
        .house
        .sql()
        .execute(
            "UPDATE usage_events SET duration_ms = 9999999 WHERE request_id =
               (SELECT min(request_id::text)::uuid FROM usage_events WHERE tenant_id = $1)",
            &[&scene.tenant.id],
        )
        .expect("superuser");
    scene.seeds.events(
        &scene.house,
        &scene.tenant,
        80_000,
        "2026-02-11T00:00:00Z",
        "2026-03-01T00:00:00Z",
    );
    scene
        .house
        .sql()
        .batch_execute(
            "DELETE FROM usage_slices; DELETE FROM usage_15m; DELETE FROM usage_day; DELETE FROM usage_combos;
             DELETE FROM usage_quarter_sums; DELETE FROM usage_hour_sums; DELETE FROM usage_day_sums;
             DELETE FROM usage_week_sums",
        )
        .expect("superuser");
    Seeds::roll_up(&scene.house, &scene.tenant);
    let (found, paused, _) =
        scene.walk("min_duration_ms=9999999&from=2026-01-01T00:00:00Z&to=2026-03-02T00:00:00Z");
    assert_eq!(found.len(), 1);
    assert!(paused);
}

#[test]
fn a_request_is_found_by_its_own_id_and_by_the_clients() {
    let scene = Scene::new();
    let range = "from=2026-02-01T00:00:00Z&to=2026-02-12T00:00:00Z";
    let by_client = scene.ids(
        "client_request_id = 'client-7000'",
        "2026-02-01T00:00:00Z",
        "2026-02-12T00:00:00Z",
    );
    assert_eq!(scene.walk(&format!("id=client-7000&{range}")).0, by_client);
    // Our own id says when it was: no range is needed.
    assert_eq!(scene.walk(&format!("id={}", by_client[0])).0, by_client);
    assert!(scene.walk(&format!("id=nothing-like-it&{range}")).0.is_empty());
}
