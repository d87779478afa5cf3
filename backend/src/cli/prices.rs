//! `tollgate prices`: which price lists there are, and a new one.

use super::{CliError, WithDatabase, database, out};
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_manage::{Import, ListFormat, Written, import_prices, list_prices, look_at_prices};
use tollgate_money::{Currency, Factor, FieldChange, ListDiff, PriceRow};

/// So many models of each part of a difference are shown.
const SHOWN_MAX: usize = 50;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the versions of the price book.
    List {
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Add a version from a file: its prices hold from an instant on. Tells what changes against the newest version.
    Import {
        #[command(flatten)]
        list: List,
        #[command(flatten)]
        on: WithDatabase,
    },
}

/// A price list.
#[derive(Debug, Args)]
pub struct List {
    /// The file.
    file: PathBuf,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// From when on it holds: `now`, or an instant such as 2026-12-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    effective_from: Instant,
    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,
    /// What its prices are in, where that is not US dollars: a code such as EUR.
    #[arg(long, value_name = "CODE", requires_all = ["usd_rate", "rate_date"], value_parser = code)]
    currency: Option<String>,
    /// What a unit of that currency is in US dollars, such as 1.0834.
    #[arg(long, value_name = "RATE", requires = "currency")]
    usd_rate: Option<Factor>,
    /// The day of that rate.
    #[arg(long, value_name = "DAY", requires = "currency")]
    rate_date: Option<NaiveDate>,
    /// What the version is for.
    #[arg(long, default_value = "")]
    note: String,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// With the columns of data/model_prices.csv, and one for each other price by its name (US dollars per million tokens).
    Csv,
    /// LiteLLM's `model_prices_and_context_window.json`.
    Litellm,
}

/// `None`: now.
type Instant = Option<DateTime<Utc>>;

fn instant(text: &str) -> Result<Instant, String> {
    if text == "now" {
        return Ok(None);
    }
    let read = DateTime::parse_from_rfc3339(text).map_err(|error| {
        format!("{error}; write `now` or an instant with its zone, such as 2026-12-01T00:00:00Z")
    })?;
    Ok(Some(read.to_utc()))
}

fn code(text: &str) -> Result<String, String> {
    let right = text.len() == 3 && text != "USD" && text.bytes().all(|letter| letter.is_ascii_uppercase());
    if right {
        return Ok(text.to_owned());
    }
    Err("write three capital letters such as EUR; US dollars need no rate".to_owned())
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::List { on } => list(config, on)?,
        Action::Import { list, on } => import(config, on, list)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(config: Option<PathBuf>, on: WithDatabase) -> Result<(), CliError> {
    let lines = database::run(config, on, async |db| list_prices(&db).await)??;
    out::line(format_args!(
        "{:<36} {:<20} {:>6} {:<5} {:<4}  SOURCE",
        "VERSION", "EFFECTIVE FROM", "ROWS", "HOLDS", "IN"
    ));
    for line in lines {
        let from = line.effective_from.format("%Y-%m-%dT%H:%M:%SZ");
        let holds = if line.holds { "now" } else { "" };
        out::line(format_args!(
            "{} {from:<20} {:>6} {holds:<5} {:<4}  {}",
            line.id, line.rows, line.currency, line.source
        ));
    }
    Ok(())
}

fn import(config: Option<PathBuf>, on: WithDatabase, list: List) -> Result<(), CliError> {
    let text =
        std::fs::read_to_string(&list.file).map_err(CliError::system(list.file.display().to_string()))?;
    let source = list
        .file
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let author = super::operator();
    let effective_from = list.effective_from;
    let written = database::run(config, on, async move |db| {
        let import = Import {
            format: match list.format {
                Format::Csv => ListFormat::Csv,
                Format::Litellm => ListFormat::Litellm,
            },
            text: &text,
            source: &source,
            effective_from: list.effective_from,
            currency: list.currency.map_or_else(Currency::default, |code| Currency {
                code,
                rate: list.usd_rate.unwrap_or_default(),
                dated: list.rate_date,
            }),
            author: &author,
            note: &list.note,
            base: None,
        };
        if list.dry_run {
            return look_at_prices(&db, &import).await;
        }
        import_prices(&db, &import).await
    })?
    .map_err(CliError::said)?;
    tell(&written);
    let from = effective_from.map_or_else(|| "now".to_owned(), |at| at.to_rfc3339());
    match written.version {
        Some(version) => out::line(format_args!(
            "Version {version}: prices of {} models, from {from} on.",
            written.models
        )),
        None => out::line(format_args!(
            "Nothing was written: without --dry-run, prices of {} models would hold from {from} on.",
            written.models
        )),
    }
    Ok(())
}

/// What changes, model by model.
fn tell(written: &Written) {
    let ListDiff {
        added,
        removed,
        changed,
        same,
    } = &written.diff;
    for (why, count) in &written.left_out {
        out::line(format_args!("left out: {count} × {why}"));
    }
    rows("+", added);
    rows("-", removed);
    for change in changed.iter().take(SHOWN_MAX) {
        let (provider, platform, model, mode) = &change.key;
        let fields: Vec<String> = change.fields.iter().map(field).collect();
        out::line(format_args!(
            "~ {} {mode}: {}",
            name(provider, platform, model),
            fields.join(", ")
        ));
    }
    more(changed.len());
    out::line(format_args!(
        "{} added, {} removed, {} changed, {same} the same.",
        added.len(),
        removed.len(),
        changed.len()
    ));
}

fn rows(mark: &str, rows: &[PriceRow]) {
    for row in rows.iter().take(SHOWN_MAX) {
        let named = name(&row.provider, &row.platform, &row.model);
        out::line(format_args!("{mark} {named} {}", row.mode));
    }
    more(rows.len());
}

fn more(count: usize) {
    if count > SHOWN_MAX {
        out::line(format_args!("  … and {} more", count - SHOWN_MAX));
    }
}

fn name(provider: &str, platform: &str, model: &str) -> String {
    if platform.is_empty() {
        return format!("{provider}/{model}");
    }
    format!("{provider}/{model} on {platform}")
}

fn field(change: &FieldChange) -> String {
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let percent = change.change.map_or_else(String::new, |hundredths| {
        let sign = if hundredths < 0 { "-" } else { "+" };
        let size = hundredths.unsigned_abs();
        format!(" ({sign}{}.{:02} %)", size / 100, size % 100)
    });
    format!(
        "{} {} → {}{percent}",
        change.field,
        told(&change.old),
        told(&change.new)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_a_zone_or_is_now() {
        assert_eq!(instant("now"), Ok(None));
        let read = instant("2026-12-01T08:00:00+08:00")
            .expect("an instant")
            .expect("not now");
        assert_eq!(read.to_rfc3339(), "2026-12-01T00:00:00+00:00");
        assert!(instant("2026-12-01").is_err() && instant("tomorrow").is_err());
    }

    #[test]
    fn a_change_is_told_with_its_per_cent() {
        let change = FieldChange {
            field: "input".to_owned(),
            old: Some("3".to_owned()),
            new: Some("2".to_owned()),
            change: Some(-3_333),
        };
        assert_eq!(field(&change), "input 3 → 2 (-33.33 %)");
    }
}
