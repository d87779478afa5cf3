//! The tools of a Messages request and which of them to call, as neutral ones (Anthropic, "Tool use").

use super::blocks::cache;
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Request, Tool, ToolChoice, ToolInput};
use crate::tree::Node;
use std::borrow::Cow;

pub(super) const DEFINED_BY_ANTHROPIC: &str = "Only Claude knows what this tool takes, since Anthropic defines it; offer \
    one with an `input_schema` of your own, or choose a Claude model.";
const RUN_BY_ANTHROPIC: &str = "Anthropic's platform would run this tool, and the model's platform can't; leave it out, or \
    choose a Claude model.";

/// Types of tools that Anthropic defines and the client runs, up to their version.
const DEFINED: [&str; 6] = [
    "bash_",
    "text_editor_",
    "computer_",
    "memory_",
    "browser_",
    "str_replace_",
];

/// What becomes of a tool.
enum Taken<'a> {
    Kept(Tool<'a>),
    /// It is left out: the model need not take it up. A search of the web, or a search among tools that are all on offer
    /// here from the beginning.
    LeftOut {
        name: Cow<'a, str>,
        web: bool,
    },
}

/// Takes `tools` and `tool_choice`.
pub(super) fn read<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    choice(fields, request)?;
    let automatic = matches!(
        request.tool_choice,
        None | Some(ToolChoice::Auto | ToolChoice::None)
    );
    for (at, node) in fields.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        let path = format!("tools[{at}]");
        match tool(Fields::of(node, path.as_str())?)? {
            Taken::Kept(tool) => request.tools.push(tool),
            Taken::LeftOut { name, web } => {
                let named =
                    matches!(&request.tool_choice, Some(ToolChoice::Named(chosen)) if *chosen == name);
                if named || (web && !automatic) {
                    return Err(RequestFault::field(&path, RUN_BY_ANTHROPIC));
                }
            }
        }
    }
    if request.tools.is_empty() {
        request.tool_choice = None;
        request.parallel_tools = None;
    }
    Ok(())
}

fn choice<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let Some(mut choice) = fields.object("tool_choice")? else {
        return Ok(());
    };
    request.tool_choice = Some(match &*choice.required_text("type")? {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "any" => ToolChoice::Any,
        "tool" => ToolChoice::Named(choice.required_text("name")?),
        _ => return Err(choice.fault("type", "This must be `auto`, `any`, `tool` or `none`.")),
    });
    request.parallel_tools = choice
        .bool("disable_parallel_tool_use")?
        .map(|disabled| !disabled);
    choice.nothing_left()
}

fn tool(mut tool: Fields<'_>) -> Result<Taken<'_>, RequestFault> {
    let kind = tool.text("type")?;
    match kind.as_deref() {
        None | Some("custom") => function(tool).map(Taken::Kept),
        Some(kind) if kind.starts_with("web_search_") || kind.starts_with("tool_search_tool_") => {
            Ok(Taken::LeftOut {
                web: kind.starts_with("web_search_"),
                name: tool.text("name")?.unwrap_or_default(),
            })
        }
        Some(kind) if DEFINED.iter().any(|defined| kind.starts_with(defined)) => {
            Err(tool.fault("type", DEFINED_BY_ANTHROPIC))
        }
        Some(_) => Err(tool.fault("type", RUN_BY_ANTHROPIC)),
    }
}

fn function(mut tool: Fields<'_>) -> Result<Tool<'_>, RequestFault> {
    let Some(schema @ Node::Object(_)) = tool.take("input_schema") else {
        let what = "This field is required: a JSON schema of an object.";
        return Err(tool.fault("input_schema", what));
    };
    let callers = tool.array("allowed_callers")?;
    if callers.is_some_and(|callers| !callers.iter().any(|caller| caller.as_text() == Some("direct"))) {
        let what = "Only the model itself can call a tool on its platform; name `direct` among them.";
        return Err(tool.fault("allowed_callers", what));
    }
    // When the tool is loaded, how its input is streamed, and examples of what the schema says: hints.
    for hint in ["defer_loading", "eager_input_streaming", "input_examples"] {
        tool.take(hint);
    }
    let function = Tool {
        name: tool.required_text("name")?,
        namespace: None,
        description: tool.text("description")?,
        input: ToolInput::Schema(Some(schema)),
        strict: tool.bool("strict")?,
        cache: cache(&mut tool)?,
    };
    tool.nothing_left()?;
    Ok(function)
}
