//! `tollgate dev`: everything at once for trying out. The data folder, the private PostgreSQL, the demo tenant and the
//! demo upstream come and go with this process; in between it is the same gateway as `tollgate serve`.

use super::database::core_runtime;
use super::serve::{self, Node};
use super::{CliError, out};
use crate::app::parts;
use crate::config::{ConfigError, Layer, Settings, Sources, env_name, load};
use crate::demo::card::Card;
use crate::demo::cluster::{Cluster, Notice};
use crate::demo::folder::{DevSecrets, Folder, FolderError, default_path};
use crate::demo::upstream::DemoUpstream;
use crate::demo::{database, tenant};
use crate::prices;
use crate::server::shutdown::Signals;
use crate::telemetry::logs;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_store::{Clock, CoreRuntime, Db};

/// Runs until a signal comes.
pub fn run(config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let mut sources = dev_sources(config)?;
    let folder = Folder::open(&load(&sources)?.data_dir)?;
    let secrets = folder.secrets()?;
    let (runtime, core) = core_runtime()?;
    // Before the database starts: a signal must not leave it behind.
    let signals = Signals::install(&core).map_err(CliError::system("signals can't be taken over"))?;
    let mut cluster = Cluster::start(&folder.path, Clock::system(), &mut tell)?;
    let settings = complete(&mut sources, &folder, &secrets, cluster.url())?;
    let log = logs::start(&settings.log)?;
    runtime
        .block_on(database::prepare(&cluster))
        .map_err(CliError::said)?;
    let upstream = DemoUpstream::start(&secrets.upstream_key, Clock::system())
        .map_err(CliError::system("the demo upstream can't be started"))?;
    let filled = runtime.block_on(fill(&settings, &core, &secrets, upstream.url()));
    let node = Node {
        settings: &settings,
        runtime: &runtime,
        core,
        signals,
    };
    let data_dir = folder.path.clone();
    let code = filled.and_then(|()| {
        serve::node(node, |address| {
            let card = Card::new(parts::base_url(&settings, address), &secrets);
            card.write(&data_dir)?;
            out::line(card.summary(&data_dir, &program()));
            Ok(())
        })
    });
    upstream.stop(&runtime);
    cluster.stop();
    drop(log);
    code
}

/// The price book and the demo organisation.
async fn fill(
    settings: &Settings,
    core: &CoreRuntime,
    dev: &DevSecrets,
    upstream_url: &str,
) -> Result<(), CliError> {
    let clock = Clock::system();
    let (hasher, secrets) = (parts::hasher(settings)?, parts::secrets(settings, &clock)?);
    let db = Db::connect(&parts::database(settings)?, core.clone(), clock).await?;
    prices::ensure(&db).await.map_err(CliError::said)?;
    let tools = tenant::Tools {
        db: &db,
        hasher: &hasher,
        secrets: &secrets,
    };
    tenant::ensure(&tools, dev, upstream_url)
        .await
        .map_err(CliError::said)?;
    db.close().await;
    Ok(())
}

/// What `tollgate dev` sets before file and environment have their say.
fn dev_sources(config: Option<PathBuf>) -> Result<Sources, CliError> {
    let mut sources = Sources::of_process(config);
    if sources.sets("database.url") {
        let text = "is set, but `tollgate dev` brings its own database: unset it, or use `tollgate serve`";
        return Err(ConfigError::one(env_name("database.url"), text).into());
    }
    let mut layer: Layer = vec![
        ("log.format", "pretty".to_owned()),
        ("log.filter", "warn,tollgate=info,tollgate_relay=info".to_owned()),
        ("net.allow", "127.0.0.0/8,::1/128".to_owned()),
        ("shutdown.lame_duck", "0s".to_owned()),
    ];
    if !sources.sets("data_dir") {
        layer.push(("data_dir", default_path()?.display().to_string()));
    }
    sources.layer = layer;
    Ok(sources)
}

/// The settings with what the folder and the cluster bring.
fn complete(
    sources: &mut Sources,
    folder: &Folder,
    secrets: &DevSecrets,
    database_url: &str,
) -> Result<Settings, CliError> {
    sources.layer.extend(secrets.layer());
    sources.layer.push(("database.url", database_url.to_owned()));
    let mut settings = load(sources)?;
    settings.data_dir.clone_from(&folder.path);
    Ok(settings)
}

fn tell(notice: Notice) {
    match notice {
        Notice::Creating(folder) => out::line(format_args!(
            "Creating a private PostgreSQL in {} …",
            folder.display()
        )),
        Notice::Elsewhere(folder) => out::line(format_args!(
            "PostgreSQL does not run as root, and its user can't enter the data folder: its files lie in {}.",
            folder.display()
        )),
        Notice::TookOver(pid) => {
            out::line(format_args!(
                "An earlier run left its PostgreSQL (process {pid}) behind; it was stopped."
            ));
        }
    }
}

/// How this program was called.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "tollgate".to_owned())
}

/// The database of `tollgate dev`, for other commands: the running one, or started for as long as this value lives.
#[derive(Debug)]
pub struct DevDatabase {
    /// The settings, with the database's URL.
    pub settings: Settings,
    _cluster: Option<Cluster>,
    _folder: Option<Folder>,
}

impl DevDatabase {
    /// Finds it by the same settings as `tollgate dev`.
    pub fn find(config: Option<PathBuf>) -> Result<Self, CliError> {
        let mut sources = dev_sources(config)?;
        let data_dir = load(&sources)?.data_dir;
        if !data_dir.join("secrets.toml").exists() {
            let text = format!(
                "there is no data of `tollgate dev` in {}: run it first, or set TOLLGATE_DATA_DIR",
                data_dir.display()
            );
            return Err(CliError::Said(text));
        }
        let (folder, cluster, url) = match Folder::open(&data_dir) {
            Ok(folder) => {
                let cluster = Cluster::start(&folder.path, Clock::system(), &mut |_| ())?;
                let url = cluster.url().to_owned();
                (Some(folder), Some(cluster), url)
            }
            Err(FolderError::InUse { folder, .. }) => (None, None, Cluster::url_in(&folder)?),
            Err(error) => return Err(error.into()),
        };
        sources.layer.push(("database.url", url));
        sources
            .layer
            .extend(DevSecrets::read(&data_dir.join("secrets.toml"))?.layer());
        Ok(Self {
            settings: load(&sources)?,
            _cluster: cluster,
            _folder: folder,
        })
    }
}
