//! What lies at the vendor's: the objects that a request names (earlier responses, conversations, files, cached content),
//! and the one that an answer made. Whoever shares an account at the vendor's could read them, so that the gateway must know
//! whose they are. Never in here: whose they are.

use crate::fault::RequestFault;
use crate::format::ClientFormat;
use crate::json::{Item, Scanner};
use crate::sse::Events;
use crate::tree::Node;
use memchr::memmem;

/// Longer ids are none of a vendor's.
const ID_MAX: usize = 300;
/// More objects than this in one request are looked for together as one that is nobody's.
const NAMED_MAX: usize = 256;

/// The names of fields that hold ids, by format; a body with none of these bytes names nothing.
fn words(format: ClientFormat) -> &'static [&'static [u8]] {
    match format {
        ClientFormat::Claude => &[b"file_id", b"container", b"skill_id"],
        ClientFormat::Chat | ClientFormat::Completions => &[b"file_id", b"vector_store_ids", b"audio"],
        // Items of the input are named by `id` alone.
        ClientFormat::Responses => &[
            b"\"id\"",
            b"previous_response_id",
            b"conversation",
            b"file_id",
            b"vector_store_ids",
            b"container",
            b"skill_id",
        ],
        ClientFormat::Gemini => &[
            b"cachedContent",
            b"cached_content",
            b"fileUri",
            b"file_uri",
            b"fileSearchStoreNames",
            b"file_search_store_names",
        ],
    }
}

/// Whether a plain letter is escaped somewhere (`\u0020` to `\u007f`): so a name can be written of which the bytes are not
/// found.
fn has_escaped_letter(body: &[u8]) -> bool {
    memmem::find_iter(body, b"\\u00").any(|at| matches!(body.get(at + 4), Some(b'2'..=b'7')))
}

/// Where a client's own words stand: what they call an id is none of the vendor's.
fn is_own_words(format: ClientFormat, name: &str, kind: &str) -> bool {
    match format {
        ClientFormat::Claude => {
            matches!(name, "input_schema" | "metadata") || name == "input" && kind.ends_with("tool_use")
        }
        ClientFormat::Gemini => matches!(
            name,
            "args"
                | "response"
                | "parameters"
                | "parametersJsonSchema"
                | "parameters_json_schema"
                | "responseSchema"
                | "response_schema"
        ),
        ClientFormat::Chat | ClientFormat::Completions | ClientFormat::Responses => {
            matches!(name, "parameters" | "schema" | "metadata")
        }
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// An earlier answer (OpenAI's API reference, "Responses").
    Response,
    /// A conversation that the vendor keeps (the same, "Conversations").
    Conversation,
    /// A file, a store of files, or a container with files.
    File,
    /// Cached content (Gemini's API reference, "Caching").
    Cache,
    /// A prompt that the vendor keeps (OpenAI's guide "Reusable prompts").
    Prompt,
}

impl ObjectKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Conversation => "conversation",
            Self::File => "file",
            Self::Cache => "cache",
            Self::Prompt => "prompt",
        }
    }
}

/// An object that a request names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    /// What it is.
    pub kind: ObjectKind,
    /// The vendor's id.
    pub id: String,
    /// The field that names it, as a client knows it.
    pub field: &'static str,
}

/// The objects that a request's body names, each once. A body that can't be read as a tree is refused: what it names
/// could not be known.
///
/// # Errors
/// If it is no JSON, names a field twice, or has half a character.
pub fn named(format: ClientFormat, body: &[u8]) -> Result<Vec<ObjectRef>, RequestFault> {
    let holds = |word: &&[u8]| memmem::find(body, word).is_some();
    if !words(format).iter().any(holds) && !has_escaped_letter(body) {
        return Ok(Vec::new());
    }
    let node =
        Node::parse(body).map_err(|fault| RequestFault::body(format!("The body can't be read: {fault}.")))?;
    let mut found = Found {
        format,
        objects: Vec::new(),
    };
    found.top(&node);
    found.walk(&node);
    Ok(found.objects)
}

struct Found {
    format: ClientFormat,
    objects: Vec<ObjectRef>,
}

impl Found {
    /// What only stands at a request's top.
    fn top(&mut self, node: &Node<'_>) {
        if self.format != ClientFormat::Responses {
            return;
        }
        if let Some(prompt) = node
            .get("prompt")
            .and_then(|prompt| prompt.get("id"))
            .and_then(Node::as_text)
        {
            self.note(ObjectKind::Prompt, "prompt", prompt);
        }
        for item in node.get("input").and_then(Node::as_array).unwrap_or_default() {
            if let Some(id) = item.get("id").and_then(Node::as_text)
                && is_reference(item)
            {
                self.note(ObjectKind::Response, "input", id);
            }
        }
    }

    /// It recurses no deeper than a tree can be.
    fn walk(&mut self, node: &Node<'_>) {
        match node {
            Node::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Node::Object(fields) => {
                let kind = node.get("type").and_then(Node::as_text).unwrap_or_default();
                for (name, value) in fields {
                    if is_own_words(self.format, name, kind) {
                        continue;
                    }
                    self.field(name, value);
                    self.walk(value);
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, name: &str, value: &Node<'_>) {
        let text = value.as_text();
        let id = text.or_else(|| value.get("id").and_then(Node::as_text));
        let all = value.as_array().unwrap_or_default();
        match name {
            "previous_response_id" => self.one(ObjectKind::Response, "previous_response_id", text),
            "conversation" => self.one(ObjectKind::Conversation, "conversation", id),
            "file_id" => self.one(ObjectKind::File, "file_id", text),
            "container" => self.one(ObjectKind::File, "container", id.filter(|id| *id != "auto")),
            "container_id" => self.one(ObjectKind::File, "container_id", text),
            // Skills that the vendor itself offers have names without a prefix.
            "skill_id" => self.one(
                ObjectKind::File,
                "skill_id",
                text.filter(|id| id.starts_with("skill_")),
            ),
            "audio" if self.format == ClientFormat::Chat => {
                let id = value.get("id").and_then(Node::as_text);
                self.one(ObjectKind::Response, "messages", id);
            }
            "file_ids" | "vector_store_ids" | "fileSearchStoreNames" | "file_search_store_names" => {
                for id in all {
                    self.one(ObjectKind::File, "tools", id.as_text());
                }
            }
            "cachedContent" | "cached_content" => self.one(ObjectKind::Cache, "cachedContent", text),
            "fileUri" | "file_uri" => {
                self.one(ObjectKind::File, "fileUri", text.filter(|uri| !is_public(uri)));
            }
            _ => {}
        }
    }

    fn one(&mut self, kind: ObjectKind, field: &'static str, id: Option<&str>) {
        if let Some(id) = id {
            self.note(kind, field, id);
        }
    }

    fn note(&mut self, kind: ObjectKind, field: &'static str, id: &str) {
        let is_new = !self
            .objects
            .iter()
            .any(|known| known.kind == kind && known.id == id);
        if id.is_empty() || !is_new || self.objects.len() > NAMED_MAX {
            return;
        }
        // The last place stands for all that are too many: with an id that nobody has.
        let id = if self.objects.len() == NAMED_MAX {
            String::new()
        } else {
            id.chars().take(ID_MAX + 1).collect()
        };
        self.objects.push(ObjectRef { kind, id, field });
    }
}

/// Whether an item of the input stands for one that the API keeps (OpenAI's API reference, "Responses", input items): by
/// its type, or by its id with nothing beside it.
fn is_reference(item: &Node<'_>) -> bool {
    let kind = item.get("type").and_then(Node::as_text);
    match kind {
        None => item.get("content").is_none(),
        Some("item_reference" | "image_generation_call") => true,
        Some("reasoning") => item.get("encrypted_content").and_then(Node::as_text).is_none(),
        Some(_) => false,
    }
}

/// Whether an address is one that anybody may fetch from: files of Google's own are named by an address as well, and so are
/// those of its storage.
fn is_public(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once("://") else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_ascii_lowercase();
    !(host == "googleapis.com" || host.ends_with(".googleapis.com") || host.is_empty())
}

/// The id of a response that a whole answer of the Responses API is.
pub fn answer_id(body: &[u8]) -> Option<String> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value().ok()? else {
        return None;
    };
    let mut first = true;
    while let Some(key) = scan.key(first).ok()? {
        first = false;
        if !key.is("id") {
            scan.skip().ok()?;
            continue;
        }
        return match scan.value().ok()? {
            Item::Text(id) => kept(&id.decode()?),
            _ => None,
        };
    }
    None
}

/// The id of a response whose stream begins with these events (`response.created`).
pub fn stream_id(events: &[u8]) -> Option<String> {
    Events::new(events, true).find_map(|event| {
        let data = event.data();
        let node = Node::parse(&data).ok()?;
        kept(node.get("response")?.get("id")?.as_text()?)
    })
}

/// An id that can be kept: vendors' own are printable and short.
fn kept(id: &str) -> Option<String> {
    let fits = (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

#[cfg(test)]
mod tests;
