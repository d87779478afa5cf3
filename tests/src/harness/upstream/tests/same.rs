//! A streamed answer says what the plain one says, in every format: text, thinking, calls, figures, reason to stop.

use super::{events, plain, streamed};
use crate::harness::upstream::answer::{Answer, Stop, Usage};
use crate::harness::upstream::reply::Tells;
use serde_json::{Value, json};

fn rich() -> Answer {
    let usage = Usage {
        input: 100,
        output: 50,
        cache_read: 40,
        ..Usage::default()
    };
    Answer::costing(usage)
        .thinking(&["Let me ", "think."], 20, "c2lnbmF0dXJl")
        .calling("get_weather", json!({"city": "Zürich", "days": 3}))
        .calling("get_time", json!({}))
}

fn texts<'a>(all: &'a [Value], at: impl Fn(&'a Value) -> &'a Value) -> String {
    all.iter().filter_map(|value| at(value).as_str()).collect()
}

#[test]
fn claude() {
    let thinks = |body: &mut Value| {
        body["max_tokens"] = json!(2000);
        body["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    };
    let whole = plain("/v1/messages", &rich(), thinks);
    let all = events(&streamed("/v1/messages", &rich(), |body| {
        thinks(body);
        body["stream"] = json!(true);
    }));
    let blocks = whole["content"].as_array().expect("blocks");
    let kinds: Vec<&Value> = blocks.iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use", "tool_use"]);
    assert_eq!(texts(&all, |e| &e["delta"]["thinking"]), blocks[0]["thinking"]);
    assert_eq!(texts(&all, |e| &e["delta"]["signature"]), blocks[0]["signature"]);
    assert_eq!(texts(&all, |e| &e["delta"]["text"]), blocks[1]["text"]);
    let input = texts(&all, |e| {
        if e["index"] == 2 {
            &e["delta"]["partial_json"]
        } else {
            &Value::Null
        }
    });
    assert_eq!(
        serde_json::from_str::<Value>(&input).expect("JSON"),
        blocks[2]["input"]
    );
    let end = all.iter().find(|e| e["type"] == "message_delta").expect("an end");
    assert_eq!(end["delta"]["stop_reason"], whole["stop_reason"]);
    assert_eq!(end["usage"]["output_tokens"], whole["usage"]["output_tokens"]);
    let silent = plain("/v1/messages", &rich(), |_| ());
    assert_eq!(
        silent["content"][0]["type"], "text",
        "nobody asked for its thinking"
    );
}

#[test]
fn chat() {
    let path = "/v1/chat/completions";
    let whole = plain(path, &rich(), |body| body["n"] = json!(2));
    assert_eq!(whole["choices"].as_array().map(Vec::len), Some(2));
    let message = &whole["choices"][1]["message"];
    let ask = |usage: bool| {
        streamed(path, &rich(), |body| {
            body["stream"] = json!(true);
            body["n"] = json!(2);
            body["stream_options"] = json!({ "include_usage": usage });
        })
    };
    let all = events(&ask(true));
    let of = |index: usize| -> Vec<Value> {
        let choices = all.iter().map(|chunk| chunk["choices"][0].clone());
        choices.filter(|choice| choice["index"] == index).collect()
    };
    let second = of(1);
    assert_eq!(texts(&second, |c| &c["delta"]["content"]), message["content"]);
    let arguments = texts(&second, |c| {
        let call = &c["delta"]["tool_calls"][0];
        if call["index"] == 0 {
            &call["function"]["arguments"]
        } else {
            &Value::Null
        }
    });
    assert_eq!(arguments, message["tool_calls"][0]["function"]["arguments"]);
    assert_eq!(second.last().expect("chunks")["finish_reason"], "tool_calls");
    let last = all.last().expect("chunks");
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), &whole["usage"]));
    assert_eq!(whole["usage"]["prompt_tokens"], 140);
    assert!(
        all[0].as_object().expect("an object").contains_key("usage"),
        "null until the last"
    );
    let silent = ask(false);
    assert!(events(&silent).iter().all(|chunk| chunk["usage"].is_null()));
    assert!(
        silent.frames.iter().all(|frame| frame.tells == Tells::Nothing),
        "told only when asked"
    );
    assert_eq!(silent.frames.last().expect("frames").bytes, b"data: [DONE]\n\n");
    let logs = plain(path, &rich(), |body| {
        body["logprobs"] = json!(true);
        body["top_logprobs"] = json!(2);
    });
    let tokens = logs["choices"][0]["logprobs"]["content"]
        .as_array()
        .expect("tokens");
    assert_eq!(
        (tokens.len(), tokens[0]["top_logprobs"].as_array().map(Vec::len)),
        (5, Some(2))
    );
}

#[test]
fn responses() {
    let path = "/v1/responses";
    let wanted = |body: &mut Value| {
        body["reasoning"] = json!({"summary": "auto"});
        body["include"] = json!(["reasoning.encrypted_content"]);
    };
    let whole = plain(path, &rich(), wanted);
    let all = events(&streamed(path, &rich(), |body| {
        wanted(body);
        body["stream"] = json!(true);
    }));
    for (n, event) in all.iter().enumerate() {
        assert_eq!(event["sequence_number"], n, "{event}");
    }
    assert_eq!(
        (&all[0]["type"], &all[1]["type"]),
        (&json!("response.created"), &json!("response.in_progress"))
    );
    let mut last = all.last().expect("events").clone();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"].take(), whole);
    let done: Vec<&Value> = all
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| &event["item"])
        .collect();
    assert_eq!(
        done,
        whole["output"]
            .as_array()
            .expect("items")
            .iter()
            .collect::<Vec<_>>()
    );
    let deltas = |kind: &str| {
        texts(&all, |e| {
            if e["type"] == kind {
                &e["delta"]
            } else {
                &Value::Null
            }
        })
    };
    let output = &whole["output"];
    assert_eq!(
        deltas("response.output_text.delta"),
        output[1]["content"][0]["text"]
    );
    assert_eq!(
        deltas("response.reasoning_summary_text.delta"),
        output[0]["summary"][0]["text"]
    );
    assert_eq!(output[0]["encrypted_content"], "c2lnbmF0dXJl");
    assert_eq!(whole["usage"]["input_tokens_details"]["cached_tokens"], 40);
    let bare = plain(path, &rich(), |_| ());
    assert_eq!(bare["output"][0]["summary"], json!([]), "nobody asked for it");
    let short = plain(path, &rich().stopping(Stop::Length), |_| ());
    assert_eq!(
        (&short["status"], &short["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
}

#[test]
fn gemini_and_its_envelope() {
    let thinks = json!({"thinkingConfig": {"includeThoughts": true}});
    let whole = plain("/v1beta/models/g:generateContent", &rich(), |body| {
        body["generationConfig"] = thinks.clone();
    });
    let stream = streamed("/v1/models/g:streamGenerateContent?alt=sse", &rich(), |body| {
        body["generation_config"] = json!({"thinking_config": {"include_thoughts": true}});
    });
    let all = events(&stream);
    let part = |chunk: &Value| chunk["candidates"][0]["content"]["parts"][0].clone();
    let parts: Vec<Value> = all.iter().map(part).collect();
    let said = |thought: bool| {
        texts(&parts, |p| {
            if (p["thought"] == true) == thought {
                &p["text"]
            } else {
                &Value::Null
            }
        })
    };
    let wholes = &whole["candidates"][0]["content"]["parts"];
    assert_eq!(
        (said(true), said(false)),
        (
            wholes[0]["text"].as_str().expect("thoughts").to_owned(),
            rich().text()
        )
    );
    assert_eq!(wholes[2]["thoughtSignature"], "c2lnbmF0dXJl");
    let last = all.last().expect("chunks");
    assert_eq!(last["usageMetadata"], whole["usageMetadata"]);
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    let figures = &whole["usageMetadata"];
    let of = |name: &str| figures[name].as_u64().expect("a figure");
    assert_eq!(
        (
            of("promptTokenCount"),
            of("cachedContentTokenCount"),
            of("candidatesTokenCount"),
            of("thoughtsTokenCount")
        ),
        (140, 40, 30, 20)
    );
    assert_eq!(of("totalTokenCount"), 190);
    let envelope = events(&streamed(
        "/v1internal:streamGenerateContent?alt=sse",
        &rich(),
        |_| (),
    ));
    assert!(envelope.iter().all(|event| event["traceId"].is_string()));
    let text = texts(&envelope, |e| {
        &e["response"]["candidates"][0]["content"]["parts"][0]["text"]
    });
    assert_eq!(text, rich().text(), "no thoughts, since nobody asked");
}

#[test]
fn legacy_completions() {
    let whole = plain("/v1/completions", &rich(), |_| ());
    let all = events(&streamed("/v1/completions", &rich(), |body| {
        body["stream"] = json!(true);
        body["stream_options"] = json!({"include_usage": true});
    }));
    assert_eq!(
        texts(&all, |chunk| &chunk["choices"][0]["text"]),
        whole["choices"][0]["text"]
    );
    assert_eq!(all.last().expect("chunks")["usage"], whole["usage"]);
}

#[test]
fn openais_tools_that_take_free_text_and_those_in_a_namespace() {
    let answer = Answer::default()
        .silent()
        .calling("apply_patch", json!({"input": "*** Begin Patch, and more"}))
        .calling("read", json!({"path": "/"}));
    let tools = json!([{"type": "custom", "name": "apply_patch"},
        {"type": "namespace", "name": "files", "description": "", "tools": [{"type": "function", "name": "read"}]}]);
    let whole = plain("/v1/responses", &answer, |body| body["tools"] = tools.clone());
    let (patch, read) = (&whole["output"][0], &whole["output"][1]);
    assert_eq!(
        (&patch["type"], &patch["input"]),
        (&json!("custom_tool_call"), &json!("*** Begin Patch, and more"))
    );
    assert_eq!(
        (&read["type"], &read["namespace"]),
        (&json!("function_call"), &json!("files"))
    );
    let all = events(&streamed("/v1/responses", &answer, |body| {
        body["stream"] = json!(true);
        body["tools"] = tools.clone();
    }));
    let kind = "response.custom_tool_call_input.delta";
    let input = texts(&all, |e| {
        if e["type"] == kind {
            &e["delta"]
        } else {
            &Value::Null
        }
    });
    assert_eq!(input, patch["input"]);
    let tools = json!([{"type": "custom", "custom": {"name": "apply_patch"}}]);
    let whole = plain("/v1/chat/completions", &answer, |body| {
        body["tools"] = tools.clone();
    });
    let call = &whole["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(
        (&call["type"], &call["custom"]["input"]),
        (&json!("custom"), &patch["input"])
    );
}
