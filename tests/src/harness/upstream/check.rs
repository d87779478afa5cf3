//! Small questions that every format's strictness asks of a body. What the answer means is said there.

use serde_json::Value;

/// Fields with such a name stand for what a vendor will add one day: no format refuses them, so that tests can send what
/// no version of Tollgate knows.
pub const OF_TOMORROW: &str = "of_tomorrow";

/// The first field that is none of these.
pub fn unknown<'a>(object: &'a Value, known: &[&str]) -> Option<&'a str> {
    let fields = object.as_object()?;
    fields
        .keys()
        .map(String::as_str)
        .find(|name| !known.contains(name) && !name.ends_with(OF_TOMORROW))
}

/// Whether a field is absent, `null`, or a number in this range.
pub fn within(value: &Value, low: f64, high: f64) -> bool {
    value.is_null()
        || value
            .as_f64()
            .is_some_and(|number| (low..=high).contains(&number))
}

/// Whether a field is absent, `null`, or a whole number in this range.
pub fn whole(value: &Value, low: u64, high: u64) -> bool {
    value.is_null()
        || value
            .as_u64()
            .is_some_and(|number| (low..=high).contains(&number))
}

/// Whether a field is absent, `null`, or one of these words.
pub fn one_of(value: &Value, words: &[&str]) -> bool {
    value.is_null() || value.as_str().is_some_and(|word| words.contains(&word))
}

/// Whether it is a name of letters, digits, `_`, `-` and these, neither empty nor too long.
pub fn is_name(value: &Value, more: &str, longest: usize) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c) || more.contains(c);
    value
        .as_str()
        .is_some_and(|name| (1..=longest).contains(&name.len()) && name.chars().all(allowed))
}

/// Whether it is standard base64 with its padding, and not empty.
pub fn is_base64(value: &Value) -> bool {
    let Some(text) = value
        .as_str()
        .filter(|text| !text.is_empty() && text.len() % 4 == 0)
    else {
        return false;
    };
    let body = text.trim_end_matches('=');
    text.len() - body.len() <= 2
        && body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
}

/// The elements of an array; none of what is no array.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text, empty if it is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
