//! Field names in both of Google's spellings. Google's JSON takes every field in camelCase and in snake_case
//! (Protocol Buffers, "JSON Mapping"), and clients mix them. Everything here is asked in camelCase and finds either.
//! Never in here: what a field means.

use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::tree::Node;
use std::borrow::Cow;

/// Whether `known` is this name in either spelling.
pub(super) fn means(known: &[u8], camel: &str) -> bool {
    let mut rest = known;
    let mut next = || {
        let (first, more) = rest.split_first()?;
        rest = more;
        Some(*first)
    };
    if known.len() < camel.len() {
        return false;
    }
    if known.len() == camel.len() {
        return known == camel.as_bytes();
    }
    for byte in camel.bytes() {
        let fits = if byte.is_ascii_uppercase() {
            next() == Some(b'_') && next() == Some(byte.to_ascii_lowercase())
        } else {
            next() == Some(byte)
        };
        if !fits {
            return false;
        }
    }
    next().is_none()
}

/// Whether a key is this name in either spelling.
pub(super) fn is(key: &Text<'_>, camel: &str) -> bool {
    means(key.raw(), camel)
        || (key.raw().contains(&b'\\') && key.decode().is_some_and(|key| means(key.as_bytes(), camel)))
}

/// A name in camelCase, whichever way it was written; a leading underscore stays.
pub(super) fn camel(name: Cow<'_, str>) -> Cow<'_, str> {
    let mut camel = String::with_capacity(name.len());
    let mut raise = false;
    for char in name.chars() {
        if char == '_' && !camel.is_empty() {
            raise = true;
        } else if raise {
            camel.push(char.to_ascii_uppercase());
            raise = false;
        } else {
            camel.push(char);
        }
    }
    if camel == name { name } else { camel.into() }
}

/// A field of an object; `null` is none.
pub(super) fn get<'n, 'a>(node: &'n Node<'a>, camel: &str) -> Option<&'n Node<'a>> {
    let mut fields = node.as_object()?.iter();
    let found = fields.find(|(known, value)| means(known.as_bytes(), camel) && *value != Node::Null);
    found.map(|(_, value)| value)
}

/// A field's text.
pub(super) fn get_text<'n>(node: &'n Node<'_>, camel: &str) -> Option<&'n str> {
    get(node, camel).and_then(Node::as_text)
}

/// A field's items; none if it is no array.
pub(super) fn get_items<'n, 'a>(node: &'n Node<'a>, camel: &str) -> &'n [Node<'a>] {
    get(node, camel).and_then(Node::as_array).unwrap_or_default()
}

/// Takes a field out of an object.
pub(super) fn take<'a>(node: &mut Node<'a>, camel: &str) -> Option<Node<'a>> {
    let Node::Object(fields) = node else { return None };
    let at = fields
        .iter()
        .position(|(known, value)| means(known.as_bytes(), camel) && *value != Node::Null)?;
    Some(fields.swap_remove(at).1)
}

/// The text that is due; `None` if it is something else.
pub(super) fn scan_text<'a>(scan: &mut Scanner<'a>) -> Result<Option<Text<'a>>, JsonFault> {
    let item = scan.value()?;
    if let Item::Text(text) = item {
        return Ok(Some(text));
    }
    scan.leave(item)?;
    Ok(None)
}

/// Calls `each` for every object that is due: those of an array, or a single one in its place, which Google's API takes
/// where several may stand. `each` reads the object that was just opened.
pub(super) fn scan_objects<'a>(
    scan: &mut Scanner<'a>,
    mut each: impl FnMut(&mut Scanner<'a>) -> Result<(), JsonFault>,
) -> Result<(), JsonFault> {
    match scan.value()? {
        Item::Object => each(scan),
        Item::Array => {
            let mut first = true;
            while scan.item(first)? {
                first = false;
                match scan.value()? {
                    Item::Object => each(scan)?,
                    other => scan.leave(other)?,
                }
            }
            Ok(())
        }
        other => scan.leave(other),
    }
}

/// [`Fields`] that are found in either spelling. A fault names the field as the client wrote it.
#[derive(Debug)]
pub(super) struct Object<'a>(Fields<'a>);

impl<'a> Object<'a> {
    pub fn of(node: Node<'a>, path: impl Into<String>) -> Result<Self, RequestFault> {
        Fields::of(node, path).map(Self)
    }

    /// As it was written, if it is there and not `null`.
    fn written(&self, camel: &str) -> Option<String> {
        let found = self.0.left().find(|known| means(known.as_bytes(), camel));
        found.map(str::to_owned)
    }

    fn name(&self, camel: &str) -> String {
        self.written(camel).unwrap_or_else(|| camel.to_owned())
    }

    pub fn has(&self, camel: &str) -> bool {
        self.0.left().any(|known| means(known.as_bytes(), camel))
    }

    pub fn here(&self) -> &str {
        self.0.here()
    }

    pub fn path(&self, camel: &str) -> String {
        self.0.path(&self.name(camel))
    }

    pub fn fault(&self, camel: &str, what: &str) -> RequestFault {
        self.0.fault(&self.name(camel), what)
    }

    pub fn take(&mut self, camel: &str) -> Option<Node<'a>> {
        let name = self.written(camel)?;
        self.0.take(&name)
    }

    /// Takes what is left out of the neutral conversation; whether it was there.
    pub fn drop(&mut self, camel: &str) -> bool {
        self.take(camel).is_some()
    }

    pub fn text(&mut self, camel: &str) -> Result<Option<Cow<'a, str>>, RequestFault> {
        self.0.text(&self.name(camel))
    }

    pub fn required_text(&mut self, camel: &str) -> Result<Cow<'a, str>, RequestFault> {
        self.0.required_text(&self.name(camel))
    }

    /// A whole number. `40.0` is one too: Google's Python SDK writes some of them so.
    pub fn i64(&mut self, camel: &str) -> Result<Option<i64>, RequestFault> {
        let name = self.name(camel);
        let whole = |text: &str| text.parse::<i64>().ok();
        match self.0.take(&name) {
            None => Ok(None),
            Some(Node::Number(digits)) => whole(&digits)
                .or_else(|| whole(digits.strip_suffix(".0")?))
                .map(Some)
                .ok_or_else(|| self.0.fault(&name, "This must be a whole number.")),
            Some(_) => Err(self.0.fault(&name, "This must be a whole number.")),
        }
    }

    /// A whole number that is not negative.
    pub fn u64(&mut self, camel: &str) -> Result<Option<u64>, RequestFault> {
        let fault = self.fault(camel, "This must be a whole number, not negative.");
        self.i64(camel)?
            .map(|number| u64::try_from(number).map_err(|_| fault))
            .transpose()
    }

    pub fn f64(&mut self, camel: &str, from: f64, to: f64) -> Result<Option<f64>, RequestFault> {
        self.0.f64(&self.name(camel), from, to)
    }

    pub fn bool(&mut self, camel: &str) -> Result<Option<bool>, RequestFault> {
        self.0.bool(&self.name(camel))
    }

    pub fn required_url(&mut self, camel: &str) -> Result<Cow<'a, str>, RequestFault> {
        self.0.required_url(&self.name(camel))
    }

    pub fn schema(&mut self, camel: &str) -> Result<Option<Node<'a>>, RequestFault> {
        self.0.schema(&self.name(camel))
    }

    pub fn media_type(&mut self, camel: &str) -> Result<Option<Cow<'a, str>>, RequestFault> {
        self.0.media_type(&self.name(camel))
    }

    /// The items of an array, or what stands in its place (see [`scan_objects`]), each with its path.
    pub fn items(&mut self, camel: &str) -> Vec<(Node<'a>, String)> {
        let path = self.path(camel);
        match self.take(camel) {
            None => Vec::new(),
            Some(Node::Array(items)) => {
                let each = items.into_iter().enumerate();
                each.map(|(at, item)| (item, format!("{path}[{at}]"))).collect()
            }
            Some(single) => vec![(single, path)],
        }
    }

    pub fn object(&mut self, camel: &str) -> Result<Option<Self>, RequestFault> {
        let path = self.path(camel);
        self.take(camel).map(|node| Self::of(node, path)).transpose()
    }

    pub fn nothing_left(&self) -> Result<(), RequestFault> {
        self.0.nothing_left()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_both_spellings_and_no_other() {
        for (known, camel, found) in [
            ("functionCall", "functionCall", true),
            ("function_call", "functionCall", true),
            ("text", "text", true),
            ("functioncall", "functionCall", false),
            ("function__call", "functionCall", false),
            ("function_calls", "functionCall", false),
            ("FunctionCall", "functionCall", false),
        ] {
            assert_eq!(means(known.as_bytes(), camel), found, "{known}");
        }
        assert_eq!(camel("max_output_tokens".into()), "maxOutputTokens");
        assert_eq!(camel("_responseJsonSchema".into()), "_responseJsonSchema");
    }
}
