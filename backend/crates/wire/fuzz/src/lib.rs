//! What the fuzz targets hold the crate's readers and writers to. Each check takes any bytes and panics where a promise is
//! broken; an input that is refused breaks none. How targets are built and run: `scripts/fuzz`.
//! Never in here: the promises of one format alone, which its own tests keep.

pub mod answer;
pub mod bedrock;
pub mod beside;
pub mod engine;
pub mod error;
pub mod formats;
pub mod frames;
pub mod mutate;
pub mod order;
pub mod request;
pub mod stream;

use tollgate_wire::model::Context;
use tollgate_wire::tree::Node;

/// What every answer's writer is told.
pub fn context() -> Context {
    Context {
        model: "asked".to_owned(),
        id: "018f0000-0000-7000-8000-000000000001".to_owned(),
        created: 1_700_000_000,
        include_usage: true,
        seal_thinking: true,
        ..Context::default()
    }
}

/// What the crate writes must be JSON that its own tree takes: no field twice, no half characters.
pub fn json<'a>(what: &str, written: &'a [u8]) -> Node<'a> {
    Node::parse(written)
        .unwrap_or_else(|fault| panic!("{what}: {fault}: {}", String::from_utf8_lossy(written)))
}

/// Whether a JSON text nests so deeply that it may not be read any more once a format has wrapped some of it: readers take
/// 128 levels.
pub fn is_deep(text: &[u8]) -> bool {
    const DEPTH_MAX: usize = 112;
    fn depth(node: &Node<'_>) -> usize {
        1 + match node {
            Node::Array(items) => items.iter().map(depth).max().unwrap_or(0),
            Node::Object(fields) => fields.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
            _ => 0,
        }
    }
    Node::parse(text).is_ok_and(|node| depth(&node) > DEPTH_MAX)
}
