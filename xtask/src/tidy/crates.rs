//! Who may import whom, read from the packages' manifests. The compiler keeps arrows from running in circles; this keeps
//! them from being drawn where the architecture has none.

use super::TidyError;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

const PURE: &[&str] = &["contract", "money", "wire"];
const GROUND: &[&str] = &["contract", "money", "wire", "store", "net", "oauth"];
const DOMAIN: &[&str] = &[
    "contract",
    "money",
    "wire",
    "store",
    "net",
    "oauth",
    "limits",
    "ledger",
    "scheduler",
    "http",
    "documents",
];
const ALL: &[&str] = &[
    "contract",
    "money",
    "wire",
    "store",
    "net",
    "oauth",
    "limits",
    "ledger",
    "scheduler",
    "http",
    "documents",
    "relay",
    "manage",
];

/// Folder of a package, and what of ours it may import. See docs/architecture.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("backend/crates/contract", &[]),
    ("backend/crates/money", &[]),
    ("backend/crates/wire", &[]),
    ("backend/crates/store", PURE),
    ("backend/crates/net", PURE),
    ("backend/crates/oauth", &["contract"]),
    ("backend/crates/limits", GROUND),
    ("backend/crates/ledger", GROUND),
    ("backend/crates/scheduler", GROUND),
    ("backend/crates/http", &["contract", "store"]),
    ("backend/crates/documents", &["contract"]),
    ("backend/crates/relay", DOMAIN),
    ("backend/crates/manage", DOMAIN),
    ("backend", ALL),
    ("frontend-yew", &["contract"]),
    ("frontend-yew/yew", &[]),
    ("tests", &[]),
    ("xtask", &[]),
];

/// Packages whose lints are not the workspace's: tests may panic, and say so in their manifest.
const OWN_LINTS: [&str; 1] = ["tests"];

/// The faults of all manifests.
pub fn check(root: &Path) -> Result<Vec<String>, TidyError> {
    let mut faults = Vec::new();
    for (folder, allowed) in ARROWS {
        let manifest = read(&root.join(folder).join("Cargo.toml"))?;
        for imported in imports(&manifest) {
            if !allowed.contains(&imported.as_str()) {
                faults.push(format!(
                    "{folder}/Cargo.toml: must not import tollgate-{imported} (see who may import whom in \
                     docs/architecture.md)"
                ));
            }
        }
        let shared = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if shared != Some(&Value::Boolean(true)) && !OWN_LINTS.contains(folder) {
            faults.push(format!(
                "{folder}/Cargo.toml: `[lints] workspace = true` is missing"
            ));
        }
    }
    let known: BTreeSet<_> = ARROWS.iter().map(|(folder, _)| *folder).collect();
    let crates = root.join("backend/crates");
    let fail = |source| TidyError::Io {
        path: crates.clone(),
        source,
    };
    for entry in fs::read_dir(&crates).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        let folder = format!("backend/crates/{}", name.to_string_lossy());
        if root.join(&folder).join("Cargo.toml").is_file() && !known.contains(folder.as_str()) {
            faults.push(format!(
                "{folder}: a new crate; say in xtask/src/tidy/crates.rs what it may import"
            ));
        }
    }
    Ok(faults)
}

fn read(path: &Path) -> Result<Table, TidyError> {
    let fail = |source| TidyError::Io {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(fail)?;
    text.parse().map_err(|error| fail(std::io::Error::other(error)))
}

/// Names of our crates in any of the manifest's dependency tables, without the `tollgate-`.
fn imports(manifest: &Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, value) in manifest {
        let Value::Table(table) = value else { continue };
        if name.ends_with("dependencies") {
            let ours = table.keys().filter_map(|name| name.strip_prefix("tollgate-"));
            found.extend(ours.map(str::to_owned));
        } else if name == "target" {
            for platform in table.values().filter_map(Value::as_table) {
                found.extend(imports(platform));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_in_every_kind_of_dependency_table() {
        let manifest = r#"
            [dependencies]
            tollgate-money.workspace = true
            serde.workspace = true
            [dev-dependencies]
            tollgate-wire = { path = "x" }
            [target.'cfg(unix)'.dependencies]
            tollgate-net.workspace = true
        "#;
        let found = imports(&manifest.parse().expect("TOML"));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["money", "net", "wire"]);
    }

    #[test]
    fn the_allowed_arrows_run_one_way() {
        let allowed = |name: &str| {
            let folder = format!("backend/crates/{name}");
            ARROWS
                .iter()
                .find(|(other, _)| *other == folder)
                .map_or(&[][..], |(_, allowed)| allowed)
        };
        for from in ALL {
            for to in allowed(from) {
                assert!(!allowed(to).contains(from), "{from} and {to} import each other");
            }
        }
        assert!(!allowed("relay").contains(&"manage"));
    }
}
