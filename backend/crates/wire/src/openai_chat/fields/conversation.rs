//! The rows of `messages`.
//! Never in here: how a field is read or written.

use crate::table::Fate::{Dropped, Kept, Mapped, Refused};
use crate::table::FieldRow;

pub(super) const ROWS: &[FieldRow] = &[
    FieldRow {
        field: "messages[].role: system",
        sample: r#"{"messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"Hello"}]}"#,
        fates: [
            Mapped("system"),
            Kept,
            Mapped("instructions"),
            Mapped("systemInstruction"),
            Mapped("system"),
        ],
    },
    FieldRow {
        field: "messages[].role: developer",
        sample: r#"{"messages":[{"role":"developer","content":"Be brief"},{"role":"user","content":"Hello"}]}"#,
        fates: [
            Mapped("system"),
            Kept,
            Mapped("instructions"),
            Mapped("systemInstruction"),
            Mapped("system"),
        ],
    },
    FieldRow {
        field: "messages[].name",
        sample: r#"{"messages":[{"role":"user","name":"ann","content":"Hello"}]}"#,
        fates: [
            Mapped("the name and a colon before the text"),
            Kept,
            Mapped("the name and a colon before the text"),
            Mapped("the name and a colon before the text"),
            Mapped("the name and a colon before the text"),
        ],
    },
    FieldRow {
        field: "messages[].content[]: text",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Good morning"}]}]}"#,
        fates: [
            Mapped("text"),
            Kept,
            Mapped("input_text"),
            Mapped("parts[].text"),
            Mapped("text"),
        ],
    },
    FieldRow {
        field: "messages[].content[]: image_url, data URL",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}}]}]}"#,
        fates: [
            Mapped("image of source base64; without detail"),
            Kept,
            Mapped("input_image"),
            Mapped("inlineData; without detail"),
            Mapped("image.source.bytes; without detail"),
        ],
    },
    FieldRow {
        field: "messages[].content[]: image_url, other URL",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/cat.png"}}]}]}"#,
        fates: [
            Mapped("image of source url"),
            Kept,
            Mapped("input_image"),
            Mapped("fileData; the URL must end in an image's ending"),
            Refused("Bedrock fetches no URLs"),
        ],
    },
    FieldRow {
        field: "messages[].content[]: input_audio",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]}]}"#,
        fates: [
            Refused("Claude's models take no sound"),
            Kept,
            Refused("the Responses format takes no sound"),
            Mapped("inlineData"),
            Refused("the Converse format takes no sound"),
        ],
    },
    FieldRow {
        field: "messages[].content[]: file, file_data",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Sum it up"},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}]}]}"#,
        fates: [
            Mapped("document of source base64"),
            Kept,
            Mapped("input_file"),
            Mapped("inlineData"),
            Mapped("document"),
        ],
    },
    FieldRow {
        field: "messages[].content[]: file, file_id",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}"#,
        fates: [
            Refused("the file is at OpenAI alone"),
            Kept,
            Mapped("input_file of file_id"),
            Refused("the file is at OpenAI alone"),
            Refused("the file is at OpenAI alone"),
        ],
    },
    FieldRow {
        field: "messages[].content[].prompt_cache_breakpoint",
        sample: r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hello","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}"#,
        fates: [
            Dropped("a hint for the cache, with lifetimes that only OpenAI has"),
            Kept,
            Dropped("a hint for the cache, with lifetimes that only OpenAI has"),
            Dropped("a hint for the cache, with lifetimes that only OpenAI has"),
            Dropped("a hint for the cache, with lifetimes that only OpenAI has"),
        ],
    },
    FieldRow {
        field: "messages[].role: assistant",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"},{"role":"user","content":"Hello"}]}"#,
        fates: [
            Mapped("a turn of the assistant"),
            Kept,
            Mapped("output_text"),
            Mapped("a content of the role model"),
            Mapped("a message of the assistant"),
        ],
    },
    FieldRow {
        field: "messages[].refusal",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","refusal":"No"},{"role":"user","content":"Hello"}]}"#,
        fates: [
            Mapped("text"),
            Kept,
            Mapped("refusal"),
            Mapped("text"),
            Mapped("text"),
        ],
    },
    FieldRow {
        field: "messages[].tool_calls[]: function",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}"#,
        fates: [
            Mapped("tool_use"),
            Kept,
            Mapped("function_call"),
            Mapped("functionCall"),
            Mapped("toolUse"),
        ],
    },
    FieldRow {
        field: "messages[].tool_calls[]: custom",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","tool_calls":[{"id":"c1","type":"custom","custom":{"name":"f","input":"x"}}]},{"role":"tool","tool_call_id":"c1","content":"1"}],"tools":[{"type":"custom","custom":{"name":"f","description":"Runs it","format":{"type":"text"}}}]}"#,
        fates: [
            Mapped("tool_use with one string"),
            Kept,
            Mapped("custom_tool_call"),
            Mapped("functionCall with one string"),
            Mapped("toolUse with one string"),
        ],
    },
    FieldRow {
        field: "messages[].role: tool",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"Sunny"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}"#,
        fates: [
            Mapped("tool_result"),
            Kept,
            Mapped("function_call_output"),
            Mapped("functionResponse"),
            Mapped("toolResult"),
        ],
    },
    FieldRow {
        field: "messages[].function_call, role: function",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"1"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
        fates: [
            Mapped("tool_use, tool_result"),
            Kept,
            Mapped("function_call, function_call_output"),
            Mapped("functionCall, functionResponse"),
            Mapped("toolUse, toolResult"),
        ],
    },
    FieldRow {
        field: "messages[].audio",
        sample: r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","audio":{"id":"audio_1"}},{"role":"user","content":"Hello"}]}"#,
        fates: [
            Refused("an earlier spoken answer is kept at OpenAI alone"),
            Kept,
            Refused("an earlier spoken answer is kept at OpenAI alone"),
            Refused("an earlier spoken answer is kept at OpenAI alone"),
            Refused("an earlier spoken answer is kept at OpenAI alone"),
        ],
    },
];
