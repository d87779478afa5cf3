//! Names of models.

use crate::bedrock::{Age, age, candidates, is_claude};

#[test]
fn claude_is_known_by_its_ids() {
    for id in [
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.anthropic.claude-opus-4-7",
        "us-gov.anthropic.claude-sonnet-5",
        "global.anthropic.claude-haiku-5-5",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5",
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6",
    ] {
        assert!(is_claude(id), "{id}");
    }
    for id in [
        "",
        "claude-sonnet-4-5",
        "amazon.nova-pro-v1:0",
        "us.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
        "meta.llama-anthropic.claude",
        ".anthropic.claude-x",
        "anthropic.other",
    ] {
        assert!(!is_claude(id), "{id}");
    }
}

#[test]
fn plain_names_find_their_ids_the_nearest_first() {
    let all = candidates("claude-sonnet-4-5", "eu-central-1");
    assert_eq!(all[0], "eu.anthropic.claude-sonnet-4-5-20250929-v1:0");
    let at = |id: &str| all.iter().position(|known| known == id).expect(id);
    let order = [
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
    ];
    assert!(order.map(at).is_sorted());
}

/// What is asked, where, and an id that must be among the candidates.
const EXPECTED: [(&str, &str, &str); 13] = [
    (
        "claude-sonnet-4-5-20250929",
        "us-west-2",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ),
    (
        "claude-haiku-4-5@20251001",
        "ap-northeast-1",
        "jp.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    (
        "claude-opus-4-6",
        "ap-southeast-2",
        "au.anthropic.claude-opus-4-6-v1",
    ),
    (
        "claude-opus-4-6-20260205",
        "us-east-1",
        "us.anthropic.claude-opus-4-6-v1",
    ),
    (
        "claude-opus-4-7-20260416",
        "eu-west-1",
        "eu.anthropic.claude-opus-4-7",
    ),
    ("claude-opus-4-7", "ap-south-1", "apac.anthropic.claude-opus-4-7"),
    ("claude-opus-5", "us-gov-west-1", "us-gov.anthropic.claude-opus-5"),
    (
        "claude-sonnet-4-0",
        "ca-central-1",
        "us.anthropic.claude-sonnet-4-20250514-v1:0",
    ),
    (
        "claude-3-5-sonnet-20241022",
        "us-east-1",
        "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
    ),
    (
        "claude-3-5-sonnet-20240620",
        "us-east-1",
        "us.anthropic.claude-3-5-sonnet-20240620-v1:0",
    ),
    (
        "claude-haiku-4-5",
        "sa-east-1",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    (
        "claude-sonnet-4-20250514",
        "ap-northeast-1",
        "apac.anthropic.claude-sonnet-4-20250514-v1:0",
    ),
    ("claude-opus-5-5", "us-east-1", "anthropic.claude-opus-5-5"),
];

#[test]
fn every_kind_of_name_finds_its_id() {
    for (asked, region, expected) in EXPECTED {
        let all = candidates(asked, region);
        assert!(
            all.iter().any(|id| id == expected),
            "{asked} in {region}: {all:?}"
        );
        let unique: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len(), "{asked}");
        assert!(all.iter().all(|id| is_claude(id)), "{all:?}");
    }
}

#[test]
fn another_days_model_is_no_candidate() {
    let all = candidates("claude-3-5-sonnet-20240620", "us-east-1");
    assert!(all.iter().all(|id| !id.contains("20241022")), "{all:?}");
}

#[test]
fn bedrocks_own_ids_stand_for_themselves() {
    for id in [
        "amazon.nova-pro-v1:0",
        "us.anthropic.claude-opus-4-7",
        "arn:aws:bedrock:us-east-1::x/y",
    ] {
        assert_eq!(candidates(id, "eu-west-1"), [id]);
    }
    for other in ["gpt-5", "", "gemini-3-pro"] {
        assert!(candidates(other, "us-east-1").is_empty());
    }
}

#[test]
fn ages_are_told_by_names_of_every_kind() {
    for (model, expected) in [
        ("anthropic.claude-3-haiku-20240307-v1:0", Age::Three),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", Age::Three),
        ("anthropic.claude-v2:1", Age::Three),
        ("anthropic.claude-opus-4-20250514-v1:0", Age::Four),
        ("claude-sonnet-4-0", Age::Four),
        ("claude-opus-4", Age::Four),
        ("anthropic.claude-opus-4-1-20250805-v1:0", Age::Four),
        ("jp.anthropic.claude-sonnet-4-5-20250929-v1:0", Age::FourFive),
        ("anthropic.claude-opus-4-6-v1", Age::FourSix),
        ("anthropic.claude-sonnet-4-6", Age::FourSix),
        ("anthropic.claude-opus-4-7", Age::Later),
        ("anthropic.claude-haiku-5-5", Age::Later),
        ("anthropic.claude-fable-5-1", Age::Later),
    ] {
        assert_eq!(age(model), expected, "{model}");
    }
}
