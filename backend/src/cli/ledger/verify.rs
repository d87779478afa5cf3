//! `tollgate ledger verify`.

use crate::cli::{CliError, WithDatabase, database, out};
use crate::jobs::file_name;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tollgate_ledger::{VerifyFailure, VerifyReport, VerifyScope, document_of, seals, verify_within};
use tollgate_store::Db;

/// Seals compared with their files; years of them.
const SEALS_MAX: i64 = 100_000;

#[derive(Debug, Args)]
pub struct Wanted {
    /// Only what was booked since each chain's last seal, row by row; what is sealed counts with the seal's figures.
    #[arg(long, conflicts_with = "quick")]
    since_seal: bool,
    /// All sums and the chains' links, but compute no hash again.
    #[arg(long)]
    quick: bool,
    /// Compare the seals with the files in this folder, as they were sent out of the database.
    #[arg(long, value_name = "FOLDER")]
    seals: Option<PathBuf>,
    #[command(flatten)]
    on: WithDatabase,
}

pub fn run(wanted: Wanted, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let scope = match (wanted.since_seal, wanted.quick) {
        (true, _) => VerifyScope::SinceSeal,
        (false, true) => VerifyScope::Quick,
        (false, false) => VerifyScope::Whole,
    };
    let folder = wanted.seals;
    let report = database::run(config, wanted.on, async move |db| {
        let mut report = verify_within(&db, scope).await.map_err(CliError::said)?;
        if let Some(folder) = folder {
            compare_files(&db, &folder, &mut report).await?;
        }
        Ok::<_, CliError>(report)
    })??;
    show(&report);
    Ok(if report.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(report: &VerifyReport) {
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
    if report.passed() {
        out::line(format_args!(
            "The books agree: {} rows of {} tenants.",
            report.rows(),
            report.tenants
        ));
    } else {
        out::problem(format_args!(
            "The books do not agree: {} of the checks above differ.",
            report.failures.len()
        ));
    }
}

/// Each file is what the database says of its seal, and each seal has its file. This is what the database's owner can't
/// have changed on both sides.
async fn compare_files(db: &Db, folder: &Path, report: &mut VerifyReport) -> Result<(), CliError> {
    const CHECK: &str = "seal_files";
    let mut tx = db.jobs().await?;
    let known = seals(&mut tx, None, SEALS_MAX).await.map_err(CliError::said)?;
    let numbers: Vec<i64> = known.iter().map(|seal| seal.seal_no).collect();
    let mut misfits = Vec::new();
    let mut note = |seal_no: i64, expected: &str, found: &str| {
        misfits.push(VerifyFailure {
            check: CHECK,
            tenant_id: None,
            row: format!("seal {seal_no}"),
            expected: expected.to_owned(),
            found: found.to_owned(),
        });
    };
    let files = numbers_in(folder)?;
    for seal_no in &files {
        let path = folder.join(file_name(*seal_no));
        let text = fs::read_to_string(&path).map_err(CliError::system(path.display().to_string()))?;
        match document_of(&mut tx, *seal_no).await.map_err(CliError::said)? {
            None => note(*seal_no, "the seal of the file", "no seal in the database"),
            Some(document) if document != text => note(*seal_no, "what the file says", "something else"),
            Some(_) => {}
        }
    }
    for seal_no in numbers.iter().filter(|seal_no| !files.contains(*seal_no)) {
        note(*seal_no, "a file in the folder", "none");
    }
    misfits.sort_by(|one, other| one.row.cmp(&other.row));
    report.checks.insert(CHECK, files.len() as u64);
    report.failures.extend(misfits);
    Ok(())
}

fn numbers_in(folder: &Path) -> Result<Vec<i64>, CliError> {
    let listing = fs::read_dir(folder).map_err(CliError::system(folder.display().to_string()))?;
    let mut numbers = Vec::new();
    for file in listing {
        let name = file
            .map_err(CliError::system(folder.display().to_string()))?
            .file_name();
        let name = name.to_string_lossy();
        let digits = name
            .strip_prefix("seal-")
            .and_then(|rest| rest.strip_suffix(".jsonl"));
        numbers.extend(digits.and_then(|digits| digits.parse::<i64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
