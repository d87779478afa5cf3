//! Receipts: what was booked of one request with the proof that it stands in its batch, made from the books ([`make`])
//! and checked without them ([`check`]). Never in here: the signing key.
//!
//! The proof is plain: the digests of all rows of the batch. A batch has some hundred rows, so that a receipt has some
//! ten kilobytes, and whoever checks needs SHA-256 alone. Other rows' digests tell nothing: ids of 74 random bits are
//! under each.

mod check;
mod facts;
mod make;
mod price;

pub use check::{Checked, ReceiptFault, check};
pub use make::{ReceiptError, make};
pub use price::LinePrice;

use serde_json::Value;
use tollgate_contract::receipts::ReceiptStatement;

/// What signatures of receipts are for, see the store's signing module.
pub const PURPOSE: &str = "receipts";

/// The bytes of a statement that are signed: JSON without blanks, the fields of each object sorted by name, characters
/// beyond ASCII as they are.
pub fn statement_bytes(statement: &ReceiptStatement) -> Vec<u8> {
    // Plain data always serialises; nothing would be signed by nobody else either.
    let value = serde_json::to_value(statement).unwrap_or_default();
    let mut text = String::new();
    write(&value, &mut text);
    text.into_bytes()
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (at, (name, item)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(name.clone()).to_string());
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests;
