//! From a path to the vendor and the operation it stands for, and from there to the file that answers. A base URL may
//! have a path of its own, so paths are known by their ends.
//! The paths are those of the vendors' API references, which each format's file names.

use super::answer::Answer;
use super::reply::{Headers, Outcome, Refusal, headers};
use super::script::Fault;
use super::{azure, chat, claude, code_assist, converse, gemini, invoke, openai, responses, sigv4};
use serde_json::Value;

/// Whose manner it is: credentials, errors, headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Anthropic.
    Claude,
    /// OpenAI.
    OpenAi,
    /// Azure OpenAI.
    Azure,
    /// Google, the Gemini API.
    Gemini,
    /// Google, Code Assist.
    CodeAssist,
    /// Amazon Bedrock.
    Bedrock,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Claude's `messages`.
    Messages,
    /// Claude's `count_tokens`.
    CountTokens,
    /// OpenAI's `chat/completions`.
    Chat,
    /// OpenAI's legacy `completions`.
    Completions,
    /// OpenAI's `responses`.
    Responses,
    /// OpenAI's `responses/compact`.
    Compact,
    /// OpenAI's `responses/input_tokens`.
    InputTokens,
    /// OpenAI's `embeddings`.
    Embeddings,
    /// OpenAI's `images/generations`.
    Images,
    /// Gemini's `generateContent`.
    Generate,
    /// Gemini's `streamGenerateContent`.
    GenerateStream,
    /// Gemini's `countTokens`.
    CountContents,
    /// Gemini's `embedContent`.
    Embed,
    /// Gemini's `batchEmbedContents`.
    EmbedBatch,
    /// What Code Assist clients ask before they begin.
    Setup(code_assist::Setup),
    /// Bedrock's `invoke`.
    Invoke,
    /// Bedrock's `invoke-with-response-stream`.
    InvokeStream,
    /// Bedrock's `converse`.
    Converse,
    /// Bedrock's `converse-stream`.
    ConverseStream,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Whose.
    pub vendor: Vendor,
    /// What.
    pub operation: Operation,
    /// The model or deployment that the path names.
    pub model: Option<String>,
}

const OPENAI_ENDS: [(&str, Operation); 7] = [
    ("/chat/completions", Operation::Chat),
    ("/completions", Operation::Completions),
    ("/responses/compact", Operation::Compact),
    ("/responses/input_tokens", Operation::InputTokens),
    ("/responses", Operation::Responses),
    ("/embeddings", Operation::Embeddings),
    ("/images/generations", Operation::Images),
];

impl Route {
    /// Finds where a target leads.
    pub fn find(target: &str) -> Option<Self> {
        let path = target.split('?').next().unwrap_or_default();
        let to = |vendor, operation, model: Option<&str>| {
            let model = model.map(decoded);
            Some(Self {
                vendor,
                operation,
                model,
            })
        };
        if let Some((_, method)) = path.split_once("/v1internal:") {
            return to(Vendor::CodeAssist, code_assist_operation(method)?, None);
        }
        if let Some((_, rest)) = path.split_once("/model/") {
            let (model, method) = rest.rsplit_once('/')?;
            return to(Vendor::Bedrock, bedrock_operation(method)?, Some(model));
        }
        if let Some((model, method)) = path
            .rsplit_once("/models/")
            .and_then(|(_, rest)| rest.rsplit_once(':'))
        {
            return to(Vendor::Gemini, gemini_operation(method)?, Some(model));
        }
        if let Some((_, rest)) = path.split_once("/openai/deployments/") {
            let (deployment, _) = rest.split_once('/')?;
            return to(Vendor::Azure, openai_operation(path)?, Some(deployment));
        }
        if path.contains("/openai/") {
            return to(Vendor::Azure, openai_operation(path)?, None);
        }
        if path.ends_with("/v1/messages") {
            return to(Vendor::Claude, Operation::Messages, None);
        }
        if path.ends_with("/v1/messages/count_tokens") {
            return to(Vendor::Claude, Operation::CountTokens, None);
        }
        // Codex's own address for ChatGPT subscriptions has no version (openai/codex, its built-in provider).
        if path.contains("/v1/") || path.ends_with("/codex/responses") {
            return to(Vendor::OpenAi, openai_operation(path)?, None);
        }
        None
    }
}

fn openai_operation(path: &str) -> Option<Operation> {
    let found = OPENAI_ENDS.iter().find(|(end, _)| path.ends_with(end));
    found.map(|(_, operation)| *operation)
}

fn gemini_operation(method: &str) -> Option<Operation> {
    Some(match method {
        "generateContent" => Operation::Generate,
        "streamGenerateContent" => Operation::GenerateStream,
        "countTokens" => Operation::CountContents,
        "embedContent" => Operation::Embed,
        "batchEmbedContents" => Operation::EmbedBatch,
        _ => return None,
    })
}

fn code_assist_operation(method: &str) -> Option<Operation> {
    Some(match method {
        "generateContent" => Operation::Generate,
        "streamGenerateContent" => Operation::GenerateStream,
        "countTokens" => Operation::CountContents,
        other => Operation::Setup(code_assist::Setup::named(other)?),
    })
}

fn bedrock_operation(method: &str) -> Option<Operation> {
    Some(match method {
        "invoke" => Operation::Invoke,
        "invoke-with-response-stream" => Operation::InvokeStream,
        "converse" => Operation::Converse,
        "converse-stream" => Operation::ConverseStream,
        _ => return None,
    })
}

/// A part of a path with its `%`-escapes taken out.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2).and_then(|two| std::str::from_utf8(two).ok()))
            .flatten()
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A request on its way to the file that answers it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Where it leads.
    pub route: &'a Route,
    /// `POST`.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, String)],
    /// As it came.
    pub raw: &'a [u8],
    /// As JSON.
    pub body: Value,
    /// Begins the ids that this upstream gives; no other upstream has it.
    pub maker: &'a str,
    /// Which of this upstream's requests it is.
    pub number: usize,
}

impl Asked<'_> {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a part of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let pairs = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .into_iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| decoded(value))
    }

    /// The model that the path names, else the body's.
    pub fn model(&self) -> &str {
        let named = self.route.model.as_deref();
        named.or_else(|| self.body["model"].as_str()).unwrap_or_default()
    }

    /// Whether the body asks for a stream.
    pub fn streamed(&self) -> bool {
        self.body["stream"] == true
    }

    /// An id that no other answer has.
    pub fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}_{}", self.maker, self.number)
    }
}

/// Answers as the vendor would, or tells what the vendor would refuse.
pub fn answer(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    if asked.method != "POST" {
        return Err(Fault::new(
            405,
            "invalid_request_error",
            format!("{} is not allowed here", asked.method),
        ));
    }
    match asked.route.vendor {
        Vendor::Claude => claude::credential(asked)?,
        Vendor::OpenAi => openai::credential(asked)?,
        Vendor::Azure => azure::admitted(asked)?,
        Vendor::Gemini => gemini::credential(asked)?,
        Vendor::CodeAssist => code_assist::credential(asked)?,
        Vendor::Bedrock => sigv4::credential(asked)?,
    }
    match asked.route.operation {
        Operation::Messages => claude::messages(asked, answer),
        Operation::CountTokens => claude::count(asked, answer),
        Operation::Chat => chat::chat(asked, answer),
        Operation::Completions => openai::completions(asked, answer),
        Operation::Responses => responses::responses(asked, answer),
        Operation::Compact => responses::compact(asked, answer),
        Operation::InputTokens => responses::input_tokens(asked, answer),
        Operation::Embeddings => openai::embeddings(asked, answer),
        Operation::Images => openai::images(asked, answer),
        Operation::Generate | Operation::GenerateStream if asked.route.vendor == Vendor::CodeAssist => {
            code_assist::generate(asked, answer)
        }
        Operation::CountContents if asked.route.vendor == Vendor::CodeAssist => {
            code_assist::count(asked, answer)
        }
        Operation::Generate | Operation::GenerateStream => gemini::generate(asked, answer),
        Operation::CountContents => gemini::count(asked, answer),
        Operation::Embed => gemini::embed(asked, answer),
        Operation::EmbedBatch => gemini::embed_batch(asked, answer),
        Operation::Setup(setup) => code_assist::setup(asked, setup),
        Operation::Invoke | Operation::InvokeStream => invoke::invoke(asked, answer),
        Operation::Converse | Operation::ConverseStream => converse::converse(asked, answer),
    }
}

/// An error in the vendor's shape, with its status and its hints of when to come again.
pub fn refusal(vendor: Vendor, fault: &Fault) -> Refusal {
    match vendor {
        Vendor::Claude => claude::refusal(fault),
        Vendor::OpenAi => openai::refusal(fault),
        Vendor::Azure => azure::refusal(fault),
        Vendor::Gemini | Vendor::CodeAssist => gemini::refusal(fault),
        Vendor::Bedrock => invoke::refusal(fault),
    }
}

/// What the vendor's every answer carries, and a header that is nobody's business.
pub fn usual_headers(vendor: Vendor) -> Headers {
    let mut all = match vendor {
        Vendor::Claude => headers(&[
            ("request-id", "req_upstream_7"),
            ("anthropic-ratelimit-requests-remaining", "41"),
            ("anthropic-organization-id", "org-upstream"),
        ]),
        Vendor::OpenAi => headers(&[
            ("x-request-id", "req_upstream_7"),
            ("openai-version", "2020-10-01"),
            ("openai-organization", "org-upstream"),
            ("openai-processing-ms", "12"),
            ("x-ratelimit-remaining-requests", "41"),
        ]),
        Vendor::Azure => headers(&[
            ("apim-request-id", "req_upstream_7"),
            ("x-ms-region", "Switzerland North"),
            ("azureml-model-session", "d7-upstream"),
            ("x-ratelimit-remaining-requests", "41"),
        ]),
        Vendor::Gemini => headers(&[
            ("server", "scaffolding on HTTPServer2"),
            ("server-timing", "gfet4t7; dur=12"),
        ]),
        Vendor::CodeAssist => headers(&[
            ("server", "ESF"),
            ("x-cloudaicompanion-trace-id", "trace-upstream-7"),
        ]),
        Vendor::Bedrock => headers(&[("x-amzn-requestid", "req_upstream_7")]),
    };
    all.push(("x-internal-host".to_owned(), "backend-7".to_owned()));
    all
}
