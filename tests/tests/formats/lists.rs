//! Which models a key can use, in the format of who asks.

use crate::paths::Everything;
use serde_json::Value;
use tollgate_tests::harness::Request;

#[test]
fn lists_of_models_come_in_the_format_of_who_asks() {
    let all = Everything::new();
    let list =
        |path: &str, header: (&str, &str)| all.send(Request::get(path).header(header.0, header.1)).json();
    for path in ["/api/v1/models", "/openai/v1/models"] {
        let claude = list(path, ("anthropic-version", "2023-06-01"));
        let named = |list: &Value| {
            list.as_array()
                .is_some_and(|all| all.iter().any(|one| one["id"] == "gpt-5.2"))
        };
        assert!(named(&claude["data"]), "{claude}");
        assert_eq!(claude["has_more"], false);
        let google = list(path, ("x-goog-api-key", &all.key.secret));
        let models = google["models"].as_array().expect("models");
        assert!(
            models
                .iter()
                .any(|model| model["name"] == "models/gemini-2.5-pro"),
            "{google}"
        );
        let openai = list(path, ("accept", "application/json"));
        assert_eq!(openai["object"], "list", "{openai}");
        assert!(named(&openai["data"]), "{openai}");
    }
    let claude_alone = list("/openai/claude/v1/models", ("accept", "*/*"));
    let ids: Vec<&str> = claude_alone["data"]
        .as_array()
        .expect("data")
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert!(
        ids.contains(&"claude-sonnet-4-6") && !ids.contains(&"gpt-5.2"),
        "{ids:?}"
    );
}
