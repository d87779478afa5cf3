//! OpenAI's embeddings: what a request can cost and what an answer cost; and their way to Google's `batchEmbedContents` and
//! back, for embedding models of Gemini.
//! Sources: OpenAI's API reference, "Embeddings"; Google's Gemini API reference, "Embeddings".
//! Never in here: images and chat.

use super::figures::{FigureFault, Figures, figure};
use super::top::{missing, model, read_top, text};
use crate::facts::{AnswerFacts, RequestFacts};
use crate::fault::{AnswerFault, RequestFault};
use crate::fields::Fields;
use crate::json::{Item, Scanner};
use crate::model::Context;
use crate::tree::Node;
use crate::usage::Usage;
use crate::write::{ArrayWriter, write_object};
use std::borrow::Cow;

/// The most texts that Gemini embeds in one request.
pub const GEMINI_TEXTS_MAX: usize = 100;
const NO_LIST: AnswerFault = AnswerFault::NoAnswer("no list of embeddings");

/// Reads a request. Texts and token arrays take no more tokens than they have bytes; nothing is put out.
///
/// # Errors
/// If the body is no JSON object, or model or input are missing.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let (mut named, mut input) = (None, false);
    read_top(body, |name, scan| {
        match name {
            "model" => named = Some(model(scan)?),
            "input" => {
                let item = scan.value()?;
                if !matches!(item, Item::Text(_) | Item::Array) {
                    return Err(RequestFault::field("input", "This must be a string or an array."));
                }
                input = true;
                scan.leave(item)?;
            }
            _ => scan.skip()?,
        }
        Ok(())
    })?;
    let (model, span) = named.ok_or_else(|| missing("model", "the name of the model, as a string"))?;
    if !input {
        return Err(missing("input", "what to embed, as a string or an array"));
    }
    Ok(RequestFacts {
        model,
        model_span: Some(span),
        max_output: Some(0),
        choices: 1,
        input_bound: body.len() as u64,
        ..RequestFacts::default()
    })
}

/// Whether the embeddings are wanted in base64 (little-endian floats of 32 bits), as OpenAI's own clients ask.
pub fn wants_base64(body: &[u8]) -> bool {
    let mut base64 = false;
    let read = read_top(body, |name, scan| {
        if name == "encoding_format" {
            base64 = text(scan)?.is_some_and(|format| format.is("base64"));
        } else {
            scan.skip()?;
        }
        Ok(())
    });
    base64 && read.is_ok()
}

/// Reads a plain answer in OpenAI's format in one pass.
///
/// # Errors
/// If it is no list of embeddings, or tells figures that can't be.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(NO_LIST);
    };
    let (mut figures, mut has_data) = (Figures::default(), false);
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("usage") {
            figures = Figures::read(&mut scan)?;
        } else {
            has_data |= key.is("data");
            scan.skip()?;
        }
    }
    scan.end()?;
    if !has_data {
        return Err(NO_LIST);
    }
    Ok(facts(figures.has_input().then(|| figures.usage())))
}

/// Nothing is put out that would be billed.
fn facts(usage: Option<Usage>) -> AnswerFacts {
    AnswerFacts {
        usage,
        content_bytes: 0,
        billed_beside_tokens: false,
    }
}

/// A request as Gemini's `batchEmbedContents` takes it; `model` is Gemini's name for the model.
///
/// # Errors
/// If it is no request for embeddings, or embeds what is not text.
pub fn to_gemini(body: &[u8], model: &str) -> Result<Vec<u8>, RequestFault> {
    let mut fields = Fields::of(Node::parse(body)?, "")?;
    fields.required_text("model")?;
    let texts = texts(&mut fields)?;
    let dimensions = fields.u64("dimensions")?;
    if dimensions == Some(0) {
        return Err(fields.fault("dimensions", "This must be at least 1."));
    }
    if !matches!(
        fields.text("encoding_format")?.as_deref(),
        None | Some("float" | "base64")
    ) {
        return Err(fields.fault("encoding_format", "This must be float or base64."));
    }
    // A label that changes no embedding.
    fields.take("user");
    fields.nothing_left()?;
    let path = if model.starts_with("models/") {
        model.to_owned()
    } else {
        format!("models/{model}")
    };
    let mut request = Vec::with_capacity(body.len() + 128 * texts.len());
    write_object(&mut request, |object| {
        object.array("requests", |requests| {
            for text in &texts {
                requests.object(|one| {
                    one.text("model", &path);
                    one.object("content", |content| {
                        content.array("parts", |parts| parts.object(|part| part.text("text", text)));
                    });
                    if let Some(dimensions) = dimensions {
                        one.u64("outputDimensionality", dimensions);
                    }
                });
            }
        });
    });
    Ok(request)
}

fn texts<'a>(fields: &mut Fields<'a>) -> Result<Vec<Cow<'a, str>>, RequestFault> {
    let items = match fields.take("input") {
        None => {
            return Err(missing(
                "input",
                "what to embed, as a string or an array of strings",
            ));
        }
        Some(Node::Text(text)) => return Ok(vec![text]),
        Some(Node::Array(items)) if (1..=GEMINI_TEXTS_MAX).contains(&items.len()) => items,
        Some(Node::Array(_)) => {
            let what = format!("This must be 1 to {GEMINI_TEXTS_MAX} strings for a model of Gemini.");
            return Err(fields.fault("input", &what));
        }
        Some(_) => return Err(fields.fault("input", "This must be a string or an array of strings.")),
    };
    let text = |item| match item {
        Node::Text(text) => Ok(text),
        Node::Number(_) | Node::Array(_) => {
            let what =
                "These are tokens of OpenAI's, which a model of Gemini can't read; give the text itself.";
            Err(fields.fault("input", what))
        }
        _ => Err(fields.fault("input", "This must be a string or an array of strings.")),
    };
    items.into_iter().map(text).collect()
}

/// Gemini's answer as OpenAI's, with what it cost. Where Gemini tells no figures, the facts have none, and OpenAI's
/// `usage`, which clients count on, has zeros.
///
/// # Errors
/// If it is no answer of `batchEmbedContents`.
pub fn from_gemini(
    body: &[u8],
    context: &Context,
    base64: bool,
) -> Result<(Vec<u8>, AnswerFacts), AnswerFault> {
    const NO_BATCH: AnswerFault = AnswerFault::NoAnswer("no batch of embeddings");
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(NO_BATCH);
    };
    let (mut data, mut count, mut prompt) = (Vec::with_capacity(body.len()), None, None);
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("embeddings") {
            // Of a field that stands twice the last one counts.
            data.clear();
            count = Some(embeddings(&mut scan, base64, &mut data)?);
        } else if key.is("usageMetadata") {
            prompt = prompt_tokens(&mut scan)?;
        } else {
            scan.skip()?;
        }
    }
    scan.end()?;
    count.ok_or(NO_BATCH)?;
    let mut answer = Vec::with_capacity(data.len() + 128);
    write_object(&mut answer, |object| {
        object.text("object", "list");
        object.raw("data", &data);
        object.text("model", &context.model);
        object.object("usage", |usage| {
            usage.u64("prompt_tokens", prompt.unwrap_or(0));
            usage.u64("total_tokens", prompt.unwrap_or(0));
        });
    });
    let usage = prompt.map(|input| Usage {
        input,
        ..Usage::default()
    });
    Ok((answer, facts(usage)))
}

fn prompt_tokens(scan: &mut Scanner<'_>) -> Result<Option<u64>, FigureFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        scan.leave(item)?;
        return Ok(None);
    }
    let (mut prompt, mut first) = (None, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("promptTokenCount") {
            prompt = figure(scan, "promptTokenCount")?;
        } else {
            scan.skip()?;
        }
    }
    Ok(prompt)
}

/// Reads the array that is due and writes OpenAI's; tells how many there are.
fn embeddings(scan: &mut Scanner<'_>, base64: bool, into: &mut Vec<u8>) -> Result<u64, AnswerFault> {
    const NO_EMBEDDING: AnswerFault = AnswerFault::NoAnswer("a batch of something else than embeddings");
    let Item::Array = scan.value()? else {
        return Err(NO_EMBEDDING);
    };
    let mut count = 0;
    into.push(b'[');
    while scan.item(count == 0)? {
        let Item::Object = scan.value()? else {
            return Err(NO_EMBEDDING);
        };
        let (mut values, mut first) = (None, true);
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("values") {
                values = Some(numbers(scan)?);
            } else {
                scan.skip()?;
            }
        }
        if count > 0 {
            into.push(b',');
        }
        let values = values.ok_or(NO_EMBEDDING)?;
        write_object(into, |object| {
            object.text("object", "embedding");
            object.u64("index", count);
            if base64 {
                object.text("embedding", &encoded(&values));
            } else {
                object.array("embedding", |array| write_numbers(array, &values));
            }
        });
        count += 1;
    }
    into.push(b']');
    Ok(count)
}

fn numbers<'a>(scan: &mut Scanner<'a>) -> Result<Vec<&'a str>, AnswerFault> {
    const NO_NUMBERS: AnswerFault = AnswerFault::NoAnswer("an embedding of something else than numbers");
    let Item::Array = scan.value()? else {
        return Err(NO_NUMBERS);
    };
    let mut numbers = Vec::new();
    while scan.item(numbers.is_empty())? {
        let Item::Number(digits) = scan.value()? else {
            return Err(NO_NUMBERS);
        };
        numbers.push(std::str::from_utf8(digits).map_err(|_| NO_NUMBERS)?);
    }
    Ok(numbers)
}

fn write_numbers(array: &mut ArrayWriter<'_>, numbers: &[&str]) {
    for number in numbers {
        array.item().extend_from_slice(number.as_bytes());
    }
}

/// The numbers as floats of 32 bits, little-endian, in base64.
fn encoded(numbers: &[&str]) -> String {
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.parse::<f32>().unwrap_or(0.0).to_le_bytes())
        .collect();
    base64(&bytes)
}

/// RFC 4648, the standard alphabet, padded.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        let [a, b, c] = three.map(usize::from);
        let sixes = [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63];
        for (at, six) in sixes.into_iter().enumerate() {
            let letter = ALPHABET.get(six).filter(|_| at <= chunk.len()).unwrap_or(&b'=');
            text.push(char::from(*letter));
        }
    }
    text
}
