//! Embeds the web app: makes a table of all files in frontend-yew/dist with their brotli and gzip forms. Without that
//! folder the table is empty and the server says so on its page.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let dist = root.join("../frontend-yew/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = BTreeMap::new();
    if dist.is_dir() {
        collect(&dist.canonicalize()?, "", &mut files)?;
    }
    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    for (path, file) in &files {
        if is_variant(path, &files) {
            continue;
        }
        let digest = hex::encode(Sha256::digest(std::fs::read(file)?));
        let form = |extension: &str| {
            files.get(&format!("{path}.{extension}")).map_or_else(
                || "None".to_owned(),
                |form| format!("Some(include_bytes!({}))", literal(form)),
            )
        };
        let _ = writeln!(
            table,
            "    Asset {{ path: {path:?}, plain: include_bytes!({}), brotli: {}, gzip: {}, etag: {:?}, fingerprinted: {} }},",
            literal(file),
            form("br"),
            form("gz"),
            format!("\"{}\"", digest.get(..16).unwrap_or_default()),
            is_fingerprinted(path)
        );
    }
    table.push_str("];\n");
    std::fs::write(Path::new(&variable("OUT_DIR")?).join("assets.rs"), table)
}

/// A path as a string literal of Rust.
fn literal(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}

fn variable(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if !name.starts_with('.') && path != "manifest.json" {
            files.insert(path, entry.path());
        }
    }
    Ok(())
}

/// A compressed form of a file that is there as well.
fn is_variant(path: &str, files: &BTreeMap<String, PathBuf>) -> bool {
    [".br", ".gz"].iter().any(|extension| {
        path.strip_suffix(extension)
            .is_some_and(|plain| files.contains_key(plain))
    })
}

/// Whether the name holds eight or more hex digits between separators, as the web build writes them.
fn is_fingerprinted(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(['-', '.', '_'])
        .any(|part| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
