//! Server-sent events over `fetch`: the browser's own `EventSource` can send neither a body nor the session's token.
//! The framing is that of the HTML standard, "Server-sent events", as far as the server uses it.

use super::{ApiError, client};
use client::Call;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStreamDefaultReader};

/// Longest event that is waited for; the server's own are some hundred bytes.
const EVENT_MAX: usize = 1 << 20;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// What kind of event.
    pub name: String,
    /// What it says: JSON here.
    pub data: String,
}

/// Bytes that become events, however they are cut.
#[derive(Default)]
struct Frames {
    pending: Vec<u8>,
}

impl Frames {
    /// The events that are complete with these bytes.
    fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.pending.extend(bytes.iter().filter(|byte| **byte != b'\r'));
        let mut events = Vec::new();
        while let Some(end) = self.pending.windows(2).position(|pair| pair == b"\n\n") {
            let frame: Vec<u8> = self.pending.drain(..end + 2).collect();
            events.extend(event(&String::from_utf8_lossy(&frame)));
        }
        events
    }
}

/// A frame's event; comments, which keep a connection open, are none.
fn event(frame: &str) -> Option<Event> {
    let (mut name, mut data) = (String::new(), Vec::new());
    for line in frame.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut name),
            "data" => data.push(value),
            _ => {}
        }
    }
    (!data.is_empty()).then(|| Event {
        name,
        data: data.join("\n"),
    })
}

/// Posts, and tells of every event as it comes. Aborting the signal ends it.
pub(super) async fn post(
    path: &str,
    body: String,
    signal: Option<&AbortSignal>,
    mut on_event: impl FnMut(Event),
) -> Result<(), ApiError> {
    let response = client::open(&Call {
        method: "POST",
        path,
        body: Some(body),
        signal,
    })
    .await?;
    let Some(body) = response.body() else {
        return Ok(());
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut frames = Frames::default();
    loop {
        let read = JsFuture::from(reader.read())
            .await
            .map_err(|error| client::broken(&error))?;
        let part = |name: &str| Reflect::get(&read, &JsValue::from_str(name)).unwrap_or_default();
        if part("done").is_truthy() || frames.pending.len() > EVENT_MAX {
            return Ok(());
        }
        for event in frames.feed(&Uint8Array::new(&part("value")).to_vec()) {
            on_event(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let text =
            ": hello\n\nevent: step\ndata: {\"text\":\"grüße\"}\n\nevent: done\r\ndata: a\r\ndata: b\r\n\r\n";
        let expected = [("step", "{\"text\":\"grüße\"}"), ("done", "a\nb")].map(|(name, data)| Event {
            name: name.to_owned(),
            data: data.to_owned(),
        });
        for size in 1..text.len() {
            let mut frames = Frames::default();
            let found: Vec<Event> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|part| frames.feed(part))
                .collect();
            assert_eq!(found, expected, "in pieces of {size}");
            assert!(frames.pending.is_empty());
        }
    }
}
