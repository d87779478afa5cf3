//! A neutral request, written as Google's. What Google has no word for is left out where it only advises, labels or saves,
//! and refused else.

use super::config::CANDIDATES_MAX;
use super::sent::Sent;
use super::{thinking, tools};
use crate::model::{Aspect, OutputForm, Part, Request, ServiceTier, Target, Unsayable};
use crate::write::{ObjectWriter, write_object};

/// The most stop texts (Gemini API reference, "Generating content", `GenerationConfig`).
const STOPS_MAX: usize = 5;

/// Writes the request's body. The model and whether to stream are for the path.
///
/// # Errors
/// If the request says what Google has no word for. What was written up to then is no body.
pub fn write_request(
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    check(request)?;
    let mut body = ObjectWriter::new(into);
    let sent = Sent::new(request, target.model);
    let mut written = Ok(());
    body.array("contents", |contents| {
        written = sent.turns(&request.turns, contents);
    });
    written?;
    write_system(&mut body, request)?;
    tools::write(&mut body, request)?;
    let mut config = Vec::new();
    write_object(&mut config, |config| write_config(config, request, target));
    if config != b"{}" {
        body.raw("generationConfig", &config);
    }
    body.end();
    Ok(())
}

fn check(request: &Request<'_>) -> Result<(), Unsayable> {
    let refused = |aspect, why: &str| Err(Unsayable::new(aspect, why));
    if request.logit_bias.is_some() {
        return refused(
            Aspect::LogitBias,
            "Google has no bias for single tokens; leave this out.",
        );
    }
    if request.stop.len() > STOPS_MAX {
        return refused(Aspect::Stop, "Google takes at most 5 stop texts.");
    }
    if request.choices.is_some_and(|choices| choices > CANDIDATES_MAX) {
        return refused(Aspect::Choices, "Google gives at most 8 answers to one request.");
    }
    match request.service_tier {
        None | Some(ServiceTier::Auto | ServiceTier::Standard) => Ok(()),
        Some(ServiceTier::Flex | ServiceTier::Priority) => refused(
            Aspect::ServiceTier,
            "Only the standard class of service can be asked of Google's models here; leave this out.",
        ),
    }
}

fn write_system(body: &mut ObjectWriter<'_>, request: &Request<'_>) -> Result<(), Unsayable> {
    let mut texts = Vec::with_capacity(request.system.len());
    for part in &request.system {
        match part {
            Part::Text { text, .. } if text.is_empty() => {}
            Part::Text { text, .. } => texts.push(text),
            _ => {
                let why = "Google's system instruction may hold text only.";
                return Err(Unsayable::new(Aspect::System, why));
            }
        }
    }
    if texts.is_empty() {
        return Ok(());
    }
    body.object("systemInstruction", |content| {
        content.array("parts", |parts| {
            for text in texts {
                parts.object(|part| part.text("text", text));
            }
        });
    });
    Ok(())
}

fn write_config(config: &mut ObjectWriter<'_>, request: &Request<'_>, target: &Target<'_>) {
    if let Some(most) = request.max_output {
        config.u64("maxOutputTokens", most);
    }
    let numbers = [
        ("temperature", request.temperature),
        ("topP", request.top_p),
        ("presencePenalty", request.presence_penalty),
        ("frequencyPenalty", request.frequency_penalty),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            config.f64(name, number);
        }
    }
    if let Some(top_k) = request.top_k {
        // Google's number has 32 bits; no vocabulary is that large.
        config.u64("topK", top_k.min(TOP_K_MAX));
    }
    if let Some(seed) = request.seed {
        config.i64("seed", i64::from(small_seed(seed)));
    }
    if let Some(choices) = request.choices {
        config.u64("candidateCount", u64::from(choices));
    }
    if !request.stop.is_empty() {
        config.array("stopSequences", |stops| {
            for stop in &request.stop {
                stops.text(stop);
            }
        });
    }
    if let Some(top) = request.logprobs {
        config.bool("responseLogprobs", true);
        if top > 0 {
            config.u64("logprobs", u64::from(top));
        }
    }
    match &request.output {
        None => {}
        Some(OutputForm::Json) => config.text("responseMimeType", "application/json"),
        Some(OutputForm::Schema { schema, .. }) => {
            config.text("responseMimeType", "application/json");
            config.node("responseJsonSchema", schema);
        }
    }
    thinking::write(config, request, target.model);
}

const TOP_K_MAX: u64 = i32::MAX as u64;

/// Google's seeds have 32 bits. The same seed of 64 still gives the same one.
fn small_seed(seed: i64) -> i32 {
    i32::try_from(seed).unwrap_or_else(|_| {
        let folded = (seed ^ (seed >> 32)) & i64::from(i32::MAX);
        i32::try_from(folded).unwrap_or(0)
    })
}
