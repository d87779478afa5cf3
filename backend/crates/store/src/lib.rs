//! Storage: the database's roles and pools, the transaction that carries its tenant, directories, the change feed,
//! secrets at rest, hashing, and the clock and runtime they all stand on.
//! Never in here: what a row means (that is the crate's that owns the noun) and anything of HTTP.

mod audit;
mod captures;
mod changes;
mod clock;
mod db;
mod directory;
mod hashing;
mod migrate;
mod redact;
mod runtime;
mod secrets;
mod signing;
mod tenant;

pub use audit::{
    Actor, AuditEntry, record as record_audit, record_all as record_audits,
    record_platform as record_platform_audits, record_settled as record_settled_audits,
};
pub use captures::{CapturedBodies, keep_capture, read_capture};
pub use changes::{Change, ChangeFeed, FeedEvent, FeedState, Topic, announce, announce_platform};
pub use clock::Clock;
pub use db::{Db, DbSettings, RolePasswords, StoreError};
pub use directory::{
    CallSeen, ExportLinkTarget, FoundVoucher, KeyOwner, RefreshOwner, SignInUser, VoucherEntry, VoucherTerms,
};
pub use hashing::{
    ApiKeySecret, KeyHasher, PasswordError, VoucherCode, hash_password, hash_token, is_signed,
    looks_like_key, new_token, sign, verify_password,
};
pub use migrate::{MigrateError, pending as pending_migrations, run as migrate};
pub use redact::{Deadline, PatternError, Redact, Redactor, TooSlow};
pub use runtime::CoreRuntime;
pub use secrets::{
    KeyRecipe, MasterKey, PassphraseError, PassphraseKey, SealedSecret, SecretError, SecretPlace, Secrets,
};
pub use signing::{PublicKey, SIGNATURE_BYTES, Signature, Signer, SigningError, is_signature, public_keys};
pub use tenant::{JobsTx, SettleStatement, SettleTx, TenantTx};

use tollgate_contract::ids::TenantId;
use uuid::Uuid;

/// The platform's own tenant: it holds costs and margin. Its id is fixed by the first migration.
pub const PLATFORM_TENANT: TenantId = TenantId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));
