//! Code Assist, the API of Gemini CLI with a Google login: Google's requests, answers and events in envelopes
//! (`v1internal:*`). There is no public documentation; the shapes are those of Gemini CLI's sources, `code_assist/server.ts`,
//! `converter.ts`, `setup.ts` and `types.ts`. Never in here: what is inside the envelopes.

use super::facts::{Seen, model_name, opened};
use super::names::{is, scan_text};
use crate::facts::Edit;
use crate::fault::RequestFault;
use crate::json::{Item, JsonFault, Scanner, Text, write_text};
use crate::sse::Events;
use crate::write::{ObjectWriter, write_object};
use std::borrow::Cow;
use std::ops::Range;

/// The one tier there is: it needs no onboarding, and the CLI asks for no free tier's consent.
const TIER: &str = "standard-tier";
/// What people are told of it.
const TIER_NAME: &str = "Tollgate";
/// The project that a client is told which has none: without one the CLI demands a Google Cloud project.
const PROJECT: &str = "tollgate";
/// Longer names of projects and sessions are none.
const NAME_LENGTH_MAX: usize = 256;
/// Models of counts are named so.
const MODELS: &str = "models/";

/// A request's envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The model asked for, without `models/`.
    pub model: String,
    /// Where it stands, quotes included.
    pub model_span: Range<usize>,
    /// Whether `models/` stands before it, as in counts.
    pub prefixed: bool,
    /// The Google Cloud project, if told.
    pub project: Option<String>,
    /// The prompt's id, if told.
    pub prompt: Option<String>,
    /// The client's session, if told.
    pub session: Option<String>,
    /// Where the request proper stands: an object, as other clients send it.
    pub request: Range<usize>,
}

impl Envelope {
    /// Another model's name in the place of the one asked for.
    pub fn model_edit(&self, model: &str) -> Edit {
        let prefix = if self.prefixed { MODELS } else { "" };
        Edit::model(self.model_span.clone(), &format!("{prefix}{model}"))
    }
}

/// Reads a request's envelope; the request within passes untouched. A count has its model within the request.
///
/// # Errors
/// If it is no envelope.
pub fn read_envelope(body: &[u8]) -> Result<Envelope, RequestFault> {
    let mut scan = opened(body)?;
    let (mut model, mut project, mut prompt, mut request) = (None, None, None, None);
    let mut inner = Inner::default();
    let (mut seen, mut first) = (Seen::default(), true);
    while let Some(key) = scan.key(first)? {
        first = false;
        match seen.name(&key, "")?.as_ref() {
            "model" => model = Some(model_name(&mut scan, "model")?),
            "project" => project = name(scan_text(&mut scan)?),
            "userPromptId" => prompt = name(scan_text(&mut scan)?),
            "request" => {
                let begin = scan.value_at();
                let Item::Object = scan.value()? else {
                    return Err(RequestFault::field("request", "This must be an object."));
                };
                inner.read(&mut scan)?;
                request = Some(begin..scan.at());
            }
            _ => scan.skip()?,
        }
    }
    scan.end()?;
    let request = request.ok_or_else(|| {
        RequestFault::field("request", "This field is required: the request, as an object.")
    })?;
    let (model, model_span) = model.or(inner.model).ok_or_else(|| {
        RequestFault::field(
            "model",
            "This field is required: the name of the model, as a string.",
        )
    })?;
    let bare = model.strip_prefix(MODELS).map(str::to_owned);
    Ok(Envelope {
        prefixed: bare.is_some(),
        model: bare.unwrap_or(model),
        model_span,
        project,
        prompt,
        session: inner.session,
        request,
    })
}

/// What the envelope's reader needs of the request within.
#[derive(Default)]
struct Inner {
    model: Option<(String, Range<usize>)>,
    session: Option<String>,
}

impl Inner {
    /// Reads the object that was just opened.
    fn read(&mut self, scan: &mut Scanner<'_>) -> Result<(), RequestFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "model") {
                self.model = Some(model_name(scan, "request.model")?);
            } else if is(&key, "sessionId") {
                self.session = name(scan_text(scan)?);
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }
}

fn name(text: Option<Text<'_>>) -> Option<String> {
    let name = text.and_then(|text| text.decode())?;
    let fits =
        (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| name.into_owned())
}

/// Puts a request into an envelope. The session goes into the request itself, unless it names one already.
pub fn wrap_request(
    inner: &[u8],
    model: &str,
    project: Option<&str>,
    prompt_id: &str,
    session_id: Option<&str>,
    into: &mut Vec<u8>,
) {
    into.reserve(inner.len() + 256);
    let mut body = ObjectWriter::new(into);
    body.text("model", model);
    body.text_if("project", project);
    body.text("user_prompt_id", prompt_id);
    let request = body.field("request");
    let open = inner.trim_ascii_end().strip_suffix(b"}");
    match (session_id, open) {
        (Some(session), Some(open)) if has_session(inner) == Ok(false) => {
            request.extend_from_slice(open);
            if !open.trim_ascii_end().ends_with(b"{") {
                request.push(b',');
            }
            request.extend_from_slice(b"\"session_id\":");
            write_text(request, session);
            request.push(b'}');
        }
        _ => request.extend_from_slice(inner),
    }
    body.end();
}

fn has_session(inner: &[u8]) -> Result<bool, JsonFault> {
    Ok(field(inner, "sessionId")?.is_some())
}

/// Where the value of a field at the top stands.
fn field(body: &[u8], camel: &str) -> Result<Option<Range<usize>>, JsonFault> {
    let mut scan = Scanner::new(body);
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        return Ok(None);
    }
    let (mut found, mut first) = (None, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        let begin = scan.value_at();
        scan.skip()?;
        if is(&key, camel) {
            found = Some(begin..scan.at());
        }
    }
    scan.end()?;
    Ok(found)
}

/// Where the answer stands within its envelope; `None` if there is none (an error has no envelope).
pub fn unwrap_answer(body: &[u8]) -> Option<Range<usize>> {
    let span = field(body, "response").ok().flatten()?;
    let is_object = body.get(span.start) == Some(&b'{');
    is_object.then_some(span)
}

/// The same of an event's data.
pub fn unwrap_event(data: &[u8]) -> Option<Range<usize>> {
    unwrap_answer(data)
}

/// Puts an answer, or an event's data, into an envelope.
pub fn wrap_answer(answer: &[u8], trace_id: &str, into: &mut Vec<u8>) {
    write_object(into, |body| {
        body.raw("response", answer);
        body.text("traceId", trace_id);
    });
}

/// Puts events into envelopes; an error event stays as it is.
#[derive(Debug)]
pub struct EventWrapper {
    trace_id: String,
    begun: bool,
}

impl EventWrapper {
    /// At a stream's beginning; the trace's id is the request's.
    pub fn new(trace_id: impl Into<String>) -> Self {
        Self {
            trace_id: trace_id.into(),
            begun: false,
        }
    }

    /// Appends these events, which must be whole, in envelopes.
    pub fn push(&mut self, events: &[u8], into: &mut Vec<u8>) {
        for event in Events::new(events, !self.begun) {
            self.begun = true;
            let data: Cow<'_, [u8]> = event.data();
            if data.is_empty() {
                continue;
            }
            into.extend_from_slice(b"data: ");
            let data = one_line(&data);
            if field(&data, "error").is_ok_and(|error| error.is_some()) {
                into.extend_from_slice(&data);
            } else {
                wrap_answer(&data, &self.trace_id, into);
            }
            into.extend_from_slice(b"\n\n");
        }
    }
}

/// Data of several lines is joined by line feeds, which JSON has between values only.
fn one_line(data: &[u8]) -> Cow<'_, [u8]> {
    if !data.contains(&b'\n') {
        return Cow::Borrowed(data);
    }
    let blank = |byte: &u8| if *byte == b'\n' { b' ' } else { *byte };
    Cow::Owned(data.iter().map(blank).collect())
}

/// Answers `loadCodeAssist` where no account is there to ask: the standard tier, with the client's own project if it told
/// one.
pub fn load_code_assist(body: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    write_object(&mut answer, |answer| {
        answer.object("currentTier", write_tier);
        answer.array("allowedTiers", |tiers| tiers.object(write_tier));
        answer.text("cloudaicompanionProject", &project_of(body));
    });
    answer
}

/// Answers `onboardUser`: there is nothing to do.
pub fn onboard_user(body: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    let project = project_of(body);
    write_object(&mut answer, |answer| {
        answer.bool("done", true);
        answer.object("response", |response| {
            response.object("cloudaicompanionProject", |object| {
                object.text("id", &project);
                object.text("name", &project);
            });
        });
    });
    answer
}

/// Answers `retrieveUserQuota`: no quota is told by model.
pub fn retrieve_user_quota() -> Vec<u8> {
    b"{\"buckets\":[]}".to_vec()
}

/// Answers `listExperiments`: there are none.
pub fn list_experiments() -> Vec<u8> {
    b"{\"experimentIds\":[],\"flags\":[]}".to_vec()
}

fn write_tier(tier: &mut ObjectWriter<'_>) {
    tier.text("id", TIER);
    tier.text("name", TIER_NAME);
    tier.bool("userDefinedCloudaicompanionProject", false);
    tier.bool("isDefault", true);
}

fn project_of(body: &[u8]) -> String {
    let span = field(body, "cloudaicompanionProject").ok().flatten();
    let told = span.and_then(|span| body.get(span)).and_then(|value| {
        let mut scan = Scanner::new(value);
        scan_text(&mut scan).ok().flatten()
    });
    name(told).unwrap_or_else(|| PROJECT.to_owned())
}
