//! An organisation signs up: what is made, what is refused, what cannot be taken twice.

use super::told::{actions, audit, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::api::PASSWORD;
use tollgate_tests::harness::{Api, House, unique};

fn form(slug: &str) -> Value {
    json!({
        "organisation": "Acme Labs",
        "slug": slug,
        "name": "Ann",
        "email": format!("ann@{slug}.example"),
        "password": PASSWORD,
        "token_delivery": "body",
    })
}

#[test]
fn an_organisation_signs_up_and_its_owner_is_in() {
    let house = House::shared();
    let mut api = Api::anonymous(house.gateway.address());
    let signed = api.sign_up();
    let me = &signed.reply["me"];
    assert_eq!(me["role"], "owner");
    assert_eq!(me["user"]["email"], signed.email);
    assert_eq!(me["tenant"]["slug"], signed.slug);
    assert_eq!(me["tenant"]["time_zone"], "Europe/Berlin");
    assert_eq!(me["memberships"].as_array().map(Vec::len), Some(1));
    assert_eq!(signed.reply["token_type"], "Bearer");
    assert!(
        signed.reply["expires_in"]
            .as_u64()
            .is_some_and(|seconds| seconds > 0)
    );
    let asked = api.get("/auth/me").expect(200).json();
    assert_eq!(&asked, me);
    let balance = api.get("/billing/balance").expect(200).json();
    for amount in [
        "balance_nano",
        "held_nano",
        "available_nano",
        "paid_in_nano",
        "charged_nano",
    ] {
        assert_eq!(balance[amount], "0", "{amount}");
    }
    assert_eq!(
        api.get("/billing/transfers").expect(200).json()["items"],
        json!([])
    );
}

#[test]
fn signing_up_is_audited_and_the_password_is_kept_as_a_hash_alone() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let lines = audit(&house, &tenant);
    assert_eq!(
        actions(&lines),
        ["tenant.created", "user.created", "session.created"]
    );
    for line in &lines {
        assert_eq!(line.actor, tenant.email);
        assert!(line.address.starts_with("127."), "{}", line.address);
        assert!(line.request_id.is_some());
        assert!(!line.changes.to_string().contains(PASSWORD));
    }
    assert_eq!(lines[0].target, Some(tenant.id));
    assert_eq!(lines[1].changes, json!({"role": "owner"}));
    let stored: String = house
        .sql()
        .query_one(
            "SELECT password_hash FROM users WHERE user_id = $1",
            &[&tenant.user_id],
        )
        .expect("the owner")
        .get(0);
    assert!(stored.starts_with("$argon2id$"), "{stored}");
}

#[test]
fn every_field_at_fault_is_named_and_nothing_is_made() {
    let house = House::shared();
    let api = Api::anonymous(house.gateway.address());
    let wrong = json!({
        "organisation": " ", "slug": "A_B", "name": "a\u{202e}b", "email": "nobody", "password": "short",
        "time_zone": "?",
    });
    assert_eq!(
        faults(&api.post("/tenants", &wrong), 422, "validation_failed"),
        pairs(&[
            ("email", "email"),
            ("name", "control_character"),
            ("organisation", "required"),
            ("password", "too_short"),
            ("slug", "slug"),
            ("time_zone", "time_zone"),
        ])
    );
    let slug = unique("org");
    for (field, value, code) in [
        ("time_zone", json!("Mars/Olympus"), "time_zone"),
        ("role", json!("owner"), "unknown_field"),
        ("kind", json!("platform"), "unknown_field"),
        ("email", json!("\u{430}nn@example.com"), "email"),
        ("password", json!("x".repeat(201)), "too_long"),
        ("organisation", json!("o".repeat(201)), "too_long"),
        ("token_delivery", json!("carrier pigeon"), "unknown_value"),
        ("name", Value::Null, "invalid"),
    ] {
        let mut form = form(&slug);
        form[field] = value;
        let found = faults(&api.post("/tenants", &form), 422, "validation_failed");
        assert_eq!(found, pairs(&[(field, code)]));
    }
    let made: i64 = house
        .sql()
        .query_one(
            "SELECT (SELECT count(*) FROM tenants WHERE slug = $1) + (SELECT count(*) FROM users WHERE email = $2)",
            &[&slug, &format!("ann@{slug}.example")],
        )
        .expect("a count")
        .get(0);
    assert_eq!(made, 0);
}

#[test]
fn a_slug_and_an_address_are_taken_once_in_whatever_case() {
    let house = House::shared();
    let api = Api::anonymous(house.gateway.address());
    let (first, second) = (unique("org"), unique("org"));
    api.post("/tenants", &form(&first)).expect(201);
    let mut same_slug = form(&second);
    same_slug["slug"] = json!(first);
    assert_eq!(
        faults(&api.post("/tenants", &same_slug), 409, "slug_taken"),
        pairs(&[("slug", "taken")])
    );
    let mut same_address = form(&second);
    same_address["email"] = json!(format!("ANN@{first}.EXAMPLE"));
    assert_eq!(
        faults(&api.post("/tenants", &same_address), 409, "email_taken"),
        pairs(&[("email", "taken")])
    );
    // Nothing of the refused ones is left: their slug is free.
    api.post("/tenants", &form(&second)).expect(201);
    for reserved in ["api", "platform", "admin"] {
        let mut form = form(&unique("org"));
        form["slug"] = json!(reserved);
        refused(&api.post("/tenants", &form), 409, "slug_taken");
    }
}

#[test]
fn of_two_who_sign_up_at_once_one_gets_the_address() {
    let house = House::shared();
    let email = format!("{}@example.com", unique("race"));
    let tries: Vec<_> = (0..4)
        .map(|_| {
            let api = Api::anonymous(house.gateway.address());
            let mut form = form(&unique("org"));
            form["email"] = json!(email);
            std::thread::spawn(move || api.post("/tenants", &form).status)
        })
        .collect();
    let mut statuses: Vec<u16> = tries
        .into_iter()
        .map(|one| one.join().expect("an answer"))
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

#[test]
fn a_slug_is_found_for_whoever_names_none_also_at_once_and_without_a_latin_letter() {
    let house = House::shared();
    let signing_up: Vec<_> = (0..8)
        .map(|_| {
            let api = Api::anonymous(house.gateway.address());
            let mut form = form(&unique("org"));
            form["organisation"] = json!("北京公司");
            form.as_object_mut().expect("an object").remove("slug");
            std::thread::spawn(move || api.post("/tenants", &form).expect(201).json())
        })
        .collect();
    let mut slugs: Vec<String> = signing_up
        .into_iter()
        .map(|one| {
            let signed = one.join().expect("signed up");
            assert_eq!(signed["me"]["tenant"]["name"], "北京公司");
            assert_eq!(
                signed["me"]["tenant"]["time_zone"], "Asia/Shanghai",
                "the default"
            );
            signed["me"]["tenant"]["slug"]
                .as_str()
                .expect("a slug")
                .to_owned()
        })
        .collect();
    assert!(slugs.iter().all(|slug| slug.starts_with("org")), "{slugs:?}");
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), 8);
}

#[test]
fn one_address_signs_up_so_many_and_then_waits() {
    let house = House::shared();
    let api = Api::anonymous(house.gateway.address());
    let taken = form(&unique("org"));
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let reply = api.post("/tenants", &taken);
        statuses.push(reply.status);
        if reply.status == 429 {
            refused(&reply, 429, "too_many_requests");
            let wait: u64 = reply
                .header("retry-after")
                .expect("when to come back")
                .parse()
                .expect("seconds");
            assert!((1..=60).contains(&wait), "{wait}");
            break;
        }
    }
    assert_eq!(statuses.first(), Some(&201));
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert!(statuses.len() > 30, "{statuses:?}");
    // Others are not kept waiting.
    Api::anonymous(house.gateway.address())
        .post("/tenants", &form(&unique("org")))
        .expect(201);
}
