//! Fields of contents and their parts.

use super::{dropped, mapped, refused, row};
use crate::table::Fate::{Mapped, Refused};
use crate::table::FieldRow;

const MESSAGES: [&str; 4] = ["messages", "messages", "input", "messages"];
const NO_AUDIO: &str = "the format has no sound";
const NO_FILE: &str = "a file kept at Google can't be read elsewhere";
const HOSTED: &str = "what Google's own tools did can't be told to another platform";

pub(super) const ROWS: &[FieldRow] = &[
    mapped(
        "contents[].role",
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Hi."}]},{"role":"user","parts":[{"text":"Bye"}]}]}"#,
        MESSAGES,
    ),
    mapped(
        "contents[].parts[].text",
        r#"{"contents":[{"parts":[{"text":"Good day"},{"text":"to you"}]}]}"#,
        MESSAGES,
    ),
    dropped(
        "contents[].parts[].thought",
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Hm.","thought":true}]}]}"#,
        "earlier thoughts need not be given back, and only their vendor can read them",
    ),
    dropped(
        "contents[].parts[].thoughtSignature",
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello","thought_signature":"c2ln"}]}]}"#,
        "only Google can read it",
    ),
    mapped(
        "contents[].parts[].inlineData: image",
        r#"{"contents":[{"parts":[{"text":"Hello"},{"inline_data":{"mime_type":"image/png","data":"aGk="}}]}]}"#,
        [
            "image: base64",
            "image_url: data URL",
            "input_image: data URL",
            "image: bytes",
        ],
    ),
    row(
        "contents[].parts[].inlineData: audio",
        r#"{"contents":[{"parts":[{"text":"Hello"},{"inlineData":{"mimeType":"audio/wav","data":"aGk="}}]}]}"#,
        [
            Refused(NO_AUDIO),
            Mapped("input_audio"),
            Refused(NO_AUDIO),
            Refused(NO_AUDIO),
        ],
    ),
    mapped(
        "contents[].parts[].inlineData: document",
        r#"{"contents":[{"parts":[{"text":"Hello"},{"inlineData":{"mimeType":"application/pdf","data":"aGk="}}]}]}"#,
        [
            "document: base64",
            "file: data URL",
            "input_file: data URL",
            "document: bytes",
        ],
    ),
    refused(
        "contents[].parts[].inlineData: video",
        r#"{"contents":[{"parts":[{"text":"Hello"},{"inlineData":{"mimeType":"video/mp4","data":"aGk="}}]}]}"#,
        "the format has no films",
    ),
    refused(
        "contents[].parts[].videoMetadata",
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="},"videoMetadata":{"fps":2}}]}]}"#,
        "the format has no films",
    ),
    row(
        "contents[].parts[].fileData: URL",
        r#"{"contents":[{"parts":[{"text":"Hello"},{"fileData":{"mimeType":"image/png","fileUri":"https://example.com/a.png"}}]}]}"#,
        [
            Mapped("image: url"),
            Mapped("image_url"),
            Mapped("input_image"),
            Refused("Amazon Bedrock takes bytes, no URLs"),
        ],
    ),
    refused(
        "contents[].parts[].fileData: a file of Google's",
        r#"{"contents":[{"parts":[{"text":"Hello"},{"fileData":{"mimeType":"image/png","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/a1"}}]}]}"#,
        NO_FILE,
    ),
    dropped(
        "contents[].parts[].mediaResolution",
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello","mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}}]}]}"#,
        "how closely to look at media saves tokens, no more",
    ),
    dropped(
        "contents[].parts[].mediaProcessing",
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello","mediaProcessing":"STATIC"}]}]}"#,
        "how closely to look at films, of which there are none",
    ),
    dropped(
        "contents[].parts[].partMetadata",
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello","partMetadata":{"file":"a"}}]}]}"#,
        "labels that only the client reads",
    ),
    mapped(
        "contents[].parts[].functionCall, functionResponse",
        r#"{"contents":[{"role":"user","parts":[{"text":"Weather?"}]},{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Bonn"}}}]},{"role":"user","parts":[{"function_response":{"name":"weather","response":{"output":"rain"}}}]}],"tools":[{"functionDeclarations":[{"name":"weather"}]}]}"#,
        [
            "tool_use, tool_result",
            "tool_calls, a tool message",
            "function_call, function_call_output",
            "toolUse, toolResult",
        ],
    ),
    mapped(
        "contents[].parts[].functionResponse.parts",
        r#"{"contents":[{"role":"user","parts":[{"text":"Look"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"look","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"look","response":{"output":"this"},"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}]}],"tools":[{"functionDeclarations":[{"name":"look"}]}]}"#,
        [
            "tool_result with an image",
            "a tool message, and the image in a user message behind it",
            "function_call_output with an image",
            "toolResult with an image",
        ],
    ),
    refused(
        "contents[].parts[].functionResponse.willContinue",
        r#"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"look","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"look","response":{},"willContinue":true}}]}]}"#,
        "a function is answered once and whole",
    ),
    refused(
        "contents[].parts[].executableCode",
        r#"{"contents":[{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"1"}}]}]}"#,
        HOSTED,
    ),
    refused(
        "contents[].parts[].codeExecutionResult",
        r#"{"contents":[{"role":"model","parts":[{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}}]}]}"#,
        HOSTED,
    ),
    refused(
        "contents[].parts[].toolCall",
        r#"{"contents":[{"role":"model","parts":[{"toolCall":{"id":"a","toolType":"GOOGLE_SEARCH_WEB","args":{}}}]}]}"#,
        HOSTED,
    ),
    refused(
        "contents[].parts[].toolResponse",
        r#"{"contents":[{"role":"user","parts":[{"toolResponse":{"id":"a","toolType":"GOOGLE_SEARCH_WEB","response":{}}}]}]}"#,
        HOSTED,
    ),
];
