//! The events of a streamed response, numbered without a gap. From OpenAI's API reference, "Streaming events".

use super::{Item, Writer};
use crate::harness::upstream::claude::event;
use crate::harness::upstream::reply::Frame;
use serde_json::{Value, json};

/// All frames, and what stands in place of the rest when the stream fails.
pub fn write(writer: &Writer<'_>) -> (Vec<Frame>, String) {
    let mut events = Events::default();
    events.push("response.created", json!({"response": writer.begun()}));
    events.push("response.in_progress", json!({"response": writer.begun()}));
    for (index, item) in writer.items().iter().enumerate() {
        match item.whole["type"].as_str() {
            Some("reasoning") => events.reasoning(index, item),
            Some("message") => events.message(index, item, writer),
            _ => events.call(index, item),
        }
    }
    let name = if writer.incomplete().is_some() {
        "response.incomplete"
    } else {
        "response.completed"
    };
    events.last(name, json!({"response": writer.ended()}));
    (events.frames, failed(writer))
}

/// The format's own end of a response that will not come; its number is beyond any that was sent.
fn failed(writer: &Writer<'_>) -> String {
    let mut response = writer.begun();
    response["status"] = json!("failed");
    response["error"] =
        json!({"code": "server_error", "message": "The server had an error processing your request."});
    let data = json!({"type": "response.failed", "sequence_number": 1_000_000, "response": response});
    event("response.failed", &data)
}

#[derive(Default)]
struct Events {
    frames: Vec<Frame>,
}

impl Events {
    fn text(&self, name: &str, mut data: Value) -> String {
        data["type"] = json!(name);
        data["sequence_number"] = json!(self.frames.len());
        event(name, &data)
    }

    fn push(&mut self, name: &str, data: Value) {
        let text = self.text(name, data);
        self.frames.push(Frame::plain(text));
    }

    fn last(&mut self, name: &str, data: Value) {
        let text = self.text(name, data);
        self.frames.push(Frame::telling(text));
    }

    /// The item without its content, as it begins.
    fn added(&mut self, index: usize, item: &Item, emptied: &str, empty: Value) {
        let mut begun = item.whole.clone();
        begun[emptied] = empty;
        if !begun["status"].is_null() {
            begun["status"] = json!("in_progress");
        }
        self.push(
            "response.output_item.added",
            json!({"output_index": index, "item": begun}),
        );
    }

    fn done(&mut self, index: usize, item: &Item) {
        self.push(
            "response.output_item.done",
            json!({"output_index": index, "item": item.whole}),
        );
    }

    fn reasoning(&mut self, index: usize, item: &Item) {
        self.added(index, item, "summary", json!([]));
        let place = |more: Value| placed(index, item, "summary_index", more);
        let part = &item.whole["summary"][0];
        if !part.is_null() {
            let empty = json!({"type": "summary_text", "text": ""});
            self.push(
                "response.reasoning_summary_part.added",
                place(json!({ "part": empty })),
            );
            for piece in &item.pieces {
                self.push(
                    "response.reasoning_summary_text.delta",
                    place(json!({ "delta": piece })),
                );
            }
            self.push(
                "response.reasoning_summary_text.done",
                place(json!({"text": part["text"]})),
            );
            self.push(
                "response.reasoning_summary_part.done",
                place(json!({ "part": part })),
            );
        }
        self.done(index, item);
    }

    fn message(&mut self, index: usize, item: &Item, writer: &Writer<'_>) {
        self.added(index, item, "content", json!([]));
        let place = |more: Value| placed(index, item, "content_index", more);
        let part = &item.whole["content"][0];
        let mut empty = part.clone();
        empty["text"] = json!("");
        empty["logprobs"] = json!([]);
        self.push("response.content_part.added", place(json!({ "part": empty })));
        for piece in &item.pieces {
            self.push(
                "response.output_text.delta",
                place(
                    json!({"delta": piece, "logprobs": writer.logprobs(std::slice::from_ref(piece)),
                    "obfuscation": "padPad1"}),
                ),
            );
        }
        self.push(
            "response.output_text.done",
            place(json!({"text": part["text"], "logprobs": part["logprobs"]})),
        );
        self.push("response.content_part.done", place(json!({ "part": part })));
        self.done(index, item);
    }

    fn call(&mut self, index: usize, item: &Item) {
        let (argument, name) = if item.whole["type"] == "custom_tool_call" {
            ("input", "response.custom_tool_call_input")
        } else {
            ("arguments", "response.function_call_arguments")
        };
        self.added(index, item, argument, json!(""));
        let id = &item.whole["id"];
        for piece in &item.pieces {
            self.push(
                &format!("{name}.delta"),
                json!({"item_id": id, "output_index": index, "delta": piece, "obfuscation": "padPad1"}),
            );
        }
        let mut done = json!({"item_id": id, "output_index": index, argument: item.whole[argument]});
        if argument == "arguments" {
            done["name"] = item.whole["name"].clone();
        }
        self.push(&format!("{name}.done"), done);
        self.done(index, item);
    }
}

/// An event's data with the place that it speaks of.
fn placed(index: usize, item: &Item, part: &str, more: Value) -> Value {
    let mut data = more;
    data["item_id"] = item.whole["id"].clone();
    data["output_index"] = json!(index);
    data[part] = json!(0);
    data
}
