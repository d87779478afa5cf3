//! Which compiler makes the WebAssembly: the host's toolchain where it has the target, else Debian's, which is called by its
//! full path, since rustup's shims come first in most paths. Where the standard library's source is at hand it is built anew,
//! without what only tells of panics; without the source the app may be too heavy.

use super::{Places, WebError, execute};
use std::path::{Path, PathBuf};
use std::process::Command;

const RUSTFLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";
const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGE: &str = "tollgate-web";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// Linkers that Debian's `lld` packages bring, the newest first.
const DEBIAN_LINKERS: &[&str] = &["/usr/bin/wasm-ld-22", "/usr/bin/wasm-ld"];
/// A panic ends the module at once and formats no text, and no source position is kept for one: the console then tells of
/// an `unreachable` alone, and that is worth some thirty kilobytes of the first load. Unstable, as is building the standard
/// library that they need.
const LEANER: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";
/// What cutting the module in two relies on: every function says whose it is by its whole name, type parameters included, and
/// none stands for another one that happens to do the same.
const NAMED: &str = "-Csymbol-mangling-version=v0 -Zmerge-functions=disabled";
const HOW_TO_GET_ONE: &str = "no toolchain here compiles to WebAssembly: run `rustup target add wasm32-unknown-unknown` and \
    `rustup component add rust-src`, or on Debian `apt-get install rustc-web rust-web-src cargo-web lld-22 libstd-rust-web-dev`";

/// Compiles the app and tells where the module is.
pub(super) fn compile(places: &Places, dev: bool) -> Result<PathBuf, WebError> {
    let mut cargo = command(places, dev)?;
    let profile = if dev { "dev" } else { "web" };
    cargo
        .args([
            "build",
            "--package",
            PACKAGE,
            "--target",
            TARGET,
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(&places.target)
        .current_dir(&places.root)
        // Set by the cargo that runs this program, and meant for its own compiler only.
        .env_remove("LD_LIBRARY_PATH");
    execute(cargo, HOW_TO_GET_ONE)?;
    let folder = if dev { "debug" } else { "web" };
    Ok(places.target.join(TARGET).join(folder).join("tollgate-web.wasm"))
}

fn command(places: &Places, dev: bool) -> Result<Command, WebError> {
    let own_sysroot = sysroot("rustc", places);
    if own_sysroot
        .as_ref()
        .is_some_and(|sysroot| sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir())
    {
        let mut cargo = Command::new("cargo");
        if !dev && has_library_source(own_sysroot.as_deref()) {
            build_library(&mut cargo, dev);
        } else if !dev {
            cargo.env("RUSTC_BOOTSTRAP", "1").env(RUSTFLAGS, NAMED);
        }
        return Ok(cargo);
    }
    if !Path::new(DEBIAN_CARGO).exists() || !has_library_source(sysroot(DEBIAN_RUSTC, places).as_deref()) {
        return Err(WebError::NoToolchain(HOW_TO_GET_ONE.to_owned()));
    }
    let mut cargo = Command::new(DEBIAN_CARGO);
    cargo
        .env("RUSTC", DEBIAN_RUSTC)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker(own_sysroot)?)
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTDOC");
    // Debian ships no standard library for this target.
    build_library(&mut cargo, dev);
    Ok(cargo)
}

/// Has the standard library built from source, and for users lean. That is unstable, hence the variable.
fn build_library(cargo: &mut Command, dev: bool) {
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .arg("-Zbuild-std=std,panic_abort");
    if !dev {
        cargo
            .env(RUSTFLAGS, format!("{LEANER} {NAMED}"))
            .arg("-Zbuild-std-features=optimize_for_size");
    }
}

fn has_library_source(sysroot: Option<&Path>) -> bool {
    sysroot.is_some_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library").is_dir())
}

fn linker(own_sysroot: Option<PathBuf>) -> Result<PathBuf, WebError> {
    let debian = DEBIAN_LINKERS
        .iter()
        .map(PathBuf::from)
        .find(|linker| linker.exists());
    debian
        .or_else(|| {
            let hosts = own_sysroot?.join("lib/rustlib").read_dir().ok()?;
            hosts
                .flatten()
                .map(|host| host.path().join("bin/rust-lld"))
                .find(|linker| linker.exists())
        })
        .ok_or_else(|| WebError::NoToolchain("no linker for WebAssembly: apt-get install lld-22".to_owned()))
}

/// A compiler's own folder; `None` where there is no such compiler.
fn sysroot(rustc: &str, places: &Places) -> Option<PathBuf> {
    let output = Command::new(rustc)
        .args(["--print", "sysroot"])
        .current_dir(&places.root)
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(text.trim()))
}
