//! The neutral conversation: what every format's reader reads into and every format's writer writes from.
//! Text is borrowed from the body it was read from, so that a picture of some megabytes is copied once, by the writer.
//! Never in here: how any format says it.

mod answer;
mod event;
mod part;

pub use answer::{Answer, Choice, StopReason, TokenLogprob};
pub use event::{PartStart, StreamEvent, collect};
pub use part::{Cache, Citation, Document, Image, Part, Place, Sealed, Source, ToolCall, ToolResult};

use crate::tree::Node;
use std::borrow::Cow;

/// A request. `model` and `stream` are the client's; what is sent upstream comes from [`Target`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    /// The model asked for.
    pub model: Cow<'a, str>,
    /// System and developer prompts. Those that a format lets stand amid the conversation are gathered here in order.
    pub system: Vec<Part<'a>>,
    /// The conversation; no turn is empty.
    pub turns: Vec<Turn<'a>>,
    /// Functions on offer.
    pub tools: Vec<Tool<'a>>,
    /// Which of them to call; `None`: the format's default, automatic.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// Whether several calls may come in one answer; `None`: they may.
    pub parallel_tools: Option<bool>,
    /// Most output tokens, thinking included.
    pub max_output: Option<u64>,
    /// Sampling temperature, in the client's own scale: 0–1 in Claude's format, 0–2 in the others.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Sampling from so many tokens.
    pub top_k: Option<u64>,
    /// −2 to 2.
    pub frequency_penalty: Option<f64>,
    /// −2 to 2.
    pub presence_penalty: Option<f64>,
    /// For repeatable sampling.
    pub seed: Option<i64>,
    /// Token → bias, as the client wrote it.
    pub logit_bias: Option<Node<'a>>,
    /// Texts at which to stop.
    pub stop: Vec<Cow<'a, str>>,
    /// How many answers to give; `None`: one.
    pub choices: Option<u32>,
    /// Log probabilities wanted, with so many alternatives for each token.
    pub logprobs: Option<u32>,
    /// Whether and how much to think.
    pub thinking: Option<Thinking>,
    /// Whether thinking is to be shown (as a summary where that is all there is); `None`: the format's default.
    pub show_thinking: Option<bool>,
    /// Whether the answer should carry sealed thinking, so that the client can give it back (Responses' `include`).
    pub seal_thinking: bool,
    /// How hard to try.
    pub effort: Option<Effort>,
    /// How wordy to be.
    pub verbosity: Option<Effort>,
    /// The form of the answer's text; `None`: free.
    pub output: Option<OutputForm<'a>>,
    /// An opaque name of the end user.
    pub user: Option<Cow<'a, str>>,
    /// The client's own labels.
    pub metadata: Option<Node<'a>>,
    /// Which class of service.
    pub service_tier: Option<ServiceTier>,
    /// What prompts of one conversation share, for the vendor's cache.
    pub cache_key: Option<Cow<'a, str>>,
    /// Whether the vendor keeps the answer; `None`: the format's default.
    pub store: Option<bool>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
}

impl Request<'_> {
    /// Whether one call an answer is asked for although several functions may be called: what a target without a switch
    /// for it can't promise. Where just one may be called, a forced call is what is meant, and clients read the first.
    pub fn forbids_several_calls(&self) -> bool {
        let one = self.tools.len() == 1 || matches!(self.tool_choice, Some(ToolChoice::Named(_)));
        self.parallel_tools == Some(false) && !self.tools.is_empty() && !one
    }
}

/// What is told to a request's writer beside the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The model's name as the upstream knows it.
    pub model: &'a str,
    /// The output limit where the client gave none and the format demands one: the model's own.
    pub max_output: u64,
}

/// One side's turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn<'a> {
    /// Whose.
    pub role: Role,
    /// What was said; never empty. Tool results are parts of the user's turn.
    pub parts: Vec<Part<'a>>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The client's side, tool results included.
    User,
    /// The model's.
    Assistant,
}

/// A function that the client runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The namespace that it stands in (Responses alone); see [`Tool::flat_name`].
    pub namespace: Option<Cow<'a, str>>,
    /// What it does.
    pub description: Option<Cow<'a, str>>,
    /// What it takes.
    pub input: ToolInput<'a>,
    /// Whether arguments must keep to the schema exactly.
    pub strict: Option<bool>,
    /// A cache mark after it.
    pub cache: Option<Cache>,
}

/// What stands between a namespace and a name where a format has no namespaces.
pub const NAMESPACE_SEPARATOR: &str = "__";

impl<'a> Tool<'a> {
    /// Its name where there are no namespaces.
    pub fn flat_name(&self) -> Cow<'a, str> {
        match &self.namespace {
            Some(namespace) => format!("{namespace}{NAMESPACE_SEPARATOR}{}", self.name).into(),
            None => self.name.clone(),
        }
    }
}

/// What a tool takes.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolInput<'a> {
    /// An object of this JSON schema; `None`: no parameters.
    Schema(Option<Node<'a>>),
    /// Free text ("custom" tools); in formats without such tools an object with one string, [`FREE_TEXT_FIELD`].
    FreeText {
        /// A grammar that the text must keep to, as the client wrote it.
        format: Option<Node<'a>>,
    },
}

/// The one field of a free-text tool's object.
pub const FREE_TEXT_FIELD: &str = "input";

/// Which tool to call.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolChoice<'a> {
    /// As the model sees fit.
    Auto,
    /// None.
    None,
    /// At least one.
    Any,
    /// This one ([flat name](Tool::flat_name)).
    Named(Cow<'a, str>),
    /// Only these.
    Among {
        /// By [flat name](Tool::flat_name); not empty.
        names: Vec<Cow<'a, str>>,
        /// Whether one of them must be called.
        must: bool,
    },
}

/// Whether to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    Off,
    /// As the model sees fit.
    Adaptive,
    /// With so many tokens at most.
    Budget(u64),
}

/// Degrees of effort or wordiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// As little as can be.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
    /// More than `High`, where a model knows it.
    VeryHigh,
    /// All there is.
    Max,
}

/// The form of the answer's text.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputForm<'a> {
    /// Some JSON object.
    Json,
    /// JSON of this schema.
    Schema {
        /// The schema's name, where the format gives one.
        name: Option<Cow<'a, str>>,
        /// What it is for.
        description: Option<Cow<'a, str>>,
        /// The schema.
        schema: Node<'a>,
        /// Whether it is to be kept to exactly.
        strict: Option<bool>,
    },
}

/// Classes of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceTier {
    /// As the project is set up: every vendor's default.
    Auto,
    /// The standard one and no other.
    Standard,
    /// Slower and cheaper.
    Flex,
    /// Faster and dearer.
    Priority,
}

/// Something of a request that a target may have no word for. Formats name it in their own words
/// (`field_of`), so that a refusal speaks of the client's own field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// [`Request::system`].
    System,
    /// Parts of the conversation.
    Turns,
    /// [`Request::tools`].
    Tools,
    /// [`Request::tool_choice`].
    ToolChoice,
    /// [`Request::parallel_tools`].
    ParallelTools,
    /// [`Request::max_output`].
    MaxOutput,
    /// [`Request::temperature`].
    Temperature,
    /// [`Request::top_p`].
    TopP,
    /// [`Request::top_k`].
    TopK,
    /// [`Request::frequency_penalty`].
    FrequencyPenalty,
    /// [`Request::presence_penalty`].
    PresencePenalty,
    /// [`Request::seed`].
    Seed,
    /// [`Request::logit_bias`].
    LogitBias,
    /// [`Request::stop`].
    Stop,
    /// [`Request::choices`].
    Choices,
    /// [`Request::logprobs`].
    Logprobs,
    /// [`Request::thinking`], [`Request::effort`].
    Thinking,
    /// [`Request::verbosity`].
    Verbosity,
    /// [`Request::output`].
    OutputForm,
    /// [`Request::service_tier`].
    ServiceTier,
    /// [`Request::metadata`].
    Metadata,
    /// [`Request::store`].
    Store,
}

impl Aspect {
    /// Each there is.
    pub const ALL: [Self; 22] = [
        Self::System,
        Self::Turns,
        Self::Tools,
        Self::ToolChoice,
        Self::ParallelTools,
        Self::MaxOutput,
        Self::Temperature,
        Self::TopP,
        Self::TopK,
        Self::FrequencyPenalty,
        Self::PresencePenalty,
        Self::Seed,
        Self::LogitBias,
        Self::Stop,
        Self::Choices,
        Self::Logprobs,
        Self::Thinking,
        Self::Verbosity,
        Self::OutputForm,
        Self::ServiceTier,
        Self::Metadata,
        Self::Store,
    ];
}

/// The target has no word for something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{aspect:?}: {why}")]
pub struct Unsayable {
    /// For what.
    pub aspect: Aspect,
    /// Why not, and what would do; a sentence for the client, without the field's name.
    pub why: String,
}

impl Unsayable {
    /// Of this aspect, for this reason.
    pub fn new(aspect: Aspect, why: impl Into<String>) -> Self {
        Self {
            aspect,
            why: why.into(),
        }
    }
}

/// What an answer's writer must know of the request it answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The model as the client asked for it; answers show it in place of the upstream's own name.
    pub model: String,
    /// The request's id, from which ids are made that a format demands and the upstream did not give.
    pub id: String,
    /// When the answer began, in seconds since 1970 (UTC).
    pub created: i64,
    /// Whether a streamed Chat answer ends with its usage.
    pub include_usage: bool,
    /// Tools whose name or kind was changed for the upstream.
    pub tools: Vec<ToolAlias>,
    /// Whether an answer in the Responses format carries sealed thinking.
    pub seal_thinking: bool,
    /// What an answer in the Responses format repeats of its request (`instructions`, `tools`, `temperature` …): field
    /// and value, as the client wrote them.
    pub echo: Vec<(String, Node<'static>)>,
}

/// How a tool is known to the client and to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolAlias {
    /// To the upstream.
    pub sent: String,
    /// To the client.
    pub name: String,
    /// To the client.
    pub namespace: Option<String>,
    /// Whether the client knows it as a tool that takes free text.
    pub free_text: bool,
}

impl Context {
    /// The client's side of a tool, if it is not the same as the upstream's.
    pub fn alias(&self, sent: &str) -> Option<&ToolAlias> {
        self.tools.iter().find(|alias| alias.sent == sent)
    }
}

/// The aliases of a request's tools.
pub fn aliases(request: &Request<'_>) -> Vec<ToolAlias> {
    let changed =
        |tool: &&Tool<'_>| tool.namespace.is_some() || matches!(tool.input, ToolInput::FreeText { .. });
    let alias = |tool: &Tool<'_>| ToolAlias {
        sent: tool.flat_name().into_owned(),
        name: tool.name.clone().into_owned(),
        namespace: tool.namespace.clone().map(Cow::into_owned),
        free_text: matches!(tool.input, ToolInput::FreeText { .. }),
    };
    request.tools.iter().filter(changed).map(alias).collect()
}
