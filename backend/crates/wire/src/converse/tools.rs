//! Tools on offer and the choice among them.

use super::blocks::write_cache_point;
use super::model::Model;
use crate::model::{Aspect, FREE_TEXT_FIELD, Part, Request, Tool, ToolChoice, ToolInput, Unsayable};
use crate::write::ObjectWriter;

/// What is offered.
pub(super) struct Offer<'r, 'a> {
    tools: Vec<&'r Tool<'a>>,
    choice: Choice<'r>,
}

/// Converse's words for the choice.
enum Choice<'r> {
    Auto,
    Any,
    Named(&'r str),
}

impl<'r, 'a> Offer<'r, 'a> {
    pub fn of(request: &'r Request<'a>) -> Result<Self, Unsayable> {
        let mut tools: Vec<&Tool<'a>> = request.tools.iter().collect();
        let used = uses_tools(request);
        let choice = match &request.tool_choice {
            None | Some(ToolChoice::Auto) => Choice::Auto,
            Some(ToolChoice::None) if used && !tools.is_empty() => {
                return Err(Unsayable::new(
                    Aspect::ToolChoice,
                    "Amazon Bedrock can't forbid calls in a conversation that has some; leave the choice to the model.",
                ));
            }
            Some(ToolChoice::None) => {
                tools.clear();
                Choice::Auto
            }
            Some(ToolChoice::Any) => Choice::Any,
            Some(ToolChoice::Named(name)) => Choice::Named(name),
            Some(ToolChoice::Among { names, must }) => {
                tools.retain(|tool| names.contains(&tool.flat_name()));
                if *must { Choice::Any } else { Choice::Auto }
            }
        };
        if tools.is_empty() && !matches!(choice, Choice::Auto) {
            return Err(Unsayable::new(
                Aspect::ToolChoice,
                "There is no tool among those offered that could be called.",
            ));
        }
        if tools.is_empty() && used {
            return Err(Unsayable::new(
                Aspect::Tools,
                "Amazon Bedrock wants the tools in each request of a conversation that has calls; give them.",
            ));
        }
        Ok(Self { tools, choice })
    }

    /// Whether a tool must be called.
    pub fn forces(&self) -> bool {
        !matches!(self.choice, Choice::Auto)
    }

    pub fn write(&self, model: &Model<'_>, object: &mut ObjectWriter<'_>) {
        if self.tools.is_empty() {
            return;
        }
        object.object("toolConfig", |config| {
            config.array("tools", |array| {
                for tool in &self.tools {
                    array.object(|entry| entry.object("toolSpec", |spec| write_tool(tool, model, spec)));
                    if let Some(cache) = tool.cache.filter(|_| model.caches_tools()) {
                        write_cache_point(cache, array);
                    }
                }
            });
            match self.choice {
                Choice::Auto => {}
                Choice::Any => config.object("toolChoice", |choice| choice.object("any", |_| {})),
                Choice::Named(name) => config.object("toolChoice", |choice| {
                    choice.object("tool", |tool| tool.text("name", name));
                }),
            }
        });
    }
}

fn uses_tools(request: &Request<'_>) -> bool {
    let mut parts = request.turns.iter().flat_map(|turn| &turn.parts);
    parts.any(|part| matches!(part, Part::ToolCall(_) | Part::ToolResult(_)))
}

fn write_tool(tool: &Tool<'_>, model: &Model<'_>, spec: &mut ObjectWriter<'_>) {
    spec.text("name", &tool.flat_name());
    // An empty one is refused.
    spec.text_if(
        "description",
        tool.description.as_deref().filter(|text| !text.is_empty()),
    );
    spec.object("inputSchema", |schema| match &tool.input {
        ToolInput::Schema(Some(json)) => schema.node("json", json),
        ToolInput::Schema(None) => schema.object("json", |json| {
            json.text("type", "object");
            json.object("properties", |_| {});
        }),
        ToolInput::FreeText { .. } => schema.object("json", |json| {
            json.text("type", "object");
            json.object("properties", |properties| {
                properties.object(FREE_TEXT_FIELD, |field| field.text("type", "string"));
            });
            json.array("required", |required| required.text(FREE_TEXT_FIELD));
        }),
    });
    if let Some(strict) = tool.strict.filter(|_| model.keeps_schemas()) {
        spec.bool("strict", strict);
    }
}
