//! What each platform asks of an account's form: which fields it takes, which it needs, and what it stands for where one
//! is left out. Never in here: checks that hold on every platform, and whether an address may be reached.

use super::credential::{AwsKeys, AwsRole, Credential, EntraApp};
use super::form::AccountForm;
use crate::ids::ProxyId;
use crate::money::NanoUsd;
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
    /// Most requests in any minute.
    pub requests_per_minute: Option<u32>,
    /// Most tokens in any minute.
    pub tokens_per_minute: Option<u64>,
    /// Most that its requests may cost in a day.
    pub daily_cost_nano: Option<NanoUsd>,
    /// The proxy through which it is reached.
    pub proxy_id: Option<ProxyId>,
    /// Labels to find it by, sorted.
    pub tags: Vec<String>,
    /// Seconds between self-tests.
    pub self_test_every_s: Option<u32>,
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
        self.read(platform, stored, None)
    }

    /// Reads the form of a new account whose credential comes by another way than the form's own fields, which must be
    /// empty then: of a kind, for one, that no form can bring.
    ///
    /// # Errors
    /// As for [`AccountForm::on`].
    pub fn with_credential(
        mut self,
        platform: Platform,
        credential: Credential,
    ) -> Result<AccountInput, Vec<FieldError>> {
        self.credential_kind = Some(credential.kind());
        self.read(platform, None, Some(credential))
    }

    fn read(
        self,
        platform: Platform,
        stored: Option<&AccountSettings>,
        brought: Option<Credential>,
    ) -> Result<AccountInput, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let kind = self.kind(platform, stored, &mut wrong);
        self.check_texts(platform, kind, &mut wrong);
        let credential = self.credential(kind, stored, brought, &mut wrong);
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
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            daily_cost_nano: self.daily_cost_nano,
            proxy_id: self.proxy_id,
            tags: sorted(self.tags),
            self_test_every_s: self.self_test_every_s,
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
            } else if kind == CredentialKind::ApiKey {
                wrong.push(no_place(
                    "project",
                    "belongs to Code Assist, that is to bearer_token and oauth",
                ));
            }
        }
    }

    /// The credential, of exactly the fields of its kind. One is needed where none is stored, or one of another kind.
    fn credential(
        &self,
        kind: CredentialKind,
        stored: Option<&AccountSettings>,
        brought: Option<Credential>,
        wrong: &mut Vec<FieldError>,
    ) -> Option<Credential> {
        let aws: &[CredentialKind] = &[CredentialKind::AwsKeys, CredentialKind::AwsRole];
        let fields: [(&'static str, &Option<String>, &[CredentialKind]); 10] = [
            ("api_key", &self.api_key, &[CredentialKind::ApiKey]),
            ("token", &self.token, &[CredentialKind::BearerToken]),
            (
                "entra_tenant_id",
                &self.entra_tenant_id,
                &[CredentialKind::EntraApp],
            ),
            ("client_id", &self.client_id, &[CredentialKind::EntraApp]),
            ("client_secret", &self.client_secret, &[CredentialKind::EntraApp]),
            ("role_arn", &self.role_arn, &[CredentialKind::AwsRole]),
            ("external_id", &self.external_id, &[CredentialKind::AwsRole]),
            ("access_key_id", &self.access_key_id, aws),
            ("secret_access_key", &self.secret_access_key, aws),
            ("session_token", &self.session_token, aws),
        ];
        let is_of = |owners: &[CredentialKind]| owners.contains(&kind);
        for (field, _, owners) in fields
            .iter()
            .filter(|(_, value, owners)| value.is_some() && !is_of(owners))
        {
            let names: Vec<&str> = owners.iter().map(|owner| owner.as_str()).collect();
            let text = format!(
                "belongs to {}, and the kind is {}",
                names.join(" and "),
                kind.as_str()
            );
            wrong.push(no_place(field, &text));
        }
        let given = fields
            .iter()
            .find(|(_, value, owners)| value.is_some() && is_of(owners));
        if brought.is_some() {
            wrong
                .extend(given.map(|(field, ..)| {
                    no_place(field, "is there twice: the credential came by another way")
                }));
            return brought;
        }
        let is_given = given.is_some();
        let has_kind = stored.is_some_and(|stored| stored.credential_kind == kind);
        if !is_given && has_kind {
            return None;
        }
        if kind == CredentialKind::Oauth {
            let text = "comes by the vendor's own page: see auth-url and exchange".to_owned();
            wrong.push(fault("credential_kind", "credential_kind", text));
            return None;
        }
        let missing: Vec<&str> = kind
            .needed_fields()
            .iter()
            .copied()
            .filter(|needed| {
                fields
                    .iter()
                    .any(|(field, value, _)| field == needed && value.is_none())
            })
            .collect();
        wrong.extend(missing.iter().map(|field| missed(field)));
        self.made(kind)
    }

    /// The credential, if all that it needs is given.
    fn made(&self, kind: CredentialKind) -> Option<Credential> {
        let keys = || {
            Some(AwsKeys {
                access_key_id: self.access_key_id.clone()?,
                secret_access_key: self.secret_access_key.clone()?,
                session_token: self.session_token.clone(),
            })
        };
        Some(match kind {
            CredentialKind::ApiKey => Credential::ApiKey(self.api_key.clone()?),
            CredentialKind::BearerToken => Credential::BearerToken(self.token.clone()?),
            CredentialKind::AwsKeys => Credential::AwsKeys(keys()?),
            CredentialKind::Oauth => return None,
            CredentialKind::EntraApp => Credential::EntraApp(EntraApp {
                tenant_id: self.entra_tenant_id.clone()?,
                client_id: self.client_id.clone()?,
                client_secret: self.client_secret.clone()?,
            }),
            CredentialKind::AwsRole => Credential::AwsRole(AwsRole {
                role_arn: self.role_arn.clone()?,
                external_id: self.external_id.clone(),
                keys: keys()?,
            }),
        })
    }
}

fn sorted(mut tags: Vec<String>) -> Vec<String> {
    tags.sort();
    tags
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
