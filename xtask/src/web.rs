//! `cargo xtask web`: builds the single-page application into `frontend-yew/dist`, ready to be embedded.
//! The steps, in order: what changed ([`inputs`]), compile ([`toolchain`]), bind, cut in two ([`split`]), shrink, style, shorten
//! the font, put together ([`bundle`]).
//! Never in here: how files are served.

mod bundle;
mod inputs;
mod split;
mod toolchain;

use crate::say;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// Why the web app could not be built.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program is missing or could not be started.
    #[error("{program} could not be started ({source}); {hint}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
        /// What to do.
        hint: &'static str,
    },
    /// A program failed; it has said why itself.
    #[error("{0} failed; see above")]
    Failed(String),
    /// Nothing here can compile to WebAssembly.
    #[error("{0}")]
    NoToolchain(String),
    /// wasm-bindgen refused the module.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    /// The module can't be cut in two.
    #[error("cutting the module in two: {0}")]
    Split(String),
    /// The app grew beyond what its first load may weigh.
    #[error("the first load weighs {bytes} bytes compressed; at most {max} are allowed")]
    TooHeavy {
        /// What it weighs.
        bytes: u64,
        /// What it may weigh.
        max: u64,
    },
}

/// The pages that load when the first one is there, and what they alone are made of: all but the overview, where people land,
/// and signing in and up. Whatever else shows anything of them asks `use_late` first, as `app/later.rs` does.
const LATE_PAGES: &[&str] = &[
    "accounts",
    "billing",
    "books",
    "budgets",
    "captures",
    "explain",
    "exports",
    "groups",
    "keys",
    "margin",
    "parts::combo",
    "parts::days",
    "parts::file_once",
    "parts::form",
    "parts::newest",
    "parts::outcome",
    "policies",
    "parts::file_input",
    "prices",
    "proxies",
    "reconcile",
    "repricing",
    "requests",
    "rules",
    "usage",
    "vouchers",
];
/// What of the API only these pages ask for: modules of `api/` and of the contract.
const LATE_NOUNS: &[&str] = &[
    "accounts",
    "billing",
    "books",
    "budgets",
    "captures",
    "exports",
    "groups",
    "invoices",
    "keys",
    "margin",
    "people",
    "periods",
    "plans",
    "policies",
    "prices",
    "proxies",
    "receipts",
    "reconcile",
    "schedule",
    "users",
    "vouchers",
];

/// What the names of late functions hold.
fn late() -> Vec<String> {
    let pages = LATE_PAGES
        .iter()
        .map(|page| format!("tollgate_web::pages::{page}::"));
    let nouns = LATE_NOUNS.iter().flat_map(|noun| {
        [
            format!("tollgate_web::api::{noun}::"),
            format!("::hooks::read::<tollgate_contract::{noun}::"),
            format!("::hooks::read::<tollgate_contract::page::Page<tollgate_contract::{noun}::"),
        ]
    });
    pages.chain(nouns).collect()
}

/// A module with nothing in it: a build for developers is not cut.
const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Attaches the path to an I/O error.
fn at(path: &Path) -> impl FnOnce(io::Error) -> WebError + '_ {
    move |source| WebError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Where things are.
struct Places {
    root: PathBuf,
    web: PathBuf,
    /// Cargo's target folder, apart from the other one so that neither waits for the other's lock.
    target: PathBuf,
    /// What lies between compiling and bundling.
    work: PathBuf,
    dist: PathBuf,
}

/// Builds what is not up to date.
pub fn run(root: &Path, dev: bool) -> Result<(), WebError> {
    let target = root.join("target-web");
    let places = Places {
        root: root.to_owned(),
        web: root.join("frontend-yew"),
        work: target.join(if dev { "work-dev" } else { "work" }),
        dist: root.join("frontend-yew/dist"),
        target,
    };
    let stamp = inputs::stamp(&places, dev)?;
    if bundle::is_current(&places, &stamp)? {
        say("web: up to date");
        return Ok(());
    }
    fs::create_dir_all(&places.work).map_err(at(&places.work))?;
    install_node_modules(&places)?;
    say("web: compiling");
    let compiled = toolchain::compile(&places, dev)?;
    bind(&places, &compiled, dev)?;
    say("web: styling");
    style(&places)?;
    shorten_font(&places)?;
    say("web: putting together");
    bundle::write(&places, &stamp, dev)
}

/// `npm ci`, unless what is installed is what the lock file says.
fn install_node_modules(places: &Places) -> Result<(), WebError> {
    let lock = places.web.join("package-lock.json");
    let wanted = inputs::digest(&fs::read(&lock).map_err(at(&lock))?);
    let marker = places.web.join("node_modules/.tollgate-lock");
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    say("web: installing node packages");
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ])
    .current_dir(&places.web);
    execute(npm, "install Node.js with npm")?;
    fs::write(&marker, wanted).map_err(at(&marker))
}

/// Makes the module's JavaScript side and shrinks the module, unless that was done with the same module already.
fn bind(places: &Places, compiled: &Path, dev: bool) -> Result<(), WebError> {
    let bytes = fs::read(compiled).map_err(at(compiled))?;
    let marker = places.work.join("bound");
    let wanted = inputs::digest(&bytes);
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    say("web: binding");
    let bound = (|| {
        let mut bindgen = Bindgen::new();
        bindgen
            .input_bytes("app", bytes)
            .typescript(false)
            .omit_default_module_path(true);
        bindgen.keep_debug(dev).debug(dev).remove_producers_section(true);
        bindgen.web(true)?.generate(&places.work)
    })();
    bound.map_err(|error| WebError::Bindgen(format!("{error:#}")))?;
    let (first, later) = (places.work.join("app_bg.wasm"), places.work.join("app_more.wasm"));
    if dev {
        fs::write(&later, EMPTY_MODULE).map_err(at(&later))?;
    } else {
        say("web: cutting in two");
        let bytes = fs::read(&first).map_err(at(&first))?;
        let halves = split::split(&bytes, &late()).map_err(WebError::Split)?;
        fs::write(&first, halves.first).map_err(at(&first))?;
        fs::write(&later, halves.later).map_err(at(&later))?;
        say("web: shrinking");
        shrink(places, &first)?;
        shrink(places, &later)?;
    }
    fs::write(&marker, wanted).map_err(at(&marker))
}

fn shrink(places: &Places, module: &Path) -> Result<(), WebError> {
    let mut node = Command::new("node");
    node.arg(places.web.join("node_modules/binaryen/bin/wasm-opt"))
        .args([
            "-Oz",
            "--converge",
            "--strip-producers",
            "--enable-bulk-memory",
            "--enable-sign-ext",
        ])
        .args([
            "--enable-mutable-globals",
            "--enable-nontrapping-float-to-int",
            "--enable-reference-types",
        ])
        .args(["--enable-multivalue", "--enable-bulk-memory-opt"])
        .arg("-o")
        .arg(module)
        .arg(module);
    execute(node, "install Node.js")
}

fn style(places: &Places) -> Result<(), WebError> {
    let mut tailwind = Command::new(places.web.join("node_modules/.bin/tailwindcss"));
    tailwind
        .arg("--input")
        .arg(places.web.join("styles/app.css"))
        .arg("--output")
        .arg(places.work.join("app.css"))
        .arg("--minify")
        .current_dir(&places.web)
        .env("NO_COLOR", "1");
    execute(tailwind, "delete frontend-yew/node_modules and try again")
}

fn shorten_font(places: &Places) -> Result<(), WebError> {
    let mut node = Command::new("node");
    node.arg(places.web.join("font.mjs"))
        .arg(
            places
                .web
                .join("node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
        )
        .arg(places.work.join("inter.woff2"))
        .arg(places.work.join("inter-accented.woff2"));
    execute(node, "install Node.js")
}

/// Runs a program to its end; its own output is shown.
fn execute(mut command: Command, hint: &'static str) -> Result<(), WebError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|source| WebError::Start {
        program: program.clone(),
        source,
        hint,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(WebError::Failed(program))
}
