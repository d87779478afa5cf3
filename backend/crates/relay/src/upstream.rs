//! Reading an upstream's body within bounds: to its end, or to a stream's first events; and joining what is there
//! already, so that a burst of small chunks is handled as one. Never in here: whose fault it is.

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::time::Duration;
use tollgate_wire::error::ErrorKind;
use tollgate_wire::fault::StreamFault;
use tollgate_wire::scan::Pushed;
use tollgate_wire::translate::{AnswerStream, Exchange};

/// Chunks that are there already are joined up to this size: about what a socket takes at once.
const JOIN_MAX: usize = 64 * 1024;
/// Room made when two chunks are joined: most bursts fit.
const JOIN_ROOM: usize = 8 * 1024;

/// Why a body can't be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFault {
    #[error("nothing came for {0:?}")]
    Timeout(Duration),
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
    #[error("it ended before its end")]
    Short,
    #[error("it is larger than {0} bytes")]
    TooLarge(usize),
    #[error("no memory is left for it")]
    NoRoom,
    #[error(transparent)]
    Unusable(#[from] StreamFault),
}

impl ReadFault {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "upstream_silent",
            Self::Broken(_) | Self::Short => "upstream_broke_off",
            Self::TooLarge(_) => "answer_too_large",
            Self::NoRoom => "bodies_in_flight",
            Self::Unusable(_) => "upstream_unusable",
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Timeout(_) => ErrorKind::GatewayTimeout,
            Self::NoRoom => ErrorKind::Unavailable,
            _ => ErrorKind::BadGateway,
        }
    }

    /// What the client is told.
    pub(crate) fn message(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "The upstream sent nothing for too long.",
            Self::Broken(_) | Self::Short => "The upstream's answer broke off before its end.",
            Self::TooLarge(_) => "The upstream's answer is too large.",
            Self::NoRoom => "The gateway holds as many bodies as it may; try again in a moment.",
            Self::Unusable(_) => "The upstream's answer could not be used.",
        }
    }
}

/// A body that is read chunk by chunk.
#[derive(Debug)]
pub(crate) struct Body {
    incoming: Incoming,
    /// What was found while joining, to be told next.
    next: Option<Result<Option<Bytes>, hyper::Error>>,
    /// Whether anything was read yet.
    begun: bool,
}

impl Body {
    pub(crate) fn new(incoming: Incoming) -> Self {
        Self {
            incoming,
            next: None,
            begun: false,
        }
    }

    /// The next bytes, with what is there already joined to them; `None` at the end.
    pub(crate) async fn read(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        // A chunk that had to be waited for comes alone: looking for more would cost a paced stream a turn of the
        // runtime for each. More is there at an answer's beginning, and where a chunk lies ready.
        let mut joins = !std::mem::replace(&mut self.begun, true);
        let first = match self.next.take() {
            Some(found) => found?,
            None => match data(&mut self.incoming).now_or_never() {
                Some(found) => {
                    joins = true;
                    found?
                }
                None => data(&mut self.incoming).await?,
            },
        };
        let Some(first) = first else { return Ok(None) };
        let mut joined: Option<BytesMut> = None;
        let length = |joined: &Option<BytesMut>| joined.as_ref().map_or(first.len(), BytesMut::len);
        while joins && length(&joined) < JOIN_MAX {
            if self.incoming.is_end_stream() {
                self.next = Some(Ok(None));
                break;
            }
            // The connection's task hands over one chunk at a time: it gets a turn for the next one. With nothing there
            // this costs a look at the sockets, far less than writing each chunk to the client by itself.
            tokio::task::yield_now().await;
            match data(&mut self.incoming).now_or_never() {
                Some(Ok(Some(more))) => {
                    let buffer = joined.get_or_insert_with(|| {
                        let mut buffer = BytesMut::with_capacity(JOIN_ROOM.max(first.len() + more.len()));
                        buffer.extend_from_slice(&first);
                        buffer
                    });
                    buffer.extend_from_slice(&more);
                }
                Some(end) => {
                    self.next = Some(end);
                    break;
                }
                None => break,
            }
        }
        Ok(Some(joined.map_or(first, BytesMut::freeze)))
    }

    /// Reads a finished answer's framing to its end, so that the connection can be used again.
    pub(crate) async fn finish(&mut self, limit: Duration) {
        let to_end = async { while let Ok(Some(_)) = self.read().await {} };
        let _ = tokio::time::timeout(limit, to_end).await;
    }
}

/// The next data frame; trailers are passed over.
async fn data(incoming: &mut Incoming) -> Result<Option<Bytes>, hyper::Error> {
    while let Some(frame) = incoming.frame().await {
        if let Ok(data) = frame?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// A stream whose first events are here.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) body: Body,
    pub(crate) scan: AnswerStream,
    pub(crate) first: Pushed,
}

/// Reads a stream to its first whole event.
///
/// # Errors
/// If none comes.
pub(crate) async fn begin(
    incoming: Incoming,
    exchange: &Exchange,
    limit: Duration,
) -> Result<Begun, ReadFault> {
    let reading = async {
        let (mut body, mut scan) = (Body::new(incoming), AnswerStream::new(exchange));
        loop {
            let first = match body.read().await? {
                Some(chunk) => scan.push(chunk)?,
                None => scan.close().ok_or(ReadFault::Short)?,
            };
            if !first.forward.is_empty() || first.last {
                return Ok(Begun { body, scan, first });
            }
        }
    };
    tokio::time::timeout(limit, reading)
        .await
        .unwrap_or(Err(ReadFault::Timeout(limit)))
}

/// Reads a body to its end; `reserve` is asked for room before bytes are kept.
///
/// # Errors
/// If it is too large, too slow, or broken off.
pub(crate) async fn read_to_end(
    incoming: Incoming,
    limit: usize,
    idle: Duration,
    reserve: &mut dyn FnMut(usize) -> bool,
) -> Result<Bytes, ReadFault> {
    let mut body = Body::new(incoming);
    let mut whole: Option<BytesMut> = None;
    let mut only = Bytes::new();
    loop {
        let read = tokio::time::timeout(idle, body.read())
            .await
            .map_err(|_| ReadFault::Timeout(idle))?;
        let Some(chunk) = read? else { break };
        let so_far = whole.as_ref().map_or(only.len(), BytesMut::len);
        if so_far.saturating_add(chunk.len()) > limit {
            return Err(ReadFault::TooLarge(limit));
        }
        if !reserve(chunk.len()) {
            return Err(ReadFault::NoRoom);
        }
        if so_far == 0 {
            only = chunk;
            continue;
        }
        whole
            .get_or_insert_with(|| BytesMut::from(only.as_ref()))
            .extend_from_slice(&chunk);
    }
    Ok(whole.map_or(only, BytesMut::freeze))
}
