//! `instructions`, `input`, and the kinds of its items and parts. Never in here: tools.

use super::{dropped, mapped, own_item, refused, row};
use crate::table::Fate::{Mapped, Refused};
use crate::table::FieldRow;

/// Its rows.
pub(super) const INPUT: [FieldRow; 42] = [
    mapped(
        "input",
        r#"{"input":"Other words"}"#,
        ["messages", "messages", "contents", "messages"],
    ),
    mapped(
        "input[] message",
        r#"{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Other words"}]}]}"#,
        ["messages", "messages", "contents", "messages"],
    ),
    mapped(
        "input[] message, role assistant",
        r#"{"input":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]},{"role":"user","content":"Go on"}]}"#,
        ["messages", "messages", "contents", "messages"],
    ),
    mapped(
        "input[] message, refusal",
        r#"{"input":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},{"role":"user","content":"Why?"}]}"#,
        ["text", "refusal", "text", "text"],
    ),
    mapped(
        "input[] message, role developer or system",
        r#"{"input":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hello"}]}"#,
        ["system", "a system message", "systemInstruction", "system"],
    ),
    dropped(
        "input[].id, status, phase",
        r#"{"input":[{"type":"message","id":"msg_1","status":"completed","phase":"commentary","role":"user","content":"Hello"}]}"#,
        "OpenAI's own marks; no model reads them",
    ),
    mapped(
        "input[].content[] input_image, base64",
        r#"{"input":[{"role":"user","content":[{"type":"input_image","detail":"auto","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]}"#,
        [
            "image, base64",
            "image_url, a data: URL",
            "inlineData",
            "image bytes",
        ],
    ),
    row(
        "input[].content[] input_image, URL",
        r#"{"input":[{"role":"user","content":[{"type":"input_image","detail":"auto","image_url":"https://example.com/cat.png"}]}]}"#,
        [
            Mapped("image, url"),
            Mapped("image_url"),
            Mapped("fileData"),
            Refused("Bedrock takes bytes alone"),
        ],
    ),
    row(
        "input[].content[] input_image, file_id",
        r#"{"input":[{"role":"user","content":[{"type":"input_image","detail":"auto","file_id":"file-1"}]}]}"#,
        [
            Refused("a file of another platform"),
            Refused("the format has no pictures by file"),
            Refused("a file of another platform"),
            Refused("a file of another platform"),
        ],
    ),
    mapped(
        "input[].content[] input_file, base64",
        r#"{"input":[{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="},{"type":"input_text","text":"Sum it up."}]}]}"#,
        ["document, base64", "file", "inlineData", "document"],
    ),
    row(
        "input[].content[] input_file, URL",
        r#"{"input":[{"role":"user","content":[{"type":"input_file","file_url":"https://example.com/a.pdf"}]}]}"#,
        [
            Mapped("document, url"),
            Refused("the format has no files by URL"),
            Mapped("fileData"),
            Refused("Bedrock takes bytes alone"),
        ],
    ),
    row(
        "input[].content[] input_file, file_id",
        r#"{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}"#,
        [
            Refused("a file of another platform"),
            Mapped("file"),
            Refused("a file of another platform"),
            Refused("a file of another platform"),
        ],
    ),
    refused(
        "input[].content[] input_audio",
        r#"{"input":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}"#,
        "the Responses API takes no sound",
    ),
    dropped(
        "input[].content[].prompt_cache_breakpoint",
        r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"Hello","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}"#,
        "a hint to OpenAI's cache that only saves money",
    ),
    mapped(
        "input[] function_call, function_call_output",
        r#"{"input":[{"role":"user","content":"Hello"},{"type":"function_call","call_id":"call_1","name":"weather","arguments":"{\"city\":\"Rome\"}"},{"type":"function_call_output","call_id":"call_1","output":"Sunny"}],"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}]}"#,
        [
            "tool_use, tool_result",
            "tool_calls, a tool message",
            "functionCall, functionResponse",
            "toolUse, toolResult",
        ],
    ),
    mapped(
        "input[] custom_tool_call, custom_tool_call_output",
        r#"{"input":[{"role":"user","content":"Hello"},{"type":"custom_tool_call","call_id":"call_1","name":"apply_patch","input":"x"},{"type":"custom_tool_call_output","call_id":"call_1","output":"Done"}],"tools":[{"type":"custom","name":"apply_patch","description":"Edits files.","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}}]}"#,
        [
            "tool_use with one text",
            "custom tool call",
            "functionCall with one text",
            "toolUse with one text",
        ],
    ),
    mapped(
        "input[] local_shell_call, local_shell_call_output",
        r#"{"input":[{"role":"user","content":"Hello"},{"type":"local_shell_call","id":"lsh_1","call_id":"call_1","status":"completed","action":{"type":"exec","command":["ls"],"env":{}}},{"type":"local_shell_call_output","id":"call_1","output":"a.txt"}],"tools":[{"type":"local_shell"}]}"#,
        [
            "tool_use, tool_result",
            "tool_calls, a tool message",
            "functionCall, functionResponse",
            "toolUse, toolResult",
        ],
    ),
    dropped(
        "input[] reasoning",
        r#"{"input":[{"role":"user","content":"Hello"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAA=="}]}"#,
        "earlier reasoning that OpenAI alone can read may be left out; sealed thinking of the target's own vendor is kept",
    ),
    dropped(
        "input[] web_search_call",
        r#"{"input":[{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"x"}},{"role":"user","content":"Hello"}]}"#,
        "tells only that there was a search; what was found is in the words after it",
    ),
    row(
        "input[] image_generation_call",
        r#"{"input":[{"role":"user","content":"Hello"},{"type":"image_generation_call","id":"ig_1","status":"completed","result":"iVBORw0KGgo="},{"role":"user","content":"Again"}]}"#,
        [
            Refused("the assistant has no pictures"),
            Refused("the assistant has no pictures"),
            Mapped("inlineData"),
            Refused("the assistant has no pictures"),
        ],
    ),
    refused(
        "input[] item_reference",
        r#"{"input":[{"type":"item_reference","id":"msg_1"}]}"#,
        "items are kept by OpenAI alone",
    ),
    own_item(
        "input[] additional_tools",
        r#"{"input":[{"type":"additional_tools"}]}"#,
    ),
    own_item(
        "input[] apply_patch_call",
        r#"{"input":[{"type":"apply_patch_call"}]}"#,
    ),
    own_item(
        "input[] apply_patch_call_output",
        r#"{"input":[{"type":"apply_patch_call_output"}]}"#,
    ),
    own_item(
        "input[] code_interpreter_call",
        r#"{"input":[{"type":"code_interpreter_call"}]}"#,
    ),
    own_item("input[] compaction", r#"{"input":[{"type":"compaction"}]}"#),
    own_item(
        "input[] compaction_trigger",
        r#"{"input":[{"type":"compaction_trigger"}]}"#,
    ),
    own_item("input[] computer_call", r#"{"input":[{"type":"computer_call"}]}"#),
    own_item(
        "input[] computer_call_output",
        r#"{"input":[{"type":"computer_call_output"}]}"#,
    ),
    own_item(
        "input[] configuration_update",
        r#"{"input":[{"type":"configuration_update"}]}"#,
    ),
    own_item(
        "input[] file_search_call",
        r#"{"input":[{"type":"file_search_call"}]}"#,
    ),
    own_item(
        "input[] mcp_approval_request",
        r#"{"input":[{"type":"mcp_approval_request"}]}"#,
    ),
    own_item(
        "input[] mcp_approval_response",
        r#"{"input":[{"type":"mcp_approval_response"}]}"#,
    ),
    own_item("input[] mcp_call", r#"{"input":[{"type":"mcp_call"}]}"#),
    own_item(
        "input[] mcp_list_tools",
        r#"{"input":[{"type":"mcp_list_tools"}]}"#,
    ),
    own_item("input[] program", r#"{"input":[{"type":"program"}]}"#),
    own_item(
        "input[] program_output",
        r#"{"input":[{"type":"program_output"}]}"#,
    ),
    own_item("input[] shell_call", r#"{"input":[{"type":"shell_call"}]}"#),
    own_item(
        "input[] shell_call_output",
        r#"{"input":[{"type":"shell_call_output"}]}"#,
    ),
    own_item(
        "input[] tool_search_call",
        r#"{"input":[{"type":"tool_search_call"}]}"#,
    ),
    own_item(
        "input[] tool_search_output",
        r#"{"input":[{"type":"tool_search_output"}]}"#,
    ),
    mapped(
        "instructions",
        r#"{"instructions":"Be brief."}"#,
        ["system", "a system message", "systemInstruction", "system"],
    ),
];
