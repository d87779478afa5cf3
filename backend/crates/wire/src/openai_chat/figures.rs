//! OpenAI's `usage` objects: how they become the figures that are billed, and how they are written.
//! Sources: OpenAI's API reference, "Chat", `usage`; its guide "Prompt caching" for what is part of what.

use crate::json::{Item, JsonFault, Scanner};
use crate::tree::Node;
use crate::usage::{OtherUsage, Usage};
use crate::write::ObjectWriter;

/// More tokens than this in one figure are no count but a fault: a thousand of the largest context windows.
const FIGURE_MAX: u64 = 1_000_000_000;

/// Why a `usage` object can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FigureFault {
    #[error(transparent)]
    Json(#[from] JsonFault),
    #[error("usage.{0} is no whole number from 0 to {FIGURE_MAX}")]
    Figure(&'static str),
    #[error("usage is no object")]
    NoObject,
}

/// What `usage` objects told so far. `None` is what none of them named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// All input, cached or not.
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
    /// Of the input, what was read from the cache.
    cached: Option<u64>,
    /// Of the input, what was written to the cache.
    written: Option<u64>,
    reasoning: Option<u64>,
    /// Of the input and of the output, sound; it has prices of its own.
    audio_input: Option<u64>,
    audio_output: Option<u64>,
}

impl Figures {
    /// Reads the value that is due. `null` tells nothing.
    pub fn read(scan: &mut Scanner<'_>) -> Result<Self, FigureFault> {
        let mut figures = Self::default();
        match scan.value()? {
            Item::Object => figures.fields(scan)?,
            Item::Null => (),
            _ => return Err(FigureFault::NoObject),
        }
        Ok(figures)
    }

    /// The same of a tree.
    pub fn of_node(node: &Node<'_>) -> Result<Self, FigureFault> {
        Self::read(&mut Scanner::new(node.to_text().as_bytes()))
    }

    /// Whether input was told.
    pub fn has_input(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether output was told.
    pub fn has_output(&self) -> bool {
        self.completion.is_some()
    }

    /// Takes over what a later object names: it stands for the earlier figures, not beside them.
    pub fn update(&mut self, later: &Self) {
        self.prompt = later.prompt.or(self.prompt);
        self.completion = later.completion.or(self.completion);
        self.total = later.total.or(self.total);
        self.cached = later.cached.or(self.cached);
        self.written = later.written.or(self.written);
        self.reasoning = later.reasoning.or(self.reasoning);
        self.audio_input = later.audio_input.or(self.audio_input);
        self.audio_output = later.audio_output.or(self.audio_output);
    }

    /// The figures as they are billed, if both input and output were told.
    pub fn told(&self) -> Option<Usage> {
        (self.has_input() && self.has_output()).then(|| self.usage())
    }

    /// The figures as they are billed. What was read from the cache and what was written to it are parts of the prompt's
    /// tokens. OpenAI has one price for writing, whatever the lifetime: it is held as the shorter one's.
    pub fn usage(&self) -> Usage {
        let prompt = self.prompt.unwrap_or(0);
        let cache_read = self.cached.unwrap_or(0).min(prompt);
        let written = self.written.unwrap_or(0).min(prompt - cache_read);
        let output = self.output();
        let input = prompt - cache_read - written;
        Usage {
            input,
            output,
            cache_write_5m: written,
            cache_write_1h: 0,
            cache_read,
            reasoning: self.reasoning.unwrap_or(0).min(output),
            // Tokens of sound have other prices than text (OpenAI, "Pricing", audio tokens).
            other: OtherUsage {
                audio_input: self.audio_input.unwrap_or(0).min(input),
                audio_output: self.audio_output.unwrap_or(0).min(output),
                ..OtherUsage::default()
            },
            ..Usage::default()
        }
    }

    /// OpenAI counts reasoning within the completion's tokens. Some servers (xAI's) count it beside them; their total
    /// tells.
    fn output(&self) -> u64 {
        let completion = self.completion.unwrap_or(0);
        let with_reasoning = completion.saturating_add(self.reasoning.unwrap_or(0));
        let all = self.prompt.unwrap_or(0).saturating_add(with_reasoning);
        if self.total == Some(all) {
            with_reasoning
        } else {
            completion
        }
    }

    fn fields(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("prompt_tokens") {
                self.prompt = figure(scan, "prompt_tokens")?;
            } else if key.is("completion_tokens") {
                self.completion = figure(scan, "completion_tokens")?;
            } else if key.is("total_tokens") {
                self.total = figure(scan, "total_tokens")?;
            } else if key.is("prompt_tokens_details") {
                self.prompt_details(scan)?;
            } else if key.is("completion_tokens_details") {
                self.completion_details(scan)?;
            } else if key.is("prompt_cache_hit_tokens") {
                // DeepSeek's API reference, "Create Chat Completion": its own name, beside the details of late.
                let hit = figure(scan, "prompt_cache_hit_tokens")?;
                self.cached = self.cached.or(hit);
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    fn prompt_details(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return Ok(scan.leave(item)?);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("cached_tokens") {
                let cached = figure(scan, "prompt_tokens_details.cached_tokens")?;
                self.cached = cached.or(self.cached);
            } else if key.is("cache_write_tokens") {
                self.written = figure(scan, "prompt_tokens_details.cache_write_tokens")?;
            } else if key.is("audio_tokens") {
                self.audio_input = figure(scan, "prompt_tokens_details.audio_tokens")?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    fn completion_details(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return Ok(scan.leave(item)?);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("reasoning_tokens") {
                self.reasoning = figure(scan, "completion_tokens_details.reasoning_tokens")?;
            } else if key.is("audio_tokens") {
                self.audio_output = figure(scan, "completion_tokens_details.audio_tokens")?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }
}

/// A count of tokens; `null` is none.
pub(super) fn figure(scan: &mut Scanner<'_>, name: &'static str) -> Result<Option<u64>, FigureFault> {
    match scan.value()? {
        Item::Null => Ok(None),
        Item::Number(digits) => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse::<u64>().ok())
            .filter(|count| *count <= FIGURE_MAX)
            .map(Some)
            .ok_or(FigureFault::Figure(name)),
        _ => Err(FigureFault::Figure(name)),
    }
}

/// Writes `usage`.
pub(super) fn write_usage(object: &mut ObjectWriter<'_>, usage: &Usage) {
    let input = usage.input_total();
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    object.object("usage", |object| {
        object.u64("prompt_tokens", input);
        object.u64("completion_tokens", usage.output);
        object.u64("total_tokens", input.saturating_add(usage.output));
        object.object("prompt_tokens_details", |details| {
            details.u64("cached_tokens", usage.cache_read);
            if written > 0 {
                details.u64("cache_write_tokens", written);
            }
        });
        object.object("completion_tokens_details", |details| {
            details.u64("reasoning_tokens", usage.reasoning);
        });
    });
}
