//! Price lists as CSV with a header line: the columns of `data/model_prices.csv`, in any order, and beside them a column
//! for each other price by its name (`batch_input`, `audio_output`, `web_search` …); empty is "not named". Prices of tokens
//! are per million, all others per piece.

use crate::rates::RateKey;
use crate::{ModelPrices, PriceRow};
use std::collections::HashSet;
use std::str::FromStr;

/// A list has at most so many rows: some thirty times what there are models.
const ROWS_MAX: usize = 20_000;
/// The longest name of a provider, platform, model or alias, in bytes.
const NAME_MAX: usize = 200;
/// The most other names of one model.
const ALIASES_MAX: usize = 50;

/// Why a file is no price list; each names its line.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It is no CSV, or a column is missing or not known.
    #[error("{0}")]
    Shape(String),
    /// A line has a value that makes no sense.
    #[error("line {line}: {text}")]
    Line {
        /// Counted from 1, the header included.
        line: u64,
        /// What is wrong.
        text: String,
    },
    /// There are more rows than a list may have.
    #[error("more than {ROWS_MAX} rows")]
    TooLong,
}

impl From<::csv::Error> for ListError {
    fn from(error: ::csv::Error) -> Self {
        Self::Shape(error.to_string())
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Provider,
    Platform,
    Model,
    Aliases,
    Mode,
    LongContextAbove,
    MaxInput,
    MaxOutput,
    DeprecationDate,
    Price(RateKey),
}

impl Column {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "provider" => Self::Provider,
            "platform" => Self::Platform,
            "model" => Self::Model,
            "aliases" => Self::Aliases,
            "mode" => Self::Mode,
            "long_context_above" => Self::LongContextAbove,
            "max_input" => Self::MaxInput,
            "max_output" => Self::MaxOutput,
            "deprecation_date" => Self::DeprecationDate,
            price => Self::Price(price.parse().ok()?),
        })
    }
}

/// Reads a list. Each of its rows can be sold, and none is there twice.
///
/// # Errors
/// See [`ListError`].
pub fn parse_csv(text: &str) -> Result<Vec<PriceRow>, ListError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = ::csv::ReaderBuilder::new()
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns = columns(reader.headers()?)?;
    let mut rows = Rows::default();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let mut row = PriceRow::default();
        for ((name, column), value) in columns.iter().zip(&record) {
            set(&mut row, *column, value).map_err(|error| ListError::Line {
                line,
                text: format!("{name}: {error}"),
            })?;
        }
        rows.add(row, line)?;
    }
    Ok(rows.rows)
}

fn columns(header: &::csv::StringRecord) -> Result<Vec<(String, Column)>, ListError> {
    let mut columns: Vec<(String, Column)> = Vec::with_capacity(header.len());
    for name in header {
        let column =
            Column::of(name).ok_or_else(|| ListError::Shape(format!("column `{name}` is not known")))?;
        if columns.iter().any(|(_, known)| *known == column) {
            return Err(ListError::Shape(format!("column `{name}` is there twice")));
        }
        columns.push((name.to_owned(), column));
    }
    for name in ["provider", "model", "mode", "input", "output"] {
        if !columns.iter().any(|(known, _)| known == name) {
            return Err(ListError::Shape(format!("column `{name}` is missing")));
        }
    }
    Ok(columns)
}

fn set(row: &mut PriceRow, column: Column, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    match column {
        Column::Provider => value.clone_into(&mut row.provider),
        Column::Platform => value.clone_into(&mut row.platform),
        Column::Model => value.clone_into(&mut row.model),
        Column::Aliases => row.aliases = value.split_whitespace().map(str::to_owned).collect(),
        Column::Mode => value.clone_into(&mut row.mode),
        Column::LongContextAbove => row.long_context_above = Some(read(value, "a number of tokens")?),
        Column::MaxInput => row.max_input = Some(read(value, "a number of tokens")?),
        Column::MaxOutput => row.max_output = Some(read(value, "a number of tokens")?),
        Column::DeprecationDate => row.deprecation_date = Some(read(value, "a day such as 2026-12-31")?),
        Column::Price(key) => {
            crate::Price::read(value, key.meter.per()).map_err(|error| error.to_string())?;
            row.set(key, value.to_owned());
        }
    }
    Ok(())
}

fn read<T: FromStr>(value: &str, what: &str) -> Result<T, String> {
    let shown: String = value.chars().take(40).collect();
    value.parse().map_err(|_| format!("`{shown}` is not {what}"))
}

/// Rows as they are read, each looked at as a whole.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<PriceRow>,
    seen: HashSet<[String; 4]>,
}

impl Rows {
    /// Whether a row of the same key is there.
    pub(crate) fn has(&self, row: &PriceRow) -> bool {
        let (provider, platform, model, mode) = row.key();
        self.seen
            .contains(&[provider, platform, model, mode].map(str::to_owned))
    }

    /// Takes a row in, or says what is wrong with it.
    pub(crate) fn add(&mut self, row: PriceRow, line: u64) -> Result<(), ListError> {
        check_row(&row).map_err(|text| ListError::Line { line, text })?;
        let (provider, platform, model, mode) = row.key();
        let key = [provider, platform, model, mode].map(str::to_owned);
        if !self.seen.insert(key) {
            let text = format!("{provider}/{model} ({mode}) is there twice");
            return Err(ListError::Line { line, text });
        }
        if self.rows.len() == ROWS_MAX {
            return Err(ListError::TooLong);
        }
        self.rows.push(row);
        Ok(())
    }
}

/// Whether a row can be sold and found; else what is wrong, with the field's name.
///
/// # Errors
/// In words.
pub fn check_row(row: &PriceRow) -> Result<(), String> {
    if row.provider.is_empty() || row.model.is_empty() || row.mode.is_empty() {
        return Err("provider, model and mode can't be empty".to_owned());
    }
    let names = [&row.provider, &row.platform, &row.model, &row.mode];
    let bad = |name: &String| name.len() > NAME_MAX || name.chars().any(|c| c.is_control() || c == ' ');
    if names.into_iter().chain(&row.aliases).any(bad) {
        return Err(format!(
            "provider, platform, model, mode and aliases have at most {NAME_MAX} bytes and no spaces"
        ));
    }
    if row.aliases.len() > ALIASES_MAX {
        return Err(format!("aliases: at most {ALIASES_MAX}"));
    }
    if row.long_context_above.is_none()
        && let Some((key, _)) = row.named().find(|(key, _)| key.long)
    {
        return Err(format!(
            "{key}: long_context_above is missing, above which it holds"
        ));
    }
    if let Some(count) = [row.long_context_above, row.max_input, row.max_output]
        .into_iter()
        .flatten()
        .find(|count| i64::try_from(*count).is_err())
    {
        return Err(format!("{count} tokens are more than any model has"));
    }
    ModelPrices::new(row)
        .map(drop)
        .map_err(|error| format!("{}/{}: {error}", row.provider, row.model))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "provider,model,mode,input,output,cache_write_5m,cache_write_1h,cache_read,long_context_above,\
                        long_input,long_output,long_cache_write_5m,long_cache_read,max_input,max_output,deprecation_date\n";

    #[test]
    fn a_faulty_line_is_named() {
        for (line, said) in [
            ("a,m,chat,1,-5,,,,,,,,,,,", "line 2: output"),
            ("a,m,chat,,5,,,,,,,,,,,", "no input price"),
            ("a,,chat,1,5,,,,,,,,,,,", "can't be empty"),
            ("a,m,chat,1,5,,,,,,,,,many,,", "max_input"),
            ("a,m,chat,1,5,,,,,6,,,,,,", "long_input"),
            ("a,m,chat,1,5,,,,,,,,,,,2026-13-01", "deprecation_date"),
            ("a,m,chat,1,5,,,,,,,,,,,\na,m,chat,1,5,,,,,,,,,,,", "line 3"),
        ] {
            let error = parse_csv(&format!("{HEAD}{line}\n")).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
    }

    #[test]
    fn other_prices_are_columns_of_their_own() {
        let rows = parse_csv(
            "provider,platform,model,aliases,mode,input,output,batch_input,web_search\n\
             openai,azure_openai,gpt-*,gpt-latest gpt-best,chat,2,8,1,0.01\n",
        )
        .unwrap();
        let row = &rows[0];
        assert_eq!((row.platform.as_str(), row.aliases.len()), ("azure_openai", 2));
        assert_eq!(row.fields()["batch_input"], "1");
        assert_eq!(row.fields()["web_search"], "0.01");
        for (header, said) in [
            ("provider,model,mode,input,output,colour", "colour"),
            ("provider,model,mode,input", "output"),
            ("provider,model,mode,input,output,input", "twice"),
        ] {
            let error = parse_csv(&format!("{header}\n")).unwrap_err().to_string();
            assert!(error.contains(said), "{header}: {error}");
        }
    }
}
