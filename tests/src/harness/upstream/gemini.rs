//! Gemini's `generateContent` and its relatives. From Google's documentation: "Gemini API reference" (models.generateContent,
//! models.streamGenerateContent, models.countTokens, embeddings), "Gemini thinking", "Thought signatures", "API errors";
//! for the details of errors: Google's AIP-193 and `google.rpc.RetryInfo`, `QuotaFailure`, `ErrorInfo`.
//! Thoughts are told where `thinkingConfig.includeThoughts` asks for them; their signature goes with the first call, or
//! with the last text where nothing is called.

mod rules;

pub use rules::{check, field};

use super::answer::{Answer, Stop, Usage};
use super::check::list;
use super::reply::{Frame, Outcome, Refusal, Reply, Stream};
use super::route::{Asked, Operation};
use super::script::Fault;
use serde_json::{Value, json};

/// An API key in a header or the query, or a bearer token of Google's OAuth.
pub fn credential(asked: &Asked<'_>) -> Result<(), Fault> {
    let key = asked.header("x-goog-api-key").is_some_and(|key| !key.is_empty());
    let query = asked.query("key").is_some_and(|key| !key.is_empty());
    let bearer = asked
        .header("authorization")
        .is_some_and(|value| value.len() > 7 && value.starts_with("Bearer "));
    if key || query || bearer {
        return Ok(());
    }
    Err(Fault::new(
        403,
        "permission_error",
        "Method doesn't allow unregistered callers (callers without established identity).",
    ))
}

/// Google's error. A wrong key is a fault of the request to Google, told by a reason in the details.
pub fn refusal(fault: &Fault) -> Refusal {
    let (code, status, details) = match (fault.kind.as_str(), fault.status) {
        ("authentication_error", _) => {
            let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"}});
            (400, "INVALID_ARGUMENT", vec![info])
        }
        ("permission_error", _) => (403, "PERMISSION_DENIED", Vec::new()),
        ("not_found_error", _) => (404, "NOT_FOUND", Vec::new()),
        ("rate_limit_error" | "billing_error", _) => (429, "RESOURCE_EXHAUSTED", exhausted(fault)),
        ("overloaded_error", _) => (503, "UNAVAILABLE", Vec::new()),
        ("timeout_error", _) => (504, "DEADLINE_EXCEEDED", Vec::new()),
        (_, 500..) => (500, "INTERNAL", Vec::new()),
        (_, status) => (status, "INVALID_ARGUMENT", Vec::new()),
    };
    let mut error = json!({"code": code, "message": fault.message, "status": status});
    if !details.is_empty() {
        error["details"] = json!(details);
    }
    Refusal::new(code, json!({ "error": error }))
}

fn exhausted(fault: &Fault) -> Vec<Value> {
    let mut details = Vec::new();
    if fault.kind == "billing_error" {
        details.push(
            json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_paid_tier_requests",
            "quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}),
        );
    }
    if let Some(after) = fault.retry_after {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{}s", after.as_secs())}));
    }
    details
}

/// `POST …:generateContent` and `:streamGenerateContent`.
pub fn generate(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    check(&asked.body)?;
    let writer = Writer::new(asked, &asked.body, answer, asked.model());
    Ok(writer.reply(asked, |response| response))
}

/// `POST …:countTokens`: free.
pub fn count(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    rules::count(&asked.body)?;
    Ok(Reply::json(&counted(answer.usage), None))
}

/// What a count says.
pub fn counted(usage: Usage) -> Value {
    let tokens = usage.prompt();
    json!({"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]})
}

/// `POST …:embedContent`. Google tells no usage with embeddings.
pub fn embed(asked: &Asked<'_>, _answer: &Answer) -> Outcome {
    rules::embed(&asked.body)?;
    Ok(Reply::json(
        &json!({"embedding": embedding(0, &asked.body)}),
        None,
    ))
}

/// `POST …:batchEmbedContents`.
pub fn embed_batch(asked: &Asked<'_>, _answer: &Answer) -> Outcome {
    let requests = field(&asked.body, "requests");
    let all = list(requests);
    if all.is_empty() {
        return Err(rules::invalid("requests", "at least one request is required"));
    }
    for request in all {
        rules::embed(request)?;
        if request["model"]
            .as_str()
            .is_none_or(|model| !model.starts_with("models/"))
        {
            return Err(rules::invalid(
                "requests.model",
                "a model's name like models/… is required",
            ));
        }
    }
    let embeddings: Vec<Value> = all
        .iter()
        .enumerate()
        .map(|(n, request)| embedding(n, request))
        .collect();
    Ok(Reply::json(&json!({ "embeddings": embeddings }), None))
}

fn embedding(index: usize, request: &Value) -> Value {
    let dimensions = field(request, "outputDimensionality").as_u64().unwrap_or(8);
    json!({"values": super::openai::vector(index, dimensions)})
}

/// An answer in Gemini's format.
pub struct Writer<'a> {
    answer: &'a Answer,
    model: &'a str,
    id: String,
    candidates: u64,
    thoughts: bool,
    logprobs: bool,
}

impl<'a> Writer<'a> {
    /// To the request with this body, whose config says what is told.
    pub fn new(asked: &Asked<'_>, body: &Value, answer: &'a Answer, model: &'a str) -> Self {
        let config = field(body, "generationConfig");
        let thinking = field(config, "thinkingConfig");
        Self {
            answer,
            model,
            id: asked.id("resp"),
            candidates: field(config, "candidateCount").as_u64().unwrap_or(1),
            thoughts: field(thinking, "includeThoughts") == &Value::Bool(true),
            logprobs: field(config, "responseLogprobs") == &Value::Bool(true),
        }
    }

    /// Plain or streamed, each response put into what the endpoint wraps it in.
    pub fn reply(&self, asked: &Asked<'_>, wrap: impl Fn(Value) -> Value) -> Reply {
        let told = self.told();
        if asked.route.operation == Operation::Generate {
            let mut whole = wrap(self.plain());
            whole["aFieldOfTomorrow"] = json!({"nested": [1, 2.50, "ü"]});
            return Reply::json(&whole, Some(told));
        }
        let chunks: Vec<Value> = self.chunks().into_iter().map(wrap).collect();
        let last = chunks.len() - 1;
        let error =
            json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}});
        let as_events = asked.query("alt").as_deref() == Some("sse");
        let frames = chunks.iter().enumerate().map(|(n, chunk)| {
            let text = match (as_events, n) {
                (true, _) => format!("data: {chunk}\r\n\r\n"),
                (false, 0) => format!("[{chunk}"),
                (false, n) if n == last => format!("\r\n,{chunk}\r\n]"),
                (false, _) => format!("\r\n,{chunk}"),
            };
            match n {
                n if n == last => Frame::telling(text),
                _ => Frame::beginning(text),
            }
        });
        let mut stream = Stream::of_events(
            frames.collect(),
            if as_events {
                format!("data: {error}\r\n\r\n")
            } else {
                format!("\r\n,{error}\r\n]")
            },
        );
        stream.content_type = if as_events {
            "text/event-stream"
        } else {
            "application/json; charset=UTF-8"
        };
        Reply::stream(stream, Some(told))
    }

    /// Google has no figure for cache writes, and counts thoughts beside the candidates.
    fn told(&self) -> Usage {
        self.answer.usage.without_cache_writes()
    }

    fn plain(&self) -> Value {
        let mut parts = Vec::new();
        if self.thoughts && !self.answer.thinking.is_empty() {
            parts.push(json!({"text": self.answer.thinking.concat(), "thought": true}));
        }
        if !self.answer.texts.is_empty() {
            parts.push(json!({"text": self.answer.text()}));
        }
        parts.extend(self.calls());
        self.sign(&mut parts);
        let mut response = self.response(parts, true);
        response["usageMetadata"] = self.usage(self.answer.usage.output);
        response
    }

    /// Figures come with each chunk and grow; the last ones count.
    fn chunks(&self) -> Vec<Value> {
        let mut parts: Vec<Value> = Vec::new();
        if self.thoughts {
            let thoughts = self.answer.thinking.iter();
            parts.extend(thoughts.map(|text| json!({"text": text, "thought": true})));
        }
        parts.extend(self.answer.texts.iter().map(|text| json!({ "text": text })));
        parts.extend(self.calls());
        self.sign(&mut parts);
        if parts.is_empty() {
            parts.push(json!({"text": ""}));
        }
        let last = parts.len() - 1;
        let shown = self.answer.usage.output - self.answer.reasoning;
        parts
            .into_iter()
            .enumerate()
            .map(|(n, part)| {
                let mut chunk = self.response(vec![part], n == last);
                let so_far = self.answer.reasoning + shown * (n as u64 + 1) / (last as u64 + 1);
                chunk["usageMetadata"] = self.usage(so_far);
                chunk
            })
            .collect()
    }

    fn calls(&self) -> Vec<Value> {
        let tools = self.answer.tools.iter();
        tools
            .map(|tool| json!({"functionCall": {"name": tool.name, "args": tool.input}}))
            .collect()
    }

    fn sign(&self, parts: &mut [Value]) {
        if self.answer.signature.is_empty() {
            return;
        }
        let call = parts.iter().position(|part| !part["functionCall"].is_null());
        let place = call.or_else(|| parts.len().checked_sub(1));
        if let Some(part) = place.map(|place| &mut parts[place]) {
            part["thoughtSignature"] = json!(self.answer.signature);
        }
    }

    fn response(&self, parts: Vec<Value>, ends: bool) -> Value {
        let candidates = (0..self.candidates).map(|index| {
            let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": index});
            if ends {
                candidate["finishReason"] = json!(self.finish_reason());
            }
            if ends && self.logprobs {
                let tokens: Vec<Value> = self
                    .answer
                    .texts
                    .iter()
                    .map(|token| json!({"token": token, "tokenId": 7, "logProbability": -0.25}))
                    .collect();
                candidate["avgLogprobs"] = json!(-0.25);
                candidate["logprobsResult"] = json!({ "chosenCandidates": tokens });
            }
            candidate
        });
        json!({"candidates": candidates.collect::<Vec<_>>(), "modelVersion": self.model, "responseId": self.id})
    }

    fn usage(&self, output: u64) -> Value {
        let told = self.told();
        let prompt = told.prompt();
        let mut usage = json!({
            "promptTokenCount": prompt, "candidatesTokenCount": output - self.answer.reasoning,
            "totalTokenCount": prompt + output,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
        });
        if self.answer.reasoning > 0 {
            usage["thoughtsTokenCount"] = json!(self.answer.reasoning);
        }
        if told.cache_read > 0 {
            usage["cachedContentTokenCount"] = json!(told.cache_read);
            usage["cacheTokensDetails"] = json!([{"modality": "TEXT", "tokenCount": told.cache_read}]);
        }
        usage
    }

    fn finish_reason(&self) -> &'static str {
        match self.answer.stop {
            Stop::Done | Stop::Sequence(_) => "STOP",
            Stop::Length => "MAX_TOKENS",
            Stop::Refused => "SAFETY",
        }
    }
}
