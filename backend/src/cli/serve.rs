//! `tollgate serve`: a node's whole life on one screen. `tollgate dev` leads the same life with its own database.

use super::{CliError, database};
use crate::app::App;
use crate::config::{Settings, Sources, load};
use crate::server::shutdown::Signals;
use crate::server::{socket, workers};
use crate::telemetry::{logs, metrics};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::runtime::Runtime;
use tollgate_store::{Clock, CoreRuntime};

/// Runs until a signal comes.
pub fn run(config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let settings = load(&Sources::of_process(config))?;
    let log = logs::start(&settings.log)?;
    let (runtime, core) = database::core_runtime()?;
    let signals = Signals::install(&core).map_err(CliError::system("signals can't be taken over"))?;
    let code = node(
        Node {
            settings: &settings,
            runtime: &runtime,
            core,
            signals,
        },
        |_| Ok(()),
    );
    // Lines that still wait are written now.
    drop(log);
    code
}

/// What a node needs before it can begin.
#[derive(Debug)]
pub struct Node<'a> {
    /// All settings.
    pub settings: &'a Settings,
    /// The core runtime itself.
    pub runtime: &'a Runtime,
    /// The handle to it.
    pub core: CoreRuntime,
    /// Taken over already: one that came since then ends the node as soon as it has begun.
    pub signals: Signals,
}

/// Begins, listens, serves until a signal comes, ends in order. `listening` is called once connections are taken.
///
/// # Errors
/// If something that the node needs can't be had; what had begun is taken down before.
pub fn node(
    node: Node<'_>,
    listening: impl FnOnce(SocketAddr) -> Result<(), CliError>,
) -> Result<ExitCode, CliError> {
    let Node {
        settings,
        runtime,
        core,
        signals,
    } = node;
    // Before anything else begins: a port that is taken is told at once.
    let door = socket::bind(settings.listen).map_err(CliError::system(format!(
        "can't listen on {} (TOLLGATE_LISTEN)",
        settings.listen
    )))?;
    let metrics = metrics::start(Clock::system()).map_err(CliError::said)?;
    let app = runtime.block_on(App::start(settings, &core, door.address(), metrics))?;
    let served = serve(settings, &app, door, &signals, listening);
    let in_order = runtime.block_on(app.stop(&signals));
    served?;
    Ok(if in_order {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn serve(
    settings: &Settings,
    app: &App,
    door: socket::Door,
    signals: &Signals,
    listening: impl FnOnce(SocketAddr) -> Result<(), CliError>,
) -> Result<(), CliError> {
    if signals.any() {
        return Ok(());
    }
    let address = door.address();
    let listener = door.open().map_err(CliError::system(format!(
        "can't listen on {address} (TOLLGATE_LISTEN)"
    )))?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        "listening on http://{address}"
    );
    listening(address)?;
    let serving = workers::serve(listener, app.mounted(), settings, signals, app.draining());
    actix_web::rt::System::new()
        .block_on(serving)
        .map_err(CliError::system("the server failed"))
}
