//! What all answers have in common: the document that describes them, their headers, and how a request is refused that
//! no operation ever sees.

use super::told::{faults, pairs, refused};
use serde_json::json;
use std::time::{Duration, Instant};
use tollgate_tests::harness::money::PROVIDER;
use tollgate_tests::harness::{Api, Connection, House, Request};

#[test]
fn the_document_is_served_with_the_paths_that_there_are() {
    let house = House::shared();
    let reply = house
        .gateway
        .send(&Request::get("/api/v2/openapi.json"))
        .expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3."))
    );
    assert!(document["components"]["securitySchemes"]["bearer"].is_object());
    // Without a token every path answers, and none is unknown.
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path
            .replace("{platform}", "claude_console")
            .replace("{provider}", PROVIDER)
            .replace("{id}", "01900000-0000-7000-8000-000000000000");
        for method in item.as_object().expect("operations").keys() {
            let reply = house.gateway.send(&Request::new(&method.to_uppercase(), &path));
            // A link that nobody was given leads nowhere, and keys that signatures are checked with are everybody's.
            let is_link = path.ends_with("/by-link/{token}") && reply.status == 404;
            let is_public = path.ends_with("/ledger/keys") && reply.status == 200;
            assert!(
                is_link || is_public || reply.status == 204 || [400, 401, 415].contains(&reply.status),
                "{method} {path}: {} {}",
                reply.status,
                reply.text()
            );
        }
    }
    let page = house.gateway.send(&Request::get("/api/v2/docs/"));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("swagger"), "{}", page.text());
}

#[test]
fn every_answer_keeps_browsers_and_caches_in_check() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for reply in [
        tenant.api.get("/keys"),
        tenant.api.get("/keys/nonsense"),
        tenant.api.get("/nothing"),
        Api::anonymous(house.gateway.address()).get("/keys"),
    ] {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(reply.header(name), Some(value), "{}", reply.status);
        }
        assert!(reply.header("x-request-id").is_some_and(|id| id.len() == 36));
    }
    let foreign = Request::get("/api/v2/auth/me").header("origin", "https://evil.example.com");
    assert_eq!(
        tenant.api.send(foreign).header("access-control-allow-origin"),
        None
    );
}

#[test]
fn unknown_paths_and_wrong_methods_are_problems() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    refused(&tenant.api.get("/nothing/of/the/kind"), 404, "unknown_path");
    refused(&tenant.api.get("/keys/"), 404, "unknown_path");
    for (method, path, allowed) in [
        ("PATCH", "/keys", ["GET", "POST"].as_slice()),
        (
            "POST",
            "/keys/01900000-0000-7000-8000-000000000000",
            &["GET", "PUT", "DELETE"],
        ),
        ("GET", "/auth/refresh", &["POST"]),
        ("DELETE", "/billing/transfers", &["GET"]),
    ] {
        let reply = tenant.api.send(Request::new(method, &format!("/api/v2{path}")));
        refused(&reply, 405, "method_not_allowed");
        let allow = reply.header("allow").expect("the right ones");
        for method in allowed {
            assert!(allow.contains(method), "{path}: {allow}");
        }
    }
}

#[test]
fn a_body_that_is_no_json_is_refused_as_such() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let send = |content_type: &str, body: &[u8]| {
        let request = Request::post("/api/v2/keys")
            .header("content-type", content_type)
            .body(body.to_vec());
        tenant.api.send(request)
    };
    for body in [
        "",
        "{",
        "{\"name\":\"a\"} {}",
        "\u{feff}{\"name\":\"a\"}",
        "{\"name\":\"\\ud800\"}",
        "name=a",
    ] {
        refused(&send("application/json", body.as_bytes()), 400, "invalid_json");
    }
    refused(
        &send("application/json", b"{\"name\":\"\xff\"}"),
        400,
        "invalid_json",
    );
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        refused(
            &send(content_type, b"{\"name\":\"a\"}"),
            415,
            "unsupported_media_type",
        );
    }
    let packed = Request::post("/api/v2/keys")
        .header("content-encoding", "gzip")
        .json(&json!({"name": "a"}));
    refused(&tenant.api.send(packed), 415, "unsupported_media_type");
    assert_eq!(
        faults(
            &send(
                "application/json; charset=utf-8",
                b"{\"name\":\"a\",\"name\":\"b\"}"
            ),
            422,
            "validation_failed"
        ),
        pairs(&[("name", "duplicate")])
    );
    refused(&send("application/json", b"[1]"), 422, "validation_failed");
    let deep = format!("{{\"name\":{}", "[".repeat(200_000));
    let reply = send("application/json", deep.as_bytes());
    assert!([400, 422].contains(&reply.status), "{}", reply.status);
    assert_eq!(tenant.api.get("/keys").expect(200).json()["total"], 0);
}

#[test]
fn a_body_that_is_too_large_is_refused_whether_its_length_is_told_or_not() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let token = tenant.api.access_token.clone().expect("signed in");
    let large = Request::post("/api/v2/keys")
        .header("content-type", "application/json")
        .body(vec![b' '; 256 * 1024 + 1]);
    refused(&tenant.api.send(large), 413, "payload_too_large");
    // Announced only: refused before a byte of it came.
    let head = format!(
        "POST /api/v2/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    );
    let mut connection = Connection::open(house.gateway.address());
    let announced = format!("{head}content-length: 4000000000\r\n\r\n");
    connection.send_raw(announced.as_bytes()).expect("sent");
    refused(
        &connection.read_reply().expect("an answer"),
        413,
        "payload_too_large",
    );
    let mut connection = Connection::open(house.gateway.address());
    let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
    let endless = format!("{head}transfer-encoding: chunked\r\n\r\n{}", chunk.repeat(9));
    // The server may close while the rest is still on its way.
    let _ = connection.send_raw(endless.as_bytes());
    refused(
        &connection.read_reply().expect("an answer"),
        413,
        "payload_too_large",
    );
}

#[test]
fn a_body_that_never_comes_is_waited_for_within_bounds() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let token = tenant.api.access_token.clone().expect("signed in");
    let mut connection = Connection::open(house.gateway.address());
    let begun = Instant::now();
    let half = format!(
        "POST /api/v2/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{\"name\":"
    );
    connection.send_raw(half.as_bytes()).expect("sent");
    refused(
        &connection.read_reply().expect("an answer"),
        408,
        "request_timeout",
    );
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    tenant.api.get("/keys").expect(200);
}
