//! InvokeModel's envelope: what must change in a request in Claude's format so that Bedrock takes it (Amazon Bedrock's user
//! guide, "Anthropic Claude Messages API"; Anthropic, "Claude on Amazon Bedrock", "Features not supported"). Bedrock names
//! the model in the path and says there whether to stream; it refuses fields that it does not know.
//! Never in here: what stands within messages and tools, cache marks aside; whether Bedrock takes that is its to say.

use super::betas::{self, COMPACT, CONTEXT_MANAGEMENT, EFFORT};
use super::models::{Age, age};
use super::scopes::unscoped;
use crate::facts::Edit;
use crate::fault::RequestFault;
use crate::json::{Item, Scanner};
use crate::tree::Node;
use crate::write::write_object;
use bytes::Bytes;
use std::ops::Range;

/// `anthropic_version`, which Bedrock wants in the body; there is but this one.
pub const ANTHROPIC_VERSION: &str = "bedrock-2023-05-31";

/// A field at the top.
struct Field<'a> {
    name: String,
    /// From the end of what stands before it, so that its comma goes with it, to its own end.
    span: Range<usize>,
    value: &'a [u8],
}

/// The body's fields, and where the first may stand.
pub(super) struct Body<'a> {
    begin: usize,
    fields: Vec<Field<'a>>,
}

/// What becomes of a field.
enum Fate {
    Keep,
    Drop,
    /// It goes in under the new name, the value within an object of its own.
    Wrap {
        name: &'static str,
        within: &'static str,
    },
}

/// The changes that make a request of it. `model` is the id that Bedrock is asked for; `betas` are the values of the
/// client's `anthropic-beta`, a header's line or a single word each. All else in the body stays as it is, to the byte.
///
/// Taken out as harmless:
/// - `model`, `stream`, `anthropic_version` and `anthropic_beta` (whose words join the header's), which go elsewhere;
/// - `service_tier` `auto` and `standard_only`, `speed` `standard`, `inference_geo` `global`: Bedrock does this anyway;
/// - `context_management` and `compaction` where the model takes them not, and `cache_control` at the top for models before
///   4.7: they save tokens; the `scope` of a cache mark anywhere: Bedrock's caches have one scope;
/// - `fallbacks`: a refusal comes as a refusal; `fallback_credit_token`: the request costs its full price;
/// - `diagnostics`, `billing_policy`, `workspace_id`: they are between the client and Anthropic.
///
/// # Errors
/// If the body is no JSON object, or asks for what Bedrock has not and an answer without it would be another one:
/// containers, MCP servers, threads, fast mode, a place of inference (on Bedrock the account's region decides that).
pub fn invoke_edits(body: &Bytes, model: &str, betas: &[String]) -> Result<Vec<Edit>, RequestFault> {
    let read = Body::read(body)?;
    let betas = read.betas(model, betas)?;
    read.edits(model, &betas, None)
}

impl<'a> Body<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, RequestFault> {
        let mut scan = Scanner::new(body);
        let Item::Object = scan.value()? else {
            return Err(RequestFault::body("The body is no JSON object."));
        };
        let begin = scan.at();
        let (mut fields, mut from, mut first) = (Vec::new(), begin, true);
        while let Some(key) = scan.key(first)? {
            first = false;
            let at = scan.value_at();
            scan.skip()?;
            let until = scan.at();
            fields.push(Field {
                name: key.decode().unwrap_or_default().into_owned(),
                span: from..until,
                value: body.get(at..until).unwrap_or_default(),
            });
            from = until;
        }
        scan.end()?;
        Ok(Self { begin, fields })
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a [u8]> {
        let found = self.fields.iter().find(|field| field.name == name)?;
        (found.value != b"null").then_some(found.value)
    }

    /// The beta features that go along: the client's, and what the body needs leave for on Bedrock alone.
    pub(super) fn betas(&self, model: &str, asked: &[String]) -> Result<Vec<&'static str>, RequestFault> {
        let mut all = asked.to_vec();
        if let Some(value) = self.value("anthropic_beta") {
            let Node::Array(words) = Node::parse(value)? else {
                return Err(RequestFault::field(
                    "anthropic_beta",
                    "This must be an array of strings.",
                ));
            };
            all.extend(words.iter().filter_map(Node::as_text).map(str::to_owned));
        }
        if self
            .value("output_config")
            .is_some_and(|value| contains(value, b"\"effort\""))
        {
            all.push(EFFORT.to_owned());
        }
        Ok(betas::sent(model, &all))
    }

    /// `max_tokens` is added, if given, where the body has none.
    pub(super) fn edits(
        &self,
        model: &str,
        betas: &[&str],
        max_tokens: Option<u64>,
    ) -> Result<Vec<Edit>, RequestFault> {
        let mut added = Vec::new();
        write_object(&mut added, |object| {
            object.text("anthropic_version", ANTHROPIC_VERSION);
            if !betas.is_empty() {
                object.array("anthropic_beta", |array| {
                    for word in betas {
                        array.text(word);
                    }
                });
            }
            if let Some(max_tokens) = max_tokens.filter(|_| self.value("max_tokens").is_none()) {
                object.u64("max_tokens", max_tokens);
            }
        });
        let mut edits = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let text = match self.fate(field, model, betas)? {
                Fate::Keep if matches!(field.name.as_str(), "system" | "tools" | "messages") => {
                    unscoped(field.value, field.span.end - field.value.len(), &mut edits)?;
                    continue;
                }
                Fate::Keep => continue,
                Fate::Drop => Vec::new(),
                Fate::Wrap { name, within } => wrapped(name, within, field.value, at > 0),
            };
            let span = field.span.clone();
            edits.push(Edit { span, text });
        }
        // The fields that were added, without the braces around them.
        let mut added = added.get(1..added.len() - 1).unwrap_or_default().to_vec();
        match edits.first_mut().filter(|edit| edit.span.start == self.begin) {
            // The first field goes; the comma of the next one stays.
            Some(edit) if edit.text.is_empty() => edit.text = added,
            first => {
                if !self.fields.is_empty() {
                    added.push(b',');
                }
                match first {
                    Some(edit) => drop(edit.text.splice(..0, added)),
                    None => edits.insert(
                        0,
                        Edit {
                            span: self.begin..self.begin,
                            text: added,
                        },
                    ),
                }
            }
        }
        Ok(edits)
    }

    fn fate(&self, field: &Field<'_>, model: &str, betas: &[&str]) -> Result<Fate, RequestFault> {
        let value = field.value;
        let word = |words: &[&str]| {
            let text = Node::parse(value).ok();
            text.is_some_and(|node| {
                node == Node::Null || node.as_text().is_some_and(|text| words.contains(&text))
            })
        };
        let drop_if = |harmless: bool, what: &str| {
            if harmless {
                Ok(Fate::Drop)
            } else {
                Err(RequestFault::field(&field.name, what))
            }
        };
        let unless = |kept: bool| if kept { Fate::Keep } else { Fate::Drop };
        match field.name.as_str() {
            // It counts as absent, and may be added.
            "max_tokens" | "output_config" if value == b"null" => Ok(Fate::Drop),
            "model"
            | "stream"
            | "anthropic_version"
            | "anthropic_beta"
            | "fallbacks"
            | "fallback_credit_token"
            | "diagnostics"
            | "billing_policy"
            | "workspace_id"
            | "compaction" => Ok(Fate::Drop),
            "service_tier" => drop_if(
                word(&["auto", "standard_only"]),
                "Amazon Bedrock serves this model on its standard tier; leave this field out.",
            ),
            "speed" => drop_if(
                word(&["standard"]),
                "Amazon Bedrock has no fast mode; leave this field out.",
            ),
            "inference_geo" => drop_if(
                word(&["global"]),
                "On Amazon Bedrock the account's region decides where the model runs; leave this field out.",
            ),
            "container" => drop_if(
                is_nothing(value),
                "Amazon Bedrock has no containers; leave this field out.",
            ),
            "mcp_servers" => drop_if(
                is_nothing(value),
                "Amazon Bedrock calls no MCP servers; offer their tools in `tools`.",
            ),
            "thread" => drop_if(
                is_nothing(value),
                "Amazon Bedrock keeps no conversations; send all of it in `messages`.",
            ),
            "context_management" => {
                let needed = if contains(value, b"\"compact_") {
                    COMPACT
                } else {
                    CONTEXT_MANAGEMENT
                };
                Ok(unless(betas.contains(&needed)))
            }
            "cache_control" => Ok(unless(age(model) == Age::Later)),
            // The older name of `output_config.format`, which Bedrock knows not.
            "output_format" if is_nothing(value) => Ok(Fate::Drop),
            "output_format" if self.value("output_config").is_none() => Ok(Fate::Wrap {
                name: "output_config",
                within: "format",
            }),
            _ => Ok(Fate::Keep),
        }
    }
}

/// A value under another name and in an object of its own.
fn wrapped(name: &str, within: &str, value: &[u8], after_another: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len() + name.len() + within.len() + 12);
    write_object(&mut text, |object| {
        object.object(name, |inner| inner.raw(within, value));
    });
    text.pop();
    let text = text.get(1..).unwrap_or_default();
    if after_another {
        [b",", text].concat()
    } else {
        text.to_vec()
    }
}

/// Whether a value asks for nothing: `null` or an empty array.
fn is_nothing(value: &[u8]) -> bool {
    match Node::parse(value) {
        Ok(Node::Null) => true,
        Ok(Node::Array(items)) => items.is_empty(),
        _ => false,
    }
}

fn contains(value: &[u8], mark: &[u8]) -> bool {
    memchr::memmem::find(value, mark).is_some()
}
