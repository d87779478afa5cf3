//! Tools and the choice among them, as they are read. Never in here: calls and their results.

use super::super::LOCAL_SHELL;
use super::flat_name;
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Request, Tool, ToolChoice, ToolInput};
use crate::tree::Node;
use std::borrow::Cow;

const RUNS_AT_OPENAI: &str =
    "This tool is OpenAI's own, and this model runs on another platform; offer a function instead.";
const MUST_SEARCH: &str = "This search runs at OpenAI, and this model runs on another platform. Where a tool must be called, \
                           it can't be left out; offer a function instead.";
const NEEDS_SEARCH: &str = "Tools that OpenAI's models look up by a search of the client's are not in the request; on other \
                            platforms offer all of them.";

/// What the local shell takes (OpenAI's API reference, `LocalShellCall.action`).
const LOCAL_SHELL_SCHEMA: &[u8] = br#"{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"The command and its arguments."},"working_directory":{"type":"string","description":"Where to run it."},"timeout_ms":{"type":"integer","description":"When to give up, in milliseconds."},"env":{"type":"object","additionalProperties":{"type":"string"},"description":"Environment variables."}},"required":["command"]}"#;
const LOCAL_SHELL_DESCRIPTION: &str = "Runs a command in a shell on the user's machine.";

/// Reads both into the request. A search of OpenAI's own is left out where nothing demands a call: it is an offer.
pub(super) fn read<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let mut search = None;
    for (at, node) in fields.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        let mut tool = Fields::of(node, format!("tools[{at}]"))?;
        match tool.required_text("type")?.as_ref() {
            "function" => request.tools.push(function(tool, None)?),
            "custom" => request.tools.push(custom(tool, None)?),
            "namespace" => namespace(tool, request)?,
            LOCAL_SHELL => request.tools.push(local_shell()),
            "web_search"
            | "web_search_2025_08_26"
            | "web_search_preview"
            | "web_search_preview_2025_03_11" => {
                search = Some(tool.path("type"));
            }
            "tool_search" => {
                if tool.text("execution")?.is_some_and(|place| place == "client") {
                    return Err(tool.fault("execution", NEEDS_SEARCH));
                }
            }
            _ => return Err(tool.fault("type", RUNS_AT_OPENAI)),
        }
    }
    request.tool_choice = choice(fields, &request.tools)?;
    match (&request.tool_choice, search) {
        (Some(ToolChoice::Any), Some(path)) => Err(RequestFault::field(&path, MUST_SEARCH)),
        _ => Ok(()),
    }
}

fn function<'a>(mut tool: Fields<'a>, namespace: Option<&Cow<'a, str>>) -> Result<Tool<'a>, RequestFault> {
    let parameters = tool.schema("parameters")?;
    let read = Tool {
        name: tool.required_text("name")?,
        namespace: namespace.cloned(),
        description: tool.text("description")?,
        input: ToolInput::Schema(parameters),
        strict: tool.bool("strict")?,
        cache: None,
    };
    nothing_else(tool)?;
    Ok(read)
}

fn custom<'a>(mut tool: Fields<'a>, namespace: Option<&Cow<'a, str>>) -> Result<Tool<'a>, RequestFault> {
    let format = tool.take("format");
    // Free text is what there is without a grammar.
    let free = |format: &Node<'_>| format.get("type").and_then(Node::as_text) == Some("text");
    let read = Tool {
        name: tool.required_text("name")?,
        namespace: namespace.cloned(),
        description: tool.text("description")?,
        input: ToolInput::FreeText {
            format: format.filter(|format| !free(format)),
        },
        strict: None,
        cache: None,
    };
    nothing_else(tool)?;
    Ok(read)
}

fn nothing_else(mut tool: Fields<'_>) -> Result<(), RequestFault> {
    // When OpenAI's model gets to see the tool, what its own code may do with it, and what comes out of it: advice that
    // only saves tokens.
    for name in ["allowed_callers", "async", "defer_loading", "output_schema"] {
        tool.take(name);
    }
    tool.nothing_left()
}

/// A namespace's tools. What the namespace itself is for is told along with its first tool, for formats without any.
fn namespace<'a>(mut fields: Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let name = fields.required_text("name")?;
    let purpose = fields.text("description")?.filter(|purpose| !purpose.is_empty());
    let path = fields.path("tools");
    let first = request.tools.len();
    for (at, node) in fields.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        let mut tool = Fields::of(node, format!("{path}[{at}]"))?;
        request.tools.push(match tool.required_text("type")?.as_ref() {
            "function" => function(tool, Some(&name))?,
            "custom" => custom(tool, Some(&name))?,
            _ => return Err(tool.fault("type", "This must be `function` or `custom`.")),
        });
    }
    if let (Some(purpose), Some(tool)) = (purpose, request.tools.get_mut(first)) {
        tool.description = Some(match tool.description.take() {
            Some(own) => format!("{purpose}\n\n{own}").into(),
            None => purpose,
        });
    }
    fields.nothing_left()
}

fn local_shell() -> Tool<'static> {
    Tool {
        name: LOCAL_SHELL.into(),
        namespace: None,
        description: Some(LOCAL_SHELL_DESCRIPTION.into()),
        input: ToolInput::Schema(Node::parse(LOCAL_SHELL_SCHEMA).ok()),
        strict: None,
        cache: None,
    }
}

fn choice<'a>(fields: &mut Fields<'a>, tools: &[Tool<'a>]) -> Result<Option<ToolChoice<'a>>, RequestFault> {
    const WORDS: &str = "This must be `none`, `auto`, `required` or an object that names a tool.";
    let node = match fields.take("tool_choice") {
        None => return Ok(None),
        Some(Node::Text(word)) => {
            return match word.as_ref() {
                "auto" => Ok(Some(ToolChoice::Auto)),
                "none" => Ok(Some(ToolChoice::None)),
                "required" => Ok(Some(ToolChoice::Any)),
                _ => Err(fields.fault("tool_choice", WORDS)),
            };
        }
        Some(node @ Node::Object(_)) => node,
        Some(_) => return Err(fields.fault("tool_choice", WORDS)),
    };
    let mut choice = Fields::of(node, "tool_choice")?;
    if choice.peek("type").and_then(Node::as_text) != Some("allowed_tools") {
        return named(choice, tools).map(|name| Some(ToolChoice::Named(name)));
    }
    choice.take("type");
    let must = match choice.required_text("mode")?.as_ref() {
        "auto" => false,
        "required" => true,
        _ => return Err(choice.fault("mode", "This must be `auto` or `required`.")),
    };
    let (mut names, path) = (Vec::new(), choice.path("tools"));
    for (at, node) in choice.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        names.push(named(Fields::of(node, format!("{path}[{at}]"))?, tools)?);
    }
    if names.is_empty() {
        return Err(choice.fault("tools", "This must name at least one tool."));
    }
    choice.nothing_left()?;
    Ok(Some(ToolChoice::Among { names, must }))
}

/// The flat name of the tool that `{"type", "name"}` means.
fn named<'a>(mut choice: Fields<'a>, tools: &[Tool<'a>]) -> Result<Cow<'a, str>, RequestFault> {
    match choice.required_text("type")?.as_ref() {
        "function" | "custom" => {}
        LOCAL_SHELL => return Ok(LOCAL_SHELL.into()),
        _ => return Err(choice.fault("type", RUNS_AT_OPENAI)),
    }
    let name = choice.required_text("name")?;
    let namespace = choice.text("namespace")?;
    choice.nothing_left()?;
    let meant = |tool: &&Tool<'a>| tool.name == name && (namespace.is_none() || tool.namespace == namespace);
    let known = tools.iter().find(meant).map(Tool::flat_name);
    Ok(known.unwrap_or_else(|| flat_name(namespace.as_deref(), name)))
}
