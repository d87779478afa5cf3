//! Reads a `generateContent` request in one pass without building anything of it: what the relay must know, and the faults
//! that it answers itself. Model and streaming are told in the path. Fields that it need not know pass unseen; whether
//! they are right is the upstream's to say.

use super::bound::Bound;
use super::names::{camel, scan_text};
use crate::facts::{CHOICES_MAX, FIELDS_MAX, MAX_TOKENS_MAX, RequestFacts, TOOL_CALLS_EXPECTED};
use crate::fault::RequestFault;
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::usage::Tier;
use std::borrow::Cow;
use std::ops::Range;

/// A longer session id is none.
const SESSION_LENGTH_MAX: usize = 128;
/// A longer name of cached content is none.
const CACHED_LENGTH_MAX: usize = 256;

/// The names seen in an object so far, so that none stands twice, in one spelling or in both.
#[derive(Default)]
pub(super) struct Seen<'a> {
    names: Vec<Cow<'a, str>>,
}

impl<'a> Seen<'a> {
    /// A name in camelCase, which must be new.
    pub fn name(&mut self, key: &Text<'a>, path: &str) -> Result<Cow<'a, str>, RequestFault> {
        let Some(written) = key.decode() else {
            return Err(RequestFault::body(
                "The body has a field whose name is half a surrogate pair.",
            ));
        };
        let name = camel(written.clone());
        if self.names.contains(&name) {
            return Err(RequestFault::field(
                &format!("{path}{written}"),
                "This field stands twice in the body; it may stand once, in camelCase or in snake_case.",
            ));
        }
        if self.names.len() == FIELDS_MAX {
            return Err(RequestFault::body(format!(
                "The body has more than {FIELDS_MAX} fields."
            )));
        }
        self.names.push(name.clone());
        Ok(name)
    }
}

/// What was found on the way.
#[derive(Default)]
struct Found {
    has_contents: bool,
    max_output: Option<u64>,
    choices: Option<u32>,
    session: Option<String>,
    tier: Tier,
    /// The system's instruction, the tools, the first content.
    stable: Vec<Range<usize>>,
    bound: Bound,
}

/// Reads a request. The model stays empty and `stream` false: the path tells both.
///
/// # Errors
/// If the body is no JSON object, a known field is not what it must be, or a field stands twice.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let mut scan = opened(body)?;
    let mut found = Found::default();
    let (mut seen, mut first) = (Seen::default(), true);
    while let Some(key) = scan.key(first)? {
        first = false;
        let name = seen.name(&key, "")?;
        found.field(&name, &mut scan)?;
    }
    scan.end()?;
    if !found.has_contents {
        return Err(RequestFault::field(
            "contents",
            "This field is required: the conversation, as an array of contents.",
        ));
    }
    Ok(found.facts(body.len()))
}

/// A reader that has entered the body's object.
pub(super) fn opened(body: &[u8]) -> Result<Scanner<'_>, RequestFault> {
    if body.is_empty() {
        return Err(RequestFault::body(
            "The body is empty; a JSON object is expected.",
        ));
    }
    if let Err(error) = std::str::from_utf8(body) {
        let at = error.valid_up_to();
        return Err(RequestFault::body(format!(
            "The body is not valid UTF-8 at byte {at}; JSON is written in UTF-8."
        )));
    }
    let mut scan = Scanner::new(body);
    match scan.value()? {
        Item::Object => Ok(scan),
        _ => Err(RequestFault::body("The body is no JSON object.")),
    }
}

impl Found {
    fn field(&mut self, name: &str, scan: &mut Scanner<'_>) -> Result<(), RequestFault> {
        match name {
            "contents" => self.contents(scan)?,
            "systemInstruction" => {
                let begin = scan.value_at();
                self.bound.contents(scan)?;
                self.stable.push(begin..scan.at());
            }
            "tools" => {
                let begin = scan.value_at();
                self.bound.tools(scan)?;
                self.stable.push(begin..scan.at());
            }
            "generationConfig" => match scan.value()? {
                Item::Object => self.generation_config(scan)?,
                Item::Null => {}
                _ => return Err(RequestFault::field("generationConfig", "This must be an object.")),
            },
            "serviceTier" => {
                let tier = scan_text(scan)?.and_then(|tier| tier.decode());
                self.tier = tier.and_then(|tier| Tier::of(&tier)).unwrap_or_default();
            }
            "cachedContent" => self.cached_content(scan)?,
            "sessionId" => {
                let session = scan_text(scan)?.and_then(|session| session.decode());
                self.session = session
                    .filter(|id| (1..=SESSION_LENGTH_MAX).contains(&id.len()))
                    .filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()))
                    .map(Cow::into_owned);
            }
            _ => scan.skip()?,
        }
        Ok(())
    }

    fn contents(&mut self, scan: &mut Scanner<'_>) -> Result<(), RequestFault> {
        self.has_contents = true;
        let begin = scan.value_at();
        let mut opening = None;
        match scan.value()? {
            Item::Object => self.bound.content(scan)?,
            Item::Array => {
                let mut first = true;
                while scan.item(first)? {
                    first = false;
                    let begin = scan.value_at();
                    match scan.value()? {
                        Item::Object => self.bound.content(scan)?,
                        other => scan.leave(other)?,
                    }
                    opening.get_or_insert(begin..scan.at());
                }
            }
            _ => {
                return Err(RequestFault::field(
                    "contents",
                    "This must be an array of contents.",
                ));
            }
        }
        self.stable.push(opening.unwrap_or(begin..scan.at()));
        Ok(())
    }

    fn generation_config(&mut self, scan: &mut Scanner<'_>) -> Result<(), RequestFault> {
        const PATH: &str = "generationConfig.";
        let (mut seen, mut first) = (Seen::default(), true);
        while let Some(key) = scan.key(first)? {
            first = false;
            let name = seen.name(&key, PATH)?;
            if name == "maxOutputTokens" {
                self.max_output = whole(scan, "generationConfig.maxOutputTokens", MAX_TOKENS_MAX)?;
            } else if name == "candidateCount" {
                let most = u64::from(CHOICES_MAX);
                let count = whole(scan, "generationConfig.candidateCount", most)?;
                self.choices = count.and_then(|count| u32::try_from(count).ok());
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    fn cached_content(&mut self, scan: &mut Scanner<'_>) -> Result<(), RequestFault> {
        let fault = |what| RequestFault::field("cachedContent", what);
        match scan.value()? {
            Item::Null => {}
            Item::Text(name) => {
                let name = name
                    .decode()
                    .filter(|name| name.len() <= CACHED_LENGTH_MAX)
                    .ok_or_else(|| {
                        fault("This must be the name of cached content, at most 256 bytes long.")
                    })?;
                self.bound.remote |= !name.is_empty();
            }
            _ => return Err(fault("This must be a string, the name of cached content.")),
        }
        Ok(())
    }

    fn facts(self, body_bytes: usize) -> RequestFacts {
        RequestFacts {
            max_output: self.max_output,
            choices: self.choices.unwrap_or(1),
            input_bound: self.bound.tokens(body_bytes),
            images: self.bound.images,
            remote_context: self.bound.remote,
            tier: self.tier,
            tool_calls: if self.bound.tools_run {
                TOOL_CALLS_EXPECTED
            } else {
                0
            },
            sound: self.bound.sound,
            session: self.session,
            stable: self.stable,
            ..RequestFacts::default()
        }
    }
}

/// A whole number from 1 to this; `null` is none.
fn whole(scan: &mut Scanner<'_>, path: &str, most: u64) -> Result<Option<u64>, RequestFault> {
    let fault = |what: &str| RequestFault::field(path, what);
    let digits = match scan.value()? {
        Item::Null => return Ok(None),
        Item::Number(digits) => digits,
        _ => return Err(fault("This must be a whole number.")),
    };
    let digits = digits.strip_suffix(b".0").unwrap_or(digits);
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    let Some(number) = number else {
        return Err(fault("This must be a whole number, at least 1."));
    };
    match number {
        0 => Err(fault("This must be at least 1.")),
        _ if number > most => Err(fault(&format!("This must be at most {most}."))),
        _ => Ok(Some(number)),
    }
}

/// The model named by the text that is due, as [`read_facts`] of other formats read theirs.
pub(super) fn model_name(scan: &mut Scanner<'_>, path: &str) -> Result<(String, Range<usize>), RequestFault> {
    let begin = scan.value_at();
    let fault = |what| RequestFault::field(path, what);
    let Item::Text(text) = scan.value()? else {
        return Err(fault("This must be a string, the name of a model."));
    };
    let span = begin..scan.at();
    match text.decode() {
        None => Err(fault("This is no valid text: it has half a surrogate pair.")),
        Some(model) if model.is_empty() => Err(fault("This must not be empty; it is the name of a model.")),
        Some(model) if model.len() > crate::facts::MODEL_LENGTH_MAX => {
            Err(fault("This must be at most 256 bytes long."))
        }
        Some(model) => Ok((model.into_owned(), span)),
    }
}

/// Passes over an object that was just opened, giving each value to `each` with its key.
pub(super) fn each_key<'a>(
    scan: &mut Scanner<'a>,
    mut each: impl FnMut(&Text<'a>, &mut Scanner<'a>) -> Result<(), JsonFault>,
) -> Result<(), JsonFault> {
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        each(&key, scan)?;
    }
    Ok(())
}
