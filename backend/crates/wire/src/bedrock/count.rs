//! Counting the tokens of a request in Claude's format (Amazon Bedrock's API reference, "CountTokens":
//! `POST /model/{id}/count-tokens`). Bedrock's user guide: not every Claude model is counted there; those it does not
//! count it refuses. Never in here: estimates.

use super::invoke::Body;
use crate::fault::{AnswerFault, RequestFault};
use crate::json::{Item, Scanner};
use crate::tree::Node;
use crate::write::write_object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// The body of Bedrock's request for the body of a client's `count_tokens`. `model` and `betas`: see
/// [`invoke_edits`](super::invoke_edits).
///
/// Bedrock wants the body of an InvokeModel request, so `max_tokens`, which a count need not have, is added: the least
/// that the request's thinking allows.
///
/// # Errors
/// As [`invoke_edits`](super::invoke_edits).
pub fn count_request(body: &Bytes, model: &str, betas: &[String]) -> Result<Vec<u8>, RequestFault> {
    let read = Body::read(body)?;
    let betas = read.betas(model, betas)?;
    let budget = read.value("thinking").and_then(|value| {
        let thinking = Node::parse(value).ok()?;
        thinking.get("budget_tokens").and_then(Node::as_u64)
    });
    let max_tokens = budget.unwrap_or(0).saturating_add(1);
    let invoked = crate::facts::apply(body, &read.edits(model, &betas, Some(max_tokens))?);
    let mut request = Vec::with_capacity(invoked.len() / 3 * 4 + 64);
    write_object(&mut request, |object| {
        object.object("input", |input| {
            input.object("invokeModel", |invoke| {
                invoke.text("body", &STANDARD.encode(&invoked));
            });
        });
    });
    Ok(request)
}

/// The tokens that an answer tells, whatever was counted.
///
/// # Errors
/// If it tells none.
pub fn read_count(body: &[u8]) -> Result<u64, AnswerFault> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(AnswerFault::NoAnswer("no JSON object"));
    };
    let (mut count, mut first) = (None, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        let item = scan.value()?;
        if let (true, Item::Number(digits)) = (key.is("inputTokens"), item) {
            count = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok());
        }
        scan.leave(item)?;
    }
    scan.end()?;
    count.ok_or(AnswerFault::NoAnswer("a count without `inputTokens`"))
}
