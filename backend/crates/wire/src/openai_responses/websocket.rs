//! The Responses API over a WebSocket (OpenAI's guide "WebSocket mode"): each text message of the client is a
//! `response.create` with the fields of a request; each event of the answer is a text message of its own, the same JSON
//! that a stream carries as data. Never in here: sockets, and what follows from a fault.

use super::error::write_fields;
use crate::error::Fault;
use crate::fault::RequestFault;
use crate::json::{Item, Scanner, write_text};
use crate::sse::Event;
use crate::write::write_object;
use std::borrow::Cow;

/// The longest name of a lane or of an earlier response, in bytes.
const NAME_LENGTH_MAX: usize = 256;
/// The most fields of a message; the API has some forty.
const FIELDS_MAX: usize = crate::facts::FIELDS_MAX;

/// A `response.create`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The body of the streamed request that it stands for, every other field as the client wrote it.
    pub body: Vec<u8>,
    /// The response that it goes on from.
    pub previous: Option<String>,
    /// False for a warm-up: the API prepares itself, gives an id to go on from, and generates nothing.
    pub generate: bool,
    /// The lane in which its events are to be sent: each carries this name.
    pub stream_id: Option<String>,
}

/// Reads a message of the client.
///
/// # Errors
/// If it is no `response.create`, or a field that belongs to the connection is wrong. The body's own fields are for
/// [`read_facts`](super::read_facts) to judge.
pub fn read_create(message: &[u8]) -> Result<Create, RequestFault> {
    if let Err(error) = std::str::from_utf8(message) {
        let at = error.valid_up_to();
        return Err(RequestFault::body(format!(
            "The message is not valid UTF-8 at byte {at}."
        )));
    }
    let mut scan = Scanner::new(message);
    let Item::Object = scan.value()? else {
        return Err(RequestFault::body("The message is no JSON object."));
    };
    let mut create = Create {
        body: Vec::with_capacity(message.len() + 16),
        previous: None,
        generate: true,
        stream_id: None,
    };
    create.body.push(b'{');
    let mut own = Vec::new();
    let (mut fields, mut first) = (0, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        fields += 1;
        let name = key.decode().filter(|_| fields <= FIELDS_MAX);
        let name = name
            .ok_or_else(|| RequestFault::body("The message has a field that can't be read, or too many."))?;
        let begin = scan.value_at();
        let item = scan.value()?;
        let told = match item {
            Item::Text(text) => text.decode(),
            _ => None,
        };
        let (is_null, truth) = match item {
            Item::Null => (true, None),
            Item::Bool(truth) => (false, Some(truth)),
            _ => (false, None),
        };
        scan.leave(item)?;
        let value = message.get(begin..scan.at()).unwrap_or_default();
        if OWN_FIELDS.contains(&name.as_ref()) {
            if own.contains(&name) {
                return Err(RequestFault::field(
                    &name,
                    "This field stands twice in the message; it may stand once.",
                ));
            }
            create.own_field(&name, is_null, truth, told.as_deref())?;
            own.push(name);
            continue;
        }
        if name == "previous_response_id" {
            create.previous = told.filter(|id| id.len() <= NAME_LENGTH_MAX).map(Cow::into_owned);
        }
        write_text(&mut create.body, &name);
        create.body.push(b':');
        create.body.extend_from_slice(value);
        create.body.push(b',');
    }
    scan.end()?;
    if !own.iter().any(|name| name == "type") {
        return Err(RequestFault::field("type", NO_CREATE));
    }
    create.body.extend_from_slice(b"\"stream\":true}");
    Ok(create)
}

/// Fields of a message that are no part of the request, or that say how it is answered.
const OWN_FIELDS: [&str; 6] = [
    "type",
    "generate",
    "stream_id",
    "stream",
    "stream_options",
    "background",
];
const NO_CREATE: &str = "This must be `response.create`; no other message is taken here.";

impl Create {
    fn own_field(
        &mut self,
        name: &str,
        is_null: bool,
        truth: Option<bool>,
        told: Option<&str>,
    ) -> Result<(), RequestFault> {
        let fault = |what| Err(RequestFault::field(name, what));
        match name {
            "type" if told != Some("response.create") => return fault(NO_CREATE),
            "generate" => match truth {
                Some(truth) => self.generate = truth,
                None if is_null => {}
                None => return fault("This must be true or false."),
            },
            "stream_id" if !is_null => match told {
                Some(lane) if (1..=NAME_LENGTH_MAX).contains(&lane.len()) => {
                    self.stream_id = Some(lane.to_owned());
                }
                _ => return fault("This must be a string of 1 to 256 bytes."),
            },
            "background" if truth == Some(true) => {
                return fault("Answers over a WebSocket do not run in the background; leave this field out.");
            }
            _ => {}
        }
        Ok(())
    }
}

/// The text of the frame that an event of a stream comes to; `None` for one that is no object (`[DONE]`).
pub fn frame<'a>(event: &Event<'a>) -> Option<Cow<'a, [u8]>> {
    let data = event.data();
    data.trim_ascii().starts_with(b"{").then_some(data)
}

/// A frame with the name of its lane in it, if it has one.
pub fn in_lane<'f>(frame: Cow<'f, [u8]>, stream_id: Option<&str>) -> Cow<'f, [u8]> {
    let (Some(lane), Some(open)) = (stream_id, frame.trim_ascii_end().strip_suffix(b"}")) else {
        return frame;
    };
    let mut named = Vec::with_capacity(frame.len() + lane.len() + 16);
    named.extend_from_slice(open);
    if !open.trim_ascii().ends_with(b"{") {
        named.push(b',');
    }
    named.extend_from_slice(b"\"stream_id\":");
    write_text(&mut named, lane);
    named.push(b'}');
    Cow::Owned(named)
}

/// The frame of a refusal that was written as a plain body already (`{"error":{…}}`); `None` if it is no object.
pub fn refusal_frame(status: u16, body: &[u8]) -> Option<Vec<u8>> {
    let mut scan = Scanner::new(body);
    scan.skip().ok()?;
    scan.end().ok()?;
    let fields = body.trim_ascii().strip_prefix(b"{")?;
    let mut frame = format!("{{\"type\":\"error\",\"status\":{status}").into_bytes();
    if !fields.trim_ascii().starts_with(b"}") {
        frame.push(b',');
    }
    frame.extend_from_slice(fields);
    Some(frame)
}

/// The frame that refuses a message: `{"type":"error","status","error":{"message","type","param","code"}}`.
pub fn error_frame(fault: &Fault<'_>) -> Vec<u8> {
    let mut frame = Vec::with_capacity(160 + fault.message.len());
    write_object(&mut frame, |frame| {
        frame.text("type", "error");
        frame.u64("status", fault.kind.status().into());
        frame.object("error", |error| write_fields(error, fault));
    });
    frame
}
