//! Budgets: made, changed and shown, by whom, and what is refused while nodes spend of them.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Tenant, unique};
use uuid::Uuid;

pub const BUDGETS: &str = "/budgets";
pub const USD: i64 = 1_000_000_000;

/// A good form, with these fields changed.
pub fn form(fields: &Value) -> Value {
    let mut form = json!({
        "name": unique("budget"), "scope": {"kind": "tenant"}, "period": "month", "limit_nano": (10 * USD).to_string(),
    });
    for (field, value) in fields.as_object().expect("fields") {
        form[field] = value.clone();
    }
    form
}

pub fn made(tenant: &Tenant, fields: &Value) -> Value {
    tenant.api.post(BUDGETS, &form(fields)).expect(201).json()
}

pub fn path(budget: &Value) -> String {
    format!("{BUDGETS}/{}", id_of(&budget["id"]))
}

/// A form that changes nothing but these fields of a budget.
pub fn change(budget: &Value, fields: &Value) -> Value {
    let kept = [
        "name",
        "scope",
        "models",
        "period",
        "week_start",
        "start_hour",
        "time_zone",
        "limit_nano",
        "hard",
        "thresholds",
        "active",
        "version",
    ];
    let mut form = json!({});
    for field in kept {
        if !budget[field].is_null() {
            form[field] = budget[field].clone();
        }
    }
    for (field, value) in fields.as_object().expect("fields") {
        form[field] = value.clone();
    }
    form
}

pub fn announced(house: &House, tenant: &Tenant, topic: &str, budget: Uuid) -> i64 {
    let count = "SELECT count(*) FROM changes WHERE topic = $1 AND tenant_id = $2 AND object_id = $3";
    let row = house.sql().query_one(count, &[&topic, &tenant.id, &budget]);
    row.expect("a count").get(0)
}

#[test]
fn a_budget_is_made_changed_and_deleted_and_every_step_is_told() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let budget = made(
        &tenant,
        &json!({
            "name": "Opus", "scope": {"kind": "cost_centre", "cost_centre": "R&D"}, "models": "*opus*", "period": "week",
            "week_start": 6, "start_hour": 9, "time_zone": "Asia/Kathmandu", "hard": false, "thresholds": [50, 120],
        }),
    );
    let id = id_of(&budget["id"]);
    assert_eq!(budget["scope_name"], "R&D");
    for (field, value) in [
        ("spent_nano", "0"),
        ("reserved_nano", "0"),
        ("overrun_nano", "0"),
        ("left_nano", "10000000000"),
    ] {
        assert_eq!(budget[field], value, "{field}");
    }
    let start: chrono::DateTime<chrono::Utc> = budget["period_start"]
        .as_str()
        .expect("a start")
        .parse()
        .expect("one");
    let end: chrono::DateTime<chrono::Utc> = budget["period_end"]
        .as_str()
        .expect("an end")
        .parse()
        .expect("one");
    let now = chrono::Utc::now();
    assert!(start <= now && now < end && end - start == chrono::TimeDelta::days(7));
    // Saturday, nine o'clock, 5:45 ahead of UTC.
    assert_eq!(start.format("%a %H:%M").to_string(), "Sat 03:15");
    let same = tenant
        .api
        .put(&path(&budget), &change(&budget, &json!({})))
        .expect(200)
        .json();
    assert_eq!(same, budget, "nothing is changed by nothing");
    let changed = change(
        &budget,
        &json!({"name": "Opus alone", "limit_nano": "5", "hard": true, "thresholds": []}),
    );
    let changed = tenant.api.put(&path(&budget), &changed).expect(200).json();
    assert_eq!(
        (&changed["version"], &changed["left_nano"]),
        (&json!(2), &json!("5"))
    );
    assert_eq!(tenant.api.get(&path(&budget)).expect(200).json(), changed);
    tenant.api.delete(&path(&budget)).expect(204);
    refused(&tenant.api.get(&path(&budget)), 404, "not_found");
    refused(&tenant.api.delete(&path(&budget)), 404, "not_found");
    assert_eq!(tenant.api.get(BUDGETS).expect(200).json()["items"], json!([]));
    let lines = audit_of(&house, &tenant, id);
    assert_eq!(
        actions(&lines),
        ["budget.created", "budget.updated", "budget.deleted"]
    );
    assert_eq!(lines[0].changes["time_zone"], "Asia/Kathmandu");
    assert_eq!(
        lines[1].changes["limit_nano"],
        json!({"from": "10000000000", "to": "5"})
    );
    assert_eq!(
        lines[1].changes["thresholds"],
        json!({"from": [50, 120], "to": []})
    );
    assert!(lines[1].changes.get("active").is_none());
    assert_eq!(announced(&house, &tenant, "budget", id), 3);
}

#[test]
fn every_wrong_field_is_named() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (nobody, stranger) = (Uuid::now_v7(), house.poor_tenant());
    let theirs = stranger.key(json!({})).id;
    let gone = tenant.key(json!({})).id;
    tenant.api.delete(&format!("/keys/{gone}")).expect(204);
    let cases = json!([
        ["name", "", "name", "required"],
        ["name", " a", "name", "surrounding_space"],
        ["scope", {"kind": "planet"}, "scope.kind", "unknown_value"],
        ["scope", {"kind": "user"}, "scope.user_id", "required"],
        ["scope", {"kind": "user", "user_id": nobody}, "scope.user_id", "not_found"],
        ["scope", {"kind": "user", "user_id": stranger.user_id}, "scope.user_id", "not_found"],
        ["scope", {"kind": "key", "key_id": theirs}, "scope.key_id", "not_found"],
        ["scope", {"kind": "key", "key_id": gone}, "scope.key_id", "not_found"],
        ["scope", {"kind": "cost_centre", "cost_centre": " "}, "scope.cost_centre", "required"],
        ["scope", {"kind": "cost_centre", "cost_centre": "a\nb"}, "scope.cost_centre", "control_character"],
        ["models", "", "models", "required"],
        ["models", "claude opus", "models", "pattern"],
        ["period", "year", "period", "unknown_value"],
        ["week_start", 0, "week_start", "out_of_range"],
        ["week_start", 8, "week_start", "out_of_range"],
        ["start_hour", 24, "start_hour", "out_of_range"],
        ["time_zone", "Mars/Olympus", "time_zone", "time_zone"],
        ["time_zone", "", "time_zone", "time_zone"],
        ["limit_nano", "0", "limit_nano", "out_of_range"],
        ["limit_nano", "-1", "limit_nano", "out_of_range"],
        ["limit_nano", "9223372036854775807", "limit_nano", "out_of_range"],
        ["thresholds", [80, 80], "thresholds", "order"],
        ["thresholds", [0], "thresholds", "out_of_range"],
        ["thresholds", [1001], "thresholds", "out_of_range"],
        ["version", 1, "version", "not_applicable"],
        ["colour", "red", "colour", "unknown_field"],
    ]);
    for case in cases.as_array().expect("cases") {
        let text = |at: usize| case[at].as_str().expect("a text");
        let reply = tenant.api.post(BUDGETS, &form(&json!({text(0): case[1]})));
        let found = faults(&reply, 422, "validation_failed");
        assert_eq!(found.len(), 1, "{case}: {found:?}");
        assert_eq!(found[0].0, text(2), "{case}");
        assert_eq!(found[0].1, text(3), "{case}");
    }
    for amount in [
        json!(5),
        json!("NaN"),
        json!("1.5"),
        json!("99999999999999999999"),
        json!(null),
    ] {
        let reply = tenant.api.post(BUDGETS, &form(&json!({"limit_nano": amount})));
        assert_eq!(
            faults(&reply, 422, "validation_failed")[0].0,
            "limit_nano",
            "{amount}"
        );
    }
    assert_eq!(tenant.api.get(BUDGETS).expect(200).json()["items"], json!([]));
}

#[test]
fn a_name_is_taken_whatever_its_case_until_its_budget_is_deleted() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let first = made(&tenant, &json!({"name": "Équipe A"}));
    let second = made(&tenant, &json!({"name": "another"}));
    made(&other, &json!({"name": "Équipe A"}));
    let taken = pairs(&[("name", "taken")]);
    let reply = tenant.api.post(BUDGETS, &form(&json!({"name": "équipe a"})));
    assert_eq!(faults(&reply, 409, "name_taken"), taken);
    let renamed = change(&second, &json!({"name": "ÉQUIPE A"}));
    assert_eq!(
        faults(&tenant.api.put(&path(&second), &renamed), 409, "name_taken"),
        taken
    );
    let own_case = change(&first, &json!({"name": "ÉQUIPE a"}));
    tenant.api.put(&path(&first), &own_case).expect(200);
    tenant.api.delete(&path(&first)).expect(204);
    tenant.api.put(&path(&second), &renamed).expect(200);
}

#[test]
fn whose_spending_it_is_and_when_it_begins_anew_stay_as_they_were_made() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let budget = made(&tenant, &json!({"models": "*opus*"}));
    for (field, value) in [
        ("scope", json!({"kind": "user", "user_id": tenant.user_id})),
        ("models", json!("*sonnet*")),
        ("period", json!("day")),
        ("week_start", json!(2)),
        ("start_hour", json!(1)),
        ("time_zone", json!("UTC")),
    ] {
        let reply = tenant
            .api
            .put(&path(&budget), &change(&budget, &json!({field: value})));
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(field, "not_editable")])
        );
    }
    let two = change(&budget, &json!({"period": "day", "start_hour": 1, "name": "new"}));
    assert_eq!(
        faults(&tenant.api.put(&path(&budget), &two), 422, "validation_failed"),
        pairs(&[("period", "not_editable"), ("start_hour", "not_editable")])
    );
    assert_eq!(
        tenant.api.get(&path(&budget)).expect(200).json(),
        budget,
        "nothing half-done"
    );
}

#[test]
fn of_two_people_who_edit_one_budget_the_second_is_told() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let budget = made(&tenant, &json!({}));
    let mine = change(&budget, &json!({"limit_nano": "7"}));
    tenant.api.put(&path(&budget), &mine).expect(200);
    let theirs = change(&budget, &json!({"limit_nano": "9"}));
    refused(&tenant.api.put(&path(&budget), &theirs), 409, "version_conflict");
    assert_eq!(
        tenant.api.get(&path(&budget)).expect(200).json()["limit_nano"],
        "7"
    );
}

#[test]
fn the_ninth_budget_on_a_requests_way_is_refused() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (member, other) = (house.person(&tenant, "member"), house.person(&tenant, "member"));
    let key = tenant
        .key(json!({"owner_user_id": member.id, "cost_centre": "R&D"}))
        .id;
    let of_user = json!({"scope": {"kind": "user", "user_id": member.id}});
    let of_key = json!({"scope": {"kind": "key", "key_id": key}, "period": "total"});
    let of_centre = json!({"scope": {"kind": "cost_centre", "cost_centre": "R&D"}});
    // The wallet is the eighth.
    for fields in [&json!({}), &json!({}), &of_user, &of_user, &of_key, &of_centre] {
        made(&tenant, fields);
    }
    let last = made(&tenant, &of_centre);
    let too_many = pairs(&[("scope", "too_many_budgets")]);
    for fields in [&json!({}), &of_user, &of_key, &of_centre] {
        let reply = tenant.api.post(BUDGETS, &form(fields));
        assert_eq!(faults(&reply, 422, "too_many_budgets"), too_many, "{fields}");
    }
    // Others have room, and what does not count takes none.
    made(&tenant, &json!({"scope": {"kind": "user", "user_id": other.id}}));
    made(
        &tenant,
        &json!({"scope": {"kind": "cost_centre", "cost_centre": "Sales"}}),
    );
    let paused = made(&tenant, &json!({"active": false}));
    let counts = change(&paused, &json!({"active": true}));
    assert_eq!(
        faults(&tenant.api.put(&path(&paused), &counts), 422, "too_many_budgets"),
        too_many
    );
    tenant.api.delete(&path(&last)).expect(204);
    // One place, and many who want it at once.
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..6)
            .map(|at| {
                let (tenant, fields) = (&tenant, if at % 2 == 0 { &of_user } else { &of_centre });
                scope.spawn(move || tenant.api.post(BUDGETS, &form(fields)).status)
            })
            .collect();
        tries
            .into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    let good = statuses.iter().filter(|status| **status == 201).count();
    assert_eq!(
        (good, statuses.iter().filter(|status| **status == 422).count()),
        (1, 5),
        "{statuses:?}"
    );
}

#[test]
fn whoever_sees_money_sees_all_and_members_what_binds_themselves_and_their_keys() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (member, other) = (house.person(&tenant, "member"), house.person(&tenant, "member"));
    let finance = house.person(&tenant, "finance");
    let own_key = tenant
        .key(json!({"owner_user_id": member.id, "cost_centre": "R&D"}))
        .id;
    let other_key = tenant.key(json!({"owner_user_id": other.id})).id;
    let name = |name: &str, scope: Value| made(&tenant, &json!({"name": name, "scope": scope}));
    let all = [
        name("all", json!({"kind": "tenant"})),
        name("centre", json!({"kind": "cost_centre", "cost_centre": "R&D"})),
        name("me", json!({"kind": "user", "user_id": member.id})),
        name("you", json!({"kind": "user", "user_id": other.id})),
        name("my key", json!({"kind": "key", "key_id": own_key})),
        name("your key", json!({"kind": "key", "key_id": other_key})),
    ];
    let listed = |api: &tollgate_tests::harness::Api, query: &str| -> Vec<String> {
        let list = api.get(&format!("{BUDGETS}{query}")).expect(200).json();
        let items = list["items"].as_array().expect("items").iter();
        items
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    for api in [&tenant.api, &finance.api] {
        assert_eq!(listed(api, ""), ["all", "centre", "me", "you"]);
        assert_eq!(listed(api, "?with_keys=true").len(), 6);
        let of_key = format!("?key_id={own_key}");
        assert_eq!(listed(api, &of_key), ["all", "centre", "me", "my key"]);
    }
    assert_eq!(listed(&member.api, ""), ["me"]);
    assert_eq!(listed(&member.api, "?with_keys=true"), ["me", "my key"]);
    assert_eq!(
        listed(&member.api, &format!("?key_id={own_key}")),
        ["me", "my key"]
    );
    refused(
        &member.api.get(&format!("{BUDGETS}?key_id={other_key}")),
        404,
        "not_found",
    );
    for (at, budget) in all.iter().enumerate() {
        let seen = member.api.get(&path(budget)).status == 200;
        assert_eq!(seen, [2, 4].contains(&at), "{}", budget["name"]);
        let (status, code) = if seen {
            (403, "forbidden")
        } else {
            (404, "not_found")
        };
        refused(
            &member.api.put(&path(budget), &change(budget, &json!({}))),
            status,
            code,
        );
        refused(&member.api.delete(&path(budget)), status, code);
        refused(&finance.api.delete(&path(budget)), 403, "forbidden");
    }
    refused(&finance.api.post(BUDGETS, &form(&json!({}))), 403, "forbidden");
    refused(&member.api.post(BUDGETS, &form(&json!({}))), 403, "forbidden");
    let stranger = house.poor_tenant();
    refused(&stranger.api.get(&path(&all[0])), 404, "not_found");
    assert_eq!(listed(&stranger.api, "?with_keys=true"), Vec::<String>::new());
}
