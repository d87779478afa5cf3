//! Many accounts at once: actions with a result for each, and accounts carried from one place to another.

use super::AccountForm;
use crate::check;
use crate::ids::{AccountId, GroupId, ProxyId};
use crate::platform::Platform;
use crate::problem::FieldError;
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::{Validate, ValidationErrors};

/// Most accounts of one batch.
pub const BATCH_MAX: usize = 500;

/// What is done to each account of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum AccountAction {
    /// The scheduler may use it.
    Enable,
    /// The scheduler may not.
    Disable,
    /// Adds a label.
    Tag {
        /// The label.
        tag: String,
    },
    /// Takes a label away.
    Untag {
        /// The label.
        tag: String,
    },
    /// Puts it into a group.
    Group {
        /// The group; of the account's service.
        group_id: GroupId,
    },
    /// Takes it out of a group.
    Ungroup {
        /// The group.
        group_id: GroupId,
    },
    /// Sends it through a proxy, or through none.
    Proxy {
        /// The proxy; absent: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy_id: Option<ProxyId>,
    },
    /// Makes it active again.
    Reset,
    /// Tests it.
    Test,
    /// Deletes it.
    Delete,
}

/// `POST accounts/batch`: one action on many accounts. Each is done or refused by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "FlatBatch")]
pub struct AccountBatch {
    /// The accounts, each named once.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 500))]
    pub ids: Vec<AccountId>,
    /// What is done.
    #[serde(flatten)]
    pub action: AccountAction,
}

impl Validate for AccountBatch {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        if let Err(error) = check::batch_accounts(&self.ids) {
            errors.add("ids", error);
        }
        if let AccountAction::Tag { tag } | AccountAction::Untag { tag } = &self.action
            && let Err(error) = check::tags(std::slice::from_ref(tag))
        {
            errors.add("tag", error);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// A batch as it is read: with all fields that an action may have, so that each mistake is found at its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlatBatch {
    ids: Vec<AccountId>,
    action: ActionName,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    group_id: Option<GroupId>,
    #[serde(default)]
    proxy_id: Option<ProxyId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionName {
    Enable,
    Disable,
    Tag,
    Untag,
    Group,
    Ungroup,
    Proxy,
    Reset,
    Test,
    Delete,
}

impl TryFrom<FlatBatch> for AccountBatch {
    /// In serde's own words, from which the field is taken.
    type Error = serde::de::value::Error;

    fn try_from(flat: FlatBatch) -> Result<Self, Self::Error> {
        use ActionName as Name;
        use serde::de::Error;

        let (labels, groups) = (
            matches!(flat.action, Name::Tag | Name::Untag),
            matches!(flat.action, Name::Group | Name::Ungroup),
        );
        let given = [
            ("tag", flat.tag.is_some(), labels),
            ("group_id", flat.group_id.is_some(), groups),
            ("proxy_id", flat.proxy_id.is_some(), flat.action == Name::Proxy),
        ];
        for (field, is_given, is_taken) in given {
            if is_given && !is_taken {
                return Err(Error::custom(format!(
                    "unknown field `{field}`, the action takes none such"
                )));
            }
        }
        let tag = || flat.tag.clone().ok_or_else(|| Error::missing_field("tag"));
        let group_id = || flat.group_id.ok_or_else(|| Error::missing_field("group_id"));
        let action = match flat.action {
            Name::Enable => AccountAction::Enable,
            Name::Disable => AccountAction::Disable,
            Name::Tag => AccountAction::Tag { tag: tag()? },
            Name::Untag => AccountAction::Untag { tag: tag()? },
            Name::Group => AccountAction::Group {
                group_id: group_id()?,
            },
            Name::Ungroup => AccountAction::Ungroup {
                group_id: group_id()?,
            },
            Name::Proxy => AccountAction::Proxy {
                proxy_id: flat.proxy_id,
            },
            Name::Reset => AccountAction::Reset,
            Name::Test => AccountAction::Test,
            Name::Delete => AccountAction::Delete,
        };
        Ok(Self {
            ids: flat.ids,
            action,
        })
    }
}

/// What came of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResult {
    /// One for each account, in the order they were named.
    pub items: Vec<BatchRow>,
}

/// What came of it for one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRow {
    /// The account.
    pub id: AccountId,
    /// Whether it was done.
    pub ok: bool,
    /// `ok`, `unchanged`, or the problem's code.
    pub code: String,
    /// What went wrong, in English; empty where nothing did.
    pub message: String,
}

/// `POST accounts/export`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExportAccounts {
    /// The accounts, each named once; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::batch_accounts"))]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 500))]
    pub ids: Option<Vec<AccountId>>,
    /// Encrypts the credentials, which are left out without it; at least 12 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::passphrase"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 12, max_length = 200))]
    pub passphrase: Option<String>,
}

/// Never shows the passphrase.
impl fmt::Debug for ExportAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportAccounts")
            .field("ids", &self.ids)
            .finish_non_exhaustive()
    }
}

/// Accounts as they are carried: a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountBundle {
    /// `tollgate-accounts/1`.
    pub format: String,
    /// How the secrets are encrypted; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<BundleSecrets>,
    /// The accounts.
    pub accounts: Vec<BundledAccount>,
}

/// How a bundle's secrets are encrypted: AES-256-GCM under a key that argon2id makes of the passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BundleSecrets {
    /// argon2id's salt, in base64.
    pub salt: String,
    /// argon2id's memory in KiB.
    pub memory_kib: u32,
    /// argon2id's passes.
    pub passes: u32,
}

/// One account of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BundledAccount {
    /// Its platform.
    pub platform: Platform,
    /// Its settings, without anything secret, and without its proxy's id, which means nothing elsewhere.
    pub form: AccountForm,
    /// Its proxy's name: where the file is read, a proxy of this name must be there, so that nobody is reached directly
    /// who was reached through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Its credential and extra headers: nonce and ciphertext in base64, bound to its platform, name, kind of credential
    /// and address; absent where the bundle has no secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// `POST accounts/import`.
#[derive(Clone, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportAccounts {
    /// The file.
    pub bundle: AccountBundle,
    /// What the secrets are encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::passphrase"))]
    #[cfg_attr(feature = "openapi", schema(format = Password, min_length = 12, max_length = 200))]
    pub passphrase: Option<String>,
    /// Only tells what would come of it.
    #[serde(default)]
    pub dry_run: bool,
}

/// Never shows the passphrase.
impl fmt::Debug for ImportAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportAccounts")
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

/// What came of an import. An account whose platform and name are there already is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportResult {
    /// One for each account of the file, in its order.
    pub items: Vec<ImportRow>,
}

/// What came of it for one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportRow {
    /// Its platform.
    pub platform: Platform,
    /// Its name.
    pub name: String,
    /// The account that was made.
    pub id: Option<AccountId>,
    /// `created`, `exists`, `no_secret`, or the problem's code.
    pub code: String,
    /// What is wrong, field by field.
    pub errors: Vec<FieldError>,
}
