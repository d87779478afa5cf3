//! Requests that can't be translated, and what the client is told.

use super::super::read_request;

/// A request with these fields besides.
fn with(fields: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],{fields}}}"#)
}

/// A request of these messages.
fn of(messages: &str) -> String {
    format!(r#"{{"model":"m","messages":[{messages}]}}"#)
}

fn told(body: &str) -> String {
    read_request(body.as_bytes()).expect_err(body).message
}

#[test]
fn fields_that_are_wrong() {
    let cases = [
        (
            r#""temperature":3"#,
            "temperature: This must be a number from 0 to 2.",
        ),
        (r#""top_p":"x""#, "top_p: This must be a number from 0 to 1."),
        (r#""n":0"#, "n: This must be a whole number from 1 to 128."),
        (
            r#""stop":["a","b","c","d","e"]"#,
            "stop: This must be a string or an array of up to 4 strings.",
        ),
        (
            r#""stop":[1]"#,
            "stop: This must be a string or an array of up to 4 strings.",
        ),
        (r#""logit_bias":[]"#, "logit_bias: This must be an object."),
        (
            r#""top_logprobs":2"#,
            "top_logprobs: This needs `logprobs` to be true.",
        ),
        (
            r#""logprobs":true,"top_logprobs":21"#,
            "top_logprobs: This must be a whole number from 0 to 20.",
        ),
        (
            r#""max_tokens":1,"max_completion_tokens":1"#,
            "max_tokens: This is the older name of `max_completion_tokens`, which is there too; give one of them.",
        ),
        (
            r#""reasoning_effort":"huge""#,
            "reasoning_effort: This must be none, minimal, low, medium, high, xhigh or max.",
        ),
        (
            r#""verbosity":"huge""#,
            "verbosity: This must be low, medium or high.",
        ),
        (
            r#""service_tier":"gold""#,
            "service_tier: This must be auto, default, flex, priority or fast.",
        ),
        (
            r#""response_format":{"type":"xml"}"#,
            "response_format.type: This must be text, json_object or json_schema.",
        ),
        (
            r#""response_format":{"type":"json_schema","json_schema":{"name":"a","x":1}}"#,
            "response_format.json_schema.x: This field is not known here, so it can't be translated into the format of \
             the model's platform.",
        ),
    ];
    for (fields, message) in cases {
        assert_eq!(told(&with(fields)), message);
    }
}

#[test]
fn tools_and_wishes_that_cannot_be_translated() {
    let cases = [
        (
            r#""functions":[{"name":"f"}]"#,
            "functions: This older field can't be translated with its own form of answer; give `tools`.",
        ),
        (
            r#""function_call":"auto""#,
            "function_call: This older field can't be translated with its own form of answer; give `tool_choice`.",
        ),
        (
            r#""tool_choice":"some""#,
            "tool_choice: This must be auto, none, required or an object.",
        ),
        (
            r#""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}}"#,
            "tool_choice.allowed_tools.tools: This field is required: the tools allowed, at least one.",
        ),
        (
            r#""tools":[{"type":"code_interpreter"}]"#,
            "tools[0].type: The model's platform does not run this tool; offer tools of the types function and custom.",
        ),
        (
            r#""tools":[{"type":"function"}]"#,
            "tools[0].function: This field is required: an object.",
        ),
        (
            r#""modalities":["text","audio"]"#,
            "modalities: The model's platform answers in this format with text alone; ask for [\"text\"].",
        ),
        (
            r#""web_search_options":{}"#,
            "web_search_options: OpenAI's web search is not there on the model's platform; leave the field out.",
        ),
        (
            r#""frobnicate":1"#,
            "frobnicate: This field is not known here, so it can't be translated into the format of the model's platform.",
        ),
    ];
    for (fields, message) in cases {
        assert_eq!(told(&with(fields)), message);
    }
}

#[test]
fn messages_that_are_wrong() {
    let nothing =
        "messages: There must be something to answer: a message of the role user with some content.";
    let cases = [
        ("", nothing),
        (r#"{"role":"system","content":"S"}"#, nothing),
        (r#"{"role":"user","content":""}"#, nothing),
        (
            r#"{"role":"robot","content":"x"}"#,
            "messages[0].role: This must be system, developer, user, assistant, tool or function.",
        ),
        (
            r#"{"role":"user","content":7}"#,
            "messages[0].content: This must be a string or an array of parts.",
        ),
        (
            r#"{"role":"user","content":[{"type":"video"}]}"#,
            "messages[0].content[0].type: This must be text, image_url, input_audio or file.",
        ),
        (
            r#"{"role":"system","content":[{"type":"image_url"}]}"#,
            "messages[0].content[0].type: This must be text: this role has no other content.",
        ),
        (
            r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,abc"}}]}"#,
            "messages[0].content[0].image_url.url: This data URL is not of the form `data:{type};base64,{data}`.",
        ),
        (
            r#"{"role":"user","content":[{"type":"file","file":{"filename":"a"}}]}"#,
            "messages[0].content[0].file: This must have either file_data or file_id.",
        ),
        (
            r#"{"role":"tool","content":"x"}"#,
            "messages[0].tool_call_id: This field is required: a string.",
        ),
        (
            r#"{"role":"function","name":"f","content":"x"}"#,
            "messages[0].role: A function's result must follow a `function_call`.",
        ),
        (
            r#"{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f"}}]}"#,
            "messages[0].tool_calls[0].function.arguments: This field is required: a string.",
        ),
        (
            r#"{"role":"assistant","audio":{"id":"a"}}"#,
            "messages[0].audio: An earlier spoken answer is kept at OpenAI alone; give its transcript as `content`.",
        ),
    ];
    for (messages, message) in cases {
        assert_eq!(told(&of(messages)), message);
    }
}

#[test]
fn bodies_that_are_none() {
    assert_eq!(told("[]"), "The body is no JSON object.");
    assert_eq!(
        told(r#"{"messages":[{"role":"user","content":"x"}]}"#),
        "model: This field is required: a string."
    );
    assert_eq!(
        told(r#"{"model":"m"}"#),
        "messages: This field is required: the conversation, as an array of messages."
    );
    assert!(told(r#"{"model":"a","model":"b"}"#).contains("stands twice"));
}
