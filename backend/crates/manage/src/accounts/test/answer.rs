//! What an answer to the test says of the account: whether it is one in the vendor's format, and if not, in whose words.

use serde_json::Value;
use tollgate_scheduler::Observed;

/// Longest text of a vendor's error that is shown.
const MESSAGE_MAX: usize = 300;

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Claude's Messages.
    Claude,
    /// OpenAI's Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Gemini's generateContent.
    Gemini,
    /// The same in Code Assist's envelope.
    CodeAssist,
    /// Bedrock's Converse.
    Converse,
}

impl Shape {
    fn is_answer(self, body: &Value) -> bool {
        match self {
            Self::Claude => body["type"] == "message" && body["usage"].is_object(),
            Self::Chat => body["choices"].is_array(),
            Self::Responses => body["object"] == "response" && body["output"].is_array(),
            // A candidate without text has no content, and a prompt that is blocked no candidate.
            Self::Gemini => body["candidates"].is_array() || body["usageMetadata"].is_object(),
            Self::CodeAssist => Self::Gemini.is_answer(&body["response"]),
            Self::Converse => body["output"].is_object() && body["usage"].is_object(),
        }
    }

    /// What the model said, of a plain answer.
    pub(super) fn words(self, body: &[u8]) -> Option<String> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let place = match self {
            Self::Claude => &body["content"][0]["text"],
            Self::Chat => &body["choices"][0]["message"]["content"],
            Self::Responses => body["output"].as_array()?.iter().find_map(|item| {
                let text = &item["content"][0]["text"];
                text.is_string().then_some(text)
            })?,
            Self::Gemini => &body["candidates"][0]["content"]["parts"][0]["text"],
            Self::CodeAssist => &body["response"]["candidates"][0]["content"]["parts"][0]["text"],
            Self::Converse => &body["output"]["message"]["content"][0]["text"],
        };
        place.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude's format",
            Self::Chat => "the format of OpenAI's Chat Completions",
            Self::Responses => "the format of OpenAI's Responses",
            Self::Gemini => "Gemini's format",
            Self::CodeAssist => "the format of Gemini's Code Assist",
            Self::Converse => "the format of Bedrock's Converse",
        }
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) http_status: Option<u16>,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Outcome {
    pub(super) fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            http_status: None,
            code,
            message: message.into(),
        }
    }

    /// What it tells of the account; `None` where it tells nothing: a model that is not there, a token whose renewal told
    /// its own tale.
    pub(super) fn observed(&self) -> Option<Observed> {
        match (self.code, self.http_status) {
            ("ok", _) => Some(Observed::Answered),
            ("unauthorized", Some(401)) => Some(Observed::Unauthorized),
            ("rate_limited", _) => Some(Observed::RateLimited { until: None }),
            ("refused", Some(529)) => Some(Observed::Overloaded { until: None }),
            ("refused", Some(500..)) => Some(Observed::Failed {
                reason: "its test was answered with a server error",
            }),
            ("token" | "refused" | "unauthorized", _) => None,
            (code, _) => Some(Observed::Failed { reason: code }),
        }
    }
}

pub(super) fn judge(shape: Shape, status: u16, body: &[u8]) -> Outcome {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let is_answer = parsed.as_ref().is_some_and(|body| shape.is_answer(body));
    let said = parsed.as_ref().and_then(said).map(shortened);
    let of_format;
    let (code, fallback) = match status {
        200 if is_answer => ("ok", ""),
        // OpenAI refuses so where a reasoning model used up the few tokens by thinking: the account did answer.
        400 if shape == Shape::Chat
            && said
                .as_ref()
                .is_some_and(|said| said.contains("output limit was reached")) =>
        {
            ("ok", "")
        }
        200..=299 => {
            of_format = format!(
                "the answer is not in {}; does the base URL lead to such an API?",
                shape.name()
            );
            ("bad_answer", of_format.as_str())
        }
        // Google says of a wrong key that the argument is invalid ("API errors", reason API_KEY_INVALID).
        400 if parsed.as_ref().is_some_and(is_invalid_key) => ("unauthorized", "the credential is refused"),
        401 | 403 => ("unauthorized", "the credential is refused"),
        429 => ("rate_limited", "the account is rate-limited at the moment"),
        300..=399 => ("bad_answer", "it redirects; use the address that it redirects to"),
        404 => (
            "refused",
            "there is no such path or model; does the base URL hold a path that is added to it anyway?",
        ),
        _ => ("refused", "the request is refused"),
    };
    let message = if code == "ok" {
        String::new()
    } else {
        said.unwrap_or_else(|| fallback.to_owned())
    };
    Outcome {
        http_status: Some(status),
        code,
        message,
    }
}

/// The vendor's own words: in `error.message`, on AWS in `message` (`Message` where a gateway before it refuses).
pub(super) fn said(body: &Value) -> Option<&str> {
    let places = [&body["error"]["message"], &body["message"], &body["Message"]];
    places.into_iter().find_map(Value::as_str)
}

fn is_invalid_key(body: &Value) -> bool {
    let details = body["error"]["details"].as_array();
    details.is_some_and(|details| details.iter().any(|detail| detail["reason"] == "API_KEY_INVALID"))
}

pub(super) fn shortened(text: impl AsRef<str>) -> String {
    text.as_ref()
        .chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least that each vendor's documentation has in an answer.
    const ANSWERS: [(Shape, &str); 6] = [
        (
            Shape::Claude,
            r#"{"type":"message","usage":{"input_tokens":8,"output_tokens":1}}"#,
        ),
        (
            Shape::Chat,
            r#"{"object":"chat.completion","choices":[{"index":0}]}"#,
        ),
        (
            Shape::Responses,
            r#"{"object":"response","status":"incomplete","output":[]}"#,
        ),
        (
            Shape::Gemini,
            r#"{"candidates":[{"finishReason":"MAX_TOKENS"}],"usageMetadata":{}}"#,
        ),
        (
            Shape::CodeAssist,
            r#"{"response":{"candidates":[{}]},"traceId":"t"}"#,
        ),
        (
            Shape::Converse,
            r#"{"output":{"message":{}},"usage":{"inputTokens":1},"stopReason":"max_tokens"}"#,
        ),
    ];

    #[test]
    fn an_answer_counts_only_in_its_own_format() {
        for (shape, _) in ANSWERS {
            for (other, answer) in ANSWERS {
                let expected = if shape == other { "ok" } else { "bad_answer" };
                let outcome = judge(shape, 200, answer.as_bytes());
                assert_eq!(outcome.code, expected, "{shape:?}: {answer}");
                assert_eq!(outcome.message.is_empty(), shape == other);
            }
            assert_eq!(judge(shape, 200, b"<html>").code, "bad_answer");
            assert_eq!(judge(shape, 302, b"").code, "bad_answer");
        }
    }

    #[test]
    fn the_vendors_own_words_are_shown_within_bounds() {
        let refused = judge(
            Shape::Claude,
            401,
            br#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
        );
        assert_eq!(
            (refused.code, refused.message.as_str()),
            ("unauthorized", "invalid x-api-key")
        );
        let aws = br#"{"message":"The security token included in the request is invalid."}"#;
        assert!(
            judge(Shape::Converse, 403, aws)
                .message
                .starts_with("The security token")
        );
        let long = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(5000));
        assert_eq!(
            judge(Shape::Chat, 500, long.as_bytes()).message.len(),
            MESSAGE_MAX
        );
    }

    #[test]
    fn what_a_vendor_says_in_a_roundabout_way_is_understood() {
        let key = br#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT",
            "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#;
        assert_eq!(judge(Shape::Gemini, 400, key).code, "unauthorized");
        let thought = br#"{"error":{"message":"Could not finish the message because max_tokens or model output limit was reached."}}"#;
        assert_eq!(judge(Shape::Chat, 400, thought).code, "ok");
        assert_eq!(
            judge(Shape::Chat, 400, br#"{"error":{"message":"no"}}"#).code,
            "refused"
        );
    }
}
