//! The price book through the API: a list is looked at before it takes effect, versions follow each other, and only the
//! platform's own people have to do with it.

use super::grants::platform;
use super::told::{faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Tenant};

const HEADER: &str = "provider,model,mode,input,output,cache_read,web_search\n";

fn form(list: &str, more: Value) -> Value {
    let mut form = json!({"format": "csv", "text": format!("{HEADER}{list}"), "source": "list.csv"});
    for (name, value) in more.as_object().expect("fields") {
        form[name] = value.clone();
    }
    form
}

fn versions(operator: &Tenant) -> Vec<Value> {
    let listed = operator.api.get("/prices/versions").expect(200).json();
    listed["items"].as_array().expect("versions").clone()
}

#[test]
fn a_list_is_looked_at_and_then_takes_effect() {
    let house = House::own();
    let operator = platform(&house, "admin");
    let first = versions(&operator);
    assert_eq!((first.len(), &first[0]["holds"]), (1, &json!(true)));
    let one = "anthropic,claude-x,chat,3,15,0.3,\nanthropic,claude-y,chat,1,5,,0.01\n";
    let look = form(one, json!({"dry_run": true}));
    let seen = operator.api.post("/prices/import", &look).expect(200).json();
    assert_eq!(seen["version"], Value::Null);
    assert_eq!(seen["base_version"], first[0]["id"]);
    assert_eq!(seen["diff"]["added_total"], 2);
    assert_eq!(versions(&operator).len(), 1, "only looked at");
    let confirmed = form(
        one,
        json!({"base_version": seen["base_version"], "note": "autumn"}),
    );
    let written = operator.api.post("/prices/import", &confirmed).expect(200).json();
    let now = versions(&operator);
    assert_eq!(
        (&now[0]["id"], &now[0]["holds"], &now[1]["holds"]),
        (&written["version"], &json!(true), &json!(false))
    );
    assert_eq!(
        (&now[0]["note"], &now[0]["author"]),
        (&json!("autumn"), &json!(operator.email))
    );
    // Another one came in between.
    refused(
        &operator.api.post("/prices/import", &confirmed),
        409,
        "version_conflict",
    );
    // What changes is told with per cent; it holds from next year on.
    let other = "anthropic,claude-x,chat,2,15.0,0.3,0.02\nopenai,gpt-x,chat,1,2,,\n";
    let later = form(other, json!({"effective_from": "2099-01-01T00:00:00Z"}));
    let diff = operator.api.post("/prices/import", &later).expect(200).json()["diff"].clone();
    let changed = json!([{
        "provider": "anthropic", "platform": "", "model": "claude-x", "mode": "chat", "fields": [
            {"field": "input", "old": "3", "new": "2", "percent": "-33.33"},
            {"field": "web_search", "old": null, "new": "0.02", "percent": null},
        ],
    }]);
    assert_eq!(diff["changed"], changed);
    assert_eq!(
        (&diff["added_total"], &diff["removed_total"]),
        (&json!(1), &json!(1))
    );
    let all = versions(&operator);
    assert_eq!(
        (&all[0]["holds"], &all[1]["holds"]),
        (&json!(false), &json!(true))
    );
    let compared = format!(
        "/prices/diff?from={}&to={}",
        all[1]["id"].as_str().expect("an id"),
        all[0]["id"].as_str().expect("an id")
    );
    assert_eq!(operator.api.get(&compared).expect(200).json(), diff);
    // Nothing comes between: what is written stays.
    let between = form(one, json!({}));
    assert_eq!(
        faults(
            &operator.api.post("/prices/import", &between),
            422,
            "validation_failed"
        )[0]
        .0,
        "effective_from"
    );
}

#[test]
fn a_bad_row_is_named_and_nothing_is_written() {
    let house = House::own();
    let operator = platform(&house, "owner");
    for (list, said) in [
        ("anthropic,m,chat,1,x,,\n", "line 2: output"),
        (
            "anthropic,m,chat,1,2,,\nanthropic,n,chat,-1,2,,\n",
            "line 3: input",
        ),
        ("", "no model"),
    ] {
        let reply = operator.api.post("/prices/import", &form(list, json!({})));
        let problem = refused(&reply, 422, "validation_failed");
        assert!(
            problem["detail"].as_str().expect("a text").contains(said),
            "{problem}"
        );
    }
    let past = form(
        "anthropic,m,chat,1,2,,\n",
        json!({"effective_from": "2020-01-01T00:00:00Z"}),
    );
    refused(
        &operator.api.post("/prices/import", &past),
        422,
        "validation_failed",
    );
    assert_eq!(versions(&operator).len(), 1);
}

#[test]
fn a_model_is_edited_with_a_date_and_all_else_stays() {
    let house = House::own();
    let operator = platform(&house, "admin");
    let base = versions(&operator)[0].clone();
    let row = json!({
        "provider": "anthropic", "model": "claude-sonnet-*", "mode": "chat", "aliases": ["sonnet"],
        "prices": {"input": "3", "output": "15", "batch_input": "1.5"}, "max_input": 200_000,
    });
    let edit = json!({"set": [row], "base_version": base["id"], "effective_from": "2099-01-01T00:00:00Z"});
    let done = operator.api.post("/prices/edit", &edit).expect(200).json();
    let diff = &done["diff"];
    assert_eq!(
        (
            &diff["added_total"],
            &diff["removed_total"],
            &diff["changed_total"]
        ),
        (&json!(1), &json!(0), &json!(0))
    );
    let shown = operator
        .api
        .get(&format!(
            "/prices/versions/{}?search=SONNET-*",
            done["version"].as_str().expect("an id")
        ))
        .expect(200)
        .json();
    assert_eq!(shown["total"], 1);
    assert_eq!(shown["items"][0]["prices"]["batch_input"], "1.5");
    assert_eq!(
        shown["version"]["rows"],
        json!(base["rows"].as_u64().expect("a count") + 1)
    );
    let wrong = json!({
        "set": [{"provider": "anthropic", "model": "m", "mode": "chat", "prices": {"input": "1", "colour": "2"}}],
        "base_version": done["version"], "effective_from": "2099-02-01T00:00:00Z",
    });
    let named = faults(
        &operator.api.post("/prices/edit", &wrong),
        422,
        "validation_failed",
    );
    assert_eq!(named[0].0, "set[0].prices.colour");
    refused(&operator.api.post("/prices/edit", &edit), 409, "version_conflict");
}

#[test]
fn the_book_is_the_platforms_alone() {
    let house = House::own();
    let (tenant, finance) = (house.poor_tenant(), platform(&house, "finance"));
    for path in ["/prices/versions", "/plans", "/plans/assignments"] {
        refused(&tenant.api.get(path), 403, "forbidden");
        finance.api.get(path).expect(200);
    }
    let list = form("anthropic,m,chat,1,2,,\n", json!({}));
    refused(&tenant.api.post("/prices/import", &list), 403, "forbidden");
    refused(&finance.api.post("/prices/import", &list), 403, "forbidden");
}
