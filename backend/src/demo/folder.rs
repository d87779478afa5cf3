//! The data folder of `tollgate dev`: its lock, and the secrets that are made at the first start and kept in it.

use super::cluster::{ClusterError, at};
use crate::config::Layer;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tollgate_store::{ApiKeySecret, new_token};

/// Why the folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error(
        "{folder} is in use by another `tollgate dev` (process {pid}): stop that one, or set TOLLGATE_DATA_DIR to another folder"
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who has it.
        pid: String,
    },
    /// A file can't be read or written.
    #[error(transparent)]
    File(#[from] ClusterError),
    /// The secrets were changed by hand and can't be read.
    #[error("{0} can't be read ({1}): restore it, or delete the whole folder to begin anew")]
    Secrets(PathBuf, String),
    /// There is no home folder to put it in.
    #[error("neither TOLLGATE_DATA_DIR, XDG_DATA_HOME nor HOME is set: set TOLLGATE_DATA_DIR to a folder")]
    NoHome,
}

/// Where the data lies when nobody says so.
pub fn default_path() -> Result<PathBuf, FolderError> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_DATA_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("tollgate"))
        .ok_or(FolderError::NoHome)
}

/// The folder, locked for this process as long as the value lives.
#[derive(Debug)]
pub struct Folder {
    /// Absolute path.
    pub path: PathBuf,
    _lock: File,
}

/// What is made at the first start.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevSecrets {
    /// See the setting `secrets.master_key`.
    pub master_key: String,
    /// See `secrets.pepper`.
    pub pepper: String,
    /// See `secrets.jwt`.
    pub jwt: String,
    /// The demo owner's password.
    pub admin_password: String,
    /// The demo member's password.
    pub member_password: String,
    /// The demo key.
    pub api_key: String,
    /// The credential that the demo upstream asks for.
    pub upstream_key: String,
}

impl DevSecrets {
    fn generate() -> Self {
        use secrecy::ExposeSecret;
        let mut rng = rand::rng();
        let mut token = || new_token(&mut rng).expose_secret().to_owned();
        let (master_key, pepper, jwt, upstream_key) = (token(), token(), token(), token());
        // 80 random bits each; shorter than a token because people type them.
        let mut password = || token().chars().take(20).collect::<String>();
        let (admin_password, member_password) = (password(), password());
        let api_key = ApiKeySecret::generate(&mut rand::rng()).expose().to_owned();
        let upstream_key = format!("sk-demo-{upstream_key}");
        Self {
            master_key,
            pepper,
            jwt,
            admin_password,
            member_password,
            api_key,
            upstream_key,
        }
    }

    /// Reads the file in which they are kept.
    ///
    /// # Errors
    /// `File` if there is none, `Secrets` if it was changed by hand and can't be read.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let text = fs::read_to_string(path).map_err(at(path))?;
        toml::from_str(&text)
            .map_err(|error| FolderError::Secrets(path.to_owned(), error.message().to_owned()))
    }

    /// The settings among them.
    pub fn layer(&self) -> Layer {
        vec![
            ("secrets.master_key", self.master_key.clone()),
            ("secrets.pepper", self.pepper.clone()),
            ("secrets.jwt", self.jwt.clone()),
        ]
    }
}

impl Folder {
    /// Makes the folder if needed and locks it.
    ///
    /// # Errors
    /// `InUse` if another process has it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(path)
            .map_err(at(path))?;
        let path = fs::canonicalize(path).map_err(at(path))?;
        let lock_path = path.join("tollgate.lock");
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(at(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = lock.read_to_string(&mut pid);
                return Err(FolderError::InUse {
                    folder: path,
                    pid: pid.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(at(&lock_path)(error).into()),
        }
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .map_err(at(&lock_path))?;
        writeln!(lock, "{}", std::process::id()).map_err(at(&lock_path))?;
        Ok(Self { path, _lock: lock })
    }

    /// The secrets; made now if this is the first start.
    ///
    /// # Errors
    /// If they can't be read or written.
    pub fn secrets(&self) -> Result<DevSecrets, FolderError> {
        let path = self.path.join("secrets.toml");
        match DevSecrets::read(&path) {
            Err(FolderError::File(ClusterError::File { source, .. }))
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                let secrets = DevSecrets::generate();
                let text = toml::to_string(&secrets)
                    .map_err(|error| FolderError::Secrets(path.clone(), error.to_string()))?;
                write_private(
                    &path,
                    &format!(
                        "# Made by `tollgate dev`; the data in this folder can't be read without it.\n{text}"
                    ),
                )?;
                Ok(secrets)
            }
            read => read,
        }
    }
}

/// Writes a file that only its owner can read, whole or not at all.
pub fn write_private(path: &Path, text: &str) -> Result<(), ClusterError> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(&fresh)(error)),
        _ => {}
    }
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&fresh)
        .map_err(at(&fresh))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(at(&fresh))?;
    fs::rename(&fresh, path).map_err(at(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn secrets_are_made_once_and_readable_by_their_owner_alone() {
        let temp = tempfile::tempdir().expect("folder");
        let folder = Folder::open(&temp.path().join("data")).expect("opens");
        let first = folder.secrets().expect("made");
        let again = folder.secrets().expect("read");
        assert_eq!(
            (&first.api_key, &first.admin_password),
            (&again.api_key, &again.admin_password)
        );
        assert_ne!(first.pepper, first.jwt);
        assert_ne!(first.admin_password, first.member_password);
        let mode = fs::metadata(folder.path.join("secrets.toml"))
            .expect("there")
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_process_is_told_who_has_the_folder() {
        let temp = tempfile::tempdir().expect("folder");
        let folder = Folder::open(temp.path()).expect("opens");
        let error = Folder::open(temp.path()).expect_err("in use").to_string();
        assert!(
            error.contains(&format!("process {}", std::process::id())),
            "{error}"
        );
        drop(folder);
        Folder::open(temp.path()).expect("free again");
    }
}
