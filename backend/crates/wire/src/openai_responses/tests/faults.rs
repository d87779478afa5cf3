//! Bad requests and the exact words with which they are refused.

use crate::fault::RequestFault;
use crate::openai_responses::{read_facts, read_request};

#[test]
fn bad_bodies_are_refused_at_admission() {
    let cases: [(&[u8], &str); 17] = [
        (b"", "The body is empty; a JSON object is expected."),
        (
            b"\xff",
            "The body is not valid UTF-8 at byte 0; JSON is written in UTF-8.",
        ),
        (b"[]", "The body is no JSON object."),
        (
            b"{",
            "The body is not valid JSON: a field's name in quotes is expected at byte 1; a JSON object is expected.",
        ),
        (
            br#"{"input":"x"}"#,
            "model: This field is required: the name of the model, as a string.",
        ),
        (
            br#"{"model":"","input":"x"}"#,
            "model: This must not be empty; it is the name of a model.",
        ),
        (
            br#"{"model":5,"input":"x"}"#,
            "model: This must be a string, the name of a model.",
        ),
        (
            br#"{"model":"m"}"#,
            "input: This field is required: the conversation, as a string or an array of items.",
        ),
        (
            br#"{"model":"m","input":null}"#,
            "input: This field is required: the conversation, as a string or an array of items.",
        ),
        (
            br#"{"model":"m","input":5}"#,
            "input: This must be a string or an array of items.",
        ),
        (
            br#"{"model":"m","input":"x","mode\u006c":"n"}"#,
            "model: This field stands twice in the body; it may stand once.",
        ),
        (
            br#"{"model":"m","input":"x","stream":1}"#,
            "stream: This must be true or false.",
        ),
        (
            br#"{"model":"m","input":"x","max_output_tokens":0}"#,
            "max_output_tokens: This must be at least 1.",
        ),
        (
            br#"{"model":"m","input":"x","max_output_tokens":1.5}"#,
            "max_output_tokens: This must be a whole number, written without fraction or exponent.",
        ),
        (
            br#"{"model":"m","input":"x","max_output_tokens":"9"}"#,
            "max_output_tokens: This must be a whole number.",
        ),
        (
            br#"{"model":"m","input":"x","max_output_tokens":99999999999999999999}"#,
            "max_output_tokens: This is more than any model can answer with.",
        ),
        (
            br#"{"model":"m","input":"x","previous_response_id":5}"#,
            "previous_response_id: This must be a string of 1 to 256 bytes.",
        ),
    ];
    for (body, message) in cases {
        assert_eq!(read_facts(body).unwrap_err().message, message);
    }
}

fn refusal(fields: &str) -> RequestFault {
    let body = format!(r#"{{"model":"m","input":"x",{fields}}}"#);
    // The last of two inputs is meant.
    let body = if fields.starts_with(r#""input""#) {
        format!(r#"{{"model":"m",{fields}}}"#)
    } else {
        body
    };
    read_request(body.as_bytes()).unwrap_err()
}

#[test]
fn what_cant_be_translated_is_refused_by_name() {
    let cases = [
        (
            r#""previous_response_id":"resp_1""#,
            "previous_response_id: Responses are kept by OpenAI alone, and this model runs on another platform; send the whole conversation in `input` instead.",
        ),
        (
            r#""conversation":{"id":"conv_1"}"#,
            "conversation: Conversations are kept by OpenAI alone, and this model runs on another platform; send the whole conversation in `input` instead.",
        ),
        (
            r#""prompt":{"id":"pmpt_1"}"#,
            "prompt: Prompt templates are kept by OpenAI alone, and this model runs on another platform; send the prompt's text in `instructions` or `input` instead.",
        ),
        (
            r#""background":true"#,
            "background: OpenAI alone answers in the background, and this model runs on another platform; leave this field out and set `stream` for long answers.",
        ),
        (
            r#""include":["file_search_call.results","x"]"#,
            "include[1]: Other platforms have nothing of this kind to include; leave it out.",
        ),
        (
            r#""tools":[{"type":"mcp","server_label":"a"}]"#,
            "tools[0].type: This tool is OpenAI's own, and this model runs on another platform; offer a function instead.",
        ),
        (
            r#""tools":[{"type":"web_search"}],"tool_choice":"required""#,
            "tools[0].type: This search runs at OpenAI, and this model runs on another platform. Where a tool must be called, it can't be left out; offer a function instead.",
        ),
        (
            r#""tool_choice":{"type":"web_search_preview"}"#,
            "tool_choice.type: This tool is OpenAI's own, and this model runs on another platform; offer a function instead.",
        ),
        (
            r#""tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}"#,
            "tool_choice.tools: This must name at least one tool.",
        ),
        (
            r#""input":[{"role":"developer","content":"Be brief."}]"#,
            "input: At least one item must be a message, a call or a call's result.",
        ),
        (
            r#""input":[{"type":"item_reference","id":"msg_1"}]"#,
            "input[0].type: This refers to an item that OpenAI keeps, and this model runs on another platform; send the item itself.",
        ),
        (
            r#""input":[{"id":"msg_1"}]"#,
            "input[0].id: This refers to an item that OpenAI keeps, and this model runs on another platform; send the item itself.",
        ),
        (
            r#""input":[{"type":"code_interpreter_call","id":"ci_1"}]"#,
            "input[0].type: This is work of a tool that OpenAI runs or a summary that OpenAI alone can read, and this model runs on another platform; leave it out.",
        ),
    ];
    for (fields, message) in cases {
        assert_eq!(refusal(fields).message, message, "{fields}");
    }
}

#[test]
fn wrong_values_are_refused_by_name() {
    let cases = [
        (
            r#""input":[{"role":"robot","content":"x"}]"#,
            "input[0].role: This must be `user`, `assistant`, `system` or `developer`.",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_text"}]}]"#,
            "input[0].content[0].text: This field is required: a string.",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png,x"}]}]"#,
            "input[0].content[0].image_url: A `data:` URL must be `data:{media type};base64,{data}`.",
        ),
        (
            r#""input":[{"role":"user","content":"x","name":"Ann"}]"#,
            "input[0].name: This field is not known here, so it can't be translated into the format of the model's platform.",
        ),
        (
            r#""reasoning":{"effort":"extreme"}"#,
            "reasoning.effort: This must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.",
        ),
        (
            r#""temperature":3"#,
            "temperature: This must be a number from 0 to 2.",
        ),
        (
            r#""top_logprobs":21"#,
            "top_logprobs: This must be a whole number from 0 to 20.",
        ),
        (
            r#""text":{"format":{"type":"json_schema","name":"a"}}"#,
            "text.format.schema: This field is required: a JSON schema, as an object.",
        ),
        (
            r#""service_tier":"scale""#,
            "service_tier: This must be `auto`, `default`, `flex` or `priority`; OpenAI's other tiers have no match on other platforms.",
        ),
        (
            r#""shiny":true"#,
            "shiny: This field is not known here, so it can't be translated into the format of the model's platform.",
        ),
    ];
    for (fields, message) in cases {
        assert_eq!(refusal(fields).message, message, "{fields}");
    }
}

#[test]
fn a_field_that_is_null_counts_as_absent() {
    let body = br#"{"model":"m","input":"x","previous_response_id":null,"background":null,"tools":null,"shiny":null}"#;
    assert_eq!(
        read_request(body).unwrap(),
        read_request(br#"{"model":"m","input":"x"}"#).unwrap()
    );
}
