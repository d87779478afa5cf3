//! What the events of a streamed answer tell while they pass: its figures, its end, its error. Never in here: translation.

use super::event::{Created, Kind, created, ending, error};
use super::write_event;
use crate::error::{Fault, UpstreamError};
use crate::fault::StreamFault;
use crate::json::{JsonFault, Scanner};
use crate::openai_responses::error::failure_code;
use crate::openai_responses::figures::Cost;
use crate::openai_responses::told::{fields, text};
use crate::scan::Step;
use crate::usage::Usage;

/// What was told so far.
#[derive(Debug, Default)]
pub(crate) struct EventScan {
    response: Created,
    /// The number of the next event, were the upstream to send one.
    next_number: u64,
    cost: Cost,
    /// Text, arguments, refusals, and the reasoning of items that are over, in bytes.
    output_bytes: u64,
    /// Of the reasoning item that is under way, what was shown of it.
    reasoning_shown: u64,
    error: Option<UpstreamError>,
}

impl EventScan {
    /// Takes an event in.
    pub fn event(&mut self, name: &[u8], data: &[u8]) -> Result<Step, StreamFault> {
        let (kind, number) = Kind::of_event(name, data);
        self.next_number = number.unwrap_or(self.next_number).saturating_add(1);
        match kind {
            Kind::SummaryDelta | Kind::ReasoningDelta => {
                self.reasoning_shown = self.reasoning_shown.saturating_add(delta_bytes(data));
            }
            kind if kind.is_delta() => {
                self.output_bytes = self.output_bytes.saturating_add(delta_bytes(data));
            }
            Kind::ItemDone if memchr::memmem::find(data, br#""type":"reasoning""#).is_some() => {
                // What is shown is a summary or nothing; the encrypted form is the whole of it.
                let sealed = sealed_bytes(data).unwrap_or(0);
                let whole = std::mem::take(&mut self.reasoning_shown).max(sealed);
                self.output_bytes = self.output_bytes.saturating_add(whole);
            }
            Kind::Created => {
                self.response =
                    created(data).map_err(|fault| StreamFault::event("response.created", fault))?;
            }
            Kind::Completed | Kind::Incomplete | Kind::Failed => {
                let told = ending(data).map_err(|fault| StreamFault::event("response.completed", fault))?;
                self.cost = told.cost;
                if kind == Kind::Failed {
                    self.error = Some(error(data));
                }
                return Ok(Step::Last);
            }
            Kind::Error => self.error = Some(error(data)),
            _ => {}
        }
        Ok(Step::Pass)
    }

    /// Only the last event ends an answer.
    #[expect(clippy::unused_self, reason = "formats differ in this")]
    pub fn close(&self) -> Option<&'static [u8]> {
        None
    }

    pub fn usage(&self) -> Usage {
        self.cost.usage().unwrap_or_default()
    }

    pub fn has_usage(&self) -> bool {
        self.cost.usage.is_some()
    }

    pub fn output_is_final(&self) -> bool {
        self.has_usage()
    }

    pub fn output_bytes(&self) -> u64 {
        self.output_bytes.saturating_add(self.reasoning_shown)
    }

    pub fn error(&self) -> Option<&UpstreamError> {
        self.error.as_ref()
    }

    pub fn billed_beside_tokens(&self) -> bool {
        self.cost.billed_beside_tokens()
    }

    /// `response.failed`, under the id that the client knows and with the next number.
    pub fn error_event(&self, fault: &Fault<'_>) -> Vec<u8> {
        let mut event = Vec::with_capacity(512);
        write_event(&mut event, "response.failed", self.next_number, |event| {
            event.object("response", |response| {
                let Created { id, model, since } = &self.response;
                if id.is_empty() {
                    response.text("id", &format!("resp_{}", fault.request_id));
                } else {
                    response.text("id", id);
                }
                response.text("object", "response");
                response.u64("created_at", *since);
                response.text("status", "failed");
                response.object("error", |error| {
                    error.text("code", failure_code(fault.kind));
                    error.text("message", fault.message);
                });
                response.null("incomplete_details");
                response.text("model", model);
                response.array("output", |_| {});
                response.null("usage");
            });
        });
        event
    }
}

/// Bytes of the text in `delta`; what can't be read is none. A quote within a string is escaped, so the key that is
/// searched for can only be one.
fn delta_bytes(data: &[u8]) -> u64 {
    const KEY: &[u8] = br#""delta":"#;
    let value = memchr::memmem::find(data, KEY).and_then(|at| data.get(at + KEY.len()..));
    let told = value.and_then(|value| text(&mut Scanner::new(value)).ok().flatten());
    told.map_or(0, |delta| delta.length() as u64)
}

/// Bytes of text in a reasoning item's encrypted content: four characters of base64 stand for three bytes. Encryption adds
/// some, so this errs on the side of more.
fn sealed_bytes(data: &[u8]) -> Result<u64, JsonFault> {
    let mut bytes = 0;
    fields(&mut Scanner::new(data), |key, scan| {
        if !key.is("item") {
            return scan.skip();
        }
        fields(scan, |key, scan| {
            if key.is("encrypted_content") {
                bytes = text(scan)?.map_or(0, |sealed| sealed.length() as u64 * 3 / 4);
                return Ok(());
            }
            scan.skip()
        })?;
        Ok(())
    })?;
    Ok(bytes)
}
