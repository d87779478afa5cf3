//! Sends the pieces of a streamed answer, with pauses that a person can see.

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;

/// Pause before each piece of text.
const PAUSE: Duration = Duration::from_millis(12);
/// The type of server-sent events.
pub const EVENTS: &str = "text/event-stream; charset=utf-8";

/// One event.
#[derive(Clone, Debug)]
pub struct Frame {
    /// As it is sent.
    pub bytes: Bytes,
    /// Whether it brings a piece of the answer, before which a person may wait.
    pub is_piece: bool,
}

impl Frame {
    /// A frame that is only form.
    pub fn form(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            is_piece: false,
        }
    }

    /// A piece of the answer.
    pub fn piece(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            is_piece: true,
        }
    }
}

/// A server-sent event under a name.
pub fn named(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// A server-sent event without a name.
pub fn nameless(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// The frames, one after the other.
pub fn respond(content_type: &str, frames: Vec<Frame>) -> HttpResponse {
    let paced = stream::iter(frames).then(async |frame| {
        if frame.is_piece {
            tokio::time::sleep(PAUSE).await;
        }
        Ok::<Bytes, Infallible>(frame.bytes)
    });
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .streaming(paced)
}
