//! How clients are set up: text to copy, with this server's own address and the key filled in.
//! Where each client reads its address and key is measured, not guessed: see what the clients' own documentation says of
//! `ANTHROPIC_BASE_URL` and the SDKs' constructors.

use crate::browser;
use crate::i18n::use_texts;
use crate::ui::{Choice, CopyButton, Segments};
use yew::prelude::*;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    ClaudeCode,
    Python,
    TypeScript,
    Curl,
}

/// A family of operating systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// macOS and Linux: a POSIX shell.
    Unix,
    /// Windows: PowerShell.
    Windows,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ClaudeCode, Self::Python, Self::TypeScript, Self::Curl];

    /// A proper name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::Python => "Python",
            Self::TypeScript => "TypeScript",
            Self::Curl => "curl",
        }
    }
}

/// What is filled into a snippet.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// Scheme, host and port.
    pub origin: &'a str,
    pub secret: &'a str,
    pub model: &'a str,
}

/// The text to copy.
pub fn snippet(client: Client, system: System, values: Values<'_>) -> String {
    match (client, system) {
        (Client::ClaudeCode, System::Unix) => claude_code_unix(values),
        (Client::ClaudeCode, System::Windows) => claude_code_windows(values),
        (Client::Python, _) => python(system, values),
        (Client::TypeScript, _) => typescript(values),
        (Client::Curl, System::Unix) => curl_unix(values),
        (Client::Curl, System::Windows) => curl_windows(values),
    }
}

fn claude_code_unix(Values { origin, secret, .. }: Values<'_>) -> String {
    format!("export ANTHROPIC_BASE_URL={origin}/api\nexport ANTHROPIC_AUTH_TOKEN={secret}\nclaude")
}

fn claude_code_windows(Values { origin, secret, .. }: Values<'_>) -> String {
    format!("$env:ANTHROPIC_BASE_URL = \"{origin}/api\"\n$env:ANTHROPIC_AUTH_TOKEN = \"{secret}\"\nclaude")
}

fn python(
    system: System,
    Values {
        origin,
        secret,
        model,
    }: Values<'_>,
) -> String {
    let install = match system {
        System::Unix => "python3 -m pip install anthropic",
        System::Windows => "py -m pip install anthropic",
    };
    let model = quoted(model);
    format!(
        r#"# {install}
from anthropic import Anthropic

client = Anthropic(base_url="{origin}/api", api_key="{secret}")
message = client.messages.create(
    model={model},
    max_tokens=200,
    messages=[{{"role": "user", "content": "Hello!"}}],
)
print(message.content[0].text)"#
    )
}

fn typescript(
    Values {
        origin,
        secret,
        model,
    }: Values<'_>,
) -> String {
    let model = quoted(model);
    format!(
        r#"// npm install @anthropic-ai/sdk
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({{ baseURL: "{origin}/api", apiKey: "{secret}" }});
const message = await client.messages.create({{
  model: {model},
  max_tokens: 200,
  messages: [{{ role: "user", content: "Hello!" }}],
}});
console.log(message.content);"#
    )
}

fn curl_unix(values: Values<'_>) -> String {
    let Values { origin, secret, .. } = values;
    // A single quote ends the shell's text: close it, escape it, open it again.
    let body = body(values).replace('\'', r"'\''");
    format!(
        "curl {origin}/api/v1/messages \\\n  -H 'x-api-key: {secret}' \\\n  -H 'anthropic-version: 2023-06-01' \\\n  \
         -H 'content-type: application/json' \\\n  -d '{body}'"
    )
}

fn curl_windows(values: Values<'_>) -> String {
    let Values { origin, secret, .. } = values;
    // By PowerShell's own means: what it does to quotes on the way to curl.exe differs between its versions.
    let body = body(values).replace('\'', "''");
    format!(
        "Invoke-RestMethod {origin}/api/v1/messages -Method Post `\n  -ContentType 'application/json' `\n  \
         -Headers @{{ 'x-api-key' = '{secret}'; 'anthropic-version' = '2023-06-01' }} `\n  -Body '{body}'"
    )
}

fn body(Values { model, .. }: Values<'_>) -> String {
    format!(
        r#"{{"model":{},"max_tokens":200,"messages":[{{"role":"user","content":"Hello!"}}]}}"#,
        quoted(model)
    )
}

/// As a text literal, which JSON, Python and TypeScript write alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[derive(Properties, PartialEq)]
pub struct SnippetsProps {
    /// The secret, or what stands in its place.
    pub secret: AttrValue,
    pub model: AttrValue,
}

/// The snippets, one client and system at a time.
#[component]
pub fn Snippets(props: &SnippetsProps) -> Html {
    let t = use_texts();
    let client = use_state(|| Client::ClaudeCode);
    let system = use_state(|| {
        if browser::is_windows() {
            System::Windows
        } else {
            System::Unix
        }
    });
    let clients = Client::ALL.map(|client| Choice::new(client.name(), client.name()));
    let systems = vec![
        Choice::new("unix", t.snippets.mac),
        Choice::new("windows", t.snippets.windows),
    ];
    let choose_client = {
        let client = client.clone();
        Callback::from(move |name: AttrValue| {
            if let Some(chosen) = Client::ALL
                .into_iter()
                .find(|client| client.name() == name.as_str())
            {
                client.set(chosen);
            }
        })
    };
    let choose_system = {
        let system = system.clone();
        Callback::from(move |name: AttrValue| {
            system.set(if name == "windows" {
                System::Windows
            } else {
                System::Unix
            });
        })
    };
    let origin = browser::origin();
    let text = snippet(
        *client,
        *system,
        Values {
            origin: &origin,
            secret: &props.secret,
            model: &props.model,
        },
    );
    html! {
        <div class="flex flex-col gap-2 min-w-0">
            <div class="flex flex-wrap items-center justify-between gap-2">
                <Segments label={t.snippets.client} value={client.name()} choices={clients.to_vec()} onchange={choose_client} />
                <div class="flex grow items-center justify-between gap-2 sm:grow-0">
                    <Segments label={t.snippets.system} value={if *system == System::Unix { "unix" } else { "windows" }} choices={systems}
                        onchange={choose_system} />
                    <CopyButton text={text.clone()} />
                </div>
            </div>
            <pre class="overflow-x-auto rounded-lg border border-base-300 bg-base-200 px-4 py-3 font-mono text-[0.8125rem] leading-relaxed"
                tabindex="0" aria-label={client.name()} data-testid="snippet"><code>{ text }</code></pre>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'static> = Values {
        origin: "https://gate.example.com",
        secret: "cr_1",
        model: "it's-\"new\"",
    };

    #[test]
    fn every_snippet_holds_address_and_key() {
        for client in Client::ALL {
            for system in [System::Unix, System::Windows] {
                let text = snippet(client, system, VALUES);
                assert!(
                    text.contains("https://gate.example.com/api") && text.contains("cr_1"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_models_name_can_not_break_out_of_its_quotes() {
        assert!(snippet(Client::Python, System::Unix, VALUES).contains(r#"model="it's-\"new\"","#));
        assert!(snippet(Client::Curl, System::Unix, VALUES).contains(r#""model":"it'\''s-\"new\"""#));
        assert!(snippet(Client::Curl, System::Windows, VALUES).contains(r#""model":"it''s-\"new\"""#));
    }
}
