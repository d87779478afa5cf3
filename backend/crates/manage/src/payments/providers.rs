//! The payment providers that the operator has set up.

use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Providers by name, each with the secrets under which its calls may be signed: two while one takes the other's place.
/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PaymentProviders(Arc<BTreeMap<String, Vec<SecretString>>>);

impl PaymentProviders {
    /// Providers and their secrets; a provider with two is named twice.
    pub fn new(named: impl IntoIterator<Item = (String, SecretString)>) -> Self {
        let mut providers: BTreeMap<String, Vec<SecretString>> = BTreeMap::new();
        for (name, secret) in named {
            providers.entry(name).or_default().push(secret);
        }
        Self(Arc::new(providers))
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// A provider's secrets; `None` where there is no such provider.
    pub(crate) fn secrets(&self, name: &str) -> Option<&[SecretString]> {
        self.0.get(name).map(Vec::as_slice)
    }
}
