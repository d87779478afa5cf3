//! What must be found before the tenant is known, by exact match and through one function each, as `tollgate_resolver`;
//! and its writers, which run in the transaction that writes the tenant's own row.

mod exports;
mod money;

pub use exports::ExportLinkTarget;
pub use money::{CallSeen, FoundVoucher, VoucherEntry, VoucherTerms};

use crate::{Db, StoreError, TenantTx};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{KeyId, SessionId, TenantId, UserId};
use uuid::Uuid;

/// Whose key a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The key.
    pub key_id: KeyId,
}

/// A person as found for signing in.
#[derive(Clone, Debug)]
pub struct SignInUser {
    /// The person.
    pub user_id: UserId,
    /// argon2id in PHC form; `None` where the person has no password here.
    pub password_hash: Option<String>,
    /// Whether the person may sign in at all.
    pub active: bool,
    /// Tenants the person may enter, oldest membership first.
    pub tenants: Vec<TenantId>,
}

/// Whose refresh token a hash is (the session tells whether it is still the valid one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshOwner {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The session.
    pub session_id: SessionId,
}

impl Db {
    /// Finds a key by the hash of its secret.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_key(&self, secret_hash: &[u8; 32]) -> Result<Option<KeyOwner>, StoreError> {
        let (pool, hash) = (self.resolver.clone(), secret_hash.to_vec());
        let found = self
            .core()
            .run(async move {
                sqlx::query!(
                    r#"SELECT tenant_id AS "tenant_id!", key_id AS "key_id!" FROM resolve_key($1)"#,
                    hash
                )
                .fetch_optional(&pool)
                .await
            })
            .await??;
        Ok(found.map(|row| KeyOwner {
            tenant_id: TenantId(row.tenant_id),
            key_id: KeyId(row.key_id),
        }))
    }

    /// Finds a person by e-mail address (lower case).
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_email(&self, email: &str) -> Result<Option<SignInUser>, StoreError> {
        let (pool, email) = (self.resolver.clone(), email.to_owned());
        self.core()
            .run(async move {
                let Some(user) = sqlx::query!(
                    r#"SELECT user_id AS "user_id!", password_hash, status AS "status!" FROM resolve_user($1)"#,
                    email
                )
                .fetch_optional(&pool)
                .await?
                else {
                    return Ok(None);
                };
                let tenants = sqlx::query_scalar!(r#"SELECT resolve_memberships($1) AS "tenant_id!""#, user.user_id)
                    .fetch_all(&pool)
                    .await?;
                Ok(Some(SignInUser {
                    user_id: UserId(user.user_id),
                    password_hash: user.password_hash,
                    active: user.status == "active",
                    tenants: tenants.into_iter().map(TenantId).collect(),
                }))
            })
            .await?
    }

    /// The tenants that a person may enter, oldest membership first.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_memberships(&self, user: UserId) -> Result<Vec<TenantId>, StoreError> {
        let pool = self.resolver.clone();
        let tenants = self
            .core()
            .run(async move {
                sqlx::query_scalar!(r#"SELECT resolve_memberships($1) AS "tenant_id!""#, user.0)
                    .fetch_all(&pool)
                    .await
            })
            .await??;
        Ok(tenants.into_iter().map(TenantId).collect())
    }

    /// Finds a session by the hash of any refresh token it ever had.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_refresh(&self, refresh_hash: &[u8; 32]) -> Result<Option<RefreshOwner>, StoreError> {
        let (pool, hash) = (self.resolver.clone(), refresh_hash.to_vec());
        let found = self
            .core()
            .run(async move {
                sqlx::query!(
                    r#"SELECT tenant_id AS "tenant_id!", session_id AS "session_id!" FROM resolve_refresh($1)"#,
                    hash
                )
                .fetch_optional(&pool)
                .await
            })
            .await??;
        Ok(found.map(|row| RefreshOwner {
            tenant_id: TenantId(row.tenant_id),
            session_id: SessionId(row.session_id),
        }))
    }

    /// Finds a tenant by its slug.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn resolve_slug(&self, slug: &str) -> Result<Option<TenantId>, StoreError> {
        let (pool, slug) = (self.resolver.clone(), slug.to_owned());
        let found = self
            .core()
            .run(async move {
                sqlx::query_scalar!("SELECT resolve_slug($1)", slug)
                    .fetch_one(&pool)
                    .await
            })
            .await??;
        Ok(found.map(TenantId))
    }
}

impl TenantTx {
    /// Reserves a slug for this tenant.
    ///
    /// # Errors
    /// `Duplicate("slug_directory_pkey")` if it is taken.
    pub async fn enter_slug(&mut self, slug: &str) -> Result<(), StoreError> {
        let tenant = self.tenant_id();
        sqlx::query!(
            "INSERT INTO slug_directory (slug, tenant_id) VALUES ($1, $2)",
            slug,
            tenant.0
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Creates a person.
    ///
    /// # Errors
    /// `Duplicate("users_email_key")` if the e-mail address is taken.
    pub async fn enter_user(
        &mut self,
        user: UserId,
        email: &str,
        password_hash: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO users (user_id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)",
            user.0,
            email,
            password_hash,
            at
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Notes that a person may enter this tenant; the membership row itself is the caller's.
    ///
    /// # Errors
    /// `Duplicate` if that is noted already.
    pub async fn enter_membership(&mut self, user: UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let tenant = self.tenant_id();
        sqlx::query!(
            "INSERT INTO membership_directory (user_id, tenant_id, created_at) VALUES ($1, $2, $3)",
            user.0,
            tenant.0,
            at
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Makes a secret lead to a key of this tenant.
    ///
    /// # Errors
    /// `Duplicate("key_directory_pkey")` if that secret is known already.
    pub async fn enter_key(&mut self, secret_hash: &[u8; 32], key: KeyId) -> Result<(), StoreError> {
        self.enter_keys(&[secret_hash.to_vec()], &[key.0]).await
    }

    /// Makes many secrets lead to keys of this tenant: hash and key in the same place.
    ///
    /// # Errors
    /// `Duplicate("key_directory_pkey")` if one of the secrets is known already.
    pub async fn enter_keys(&mut self, secret_hashes: &[Vec<u8>], keys: &[Uuid]) -> Result<(), StoreError> {
        let tenant = self.tenant_id();
        sqlx::query!(
            "INSERT INTO key_directory (secret_hash, tenant_id, key_id)
             SELECT n.secret_hash, $1, n.key_id FROM unnest($2::bytea[], $3::uuid[]) AS n (secret_hash, key_id)",
            tenant.0,
            secret_hashes,
            keys
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Secrets of this tenant lead nowhere any more.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn forget_secrets(&mut self, secret_hashes: &[Vec<u8>]) -> Result<(), StoreError> {
        sqlx::query!("SELECT forget_secrets($1)", secret_hashes)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// No secret leads to these keys of this tenant any more.
    ///
    /// # Errors
    /// `Unavailable` if the database is.
    pub async fn forget_keys(&mut self, keys: &[Uuid]) -> Result<(), StoreError> {
        sqlx::query!("SELECT forget_keys($1)", keys)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Makes a refresh token lead to its session.
    ///
    /// # Errors
    /// `Duplicate` if that token is known already.
    pub async fn enter_refresh(
        &mut self,
        refresh_hash: &[u8; 32],
        session: SessionId,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant_id();
        sqlx::query!(
            "INSERT INTO refresh_directory (refresh_hash, tenant_id, session_id, expires_at) VALUES ($1, $2, $3, $4)",
            refresh_hash.as_slice(),
            tenant.0,
            session.0,
            expires_at
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
