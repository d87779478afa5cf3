//! Tools and the choice among them. Never in here: their calls, which are items.

use super::{dropped, mapped, own_tool, refused, row};
use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

/// Its rows.
pub(super) const TOOLS: [FieldRow; 23] = [
    mapped(
        "tools[] function",
        r#"{"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}]}"#,
        ["tools", "tools", "functionDeclarations", "toolConfig.tools"],
    ),
    mapped(
        "tools[] custom",
        r#"{"tools":[{"type":"custom","name":"apply_patch","description":"Edits files.","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}}]}"#,
        [
            "a tool with one text",
            "custom",
            "a function with one text",
            "a tool with one text",
        ],
    ),
    mapped(
        "tools[] namespace",
        r#"{"tools":[{"type":"namespace","name":"crm","description":"Customers.","tools":[{"type":"function","name":"find","parameters":{"type":"object","properties":{}}}]}]}"#,
        [
            "a tool, crm__find",
            "a function, crm__find",
            "a function, crm__find",
            "a tool, crm__find",
        ],
    ),
    mapped(
        "tools[] local_shell",
        r#"{"tools":[{"type":"local_shell"}]}"#,
        ["a tool", "a function", "a function", "a tool"],
    ),
    dropped(
        "tools[] web_search, web_search_preview",
        r#"{"tools":[{"type":"web_search"}]}"#,
        "an offer that the model need not take up; refused where a tool must be called",
    ),
    dropped(
        "tools[] tool_search",
        r#"{"tools":[{"type":"tool_search"}]}"#,
        "only puts off when tools are shown; refused where the client searches",
    ),
    own_tool("tools[] apply_patch", r#"{"tools":[{"type":"apply_patch"}]}"#),
    own_tool(
        "tools[] code_interpreter",
        r#"{"tools":[{"type":"code_interpreter"}]}"#,
    ),
    own_tool("tools[] computer", r#"{"tools":[{"type":"computer"}]}"#),
    own_tool(
        "tools[] computer_use_preview",
        r#"{"tools":[{"type":"computer_use_preview"}]}"#,
    ),
    own_tool("tools[] file_search", r#"{"tools":[{"type":"file_search"}]}"#),
    own_tool(
        "tools[] image_generation",
        r#"{"tools":[{"type":"image_generation"}]}"#,
    ),
    own_tool("tools[] mcp", r#"{"tools":[{"type":"mcp"}]}"#),
    own_tool(
        "tools[] programmatic_tool_calling",
        r#"{"tools":[{"type":"programmatic_tool_calling"}]}"#,
    ),
    own_tool("tools[] shell", r#"{"tools":[{"type":"shell"}]}"#),
    mapped(
        "tool_choice, auto",
        r#"{"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}],"tool_choice":"auto"}"#,
        ["auto", "auto", "AUTO", "auto"],
    ),
    mapped(
        "tool_choice, required",
        r#"{"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}],"tool_choice":"required"}"#,
        ["any", "required", "ANY", "any"],
    ),
    mapped(
        "tool_choice, function",
        r#"{"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}],"tool_choice":{"type":"function","name":"weather"}}"#,
        ["tool", "function", "ANY with one name", "tool"],
    ),
    mapped(
        "tool_choice, allowed_tools",
        r#"{"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}],"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"weather"}]}}"#,
        [
            "any, those tools alone",
            "allowed_tools",
            "allowedFunctionNames",
            "any, those tools alone",
        ],
    ),
    row(
        "tool_choice, none",
        r#"{"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":false}],"tool_choice":"none"}"#,
        [
            Mapped("none"),
            Mapped("none"),
            Mapped("NONE"),
            Dropped("no tools are sent unless the conversation has calls"),
        ],
    ),
    mapped(
        "tool_choice, custom",
        r#"{"tools":[{"type":"custom","name":"apply_patch","description":"Edits files.","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}}],"tool_choice":{"type":"custom","name":"apply_patch"}}"#,
        ["tool", "custom", "ANY with one name", "tool"],
    ),
    refused(
        "tool_choice, a tool of OpenAI",
        r#"{"tool_choice":{"type":"file_search"}}"#,
        "OpenAI's own tools run at OpenAI",
    ),
    row(
        "parallel_tool_calls",
        r#"{"tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},{"type":"function","name":"g","parameters":{"type":"object"},"strict":false}],"parallel_tool_calls":false}"#,
        [
            Mapped("disable_parallel_tool_use"),
            Mapped("parallel_tool_calls"),
            Refused("the format has no switch"),
            Refused("the format has no switch"),
        ],
    ),
];
