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
}

impl Usage {
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
