//! Finds PostgreSQL's server programs on this machine.

use super::{ClusterError, POSTGRES_MAJOR_MIN};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folder with `postgres` and `initdb`: of the version that made `data` where that is there, else the newest.
pub fn find(data: &Path) -> Result<PathBuf, ClusterError> {
    let made_by = fs::read_to_string(data.join("PG_VERSION"))
        .ok()
        .map(|text| text.trim().to_owned());
    let found: Vec<(u32, PathBuf)> = candidates()
        .into_iter()
        .filter(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .filter_map(|folder| Some((major(&folder)?, folder)))
        .collect();
    let list = || {
        found
            .iter()
            .map(|(major, folder)| format!("{major} in {}", folder.display()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(made_by) = made_by else {
        return found
            .iter()
            .filter(|(major, _)| *major >= POSTGRES_MAJOR_MIN)
            .max_by_key(|(major, _)| *major)
            .map(|(_, folder)| folder.clone())
            .ok_or_else(|| {
                ClusterError::NoBinaries(if found.is_empty() {
                    String::new()
                } else {
                    format!("; found {}", list())
                })
            });
    };
    found
        .iter()
        .find(|(major, _)| major.to_string() == made_by)
        .map(|(_, folder)| folder.clone())
        .ok_or_else(|| ClusterError::OtherVersion {
            folder: data.to_owned(),
            made_by,
            found: if found.is_empty() {
                "none".to_owned()
            } else {
                list()
            },
        })
}

fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    // Debian keeps the server's programs out of PATH, a folder per version.
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
}

/// From `postgres (PostgreSQL) 15.14 (Debian …)`.
fn major(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    major_in(&String::from_utf8_lossy(&output.stdout))
}

/// The major version in what `postgres --version` prints.
pub fn major_in(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
