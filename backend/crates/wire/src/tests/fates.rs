//! Holds the tables of fields against the code, and `docs/formats.md` against the tables.

use crate::format::{ClientFormat, Dialect};
use crate::model::Target;
use crate::openai_chat::completions;
use crate::table::{Fate, FieldRow};
use crate::translate::{read_facts, translate_request};
use crate::{claude, gemini, openai_chat, openai_responses};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Each client format with its smallest request and its table.
fn formats() -> [(ClientFormat, &'static str, &'static str, &'static [FieldRow]); 5] {
    [
        (
            ClientFormat::Claude,
            "Anthropic Messages",
            claude::MINIMAL,
            claude::FIELDS,
        ),
        (
            ClientFormat::Chat,
            "OpenAI Chat Completions",
            openai_chat::MINIMAL,
            openai_chat::FIELDS,
        ),
        (
            ClientFormat::Responses,
            "OpenAI Responses",
            openai_responses::MINIMAL,
            openai_responses::FIELDS,
        ),
        (
            ClientFormat::Gemini,
            "Google Gemini",
            gemini::MINIMAL,
            gemini::FIELDS,
        ),
        (
            ClientFormat::Completions,
            "OpenAI Completions (legacy)",
            completions::MINIMAL,
            completions::FIELDS,
        ),
    ]
}

fn model(target: Dialect) -> Target<'static> {
    let model = match target {
        Dialect::Claude => "claude-sonnet-4-6",
        Dialect::Chat | Dialect::Responses => "gpt-5.2",
        Dialect::Gemini => "gemini-2.5-pro",
        Dialect::Converse => "amazon.nova-pro-v1:0",
    };
    Target {
        model,
        max_output: 8_192,
    }
}

/// The smallest request with a sample laid over it, and whether the sample replaced anything.
fn laid_over(minimal: &str, sample: &str) -> (Vec<u8>, bool) {
    let mut body: Value = serde_json::from_str(minimal).expect("a minimal request");
    let sample: Value = serde_json::from_str(sample).unwrap_or_else(|error| panic!("{sample}: {error}"));
    let (Some(fields), Some(more)) = (body.as_object_mut(), sample.as_object()) else {
        panic!("objects are laid over objects: {sample}");
    };
    let replaces = more.keys().any(|name| fields.contains_key(name));
    fields.extend(more.clone());
    (body.to_string().into_bytes(), replaces)
}

fn translated(format: ClientFormat, target: Dialect, body: &[u8]) -> Result<Vec<u8>, String> {
    let stream = read_facts(format, body).is_ok_and(|facts| facts.stream);
    translate_request(format, target, body, &model(target), stream)
        .map(|made| made.body)
        .map_err(|fault| format!("{}|{}", fault.field, fault.message))
}

/// `generationConfig.topK: many` → `generationconfig`: the top of a path, however it is written.
fn top(path: &str) -> String {
    let end = path.find(|next: char| !next.is_ascii_alphanumeric() && next != '_');
    let top = path.get(..end.unwrap_or(path.len())).unwrap_or_default();
    top.replace('_', "").to_lowercase()
}

/// Whether a fault names the row's field, or one that its sample has beside it.
fn names(fault: &str, row: &FieldRow) -> bool {
    let named = top(fault.split('|').next().unwrap_or_default());
    let sample: Value = serde_json::from_str(row.sample).expect("a sample");
    let mut fields = sample.as_object().into_iter().flat_map(|fields| fields.keys());
    named == top(row.field) || fields.any(|field| top(field) == named)
}

fn check(format: ClientFormat, minimal: &str, row: &FieldRow, target: Dialect) -> Result<(), String> {
    let fate = row.fate(target);
    if format.same() == Some(target) {
        return if fate == Fate::Kept {
            Ok(())
        } else {
            Err(format!("{fate:?} in its own format"))
        };
    }
    let plain = translated(format, target, minimal.as_bytes())?;
    let (body, replaces) = laid_over(minimal, row.sample);
    let made = translated(format, target, &body);
    match (fate, made) {
        (Fate::Mapped(_), Ok(made)) if made != plain => Ok(()),
        (Fate::Dropped(_), Ok(made)) if replaces || made == plain => Ok(()),
        (Fate::Refused(_), Err(fault)) if names(&fault, row) => Ok(()),
        (fate, made) => Err(format!(
            "said to be {fate:?}, but gives {}",
            made.map_or_else(
                |fault| format!("400 {fault}"),
                |made| String::from_utf8_lossy(&made).into_owned()
            )
        )),
    }
}

#[test]
fn every_field_fares_as_the_table_says() {
    let mut wrong = Vec::new();
    for (format, _, minimal, rows) in formats() {
        assert!(!rows.is_empty(), "{format:?} has no table");
        for row in rows {
            for target in Dialect::ALL {
                if let Err(why) = check(format, minimal, row, target) {
                    wrong.push(format!("{format:?} {} → {target:?}: {why}", row.field));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cells are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn cell(fate: Fate) -> String {
    match fate {
        Fate::Kept => "kept".to_owned(),
        Fate::Mapped(words) => format!("→ {}", code(words)),
        Fate::Refused(why) => format!("**400**: {}", code(why)),
        Fate::Dropped(why) => format!("dropped: {}", code(why)),
    }
}

fn code(words: &str) -> String {
    words.replace('|', "\\|")
}

fn tables() -> String {
    let mut text = String::new();
    for (_, name, _, rows) in formats() {
        let _ = write!(
            text,
            "\n### {name}\n\n| field | Claude | Chat | Responses | Gemini | Converse |\n| --- | --- | --- | --- | --- | --- |\n"
        );
        for row in rows {
            let cells = row.fates.map(cell).join(" | ");
            let _ = writeln!(text, "| `{}` | {cells} |", code(row.field));
        }
    }
    text
}

const BEGIN: &str = "<!-- fields: begin -->";
const END: &str = "<!-- fields: end -->";

/// Set `TOLLGATE_WRITE_DOCS=1` to write the tables anew.
#[test]
fn the_document_shows_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/formats.md");
    let text = std::fs::read_to_string(&path).expect("docs/formats.md");
    let (before, rest) = text.split_once(BEGIN).expect("the beginning's mark");
    let (shown, after) = rest.split_once(END).expect("the end's mark");
    let expected = format!("\n{}\n", tables());
    if std::env::var_os("TOLLGATE_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("written");
    } else {
        assert!(
            shown == expected,
            "docs/formats.md is not current: run this test with TOLLGATE_WRITE_DOCS=1"
        );
    }
}
