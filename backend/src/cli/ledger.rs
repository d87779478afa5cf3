//! `tollgate ledger`: the proof that the books agree, and their seals.

mod reprice;
mod seals;
mod verify;

use super::{CliError, WithDatabase};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Reconcile requests, usage, ledger and balances; exits with 1 and names the first row that does not fit.
    Verify(verify::Wanted),
    /// Seal the books now, beside the day's own seal, and send it where seals go.
    Seal {
        #[command(flatten)]
        on: WithDatabase,
    },
    /// List the seals, the newest first.
    Seals {
        /// How many.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Print a seal as it was sent.
    ShowSeal {
        /// Its number.
        seal: i64,
        #[command(flatten)]
        on: WithDatabase,
    },
    /// Price a tenant's past requests anew: show what would change, or book it.
    Reprice(reprice::Wanted),
    /// Retire the key that signs seals and receipts and make another. What it signed can be checked for ever.
    RotateKey {
        #[command(flatten)]
        on: WithDatabase,
    },
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    match action {
        Action::Verify(wanted) => verify::run(wanted, config),
        Action::Seal { on } => seals::seal_now(on, config),
        Action::Seals { limit, on } => seals::list(limit, on, config),
        Action::ShowSeal { seal, on } => seals::show(seal, on, config),
        Action::Reprice(wanted) => reprice::run(wanted, config),
        Action::RotateKey { on } => seals::rotate_key(on, config),
    }
}
