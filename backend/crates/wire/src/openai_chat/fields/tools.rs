//! The rows of tools and how they are chosen.
//! Never in here: how a field is read or written.

use crate::table::Fate::{Dropped, Kept, Mapped, Refused};
use crate::table::FieldRow;

pub(super) const ROWS: &[FieldRow] = &[
    FieldRow {
        field: "tools[]: function",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}"#,
        fates: [
            Mapped("tools"),
            Kept,
            Mapped("tools"),
            Mapped("functionDeclarations"),
            Mapped("toolConfig.tools"),
        ],
    },
    FieldRow {
        field: "tools[].function.strict",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{}}}}]}"#,
        fates: [
            Mapped("the tool; strict as far as the format knows it"),
            Kept,
            Mapped("the tool; strict as far as the format knows it"),
            Mapped("the tool; strict as far as the format knows it"),
            Mapped("the tool; strict as far as the format knows it"),
        ],
    },
    FieldRow {
        field: "tools[]: custom",
        sample: r#"{"tools":[{"type":"custom","custom":{"name":"f","description":"Runs it","format":{"type":"text"}}}]}"#,
        fates: [
            Mapped("a tool with one string"),
            Kept,
            Mapped("custom"),
            Mapped("a function with one string"),
            Mapped("a tool with one string"),
        ],
    },
    FieldRow {
        field: "tool_choice: none",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":"none"}"#,
        fates: [
            Mapped("tool_choice none"),
            Kept,
            Mapped("tool_choice"),
            Mapped("functionCallingConfig of mode NONE"),
            Dropped("without calls in the history the tools are left out"),
        ],
    },
    FieldRow {
        field: "tool_choice: required",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":"required"}"#,
        fates: [
            Mapped("tool_choice any"),
            Kept,
            Mapped("tool_choice"),
            Mapped("functionCallingConfig of mode ANY"),
            Mapped("toolChoice any"),
        ],
    },
    FieldRow {
        field: "tool_choice: function",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":{"type":"function","function":{"name":"f"}}}"#,
        fates: [
            Mapped("tool_choice tool"),
            Kept,
            Mapped("tool_choice"),
            Mapped("allowedFunctionNames"),
            Mapped("toolChoice tool"),
        ],
    },
    FieldRow {
        field: "tool_choice: custom",
        sample: r#"{"tools":[{"type":"custom","custom":{"name":"f","description":"Runs it","format":{"type":"text"}}}],"tool_choice":{"type":"custom","custom":{"name":"f"}}}"#,
        fates: [
            Mapped("tool_choice tool"),
            Kept,
            Mapped("tool_choice"),
            Mapped("allowedFunctionNames"),
            Mapped("toolChoice tool"),
        ],
    },
    FieldRow {
        field: "tool_choice: allowed_tools",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}}"#,
        fates: [
            Mapped("these tools alone, tool_choice any"),
            Kept,
            Mapped("tool_choice"),
            Mapped("allowedFunctionNames"),
            Mapped("these tools alone, toolChoice any"),
        ],
    },
    FieldRow {
        field: "parallel_tool_calls",
        sample: r#"{"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],"parallel_tool_calls":false}"#,
        fates: [
            Mapped("tool_choice.disable_parallel_tool_use"),
            Kept,
            Mapped("parallel_tool_calls"),
            Refused("Gemini has no switch for it"),
            Refused("Converse has no switch for it"),
        ],
    },
    FieldRow {
        field: "functions",
        sample: r#"{"functions":[{"name":"f"}]}"#,
        fates: [
            Refused("its answers have a form of their own"),
            Kept,
            Refused("its answers have a form of their own"),
            Refused("its answers have a form of their own"),
            Refused("its answers have a form of their own"),
        ],
    },
    FieldRow {
        field: "function_call",
        sample: r#"{"functions":[{"name":"f"}],"function_call":{"name":"f"}}"#,
        fates: [
            Refused("its answers have a form of their own"),
            Kept,
            Refused("its answers have a form of their own"),
            Refused("its answers have a form of their own"),
            Refused("its answers have a form of their own"),
        ],
    },
    FieldRow {
        field: "web_search_options",
        sample: r#"{"web_search_options":{}}"#,
        fates: [
            Refused("the search is OpenAI's"),
            Kept,
            Refused("the search is OpenAI's"),
            Refused("the search is OpenAI's"),
            Refused("the search is OpenAI's"),
        ],
    },
];
