//! All other fields at the top. Never in here: what is said.

use super::{dropped, mapped, refused, row};
use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

/// Its rows.
pub(super) const SETTINGS: [FieldRow; 40] = [
    mapped(
        "max_output_tokens",
        r#"{"max_output_tokens":77}"#,
        [
            "max_tokens",
            "max_completion_tokens",
            "maxOutputTokens",
            "maxTokens",
        ],
    ),
    mapped(
        "temperature",
        r#"{"temperature":0.5}"#,
        ["temperature", "temperature", "temperature", "temperature"],
    ),
    mapped("top_p", r#"{"top_p":0.5}"#, ["top_p", "top_p", "topP", "topP"]),
    row(
        "top_logprobs",
        r#"{"top_logprobs":3}"#,
        [
            Refused("the platform tells none"),
            Mapped("logprobs, top_logprobs"),
            Mapped("responseLogprobs, logprobs"),
            Refused("the platform tells none"),
        ],
    ),
    row(
        "include, message.output_text.logprobs",
        r#"{"include":["message.output_text.logprobs"],"top_logprobs":0}"#,
        [
            Refused("the platform tells none"),
            Mapped("logprobs"),
            Mapped("responseLogprobs"),
            Refused("the platform tells none"),
        ],
    ),
    dropped(
        "include, reasoning.encrypted_content",
        r#"{"include":["reasoning.encrypted_content"]}"#,
        "concerns the answer: what the platform seals is in it",
    ),
    dropped(
        "include, results of OpenAI's tools",
        r#"{"include":["web_search_call.results"]}"#,
        "no such tool is offered",
    ),
    refused(
        "include, others",
        r#"{"include":["something.else"]}"#,
        "not known",
    ),
    row(
        "reasoning.effort, summary",
        r#"{"reasoning":{"effort":"high","summary":"auto"}}"#,
        [
            Mapped("thinking, output_config.effort"),
            Mapped("reasoning_effort"),
            Mapped("thinkingConfig"),
            Dropped("advice; Claude models get it as thinking"),
        ],
    ),
    dropped(
        "reasoning.context",
        r#"{"reasoning":{"context":"auto"}}"#,
        "earlier reasoning counts as far as it stands in the conversation",
    ),
    refused(
        "reasoning.mode",
        r#"{"reasoning":{"mode":"pro"}}"#,
        "no other platform has it",
    ),
    row(
        "text.verbosity",
        r#"{"text":{"verbosity":"low"}}"#,
        [
            Dropped("advice"),
            Mapped("verbosity"),
            Dropped("advice"),
            Dropped("advice"),
        ],
    ),
    mapped(
        "text.format, json_schema",
        r#"{"text":{"format":{"type":"json_schema","name":"city","schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false},"strict":true}}}"#,
        [
            "output_config.format",
            "response_format",
            "responseJsonSchema",
            "outputConfig",
        ],
    ),
    row(
        "text.format, json_object",
        r#"{"text":{"format":{"type":"json_object"}}}"#,
        [
            Mapped("a line in system"),
            Mapped("response_format"),
            Mapped("responseMimeType"),
            Refused("the format wants a schema"),
        ],
    ),
    dropped(
        "text.format, text",
        r#"{"text":{"format":{"type":"text"}}}"#,
        "the default everywhere",
    ),
    row(
        "user",
        r#"{"user":"u-1"}"#,
        [
            Mapped("metadata.user_id"),
            Mapped("user"),
            Dropped("a label"),
            Dropped("a label"),
        ],
    ),
    row(
        "safety_identifier",
        r#"{"safety_identifier":"u-1"}"#,
        [
            Mapped("metadata.user_id"),
            Mapped("user"),
            Dropped("a label"),
            Dropped("a label"),
        ],
    ),
    row(
        "metadata",
        r#"{"metadata":{"team":"a"}}"#,
        [
            Dropped("labels"),
            Mapped("metadata"),
            Dropped("labels"),
            Dropped("labels"),
        ],
    ),
    row(
        "service_tier, auto",
        r#"{"service_tier":"auto"}"#,
        [
            Mapped("auto"),
            Mapped("auto"),
            Dropped("the default"),
            Dropped("the default"),
        ],
    ),
    row(
        "service_tier, default",
        r#"{"service_tier":"default"}"#,
        [
            Mapped("standard_only"),
            Mapped("default"),
            Dropped("the default"),
            Dropped("the default"),
        ],
    ),
    row(
        "service_tier, flex or priority",
        r#"{"service_tier":"flex"}"#,
        [
            Refused("no such tier"),
            Mapped("service_tier"),
            Refused("no such tier"),
            Refused("no such tier"),
        ],
    ),
    row(
        "prompt_cache_key",
        r#"{"prompt_cache_key":"k"}"#,
        [
            Dropped("a hint to the cache"),
            Mapped("prompt_cache_key"),
            Dropped("a hint to the cache"),
            Dropped("a hint to the cache"),
        ],
    ),
    dropped(
        "prompt_cache_options",
        r#"{"prompt_cache_options":{"mode":"implicit"}}"#,
        "a hint to OpenAI's cache",
    ),
    dropped(
        "prompt_cache_retention",
        r#"{"prompt_cache_retention":"24h"}"#,
        "a hint to OpenAI's cache",
    ),
    dropped("store, false", r#"{"store":false}"#, "nothing is kept"),
    row(
        "store, true",
        r#"{"store":true}"#,
        [
            Dropped("nothing is kept, and the answer says so"),
            Mapped("store"),
            Dropped("nothing is kept, and the answer says so"),
            Dropped("nothing is kept, and the answer says so"),
        ],
    ),
    row(
        "stream",
        r#"{"stream":true}"#,
        [
            Mapped("stream"),
            Mapped("stream"),
            Dropped("said by the path"),
            Dropped("said by the path"),
        ],
    ),
    dropped(
        "stream_options",
        r#"{"stream_options":{"include_obfuscation":false}}"#,
        "padding of events that only hides their length",
    ),
    dropped(
        "truncation",
        r#"{"truncation":"auto"}"#,
        "only matters beyond the model's window, where the platform answers with an error",
    ),
    dropped(
        "max_tool_calls",
        r#"{"max_tool_calls":3}"#,
        "counts calls of OpenAI's own tools",
    ),
    dropped(
        "context_management",
        r#"{"context_management":[{"type":"compaction"}]}"#,
        "only saves tokens",
    ),
    dropped(
        "client_metadata",
        r#"{"client_metadata":{"a":"b"}}"#,
        "telemetry of the client",
    ),
    dropped(
        "image",
        r#"{"image":{"context_compression":"auto"}}"#,
        "only saves tokens",
    ),
    dropped("background, false", r#"{"background":false}"#, "the default"),
    refused(
        "background, true",
        r#"{"background":true}"#,
        "OpenAI alone answers in the background",
    ),
    refused(
        "previous_response_id",
        r#"{"previous_response_id":"resp_1"}"#,
        "responses are kept by OpenAI alone",
    ),
    refused(
        "conversation",
        r#"{"conversation":"conv_1"}"#,
        "conversations are kept by OpenAI alone",
    ),
    refused(
        "prompt",
        r#"{"prompt":{"id":"pmpt_1"}}"#,
        "prompt templates are kept by OpenAI alone",
    ),
    refused(
        "moderation",
        r#"{"moderation":{"model":"omni-moderation-latest"}}"#,
        "OpenAI alone moderates along with an answer",
    ),
    refused(
        "access_programs",
        r#"{"access_programs":{"cyber":"standard"}}"#,
        "a programme of OpenAI's",
    ),
];
