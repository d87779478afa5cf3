//! `cargo xtask tidy`: rules of the house that neither compiler nor clippy can see. Never changes a file.
//! Generated files (settings reference, query descriptions) are compared by tests, which have the binary and a database.

mod crates;
mod files;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What keeps the tree from being tidy.
#[derive(Debug, thiserror::Error)]
pub enum TidyError {
    /// A file or folder could not be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Rules that are broken, one line each.
    #[error("the tree is not tidy:\n{0}")]
    Untidy(String),
}

/// Checks every file of the repository.
pub fn run(root: &Path) -> Result<(), TidyError> {
    let files = listed(root)?;
    let mut faults = Vec::new();
    for file in &files {
        let path = root.join(file);
        let bytes = fs::read(&path).map_err(|source| TidyError::Io { path, source })?;
        // Pictures and the like have no lines.
        if let Ok(text) = String::from_utf8(bytes) {
            faults.extend(files::check(file, &text));
        }
    }
    faults.extend(crates::check(root)?);
    if faults.is_empty() {
        crate::say(&format!("tidy: {} files", files.len()));
        return Ok(());
    }
    Err(TidyError::Untidy(faults.join("\n")))
}

/// What git tracks or would track; a tree without git is walked.
fn listed(root: &Path) -> Result<Vec<String>, TidyError> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let mut files = Vec::new();
    match listing {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            files.extend(text.lines().map(str::to_owned));
            // Deleted and not yet committed.
            files.retain(|file| root.join(file).is_file());
        }
        _ => walk(root, root, &mut files)?,
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<(), TidyError> {
    let fail = |source| TidyError::Io {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let skipped = ["node_modules", "dist", ".git", "artefacts"].contains(&name.as_ref());
        if entry.file_type().map_err(fail)?.is_dir() {
            if !skipped && !name.starts_with("target") {
                walk(root, &path, files)?;
            }
        } else if let Ok(path) = path.strip_prefix(root) {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
