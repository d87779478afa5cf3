//! How many input tokens a request can be billed for at most, found while the body is read.
//!
//! Every token stands for at least one byte of what the model reads, and the body holds all of that, so its bytes are an
//! upper bound, with these corrections:
//! - base64 data of an image is no text: it counts [`IMAGE_TOKENS_MAX`] instead of its bytes;
//! - what the API adds by itself counts its documented size: [`TOOLS_PROMPT_TOKENS`], [`VENDOR_TOOL_TOKENS`],
//!   [`STRUCTURED_OUTPUT_TOKENS`];
//! - what makes the API read things that are not in the body (URLs, files, PDFs, whose pages are also rendered, server
//!   tools, MCP servers, containers, compaction, and every block and tool of a type unknown here) has no bound but the
//!   model's window: `remote`.
//!
//! An image's data is taken out only where the format has images: in a block of a message, of a tool's result or of a
//! document. The same JSON in a tool's input is text.

use crate::facts::TOOL_CALLS_EXPECTED;
use crate::json::{Item, JsonFault, Scanner, Text};

/// Tokens of the largest image. Anthropic, "Vision": an image costs a token for each 28 × 28 pixels and is scaled down
/// to the model's native resolution first, at most 4,784 tokens (some 1,600 on older models).
pub const IMAGE_TOKENS_MAX: u64 = 4_784;
/// What the API prepends when there are tools. Anthropic, "Tool use", gives up to some 700 tokens by model and choice;
/// rounded up.
pub const TOOLS_PROMPT_TOKENS: u64 = 1_000;
/// What a tool that Anthropic defines and the client runs adds to its few bytes. Anthropic, "Pricing": the largest,
/// computer use, 735 tokens and a prompt of up to 499.
pub const VENDOR_TOOL_TOKENS: u64 = 1_300;
/// What asking for structured output adds. Anthropic, "Structured outputs", speaks of a slightly higher count without a
/// figure; this is ample.
pub const STRUCTURED_OUTPUT_TOKENS: u64 = 1_000;

/// Contents nest no deeper in the format: message, tool's result, document, its source.
const LEVELS_MAX: u32 = 4;

/// Types of tools that run at the client, up to their version.
const CLIENT_TOOLS: [&[u8]; 4] = [b"bash_", b"text_editor_", b"computer_", b"memory_"];

/// How types of tools begin that run another model, which they name.
const ADVISOR: &[u8] = b"advisor_";

/// How types of tools begin that fetch pages.
const FETCHING: &[u8] = b"web_fetch_";

/// The corrections found so far.
#[derive(Debug, Default)]
pub(super) struct Bound {
    exempt_bytes: u64,
    added_tokens: u64,
    /// Pictures whose bytes are in the body.
    pub images: u64,
    /// See [`RequestFacts::tool_calls`](crate::facts::RequestFacts::tool_calls).
    pub tool_calls: u64,
    /// Whether a tool runs another model than the one asked for.
    pub other_model: bool,
    /// Whether the whole window counts.
    pub remote: bool,
}

/// A block's `source`.
#[derive(Default)]
struct Source<'a> {
    kind: Option<Text<'a>>,
    media: Option<Text<'a>>,
    data: Option<Text<'a>>,
}

impl Source<'_> {
    fn is(&self, kind: &str) -> bool {
        self.kind.is_some_and(|told| told.is(kind))
    }
}

impl Bound {
    /// The bound for a body of so many bytes.
    pub fn tokens(&self, body_bytes: usize) -> u64 {
        (body_bytes as u64)
            .saturating_sub(self.exempt_bytes)
            .saturating_add(self.added_tokens)
    }

    /// Reads `messages`, whose array was just opened.
    pub fn messages(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let mut first_key = true;
            while let Some(key) = scan.key(first_key)? {
                first_key = false;
                if key.is("content") {
                    self.content(scan, 0)?;
                } else {
                    scan.skip()?;
                }
            }
        }
        Ok(())
    }

    /// Reads `tools`, whose array was just opened.
    pub fn tools(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while scan.item(first)? {
            if first {
                self.added_tokens = self.added_tokens.saturating_add(TOOLS_PROMPT_TOKENS);
            }
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let (mut called, mut uses) = (false, None);
            let mut first_key = true;
            while let Some(key) = scan.key(first_key)? {
                first_key = false;
                if key.is("type") {
                    let item = scan.value()?;
                    called |= self.tool_type(&item);
                    scan.leave(item)?;
                } else if key.is("max_uses") {
                    let item = scan.value()?;
                    if let Item::Number(digits) = item {
                        let digits = std::str::from_utf8(digits).unwrap_or_default();
                        // Of a field that stands twice, the larger; what is no count bounds nothing.
                        uses = uses.max(Some(digits.parse().unwrap_or(TOOL_CALLS_EXPECTED)));
                    }
                    scan.leave(item)?;
                } else {
                    scan.skip()?;
                }
            }
            if called {
                let uses = uses.unwrap_or(TOOL_CALLS_EXPECTED);
                self.tool_calls = self.tool_calls.saturating_add(uses);
            }
        }
        Ok(())
    }

    /// Reads a field that lets the API fetch things as soon as it is there: `container`, `mcp_servers`.
    pub fn fetching(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        match scan.value()? {
            Item::Null => (),
            Item::Array => {
                let mut first = true;
                while scan.item(first)? {
                    first = false;
                    self.remote = true;
                    scan.skip()?;
                }
            }
            other => {
                self.remote = true;
                scan.leave(other)?;
            }
        }
        Ok(())
    }

    /// Reads a field that asks for structured output.
    pub fn structured(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Null) {
            self.added_tokens = self.added_tokens.saturating_add(STRUCTURED_OUTPUT_TOKENS);
        }
        scan.leave(item)
    }

    /// Reads `context_management`: an edit of a type that summarises reads the whole conversation once more.
    pub fn context_management(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return scan.leave(item);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            match (key.is("edits"), scan.value()?) {
                (true, Item::Array) => self.edits(scan)?,
                (_, other) => scan.leave(other)?,
            }
        }
        Ok(())
    }

    fn edits(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let mut first_key = true;
            while let Some(key) = scan.key(first_key)? {
                first_key = false;
                let item = scan.value()?;
                // Those that only clear make the input smaller.
                if key.is("type") && !matches!(item, Item::Text(kind) if kind.raw().starts_with(b"clear_")) {
                    self.remote = true;
                }
                scan.leave(item)?;
            }
        }
        Ok(())
    }

    /// Gives whether the vendor runs it and bills its calls: fetching pages costs tokens alone (Anthropic, "Web fetch
    /// tool").
    fn tool_type(&mut self, kind: &Item<'_>) -> bool {
        match kind {
            Item::Null => (),
            Item::Text(kind) if kind.is("custom") => (),
            Item::Text(kind) if kind.raw().starts_with(ADVISOR) => self.other_model = true,
            Item::Text(kind) if CLIENT_TOOLS.iter().any(|known| kind.raw().starts_with(known)) => {
                self.added_tokens = self.added_tokens.saturating_add(VENDOR_TOOL_TOKENS);
            }
            Item::Text(kind) if kind.raw().starts_with(FETCHING) => self.remote = true,
            _ => {
                self.remote = true;
                return true;
            }
        }
        false
    }

    fn content(&mut self, scan: &mut Scanner<'_>, level: u32) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) {
            return scan.leave(item);
        }
        if level == LEVELS_MAX {
            self.remote = true;
            return scan.leave(item);
        }
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if matches!(item, Item::Object) {
                self.block(scan, level)?;
            } else {
                scan.leave(item)?;
            }
        }
        Ok(())
    }

    /// Reads a block, whose object was just opened.
    fn block(&mut self, scan: &mut Scanner<'_>, level: u32) -> Result<(), JsonFault> {
        let (mut kind, mut source) = (None, None);
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("type") {
                let item = scan.value()?;
                if let Item::Text(text) = item {
                    self.once(&mut kind, text);
                }
                scan.leave(item)?;
            } else if key.is("source") {
                let read = self.source(scan, level)?;
                self.once(&mut source, read);
            } else if key.is("content") {
                self.content(scan, level + 1)?;
            } else {
                scan.skip()?;
            }
        }
        self.judge(kind, &source.unwrap_or_default());
        Ok(())
    }

    fn source<'a>(&mut self, scan: &mut Scanner<'a>, level: u32) -> Result<Source<'a>, JsonFault> {
        let mut source = Source::default();
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            scan.leave(item)?;
            return Ok(source);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("content") {
                self.content(scan, level + 1)?;
                continue;
            }
            let field = if key.is("type") {
                &mut source.kind
            } else if key.is("media_type") {
                &mut source.media
            } else if key.is("data") {
                &mut source.data
            } else {
                scan.skip()?;
                continue;
            };
            let item = scan.value()?;
            if let Item::Text(text) = item {
                self.once(field, text);
            }
            scan.leave(item)?;
        }
        Ok(source)
    }

    /// Sets what may stand once; who gives it twice can't be bounded, since readers differ on which of them counts.
    fn once<T>(&mut self, field: &mut Option<T>, value: T) {
        if field.replace(value).is_some() {
            self.remote = true;
        }
    }

    fn judge(&mut self, kind: Option<Text<'_>>, source: &Source<'_>) {
        const PLAIN: [&str; 7] = [
            "text",
            "thinking",
            "redacted_thinking",
            "tool_use",
            "tool_result",
            "search_result",
            "compaction",
        ];
        let Some(kind) = kind else {
            self.remote = true;
            return;
        };
        if PLAIN.iter().any(|plain| kind.is(plain)) {
            return;
        }
        let image = source
            .media
            .is_some_and(|media| media.raw().starts_with(b"image/"));
        if kind.is("image") && source.is("base64") && image {
            let data = source.data.map_or(0, |data| data.raw().len() as u64);
            self.exempt_bytes = self.exempt_bytes.saturating_add(data);
            self.added_tokens = self.added_tokens.saturating_add(IMAGE_TOKENS_MAX);
            self.images = self.images.saturating_add(1);
        } else if !(kind.is("document") && (source.is("text") || source.is("content"))) {
            self.remote = true;
        }
    }
}
