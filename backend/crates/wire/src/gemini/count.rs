//! Counting: `:countTokens`, whose body has either `contents` or a whole `generateContentRequest`. Gemini API reference,
//! "Counting tokens". Never in here: counting itself.

use super::facts::{each_key, opened, read_facts};
use super::names::{get, is, take};
use super::request;
use crate::facts::RequestFacts;
use crate::fault::RequestFault;
use crate::json::Item;
use crate::model::Request;
use crate::tree::Node;
use crate::write::write_object;
use std::ops::Range;

const INNER: &str = "generateContentRequest";

/// What the relay must know of a count, as [`read_facts`](super::read_facts) tells it of a request.
///
/// # Errors
/// As there, or if the body has neither.
pub fn read_count_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let Some(span) = inner(body)? else {
        return read_facts(body);
    };
    let begin = span.start;
    let mut facts = read_facts(body.get(span).unwrap_or_default())?;
    for stable in &mut facts.stable {
        *stable = stable.start + begin..stable.end + begin;
    }
    Ok(facts)
}

/// Where the whole request stands within a count, if there is one.
fn inner(body: &[u8]) -> Result<Option<Range<usize>>, RequestFault> {
    let mut scan = opened(body)?;
    let mut found = None;
    let (mut twice, mut wrong) = (false, false);
    each_key(&mut scan, |key, scan| {
        let wanted = is(key, INNER);
        let begin = scan.value_at();
        let item = scan.value()?;
        let (null, object) = (matches!(item, Item::Null), matches!(item, Item::Object));
        scan.leave(item)?;
        if wanted && !null {
            twice |= found.is_some();
            wrong |= !object;
            found = Some(begin..scan.at());
        }
        Ok(())
    })?;
    scan.end()?;
    if twice {
        return Err(RequestFault::field(
            INNER,
            "This field stands twice in the body; it may stand once.",
        ));
    }
    if wrong {
        return Err(RequestFault::field(INNER, "This must be an object."));
    }
    Ok(found)
}

/// Reads a count's body as the request whose input is counted.
///
/// # Errors
/// As [`read_request`](super::read_request).
pub fn read_count_request(body: &[u8]) -> Result<Request<'_>, RequestFault> {
    let mut node = Node::parse(body)?;
    match take(&mut node, INNER) {
        Some(inner) => request::of_node(inner, INNER),
        None => request::of_node(node, ""),
    }
}

/// The answer to a count.
pub fn write_count(tokens: u64) -> Vec<u8> {
    let mut answer = Vec::new();
    write_object(&mut answer, |answer| answer.u64("totalTokens", tokens));
    answer
}

/// The count of an upstream's answer; `None` if it is none.
pub fn read_count(body: &[u8]) -> Option<u64> {
    let node = Node::parse(body).ok()?;
    get(&node, "totalTokens").and_then(Node::as_u64)
}
