//! What is counted of a request: tokens, what of them is priced apart, calls of a vendor's own tools; and the service tier
//! that answered. Never in here: prices.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Figures of one request. The five token figures do not overlap; input is what came from no cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meters {
    /// Input tokens that were neither read from nor written to a cache.
    pub input: u64,
    /// Output tokens, thinking included.
    pub output: u64,
    /// Tokens written to a cache of five minutes.
    pub cache_write_5m: u64,
    /// Tokens written to a cache of one hour.
    pub cache_write_1h: u64,
    /// Tokens read from a cache.
    pub cache_read: u64,
    /// What of these tokens is of another kind than text, and what is counted beside tokens.
    #[serde(default, skip_serializing_if = "Others::is_empty")]
    pub other: Others,
    /// The service tier that answered, by the vendor's own word.
    #[serde(default, skip_serializing_if = "Tier::is_standard")]
    pub tier: Tier,
}

impl Meters {
    /// All input together: what decides whether a prompt is a long one.
    pub fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
            .saturating_add(self.cache_read)
    }

    /// All tokens together.
    pub fn total(&self) -> u64 {
        self.prompt().saturating_add(self.output)
    }

    /// Whether nothing at all was counted.
    pub fn is_empty(&self) -> bool {
        self.total() == 0 && self.other.is_empty()
    }
}

/// Figures beside the five: "of which" figures of tokens that are in the five already, so that sums of tokens never count
/// them again, and counts of what is no token. Zeros are left out in JSON: `{"audio_input":12,"web_search":2}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Others {
    /// Of [`Meters::input`]: sound.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_input: u64,
    /// Of [`Meters::cache_read`]: sound.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_cached: u64,
    /// Of [`Meters::input`]: pictures.
    #[serde(skip_serializing_if = "is_zero")]
    pub image_input: u64,
    /// Of [`Meters::output`]: sound.
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_output: u64,
    /// Of [`Meters::output`]: pictures.
    #[serde(skip_serializing_if = "is_zero")]
    pub image_output: u64,
    /// Of [`Meters::output`]: thinking, where the vendor tells.
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning: u64,
    /// Searches of the web by the vendor.
    #[serde(skip_serializing_if = "is_zero")]
    pub web_search: u64,
    /// Searches of files by the vendor.
    #[serde(skip_serializing_if = "is_zero")]
    pub file_search: u64,
    /// Sessions of the vendor's code execution.
    #[serde(skip_serializing_if = "is_zero")]
    pub code_execution: u64,
    /// Pictures made.
    #[serde(skip_serializing_if = "is_zero")]
    pub image: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Others {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each by name, in a fixed order, zeros included.
    pub fn each(&self) -> [(Meter, u64); 10] {
        [
            (Meter::AudioInput, self.audio_input),
            (Meter::AudioCached, self.audio_cached),
            (Meter::ImageInput, self.image_input),
            (Meter::AudioOutput, self.audio_output),
            (Meter::ImageOutput, self.image_output),
            (Meter::Reasoning, self.reasoning),
            (Meter::WebSearch, self.web_search),
            (Meter::FileSearch, self.file_search),
            (Meter::CodeExecution, self.code_execution),
            (Meter::Image, self.image),
        ]
    }
}

/// At which service tier a vendor answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The vendor's usual one.
    #[default]
    Standard,
    /// Asked for many at a time, answered within a day.
    Batch,
    /// Slower, at a lower price.
    Flex,
    /// Quicker, at a higher price.
    Priority,
}

impl Tier {
    /// All, the standard one first.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Batch, Self::Flex, Self::Priority];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
        }
    }

    /// Whether it is the usual one.
    pub fn is_standard(&self) -> bool {
        *self == Self::Standard
    }

    /// The tier of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == word)
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Standard => 0,
            Self::Batch => 1,
            Self::Flex => 2,
            Self::Priority => 3,
        }
    }
}

/// What a line of a cost counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meter {
    /// See [`Meters::input`].
    Input,
    /// See [`Meters::output`].
    Output,
    /// See [`Meters::cache_write_5m`].
    CacheWrite5m,
    /// See [`Meters::cache_write_1h`].
    CacheWrite1h,
    /// See [`Meters::cache_read`].
    CacheRead,
    /// See [`Others::audio_input`].
    AudioInput,
    /// See [`Others::audio_cached`].
    AudioCached,
    /// See [`Others::image_input`].
    ImageInput,
    /// See [`Others::audio_output`].
    AudioOutput,
    /// See [`Others::image_output`].
    ImageOutput,
    /// See [`Others::reasoning`].
    Reasoning,
    /// See [`Others::web_search`].
    WebSearch,
    /// See [`Others::file_search`].
    FileSearch,
    /// See [`Others::code_execution`].
    CodeExecution,
    /// See [`Others::image`].
    Image,
    /// The request itself.
    Request,
    /// What is missing to a plan's smallest charge. No price list has it.
    Minimum,
}

/// How many of a meter have the price that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Tokens: a million.
    Million,
    /// Calls, pictures, requests: one.
    One,
}

impl Meter {
    /// All that a price list may have.
    pub const PRICED: [Self; 16] = [
        Self::Input,
        Self::Output,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::CacheRead,
        Self::AudioInput,
        Self::AudioCached,
        Self::ImageInput,
        Self::AudioOutput,
        Self::ImageOutput,
        Self::Reasoning,
        Self::WebSearch,
        Self::FileSearch,
        Self::CodeExecution,
        Self::Image,
        Self::Request,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::CacheRead => "cache_read",
            Self::AudioInput => "audio_input",
            Self::AudioCached => "audio_cached",
            Self::ImageInput => "image_input",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
            Self::Reasoning => "reasoning",
            Self::WebSearch => "web_search",
            Self::FileSearch => "file_search",
            Self::CodeExecution => "code_execution",
            Self::Image => "image",
            Self::Request => "request",
            Self::Minimum => "minimum",
        }
    }

    /// Of how many its price is told.
    pub fn per(self) -> Per {
        match self {
            Self::WebSearch
            | Self::FileSearch
            | Self::CodeExecution
            | Self::Image
            | Self::Request
            | Self::Minimum => Per::One,
            _ => Per::Million,
        }
    }

    /// Whether its tokens are put out; else they are input, or no tokens at all.
    pub(crate) fn is_output(self) -> bool {
        matches!(
            self,
            Self::Output | Self::AudioOutput | Self::ImageOutput | Self::Reasoning
        )
    }

    /// The five figures that every price list answers for.
    pub(crate) fn is_basic(self) -> bool {
        matches!(
            self,
            Self::Input | Self::Output | Self::CacheWrite5m | Self::CacheWrite1h | Self::CacheRead
        )
    }

    /// Its place in [`Meter::PRICED`]; [`Meter::Minimum`] has none.
    pub(crate) fn index(self) -> Option<usize> {
        Self::PRICED.iter().position(|meter| *meter == self)
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
