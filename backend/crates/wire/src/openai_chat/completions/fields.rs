//! What becomes of each field of a legacy Completions request (OpenAI's API reference, "Completions (legacy)").
//! Never in here: how a field is read or written.

use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

/// The smallest request.
pub const MINIMAL: &str = r#"{"model":"gpt-3.5-turbo-instruct","prompt":"Once upon a time"}"#;

/// Each documented field.
pub const FIELDS: &[FieldRow] = &[
    FieldRow {
        field: "model",
        sample: r#"{"model":"another"}"#,
        fates: [
            Dropped("the platform's own name of the model is sent"),
            Dropped("the platform's own name of the model is sent"),
            Dropped("the platform's own name of the model is sent"),
            Dropped("the platform's own name of the model is sent"),
            Dropped("the platform's own name of the model is sent"),
        ],
    },
    FieldRow {
        field: "prompt",
        sample: r#"{"prompt":"Good morning"}"#,
        fates: [
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
        ],
    },
    FieldRow {
        field: "prompt: one in an array",
        sample: r#"{"prompt":["Good morning"]}"#,
        fates: [
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
            Mapped("a turn of the user"),
        ],
    },
    FieldRow {
        field: "prompt: several",
        sample: r#"{"prompt":["One","Two"]}"#,
        fates: [
            Refused("one prompt a request can be translated"),
            Refused("one prompt a request can be translated"),
            Refused("one prompt a request can be translated"),
            Refused("one prompt a request can be translated"),
            Refused("one prompt a request can be translated"),
        ],
    },
    FieldRow {
        field: "prompt: tokens",
        sample: r#"{"prompt":[1,2]}"#,
        fates: [
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
        ],
    },
    FieldRow {
        field: "suffix",
        sample: r#"{"suffix":"The end"}"#,
        fates: [
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
        ],
    },
    FieldRow {
        field: "echo",
        sample: r#"{"echo":true}"#,
        fates: [
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
        ],
    },
    FieldRow {
        field: "best_of",
        sample: r#"{"best_of":2}"#,
        fates: [
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
        ],
    },
    FieldRow {
        field: "logprobs",
        sample: r#"{"logprobs":2}"#,
        fates: [
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
            Refused("a chat has nothing of the kind"),
        ],
    },
    FieldRow {
        field: "max_tokens",
        sample: r#"{"max_tokens":100}"#,
        fates: [
            Mapped("max_tokens"),
            Mapped("max_completion_tokens"),
            Mapped("max_output_tokens"),
            Mapped("generationConfig.maxOutputTokens"),
            Mapped("inferenceConfig.maxTokens"),
        ],
    },
    FieldRow {
        field: "n",
        sample: r#"{"n":2}"#,
        fates: [
            Refused("Claude's models give one answer"),
            Mapped("n"),
            Refused("the Responses format gives one answer"),
            Mapped("generationConfig.candidateCount"),
            Refused("the Converse format gives one answer"),
        ],
    },
    FieldRow {
        field: "temperature",
        sample: r#"{"temperature":0.5}"#,
        fates: [
            Mapped("temperature"),
            Mapped("temperature"),
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
            Mapped("top_p"),
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
            Mapped("frequency_penalty"),
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
            Mapped("presence_penalty"),
            Refused("the Responses format has no such penalty"),
            Mapped("generationConfig.presencePenalty"),
            Refused("the Converse format has no such penalty"),
        ],
    },
    FieldRow {
        field: "logit_bias",
        sample: r#"{"logit_bias":{"50256":-100}}"#,
        fates: [
            Refused("tokens differ between vendors"),
            Mapped("logit_bias"),
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
            Refused("tokens differ between vendors"),
        ],
    },
    FieldRow {
        field: "seed",
        sample: r#"{"seed":7}"#,
        fates: [
            Dropped("OpenAI documents it as best effort"),
            Mapped("seed"),
            Dropped("OpenAI documents it as best effort"),
            Mapped("generationConfig.seed"),
            Dropped("OpenAI documents it as best effort"),
        ],
    },
    FieldRow {
        field: "stop",
        sample: r#"{"stop":["END"]}"#,
        fates: [
            Mapped("stop_sequences"),
            Mapped("stop"),
            Refused("the Responses format has no stop texts"),
            Mapped("generationConfig.stopSequences"),
            Mapped("inferenceConfig.stopSequences"),
        ],
    },
    FieldRow {
        field: "user",
        sample: r#"{"user":"u1"}"#,
        fates: [
            Mapped("metadata.user_id"),
            Mapped("user"),
            Mapped("user"),
            Dropped("a label"),
            Dropped("a label"),
        ],
    },
    FieldRow {
        field: "stream",
        sample: r#"{"stream":true}"#,
        fates: [
            Mapped("stream"),
            Mapped("stream"),
            Mapped("stream"),
            Dropped("said in the path"),
            Dropped("said in the path"),
        ],
    },
    FieldRow {
        field: "stream_options",
        sample: r#"{"stream_options":{"include_usage":true}}"#,
        fates: [
            Dropped("how the stream to the client is framed"),
            Dropped("how the stream to the client is framed"),
            Dropped("how the stream to the client is framed"),
            Dropped("how the stream to the client is framed"),
            Dropped("how the stream to the client is framed"),
        ],
    },
];
