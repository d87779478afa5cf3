//! Every format's functions under one name. Never in here: checks.

use tollgate_wire::facts::AnswerFacts;
use tollgate_wire::fault::{AnswerFault, RequestFault, StreamFault};
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::model::{Answer, Request, StreamEvent};
use tollgate_wire::openai_chat::completions;
use tollgate_wire::table::FieldRow;
use tollgate_wire::{claude, converse, gemini, openai_chat, openai_responses};

/// The client format that is the same as an upstream's; none speaks Converse.
pub fn client_of(dialect: Dialect) -> Option<ClientFormat> {
    ClientFormat::ALL
        .into_iter()
        .find(|format| format.same() == Some(dialect))
}

/// The smallest request, and the table of all fields.
pub fn table(format: ClientFormat) -> (&'static str, &'static [FieldRow]) {
    match format {
        ClientFormat::Claude => (claude::MINIMAL, claude::FIELDS),
        ClientFormat::Chat => (openai_chat::MINIMAL, openai_chat::FIELDS),
        ClientFormat::Responses => (openai_responses::MINIMAL, openai_responses::FIELDS),
        ClientFormat::Gemini => (gemini::MINIMAL, gemini::FIELDS),
        ClientFormat::Completions => (completions::MINIMAL, completions::FIELDS),
    }
}

pub fn read_request(format: ClientFormat, body: &[u8]) -> Result<Request<'_>, RequestFault> {
    match format {
        ClientFormat::Claude => claude::read_request(body),
        ClientFormat::Chat => openai_chat::read_request(body),
        ClientFormat::Responses => openai_responses::read_request(body),
        ClientFormat::Gemini => gemini::read_request(body),
        ClientFormat::Completions => completions::read_request(body),
    }
}

pub fn read_answer(dialect: Dialect, body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    match dialect {
        Dialect::Claude => claude::read_answer(body),
        Dialect::Chat => openai_chat::read_answer(body),
        Dialect::Responses => openai_responses::read_answer(body),
        Dialect::Gemini => gemini::read_answer(body),
        Dialect::Converse => converse::read_answer(body),
    }
}

pub fn scan_answer(dialect: Dialect, body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    match dialect {
        Dialect::Claude => claude::scan_answer(body),
        Dialect::Chat => openai_chat::scan_answer(body),
        Dialect::Responses => openai_responses::scan_answer(body),
        Dialect::Gemini => gemini::scan_answer(body),
        Dialect::Converse => converse::scan_answer(body),
    }
}

/// A format's reader of streams.
pub enum Reader {
    Claude(claude::StreamReader),
    Chat(openai_chat::StreamReader),
    Responses(openai_responses::StreamReader),
    Gemini(gemini::StreamReader),
    Converse(converse::StreamReader),
}

impl Reader {
    pub fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Claude => Self::Claude(claude::StreamReader::default()),
            Dialect::Chat => Self::Chat(openai_chat::StreamReader::default()),
            Dialect::Responses => Self::Responses(openai_responses::StreamReader::default()),
            Dialect::Gemini => Self::Gemini(gemini::StreamReader::default()),
            Dialect::Converse => Self::Converse(converse::StreamReader::default()),
        }
    }

    pub fn read(&mut self, name: &[u8], data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        match self {
            Self::Claude(reader) => reader.read(name, data, out),
            Self::Chat(reader) => reader.read(name, data, out),
            Self::Responses(reader) => reader.read(name, data, out),
            Self::Gemini(reader) => reader.read(name, data, out),
            Self::Converse(reader) => reader.read(name, data, out),
        }
    }

    pub fn close(&mut self, out: &mut Vec<StreamEvent>) {
        match self {
            Self::Claude(reader) => reader.close(out),
            Self::Chat(reader) => reader.close(out),
            Self::Responses(reader) => reader.close(out),
            Self::Gemini(reader) => reader.close(out),
            Self::Converse(reader) => reader.close(out),
        }
    }
}
