//! The settings of the pool of upstream accounts: how requests wait for one, and where vendors issue tokens.

use super::{MINUTE, Setting, setting};
use crate::config::kind::Kind;

/// Why the vendors' addresses can be set at all.
const ADDRESS: &str = "The vendor's own by default. Another one for a sovereign cloud, a mirror, or a test.";
const CLIENT: &str = "The public client that the vendor's own command-line tool uses by default, as in v1.";

pub(super) static SETTINGS: &[Setting] = &[
    setting(
        "scheduler.wait_max",
        Kind::Span(0, 5 * MINUTE),
        Some("5s"),
        "How long a request waits for a seat when all accounts that could take it are busy; 0s: not at all.",
        "Most requests end within seconds. Longer than this, the client is told when to come again.",
    ),
    setting(
        "scheduler.queue_max",
        Kind::Count(0, 100_000),
        Some("200"),
        "How many requests of one organisation wait for a seat at once on a node; further ones are refused at once.",
        "A waiting request holds its body in memory.",
    ),
    setting(
        "oauth.claude_authorize",
        Kind::WebUrl,
        Some("https://claude.ai/oauth/authorize"),
        "Where the owner of a Claude subscription agrees.",
        ADDRESS,
    ),
    setting(
        "oauth.claude_token",
        Kind::WebUrl,
        Some("https://platform.claude.com/v1/oauth/token"),
        "Where Claude's codes and refresh tokens are exchanged.",
        ADDRESS,
    ),
    setting(
        "oauth.claude_redirect",
        Kind::WebUrl,
        Some("https://platform.claude.com/oauth/code/callback"),
        "The page of Claude's that shows the code to be pasted back.",
        ADDRESS,
    ),
    setting(
        "oauth.claude_client_id",
        Kind::Text,
        Some("9d1c250a-e61b-44d9-88ed-5944d1962f5e"),
        "The client that Claude subscriptions are granted to.",
        CLIENT,
    ),
    setting(
        "oauth.claude_api",
        Kind::WebUrl,
        Some("https://api.anthropic.com"),
        "The base URL that a Claude subscription gets when it is connected from the page; it can be changed there.",
        ADDRESS,
    ),
    setting(
        "oauth.google_authorize",
        Kind::WebUrl,
        Some("https://accounts.google.com/o/oauth2/v2/auth"),
        "Google's page of consent.",
        ADDRESS,
    ),
    setting(
        "oauth.google_token",
        Kind::WebUrl,
        Some("https://oauth2.googleapis.com/token"),
        "Where Google's codes and refresh tokens are exchanged.",
        ADDRESS,
    ),
    setting(
        "oauth.google_userinfo",
        Kind::WebUrl,
        Some("https://openidconnect.googleapis.com/v1/userinfo"),
        "Where Google tells whose account it is.",
        ADDRESS,
    ),
    setting(
        "oauth.google_redirect",
        Kind::WebUrl,
        Some("https://codeassist.google.com/authcode"),
        "The page that shows Google's code; it must be registered for the client.",
        "A desktop client of one's own takes http://localhost, and the browser's address is pasted back.",
    ),
    setting(
        "oauth.google_client_id",
        Kind::Text,
        None,
        "Your OAuth client at Google, for Gemini Code Assist accounts.",
        "Without it such accounts can't be connected from the page: it says at Google who asks.",
    ),
    setting(
        "oauth.google_client_secret",
        Kind::Secret(1),
        None,
        "That client's secret.",
        "Google asks for it of desktop clients as well.",
    ),
    setting(
        "oauth.google_api",
        Kind::WebUrl,
        Some("https://cloudcode-pa.googleapis.com"),
        "The base URL that a Code Assist account gets when it is connected from the page; it can be changed there.",
        ADDRESS,
    ),
    setting(
        "oauth.openai_authorize",
        Kind::WebUrl,
        Some("https://auth.openai.com/oauth/authorize"),
        "ChatGPT's sign-in, for Codex accounts.",
        ADDRESS,
    ),
    setting(
        "oauth.openai_token",
        Kind::WebUrl,
        Some("https://auth.openai.com/oauth/token"),
        "Where ChatGPT's codes and refresh tokens are exchanged.",
        ADDRESS,
    ),
    setting(
        "oauth.openai_redirect",
        Kind::WebUrl,
        Some("http://localhost:1455/auth/callback"),
        "Where ChatGPT sends the browser with the code; nobody listens there, the address is pasted back.",
        "The client takes no other.",
    ),
    setting(
        "oauth.openai_client_id",
        Kind::Text,
        Some("app_EMoamEEZ73f0CkXaXp7hrann"),
        "The client that Codex subscriptions are granted to.",
        CLIENT,
    ),
    setting(
        "oauth.openai_api",
        Kind::WebUrl,
        Some("https://chatgpt.com/backend-api/codex"),
        "The base URL that a Codex subscription gets when it is connected from the page; it can be changed there.",
        ADDRESS,
    ),
    setting(
        "oauth.entra",
        Kind::WebUrl,
        Some("https://login.microsoftonline.com"),
        "Microsoft Entra ID, for Azure accounts with client credentials.",
        "National clouds have their own, such as https://login.microsoftonline.us.",
    ),
    setting(
        "oauth.entra_scope",
        Kind::Text,
        Some("https://cognitiveservices.azure.com/.default"),
        "What Azure's tokens are for.",
        "National clouds have their own, such as https://cognitiveservices.azure.us/.default.",
    ),
    setting(
        "oauth.aws_sts",
        Kind::WebUrl,
        None,
        "AWS's security token service, for Bedrock accounts that assume a role; unset: the region's own.",
        "A VPC endpoint, or a test.",
    ),
];
