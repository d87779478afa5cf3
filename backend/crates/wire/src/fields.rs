//! Taking an object's fields one by one, with faults that name the field as the client knows it. What nobody took is left
//! over, and the caller says what becomes of it. Never in here: any format's words.

use crate::fault::RequestFault;
use crate::tree::Node;
use std::borrow::Cow;

/// An object whose fields are being taken. A field that is `null` counts as absent, as it does in every format.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    path: String,
    fields: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Fields<'a> {
    /// Of this value, which stands at this path (empty: the body itself).
    pub fn of(node: Node<'a>, path: impl Into<String>) -> Result<Self, RequestFault> {
        let path = path.into();
        match node {
            Node::Object(fields) => Ok(Self { path, fields }),
            _ if path.is_empty() => Err(RequestFault::body("The body is no JSON object.")),
            _ => Err(RequestFault::field(&path, "This must be an object.")),
        }
    }

    /// A field's path: `messages[2].content`.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Where this object stands.
    pub fn here(&self) -> &str {
        &self.path
    }

    /// A fault of a field.
    pub fn fault(&self, name: &str, what: &str) -> RequestFault {
        RequestFault::field(&self.path(name), what)
    }

    /// Whether the field is there and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.peek(name).is_some()
    }

    /// Looks at a field and leaves it.
    pub fn peek(&self, name: &str) -> Option<&Node<'a>> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value)
            .filter(|value| **value != Node::Null)
    }

    /// Takes a field.
    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.fields.iter().position(|(known, _)| known == name)?;
        let (_, value) = self.fields.remove(at);
        (value != Node::Null).then_some(value)
    }

    pub fn text(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, RequestFault> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(name, "This must be a string.")),
        }
    }

    pub fn required_text(&mut self, name: &str) -> Result<Cow<'a, str>, RequestFault> {
        self.text(name)?
            .ok_or_else(|| self.fault(name, "This field is required: a string."))
    }

    pub fn u64(&mut self, name: &str) -> Result<Option<u64>, RequestFault> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_u64();
        number
            .map(Some)
            .ok_or_else(|| self.fault(name, "This must be a whole number, not negative."))
    }

    pub fn i64(&mut self, name: &str) -> Result<Option<i64>, RequestFault> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_i64();
        number
            .map(Some)
            .ok_or_else(|| self.fault(name, "This must be a whole number."))
    }

    /// A number between two bounds, both allowed.
    pub fn f64(&mut self, name: &str, from: f64, to: f64) -> Result<Option<f64>, RequestFault> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_f64().filter(|number| (from..=to).contains(number));
        number
            .map(Some)
            .ok_or_else(|| self.fault(name, &format!("This must be a number from {from} to {to}.")))
    }

    pub fn bool(&mut self, name: &str) -> Result<Option<bool>, RequestFault> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let truth = value.as_bool();
        truth
            .map(Some)
            .ok_or_else(|| self.fault(name, "This must be true or false."))
    }

    pub fn array(&mut self, name: &str) -> Result<Option<Vec<Node<'a>>>, RequestFault> {
        match self.take(name) {
            None => Ok(None),
            Some(Node::Array(items)) => Ok(Some(items)),
            Some(_) => Err(self.fault(name, "This must be an array.")),
        }
    }

    /// A JSON schema. The standard allows `true` and `false` as well; no vendor takes them at a schema's top.
    pub fn schema(&mut self, name: &str) -> Result<Option<Node<'a>>, RequestFault> {
        match self.take(name) {
            None => Ok(None),
            Some(schema @ Node::Object(_)) => Ok(Some(schema)),
            Some(_) => Err(self.fault(name, "This must be a JSON schema, as an object.")),
        }
    }

    /// A media type; see [`is_media_type`].
    pub fn media_type(&mut self, name: &str) -> Result<Option<Cow<'a, str>>, RequestFault> {
        match self.text(name)? {
            Some(text) if !is_media_type(&text) => {
                Err(self.fault(name, "This must be a media type, such as `image/png`."))
            }
            read => Ok(read),
        }
    }

    /// A URL that the vendor fetches, in formats that take bytes in another field.
    pub fn required_url(&mut self, name: &str) -> Result<Cow<'a, str>, RequestFault> {
        let url = self.required_text(name)?;
        if url
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
        {
            return Err(self.fault(
                name,
                "This must be a URL to fetch from; send the bytes themselves in base64.",
            ));
        }
        Ok(url)
    }

    pub fn object(&mut self, name: &str) -> Result<Option<Fields<'a>>, RequestFault> {
        match self.take(name) {
            None => Ok(None),
            Some(node) => Fields::of(node, self.path(name)).map(Some),
        }
    }

    /// The names that nobody took, `null` ones left out.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        let there = self.fields.iter().filter(|(_, value)| *value != Node::Null);
        there.map(|(name, _)| name.as_ref())
    }

    /// Refuses the first name that nobody took: its meaning is not known, so it can't be kept.
    pub fn nothing_left(&self) -> Result<(), RequestFault> {
        match self.left().next() {
            None => Ok(()),
            Some(name) => Err(self.fault(
                name,
                "This field is not known here, so it can't be translated into the format of the model's platform.",
            )),
        }
    }
}

/// Whether a text is `{type}/{subtype}`, with parameters or without. A comma would end the head of a `data:` URL.
pub(crate) fn is_media_type(text: &str) -> bool {
    let fits = |byte: u8| byte == b' ' || byte.is_ascii_graphic() && byte != b',';
    let bare = text.split(';').next().unwrap_or_default();
    let halves = bare.split_once('/');
    halves.is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty()) && text.bytes().all(fits)
}
