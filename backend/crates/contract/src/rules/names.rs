//! A key's rules by name, and what they let through.

use super::{KeyRules, fits_pattern};
use crate::platform::Service;
use serde::{Deserialize, Serialize};

/// A rule by its name, as [`KeyRules`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuleName {
    /// See [`KeyRules::services`].
    Services,
    /// See [`KeyRules::models_allowed`].
    ModelsAllowed,
    /// See [`KeyRules::models_denied`].
    ModelsDenied,
    /// See [`KeyRules::clients`].
    Clients,
    /// See [`KeyRules::addresses`].
    Addresses,
    /// See [`KeyRules::concurrency`].
    Concurrency,
    /// See [`KeyRules::windows`].
    Windows,
}

impl KeyRules {
    /// Whether a rule is set here.
    pub fn sets(&self, rule: RuleName) -> bool {
        match rule {
            RuleName::Services => self.services.is_some(),
            RuleName::ModelsAllowed => self.models_allowed.is_some(),
            RuleName::ModelsDenied => self.models_denied.is_some(),
            RuleName::Clients => self.clients.is_some(),
            RuleName::Addresses => self.addresses.is_some(),
            RuleName::Concurrency => self.concurrency.is_some(),
            RuleName::Windows => self.windows.is_some(),
        }
    }

    /// Whether a model may be used that has these names. Who denies it is heard before who allows it.
    pub fn takes_model(&self, names: [&str; 2]) -> bool {
        let fits = |pattern: &String| names.iter().any(|name| fits_pattern(pattern, name));
        let denied = self.models_denied.as_deref().unwrap_or_default();
        let allowed = self.models_allowed.as_deref().unwrap_or_default();
        !denied.iter().any(fits) && (allowed.is_empty() || allowed.iter().any(fits))
    }

    /// Whether a service may be used.
    pub fn takes_service(&self, service: Service) -> bool {
        let services = self.services.as_deref().unwrap_or_default();
        services.is_empty() || services.contains(&service)
    }

    /// Leaves a rule to the levels above.
    pub fn inherit(&mut self, rule: RuleName) {
        match rule {
            RuleName::Services => self.services = None,
            RuleName::ModelsAllowed => self.models_allowed = None,
            RuleName::ModelsDenied => self.models_denied = None,
            RuleName::Clients => self.clients = None,
            RuleName::Addresses => self.addresses = None,
            RuleName::Concurrency => self.concurrency = None,
            RuleName::Windows => self.windows = None,
        }
    }
}
