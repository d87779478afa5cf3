//! A JSON text as a tree, strings borrowed from it and numbers kept as they are written; and the way back to text.
//! Readers of requests that are translated build it; what only passes is never built (see `json`).
//! Never in here: what any field means.

use crate::json::{Item, JsonFault, Scanner, TOO_DEEP, write_text};
use std::borrow::Cow;
use std::collections::HashSet;

/// A JSON value. Fields keep their order; none stands twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As written: no precision is lost between here and there.
    Number(Cow<'a, str>),
    /// The text that is meant, escapes undone.
    Text(Cow<'a, str>),
    /// Its items.
    Array(Vec<Node<'a>>),
    /// Its fields.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Why a text makes no tree, in words for whoever sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// Not UTF-8.
    #[error("not valid UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// Values nest too deeply.
    #[error("nested too deeply")]
    TooDeep,
    /// So many values that a tree of them would fill the memory.
    #[error("too large to be translated: it has more than {NODES_MAX} values")]
    TooMany,
    /// Not JSON.
    #[error("{0}")]
    NotJson(String),
    /// Readers disagree about which of the two counts.
    #[error("ambiguous: the field `{0}` stands twice in one object")]
    Twice(String),
    /// Half a surrogate pair.
    #[error("no text: a string has half a surrogate pair")]
    HalfCharacter,
}

/// Values in one tree: each takes some fifty bytes, whatever it takes in the text. Real requests have thousands.
pub const NODES_MAX: usize = 1_000_000;

impl From<JsonFault> for TreeFault {
    fn from(fault: JsonFault) -> Self {
        if fault.what == TOO_DEEP {
            return Self::TooDeep;
        }
        Self::NotJson(fault.to_string())
    }
}

/// Objects up to this size are searched one by one for a name that stands twice.
const FEW: usize = 16;

impl<'a> Node<'a> {
    /// Reads a whole text.
    ///
    /// # Errors
    /// If it is no single JSON value, or ambiguous.
    pub fn parse(text: &'a [u8]) -> Result<Self, TreeFault> {
        if let Err(error) = std::str::from_utf8(text) {
            return Err(TreeFault::NotUtf8(error.valid_up_to()));
        }
        let mut scan = Scanner::new(text);
        let node = Self::value(&mut scan, &mut 0)?;
        scan.end()?;
        Ok(node)
    }

    /// Recurses no deeper than the scanner lets values nest.
    fn value(scan: &mut Scanner<'a>, nodes: &mut usize) -> Result<Self, TreeFault> {
        *nodes += 1;
        if *nodes > NODES_MAX {
            return Err(TreeFault::TooMany);
        }
        Ok(match scan.value()? {
            Item::Null => Self::Null,
            Item::Bool(value) => Self::Bool(value),
            Item::Number(digits) => Self::Number(String::from_utf8_lossy(digits)),
            Item::Text(text) => Self::Text(text.decode().ok_or(TreeFault::HalfCharacter)?),
            Item::Array => {
                let (mut items, mut first) = (Vec::new(), true);
                while scan.item(first)? {
                    first = false;
                    items.push(Self::value(scan, nodes)?);
                }
                Self::Array(items)
            }
            Item::Object => Self::Object(fields(scan, nodes)?),
        })
    }

    /// The field of this name, if it is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a whole one that is not negative and fits. `5.0` and `5e0` are no whole numbers here.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The number, if it is a whole one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The number, if it is one; the nearest that a double can hold.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(digits) => digits.parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The items, if it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The fields, if it is an object.
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Self)]> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Node<'static> {
        match self {
            Self::Null => Node::Null,
            Self::Bool(value) => Node::Bool(value),
            Self::Number(digits) => Node::Number(digits.into_owned().into()),
            Self::Text(text) => Node::Text(text.into_owned().into()),
            Self::Array(items) => Node::Array(items.into_iter().map(Node::into_owned).collect()),
            Self::Object(fields) => Node::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (name.into_owned().into(), value.into_owned()))
                    .collect(),
            ),
        }
    }

    /// Appends it as JSON on one line.
    pub fn write(&self, into: &mut Vec<u8>) {
        match self {
            Self::Null => into.extend_from_slice(b"null"),
            Self::Bool(true) => into.extend_from_slice(b"true"),
            Self::Bool(false) => into.extend_from_slice(b"false"),
            Self::Number(digits) => into.extend_from_slice(digits.as_bytes()),
            Self::Text(text) => write_text(into, text),
            Self::Array(items) => {
                into.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        into.push(b',');
                    }
                    item.write(into);
                }
                into.push(b']');
            }
            Self::Object(fields) => {
                into.push(b'{');
                for (at, (name, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        into.push(b',');
                    }
                    write_text(into, name);
                    into.push(b':');
                    value.write(into);
                }
                into.push(b'}');
            }
        }
    }

    /// It as JSON on one line.
    pub fn to_text(&self) -> String {
        let mut text = Vec::new();
        self.write(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}

fn fields<'a>(scan: &mut Scanner<'a>, nodes: &mut usize) -> Result<Vec<(Cow<'a, str>, Node<'a>)>, TreeFault> {
    let (mut fields, mut first) = (Vec::<(Cow<'a, str>, Node<'a>)>::new(), true);
    let mut names = HashSet::new();
    while let Some(key) = scan.key(first)? {
        first = false;
        let name = key.decode().ok_or(TreeFault::HalfCharacter)?;
        if fields.len() == FEW {
            names.extend(fields.iter().map(|(name, _)| name.clone()));
        }
        let twice = if fields.len() < FEW {
            fields.iter().any(|(known, _)| *known == name)
        } else {
            !names.insert(name.clone())
        };
        if twice {
            return Err(TreeFault::Twice(name.chars().take(64).collect()));
        }
        let value = Node::value(scan, nodes)?;
        fields.push((name, value));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_node() -> impl Strategy<Value = Node<'static>> {
        let leaf = prop_oneof![
            Just(Node::Null),
            any::<bool>().prop_map(Node::Bool),
            any::<i64>().prop_map(|number| Node::Number(number.to_string().into())),
            any::<String>().prop_map(|text| Node::Text(text.into())),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Node::Array),
                prop::collection::btree_map(".{0,6}", inner, 0..40).prop_map(|fields| {
                    Node::Object(
                        fields
                            .into_iter()
                            .map(|(name, value)| (name.into(), value))
                            .collect(),
                    )
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(node in any_node()) {
            let text = node.to_text();
            prop_assert_eq!(Node::parse(text.as_bytes()), Ok(node));
        }
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let text = "[1e400,0.10,12345678901234567890123,-0]";
        assert_eq!(Node::parse(text.as_bytes()).unwrap().to_text(), text);
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_in_small_and_large_objects() {
        let large: Vec<String> = (0..40).map(|n| format!("\"f{n}\":{n},")).collect();
        let large = large.concat();
        for text in [
            r#"{"a":1,"b":2,"\u0061":3}"#.to_owned(),
            format!("{{{large}\"f3\":0}}"),
            format!("{{{large}\"f39\":0}}"),
        ] {
            assert!(
                matches!(Node::parse(text.as_bytes()), Err(TreeFault::Twice(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = "[".repeat(100_000);
        assert_eq!(Node::parse(text.as_bytes()), Err(TreeFault::TooDeep));
    }
}
