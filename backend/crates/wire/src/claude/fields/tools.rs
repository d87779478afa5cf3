//! Tools, their kinds, and which of them to call.

use super::{dropped, mapped, refused, row};
use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

const TOOLS: [&str; 4] = [
    "tools[].function",
    "tools[]",
    "functionDeclarations",
    "toolConfig.tools[].toolSpec",
];
const PLAIN: &str = "the tool without it";
const DEFINED: &str = "Anthropic defines what the tool takes, and only Claude knows";
const RUN: &str = "Anthropic's platform runs the tool, and no other can";
const OFFER: &str = "the model need not search; where it must, the request is refused";
const LOADED: &str = "all tools are on offer from the beginning";
const AUTO: &str = "is the default";

pub(super) const ROWS: &[FieldRow] = &[
    mapped(
        "tools[]",
        r#"{"tools":[{"name":"look","description":"Looks.","input_schema":{"type":"object","properties":{"a":{"type":"integer"}}}}]}"#,
        TOOLS,
    ),
    mapped(
        "tools[].type: custom",
        r#"{"tools":[{"type":"custom","name":"look","input_schema":{"type":"object","properties":{}}}]}"#,
        TOOLS,
    ),
    mapped(
        "tools[].strict",
        r#"{"tools":[{"name":"look","strict":true,"input_schema":{"type":"object","properties":{},"additionalProperties":false}}]}"#,
        ["tools[].function.strict", "tools[].strict", PLAIN, PLAIN],
    ),
    mapped(
        "tools[].cache_control",
        r#"{"tools":[{"name":"look","cache_control":{"type":"ephemeral"},"input_schema":{"type":"object","properties":{}}}]}"#,
        [PLAIN, PLAIN, PLAIN, "cachePoint"],
    ),
    mapped(
        "tools[].defer_loading, eager_input_streaming, input_examples",
        r#"{"tools":[{"name":"look","defer_loading":true,"eager_input_streaming":true,"input_examples":[{}],"input_schema":{"type":"object","properties":{}}}]}"#,
        [PLAIN; 4],
    ),
    mapped(
        "tools[].allowed_callers with direct",
        r#"{"tools":[{"name":"look","allowed_callers":["direct"],"input_schema":{"type":"object","properties":{}}}]}"#,
        [PLAIN; 4],
    ),
    refused(
        "tools[].allowed_callers",
        r#"{"tools":[{"name":"look","allowed_callers":["code_execution_20250825"],"input_schema":{"type":"object","properties":{}}}]}"#,
        RUN,
    ),
    dropped(
        "tools[].type: web_search_*",
        r#"{"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3}]}"#,
        OFFER,
    ),
    refused(
        "tools[].type: web_search_*, forced",
        r#"{"tools":[{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"tool","name":"web_search"}}"#,
        RUN,
    ),
    dropped(
        "tools[].type: tool_search_tool_*",
        r#"{"tools":[{"type":"tool_search_tool_regex_20251119","name":"tool_search_tool_regex"}]}"#,
        LOADED,
    ),
    refused(
        "tools[].type: web_fetch_*",
        r#"{"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}]}"#,
        RUN,
    ),
    refused(
        "tools[].type: code_execution_*",
        r#"{"tools":[{"type":"code_execution_20250825","name":"code_execution"}]}"#,
        RUN,
    ),
    refused(
        "tools[].type: mcp_toolset",
        r#"{"tools":[{"type":"mcp_toolset","mcp_server_name":"one"}]}"#,
        RUN,
    ),
    refused(
        "tools[].type: advisor_*",
        r#"{"tools":[{"type":"advisor_20260301","name":"advisor","model":"claude-opus-4-8"}]}"#,
        RUN,
    ),
    refused(
        "tools[].type: bash_*",
        r#"{"tools":[{"type":"bash_20250124","name":"bash"}]}"#,
        DEFINED,
    ),
    refused(
        "tools[].type: text_editor_*",
        r#"{"tools":[{"type":"text_editor_20250728","name":"str_replace_based_edit_tool"}]}"#,
        DEFINED,
    ),
    refused(
        "tools[].type: computer_*",
        r#"{"tools":[{"type":"computer_20250124","name":"computer","display_width_px":800,"display_height_px":600}]}"#,
        DEFINED,
    ),
    refused(
        "tools[].type: browser_*",
        r#"{"tools":[{"type":"browser_toolset_20260801","name":"browser"}]}"#,
        DEFINED,
    ),
    refused(
        "tools[].type: memory_*",
        r#"{"tools":[{"type":"memory_20250818","name":"memory"}]}"#,
        DEFINED,
    ),
    mapped(
        "tool_choice.type: auto",
        r#"{"tools":[{"name":"look","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto"}}"#,
        [
            "tool_choice: auto",
            "tool_choice: auto",
            "functionCallingConfig.mode: AUTO",
            "toolChoice.auto",
        ],
    ),
    dropped(
        "tool_choice without tools",
        r#"{"tool_choice":{"type":"auto"}}"#,
        AUTO,
    ),
    mapped(
        "tool_choice.type: any",
        r#"{"tools":[{"name":"look","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"}}"#,
        [
            "tool_choice: required",
            "tool_choice: required",
            "functionCallingConfig.mode: ANY",
            "toolChoice.any",
        ],
    ),
    mapped(
        "tool_choice.type: tool",
        r#"{"tools":[{"name":"look","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"look"}}"#,
        [
            "tool_choice.function",
            "tool_choice.name",
            "functionCallingConfig.allowedFunctionNames",
            "toolChoice.tool",
        ],
    ),
    row(
        "tool_choice.type: none",
        r#"{"tools":[{"name":"look","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"none"}}"#,
        [
            Mapped("tool_choice: none"),
            Mapped("tool_choice: none"),
            Mapped("functionCallingConfig.mode: NONE"),
            Dropped("tools that may not be called are not offered"),
        ],
    ),
    row(
        "tool_choice.disable_parallel_tool_use",
        r#"{"tools":[{"name":"look","input_schema":{"type":"object"}},{"name":"find","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}}"#,
        [
            Mapped("parallel_tool_calls: false"),
            Mapped("parallel_tool_calls: false"),
            Refused("Gemini may always call several tools at once"),
            Refused("models on Bedrock may always call several tools at once"),
        ],
    ),
];
