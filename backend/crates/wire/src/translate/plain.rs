//! A whole answer, and a refusal, on their way to the client. Never in here: streams.

use super::{Exchange, Packing, Wrapping};
use crate::error::Fault;
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::format::{ClientFormat, Dialect};
use crate::gemini::code_assist;
use crate::model::Answer;
use crate::openai_chat::completions;
use crate::{claude, converse, gemini, openai_chat, openai_responses};
use bytes::Bytes;

/// The answer as the client gets it, and what it cost.
///
/// # Errors
/// If the upstream's bytes are no answer of its format.
pub fn plain_answer(exchange: &Exchange, body: &Bytes) -> Result<(Bytes, AnswerFacts), AnswerFault> {
    let inner = unpacked(exchange, body)?;
    let (written, facts) = if exchange.passes() {
        let facts = scan(exchange.dialect, &inner)?;
        // The envelope passes as it came, where the client wants one.
        let both = exchange.packing == Packing::CodeAssist && exchange.wrapping == Wrapping::CodeAssist;
        if both {
            return Ok((body.clone(), facts));
        }
        (inner, facts)
    } else {
        let answer = read(exchange.dialect, &inner)?;
        let mut written = Vec::with_capacity(inner.len());
        write(exchange, &answer, &mut written);
        (written.into(), scan(exchange.dialect, &inner)?)
    };
    let wrapped = match exchange.wrapping {
        Wrapping::CodeAssist => {
            let mut wrapped = Vec::with_capacity(written.len() + 64);
            code_assist::wrap_answer(&written, &exchange.context.id, &mut wrapped);
            wrapped.into()
        }
        Wrapping::Bare | Wrapping::Array => written,
    };
    Ok((wrapped, facts))
}

fn unpacked(exchange: &Exchange, body: &Bytes) -> Result<Bytes, AnswerFault> {
    match exchange.packing {
        Packing::CodeAssist => {
            let span = code_assist::unwrap_answer(body)
                .ok_or(AnswerFault::NoAnswer("no envelope of Code Assist"))?;
            Ok(body.slice(span))
        }
        Packing::Bare | Packing::Invoke | Packing::Frames => Ok(body.clone()),
    }
}

fn scan(dialect: Dialect, body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    match dialect {
        Dialect::Claude => claude::scan_answer(body),
        Dialect::Chat => openai_chat::scan_answer(body),
        Dialect::Responses => openai_responses::scan_answer(body),
        Dialect::Gemini => gemini::scan_answer(body),
        Dialect::Converse => converse::scan_answer(body),
    }
}

fn read(dialect: Dialect, body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    match dialect {
        Dialect::Claude => claude::read_answer(body),
        Dialect::Chat => openai_chat::read_answer(body),
        Dialect::Responses => openai_responses::read_answer(body),
        Dialect::Gemini => gemini::read_answer(body),
        Dialect::Converse => converse::read_answer(body),
    }
}

fn write(exchange: &Exchange, answer: &Answer<'_>, into: &mut Vec<u8>) {
    let context = &exchange.context;
    match exchange.client {
        ClientFormat::Claude => claude::write_answer(answer, context, into),
        ClientFormat::Chat => openai_chat::write_answer(answer, context, into),
        ClientFormat::Responses => openai_responses::write_answer(answer, context, into),
        ClientFormat::Gemini => gemini::write_answer(answer, context, into),
        ClientFormat::Completions => completions::write_answer(answer, context, into),
    }
}

/// A refusal's body in the client's format.
pub fn write_error(format: ClientFormat, fault: &Fault<'_>) -> Vec<u8> {
    match format {
        ClientFormat::Claude => claude::write_error(fault),
        ClientFormat::Chat | ClientFormat::Completions => openai_chat::write_error(fault),
        ClientFormat::Responses => openai_responses::write_error(fault),
        ClientFormat::Gemini => gemini::write_error(fault),
    }
}
