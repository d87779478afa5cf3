//! OpenAI's `images/generations`: what a request can cost, and what an answer cost. They pass to OpenAI and its like alone.
//! Source: OpenAI's API reference, "Images".
//! Never in here: images within chats.

use super::bound::PREAMBLE_TOKENS;
use super::figures::{FigureFault, figure};
use super::top::{missing, model, read_top, truth, whole};
use crate::facts::{AnswerFacts, RequestFacts};
use crate::fault::{AnswerFault, RequestFault};
use crate::json::{Item, Scanner};
use crate::usage::Usage;

/// The most images of one request.
pub const IMAGES_MAX: u64 = 10;
const NO_IMAGES: AnswerFault = AnswerFault::NoAnswer("no list of images");

/// Reads a request. Its input is the prompt alone, which takes no more tokens than it has bytes.
///
/// # Errors
/// If the body is no JSON object, model or prompt are missing, or the images are to be streamed.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let (mut named, mut prompt, mut images) = (None, false, None);
    read_top(body, |name, scan| {
        match name {
            "model" => named = Some(model(scan)?),
            "n" => images = whole(scan, name, IMAGES_MAX)?,
            "prompt" => {
                let Item::Text(_) = scan.value()? else {
                    return Err(RequestFault::field("prompt", "This must be a string."));
                };
                prompt = true;
            }
            "stream" if truth(scan, name)? => {
                let what = "Images are not streamed here; leave the field out.";
                return Err(RequestFault::field(name, what));
            }
            "stream" => {}
            _ => scan.skip()?,
        }
        Ok(())
    })?;
    let (model, span) = named.ok_or_else(|| missing("model", "the name of the model, as a string"))?;
    if !prompt {
        return Err(missing("prompt", "what to show, as a string"));
    }
    let images = images.and_then(|images| u32::try_from(images).ok());
    Ok(RequestFacts {
        model,
        model_span: Some(span),
        choices: images.unwrap_or(1),
        input_bound: (body.len() as u64).saturating_add(PREAMBLE_TOKENS),
        ..RequestFacts::default()
    })
}

/// What `usage` told.
#[derive(Default)]
struct Told {
    input: Option<u64>,
    output: Option<u64>,
    /// Of the input, images; of the output, text. Both have prices of their own (OpenAI, "Pricing", image generation).
    beside: bool,
}

/// Reads a plain answer in one pass. The images' base64 tells nothing of their tokens, so it counts as no content: where
/// the answer tells no usage, the output is not known.
///
/// # Errors
/// If it is no list of images, or tells figures that can't be.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(NO_IMAGES);
    };
    let (mut told, mut has_data, mut svg) = (Told::default(), false, false);
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("usage") {
            told = Told::read(&mut scan)?;
        } else if key.is("svg_usage") {
            // Another model drew it, at its own price.
            let item = scan.value()?;
            svg = !matches!(item, Item::Null);
            scan.leave(item)?;
        } else {
            has_data |= key.is("data");
            scan.skip()?;
        }
    }
    scan.end()?;
    if !has_data {
        return Err(NO_IMAGES);
    }
    let usage = told.input.zip(told.output).map(|(input, output)| Usage {
        input,
        output,
        ..Usage::default()
    });
    Ok(AnswerFacts {
        usage,
        content_bytes: 0,
        billed_beside_tokens: told.beside || svg,
    })
}

impl Told {
    fn read(scan: &mut Scanner<'_>) -> Result<Self, FigureFault> {
        let mut told = Self::default();
        let item = scan.value()?;
        if !matches!(item, Item::Object) {
            scan.leave(item)?;
            return Ok(told);
        }
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("input_tokens") {
                told.input = figure(scan, "input_tokens")?;
            } else if key.is("output_tokens") {
                told.output = figure(scan, "output_tokens")?;
            } else if key.is("input_tokens_details") {
                told.beside |= detail(scan, "image_tokens")? > 0;
            } else if key.is("output_tokens_details") {
                told.beside |= detail(scan, "text_tokens")? > 0;
            } else {
                scan.skip()?;
            }
        }
        Ok(told)
    }
}

/// One figure of the details that are due.
fn detail(scan: &mut Scanner<'_>, name: &'static str) -> Result<u64, FigureFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        scan.leave(item)?;
        return Ok(0);
    }
    let (mut count, mut first) = (0, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is(name) {
            count = figure(scan, name)?.unwrap_or(0);
        } else {
            scan.skip()?;
        }
    }
    Ok(count)
}
