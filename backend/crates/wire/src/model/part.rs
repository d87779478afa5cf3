//! What turns and answers are made of. Never in here: how any format says it.

use crate::format::Vendor;
use crate::tree::Node;
use std::borrow::Cow;

/// A piece of a turn or of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<'a> {
    /// Text.
    Text {
        /// As written; may be empty in answers.
        text: Cow<'a, str>,
        /// What it rests on.
        citations: Vec<Citation<'a>>,
        /// A cache mark after it.
        cache: Option<Cache>,
    },
    /// A picture.
    Image(Image<'a>),
    /// A document.
    Document(Document<'a>),
    /// Sound.
    Audio {
        /// The bytes.
        source: Source<'a>,
    },
    /// The model's thinking.
    Thinking {
        /// As shown: the thinking or a summary; may be empty.
        text: Cow<'a, str>,
        /// The whole, readable by its vendor alone.
        sealed: Option<Sealed<'a>>,
        /// The vendor shows none of it, for safety (Claude's `redacted_thinking`).
        redacted: bool,
        /// The item's id, where the format has one.
        id: Option<Cow<'a, str>>,
    },
    /// A call of a function.
    ToolCall(ToolCall<'a>),
    /// What came of a call.
    ToolResult(ToolResult<'a>),
    /// The model declines, in words of its own.
    Refusal {
        /// The words.
        text: Cow<'a, str>,
    },
}

impl<'a> Part<'a> {
    /// Plain text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text {
            text: text.into(),
            citations: Vec::new(),
            cache: None,
        }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Image<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// How closely to look: OpenAI's `low`, `high`, `auto` …, as written.
    pub detail: Option<Cow<'a, str>>,
    /// A cache mark after it.
    pub cache: Option<Cache>,
}

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// Title or file name.
    pub title: Option<Cow<'a, str>>,
    /// What to know about it.
    pub context: Option<Cow<'a, str>>,
    /// Whether answers shall cite it.
    pub citations: bool,
    /// A cache mark after it.
    pub cache: Option<Cache>,
}

/// Where bytes are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source<'a> {
    /// Here.
    Base64 {
        /// Such as `image/png`.
        media_type: Cow<'a, str>,
        /// Standard alphabet, padded.
        data: Cow<'a, str>,
    },
    /// At a URL that the vendor fetches.
    Url {
        /// The URL.
        url: Cow<'a, str>,
        /// If the format tells.
        media_type: Option<Cow<'a, str>>,
    },
    /// At the vendor, under this id. No other vendor knows it.
    File {
        /// Whose file.
        vendor: Vendor,
        /// The id (Gemini: the file's URI).
        id: Cow<'a, str>,
        /// If the format tells.
        media_type: Option<Cow<'a, str>>,
    },
    /// A document as plain text.
    Text(Cow<'a, str>),
}

/// Thinking that its vendor alone can read: a signature or encrypted content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// Who can.
    pub vendor: Vendor,
    /// As the vendor gave it.
    pub data: Cow<'a, str>,
}

/// Begins sealed thinking that is carried in another vendor's place.
const CARRIED: &str = "tollgate.";

impl<'a> Sealed<'a> {
    /// As it stands in a place that belongs to `place`'s vendor: as it is there, marked elsewhere, so that it can be given
    /// back to whom it belongs.
    pub fn carried(&self, place: Vendor) -> Cow<'_, str> {
        if self.vendor == place {
            Cow::Borrowed(&self.data)
        } else {
            Cow::Owned(format!("{CARRIED}{}:{}", self.vendor.word(), self.data))
        }
    }

    /// Reads what [`carried`](Self::carried) wrote.
    pub fn read(place: Vendor, text: Cow<'a, str>) -> Self {
        let marked = text.strip_prefix(CARRIED).and_then(|rest| rest.split_once(':'));
        let known = marked.and_then(|(word, data)| {
            let all = [Vendor::Anthropic, Vendor::OpenAi, Vendor::Google];
            let vendor = all.into_iter().find(|vendor| vendor.word() == word)?;
            Some((vendor, data.to_owned()))
        });
        match known {
            Some((vendor, data)) => Self {
                vendor,
                data: data.into(),
            },
            None => Self {
                vendor: place,
                data: text,
            },
        }
    }
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall<'a> {
    /// Pairs it with its result. Gemini gives none: then one is made from the call's position.
    pub id: Cow<'a, str>,
    /// The [flat name](super::Tool::flat_name).
    pub name: Cow<'a, str>,
    /// JSON text of an object; of a free-text tool an object with the one field
    /// [`FREE_TEXT_FIELD`](super::FREE_TEXT_FIELD). An empty text stands for `{}`. Models may write broken JSON into it.
    pub arguments: Cow<'a, str>,
    /// Gemini seals thinking onto the call itself.
    pub sealed: Option<Sealed<'a>>,
    /// A cache mark after it.
    pub cache: Option<Cache>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult<'a> {
    /// The call's id.
    pub id: Cow<'a, str>,
    /// The function's [flat name](super::Tool::flat_name), where the format tells it (Gemini); else found by the id.
    pub name: Option<Cow<'a, str>>,
    /// Text, images and documents; may be empty.
    pub content: Vec<Part<'a>>,
    /// The result as a JSON object, where the format wants one (Gemini) and `content` holds just its text.
    pub object: Option<Node<'a>>,
    /// Whether the call failed.
    pub is_error: bool,
    /// A cache mark after it.
    pub cache: Option<Cache>,
}

/// A cache mark: everything up to here may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// For five minutes.
    FiveMinutes,
    /// For an hour.
    OneHour,
}

/// What a text rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum Citation<'a> {
    /// A page of the web.
    Url {
        /// Where.
        url: Cow<'a, str>,
        /// Its title; may be empty.
        title: Cow<'a, str>,
        /// The piece of the answer's text that rests on it, in characters from the part's beginning, if told.
        span: Option<(u64, u64)>,
    },
    /// A document of the request.
    Document {
        /// Counted from 0 over the request's documents.
        index: u64,
        /// Its title; may be empty.
        title: Cow<'a, str>,
        /// The words cited; may be empty.
        cited: Cow<'a, str>,
        /// Where in it.
        place: Place,
    },
}

/// Where in a document: from, to (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In characters, from 0.
    Characters(u64, u64),
    /// In pages, from 1.
    Pages(u64, u64),
    /// In content blocks, from 0.
    Blocks(u64, u64),
}
