//! `tollgate config`: the example file, the reference, and a check of what is set.

use super::{CliError, out};
use crate::config::{Sources, example, load, reference_markdown};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Action {
    /// Print a complete settings file with every setting's meaning, reason, default and variable.
    #[arg(long)]
    example: bool,
    /// Check the settings file and the environment (`tollgate doctor` also tries them).
    #[arg(long)]
    check: bool,
    /// Print the reference that is docs/settings.md.
    #[arg(long)]
    reference: bool,
}

pub fn run(action: &Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    if action.example {
        out::text(&example());
    } else if action.reference {
        out::text(&reference_markdown());
    } else {
        load(&Sources::of_process(config))?;
        out::line("The settings can be read, and every value is within its bounds.");
    }
    Ok(ExitCode::SUCCESS)
}
