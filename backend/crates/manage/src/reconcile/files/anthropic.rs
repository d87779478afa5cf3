//! Anthropic's: `GET /v1/organizations/cost_report` (amounts in cents as decimal text) and `GET
//! /v1/organizations/usage_report/messages`, and the console's CSV exports of cost (`usage_date_utc, model, …, token_type,
//! cost_usd, …`) and of usage (`usage_date_utc, model_version, …, usage_input_tokens_no_cache, …`).

use super::decimal::{count, nano};
use super::table::Row;
use super::{Figures, FileFault, Gathered, Kind, Line};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    data: Vec<Bucket>,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    /// Inclusive.
    starting_at: DateTime<Utc>,
    /// Exclusive.
    ending_at: DateTime<Utc>,
    results: Vec<Entry>,
}

/// A result of either kind; which fields there must be is checked by the kind.
#[derive(Debug, Deserialize)]
struct Entry {
    /// Costs: cents as decimal text, `"123.78912"` is $1.2378912.
    amount: Option<String>,
    currency: Option<String>,
    /// Costs: `tokens`, `web_search`, `code_execution`; absent unless grouped by description.
    cost_type: Option<String>,
    /// Costs: `uncached_input_tokens`, `output_tokens`, …; only of tokens.
    token_type: Option<String>,
    /// Both, where grouped by it.
    model: Option<String>,
    workspace_id: Option<String>,
    /// Usage, grouped by it.
    api_key_id: Option<String>,
    /// Usage.
    uncached_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct CacheCreation {
    #[serde(default)]
    ephemeral_5m_input_tokens: u64,
    #[serde(default)]
    ephemeral_1h_input_tokens: u64,
}

pub(super) fn pages(pages: &[Page], kind: Kind, gathered: &mut Gathered) -> Result<(), FileFault> {
    for (bucket_at, bucket) in pages.iter().flat_map(|page| &page.data).enumerate() {
        let place = format!("data[{bucket_at}]");
        let day = day(&place, bucket.starting_at, bucket.ending_at)?;
        gathered.covers(day);
        for (at, entry) in bucket.results.iter().enumerate() {
            let place = format!("{place}.results[{at}]");
            let (figures, item) = match kind {
                Kind::Cost => (cost(&place, entry)?, item(entry)),
                Kind::Usage => (usage(&place, entry)?, String::new()),
            };
            let scopes = [&entry.workspace_id, &entry.api_key_id].into_iter().flatten();
            let scopes = scopes.cloned().collect();
            let line = Line {
                day,
                model: entry.model.clone().unwrap_or_default(),
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
fn day(place: &str, start: DateTime<Utc>, end: DateTime<Utc>) -> Result<NaiveDate, FileFault> {
    let day = start.date_naive();
    let last = end.checked_sub_signed(TimeDelta::nanoseconds(1));
    if end <= start || last.map(|at| at.date_naive()) != Some(day) {
        return Err(FileFault::new(
            format!("{place}.ending_at"),
            "the bucket must lie within one day in UTC (bucket_width=1d or less)",
        ));
    }
    Ok(day)
}

fn item(entry: &Entry) -> String {
    let of = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    of(&entry.token_type)
        .or_else(|| of(&entry.cost_type))
        .unwrap_or_default()
}

fn cost(place: &str, entry: &Entry) -> Result<Figures, FileFault> {
    let at = |field: &str| format!("{place}.{field}");
    let text = entry.amount.as_deref();
    let text = text.ok_or_else(|| FileFault::new(at("amount"), "is missing"))?;
    if let Some(currency) = entry
        .currency
        .as_deref()
        .filter(|it| !it.eq_ignore_ascii_case("usd"))
    {
        return Err(FileFault::new(at("currency"), format!("`{currency}` is not USD")));
    }
    let amount =
        nano(text, -2).ok_or_else(|| FileFault::new(at("amount"), format!("`{text}` is no amount")))?;
    Ok(Figures {
        amount: Some(amount),
        ..Figures::default()
    })
}

fn usage(place: &str, entry: &Entry) -> Result<Figures, FileFault> {
    let number = |field: &str, value: u64| {
        i64::try_from(value)
            .map(Some)
            .map_err(|_| FileFault::new(format!("{place}.{field}"), "does not fit 64 bits"))
    };
    let told = |field: &str, value: Option<u64>| {
        let value = value.ok_or_else(|| FileFault::new(format!("{place}.{field}"), "is missing"))?;
        number(field, value)
    };
    let (write_5m, write_1h) = entry.cache_creation.as_ref().map_or((0, 0), |it| {
        (it.ephemeral_5m_input_tokens, it.ephemeral_1h_input_tokens)
    });
    Ok(Figures {
        input: told("uncached_input_tokens", entry.uncached_input_tokens)?,
        output: told("output_tokens", entry.output_tokens)?,
        cache_write_5m: number("cache_creation.ephemeral_5m_input_tokens", write_5m)?,
        cache_write_1h: number("cache_creation.ephemeral_1h_input_tokens", write_1h)?,
        cache_read: number(
            "cache_read_input_tokens",
            entry.cache_read_input_tokens.unwrap_or(0),
        )?,
        ..Figures::default()
    })
}

/// Whether these are the columns of a console's export, and of which kind.
pub(super) fn kind_of(columns: &[String]) -> Option<Kind> {
    let has = |name: &str| columns.iter().any(|column| column == name);
    if !has("usage_date_utc") {
        return None;
    }
    match (has("cost_usd"), has("usage_output_tokens")) {
        (true, _) => Some(Kind::Cost),
        (false, true) => Some(Kind::Usage),
        _ => None,
    }
}

/// A row of a console's export.
pub(super) fn row(row: &Row<'_>, kind: Kind, gathered: &mut Gathered) -> Result<(), FileFault> {
    let text = row.cell("usage_date_utc");
    let day = text
        .parse::<NaiveDate>()
        .map_err(|_| row.fault("usage_date_utc", format!("`{text}` is no date (YYYY-MM-DD)")))?;
    let (figures, model, item) = match kind {
        Kind::Cost => {
            let text = row.cell("cost_usd");
            let amount = nano(text, 0)
                .ok_or_else(|| row.fault("cost_usd", format!("`{text}` is no amount of dollars")))?;
            let figures = Figures {
                amount: Some(amount),
                ..Figures::default()
            };
            (figures, row.cell("model"), row.cell("token_type"))
        }
        Kind::Usage => {
            let number = |column: &str| {
                let text = row.cell(column);
                count(text)
                    .map(Some)
                    .ok_or_else(|| row.fault(column, format!("`{text}` is no count")))
            };
            let figures = Figures {
                input: number("usage_input_tokens_no_cache")?,
                output: number("usage_output_tokens")?,
                cache_write_5m: number("usage_input_tokens_cache_write_5m")?,
                cache_write_1h: number("usage_input_tokens_cache_write_1h")?,
                cache_read: number("usage_input_tokens_cache_read")?,
                ..Figures::default()
            };
            (figures, row.cell("model_version"), "")
        }
    };
    let scopes = ["workspace", "api_key", "api_key_id"].map(|column| row.cell(column).to_owned());
    let line = Line {
        day,
        model: model.to_owned(),
        item: item.to_owned(),
        scopes: scopes.to_vec(),
        figures,
    };
    gathered.add(&row.place(), line)
}
