//! `contents`, read into turns. Gemini API reference, "Caching", `Content` and `Part`.
//!
//! A thought signature on a call is that call's seal. On a text or a picture that is no thought it becomes thinking of its
//! own behind that part, without text: so a stream, where the signature comes last, reads the same as a plain answer.
//! Never in here: answers (see `answer`).

use super::super::names::{Object, get};
use super::super::seal;
use super::media;
use crate::fault::RequestFault;
use crate::model::{Part, Role, ToolCall, ToolResult, Turn};
use crate::tree::Node;
use std::borrow::Cow;

/// Calls and results of Google's own tools.
const HOSTED: [&str; 4] = [
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];
/// In whose turns calls and their answers stand.
const SIDES: [(&str, Role); 2] = [
    ("functionCall", Role::Assistant),
    ("functionResponse", Role::User),
];
/// Under which names clients put what a function gave.
const RESULTS: [&str; 4] = ["output", "result", "return_value", "content"];

/// Reads the contents; those without parts are no turns.
pub(super) fn read(contents: Vec<(Node<'_>, String)>) -> Result<Vec<Turn<'_>>, RequestFault> {
    let mut reading = Reading::default();
    let mut turns = Vec::with_capacity(contents.len());
    for (at, (content, path)) in contents.into_iter().enumerate() {
        let mut content = Object::of(content, path)?;
        let role = role(&mut content)?;
        let mut parts = Vec::new();
        reading.begin_turn(at);
        for (part, path) in content.items("parts") {
            reading.part(Object::of(part, path)?, role, &mut parts)?;
        }
        content.nothing_left()?;
        if !parts.is_empty() {
            turns.push(Turn { role, parts });
        }
    }
    if turns.is_empty() {
        return Err(RequestFault::field("contents", "This must not be empty."));
    }
    Ok(turns)
}

fn role(content: &mut Object<'_>) -> Result<Role, RequestFault> {
    match content.text("role")?.as_deref() {
        // `function` is what older SDKs say for results.
        None | Some("" | "user" | "function") => Ok(Role::User),
        Some("model") => Ok(Role::Assistant),
        Some(_) => Err(content.fault("role", "This must be `user` or `model`.")),
    }
}

/// A call that may still be answered.
struct Call<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    answered: bool,
}

/// The calls so far: results are paired with them by id or, since ids are optional, by name and order.
#[derive(Default)]
struct Reading<'a> {
    calls: Vec<Call<'a>>,
    turn: usize,
    calls_of_turn: usize,
}

impl<'a> Reading<'a> {
    fn begin_turn(&mut self, at: usize) {
        self.turn = at;
        self.calls_of_turn = 0;
    }

    fn part(
        &mut self,
        mut part: Object<'a>,
        role: Role,
        into: &mut Vec<Part<'a>>,
    ) -> Result<(), RequestFault> {
        let thought = part.bool("thought")?.unwrap_or(false);
        let signature = part.text("thoughtSignature")?;
        let sealed = signature.and_then(seal::read).filter(|_| role == Role::Assistant);
        // How closely to look, and labels that only the client reads.
        for dropped in ["mediaResolution", "mediaProcessing", "partMetadata"] {
            part.drop(dropped);
        }
        if let Some(hosted) = HOSTED.iter().find(|hosted| part.has(hosted)) {
            return Err(part.fault(
                hosted,
                "What Google's own tools did can't be told to another platform; leave this part out.",
            ));
        }
        for (name, side) in SIDES {
            if part.has(name) && role != side {
                return Err(part.fault(
                    name,
                    "Calls belong to the model's turns, and their answers to the user's.",
                ));
            }
        }
        if let Some(call) = part.object("functionCall")? {
            let sealed = sealed.map(|read| read.sealed);
            let call = self.call(call)?;
            into.push(Part::ToolCall(ToolCall { sealed, ..call }));
        } else if let Some(response) = part.object("functionResponse")? {
            into.push(Part::ToolResult(self.result(response)?));
        } else if let Some(text) = part.text("text")? {
            if thought {
                let (sealed, redacted) =
                    sealed.map_or((None, false), |read| (Some(read.sealed), read.redacted));
                if role == Role::Assistant && (sealed.is_some() || !text.is_empty()) {
                    into.push(Part::Thinking {
                        text,
                        sealed,
                        redacted,
                        id: None,
                    });
                }
            } else {
                if !text.is_empty() {
                    into.push(Part::text(text));
                }
                into.extend(sealed.map(seal::alone));
            }
        } else {
            let read = media(&mut part)?;
            if read.is_none() && sealed.is_none() && !thought {
                let what = "This part has none of `text`, `inlineData`, `fileData`, `functionCall` and `functionResponse`.";
                part.nothing_left()?;
                return Err(RequestFault::field(part.here(), what));
            }
            into.extend(read);
            into.extend(sealed.map(seal::alone));
        }
        part.nothing_left()
    }

    fn call(&mut self, mut call: Object<'a>) -> Result<ToolCall<'a>, RequestFault> {
        let name = call.required_text("name")?;
        let made = || format!("call_{}_{}", self.turn, self.calls_of_turn).into();
        let id = call.text("id")?.filter(|id| !id.is_empty()).unwrap_or_else(made);
        let arguments = match call.take("args") {
            None => Cow::Borrowed("{}"),
            Some(args @ Node::Object(_)) => args.to_text().into(),
            Some(_) => return Err(call.fault("args", "This must be an object.")),
        };
        call.nothing_left()?;
        self.calls_of_turn += 1;
        self.calls.push(Call {
            id: id.clone(),
            name: name.clone(),
            answered: false,
        });
        Ok(ToolCall {
            id,
            name,
            arguments,
            sealed: None,
            cache: None,
        })
    }

    fn result(&mut self, mut response: Object<'a>) -> Result<ToolResult<'a>, RequestFault> {
        let name = response.required_text("name")?;
        let id = response.text("id")?.filter(|id| !id.is_empty());
        let Some(id) = self.answered(id.as_deref(), &name) else {
            return Err(response.fault("name", "No call of this function stands before its answer."));
        };
        let object = match response.take("response") {
            None => None,
            Some(object @ Node::Object(_)) => Some(object),
            Some(_) => return Err(response.fault("response", "This must be an object.")),
        };
        let (text, is_error) = object.as_ref().map(result_text).unwrap_or_default();
        let mut content = Vec::new();
        if !text.is_empty() {
            content.push(Part::text(text));
        }
        for (part, path) in response.items("parts") {
            let mut part = Object::of(part, path)?;
            part.drop("mediaProcessing");
            content.extend(media(&mut part)?);
            part.nothing_left()?;
        }
        // For calls that run in the background, which only the Live API has.
        response.drop("scheduling");
        if response.bool("willContinue")? == Some(true) {
            return Err(response.fault("willContinue", "A function must be answered once and whole."));
        }
        response.nothing_left()?;
        Ok(ToolResult {
            id,
            name: Some(name),
            content,
            object,
            is_error,
            cache: None,
        })
    }

    /// The id of the call that is answered, which is so now.
    fn answered(&mut self, id: Option<&str>, name: &str) -> Option<Cow<'a, str>> {
        let calls = &mut self.calls;
        let by_id = calls.iter().position(|call| id == Some(call.id.as_ref()));
        let open = |call: &Call<'_>| !call.answered && call.name == name;
        let at = by_id.or_else(|| calls.iter().position(open))?;
        let call = calls.get_mut(at)?;
        call.answered = true;
        Some(call.id.clone())
    }
}

fn media<'a>(part: &mut Object<'a>) -> Result<Option<Part<'a>>, RequestFault> {
    if let Some(blob) = part.object("inlineData")? {
        return media::inline(blob).map(Some);
    }
    if let Some(file) = part.object("fileData")? {
        return media::file(file).map(Some);
    }
    Ok(None)
}

/// The text of a function's answer, and whether it is an error: Google asks for `output` or `error`, and takes the whole
/// object where neither is there ("Function calling", `FunctionResponse`).
fn result_text(response: &Node<'_>) -> (String, bool) {
    let only = |name: &str| {
        let alone = response.as_object().is_some_and(|fields| fields.len() == 1);
        response.get(name).filter(|_| alone)
    };
    let is_error = get(response, "error").is_some();
    let value = RESULTS
        .iter()
        .find_map(|name| only(name))
        .or_else(|| only("error"));
    let text = match value.unwrap_or(response) {
        Node::Text(text) => text.clone().into_owned(),
        Node::Object(fields) if fields.is_empty() => String::new(),
        other => other.to_text(),
    };
    (text, is_error)
}
