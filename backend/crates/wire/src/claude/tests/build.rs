//! Neutral values for tests, in few words.

use crate::format::Vendor;
use crate::model::{Document, Part, Role, Sealed, Source, Tool, ToolCall, ToolInput, ToolResult, Turn};

pub(super) fn user(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn {
        role: Role::User,
        parts,
    }
}

pub(super) fn assistant(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn {
        role: Role::Assistant,
        parts,
    }
}

pub(super) fn call<'a>(id: &'a str, name: &'a str, arguments: &'a str) -> Part<'a> {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
        sealed: None,
        cache: None,
    })
}

pub(super) fn result<'a>(id: &'a str, content: Vec<Part<'a>>) -> ToolResult<'a> {
    ToolResult {
        id: id.into(),
        name: None,
        content,
        object: None,
        is_error: false,
        cache: None,
    }
}

pub(super) fn thought<'a>(text: &'a str, data: &'a str, redacted: bool) -> Part<'a> {
    Part::Thinking {
        text: text.into(),
        sealed: Some(Sealed {
            vendor: Vendor::Anthropic,
            data: data.into(),
        }),
        redacted,
        id: None,
    }
}

pub(super) fn document(source: Source<'_>) -> Document<'_> {
    Document {
        source,
        title: None,
        context: None,
        citations: false,
        cache: None,
    }
}

pub(super) fn tool<'a>(name: &'a str, description: Option<&'a str>, input: ToolInput<'a>) -> Tool<'a> {
    Tool {
        name: name.into(),
        namespace: None,
        description: description.map(Into::into),
        input,
        strict: None,
        cache: None,
    }
}
