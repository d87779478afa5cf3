//! Reads `tools` and `tool_choice`.
//! Never in here: calls and their results.

use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Request, Tool, ToolChoice, ToolInput};
use crate::tree::Node;
use std::borrow::Cow;

/// Reads them into the request.
pub(super) fn read<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    request.parallel_tools = fields.bool("parallel_tool_calls")?;
    request.tool_choice = fields.take("tool_choice").map(tool_choice).transpose()?;
    let automatic = matches!(
        request.tool_choice,
        None | Some(ToolChoice::Auto | ToolChoice::None)
    );
    for (at, tool) in fields.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        let tool = tool_of(Fields::of(tool, format!("tools[{at}]"))?, automatic)?;
        request.tools.extend(tool);
    }
    // Who asks so is answered with a `function_call`, of which only OpenAI's own answers have the form.
    for (name, newer) in [("functions", "tools"), ("function_call", "tool_choice")] {
        if fields.has(name) {
            let what =
                format!("This older field can't be translated with its own form of answer; give `{newer}`.");
            return Err(fields.fault(name, &what));
        }
    }
    Ok(())
}

/// `None` for a search that the vendor offers and the model need not take up.
fn tool_of(mut tool: Fields<'_>, automatic: bool) -> Result<Option<Tool<'_>>, RequestFault> {
    let kind = tool.required_text("type")?;
    let read = match kind.as_ref() {
        "function" => function_of(inner(&mut tool, "function")?)?,
        "custom" => custom_of(inner(&mut tool, "custom")?)?,
        kind if kind.starts_with("web_search") && automatic => return Ok(None),
        _ => {
            let what =
                "The model's platform does not run this tool; offer tools of the types function and custom.";
            return Err(tool.fault("type", what));
        }
    };
    let cache = super::content::cache(&mut tool)?;
    tool.nothing_left()?;
    Ok(Some(Tool { cache, ..read }))
}

fn inner<'a>(fields: &mut Fields<'a>, name: &str) -> Result<Fields<'a>, RequestFault> {
    fields
        .object(name)?
        .ok_or_else(|| fields.fault(name, "This field is required: an object."))
}

fn function_of(mut function: Fields<'_>) -> Result<Tool<'_>, RequestFault> {
    let tool = Tool {
        name: function.required_text("name")?,
        namespace: None,
        description: function.text("description")?,
        input: ToolInput::Schema(function.schema("parameters")?),
        strict: function.bool("strict")?,
        cache: None,
    };
    function.nothing_left()?;
    Ok(tool)
}

fn custom_of(mut custom: Fields<'_>) -> Result<Tool<'_>, RequestFault> {
    let tool = Tool {
        name: custom.required_text("name")?,
        namespace: None,
        description: custom.text("description")?,
        input: ToolInput::FreeText {
            format: custom.take("format"),
        },
        strict: None,
        cache: None,
    };
    custom.nothing_left()?;
    Ok(tool)
}

fn tool_choice(choice: Node<'_>) -> Result<ToolChoice<'_>, RequestFault> {
    const FIELD: &str = "tool_choice";
    match choice.as_text() {
        Some("auto") => return Ok(ToolChoice::Auto),
        Some("none") => return Ok(ToolChoice::None),
        Some("required") => return Ok(ToolChoice::Any),
        Some(_) => {
            return Err(RequestFault::field(
                FIELD,
                "This must be auto, none, required or an object.",
            ));
        }
        None => {}
    }
    let mut fields = Fields::of(choice, FIELD)?;
    let kind = fields.required_text("type")?;
    let choice = match kind.as_ref() {
        "function" | "custom" => {
            let mut inner = inner(&mut fields, &kind)?;
            let name = inner.required_text("name")?;
            inner.nothing_left()?;
            ToolChoice::Named(name)
        }
        "allowed_tools" => allowed(inner(&mut fields, "allowed_tools")?)?,
        _ => return Err(fields.fault("type", "This must be function, custom or allowed_tools.")),
    };
    fields.nothing_left()?;
    Ok(choice)
}

fn allowed(mut allowed: Fields<'_>) -> Result<ToolChoice<'_>, RequestFault> {
    let must = match allowed.required_text("mode")?.as_ref() {
        "auto" => false,
        "required" => true,
        _ => return Err(allowed.fault("mode", "This must be auto or required.")),
    };
    let path = allowed.path("tools");
    let mut names = Vec::new();
    for (at, tool) in allowed
        .array("tools")?
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        names.push(allowed_name(Fields::of(tool, format!("{path}[{at}]"))?)?);
    }
    if names.is_empty() {
        return Err(allowed.fault(
            "tools",
            "This field is required: the tools allowed, at least one.",
        ));
    }
    allowed.nothing_left()?;
    Ok(ToolChoice::Among { names, must })
}

fn allowed_name(mut tool: Fields<'_>) -> Result<Cow<'_, str>, RequestFault> {
    let kind = tool.required_text("type")?;
    if !matches!(kind.as_ref(), "function" | "custom") {
        return Err(tool.fault("type", "This must be function or custom."));
    }
    let mut inner = inner(&mut tool, &kind)?;
    inner.required_text("name")
}
