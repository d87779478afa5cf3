//! `tollgate ledger`: the proof that the books agree.

use super::{CliError, WithDatabase, database, out};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_ledger::verify;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Reconcile requests, usage, ledger and balances; exits with 1 and names the first row that does not fit.
    Verify {
        #[command(flatten)]
        on: WithDatabase,
    },
}

pub fn run(action: &Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let Action::Verify { on } = action;
    let report = database::run(config, *on, async |db| verify(&db).await)?.map_err(CliError::said)?;
    for (check, rows) in &report.checks {
        let failed = report.failures.iter().any(|failure| failure.check == *check);
        out::line(format_args!(
            "{:<8} {check:<40} {rows:>12} rows",
            if failed { "DIFFERS" } else { "ok" }
        ));
    }
    for failure in &report.failures {
        out::problem(failure);
    }
    if !report.passed() {
        out::problem(format_args!(
            "The books do not agree: {} of the checks above differ.",
            report.failures.len()
        ));
        return Ok(ExitCode::FAILURE);
    }
    out::line(format_args!(
        "The books agree: {} rows of {} tenants.",
        report.rows(),
        report.tenants
    ));
    Ok(ExitCode::SUCCESS)
}
