//! Which formats there are: five that clients speak, five that upstreams speak. Never in here: what any of them says.

/// A format in which clients ask and are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientFormat {
    /// Anthropic's Messages.
    Claude,
    /// OpenAI's Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Google's `generateContent`.
    Gemini,
    /// OpenAI's legacy Completions; always translated, since today's models are asked by other formats.
    Completions,
}

impl ClientFormat {
    /// Each there is.
    pub const ALL: [Self; 5] = [
        Self::Claude,
        Self::Chat,
        Self::Responses,
        Self::Gemini,
        Self::Completions,
    ];

    /// Its stable name in documents, logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Chat => "openai_chat",
            Self::Responses => "openai_responses",
            Self::Gemini => "gemini",
            Self::Completions => "openai_completions",
        }
    }

    /// The upstream format in which requests of this one pass untouched.
    pub const fn same(self) -> Option<Dialect> {
        match self {
            Self::Claude => Some(Dialect::Claude),
            Self::Chat => Some(Dialect::Chat),
            Self::Responses => Some(Dialect::Responses),
            Self::Gemini => Some(Dialect::Gemini),
            Self::Completions => None,
        }
    }
}

/// A format that upstreams speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Anthropic's Messages.
    Claude,
    /// OpenAI's Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Google's `generateContent`.
    Gemini,
    /// Amazon Bedrock's Converse.
    Converse,
}

impl Dialect {
    /// Each there is, in the order of the documents' columns.
    pub const ALL: [Self; 5] = [
        Self::Claude,
        Self::Chat,
        Self::Responses,
        Self::Gemini,
        Self::Converse,
    ];

    /// What people call it, for messages to clients.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "Anthropic's Messages format",
            Self::Chat => "OpenAI's Chat Completions format",
            Self::Responses => "OpenAI's Responses format",
            Self::Gemini => "Google's Gemini format",
            Self::Converse => "Amazon Bedrock's Converse format",
        }
    }

    /// Who seals the thinking of answers in this format. Claude's thinking is sealed by Anthropic on Bedrock as well.
    pub const fn vendor(self) -> Vendor {
        match self {
            Self::Claude | Self::Converse => Vendor::Anthropic,
            Self::Chat | Self::Responses => Vendor::OpenAi,
            Self::Gemini => Vendor::Google,
        }
    }
}

/// Who can read sealed thinking (signatures, encrypted content).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// Anthropic, also through Bedrock.
    Anthropic,
    /// OpenAI, also through Azure.
    OpenAi,
    /// Google.
    Google,
}

impl Vendor {
    /// The word that stands for it where sealed thinking is carried in another vendor's place.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAi => "openai",
            Self::Google => "google",
        }
    }
}
