//! `tools` and `toolConfig`, both ways. Gemini API reference, "Caching", `Tool` and `ToolConfig`.

use super::super::names::Object;
use super::super::schema::to_json_schema;
use crate::fault::RequestFault;
use crate::model::{Aspect, FREE_TEXT_FIELD, Request, Tool, ToolChoice, ToolInput, Unsayable};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter};
use std::borrow::Cow;

/// Google's own tools that search: an offer that the model need not take up.
const SEARCHES: [&str; 5] = [
    "googleSearch",
    "googleSearchRetrieval",
    "enterpriseWebSearch",
    "parallelAiSearch",
    "exaAiSearch",
];

/// Reads both into the request.
pub(super) fn read<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    if let Some(config) = fields.object("toolConfig")? {
        request.tool_choice = choice(config)?;
    }
    let free = matches!(
        request.tool_choice,
        None | Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Among { must: false, .. })
    );
    for (tool, path) in fields.items("tools") {
        let mut tool = Object::of(tool, path)?;
        for (declaration, path) in tool.items("functionDeclarations") {
            request.tools.push(function(Object::of(declaration, path)?)?);
        }
        for search in SEARCHES {
            if tool.has(search) && !free {
                return Err(tool.fault(search, HOSTED));
            }
            tool.drop(search);
        }
        for hosted in HOSTED_TOOLS {
            if tool.has(hosted) {
                return Err(tool.fault(hosted, HOSTED));
            }
        }
        tool.nothing_left()?;
    }
    Ok(())
}

const HOSTED: &str =
    "Google's own tools run at Google only; offer a function instead, or use a Gemini account.";
const HOSTED_TOOLS: [&str; 7] = [
    "codeExecution",
    "urlContext",
    "fileSearch",
    "computerUse",
    "googleMaps",
    "mcpServers",
    "retrieval",
];

fn function(mut function: Object<'_>) -> Result<Tool<'_>, RequestFault> {
    let name = function.required_text("name")?;
    let description = function.text("description")?;
    let mut schema = function.schema("parameters")?.map(to_json_schema);
    if let Some(full) = function.schema("parametersJsonSchema")? {
        if schema.is_some() {
            return Err(function.fault(
                "parameters",
                "Only one of `parameters` and `parametersJsonSchema` may be given.",
            ));
        }
        schema = Some(full);
    }
    if function
        .text("behavior")?
        .is_some_and(|behavior| behavior == "NON_BLOCKING")
    {
        return Err(function.fault(
            "behavior",
            "Functions can't run in the background here; leave this out.",
        ));
    }
    // What the function gives is told again by each answer.
    function.drop("response");
    function.drop("responseJsonSchema");
    function.nothing_left()?;
    Ok(Tool {
        name,
        namespace: None,
        description,
        input: ToolInput::Schema(schema),
        strict: None,
        cache: None,
    })
}

fn choice(mut config: Object<'_>) -> Result<Option<ToolChoice<'_>>, RequestFault> {
    // Where the user is, for Google's own tools, and whether their calls are shown.
    config.drop("retrievalConfig");
    config.drop("includeServerSideToolInvocations");
    let calling = config.object("functionCallingConfig")?;
    config.nothing_left()?;
    let Some(mut calling) = calling else {
        return Ok(None);
    };
    let mut names = Vec::new();
    for (name, path) in calling.items("allowedFunctionNames") {
        let Node::Text(name) = name else {
            return Err(RequestFault::field(
                &path,
                "This must be a string, the name of a function.",
            ));
        };
        names.push(name);
    }
    // How calls come in a stream, which is the platform's to say.
    calling.drop("streamFunctionCallArguments");
    let mode = calling.text("mode")?.map(|mode| mode.to_ascii_uppercase());
    let choice = match mode.as_deref() {
        None | Some("MODE_UNSPECIFIED") => None,
        Some("AUTO") => Some(ToolChoice::Auto),
        Some("NONE") => Some(ToolChoice::None),
        Some("ANY") => Some(must(names)),
        Some("VALIDATED") if names.is_empty() => Some(ToolChoice::Auto),
        Some("VALIDATED") => Some(ToolChoice::Among { names, must: false }),
        Some(_) => {
            return Err(calling.fault("mode", "This must be `AUTO`, `ANY`, `NONE` or `VALIDATED`."));
        }
    };
    calling.nothing_left()?;
    Ok(choice)
}

fn must(mut names: Vec<Cow<'_, str>>) -> ToolChoice<'_> {
    match (names.len(), names.pop()) {
        (1, Some(name)) => ToolChoice::Named(name),
        (_, Some(last)) => {
            names.push(last);
            ToolChoice::Among { names, must: true }
        }
        (_, None) => ToolChoice::Any,
    }
}

/// Writes both.
pub(super) fn write(body: &mut ObjectWriter<'_>, request: &Request<'_>) -> Result<(), Unsayable> {
    if request.tools.is_empty() {
        return Ok(());
    }
    if request.forbids_several_calls() {
        let why = "Google's models may always call several functions in one answer; leave this out.";
        return Err(Unsayable::new(Aspect::ParallelTools, why));
    }
    body.array("tools", |tools| {
        tools.object(|tool| {
            tool.array("functionDeclarations", |functions| {
                for tool in &request.tools {
                    write_function(functions, tool);
                }
            });
        });
    });
    if let Some(choice) = &request.tool_choice {
        body.object("toolConfig", |config| {
            config.object("functionCallingConfig", |calling| write_choice(calling, choice));
        });
    }
    Ok(())
}

fn write_function(functions: &mut ArrayWriter<'_>, tool: &Tool<'_>) {
    functions.object(|function| {
        function.text("name", &tool.flat_name());
        match &tool.input {
            ToolInput::Schema(schema) => {
                function.text_if("description", tool.description.as_deref());
                if let Some(schema) = schema {
                    function.node("parametersJsonSchema", schema);
                }
            }
            ToolInput::FreeText { format } => {
                let mut description = tool.description.clone().unwrap_or_default().into_owned();
                if let Some(format) = format {
                    let lines = ["\n\nThe text in `", FREE_TEXT_FIELD, "` keeps to this format: "];
                    description.extend(lines);
                    description.push_str(&format.to_text());
                }
                function.text_if(
                    "description",
                    Some(description.trim_start()).filter(|text| !text.is_empty()),
                );
                function.object("parametersJsonSchema", write_free_text);
            }
        }
    });
}

/// An object with one string.
fn write_free_text(schema: &mut ObjectWriter<'_>) {
    schema.text("type", "object");
    schema.object("properties", |properties| {
        properties.object(FREE_TEXT_FIELD, |field| field.text("type", "string"));
    });
    schema.array("required", |required| required.text(FREE_TEXT_FIELD));
}

fn write_choice(calling: &mut ObjectWriter<'_>, choice: &ToolChoice<'_>) {
    let (mode, names) = match choice {
        ToolChoice::Auto => ("AUTO", &[][..]),
        ToolChoice::None => ("NONE", &[][..]),
        ToolChoice::Any => ("ANY", &[][..]),
        ToolChoice::Named(name) => ("ANY", std::slice::from_ref(name)),
        ToolChoice::Among { names, must: true } => ("ANY", names.as_slice()),
        ToolChoice::Among { names, must: false } => ("VALIDATED", names.as_slice()),
    };
    calling.text("mode", mode);
    if !names.is_empty() {
        calling.array("allowedFunctionNames", |allowed| {
            for name in names {
                allowed.text(name);
            }
        });
    }
}
