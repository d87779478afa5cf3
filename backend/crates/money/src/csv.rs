//! Price lists as CSV with a header line: the columns of `data/model_prices.csv`, in any order; empty is "not named".

use crate::{ModelPrices, PriceRow};
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::HashSet;

/// Why a file is no price list; each names its line.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// It is no CSV, or a column is missing or not known.
    #[error("{0}")]
    Shape(#[from] ::csv::Error),
    /// A line has a value that makes no sense.
    #[error("line {line}: {text}")]
    Line {
        /// Counted from 1, the header included.
        line: u64,
        /// What is wrong.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    provider: String,
    model: String,
    mode: String,
    input: Option<String>,
    output: Option<String>,
    cache_write_5m: Option<String>,
    cache_write_1h: Option<String>,
    cache_read: Option<String>,
    long_context_above: Option<u64>,
    long_input: Option<String>,
    long_output: Option<String>,
    long_cache_write_5m: Option<String>,
    long_cache_read: Option<String>,
    max_input: Option<u64>,
    max_output: Option<u64>,
    deprecation_date: Option<NaiveDate>,
}

impl From<Record> for PriceRow {
    fn from(record: Record) -> Self {
        Self {
            provider: record.provider,
            model: record.model,
            mode: record.mode,
            input: record.input,
            output: record.output,
            cache_write_5m: record.cache_write_5m,
            cache_write_1h: record.cache_write_1h,
            cache_read: record.cache_read,
            long_context_above: record.long_context_above,
            long_input: record.long_input,
            long_output: record.long_output,
            long_cache_write_5m: record.long_cache_write_5m,
            long_cache_read: record.long_cache_read,
            max_input: record.max_input,
            max_output: record.max_output,
            deprecation_date: record.deprecation_date,
        }
    }
}

/// Reads a price list.
///
/// # Errors
/// The first line that can't be read, has no price for input and output, or names a model a second time.
pub fn parse_csv(text: &str) -> Result<Vec<PriceRow>, CsvError> {
    let mut reader = ::csv::ReaderBuilder::new()
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for record in reader.deserialize::<Record>() {
        let line = u64::try_from(rows.len()).unwrap_or(u64::MAX).saturating_add(2);
        let wrong = |text: String| CsvError::Line { line, text };
        let row = PriceRow::from(record.map_err(|error| match column_at_fault(&error, &header) {
            Some((column, text)) => wrong(format!("{column}: {text}")),
            None => error.into(),
        })?);
        if row.provider.is_empty() || row.model.is_empty() || row.mode.is_empty() {
            return Err(wrong("provider, model and mode can't be empty".to_owned()));
        }
        ModelPrices::new(&row).map_err(|error| wrong(format!("{}/{}: {error}", row.provider, row.model)))?;
        if !seen.insert((row.provider.clone(), row.model.clone(), row.mode.clone())) {
            return Err(wrong(format!(
                "{}/{} ({}) is there twice",
                row.provider, row.model, row.mode
            )));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn column_at_fault<'h>(error: &::csv::Error, header: &'h ::csv::StringRecord) -> Option<(&'h str, String)> {
    let ::csv::ErrorKind::Deserialize { err, .. } = error.kind() else {
        return None;
    };
    let column = header.get(usize::try_from(err.field()?).ok()?)?;
    Some((column, err.kind().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "provider,model,mode,input,output,cache_write_5m,cache_write_1h,cache_read,long_context_above,\
                        long_input,long_output,long_cache_write_5m,long_cache_read,max_input,max_output,deprecation_date\n";

    #[test]
    fn a_faulty_line_is_named() {
        for (line, said) in [
            ("a,m,chat,1,-5,,,,,,,,,,,", "line 2"),
            ("a,m,chat,,5,,,,,,,,,,,", "no input price"),
            ("a,,chat,1,5,,,,,,,,,,,", "can't be empty"),
            ("a,m,chat,1,5,,,,,,,,,many,,", "max_input"),
            ("a,m,chat,1,5,,,,,,,,,,,\na,m,chat,1,5,,,,,,,,,,,", "line 3"),
        ] {
            let error = parse_csv(&format!("{HEAD}{line}\n")).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
