//! Each thing that a bad translation could send is refused, with the field named; and a rich good one is not.

use super::{ask, body_of, good, headers};
use crate::harness::upstream::answer::Answer;
use serde_json::{Value, json};

/// What is said to a good body, changed: empty if it is taken.
#[track_caller]
fn refused(path: &str, change: impl FnOnce(&mut Value)) -> String {
    let body = body_of(path, change);
    let (_, _, credential) = good()
        .into_iter()
        .find(|(other, ..)| *other == path)
        .expect("a path");
    match ask(path, &body, &headers(credential), &Answer::default()) {
        Ok(_) => String::new(),
        Err(fault) => fault.message,
    }
}

/// One change and a word of its refusal.
type Case = (Value, &'static str);

/// Sets the fields of the change in a good body; a `null` takes the field away.
#[track_caller]
fn all_refused(path: &str, cases: &[Case]) {
    for (change, word) in cases {
        let said = refused(path, |body| merge(body, change));
        assert!(
            said.contains(word),
            "{path} with {change}: {said:?} lacks {word:?}"
        );
    }
}

fn merge(body: &mut Value, change: &Value) {
    for (name, value) in change.as_object().expect("an object") {
        if value.is_null() {
            body.as_object_mut().expect("an object").remove(name);
        } else {
            body[name] = value.clone();
        }
    }
}

#[test]
fn a_credential_of_another_vendors_kind_is_refused_everywhere() {
    for (path, body, credential) in good() {
        for other in ["x-api-key", "api-key", "x-goog-api-key", "authorization"] {
            let taken = ask(path, &body, &headers(other), &Answer::default()).is_ok();
            // Bearer tokens are taken by every vendor; a key's header is each vendor's own.
            let own = match other {
                "x-api-key" => path.starts_with("/v1/messages"),
                "api-key" => path.starts_with("/openai/"),
                _ => other == credential,
            };
            let expected = own || other == "authorization";
            assert_eq!(taken, expected, "{path} with {other}");
        }
    }
}

#[test]
fn what_is_of_tomorrow_is_taken_and_what_is_unknown_is_not() {
    for path in [
        "/v1/messages",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/embeddings",
        "/v1beta/models/g:generateContent",
        "/model/amazon.nova-v1%3A0/converse",
    ] {
        assert_eq!(
            refused(path, |body| body["a_field_of_tomorrow"] = json!(1)),
            "",
            "{path}"
        );
        assert!(
            refused(path, |body| body["nonsense"] = json!(1)).contains("nonsense"),
            "{path}"
        );
    }
}

#[test]
fn claude() {
    let path = "/v1/messages";
    let call = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]});
    let result = |id: &str| json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "ok"}]});
    let user = json!({"role": "user", "content": "Hello"});
    let say = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    all_refused(
        path,
        &[
            (json!({"max_tokens": null}), "max_tokens: Field required"),
            (json!({"model": null}), "model: Field required"),
            (json!({"messages": []}), "messages"),
            (
                json!({"messages": [{"role": "system", "content": "x"}]}),
                "messages",
            ),
            (
                json!({"messages": [{"role": "assistant", "content": "x"}]}),
                "messages",
            ),
            (json!({"temperature": 1.5}), "temperature"),
            (json!({"stop_sequences": [" "]}), "stop_sequences"),
            (json!({"tool_choice": {"type": "auto"}}), "tool_choice"),
            (
                json!({"tools": [{"name": "f", "parameters": {}, "input_schema": {"type": "object"}}]}),
                "parameters",
            ),
            (
                json!({"tools": [{"type": "function", "function": {"name": "f"}}, {"name": "f"}]}),
                "tools.1",
            ),
            (
                json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
                "less than max_tokens",
            ),
            (json!({"metadata": {"user": "x"}}), "metadata.user"),
            (json!({"context_management": {}}), "context_management"),
            (json!({"messages": [user, call, user]}), "tool_result"),
            (json!({"messages": [user, call, result("toolu_2")]}), "toolu_2"),
            (json!({"messages": [user, result("toolu_1")]}), "toolu_1"),
            (say(json!([{"type": "text", "text": ""}])), "text block"),
            (
                say(json!([{"type": "image_url", "image_url": {"url": "x"}}])),
                "type",
            ),
            (
                say(
                    json!([{"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": "QQ=="}}]),
                ),
                "image",
            ),
            (
                say(
                    json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "data:QQ"}}]),
                ),
                "image",
            ),
        ],
    );
    let rich = json!({"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"},
        "messages": [user, call, result("toolu_1")], "stop_sequences": ["END"], "top_k": 5});
    assert_eq!(refused(path, |body| merge(body, &rich)), "");
    let mut bare = headers("x-api-key");
    bare.retain(|(name, _)| name != "anthropic-version");
    let said = ask(path, &body_of(path, |_| ()), &bare, &Answer::default()).expect_err("refused");
    assert!(said.message.contains("anthropic-version"));
}

#[test]
fn bedrocks_claude() {
    let path = "/model/anthropic.claude-v1%3A0/invoke";
    all_refused(
        path,
        &[
            (json!({"anthropic_version": null}), "anthropic_version"),
            (json!({"model": "m"}), "extraneous key [model]"),
            (json!({"stream": true}), "extraneous key [stream]"),
            (json!({"max_tokens": null}), "max_tokens"),
        ],
    );
}

#[test]
fn chat() {
    let path = "/v1/chat/completions";
    let user = json!({"role": "user", "content": "Hello"});
    let call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let result = json!({"role": "tool", "tool_call_id": "call_1", "content": "ok"});
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let strict = |schema: Value| {
        json!({"response_format": {"type": "json_schema", "json_schema":
        {"name": "s", "strict": true, "schema": schema}}})
    };
    all_refused(
        path,
        &[
            (json!({"model": null}), "model"),
            (json!({"messages": null}), "messages"),
            (json!({"stop": ["a", "b", "c", "d", "e"]}), "stop"),
            (json!({"temperature": 2.5}), "temperature"),
            (
                json!({"model": "gpt-5", "max_tokens": 5}),
                "max_completion_tokens",
            ),
            (json!({"top_logprobs": 2}), "logprobs"),
            (
                json!({"stream_options": {"include_usage": true}}),
                "stream_options",
            ),
            (json!({"system": "x"}), "system"),
            (json!({"tools": []}), "tools"),
            (json!({"tools": [{"name": "f", "input_schema": {}}]}), "tools[0]"),
            (json!({"tool_choice": "auto"}), "tool_choice"),
            (json!({"response_format": {"type": "json_object"}}), "json"),
            (strict(schema), "additionalProperties"),
            (
                strict(json!({"type": "object", "additionalProperties": false, "properties": {"a": {}}})),
                "'a'",
            ),
            (json!({"messages": [user, call]}), "call_1"),
            (json!({"messages": [user, call, user]}), "call_1"),
            (json!({"messages": [user, result]}), "tool_calls"),
            (
                json!({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}),
                "content[0]",
            ),
            (
                json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "QUJD"}}]}]}),
                "image_url",
            ),
        ],
    );
    let rich = json!({"messages": [{"role": "developer", "content": "Be brief."}, user, call, result],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": "required", "parallel_tool_calls": false, "seed": 7, "max_tokens": 5, "metadata": {"a": "b"}});
    assert_eq!(refused(path, |body| merge(body, &rich)), "");
}

#[test]
fn azures_versions() {
    let body = json!({"messages": [{"role": "user", "content": "Hello"}]});
    for (path, good) in [
        ("/openai/deployments/d/chat/completions", false),
        ("/openai/deployments/d/chat/completions?api-version=v1", false),
        (
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            true,
        ),
    ] {
        assert_eq!(
            ask(path, &body, &headers("api-key"), &Answer::default()).is_ok(),
            good,
            "{path}"
        );
    }
    let named = json!({"model": "m", "input": "Hello"});
    for (path, good) in [
        ("/openai/v1/responses", true),
        ("/openai/v1/responses?api-version=preview", true),
        ("/openai/v1/responses?api-version=2024-10-21", false),
        ("/openai/responses", false),
    ] {
        assert_eq!(
            ask(path, &named, &headers("api-key"), &Answer::default()).is_ok(),
            good,
            "{path}"
        );
    }
}

#[test]
fn responses() {
    let path = "/v1/responses";
    let call = json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "call_1", "output": "ok"});
    let part =
        |role: &str, kind: &str| json!({"input": [{"role": role, "content": [{"type": kind, "text": "x"}]}]});
    let thought = |more: Value| {
        let mut item = json!({"type": "reasoning", "id": "rs_1", "summary": []});
        merge(&mut item, &more);
        json!({"store": false, "input": [item]})
    };
    all_refused(
        path,
        &[
            (json!({"model": null}), "model"),
            (json!({"input": null}), "input"),
            (json!({"max_output_tokens": 5}), "max_output_tokens"),
            (json!({"messages": []}), "messages"),
            (json!({"stop": ["x"]}), "stop"),
            (
                json!({"tools": [{"type": "function", "function": {"name": "f"}}]}),
                "tools[0].name",
            ),
            (
                json!({"tool_choice": {"type": "function", "function": {"name": "f"}}}),
                "tool_choice",
            ),
            (json!({"input": [call]}), "call_1"),
            (json!({"input": [output]}), "call_1"),
            (json!({"previous_response_id": "resp_up99_1"}), "not found"),
            (part("user", "text"), "input_text"),
            (part("assistant", "input_text"), "output_text"),
            (
                json!({"input": [{"type": "message", "id": "call_7", "role": "user", "content": "x"}]}),
                "begins with 'msg'",
            ),
            (thought(json!({})), "not found"),
            (
                json!({"text": {"format": {"type": "json_schema", "schema": {}}}}),
                "text.format.name",
            ),
        ],
    );
    for good in [
        json!({"input": [call, output], "instructions": "Be brief.", "store": false}),
        json!({"previous_response_id": "resp_up7_1", "input": [output]}),
        part("user", "input_text"),
        thought(json!({"encrypted_content": "gAAA"})),
    ] {
        assert_eq!(refused(path, |body| merge(body, &good)), "", "{good}");
    }
}

#[test]
fn gemini() {
    let path = "/v1beta/models/g:generateContent";
    let user = json!({"role": "user", "parts": [{"text": "Hello"}]});
    let call = json!({"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]});
    let response =
        json!({"role": "user", "parts": [{"function_response": {"name": "f", "response": {"result": 1}}}]});
    let declared =
        |schema: Value| json!({"tools": [{"functionDeclarations": [{"name": "f", "parameters": schema}]}]});
    all_refused(
        path,
        &[
            (json!({"contents": null}), "contents is not specified"),
            (
                json!({"contents": [{"role": "system", "parts": [{"text": "x"}]}]}),
                "role",
            ),
            (json!({"contents": [{"role": "user", "parts": []}]}), "parts"),
            (
                json!({"contents": [{"role": "user", "parts": [{"text": "a", "inlineData": {}}]}]}),
                "oneof",
            ),
            (json!({"contents": [user, call, user]}), "function response parts"),
            (json!({"contents": [user, response]}), "function response parts"),
            (json!({"generationConfig": {"maxTokens": 5}}), "maxTokens"),
            (json!({"generationConfig": {"temperature": 3}}), "temperature"),
            (
                json!({"generationConfig": {"responseSchema": {"type": "OBJECT"}}}),
                "response_mime_type",
            ),
            (declared(json!({"type": "object", "$schema": "x"})), "$schema"),
            (declared(json!({"type": ["string", "null"]})), "one word"),
            (
                json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]}}}),
                "g is not declared",
            ),
        ],
    );
    let rich = json!({"contents": [user, call, response], "system_instruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "$schema": "x"}}]}],
        "generation_config": {"max_output_tokens": 5, "response_mime_type": "application/json", "responseJsonSchema": {}}});
    assert_eq!(refused(path, |body| merge(body, &rich)), "");
}

#[test]
fn converse() {
    let path = "/model/amazon.nova-v1%3A0/converse";
    let say = |role: &str, block: Value| json!({"role": role, "content": [block]});
    let user = say("user", json!({"text": "Hello"}));
    let call = say(
        "assistant",
        json!({"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}}),
    );
    let result = say(
        "user",
        json!({"toolResult": {"toolUseId": "t1", "content": [{"text": "ok"}]}}),
    );
    let tools = json!({"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]});
    all_refused(
        path,
        &[
            (json!({"messages": null}), "start with a user message"),
            (json!({"messages": [user, user]}), "alternate"),
            (json!({"messages": [user, call, result]}), "toolConfig"),
            (
                json!({"messages": [user, call, user], "toolConfig": tools}),
                "toolResult",
            ),
            (json!({"messages": [result], "toolConfig": tools}), "toolResult"),
            (json!({"messages": [say("user", json!({"text": " "}))]}), "blank"),
            (
                json!({"messages": [say("user", json!({"type": "text", "text": "x"}))]}),
                "exactly one",
            ),
            (
                json!({"messages": [say("user", json!({"image": {"format": "png", "source": {"bytes": "data:"}}}))]}),
                "image",
            ),
            (json!({"inferenceConfig": {"temperature": 1.5}}), "temperature"),
            (json!({"toolConfig": {"tools": []}}), "toolConfig.tools"),
            (json!({"modelId": "x"}), "modelId"),
        ],
    );
    let rich = json!({"messages": [user, call, result], "toolConfig": tools, "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 5, "stopSequences": ["END"]}});
    assert_eq!(refused(path, |body| merge(body, &rich)), "");
}
