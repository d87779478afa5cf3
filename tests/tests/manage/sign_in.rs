//! Signing in: which door lets whom in, what a wrong try tells, and how many there may be.

use super::told::{actions, audit, faults, pairs, refused};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::api::PASSWORD;
use tollgate_tests::harness::{Api, House, Reply, Tenant, unique, wait_until};

fn try_in(house: &House, door: &str, email: &str, password: &str) -> Reply {
    try_from(&Api::anonymous(house.gateway.address()), door, email, password)
}

fn try_from(api: &Api, door: &str, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password, "token_delivery": "body"});
    api.post(&format!("/auth/{door}/login"), &body)
}

#[test]
fn those_who_run_the_tenant_enter_by_both_doors_and_members_by_their_own() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (role, by_admin) in [("owner", 200), ("admin", 200), ("finance", 200), ("member", 403)] {
        let email = if role == "owner" {
            tenant.email.clone()
        } else {
            house.person(&tenant, role).email
        };
        let reply = try_in(&house, "admin", &email, PASSWORD);
        assert_eq!(reply.status, by_admin, "{role}: {}", reply.text());
        if by_admin == 403 {
            refused(&reply, 403, "forbidden");
        }
        let entered = try_in(&house, "user", &email, PASSWORD).expect(200).json();
        assert_eq!(entered["me"]["role"], role);
    }
}

#[test]
fn the_case_of_an_address_does_not_matter() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let entered = try_in(&house, "user", &tenant.email.to_uppercase(), PASSWORD);
    assert_eq!(entered.expect(200).json()["me"]["user"]["email"], tenant.email);
}

#[test]
fn signing_in_is_audited() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    try_in(&house, "admin", &tenant.email, PASSWORD).expect(200);
    let lines = audit(&house, &tenant);
    assert_eq!(actions(&lines)[3..], ["session.created"]);
}

#[test]
fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let told = |email: &str| {
        let reply = try_in(&house, "user", email, "not the password");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        let mut problem = refused(&reply, 401, "invalid_credentials");
        problem["request_id"] = Value::Null;
        problem
    };
    let unknown = format!("{}@example.com", unique("nobody"));
    assert_eq!(told(&tenant.email), told(&unknown));
    // Even of a person who may not sign in nothing is told to whom does not know the password.
    house
        .sql()
        .execute(
            "UPDATE users SET status = 'disabled' WHERE user_id = $1",
            &[&tenant.user_id],
        )
        .expect("disabled");
    assert_eq!(told(&tenant.email), told(&unknown));
    refused(
        &try_in(&house, "user", &tenant.email, PASSWORD),
        403,
        "account_disabled",
    );
}

#[test]
fn wrong_fields_are_named() {
    let house = House::shared();
    let api = Api::anonymous(house.gateway.address());
    let post = |body: &Value| api.post("/auth/user/login", body);
    assert_eq!(
        faults(
            &post(&json!({"email": "", "password": "", "tenant": "-"})),
            422,
            "validation_failed"
        ),
        pairs(&[("email", "email"), ("password", "required"), ("tenant", "slug")])
    );
    assert_eq!(
        faults(&post(&json!({"email": "a@b"})), 422, "validation_failed"),
        pairs(&[("password", "required")])
    );
    let long = json!({"email": "a@b", "password": "ü".repeat(101)});
    assert_eq!(
        faults(&post(&long), 422, "validation_failed"),
        pairs(&[("password", "too_long")])
    );
}

#[test]
fn ten_wrong_passwords_close_the_door_for_everyone_who_tries_that_address() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let here = Api::anonymous(house.gateway.address());
    for _ in 0..10 {
        refused(
            &try_from(&here, "user", &tenant.email, "wrong"),
            401,
            "invalid_credentials",
        );
    }
    for reply in [
        try_from(&here, "user", &tenant.email, PASSWORD),
        try_in(&house, "admin", &tenant.email.to_uppercase(), PASSWORD),
    ] {
        refused(&reply, 429, "too_many_requests");
        let wait: u64 = reply
            .header("retry-after")
            .expect("when")
            .parse()
            .expect("seconds");
        assert!((1..=30).contains(&wait), "{wait}");
    }
    try_from(&here, "user", &other.email, PASSWORD).expect(200);
    // Who is in stays in.
    tenant.api.get("/auth/me").expect(200);
}

#[test]
fn the_right_password_forgives_the_wrong_ones_before() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for _ in 0..3 {
        for _ in 0..6 {
            refused(
                &try_in(&house, "user", &tenant.email, "wrong"),
                401,
                "invalid_credentials",
            );
        }
        try_in(&house, "user", &tenant.email, PASSWORD).expect(200);
    }
}

#[test]
fn a_crowd_that_guesses_at_once_guesses_hardly_more_often() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let crowd: Vec<_> = (0..40)
        .map(|_| {
            let (api, email) = (Api::anonymous(house.gateway.address()), tenant.email.clone());
            std::thread::spawn(move || try_from(&api, "user", &email, "wrong").status)
        })
        .collect();
    let statuses: Vec<u16> = crowd
        .into_iter()
        .map(|one| one.join().expect("an answer"))
        .collect();
    let guesses = statuses.iter().filter(|status| **status == 401).count();
    let turned_away = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(guesses + turned_away, 40, "{statuses:?}");
    // Ten, and those that were being hashed at that moment.
    assert!((10..=14).contains(&guesses), "{guesses} guesses");
}

/// Refreshes with a token that nobody has until that is turned away, at most `most` times; how often it was heard.
fn refreshes_heard(most: usize, refresh: impl Fn() -> Reply) -> usize {
    for heard in 0..most {
        let reply = refresh();
        if reply.status == 429 {
            refused(&reply, 429, "too_many_requests");
            return heard;
        }
        refused(&reply, 401, "invalid_refresh_token");
    }
    panic!("all {most} were heard");
}

#[test]
fn one_address_cannot_refresh_without_end() {
    let house = House::shared();
    let api = Api::anonymous(house.gateway.address());
    let body = json!({"refresh_token": "0".repeat(64)});
    // An office's pages refresh all day, so this door is wide: 600 at once, and one more each 100 ms.
    let heard = refreshes_heard(5_000, || api.post("/auth/refresh", &body));
    assert!(heard >= 600, "{heard}");
    // What a client says about itself does not make it another one.
    refreshes_heard(50, || {
        let spoofed = tollgate_tests::harness::Request::post("/api/v2/auth/refresh")
            .header("x-forwarded-for", "203.0.113.7")
            .header("forwarded", "for=203.0.113.7")
            .header("x-real-ip", "203.0.113.7")
            .json(&body);
        api.send(spoofed)
    });
    refused(
        &Api::anonymous(house.gateway.address()).post("/auth/refresh", &body),
        401,
        "invalid_refresh_token",
    );
    // Who has used up this door may still sign in.
    refused(
        &try_from(
            &api,
            "user",
            &format!("{}@example.com", unique("nobody")),
            "wrong",
        ),
        401,
        "invalid_credentials",
    );
}

#[test]
fn one_address_cannot_sign_in_without_end() {
    let house = House::shared();
    let api = Api::anonymous(house.gateway.address());
    // Sign-outs go by the same door and hash nothing, so that a slow machine gets to its end as well.
    let token = json!({"refresh_token": "0".repeat(64)});
    let heard = (0..500)
        .take_while(|_| api.post("/auth/logout", &token).status != 429)
        .count();
    assert!((60..500).contains(&heard), "{heard}");
    refused(
        &try_from(
            &api,
            "user",
            &format!("{}@example.com", unique("nobody")),
            "wrong",
        ),
        429,
        "too_many_requests",
    );
}

fn set(house: &House, tenant: &Tenant, sql: &str) {
    let changed = house.sql().execute(sql, &[&tenant.id]).expect("changed");
    assert!(changed > 0, "{sql}");
}

#[test]
fn a_disabled_member_and_a_suspended_tenant_are_kept_out_and_those_inside_are_put_out() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let member = house.person(&tenant, "member");
    let soon = Duration::from_secs(8);
    set(
        &house,
        &tenant,
        "UPDATE memberships SET status = 'disabled' WHERE tenant_id = $1 AND role = 'member'",
    );
    refused(
        &try_in(&house, "user", &member.email, PASSWORD),
        403,
        "account_disabled",
    );
    wait_until("the member is out", soon, || {
        member.api.get("/keys").status == 401
    });
    refused(&member.api.get("/keys"), 401, "session_ended");
    let token = json!({"refresh_token": member.api.refresh_token.clone().expect("one")});
    refused(&member.api.post("/auth/refresh", &token), 403, "account_disabled");
    tenant.api.get("/keys").expect(200);
    set(
        &house,
        &tenant,
        "UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1",
    );
    refused(
        &try_in(&house, "user", &tenant.email, PASSWORD),
        403,
        "tenant_suspended",
    );
    wait_until("the owner is out", soon, || tenant.api.get("/keys").status == 403);
    refused(&tenant.api.get("/keys"), 403, "tenant_suspended");
}

#[test]
fn a_role_that_is_taken_away_counts_within_seconds() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let admin = house.person(&tenant, "admin");
    admin.api.get("/accounts").expect(200);
    set(
        &house,
        &tenant,
        "UPDATE memberships SET role = 'member' WHERE tenant_id = $1 AND role = 'admin'",
    );
    wait_until("the role counts", Duration::from_secs(8), || {
        admin.api.get("/accounts").status == 403
    });
    assert_eq!(admin.api.get("/auth/me").expect(200).json()["role"], "member");
}

#[test]
fn a_person_of_two_tenants_chooses_and_changes() {
    let house = House::shared();
    let (first, second, foreign) = (house.poor_tenant(), house.poor_tenant(), house.poor_tenant());
    house.join(&second, first.user_id, &first.email, "member");
    let enter = |slug: &str| {
        let body =
            json!({"email": first.email, "password": PASSWORD, "tenant": slug, "token_delivery": "body"});
        Api::anonymous(house.gateway.address()).post("/auth/user/login", &body)
    };
    let entered = enter(&second.slug).expect(200).json();
    assert_eq!(entered["me"]["tenant"]["slug"], second.slug);
    assert_eq!(entered["me"]["role"], "member");
    assert_eq!(entered["me"]["memberships"].as_array().map(Vec::len), Some(2));
    for unknown in [foreign.slug.as_str(), "no-such-slug"] {
        assert_eq!(
            faults(&enter(unknown), 404, "not_found"),
            pairs(&[("tenant", "not_found")])
        );
    }
    // Changing ends the session here and begins one there.
    let here = first.api.clone();
    let body = json!({"tenant": second.slug, "token_delivery": "body"});
    let changed = here.post("/auth/switch", &body).expect(200).json();
    assert_eq!(changed["me"]["tenant"]["slug"], second.slug);
    refused(&here.get("/auth/me"), 401, "session_ended");
    let mut there = Api::anonymous(house.gateway.address());
    there.access_token = changed["access_token"].as_str().map(str::to_owned);
    refused(&there.get("/billing/balance"), 403, "forbidden");
    let foreign = json!({"tenant": foreign.slug});
    refused(&there.post("/auth/switch", &foreign), 404, "not_found");
    there.get("/auth/me").expect(200);
}
