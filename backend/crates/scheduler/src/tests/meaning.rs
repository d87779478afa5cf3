//! Which platforms a model's name means on which path.

use crate::Pool;
use crate::models::{ALL, AZURE, CLAUDE, GEMINI, Home, Meant, OPENAI, home_of, meant};
use crate::tests::support::{pool, with};
use tollgate_contract::platform::Platform;

const CHAT: Home = Home {
    platforms: OPENAI,
    fixed: false,
};

fn on_chat(model: &str) -> Meant<'_> {
    meant(CHAT, model, &Pool::default())
}

#[test]
fn a_name_tells_its_platforms() {
    for model in ["claude-sonnet-4-5", "claude-3-haiku-20240307"] {
        assert_eq!(on_chat(model).platforms, CLAUDE, "{model}");
    }
    for model in [
        "gpt-5.2",
        "o3",
        "o4-mini",
        "chatgpt-4o-latest",
        "text-embedding-3-small",
        "codex-mini",
    ] {
        assert_eq!(on_chat(model).platforms, OPENAI, "{model}");
    }
    for model in [
        "gemini-2.5-pro",
        "models/gemini-2.5-flash",
        "gemini-embedding-001",
    ] {
        assert_eq!(on_chat(model).platforms, GEMINI, "{model}");
    }
    for model in [
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "eu.amazon.nova-pro-v1:0",
        "openai.gpt-oss-120b-1:0",
    ] {
        assert_eq!(on_chat(model).platforms, [Platform::Bedrock], "{model}");
    }
}

#[test]
fn a_name_that_says_nothing_goes_where_the_path_belongs() {
    for model in ["deepseek-chat", "olmo-2", "on-prem", "llama.cpp"] {
        assert_eq!(
            (on_chat(model).platforms, on_chat(model).named_on),
            (OPENAI, ALL),
            "{model}"
        );
    }
}

#[test]
fn a_provider_before_the_name_decides_unless_an_account_knows_the_whole() {
    let one = on_chat("bedrock/claude-sonnet-4-5");
    assert_eq!(
        (one.bare, one.platforms),
        ("claude-sonnet-4-5", &[Platform::Bedrock][..])
    );
    let other = on_chat("meta-llama/llama-4");
    assert_eq!((other.bare, other.platforms), ("meta-llama/llama-4", OPENAI));
    let names = [("openai/gpt-oss", "x"), ("google/*", "y")];
    let pool = pool(vec![with(1, |one| {
        one.mapping = names
            .map(|(asked, sent)| (asked.to_owned(), sent.to_owned()))
            .into();
    })]);
    for model in ["openai/gpt-oss", "google/gemma"] {
        let known = meant(CHAT, model, &pool);
        assert_eq!((known.bare, known.platforms), (model, OPENAI));
    }
    assert_eq!(meant(CHAT, "openai/gpt-5", &pool).bare, "gpt-5");
}

#[test]
fn a_path_that_decides_is_not_overruled() {
    let home = Home {
        platforms: CLAUDE,
        fixed: true,
    };
    for model in ["gpt-5", "openai/gpt-5"] {
        let meant = meant(home, model, &Pool::default());
        assert_eq!(
            (meant.bare, meant.platforms, meant.named_on),
            (model, CLAUDE, CLAUDE)
        );
    }
    let meant = meant(home, "bedrock/claude-sonnet-4-5", &Pool::default());
    assert_eq!((meant.bare, meant.platforms), ("claude-sonnet-4-5", CLAUDE));
}

#[test]
fn every_mount_of_the_relay_has_a_home() {
    for (path, platforms, fixed) in [
        ("/api/v1/messages", CLAUDE, false),
        ("/claude/v1/messages?beta=true", CLAUDE, false),
        ("/openai/claude/v1/chat/completions", CLAUDE, true),
        ("/openai/gemini/v1/chat/completions", GEMINI, true),
        ("/openai/v1/chat/completions", OPENAI, false),
        ("/openai/responses", OPENAI, false),
        ("/azure/openai/deployments/x/chat/completions", AZURE, true),
        (
            "/gemini/v1beta/models/gemini-2.5-pro:generateContent",
            GEMINI,
            false,
        ),
        ("/gemini/v1/messages", GEMINI, true),
        ("/gemini/messages", GEMINI, true),
    ] {
        assert_eq!(home_of(path), Some(Home { platforms, fixed }), "{path}");
    }
    for path in [
        "",
        "/",
        "api/v1/messages",
        "/metrics",
        "/api",
        "/apis/v1",
        "/openai",
    ] {
        assert_eq!(home_of(path), None, "{path}");
    }
}
