//! Accounts made by hand, for tests and the benchmark. In neither case is a database near.

use crate::candidate::Candidate;
use crate::credential::Credential;
use crate::live::{Live, Stored};
use crate::load::Caps;
use crate::snapshot::UpstreamAccount;
use crate::state::Condition;
use chrono::DateTime;
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::Platform;
use url::Url;
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(7));
/// The mark of every credential here unless a test says otherwise.
pub(crate) const MARK: u64 = 1;

pub(crate) fn id(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

/// An account that offers everything, to be changed by the test.
pub(crate) fn account(number: u128) -> UpstreamAccount {
    UpstreamAccount {
        id: id(number),
        owner: TENANT,
        public_name: format!("account {number}").into(),
        platform: Platform::ClaudeConsole,
        base_url: Url::parse("https://upstream.example").unwrap_or_else(|_| unreachable!()),
        credential: Credential::ApiKey("sk-ant-secret".into()),
        credential_kind: tollgate_contract::platform::CredentialKind::ApiKey,
        vendor_account: None,
        proxy: None,
        token: None,
        region: None,
        api_version: None,
        project: None,
        extra_headers: Vec::new(),
        first_byte_timeout: None,
        idle_timeout: None,
        priority: 50,
        weight: 100,
        schedulable: true,
        caps: Caps::default(),
        models: std::collections::BTreeSet::new(),
        mapping: std::collections::BTreeMap::new(),
        plan: None,
        opus: None,
        mark: MARK,
    }
}

/// Active since ever, with a live side of its own.
pub(crate) fn candidate(account: UpstreamAccount) -> Candidate {
    let stored = Stored {
        version: 1,
        condition: Condition::new(AccountState::Active, None, "", DateTime::UNIX_EPOCH, 0),
        mark: MARK,
        windows: Vec::new(),
    };
    let live = Live::new(account.owner, account.id, &stored);
    live.load.settle(account.caps, &Arc::default());
    Candidate::new(Arc::new(account), Arc::new(live))
}
