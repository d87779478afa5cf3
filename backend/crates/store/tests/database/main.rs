//! The store against a real PostgreSQL: migrations, the change feed through what breaks it, secrets in their rows.

mod feed;
mod house;
mod migrations;
mod secrets;
