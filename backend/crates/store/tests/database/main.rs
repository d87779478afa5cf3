//! The store against a real PostgreSQL: migrations, the change feed through what breaks it, secrets in their rows.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "tests end by panicking, their helpers too"
)]

mod feed;
mod house;
mod migrations;
mod patience;
mod secrets;
