//! `tollgate export`: a file of a tenant's usage, sums, transfers or charge-back, whole or not at all.

use super::{CliError, WithDatabase, database, out};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tollgate_contract::check;
use tollgate_contract::exports::{ExportFormat, ExportQuery, ExportSource, groups_of};
use tollgate_contract::requests::RequestStatus;
use tollgate_manage::{ExportOrder, Produced, export_to_file};
use tollgate_money::Nano;
use tollgate_store::Db;

/// What is in the file.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Source {
    /// A line for each request and each correction.
    Usage,
    /// Sums, grouped as asked.
    Summary,
    /// The ledger's transfers.
    Transfers,
    /// Sums by cost centre.
    ChargeBack,
}

/// How the file is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// The Cost and Usage dataset of FOCUS 1.4 as CSV; of usage alone.
    Focus,
    /// JSON lines.
    Jsonl,
}

/// What shall be written.
#[derive(Debug, Args)]
pub struct Order {
    /// What is in the file.
    source: Source,
    /// The tenant's slug.
    #[arg(long, value_name = "SLUG")]
    tenant: String,
    /// Requests admitted at or after, for example 2026-11-01T00:00:00Z; 30 days before the end if absent.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<DateTime<Utc>>,
    /// Admitted before; now if absent.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// Exactly what the statement of this closed month holds, for example 2026-11; instead of --from and --to.
    #[arg(long, value_name = "MONTH", value_parser = month, conflicts_with_all = ["from", "to"])]
    statement: Option<String>,
    /// How it is written.
    #[arg(long, default_value = "csv")]
    format: Format,
    /// What a summary is grouped by, with commas between, for example day,model.
    #[arg(long, value_name = "GROUPS", value_parser = groups)]
    group: Option<String>,
    /// Only this model.
    #[arg(long)]
    model: Option<String>,
    /// Only requests that ended so: ok, client_error, upstream_error, timeout, cut, unknown.
    #[arg(long, value_parser = status)]
    status: Option<RequestStatus>,
    /// Only this cost centre.
    #[arg(long)]
    cost_centre: Option<String>,
    /// Begin a CSV file with a byte order mark.
    #[arg(long)]
    bom: bool,
    /// The file; what is there already is replaced once the new one is whole.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    on: WithDatabase,
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let at = DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|error| format!("{error}: write an instant such as 2026-11-01T00:00:00Z"))?;
    check::instant(&at).map_err(|error| error.message.unwrap_or_default().into_owned())?;
    Ok(at)
}

fn month(text: &str) -> Result<String, String> {
    check::month(text).map_err(|error| error.message.unwrap_or_default().into_owned())?;
    Ok(text.to_owned())
}

fn groups(text: &str) -> Result<String, String> {
    match groups_of(text) {
        Some(groups) if !groups.is_empty() => Ok(text.to_owned()),
        _ => Err("unknown group".to_owned()),
    }
}

fn status(text: &str) -> Result<RequestStatus, String> {
    RequestStatus::parse(text).ok_or_else(|| "unknown status".to_owned())
}

pub fn run(order: Order, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let on = order.on;
    let produced = database::run(config, on, async move |db| write(&db, order).await)??;
    out::line(produced);
    Ok(ExitCode::SUCCESS)
}

async fn write(db: &Db, order: Order) -> Result<String, CliError> {
    let slug = order.tenant.clone();
    let tenant = db.resolve_slug(&slug).await?.ok_or_else(|| {
        CliError::Said(format!(
            "there is no tenant {slug}; `tollgate tenant list` shows them"
        ))
    })?;
    let path = order.out.clone();
    let produced = whole_or_not(&path, async |file| {
        let wanted = wanted(&order);
        export_to_file(db, tenant, wanted, file)
            .await
            .map_err(CliError::said)
    })
    .await?;
    Ok(format!(
        "{} rows, together {}, are in {}.",
        produced.rows,
        Nano(produced.total_nano),
        path.display()
    ))
}

fn wanted(order: &Order) -> ExportOrder {
    let source = match order.source {
        Source::Usage => ExportSource::Usage,
        Source::Summary => ExportSource::Summary,
        Source::Transfers => ExportSource::Transfers,
        Source::ChargeBack => ExportSource::ChargeBack,
    };
    let format = match order.format {
        Format::Csv => ExportFormat::Csv,
        Format::Xlsx => ExportFormat::Xlsx,
        Format::Focus => ExportFormat::Focus,
        Format::Jsonl => ExportFormat::Jsonl,
    };
    ExportOrder {
        source,
        format,
        query: ExportQuery {
            from: order.from,
            to: order.to,
            statement: order.statement.clone(),
            group: order.group.clone(),
            model: order.model.clone(),
            status: order.status,
            cost_centre: order.cost_centre.clone(),
            bom: order.bom,
            ..ExportQuery::default()
        },
        only_user: None,
    }
}

/// Writes beside the file and puts it in its place at the end.
async fn whole_or_not(
    path: &Path,
    make: impl AsyncFnOnce(File) -> Result<Produced, CliError>,
) -> Result<Produced, CliError> {
    let refused = |error| CliError::system(format!("{} can't be written", path.display()))(error);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let file = File::create(&beside).map_err(refused)?;
    let made = match file.try_clone().map_err(refused) {
        Ok(copy) => make(copy).await,
        Err(error) => Err(error),
    };
    let placed = made.and_then(|produced| {
        file.sync_all().map_err(refused)?;
        std::fs::rename(&beside, path).map_err(refused)?;
        Ok(produced)
    });
    if placed.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    placed
}
