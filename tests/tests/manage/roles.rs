//! What each role may see and do: the table of rights, tried at the door.

use super::told::{faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::House;
use tollgate_tests::harness::tenant::id_of;

#[test]
fn a_member_has_their_own_keys_and_sees_nobody_elses() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let member = house.person(&tenant, "member");
    let others = tenant.key(json!({"name": "the owner's"}));
    let own = member
        .api
        .post("/keys", &json!({"name": "mine"}))
        .expect(201)
        .json();
    assert_eq!(own["key"]["owner"]["id"], json!(member.id));
    let listed = member.api.get("/keys").expect(200).json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["items"][0]["name"], "mine");
    for query in [
        format!("owner_user_id={}", tenant.user_id),
        "text=owner".to_owned(),
    ] {
        let listed = member.api.get(&format!("/keys?{query}")).expect(200).json();
        assert_eq!((&listed["total"], &listed["items"]), (&json!(0), &json!([])));
    }
    let path = format!("/keys/{}", others.id);
    for reply in [
        member.api.get(&path),
        member.api.put(&path, &json!({"name": "taken over"})),
        member.api.delete(&path),
        member.api.get(&format!("{path}/stats")),
    ] {
        refused(&reply, 404, "not_found");
    }
    let given = json!({"name": "for you", "owner_user_id": tenant.user_id});
    assert_eq!(
        faults(&member.api.post("/keys", &given), 422, "validation_failed"),
        pairs(&[("owner_user_id", "not_found")])
    );
    let own = format!("/keys/{}", id_of(&own["key"]["id"]));
    assert_eq!(
        faults(&member.api.put(&own, &given), 422, "validation_failed"),
        pairs(&[("owner_user_id", "not_found")])
    );
    member.api.put(&own, &json!({"name": "still mine"})).expect(200);
    member.api.delete(&own).expect(204);
}

#[test]
fn finance_reads_everything_and_changes_nothing() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let finance = house.person(&tenant, "finance");
    let key = tenant.key(json!({"name": "read me"}));
    let given = tenant.key(json!({"owner_user_id": finance.id}));
    let account = tenant.account("https://api.anthropic.com");
    for path in [
        "/keys".to_owned(),
        format!("/keys/{}", key.id),
        format!("/keys/{}/stats", key.id),
        "/accounts".to_owned(),
        format!("/accounts/claude_console/{account}"),
        "/users".to_owned(),
        "/billing/balance".to_owned(),
        "/billing/transfers".to_owned(),
        "/stats/usage".to_owned(),
        "/stats/cost".to_owned(),
        "/requests".to_owned(),
        "/dashboard/overview".to_owned(),
    ] {
        finance.api.get(&path).expect(200);
    }
    let (one, own) = (format!("/keys/{}", key.id), format!("/keys/{}", given.id));
    let console = format!("/accounts/claude_console/{account}");
    let body = json!({"name": "changed", "base_url": "https://api.anthropic.com"});
    let new = json!({"name": "new", "base_url": "https://api.anthropic.com", "api_key": "k"});
    for reply in [
        finance.api.post("/keys", &json!({"name": "new"})),
        finance.api.put(&one, &json!({"name": "changed"})),
        finance.api.put(&own, &json!({"name": "changed"})),
        finance.api.delete(&one),
        finance.api.delete(&own),
        finance.api.post("/accounts/claude_console", &new),
        finance.api.put(&console, &body),
        finance.api.delete(&console),
        finance.api.post(&format!("{console}/test"), &json!({})),
        finance.api.post(&format!("{console}/reset"), &json!({})),
    ] {
        refused(&reply, 403, "forbidden");
    }
}

#[test]
fn each_role_is_told_what_it_may_do_and_that_is_so() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (role, denied) in [
        ("admin", vec![]),
        ("finance", vec![]),
        (
            "member",
            vec!["/accounts", "/users", "/billing/balance", "/billing/transfers"],
        ),
    ] {
        let person = house.person(&tenant, role);
        let me = person.api.get("/auth/me").expect(200).json();
        let may = |name: &str| {
            me["permissions"]
                .as_array()
                .expect("a list")
                .contains(&json!(name))
        };
        for (path, permission) in [
            ("/accounts", "accounts.read"),
            ("/users", "users.read"),
            ("/billing/balance", "billing.read"),
            ("/billing/transfers", "billing.read"),
        ] {
            let reply = person.api.get(path);
            let allowed = !denied.contains(&path);
            assert_eq!(reply.status, if allowed { 200 } else { 403 }, "{role} {path}");
            assert_eq!(may(permission), allowed, "{role} {permission}");
        }
        assert_eq!(may("keys.write_own"), role != "finance");
    }
}

#[test]
fn the_people_of_a_tenant_are_listed_by_address_page_by_page() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let people: Vec<_> = ["member", "admin", "finance", "member"]
        .map(|role| house.person(&tenant, role))
        .into();
    tenant.key(json!({"owner_user_id": people[0].id}));
    let mut expected: Vec<String> = people.iter().map(|person| person.email.clone()).collect();
    expected.push(tenant.email.clone());
    expected.sort();
    let mut seen = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page: Value = tenant.api.get(&format!("/users?{query}")).expect(200).json();
        assert_eq!(page["total"], 5);
        for person in page["items"].as_array().expect("a list") {
            let keys = u64::from(person["id"] == json!(people[0].id));
            assert_eq!(person["keys"], keys, "{person}");
            seen.push(person["email"].as_str().expect("an address").to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("limit=2&cursor={next}");
    }
    assert_eq!(seen, expected);
    let members = tenant.api.get("/users?role=member").expect(200).json();
    assert_eq!(members["total"], 2);
}

#[test]
fn a_person_is_found_by_a_part_of_name_or_address_or_by_their_id() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let people: Vec<_> = ["member", "member", "finance"]
        .map(|role| house.person(&tenant, role))
        .into();
    let stranger = house.person(&house.poor_tenant(), "member");
    for (person, name) in [
        (&people[0], "Grace O’Found"),
        (&people[1], "100% Li"),
        (&stranger, "Grace Elsewhere"),
    ] {
        house
            .sql()
            .execute(
                "UPDATE memberships SET display_name = $2 WHERE user_id = $1",
                &[&person.id, &name],
            )
            .expect("the name is changed");
    }
    for (query, expected) in [
        ("text=gRACE".to_owned(), Some(&people[0])),
        ("text=0%25".to_owned(), Some(&people[1])),
        ("text=_".to_owned(), None),
        (
            format!("text={}", people[2].email.to_uppercase()),
            Some(&people[2]),
        ),
        ("text=grace&role=finance".to_owned(), None),
        (format!("user_id={}", people[2].id), Some(&people[2])),
        (format!("user_id={}", stranger.id), None),
    ] {
        let page = tenant.api.get(&format!("/users?{query}")).expect(200).json();
        let items = page["items"].as_array().expect("a list");
        let ids: Vec<_> = items.iter().map(|person| id_of(&person["id"])).collect();
        let expected: Vec<_> = expected.iter().map(|person| person.id).collect();
        assert_eq!(
            (&page["total"], ids),
            (&json!(expected.len()), expected),
            "{query}"
        );
    }
    for (query, field, code) in [
        ("text=a%00b", "text", "control_character"),
        ("user_id=me", "user_id", "invalid"),
    ] {
        let reply = tenant.api.get(&format!("/users?{query}"));
        assert_eq!(faults(&reply, 400, "invalid_query"), pairs(&[(field, code)]));
    }
}
