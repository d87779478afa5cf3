//! `tollgate journal`: books what a node left behind that will not come back.

use super::{CliError, WithDatabase, database, out};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tollgate_ledger::drain;

/// Draining again goes on where this left off.
const LIMIT: Duration = Duration::from_mins(30);

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Book what is in the journal folder of a node that is gone, and give back what it had drawn from wallets.
    Drain {
        /// The folder: `journal` in that node's data folder.
        path: PathBuf,
        #[command(flatten)]
        on: WithDatabase,
    },
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let Action::Drain { path, on } = action;
    // Opening would make an empty journal where there is none: a mistyped path must not look like success.
    if !path.join("node").is_file() {
        return Err(CliError::Said(format!(
            "{} is no journal folder: there is no file `node` in it",
            path.display()
        )));
    }
    let drained =
        database::run(config, on, async move |db| drain(&db, &path, LIMIT).await)?.map_err(CliError::said)?;
    out::line(format_args!(
        "Node {}: {} requests were in the journal and are booked, {} of them as estimated or unknown.",
        drained.node_id, drained.entries, drained.recovered
    ));
    for file in &drained.set_aside {
        out::problem(format_args!(
            "{} can't be read and was set aside; what its node had drawn from wallets stays held",
            file.display()
        ));
    }
    Ok(if drained.set_aside.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
