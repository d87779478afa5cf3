//! What becomes of each field of a Responses request in each upstream format. Never in here: the code that does it.

mod input;
mod settings;
mod tools;

use crate::table::Fate::{self, Dropped, Kept, Mapped, Refused};
use crate::table::FieldRow;
use input::INPUT;
use settings::SETTINGS;
use tools::TOOLS;

/// The smallest valid request.
pub const MINIMAL: &str = r#"{"model":"gpt-5.6","input":"Hello"}"#;

/// Every field of OpenAI's API reference, "Create a model response", but for the model's name, whose place the platform's
/// own name takes.
pub const FIELDS: &[FieldRow] = &joined();

const COUNT: usize = INPUT.len() + TOOLS.len() + SETTINGS.len();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which checks it"
)]
const fn joined() -> [FieldRow; COUNT] {
    let mut all = [refused("", "", ""); COUNT];
    let mut at = 0;
    while at < COUNT {
        all[at] = if at < INPUT.len() {
            INPUT[at]
        } else if at < INPUT.len() + TOOLS.len() {
            TOOLS[at - INPUT.len()]
        } else {
            SETTINGS[at - INPUT.len() - TOOLS.len()]
        };
        at += 1;
    }
    all
}

/// Fates in Claude's, Chat's, Gemini's and Converse's format.
const fn row(field: &'static str, sample: &'static str, fates: [Fate; 4]) -> FieldRow {
    let [claude, chat, gemini, converse] = fates;
    FieldRow {
        field,
        sample,
        fates: [claude, chat, Kept, gemini, converse],
    }
}

/// What all of them can say: how.
const fn mapped(field: &'static str, sample: &'static str, words: [&'static str; 4]) -> FieldRow {
    let [claude, chat, gemini, converse] = words;
    let fates = [Mapped(claude), Mapped(chat), Mapped(gemini), Mapped(converse)];
    row(field, sample, fates)
}

/// What is refused everywhere else.
const fn refused(field: &'static str, sample: &'static str, why: &'static str) -> FieldRow {
    row(field, sample, [Refused(why); 4])
}

/// What is left out everywhere else.
const fn dropped(field: &'static str, sample: &'static str, why: &'static str) -> FieldRow {
    row(field, sample, [Dropped(why); 4])
}

const fn own_item(field: &'static str, sample: &'static str) -> FieldRow {
    refused(
        field,
        sample,
        "work of OpenAI's own tools, or what OpenAI alone can read",
    )
}

const fn own_tool(field: &'static str, sample: &'static str) -> FieldRow {
    refused(field, sample, "OpenAI's own tools run at OpenAI")
}
