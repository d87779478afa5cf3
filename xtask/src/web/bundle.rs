//! Puts the app's files together: fingerprinted names, references rewritten to them, brotli and gzip forms beside them, and
//! `manifest.json`, which says what was built of what. `dist` is replaced as a whole, so that it is never half new.

use super::{Places, WebError, at, inputs};
use crate::say;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Hex digits in a file's name; collisions among a dozen files are no concern, caches of a decade are.
const FINGERPRINT: usize = 16;
/// What the first load may weigh, compressed; the bar is 500 KB, the aim 350. It is the page and all that it names, and what
/// that loads before anything shows.
const FIRST_LOAD_MAX: u64 = 500_000;
/// Files that the first page does not load before it shows: `boot.js` imports the chart's two when the first chart is shown and
/// the other pages' code when one is asked for or the first has shown; browsers load the font of accented letters when one is.
const LAZY: &[&str] = &["uplot.js", "chart.js", "inter-accented.woff2", "app_more.wasm"];
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;

/// What `dist` holds and what it was built of.
#[derive(Serialize, Deserialize)]
struct Manifest {
    /// Hash of the inputs.
    inputs: String,
    /// Hash of what came out: pages compare it to learn of a new version.
    build: String,
    /// Compressed weight of the first load.
    first_load_bytes: u64,
    /// Logical name → path below `dist`.
    files: BTreeMap<String, String>,
}

/// Whether `dist` was built of these inputs. If so, its manifest's time is renewed: scripts compare by time.
pub(super) fn is_current(places: &Places, stamp: &str) -> Result<bool, WebError> {
    let path = places.dist.join("manifest.json");
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(false);
    };
    let current = serde_json::from_str::<Manifest>(&text).is_ok_and(|manifest| manifest.inputs == stamp);
    if current {
        fs::write(&path, text).map_err(at(&path))?;
    }
    Ok(current)
}

/// Writes `dist` anew.
pub(super) fn write(places: &Places, stamp: &str, dev: bool) -> Result<(), WebError> {
    let fresh = places.work.join("dist");
    let _ = fs::remove_dir_all(&fresh);
    let mut bundle = Bundle {
        places,
        fresh,
        dev,
        names: BTreeMap::new(),
        first_load: 0,
    };
    for (name, source) in sources(places) {
        let content = fs::read(&source).map_err(at(&source))?;
        bundle.add(name, content)?;
    }
    let page = places.web.join("index.html");
    let text = fs::read_to_string(&page).map_err(at(&page))?;
    let build = inputs::digest(format!("{:?}", bundle.names).as_bytes());
    let build = build.get(..FINGERPRINT).unwrap_or_default().to_owned();
    let text = bundle.with_names(text.replace("{{build}}", &build));
    bundle.first_load += bundle.put("index.html", text.as_bytes())?;
    bundle.finish(stamp, build)
}

/// The files by logical name, referenced ones before those that reference them.
fn sources(places: &Places) -> Vec<(&'static str, PathBuf)> {
    let (web, work) = (&places.web, &places.work);
    vec![
        ("favicon.svg", web.join("static/favicon.svg")),
        ("inter.woff2", work.join("inter.woff2")),
        ("inter-accented.woff2", work.join("inter-accented.woff2")),
        ("uplot.js", web.join("node_modules/uplot/dist/uPlot.iife.min.js")),
        ("chart.js", web.join("js/chart.js")),
        ("app.css", work.join("app.css")),
        ("app_bg.wasm", work.join("app_bg.wasm")),
        ("app_more.wasm", work.join("app_more.wasm")),
        ("app.js", work.join("app.js")),
        ("theme.js", web.join("js/theme.js")),
        ("boot.js", web.join("js/boot.js")),
    ]
}

struct Bundle<'a> {
    places: &'a Places,
    fresh: PathBuf,
    dev: bool,
    /// Logical name → fingerprinted name.
    names: BTreeMap<&'static str, String>,
    first_load: u64,
}

impl Bundle<'_> {
    /// Adds a file under a name that changes with its content.
    fn add(&mut self, name: &'static str, mut content: Vec<u8>) -> Result<(), WebError> {
        if name == "uplot.js" {
            // uPlot's small build is a plain script; one line makes a module of it.
            content.extend_from_slice(b"\nexport default uPlot;\n");
        }
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        if matches!(extension, "js" | "css") {
            content = self
                .with_names(String::from_utf8_lossy(&content).into_owned())
                .into_bytes();
        }
        let digest = inputs::digest(&content);
        let fingerprinted = format!(
            "{stem}-{}.{extension}",
            digest.get(..FINGERPRINT).unwrap_or_default()
        );
        let weight = self.put(&format!("assets/{fingerprinted}"), &content)?;
        if !LAZY.contains(&name) {
            self.first_load += weight;
        }
        self.names.insert(name, fingerprinted);
        Ok(())
    }

    /// Replaces `/name` by `/fingerprinted-name`, in quotes as scripts and pages have it or in brackets as styles may.
    fn with_names(&self, text: String) -> String {
        self.names.iter().fold(text, |text, (name, fingerprinted)| {
            let quoted = text.replace(&format!("/{name}\""), &format!("/{fingerprinted}\""));
            quoted.replace(&format!("/{name})"), &format!("/{fingerprinted})"))
        })
    }

    /// Writes a file and its compressed forms; tells the smallest form's size.
    fn put(&self, path: &str, content: &[u8]) -> Result<u64, WebError> {
        let path = self.fresh.join(path);
        let folder = path.parent().unwrap_or(&self.fresh);
        fs::create_dir_all(folder).map_err(at(folder))?;
        fs::write(&path, content).map_err(at(&path))?;
        if self.dev {
            return Ok(content.len() as u64);
        }
        let cached = self.places.work.join("compressed");
        fs::create_dir_all(&cached).map_err(at(&cached))?;
        let digest = inputs::digest(content);
        let brotli = compressed(&cached.join(format!("{digest}.br")), || to_brotli(content))?;
        let gzip = compressed(&cached.join(format!("{digest}.gz")), || to_gzip(content))?;
        for (extension, bytes) in [("br", &brotli), ("gz", &gzip)] {
            // A font is compressed already.
            if bytes.len() < content.len() {
                let path = PathBuf::from(format!("{}.{extension}", path.display()));
                fs::write(&path, bytes).map_err(at(&path))?;
            }
        }
        Ok(brotli.len().min(content.len()) as u64)
    }

    fn finish(self, stamp: &str, build: String) -> Result<(), WebError> {
        if !self.dev && self.first_load > FIRST_LOAD_MAX {
            return Err(WebError::TooHeavy {
                bytes: self.first_load,
                max: FIRST_LOAD_MAX,
            });
        }
        let manifest = Manifest {
            inputs: stamp.to_owned(),
            build,
            first_load_bytes: self.first_load,
            files: self
                .names
                .iter()
                .map(|(name, path)| ((*name).to_owned(), format!("assets/{path}")))
                .collect(),
        };
        let path = self.fresh.join("manifest.json");
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        fs::write(&path, text).map_err(at(&path))?;
        let _ = fs::remove_dir_all(&self.places.dist);
        fs::rename(&self.fresh, &self.places.dist).map_err(at(&self.places.dist))?;
        say(&format!("web: first load {} KB", self.first_load.div_ceil(1000)));
        Ok(())
    }
}

/// Compressing takes seconds, so a form once made is kept.
fn compressed(cached: &Path, make: impl FnOnce() -> std::io::Result<Vec<u8>>) -> Result<Vec<u8>, WebError> {
    if let Ok(found) = fs::read(cached) {
        return Ok(found);
    }
    let made = make().map_err(at(cached))?;
    fs::write(cached, &made).map_err(at(cached))?;
    Ok(made)
}

fn to_brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let settings = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut made = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut made, &settings)?;
    Ok(made)
}

fn to_gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}
