//! Pages of the providers' admin APIs: one page, or an array of pages in their order. A page that says that there is
//! more is refused as the last one: half a report would show differences that are none.

use super::{FileFault, Gathered, Kind, Provider, Report, anthropic, openai};
use serde::Deserialize;
use serde_json::Value;

/// What the first result of a report tells of its kind.
#[derive(Debug, Deserialize)]
struct AnyPage {
    data: Vec<AnyBucket>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Debug, Deserialize)]
struct AnyBucket {
    /// OpenAI's: Unix seconds.
    start_time: Option<i64>,
    /// Anthropic's: RFC 3339.
    starting_at: Option<String>,
    results: Vec<Value>,
}

pub(super) fn read(content: &str, scope: &str) -> Result<Report, FileFault> {
    let pages: Vec<AnyPage> = if content.trim_start().starts_with('[') {
        parse(content)?
    } else {
        vec![parse(content)?]
    };
    if pages.last().is_some_and(|page| page.has_more) {
        return Err(FileFault::new(
            "has_more",
            "the report goes on: fetch the next pages as well and upload all of them as a JSON array",
        ));
    }
    let (provider, kind) = kind(&pages)?;
    let mut gathered = Gathered::new(scope);
    match provider {
        Provider::OpenAi => openai::pages(&parse_pages(content)?, kind, &mut gathered)?,
        Provider::Anthropic => anthropic::pages(&parse_pages(content)?, kind, &mut gathered)?,
    }
    gathered.report(provider, kind, "json")
}

/// Reads pages, whatever kind; an error names the field's path.
fn parse_pages<'a, T: Deserialize<'a>>(content: &'a str) -> Result<Vec<T>, FileFault> {
    if content.trim_start().starts_with('[') {
        parse(content)
    } else {
        Ok(vec![parse(content)?])
    }
}

fn parse<'a, T: Deserialize<'a>>(content: &'a str) -> Result<T, FileFault> {
    let mut reader = serde_json::Deserializer::from_str(content);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { "file".to_owned() } else { path };
        FileFault::new(place, error.into_inner().to_string())
    })?;
    reader
        .end()
        .map_err(|error| FileFault::new("file", format!("there is more after its end: {error}")))?;
    Ok(value)
}

fn kind(pages: &[AnyPage]) -> Result<(Provider, Kind), FileFault> {
    let buckets = || pages.iter().flat_map(|page| &page.data);
    let Some(first) = buckets().next() else {
        return Err(FileFault::new("data", "the report has no buckets"));
    };
    let provider = match (first.start_time, &first.starting_at) {
        (Some(_), None) => Provider::OpenAi,
        (None, Some(_)) => Provider::Anthropic,
        _ => {
            return Err(FileFault::new(
                "data[0]",
                "is no bucket of OpenAI's (`start_time`) or Anthropic's (`starting_at`) reports",
            ));
        }
    };
    let Some(result) = buckets().flat_map(|bucket| &bucket.results).next() else {
        return Err(FileFault::new("data[0].results", "the report has no results"));
    };
    let kind = if result.get("amount").is_some() {
        Kind::Cost
    } else if ["input_tokens", "uncached_input_tokens", "output_tokens"]
        .iter()
        .any(|field| result.get(*field).is_some())
    {
        Kind::Usage
    } else {
        return Err(FileFault::new(
            "results",
            "tell neither an `amount` nor tokens: only cost reports and reports of token usage are read",
        ));
    };
    Ok((provider, kind))
}
