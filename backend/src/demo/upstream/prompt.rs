//! What the demo must know of a request, the same for every format: the question, the tools, how long the answer may be,
//! and how many tokens came in. Each format's file reads its own bodies into it.

use super::tokens;
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// By these words a prompt has a tool called without `tool_choice` or its like.
const USE_THE_TOOL: &str = "use the tool";

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

/// A call of a tool.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Arguments made up from its schema.
    pub input: Value,
}

/// Whether a tool is to be called.
#[derive(Debug, Default)]
pub enum Choice {
    /// If the prompt says so.
    #[default]
    Auto,
    /// In no case.
    Never,
    /// Some tool.
    Any,
    /// This one.
    Named(String),
}

/// What the demo answers to.
#[derive(Debug)]
pub struct Prompt {
    /// Model as asked for.
    pub model: String,
    /// Bound of the answer in tokens.
    pub output_max: Option<u64>,
    /// The user's last text.
    pub question: String,
    /// How many tools were offered.
    pub tools: usize,
    /// The call to make.
    pub call: Option<Call>,
    /// The answer is to be JSON that fits this schema.
    pub schema: Option<Value>,
    /// Where the cached part ends.
    pub cache_mark: Option<CacheMark>,
    /// Tokens of tools, system and messages together.
    pub tokens: u64,
}

/// Reads a request part by part, in the order in which Claude caches: tools, system, messages.
#[derive(Debug, Default)]
pub struct Reader {
    tokens: u64,
    hasher: DefaultHasher,
    mark: Option<CacheMark>,
    tools: Vec<(String, Value)>,
    question: String,
    wants_tool: bool,
    /// The last turn brought a tool's result: it is answered, not called again.
    after_result: bool,
}

/// Who speaks in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The user.
    User,
    /// A tool, or the user on its behalf.
    Tool,
    /// Anyone else.
    Other,
}

impl Reader {
    /// A tool; `whole` is what it costs.
    pub fn tool(&mut self, whole: &Value, name: &str, schema: &Value) {
        self.part(&whole.to_string(), whole);
        self.tools.push((name.to_owned(), schema.clone()));
    }

    /// Content that nobody is asked to answer.
    pub fn content(&mut self, content: &Value) {
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
            Value::Null => {}
            other => self.part(&other.to_string(), other),
        }
    }

    /// A turn of the conversation: a text, or a list of parts of which some have a `text`.
    pub fn turn(&mut self, speaker: Speaker, content: &Value) {
        self.content(content);
        self.after_result = speaker == Speaker::Tool;
        if speaker != Speaker::User {
            return;
        }
        let texts: Vec<&str> = match content {
            Value::String(text) => vec![text],
            Value::Array(blocks) => blocks
                .iter()
                .filter_map(|block| block.get("text").and_then(Value::as_str))
                .collect(),
            _ => Vec::new(),
        };
        let Some(last) = texts.last() else { return };
        (*last).clone_into(&mut self.question);
        self.wants_tool = texts
            .iter()
            .any(|text| text.to_ascii_lowercase().contains(USE_THE_TOOL));
    }

    /// All that was read.
    pub fn finish(
        self,
        model: &str,
        output_max: Option<u64>,
        choice: &Choice,
        schema: Option<Value>,
    ) -> Prompt {
        let wanted = self.wants_tool && !self.after_result;
        let tool = match choice {
            Choice::Named(name) => self.tools.iter().find(|(other, _)| other == name),
            Choice::Any => self.tools.first(),
            Choice::Auto if wanted => self
                .tools
                .iter()
                .find(|(name, _)| self.question.contains(name.as_str()))
                .or(self.tools.first()),
            Choice::Auto | Choice::Never => None,
        };
        let call = tool.map(|(name, schema)| Call {
            name: name.clone(),
            input: example(schema),
        });
        Prompt {
            model: model.to_owned(),
            output_max,
            question: self.question,
            tools: self.tools.len(),
            call,
            schema,
            cache_mark: self.mark,
            tokens: self.tokens,
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

/// A value that fits a schema. Types may be written in capitals, as Gemini does.
pub fn example(schema: &Value) -> Value {
    if let Some(first) = schema
        .get("enum")
        .and_then(Value::as_array)
        .and_then(|values| values.first())
    {
        return first.clone();
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.to_ascii_lowercase(),
        Some(Value::Array(kinds)) => kinds
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ if schema.get("properties").is_some() => "object".to_owned(),
        _ => String::new(),
    };
    match kind.as_str() {
        "integer" | "number" => Value::from(1),
        "boolean" => Value::Bool(true),
        "array" => Value::Array(Vec::new()),
        "object" => {
            let required = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let properties = schema.get("properties");
            let fields = required.filter_map(Value::as_str).map(|field| {
                let inner = properties.and_then(|all| all.get(field)).unwrap_or(&Value::Null);
                (field.to_owned(), example(inner))
            });
            Value::Object(fields.collect())
        }
        _ => Value::from("demo"),
    }
}
