//! OpenAI's `images/generations`: what a request can cost, and what an answer cost. They pass to OpenAI and its like alone.
//! Source: OpenAI's API reference, "Images".
//! Never in here: images within chats.

use super::bound::PREAMBLE_TOKENS;
use super::figures::{FigureFault, figure};
use super::top::{missing, model, read_top, truth, whole};
use crate::facts::{AnswerFacts, RequestFacts};
use crate::fault::{AnswerFault, RequestFault};
use crate::json::{Item, JsonFault, Scanner};
use crate::usage::{OtherUsage, Usage};

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

/// How many items the array that is due has; none if it is no array.
fn items(scan: &mut Scanner<'_>) -> Result<u64, JsonFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Array) {
        scan.leave(item)?;
        return Ok(0);
    }
    let mut count = 0;
    while scan.item(count == 0)? {
        count += 1;
        scan.skip()?;
    }
    Ok(count)
}

/// What `usage` told.
#[derive(Default)]
struct Told {
    /// Whether it was there.
    any: bool,
    input: Option<u64>,
    output: Option<u64>,
    /// Of the input, and of the output: pictures. They have prices of their own (OpenAI, "Pricing", image generation).
    image_input: u64,
    image_output: Option<u64>,
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
    let (mut told, mut has_data, mut svg, mut images) = (Told::default(), false, false, 0);
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
        } else if key.is("data") {
            has_data = true;
            images = items(&mut scan)?;
        } else {
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
        other: OtherUsage {
            image_input: told.image_input.min(input),
            // What the details leave open is pictures: that is what is asked for.
            image_output: told.image_output.unwrap_or(output).min(output),
            images,
            ..OtherUsage::default()
        },
        ..Usage::default()
    });
    // Models that are sold by the picture tell no tokens.
    let by_piece = || Usage {
        other: OtherUsage {
            images,
            ..OtherUsage::default()
        },
        ..Usage::default()
    };
    let usage = usage.or_else(|| (!told.any && images > 0).then(by_piece));
    Ok(AnswerFacts {
        usage,
        content_bytes: 0,
        billed_beside_tokens: svg,
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
        told.any = true;
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("input_tokens") {
                told.input = figure(scan, "input_tokens")?;
            } else if key.is("output_tokens") {
                told.output = figure(scan, "output_tokens")?;
            } else if key.is("input_tokens_details") {
                told.image_input = detail(scan, "image_tokens")?.unwrap_or(0);
            } else if key.is("output_tokens_details") {
                told.image_output = detail(scan, "image_tokens")?;
            } else {
                scan.skip()?;
            }
        }
        Ok(told)
    }
}

/// One figure of the details that are due.
fn detail(scan: &mut Scanner<'_>, name: &'static str) -> Result<Option<u64>, FigureFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        scan.leave(item)?;
        return Ok(None);
    }
    let (mut count, mut first) = (None, true);
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is(name) {
            count = figure(scan, name)?;
        } else {
            scan.skip()?;
        }
    }
    Ok(count)
}
