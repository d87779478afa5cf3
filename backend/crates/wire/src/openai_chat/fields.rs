//! What becomes of each field of a Chat Completions request (OpenAI's API reference, "Chat", "Create chat completion").
//! Never in here: how a field is read or written.

mod answer;
mod conversation;
mod labels;
mod tools;

use crate::table::FieldRow;

/// The smallest request.
pub const MINIMAL: &str = r#"{"model":"gpt-5.6","messages":[{"role":"user","content":"Hello"}]}"#;

/// Each documented field.
pub const FIELDS: &[FieldRow] = &joined();

const PARTS: [&[FieldRow]; 4] = [conversation::ROWS, tools::ROWS, answer::ROWS, labels::ROWS];
const COUNT: usize = conversation::ROWS.len() + tools::ROWS.len() + answer::ROWS.len() + labels::ROWS.len();

#[expect(
    clippy::indexing_slicing,
    reason = "reckoned by the compiler, to which an index out of bounds is an error"
)]
const fn joined() -> [FieldRow; COUNT] {
    let mut rows = [PARTS[0][0]; COUNT];
    let (mut part, mut at, mut to) = (0, 0, 0);
    while part < PARTS.len() {
        while at < PARTS[part].len() {
            rows[to] = PARTS[part][at];
            at += 1;
            to += 1;
        }
        part += 1;
        at = 0;
    }
    rows
}
