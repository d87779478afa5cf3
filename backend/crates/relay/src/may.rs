//! What a key's rules say to a request: the program that sends it, the model it asks for, the services that could serve it.
//! (From where it comes, the key itself looks at.) What a refusal says is allowed, the key's holder may know.
//! Never in here: how much of it, which is the windows'.

use crate::asked::Asked;
use crate::keys::Rules;
use crate::pricing::fits;
use crate::refusal::Refusal;
use actix_web::http::header::{HeaderMap, HeaderValue, USER_AGENT};
use tollgate_contract::platform::Platform;
use tollgate_contract::rules::{ClientKind, ClientRule, fits_pattern};
use tollgate_scheduler::Pool;
use tollgate_wire::error::ErrorKind;

/// Names in a refusal; more are counted.
const NAMED_MAX: usize = 10;

/// Refuses a program that the key is not meant for. Whatever says it is the program passes: this guides, and does not
/// secure.
pub(crate) fn send(rules: &Rules, headers: &HeaderMap) -> Result<(), Refusal> {
    let clients = rules.clients();
    if clients.is_empty() || clients.iter().any(|rule| is_client(rule, headers)) {
        return Ok(());
    }
    let names: Vec<String> = clients.iter().map(client_name).collect();
    let message = format!("This API key is meant for {} alone.", listed(&names));
    Err(Refusal::for_good(
        ErrorKind::Permission,
        "client_not_allowed",
        message,
    ))
}

/// The request as the key's rules leave it: at the services that it may use.
///
/// # Errors
/// If they leave nothing: the model is not for this key, or only services have it that it may not use.
pub(crate) fn ask(rules: &Rules, asked: Asked, pool: &Pool) -> Result<Asked, Refusal> {
    if !rules.takes_model([&asked.model, &asked.bare]) {
        return Err(no_model(rules, &asked.model));
    }
    let services = rules.services();
    if services.is_empty() {
        return Ok(asked);
    }
    let may = |platform: &&Platform| services.contains(&platform.service());
    let narrowed = Asked {
        platforms: asked.platforms.iter().filter(may).copied().collect(),
        named_on: asked.named_on.iter().filter(may).copied().collect(),
        ..asked.clone()
    };
    let served = |asked: &Asked| pool.accounts().any(|account| fits(account, asked));
    // That nobody has the model at all is said elsewhere.
    if served(&narrowed) || !narrowed.platforms.is_empty() && !served(&asked) {
        return Ok(narrowed);
    }
    let names: Vec<String> = services
        .iter()
        .map(|service| service.as_str().to_owned())
        .collect();
    let message = format!(
        "model: `{}` would be served by a service that this API key may not use; it may use {}.",
        shown(&asked.model),
        listed(&names)
    );
    Err(Refusal::for_good(
        ErrorKind::Permission,
        "service_not_allowed",
        message,
    ))
}

fn no_model(rules: &Rules, model: &str) -> Refusal {
    let allowed = match rules.models_allowed() {
        [] => String::new(),
        allowed => {
            let names: Vec<String> = allowed.iter().map(|pattern| format!("`{pattern}`")).collect();
            format!("; it may use {}", listed(&names))
        }
    };
    let message = format!("model: this API key may not use `{}`{allowed}.", shown(model));
    Refusal::for_good(ErrorKind::Permission, "model_not_allowed", message)
}

fn shown(model: &str) -> String {
    model.chars().take(100).collect()
}

/// "a, b and 3 more".
fn listed(names: &[String]) -> String {
    let named = names
        .iter()
        .take(NAMED_MAX)
        .map(String::as_str)
        .collect::<Vec<_>>();
    match names.len().saturating_sub(NAMED_MAX) {
        0 => match named.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, first)) => format!("{} and {last}", first.join(", ")),
            None => String::new(),
        },
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn client_name(rule: &ClientRule) -> String {
    match (rule.client, &rule.user_agent) {
        (ClientKind::ClaudeCode, _) => "Claude Code".to_owned(),
        (ClientKind::Codex, _) => "Codex".to_owned(),
        (ClientKind::GeminiCli, _) => "Gemini CLI".to_owned(),
        (ClientKind::SillyTavern, _) => "SillyTavern".to_owned(),
        (ClientKind::Custom, pattern) => {
            format!(
                "programs whose user-agent fits `{}`",
                pattern.as_deref().unwrap_or_default()
            )
        }
    }
}

/// How programs present themselves, seen with Claude Code 2.1, Codex 0.169 and Gemini CLI 0.61, and read in SillyTavern's
/// source (1.13, `src/endpoints/backends/chat-completions.js`).
fn is_client(rule: &ClientRule, headers: &HeaderMap) -> bool {
    let agent = headers.get(USER_AGENT).map(HeaderValue::as_bytes);
    let agent = String::from_utf8_lossy(agent.unwrap_or_default());
    match rule.client {
        // `claude-cli/2.1.330 (external, sdk-cli)`, with `x-app: cli`.
        ClientKind::ClaudeCode => agent.starts_with("claude-cli/") && headers.contains_key("x-app"),
        // `codex_exec/0.169.0 (…)`, `codex_cli_rs/`, `codex_vscode/`, with an `originator` or `x-codex-…`.
        ClientKind::Codex => {
            let of_codex = |name: &str| name == "originator" || name.starts_with("x-codex-");
            agent.starts_with("codex_") && headers.keys().any(|name| of_codex(name.as_str()))
        }
        // `GeminiCLI/…`, `GeminiCLI-tui/0.61.0/{model} (linux; x64; terminal)`.
        ClientKind::GeminiCli => agent.strip_prefix("GeminiCLI").is_some_and(|rest| {
            let rest = rest.strip_prefix('-').map_or(rest, |rest| {
                rest.trim_start_matches(|letter: char| letter.is_ascii_lowercase())
            });
            rest.starts_with('/')
        }),
        // It sets no name of its own and goes by that of node-fetch; plugins and proxies of its add theirs.
        ClientKind::SillyTavern => {
            agent.starts_with("node-fetch") || agent.to_ascii_lowercase().contains("sillytavern")
        }
        ClientKind::Custom => {
            let pattern = rule.user_agent.as_deref();
            pattern.is_some_and(|pattern| fits_pattern(pattern, &agent))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderName;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn is(client: ClientKind, pairs: &[(&'static str, &'static str)]) -> bool {
        let user_agent = (client == ClientKind::Custom).then(|| "*MyTool/2.*".to_owned());
        is_client(&ClientRule { client, user_agent }, &headers(pairs))
    }

    #[test]
    fn programs_are_known_by_what_they_send() {
        let claude = ("user-agent", "claude-cli/2.1.330 (external, sdk-cli)");
        assert!(is(ClientKind::ClaudeCode, &[claude, ("x-app", "cli")]));
        assert!(!is(ClientKind::ClaudeCode, &[claude]));
        assert!(!is(ClientKind::ClaudeCode, &[("x-app", "cli")]));
        let codex = ("user-agent", "codex_exec/0.169.0 (Debian; x86_64)");
        assert!(is(ClientKind::Codex, &[codex, ("originator", "codex_exec")]));
        assert!(is(ClientKind::Codex, &[codex, ("x-codex-turn-metadata", "{}")]));
        assert!(!is(ClientKind::Codex, &[codex]));
        for (agent, known) in [
            ("GeminiCLI-tui/0.61.0/gemini-3-pro (linux; x64; terminal)", true),
            ("GeminiCLI/0.20.0 (linux; x64)", true),
            ("GeminiCLIENT/1", false),
            ("google-genai-sdk/1.2", false),
        ] {
            assert_eq!(
                is(ClientKind::GeminiCli, &[("user-agent", agent)]),
                known,
                "{agent}"
            );
        }
        assert!(is(ClientKind::SillyTavern, &[("user-agent", "node-fetch")]));
        assert!(is(
            ClientKind::SillyTavern,
            &[("user-agent", "SillyTavern/1.13.0")]
        ));
        assert!(is(ClientKind::Custom, &[("user-agent", "x mytool/2.7")]));
        assert!(!is(ClientKind::Custom, &[("user-agent", "mytool/3")]));
        assert!(!is(ClientKind::Custom, &[]));
    }

    #[test]
    fn names_are_listed_and_many_are_counted() {
        let names = |count: usize| (1..=count).map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(listed(&names(1)), "1");
        assert_eq!(listed(&names(3)), "1, 2 and 3");
        assert_eq!(listed(&names(12)), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
    }
}
