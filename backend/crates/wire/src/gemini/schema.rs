//! Google's own schemas (`parameters`, `responseSchema`: a subset of OpenAPI 3.0, types in upper case) as JSON schemas,
//! which is what every other format speaks and Google takes too (`parametersJsonSchema`, `responseJsonSchema`).
//! Gemini API reference, "Caching", `Schema`. Never in here: where schemas stand.

use super::names::{camel, means};
use crate::tree::Node;
use std::borrow::Cow;
use std::collections::HashSet;

/// A schema of Google's subset as JSON schema. It recurses no deeper than a tree can be.
pub(super) fn to_json_schema(schema: Node<'_>) -> Node<'_> {
    let Node::Object(fields) = schema else {
        return schema;
    };
    let mut schema = Schema::default();
    for (name, value) in fields {
        schema.field(name, value);
    }
    schema.finish()
}

#[derive(Default)]
struct Schema<'a> {
    fields: Vec<(Cow<'a, str>, Node<'a>)>,
    nullable: bool,
    ordering: Vec<Node<'a>>,
}

impl<'a> Schema<'a> {
    fn field(&mut self, name: Cow<'a, str>, value: Node<'a>) {
        let name = camel(name);
        let value = match (name.as_ref(), value) {
            (_, Node::Null) => return,
            ("type", value) => match type_names(value) {
                Some(value) => value,
                None => return,
            },
            ("nullable", value) => {
                self.nullable = value == Node::Bool(true);
                return;
            }
            ("propertyOrdering", Node::Array(names)) => {
                self.ordering = names;
                return;
            }
            // Says no more than that there is an `enum`.
            ("format", Node::Text(format)) if format == "enum" => return,
            ("example", value) => {
                self.fields.push(("examples".into(), Node::Array(vec![value])));
                return;
            }
            ("properties", Node::Object(properties)) => {
                let each = properties.into_iter();
                Node::Object(
                    each.map(|(name, schema)| (name, to_json_schema(schema)))
                        .collect(),
                )
            }
            ("anyOf" | "prefixItems", Node::Array(schemas)) => {
                Node::Array(schemas.into_iter().map(to_json_schema).collect())
            }
            ("items" | "additionalProperties", value) => to_json_schema(value),
            // 64-bit counts are texts in Google's JSON.
            (count, Node::Text(digits)) if is_count(count) && digits.parse::<u64>().is_ok() => {
                Node::Number(digits)
            }
            (_, value) => value,
        };
        self.fields.push((name, value));
    }

    fn finish(mut self) -> Node<'a> {
        self.drop_twins();
        self.order_properties();
        self.read_numbers();
        if self.nullable {
            self.allow_null();
        }
        Node::Object(self.fields)
    }

    /// One field may have come in both spellings; the first counts.
    fn drop_twins(&mut self) {
        let mut names = HashSet::with_capacity(self.fields.len());
        self.fields.retain(|(name, _)| names.insert(name.clone()));
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        let found = self.fields.iter_mut().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// JSON schema has no word for the order, but properties keep the one in which they are written.
    fn order_properties(&mut self) {
        let ordering = std::mem::take(&mut self.ordering);
        let place = |name: &str| ordering.iter().position(|known| known.as_text() == Some(name));
        if !ordering.is_empty()
            && let Some(Node::Object(properties)) = self.get_mut("properties")
        {
            properties.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        }
    }

    /// Google writes the values of an `enum` of numbers as texts.
    fn read_numbers(&mut self) {
        let kind = self
            .get_mut("type")
            .and_then(|kind| kind.as_text().map(str::to_owned));
        if !matches!(kind.as_deref(), Some("integer" | "number")) {
            return;
        }
        if let Some(Node::Array(values)) = self.get_mut("enum") {
            for value in values {
                if let Node::Text(digits) = value
                    && Node::parse(digits.as_bytes()).is_ok_and(|read| matches!(read, Node::Number(_)))
                {
                    *value = Node::Number(std::mem::take(digits));
                }
            }
        }
    }

    fn allow_null(&mut self) {
        if let Some(Node::Array(values)) = self.get_mut("enum") {
            values.push(Node::Null);
        }
        let null = || Node::Text("null".into());
        if let Some(kind) = self.get_mut("type") {
            match kind {
                Node::Array(kinds) => kinds.push(null()),
                kind => {
                    let one = std::mem::replace(kind, Node::Null);
                    *kind = Node::Array(vec![one, null()]);
                }
            }
        } else if let Some(Node::Array(schemas)) = self.get_mut("anyOf") {
            schemas.push(Node::Object(vec![("type".into(), null())]));
        }
    }
}

fn is_count(name: &str) -> bool {
    const COUNTS: [&str; 6] = [
        "maxItems",
        "minItems",
        "maxLength",
        "minLength",
        "maxProperties",
        "minProperties",
    ];
    COUNTS.iter().any(|count| means(name.as_bytes(), count))
}

/// Types in lower case; `None` if none is told.
fn type_names(value: Node<'_>) -> Option<Node<'_>> {
    match value {
        Node::Text(name) if name == "TYPE_UNSPECIFIED" => None,
        Node::Text(name) if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Some(Node::Text(name.to_ascii_lowercase().into()))
        }
        Node::Array(names) => Some(Node::Array(names.into_iter().filter_map(type_names).collect())),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str) -> String {
        to_json_schema(Node::parse(text.as_bytes()).unwrap()).to_text()
    }

    #[test]
    fn googles_words_become_those_of_json_schema() {
        for (google, json) in [
            (
                r#"{"type":"STRING","nullable":true}"#,
                r#"{"type":["string","null"]}"#,
            ),
            (
                r#"{"type":"STRING","format":"enum","enum":["a","b"],"nullable":true}"#,
                r#"{"type":["string","null"],"enum":["a","b",null]}"#,
            ),
            (
                r#"{"type":"INTEGER","enum":["101","201"]}"#,
                r#"{"type":"integer","enum":[101,201]}"#,
            ),
            (
                r#"{"type":"ARRAY","min_items":"1","maxItems":3,"items":{"type":"NUMBER"}}"#,
                r#"{"type":"array","minItems":1,"maxItems":3,"items":{"type":"number"}}"#,
            ),
            (
                r#"{"any_of":[{"type":"STRING"},{"type":"OBJECT"}],"nullable":true}"#,
                r#"{"anyOf":[{"type":"string"},{"type":"object"},{"type":"null"}]}"#,
            ),
            (
                r#"{"type":"TYPE_UNSPECIFIED","example":{"type":"X"}}"#,
                r#"{"examples":[{"type":"X"}]}"#,
            ),
        ] {
            assert_eq!(converted(google), json);
        }
    }

    #[test]
    fn a_property_may_be_named_like_a_word_of_the_schema_and_order_is_kept() {
        let google = r#"{"type":"OBJECT","properties":{"nullable":{"type":"BOOLEAN"},"type":{"type":"STRING"},
            "max_items":{"type":"STRING"}},"propertyOrdering":["type","nullable"],"required":["type"]}"#;
        let json = concat!(
            r#"{"type":"object","properties":{"type":{"type":"string"},"nullable":{"type":"boolean"},"#,
            r#""max_items":{"type":"string"}},"required":["type"]}"#
        );
        assert_eq!(converted(google), json);
    }

    #[test]
    fn a_json_schema_stays_as_it_is() {
        let json = r#"{"type":["string","null"],"maxLength":5,"additionalProperties":false,"$defs":{"a":{"type":"X"}}}"#;
        assert_eq!(converted(json), json);
    }
}
