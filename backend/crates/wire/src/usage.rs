//! What an answer is billed for, the same five figures for every format. Never in here: prices, and how a format tells.

/// Tokens of one answer, each counted once: the figures do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input that neither came from a cache nor went into one.
    pub input: u64,
    /// Output, thinking included.
    pub output: u64,
    /// Input written to the 5-minute cache.
    pub cache_write_5m: u64,
    /// Input written to the 1-hour cache.
    pub cache_write_1h: u64,
    /// Input read from a cache.
    pub cache_read: u64,
    /// Of the output, what was thinking, where the provider tells; zero where it does not. It is in `output` already.
    pub reasoning: u64,
    /// What of these tokens is no text, and what is counted beside tokens.
    pub other: OtherUsage,
    /// The service tier that answered.
    pub tier: Tier,
}

/// Figures that vendors price apart, as far as they tell them. The token figures are parts of the five above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtherUsage {
    /// Of the input from no cache: sound.
    pub audio_input: u64,
    /// Of the input read from a cache: sound.
    pub audio_cached: u64,
    /// Of the input from no cache: pictures, where they have a price of their own.
    pub image_input: u64,
    /// Of the output: sound.
    pub audio_output: u64,
    /// Of the output: pictures.
    pub image_output: u64,
    /// Searches of the web that the vendor made.
    pub web_search: u64,
    /// Searches of files that the vendor made.
    pub file_search: u64,
    /// Containers in which the vendor ran code.
    pub code_execution: u64,
    /// Pictures made.
    pub images: u64,
}

impl OtherUsage {
    /// Nothing told.
    pub const NONE: Self = Self {
        audio_input: 0,
        audio_cached: 0,
        image_input: 0,
        audio_output: 0,
        image_output: 0,
        web_search: 0,
        file_search: 0,
        code_execution: 0,
        images: 0,
    };
}

/// The service tiers that vendors price apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// The vendor's usual one.
    #[default]
    Standard,
    /// Answered within a day.
    Batch,
    /// Slower and cheaper.
    Flex,
    /// Quicker and dearer.
    Priority,
}

impl Tier {
    /// The tier of a vendor's word, whatever its case; `None`: one that is known by no price here. Anthropic's API
    /// reference, "Service tiers"; OpenAI's, `service_tier` (Groq calls its usual one `on_demand`); Gemini's,
    /// `usageMetadata.trafficType`; Amazon Bedrock's, "Service tiers".
    pub fn of(word: &str) -> Option<Self> {
        const WORDS: [(&str, Tier); 13] = [
            ("", Tier::Standard),
            ("auto", Tier::Standard),
            ("default", Tier::Standard),
            ("standard", Tier::Standard),
            ("standard_only", Tier::Standard),
            ("unspecified", Tier::Standard),
            ("on_demand", Tier::Standard),
            ("traffic_type_unspecified", Tier::Standard),
            ("batch", Tier::Batch),
            ("flex", Tier::Flex),
            ("on_demand_flex", Tier::Flex),
            ("priority", Tier::Priority),
            ("on_demand_priority", Tier::Priority),
        ];
        let known = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        known.map(|(_, tier)| *tier)
    }
}

/// What is told of the tier: words that are not known count as something that is billed beside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ToldTier {
    pub tier: Option<Tier>,
    pub unknown: bool,
}

impl ToldTier {
    /// Takes a word in. `None` tells nothing.
    pub fn take(&mut self, word: Option<&str>) {
        match word.map(Tier::of) {
            None => {}
            Some(Some(tier)) => self.tier = Some(tier),
            Some(None) => self.unknown = true,
        }
    }

    /// Takes over what a later one tells.
    pub fn update(&mut self, later: Self) {
        self.tier = later.tier.or(self.tier);
        self.unknown |= later.unknown;
    }
}

impl Usage {
    /// The token figures alone: what every format can tell.
    #[cfg(test)]
    pub(crate) fn tokens(self) -> Self {
        Self {
            other: OtherUsage::NONE,
            tier: Tier::Standard,
            ..self
        }
    }

    /// All input, however it is priced.
    pub fn input_total(&self) -> u64 {
        [
            self.input,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_read,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }
}

/// Bytes of UTF-8 text that count as one token where nobody told the figure. Tokenisers make some four bytes of English
/// and some three of Chinese into a token; three errs on the side of more.
pub const ESTIMATED_BYTES_PER_TOKEN: u64 = 3;

/// Tokens of a text of so many bytes, rounded up. The method's name is `bytes/3`.
pub fn estimated_tokens(text_bytes: u64) -> u64 {
    text_bytes.div_ceil(ESTIMATED_BYTES_PER_TOKEN)
}
