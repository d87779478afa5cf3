//! Checks of what providers' reports are uploaded with.

use super::{bounded, fault, one_line};
use crate::reconcile::REPORT_BYTES_MAX;
use validator::ValidationError;

/// Longest name of a file or a part of it, in characters; the schema's own limit.
const REPORT_NAME_MAX: usize = 200;

/// A file's name, or a project's, workspace's or key's: one line, may be empty.
pub fn report_name(text: &str) -> Result<(), ValidationError> {
    one_line(text, REPORT_NAME_MAX)
}

/// A report's content: not empty, and bounded.
pub fn report_content(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() {
        return Err(fault("required", "must not be empty"));
    }
    bounded(text, REPORT_BYTES_MAX)
}

/// Thousandths.
pub fn permille(value: u32) -> Result<(), ValidationError> {
    if value > 1000 {
        return Err(fault("out_of_range", "takes 0 to 1000"));
    }
    Ok(())
}
