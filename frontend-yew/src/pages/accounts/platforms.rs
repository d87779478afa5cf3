//! What the pages say of each platform: its name, where its credentials are found, what is typed as an example.

use crate::i18n::Texts;
use tollgate_contract::platform::{CredentialKind, Platform};

/// A platform's name.
pub fn platform_name(platform: Platform, t: &Texts) -> &'static str {
    match platform {
        Platform::ClaudeOfficial => t.platforms.claude_official,
        Platform::ClaudeConsole => t.platforms.claude_console,
        Platform::Ccr => t.platforms.ccr,
        Platform::Gemini => t.platforms.gemini,
        Platform::OpenAi => t.platforms.openai,
        Platform::OpenAiResponses => t.platforms.openai_responses,
        Platform::AzureOpenAi => t.platforms.azure_openai,
        Platform::Bedrock => t.platforms.bedrock,
    }
}

/// What a platform is, in a sentence.
pub fn platform_help(platform: Platform, t: &Texts) -> &'static str {
    match platform {
        Platform::ClaudeOfficial => t.platforms.claude_official_help,
        Platform::ClaudeConsole => t.platforms.claude_console_help,
        Platform::Ccr => t.platforms.ccr_help,
        Platform::Gemini => t.platforms.gemini_help,
        Platform::OpenAi => t.platforms.openai_help,
        Platform::OpenAiResponses => t.platforms.openai_responses_help,
        Platform::AzureOpenAi => t.platforms.azure_openai_help,
        Platform::Bedrock => t.platforms.bedrock_help,
    }
}

/// A kind of credential, as it is called on a platform.
pub fn kind_name(platform: Platform, kind: CredentialKind, t: &Texts) -> &'static str {
    match (kind, platform) {
        (CredentialKind::ApiKey, Platform::Bedrock) => t.platforms.kind_bedrock_key,
        (CredentialKind::ApiKey, _) => t.platforms.kind_api_key,
        (CredentialKind::BearerToken, Platform::Gemini) => t.platforms.kind_google_token,
        (CredentialKind::BearerToken, Platform::AzureOpenAi) => t.platforms.kind_entra_token,
        (CredentialKind::BearerToken, _) => t.platforms.kind_token,
        (CredentialKind::AwsKeys, _) => t.platforms.kind_aws_keys,
        (CredentialKind::Oauth, _) => t.platforms.kind_oauth,
        (CredentialKind::EntraApp, _) => t.platforms.kind_entra_app,
        (CredentialKind::AwsRole, _) => t.platforms.kind_role,
    }
}

/// Where a platform's credential of this kind is found.
pub fn credential_help(platform: Platform, kind: CredentialKind, t: &Texts) -> &'static str {
    match (platform, kind) {
        (_, CredentialKind::Oauth) => t.platforms.find_oauth,
        (_, CredentialKind::EntraApp) => t.platforms.find_entra_app,
        (_, CredentialKind::AwsRole) => t.platforms.find_role,
        (Platform::ClaudeOfficial, _) => t.platforms.find_claude_token,
        (Platform::ClaudeConsole, _) => t.platforms.find_claude_key,
        (Platform::Ccr, _) => t.platforms.find_ccr_key,
        (Platform::Gemini, CredentialKind::BearerToken) => t.platforms.find_google_token,
        (Platform::Gemini, _) => t.platforms.find_gemini_key,
        (Platform::OpenAi | Platform::OpenAiResponses, _) => t.platforms.find_openai_key,
        (Platform::AzureOpenAi, CredentialKind::BearerToken) => t.platforms.find_entra_token,
        (Platform::AzureOpenAi, _) => t.platforms.find_azure_key,
        (Platform::Bedrock, CredentialKind::ApiKey) => t.platforms.find_bedrock_key,
        (Platform::Bedrock, _) => t.platforms.find_aws_keys,
    }
}

/// How such a credential begins.
pub fn credential_example(platform: Platform, kind: CredentialKind) -> &'static str {
    match (platform, kind) {
        (Platform::ClaudeOfficial, _) => "sk-ant-oat01-…",
        (Platform::ClaudeConsole, _) => "sk-ant-…",
        (Platform::Ccr, _) => "cr_…",
        (Platform::Gemini, CredentialKind::BearerToken) => "ya29.…",
        (Platform::Gemini, _) => "AIza…",
        (Platform::OpenAi | Platform::OpenAiResponses, _) => "sk-…",
        (Platform::AzureOpenAi, CredentialKind::BearerToken) => "eyJ…",
        (Platform::Bedrock, CredentialKind::ApiKey) => "ABSK…",
        (Platform::AzureOpenAi | Platform::Bedrock, _) => "",
    }
}

/// The address that is filled in at first: most accounts of the platform are there, though it has no one address.
pub fn first_base_url(platform: Platform) -> &'static str {
    match platform {
        Platform::ClaudeConsole => "https://api.anthropic.com",
        _ => "",
    }
}

/// An example of an address of one's own.
pub fn base_url_example(platform: Platform) -> &'static str {
    match platform {
        Platform::AzureOpenAi => "https://my-resource.openai.azure.com",
        Platform::Bedrock => "https://bedrock-runtime.us-east-1.amazonaws.com",
        _ => "https://relay.example.com",
    }
}

/// A model that such an account may offer.
pub fn model_example(platform: Platform) -> &'static str {
    match platform {
        Platform::ClaudeOfficial | Platform::ClaudeConsole | Platform::Ccr => "claude-haiku-4-5",
        Platform::Gemini => "gemini-2.5-flash",
        Platform::OpenAi | Platform::OpenAiResponses | Platform::AzureOpenAi => "gpt-5-mini",
        Platform::Bedrock => "eu.amazon.nova-micro-v1:0",
    }
}

/// A line of a mapping.
pub fn mapping_example(platform: Platform) -> &'static str {
    match platform {
        Platform::ClaudeOfficial | Platform::ClaudeConsole | Platform::Ccr => {
            "claude-opus-4-6 = claude-sonnet-4-6"
        }
        Platform::Gemini => "gemini-2.5-pro = gemini-2.5-flash",
        Platform::OpenAi | Platform::OpenAiResponses => "gpt-5* = gpt-5-mini",
        Platform::AzureOpenAi => "gpt-5-mini = my-deployment",
        Platform::Bedrock => "claude-haiku-4-5 = eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    }
}
