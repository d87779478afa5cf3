use super::*;

const LIST: &str = r#"{
  "sample_spec": {"litellm_provider": "one of these", "mode": "one of those", "input_cost_per_token": 0.0},
  "claude-x": {
    "litellm_provider": "anthropic", "mode": "chat", "max_input_tokens": 1000000, "max_output_tokens": 64000.0,
    "max_tokens": 64000, "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
    "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
    "cache_read_input_token_cost": 3e-07, "input_cost_per_token_above_200k_tokens": 6e-06,
    "output_cost_per_token_above_200k_tokens": 2.25e-05, "input_cost_per_token_batches": 1.5e-06,
    "output_cost_per_token_batches": 7.5e-06, "supports_vision": true,
    "search_context_cost_per_query": {"search_context_size_high": 0.01, "search_context_size_low": 0.01}
  },
  "azure/gpt-x": {
    "litellm_provider": "azure", "mode": "responses", "input_cost_per_token": 1.25E-6, "output_cost_per_token": 0.00001,
    "input_cost_per_token_priority": 2.5e-06, "input_cost_per_token_above_272k_tokens_priority": 5e-06,
    "input_cost_per_token_above_200k_tokens": 2e-06, "input_cost_per_audio_token": null,
    "file_search_cost_per_1k_calls": 2.5, "max_input_tokens": "by region"
  },
  "embed": {"litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 2e-08},
  "draw": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04},
  "pixels": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_pixel": 1.9e-08},
  "voice": {"litellm_provider": "openai", "mode": "audio_speech", "input_cost_per_character": 1e-05},
  "other": {"litellm_provider": "xai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06}
}"#;

fn fields(list: &LitellmList, model: &str) -> std::collections::BTreeMap<String, String> {
    let row = list.rows.iter().find(|row| row.model == model).unwrap();
    row.fields()
}

#[test]
fn prices_are_read_to_the_digit() {
    let list = parse_litellm(LIST).unwrap();
    assert_eq!(list.rows.len(), 4);
    let claude = fields(&list, "claude-x");
    for (name, expected) in [
        ("input", "3"),
        ("output", "15"),
        ("cache_write_5m", "3.75"),
        ("cache_write_1h", "6"),
        ("cache_read", "0.3"),
        ("long_input", "6"),
        ("long_output", "22.5"),
        ("batch_input", "1.5"),
        ("batch_output", "7.5"),
        ("web_search", "0.01"),
        ("long_context_above", "200000"),
        ("max_input", "1000000"),
        ("max_output", "64000"),
    ] {
        assert_eq!(claude.get(name).map(String::as_str), Some(expected), "{name}");
    }
    assert_eq!(claude.len(), 13);
    let gpt = fields(&list, "gpt-x");
    assert_eq!(gpt["input"], "1.25");
    assert_eq!(gpt["output"], "10");
    assert_eq!(gpt["file_search"], "0.0025");
    assert_eq!(gpt["long_context_above"], "200000", "the lowest threshold");
    assert_eq!(gpt["long_input"], "2");
    assert!(!gpt.contains_key("long_priority_input") && !gpt.contains_key("max_input"));
    assert_eq!(fields(&list, "embed")["output"], "0");
    assert_eq!(fields(&list, "draw")["image"], "0.04");
    let left_out: Vec<(&str, usize)> = list.left_out.iter().map(|(why, n)| (why.as_str(), *n)).collect();
    assert_eq!(
        left_out,
        [
            ("mode audio_speech", 1),
            ("prices by what is not metered here", 1),
            ("provider xai", 1)
        ]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_field() {
    for (entry, said) in [
        (
            r#""input_cost_per_token": -1e-06"#,
            "line 2: m: input_cost_per_token",
        ),
        (r#""input_cost_per_token": "free""#, "input_cost_per_token"),
        (
            r#""output_cost_per_token": 1.1234567e-12"#,
            "output_cost_per_token",
        ),
        (r#""max_input_tokens": 1.5"#, "max_input_tokens"),
        (
            r#""search_context_cost_per_query": 3"#,
            "search_context_cost_per_query",
        ),
    ] {
        let text = format!("{{\n\"m\": {{\"litellm_provider\": \"openai\", \"mode\": \"chat\", {entry}}}}}");
        let error = parse_litellm(&text).unwrap_err().to_string();
        assert!(error.contains(said), "{entry}: {error}");
    }
    assert!(parse_litellm("[]").is_err() && parse_litellm("{").is_err());
}

#[test]
fn a_number_is_shifted_exactly() {
    for (number, by, expected) in [
        ("3e-06", 6, Some("3")),
        ("1.368e-05", 6, Some("13.68")),
        ("0.0", 6, Some("0")),
        ("2.5", -3, Some("0.0025")),
        ("1E+2", 0, Some("100")),
        ("1234.5", 0, Some("1234.5")),
        ("-1", 0, None),
        ("1e99", 0, None),
        ("true", 0, None),
        ("", 0, None),
    ] {
        assert_eq!(shifted(number, by).as_deref(), expected, "{number}");
    }
}
