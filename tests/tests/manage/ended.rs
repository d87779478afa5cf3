//! What ends with somebody's rights: links that were sent, and what a schedule has still to send.

use super::bounds::{latest, made, run, schedule, silent, until_state, used, with_mail};
use super::told::{actions, audit_of, refused};
use serde_json::json;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Request, SOON, wait_for, wait_until};
use uuid::Uuid;

/// The links in letters, each with whom it was sent to.
fn links(sink: &SmtpSink, count: usize) -> Vec<(String, String)> {
    let letters = wait_for("the letters", SOON, || {
        let letters = sink.letters();
        (letters.len() >= count).then_some(letters)
    });
    letters
        .iter()
        .map(|letter| {
            let text = letter.text.replace("=\r\n", "").replace("=\n", "");
            let (_, rest) = text.split_once("/exports/by-link/").expect("a link");
            let token = rest.split_whitespace().next().expect("a token");
            (letter.to[0].clone(), format!("/api/v2/exports/by-link/{token}"))
        })
        .collect()
}

#[test]
fn a_link_ends_with_what_it_was_sent_for_and_each_use_is_written_down() {
    let sink = SmtpSink::start();
    let house = with_mail(&sink, &[]);
    let scene = used(&house);
    let (one, other) = (
        house.person(&scene.tenant, "finance"),
        house.person(&scene.tenant, "admin"),
    );
    let id = made(
        &scene,
        "daily",
        &json!({"kind": "mail", "to": [one.email, other.email]}),
    );
    run(&scene, id);
    let export = id_of(&until_state(&scene, id, "delivered")["export_id"]);
    let links = links(&sink, 2);
    let of = |email: &str| &links.iter().find(|(to, _)| to == email).expect("a link").1;
    let get = |path: &str| house.gateway.send(&Request::get(path));
    get(of(&one.email)).expect(200);
    get(of(&other.email)).expect(200);
    let by_hand = one
        .api
        .post(&format!("/exports/{export}/link"), &json!({}))
        .expect(201)
        .json();
    let by_hand = url::Url::parse(by_hand["url"].as_str().expect("a link")).expect("an address");
    get(by_hand.path()).expect(200);
    one.api.get(&format!("/exports/{export}/file")).expect(200);
    let lines = audit_of(&house, &scene.tenant, export);
    assert_eq!(
        actions(&lines),
        [
            "export.downloaded",
            "export.downloaded",
            "export.linked",
            "export.downloaded",
            "export.downloaded"
        ]
    );
    assert_eq!(
        (lines[0].actor.as_str(), lines[4].actor.as_str()),
        ("export link", one.email.as_str())
    );
    let mut sql = house.sql();
    let leave = "UPDATE memberships SET status = 'disabled' WHERE tenant_id = $1 AND user_id = $2";
    sql.execute(leave, &[&scene.tenant.id, &other.id])
        .expect("they left");
    refused(&get(of(&other.email)), 404, "not_found");
    get(of(&one.email)).expect(200);
    let mut suspend = |status: &str| {
        let set = "UPDATE tenants SET status = $2 WHERE tenant_id = $1";
        sql.execute(set, &[&scene.tenant.id, &status]).expect("a status");
    };
    suspend("suspended");
    refused(&get(of(&one.email)), 404, "not_found");
    suspend("active");
    get(of(&one.email)).expect(200);
    wait_until("the organisation is back", SOON, || {
        scene.tenant.api.get("/exports").status == 200
    });
    scene
        .tenant
        .api
        .delete(&format!("/export-schedules/{id}"))
        .expect(204);
    refused(&get(of(&one.email)), 404, "not_found");
}

#[test]
fn nothing_is_sent_for_whoever_is_suspended_or_has_switched_it_off() {
    let house = House::own();
    let scene = used(&house);
    let (listener, never) = silent();
    let id = made(&scene, "daily", &never);
    let mut sql = house.sql();
    let delivery = Uuid::now_v7();
    let insert = "INSERT INTO export_deliveries (tenant_id, delivery_id, schedule_id, first_day, last_day, next_attempt_at, created_at)
                  VALUES ($1, $2, $3, '2026-01-01', '2026-01-01', now(), now())";
    sql.execute(
        "UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1",
        &[&scene.tenant.id],
    )
    .expect("suspended");
    sql.execute(insert, &[&scene.tenant.id, &delivery, &id])
        .expect("a delivery");
    // Another one's is tried meanwhile, so that the job has looked.
    let other = used(&house);
    let (refusing, gone) = silent();
    drop(refusing);
    let quick = made(&other, "quick", &gone);
    run(&other, quick);
    wait_until("the job has looked", SOON, || {
        latest(&other, quick)["attempts"] == 1
    });
    let attempts = |sql: &mut postgres::Client| -> i32 {
        let one = sql.query_one(
            "SELECT attempts FROM export_deliveries WHERE delivery_id = $1",
            &[&delivery],
        );
        one.expect("it is there").get(0)
    };
    assert_eq!(attempts(&mut sql), 0, "not for a suspended organisation");
    sql.execute(
        "UPDATE export_deliveries SET next_attempt_at = now() + interval '1 hour' WHERE delivery_id = $1",
        &[&delivery],
    )
    .expect("later");
    sql.execute(
        "UPDATE tenants SET status = 'active' WHERE tenant_id = $1",
        &[&scene.tenant.id],
    )
    .expect("back");
    wait_until("the organisation is back", SOON, || {
        scene.tenant.api.get("/exports").status == 200
    });
    let mut off = schedule("daily", &never);
    off["active"] = json!(false);
    scene
        .tenant
        .api
        .put(&format!("/export-schedules/{id}"), &off)
        .expect(200);
    let told = latest(&scene, id);
    assert_eq!(
        (&told["state"], &told["last_error"]),
        (&json!("failed"), &json!("the schedule was switched off"))
    );
    drop(listener);
}
