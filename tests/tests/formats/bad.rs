//! Bodies that are wrong, in each format: the refusal is the whole answer that a client's SDK expects, to the byte of its
//! shape, and nothing is sent or booked.

use crate::asks::Format;
use crate::platforms::{WAYS, account};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Request, Upstream};

/// The body, and the field and words that the refusal has.
type Bad = (&'static str, &'static str);

const CLAUDE: [Bad; 6] = [
    ("", "The body is empty; a JSON object is expected."),
    (
        "{\"model\":",
        "The body is not valid JSON: the text ends where a value is expected at byte 9; a JSON object is expected.",
    ),
    (
        r#"{"max_tokens":1,"messages":[]}"#,
        "model: This field is required: the name of the model, as a string.",
    ),
    (
        r#"{"model":"claude-sonnet-4-6","messages":[]}"#,
        "max_tokens: This field is required: the most tokens to answer with, as a whole number.",
    ),
    (
        r#"{"model":"claude-sonnet-4-6","max_tokens":"9","messages":[]}"#,
        "max_tokens: This must be a whole number.",
    ),
    (
        r#"{"model":"a","model":"b","max_tokens":1,"messages":[]}"#,
        "model: This field stands twice in the body; it may stand once.",
    ),
];

/// What is refused as Claude's account translates it: the client's own field is named.
const TRANSLATED: [(Format, &str, &str); 5] = [
    (
        Format::Chat,
        r#"{"model":"claude-sonnet-4-6","n":2,"messages":[{"role":"user","content":"x"}]}"#,
        "n",
    ),
    (
        Format::Chat,
        r#"{"model":"claude-sonnet-4-6","messages":[{"role":"user","content":"x"}],"of_tomorrow":1}"#,
        "of_tomorrow",
    ),
    (
        Format::Responses,
        r#"{"model":"claude-sonnet-4-6","input":"x","previous_response_id":"resp_1"}"#,
        "previous_response_id",
    ),
    (
        Format::Responses,
        r#"{"model":"claude-sonnet-4-6","input":"x","tools":[{"type":"file_search","vector_store_ids":["v"]}]}"#,
        "tools[0]",
    ),
    (
        Format::Gemini,
        r#"{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"candidateCount":3}}"#,
        "generationConfig.candidateCount",
    ),
];

fn path(format: Format) -> &'static str {
    match format {
        Format::Claude => "/api/v1/messages",
        Format::Chat => "/openai/v1/chat/completions",
        Format::Responses => "/openai/v1/responses",
        Format::Gemini => "/gemini/v1beta/models/claude-sonnet-4-6:generateContent",
    }
}

/// The whole answer of each format.
fn expected(format: Format, field: Option<&str>, message: &str, id: &str) -> Value {
    match format {
        Format::Claude => json!({
            "type": "error", "error": {"type": "invalid_request_error", "message": message}, "request_id": id,
        }),
        Format::Chat | Format::Responses => json!({
            "error": {"message": message, "type": "invalid_request_error", "param": field, "code": "invalid_request"},
        }),
        Format::Gemini => {
            let violation = json!({"field": field, "description": message});
            let mut details = vec![
                json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "INVALID_REQUEST", "domain": "tollgate"}),
                json!({"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": id}),
            ];
            if field.is_some() {
                details.insert(1, json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}));
            }
            json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": details}})
        }
    }
}

#[test]
fn wrong_bodies_are_refused_in_the_shape_of_each_format() {
    let house = House::own();
    let (tenant, upstream) = (house.tenant(), Upstream::start());
    account(&tenant, &WAYS[1], &upstream.url());
    let key = tenant.key(json!({}));
    let send = |format: Format, body: &str| {
        let request = Request::post(path(format)).header("authorization", &format!("Bearer {}", key.secret));
        let reply = house.gateway.send(&request.body(body)).expect(400);
        assert_eq!(reply.header("x-should-retry"), Some("false"), "{body}");
        let id = reply.header("request-id").expect("an id").to_owned();
        (reply.json(), id)
    };
    for (body, message) in CLAUDE {
        let field = message
            .split_once(": ")
            .map(|(field, _)| field)
            .filter(|field| !field.contains(' '));
        let (told, id) = send(Format::Claude, body);
        assert_eq!(told, expected(Format::Claude, field, message, &id), "{body}");
    }
    for (format, body, field) in TRANSLATED {
        let (told, id) = send(format, body);
        let message = told["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.starts_with(field), "{body}: {told}");
        let named = message.split_once(": ").map(|(field, _)| field);
        assert_eq!(told, expected(format, named, &message, &id), "{body}");
    }
    assert_eq!(upstream.count(), 0, "nothing was sent");
    house.settle();
    assert_eq!(house.events(&tenant), [], "nothing is booked");
}
