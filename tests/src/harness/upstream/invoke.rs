//! Bedrock's `invoke` and `invoke-with-response-stream` with Claude's messages inside, and Bedrock's errors. From AWS's
//! documentation: "InvokeModel", "InvokeModelWithResponseStream", "Anthropic Claude Messages API", "Common errors";
//! AWS's restJson1 protocol for how errors are named.

use super::answer::Answer;
use super::claude::{Message, Place, check};
use super::event_stream::{chunk, exception};
use super::reply::{Frame, Outcome, Refusal, Reply, Stream};
use super::route::{Asked, Operation};
use super::script::Fault;
use serde_json::{Value, json};

/// The type of a binary stream.
pub const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// `POST /model/{id}/invoke` and `…/invoke-with-response-stream`.
pub fn invoke(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    check(&asked.body, Place::Bedrock)?;
    let message = Message::new(answer, asked.model(), &asked.body);
    let usage = answer.usage;
    if asked.route.operation == Operation::Invoke {
        let mut plain = Reply::json(&message.plain(), Some(usage));
        for (name, value) in [
            ("x-amzn-bedrock-invocation-latency", 12),
            ("x-amzn-bedrock-input-token-count", usage.input),
            ("x-amzn-bedrock-output-token-count", usage.output),
            ("x-amzn-bedrock-cache-read-input-token-count", usage.cache_read),
            (
                "x-amzn-bedrock-cache-write-input-token-count",
                usage.cache_write(),
            ),
        ] {
            plain = plain.header(name, value);
        }
        return Ok(plain);
    }
    let metrics = json!({
        "inputTokenCount": usage.input, "outputTokenCount": usage.output,
        "cacheReadInputTokenCount": usage.cache_read, "cacheWriteInputTokenCount": usage.cache_write(),
        "invocationLatency": 12, "firstByteLatency": 3,
    });
    let frames = message.frames().into_iter().filter_map(|frame| {
        let mut inner = inner(&frame)?;
        if inner["type"] == "message_stop" {
            inner["amazon-bedrock-invocationMetrics"] = metrics.clone();
        }
        Some(Frame {
            bytes: chunk(&inner),
            tells: frame.tells,
        })
    });
    let reply = Reply::stream(binary(frames.collect()), Some(usage));
    Ok(reply.header("x-amzn-bedrock-content-type", "application/json"))
}

/// Bedrock drops the names of Claude's events and what is no event.
fn inner(frame: &Frame) -> Option<Value> {
    let text = String::from_utf8_lossy(&frame.bytes);
    let data = text.lines().find_map(|line| line.strip_prefix("data: "))?;
    let value: Value = serde_json::from_str(data).expect("our own JSON");
    (value["type"] != "tomorrow" && value["type"] != "ping").then_some(value)
}

/// A binary stream.
pub fn binary(frames: Vec<Frame>) -> Stream {
    Stream {
        content_type: EVENT_STREAM,
        frames,
        error: exception(
            "modelStreamErrorException",
            "The model failed while it was streaming.",
        ),
    }
}

/// Bedrock's error: its name in a header, a message in the body, and no hint of when to come again.
pub fn refusal(fault: &Fault) -> Refusal {
    let (status, name) = match (fault.kind.as_str(), fault.status) {
        ("authentication_error", _) => (403, "UnrecognizedClientException"),
        ("signature_error", _) => (403, "InvalidSignatureException"),
        ("permission_error", _) => (403, "AccessDeniedException"),
        ("not_found_error", _) => (404, "ResourceNotFoundException"),
        ("rate_limit_error", _) => (429, "ThrottlingException"),
        ("billing_error", _) => (400, "ServiceQuotaExceededException"),
        ("overloaded_error", _) => (503, "ServiceUnavailableException"),
        ("timeout_error", _) => (408, "ModelTimeoutException"),
        (_, 500..) => (500, "InternalServerException"),
        (_, status) => (status, "ValidationException"),
    };
    Refusal::new(status, json!({"message": fault.message})).header("x-amzn-errortype", name)
}
