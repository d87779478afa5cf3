//! What names an object at a vendor's, and what only looks like it.

use super::*;

use ClientFormat::{Chat, Claude, Gemini, Responses};

fn ids(format: ClientFormat, body: &str) -> Vec<(ObjectKind, String)> {
    let found = named(format, body.as_bytes()).unwrap_or_else(|fault| panic!("{body}: {fault}"));
    found.into_iter().map(|object| (object.kind, object.id)).collect()
}

/// A body with an item among its input.
fn input(item: &str) -> String {
    format!(r#"{{"input":[{item}]}}"#)
}

/// A body with a file at this address.
fn contents(uri: &str) -> String {
    format!(r#"{{"contents":[{{"parts":[{{"fileData":{{"fileUri":"{uri}"}}}}]}}]}}"#)
}

#[test]
fn what_a_response_builds_on_is_found() {
    let cases = [
        (
            r#"{"previous_response_id":"r"}"#.to_owned(),
            ObjectKind::Response,
            "r",
        ),
        (
            r#"{"previous_respons\u0065_id":"r"}"#.to_owned(),
            ObjectKind::Response,
            "r",
        ),
        (
            r#"{"conversation":"c"}"#.to_owned(),
            ObjectKind::Conversation,
            "c",
        ),
        (
            r#"{"conversation":{"id":"c"}}"#.to_owned(),
            ObjectKind::Conversation,
            "c",
        ),
        (r#"{"prompt":{"id":"p"}}"#.to_owned(), ObjectKind::Prompt, "p"),
        (
            input(r#"{"type":"item_reference","id":"m"}"#),
            ObjectKind::Response,
            "m",
        ),
        (input(r#"{"id":"m"}"#), ObjectKind::Response, "m"),
        (input(r#"{"type":null,"id":"m"}"#), ObjectKind::Response, "m"),
        (
            input(r#"{"type":"image_generation_call","id":"i"}"#),
            ObjectKind::Response,
            "i",
        ),
        (
            input(r#"{"type":"reasoning","id":"x","summary":[]}"#),
            ObjectKind::Response,
            "x",
        ),
    ];
    for (body, kind, id) in cases {
        assert_eq!(ids(Responses, &body), [(kind, id.to_owned())], "{body}");
    }
}

#[test]
fn files_and_caches_are_found_wherever_they_are_named() {
    let source = r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}]}"#;
    let cases = [
        (
            Responses,
            input(r#"{"role":"user","content":[{"type":"input_file","file_id":"f"}]}"#),
            ObjectKind::File,
            "f",
        ),
        (
            Responses,
            input(r#"{"type":"x_tool_use","input":[{"file_id":"f"}]}"#),
            ObjectKind::File,
            "f",
        ),
        (
            Responses,
            r#"{"tools":[{"type":"file_search","vector_store_ids":["v"]}]}"#.to_owned(),
            ObjectKind::File,
            "v",
        ),
        (
            Responses,
            r#"{"tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["f"]}}]}"#
                .to_owned(),
            ObjectKind::File,
            "f",
        ),
        (
            Responses,
            r#"{"tools":[{"container_id":"k"}]}"#.to_owned(),
            ObjectKind::File,
            "k",
        ),
        (Claude, source.to_owned(), ObjectKind::File, "f"),
        (
            Claude,
            r#"{"container":{"skills":[{"skill_id":"skill_1"}]}}"#.to_owned(),
            ObjectKind::File,
            "skill_1",
        ),
        (
            Chat,
            r#"{"messages":[{"audio":{"id":"a"}}]}"#.to_owned(),
            ObjectKind::Response,
            "a",
        ),
        (
            Gemini,
            r#"{"cachedContent":"cachedContents/x"}"#.to_owned(),
            ObjectKind::Cache,
            "cachedContents/x",
        ),
        (
            Gemini,
            r#"{"tools":[{"fileSearch":{"fileSearchStoreNames":["s"]}}]}"#.to_owned(),
            ObjectKind::File,
            "s",
        ),
        (Gemini, contents("files/abc"), ObjectKind::File, "files/abc"),
        (Gemini, contents("gs://b/x"), ObjectKind::File, "gs://b/x"),
    ];
    for (format, body, kind, id) in cases {
        assert_eq!(ids(format, &body), [(kind, id.to_owned())], "{body}");
    }
}

#[test]
fn an_address_of_the_vendors_own_stores_is_an_object_however_it_is_written() {
    for uri in [
        r"https:\/\/generativelanguage.googleapis.com\/v1beta\/files\/abc",
        "HTTPS://generativelanguage.GOOGLEAPIS.com:443/v1beta/files/abc",
        "https://me@storage.googleapis.com./b/x",
    ] {
        assert_eq!(ids(Gemini, &contents(uri)).len(), 1, "{uri}");
    }
}

#[test]
fn what_a_client_calls_so_itself_is_none() {
    for (format, body) in [
        (
            Claude,
            r#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"f","input":{"file_id":"x"}}]}]}"#,
        ),
        (
            Claude,
            r#"{"tools":[{"name":"f","input_schema":{"properties":{"file_id":{"type":"string"}}}}]}"#,
        ),
        (
            Claude,
            r#"{"messages":[{"role":"user","content":"previous_response_id file_id"}]}"#,
        ),
        (
            Claude,
            r#"{"container":{"skills":[{"type":"anthropic","skill_id":"xlsx"}]}}"#,
        ),
        (
            Gemini,
            r#"{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"fileUri":"x"}}}]}]}"#,
        ),
        (
            Gemini,
            r#"{"contents":[{"parts":[{"fileData":{"fileUri":"https://example.com/files/a.pdf"}}]}]}"#,
        ),
        (
            Responses,
            r#"{"tools":[{"type":"code_interpreter","container":"auto"}]}"#,
        ),
        (Responses, r#"{"previous_response_id":null}"#),
        (
            Responses,
            r#"{"input":[{"type":"message","id":"msg_1","role":"assistant","content":[]}]}"#,
        ),
        (
            Responses,
            r#"{"input":[{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}"#,
        ),
        (
            Responses,
            r#"{"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"e","summary":[]}]}"#,
        ),
        (Chat, r#"{"audio":{"voice":"alloy"}}"#),
    ] {
        assert_eq!(ids(format, body), [], "{body}");
    }
}

#[test]
fn a_body_that_can_be_read_in_two_ways_is_refused() {
    for body in [
        r#"{"previous_response_id":"r","metadata":{"a":"1","a":"2"}}"#,
        r#"{"previous_response_id":"r","x":"\ud800"}"#,
    ] {
        assert!(named(Responses, body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn too_many_objects_stand_for_one_that_is_nobodys() {
    let items: Vec<String> = (0..400).map(|n| format!(r#"{{"file_id":"f{n}"}}"#)).collect();
    let found = ids(Responses, &format!(r#"{{"x":[{}]}}"#, items.join(",")));
    assert_eq!(
        (found.len(), found.last().map(|last| last.1.as_str())),
        (NAMED_MAX + 1, Some(""))
    );
}

#[test]
fn an_answer_tells_its_own_id() {
    assert_eq!(
        answer_id(br#"{"id":"resp_9","output":[]}"#).as_deref(),
        Some("resp_9")
    );
    let events = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_8\"}}\n\n";
    assert_eq!(stream_id(events).as_deref(), Some("resp_8"));
    assert_eq!(stream_id(b"data: [DONE]\n\n"), None);
}
