//! Scheduled exports: each range once, by mail or by a signed call that is tried again, and what failed is told.

use super::told::{faults, refused};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, Request, SOON, Scene, wait_for};
use uuid::Uuid;

/// A call that a webhook got.
struct Call {
    headers: Vec<(String, String)>,
    body: String,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

/// Answers calls with these statuses, one after the other, and ends.
fn webhook(statuses: &'static [u16]) -> (String, Receiver<Call>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/in", listener.local_addr().expect("an address"));
    let (calls, called) = channel();
    let thread = std::thread::spawn(move || {
        for status in statuses {
            let (stream, _) = listener.accept().expect("a call");
            let mut reader = BufReader::new(stream);
            let mut headers = Vec::new();
            let mut line = String::new();
            while reader.read_line(&mut line).expect("a line") > 2 {
                if let Some((name, value)) = line.trim_end().split_once(": ") {
                    headers.push((name.to_lowercase(), value.to_owned()));
                }
                line.clear();
            }
            let call = Call {
                headers,
                body: String::new(),
            };
            let mut body = vec![0; call.header("content-length").parse().expect("a length")];
            reader.read_exact(&mut body).expect("a body");
            let body = String::from_utf8(body).expect("text");
            calls.send(Call { body, ..call }).expect("somebody listens");
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).expect("an answer");
        }
    });
    (url, called, thread)
}

/// HMAC-SHA-256 by RFC 2104, in hex.
fn hmac(secret: &str, text: &str) -> String {
    let mut key = [0_u8; 64];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let pad = |byte: u8| key.map(|other| other ^ byte);
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(text)
        .finalize();
    hex::encode(
        Sha256::new()
            .chain_update(pad(0x5c))
            .chain_update(inner)
            .finalize(),
    )
}

fn form(name: &str, delivery: Value) -> Value {
    json!({
        "name": name, "source": "usage", "format": "csv", "period": "daily", "hour": 0, "delivery": delivery,
        "active": true,
    })
}

fn scene_with_usage(house: &House) -> Scene {
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id);
    scene
}

fn deliveries(scene: &Scene, schedule: Uuid) -> Vec<Value> {
    let path = format!("/export-schedules/{schedule}/deliveries");
    let told = scene.tenant.api.get(&path).expect(200).json();
    told["items"].as_array().expect("a list").clone()
}

/// Waits until all deliveries are in this state.
fn until(scene: &Scene, schedule: Uuid, so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    wait_for("the deliveries", SOON, || {
        let told = deliveries(scene, schedule);
        so(&told).then_some(told)
    })
}

#[test]
fn a_webhook_is_called_signed_until_it_takes_the_delivery() {
    let house = House::shared();
    let scene = scene_with_usage(&house);
    let (url, called, thread) = webhook(&[500, 204]);
    let made = scene.tenant.api.post(
        "/export-schedules",
        &form("to a webhook", json!({"kind": "webhook", "url": url})),
    );
    let made = made.expect(201).json();
    let id = id_of(&made["schedule"]["id"]);
    let secret = made["signing_secret"].as_str().expect("a secret").to_owned();
    let shown = scene
        .tenant
        .api
        .get(&format!("/export-schedules/{id}"))
        .expect(200)
        .text();
    assert!(!shown.contains(&secret), "it is shown once");
    scene
        .tenant
        .api
        .post(&format!("/export-schedules/{id}/run"), &json!({}))
        .expect(201);
    let first = called.recv_timeout(SOON).expect("a call");
    let failed = until(&scene, id, |all| all[0]["last_error"] != "");
    assert_eq!(failed[0]["state"], "pending");
    assert_eq!(failed[0]["attempts"], 1);
    assert!(
        failed[0]["last_error"].as_str().expect("a text").contains("500"),
        "{failed:?}"
    );
    // Its next attempt is a minute away.
    let mut sql = house.sql();
    sql.execute(
        "UPDATE export_deliveries SET next_attempt_at = now() WHERE schedule_id = $1",
        &[&id],
    )
    .expect("it is due");
    let second = called.recv_timeout(SOON).expect("another call");
    let done = until(&scene, id, |all| all[0]["state"] == "delivered");
    assert_eq!(
        (&done[0]["attempts"], &done[0]["last_error"]),
        (&json!(2), &json!(""))
    );
    assert_eq!(first.header("idempotency-key"), second.header("idempotency-key"));
    for call in [&first, &second] {
        let signature = call.header("tollgate-signature");
        let (time, signature) = signature.split_once(",v1=").expect("a signature");
        let signed = format!("{}.{}", time.trim_start_matches("t="), call.body);
        assert_eq!(signature, hmac(&secret, &signed));
    }
    let told: Value = serde_json::from_str(&second.body).expect("JSON");
    assert_eq!(told["event"], "export.ready");
    assert_eq!(told["export"]["id"], done[0]["export_id"]);
    let link = url::Url::parse(told["url"].as_str().expect("a link")).expect("an address");
    let file = house.gateway.send(&Request::get(link.path())).expect(200);
    assert!(file.text().starts_with("line,"), "{}", file.text());
    thread.join().expect("the webhook ends");
}

#[test]
fn missed_runs_are_caught_up_and_each_day_is_sent_once() {
    let sink = SmtpSink::start();
    let house = super::billed::house(&sink);
    let scene = scene_with_usage(&house);
    let (one, other) = (
        house.person(&scene.tenant, "finance"),
        house.person(&scene.tenant, "admin"),
    );
    let mail = json!({"kind": "mail", "to": [one.email, other.email]});
    let made = scene
        .tenant
        .api
        .post("/export-schedules", &form("by mail", mail))
        .expect(201)
        .json();
    assert_eq!(made["signing_secret"], Value::Null);
    let id = id_of(&made["schedule"]["id"]);
    let mut sql = house.sql();
    let back = "UPDATE export_schedules SET next_at = next_at - interval '3 days', next_day = next_day - 3 WHERE schedule_id = $1";
    sql.execute(back, &[&id]).expect("it was away");
    let told = until(&scene, id, |all| {
        all.len() == 3 && all.iter().all(|one| one["state"] == "delivered")
    });
    let mut days: Vec<&str> = told.iter().filter_map(|one| one["first_day"].as_str()).collect();
    days.sort_unstable();
    days.dedup();
    assert_eq!(days.len(), 3);
    let again = "UPDATE export_schedules SET next_at = next_at - interval '2 days', next_day = next_day - 2 WHERE schedule_id = $1";
    sql.execute(again, &[&id]).expect("a clock went back");
    wait_for("the schedule to look again", SOON, || {
        let next = scene
            .tenant
            .api
            .get(&format!("/export-schedules/{id}"))
            .expect(200)
            .json();
        let next: chrono::DateTime<chrono::Utc> = next["next_at"].as_str()?.parse().ok()?;
        (next > chrono::Utc::now()).then_some(())
    });
    assert_eq!(deliveries(&scene, id).len(), 3, "none is sent twice");
    let with_link = || {
        let letters = sink.letters();
        letters
            .iter()
            .filter(|letter| format!("{letter:?}").contains("/exports/by-link/"))
            .count()
    };
    wait_for("the letters", SOON, || (with_link() >= 6).then_some(()));
    let written: i64 = sql
        .query_one(
            "SELECT count(*) FROM mail_outbox WHERE tenant_id = $1 AND about = 'export'",
            &[&scene.tenant.id],
        )
        .expect("a count")
        .get(0);
    assert_eq!((written, with_link()), (6, 6), "three days, two recipients");
}

#[test]
fn schedules_are_checked_changed_and_deleted() {
    let house = House::shared();
    let scene = house.scene();
    let api = &scene.tenant.api;
    let mail = || json!({"kind": "mail", "to": [scene.tenant.email]});
    let bad = |change: fn(&mut Value)| {
        let mut form = form("bad", mail());
        change(&mut form);
        api.post("/export-schedules", &form)
    };
    for (reply, field) in [
        (bad(|form| form["hour"] = json!(24)), "hour"),
        (bad(|form| form["name"] = json!(" ")), "name"),
        (bad(|form| form["delivery"]["to"] = json!([])), "delivery"),
        (bad(|form| form["delivery"]["to"] = json!(["nobody"])), "delivery"),
        (
            bad(|form| form["query"] = json!({"from": "2026-01-01T00:00:00Z"})),
            "query",
        ),
    ] {
        let found = faults(&reply, 422, "validation_failed");
        assert_eq!(found[0].0, field, "{}", reply.text());
    }
    let inside = form("inside", json!({"kind": "webhook", "url": "http://10.0.0.1/in"}));
    refused(&api.post("/export-schedules", &inside), 422, "url_refused");
    let made = api
        .post("/export-schedules", &form("reports", mail()))
        .expect(201)
        .json();
    let id = id_of(&made["schedule"]["id"]);
    refused(
        &api.post("/export-schedules", &form("reports", mail())),
        409,
        "name_taken",
    );
    let path = format!("/export-schedules/{id}");
    let mut changed = form("monthly reports", mail());
    changed["period"] = json!("monthly");
    changed["version"] = json!(1);
    let told = api.put(&path, &changed).expect(200).json();
    assert_eq!(told["schedule"]["version"], 2);
    refused(&api.put(&path, &changed), 409, "version_conflict");
    api.delete(&path).expect(204);
    refused(&api.get(&path), 404, "not_found");
    let listed = api.get("/export-schedules").expect(200).json();
    assert_eq!(listed["items"], json!([]));
}
