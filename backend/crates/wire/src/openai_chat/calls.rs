//! Tools that take free text ("custom" tools): the one string of their call's object, wrapped and unwrapped.
//! Never in here: where calls stand in requests and answers.

use crate::json::write_text;
use crate::model::FREE_TEXT_FIELD;
use crate::tree::Node;
use std::borrow::Cow;

/// Free text as the arguments of a call: `{"input":"…"}`.
pub(super) fn wrapped(input: &str) -> String {
    let mut json = Vec::with_capacity(input.len() + 16);
    json.push(b'{');
    write_text(&mut json, FREE_TEXT_FIELD);
    json.push(b':');
    write_text(&mut json, input);
    json.push(b'}');
    String::from_utf8(json).unwrap_or_default()
}

/// The free text of a call's arguments; arguments that are no such object stand for themselves.
pub(super) fn unwrapped(arguments: &str) -> Cow<'_, str> {
    let Ok(Node::Object(fields)) = Node::parse(arguments.as_bytes()) else {
        return Cow::Borrowed(arguments);
    };
    let input = fields.into_iter().find(|(name, _)| name == FREE_TEXT_FIELD);
    match input {
        Some((_, Node::Text(input))) => input,
        _ => Cow::Borrowed(arguments),
    }
}

/// Arguments as they are sent: OpenAI's clients parse them, so no arguments are an empty object.
pub(super) fn arguments(arguments: &str) -> &str {
    if arguments.is_empty() { "{}" } else { arguments }
}
