//! Any bytes as a request in Claude's format on its way to Bedrock's InvokeModel, and as the id of a model.

use crate::json;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tollgate_wire::bedrock::{candidates, count_request, invoke_edits, is_claude, read_count};
use tollgate_wire::facts::apply;
use tollgate_wire::tree::Node;

const MODELS: [&str; 2] = [
    "us.anthropic.claude-sonnet-4-6-v1:0",
    "anthropic.claude-3-haiku-20240307-v1:0",
];
/// Fields that go elsewhere or that Bedrock has not.
const GONE: [&str; 4] = ["model", "stream", "fallbacks", "inference_geo"];

/// Holds a body to what is promised of it.
pub fn check(bytes: &[u8]) {
    let _ = read_count(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = is_claude(text);
        for id in candidates(text, "eu-central-1") {
            assert!(!id.is_empty() || text.is_empty());
        }
    }
    // What is no request is refused before anyone asks for edits.
    let Ok(asked) = Node::parse(bytes) else { return };
    let body = Bytes::copy_from_slice(bytes);
    let betas = ["context-1m-2025-08-07, interleaved-thinking-2025-05-14".to_owned()];
    for model in MODELS {
        let Ok(edits) = invoke_edits(&body, model, &betas) else {
            continue;
        };
        let sent = apply(&body, &edits);
        check_sent(&asked, &json("a request", &sent), &sent);
        if let Ok(count) = count_request(&body, model, &betas) {
            let count = json("a count", &count);
            let invoked = count.get("input").and_then(|input| input.get("invokeModel"));
            let text = invoked
                .and_then(|invoked| invoked.get("body"))
                .and_then(Node::as_text);
            let invoked = STANDARD.decode(text.expect("a body")).expect("base64");
            let invoked = json("a counted request", &invoked);
            assert!(invoked.get("max_tokens").is_some());
        }
    }
}

fn check_sent(asked: &Node<'_>, sent: &Node<'_>, text: &[u8]) {
    assert!(
        sent.get("anthropic_version").is_some(),
        "{}",
        String::from_utf8_lossy(text)
    );
    for name in GONE {
        assert!(sent.get(name).is_none(), "{name}");
    }
    for (name, value) in asked.as_object().expect("an object") {
        // Cache marks within may lose their scope; so only the others are compared.
        if let Some(kept) = sent.get(name).filter(|_| {
            ![
                "system",
                "tools",
                "messages",
                "anthropic_version",
                "anthropic_beta",
            ]
            .contains(&name.as_ref())
        }) {
            if name != "output_config" {
                assert_eq!(kept, value, "{name}");
            }
        }
    }
}
