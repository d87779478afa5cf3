//! Why a command failed; each message says what to do.

use crate::config::ConfigError;
use crate::demo::cluster::ClusterError;
use crate::demo::folder::FolderError;
use crate::telemetry::logs::LogError;
use tollgate_store::StoreError;

/// A command's failure.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logging can't begin.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data folder of `tollgate dev`.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The private PostgreSQL of `tollgate dev`.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database.
    #[error("{0}; see TOLLGATE_DATABASE_URL and the passwords beside it (`tollgate doctor` looks closer)")]
    Store(#[from] StoreError),
    /// The system refuses something.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Anything that is said whole.
    #[error("{0}")]
    Said(String),
}

impl CliError {
    /// Adds what was tried to a system's refusal.
    pub fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }

    /// Anything else, as it says itself.
    pub fn said(error: impl std::fmt::Display) -> Self {
        Self::Said(error.to_string())
    }
}
