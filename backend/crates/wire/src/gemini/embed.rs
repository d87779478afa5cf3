//! Embeddings: what the relay must know of `:embedContent` and `:batchEmbedContents`. Gemini API reference, "Embeddings".
//! Never in here: translation; embeddings go to the same vendor or nowhere.

use super::bound::Bound;
use super::facts::{Seen, opened};
use super::names::is;
use crate::facts::RequestFacts;
use crate::fault::RequestFault;
use crate::json::{Item, JsonFault, Scanner};

/// Reads the body of `:embedContent`. The model is told in the path.
///
/// # Errors
/// If it has no `content`.
pub fn read_embed_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    const CONTENT: &str = "This field is required: the content, as an object.";
    let mut scan = opened(body)?;
    let (mut bound, mut has_content) = (Bound::default(), false);
    let (mut seen, mut first) = (Seen::default(), true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if seen.name(&key, "")? != "content" {
            scan.skip()?;
            continue;
        }
        let Item::Object = scan.value()? else {
            return Err(RequestFault::field("content", "This must be an object."));
        };
        has_content = true;
        bound.content(&mut scan)?;
    }
    scan.end()?;
    if !has_content {
        return Err(RequestFault::field("content", CONTENT));
    }
    Ok(facts(&bound, body.len()))
}

/// Reads the body of `:batchEmbedContents`. Each of its requests names a model; the path's counts.
///
/// # Errors
/// If it has no `requests`.
pub fn read_batch_embed_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let mut scan = opened(body)?;
    let (mut bound, mut requests) = (Bound::default(), 0_usize);
    let (mut seen, mut first) = (Seen::default(), true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if seen.name(&key, "")? != "requests" {
            scan.skip()?;
            continue;
        }
        let Item::Array = scan.value()? else {
            return Err(RequestFault::field(
                "requests",
                "This must be an array of requests.",
            ));
        };
        let mut first = true;
        while scan.item(first)? {
            first = false;
            requests += 1;
            match scan.value()? {
                Item::Object => request(&mut bound, &mut scan)?,
                other => scan.leave(other)?,
            }
        }
    }
    scan.end()?;
    if requests == 0 {
        return Err(RequestFault::field(
            "requests",
            "This field is required: at least one request, in an array.",
        ));
    }
    Ok(facts(&bound, body.len()))
}

/// Reads one of several, whose object was just opened.
fn request(bound: &mut Bound, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if is(&key, "content") {
            bound.contents(scan)?;
        } else {
            scan.skip()?;
        }
    }
    Ok(())
}

/// Embeddings have no output that is billed: one token is the least that can be said.
fn facts(bound: &Bound, body_bytes: usize) -> RequestFacts {
    RequestFacts {
        max_output: Some(1),
        choices: 1,
        input_bound: bound.tokens(body_bytes),
        remote_context: bound.remote,
        ..RequestFacts::default()
    }
}
