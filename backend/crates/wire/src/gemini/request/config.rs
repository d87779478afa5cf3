//! `generationConfig`, read. Gemini API reference, "Generating content", `GenerationConfig`.

use super::super::names::Object;
use super::super::schema::to_json_schema;
use super::thinking;
use crate::facts::MAX_TOKENS_MAX;
use crate::fault::RequestFault;
use crate::model::{OutputForm, Request};
use crate::tree::Node;

/// What Gemini's models sample from if nobody says otherwise (Google's model pages: "topK 64 (fixed)"). Gemini CLI always
/// says so; formats without such a setting have nothing to refuse there.
const TOP_K_DEFAULT: u64 = 64;
/// The most answers to one request (the same page).
pub(super) const CANDIDATES_MAX: u32 = 8;
const OF_MEDIA: &str = "The model's platform answers in text only; leave this out or use a Gemini account.";

pub(super) fn read<'a>(mut config: Object<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    request.max_output = config.u64("maxOutputTokens")?;
    if request
        .max_output
        .is_some_and(|most| most == 0 || most > MAX_TOKENS_MAX)
    {
        return Err(config.fault("maxOutputTokens", "This must be at least 1."));
    }
    request.temperature = config.f64("temperature", 0.0, 2.0)?;
    request.top_p = config.f64("topP", 0.0, 1.0)?;
    request.top_k = config.u64("topK")?.filter(|top_k| *top_k != TOP_K_DEFAULT);
    request.presence_penalty = config.f64("presencePenalty", -2.0, 2.0)?;
    request.frequency_penalty = config.f64("frequencyPenalty", -2.0, 2.0)?;
    request.seed = config.i64("seed")?;
    request.choices = choices(&mut config)?;
    request.logprobs = logprobs(&mut config)?;
    for (stop, path) in config.items("stopSequences") {
        let Node::Text(stop) = stop else {
            return Err(RequestFault::field(&path, "This must be a string."));
        };
        request.stop.push(stop);
    }
    if let Some(config) = config.object("thinkingConfig")? {
        thinking::read(config, request)?;
    }
    request.output = output(&mut config)?;
    refuse_media(&mut config)?;
    // How closely to look at media, which saves tokens, and an improvement of answers about elections.
    config.drop("mediaResolution");
    config.drop("enableEnhancedCivicAnswers");
    config.nothing_left()
}

fn choices(config: &mut Object<'_>) -> Result<Option<u32>, RequestFault> {
    let Some(count) = config.u64("candidateCount")? else {
        return Ok(None);
    };
    u32::try_from(count)
        .ok()
        .filter(|count| (1..=CANDIDATES_MAX).contains(count))
        .map(Some)
        .ok_or_else(|| config.fault("candidateCount", "This must be a whole number from 1 to 8."))
}

fn logprobs(config: &mut Object<'_>) -> Result<Option<u32>, RequestFault> {
    let wanted = config.bool("responseLogprobs")?.unwrap_or(false);
    let fault = config.fault("logprobs", "This must be a whole number from 0 to 20.");
    let top = match config.u64("logprobs")? {
        None => 0,
        Some(top) => u32::try_from(top).ok().filter(|top| *top <= 20).ok_or(fault)?,
    };
    Ok(wanted.then_some(top))
}

fn output<'a>(config: &mut Object<'a>) -> Result<Option<OutputForm<'a>>, RequestFault> {
    if config.has("responseFormat") {
        return Err(config.fault(
            "responseFormat",
            "This can't be translated; use responseMimeType and responseJsonSchema.",
        ));
    }
    let mut schema = config.schema("responseSchema")?.map(to_json_schema);
    for full in ["responseJsonSchema", "_responseJsonSchema"] {
        if config.has(full) && schema.is_some() {
            return Err(config.fault(full, "Only one schema may be given."));
        }
        schema = config.schema(full)?.or(schema);
    }
    let mime = config.text("responseMimeType")?;
    match (mime.as_deref().unwrap_or_default(), schema) {
        ("application/json", None) => Ok(Some(OutputForm::Json)),
        ("application/json", Some(schema)) => Ok(Some(OutputForm::Schema {
            name: None,
            description: None,
            schema,
            strict: None,
        })),
        ("" | "text/plain", None) => Ok(None),
        ("" | "text/plain", Some(_)) => Err(config.fault(
            "responseMimeType",
            "With a schema this must be `application/json`.",
        )),
        _ => Err(config.fault(
            "responseMimeType",
            "This must be `text/plain` or `application/json`; other kinds can't be asked of the model's platform.",
        )),
    }
}

/// Answers in other than text.
fn refuse_media(config: &mut Object<'_>) -> Result<(), RequestFault> {
    let text = |node: &Node<'_>| {
        node.as_text()
            .is_some_and(|word| word.eq_ignore_ascii_case("TEXT"))
    };
    let modalities = config.items("responseModalities");
    if let Some((_, path)) = modalities.iter().find(|(modality, _)| !text(modality)) {
        return Err(RequestFault::field(path, OF_MEDIA));
    }
    for field in ["speechConfig", "imageConfig"] {
        if config.has(field) {
            return Err(config.fault(field, OF_MEDIA));
        }
    }
    Ok(())
}
