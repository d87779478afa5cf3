//! A streamed answer to a test, read event by event. The events are those of the vendors' references: Anthropic "Streaming
//! Messages", OpenAI "Streaming API responses", Google "streamGenerateContent".

use super::ANSWER_MAX;
use super::answer::{Outcome, Shape, said, shortened};
use super::watch::Watch;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Frame, Incoming};
use serde_json::Value;
use tollgate_wire::sse::{EventSplitter, Events};

/// Reads one.
pub(super) struct Streamed {
    shape: Shape,
    splitter: EventSplitter,
    begins: bool,
    /// Whether the format's own last word came.
    ended: bool,
    /// An error that stood in the stream.
    refused: Option<String>,
}

impl Streamed {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            splitter: EventSplitter::new(),
            begins: true,
            ended: false,
            refused: None,
        }
    }

    /// Reads to the end; tells the watcher the model's words as they come.
    pub(super) async fn read(mut self, body: Incoming, watch: &Watch) -> Outcome {
        let mut body = Limited::new(body, ANSWER_MAX);
        while let Some(frame) = body.frame().await {
            let broken = match frame.map(Frame::into_data) {
                Ok(Ok(data)) => self.take(data, watch).err(),
                Ok(Err(_)) => None,
                Err(error) => Some(error.to_string()),
            };
            if let Some(why) = broken {
                return bad(format!("the answer broke off or has no end: {why}"));
            }
            if self.refused.is_some() {
                break;
            }
        }
        self.outcome()
    }

    fn take(&mut self, data: Bytes, watch: &Watch) -> Result<(), String> {
        let whole = self.splitter.push(data).map_err(|error| error.to_string())?;
        for event in Events::new(&whole, self.begins) {
            let data = event.data();
            if data.as_ref() == b"[DONE]" {
                self.ended = true;
            } else if let Ok(value) = serde_json::from_slice::<Value>(&data) {
                self.event(&value, watch);
            }
        }
        self.begins = self.begins && whole.is_empty();
        Ok(())
    }

    fn event(&mut self, value: &Value, watch: &Watch) {
        let kind = value["type"].as_str().unwrap_or_default();
        if value["error"].is_object() || kind == "error" || kind == "response.failed" {
            let words = said(value).or_else(|| said(&value["response"]));
            self.refused = Some(shortened(words.unwrap_or("the vendor broke off with an error")));
            return;
        }
        let gemini = match self.shape {
            Shape::CodeAssist => &value["response"],
            _ => value,
        };
        let candidate = &gemini["candidates"][0];
        let (words, ends) = match self.shape {
            Shape::Claude => (&value["delta"]["text"], kind == "message_stop"),
            Shape::Chat => {
                let choice = &value["choices"][0];
                (&choice["delta"]["content"], choice["finish_reason"].is_string())
            }
            Shape::Responses => {
                let ends = matches!(kind, "response.completed" | "response.incomplete");
                let is_words = kind == "response.output_text.delta";
                (if is_words { &value["delta"] } else { &Value::Null }, ends)
            }
            Shape::Gemini | Shape::CodeAssist => (
                &candidate["content"]["parts"][0]["text"],
                candidate["finishReason"].is_string(),
            ),
            // Never streamed here.
            Shape::Converse => (&Value::Null, false),
        };
        if let Some(words) = words.as_str().filter(|words| !words.is_empty()) {
            watch.tell("text", words);
        }
        self.ended |= ends;
    }

    fn outcome(self) -> Outcome {
        if let Some(words) = self.refused {
            return Outcome {
                http_status: Some(200),
                ..Outcome::failed("refused", words)
            };
        }
        if !self.ended {
            let name = self.shape.name();
            return bad(format!("the stream ended without the last event of {name}"));
        }
        Outcome {
            http_status: Some(200),
            code: "ok",
            message: String::new(),
        }
    }
}

fn bad(text: String) -> Outcome {
    Outcome {
        http_status: Some(200),
        ..Outcome::failed("bad_answer", shortened(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;
    use tollgate_store::Clock;

    fn read(shape: Shape, pieces: &[&str]) -> (Outcome, String) {
        let (sender, mut steps) = mpsc::unbounded_channel();
        let watch = Watch::live(Clock::system(), sender);
        let mut streamed = Streamed::new(shape);
        for piece in pieces {
            streamed
                .take(Bytes::copy_from_slice(piece.as_bytes()), &watch)
                .unwrap();
        }
        let mut words = String::new();
        while let Ok(step) = steps.try_recv() {
            assert_eq!(step.step, "text");
            words.push_str(&step.text);
        }
        (streamed.outcome(), words)
    }

    /// Two words and the end, as each vendor streams them.
    const STREAMS: [(Shape, &str); 5] = [
        (
            Shape::Claude,
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"po\"}}\n\n\
             data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"ng\"}}\n\n\
             data: {\"type\":\"message_stop\"}\n\n",
        ),
        (
            Shape::Chat,
            "data: {\"choices\":[{\"delta\":{\"content\":\"pong\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n",
        ),
        (
            Shape::Responses,
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"pong\"}\n\n\
             data: {\"type\":\"response.completed\",\"response\":{}}\n\n",
        ),
        (
            Shape::Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"pong\"}]},\"finishReason\":\"STOP\"}]}\r\n\r\n",
        ),
        (
            Shape::CodeAssist,
            "data: {\"response\":{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"pong\"}]},\"finishReason\":\"STOP\"}]}}\n\n",
        ),
    ];

    #[test]
    fn words_are_told_as_they_come_and_the_last_event_counts() {
        for (shape, stream) in STREAMS {
            for at in 0..stream.len() {
                let (first, second) = stream.split_at(at);
                let (outcome, words) = read(shape, &[first, second]);
                assert_eq!(
                    (outcome.code, words.as_str()),
                    ("ok", "pong"),
                    "{shape:?} cut at {at}"
                );
            }
            for (other, wrong) in STREAMS {
                let alike = [shape, other].iter().all(|one| matches!(one, Shape::Chat));
                if other != shape && !alike && !wrong.contains("[DONE]") {
                    assert_eq!(read(shape, &[wrong]).0.code, "bad_answer", "{shape:?} {other:?}");
                }
            }
            assert_eq!(read(shape, &[]).0.code, "bad_answer");
        }
    }

    #[test]
    fn an_error_in_the_stream_is_told_in_the_vendors_words() {
        for (shape, error) in [
            (
                Shape::Claude,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ),
            (Shape::Chat, r#"{"error":{"message":"Overloaded"}}"#),
            (
                Shape::Responses,
                r#"{"type":"response.failed","response":{"error":{"message":"Overloaded"}}}"#,
            ),
        ] {
            let (outcome, _) = read(shape, &[&format!("data: {error}\n\n")]);
            assert_eq!(
                (outcome.code, outcome.message.as_str()),
                ("refused", "Overloaded")
            );
        }
    }
}
