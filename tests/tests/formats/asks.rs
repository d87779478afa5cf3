//! What a client of each format sends, case by case.

use serde_json::{Value, json};
use tollgate_tests::harness::Request;

/// The client formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Claude,
    Chat,
    Responses,
    Gemini,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Claude, Self::Chat, Self::Responses, Self::Gemini];

    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude",
            Self::Chat => "Chat",
            Self::Responses => "Responses",
            Self::Gemini => "Gemini",
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Plain,
    Tools,
    ToolResult,
    Image,
    Thinking,
    Schema,
}

impl Case {
    pub const ALL: [Self; 6] = [
        Self::Plain,
        Self::Tools,
        Self::ToolResult,
        Self::Image,
        Self::Thinking,
        Self::Schema,
    ];
}

/// A picture of one pixel.
pub const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// What system prompts say here.
pub const SYSTEM: &str = "You are the gate keeper.";

fn schema() -> Value {
    json!({
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        "additionalProperties": false,
    })
}

/// A request of this case under this key.
pub fn ask(format: Format, case: Case, model: &str, stream: bool, secret: &str, id: &str) -> Request {
    let request = match format {
        Format::Claude => Request::post("/api/v1/messages")
            .header("x-api-key", secret)
            .header("anthropic-version", "2023-06-01")
            .json(&claude(case, model, stream, id)),
        Format::Chat => Request::post("/openai/v1/chat/completions")
            .header("authorization", &format!("Bearer {secret}"))
            .json(&chat(case, model, stream, id)),
        Format::Responses => Request::post("/openai/v1/responses")
            .header("authorization", &format!("Bearer {secret}"))
            .json(&responses(case, model, stream, id)),
        Format::Gemini => {
            let action = if stream {
                "streamGenerateContent?alt=sse"
            } else {
                "generateContent"
            };
            Request::post(&format!("/gemini/v1beta/models/{model}:{action}"))
                .header("x-goog-api-key", secret)
                .json(&gemini(case, id))
        }
    };
    request.header("x-request-id", id)
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
    }
    body
}

fn claude(case: Case, model: &str, stream: bool, id: &str) -> Value {
    let question = format!("This is {id}.");
    let user = |content: Value| json!({"role": "user", "content": content});
    let tool = json!({"name": "weather", "description": "Tells the weather.", "input_schema": schema()});
    let base = json!({
        "model": model, "max_tokens": 4000, "stream": stream, "system": SYSTEM, "messages": [user(json!(question))],
    });
    match case {
        Case::Plain => base,
        Case::Tools => with(base, json!({"tools": [tool], "tool_choice": {"type": "any"}})),
        Case::ToolResult => {
            let call =
                json!({"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Bern"}});
            let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"});
            let messages = json!([
                user(json!(question)), {"role": "assistant", "content": [call]}, user(json!([result])),
            ]);
            with(base, json!({"tools": [tool], "messages": messages}))
        }
        Case::Image => {
            let source = json!({"type": "base64", "media_type": "image/png", "data": PIXEL});
            let content = json!([{"type": "image", "source": source}, {"type": "text", "text": question}]);
            with(base, json!({"messages": [user(content)]}))
        }
        Case::Thinking => with(
            base,
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        ),
        Case::Schema => with(
            base,
            json!({"output_config": {"format": {"type": "json_schema", "schema": schema()}}}),
        ),
    }
}

fn chat(case: Case, model: &str, stream: bool, id: &str) -> Value {
    let question = format!("This is {id}.");
    let system = json!({"role": "system", "content": SYSTEM});
    let user = |content: Value| json!({"role": "user", "content": content});
    let function = json!({"name": "weather", "description": "Tells the weather.", "parameters": schema()});
    let tool = json!({"type": "function", "function": function});
    let base = json!({
        "model": model, "max_completion_tokens": 4000, "stream": stream, "messages": [system, user(json!(question))],
    });
    match case {
        // The client asks for the usage itself in one case only: in all others it must not see it.
        Case::Plain if stream => with(base, json!({"stream_options": {"include_usage": true}})),
        Case::Plain => base,
        Case::Tools => with(base, json!({"tools": [tool], "tool_choice": "required"})),
        Case::ToolResult => {
            let function = json!({"name": "weather", "arguments": "{\"city\":\"Bern\"}"});
            let call = json!({"id": "call_1", "type": "function", "function": function});
            let messages = json!([
                system, user(json!(question)), {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
            ]);
            with(base, json!({"tools": [tool], "messages": messages}))
        }
        Case::Image => {
            let url = format!("data:image/png;base64,{PIXEL}");
            let content =
                json!([{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": question}]);
            with(base, json!({"messages": [system, user(content)]}))
        }
        Case::Thinking => with(base, json!({"reasoning_effort": "medium"})),
        Case::Schema => {
            let form = json!({"name": "city", "strict": true, "schema": schema()});
            with(
                base,
                json!({"response_format": {"type": "json_schema", "json_schema": form}}),
            )
        }
    }
}

fn responses(case: Case, model: &str, stream: bool, id: &str) -> Value {
    let question = format!("This is {id}.");
    let tool = json!({
        "type": "function", "name": "weather", "description": "Tells the weather.", "parameters": schema(),
        "strict": false,
    });
    let base = json!({
        "model": model, "max_output_tokens": 4000, "stream": stream, "instructions": SYSTEM, "input": question,
        "store": false,
    });
    match case {
        Case::Plain => base,
        Case::Tools => with(base, json!({"tools": [tool], "tool_choice": "required"})),
        Case::ToolResult => {
            let input = json!([
                {"role": "user", "content": question},
                {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Bern\"}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
            ]);
            with(base, json!({"tools": [tool], "input": input}))
        }
        Case::Image => {
            let url = format!("data:image/png;base64,{PIXEL}");
            let content =
                json!([{"type": "input_image", "image_url": url}, {"type": "input_text", "text": question}]);
            with(base, json!({"input": [{"role": "user", "content": content}]}))
        }
        Case::Thinking => with(
            base,
            json!({
                "reasoning": {"effort": "medium", "summary": "auto"}, "include": ["reasoning.encrypted_content"],
            }),
        ),
        Case::Schema => {
            let form = json!({"type": "json_schema", "name": "city", "strict": true, "schema": schema()});
            with(base, json!({"text": {"format": form}}))
        }
    }
}

fn gemini(case: Case, id: &str) -> Value {
    let question = json!({"text": format!("This is {id}.")});
    let user = |parts: Value| json!({"role": "user", "parts": parts});
    let function =
        json!({"name": "weather", "description": "Tells the weather.", "parametersJsonSchema": schema()});
    let tools = json!([{"functionDeclarations": [function]}]);
    let base = json!({
        "contents": [user(json!([question]))], "systemInstruction": {"parts": [{"text": SYSTEM}]},
        "generationConfig": {"maxOutputTokens": 4000},
    });
    match case {
        Case::Plain => base,
        Case::Tools => with(
            base,
            json!({"tools": tools, "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
        ),
        Case::ToolResult => {
            let call = json!({"functionCall": {"name": "weather", "args": {"city": "Bern"}}});
            let result = json!({"functionResponse": {"name": "weather", "response": {"result": "rain"}}});
            let contents =
                json!([user(json!([question])), {"role": "model", "parts": [call]}, user(json!([result]))]);
            with(base, json!({"tools": tools, "contents": contents}))
        }
        Case::Image => {
            let picture = json!({"inlineData": {"mimeType": "image/png", "data": PIXEL}});
            with(base, json!({"contents": [user(json!([picture, question]))]}))
        }
        Case::Thinking => with(
            base,
            json!({
                "generationConfig": {
                    "maxOutputTokens": 4000, "thinkingConfig": {"thinkingBudget": 2000, "includeThoughts": true},
                },
            }),
        ),
        Case::Schema => with(
            base,
            json!({
                "generationConfig": {
                    "maxOutputTokens": 4000, "responseMimeType": "application/json", "responseJsonSchema": schema(),
                },
            }),
        ),
    }
}
