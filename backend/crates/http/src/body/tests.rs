//! Every way in which a body or a query can be wrong gives a problem that names the field.

use super::*;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpResponse, web};
use tollgate_contract::keys::{CreateKey, KeyQuery};
use tollgate_contract::problem::Problem;

fn refused(body: &str) -> (u16, String, Vec<(String, String)>) {
    let fault = parse::<CreateKey>(body.as_bytes()).unwrap_err();
    let answer = fault.render("");
    let status = answer.status().as_u16();
    let body = actix_web::body::MessageBody::try_into_bytes(answer.into_body()).unwrap();
    let problem: Problem = serde_json::from_slice(&body).unwrap();
    (
        status,
        problem.code,
        problem
            .errors
            .into_iter()
            .map(|error| (error.field, error.code))
            .collect(),
    )
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
        refused(r#"{"name":"a","requests_per_minute":0}"#).2,
        pair("requests_per_minute", "out_of_range")
    );
    assert_eq!(
        refused(r#"{"name":"a","requests_per_minute":-1}"#).2,
        pair("requests_per_minute", "invalid")
    );
    assert_eq!(
        refused(r#"{"name":"a","requests_per_minute":1e99}"#).2,
        pair("requests_per_minute", "invalid")
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
    for wrong in [
        "limit=0",
        "limit=1000",
        "limit=x",
        "colour=1",
        "status=on",
        "owner_user_id=7",
        "limit=1&limit=2",
    ] {
        let fault = read(wrong).unwrap_err();
        assert_eq!(fault.code(), Code::InvalidQuery, "{wrong}");
    }
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
