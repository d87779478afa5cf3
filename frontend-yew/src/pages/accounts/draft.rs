//! An account's form as it is typed, and what it says once it is read. Pure.

use crate::pages::parts::{number, typed_fault};
use std::collections::BTreeMap;
use tollgate_contract::accounts::{Account, CreateAccount, PRIORITY_DEFAULT, UpdateAccount, WEIGHT_DEFAULT};
use tollgate_contract::problem::{FieldError, faults};

/// The vendor's own address.
const BASE_URL_DEFAULT: &str = "https://api.anthropic.com";

/// The form.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub name: String,
    pub description: String,
    pub base_url: String,
    pub api_key: String,
    pub priority: String,
    pub weight: String,
    pub schedulable: bool,
    pub concurrency_cap: String,
    pub models: Vec<String>,
    /// One `asked = sent` a line.
    pub mapping: String,
    version: Option<i64>,
}

impl Draft {
    /// A new account's form.
    pub fn new() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            base_url: BASE_URL_DEFAULT.to_owned(),
            api_key: String::new(),
            priority: PRIORITY_DEFAULT.to_string(),
            weight: WEIGHT_DEFAULT.to_string(),
            schedulable: true,
            concurrency_cap: String::new(),
            models: Vec::new(),
            mapping: String::new(),
            version: None,
        }
    }

    /// An account's form.
    pub fn of(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            description: account.description.clone(),
            base_url: account.base_url.clone(),
            api_key: String::new(),
            priority: account.priority.to_string(),
            weight: account.weight.to_string(),
            schedulable: account.schedulable,
            concurrency_cap: account
                .concurrency_cap
                .map(|cap| cap.to_string())
                .unwrap_or_default(),
            models: account.models.clone(),
            mapping: account
                .model_mapping
                .iter()
                .map(|(asked, sent)| format!("{asked} = {sent}"))
                .collect::<Vec<_>>()
                .join(
                    "
",
                ),
            version: Some(account.version),
        }
    }

    /// What to send when changing, or the fields at fault.
    pub fn read(&self) -> Result<UpdateAccount, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = self.parse(&mut wrong);
        wrong.extend(faults(&form));
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }

    /// What to send when adding, or the fields at fault.
    pub fn read_new(&self) -> Result<CreateAccount, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let form = self.parse(&mut wrong);
        let form = CreateAccount {
            name: form.name,
            description: form.description,
            base_url: form.base_url,
            api_key: form.api_key.unwrap_or_default(),
            priority: form.priority,
            weight: form.weight,
            schedulable: form.schedulable,
            concurrency_cap: form.concurrency_cap,
            models: form.models,
            model_mapping: form.model_mapping,
        };
        wrong.extend(faults(&form));
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }

    fn parse(&self, wrong: &mut Vec<FieldError>) -> UpdateAccount {
        UpdateAccount {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            base_url: self.base_url.trim().trim_end_matches('/').to_owned(),
            api_key: Some(self.api_key.trim().to_owned()).filter(|key| !key.is_empty()),
            priority: number("priority", &self.priority, wrong).unwrap_or(PRIORITY_DEFAULT),
            weight: number("weight", &self.weight, wrong).unwrap_or(WEIGHT_DEFAULT),
            schedulable: self.schedulable,
            concurrency_cap: number("concurrency_cap", &self.concurrency_cap, wrong),
            models: self.models.clone(),
            model_mapping: mapping(&self.mapping, wrong),
            version: self.version,
        }
    }
}

fn mapping(text: &str, wrong: &mut Vec<FieldError>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match line
            .split_once('=')
            .map(|(asked, sent)| (asked.trim(), sent.trim()))
        {
            Some((asked, sent)) if !asked.is_empty() && !sent.is_empty() => {
                found.insert(asked.to_owned(), sent.to_owned());
            }
            _ => {
                wrong.push(typed_fault("model_mapping", "mapping"));
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_one_pair_a_line() {
        let mut wrong = Vec::new();
        let read = mapping("a = b\n\n c=d=e \n", &mut wrong);
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            [("a".into(), "b".into()), ("c".into(), "d=e".into())]
        );
        assert!(wrong.is_empty());
        mapping("a = b\nnonsense", &mut wrong);
        assert_eq!(wrong.len(), 1);
    }

    #[test]
    fn a_new_account_needs_a_credential_and_a_changed_one_keeps_its_own() {
        let draft = Draft {
            name: "a".to_owned(),
            ..Draft::new()
        };
        let fields: Vec<_> = draft
            .read_new()
            .unwrap_err()
            .into_iter()
            .map(|error| error.field)
            .collect();
        assert_eq!(fields, ["api_key"]);
        assert_eq!(draft.read().unwrap().api_key, None);
    }
}
