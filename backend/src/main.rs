//! The one binary. Installs the TLS provider, parses the command line and calls one function.

mod app;
mod cli;
mod config;
mod demo;
mod jobs;
mod prices;
mod repricing;
mod server;
mod telemetry;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // First of all: with more than one provider compiled in, rustls would refuse to choose one itself.
    let installed = rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_ok();
    cli::run(cli::Cli::parse(), installed)
}
