//! Google's `usageMetadata`, and how it becomes the figures that are billed. Gemini API reference, "GenerateContentResponse",
//! `UsageMetadata`: the prompt's count includes what came from a cache; thoughts are counted beside the candidates; results
//! of Google's own tools are input beside the prompt. In a stream every event may have one; they are cumulative.
//! Never in here: prices.

use super::names::{is, means, scan_objects, scan_text};
use crate::json::{Item, JsonFault, Scanner};
use crate::tree::Node;
use crate::usage::Usage;
use crate::write::ObjectWriter;

/// More tokens than this in one figure are no count but a fault: a thousand of the largest context windows.
const FIGURE_MAX: u64 = 1_000_000_000;

/// Why a `usageMetadata` can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FigureFault {
    #[error(transparent)]
    Json(#[from] JsonFault),
    #[error("usageMetadata.{0} is no whole number from 0 to {FIGURE_MAX}")]
    Figure(&'static str),
    #[error("usageMetadata is no object")]
    NoObject,
}

/// The counts, by name.
const COUNTS: [&str; 6] = [
    "promptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "totalTokenCount",
];

/// One count, as told.
enum Told<'a> {
    Nothing,
    NoNumber,
    Digits(&'a str),
}

/// What was told so far. `None` is what nobody named; Google leaves out what is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    prompt: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    tool_use: Option<u64>,
    total: Option<u64>,
    /// See [`Figures::billed_beside_tokens`].
    beside_tokens: bool,
}

impl Figures {
    /// Reads the value that is due. `null` tells nothing.
    pub fn scan(scan: &mut Scanner<'_>) -> Result<Self, FigureFault> {
        let mut figures = Self::default();
        match scan.value()? {
            Item::Object => {}
            Item::Null => return Ok(figures),
            _ => return Err(FigureFault::NoObject),
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if let Some(name) = COUNTS.into_iter().find(|name| is(&key, name)) {
                let item = scan.value()?;
                let figure = match item {
                    Item::Null => Told::Nothing,
                    Item::Number(digits) => std::str::from_utf8(digits).map_or(Told::NoNumber, Told::Digits),
                    _ => Told::NoNumber,
                };
                scan.leave(item)?;
                figures.set(name, figure)?;
            } else if is(&key, "serviceTier") || is(&key, "trafficType") {
                let tier = scan_text(scan)?;
                figures.beside_tokens |= tier
                    .and_then(|tier| tier.decode())
                    .is_some_and(|tier| unusual_tier(&tier));
            } else if let Some(rated) = rated_apart(&key.decode().unwrap_or_default()) {
                let mut any = false;
                scan_objects(scan, |scan| {
                    any |= scan_modality(scan, rated)?;
                    Ok(())
                })?;
                figures.beside_tokens |= any;
            } else {
                scan.skip()?;
            }
        }
        Ok(figures)
    }

    /// The same from a tree.
    pub fn of(node: &Node<'_>) -> Result<Self, FigureFault> {
        let mut figures = Self::default();
        let fields = match node {
            Node::Object(fields) => fields,
            Node::Null => return Ok(figures),
            _ => return Err(FigureFault::NoObject),
        };
        for (key, value) in fields {
            if let Some(name) = COUNTS.into_iter().find(|name| means(key.as_bytes(), name)) {
                let figure = match value {
                    Node::Null => Told::Nothing,
                    Node::Number(digits) => Told::Digits(digits),
                    _ => Told::NoNumber,
                };
                figures.set(name, figure)?;
            }
        }
        Ok(figures)
    }

    fn set(&mut self, name: &'static str, figure: Told<'_>) -> Result<(), FigureFault> {
        let digits = match figure {
            Told::Nothing => return Ok(()),
            Told::NoNumber => "",
            Told::Digits(digits) => digits,
        };
        let figure = digits.parse().ok().filter(|figure| *figure <= FIGURE_MAX);
        let figure = figure.ok_or(FigureFault::Figure(name))?;
        let field = match name {
            "promptTokenCount" => &mut self.prompt,
            "cachedContentTokenCount" => &mut self.cached,
            "candidatesTokenCount" => &mut self.candidates,
            "thoughtsTokenCount" => &mut self.thoughts,
            "toolUsePromptTokenCount" => &mut self.tool_use,
            _ => &mut self.total,
        };
        *field = Some(figure);
        Ok(())
    }

    /// Takes over what a later one names; it stands for the earlier, not beside it.
    pub fn update(&mut self, later: &Self) {
        self.prompt = later.prompt.or(self.prompt);
        self.cached = later.cached.or(self.cached);
        self.candidates = later.candidates.or(self.candidates);
        self.thoughts = later.thoughts.or(self.thoughts);
        self.tool_use = later.tool_use.or(self.tool_use);
        self.total = later.total.or(self.total);
        self.beside_tokens |= later.beside_tokens;
    }

    /// Whether input was told. Output needs no telling of its own: a count of 0 is left out.
    pub fn is_told(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether the vendor's bill is another one than the figures at list price: another service tier or kind of traffic
    /// than the standard one, or tokens of a kind with a price of its own (Gemini API, "Pricing": sound as input; sound
    /// and pictures as output).
    pub fn billed_beside_tokens(&self) -> bool {
        self.beside_tokens
    }

    /// The figures as they are billed. Where the total is more than its parts, the rest is output: the total is what
    /// Google documents as the sum, and some models leave the candidates' count out.
    pub fn usage(&self) -> Usage {
        let prompt = self.prompt.unwrap_or(0);
        let cached = self.cached.unwrap_or(0).min(prompt);
        let thoughts = self.thoughts.unwrap_or(0);
        let tool_use = self.tool_use.unwrap_or(0);
        let told = self.candidates.unwrap_or(0) + thoughts;
        let rest = self.total.unwrap_or(0).saturating_sub(prompt + tool_use);
        Usage {
            input: prompt - cached + tool_use,
            output: told.max(rest),
            cache_read: cached,
            reasoning: thoughts,
            ..Usage::default()
        }
    }
}

/// Writes the figures as Google words them. Cache writes have no word: they are part of the prompt.
pub(super) fn write_usage(object: &mut ObjectWriter<'_>, usage: &Usage) {
    let prompt = usage.input_total();
    object.object("usageMetadata", |figures| {
        figures.u64("promptTokenCount", prompt);
        if usage.cache_read > 0 {
            figures.u64("cachedContentTokenCount", usage.cache_read);
        }
        figures.u64(
            "candidatesTokenCount",
            usage.output.saturating_sub(usage.reasoning),
        );
        if usage.reasoning > 0 {
            figures.u64("thoughtsTokenCount", usage.reasoning);
        }
        figures.u64("totalTokenCount", prompt.saturating_add(usage.output));
    });
}

fn unusual_tier(tier: &str) -> bool {
    const USUAL: [&str; 5] = [
        "",
        "standard",
        "unspecified",
        "on_demand",
        "traffic_type_unspecified",
    ];
    !USUAL.iter().any(|usual| usual.eq_ignore_ascii_case(tier))
}

/// Of a list of counts by modality: those modalities that are priced apart.
fn rated_apart(key: &str) -> Option<&'static [&'static str]> {
    let key = key.as_bytes();
    if means(key, "promptTokensDetails") || means(key, "toolUsePromptTokensDetails") {
        Some(&["AUDIO"])
    } else if means(key, "candidatesTokensDetails") {
        Some(&["AUDIO", "IMAGE", "VIDEO"])
    } else {
        None
    }
}

/// Whether an item of such a list, whose object was just opened, has a count of one of these.
fn scan_modality(scan: &mut Scanner<'_>, apart: &[&str]) -> Result<bool, JsonFault> {
    let (mut is_apart, mut counts, mut first) = (false, false, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if is(&key, "modality") {
            is_apart = scan_text(scan)?.is_some_and(|told| apart.iter().any(|apart| told.is(apart)));
        } else if is(&key, "tokenCount") {
            let item = scan.value()?;
            counts = matches!(item, Item::Number(digits) if digits != b"0");
            scan.leave(item)?;
        } else {
            scan.skip()?;
        }
    }
    Ok(is_apart && counts)
}
