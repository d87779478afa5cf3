//! `cargo xtask sqlx`: describes every checked query in `.sqlx`, so that a build needs no database. The query macros
//! write the descriptions themselves when they are told where; all that is done here is to have each of them expanded
//! anew. Never in here: what a description looks like.

use crate::say;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// The variable (or line in `.env`) that names the database, as the macros have it.
const DATABASE: &str = "DATABASE_URL";

/// Why the queries could not be described.
#[derive(Debug, thiserror::Error)]
pub enum SqlxError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no database to ask.
    #[error("{DATABASE} is set neither in the environment nor in .env: it must name a migrated database")]
    NoDatabase,
    /// Cargo could not be started or failed; it has said why itself.
    #[error("cargo {0} failed; see above")]
    Cargo(&'static str),
    /// Another cargo compiled a crate while this one waited, so that its queries were described nowhere.
    #[error("{0} was compiled by another cargo at the same time: run this again")]
    Fresh(String),
    /// `.sqlx` is not what the queries are.
    #[error("run cargo xtask sqlx; out of date:\n{0}")]
    OutOfDate(String),
}

/// A crate that uses the query macros.
struct Member {
    /// Cargo's name for this very package.
    id: String,
    name: String,
    /// Files whose change has all of it compiled again.
    roots: Vec<PathBuf>,
}

/// Replaces `.sqlx`, or with `check` compares it.
pub fn run(root: &Path, check: bool) -> Result<(), SqlxError> {
    require_database(root)?;
    let fresh = root.join("target/sqlx");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(at(&fresh))?;
    }
    fs::create_dir_all(&fresh).map_err(at(&fresh))?;
    let members = members(root)?;
    say(&format!(
        "sqlx: compiling {} crates that have queries",
        members.len()
    ));
    for path in members.iter().flat_map(|member| &member.roots) {
        touch(path)?;
    }
    expand(root, &members, &fresh)?;
    let (old, new) = (listed(&root.join(".sqlx"))?, listed(&fresh)?);
    if check {
        return compare(root, &fresh, &old, &new);
    }
    replace(root, &fresh, &old, &new)?;
    say(&format!(
        "sqlx: {} queries, {} new and {} gone",
        new.len(),
        new.difference(&old).count(),
        old.difference(&new).count()
    ));
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SqlxError + '_ {
    move |source| SqlxError::Io {
        path: path.to_owned(),
        source,
    }
}

fn require_database(root: &Path) -> Result<(), SqlxError> {
    let line = |line: &str| {
        line.trim_start()
            .strip_prefix(DATABASE)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let in_file = || fs::read_to_string(root.join(".env")).is_ok_and(|text| text.lines().any(line));
    if std::env::var_os(DATABASE).is_some_and(|url| !url.is_empty()) || in_file() {
        return Ok(());
    }
    Err(SqlxError::NoDatabase)
}

/// The workspace's crates that depend on sqlx.
fn members(root: &Path) -> Result<Vec<Member>, SqlxError> {
    let output = Command::new(cargo())
        .args(["metadata", "--format-version=1", "--no-deps"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|_| SqlxError::Cargo("metadata"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|_| SqlxError::Cargo("metadata"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let with_sqlx = |package: &Value| {
        list(&package["dependencies"])
            .iter()
            .any(|on| on["name"] == "sqlx")
    };
    let packages = list(&metadata["packages"]);
    Ok(packages
        .iter()
        .filter(|package| with_sqlx(package))
        .map(|package| Member {
            id: text(&package["id"]),
            name: text(&package["name"]),
            roots: list(&package["targets"])
                .iter()
                .filter(|target| target["kind"] != serde_json::json!(["custom-build"]))
                .map(|target| PathBuf::from(text(&target["src_path"])))
                .collect(),
        })
        .collect())
}

/// The cargo that runs us.
fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Makes a file look changed. The tree's clock is the machine's.
#[expect(clippy::disallowed_methods, reason = "a tool has no other clock")]
fn touch(path: &Path) -> Result<(), SqlxError> {
    let file = fs::File::options().append(true).open(path).map_err(at(path))?;
    file.set_modified(SystemTime::now()).map_err(at(path))
}

/// Compiles all of it, tests included, with the macros told where to write.
fn expand(root: &Path, members: &[Member], fresh: &Path) -> Result<(), SqlxError> {
    let packages = members.iter().flat_map(|member| ["--package", &member.name]);
    let output = Command::new(cargo())
        .args([
            "check",
            "--all-targets",
            "--message-format=json-render-diagnostics",
        ])
        .args(packages)
        .current_dir(root)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", fresh)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|_| SqlxError::Cargo("check"))?;
    if !output.status.success() {
        return Err(SqlxError::Cargo("check"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for message in
        messages.filter(|message| message["reason"] == "compiler-artifact" && message["fresh"] == true)
    {
        let of = members.iter().find(|member| message["package_id"] == *member.id);
        let script = message["target"]["kind"] == serde_json::json!(["custom-build"]);
        if let Some(member) = of.filter(|_| !script) {
            return Err(SqlxError::Fresh(member.name.clone()));
        }
    }
    Ok(())
}

/// Names of the descriptions in a folder.
fn listed(folder: &Path) -> Result<BTreeSet<String>, SqlxError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries.map_err(at(folder))?,
    };
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| name.starts_with("query-")).collect())
}

fn compare(
    root: &Path,
    fresh: &Path,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
) -> Result<(), SqlxError> {
    let read = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap_or_default();
    let kept = root.join(".sqlx");
    let differing = old
        .intersection(new)
        .filter(|name| read(&kept, name) != read(fresh, name));
    let faults: Vec<String> = differing
        .map(|name| format!("{name} differs"))
        .chain(new.difference(old).map(|name| format!("{name} is missing")))
        .chain(
            old.difference(new)
                .map(|name| format!("{name} is of no query any more")),
        )
        .collect();
    if faults.is_empty() {
        say(&format!("sqlx: {} queries, all described as they are", new.len()));
        return Ok(());
    }
    Err(SqlxError::OutOfDate(faults.join("\n")))
}

/// File by file, so that what did not change keeps its time.
fn replace(
    root: &Path,
    fresh: &Path,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
) -> Result<(), SqlxError> {
    let kept = root.join(".sqlx");
    fs::create_dir_all(&kept).map_err(at(&kept))?;
    for name in old.difference(new) {
        let path = kept.join(name);
        fs::remove_file(&path).map_err(at(&path))?;
    }
    for name in new {
        let (from, to) = (fresh.join(name), kept.join(name));
        let text = fs::read(&from).map_err(at(&from))?;
        if fs::read(&to).ok().as_ref() != Some(&text) {
            fs::write(&to, text).map_err(at(&to))?;
        }
    }
    Ok(())
}
