//! Any bytes as frames of an AWS event stream. Checksums are set right first, where there is room for them: hardly any
//! input would get past them otherwise.

use crate::stream::pieces;
use bytes::Bytes;
use tollgate_wire::bedrock::InvokeStream;
use tollgate_wire::event_stream::{Frame, FrameSplitter, encode};
use tollgate_wire::fault::StreamFault;

/// Holds frames to what is promised of them: the same whatever the chunks.
pub fn check(bytes: &[u8]) {
    for body in [Bytes::copy_from_slice(bytes), mended(bytes)] {
        let whole = split([body.clone()]);
        assert_eq!(whole, split(pieces(&body)));
        if let (frames, None, 0) = &whole {
            let total: usize = frames.iter().map(|frame| frame.payload.len()).sum();
            assert!(
                total <= body.len() + frames.len() * 64,
                "more came out than went in"
            );
        }
        match (events([body.clone()]), events(pieces(&body))) {
            // The fault of a later frame may hide that of an earlier one in the same chunk.
            (Err(_), Err(_)) => {}
            (whole, cut) => assert_eq!(whole, cut),
        }
    }
    check_encoding(bytes);
}

/// The frames before a fault, the fault, and what is held.
fn split(pieces: impl IntoIterator<Item = Bytes>) -> (Vec<Frame>, Option<StreamFault>, usize) {
    let (mut splitter, mut frames) = (FrameSplitter::new(), Vec::new());
    for piece in pieces {
        match splitter.push(piece) {
            Ok(more) => frames.extend(more),
            // Frames of the same chunk are lost with it.
            Err(fault) => return (Vec::new(), Some(fault), 0),
        }
    }
    let pending = splitter.pending();
    (frames, None, pending)
}

fn events(pieces: impl IntoIterator<Item = Bytes>) -> Result<Vec<u8>, StreamFault> {
    let (mut stream, mut events) = (InvokeStream::new(), Vec::new());
    for piece in pieces {
        events.extend_from_slice(&stream.push(piece)?);
    }
    Ok(events)
}

/// The same with every checksum right: of the lengths as they are told, and of as much as they span.
fn mended(bytes: &[u8]) -> Bytes {
    let mut mended = bytes.to_vec();
    let mut at = 0;
    while let Some(lengths) = mended.get(at..at + 8) {
        let sum = crc32fast::hash(lengths);
        let total = u32::from_be_bytes([lengths[0], lengths[1], lengths[2], lengths[3]]) as usize;
        let Some(place) = mended.get_mut(at + 8..at + 12) else {
            break;
        };
        place.copy_from_slice(&sum.to_be_bytes());
        let Some(end) = at
            .checked_add(total)
            .filter(|end| total >= 16 && *end <= mended.len())
        else {
            break;
        };
        let sum = crc32fast::hash(&mended[at..end - 4]);
        mended[end - 4..end].copy_from_slice(&sum.to_be_bytes());
        at = end;
    }
    mended.into()
}

fn check_encoding(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let frame = encode(&[(":event-type", &text), (":message-type", "event")], bytes);
    let (frames, fault, pending) = split([frame.into()]);
    assert_eq!((frames.len(), fault, pending), (1, None, 0));
    assert_eq!(frames[0].payload, bytes);
    assert!(text.starts_with(&frames[0].event_type));
}
