//! A streamed answer as the plain one that it would have been: for upstreams that only stream, and clients that do not
//! want to. Never in here: any other format.

use crate::sse::Events;
use crate::tree::Node;
use memchr::memmem;

/// What a whole stream comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collected {
    /// The response.
    Answer(Vec<u8>),
    /// The error that came in its place, as a plain answer would have told it.
    Error(Vec<u8>),
}

/// What only the last events carry.
const ENDS: [&[u8]; 4] = [
    b"response.completed",
    b"response.incomplete",
    b"response.failed",
    b"\"error\"",
];

/// The response that a whole stream ends with (OpenAI's API reference, "Streaming events": the last event carries all of
/// it), or its error; `None` if it has no end.
pub fn collect(events: &[u8]) -> Option<Collected> {
    Events::new(events, true).find_map(|event| {
        let data = event.data();
        // Most events are pieces of text, and are not read.
        if !ENDS.iter().any(|end| memmem::find(&data, end).is_some()) {
            return None;
        }
        let node = Node::parse(&data).ok()?;
        match node.get("type")?.as_text()? {
            "response.completed" | "response.incomplete" => {
                node.get("response").map(|node| Collected::Answer(text(node)))
            }
            "response.failed" => node.get("response")?.get("error").map(error),
            "error" => Some(error(node.get("error").unwrap_or(&node))),
            _ => None,
        }
    })
}

fn text(node: &Node<'_>) -> Vec<u8> {
    let mut written = Vec::new();
    node.write(&mut written);
    written
}

fn error(node: &Node<'_>) -> Collected {
    let mut written = b"{\"error\":".to_vec();
    node.write(&mut written);
    written.push(b'}');
    Collected::Error(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_holds_the_whole_answer() {
        let events = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"error\":null}}\n\n\
            event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"n\":1.50}}\n\n";
        let whole = Collected::Answer(br#"{"id":"r","n":1.50}"#.to_vec());
        assert_eq!(collect(events), Some(whole));
        assert_eq!(
            collect(b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n"),
            None
        );
        assert_eq!(collect(b""), None);
    }

    #[test]
    fn an_error_is_told_as_a_plain_answer_would() {
        let told = Some(Collected::Error(
            br#"{"error":{"code":"rate_limit_exceeded"}}"#.to_vec(),
        ));
        for data in [
            r#"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded"}}}"#,
            r#"{"type":"error","error":{"code":"rate_limit_exceeded"}}"#,
        ] {
            assert_eq!(collect(format!("data: {data}\n\n").as_bytes()), told, "{data}");
        }
    }
}
