//! Files in the repository that are made from something else say the same as it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tollgate_tests::harness::gateway::binary;
use tollgate_tests::harness::postgres::Cluster;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the root")
        .to_owned()
}

#[test]
fn the_settings_reference_is_what_the_binary_prints() {
    let output = Command::new(binary())
        .args(["config", "--reference"])
        .output()
        .expect("the binary");
    let written = fs::read_to_string(repository().join("docs/settings.md")).expect("docs/settings.md");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        written,
        "run: target/debug/tollgate config --reference > docs/settings.md"
    );
}

/// `.sqlx` describes each query as the macros found it. A build with it proves that none is missing; this proves that
/// none is out of date: each is prepared on the schema as the migrations make it.
#[test]
fn the_query_descriptions_fit_the_schema() {
    let folder = repository().join(".sqlx");
    // It is dropped with its last holder: it has to outlive the connection.
    let database = Cluster::shared().database();
    let mut sql = database.connect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in fs::read_dir(&folder)
        .expect(".sqlx: run cargo xtask sqlx")
        .flatten()
    {
        let text = fs::read_to_string(file.path()).expect("a description");
        let described: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let query = described["query"].as_str().expect("a query");
        count += 1;
        let statement = match sql.prepare(query) {
            Ok(statement) => statement,
            Err(error) => {
                wrong.push(format!("{query}: {error:?}"));
                continue;
            }
        };
        let columns: Vec<(&str, String)> = statement
            .columns()
            .iter()
            .map(|column| (column.name(), sqlx_name(column.type_().name())))
            .collect();
        let written = described["describe"]["columns"].as_array().expect("columns");
        let same = columns.len() == written.len()
            && columns.iter().zip(written).all(|((name, kind), column)| {
                column["name"] == *name && (column["type_info"] == *kind || !column["type_info"].is_string())
            });
        let parameters: Vec<String> = statement
            .params()
            .iter()
            .map(|kind| sqlx_name(kind.name()))
            .collect();
        let written = described["describe"]["parameters"]["Left"]
            .as_array()
            .expect("parameters");
        let same_parameters = parameters.len() == written.len()
            && parameters
                .iter()
                .zip(written)
                .all(|(kind, parameter)| parameter == kind || !parameter.is_string());
        if !same || !same_parameters {
            wrong.push(format!("{query}: the schema has {columns:?} and {parameters:?}"));
        }
    }
    assert!(count > 0, ".sqlx is empty");
    assert!(
        wrong.is_empty(),
        "run cargo xtask sqlx; out of date:\n{}",
        wrong.join("\n")
    );
}

/// PostgreSQL's name of a type as sqlx writes it: `int8` is `Int8`, `_uuid` is `UuidArray`.
fn sqlx_name(name: &str) -> String {
    let (base, array) = name.strip_prefix('_').map_or((name, ""), |base| (base, "Array"));
    let mut letters = base.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(array.chars()).collect()
}
