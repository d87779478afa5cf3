//! The rows of what shapes the answer.
//! Never in here: how a field is read or written.

use crate::table::Fate::{Dropped, Kept, Mapped, Refused};
use crate::table::FieldRow;

pub(super) const ROWS: &[FieldRow] = &[
    FieldRow {
        field: "model",
        sample: r#"{"model":"another"}"#,
        fates: [
            Dropped("the platform's own name of the model is sent"),
            Kept,
            Dropped("the platform's own name of the model is sent"),
            Dropped("the platform's own name of the model is sent"),
            Dropped("the platform's own name of the model is sent"),
        ],
    },
    FieldRow {
        field: "temperature",
        sample: r#"{"temperature":0.5}"#,
        fates: [
            Mapped("temperature"),
            Kept,
            Mapped("temperature"),
            Mapped("generationConfig.temperature"),
            Mapped("inferenceConfig.temperature"),
        ],
    },
    FieldRow {
        field: "top_p",
        sample: r#"{"top_p":0.5}"#,
        fates: [
            Mapped("top_p"),
            Kept,
            Mapped("top_p"),
            Mapped("generationConfig.topP"),
            Mapped("inferenceConfig.topP"),
        ],
    },
    FieldRow {
        field: "frequency_penalty",
        sample: r#"{"frequency_penalty":0.5}"#,
        fates: [
            Refused("Claude's models have no such penalty"),
            Kept,
            Refused("the Responses format has no such penalty"),
            Mapped("generationConfig.frequencyPenalty"),
            Refused("the Converse format has no such penalty"),
        ],
    },
    FieldRow {
        field: "presence_penalty",
        sample: r#"{"presence_penalty":0.5}"#,
        fates: [
            Refused("Claude's models have no such penalty"),
            Kept,
            Refused("the Responses format has no such penalty"),
            Mapped("generationConfig.presencePenalty"),
            Refused("the Converse format has no such penalty"),
        ],
    },
    FieldRow {
        field: "seed",
        sample: r#"{"seed":7}"#,
        fates: [
            Dropped("OpenAI documents it as best effort"),
            Kept,
            Dropped("OpenAI documents it as best effort"),
            Mapped("generationConfig.seed"),
            Dropped("OpenAI documents it as best effort"),
        ],
    },
    FieldRow {
        field: "logit_bias",
        sample: r#"{"logit_bias":{"50256":-100}}"#,
        fates: [
            Refused("tokens differ between vendors"),
            Kept,
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
        ],
    },
    FieldRow {
        field: "stop",
        sample: r#"{"stop":["END"]}"#,
        fates: [
            Mapped("stop_sequences"),
            Kept,
            Refused("the Responses format has no stop texts"),
            Mapped("generationConfig.stopSequences"),
            Mapped("inferenceConfig.stopSequences"),
        ],
    },
    FieldRow {
        field: "n",
        sample: r#"{"n":2}"#,
        fates: [
            Refused("Claude's models give one answer"),
            Kept,
            Refused("the Responses format gives one answer"),
            Mapped("generationConfig.candidateCount"),
            Refused("the Converse format gives one answer"),
        ],
    },
    FieldRow {
        field: "logprobs",
        sample: r#"{"logprobs":true}"#,
        fates: [
            Refused("Claude's models tell none"),
            Kept,
            Mapped("include, message.output_text.logprobs"),
            Mapped("generationConfig.responseLogprobs"),
            Refused("the Converse format tells none"),
        ],
    },
    FieldRow {
        field: "top_logprobs",
        sample: r#"{"logprobs":true,"top_logprobs":2}"#,
        fates: [
            Refused("Claude's models tell none"),
            Kept,
            Mapped("top_logprobs"),
            Mapped("generationConfig.logprobs"),
            Refused("the Converse format tells none"),
        ],
    },
    FieldRow {
        field: "max_completion_tokens",
        sample: r#"{"max_completion_tokens":100}"#,
        fates: [
            Mapped("max_tokens"),
            Kept,
            Mapped("max_output_tokens"),
            Mapped("generationConfig.maxOutputTokens"),
            Mapped("inferenceConfig.maxTokens"),
        ],
    },
    FieldRow {
        field: "max_tokens",
        sample: r#"{"max_tokens":100}"#,
        fates: [
            Mapped("max_tokens"),
            Kept,
            Mapped("max_output_tokens"),
            Mapped("generationConfig.maxOutputTokens"),
            Mapped("inferenceConfig.maxTokens"),
        ],
    },
    FieldRow {
        field: "reasoning_effort",
        sample: r#"{"reasoning_effort":"low"}"#,
        fates: [
            Mapped("thinking, output_config.effort"),
            Kept,
            Mapped("reasoning.effort"),
            Mapped("generationConfig.thinkingConfig"),
            Dropped("only Claude's models are told there, in additionalModelRequestFields.thinking"),
        ],
    },
    FieldRow {
        field: "verbosity",
        sample: r#"{"verbosity":"low"}"#,
        fates: [
            Dropped("advice"),
            Kept,
            Mapped("text.verbosity"),
            Dropped("advice"),
            Dropped("advice"),
        ],
    },
    FieldRow {
        field: "response_format: text",
        sample: r#"{"response_format":{"type":"text"}}"#,
        fates: [
            Dropped("the default"),
            Kept,
            Dropped("the default"),
            Dropped("the default"),
            Dropped("the default"),
        ],
    },
    FieldRow {
        field: "response_format: json_object",
        sample: r#"{"response_format":{"type":"json_object"}}"#,
        fates: [
            Mapped("a line in system"),
            Kept,
            Mapped("text.format"),
            Mapped("generationConfig.responseMimeType"),
            Refused("the Converse format needs a schema"),
        ],
    },
    FieldRow {
        field: "response_format: json_schema",
        sample: r#"{"response_format":{"type":"json_schema","json_schema":{"name":"a","description":"A","strict":true,"schema":{"type":"object","properties":{},"additionalProperties":false}}}}"#,
        fates: [
            Mapped("output_config.format"),
            Kept,
            Mapped("text.format"),
            Mapped("generationConfig.responseJsonSchema"),
            Mapped("outputConfig"),
        ],
    },
    FieldRow {
        field: "modalities",
        sample: r#"{"modalities":["text"]}"#,
        fates: [
            Dropped("the default; sound is refused"),
            Kept,
            Dropped("the default; sound is refused"),
            Dropped("the default; sound is refused"),
            Dropped("the default; sound is refused"),
        ],
    },
    FieldRow {
        field: "audio",
        sample: r#"{"modalities":["text","audio"],"audio":{"voice":"alloy","format":"wav"}}"#,
        fates: [
            Refused("spoken answers are OpenAI's alone"),
            Kept,
            Refused("spoken answers are OpenAI's alone"),
            Refused("spoken answers are OpenAI's alone"),
            Refused("spoken answers are OpenAI's alone"),
        ],
    },
    FieldRow {
        field: "moderation",
        sample: r#"{"moderation":{"model":"omni-moderation-latest"}}"#,
        fates: [
            Refused("the moderation is OpenAI's"),
            Kept,
            Refused("the moderation is OpenAI's"),
            Refused("the moderation is OpenAI's"),
            Refused("the moderation is OpenAI's"),
        ],
    },
    FieldRow {
        field: "prediction",
        sample: r#"{"prediction":{"type":"content","content":"Hello"}}"#,
        fates: [
            Dropped("a hint that makes the answer faster and no other"),
            Kept,
            Dropped("a hint that makes the answer faster and no other"),
            Dropped("a hint that makes the answer faster and no other"),
            Dropped("a hint that makes the answer faster and no other"),
        ],
    },
];
