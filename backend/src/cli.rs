//! The command line: one file per command. Never in here: what a command's work is; it calls that.

mod amount;
mod budget;
mod config;
mod database;
mod dev;
mod doctor;
mod error;
mod explain;
mod export;
mod journal;
mod ledger;
mod migrate;
mod operator;
mod out;
mod prices;
mod receipt;
mod reconcile;
mod serve;
mod tenant;
mod voucher;

pub use error::CliError;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Multi-tenant AI API gateway.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, about, propagate_version = true)]
pub struct Cli {
    /// Settings file (TOML); TOLLGATE_… variables go before it.
    #[arg(long, global = true, env = "TOLLGATE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway: an external PostgreSQL, optionally Redis.
    Serve,
    /// Run everything at once for trying out: its own PostgreSQL, a demo tenant and a demo upstream.
    Dev,
    /// Bring the database's schema up to date and set the roles' passwords.
    Migrate,
    /// Show or check the settings.
    Config(config::Action),
    /// Check settings, database, roles, journal folder and Redis.
    Doctor(WithDatabase),
    /// The books.
    #[command(subcommand)]
    Ledger(ledger::Action),
    /// What lost nodes hold of budgets.
    #[command(subcommand)]
    Budget(budget::Action),
    /// Journals of nodes that are gone.
    #[command(subcommand)]
    Journal(journal::Action),
    /// Where a request would go now, and why; nothing is sent.
    Explain(explain::Question),
    /// Files of usage, sums, transfers and charge-back.
    Export(export::Order),
    /// The platform's own people.
    #[command(subcommand)]
    Operator(operator::Action),
    /// Tenants.
    #[command(subcommand)]
    Tenant(tenant::Action),
    /// Codes that add credit to whoever redeems them.
    #[command(subcommand)]
    Voucher(voucher::Action),
    /// The price book.
    #[command(subcommand)]
    Prices(prices::Action),
    /// Receipts of single requests.
    #[command(subcommand)]
    Receipt(receipt::Action),
    /// Providers' own bills beside the books.
    #[command(subcommand)]
    Reconcile(reconcile::Action),
}

/// Which database a command works on.
#[derive(Clone, Copy, Debug, Args)]
struct WithDatabase {
    /// Use the database of `tollgate dev`, running or not.
    #[arg(long)]
    dev: bool,
}

/// Who runs the command, for ledger and audit log.
fn operator() -> String {
    std::env::var("USER")
        .ok()
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "operator".to_owned())
}

/// Runs the command.
pub fn run(cli: Cli, tls_provider_installed: bool) -> ExitCode {
    if !tls_provider_installed {
        out::problem("tollgate: another TLS provider was installed first; this is a fault of the build");
        return ExitCode::FAILURE;
    }
    let result = match cli.command {
        Command::Serve => serve::run(cli.config),
        Command::Dev => dev::run(cli.config),
        Command::Migrate => migrate::run(cli.config),
        Command::Config(action) => config::run(&action, cli.config),
        Command::Doctor(on) => doctor::run(on, cli.config),
        Command::Ledger(action) => ledger::run(action, cli.config),
        Command::Budget(action) => budget::run(action, cli.config),
        Command::Journal(action) => journal::run(action, cli.config),
        Command::Explain(question) => explain::run(&question, cli.config),
        Command::Export(order) => export::run(order, cli.config),
        Command::Operator(action) => operator::run(action, cli.config),
        Command::Tenant(action) => tenant::run(action, cli.config),
        Command::Voucher(action) => voucher::run(action, cli.config),
        Command::Prices(action) => prices::run(action, cli.config),
        Command::Receipt(action) => receipt::run(&action),
        Command::Reconcile(action) => reconcile::run(action, cli.config),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            for line in error.to_string().lines() {
                out::problem(format_args!("tollgate: {line}"));
            }
            ExitCode::FAILURE
        }
    }
}
