//! What an answer repeats of its request. The SDKs of OpenAI demand these fields, and some clients show them.
//! Never in here: what an answer says.

use crate::tree::Node;

/// What the API fills in for a field that the request did not have (OpenAI's API reference, "The response object"); as
/// JSON. `service_tier` is the one exception: what a request leaves to OpenAI is answered with the tier that was used.
const DEFAULTS: [(&str, &str); 20] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("service_tier", r#""default""#),
    ("store", "false"),
    ("temperature", "1.0"),
    ("text", r#"{"format":{"type":"text"},"verbosity":"medium"}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "1.0"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// The fields of a request that its answer repeats, for [`Context::echo`](crate::model::Context::echo), with the API's
/// defaults for what is absent. Answers of other platforms are not kept, so `store` is always false.
pub fn echo(request: &Node<'_>) -> Vec<(String, Node<'static>)> {
    let fields = DEFAULTS.iter().map(|(name, default)| {
        let default = Node::parse(default.as_bytes()).unwrap_or(Node::Null);
        let told = request.get(name).filter(|told| **told != Node::Null);
        let value = match (*name, told) {
            ("store", _) | (_, None) => default,
            ("service_tier", Some(tier)) if tier.as_text() == Some("auto") => default,
            ("reasoning" | "text", Some(told)) => completed(told, default),
            (_, Some(told)) => told.clone().into_owned(),
        };
        ((*name).to_owned(), value)
    });
    fields.collect()
}

/// An object with what it lacks of another.
fn completed(told: &Node<'_>, default: Node<'static>) -> Node<'static> {
    match (told.clone().into_owned(), default) {
        (Node::Object(mut fields), Node::Object(defaults)) => {
            for (name, value) in defaults {
                if fields.iter().all(|(known, _)| *known != name) {
                    fields.push((name, value));
                }
            }
            Node::Object(fields)
        }
        (told, _) => told,
    }
}
