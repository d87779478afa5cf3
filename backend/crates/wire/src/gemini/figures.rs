//! Google's `usageMetadata`, and how it becomes the figures that are billed. Gemini API reference, "GenerateContentResponse",
//! `UsageMetadata`: the prompt's count includes what came from a cache; thoughts are counted beside the candidates; results
//! of Google's own tools are input beside the prompt. In a stream every event may have one; they are cumulative.
//! Never in here: prices.

use super::names::{is, means, scan_objects, scan_text};
use crate::json::{Item, JsonFault, Scanner};
use crate::tree::Node;
use crate::usage::{OtherUsage, ToldTier, Usage};
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
    /// Of the prompt, the cached content, the tools' results, the candidates: sound.
    audio: [Option<u64>; 4],
    /// Of the candidates: pictures.
    image_output: Option<u64>,
    tier: ToldTier,
    /// See [`Figures::billed_beside_tokens`].
    beside_tokens: bool,
}

/// The lists of counts by modality, in the order of [`Figures::audio`].
const DETAILS: [&str; 4] = [
    "promptTokensDetails",
    "cacheTokensDetails",
    "toolUsePromptTokensDetails",
    "candidatesTokensDetails",
];
/// Where the candidates' stands.
const CANDIDATES: usize = 3;

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
                let tier = scan_text(scan)?.and_then(|tier| tier.decode());
                figures.tier.take(tier.as_deref());
            } else if let Some(list) = DETAILS.iter().position(|name| is(&key, name)) {
                figures.details(scan, list)?;
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
        for (known, later) in self.audio.iter_mut().zip(later.audio) {
            *known = later.or(*known);
        }
        self.image_output = later.image_output.or(self.image_output);
        self.tier.update(later.tier);
        self.beside_tokens |= later.beside_tokens;
    }

    /// Whether input was told. Output needs no telling of its own: a count of 0 is left out.
    pub fn is_told(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether the vendor's bill is another one than the figures at list price: a service tier or kind of traffic that is
    /// not known, or films as output. Sound, and pictures as output, have prices of their own and are counted (Gemini
    /// API, "Pricing").
    pub fn billed_beside_tokens(&self) -> bool {
        self.beside_tokens || self.tier.unknown
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
        let [audio, audio_cached, audio_tools, audio_output] = self.audio.map(Option::unwrap_or_default);
        let (input, output) = (prompt - cached + tool_use, told.max(rest));
        let audio_cached = audio_cached.min(cached);
        Usage {
            input,
            output,
            cache_read: cached,
            reasoning: thoughts,
            other: OtherUsage {
                // The prompt's details hold what came from a cache, as its count does.
                audio_input: (audio.saturating_sub(audio_cached) + audio_tools).min(input),
                audio_cached,
                audio_output: audio_output.min(output),
                image_output: self.image_output.unwrap_or(0).min(output),
                ..OtherUsage::default()
            },
            tier: self.tier.tier.unwrap_or_default(),
            ..Usage::default()
        }
    }

    /// Reads one of the lists of counts by modality.
    fn details(&mut self, scan: &mut Scanner<'_>, list: usize) -> Result<(), FigureFault> {
        let (mut audio, mut image, mut video) = (0_u64, 0_u64, 0_u64);
        scan_objects(scan, |scan| {
            let (modality, count) = scan_modality(scan)?;
            match modality {
                Some(Modality::Audio) => audio = audio.saturating_add(count),
                Some(Modality::Image) => image = image.saturating_add(count),
                Some(Modality::Video) => video = video.saturating_add(count),
                None => {}
            }
            Ok(())
        })?;
        if audio > FIGURE_MAX || image > FIGURE_MAX {
            return Err(FigureFault::Figure("tokensDetails"));
        }
        if let Some(known) = self.audio.get_mut(list) {
            *known = Some(audio);
        }
        if list == CANDIDATES {
            self.image_output = Some(image);
            self.beside_tokens |= video > 0;
        }
        Ok(())
    }
}

/// Kinds of tokens that are no text.
enum Modality {
    Audio,
    Image,
    Video,
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

/// One item of such a list, whose object was just opened: of what kind, how many.
fn scan_modality(scan: &mut Scanner<'_>) -> Result<(Option<Modality>, u64), JsonFault> {
    let (mut modality, mut count, mut first) = (None, 0, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if is(&key, "modality") {
            modality = scan_text(scan)?.and_then(|told| match () {
                () if told.is("AUDIO") => Some(Modality::Audio),
                () if told.is("IMAGE") => Some(Modality::Image),
                () if told.is("VIDEO") => Some(Modality::Video),
                () => None,
            });
        } else if is(&key, "tokenCount") {
            let item = scan.value()?;
            if let Item::Number(digits) = item {
                let digits = std::str::from_utf8(digits).unwrap_or_default();
                // What is no count is more than any: the caller says so.
                count = digits.parse().unwrap_or(u64::MAX);
            }
            scan.leave(item)?;
        } else {
            scan.skip()?;
        }
    }
    Ok((modality, count))
}
