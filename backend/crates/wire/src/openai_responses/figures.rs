//! The figures of this format's `usage` objects, and what of a response object tells about its bill.

use super::told::{fields, items, text};
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::usage::{OtherUsage, ToldTier, Usage};

/// More tokens than this in one figure are no count but a fault: a thousand of the largest context windows.
const FIGURE_MAX: u64 = 1_000_000_000;

/// Items of an answer that cost tokens alone. All others are work of OpenAI's own tools (OpenAI, "Pricing", built-in
/// tools: MCP servers and computer use cost nothing beside).
const TOKEN_ITEMS: [&str; 11] = [
    "mcp_list_tools",
    "mcp_call",
    "mcp_approval_request",
    "computer_call",
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
    /// Calls of OpenAI's own tools that are counted.
    other: OtherUsage,
    /// OpenAI's API reference, "Responses", `service_tier`.
    tier: ToldTier,
    /// See [`Cost::billed_beside_tokens`].
    beside_tokens: bool,
}

/// What an item of an answer is.
#[derive(Default)]
struct Told<'a> {
    kind: Option<Text<'a>>,
    /// What a search did: it searched, or it looked at a page, which costs nothing beside.
    looked: bool,
}

impl Cost {
    /// The figures, with calls of tools and the tier.
    pub fn usage(&self) -> Option<Usage> {
        self.usage.map(|usage| Usage {
            other: self.other,
            tier: self.tier.tier.unwrap_or_default(),
            ..usage
        })
    }

    /// Whether the bill is another one than the figures at list price: tools of OpenAI's ran whose calls are not priced by
    /// the call or not told one by one, or a service tier answered that is not known.
    pub fn billed_beside_tokens(&self) -> bool {
        self.beside_tokens || self.tier.unknown
    }

    /// Takes in a field of a response object, if it is one that matters; else leaves its value unread and says so.
    pub fn field(&mut self, key: &Text<'_>, scan: &mut Scanner<'_>) -> Result<bool, FigureFault> {
        if key.is("usage") {
            self.usage = usage(scan)?;
        } else if key.is("service_tier") {
            let tier = text(scan)?.and_then(|tier| tier.decode());
            self.tier.take(tier.as_deref());
        } else if key.is("output") {
            let begin = scan.value_at();
            // Of a field that stands twice the last one counts.
            self.other = OtherUsage::default();
            items(scan, |scan| self.item(scan))?;
            self.content_bytes = (scan.at() - begin) as u64;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn item(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut told = Told::default();
        fields(scan, |key, scan| {
            if key.is("type") {
                told.kind = text(scan)?;
                return Ok(());
            }
            if key.is("action") {
                fields(scan, |key, scan| {
                    if key.is("type") {
                        told.looked = text(scan)?.is_some_and(|action| !action.is("search"));
                        return Ok::<_, JsonFault>(());
                    }
                    scan.skip()
                })?;
                return Ok(());
            }
            scan.skip()
        })?;
        let Some(kind) = told.kind else { return Ok(()) };
        let other = &mut self.other;
        if kind.is("web_search_call") {
            other.web_search += u64::from(!told.looked);
        } else if kind.is("file_search_call") {
            other.file_search += 1;
        } else if kind.is("code_interpreter_call") {
            // Billed by the container, which may serve several calls and answers: one at least, how many is not told.
            other.code_execution = 1;
            self.beside_tokens = true;
        } else {
            self.beside_tokens |= !TOKEN_ITEMS.iter().any(|known| kind.is(known));
        }
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
