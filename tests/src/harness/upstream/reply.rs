//! An answer as a format's file hands it to the connection: a head, and a whole body or the frames of a stream.

use super::answer::Usage;
use super::script::Fault;
use serde_json::Value;

/// What an endpoint says: an answer, or a refusal in no vendor's format yet.
pub type Outcome = Result<Reply, Fault>;

/// Header names and values.
pub type Headers = Vec<(String, String)>;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Beside the vendor's usual ones.
    pub headers: Headers,
    /// What it tells of usage; `None` where it tells nothing.
    pub usage: Option<Usage>,
    /// The rest.
    pub body: Body,
}

/// A body.
#[derive(Clone, Debug)]
pub enum Body {
    /// Sent at once, with its length.
    Whole(Vec<u8>),
    /// Sent in pieces.
    Stream(Stream),
}

/// A streamed body.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its type.
    pub content_type: &'static str,
    /// In order.
    pub frames: Vec<Frame>,
    /// What is sent instead of the rest when the stream fails on its way.
    pub error: Vec<u8>,
}

/// How much of its figures a stream has told with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// No more than before.
    Nothing,
    /// Some; not yet what counts.
    Some,
    /// What counts.
    All,
}

/// One event of a stream.
#[derive(Clone, Debug)]
pub struct Frame {
    /// As it is sent.
    pub bytes: Vec<u8>,
    /// With it.
    pub tells: Tells,
}

impl Frame {
    /// Without figures.
    pub fn plain(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            tells: Tells::Nothing,
        }
    }

    /// With the first figures.
    pub fn beginning(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            tells: Tells::Some,
        }
    }

    /// With the figures that count.
    pub fn telling(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            tells: Tells::All,
        }
    }
}

impl Stream {
    /// Server-sent events.
    pub fn of_events(frames: Vec<Frame>, error: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: "text/event-stream; charset=utf-8",
            frames,
            error: error.into(),
        }
    }

    /// All frames in one.
    pub fn bytes(&self) -> Vec<u8> {
        self.frames.iter().flat_map(|frame| frame.bytes.clone()).collect()
    }
}

impl Reply {
    /// A JSON body. Spaces and order are the upstream's own business.
    pub fn json(value: &Value, usage: Option<Usage>) -> Self {
        Self {
            headers: Vec::new(),
            usage,
            body: Body::Whole(serde_json::to_vec_pretty(value).expect("JSON")),
        }
    }

    /// A stream.
    pub fn stream(stream: Stream, usage: Option<Usage>) -> Self {
        Self {
            headers: Vec::new(),
            usage,
            body: Body::Stream(stream),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// An error as a vendor sends it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The vendor's status for it.
    pub status: u16,
    /// Besides the vendor's usual ones.
    pub headers: Headers,
    /// JSON.
    pub body: Value,
}

impl Refusal {
    /// Without more headers.
    pub fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A header's name and value out of texts.
pub fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
