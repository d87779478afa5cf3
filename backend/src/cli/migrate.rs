//! `tollgate migrate`: schema, roles, and the price book that comes with the binary if there is none.

use super::{CliError, database, out};
use crate::app::parts;
use crate::config::{Sources, load};
use crate::prices;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_store::{Clock, Db, migrate};

pub fn run(config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let settings = parts::database(&load(&Sources::of_process(config))?)?;
    let (runtime, core) = database::core_runtime()?;
    runtime.block_on(async {
        let applied = migrate(&settings.url, settings.role_passwords.as_ref())
            .await
            .map_err(CliError::said)?;
        match applied {
            0 => out::line("The schema is up to date."),
            1 => out::line("The schema is up to date: 1 migration was applied."),
            n => out::line(format_args!(
                "The schema is up to date: {n} migrations were applied."
            )),
        }
        if settings.role_passwords.is_some() {
            out::line("The four roles have their passwords.");
        }
        // Signs in as each role, so that what `serve` will need is proved here.
        let db = Db::connect(&settings, core, Clock::system()).await?;
        let written = prices::ensure(&db).await.map_err(CliError::said)?;
        db.close().await;
        if let Some(written) = written {
            out::line(format_args!(
                "The price book is there: the bundled list of {} models.",
                written.models
            ));
        }
        Ok(ExitCode::SUCCESS)
    })
}
