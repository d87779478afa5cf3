//! `POST /responses/compact`: a request with the fields of an ordinary one, never streamed, and its answer, an object of
//! type `response.compaction` (OpenAI's API reference, "Compact a response"). Both only pass.
//! Never in here: translation; what the vendor encrypts, no other vendor can read.

use super::answer::scan_object;
use crate::facts::{AnswerFacts, RequestFacts};
use crate::fault::{AnswerFault, RequestFault};

/// Reads a request to compact a conversation.
///
/// # Errors
/// As [`read_facts`](super::read_facts), and if it asks for a stream.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let facts = super::read_facts(body)?;
    if facts.stream {
        return Err(RequestFault::field(
            "stream",
            "A compaction is not streamed; leave this field out.",
        ));
    }
    Ok(facts)
}

/// Reads its answer in one pass; what was compacted is passed over.
///
/// # Errors
/// If it is no such answer, or tells figures that can't be.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    scan_object(
        body,
        "response.compaction",
        AnswerFault::NoAnswer("no object `response.compaction`"),
    )
}
