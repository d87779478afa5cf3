//! `demo.json` and the summary on the terminal: what a newcomer needs to send the first request.

use super::cluster::ClusterError;
use super::folder::{DevSecrets, write_private};
use serde::Serialize;
use std::path::Path;

/// The demo owner's e-mail address.
pub const ADMIN_EMAIL: &str = "owner@demo.example";
/// The demo member's e-mail address.
pub const MEMBER_EMAIL: &str = "member@demo.example";

/// What `demo.json` says.
#[derive(Serialize)]
pub struct Card {
    /// Root URL of the gateway.
    pub base_url: String,
    /// Sign-in of the demo tenant's owner.
    pub admin_email: &'static str,
    /// Its password.
    pub admin_password: String,
    /// Sign-in of the demo tenant's member.
    pub member_email: &'static str,
    /// Its password.
    pub member_password: String,
    /// A key of the demo tenant.
    pub api_key: String,
}

impl Card {
    /// The card of a gateway at this root URL.
    pub fn new(base_url: String, secrets: &DevSecrets) -> Self {
        Self {
            base_url,
            admin_email: ADMIN_EMAIL,
            admin_password: secrets.admin_password.clone(),
            member_email: MEMBER_EMAIL,
            member_password: secrets.member_password.clone(),
            api_key: secrets.api_key.clone(),
        }
    }

    /// Writes `demo.json`, readable by its owner alone.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, data_dir: &Path) -> Result<(), ClusterError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        write_private(&data_dir.join("demo.json"), &(text + "\n"))
    }

    /// What is printed.
    pub fn summary(&self, data_dir: &Path, program: &str) -> String {
        let Self {
            base_url,
            admin_email,
            admin_password,
            member_email,
            member_password,
            api_key,
        } = self;
        format!(
            r#"
  Tollgate is running at {base_url}

    web app     {base_url}/          {admin_email} / {admin_password}
                                     (a member: {member_email} / {member_password})
    API docs    {base_url}/api/v2/docs
    API key     {api_key}
    data        {data}   (these lines again: demo.json in it)

  Send a request; the built-in demo upstream answers it, no account needed. Claude Messages, OpenAI Chat Completions,
  OpenAI Responses, Gemini; add "stream":true where you like:

    curl -sN {base_url}/api/v1/messages -H 'x-api-key: {api_key}' \
      -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \
      -d '{{"model":"claude-haiku-4-5","max_tokens":200,"stream":true,"messages":[{{"role":"user","content":"Hello!"}}]}}'

    curl -sN {base_url}/openai/v1/chat/completions -H 'authorization: Bearer {api_key}' \
      -H 'content-type: application/json' \
      -d '{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":"Hello!"}}]}}'

    curl -sN {base_url}/openai/v1/responses -H 'authorization: Bearer {api_key}' \
      -H 'content-type: application/json' -d '{{"model":"gpt-5-mini","input":"Hello!"}}'

    curl -sN '{base_url}/gemini/v1beta/models/gemini-2.5-flash:generateContent' \
      -H 'x-goog-api-key: {api_key}' -H 'content-type: application/json' \
      -d '{{"contents":[{{"role":"user","parts":[{{"text":"Hello!"}}]}}]}}'

  Bedrock's models answer in every format: name amazon.nova-lite-v1:0 instead.

  Claude Code:  ANTHROPIC_BASE_URL={base_url}/api ANTHROPIC_AUTH_TOKEN={api_key} claude
  Gemini CLI:   GOOGLE_GEMINI_BASE_URL={base_url}/gemini GEMINI_API_KEY={api_key} gemini
  OpenAI SDKs:  OPENAI_BASE_URL={base_url}/openai/v1 OPENAI_API_KEY={api_key}
  Prove the books:  {program} ledger verify --dev
  Stop: Ctrl-C
"#,
            data = data_dir.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever copies a line must have a body that is JSON, and the address and key in it.
    #[test]
    fn there_is_a_line_to_copy_for_each_format() {
        let card = Card {
            base_url: "http://127.0.0.1:8080".to_owned(),
            admin_email: ADMIN_EMAIL,
            admin_password: "a".to_owned(),
            member_email: MEMBER_EMAIL,
            member_password: "m".to_owned(),
            api_key: "cr_demo".to_owned(),
        };
        let summary = card.summary(Path::new("/data"), "tollgate");
        for path in [
            "/api/v1/messages",
            "/openai/v1/chat/completions",
            "/openai/v1/responses",
            "/gemini/v1beta/models/gemini-2.5-flash:generateContent",
        ] {
            let address = format!("http://127.0.0.1:8080{path}");
            let line = summary
                .split("\n\n")
                .find(|part| part.contains("curl") && part.contains(&address));
            let line = line.unwrap_or_else(|| panic!("no line for {path}"));
            assert!(line.contains("cr_demo"), "{line}");
            let body = line.split("-d '").nth(1).and_then(|rest| rest.split('\'').next());
            let body = body.unwrap_or_default();
            assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{body}");
        }
    }
}
