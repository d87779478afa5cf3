//! Reads a Messages request as far as the demo needs it.

use super::tokens;
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// What is wrong with a request.
#[derive(Debug)]
pub enum RequestFault {
    /// The body; the text names the field.
    Invalid(String),
    /// The model is none of Claude's.
    UnknownModel(String),
}

/// The last `cache_control` mark and what stands before it.
#[derive(Debug)]
pub struct CacheMark {
    /// Tokens up to and with the marked block.
    pub tokens: u64,
    /// Kept for an hour instead of five minutes.
    pub one_hour: bool,
    /// Of the text up to and with the marked block.
    pub hash: u64,
}

/// A tool that the request wants to be called without fail.
#[derive(Debug)]
pub struct ForcedTool {
    /// Its name.
    pub name: String,
    /// Arguments made up from its schema.
    pub input: Value,
}

/// What the demo answers to.
#[derive(Debug)]
pub struct MessagesRequest {
    /// Model as asked for.
    pub model: String,
    /// Bound of the answer.
    pub max_tokens: u64,
    /// Whether to stream.
    pub stream: bool,
    /// The user's last text.
    pub question: String,
    /// How many tools were offered.
    pub tools: usize,
    /// The tool that must be called.
    pub forced_tool: Option<ForcedTool>,
    /// Where the cached part ends.
    pub cache_mark: Option<CacheMark>,
    prompt_tokens: u64,
}

impl MessagesRequest {
    /// Reads a body. A count of tokens needs no `max_tokens`.
    pub fn read(body: &[u8], counting: bool) -> Result<Self, RequestFault> {
        let invalid = |message: &str| RequestFault::Invalid(message.to_owned());
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| RequestFault::Invalid(format!("the request body is not valid JSON: {error}")))?;
        let model = body
            .get("model")
            .and_then(Value::as_str)
            .ok_or_else(|| invalid("model: Field required"))?;
        if !model.starts_with("claude-") {
            return Err(RequestFault::UnknownModel(model.to_owned()));
        }
        let max_tokens = match body.get("max_tokens") {
            None if counting => 0,
            None => return Err(invalid("max_tokens: Field required")),
            Some(value) => value
                .as_u64()
                .filter(|tokens| *tokens > 0)
                .ok_or_else(|| invalid("max_tokens: Input should be a whole number greater than 0"))?,
        };
        let turns = body
            .get("messages")
            .and_then(Value::as_array)
            .ok_or_else(|| invalid("messages: Field required"))?;
        if turns.is_empty() {
            return Err(invalid("messages: at least one message is required"));
        }
        let mut count = Count::default();
        for tool in body.get("tools").and_then(Value::as_array).into_iter().flatten() {
            count.part(&tool.to_string(), tool);
        }
        count.content(body.get("system").unwrap_or(&Value::Null));
        for turn in turns {
            count.content(
                turn.get("content")
                    .ok_or_else(|| invalid("messages: content: Field required"))?,
            );
        }
        let question = turns
            .iter()
            .rev()
            .filter(|turn| turn.get("role").and_then(Value::as_str) == Some("user"))
            .find_map(last_text);
        Ok(Self {
            model: model.to_owned(),
            max_tokens,
            stream: body.get("stream").and_then(Value::as_bool).unwrap_or(false),
            question: question.unwrap_or_default(),
            tools: body.get("tools").and_then(Value::as_array).map_or(0, Vec::len),
            forced_tool: forced_tool(&body),
            cache_mark: count.mark,
            prompt_tokens: count.tokens,
        })
    }

    /// Tokens of tools, system and messages together.
    pub fn prompt_tokens(&self) -> u64 {
        self.prompt_tokens
    }
}

/// Counts in the order in which Claude caches: tools, system, messages.
#[derive(Default)]
struct Count {
    tokens: u64,
    hasher: DefaultHasher,
    mark: Option<CacheMark>,
}

impl Count {
    fn content(&mut self, content: &Value) {
        match content {
            Value::String(text) => self.part(text, &Value::Null),
            Value::Array(blocks) => {
                for block in blocks {
                    match block.get("text").and_then(Value::as_str) {
                        Some(text) => self.part(text, block),
                        None => self.part(&block.to_string(), block),
                    }
                }
            }
            _ => {}
        }
    }

    fn part(&mut self, text: &str, block: &Value) {
        self.tokens = self.tokens.saturating_add(tokens::count(text));
        text.hash(&mut self.hasher);
        if let Some(control) = block.get("cache_control").filter(|control| control.is_object()) {
            let one_hour = control.get("ttl").and_then(Value::as_str) == Some("1h");
            self.mark = Some(CacheMark {
                tokens: self.tokens,
                one_hour,
                hash: self.hasher.finish(),
            });
        }
    }
}

fn last_text(turn: &Value) -> Option<String> {
    match turn.get("content")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(blocks) => blocks
            .iter()
            .rev()
            .find_map(|block| block.get("text").and_then(Value::as_str))
            .map(str::to_owned),
        _ => None,
    }
}

/// `tool_choice` `any` takes the first tool, `tool` the named one.
fn forced_tool(body: &Value) -> Option<ForcedTool> {
    let choice = body.get("tool_choice")?;
    let tools = body.get("tools")?.as_array()?;
    let tool = match choice.get("type")?.as_str()? {
        "any" => tools.first()?,
        "tool" => {
            let wanted = choice.get("name")?.as_str()?;
            tools
                .iter()
                .find(|tool| tool.get("name").and_then(Value::as_str) == Some(wanted))?
        }
        _ => return None,
    };
    let name = tool.get("name")?.as_str()?.to_owned();
    let schema = tool.get("input_schema").unwrap_or(&Value::Null);
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let input = required
        .map(|field| {
            let kind = schema
                .get("properties")
                .and_then(|all| all.get(field))
                .unwrap_or(&Value::Null);
            (field.to_owned(), example(kind))
        })
        .collect();
    Some(ForcedTool {
        name,
        input: Value::Object(input),
    })
}

/// A value that fits a property's schema.
fn example(schema: &Value) -> Value {
    if let Some(first) = schema
        .get("enum")
        .and_then(Value::as_array)
        .and_then(|values| values.first())
    {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => Value::from(1),
        Some("boolean") => Value::Bool(true),
        Some("array") => Value::Array(Vec::new()),
        Some("object") => Value::Object(serde_json::Map::new()),
        _ => Value::from("demo"),
    }
}
