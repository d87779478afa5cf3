//! The rows of labels and of how the request is handled.
//! Never in here: how a field is read or written.

use crate::table::Fate::{Dropped, Kept, Mapped, Refused};
use crate::table::FieldRow;

pub(super) const ROWS: &[FieldRow] = &[
    FieldRow {
        field: "user",
        sample: r#"{"user":"u1"}"#,
        fates: [
            Mapped("metadata.user_id"),
            Kept,
            Mapped("user"),
            Dropped("a label"),
            Dropped("a label"),
        ],
    },
    FieldRow {
        field: "safety_identifier",
        sample: r#"{"safety_identifier":"u1"}"#,
        fates: [
            Mapped("metadata.user_id"),
            Kept,
            Mapped("user"),
            Dropped("a label"),
            Dropped("a label"),
        ],
    },
    FieldRow {
        field: "metadata",
        sample: r#"{"metadata":{"a":"b"}}"#,
        fates: [
            Dropped("a label"),
            Kept,
            Mapped("metadata"),
            Dropped("a label"),
            Dropped("a label"),
        ],
    },
    FieldRow {
        field: "store",
        sample: r#"{"store":true}"#,
        fates: [
            Dropped("the vendor keeps no answers for retrieval"),
            Kept,
            Mapped("store"),
            Dropped("the vendor keeps no answers for retrieval"),
            Dropped("the vendor keeps no answers for retrieval"),
        ],
    },
    FieldRow {
        field: "service_tier: auto, default",
        sample: r#"{"service_tier":"default"}"#,
        fates: [
            Mapped("service_tier standard_only"),
            Kept,
            Mapped("service_tier"),
            Dropped("the default"),
            Dropped("the default"),
        ],
    },
    FieldRow {
        field: "service_tier: flex, priority, fast",
        sample: r#"{"service_tier":"flex"}"#,
        fates: [
            Refused("Claude's tiers are others"),
            Kept,
            Mapped("service_tier"),
            Refused("the format has no tiers"),
            Refused("the format has no tiers"),
        ],
    },
    FieldRow {
        field: "service_tier: scale",
        sample: r#"{"service_tier":"scale"}"#,
        fates: [
            Refused("a scale tier is bought at OpenAI"),
            Kept,
            Refused("a scale tier is bought at OpenAI"),
            Refused("a scale tier is bought at OpenAI"),
            Refused("a scale tier is bought at OpenAI"),
        ],
    },
    FieldRow {
        field: "prompt_cache_key",
        sample: r#"{"prompt_cache_key":"k"}"#,
        fates: [
            Dropped("a hint for the cache"),
            Kept,
            Mapped("prompt_cache_key"),
            Dropped("a hint for the cache"),
            Dropped("a hint for the cache"),
        ],
    },
    FieldRow {
        field: "prompt_cache_options",
        sample: r#"{"prompt_cache_options":{"mode":"explicit"}}"#,
        fates: [
            Dropped("a hint for the cache"),
            Kept,
            Dropped("a hint for the cache"),
            Dropped("a hint for the cache"),
            Dropped("a hint for the cache"),
        ],
    },
    FieldRow {
        field: "prompt_cache_retention",
        sample: r#"{"prompt_cache_retention":"24h"}"#,
        fates: [
            Dropped("a hint for the cache"),
            Kept,
            Dropped("a hint for the cache"),
            Dropped("a hint for the cache"),
            Dropped("a hint for the cache"),
        ],
    },
    FieldRow {
        field: "stream",
        sample: r#"{"stream":true}"#,
        fates: [
            Mapped("stream"),
            Kept,
            Mapped("stream"),
            Dropped("said in the path"),
            Dropped("said in the path"),
        ],
    },
    FieldRow {
        field: "stream_options",
        sample: r#"{"stream_options":{"include_usage":true,"include_obfuscation":false}}"#,
        fates: [
            Dropped("how the stream to the client is framed"),
            Kept,
            Dropped("how the stream to the client is framed"),
            Dropped("how the stream to the client is framed"),
            Dropped("how the stream to the client is framed"),
        ],
    },
];
