//! Reads plain answers: into the neutral answer, or for their figures alone where they pass as they came.
//! Sources: OpenAI's API reference, "Chat", "The chat completion object".

mod message;
mod write;

use super::figures::{FigureFault, Figures};
use super::top::text;
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::json::{Item, JsonFault, Scanner};
use crate::model::{Answer, Choice, Part, StopReason};
use crate::tree::Node;
use crate::usage::{ToldTier, Usage};
use message::parts;
pub(super) use message::{annotations, call_id, logprobs};
pub use write::write_answer;
pub(super) use write::{finish_reason, write_annotation, write_logprobs};

const NO_COMPLETION: AnswerFault = AnswerFault::NoAnswer("no chat completion with `choices`");

impl From<FigureFault> for AnswerFault {
    fn from(fault: FigureFault) -> Self {
        match fault {
            FigureFault::Json(fault) => fault.into(),
            other => Self::Figures(other.to_string()),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// If it is no chat completion, or one that can't be used.
pub fn read_answer(body: &[u8]) -> Result<Answer<'_>, AnswerFault> {
    let Node::Object(fields) = Node::parse(body)? else {
        return Err(NO_COMPLETION);
    };
    let mut answer = Answer::default();
    let mut choices = None;
    for (name, value) in fields {
        match (name.as_ref(), value) {
            ("id", Node::Text(id)) => answer.id = id,
            ("model", Node::Text(model)) => answer.model = model,
            ("choices", Node::Array(items)) => choices = Some(items),
            ("usage", usage) => answer.usage = Figures::of_node(&usage)?.told(),
            _ => {}
        }
    }
    let mut numbered = Vec::new();
    let choices = choices.filter(|choices: &Vec<_>| !choices.is_empty());
    for (at, node) in choices.ok_or(NO_COMPLETION)?.into_iter().enumerate() {
        let index = node.get("index").and_then(Node::as_u64).unwrap_or(at as u64);
        numbered.push((index, choice(node, &answer.id, at)?));
    }
    numbered.sort_by_key(|(index, _)| *index);
    answer.choices = numbered.into_iter().map(|(_, choice)| choice).collect();
    Ok(answer)
}

fn choice<'a>(node: Node<'a>, id: &str, at: usize) -> Result<Choice<'a>, AnswerFault> {
    let Node::Object(fields) = node else {
        return Err(NO_COMPLETION);
    };
    let mut choice = Choice::default();
    let mut finish = None;
    for (name, value) in fields {
        match (name.as_ref(), value) {
            ("message", message @ Node::Object(_)) => choice.parts = parts(message, id, at)?,
            ("finish_reason", Node::Text(reason)) => finish = Some(reason),
            // vLLM tells here the text at which it stopped.
            ("stop_reason", Node::Text(sequence)) => choice.stop_sequence = Some(sequence),
            ("logprobs", value) => choice.logprobs = logprobs(&value),
            _ => {}
        }
    }
    let called = choice.parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
    let declined = choice
        .parts
        .iter()
        .any(|part| matches!(part, Part::Refusal { .. }));
    choice.stop = stop_reason(finish.as_deref(), called, declined);
    if choice.stop == StopReason::End && choice.stop_sequence.is_some() {
        choice.stop = StopReason::StopSequence;
    }
    Ok(choice)
}

/// Why a choice ended. OpenAI says `stop` also where a call was demanded by name, and where the model declined.
pub(super) fn stop_reason(finish: Option<&str>, called: bool, declined: bool) -> StopReason {
    match finish {
        Some("length") => StopReason::MaxOutput,
        Some("content_filter") => StopReason::Refusal,
        _ if called => StopReason::ToolCalls,
        _ if declined => StopReason::Refusal,
        _ => StopReason::End,
    }
}

/// What the pass over an answer found.
#[derive(Default)]
struct Scanned {
    figures: Figures,
    content_bytes: u64,
    has_choices: bool,
    tier: ToldTier,
    searched: bool,
}

/// Figures with what stands outside of them. Chat's models that search do so once a request (OpenAI, "Web search"), and
/// the answer shows it by what it cites; that it is one search is not told.
pub(super) fn completed(usage: Usage, tier: ToldTier, searched: bool) -> Usage {
    let mut usage = usage;
    usage.tier = tier.tier.unwrap_or_default();
    usage.other.web_search = u64::from(searched);
    usage
}

/// Reads a plain answer in one pass; the content is passed over.
///
/// # Errors
/// If it is no chat completion, or tells figures that can't be.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    if std::str::from_utf8(body).is_err() {
        return Err(AnswerFault::NotJson("not valid UTF-8".to_owned()));
    }
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(NO_COMPLETION);
    };
    let mut found = Scanned::default();
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("usage") {
            found.figures = Figures::read(&mut scan)?;
        } else if key.is("service_tier") {
            let tier = text(&mut scan)?.and_then(|tier| tier.decode());
            found.tier.take(tier.as_deref());
        } else if key.is("choices") {
            found.choices(&mut scan)?;
        } else {
            scan.skip()?;
        }
    }
    scan.end()?;
    if !found.has_choices {
        return Err(NO_COMPLETION);
    }
    Ok(AnswerFacts {
        usage: found
            .figures
            .told()
            .map(|usage| completed(usage, found.tier, found.searched)),
        content_bytes: found.content_bytes,
        billed_beside_tokens: found.tier.unknown || found.searched,
    })
}

impl Scanned {
    fn choices(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) {
            return scan.leave(item);
        }
        self.has_choices = true;
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let mut first_key = true;
            while let Some(key) = scan.key(first_key)? {
                first_key = false;
                if key.is("message") {
                    self.message(scan)?;
                } else {
                    scan.skip()?;
                }
            }
        }
        Ok(())
    }

    /// Each search whose pages an answer cites is billed beside the tokens (OpenAI, "Pricing", web search).
    fn message(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let begin = scan.value_at();
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return scan.leave(item);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("annotations") {
                self.searched |= any_item(scan)?;
            } else {
                scan.skip()?;
            }
        }
        self.content_bytes = self.content_bytes.saturating_add((scan.at() - begin) as u64);
        Ok(())
    }
}

/// Whether the value that is due is an array with something in it.
pub(super) fn any_item(scan: &mut Scanner<'_>) -> Result<bool, JsonFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Array) {
        scan.leave(item)?;
        return Ok(false);
    }
    let mut any = false;
    while scan.item(!any)? {
        any = true;
        scan.skip()?;
    }
    Ok(any)
}
