//! LiteLLM's public price list (`model_prices_and_context_window.json` of its repository): an object of models, each with
//! prices per token. Numbers are read as they are written, never as floating point.
//! Never in here: prices of providers that no platform of ours has.

use crate::PriceRow;
use crate::csv::{ListError, Rows};
use crate::meter::{Meter, Tier};
use crate::rates::RateKey;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What was read.
#[derive(Debug, Default)]
pub struct LitellmList {
    /// Rows that can be sold.
    pub rows: Vec<PriceRow>,
    /// Entries that were passed over: why, and how many.
    pub left_out: BTreeMap<String, usize>,
}

/// The list's providers that have a platform here, and their names in the price book.
const PROVIDERS: [(&str, &str); 8] = [
    ("anthropic", "anthropic"),
    ("openai", "openai"),
    ("text-completion-openai", "openai"),
    ("azure", "azure_openai"),
    ("azure_text", "azure_openai"),
    ("gemini", "gemini"),
    ("bedrock", "bedrock"),
    ("bedrock_converse", "bedrock"),
];
/// What stands before a model's name in the list and is no part of it.
const PREFIXES: [&str; 4] = ["azure/", "gemini/", "bedrock/", "text-completion-openai/"];
/// Modes that are relayed, and their names in the price book.
const MODES: [(&str, &str); 5] = [
    ("chat", "chat"),
    ("completion", "chat"),
    ("responses", "responses"),
    ("embedding", "embedding"),
    ("image_generation", "image"),
];

/// The list's names of prices, without what says length and tier.
const PRICES: [(&str, Meter); 15] = [
    ("input_cost_per_token", Meter::Input),
    ("output_cost_per_token", Meter::Output),
    ("cache_creation_input_token_cost", Meter::CacheWrite5m),
    ("cache_creation_input_token_cost_above_1hr", Meter::CacheWrite1h),
    ("cache_read_input_token_cost", Meter::CacheRead),
    ("input_cost_per_audio_token", Meter::AudioInput),
    ("cache_read_input_audio_token_cost", Meter::AudioCached),
    ("input_cost_per_image_token", Meter::ImageInput),
    ("output_cost_per_audio_token", Meter::AudioOutput),
    ("output_cost_per_image_token", Meter::ImageOutput),
    ("output_cost_per_reasoning_token", Meter::Reasoning),
    ("output_cost_per_image", Meter::Image),
    ("input_cost_per_request", Meter::Request),
    ("file_search_cost_per_1k_calls", Meter::FileSearch),
    ("code_interpreter_cost_per_session", Meter::CodeExecution),
];
/// How the list ends the names of tiers' prices.
const TIERS: [(&str, Tier); 3] = [
    ("_batches", Tier::Batch),
    ("_flex", Tier::Flex),
    ("_priority", Tier::Priority),
];

/// Reads a list.
///
/// # Errors
/// See [`ListError`]: a model's price that is none is named with its line and field, and nothing is given out.
pub fn parse_litellm(text: &str) -> Result<LitellmList, ListError> {
    let models: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|error| ListError::Shape(error.to_string()))?;
    let (mut list, mut rows) = (LitellmList::default(), Rows::default());
    for (name, raw) in models {
        if name == "sample_spec" {
            continue;
        }
        let line = line_of(text, raw);
        let wrong = |error: String| ListError::Line {
            line,
            text: format!("{name}: {error}"),
        };
        match entry(&name, raw).map_err(wrong)? {
            Ok(row) if rows.has(&row) => list.leave_out("named before under the same provider"),
            Ok(row) => rows.add(row, line)?,
            Err(why) => list.leave_out(&why),
        }
    }
    list.rows = rows.rows;
    Ok(list)
}

impl LitellmList {
    fn leave_out(&mut self, why: &str) {
        let count = self.left_out.entry(why.to_owned()).or_default();
        *count = count.saturating_add(1);
    }
}

/// What of an entry is no price.
#[derive(Deserialize)]
struct About {
    litellm_provider: Option<String>,
    mode: Option<String>,
    deprecation_date: Option<chrono::NaiveDate>,
    max_input_tokens: Option<Box<RawValue>>,
    max_output_tokens: Option<Box<RawValue>>,
    max_tokens: Option<Box<RawValue>>,
}

/// A row; or why there is none; or what is wrong.
fn entry(name: &str, raw: &RawValue) -> Result<Result<PriceRow, String>, String> {
    let about: About = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let provider = about.litellm_provider.unwrap_or_default();
    let Some((_, provider)) = PROVIDERS.iter().find(|(known, _)| *known == provider) else {
        return Ok(Err(format!("provider {provider}")));
    };
    let mode = about.mode.unwrap_or_else(|| "chat".to_owned());
    let Some((_, mode)) = MODES.iter().find(|(known, _)| *known == mode) else {
        return Ok(Err(format!("mode {mode}")));
    };
    let model = PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let count = |field: &str, value: Option<&RawValue>| value.map_or(Ok(None), |raw| tokens(field, raw));
    let mut row = PriceRow {
        provider: (*provider).to_owned(),
        model: model.to_owned(),
        mode: (*mode).to_owned(),
        max_input: count("max_input_tokens", about.max_input_tokens.as_deref())?,
        max_output: count("max_output_tokens", about.max_output_tokens.as_deref())?
            .or(count("max_tokens", about.max_tokens.as_deref())?),
        deprecation_date: about.deprecation_date,
        ..PriceRow::default()
    };
    let fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    for (field, raw) in &fields {
        price(&mut row, field, raw)?;
    }
    let prices = |meter| row.prices.contains_key(&RateKey::plain(meter));
    if row.mode == "embedding" && prices(Meter::Input) && !prices(Meter::Output) {
        row.set(RateKey::plain(Meter::Output), "0".to_owned());
    } else if let (false, Some(drawn)) = (
        prices(Meter::Output),
        row.prices.get(&RateKey::plain(Meter::ImageOutput)).cloned(),
    ) && prices(Meter::Input)
    {
        // What it puts out is pictures alone.
        row.set(RateKey::plain(Meter::Output), drawn);
    } else {
        let by_piece = prices(Meter::Image) || prices(Meter::Request);
        let by_token = prices(Meter::Input) && prices(Meter::Output);
        let half = prices(Meter::Input) != prices(Meter::Output);
        if half || !(by_token || by_piece) {
            return Ok(Err("prices by what is not metered here".to_owned()));
        }
    }
    Ok(Ok(row))
}

/// A number of tokens; what is no whole number is none (some entries say it in words).
fn tokens(field: &str, raw: &RawValue) -> Result<Option<u64>, String> {
    let text = raw.get();
    if text == "null" || text.starts_with('"') {
        return Ok(None);
    }
    let decimal = shifted(text, 0).unwrap_or_default();
    let count = decimal.parse().map(Some);
    count.map_err(|_| format!("{field}: `{}` is not a number of tokens", short(text)))
}

/// Takes a price in, if the field is one.
fn price(row: &mut PriceRow, field: &str, raw: &RawValue) -> Result<(), String> {
    let text = raw.get();
    if text == "null" {
        return Ok(());
    }
    if field == "search_context_cost_per_query" {
        return searches(row, raw);
    }
    let Some((key, above)) = named(field) else {
        return Ok(());
    };
    let digits = match key.meter {
        // By the token there, by the million here.
        meter if meter.per() == crate::Per::Million => 6,
        // By a thousand there, by one here.
        Meter::FileSearch => -3,
        _ => 0,
    };
    let decimal = shifted(text, digits).ok_or_else(|| format!("{field}: `{}` is no number", short(text)))?;
    crate::Price::read(&decimal, key.meter.per()).map_err(|error| format!("{field}: {error}"))?;
    if let Some(above) = above {
        // One threshold a model: the lowest, since the dearer prices hold from there on.
        match row.long_context_above {
            Some(known) if known < above => return Ok(()),
            Some(known) if known > above => row.prices.retain(|key, _| !key.long),
            _ => {}
        }
        row.long_context_above = Some(above);
    }
    row.set(key, decimal);
    Ok(())
}

/// What a search costs: by the size of what is read of it, of which the dearest holds, since the answer tells no size.
fn searches(row: &mut PriceRow, raw: &RawValue) -> Result<(), String> {
    const FIELD: &str = "search_context_cost_per_query";
    let sizes: BTreeMap<String, &RawValue> =
        serde_json::from_str(raw.get()).map_err(|error| format!("{FIELD}: {error}"))?;
    let mut dearest: Option<(crate::Price, String)> = None;
    for raw in sizes.values() {
        let wrong = || format!("{FIELD}: `{}` is no number", short(raw.get()));
        let decimal = shifted(raw.get(), 0).ok_or_else(wrong)?;
        let price =
            crate::Price::read(&decimal, crate::Per::One).map_err(|error| format!("{FIELD}: {error}"))?;
        if dearest.as_ref().is_none_or(|(known, _)| price > *known) {
            dearest = Some((price, decimal));
        }
    }
    if let Some((_, decimal)) = dearest.filter(|(price, _)| *price > crate::Price::ZERO) {
        row.set(RateKey::plain(Meter::WebSearch), decimal);
    }
    Ok(())
}

/// Which price a field is, and above how many tokens.
fn named(field: &str) -> Option<(RateKey, Option<u64>)> {
    let (rest, tier) = TIERS
        .iter()
        .find_map(|(end, tier)| Some((field.strip_suffix(end)?, *tier)))
        .unwrap_or((field, Tier::Standard));
    let (rest, above) = match rest
        .strip_suffix("k_tokens")
        .and_then(|rest| rest.rsplit_once("_above_"))
    {
        Some((rest, thousands)) => (rest, Some(thousands.parse::<u64>().ok()?.checked_mul(1_000)?)),
        None => (rest, None),
    };
    let (_, meter) = PRICES.iter().find(|(known, _)| *known == rest)?;
    let key = RateKey {
        long: above.is_some(),
        tier,
        meter: *meter,
    };
    Some((key, above))
}

/// A JSON number as a plain decimal, the point moved to the right by so many digits; `None` if it is none, below zero, or
/// longer than any price.
fn shifted(number: &str, by: i32) -> Option<String> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.trim_start_matches('+').parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    if digits.is_empty() || digits.len() > 40 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = i32::try_from(whole.len())
        .ok()?
        .checked_add(exponent)?
        .checked_add(by)?;
    if !(-40..=40).contains(&point) {
        return None;
    }
    let before = usize::try_from(point).unwrap_or(0);
    let zeros = usize::try_from(point.checked_neg()?).unwrap_or(0);
    let padded = format!("{}{digits:0<before$}", "0".repeat(zeros));
    let (whole, fraction) = padded.split_at_checked(before)?;
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    })
}

/// The line on which an entry's object begins, counted from 1.
fn line_of(text: &str, raw: &RawValue) -> u64 {
    let at = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.as_bytes().get(..at).unwrap_or_default();
    // Pieces between line breaks: one more than there are breaks.
    u64::try_from(before.split(|byte| *byte == b'\n').count()).unwrap_or(u64::MAX)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
