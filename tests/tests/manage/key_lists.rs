//! Lists of keys: filters, orders, pages that stay in place while keys come and go, and cursors that nobody can bend.

use super::told::{faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Tenant};

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|key| key["name"].as_str().expect("a name").to_owned())
        .collect()
}

fn list(tenant: &Tenant, query: &str) -> Value {
    tenant.api.get(&format!("/keys?{query}")).expect(200).json()
}

/// All names, page by page; between pages something may happen.
fn walk(tenant: &Tenant, query: &str, mut between: impl FnMut(usize)) -> Vec<String> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    for page_no in 0.. {
        let page = list(tenant, &format!("{query}{cursor}"));
        all.extend(names(&page));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        between(page_no);
    }
    all
}

#[test]
fn pages_show_each_key_once_while_others_are_made() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let made: Vec<String> = (0..7).map(|n| format!("key {n}")).collect();
    for name in &made {
        tenant.key(json!({"name": name}));
    }
    for query in ["limit=3", "limit=3&sort=name&order=desc"] {
        // A newer key sorts before the pages already read, in both orders.
        let seen = walk(&tenant, query, |n| {
            tenant.key(json!({"name": format!("zz {n}")}));
        });
        let mut expected = made.clone();
        expected.reverse();
        let ours: Vec<&String> = seen.iter().filter(|name| name.starts_with("key")).collect();
        assert_eq!(ours, expected.iter().collect::<Vec<_>>(), "{query}: {seen:?}");
    }
    // A page that was read is not shown again when one of its keys is deleted.
    let first = list(&tenant, "limit=3&sort=name&order=asc");
    let gone = first["items"][0]["id"].as_str().expect("an id");
    tenant.api.delete(&format!("/keys/{gone}")).expect(204);
    let next = first["next_cursor"].as_str().expect("more");
    let second = list(&tenant, &format!("limit=3&sort=name&order=asc&cursor={next}"));
    assert_eq!(names(&second), ["key 3", "key 4", "key 5"]);
}

#[test]
fn keys_are_sorted_as_asked_also_where_values_are_alike() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (name, expires_at) in [
        ("never", Value::Null),
        ("soon", json!("2150-01-01T00:00:00Z")),
        ("late", json!("2160-01-01T00:00:00Z")),
        ("also soon", json!("2150-01-01T00:00:00Z")),
        ("never either", Value::Null),
    ] {
        tenant.key(json!({"name": name, "expires_at": expires_at}));
    }
    for size in [1, 2, 5] {
        let by = |sort: &str| walk(&tenant, &format!("limit={size}&sort={sort}"), |_| ());
        assert_eq!(
            by("expires_at&order=asc"),
            ["soon", "also soon", "late", "never", "never either"]
        );
        assert_eq!(
            by("expires_at&order=desc"),
            ["never either", "never", "late", "also soon", "soon"]
        );
        assert_eq!(
            by("created_at&order=asc"),
            ["never", "soon", "late", "also soon", "never either"]
        );
        assert_eq!(
            by("name&order=asc"),
            ["also soon", "late", "never", "never either", "soon"]
        );
    }
}

#[test]
fn names_of_any_script_and_length_can_be_paged_through() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let long = [
        "😀".repeat(100),
        "名".repeat(100),
        "\"\\'%_".repeat(20),
        "é".repeat(100),
    ];
    for name in &long {
        tenant.key(json!({"name": name}));
    }
    let mut seen = walk(&tenant, "limit=1&sort=name&order=asc", |_| ());
    seen.sort();
    let mut expected = long.to_vec();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn filters_leave_what_fits_and_count_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let member = house.person(&tenant, "member");
    tenant.key(json!({"name": "Alpha 50%", "tags": ["prod", "it's"]}));
    tenant.key(json!({"name": "beta_x", "status": "disabled", "description": "of the ALPHA team"}));
    tenant.key(json!({"name": "gamma", "owner_user_id": member.id}));
    for (query, expected) in [
        ("text=alpha", vec!["beta_x", "Alpha 50%"]),
        ("text=50%25", vec!["Alpha 50%"]),
        ("text=%25", vec!["Alpha 50%"]),
        ("text=beta_", vec!["beta_x"]),
        ("text=bet__x", vec![]),
        ("text=%5C", vec![]),
        ("text=%27%3B%20DROP%20TABLE%20api_keys%3B--", vec![]),
        ("status=disabled", vec!["beta_x"]),
        ("tag=prod", vec!["Alpha 50%"]),
        ("tag=it%27s", vec!["Alpha 50%"]),
        ("tag=none", vec![]),
        ("text=alpha&status=active", vec!["Alpha 50%"]),
        ("text=", vec!["gamma", "beta_x", "Alpha 50%"]),
    ] {
        let page = list(&tenant, query);
        assert_eq!(names(&page), expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
    }
    let theirs = list(&tenant, &format!("owner_user_id={}", member.id));
    assert_eq!(names(&theirs), ["gamma"]);
    let first = list(&tenant, "limit=1");
    assert_eq!((names(&first).len(), &first["total"]), (1, &json!(3)));
    assert!(
        list(&tenant, "limit=3").get("next_cursor").is_none(),
        "the last page"
    );
}

/// One or two letters have an index of their own, and find what they would find without.
#[test]
fn one_or_two_letters_are_found_anywhere_in_any_script() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (name, description) in [("研发部 %", ""), ("Ümläut", "q!"), ("a😀b", "")] {
        tenant.key(json!({"name": name, "description": description}));
    }
    let find = |text: &str| {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let mut found = names(&list(&tenant, &format!("text={encoded}")));
        found.sort();
        found
    };
    for (text, expected) in [
        ("发", "研发部 %"),
        ("发部", "研发部 %"),
        (" %", "研发部 %"),
        ("%", "研发部 %"),
        ("ÜM", "Ümläut"),
        ("ä", "Ümläut"),
        ("Q!", "Ümläut"),
        ("😀", "a😀b"),
        ("A😀", "a😀b"),
    ] {
        assert_eq!(find(text), [expected], "{text}");
    }
    for nothing in ["部发", "!q", "_%", "\\"] {
        assert!(find(nothing).is_empty(), "{nothing}");
    }
    // Every key's shown signs begin so.
    assert_eq!(find("r_").len(), 3);
}

#[test]
fn a_wrong_query_names_its_parameter() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (query, field, code) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=201", "limit", "out_of_range"),
        ("limit=ten", "limit", "invalid"),
        ("limit=1&limit=2", "limit", "duplicate"),
        ("sort=colour", "sort", "unknown_value"),
        ("order=up", "order", "unknown_value"),
        ("status=on", "status", "unknown_value"),
        ("owner_user_id=me", "owner_user_id", "invalid"),
        ("text=a%00b", "text", "control_character"),
        ("colour=red", "colour", "unknown_field"),
    ] {
        let reply = tenant.api.get(&format!("/keys?{query}"));
        assert_eq!(
            faults(&reply, 400, "invalid_query"),
            pairs(&[(field, code)]),
            "{query}"
        );
    }
    let long = format!("/keys?text={}", "a".repeat(9000));
    refused(&tenant.api.get(&long), 400, "invalid_query");
}

/// A cursor with other contents.
fn forged(list: &str, value: Option<&str>) -> String {
    let json = json!({"l": list, "v": value, "i": "01900000-0000-7000-8000-000000000000"}).to_string();
    base64(json.as_bytes())
}

/// URL-safe, without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | u32::from(three.get(at).copied().unwrap_or(0));
        }
        for at in 0..=three.len() {
            let index = bits >> (18 - 6 * at) & 63;
            text.push(char::from(LETTERS[index as usize]));
        }
    }
    text
}

#[test]
fn a_cursor_that_is_bent_or_of_another_list_is_refused() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for n in 0..3 {
        tenant.key(json!({"name": format!("key {n}")}));
    }
    let good = list(&tenant, "limit=1&sort=name&order=asc");
    let good = good["next_cursor"].as_str().expect("more");
    for query in [
        format!("sort=name&order=desc&cursor={good}"),
        format!("cursor={good}"),
        "cursor=".to_owned(),
        "cursor=nonsense".to_owned(),
        format!("cursor={}", &good[..good.len() - 3]),
        format!("sort=name&order=asc&cursor={}", forged("keys:name:asc", None)),
        format!(
            "sort=name&order=asc&cursor={}",
            forged("keys:name:asc", Some("a\0"))
        ),
        format!(
            "sort=expires_at&order=asc&cursor={}",
            forged("keys:expires_at:asc", Some("soon"))
        ),
        format!(
            "sort=expires_at&order=asc&cursor={}",
            forged("keys:expires_at:asc", Some("0000-01-01T00:00:00Z"))
        ),
        format!("cursor={}", forged("requests", None)),
    ] {
        refused(&tenant.api.get(&format!("/keys?{query}")), 400, "invalid_cursor");
    }
    for cursor in [
        forged("keys:name:asc", Some("' OR true --")),
        forged("keys:expires_at:asc", Some("2026-01-01T00:00:00+20:00")),
    ] {
        let sort = if cursor == forged("keys:name:asc", Some("' OR true --")) {
            "name"
        } else {
            "expires_at"
        };
        list(&tenant, &format!("sort={sort}&order=asc&cursor={cursor}"));
    }
    // A cursor opens no other tenant's list.
    let other = house.poor_tenant();
    other.key(json!({"name": "zz"}));
    let theirs = list(&other, &format!("sort=name&order=asc&cursor={good}"));
    assert_eq!(names(&theirs), ["zz"]);
}
