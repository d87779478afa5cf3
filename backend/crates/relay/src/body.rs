//! A plain answer on its way to the client, which holds its part of the memory budget until it is nearly written.

use crate::memory::Held;
use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Handed out in pieces of this size: actix asks for the next one when it has written most of the last.
const PIECE: usize = 64 * 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct PlainBody {
    left: Bytes,
    _held: Held,
}

impl PlainBody {
    pub(crate) fn new(body: Bytes, held: Held) -> Self {
        Self {
            left: body,
            _held: held,
        }
    }
}

impl MessageBody for PlainBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.left.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.left.len().min(PIECE);
        Poll::Ready(Some(Ok(self.left.split_to(piece))))
    }
}
