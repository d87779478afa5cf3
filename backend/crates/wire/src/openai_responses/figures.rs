//! The figures of this format's `usage` objects, and what of a response object tells about its bill.

use super::told::{fields, items, text};
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::usage::Usage;

/// More tokens than this in one figure are no count but a fault: a thousand of the largest context windows.
const FIGURE_MAX: u64 = 1_000_000_000;

/// Items of an answer that cost tokens alone. All others are work of OpenAI's own tools.
const TOKEN_ITEMS: [&str; 7] = [
    "message",
    "reasoning",
    "function_call",
    "custom_tool_call",
    "local_shell_call",
    "apply_patch_call",
    "compaction",
];

/// Why a `usage` object can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FigureFault {
    #[error(transparent)]
    Json(#[from] JsonFault),
    #[error("usage.{0} is no whole number from 0 to {FIGURE_MAX}")]
    Figure(&'static str),
}

/// What a response object tells of its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// `None` if it does not tell both input and output.
    pub usage: Option<Usage>,
    /// Bytes of `output`, as JSON.
    pub content_bytes: u64,
    /// Whether the bill is another one than the figures at list price: OpenAI's own tools ran, or another service tier
    /// than the standard one answered (OpenAI's API reference, "Responses", `service_tier`).
    pub beside_tokens: bool,
}

impl Cost {
    /// Takes in a field of a response object, if it is one that matters; else leaves its value unread and says so.
    pub fn field(&mut self, key: &Text<'_>, scan: &mut Scanner<'_>) -> Result<bool, FigureFault> {
        if key.is("usage") {
            self.usage = usage(scan)?;
        } else if key.is("service_tier") {
            let tier = text(scan)?;
            self.beside_tokens |= tier.is_some_and(|tier| !tier.is("default") && !tier.is("auto"));
        } else if key.is("output") {
            let begin = scan.value_at();
            items(scan, |scan| self.item(scan))?;
            self.content_bytes = (scan.at() - begin) as u64;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn item(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        fields(scan, |key, scan| {
            if !key.is("type") {
                return scan.skip();
            }
            let kind = text(scan)?;
            self.beside_tokens |= kind.is_some_and(|kind| !TOKEN_ITEMS.iter().any(|known| kind.is(known)));
            Ok(())
        })?;
        Ok(())
    }
}

/// Reads the `usage` that is due. OpenAI's `input_tokens` hold what was read from the cache and what was written into it
/// (the API reference, `ResponseUsage`); here each counts once. Its caches last 30 minutes or 12 hours: the longer one
/// counts as the hour's, the other as the five minutes'.
pub(super) fn usage(scan: &mut Scanner<'_>) -> Result<Option<Usage>, FigureFault> {
    let (mut input, mut output) = (None, None);
    let mut told = Usage::default();
    let mut written = 0;
    let is_object = fields(scan, |key, scan| {
        if key.is("input_tokens") {
            input = figure(scan, "input_tokens")?;
        } else if key.is("output_tokens") {
            output = figure(scan, "output_tokens")?;
        } else if key.is("input_tokens_details") {
            fields(scan, |key, scan| {
                if key.is("cached_tokens") {
                    told.cache_read = figure(scan, "input_tokens_details.cached_tokens")?.unwrap_or(0);
                } else if key.is("cache_write_tokens") {
                    written = figure(scan, "input_tokens_details.cache_write_tokens")?.unwrap_or(0);
                } else if key.is("cache_write_tokens_details") {
                    fields(scan, |key, scan| {
                        if key.is("ttl_12h_tokens") {
                            told.cache_write_1h = figure(scan, "ttl_12h_tokens")?.unwrap_or(0);
                            return Ok(());
                        }
                        Ok::<_, FigureFault>(scan.skip()?)
                    })?;
                } else {
                    scan.skip()?;
                }
                Ok::<_, FigureFault>(())
            })?;
        } else if key.is("output_tokens_details") {
            fields(scan, |key, scan| {
                if key.is("reasoning_tokens") {
                    told.reasoning = figure(scan, "output_tokens_details.reasoning_tokens")?.unwrap_or(0);
                    return Ok(());
                }
                Ok::<_, FigureFault>(scan.skip()?)
            })?;
        } else {
            scan.skip()?;
        }
        Ok::<_, FigureFault>(())
    })?;
    let (true, Some(input), Some(output)) = (is_object, input, output) else {
        return Ok(None);
    };
    told.cache_write_5m = written.saturating_sub(told.cache_write_1h);
    // Parts are no more than the whole, whatever an upstream says.
    let mut rest = input;
    for part in [
        &mut told.cache_read,
        &mut told.cache_write_5m,
        &mut told.cache_write_1h,
    ] {
        *part = (*part).min(rest);
        rest -= *part;
    }
    told.input = rest;
    told.output = output;
    told.reasoning = told.reasoning.min(output);
    Ok(Some(told))
}

/// A count of tokens; `null` is none.
fn figure(scan: &mut Scanner<'_>, name: &'static str) -> Result<Option<u64>, FigureFault> {
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
