//! `cargo xtask`: what the repository does to itself. One file per command; never anything that a user of Tollgate runs.

mod sqlx;
mod tidy;
mod web;

use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The repository's own tools.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the web app into frontend-yew/dist, which the binary embeds.
    Web {
        /// Quick to build, large to load: no optimising, no compressing.
        #[arg(long)]
        dev: bool,
    },
    /// Describe every checked query in .sqlx, for builds without a database; needs one itself (DATABASE_URL).
    Sqlx {
        /// Change nothing; fail if .sqlx is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Check the rules of the house that compiler and clippy cannot see.
    Tidy,
}

fn main() -> ExitCode {
    let root = root();
    let outcome = match Arguments::parse().command {
        Command::Web { dev } => web::run(&root, dev).map_err(|error| error.to_string()),
        Command::Sqlx { check } => sqlx::run(&root, check).map_err(|error| error.to_string()),
        Command::Tidy => tidy::run(&root).map_err(|error| error.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// The repository's root: the folder above this package.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// One line to the person who waits. A closed stream is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
