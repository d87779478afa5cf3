//! What becomes of every documented field of a `generateContent` request in each upstream format (Gemini API reference,
//! "Generating content" and "Caching"). Samples are written in both of Google's spellings.
//! Never in here: the translation itself.

mod config;
mod content;
mod tools;

use crate::table::{Fate, FieldRow};

/// The smallest request.
pub const MINIMAL: &str = r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}"#;

/// Every field with a sample.
pub const FIELDS: &[FieldRow] =
    &joined::<{ config::ROWS.len() + content::ROWS.len() + tools::ROWS.len() }>([
        config::ROWS,
        content::ROWS,
        tools::ROWS,
    ]);

const fn joined<const ROWS: usize>(parts: [&[FieldRow]; 3]) -> [FieldRow; ROWS] {
    let mut rows = [FieldRow {
        field: "",
        sample: "",
        fates: [Fate::Kept; 5],
    }; ROWS];
    let mut left: &mut [FieldRow] = &mut rows;
    let mut parts: &[&[FieldRow]] = &parts;
    while let Some((part, more)) = parts.split_first() {
        let mut part = *part;
        while let Some((row, rest)) = part.split_first() {
            let Some((into, after)) = left.split_first_mut() else {
                return rows;
            };
            *into = *row;
            part = rest;
            left = after;
        }
        parts = more;
    }
    rows
}

/// A field with its fates in Claude's format, Chat, Responses and Converse.
const fn row(field: &'static str, sample: &'static str, fates: [Fate; 4]) -> FieldRow {
    let [claude, chat, responses, converse] = fates;
    FieldRow {
        field,
        sample,
        fates: [claude, chat, responses, Fate::Kept, converse],
    }
}

/// One that has a word in each.
const fn mapped(field: &'static str, sample: &'static str, words: [&'static str; 4]) -> FieldRow {
    let [claude, chat, responses, converse] = words;
    let fates = [
        Fate::Mapped(claude),
        Fate::Mapped(chat),
        Fate::Mapped(responses),
        Fate::Mapped(converse),
    ];
    row(field, sample, fates)
}

/// One that the reader leaves out, whatever the target.
const fn dropped(field: &'static str, sample: &'static str, why: &'static str) -> FieldRow {
    row(field, sample, [Fate::Dropped(why); 4])
}

/// One that the reader refuses, whatever the target.
const fn refused(field: &'static str, sample: &'static str, why: &'static str) -> FieldRow {
    row(field, sample, [Fate::Refused(why); 4])
}
