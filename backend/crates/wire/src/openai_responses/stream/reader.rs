//! Reads an upstream's events for translation. Never in here: the fields of single events (see `event`), and the order of
//! parts (see `held`).

use super::event::{Addition, Kind, addition, created, ending, error};
use super::held::{Queue, Step};
use crate::fault::StreamFault;
use crate::fields::Fields;
use crate::json::write_text;
use crate::model::{Citation, Part, PartStart, Sealed, StreamEvent};
use crate::openai_responses::answer::{Read, logprobs, parts, stop_reason};
use crate::openai_responses::request::{SUMMARY_SEPARATOR, citation, flat_name};
use crate::openai_responses::{CALL_SEAL_ID, REDACTED_ID};
use crate::tree::Node;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What begins and ends the arguments into which a free-text tool's input is put.
const INPUT_BEGIN: &str = r#"{"input":""#;
const INPUT_END: &str = r#""}"#;

/// Reads events of an upstream that speaks this format.
#[derive(Debug, Default)]
pub struct StreamReader {
    started: bool,
    over: bool,
    called: bool,
    refused: bool,
    queue: Queue,
    items: BTreeMap<u64, Item>,
}

/// An item that is under way.
#[derive(Debug)]
struct Item {
    kind: ItemKind,
    /// Whether a part of a message is open.
    open: bool,
    /// Whether any part was.
    opened: bool,
    /// Whether a piece of the open part came.
    streamed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemKind {
    Message,
    Function,
    FreeText,
    /// Shown in summaries, as far as is known.
    Reasoning,
    /// Shown as a whole.
    RawReasoning,
}

impl StreamReader {
    /// Takes an event in: its name, which may be empty, and its data.
    ///
    /// # Errors
    /// If an event that matters can't be read, or too much comes out of order.
    pub fn read(&mut self, name: &[u8], data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let (kind, _) = Kind::of_event(name, data);
        if self.over || kind == Kind::Other || kind == Kind::OtherDelta {
            return Ok(());
        }
        if kind == Kind::Created {
            let told = created(data).map_err(|fault| StreamFault::event("response.created", fault))?;
            self.start(told.id, told.model, out);
            return Ok(());
        }
        self.start(String::new(), String::new(), out);
        match kind {
            Kind::Completed | Kind::Incomplete => self.end(kind, data, out),
            Kind::Failed | Kind::Error => {
                self.over = true;
                out.push(StreamEvent::Error(error(data)));
                Ok(())
            }
            _ => {
                let told = addition(data).map_err(|fault| StreamFault::event("of an item", fault))?;
                match kind {
                    Kind::ItemAdded => self.item_added(&told, out),
                    Kind::ItemDone => self.item_done(&told, out),
                    _ => self.add(kind, told, out),
                }
            }
        }
    }

    /// The upstream's body ended. Only its last event ends an answer, so there is nothing to complete.
    pub fn close(&mut self, _out: &mut Vec<StreamEvent>) {}

    fn start(&mut self, id: String, model: String, out: &mut Vec<StreamEvent>) {
        if !self.started {
            self.started = true;
            out.push(StreamEvent::Start { id, model });
        }
    }

    fn item_added(&mut self, told: &Addition<'_>, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let Some(mut item) = object(told.value) else {
            return Ok(());
        };
        let kind = match text(&mut item, "type").as_ref() {
            "message" => ItemKind::Message,
            "function_call" => ItemKind::Function,
            "custom_tool_call" => ItemKind::FreeText,
            "reasoning" => ItemKind::Reasoning,
            _ => return Ok(()),
        };
        let id = text(&mut item, "id");
        if kind == ItemKind::Reasoning && id.starts_with(CALL_SEAL_ID) {
            return Ok(());
        }
        // One at the same place that never ended has ended now.
        if self.items.remove(&told.output).is_some() {
            self.queue.done(told.output, out);
        }
        self.queue.begin(told.output)?;
        let state = Item {
            kind,
            open: false,
            opened: false,
            streamed: false,
        };
        self.items.insert(told.output, state);
        match kind {
            ItemKind::Message => return Ok(()),
            ItemKind::Reasoning | ItemKind::RawReasoning => {
                let start = PartStart::Thinking {
                    redacted: id.starts_with(REDACTED_ID),
                    id: (!id.is_empty()).then(|| id.into_owned()),
                };
                self.queue.push(told.output, Step::Open(start), out)?;
            }
            ItemKind::Function | ItemKind::FreeText => {
                self.called = true;
                let namespace = Some(text(&mut item, "namespace")).filter(|namespace| !namespace.is_empty());
                let start = PartStart::ToolCall {
                    id: text(&mut item, "call_id").into_owned(),
                    name: flat_name(namespace.as_deref(), text(&mut item, "name")).into_owned(),
                };
                self.queue.push(told.output, Step::Open(start), out)?;
                if kind == ItemKind::FreeText {
                    self.queue
                        .push(told.output, Step::Piece(INPUT_BEGIN.to_owned()), out)?;
                }
            }
        }
        Ok(())
    }

    /// An event that adds to an item; what does not fit the item's kind is passed over.
    fn add(&mut self, kind: Kind, told: Addition<'_>, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let at = told.output;
        let Some(item) = self.items.get_mut(&at) else {
            return Ok(());
        };
        let is_done = matches!(
            kind,
            Kind::TextDone | Kind::RefusalDone | Kind::ArgumentsDone | Kind::InputDone
        );
        // What is told whole at the end came in pieces before, as a rule.
        if is_done && (item.streamed || told.text.is_empty()) {
            return Ok(());
        }
        match (kind, item.kind) {
            (Kind::PartAdded, ItemKind::Message) => {
                let part = object(told.value).map(|mut part| text(&mut part, "type").into_owned());
                let refusal = part.as_deref() == Some("refusal");
                self.open_part(at, refusal, out)
            }
            (Kind::TextDelta | Kind::TextDone, ItemKind::Message) => {
                if !item.open {
                    self.open_part(at, false, out)?;
                }
                self.piece(at, told.text.into_owned(), out)?;
                let tokens = told
                    .value
                    .filter(|value| *value != b"[]")
                    .and_then(|value| Node::parse(value).ok());
                let tokens = tokens.map(|tokens| logprobs(&tokens)).unwrap_or_default();
                if tokens.is_empty() || is_done {
                    return Ok(());
                }
                self.queue.push(at, Step::Logprobs(tokens), out)
            }
            (Kind::RefusalDelta | Kind::RefusalDone, ItemKind::Message) => {
                if !item.open {
                    self.open_part(at, true, out)?;
                }
                self.piece(at, told.text.into_owned(), out)
            }
            (Kind::Annotation, ItemKind::Message) => {
                let node = told.value.and_then(|value| Node::parse(value).ok());
                match node.and_then(|node| citation(node.into_owned())) {
                    Some(citation) => self.queue.push(at, Step::Cited(citation), out),
                    None => Ok(()),
                }
            }
            (Kind::PartDone, ItemKind::Message) => {
                item.open = false;
                self.queue.push(at, Step::Close, out)
            }
            (Kind::SummaryAdded, ItemKind::Reasoning) if told.summary > 0 && item.streamed => {
                self.piece(at, SUMMARY_SEPARATOR.to_owned(), out)
            }
            (Kind::SummaryDelta, ItemKind::Reasoning)
            | (Kind::ReasoningDelta, ItemKind::RawReasoning)
            | (Kind::ArgumentsDelta | Kind::ArgumentsDone, ItemKind::Function) => {
                self.piece(at, told.text.into_owned(), out)
            }
            (Kind::ReasoningDelta, ItemKind::Reasoning) if !item.streamed => {
                item.kind = ItemKind::RawReasoning;
                self.piece(at, told.text.into_owned(), out)
            }
            (Kind::InputDelta | Kind::InputDone, ItemKind::FreeText) => {
                self.piece(at, escaped(&told.text), out)
            }
            _ => Ok(()),
        }
    }

    fn open_part(&mut self, at: u64, refusal: bool, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if let Some(item) = self.items.get_mut(&at) {
            item.open = true;
            item.opened = true;
            item.streamed = false;
        }
        self.refused |= refusal;
        let start = if refusal {
            PartStart::Refusal
        } else {
            PartStart::Text
        };
        self.queue.push(at, Step::Open(start), out)
    }

    fn piece(&mut self, at: u64, text: String, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if let Some(item) = self.items.get_mut(&at) {
            item.streamed |= !text.is_empty();
        }
        self.queue.push(at, Step::Piece(text), out)
    }

    fn item_done(&mut self, told: &Addition<'_>, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let at = told.output;
        let Some(item) = self.items.remove(&at) else {
            return Ok(());
        };
        let whole = match item.kind {
            // All that is in it was told.
            ItemKind::Message if item.opened => Read::default(),
            ItemKind::Function if item.streamed => Read::default(),
            _ => parts(
                told.value
                    .and_then(|value| Node::parse(value).ok())
                    .into_iter()
                    .collect(),
            ),
        };
        for part in whole.parts {
            match part {
                Part::Thinking { text, sealed, .. } => {
                    if !item.streamed {
                        self.queue.push(at, Step::Piece(text.into_owned()), out)?;
                    }
                    if let Some(Sealed { vendor, data }) = sealed {
                        let data = Cow::Owned(data.into_owned());
                        self.queue.push(at, Step::Sealed(Sealed { vendor, data }), out)?;
                    }
                }
                Part::ToolCall(call) => {
                    // A free-text tool's are begun already.
                    let begun = if item.kind == ItemKind::FreeText {
                        INPUT_BEGIN
                    } else {
                        ""
                    };
                    let ended = if item.kind == ItemKind::FreeText {
                        INPUT_END
                    } else {
                        ""
                    };
                    let rest = call
                        .arguments
                        .strip_prefix(begun)
                        .and_then(|rest| rest.strip_suffix(ended));
                    if let (false, Some(rest)) = (item.streamed, rest) {
                        self.queue.push(at, Step::Piece(rest.to_owned()), out)?;
                    }
                }
                part => self.message_part(at, part, out)?,
            }
        }
        if item.kind == ItemKind::FreeText {
            self.queue.push(at, Step::Piece(INPUT_END.to_owned()), out)?;
        }
        self.queue.done(at, out);
        Ok(())
    }

    /// A part of which nothing was streamed.
    fn message_part(
        &mut self,
        at: u64,
        part: Part<'_>,
        out: &mut Vec<StreamEvent>,
    ) -> Result<(), StreamFault> {
        let (start, text, citations) = match part {
            Part::Text { text, citations, .. } => (PartStart::Text, text, citations),
            Part::Refusal { text } => (PartStart::Refusal, text, Vec::new()),
            _ => return Ok(()),
        };
        self.refused |= start == PartStart::Refusal;
        self.queue.push(at, Step::Open(start), out)?;
        self.queue.push(at, Step::Piece(text.into_owned()), out)?;
        for citation in citations {
            // This format's readers give no others.
            if let Citation::Url { url, title, span } = citation {
                let (url, title) = (url.into_owned().into(), title.into_owned().into());
                self.queue
                    .push(at, Step::Cited(Citation::Url { url, title, span }), out)?;
            }
        }
        self.queue.push(at, Step::Close, out)
    }

    fn end(&mut self, kind: Kind, data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let name = "response.completed";
        let told = ending(data).map_err(|fault| StreamFault::event(name, fault))?;
        if self.queue.parts() == 0 && self.items.is_empty() {
            self.whole_output(data, out)?;
        }
        self.queue.finish(out);
        self.over = true;
        if let Some(usage) = told.cost.usage {
            out.push(StreamEvent::Usage(usage));
        }
        let status = if kind == Kind::Completed {
            "completed"
        } else {
            "incomplete"
        };
        let seen = Read {
            called: self.called,
            refused: self.refused,
            ..Read::default()
        };
        out.push(StreamEvent::Stop {
            choice: 0,
            reason: stop_reason(status, told.reason.as_deref(), &seen).unwrap_or_default(),
            sequence: None,
        });
        out.push(StreamEvent::End);
        Ok(())
    }

    /// Some upstreams tell everything in the last event.
    fn whole_output(&mut self, data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let mut event = object(Some(data));
        let response = event.as_mut().and_then(|event| event.take("response"));
        let output = response.and_then(|response| Fields::of(response, "").ok()?.take("output"));
        let Some(Node::Array(items)) = output else {
            return Ok(());
        };
        for (at, item) in (0..).zip(items) {
            let json = item.to_text().into_bytes();
            let told = Addition {
                output: at,
                value: Some(&json),
                ..Addition::default()
            };
            self.item_added(&told, out)?;
            self.item_done(&told, out)?;
        }
        Ok(())
    }
}

fn object(value: Option<&[u8]>) -> Option<Fields<'_>> {
    Fields::of(Node::parse(value?).ok()?, "").ok()
}

/// A text, empty if there is none.
fn text<'a>(fields: &mut Fields<'a>, name: &str) -> Cow<'a, str> {
    match fields.take(name) {
        Some(Node::Text(text)) => text,
        _ => Cow::Borrowed(""),
    }
}

/// A text as it stands within a JSON string.
fn escaped(text: &str) -> String {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    write_text(&mut quoted, text);
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    String::from_utf8_lossy(inner).into_owned()
}
