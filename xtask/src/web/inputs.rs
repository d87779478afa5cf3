//! What the web app is made of, as one hash: the same hash means that nothing needs building.

use super::{Places, WebError, at};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders that decide what comes out, below the root.
const INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "backend/crates/contract/Cargo.toml",
    "backend/crates/contract/src",
    "frontend-yew/Cargo.toml",
    "frontend-yew/font.mjs",
    "frontend-yew/index.html",
    "frontend-yew/js",
    "frontend-yew/package-lock.json",
    "frontend-yew/src",
    "frontend-yew/static",
    "frontend-yew/styles",
    "frontend-yew/yew",
    "xtask/src/web",
    "xtask/src/web.rs",
];

/// The hash of all inputs and of the way of building.
pub(super) fn stamp(places: &Places, dev: bool) -> Result<String, WebError> {
    let mut files = Vec::new();
    for input in INPUTS {
        collect(&places.root.join(input), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    hash.update(if dev { "dev" } else { "web" });
    for file in files {
        let content = fs::read(&file).map_err(at(&file))?;
        hash.update(
            file.strip_prefix(&places.root)
                .unwrap_or(&file)
                .to_string_lossy()
                .as_bytes(),
        );
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    Ok(hex::encode(hash.finalize()))
}

/// A content's fingerprint, in hex.
pub(super) fn digest(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), WebError> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(at(path))? {
        collect(&entry.map_err(at(path))?.path(), files)?;
    }
    Ok(())
}
