//! Streams that only pass: figures, end and error, found in one pass over each event that builds nothing.

use super::super::answer::{scan_event, searched};
use super::super::error::{read_error, write_error_event};
use super::super::figures::Figures;
use super::EVENT;
use crate::error::{Fault, UpstreamError};
use crate::fault::StreamFault;
use crate::scan::Step;
use crate::usage::Usage;

/// What was told so far.
#[derive(Debug, Default)]
pub(crate) struct EventScan {
    figures: Figures,
    /// Figures came with the end or after it.
    output_is_final: bool,
    output_bytes: u64,
    /// One bit for each candidate seen, and for each that ended.
    seen: u128,
    ended: u128,
    blocked: bool,
    searched: bool,
    error: Option<UpstreamError>,
}

impl EventScan {
    /// Takes an event in. With the event by which every candidate has ended the answer may be complete: it is held until
    /// another one follows or the stream ends.
    pub fn event(&mut self, _name: &[u8], data: &[u8]) -> Result<Step, StreamFault> {
        if data.is_empty() {
            return Ok(Step::Pass);
        }
        let scanned = scan_event(data).map_err(|fault| StreamFault::event(EVENT, fault))?;
        let Some(scanned) = scanned else {
            return Err(StreamFault::event(EVENT, "it is no object"));
        };
        if scanned.error {
            let unknown = || UpstreamError {
                message: "an error event without a message".to_owned(),
                ..UpstreamError::default()
            };
            self.error = Some(read_error(data).unwrap_or_else(unknown));
        }
        self.figures.update(&scanned.figures);
        self.output_bytes = self.output_bytes.saturating_add(scanned.output_bytes);
        self.seen |= scanned.seen;
        self.ended |= scanned.ended;
        self.blocked |= scanned.blocked;
        self.searched |= scanned.searched;
        if !self.is_complete() {
            return Ok(Step::Pass);
        }
        self.output_is_final |= scanned.figures.is_told();
        Ok(Step::Hold)
    }

    fn is_complete(&self) -> bool {
        let ended = self.seen != 0 && self.seen == self.ended;
        self.error.is_none() && (ended || self.blocked)
    }

    /// What is still to be sent when the upstream's body ends: nothing; `None` if it broke off.
    pub fn close(&self) -> Option<&'static [u8]> {
        self.is_complete().then_some(b"")
    }

    pub fn usage(&self) -> Usage {
        searched(self.figures.usage(), self.searched)
    }

    pub fn has_usage(&self) -> bool {
        self.figures.is_told()
    }

    pub fn output_is_final(&self) -> bool {
        self.output_is_final
    }

    pub fn output_bytes(&self) -> u64 {
        self.output_bytes
    }

    pub fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }

    pub fn billed_beside_tokens(&self) -> bool {
        self.searched || self.figures.billed_beside_tokens()
    }

    #[expect(clippy::unused_self, reason = "formats differ in this")]
    pub fn error_event(&self, fault: &Fault<'_>) -> Vec<u8> {
        write_error_event(fault)
    }
}
