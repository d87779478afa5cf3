//! A renewal that failed: the lease is given back, and the vendor left alone for a while. Never in here: trying again.

use super::{Inner, Refusal, RenewFault};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::time::Duration;
use tollgate_contract::accounts::{AccountEventKind, AccountState};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_oauth::IssueFault;
use tollgate_store::{StoreError, Topic, announce};

/// The first rest after a failed renewal; each doubles it …
const REST_FIRST: TimeDelta = TimeDelta::seconds(5);
/// … up to this. A vendor that says longer is obeyed.
const REST_MAX: TimeDelta = TimeDelta::minutes(10);

impl Inner {
    /// Gives the lease back and says when it is tried again; a grant that is gone takes the account out.
    pub(super) async fn failed(
        &self,
        owner: TenantId,
        account: AccountId,
        version: i64,
        refusal: Refusal,
    ) -> RenewFault {
        let why: String = refusal.to_string().chars().take(400).collect();
        tracing::warn!(account.id = %account, tenant.id = %owner, why, "a token could not be renewed");
        let now = self.db.clock().now();
        let is_final = matches!(
            &refusal,
            Refusal::Vendor(IssueFault::Revoked { .. } | IssueFault::CodeRefused { .. })
        );
        let asked = match &refusal {
            Refusal::Vendor(IssueFault::TryLater { retry_after, .. }) => *retry_after,
            // A setting, a clock or a proxy has to be put right, which a person may do at any time.
            Refusal::Vendor(IssueFault::Misconfigured { .. }) | Refusal::Stored(_) => REST_MAX.to_std().ok(),
            _ => None,
        };
        let written = self
            .write_failure(owner, account, version, is_final, asked, &why)
            .await;
        let retry_at = written.unwrap_or_else(|error| {
            tracing::warn!(%error, account.id = %account, "a failed renewal can't be written down");
            now + REST_FIRST
        });
        match refusal {
            Refusal::Vendor(IssueFault::Misconfigured { .. }) => RenewFault::Misconfigured(why),
            Refusal::Vendor(_) if is_final => RenewFault::Revoked(why),
            _ => RenewFault::Later { retry_at, why },
        }
    }

    /// There is nothing to renew with. Once the token has ended, a person must connect the account anew.
    pub(super) async fn ended(
        &self,
        owner: TenantId,
        account: AccountId,
        version: i64,
    ) -> Result<(), StoreError> {
        let (now, mut tx) = (
            self.db.clock().now().trunc_subsecs(6),
            self.db.tenant(owner).await?,
        );
        let why = "its token can't be renewed: connect the account anew";
        let changed = sqlx::query!(
            r#"UPDATE accounts SET refresh_error = $4, version = version + 1,
                      refresh_after = CASE WHEN token_expires_at > $5 THEN token_expires_at
                                           ELSE $5 + interval '100 years' END,
                      state = CASE WHEN token_expires_at > $5 OR state = 'disabled' THEN state ELSE 'unauthorized' END,
                      state_until = CASE WHEN token_expires_at > $5 OR state = 'disabled' THEN state_until END,
                      state_reason = CASE WHEN token_expires_at > $5 OR state = 'disabled' THEN state_reason ELSE $4 END,
                      state_since = CASE WHEN token_expires_at > $5 OR state = 'disabled' THEN state_since
                                         ELSE GREATEST($5, state_since + interval '1 microsecond') END
               WHERE tenant_id = $1 AND account_id = $2 AND token_version = $3 AND deleted_at IS NULL
               RETURNING version, state = 'unauthorized' AS "has_ended!""#,
            owner.0,
            account.0,
            version,
            why,
            now
        )
        .fetch_optional(tx.conn())
        .await?;
        let Some(changed) = changed else { return Ok(()) };
        if changed.has_ended {
            let text = format!("It takes no requests any more: {why}.");
            let state = Some(AccountState::Unauthorized);
            self.note(&mut tx, account, (AccountEventKind::State, true), state, &text)
                .await?;
        }
        announce(&mut tx, Topic::Account, account.0, changed.version).await?;
        tx.commit().await
    }

    async fn write_failure(
        &self,
        owner: TenantId,
        account: AccountId,
        version: i64,
        is_final: bool,
        asked: Option<Duration>,
        why: &str,
    ) -> Result<DateTime<Utc>, StoreError> {
        let (now, mut tx) = (
            self.db.clock().now().trunc_subsecs(6),
            self.db.tenant(owner).await?,
        );
        let failures = sqlx::query_scalar!(
            "UPDATE accounts SET refreshing_until = NULL, refreshing_node = NULL, refresh_error = $4,
                    refresh_failures = refresh_failures + 1
             WHERE tenant_id = $1 AND account_id = $2 AND token_version = $3 AND refreshing_node = $5
               AND deleted_at IS NULL
             RETURNING refresh_failures",
            owner.0,
            account.0,
            version,
            why,
            self.node
        )
        .fetch_optional(tx.conn())
        .await?;
        let Some(failures) = failures else {
            return Ok(now);
        };
        let retry_at = now + rest(failures, asked);
        // What needs a person is not asked for again by itself: the vendor would only be annoyed.
        let after = if is_final {
            DateTime::<Utc>::MAX_UTC
        } else {
            retry_at
        };
        let after = after.min(now + TimeDelta::days(36_500));
        let changed = sqlx::query_scalar!(
            "UPDATE accounts SET refresh_after = $3, version = version + 1,
                    state = CASE WHEN $4 AND state <> 'disabled' THEN 'unauthorized' ELSE state END,
                    state_until = CASE WHEN $4 AND state <> 'disabled' THEN NULL ELSE state_until END,
                    state_reason = CASE WHEN $4 AND state <> 'disabled' THEN $5 ELSE state_reason END,
                    state_since = CASE WHEN $4 AND state <> 'disabled' THEN GREATEST($6, state_since + interval '1 microsecond') ELSE state_since END
             WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
            owner.0,
            account.0,
            after,
            is_final,
            why,
            now
        )
        .fetch_one(tx.conn())
        .await?;
        let (kind, state) = if is_final {
            (AccountEventKind::State, Some(AccountState::Unauthorized))
        } else {
            (AccountEventKind::Refresh, None)
        };
        let text = format!("Its token could not be renewed: {why}");
        self.note(&mut tx, account, (kind, true), state, &text).await?;
        announce(&mut tx, Topic::Account, account.0, changed).await?;
        tx.commit().await?;
        if is_final {
            metrics::counter!("tollgate_grants_lost_total").increment(1);
            tracing::error!(account.id = %account, tenant.id = %owner, why, "an account must be connected anew");
        }
        Ok(retry_at)
    }
}

/// 5 s, 10 s, 20 s … 10 min, or what the vendor says if that is longer.
fn rest(failures: i32, asked: Option<Duration>) -> TimeDelta {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(8);
    let own = (REST_FIRST * (1 << doublings)).min(REST_MAX);
    let asked = asked.and_then(|wait| TimeDelta::from_std(wait).ok());
    asked.map_or(own, |asked| own.max(asked.min(TimeDelta::days(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_doubles_within_bounds_and_the_vendors_word_counts_if_it_is_longer() {
        let seconds =
            |failures, asked: Option<u64>| rest(failures, asked.map(Duration::from_secs)).num_seconds();
        assert_eq!(
            (seconds(1, None), seconds(2, None), seconds(3, None)),
            (5, 10, 20)
        );
        assert_eq!(seconds(40, None), 600);
        assert_eq!(seconds(1, Some(90)), 90);
        assert_eq!(seconds(8, Some(90)), 600);
        assert_eq!(seconds(1, Some(u64::MAX)), 5);
        assert_eq!(seconds(1, Some(9_999_999)), 86_400);
    }
}
