//! OpenAI's: `GET /v1/organization/costs` (buckets of `organization.costs.result`) and `GET
//! /v1/organization/usage/completions` and its siblings (`organization.usage.….result`), and the dashboard's CSV
//! exports, whose columns are the same fields.

use super::decimal::{count, nano};
use super::table::Row;
use super::{Figures, FileFault, Gathered, Kind, Line};
use chrono::{DateTime, NaiveDate};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    data: Vec<Bucket<'a>>,
}

#[derive(Debug, Deserialize)]
struct Bucket<'a> {
    /// Unix seconds, inclusive.
    start_time: i64,
    /// Unix seconds, exclusive.
    end_time: i64,
    #[serde(borrow)]
    results: Vec<Entry<'a>>,
}

/// A result of either kind; which fields there must be is checked by the kind.
#[derive(Debug, Deserialize)]
struct Entry<'a> {
    /// Costs: `{"value": 0.06, "currency": "usd"}`, dollars.
    #[serde(borrow)]
    amount: Option<Amount<'a>>,
    /// Costs, grouped by it: `gpt-4o-2024-08-06, input`.
    line_item: Option<String>,
    project_id: Option<String>,
    api_key_id: Option<String>,
    /// Usage, grouped by it.
    model: Option<String>,
    /// Usage: all input tokens, cached ones included.
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    /// Usage: of the input tokens, those read from a cache.
    input_cached_tokens: Option<u64>,
    num_model_requests: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Amount<'a> {
    /// As it is written: a number, in some versions a text.
    #[serde(borrow)]
    value: &'a RawValue,
    currency: String,
}

pub(super) fn pages(pages: &[Page<'_>], kind: Kind, gathered: &mut Gathered) -> Result<(), FileFault> {
    for (bucket_at, bucket) in pages.iter().flat_map(|page| &page.data).enumerate() {
        let place = format!("data[{bucket_at}]");
        let day = day(&place, bucket.start_time, bucket.end_time)?;
        gathered.covers(day);
        for (at, entry) in bucket.results.iter().enumerate() {
            let place = format!("{place}.results[{at}]");
            let figures = match kind {
                Kind::Cost => cost(&place, entry)?,
                Kind::Usage => usage(&place, entry)?,
            };
            let (model, item) = match kind {
                Kind::Cost => line_item(entry.line_item.as_deref().unwrap_or_default()),
                Kind::Usage => (entry.model.clone().unwrap_or_default(), String::new()),
            };
            let scopes = [&entry.project_id, &entry.api_key_id].into_iter().flatten();
            let scopes = scopes.cloned().collect();
            let line = Line {
                day,
                model,
                item,
                scopes,
                figures,
            };
            gathered.add(&place, line)?;
        }
    }
    Ok(())
}

/// The bucket's day; one that is wider could not be told by day.
fn day(place: &str, start: i64, end: i64) -> Result<NaiveDate, FileFault> {
    let of = |seconds| DateTime::from_timestamp(seconds, 0).map(|at| at.date_naive());
    let day = of(start).ok_or_else(|| FileFault::new(format!("{place}.start_time"), "is no time"))?;
    if end <= start || of(end - 1) != Some(day) {
        return Err(FileFault::new(
            format!("{place}.end_time"),
            "the bucket must lie within one day in UTC (bucket_width=1d or less)",
        ));
    }
    Ok(day)
}

fn cost(place: &str, entry: &Entry<'_>) -> Result<Figures, FileFault> {
    let amount = entry.amount.as_ref();
    let amount = amount.ok_or_else(|| FileFault::new(format!("{place}.amount"), "is missing"))?;
    usd(&format!("{place}.amount.currency"), &amount.currency)?;
    dollars(
        &format!("{place}.amount.value"),
        amount.value.get().trim_matches('"'),
    )
}

fn usd(place: &str, currency: &str) -> Result<(), FileFault> {
    if currency.eq_ignore_ascii_case("usd") {
        return Ok(());
    }
    Err(FileFault::new(place, format!("`{currency}` is not USD")))
}

fn dollars(place: &str, text: &str) -> Result<Figures, FileFault> {
    let amount = nano(text, 0);
    let amount = amount.ok_or_else(|| FileFault::new(place, format!("`{text}` is no amount of dollars")))?;
    Ok(Figures {
        amount: Some(amount),
        ..Figures::default()
    })
}

fn usage(place: &str, entry: &Entry<'_>) -> Result<Figures, FileFault> {
    let number = |field: &str, value: Option<u64>| {
        i64::try_from(value.unwrap_or(0))
            .map_err(|_| FileFault::new(format!("{place}.{field}"), "does not fit 64 bits"))
    };
    if entry.input_tokens.is_none() && entry.output_tokens.is_none() {
        return Err(FileFault::new(format!("{place}.input_tokens"), "is missing"));
    }
    let (input, cached) = (
        number("input_tokens", entry.input_tokens)?,
        number("input_cached_tokens", entry.input_cached_tokens)?,
    );
    tokens(
        &format!("{place}.input_cached_tokens"),
        (input, cached),
        number("output_tokens", entry.output_tokens)?,
        number("num_model_requests", entry.num_model_requests)?,
    )
}

/// OpenAI counts what was cached within the input; here the two stand apart, as everywhere in the house.
fn tokens(
    place: &str,
    (input, cached): (i64, i64),
    output: i64,
    requests: i64,
) -> Result<Figures, FileFault> {
    if cached > input {
        return Err(FileFault::new(place, "are more than all input tokens"));
    }
    Ok(Figures {
        requests: Some(requests),
        input: Some(input - cached),
        output: Some(output),
        cache_read: Some(cached),
        ..Figures::default()
    })
}

/// `gpt-4o-2024-08-06, input` is the model and what was billed of it.
fn line_item(text: &str) -> (String, String) {
    match text.split_once(", ") {
        Some((model, item)) => (model.to_owned(), item.to_owned()),
        None => (text.to_owned(), String::new()),
    }
}

/// Whether these are the columns of a dashboard's export, and of which kind.
pub(super) fn kind_of(columns: &[String]) -> Option<Kind> {
    let has = |name: &str| columns.iter().any(|column| column == name);
    if !has("start_time") || !has("end_time") {
        return None;
    }
    match (has("amount_value"), has("input_tokens")) {
        (true, _) => Some(Kind::Cost),
        (false, true) => Some(Kind::Usage),
        _ => None,
    }
}

/// A row of a dashboard's export. A day without usage has a row with empty cells.
pub(super) fn row(row: &Row<'_>, kind: Kind, gathered: &mut Gathered) -> Result<(), FileFault> {
    let seconds = |column: &str| {
        let text = row.cell(column);
        text.parse::<i64>()
            .map_err(|_| row.fault(column, format!("`{text}` is no Unix time")))
    };
    let day = day(&row.place(), seconds("start_time")?, seconds("end_time")?)?;
    gathered.covers(day);
    let told = if kind == Kind::Cost {
        "amount_value"
    } else {
        "input_tokens"
    };
    if row.cell(told).is_empty() {
        return Ok(());
    }
    let (figures, model, item) = match kind {
        Kind::Cost => {
            usd(&row.at("amount_currency"), row.cell("amount_currency"))?;
            let figures = dollars(&row.at("amount_value"), row.cell("amount_value"))?;
            let (model, item) = line_item(row.cell("line_item"));
            (figures, model, item)
        }
        Kind::Usage => {
            let number = |column: &str| {
                let text = row.cell(column);
                if text.is_empty() {
                    return Ok(0);
                }
                count(text).ok_or_else(|| row.fault(column, format!("`{text}` is no count")))
            };
            let input = (number("input_tokens")?, number("input_cached_tokens")?);
            let (output, requests) = (number("output_tokens")?, number("num_model_requests")?);
            let figures = tokens(&row.at("input_cached_tokens"), input, output, requests)?;
            (figures, row.cell("model").to_owned(), String::new())
        }
    };
    let scopes = ["project_id", "api_key_id", "project_name"].map(|column| row.cell(column).to_owned());
    let line = Line {
        day,
        model,
        item,
        scopes: scopes.to_vec(),
        figures,
    };
    gathered.add(&row.place(), line)
}
