//! `tollgate reconcile`: a provider's own bill beside the books.

use super::{CliError, WithDatabase, database, operator, out};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_contract::ids::AccountId;
use tollgate_contract::reconcile::REPORT_BYTES_MAX;
use tollgate_manage::{ReportImport, import_report};
use tollgate_store::Db;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Keep a provider's cost or usage report of an account: nothing of it if a line is wrong.
    Import(Import),
}

/// A report and whose bill it is.
#[derive(Debug, Args)]
pub struct Import {
    /// The tenant's short name; `platform` for the platform's own accounts.
    slug: String,
    /// JSON of the provider's admin API (a page, or an array of pages) or a CSV export of its console.
    file: PathBuf,
    /// The account's id.
    #[arg(long, value_name = "ID")]
    account: Uuid,
    /// Take only lines of this project, workspace or API key, as the file names it.
    #[arg(long, default_value = "", value_name = "NAME")]
    scope: String,
    #[command(flatten)]
    on: WithDatabase,
}

pub fn run(action: Action, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let Action::Import(import) = action;
    let on = import.on;
    database::run(config, on, async move |db| keep(&db, import).await)??;
    Ok(ExitCode::SUCCESS)
}

async fn keep(db: &Db, import: Import) -> Result<(), CliError> {
    let (slug, shown) = (&import.slug, import.file.display().to_string());
    let tenant = db.resolve_slug(slug).await?;
    let tenant = tenant.ok_or_else(|| {
        CliError::Said(format!(
            "there is no tenant `{slug}`; `tollgate tenant list` shows all"
        ))
    })?;
    let content =
        std::fs::read_to_string(&import.file).map_err(CliError::system(format!("reading {shown}")))?;
    if content.len() > REPORT_BYTES_MAX {
        return Err(CliError::Said(format!(
            "{shown} has more than {REPORT_BYTES_MAX} bytes; import it in parts"
        )));
    }
    let name = import.file.file_name().unwrap_or_default().to_string_lossy();
    let (tx, by) = (db.tenant(tenant).await?, operator());
    let kept = import_report(
        tx,
        db.clock(),
        ReportImport {
            account: AccountId(import.account),
            scope: import.scope.chars().take(200).collect(),
            file_name: name.chars().take(200).collect(),
            content,
        },
        &by,
    );
    let (id, repeated) = kept
        .await
        .map_err(|error| CliError::Said(format!("{shown}: {error}")))?;
    out::line(if repeated {
        format!("The same content is there already, as {id}; nothing was changed.")
    } else {
        format!("Kept as {id}.")
    });
    Ok(())
}
