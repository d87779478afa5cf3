//! Fields at the top, and what stands in them, but for messages and tools.

use super::{dropped, mapped, refused, row};
use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

const AUTOMATIC: &str = "only says where Anthropic's cache may begin anew";
const NO_LABEL: &str = "an opaque name of the end user, for abuse reports";
const CONTEXT: &str = "only saves tokens of long conversations";
const ONE_TIER: &str = "the automatic or standard tier is what there is";
const BODY_OF_ANOTHER: &str = "names the version of Anthropic's API";

pub(super) const ROWS: &[FieldRow] = &[
    mapped(
        "max_tokens",
        r#"{"max_tokens":65}"#,
        [
            "max_completion_tokens",
            "max_output_tokens",
            "generationConfig.maxOutputTokens",
            "inferenceConfig.maxTokens",
        ],
    ),
    mapped(
        "system",
        r#"{"system":"Be brief."}"#,
        [
            "a first system message",
            "instructions",
            "systemInstruction",
            "system",
        ],
    ),
    mapped(
        "system[]",
        r#"{"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be kind."}]}"#,
        [
            "a first system message",
            "instructions",
            "systemInstruction",
            "system",
        ],
    ),
    dropped(
        "system[]: x-anthropic-billing-header",
        r#"{"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli;"}]}"#,
        "Claude Code's line for Anthropic about itself",
    ),
    row(
        "stream",
        r#"{"stream":true}"#,
        [
            Mapped("stream, stream_options.include_usage"),
            Mapped("stream"),
            Dropped("the path says it: streamGenerateContent"),
            Dropped("the path says it: converse-stream"),
        ],
    ),
    mapped(
        "temperature",
        r#"{"temperature":0.5}"#,
        [
            "temperature",
            "temperature",
            "generationConfig.temperature",
            "inferenceConfig.temperature",
        ],
    ),
    mapped(
        "top_p",
        r#"{"top_p":0.5}"#,
        ["top_p", "top_p", "generationConfig.topP", "inferenceConfig.topP"],
    ),
    row(
        "top_k",
        r#"{"top_k":40}"#,
        [
            Refused("OpenAI samples by top_p alone"),
            Refused("OpenAI samples by top_p alone"),
            Mapped("generationConfig.topK"),
            Refused("models other than Claude have no common word for it"),
        ],
    ),
    row(
        "stop_sequences",
        r#"{"stop_sequences":["END"]}"#,
        [
            Mapped("stop, up to 4"),
            Refused("the Responses format has no stop texts"),
            Mapped("generationConfig.stopSequences, up to 5"),
            Mapped("inferenceConfig.stopSequences"),
        ],
    ),
    row(
        "metadata.user_id",
        r#"{"metadata":{"user_id":"u1"}}"#,
        [
            Mapped("safety_identifier"),
            Mapped("safety_identifier"),
            Dropped(NO_LABEL),
            Dropped(NO_LABEL),
        ],
    ),
    row(
        "thinking.type: enabled",
        r#"{"max_tokens":4096,"thinking":{"type":"enabled","budget_tokens":2048}}"#,
        [
            Mapped("reasoning_effort by the budget"),
            Mapped("reasoning.effort by the budget"),
            Mapped("generationConfig.thinkingConfig.thinkingBudget"),
            Mapped("max_tokens alone; models other than Claude have no common word for thinking"),
        ],
    ),
    row(
        "thinking.type: adaptive",
        r#"{"thinking":{"type":"adaptive"}}"#,
        [
            Dropped("models that reason do so as they see fit"),
            Mapped("include: reasoning.encrypted_content; models that reason do so as they see fit"),
            Mapped("generationConfig.thinkingConfig.thinkingBudget: -1"),
            Dropped("models other than Claude have no common word for thinking"),
        ],
    ),
    row(
        "thinking.type: disabled",
        r#"{"thinking":{"type":"disabled"}}"#,
        [
            Mapped("reasoning_effort: none"),
            Mapped("reasoning.effort: none"),
            Mapped("generationConfig.thinkingConfig.thinkingBudget: 0"),
            Dropped("models other than Claude have no common word for thinking"),
        ],
    ),
    row(
        "thinking.type: between_tools",
        r#"{"thinking":{"type":"between_tools"}}"#,
        [
            Mapped("reasoning_effort: none"),
            Mapped("reasoning.effort: none"),
            Mapped("generationConfig.thinkingConfig.thinkingBudget: 0"),
            Dropped("models other than Claude have no common word for thinking"),
        ],
    ),
    row(
        "thinking.display",
        r#"{"thinking":{"type":"adaptive","display":"summarized"}}"#,
        [
            Dropped("the format shows no reasoning"),
            Mapped("reasoning.summary"),
            Mapped("generationConfig.thinkingConfig.includeThoughts"),
            Dropped("models other than Claude have no common word for thinking"),
        ],
    ),
    row(
        "output_config.effort",
        r#"{"output_config":{"effort":"low"}}"#,
        [
            Mapped("reasoning_effort"),
            Mapped("reasoning.effort"),
            Mapped("generationConfig.thinkingConfig"),
            Dropped("models other than Claude have no common word for effort"),
        ],
    ),
    mapped(
        "output_config.format",
        r#"{"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}"#,
        [
            "response_format",
            "text.format",
            "generationConfig.responseJsonSchema",
            "outputConfig.textFormat",
        ],
    ),
    mapped(
        "output_format",
        r#"{"output_format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}"#,
        [
            "response_format",
            "text.format",
            "generationConfig.responseJsonSchema",
            "outputConfig.textFormat",
        ],
    ),
    dropped(
        "output_config.task_budget",
        r#"{"output_config":{"task_budget":{"type":"tokens","total":64000}}}"#,
        "advice to the model about a whole task, no limit",
    ),
    row(
        "service_tier",
        r#"{"service_tier":"auto"}"#,
        [
            Mapped("service_tier"),
            Mapped("service_tier"),
            Dropped(ONE_TIER),
            Dropped(ONE_TIER),
        ],
    ),
    dropped(
        "cache_control",
        r#"{"cache_control":{"type":"ephemeral"}}"#,
        AUTOMATIC,
    ),
    dropped(
        "context_management",
        r#"{"context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]}}"#,
        CONTEXT,
    ),
    dropped(
        "diagnostics",
        r#"{"diagnostics":{"previous_message_id":"msg_1"}}"#,
        "asks why Anthropic's cache was missed",
    ),
    dropped(
        "fallbacks",
        r#"{"fallbacks":"default"}"#,
        "is about refusals of Anthropic's filters",
    ),
    dropped(
        "fallback_credit_token",
        r#"{"fallback_credit_token":"t"}"#,
        "is about what Anthropic bills",
    ),
    dropped(
        "billing_policy",
        r#"{"billing_policy":{"type":"billing_policy","bill_to":"self"}}"#,
        "is about what Anthropic bills",
    ),
    dropped(
        "betas",
        r#"{"betas":["context-management-2025-06-27"]}"#,
        "turns on features whose fields are judged one by one",
    ),
    dropped(
        "anthropic_beta",
        r#"{"anthropic_beta":["context-management-2025-06-27"]}"#,
        "turns on features whose fields are judged one by one",
    ),
    dropped(
        "anthropic_version",
        r#"{"anthropic_version":"bedrock-2023-05-31"}"#,
        BODY_OF_ANOTHER,
    ),
    dropped("speed: standard", r#"{"speed":"standard"}"#, "is the default"),
    refused("speed", r#"{"speed":"fast"}"#, "other platforms have one speed"),
    dropped(
        "inference_geo: global",
        r#"{"inference_geo":"global"}"#,
        "is the default",
    ),
    refused(
        "inference_geo",
        r#"{"inference_geo":"us"}"#,
        "where another platform infers can't be promised",
    ),
    refused(
        "container",
        r#"{"container":"container_1"}"#,
        "only Anthropic's platform has containers",
    ),
    refused(
        "mcp_servers",
        r#"{"mcp_servers":[{"type":"url","url":"https://mcp.example.com/sse","name":"one"}]}"#,
        "only Anthropic's platform calls the servers",
    ),
    refused(
        "thread",
        r#"{"thread":{"type":"create"}}"#,
        "only Anthropic's platform keeps threads",
    ),
    refused(
        "compaction",
        r#"{"compaction":{"type":"summarize"}}"#,
        "only Anthropic can read a compacted conversation",
    ),
];
