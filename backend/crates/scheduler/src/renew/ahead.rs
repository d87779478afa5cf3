//! Renews tokens before somebody waits for them: every node looks, and the lease lets one of them do it.

use super::Renewer;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_store::StoreError;

/// How often tokens that end soon are looked for; no token lives less than some minutes.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A token is renewed when a fifth of its life is left …
const LAST_PART: i32 = 5;
/// … but not more than this ahead of its end, and jitter besides.
const AHEAD_MAX: TimeDelta = TimeDelta::minutes(15);
/// Up to so much earlier, by account: the tokens of a pool that was connected within a minute do not all end together.
const JITTER_MAX_S: u128 = 120;
/// Renewals at once; they wait on vendors.
const AT_ONCE: usize = 16;
/// Of them for one tenant: a proxy that hangs holds up its own tenant alone.
const AT_ONCE_OF_TENANT: usize = 4;
/// Read at once, of all tenants together and of each.
const ROWS_MAX: i64 = 500;
const ROWS_OF_TENANT_MAX: i64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    owner: TenantId,
    account: AccountId,
    version: i64,
}

pub(super) async fn run(renewer: Renewer, shutdown: CancellationToken) {
    let mut running = JoinSet::new();
    let mut under_way: Vec<Due> = Vec::new();
    let mut last_error = String::new();
    while !shutdown.is_cancelled() {
        match due(&renewer).await {
            Ok(found) => {
                last_error.clear();
                for due in found {
                    let of_tenant = under_way.iter().filter(|one| one.owner == due.owner).count();
                    let is_under_way = under_way.iter().any(|one| one.account == due.account);
                    if is_under_way || of_tenant >= AT_ONCE_OF_TENANT || under_way.len() >= AT_ONCE {
                        continue;
                    }
                    under_way.push(due);
                    let renewer = renewer.clone();
                    running.spawn(async move {
                        // Failures are told where they happen, and rest in the row.
                        drop(renewer.renewed(due.owner, due.account, due.version, false).await);
                        due
                    });
                }
            }
            Err(error) => {
                // Once per cause: the next look comes soon.
                let error = error.to_string();
                if error != last_error {
                    tracing::warn!(error, "tokens that end soon can't be looked for");
                    last_error = error;
                }
            }
        }
        let pause = tokio::time::sleep(LOOK_EVERY);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                () = shutdown.cancelled() => break,
                Some(done) = running.join_next() => {
                    if let Ok(done) = done {
                        under_way.retain(|one| *one != done);
                    }
                }
            }
        }
    }
}

async fn due(renewer: &Renewer) -> Result<Vec<Due>, StoreError> {
    let db = &renewer.0.db;
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT tenant_id, account_id, token_version, token_issued_at, token_expires_at, is_new AS "is_new!"
           FROM (SELECT tenant_id, account_id, token_version, token_issued_at, token_expires_at, token IS NULL AS is_new,
                        row_number() OVER (PARTITION BY tenant_id ORDER BY token_expires_at NULLS FIRST) AS place
           FROM accounts
           WHERE credential_kind IN ('oauth', 'entra_app', 'aws_role') AND deleted_at IS NULL
             AND state NOT IN ('unauthorized', 'disabled') AND schedulable
             AND (refresh_after IS NULL OR refresh_after <= $1) AND (refreshing_until IS NULL OR refreshing_until <= clock_timestamp())
             AND (token IS NULL OR token_expires_at <= $2)) AS due
           WHERE place <= $4
           ORDER BY token_expires_at NULLS FIRST LIMIT $3"#,
        now,
        now + AHEAD_MAX + TimeDelta::minutes(5),
        ROWS_MAX,
        ROWS_OF_TENANT_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    tx.commit().await?;
    let is_due = |account: uuid::Uuid, issued: Option<DateTime<Utc>>, expires: Option<DateTime<Utc>>| {
        expires.is_none_or(|end| now >= renewed_from(account, issued, end))
    };
    Ok(rows
        .into_iter()
        .filter(|row| row.is_new || is_due(row.account_id, row.token_issued_at, row.token_expires_at))
        .map(|row| Due {
            owner: TenantId(row.tenant_id),
            account: AccountId(row.account_id),
            version: row.token_version,
        })
        .collect())
}

/// From when on a token is renewed.
fn renewed_from(account: uuid::Uuid, issued: Option<DateTime<Utc>>, end: DateTime<Utc>) -> DateTime<Utc> {
    let life = end - issued.unwrap_or(end - TimeDelta::hours(1));
    let ahead = (life / LAST_PART).clamp(TimeDelta::zero(), AHEAD_MAX);
    // The same on every node, so that the lease is not even asked for too early.
    let jitter = i64::try_from(account.as_u128() % JITTER_MAX_S).unwrap_or(0);
    let jitter = TimeDelta::seconds(jitter).min(life / 20);
    end - ahead - jitter
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_token_is_renewed_when_a_fifth_of_its_life_is_left_and_never_far_ahead() {
        let issued = DateTime::UNIX_EPOCH;
        let from = |hours: i64, account: u128| {
            let end = issued + TimeDelta::hours(hours);
            (end - renewed_from(Uuid::from_u128(account), Some(issued), end)).num_seconds()
        };
        assert_eq!(from(1, 0), 720);
        assert_eq!(from(8, 0), 900);
        assert_eq!(from(8, 119), 1_019);
        // A life of minutes: still within it.
        let end = issued + TimeDelta::minutes(5);
        assert!(renewed_from(Uuid::from_u128(119), Some(issued), end) > issued);
    }
}
