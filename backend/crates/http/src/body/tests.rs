//! Every way in which a body or a query can be wrong gives a problem that names the field.

use super::*;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpResponse, web};
use tollgate_contract::accounts::TestAccount;
use tollgate_contract::keys::{CreateKey, KeyQuery};
use tollgate_contract::problem::Problem;

fn problem(fault: &Fault) -> Problem {
    let body = actix_web::body::MessageBody::try_into_bytes(fault.render("").into_body()).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Each field at fault with its code.
fn named(fault: &Fault) -> Vec<(String, String)> {
    let errors = problem(fault).errors.into_iter();
    errors.map(|error| (error.field, error.code)).collect()
}

fn refused(body: &str) -> (u16, String, Vec<(String, String)>) {
    let fault = parse::<CreateKey>(body.as_bytes()).unwrap_err();
    let told = problem(&fault);
    (told.status, told.code, named(&fault))
}

fn pair(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

#[test]
fn a_wrong_body_names_its_field() {
    assert_eq!(
        refused(r#"{"name":"a","colour":1}"#).2,
        pair("colour", "unknown_field")
    );
    assert_eq!(refused("{}").2, pair("name", "required"));
    assert_eq!(refused(r#"{"name":5}"#).2, pair("name", "invalid"));
    assert_eq!(refused(r#"{"name":"a","name":"b"}"#).2, pair("name", "duplicate"));
    assert_eq!(
        refused(r#"{"name":"a","status":"on"}"#).2,
        pair("status", "unknown_value")
    );
    assert_eq!(
        refused(r#"{"name":"a","tags":["x",3]}"#).2,
        pair("tags[1]", "invalid")
    );
    assert_eq!(
        refused(r#"{"name":"a","lifetime_s":0}"#).2,
        pair("lifetime_s", "out_of_range")
    );
    assert_eq!(
        refused(r#"{"name":"a","lifetime_s":-1}"#).2,
        pair("lifetime_s", "invalid")
    );
    assert_eq!(
        refused(r#"{"name":"a","lifetime_s":1e99}"#).2,
        pair("lifetime_s", "invalid")
    );
    assert_eq!(refused("[]").0, 422);
}

#[test]
fn what_is_no_json_is_a_400() {
    for body in [
        "",
        "{",
        "nonsense",
        r#"{"name":"a"} x"#,
        "\u{feff}{}",
        r#"{"name":"\ud800"}"#,
    ] {
        assert_eq!(refused(body).0, 400, "{body}");
        assert_eq!(refused(body).1, "invalid_json");
    }
    let deep = format!(r#"{{"name":{}"#, "[".repeat(100_000));
    assert_eq!(
        parse::<CreateKey>(deep.as_bytes()).unwrap_err().code().status(),
        422
    );
}

#[test]
fn a_query_is_checked_as_a_body_is() {
    let read = |query| read_query::<KeyQuery>(query);
    assert_eq!(read("limit=20&sort=name&order=asc").unwrap().limit, Some(20));
    for (wrong, field, code) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=1000", "limit", "out_of_range"),
        ("limit=x", "limit", "invalid"),
        ("colour=1", "colour", "unknown_field"),
        ("status=on", "status", "unknown_value"),
        ("owner_user_id=7", "owner_user_id", "invalid"),
        ("limit=1&limit=2", "limit", "duplicate"),
        ("text=a%00b", "text", "control_character"),
    ] {
        let fault = read(wrong).unwrap_err();
        assert_eq!(fault.code(), Code::InvalidQuery, "{wrong}");
        assert_eq!(named(&fault), pair(field, code), "{wrong}");
    }
    assert_eq!(read("text=%FF").unwrap().text.as_deref(), Some("\u{fffd}"));
    let long = format!("text={}", "a".repeat(QUERY_MAX));
    assert_eq!(read(&long).unwrap_err().code(), Code::InvalidQuery);
}

macro_rules! app {
    () => {
        init_service(App::new().route(
            "/",
            web::post().to(async |body: Body<CreateKey>| HttpResponse::Ok().body(body.0.name)),
        ))
        .await
    };
}

#[actix_web::test]
async fn media_type_and_size_are_checked() {
    let app = app!();
    let plain = TestRequest::post()
        .uri("/")
        .insert_header(("content-type", "text/plain"))
        .set_payload("{}");
    assert_eq!(call_service(&app, plain.to_request()).await.status(), 415);
    let json = |payload: String| {
        TestRequest::post()
            .uri("/")
            .insert_header(("content-type", "application/json; charset=utf-8"))
            .set_payload(payload)
    };
    assert_eq!(
        call_service(&app, json(r#"{"name":"a"}"#.to_owned()).to_request())
            .await
            .status(),
        200
    );
    let answer = call_service(&app, json(" ".repeat(BODY_MAX + 1)).to_request()).await;
    assert_eq!(answer.status(), 413);
    let problem: Problem = read_body_json(answer).await;
    assert_eq!(problem.code, "payload_too_large");
}

#[actix_web::test]
async fn a_body_that_may_be_left_out_may_be_null_and_nothing_else() {
    let route = web::post().to(async |body: OptionalBody<TestAccount>| HttpResponse::Ok().json(body.0));
    let app = init_service(App::new().route("/", route)).await;
    for (body, status) in [
        ("", 200),
        ("null", 200),
        (" null\n", 200),
        ("{}", 200),
        ("0", 422),
        ("nul", 400),
    ] {
        let request = TestRequest::post()
            .uri("/")
            .insert_header(("content-type", "application/json"))
            .set_payload(body);
        assert_eq!(
            call_service(&app, request.to_request()).await.status(),
            status,
            "{body:?}"
        );
    }
}
