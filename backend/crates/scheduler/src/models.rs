//! Which platforms a model's name means, and where a client's path belongs. Pure. Never in here: which of these platforms'
//! accounts is taken.

use crate::pool::Pool;
use tollgate_contract::platform::Platform;

/// Platforms whose upstreams have Claude's models.
pub const CLAUDE: &[Platform] = &[
    Platform::ClaudeOfficial,
    Platform::ClaudeConsole,
    Platform::Ccr,
    Platform::Bedrock,
];
/// Platforms whose upstreams have OpenAI's models.
pub const OPENAI: &[Platform] = &[Platform::OpenAi, Platform::OpenAiResponses, Platform::AzureOpenAi];
/// Platforms whose upstreams have Gemini's models.
pub const GEMINI: &[Platform] = &[Platform::Gemini];
/// Azure alone, by its own paths.
pub const AZURE: &[Platform] = &[Platform::AzureOpenAi];
/// All.
pub const ALL: &[Platform] = &Platform::ALL;

/// Where a path belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Where a model goes whose name says nothing of its platform; where `fixed`, where every model goes.
    pub platforms: &'static [Platform],
    /// Whether the path decides the platform.
    pub fixed: bool,
}

/// Where a path of the relay belongs, by its mount; `None` if it is none of the relay's. A query may follow.
pub fn home_of(path: &str) -> Option<Home> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.strip_prefix('/')?.split('/');
    let (mount, rest): (_, Vec<&str>) = (parts.next()?, parts.collect());
    let home = |platforms, fixed| Some(Home { platforms, fixed });
    match (mount, rest.as_slice()) {
        ("api" | "claude", [_, ..]) => home(CLAUDE, false),
        ("openai", ["claude", _, ..]) => home(CLAUDE, true),
        ("openai", ["gemini", _, ..]) | ("gemini", ["messages"] | ["v1", "messages"]) => home(GEMINI, true),
        ("openai", [_, ..]) => home(OPENAI, false),
        ("azure", [_, ..]) => home(AZURE, true),
        ("gemini", [_, ..]) => home(GEMINI, false),
        _ => None,
    }
}

/// What a model's name means on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meant<'a> {
    /// As accounts know it: without the provider before it.
    pub bare: &'a str,
    /// Platforms that have it by its name.
    pub platforms: &'static [Platform],
    /// Platforms whose accounts may list or map it themselves.
    pub named_on: &'static [Platform],
}

/// Reads a model's name as a client wrote it. The pool knows names that its accounts gave models themselves.
pub fn meant<'a>(home: Home, model: &'a str, pool: &Pool) -> Meant<'a> {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let named_on = if home.fixed { home.platforms } else { ALL };
    let meant = |bare, platforms| Meant {
        bare,
        platforms,
        named_on,
    };
    // A name with a slash that an account knows as it is (as other gateways' names are) is no provider's prefix.
    if let Some((provider, rest)) = name.split_once('/')
        && let Some(platforms) = of_provider(provider)
        && !rest.is_empty()
        && !pool.names(name)
    {
        return if !home.fixed {
            meant(rest, platforms)
        } else if platforms.iter().any(|platform| home.platforms.contains(platform)) {
            meant(rest, home.platforms)
        } else {
            meant(name, home.platforms)
        };
    }
    let by_name = if home.fixed { None } else { family(name) };
    meant(name, by_name.unwrap_or(home.platforms))
}

/// Platforms by a provider's or platform's name.
fn of_provider(word: &str) -> Option<&'static [Platform]> {
    Some(match word {
        "anthropic" | "claude" => CLAUDE,
        "openai" => OPENAI,
        "google" | "gemini" => GEMINI,
        "azure" | "azure_openai" => &[Platform::AzureOpenAi],
        "bedrock" | "aws" => &[Platform::Bedrock],
        "claude_official" => &[Platform::ClaudeOfficial],
        "claude_console" => &[Platform::ClaudeConsole],
        "ccr" => &[Platform::Ccr],
        "openai_responses" => &[Platform::OpenAiResponses],
        _ => return None,
    })
}

/// How names of OpenAI's models begin.
const OPENAI_NAMES: [&str; 13] = [
    "gpt-",
    "gpt.",
    "chatgpt-",
    "codex-",
    "text-embedding-3",
    "text-embedding-ada",
    "text-davinci",
    "davinci",
    "babbage",
    "dall-e",
    "computer-use",
    "omni-moderation",
    "ft:gpt",
];
/// How names of Gemini's models begin.
const GEMINI_NAMES: [&str; 7] = [
    "gemini-",
    "gemma-",
    "learnlm-",
    "imagen-",
    "text-embedding-0",
    "text-multilingual-embedding",
    "embedding-001",
];
/// Vendors as Bedrock's model ids name them ("Supported foundation models in Amazon Bedrock").
const BEDROCK_VENDORS: [&str; 13] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "openai",
    "qwen",
    "stability",
    "writer",
];
/// What stands before them in inference profiles ("Supported Regions and models for inference profiles").
const BEDROCK_REGIONS: [&str; 9] = ["us", "us-gov", "eu", "apac", "au", "jp", "ca", "sa", "global"];

/// The platforms that have a model by its name; `None` where the name says nothing.
fn family(model: &str) -> Option<&'static [Platform]> {
    let begins = |names: &[&str]| names.iter().any(|name| model.starts_with(name));
    if is_bedrock(model) {
        return Some(&[Platform::Bedrock]);
    }
    if model.starts_with("claude") {
        return Some(CLAUDE);
    }
    if begins(&OPENAI_NAMES) || is_o_series(model) {
        return Some(OPENAI);
    }
    begins(&GEMINI_NAMES).then_some(GEMINI)
}

/// `o1`, `o3-mini`, `o4-mini-2025-04-16` …
fn is_o_series(model: &str) -> bool {
    let mut rest = model.strip_prefix('o').unwrap_or_default().chars();
    rest.next().is_some_and(|first| first.is_ascii_digit())
        && rest
            .next()
            .is_none_or(|next| next == '-' || next.is_ascii_digit())
}

fn is_bedrock(model: &str) -> bool {
    if model.starts_with("arn:aws") {
        return true;
    }
    let Some((first, rest)) = model.split_once('.') else {
        return false;
    };
    let vendor = |word: &str| BEDROCK_VENDORS.contains(&word);
    vendor(first)
        || BEDROCK_REGIONS.contains(&first) && rest.split_once('.').is_some_and(|(word, _)| vendor(word))
}
