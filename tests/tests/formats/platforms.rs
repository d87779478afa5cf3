//! An account of each platform, and the model that is asked for there.

use serde_json::{Value, json};
use tollgate_tests::harness::tenant::{Tenant, id_of};
use tollgate_tests::harness::unique;
use tollgate_tests::harness::upstream::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use uuid::Uuid;

/// What every account's secret has in it, so that a leak is found.
pub const SECRET: &str = "upstream-secret-0123456789";

/// One way to a platform.
pub struct Way {
    /// As the table calls it.
    pub name: &'static str,
    /// The platform.
    pub platform: &'static str,
    /// What the account has besides name and base URL.
    pub fields: fn() -> Value,
    /// What is asked for.
    pub model: &'static str,
    /// Whether the upstream shows its thinking.
    pub shows_thinking: bool,
}

/// All of them.
pub const WAYS: [Way; 11] = [
    Way {
        name: "Claude Official",
        platform: "claude_official",
        fields: || json!({"token": format!("sk-ant-oat01-{SECRET}")}),
        model: "claude-sonnet-4-6",
        shows_thinking: true,
    },
    Way {
        name: "Claude Console",
        platform: "claude_console",
        fields: || json!({"api_key": format!("sk-ant-{SECRET}")}),
        model: "claude-sonnet-4-6",
        shows_thinking: true,
    },
    Way {
        name: "CCR",
        platform: "ccr",
        fields: || json!({"api_key": format!("cr_{SECRET}")}),
        model: "claude-sonnet-4-6",
        shows_thinking: true,
    },
    Way {
        name: "Gemini (API key)",
        platform: "gemini",
        fields: || json!({"api_key": format!("AIza-{SECRET}")}),
        model: "gemini-2.5-pro",
        shows_thinking: true,
    },
    Way {
        name: "Gemini (Code Assist)",
        platform: "gemini",
        fields: || json!({"credential_kind": "bearer_token", "token": format!("ya29.{SECRET}"), "project": "a-project"}),
        model: "gemini-2.5-pro",
        shows_thinking: true,
    },
    Way {
        name: "OpenAI",
        platform: "openai",
        fields: || json!({"api_key": format!("sk-proj-{SECRET}")}),
        model: "gpt-5.2",
        shows_thinking: false,
    },
    Way {
        name: "OpenAI Responses",
        platform: "openai_responses",
        fields: || json!({"api_key": format!("sk-proj-{SECRET}")}),
        model: "gpt-5.2",
        shows_thinking: true,
    },
    Way {
        name: "Azure OpenAI (v1)",
        platform: "azure_openai",
        fields: || json!({"api_key": format!("azure-{SECRET}")}),
        model: "gpt-5.2",
        shows_thinking: false,
    },
    Way {
        name: "Azure OpenAI (deployments, Entra)",
        platform: "azure_openai",
        fields: || {
            json!({
                "credential_kind": "bearer_token", "token": format!("eyJ0.{SECRET}"), "api_version": "2025-04-01-preview",
                "model_mapping": {"gpt-5.2": "our-deployment"},
            })
        },
        model: "gpt-5.2",
        shows_thinking: false,
    },
    Way {
        name: "Bedrock (Claude, SigV4)",
        platform: "bedrock",
        fields: || {
            json!({
                "credential_kind": "aws_keys", "access_key_id": ACCESS_KEY_ID,
                "secret_access_key": SECRET_ACCESS_KEY, "session_token": format!("FwoG-{SECRET}"),
                "region": "us-east-1",
            })
        },
        model: "claude-sonnet-4-6",
        shows_thinking: true,
    },
    Way {
        name: "Bedrock (Nova, API key)",
        platform: "bedrock",
        fields: || json!({"credential_kind": "api_key", "api_key": format!("ABSK{SECRET}"), "region": "us-east-1"}),
        model: "amazon.nova-pro-v1:0",
        shows_thinking: false,
    },
];

/// Makes the account.
pub fn account(tenant: &Tenant, way: &Way, base_url: &str) -> Uuid {
    account_with(tenant, way, base_url, json!({}))
}

/// The same with more fields.
pub fn account_with(tenant: &Tenant, way: &Way, base_url: &str, more: Value) -> Uuid {
    let mut body = json!({"name": unique("account"), "base_url": base_url});
    for fields in [(way.fields)(), more] {
        for (name, value) in fields.as_object().expect("fields") {
            body[name] = value.clone();
        }
    }
    let made = tenant.api.post(&format!("/accounts/{}", way.platform), &body);
    id_of(&made.expect(201).json()["id"])
}
