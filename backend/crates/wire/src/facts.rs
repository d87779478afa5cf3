//! What the relay must know of a request and of a plain answer, the same for every format; and changes to a body that
//! leave every other byte as it is. Never in here: how any format says it.

use crate::json::{Item, Scanner, write_text};
use crate::usage::{Tier, Usage, estimated_tokens};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// The longest name of a model, in bytes.
pub const MODEL_LENGTH_MAX: usize = 256;
/// The largest output limit: beyond it, JSON readers begin to disagree about a number.
pub const MAX_TOKENS_MAX: u64 = 1 << 53;
/// The most fields at the top; no format has more than some forty.
pub const FIELDS_MAX: usize = 256;
/// The most answers that one request may ask for (OpenAI's own limit of `n`).
pub const CHOICES_MAX: u32 = 128;

/// Calls of the vendor's own tools that a request may make which bounds them by nothing. Usual answers make fewer; what goes
/// beyond is booked all the same.
pub const TOOL_CALLS_EXPECTED: u64 = 20;

/// What the relay must know of a request. The body itself is never written anew for its sake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFacts {
    /// The model asked for, 1 to 256 bytes; empty where the format names it in the path.
    pub model: String,
    /// Where it stands in the body, quotes included; `None` where it does not.
    pub model_span: Option<Range<usize>>,
    /// The most output tokens of one answer, up to 2^53; `None`: no limit given, the model's own holds.
    pub max_output: Option<u64>,
    /// How many answers are asked for, at least 1: each may be as long as the limit.
    pub choices: u32,
    /// Whether the answer is to be streamed, where the body says so.
    pub stream: bool,
    /// What must change in the body so that a streamed answer tells its usage; `None` where it will do so anyway.
    pub usage_edit: Option<Edit>,
    /// No more input tokens than this can be billed, unless [`remote_context`](Self::remote_context).
    pub input_bound: u64,
    /// Pictures whose bytes are in the body. Each is in `input_bound` with what it costs at most in this format's own
    /// vendor's models; other vendors' may be dearer.
    pub images: u64,
    /// Whether the API will read more than is in the body: the model's whole window counts then.
    pub remote_context: bool,
    /// The service tier that is asked for, where its answer may have another price.
    pub tier: Tier,
    /// No more calls of the vendor's own tools than this are expected: what the request itself bounds them to, or
    /// [`TOOL_CALLS_EXPECTED`], since no vendor tells a bound.
    pub tool_calls: u64,
    /// Sound is in the body, whose tokens may have a price of their own.
    pub sound: bool,
    /// What the client tells as its session (Claude Code's in `metadata.user_id`, Codex's `prompt_cache_key`).
    pub session: Option<String>,
    /// Where those parts of the body stand that stay the same over a conversation, for formats without a rule of their own.
    pub stable: Vec<Range<usize>>,
    /// Whether the client asks for the answer to be kept at the vendor's, or not to be; `None` where it does not say.
    pub store: Option<bool>,
}

/// A change of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is taken out; empty: nothing, the text goes in before this byte.
    pub span: Range<usize>,
    /// What comes in its place.
    pub text: Vec<u8>,
}

impl Edit {
    /// Another model's name in the place of the one asked for.
    pub fn model(span: Range<usize>, model: &str) -> Self {
        let mut text = Vec::with_capacity(model.len() + 2);
        write_text(&mut text, model);
        Self { span, text }
    }
}

/// The body with these changes, made in one copy; the same body, not a copy, if they change nothing. Changes that overlap
/// or lie outside are left out.
pub fn apply(body: &Bytes, edits: &[Edit]) -> Bytes {
    let mut wanted: Vec<&Edit> = edits
        .iter()
        .filter(|edit| body.get(edit.span.clone()).is_some_and(|old| old != edit.text))
        .collect();
    if wanted.is_empty() {
        return body.clone();
    }
    wanted.sort_by_key(|edit| edit.span.start);
    let more: usize = wanted.iter().map(|edit| edit.text.len()).sum();
    let (mut changed, mut at) = (Vec::with_capacity(body.len() + more), 0);
    for edit in wanted {
        let Some(before) = body.get(at..edit.span.start) else {
            continue;
        };
        changed.extend_from_slice(before);
        changed.extend_from_slice(&edit.text);
        at = edit.span.end;
    }
    changed.extend_from_slice(body.get(at..).unwrap_or_default());
    changed.into()
}

/// What names the model in a body that does not, for paths that name it (Azure's deployments): a `null` is replaced, else
/// the field is put in first. `None` if the body names one itself, or is no object.
pub fn naming_edit(body: &[u8], model: &str) -> Option<Edit> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value().ok()? else {
        return None;
    };
    let begin = scan.at();
    let (mut first, mut any) = (true, false);
    while let Some(key) = scan.key(first).ok()? {
        (first, any) = (false, true);
        if !key.is("model") {
            scan.skip().ok()?;
            continue;
        }
        let at = scan.value_at();
        return match scan.value().ok()? {
            Item::Null => Some(Edit::model(at..scan.at(), model)),
            _ => None,
        };
    }
    let mut text = b"\"model\":".to_vec();
    text.extend(Edit::model(0..0, model).text);
    if any {
        text.push(b',');
    }
    Some(Edit {
        span: begin..begin,
        text,
    })
}

/// The body with these fields at its top as they are given here, JSON to the letter; `None` takes a field out. All others
/// stay byte for byte, in their order. A body that is no object stays as it is.
pub fn with_fields(body: &Bytes, fields: &[(&str, Option<String>)]) -> Bytes {
    rewritten(body, fields).map_or_else(|| body.clone(), Bytes::from)
}

fn rewritten(body: &[u8], fields: &[(&str, Option<String>)]) -> Option<Vec<u8>> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value().ok()? else {
        return None;
    };
    let mut written = Vec::with_capacity(body.len() + 64);
    written.push(b'{');
    let mut first = true;
    loop {
        let begin = scan.at();
        let Some(key) = scan.key(first).ok()? else { break };
        first = false;
        scan.skip().ok()?;
        if fields.iter().any(|(name, _)| key.is(name)) {
            continue;
        }
        let whole = body.get(begin..scan.at())?.trim_ascii_start();
        let whole = whole.strip_prefix(b",").unwrap_or(whole);
        if written.len() > 1 {
            written.push(b',');
        }
        written.extend_from_slice(whole);
    }
    for (name, value) in fields {
        let Some(value) = value else { continue };
        if written.len() > 1 {
            written.push(b',');
        }
        write_text(&mut written, name);
        written.push(b':');
        written.extend_from_slice(value.as_bytes());
    }
    written.push(b'}');
    Some(written)
}

/// A digest of what stays the same over a conversation, its model included; `None` if nothing is known to.
pub fn stable_key(body: &[u8], facts: &RequestFacts) -> Option<[u8; 16]> {
    if facts.stable.is_empty() {
        return None;
    }
    let mut digest = Sha256::new();
    digest.update(facts.model.as_bytes());
    for span in &facts.stable {
        digest.update([0]);
        digest.update(body.get(span.clone()).unwrap_or_default());
    }
    let digest: [u8; 32] = digest.finalize().into();
    let (half, _) = digest.split_at(16);
    half.try_into().ok()
}

/// What must be known of a plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerFacts {
    /// What it cost; `None` if it does not tell both input and output.
    pub usage: Option<Usage>,
    /// Bytes of its content, as JSON.
    pub content_bytes: u64,
    /// Whether the vendor's bill is another one than the figures at list price, as far as the answer tells: calls of its
    /// own tools, another speed or service tier than the standard one, a chosen place of inference. How much it comes to
    /// is not told.
    pub billed_beside_tokens: bool,
}

impl AnswerFacts {
    /// Output tokens where the answer does not tell: see [`estimated_tokens`].
    pub fn estimated_output(&self) -> u64 {
        self.usage
            .map_or_else(|| estimated_tokens(self.content_bytes), |usage| usage.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_change_their_spans_and_nothing_else() {
        let body = Bytes::from_static(br#"{"model":"a","x":1}"#);
        let edits = [
            Edit {
                span: 17..18,
                text: b"22".to_vec(),
            },
            Edit::model(9..12, "bcd"),
            Edit {
                span: 1..1,
                text: b"\"y\":0,".to_vec(),
            },
        ];
        assert_eq!(apply(&body, &edits), &br#"{"y":0,"model":"bcd","x":22}"#[..]);
    }

    #[test]
    fn a_body_without_a_model_gets_the_paths() {
        let named = |body: &'static str| {
            let edit = naming_edit(body.as_bytes(), "d")?;
            Some(String::from_utf8_lossy(&apply(&Bytes::from_static(body.as_bytes()), &[edit])).into_owned())
        };
        assert_eq!(
            named(r#" { "n" : 1 }"#).as_deref(),
            Some(r#" {"model":"d", "n" : 1 }"#)
        );
        assert_eq!(named("{}").as_deref(), Some(r#"{"model":"d"}"#));
        assert_eq!(
            named(r#"{"n":1,"model":null}"#).as_deref(),
            Some(r#"{"n":1,"model":"d"}"#)
        );
        assert_eq!(named(r#"{"model":"m"}"#), None);
        assert_eq!(named("[]"), None);
    }

    #[test]
    fn fields_at_the_top_are_set_and_taken_out() {
        let changed = |body: &'static str| {
            let body = Bytes::from_static(body.as_bytes());
            let changed = with_fields(&body, &[("store", Some("false".to_owned())), ("max", None)]);
            String::from_utf8_lossy(&changed).into_owned()
        };
        assert_eq!(
            changed(r#"{ "a": {"store":1} , "max":3, "st\u006fre":true,"b":[1]}"#),
            r#"{"a": {"store":1}, "b":[1],"store":false}"#.replace(", \"b", ",\"b")
        );
        assert_eq!(changed("{}"), r#"{"store":false}"#);
        assert_eq!(changed("[1]"), "[1]");
    }

    #[test]
    fn a_body_that_need_not_change_is_not_copied() {
        let body = Bytes::from_static(br#"{"model":"a"}"#);
        let same = apply(&body, &[Edit::model(9..12, "a")]);
        assert_eq!(same.as_ptr(), body.as_ptr());
        assert_eq!(
            apply(
                &body,
                &[Edit {
                    span: 50..60,
                    text: b"x".to_vec()
                }]
            ),
            body
        );
    }
}
