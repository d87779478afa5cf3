//! What each platform asks of an account's form: which fields it takes, which it needs, and what it stands for where one
//! is left out. Never in here: checks that hold on every platform, and whether an address may be reached.

use super::credential::{AwsKeys, Credential};
use super::form::AccountForm;
use crate::platform::{CredentialKind, Platform};
use crate::problem::FieldError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An account as it is set up, without anything secret: as stored, and as the audit log compares it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// What it is called; unique on its platform.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where its requests go.
    pub base_url: String,
    /// What its credential is.
    pub credential_kind: CredentialKind,
    /// The AWS region.
    pub region: Option<String>,
    /// Azure's API version.
    pub api_version: Option<String>,
    /// The Google Cloud project for Code Assist.
    pub project: Option<String>,
    /// The names of the headers that are added to its requests.
    pub extra_headers: Vec<String>,
    /// Seconds to the first byte.
    pub first_byte_timeout_s: Option<u32>,
    /// Seconds between bytes.
    pub idle_timeout_s: Option<u32>,
    /// 1 is preferred, 100 comes last.
    pub priority: u32,
    /// Its share among accounts of the same priority.
    pub weight: u32,
    /// Whether the scheduler may use it.
    pub schedulable: bool,
    /// Most requests at a time.
    pub concurrency_cap: Option<u32>,
    /// The models it offers.
    pub models: Vec<String>,
    /// Model asked for → model sent.
    pub model_mapping: BTreeMap<String, String>,
}

/// A form that has been read on its platform.
#[derive(Clone, PartialEq)]
pub struct AccountInput {
    /// Everything but the secrets.
    pub settings: AccountSettings,
    /// The new credential; `None`: the stored one stays.
    pub credential: Option<Credential>,
    /// The new extra headers, in place of all of before; `None`: the stored ones stay.
    pub extra_headers: Option<BTreeMap<String, String>>,
}

impl AccountForm {
    /// Reads the form on a platform. `stored` is the account that it changes, `None` where it makes one.
    ///
    /// # Errors
    /// Every field that the platform needs and has not, or has and does not take; sorted by field.
    pub fn on(
        self,
        platform: Platform,
        stored: Option<&AccountSettings>,
    ) -> Result<AccountInput, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let kind = self.kind(platform, stored, &mut wrong);
        self.check_texts(platform, kind, &mut wrong);
        let credential = self.credential(kind, stored, &mut wrong);
        let region = filled(self.region.as_deref());
        let given = self.base_url.clone();
        let base_url = given.or_else(|| platform.default_base_url(kind, region.as_deref()));
        // Without a region Bedrock has no address, and the region is what is missed.
        if base_url.is_none() && platform != Platform::Bedrock {
            wrong.push(missed("base_url"));
        }
        if stored.is_none() && self.version.is_some() {
            wrong.push(no_place("version", "belongs to a change; nothing is stored yet"));
        }
        if !wrong.is_empty() {
            wrong.sort_by(|a, b| a.field.cmp(&b.field));
            return Err(wrong);
        }
        let names = self.extra_headers.as_ref();
        let settings = AccountSettings {
            name: self.name,
            description: self.description,
            base_url: base_url.unwrap_or_default(),
            credential_kind: kind,
            region,
            api_version: filled(self.api_version.as_deref()),
            project: filled(self.project.as_deref()),
            extra_headers: match names {
                Some(headers) => headers.keys().cloned().collect(),
                None => stored
                    .map(|stored| stored.extra_headers.clone())
                    .unwrap_or_default(),
            },
            first_byte_timeout_s: self.first_byte_timeout_s,
            idle_timeout_s: self.idle_timeout_s,
            priority: self.priority,
            weight: self.weight,
            schedulable: self.schedulable,
            concurrency_cap: self.concurrency_cap,
            models: self.models,
            model_mapping: self.model_mapping,
        };
        Ok(AccountInput {
            settings,
            credential,
            extra_headers: self.extra_headers,
        })
    }

    fn kind(
        &self,
        platform: Platform,
        stored: Option<&AccountSettings>,
        wrong: &mut Vec<FieldError>,
    ) -> CredentialKind {
        let taken = platform.credential_kinds();
        let before = stored.map(|stored| stored.credential_kind);
        let Some(kind) = self.credential_kind else {
            return before.unwrap_or(platform.default_credential_kind());
        };
        if !taken.contains(&kind) {
            let names: Vec<&str> = taken.iter().map(|kind| kind.as_str()).collect();
            let text = format!("is {} on {}", names.join(" or "), platform.as_str());
            wrong.push(fault("credential_kind", "credential_kind", text));
        }
        kind
    }

    /// Region, version and project belong to one platform each.
    fn check_texts(&self, platform: Platform, kind: CredentialKind, wrong: &mut Vec<FieldError>) {
        let name = platform.as_str();
        let region = filled(self.region.as_deref());
        match (platform, &region) {
            (Platform::Bedrock, None) => wrong.push(missed("region")),
            (Platform::Bedrock, Some(_)) | (_, None) => {}
            (_, Some(_)) => wrong.push(no_place("region", &format!("means nothing on {name}"))),
        }
        if filled(self.api_version.as_deref()).is_some() && platform != Platform::AzureOpenAi {
            wrong.push(no_place("api_version", &format!("means nothing on {name}")));
        }
        if filled(self.project.as_deref()).is_some() {
            if platform != Platform::Gemini {
                wrong.push(no_place("project", &format!("means nothing on {name}")));
            } else if kind != CredentialKind::BearerToken {
                wrong.push(no_place(
                    "project",
                    "belongs to Code Assist, that is to bearer_token",
                ));
            }
        }
    }

    /// The credential, of exactly the fields of its kind. One is needed where none is stored, or one of another kind.
    fn credential(
        &self,
        kind: CredentialKind,
        stored: Option<&AccountSettings>,
        wrong: &mut Vec<FieldError>,
    ) -> Option<Credential> {
        let fields = [
            ("api_key", &self.api_key, CredentialKind::ApiKey),
            ("token", &self.token, CredentialKind::BearerToken),
            ("access_key_id", &self.access_key_id, CredentialKind::AwsKeys),
            (
                "secret_access_key",
                &self.secret_access_key,
                CredentialKind::AwsKeys,
            ),
            ("session_token", &self.session_token, CredentialKind::AwsKeys),
        ];
        for (field, _, owner) in fields
            .iter()
            .filter(|(_, value, owner)| value.is_some() && *owner != kind)
        {
            let text = format!("belongs to {}, and the kind is {}", owner.as_str(), kind.as_str());
            wrong.push(no_place(field, &text));
        }
        let is_given = fields
            .iter()
            .any(|(_, value, owner)| value.is_some() && *owner == kind);
        if !is_given && stored.is_some_and(|stored| stored.credential_kind == kind) {
            return None;
        }
        let mut need = |field: &'static str, value: &Option<String>| {
            if value.is_none() {
                wrong.push(missed(field));
            }
            value.clone()
        };
        Some(match kind {
            CredentialKind::ApiKey => Credential::ApiKey(need("api_key", &self.api_key)?),
            CredentialKind::BearerToken => Credential::BearerToken(need("token", &self.token)?),
            CredentialKind::AwsKeys => {
                let access_key_id = need("access_key_id", &self.access_key_id);
                let secret_access_key = need("secret_access_key", &self.secret_access_key);
                Credential::AwsKeys(AwsKeys {
                    access_key_id: access_key_id?,
                    secret_access_key: secret_access_key?,
                    session_token: self.session_token.clone(),
                })
            }
        })
    }
}

/// An empty text says as little as an absent one.
fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn missed(field: &str) -> FieldError {
    fault(field, "required", "must not be empty".to_owned())
}

fn no_place(field: &str, why: &str) -> FieldError {
    fault(field, "not_applicable", why.to_owned())
}

fn fault(field: &str, code: &str, message: String) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code: code.to_owned(),
        message,
    }
}
