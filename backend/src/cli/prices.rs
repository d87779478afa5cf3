//! `tollgate prices`: which price lists there are, and a new one.

use super::{CliError, WithDatabase, database, out};
use crate::prices::{self, Import, Written};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the versions of the price book.
    List {
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Add a version from a CSV file with the columns of data/model_prices.csv (US dollars per million tokens).
    Import {
        /// The file.
        file: PathBuf,
        /// From when on it holds: `now`, or an instant such as 2026-12-01T00:00:00Z.
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        effective_from: Instant,
        #[command(flatten)]
        on: WithDatabase,
    },
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

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::List { on } => list(config, on)?,
        Action::Import {
            file,
            effective_from,
            on,
        } => import(config, on, file, effective_from)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(config: Option<PathBuf>, on: WithDatabase) -> Result<(), CliError> {
    let lines = database::run(config, on, async |db| prices::list(&db).await)??;
    out::line(format_args!(
        "{:<36} {:<20} {:>6} {:<5}  SOURCE",
        "VERSION", "EFFECTIVE FROM", "ROWS", "HOLDS"
    ));
    for line in lines {
        let from = line.effective_from.format("%Y-%m-%dT%H:%M:%SZ");
        let holds = if line.holds { "now" } else { "" };
        out::line(format_args!(
            "{} {from:<20} {:>6} {holds:<5}  {}",
            line.version, line.rows, line.source
        ));
    }
    Ok(())
}

fn import(
    config: Option<PathBuf>,
    on: WithDatabase,
    file: PathBuf,
    effective_from: Instant,
) -> Result<(), CliError> {
    let text = std::fs::read_to_string(&file).map_err(CliError::system(file.display().to_string()))?;
    let source = file
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let author = super::operator();
    let Written { version, models } = database::run(config, on, async move |db| {
        let import = Import {
            text: &text,
            source: &source,
            effective_from,
            author: &author,
        };
        prices::import(&db, &import).await
    })?
    .map_err(CliError::said)?;
    let from = effective_from.map_or_else(|| "now".to_owned(), |at| at.to_rfc3339());
    out::line(format_args!(
        "Version {version}: prices of {models} models, from {from} on."
    ));
    Ok(())
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
}
