//! Claude's `usage` objects, and how several of them in one answer become the five figures that are billed.

use crate::json::{Item, JsonFault, Scanner, Text};
use crate::usage::{OtherUsage, ToldTier, Usage};

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
    input: Option<u64>,
    output: Option<u64>,
    /// Of the output, what was thinking.
    thinking: Option<u64>,
    cache_read: Option<u64>,
    /// All cache writes; the next two are its parts.
    cache_write: Option<u64>,
    cache_write_5m: Option<u64>,
    cache_write_1h: Option<u64>,
    /// Sums over what came beside the answer proper (see [`Figures::besides`]).
    besides: Option<Usage>,
    web_searches: Option<u64>,
    tier: ToldTier,
    /// See [`Figures::billed_beside_tokens`].
    beside_tokens: bool,
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

    /// Whether input was told.
    pub fn has_input(&self) -> bool {
        self.input.is_some()
    }

    /// Output as told last.
    pub fn output(&self) -> Option<u64> {
        self.output
    }

    /// Whether something was told by which the vendor's bill is another one than the five figures at list price
    /// (Anthropic's API reference, "Messages", `usage`): calls of the vendor's own tools (`server_tool_use`) other than
    /// searches, which are counted, and fetches, which are free ("Web fetch tool", usage and pricing); another `speed`
    /// than `standard`, a `service_tier` that is not known, or a place of inference (`inference_geo`) that is neither
    /// `global` nor `not_available`. By how much is not told and not known here. Once told, it stays.
    pub fn billed_beside_tokens(&self) -> bool {
        self.beside_tokens || self.tier.unknown
    }

    /// Takes over what a later object names. Figures are cumulative, so a later one stands for the earlier, not beside
    /// it. A 0 does not take back input that was told: some upstreams fill fields they do not know with 0.
    pub fn update(&mut self, later: &Self) {
        let input = |old: &mut Option<u64>, new: Option<u64>| {
            if new.is_some_and(|new| new > 0 || old.is_none()) {
                *old = new;
            }
        };
        input(&mut self.input, later.input);
        input(&mut self.cache_read, later.cache_read);
        input(&mut self.cache_write, later.cache_write);
        input(&mut self.cache_write_5m, later.cache_write_5m);
        input(&mut self.cache_write_1h, later.cache_write_1h);
        self.output = later.output.or(self.output);
        self.thinking = later.thinking.or(self.thinking);
        self.besides = later.besides.or(self.besides);
        input(&mut self.web_searches, later.web_searches);
        self.tier.update(later.tier);
        self.beside_tokens |= later.beside_tokens;
    }

    /// The figures as they are billed. Cache writes without details count as 5-minute ones. If the details sum up to
    /// less than the total, the rest counts as 5-minute ones too; if to more, the details count.
    pub fn usage(&self) -> Usage {
        let one_hour = self.cache_write_1h.unwrap_or(0);
        let five_minutes = self.cache_write_5m.unwrap_or(0);
        let total = self.cache_write.unwrap_or(0);
        let besides = self.besides.unwrap_or_default();
        let output = self.output.unwrap_or(0);
        Usage {
            input: self.input.unwrap_or(0).saturating_add(besides.input),
            output: output.saturating_add(besides.output),
            cache_write_5m: total
                .saturating_sub(one_hour)
                .max(five_minutes)
                .saturating_add(besides.cache_write_5m),
            cache_write_1h: one_hour.saturating_add(besides.cache_write_1h),
            cache_read: self.cache_read.unwrap_or(0).saturating_add(besides.cache_read),
            reasoning: self.thinking.unwrap_or(0).min(output),
            other: OtherUsage {
                web_search: self.web_searches.unwrap_or(0),
                ..OtherUsage::default()
            },
            tier: self.tier.tier.unwrap_or_default(),
        }
    }

    fn fields(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("input_tokens") {
                self.input = figure(scan, "input_tokens")?;
            } else if key.is("output_tokens") {
                self.output = figure(scan, "output_tokens")?;
            } else if key.is("output_tokens_details") {
                self.output_details(scan)?;
            } else if key.is("cache_read_input_tokens") {
                self.cache_read = figure(scan, "cache_read_input_tokens")?;
            } else if key.is("cache_creation_input_tokens") {
                self.cache_write = figure(scan, "cache_creation_input_tokens")?;
            } else if key.is("cache_creation") {
                self.cache_creation(scan)?;
            } else if key.is("iterations") {
                self.iterations(scan)?;
            } else if key.is("server_tool_use") {
                self.server_tools(scan)?;
            } else if key.is("service_tier") {
                self.service_tier(scan)?;
            } else if key.is("speed") {
                self.beside_tokens |= unusual(scan, &["standard"])?;
            } else if key.is("inference_geo") {
                self.beside_tokens |= unusual(scan, &["global", "not_available"])?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    /// Calls of the vendor's own tools, by the tool.
    fn server_tools(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return Ok(scan.leave(item)?);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("web_search_requests") {
                self.web_searches = figure(scan, "server_tool_use.web_search_requests")?;
            } else if key.is("web_fetch_requests") {
                scan.skip()?;
            } else {
                let item = scan.value()?;
                // It never faults a figure: nothing is reckoned with these.
                self.beside_tokens |= matches!(item, Item::Number(digits) if is_positive(digits));
                scan.leave(item)?;
            }
        }
        Ok(())
    }

    /// `null` and an empty word tell nothing; what is no word at all is a tier that is not known.
    fn service_tier(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let item = scan.value()?;
        match &item {
            Item::Null => {}
            Item::Text(word) => self.tier.take(word.decode().as_deref()),
            _ => self.tier.unknown = true,
        }
        scan.leave(item)
    }

    /// What the output is made of (Anthropic's API reference, "Messages", `usage.output_tokens_details`).
    fn output_details(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return Ok(scan.leave(item)?);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("thinking_tokens") {
                self.thinking = figure(scan, "output_tokens_details.thinking_tokens")?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    fn cache_creation(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            return Ok(scan.leave(item)?);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("ephemeral_5m_input_tokens") {
                self.cache_write_5m = figure(scan, "cache_creation.ephemeral_5m_input_tokens")?;
            } else if key.is("ephemeral_1h_input_tokens") {
                self.cache_write_1h = figure(scan, "cache_creation.ephemeral_1h_input_tokens")?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    /// Adds up the iterations of type `compaction`: summaries that the API makes on its way, billed besides what the
    /// figures at the top say (Anthropic's "Compaction": these "do not include compaction iteration usage"). Each sum
    /// is held to the bound of a single figure, however many iterations there are.
    fn iterations(&mut self, scan: &mut Scanner<'_>) -> Result<(), FigureFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) {
            return Ok(scan.leave(item)?);
        }
        let mut sum = Usage::default();
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let (kind, usage) = iteration(scan)?;
            match kind {
                Iteration::Message => {}
                Iteration::Compaction => {
                    sum = bounded_sum(&sum, &usage).ok_or(FigureFault::Figure("iterations[], summed up,"))?;
                }
                // Of another model, or of a kind of tomorrow: at which price it is billed is not told.
                Iteration::Other => self.beside_tokens = true,
            }
        }
        self.besides = Some(sum);
        Ok(())
    }
}

/// What an iteration is.
enum Iteration {
    /// The model's own turn: in the figures at the top.
    Message,
    Compaction,
    Other,
}

/// Reads one iteration, whose object was just opened.
fn iteration(scan: &mut Scanner<'_>) -> Result<(Iteration, Usage), FigureFault> {
    let mut figures = Figures::default();
    let mut kind: Option<Text<'_>> = None;
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("type") {
            let item = scan.value()?;
            if let Item::Text(text) = item {
                kind = Some(text);
            }
            scan.leave(item)?;
        } else if key.is("input_tokens") {
            figures.input = figure(scan, "iterations[].input_tokens")?;
        } else if key.is("output_tokens") {
            figures.output = figure(scan, "iterations[].output_tokens")?;
        } else if key.is("cache_read_input_tokens") {
            figures.cache_read = figure(scan, "iterations[].cache_read_input_tokens")?;
        } else if key.is("cache_creation_input_tokens") {
            figures.cache_write = figure(scan, "iterations[].cache_creation_input_tokens")?;
        } else if key.is("cache_creation") {
            figures.cache_creation(scan)?;
        } else {
            scan.skip()?;
        }
    }
    let kind = match kind {
        Some(kind) if kind.is("compaction") => Iteration::Compaction,
        Some(kind) if !kind.is("message") => Iteration::Other,
        _ => Iteration::Message,
    };
    Ok((kind, figures.usage()))
}

/// Figure by figure; `None` if one of them goes beyond what a figure can be.
fn bounded_sum(one: &Usage, other: &Usage) -> Option<Usage> {
    let add = |one: u64, other: u64| one.checked_add(other).filter(|sum| *sum <= FIGURE_MAX);
    Some(Usage {
        input: add(one.input, other.input)?,
        output: add(one.output, other.output)?,
        cache_write_5m: add(one.cache_write_5m, other.cache_write_5m)?,
        cache_write_1h: add(one.cache_write_1h, other.cache_write_1h)?,
        cache_read: add(one.cache_read, other.cache_read)?,
        reasoning: add(one.reasoning, other.reasoning)?,
        ..Usage::default()
    })
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

/// Whether a number as written is above 0.
fn is_positive(digits: &[u8]) -> bool {
    let mantissa = digits.split(|byte| matches!(byte, b'e' | b'E')).next();
    mantissa.is_some_and(|digits| {
        !digits.starts_with(b"-") && digits.iter().any(|byte| matches!(byte, b'1'..=b'9'))
    })
}

/// Whether the value that is due tells another word than these. `null` and an empty word tell nothing; what is no word
/// at all is unusual.
fn unusual(scan: &mut Scanner<'_>, usual: &[&str]) -> Result<bool, JsonFault> {
    let item = scan.value()?;
    let unusual = match item {
        Item::Null => false,
        Item::Text(word) => !word.is("") && !usual.iter().any(|usual| word.is(usual)),
        _ => true,
    };
    scan.leave(item)?;
    Ok(unusual)
}
