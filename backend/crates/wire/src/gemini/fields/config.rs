//! Fields at the top and in `generationConfig`.

use super::{dropped, mapped, refused, row};
use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

const NO_PENALTY: &str = "the format has no penalties";
const NO_CHOICES: &str = "the format gives one answer to a request";
const NO_THINKING: &str = "models other than Claude have no common word for thinking";
const SEED: &str = "Google documents seeds as a best effort; an answer without one is as good";
const MEDIA: &str = "the platform answers in text only";

pub(super) const ROWS: &[FieldRow] = &[
    dropped(
        "model",
        r#"{"model":"models/gemini-2.5-flash"}"#,
        "the path tells the model",
    ),
    mapped(
        "systemInstruction",
        r#"{"system_instruction":{"parts":[{"text":"Be brief."}]}}"#,
        ["system", "a system message", "instructions", "system"],
    ),
    dropped(
        "safetySettings",
        r#"{"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_ONLY_HIGH"}]}"#,
        "thresholds of Google's own filters; other vendors have theirs",
    ),
    dropped(
        "labels",
        r#"{"labels":{"team":"a"}}"#,
        "labels for Google's bills",
    ),
    refused(
        "cachedContent",
        r#"{"cachedContent":"cachedContents/a1"}"#,
        "content kept at Google can't be read elsewhere",
    ),
    row(
        "serviceTier: standard",
        r#"{"serviceTier":"standard"}"#,
        [
            Mapped("service_tier: standard_only"),
            Mapped("service_tier: default"),
            Mapped("service_tier: default"),
            Dropped("the standard tier is the only one asked for"),
        ],
    ),
    row(
        "serviceTier: flex",
        r#"{"serviceTier":"flex"}"#,
        [
            Refused("the format has no such tier"),
            Mapped("service_tier: flex"),
            Mapped("service_tier: flex"),
            Refused("only the standard tier is asked for"),
        ],
    ),
    row(
        "store",
        r#"{"store":true}"#,
        [
            Dropped("the format keeps no answers"),
            Mapped("store"),
            Mapped("store"),
            Dropped("the format keeps no answers"),
        ],
    ),
    mapped(
        "generationConfig.maxOutputTokens",
        r#"{"generationConfig":{"max_output_tokens":33}}"#,
        [
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "inferenceConfig.maxTokens",
        ],
    ),
    mapped(
        "generationConfig.temperature",
        r#"{"generationConfig":{"temperature":0.5}}"#,
        [
            "temperature, at most 1",
            "temperature",
            "temperature",
            "inferenceConfig.temperature, at most 1",
        ],
    ),
    mapped(
        "generationConfig.topP",
        r#"{"generationConfig":{"topP":0.8}}"#,
        ["top_p", "top_p", "top_p", "inferenceConfig.topP"],
    ),
    row(
        "generationConfig.topK",
        r#"{"generationConfig":{"topK":40}}"#,
        [
            Mapped("top_k"),
            Refused("OpenAI samples by top_p alone"),
            Refused("OpenAI samples by top_p alone"),
            Refused("models other than Claude have no common word for it"),
        ],
    ),
    dropped(
        "generationConfig.topK: 64",
        r#"{"generationConfig":{"topK":64}}"#,
        "what Gemini's models do anyway; Gemini CLI always says it",
    ),
    row(
        "generationConfig.seed",
        r#"{"generationConfig":{"seed":7}}"#,
        [Dropped(SEED), Mapped("seed"), Dropped(SEED), Dropped(SEED)],
    ),
    row(
        "generationConfig.presencePenalty",
        r#"{"generationConfig":{"presencePenalty":0.5}}"#,
        [
            Refused(NO_PENALTY),
            Mapped("presence_penalty"),
            Refused(NO_PENALTY),
            Refused(NO_PENALTY),
        ],
    ),
    row(
        "generationConfig.frequencyPenalty",
        r#"{"generationConfig":{"frequencyPenalty":0.5}}"#,
        [
            Refused(NO_PENALTY),
            Mapped("frequency_penalty"),
            Refused(NO_PENALTY),
            Refused(NO_PENALTY),
        ],
    ),
    row(
        "generationConfig.candidateCount",
        r#"{"generationConfig":{"candidateCount":2}}"#,
        [
            Refused(NO_CHOICES),
            Mapped("n"),
            Refused(NO_CHOICES),
            Refused(NO_CHOICES),
        ],
    ),
    row(
        "generationConfig.responseLogprobs, logprobs",
        r#"{"generationConfig":{"responseLogprobs":true,"logprobs":2}}"#,
        [
            Refused("the format tells no log probabilities"),
            Mapped("logprobs, top_logprobs"),
            Mapped("include, top_logprobs"),
            Refused("the format tells no log probabilities"),
        ],
    ),
    row(
        "generationConfig.stopSequences",
        r#"{"generationConfig":{"stopSequences":["END"]}}"#,
        [
            Mapped("stop_sequences"),
            Mapped("stop"),
            Refused("the format has no stop texts"),
            Mapped("inferenceConfig.stopSequences"),
        ],
    ),
    row(
        "generationConfig.thinkingConfig.thinkingBudget",
        r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":4096}}}"#,
        [
            Mapped("thinking"),
            Mapped("reasoning_effort"),
            Mapped("reasoning.effort"),
            Dropped(NO_THINKING),
        ],
    ),
    row(
        "generationConfig.thinkingConfig.thinkingLevel",
        r#"{"generationConfig":{"thinkingConfig":{"thinking_level":"HIGH"}}}"#,
        [
            Mapped("thinking, output_config.effort"),
            Mapped("reasoning_effort"),
            Mapped("reasoning.effort"),
            Dropped(NO_THINKING),
        ],
    ),
    row(
        "generationConfig.thinkingConfig.includeThoughts",
        r#"{"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"#,
        [
            Dropped("what is thought is shown where there is thinking"),
            Dropped("what is thought is shown where the platform tells it"),
            Mapped("reasoning.summary"),
            Dropped(NO_THINKING),
        ],
    ),
    row(
        "generationConfig.responseMimeType: application/json",
        r#"{"generationConfig":{"responseMimeType":"application/json"}}"#,
        [
            Mapped("a line of the system prompt"),
            Mapped("response_format: json_object"),
            Mapped("text.format: json_object"),
            Refused("the format gives JSON by a schema alone"),
        ],
    ),
    dropped(
        "generationConfig.responseMimeType: text/plain",
        r#"{"generationConfig":{"responseMimeType":"text/plain"}}"#,
        "plain text is what every format gives",
    ),
    mapped(
        "generationConfig.responseSchema",
        r#"{"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}}}"#,
        [
            "output_config.format, as JSON schema",
            "response_format: json_schema",
            "text.format: json_schema",
            "outputConfig, as JSON schema",
        ],
    ),
    mapped(
        "generationConfig.responseJsonSchema",
        r#"{"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}"#,
        [
            "output_config.format",
            "response_format: json_schema",
            "text.format: json_schema",
            "outputConfig",
        ],
    ),
    refused(
        "generationConfig.responseFormat",
        r#"{"generationConfig":{"responseFormat":[{"text":{"mimeType":"application/json"}}]}}"#,
        "responseMimeType and responseJsonSchema say the same",
    ),
    dropped(
        "generationConfig.responseModalities: TEXT",
        r#"{"generationConfig":{"responseModalities":["TEXT"]}}"#,
        "text is what every format gives",
    ),
    refused(
        "generationConfig.responseModalities: IMAGE, AUDIO",
        r#"{"generationConfig":{"responseModalities":["TEXT","IMAGE"]}}"#,
        MEDIA,
    ),
    refused(
        "generationConfig.speechConfig",
        r#"{"generationConfig":{"speechConfig":{"languageCode":"de-DE"}}}"#,
        MEDIA,
    ),
    refused(
        "generationConfig.imageConfig",
        r#"{"generationConfig":{"imageConfig":{"aspectRatio":"1:1"}}}"#,
        MEDIA,
    ),
    dropped(
        "generationConfig.mediaResolution",
        r#"{"generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_LOW"}}"#,
        "how closely to look at media saves tokens, no more",
    ),
    dropped(
        "generationConfig.enableEnhancedCivicAnswers",
        r#"{"generationConfig":{"enableEnhancedCivicAnswers":true}}"#,
        "an improvement of Google's own",
    ),
];
