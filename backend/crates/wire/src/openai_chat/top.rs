//! Reads the fields at the top of any of OpenAI's requests in one pass, without building anything.
//! Never in here: which fields a request has.

use crate::facts::{FIELDS_MAX, MODEL_LENGTH_MAX};
use crate::fault::RequestFault;
use crate::json::{Item, Scanner, Text};
use std::borrow::Cow;
use std::ops::Range;

/// Gives each field, its value due, to `take`, which must read that value. Every field may stand once, however its name is
/// escaped: else this reader might price one model and the upstream run another. Tells where the first field is due.
pub(super) fn read_top<'a>(
    body: &'a [u8],
    mut take: impl FnMut(&str, &mut Scanner<'a>) -> Result<(), RequestFault>,
) -> Result<usize, RequestFault> {
    if body.is_empty() {
        return Err(RequestFault::body(
            "The body is empty; a JSON object is expected.",
        ));
    }
    if let Err(error) = std::str::from_utf8(body) {
        let at = error.valid_up_to();
        return Err(RequestFault::body(format!(
            "The body is not valid UTF-8 at byte {at}; JSON is written in UTF-8."
        )));
    }
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(RequestFault::body("The body is no JSON object."));
    };
    let inside = scan.at();
    let mut names = Vec::new();
    while let Some(key) = scan.key(names.is_empty())? {
        let name = new_name(&names, key)?;
        take(&name, &mut scan)?;
        names.push(name);
    }
    scan.end()?;
    Ok(inside)
}

fn new_name<'a>(names: &[Cow<'a, str>], key: Text<'a>) -> Result<Cow<'a, str>, RequestFault> {
    let Some(name) = key.decode() else {
        return Err(RequestFault::body(
            "The body has a field whose name is half a surrogate pair.",
        ));
    };
    if names.contains(&name) {
        return Err(RequestFault::field(
            &name,
            "This field stands twice in the body; it may stand once.",
        ));
    }
    if names.len() == FIELDS_MAX {
        return Err(RequestFault::body(format!(
            "The body has more than {FIELDS_MAX} fields."
        )));
    }
    Ok(name)
}

/// The fault of a field that is not there.
pub(super) fn missing(field: &str, what: &str) -> RequestFault {
    RequestFault::field(field, &format!("This field is required: {what}."))
}

/// The model's name, and where it stands.
pub(super) fn model(scan: &mut Scanner<'_>) -> Result<(String, Range<usize>), RequestFault> {
    let begin = scan.value_at();
    let fault = |what| RequestFault::field("model", what);
    let Item::Text(text) = scan.value()? else {
        return Err(fault("This must be a string, the name of a model."));
    };
    let span = begin..scan.at();
    let Some(model) = text.decode() else {
        return Err(fault("This is no valid text: it has half a surrogate pair."));
    };
    if model.is_empty() {
        return Err(fault("This must not be empty; it is the name of a model."));
    }
    if model.len() > MODEL_LENGTH_MAX {
        return Err(fault("This must be at most 256 bytes long."));
    }
    Ok((model.into_owned(), span))
}

/// A whole number from 1 to `max`; `null` counts as absent, as it does in OpenAI's API.
pub(super) fn whole(scan: &mut Scanner<'_>, field: &str, max: u64) -> Result<Option<u64>, RequestFault> {
    let item = scan.value()?;
    let digits = match item {
        Item::Null => return Ok(None),
        Item::Number(digits) => digits,
        _ => return Err(RequestFault::field(field, "This must be a whole number.")),
    };
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    number
        .filter(|number| (1..=max).contains(number))
        .map(Some)
        .ok_or_else(|| RequestFault::field(field, &format!("This must be a whole number from 1 to {max}.")))
}

/// `true` or `false`; `null` counts as absent.
pub(super) fn truth(scan: &mut Scanner<'_>, field: &str) -> Result<bool, RequestFault> {
    match scan.value()? {
        Item::Null => Ok(false),
        Item::Bool(truth) => Ok(truth),
        _ => Err(RequestFault::field(field, "This must be true or false.")),
    }
}

/// The value that is due, if it is a string.
pub(super) fn text<'a>(scan: &mut Scanner<'a>) -> Result<Option<Text<'a>>, crate::json::JsonFault> {
    let item = scan.value()?;
    if let Item::Text(text) = item {
        return Ok(Some(text));
    }
    scan.leave(item)?;
    Ok(None)
}
