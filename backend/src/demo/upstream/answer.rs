//! What the demo says, and the figures that go with it.

use super::request::MessagesRequest;
use super::tokens;
use serde_json::{Value, json};

/// How much of the question is repeated.
const QUESTION_CHARACTERS_MAX: usize = 120;

/// Input tokens by their price.
#[derive(Clone, Copy, Debug, Default)]
pub struct InputUsage {
    /// Not cached.
    pub input: u64,
    /// Written for five minutes.
    pub cache_write_5m: u64,
    /// Written for an hour.
    pub cache_write_1h: u64,
    /// Read.
    pub cache_read: u64,
}

impl InputUsage {
    /// Claude's `usage` object.
    pub fn body(self, output: u64) -> Value {
        json!({
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_write_5m + self.cache_write_1h,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_write_5m,
                "ephemeral_1h_input_tokens": self.cache_write_1h
            },
            "output_tokens": output,
            "service_tier": "standard"
        })
    }
}

/// What the one content block holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text.
    Text(String),
    /// A call of a tool.
    ToolUse {
        /// Its name.
        name: String,
        /// Its arguments.
        input: Value,
    },
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `msg_…`
    pub id: String,
    /// As asked for.
    pub model: String,
    /// The one block.
    pub content: Content,
    /// Why it ends.
    pub stop_reason: &'static str,
    /// Input figures.
    pub usage: InputUsage,
    /// Output figure.
    pub output_tokens: u64,
}

/// Writes the answer to a request.
pub fn write(request: &MessagesRequest, usage: InputUsage, id: &str) -> Answer {
    let answer = |content, stop_reason, output_tokens| Answer {
        id: format!("msg_demo_{id}"),
        model: request.model.clone(),
        content,
        stop_reason,
        usage,
        output_tokens,
    };
    if let Some(tool) = &request.forced_tool {
        let tokens = tokens::count(&tool.name) + tokens::count(&tool.input.to_string());
        let content = Content::ToolUse {
            name: tool.name.clone(),
            input: tool.input.clone(),
        };
        return answer(content, "tool_use", tokens);
    }
    let whole = text(request);
    let (text, was_cut) = tokens::cut(&whole, request.max_tokens);
    let reason = if was_cut { "max_tokens" } else { "end_turn" };
    answer(Content::Text(text.to_owned()), reason, tokens::count(text))
}

fn text(request: &MessagesRequest) -> String {
    let mut question: String = request.question.chars().take(QUESTION_CHARACTERS_MAX).collect();
    if question.len() < request.question.len() {
        question.push('…');
    }
    let tools = match request.tools {
        0 => String::new(),
        n => format!(" It was offered {n} tool(s) and calls one only when tool_choice demands it."),
    };
    format!(
        "This is Tollgate's built-in demo upstream, not a language model. It received “{question}” for {}, and counts one \
         token per four characters: {} in this prompt.{tools} Each request is authenticated, limited, scheduled, \
         relayed, metered and booked in the ledger like any other; see it under Requests in the web app. Add an account \
         of your own to talk to a real model.",
        request.model,
        request.prompt_tokens()
    )
}

impl Answer {
    /// Id of the tool call.
    pub fn tool_use_id(&self) -> String {
        self.id.replacen("msg_", "toolu_", 1)
    }

    /// The plain answer.
    pub fn body(&self) -> Value {
        let content = match &self.content {
            Content::Text(text) => json!({"type": "text", "text": text}),
            Content::ToolUse { name, input } => {
                json!({"type": "tool_use", "id": self.tool_use_id(), "name": name, "input": input})
            }
        };
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": [content],
            "stop_reason": self.stop_reason, "stop_sequence": null, "usage": self.usage.body(self.output_tokens)
        })
    }
}
