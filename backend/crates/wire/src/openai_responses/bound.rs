//! How many input tokens a request can be billed for at most, found while the body is read.
//!
//! Every token stands for at least one byte of what the model reads, and the body holds all of that, so its bytes are an
//! upper bound, with these corrections:
//! - a picture counts [`IMAGE_TOKENS_MAX`], and its base64 data nothing;
//! - a tool that OpenAI defines and the client runs counts [`CLIENT_TOOL_TOKENS`] for what the API tells the model of it;
//! - what makes the API read things that are not in the body (files, earlier responses, conversations, prompts, its own
//!   tools, reasoning given by id alone, and every item and tool of a type unknown here) has no bound but the model's
//!   window: `remote`.

use super::told::{fields, items, text};
use crate::json::{Item, JsonFault, Scanner, Text};

/// Tokens of the largest picture. OpenAI, "Images and vision": at detail `original` at most 10,000 patches of 32 × 32
/// pixels; other details cost less on every model but the next one.
pub const IMAGE_TOKENS_MAX: u64 = 10_000;
/// The same on GPT-4o mini, whose pictures cost 2,833 tokens and 5,667 for each of at most eight tiles (same page).
pub const IMAGE_TOKENS_MAX_4O_MINI: u64 = 48_169;
/// What a tool that OpenAI defines and the client runs (`local_shell`, `shell`, `apply_patch`) adds to its few bytes.
/// OpenAI gives no figure; this is ample for the description of a tool.
pub const CLIENT_TOOL_TOKENS: u64 = 2_000;

/// Items that are in the body as a whole.
const WHOLE_ITEMS: [&str; 7] = [
    "message",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "local_shell_call",
    "local_shell_call_output",
];

/// The corrections found so far.
#[derive(Debug, Default)]
pub(super) struct Bound {
    exempt_bytes: u64,
    pub images: u64,
    added_tokens: u64,
    /// Whether the whole window counts.
    pub remote: bool,
    /// Whether there are tools that OpenAI runs.
    pub tools_run: bool,
}

/// What an item says of itself.
#[derive(Default)]
pub(super) struct ItemMarks {
    /// Whether it is the user's.
    pub is_user: bool,
}

/// A field that may stand once.
#[derive(Default)]
struct Once<'a> {
    seen: bool,
    /// If it is a string.
    value: Option<Text<'a>>,
}

impl Bound {
    /// The bound for a body of so many bytes, asked of this model.
    pub fn tokens(&self, body_bytes: usize, model: &str) -> u64 {
        let each = if model.contains("4o-mini") {
            IMAGE_TOKENS_MAX_4O_MINI
        } else {
            IMAGE_TOKENS_MAX
        };
        (body_bytes as u64)
            .saturating_sub(self.exempt_bytes)
            .saturating_add(self.added_tokens)
            .saturating_add(self.images.saturating_mul(each))
    }

    /// Reads an item of `input`.
    pub fn item(&mut self, scan: &mut Scanner<'_>) -> Result<ItemMarks, JsonFault> {
        let (mut kind, mut sealed, mut marks) = (Once::default(), false, ItemMarks::default());
        let mut reference = true;
        fields(scan, |key, scan| {
            if key.is("type") {
                self.once(&mut kind, text(scan)?);
            } else if key.is("role") {
                reference = false;
                marks.is_user = text(scan)?.is_some_and(|role| role.is("user"));
            } else if key.is("content") || key.is("output") {
                reference = false;
                items(scan, |scan| self.part(scan))?;
            } else if key.is("encrypted_content") {
                sealed = text(scan)?.is_some();
            } else {
                scan.skip()?;
            }
            Ok::<_, JsonFault>(())
        })?;
        self.remote |= match kind.value {
            // A bare `{"id"}` refers to an item that the API keeps.
            None => reference,
            Some(kind) if kind.is("reasoning") => !sealed,
            Some(kind) => !WHOLE_ITEMS.iter().any(|known| kind.is(known)),
        };
        Ok(marks)
    }

    /// Reads `tools`.
    pub fn tools(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        items(scan, |scan| {
            let mut kind = Once::default();
            fields(scan, |key, scan| {
                if key.is("type") {
                    self.once(&mut kind, text(scan)?);
                    return Ok(());
                }
                scan.skip()
            })?;
            match kind.value {
                Some(kind)
                    if ["function", "custom", "namespace"]
                        .iter()
                        .any(|known| kind.is(known)) => {}
                Some(kind) if ["local_shell", "apply_patch"].iter().any(|known| kind.is(known)) => {
                    self.added_tokens = self.added_tokens.saturating_add(CLIENT_TOOL_TOKENS);
                }
                _ => {
                    self.remote = true;
                    self.tools_run = true;
                }
            }
            Ok(())
        })
    }

    /// Reads a field that lets the API add things as soon as it is there: `conversation`, `prompt`.
    pub fn fetching(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        self.remote |= !matches!(item, Item::Null);
        scan.leave(item)
    }

    /// Reads a part of a message or of a tool's output.
    fn part(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let (mut kind, mut url) = (Once::default(), Once::default());
        fields(scan, |key, scan| {
            if key.is("type") {
                self.once(&mut kind, text(scan)?);
            } else if key.is("image_url") {
                self.once(&mut url, text(scan)?);
            } else {
                scan.skip()?;
            }
            Ok::<_, JsonFault>(())
        })?;
        let Some(kind) = kind.value else { return Ok(()) };
        if kind.is("input_image") {
            self.images = self.images.saturating_add(1);
            let data = url.value.filter(|url| url.raw().starts_with(b"data:"));
            let bytes = data.map_or(0, |url| url.raw().len() as u64);
            self.exempt_bytes = self.exempt_bytes.saturating_add(bytes);
        } else if kind.is("input_file") || kind.is("input_audio") {
            self.remote = true;
        }
        Ok(())
    }

    /// Sets what may stand once; who gives it twice can't be bounded, since readers differ on which of them counts.
    fn once<'a>(&mut self, field: &mut Once<'a>, value: Option<Text<'a>>) {
        self.remote |= field.seen;
        *field = Once { seen: true, value };
    }
}
