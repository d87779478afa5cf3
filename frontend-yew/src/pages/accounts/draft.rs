//! An account's form as it is typed, and what it says once it is read. Pure.

use super::platforms::first_base_url;
use crate::pages::parts::{dollars, number, typed_fault};
use std::collections::BTreeMap;
use tollgate_contract::accounts::{Account, AccountForm, AccountSettings, PRIORITY_DEFAULT, WEIGHT_DEFAULT};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_contract::problem::{FieldError, faults};

/// The form. What was typed for another platform or kind stays where it is, and is not sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub platform: Platform,
    pub kind: CredentialKind,
    pub name: String,
    pub description: String,
    /// Empty: the vendor's own.
    pub base_url: String,
    pub api_key: String,
    pub token: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub entra_tenant_id: String,
    pub client_id: String,
    pub client_secret: String,
    pub role_arn: String,
    pub external_id: String,
    pub region: String,
    pub api_version: String,
    pub project: String,
    /// Whether the stored headers are replaced by what is typed.
    pub replaces_headers: bool,
    /// One `name: value` a line.
    pub headers: String,
    pub first_byte_timeout: String,
    pub idle_timeout: String,
    pub priority: String,
    pub weight: String,
    pub schedulable: bool,
    pub concurrency_cap: String,
    pub requests_per_minute: String,
    pub tokens_per_minute: String,
    /// In dollars.
    pub daily_cost: String,
    /// A proxy's id; empty: none.
    pub proxy: String,
    pub tags: Vec<String>,
    /// Seconds between self-tests; empty: none are made.
    pub self_test: String,
    pub models: Vec<String>,
    /// One `asked = sent` a line.
    pub mapping: String,
    /// Of the account that is changed.
    stored: Option<Stored>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stored {
    version: i64,
    settings: AccountSettings,
}

impl Draft {
    /// A new account's form.
    pub fn new() -> Self {
        let platform = Platform::ClaudeConsole;
        Self {
            platform,
            kind: platform.default_credential_kind(),
            name: String::new(),
            description: String::new(),
            base_url: first_base_url(platform).to_owned(),
            api_key: String::new(),
            token: String::new(),
            access_key_id: String::new(),
            secret_access_key: String::new(),
            session_token: String::new(),
            entra_tenant_id: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            role_arn: String::new(),
            external_id: String::new(),
            region: String::new(),
            api_version: String::new(),
            project: String::new(),
            replaces_headers: true,
            headers: String::new(),
            first_byte_timeout: String::new(),
            idle_timeout: String::new(),
            priority: PRIORITY_DEFAULT.to_string(),
            weight: WEIGHT_DEFAULT.to_string(),
            schedulable: true,
            concurrency_cap: String::new(),
            requests_per_minute: String::new(),
            tokens_per_minute: String::new(),
            daily_cost: String::new(),
            proxy: String::new(),
            tags: Vec::new(),
            self_test: String::new(),
            models: Vec::new(),
            mapping: String::new(),
            stored: None,
        }
    }

    /// An account's form.
    pub fn of(account: &Account) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let figure = |figure: Option<u32>| written(figure);
        let vendors = account
            .platform
            .default_base_url(account.credential_kind, account.region.as_deref());
        let is_own = vendors.as_ref() != Some(&account.base_url);
        let lines = account.model_mapping.iter();
        let lines: Vec<_> = lines.map(|(asked, sent)| format!("{asked} = {sent}")).collect();
        Self {
            platform: account.platform,
            kind: account.credential_kind,
            name: account.name.clone(),
            description: account.description.clone(),
            // So that it goes along when the region changes.
            base_url: Some(account.base_url.clone())
                .filter(|_| is_own)
                .unwrap_or_default(),
            region: text(&account.region),
            api_version: text(&account.api_version),
            project: text(&account.project),
            replaces_headers: account.extra_headers.is_empty(),
            first_byte_timeout: figure(account.first_byte_timeout_s),
            idle_timeout: figure(account.idle_timeout_s),
            priority: account.priority.to_string(),
            weight: account.weight.to_string(),
            schedulable: account.schedulable,
            concurrency_cap: figure(account.concurrency_cap),
            requests_per_minute: figure(account.requests_per_minute),
            tokens_per_minute: written(account.tokens_per_minute),
            daily_cost: written(account.daily_cost_nano.map(NanoUsd::exact_usd)),
            proxy: written(account.proxy.as_ref().map(|proxy| proxy.id)),
            tags: account.tags.clone(),
            self_test: figure(account.self_test_every_s),
            models: account.models.clone(),
            mapping: lines.join("\n"),
            stored: Some(Stored {
                version: account.version,
                settings: account.settings(),
            }),
            ..Self::new()
        }
    }

    /// Another platform, with the kind of credential that it takes first and the address that most have there.
    pub fn choose(&mut self, platform: Platform) {
        if self.base_url == first_base_url(self.platform) {
            first_base_url(platform).clone_into(&mut self.base_url);
        }
        self.platform = platform;
        self.kind = platform.default_credential_kind();
    }

    /// The kinds of credential that can be chosen: what a person grants on a vendor's page is never typed in.
    pub fn kinds(&self) -> Vec<CredentialKind> {
        let kinds = self.platform.credential_kinds().iter().copied();
        kinds
            .filter(|kind| *kind != CredentialKind::Oauth || self.kind == CredentialKind::Oauth)
            .collect()
    }

    /// The vendor's own address, where it has one. Before a region is typed there is none yet.
    pub fn vendors_url(&self) -> Option<String> {
        let region = Some(self.region.trim()).filter(|region| !region.is_empty());
        self.platform.default_base_url(self.kind, region)
    }

    /// Whether the address may be left empty.
    pub fn has_vendors_url(&self) -> bool {
        self.platform.default_base_url(self.kind, Some("")).is_some()
    }

    /// Whether a credential of this kind is stored.
    pub fn keeps_credential(&self) -> bool {
        let stored = self.stored.as_ref();
        stored.is_some_and(|stored| stored.settings.credential_kind == self.kind)
    }

    /// The names of the stored headers.
    pub fn stored_headers(&self) -> &[String] {
        match &self.stored {
            Some(stored) => &stored.settings.extra_headers,
            None => &[],
        }
    }

    /// What to send, or the fields at fault.
    pub fn read(&self) -> Result<AccountForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = self.parse(&mut wrong);
        wrong.extend(faults(&form));
        let stored = self.stored.as_ref().map(|stored| &stored.settings);
        if let Err(missing) = form.clone().on(self.platform, stored) {
            wrong.extend(missing);
        }
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }

    fn parse(&self, wrong: &mut Vec<FieldError>) -> AccountForm {
        let on = |is_asked: bool, text: &str| filled(text).filter(|_| is_asked);
        let platform = self.platform;
        let headers = headers(&self.headers, wrong);
        let replaces = self.replaces_headers && !(headers.is_empty() && self.stored_headers().is_empty());
        AccountForm {
            description: self.description.trim().to_owned(),
            base_url: filled(self.base_url.trim().trim_end_matches('/')),
            credential_kind: Some(self.kind),
            region: on(platform == Platform::Bedrock, &self.region),
            api_version: on(platform == Platform::AzureOpenAi, &self.api_version),
            project: on(self.asks_project(), &self.project),
            extra_headers: Some(headers).filter(|_| replaces),
            first_byte_timeout_s: number("first_byte_timeout_s", &self.first_byte_timeout, wrong),
            idle_timeout_s: number("idle_timeout_s", &self.idle_timeout, wrong),
            priority: number("priority", &self.priority, wrong).unwrap_or(PRIORITY_DEFAULT),
            weight: number("weight", &self.weight, wrong).unwrap_or(WEIGHT_DEFAULT),
            schedulable: self.schedulable,
            concurrency_cap: number("concurrency_cap", &self.concurrency_cap, wrong),
            requests_per_minute: number("requests_per_minute", &self.requests_per_minute, wrong),
            tokens_per_minute: number("tokens_per_minute", &self.tokens_per_minute, wrong),
            daily_cost_nano: dollars("daily_cost_nano", &self.daily_cost, wrong),
            proxy_id: self.proxy.parse().ok(),
            tags: self.tags.clone(),
            self_test_every_s: number("self_test_every_s", &self.self_test, wrong),
            models: self.models.clone(),
            model_mapping: mapping(&self.mapping, wrong),
            version: self.stored.as_ref().map(|stored| stored.version),
            ..self.credential(AccountForm::named(self.name.trim()))
        }
    }

    /// The form with the credential's fields, of the kind alone that was chosen.
    fn credential(&self, form: AccountForm) -> AccountForm {
        let of = |kinds: &[CredentialKind], text: &str| filled(text).filter(|_| kinds.contains(&self.kind));
        let aws = &[CredentialKind::AwsKeys, CredentialKind::AwsRole];
        let (entra, role) = (&[CredentialKind::EntraApp], &[CredentialKind::AwsRole]);
        AccountForm {
            api_key: of(&[CredentialKind::ApiKey], &self.api_key),
            token: of(&[CredentialKind::BearerToken], &self.token),
            entra_tenant_id: of(entra, &self.entra_tenant_id),
            client_id: of(entra, &self.client_id),
            client_secret: of(entra, &self.client_secret),
            role_arn: of(role, &self.role_arn),
            external_id: of(role, &self.external_id),
            access_key_id: of(aws, &self.access_key_id),
            secret_access_key: of(aws, &self.secret_access_key),
            session_token: of(aws, &self.session_token),
            ..form
        }
    }

    /// Whether a Google Cloud project belongs to it.
    pub fn asks_project(&self) -> bool {
        self.platform == Platform::Gemini && self.kind != CredentialKind::ApiKey
    }
}

fn written(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn mapping(text: &str, wrong: &mut Vec<FieldError>) -> BTreeMap<String, String> {
    pairs(text, '=', typed_fault("model_mapping", "mapping"), wrong)
}

fn headers(text: &str, wrong: &mut Vec<FieldError>) -> BTreeMap<String, String> {
    let pairs = pairs(text, ':', typed_fault("extra_headers", "headers"), wrong);
    let lower = pairs
        .into_iter()
        .map(|(name, value)| (name.to_lowercase(), value));
    lower.collect()
}

/// One pair a line; a line that is none is a fault.
fn pairs(
    text: &str,
    between: char,
    fault: FieldError,
    wrong: &mut Vec<FieldError>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match line
            .split_once(between)
            .map(|(first, second)| (first.trim(), second.trim()))
        {
            Some((first, second)) if !first.is_empty() && !second.is_empty() => {
                found.insert(first.to_owned(), second.to_owned());
            }
            _ => {
                wrong.push(fault);
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
