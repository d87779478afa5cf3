//! Small readings of JSON bodies that every format needs.

use serde_json::Value;

/// The elements of an array; none of what is no array.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text, empty if it is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether a field is `true`.
pub fn flag(body: &Value, field: &str) -> bool {
    body[field].as_bool().unwrap_or(false)
}

/// A field under its camelCase name or its snake_case name, both of which Google takes.
pub fn either<'a>(object: &'a Value, camel: &str, snake: &str) -> &'a Value {
    let value = &object[camel];
    if value.is_null() { &object[snake] } else { value }
}
