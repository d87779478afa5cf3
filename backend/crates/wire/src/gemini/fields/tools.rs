//! Fields of `tools` and `toolConfig`.

use super::{dropped, mapped, refused, row};
use crate::table::Fate::{Dropped, Mapped};
use crate::table::FieldRow;

const SEARCH: &str = "an offer of Google's own search that the model need not take up";
const HOSTED: &str = "Google's own tools run at Google only";
const OF_HOSTED: &str = "a setting of Google's own tools";

pub(super) const ROWS: &[FieldRow] = &[
    mapped(
        "tools[].functionDeclarations[].parameters",
        r#"{"tools":[{"functionDeclarations":[{"name":"weather","description":"Tells it.","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}},"behavior":"BLOCKING","response":{"type":"STRING"}}]}]}"#,
        [
            "tools[].input_schema, as JSON schema; what the function gives is left out",
            "tools[].function.parameters, as JSON schema; what the function gives is left out",
            "tools[].parameters, as JSON schema; what the function gives is left out",
            "toolConfig.tools[].toolSpec, as JSON schema; what the function gives is left out",
        ],
    ),
    mapped(
        "tools[].functionDeclarations[].parametersJsonSchema",
        r#"{"tools":[{"function_declarations":[{"name":"weather","description":"Tells it.","parameters_json_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]}]}"#,
        [
            "tools[].input_schema",
            "tools[].function.parameters",
            "tools[].parameters",
            "toolConfig.tools[].toolSpec",
        ],
    ),
    refused(
        "tools[].functionDeclarations[].behavior: NON_BLOCKING",
        r#"{"tools":[{"functionDeclarations":[{"name":"weather","behavior":"NON_BLOCKING"}]}]}"#,
        "functions can't run in the background",
    ),
    dropped(
        "tools[].googleSearch",
        r#"{"tools":[{"googleSearch":{}}]}"#,
        SEARCH,
    ),
    dropped(
        "tools[].googleSearchRetrieval",
        r#"{"tools":[{"google_search_retrieval":{}}]}"#,
        SEARCH,
    ),
    refused(
        "tools[].codeExecution",
        r#"{"tools":[{"codeExecution":{}}]}"#,
        HOSTED,
    ),
    refused("tools[].urlContext", r#"{"tools":[{"urlContext":{}}]}"#, HOSTED),
    refused(
        "tools[].fileSearch",
        r#"{"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/a"]}}]}"#,
        HOSTED,
    ),
    refused(
        "tools[].computerUse",
        r#"{"tools":[{"computerUse":{"environment":"ENVIRONMENT_BROWSER"}}]}"#,
        HOSTED,
    ),
    refused("tools[].googleMaps", r#"{"tools":[{"googleMaps":{}}]}"#, HOSTED),
    refused(
        "tools[].mcpServers",
        r#"{"tools":[{"mcpServers":[{"name":"a"}]}]}"#,
        HOSTED,
    ),
    mapped(
        "toolConfig.functionCallingConfig.mode: ANY",
        r#"{"tools":[{"functionDeclarations":[{"name":"weather"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}"#,
        [
            "tool_choice: any",
            "tool_choice: required",
            "tool_choice: required",
            "toolChoice: any",
        ],
    ),
    row(
        "toolConfig.functionCallingConfig.mode: NONE",
        r#"{"tools":[{"functionDeclarations":[{"name":"weather"}]}],"tool_config":{"function_calling_config":{"mode":"NONE"}}}"#,
        [
            Mapped("tool_choice: none"),
            Mapped("tool_choice: none"),
            Mapped("tool_choice: none"),
            Dropped("the tools are left out with it, so none can be called"),
        ],
    ),
    mapped(
        "toolConfig.functionCallingConfig.mode: VALIDATED",
        r#"{"tools":[{"functionDeclarations":[{"name":"weather"},{"name":"time"}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["time"]}}}"#,
        [
            "only these tools",
            "tool_choice: allowed_tools",
            "tool_choice: allowed_tools",
            "only these tools",
        ],
    ),
    mapped(
        "toolConfig.functionCallingConfig.allowedFunctionNames",
        r#"{"tools":[{"functionDeclarations":[{"name":"weather"},{"name":"time"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["time"]}}}"#,
        [
            "tool_choice: tool",
            "tool_choice: function",
            "tool_choice: function",
            "toolChoice: tool",
        ],
    ),
    dropped(
        "toolConfig.functionCallingConfig.streamFunctionCallArguments",
        r#"{"toolConfig":{"functionCallingConfig":{"streamFunctionCallArguments":true}}}"#,
        "how arguments come in a stream is the platform's to say",
    ),
    dropped(
        "toolConfig.retrievalConfig",
        r#"{"toolConfig":{"retrievalConfig":{"languageCode":"de"}}}"#,
        OF_HOSTED,
    ),
    dropped(
        "toolConfig.includeServerSideToolInvocations",
        r#"{"toolConfig":{"includeServerSideToolInvocations":true}}"#,
        OF_HOSTED,
    ),
];
