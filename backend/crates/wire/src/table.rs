//! What becomes of each field of a client's format on its way to each upstream format: the rows of `docs/formats.md`, each
//! with a sample, so that a test can hold the table against the code.
//! Never in here: the rows themselves (each format's module has its own).

use crate::format::Dialect;

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The same format: it passes untouched.
    Kept,
    /// It is said in the target's words: which ones.
    Mapped(&'static str),
    /// A 400 names it: why it can't be said.
    Refused(&'static str),
    /// It is left out: why that is harmless.
    Dropped(&'static str),
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// As the format calls it: `messages[].content[].image`, `temperature` …
    pub field: &'static str,
    /// A request's fields with it, as a JSON object that is laid over the format's minimal request (fields at the top
    /// replace those of the same name).
    pub sample: &'static str,
    /// Its fate in each target, in the order of [`Dialect::ALL`].
    pub fates: [Fate; 5],
}

impl FieldRow {
    /// Its fate in a target.
    pub fn fate(&self, target: Dialect) -> Fate {
        let [claude, chat, responses, gemini, converse] = self.fates;
        match target {
            Dialect::Claude => claude,
            Dialect::Chat => chat,
            Dialect::Responses => responses,
            Dialect::Gemini => gemini,
            Dialect::Converse => converse,
        }
    }
}
