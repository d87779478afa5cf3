//! A stream translated event by event: the upstream's reader, the client's writer, and what is known of the cost on the
//! way. Never in here: how streams are cut into events.

use super::Exchange;
use crate::error::{ErrorKind, Fault, UpstreamError};
use crate::fault::StreamFault;
use crate::format::{ClientFormat, Dialect};
use crate::model::StreamEvent;
use crate::openai_chat::completions;
use crate::scan::EventScan;
use crate::usage::Usage;
use crate::{claude, converse, gemini, openai_chat, openai_responses};

#[derive(Debug)]
enum Reader {
    Claude(claude::StreamReader),
    Chat(openai_chat::StreamReader),
    Responses(openai_responses::StreamReader),
    Gemini(gemini::StreamReader),
    Converse(converse::StreamReader),
}

#[derive(Debug)]
enum Writer {
    Claude(claude::StreamWriter),
    Chat(openai_chat::StreamWriter),
    Responses(openai_responses::StreamWriter),
    Gemini(gemini::StreamWriter),
    Completions(completions::StreamWriter),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Translator {
    reader: Reader,
    writer: Writer,
    request_id: String,
    /// Events of one reading; kept for its room.
    events: Vec<StreamEvent>,
    /// Reads the figures, exactly as where an answer passes; of frames the reader does.
    figures: Option<EventScan>,
    usage: Option<Usage>,
    output_bytes: u64,
    ended: bool,
    error: Option<UpstreamError>,
}

impl Translator {
    pub fn new(exchange: &Exchange) -> Self {
        let context = exchange.context.clone();
        let request_id = context.id.clone();
        let reader = match exchange.dialect {
            Dialect::Claude => Reader::Claude(claude::StreamReader::default()),
            Dialect::Chat => Reader::Chat(openai_chat::StreamReader::default()),
            Dialect::Responses => Reader::Responses(openai_responses::StreamReader::default()),
            Dialect::Gemini => Reader::Gemini(gemini::StreamReader::default()),
            Dialect::Converse => Reader::Converse(converse::StreamReader::default()),
        };
        let writer = match exchange.client {
            ClientFormat::Claude => Writer::Claude(claude::StreamWriter::new(context)),
            ClientFormat::Chat => Writer::Chat(openai_chat::StreamWriter::new(context)),
            ClientFormat::Responses => Writer::Responses(openai_responses::StreamWriter::new(context)),
            ClientFormat::Gemini => Writer::Gemini(gemini::StreamWriter::new(context)),
            ClientFormat::Completions => Writer::Completions(completions::StreamWriter::new(context)),
        };
        Self {
            reader,
            writer,
            request_id,
            events: Vec::new(),
            figures: EventScan::of(exchange.dialect),
            usage: None,
            output_bytes: 0,
            ended: false,
            error: None,
        }
    }

    /// Takes one of the upstream's events and appends what the client gets for it.
    pub fn event(&mut self, name: &[u8], data: &[u8], into: &mut Vec<u8>) -> Result<(), StreamFault> {
        if let Some(figures) = &mut self.figures {
            figures.event(name, data)?;
        }
        let mut events = std::mem::take(&mut self.events);
        let read = match &mut self.reader {
            Reader::Claude(reader) => reader.read(name, data, &mut events),
            Reader::Chat(reader) => reader.read(name, data, &mut events),
            Reader::Responses(reader) => reader.read(name, data, &mut events),
            Reader::Gemini(reader) => reader.read(name, data, &mut events),
            Reader::Converse(reader) => reader.read(name, data, &mut events),
        };
        self.pass(&mut events, into);
        self.events = events;
        read
    }

    /// The upstream's body ended. Whether that was the answer's proper end.
    pub fn close(&mut self, into: &mut Vec<u8>) -> bool {
        let mut events = std::mem::take(&mut self.events);
        match &mut self.reader {
            Reader::Claude(reader) => reader.close(&mut events),
            Reader::Chat(reader) => reader.close(&mut events),
            Reader::Responses(reader) => reader.close(&mut events),
            Reader::Gemini(reader) => reader.close(&mut events),
            Reader::Converse(reader) => reader.close(&mut events),
        }
        self.pass(&mut events, into);
        self.ended
    }

    fn pass(&mut self, events: &mut Vec<StreamEvent>, into: &mut Vec<u8>) {
        for event in events.drain(..) {
            if self.ended || self.error.is_some() {
                continue;
            }
            match &event {
                StreamEvent::Piece { text, .. } => {
                    self.output_bytes = self.output_bytes.saturating_add(text.len() as u64);
                }
                StreamEvent::Usage(usage) => self.usage = Some(*usage),
                StreamEvent::End => self.ended = true,
                StreamEvent::Error(error) => {
                    self.error = Some(error.clone());
                    self.tell_error(error, into);
                    continue;
                }
                _ => {}
            }
            match &mut self.writer {
                Writer::Claude(writer) => writer.write(&event, into),
                Writer::Chat(writer) => writer.write(&event, into),
                Writer::Responses(writer) => writer.write(&event, into),
                Writer::Gemini(writer) => writer.write(&event, into),
                Writer::Completions(writer) => writer.write(&event, into),
            }
        }
    }

    /// The upstream's error in the client's format.
    fn tell_error(&mut self, error: &UpstreamError, into: &mut Vec<u8>) {
        let request_id = std::mem::take(&mut self.request_id);
        let fault = Fault {
            kind: error.class.unwrap_or(ErrorKind::Internal),
            code: "upstream_error_event",
            message: &error.message,
            field: None,
            request_id: &request_id,
            retry_after: error.retry_after,
        };
        self.error_event(&fault, into);
        self.request_id = request_id;
    }

    pub fn error_event(&mut self, fault: &Fault<'_>, into: &mut Vec<u8>) {
        match &mut self.writer {
            Writer::Claude(writer) => writer.error_event(fault, into),
            Writer::Chat(writer) => writer.error_event(fault, into),
            Writer::Responses(writer) => writer.error_event(fault, into),
            Writer::Gemini(writer) => writer.error_event(fault, into),
            Writer::Completions(writer) => writer.error_event(fault, into),
        }
    }

    /// The figures told so far; zeros while there are none.
    pub fn usage(&self) -> Usage {
        match &self.figures {
            Some(figures) => figures.usage(),
            None => self.usage.unwrap_or_default(),
        }
    }

    /// Whether the input's figures were told.
    pub fn has_usage(&self) -> bool {
        match &self.figures {
            Some(figures) => figures.has_usage(),
            None => self.usage.is_some(),
        }
    }

    /// Whether the figures are what the answer cost, to the token.
    pub fn is_exact(&self) -> bool {
        let told = match &self.figures {
            Some(figures) => figures.output_is_final() && figures.has_usage(),
            None => self.usage.is_some(),
        };
        self.ended && told
    }

    /// Bytes of output: the dialect's own count, or what was translated if that is more.
    pub fn output_bytes(&self) -> u64 {
        let scanned = self.figures.as_ref().map_or(0, EventScan::output_bytes);
        self.output_bytes.max(scanned)
    }

    /// See [`Scan::billed_beside_tokens`](crate::scan::Scan::billed_beside_tokens).
    pub fn billed_beside_tokens(&self) -> bool {
        match (&self.figures, &self.reader) {
            (Some(figures), _) => figures.billed_beside_tokens(),
            (None, Reader::Converse(reader)) => reader.billed_beside_tokens(),
            (None, _) => false,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ended
    }

    pub fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }
}
