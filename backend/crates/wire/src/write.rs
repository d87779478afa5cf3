//! Writes JSON objects and arrays field by field, straight into the bytes that are sent. Never in here: any format's words.

use crate::json::write_text;
use crate::tree::Node;

/// An object being written; dropping it does not close it: [`end`](Self::end) does.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'v> {
    into: &'v mut Vec<u8>,
    begun: bool,
}

impl<'v> ObjectWriter<'v> {
    pub fn new(into: &'v mut Vec<u8>) -> Self {
        into.push(b'{');
        Self { into, begun: false }
    }

    /// Where the field's value is to be written.
    pub fn field(&mut self, name: &str) -> &mut Vec<u8> {
        if self.begun {
            self.into.push(b',');
        }
        self.begun = true;
        write_text(self.into, name);
        self.into.push(b':');
        self.into
    }

    pub fn text(&mut self, name: &str, value: &str) {
        write_text(self.field(name), value);
    }

    pub fn text_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub fn u64(&mut self, name: &str, value: u64) {
        write_display(self.field(name), value);
    }

    pub fn i64(&mut self, name: &str, value: i64) {
        write_display(self.field(name), value);
    }

    pub fn f64(&mut self, name: &str, value: f64) {
        write_f64(self.field(name), value);
    }

    pub fn bool(&mut self, name: &str, value: bool) {
        write_display(self.field(name), value);
    }

    pub fn null(&mut self, name: &str) {
        self.field(name).extend_from_slice(b"null");
    }

    pub fn node(&mut self, name: &str, value: &Node<'_>) {
        value.write(self.field(name));
    }

    /// A value that is JSON text already.
    pub fn raw(&mut self, name: &str, json: &[u8]) {
        self.field(name).extend_from_slice(json);
    }

    /// Writes an object as the field's value.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.field(name), write);
    }

    /// Writes an array as the field's value.
    pub fn array(&mut self, name: &str, write: impl FnOnce(&mut ArrayWriter<'_>)) {
        write_array(self.field(name), write);
    }

    pub fn end(self) {
        self.into.push(b'}');
    }
}

/// An array being written.
#[derive(Debug)]
pub(crate) struct ArrayWriter<'v> {
    into: &'v mut Vec<u8>,
    begun: bool,
}

impl ArrayWriter<'_> {
    /// Where the next item is to be written.
    pub fn item(&mut self) -> &mut Vec<u8> {
        if self.begun {
            self.into.push(b',');
        }
        self.begun = true;
        self.into
    }

    pub fn text(&mut self, value: &str) {
        write_text(self.item(), value);
    }

    pub fn object(&mut self, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.item(), write);
    }
}

/// Writes a whole object.
pub(crate) fn write_object(into: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    let mut object = ObjectWriter::new(into);
    write(&mut object);
    object.end();
}

/// Writes a whole array.
pub(crate) fn write_array(into: &mut Vec<u8>, write: impl FnOnce(&mut ArrayWriter<'_>)) {
    into.push(b'[');
    let mut array = ArrayWriter { into, begun: false };
    write(&mut array);
    array.into.push(b']');
}

fn write_display(into: &mut Vec<u8>, value: impl std::fmt::Display) {
    use std::io::Write as _;
    // Writing into a vector never fails.
    let _ = write!(into, "{value}");
}

/// The shortest text that reads back as the same double; what is no number (which no reader gives) becomes `null`.
pub(crate) fn write_f64(into: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        write_display(into, value);
    } else {
        into.extend_from_slice(b"null");
    }
}
