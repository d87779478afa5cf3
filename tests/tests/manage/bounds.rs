//! What one organisation may take of what belongs to all: deliveries in turns, letters to its own people alone, heavy reads
//! that leave connections to others.

use super::told::{faults, refused};
use serde_json::{Value, json};
use std::net::TcpListener;
use tollgate_tests::harness::house::Wanted;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, SOON, Scene, wait_for, wait_until};
use uuid::Uuid;

pub fn used(house: &House) -> Scene {
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id);
    scene
}

pub fn schedule(name: &str, delivery: &Value) -> Value {
    json!({
        "name": name, "source": "usage", "format": "csv", "period": "daily", "hour": 0, "delivery": delivery,
        "active": true,
    })
}

pub fn made(scene: &Scene, name: &str, delivery: &Value) -> Uuid {
    let made = scene
        .tenant
        .api
        .post("/export-schedules", &schedule(name, delivery));
    id_of(&made.expect(201).json()["schedule"]["id"])
}

pub fn run(scene: &Scene, schedule: Uuid) {
    let path = format!("/export-schedules/{schedule}/run");
    scene.tenant.api.post(&path, &json!({})).expect(201);
}

pub fn latest(scene: &Scene, schedule: Uuid) -> Value {
    let path = format!("/export-schedules/{schedule}/deliveries");
    scene.tenant.api.get(&path).expect(200).json()["items"][0].clone()
}

pub fn until_state(scene: &Scene, schedule: Uuid, state: &str) -> Value {
    wait_for(state, SOON, || {
        let told = latest(scene, schedule);
        (told["state"] == state).then_some(told)
    })
}

/// Takes connections and says nothing.
pub fn silent() -> (TcpListener, Value) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/in", listener.local_addr().expect("an address"));
    (listener, json!({"kind": "webhook", "url": url}))
}

pub fn with_mail(sink: &SmtpSink, more: &[(&'static str, String)]) -> House {
    let mut env = vec![
        ("TOLLGATE_MAIL_HOST", "127.0.0.1".to_owned()),
        ("TOLLGATE_MAIL_PORT", sink.port().to_string()),
        ("TOLLGATE_MAIL_TLS", "none".to_owned()),
        (
            "TOLLGATE_MAIL_FROM",
            "Exports <exports@gateway.example>".to_owned(),
        ),
    ];
    env.extend_from_slice(more);
    House::with(Wanted {
        env,
        ..Wanted::default()
    })
}

#[test]
fn whoever_may_no_longer_see_everyones_usage_has_no_file_of_it_any_more() {
    let house = House::shared();
    let scene = used(&house);
    let admin = house.person(&scene.tenant, "admin");
    let form = json!({"source": "usage", "format": "csv", "query": {}});
    let all = id_of(&admin.api.post("/exports", &form).expect(201).json()["id"]);
    admin.api.get(&format!("/exports/{all}/file")).expect(200);
    house
        .sql()
        .execute(
            "UPDATE memberships SET role = 'member' WHERE tenant_id = $1 AND user_id = $2",
            &[&scene.tenant.id, &admin.id],
        )
        .expect("a lesser role");
    // What is known of a role is at most seconds old.
    wait_until("the role counts", SOON, || admin.api.get("/users").status == 403);
    for path in [format!("/exports/{all}"), format!("/exports/{all}/file")] {
        refused(&admin.api.get(&path), 404, "not_found");
    }
    let link = admin.api.post(&format!("/exports/{all}/link"), &json!({}));
    refused(&link, 404, "not_found");
    let own = id_of(&admin.api.post("/exports", &form).expect(201).json()["id"]);
    admin.api.get(&format!("/exports/{own}/file")).expect(200);
    let listed = admin.api.get("/exports").expect(200).json();
    let ids: Vec<Uuid> = listed["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| id_of(&one["id"]))
        .collect();
    assert_eq!(ids, [own]);
}

#[test]
fn webhooks_that_never_answer_keep_nobody_elses_exports_waiting() {
    let house = House::own();
    let (listener, never) = silent();
    let slow = used(&house);
    let schedules: Vec<Uuid> = (0..12)
        .map(|n| made(&slow, &format!("slow {n}"), &never))
        .collect();
    for schedule in &schedules {
        run(&slow, *schedule);
    }
    let again = format!("/export-schedules/{}/run", schedules[0]);
    refused(&slow.tenant.api.post(&again, &json!({})), 409, "in_use");
    // While the first of these wait for their answers, another organisation's turn comes.
    wait_until("attempts begin", SOON, || {
        schedules.iter().any(|one| latest(&slow, *one)["attempts"] == 1)
    });
    let (refusing, gone) = silent();
    drop(refusing);
    let other = used(&house);
    let schedule = made(&other, "quick", &gone);
    run(&other, schedule);
    wait_until("the other one's attempt", 3 * SOON, || {
        latest(&other, schedule)["attempts"] == 1
    });
    let begun = schedules
        .iter()
        .filter(|one| latest(&slow, **one)["attempts"] != 0)
        .count();
    assert!(begun < schedules.len(), "not one after all of the other's");
    // An attempt that broke off with its node was an attempt.
    house
        .sql()
        .execute(
            "UPDATE export_deliveries SET attempts = 8, next_attempt_at = now(), last_error = '' WHERE schedule_id = $1",
            &[&schedule],
        )
        .expect("it was tried often");
    let given_up = until_state(&other, schedule, "failed");
    assert_eq!(given_up["attempts"], 8);
    assert_eq!(given_up["last_error"], "no attempt came to an end");
    drop(listener);
}

#[test]
fn letters_go_to_ones_own_people_say_nothing_made_up_and_are_so_many_a_day() {
    let sink = SmtpSink::start();
    let house = with_mail(&sink, &[("TOLLGATE_MAIL_LETTERS_PER_DAY", "3".to_owned())]);
    let scene = used(&house);
    let api = &scene.tenant.api;
    let stranger = schedule("x", &json!({"kind": "mail", "to": ["stranger@example.com"]}));
    let found = faults(
        &api.post("/export-schedules", &stranger),
        422,
        "validation_failed",
    );
    assert_eq!(found[0].0, "delivery.to");
    let (one, other) = (
        house.person(&scene.tenant, "finance"),
        house.person(&scene.tenant, "admin"),
    );
    let name = "Your account is locked, sign in at evil.example";
    let to = json!({"kind": "mail", "to": [one.email.to_uppercase(), other.email]});
    let id = made(&scene, name, &to);
    let mut form = schedule(name, &json!({"kind": "mail", "to": ["stranger@example.com"]}));
    form["version"] = json!(1);
    let changed = api.put(&format!("/export-schedules/{id}"), &form);
    assert_eq!(faults(&changed, 422, "validation_failed")[0].0, "delivery.to");
    run(&scene, id);
    until_state(&scene, id, "delivered");
    let letters = wait_for("the letters", SOON, || {
        let letters = sink.letters();
        (letters.len() == 2).then_some(letters)
    });
    for letter in &letters {
        assert!(
            !letter.text.contains("locked") && !letter.text.contains("evil"),
            "{letter:?}"
        );
        assert!(
            letter
                .text
                .contains(&format!("Export usage.csv of {}", scene.tenant.slug)),
            "{letter:?}"
        );
    }
    // Whoever has left gets none.
    let mut sql = house.sql();
    let leave = "UPDATE memberships SET status = 'disabled' WHERE tenant_id = $1 AND user_id = $2";
    sql.execute(leave, &[&scene.tenant.id, &other.id])
        .expect("they left");
    run(&scene, id);
    until_state(&scene, id, "delivered");
    wait_until("the third letter", SOON, || sink.letters().len() == 3);
    let third = sink.letters().pop().expect("a letter");
    assert_eq!(third.to[0].to_lowercase(), one.email);
    // The day's letters are used up.
    run(&scene, id);
    let failed = wait_for("a refusal", SOON, || {
        let told = latest(&scene, id);
        (told["last_error"] != "").then_some(told)
    });
    assert!(
        failed["last_error"]
            .as_str()
            .expect("a text")
            .contains("3 letters"),
        "{failed}"
    );
    assert_eq!(failed["state"], "pending");
    assert_eq!(sink.letters().len(), 3);
}

#[test]
fn schedules_keep_so_many_exports_and_no_more() {
    let house = House::own();
    let scene = used(&house);
    let (refusing, gone) = silent();
    drop(refusing);
    let id = made(&scene, "daily", &gone);
    let mut sql = house.sql();
    sql.execute(
        "INSERT INTO exports (tenant_id, export_id, source, format, query, row_count, total_nano, schedule_id, created_by,
                              created_at, expires_at)
         SELECT $1, gen_random_uuid(), 'usage', 'csv', '{}', 0, 0, $2, 'x', now(), now() + interval '1 day'
         FROM generate_series(1, 4000)",
        &[&scene.tenant.id, &id],
    )
    .expect("many exports");
    run(&scene, id);
    let failed = wait_for("a refusal", SOON, || {
        let told = latest(&scene, id);
        (told["last_error"] != "").then_some(told)
    });
    assert!(
        failed["last_error"]
            .as_str()
            .expect("a text")
            .contains("4000 exports are kept"),
        "{failed}"
    );
    let form = json!({"source": "usage", "format": "csv", "query": {}});
    scene.tenant.api.post("/exports", &form).expect(201);
}

#[test]
fn reads_that_take_long_leave_connections_to_others() {
    let house = House::own();
    let scene = used(&house);
    house.settle();
    let mut sql = house.sql();
    let mut held = sql.transaction().expect("a transaction");
    held.batch_execute("LOCK TABLE usage_events, prices IN ACCESS EXCLUSIVE MODE")
        .expect("all wait for it");
    let reads: Vec<_> = (0..24)
        .map(|_| {
            let api = scene.tenant.api.clone();
            std::thread::spawn(move || api.get("/exports/preview/usage.csv").status)
        })
        .collect();
    let waiting = || -> i64 {
        let mut sql = house.sql();
        let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                       AND usename = 'tollgate_app' AND wait_event_type = 'Lock'";
        sql.query_one(query, &[]).expect("a count").get(0)
    };
    wait_until("some wait for the lock", SOON, || waiting() >= 2);
    // What needs another table is answered, and so are prices, which the node holds.
    scene.tenant.api.get("/exports").expect(200);
    let operator = house.tenant();
    operator.api.get("/prices").expect(200);
    assert_eq!(waiting(), 2, "an organisation has two heavy reads at once");
    held.rollback().expect("an end");
    let answers: Vec<u16> = reads
        .into_iter()
        .map(|read| read.join().expect("an answer"))
        .collect();
    assert!(
        answers.iter().all(|status| [200, 429].contains(status)),
        "{answers:?}"
    );
    assert!(answers.contains(&200), "{answers:?}");
}

#[test]
fn old_letters_are_emptied_and_then_forgotten() {
    let house = House::own();
    let tenant = house.tenant();
    let mut sql = house.sql();
    let insert = "INSERT INTO mail_outbox (tenant_id, mail_id, about, recipient, subject, body, file_names, file_types, file_bytes,
                                           status, next_at, created_at, sent_at)
                  VALUES ($1, gen_random_uuid(), 'invoice', 'jane@example.com', $2, 'x', '{a}', '{b}', '{\"\\\\x00\"}', $3,
                          now() - interval '1 year', now() - $4::text::interval,
                          CASE WHEN $3 = 'sent' THEN now() END)";
    for (subject, status, age) in [
        ("fresh", "failed", "1 day"),
        ("old", "failed", "31 days"),
        ("ancient", "sent", "401 days"),
    ] {
        sql.execute(insert, &[&tenant.id, &subject, &status, &age])
            .expect("a letter");
    }
    // A node that begins runs all jobs.
    assert!(house.gateway.stop(), "an orderly stop");
    house.gateway.boot();
    let left = wait_for("what is old is gone", SOON, || {
        let rows = sql
            .query(
                "SELECT subject, recipient, cardinality(file_bytes) FROM mail_outbox WHERE tenant_id = $1 ORDER BY created_at",
                &[&tenant.id],
            )
            .expect("letters");
        let left: Vec<(String, String, i32)> = rows
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect();
        (left.len() == 2 && left[0].1 == "---").then_some(left)
    });
    assert_eq!(left[0], ("-".to_owned(), "---".to_owned(), 0));
    assert_eq!(left[1], ("fresh".to_owned(), "jane@example.com".to_owned(), 1));
}
