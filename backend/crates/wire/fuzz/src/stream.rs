//! Any bytes as an upstream's stream, in any chunks: the same comes of it for every client, however it is cut. Frames are
//! made of server-sent events here (`event:` is the frame's type), so that inputs are text and checksums are right.

use crate::answer::{billed, said};
use crate::formats::Reader;
use crate::mutate::Chance;
use crate::{context, json, order};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tollgate_wire::error::{ErrorKind, Fault, UpstreamError};
use tollgate_wire::event_stream::{encode, encode_event};
use tollgate_wire::fault::StreamFault;
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::model::{PartStart, StreamEvent, collect};
use tollgate_wire::sse::{EventSplitter, Events};
use tollgate_wire::translate::{AnswerStream, Exchange, Packing, Wrapping};
use tollgate_wire::usage::Usage;

/// Holds a stream to everything that is promised of streams in this format.
pub fn check(dialect: Dialect, text: &[u8]) {
    let stream = Bytes::copy_from_slice(text);
    let packings: &[(Packing, Bytes)] = &match dialect {
        Dialect::Claude => vec![
            (Packing::Bare, stream.clone()),
            (Packing::Invoke, invoked(&stream)),
        ],
        Dialect::Gemini => vec![
            (Packing::Bare, stream.clone()),
            (Packing::CodeAssist, stream.clone()),
        ],
        Dialect::Converse => vec![(Packing::Frames, framed(&stream))],
        Dialect::Chat | Dialect::Responses => vec![(Packing::Bare, stream.clone())],
    };
    let told = (dialect != Dialect::Converse)
        .then(|| read(dialect, &stream))
        .unwrap_or_else(|| read_events(dialect, &stream));
    order::check(&format!("{dialect:?}"), &told.events);
    for (packing, body) in packings {
        for client in ClientFormat::ALL {
            let wrappings: &[Wrapping] = match client {
                ClientFormat::Gemini => &[Wrapping::Bare, Wrapping::CodeAssist, Wrapping::Array],
                _ => &[Wrapping::Bare],
            };
            for wrapping in wrappings {
                let exchange = Exchange {
                    client,
                    wrapping: *wrapping,
                    dialect,
                    packing: *packing,
                    hide_usage: text.len() % 2 == 1,
                    context: context(),
                };
                let whole = run(&exchange, [body.clone()]);
                let cut = run(&exchange, pieces(body));
                check_same(&exchange, &whole, &cut);
                if *wrapping == Wrapping::Bare
                    && *packing != Packing::Invoke
                    && *packing != Packing::CodeAssist
                {
                    check_translated(&exchange, &told, &whole);
                }
                if *wrapping == Wrapping::Array && whole.fault.is_none() && !exchange.passes() {
                    json("an array", &whole.out);
                }
            }
        }
    }
}

/// Cuts a body by its own bytes' chance, so that an input always gives the same pieces.
pub fn pieces(body: &Bytes) -> Vec<Bytes> {
    let mut chance = Chance::of(body);
    // Long bodies in longer pieces: bytes one by one teach no more there and take long.
    let longest = [1, 3, 17, 200][chance.below(4)].max(body.len() / 200);
    let (mut rest, mut pieces) = (body.clone(), Vec::new());
    while !rest.is_empty() {
        let length = (1 + chance.below(longest)).min(rest.len());
        pieces.push(rest.split_to(length));
    }
    pieces
}

/// What a relay sees of a stream.
#[derive(Debug)]
struct Seen {
    out: Vec<u8>,
    fault: Option<StreamFault>,
    /// The answer is complete.
    last: bool,
    usage: Usage,
    has_usage: bool,
    is_exact: bool,
    estimated: u64,
    beside: bool,
    error: Option<UpstreamError>,
}

/// Passes a stream on as a relay does: nothing is pushed after the end, after a fault, or after the upstream's error.
fn run(exchange: &Exchange, pieces: impl IntoIterator<Item = Bytes>) -> Seen {
    let mut stream = AnswerStream::new(exchange);
    let (mut out, mut fault, mut last) = (Vec::new(), None, false);
    for piece in pieces {
        match stream.push(piece) {
            Ok(pushed) => {
                out.extend_from_slice(&pushed.forward);
                last = pushed.last;
            }
            Err(found) => fault = Some(found),
        }
        if last || fault.is_some() || stream.error().is_some() {
            break;
        }
    }
    if !last && fault.is_none() && stream.error().is_none() {
        match stream.close() {
            Some(pushed) => {
                assert!(pushed.last);
                out.extend_from_slice(&pushed.forward);
                last = true;
            }
            None => out.extend_from_slice(&stream.error_event(&broken())),
        }
    }
    Seen {
        out,
        fault,
        last,
        usage: stream.usage(),
        has_usage: stream.has_usage(),
        is_exact: stream.is_exact(),
        estimated: stream.estimated_output(),
        beside: stream.billed_beside_tokens(),
        error: stream.error().cloned(),
    }
}

fn broken() -> Fault<'static> {
    Fault {
        kind: ErrorKind::BadGateway,
        code: "stream_broken",
        message: "The upstream broke off.",
        field: None,
        request_id: "018f0000-0000-7000-8000-000000000001",
        retry_after: None,
    }
}

fn check_same(exchange: &Exchange, whole: &Seen, cut: &Seen) {
    let what = format!(
        "{:?} {:?} for {:?} {:?}",
        exchange.dialect, exchange.packing, exchange.client, exchange.wrapping
    );
    // Frames are taken out of a chunk at once: a broken one hides the answer's end before it.
    if whole.fault.is_some() && exchange.packing != Packing::Bare {
        return;
    }
    // What came before a fault or an error in the same chunk may have been sent already, or not; and the fault of a later
    // frame may hide what an earlier one would have told.
    let ended_badly = |seen: &Seen| seen.fault.is_some() || seen.error.is_some();
    if ended_badly(whole) {
        assert!(ended_badly(cut), "{what}: {whole:?}, {cut:?}");
    } else {
        assert_eq!(text(exchange, whole), text(exchange, cut), "{what}");
        assert_eq!(figures(whole), figures(cut), "{what}");
    }
    assert!(
        whole.last || !whole.is_exact,
        "{what}: exact, but not complete: {whole:?}"
    );
    assert!(
        whole.usage.reasoning <= whole.usage.output,
        "{what}: {:?}",
        whole.usage
    );
    assert!(whole.estimated >= whole.usage.output, "{what}");
}

/// What was sent. The second byte of a last line's end may come after the answer is complete; where an event is taken out,
/// that of its last line may stay behind as an empty line.
fn text(exchange: &Exchange, seen: &Seen) -> String {
    if exchange.hide_usage {
        let events = Events::new(&seen.out, true).map(|event| format!("{:?} {:?}", event.name, event.data()));
        return events.collect();
    }
    let sent = String::from_utf8_lossy(&seen.out);
    sent.trim_end_matches(['\r', '\n']).to_owned()
}

fn figures(seen: &Seen) -> (Usage, [bool; 4], u64) {
    (
        seen.usage,
        [seen.last, seen.has_usage, seen.is_exact, seen.beside],
        seen.estimated,
    )
}

/// What a format's own reader makes of a stream.
struct Told {
    events: Vec<StreamEvent>,
    fault: Option<StreamFault>,
}

impl Told {
    fn is_complete(&self) -> bool {
        self.fault.is_none() && self.events.last() == Some(&StreamEvent::End)
    }
}

fn read(dialect: Dialect, stream: &Bytes) -> Told {
    let mut splitter = EventSplitter::new();
    let whole = splitter.push(stream.clone()).unwrap_or_default();
    read_events(dialect, &whole)
}

/// As a relay does, nothing is read after the end or an error.
fn read_events(dialect: Dialect, whole: &[u8]) -> Told {
    let (mut reader, mut events) = (Reader::new(dialect), Vec::new());
    let mut over = false;
    for event in Events::new(whole, true) {
        if let Err(fault) = reader.read(event.name, &event.data(), &mut events) {
            return Told {
                events,
                fault: Some(fault),
            };
        }
        over = matches!(events.last(), Some(StreamEvent::End | StreamEvent::Error(_)));
        if over {
            break;
        }
    }
    if !over {
        reader.close(&mut events);
    }
    Told { events, fault: None }
}

/// What a client reads is what the upstream said, and what it cost.
fn check_translated(exchange: &Exchange, told: &Told, seen: &Seen) {
    if exchange.passes() {
        check_scanned(exchange, told, seen);
        return;
    }
    let what = format!("{:?} for {:?}", exchange.dialect, exchange.client);
    let shown = || format!("{what}: {}", String::from_utf8_lossy(&seen.out));
    let nameless = |event: &StreamEvent| match event {
        StreamEvent::Open { start, .. } => {
            matches!(start, PartStart::ToolCall { name, .. } if name.is_empty())
        }
        _ => false,
    };
    // A call of nothing is passed on or dropped: no format can say it.
    if seen.fault.is_some() || told.events.iter().any(nameless) {
        return;
    }
    assert_eq!(told.is_complete(), seen.last, "{}", shown());
    let Some(dialect) = exchange.client.same() else {
        return;
    };
    let read = read(dialect, &Bytes::copy_from_slice(&seen.out));
    assert_eq!(read.fault, None, "{}", shown());
    order::check(&shown(), &read.events);
    let (answer, error) = collect(&read.events);
    assert_eq!(read.is_complete(), seen.last, "{}", shown());
    assert_eq!(error.is_some(), !seen.last, "{}", shown());
    if seen.last {
        let (asked, _) = collect(&told.events);
        if let Some(asked) = said(&asked) {
            assert_eq!(said(&answer), Some(asked), "{}", shown());
        }
        if let Some(usage) = asked.usage {
            assert_eq!(answer.usage.map(billed), Some(billed(usage)), "{}", shown());
            assert_eq!(seen.usage, usage, "{}", shown());
        }
    }
}

/// What only passes is billed as if it had been read.
fn check_scanned(exchange: &Exchange, told: &Told, seen: &Seen) {
    if !(told.is_complete() && seen.last && seen.error.is_none()) {
        return;
    }
    let (answer, _) = collect(&told.events);
    if seen.is_exact {
        assert_eq!(answer.usage, Some(seen.usage), "{:?} passing", exchange.dialect);
    }
}

/// The same events as Bedrock's InvokeModel sends them.
fn invoked(text: &[u8]) -> Bytes {
    let mut frames = Vec::new();
    for event in Events::new(text, true) {
        let payload = format!("{{\"bytes\":\"{}\"}}", STANDARD.encode(event.data()));
        frames.extend_from_slice(&encode_event("chunk", payload.as_bytes()));
    }
    frames.into()
}

/// The same events as Converse's frames; `exception:…` as its exceptions.
fn framed(text: &[u8]) -> Bytes {
    let mut frames = Vec::new();
    for event in Events::new(text, true) {
        let name = String::from_utf8_lossy(event.name);
        let frame = match name.strip_prefix("exception:") {
            Some(kind) => encode(
                &[(":exception-type", kind), (":message-type", "exception")],
                &event.data(),
            ),
            None => encode_event(&name, &event.data()),
        };
        frames.extend_from_slice(&frame);
    }
    frames.into()
}
