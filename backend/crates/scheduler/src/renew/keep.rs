//! Stores what a vendor issued, over the token that was renewed or not at all. Never in here: asking for it.

use super::row::{Claimed, place};
use super::{Inner, RenewFault, Slot, Token};
use crate::credential::Credential;
use crate::snapshot::TokenFacts;
use chrono::{DateTime, SubsecRound, Utc};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::accounts::{
    AccountEventKind, AccountState, AwsKeys, Credential as AtRest, IssuedToken,
};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_oauth::{self as oauth, Issued};
use tollgate_store::{SecretError, StoreError, TenantTx, Topic, announce};

/// How soon storing is tried again while the database is away: the vendor may have made the refresh token of before
/// worthless, so that this is never given up.
const STORE_AGAIN: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(500),
];

impl Inner {
    /// Stores what was issued, however long the database takes: until it is stored, this node alone has it, and gives it to
    /// those who wait here (`slot`).
    pub(super) async fn keep(
        &self,
        owner: TenantId,
        account: AccountId,
        claimed: &Claimed,
        issued: Issued,
        slot: &Slot,
    ) -> Result<Token, RenewFault> {
        let mut tries = 0_usize;
        loop {
            match self.store(owner, account, claimed, &issued).await {
                Ok(Some(token)) => return Ok(token),
                Ok(None) => {
                    // Somebody connected it anew meanwhile: theirs counts.
                    slot.latest.lock().token = None;
                    return Err(RenewFault::Later {
                        retry_at: self.db.clock().now(),
                        why: "it was connected anew at the same time".to_owned(),
                    });
                }
                Err(error @ StoreError::Refused(_)) => {
                    tracing::error!(%error, account.id = %account, "an issued token could not be stored");
                    return Err(RenewFault::Unavailable);
                }
                Err(error) => {
                    tracing::warn!(%error, account.id = %account, "an issued token is not stored yet");
                    if tries == 0 {
                        let token = kept_token(claimed, &issued, claimed.version + 1, self.db.clock().now());
                        slot.latest.lock().token = Some(Arc::new(token));
                    }
                }
            }
            let wait = STORE_AGAIN.get(tries).or(STORE_AGAIN.last()).copied();
            tokio::time::sleep(wait.unwrap_or_default()).await;
            tries += 1;
        }
    }

    async fn store(
        &self,
        owner: TenantId,
        account: AccountId,
        claimed: &Claimed,
        issued: &Issued,
    ) -> Result<Option<Token>, StoreError> {
        let (now, mut tx) = (
            self.db.clock().now().trunc_subsecs(6),
            self.db.tenant(owner).await?,
        );
        let token = at_rest(&issued.token);
        let json = serde_json::to_vec(&token).unwrap_or_default();
        let sealed = self.seal(&mut tx, account, "token", &json).await?;
        let rotated = rotated(&claimed.credential, issued);
        let rotated = match &rotated {
            None => None,
            Some(credential) => {
                let text = credential.at_rest();
                Some(self.seal(&mut tx, account, "credential", text.as_bytes()).await?)
            }
        };
        let stored = sqlx::query!(
            "UPDATE accounts SET token = $4, token_expires_at = $5, token_version = token_version + 1,
                    token_issued_at = $6, credential = COALESCE($7, credential), refreshing_until = NULL,
                    refreshing_node = NULL, refresh_failures = 0, refresh_error = '', refresh_after = NULL,
                    version = version + 1,
                    state = CASE WHEN state = 'unauthorized' THEN 'active' ELSE state END,
                    state_reason = CASE WHEN state = 'unauthorized' THEN '' ELSE state_reason END,
                    state_since = CASE WHEN state = 'unauthorized' THEN GREATEST($6, state_since + interval '1 microsecond')
                                       ELSE state_since END
             WHERE tenant_id = $1 AND account_id = $2 AND token_version = $3 AND deleted_at IS NULL
             RETURNING version, token_version",
            owner.0,
            account.0,
            claimed.version,
            sealed,
            issued.expires_at,
            now,
            rotated
        )
        .fetch_optional(tx.conn())
        .await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let until = issued
            .expires_at
            .map(|end| end.format("%Y-%m-%d %H:%M:%S UTC").to_string());
        let text = match until {
            Some(until) => format!("Its token was renewed and is good until {until}."),
            None => "Its token was renewed.".to_owned(),
        };
        self.note(&mut tx, account, (AccountEventKind::Refresh, false), None, &text)
            .await?;
        announce(&mut tx, Topic::Account, account.0, stored.version).await?;
        tx.commit().await?;
        tracing::info!(account.id = %account, tenant.id = %owner, expires_at = ?issued.expires_at, "a token was renewed");
        Ok(Some(kept_token(claimed, issued, stored.token_version, now)))
    }

    async fn seal(
        &self,
        tx: &mut TenantTx,
        account: AccountId,
        column: &'static str,
        text: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let sealed = self.secrets.seal(tx, place(account, column), text).await;
        sealed
            .map(|sealed| sealed.to_bytes())
            .map_err(|error| match error {
                SecretError::Store(error) => error,
                other => {
                    tracing::error!(error = %other, account.id = %account, "a token can't be sealed");
                    StoreError::Stopped
                }
            })
    }

    /// Writes into the account's timeline.
    pub(super) async fn note(
        &self,
        tx: &mut TenantTx,
        account: AccountId,
        (kind, failed): (AccountEventKind, bool),
        state: Option<AccountState>,
        text: &str,
    ) -> Result<(), StoreError> {
        let tenant = tx.tenant_id();
        let text: String = text.chars().take(500).collect();
        sqlx::query!(
            "INSERT INTO account_events (tenant_id, account_id, event_id, at, kind, state, text, failed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            tenant.0,
            account.0,
            self.db.clock().new_id(),
            self.db.clock().now(),
            kind.as_str(),
            state.map(AccountState::as_str).unwrap_or_default(),
            text,
            failed
        )
        .execute(tx.conn())
        .await?;
        Ok(())
    }
}

/// The token as requests are sent with it.
fn kept_token(claimed: &Claimed, issued: &Issued, version: i64, now: DateTime<Utc>) -> Token {
    Token {
        credential: sendable(at_rest(&issued.token)),
        vendor_account: match &claimed.credential {
            AtRest::Oauth(grant) => grant.account.clone(),
            _ => None,
        },
        facts: TokenFacts {
            version,
            expires_at: issued.expires_at,
            issued_at: Some(now),
            renewable: true,
            rests_until: None,
        },
    }
}

fn at_rest(token: &oauth::IssuedToken) -> IssuedToken {
    match token {
        oauth::IssuedToken::Bearer(token) => IssuedToken::Bearer {
            access_token: token.expose_secret().to_owned(),
        },
        oauth::IssuedToken::Aws {
            access_key_id,
            secret_access_key,
            session_token,
        } => IssuedToken::Aws(AwsKeys {
            access_key_id: access_key_id.clone(),
            secret_access_key: secret_access_key.expose_secret().to_owned(),
            session_token: Some(session_token.expose_secret().to_owned()),
        }),
    }
}

fn sendable(token: IssuedToken) -> Credential {
    match token {
        IssuedToken::Bearer { access_token } => Credential::Bearer(access_token.into()),
        IssuedToken::Aws(keys) => keys.into(),
    }
}

/// The grant with its new refresh token, where the vendor gave one.
fn rotated(credential: &AtRest, issued: &Issued) -> Option<AtRest> {
    let AtRest::Oauth(grant) = credential else {
        return None;
    };
    let refresh_token = issued.refresh_token.as_ref()?.expose_secret().to_owned();
    if grant.refresh_token.as_ref() == Some(&refresh_token) {
        return None;
    }
    let mut grant = grant.clone();
    grant.refresh_token = Some(refresh_token);
    if !issued.scopes.is_empty() {
        grant.scopes.clone_from(&issued.scopes);
    }
    Some(AtRest::Oauth(grant))
}
