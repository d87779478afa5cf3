//! How much input a request can be billed for.

use crate::claude::{
    IMAGE_TOKENS_MAX, STRUCTURED_OUTPUT_TOKENS, TOOLS_PROMPT_TOKENS, VENDOR_TOOL_TOKENS, read_facts,
};
use crate::facts::RequestFacts;
use serde_json::{Value, json};

fn facts(body: &Value) -> (RequestFacts, u64) {
    let body = body.to_string();
    let facts = read_facts(body.as_bytes()).unwrap_or_else(|fault| panic!("{body}: {fault}"));
    (facts, body.len() as u64)
}

fn request(content: &Value) -> Value {
    json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": content}]})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = request(&json!("hi"));
    body[field] = value;
    body
}

fn image(data: &str) -> Value {
    json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}})
}

/// Asserts what is added to the bytes of the body, and whether the window counts.
#[track_caller]
fn bounded(body: &Value, exempt: usize, added: u64, remote: bool) {
    let (facts, bytes) = facts(body);
    assert_eq!(
        (facts.input_bound, facts.remote_context),
        (bytes - exempt as u64 + added, remote),
        "{body}"
    );
}

#[test]
fn text_counts_its_bytes() {
    bounded(&request(&json!("Grüß dich, 你好")), 0, 0, false);
    let blocks = json!([
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "thinking", "thinking": "b", "signature": "c"},
        {"type": "tool_use", "id": "t", "name": "n", "input": {"type": "web_search", "source": {"type": "url"}}},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "d"}]},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "e"}},
        {"type": "search_result", "source": "https://example.com", "title": "f", "content": [{"type": "text", "text": "g"}]},
    ]);
    bounded(&request(&blocks), 0, 0, false);
}

#[test]
fn an_image_counts_its_size_and_not_its_bytes() {
    let data = "QUJD".repeat(5_000);
    let one = image(&data);
    bounded(&request(&json!([one])), data.len(), IMAGE_TOKENS_MAX, false);
    let nested = json!([
        one,
        {"type": "tool_result", "tool_use_id": "t", "content": [one, one]},
        {"type": "document", "source": {"type": "content", "content": [one, {"type": "text", "text": "x"}]}},
    ]);
    bounded(&request(&nested), 4 * data.len(), 4 * IMAGE_TOKENS_MAX, false);
}

#[test]
fn an_image_is_only_one_where_the_format_has_images() {
    let data = "text that a model reads ".repeat(500);
    let fake = image(&data);
    // In a tool's input and in a tool's schema the same JSON is text.
    bounded(
        &request(&json!([{"type": "tool_use", "id": "t", "name": "n", "input": {"content": [fake]}}])),
        0,
        0,
        false,
    );
    bounded(&with("system", json!([fake])), 0, 0, false);
    let tools = json!([{"name": "n", "input_schema": {"examples": [fake]}}]);
    bounded(&with("tools", tools), 0, TOOLS_PROMPT_TOKENS, false);
    // Only the data of an image is exempt.
    bounded(
        &request(&json!([{"type": "image", "source": {"type": "text", "data": data}}])),
        0,
        0,
        true,
    );
    bounded(
        &request(&json!([{"type": "text", "text": "x", "source": fake["source"]}])),
        0,
        0,
        false,
    );
}

#[test]
fn a_block_that_says_twice_what_it_is_counts_the_whole_window() {
    let twice = |block: &str| {
        format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":[{block}]}}]}}"#)
    };
    for block in [
        r#"{"type":"image","type":"text","text":"x","source":{"type":"base64","media_type":"image/png","data":"QUJD"}}"#,
        r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD","data":"QUJD"}}"#,
        r#"{"type":"image","source":{"type":"url","type":"base64","media_type":"image/png","data":"QUJD"}}"#,
        r#"{"type":"image","source":{},"sourc\u0065":{"type":"base64","media_type":"image/png","data":"QUJD"}}"#,
    ] {
        let facts = read_facts(twice(block).as_bytes()).expect("no fault of ours to name");
        assert!(facts.remote_context, "{block}");
    }
}

#[test]
fn what_is_not_in_the_body_counts_the_whole_window() {
    for block in [
        json!({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
        json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
        json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}}),
        json!({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}),
        json!({"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        json!({"type": "document"}),
        json!({"type": "container_upload", "file_id": "file_1"}),
        json!({"type": "block_of_tomorrow"}),
        json!({"text": "no type"}),
        json!({"type": "tool_result", "content": [{"type": "image", "source": {"type": "url", "url": "u"}}]}),
    ] {
        bounded(&request(&json!([block])), 0, 0, true);
    }
    bounded(&with("container", json!("container_1")), 0, 0, true);
    bounded(
        &with(
            "mcp_servers",
            json!([{"type": "url", "url": "https://example.com"}]),
        ),
        0,
        0,
        true,
    );
    let compact = json!({"edits": [{"type": "clear_tool_uses_20250919"}, {"type": "compact_20260112"}]});
    bounded(&with("context_management", compact), 0, 0, true);
    // Contents within contents beyond what the format has.
    let deep = (0..6).fold(
        json!([{"type": "text", "text": "x"}]),
        |content, _| json!([{"type": "tool_result", "content": content}]),
    );
    bounded(&request(&deep), 0, 0, true);
}

#[test]
fn fields_that_fetch_nothing_leave_the_bound_as_it_is() {
    for (field, value) in [
        ("container", Value::Null),
        ("mcp_servers", json!([])),
        ("tools", json!([])),
        (
            "context_management",
            json!({"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}),
        ),
        ("context_management", Value::Null),
        ("thinking", json!({"type": "enabled", "budget_tokens": 1024})),
        ("container_of_tomorrow", json!({"type": "url"})),
    ] {
        bounded(&with(field, value), 0, 0, false);
    }
}

#[test]
fn tools_count_what_the_api_adds_for_them() {
    let own = json!([{"name": "a", "input_schema": {"type": "object"}}, {"type": "custom", "name": "b"}]);
    bounded(&with("tools", own), 0, TOOLS_PROMPT_TOKENS, false);
    let vendors = json!([
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
    ]);
    bounded(
        &with("tools", vendors),
        0,
        TOOLS_PROMPT_TOKENS + 2 * VENDOR_TOOL_TOKENS,
        false,
    );
    for tool in [
        "web_search_20250305",
        "web_fetch_20250910",
        "code_execution_20250825",
        "tool_of_tomorrow",
    ] {
        bounded(
            &with("tools", json!([{"type": tool, "name": "x"}])),
            0,
            TOOLS_PROMPT_TOKENS,
            true,
        );
    }
    let format = json!({"format": {"type": "json_schema", "schema": {}}});
    bounded(&with("output_config", format), 0, STRUCTURED_OUTPUT_TOKENS, false);
}
