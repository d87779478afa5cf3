//! Which platforms a model's name means. Never in here: which of their accounts is taken.

use crate::call::{ALL, CLAUDE, Call, GEMINI, OPENAI};
use tollgate_contract::platform::Platform;
use tollgate_scheduler::Pool;

/// A model as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// As the client wrote it.
    pub(crate) model: String,
    /// As accounts know it: without the provider before it.
    pub(crate) bare: String,
    /// Platforms that have it by its name.
    pub(crate) platforms: &'static [Platform],
    /// Platforms whose accounts may list or map it themselves.
    pub(crate) named_on: &'static [Platform],
}

impl Asked {
    /// Reads a model's name on a path.
    pub(crate) fn read(call: &Call, model: &str, pool: &Pool) -> Self {
        let model_name = model.strip_prefix("models/").unwrap_or(model);
        let named_on = if call.fixed { call.home } else { ALL };
        let asked = |bare: &str, platforms| Self {
            model: model.to_owned(),
            bare: bare.to_owned(),
            platforms,
            named_on,
        };
        // A name with a slash that an account knows as it is (as other gateways' names are) is no provider's prefix.
        if let Some((provider, rest)) = model_name.split_once('/')
            && let Some(platforms) = of_provider(provider)
            && !rest.is_empty()
            && !pool.accounts().any(|account| account.names(model_name))
        {
            return if call.fixed && !platforms.iter().any(|platform| call.home.contains(platform)) {
                asked(model_name, call.home)
            } else {
                asked(rest, if call.fixed { call.home } else { platforms })
            };
        }
        let platforms = if call.fixed {
            call.home
        } else {
            family(model_name).unwrap_or(call.home)
        };
        asked(model_name, platforms)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Operation;
    use tollgate_wire::format::ClientFormat;

    fn asked(model: &str) -> Asked {
        let call = Call::new(ClientFormat::Chat, Operation::Generate, OPENAI);
        Asked::read(&call, model, &Pool::default())
    }

    #[test]
    fn a_name_tells_its_platforms() {
        for model in ["claude-sonnet-4-5", "claude-3-haiku-20240307"] {
            assert_eq!(asked(model).platforms, CLAUDE, "{model}");
        }
        for model in [
            "gpt-5.2",
            "o3",
            "o4-mini",
            "chatgpt-4o-latest",
            "text-embedding-3-small",
            "codex-mini",
        ] {
            assert_eq!(asked(model).platforms, OPENAI, "{model}");
        }
        for model in [
            "gemini-2.5-pro",
            "models/gemini-2.5-flash",
            "gemini-embedding-001",
        ] {
            assert_eq!(asked(model).platforms, GEMINI, "{model}");
        }
        for model in [
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "eu.amazon.nova-pro-v1:0",
            "openai.gpt-oss-120b-1:0",
        ] {
            assert_eq!(asked(model).platforms, [Platform::Bedrock], "{model}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_goes_where_the_path_belongs() {
        for model in ["deepseek-chat", "olmo-2", "on-prem", "llama.cpp"] {
            assert_eq!(asked(model).platforms, OPENAI, "{model}");
            assert_eq!(asked(model).named_on, ALL);
        }
    }

    #[test]
    fn a_provider_before_the_name_decides() {
        let one = asked("bedrock/claude-sonnet-4-5");
        assert_eq!(
            (one.bare.as_str(), one.platforms),
            ("claude-sonnet-4-5", &[Platform::Bedrock][..])
        );
        assert_eq!(one.model, "bedrock/claude-sonnet-4-5");
        let other = asked("meta-llama/llama-4");
        assert_eq!(
            (other.bare.as_str(), other.platforms),
            ("meta-llama/llama-4", OPENAI)
        );
    }

    #[test]
    fn a_path_that_decides_is_not_overruled() {
        let call = Call::new(ClientFormat::Chat, Operation::Generate, CLAUDE).fixed();
        for model in ["gpt-5", "openai/gpt-5"] {
            let asked = Asked::read(&call, model, &Pool::default());
            assert_eq!((asked.platforms, asked.named_on), (CLAUDE, CLAUDE), "{model}");
        }
        let asked = Asked::read(&call, "bedrock/claude-sonnet-4-5", &Pool::default());
        assert_eq!(asked.bare, "claude-sonnet-4-5");
    }
}
