//! Sets up `tracing`: pretty or JSON, to standard output or to a folder with a file a day.

use crate::config::{Log, LogFormat};
use std::io::{BufWriter, IsTerminal};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Lines that wait to be written; beyond it lines are dropped rather than requests held up.
const QUEUE_LINES_MAX: usize = 65_536;
/// Lines that wait together are written together; the writer's thread flushes whenever none is left.
const BUFFER: usize = 64 * 1024;

/// Logging can't begin.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder can't be written.
    #[error(
        "log files can't be written in {folder}: {source}; set TOLLGATE_LOG_DIR to a folder that can be written"
    )]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        source: tracing_appender::rolling::InitError,
    },
    /// The filter can't be read.
    #[error("TOLLGATE_LOG_FILTER: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Logging was set up before.
    #[error("logging was set up twice")]
    Twice,
}

/// Begins logging. Lines still waiting are written when the guard is dropped.
///
/// # Errors
/// If the folder can't be written or the filter can't be read.
pub fn start(settings: &Log) -> Result<WorkerGuard, LogError> {
    let filter = EnvFilter::builder().parse(&settings.filter)?;
    // At its lowest level the signer of AWS requests writes what it signs, session tokens included.
    let filter = filter.add_directive("aws_sigv4=warn".parse()?);
    let (writer, guard, colour) = if let Some(folder) = &settings.dir {
        let file = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("tollgate")
            .filename_suffix("log")
            .max_log_files(settings.keep_days)
            .build(folder)
            .map_err(|source| LogError::Folder {
                folder: folder.display().to_string(),
                source,
            })?;
        let (writer, guard) = queue().finish(BufWriter::with_capacity(BUFFER, file));
        (writer, guard, false)
    } else {
        let (writer, guard) = queue().finish(BufWriter::with_capacity(BUFFER, std::io::stdout()));
        (writer, guard, std::io::stdout().is_terminal())
    };
    install(settings.format, filter, writer, colour)?;
    Ok(guard)
}

fn queue() -> NonBlockingBuilder {
    NonBlockingBuilder::default()
        .buffered_lines_limit(QUEUE_LINES_MAX)
        .lossy(true)
        .thread_name("log-writer")
}

fn install(format: LogFormat, filter: EnvFilter, writer: NonBlocking, colour: bool) -> Result<(), LogError> {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour);
    let writer = BoxMakeWriter::new(writer);
    match format {
        LogFormat::Pretty => lines.with_writer(writer).try_init(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_writer(writer)
            .try_init(),
    }
    .map_err(|_| LogError::Twice)
}
