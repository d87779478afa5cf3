//! Sends what is due, and keeps what came of it: a link by mail, or by a signed call through the same guard as all calls
//! to addresses of a tenant's choice. What fails is tried again, at growing distances, and then given up for all to see.

use super::due::{self, ATTEMPTS_MAX, Claimed};
use super::form::place;
use crate::exports::kept::{LINK_SENT, make_link};
use crate::exports::recipients;
use crate::mail::{Mail, may_write, queue};
use crate::state::ManageState;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;
use tollgate_contract::exports::{Delivery, Export, ExportLink};
use tollgate_contract::ids::{DeliveryId, TenantId};
use tollgate_net::UpstreamClient;
use tollgate_store::{Clock, SealedSecret, StoreError, TenantTx, sign};

/// A webhook writes something down and answers.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Deliveries that are tried at once.
const AT_ONCE: usize = 6;
/// After so long a run begins no further delivery: other jobs have their turn, and the rest is at the next one.
const RUN_FOR: Duration = Duration::from_secs(20);
/// Minutes until the next attempt, after the first, the second …; thereafter the last.
const PAUSES_MINUTES: [i64; 6] = [1, 5, 15, 60, 180, 360];
/// Longest text that is kept of what went wrong, in characters.
const ERROR_MAX: usize = 500;
/// Who calls.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION")));

/// Sends scheduled exports. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct ScheduledExports {
    state: ManageState,
    upstream: UpstreamClient,
}

impl ScheduledExports {
    /// Opens nothing yet. Its connections belong to the core runtime: [`ScheduledExports::run`] is called there alone.
    pub fn new(state: ManageState) -> Self {
        let parts = state.parts();
        let upstream = UpstreamClient::new(parts.guard.clone(), &parts.tls, &parts.client);
        Self { state, upstream }
    }

    /// Writes down the runs that are due and tries the deliveries that are; gives how many of both there were.
    ///
    /// # Errors
    /// If what is due can't be read or written down: it is at the next turn.
    pub async fn run(&self) -> Result<u64, StoreError> {
        let (db, clock) = (self.state.db(), self.state.clock());
        let runs = due::write_runs(db).await?;
        let due = due::deliveries(db).await?;
        let begun = clock.monotonic();
        let in_time = |_: &_| {
            let ran = clock.monotonic().saturating_duration_since(begun);
            std::future::ready(ran < RUN_FOR)
        };
        let tried = stream::iter(due)
            .take_while(in_time)
            .map(|(tenant, delivery)| self.tried(tenant, delivery))
            .buffer_unordered(AT_ONCE)
            .fold(0_u64, |count, ()| std::future::ready(count.saturating_add(1)))
            .await;
        Ok(runs.saturating_add(tried))
    }

    /// What befalls one delivery keeps no other from being tried.
    async fn tried(&self, tenant: TenantId, id: DeliveryId) {
        if let Err(error) = self.one(tenant, id).await {
            tracing::error!(tenant.id = %tenant, delivery.id = %id, %error, "a delivery could not be written down");
        }
    }

    async fn one(&self, tenant: TenantId, id: DeliveryId) -> Result<(), StoreError> {
        let db = self.state.db();
        let Some(claimed) = due::claim(db, tenant, id).await? else {
            return Ok(());
        };
        let sent = self.send(&claimed).await;
        let mut tx = db.tenant(tenant).await?;
        match sent {
            Ok(()) => delivered(&mut tx, db.clock(), &claimed).await?,
            Err(why) => failed(&mut tx, db.clock(), &claimed, &why).await?,
        }
        tx.commit().await
    }

    /// Makes the export and its link, and sends it. The error may be shown to the tenant.
    async fn send(&self, claimed: &Claimed) -> Result<(), String> {
        let (db, now) = (self.state.db(), self.state.clock().now());
        let mut tx = db.tenant(claimed.tenant).await.map_err(text)?;
        let export = due::export_of(db, &mut tx, claimed).await.map_err(text)?;
        let until = (now + LINK_SENT).min(export.expires_at);
        match &claimed.delivery {
            Delivery::Mail { to } => {
                self.write(&mut tx, claimed, &export, to, until).await?;
                // With the letters, so that none is written twice.
                delivered(&mut tx, db.clock(), claimed).await.map_err(text)?;
                tx.commit().await.map_err(text)
            }
            Delivery::Webhook { url } => {
                let secret = self.secret(&mut tx, claimed).await?;
                let link = make_link(&self.state, &mut tx, export.id, None, until)
                    .await
                    .map_err(text)?;
                tx.commit().await.map_err(text)?;
                self.call(claimed, url, &secret, &export, &link).await
            }
        }
    }

    /// A letter to each of those who still belong to the organisation, with a link of their own.
    async fn write(
        &self,
        tx: &mut TenantTx,
        claimed: &Claimed,
        export: &Export,
        to: &[String],
        until: DateTime<Utc>,
    ) -> Result<(), String> {
        let settings = self.state.settings();
        if !settings.documents.mail {
            return Err("the operator has not set mail up (`mail.host`)".to_owned());
        }
        let addresses = recipients::addresses(tx).await.map_err(text)?;
        let here = |address: &&String| recipients::is_one(&addresses, address);
        let mut written = false;
        for recipient in to.iter().filter(here) {
            let link = make_link(&self.state, tx, export.id, Some(recipient), until)
                .await
                .map_err(text)?;
            let mail = letter(claimed, export, &link, recipient);
            let clock = self.state.clock();
            may_write(tx, clock, settings.documents.letters_per_day)
                .await
                .map_err(|fault| fault.text())?;
            queue(tx, clock, &mail).await.map_err(|fault| fault.text())?;
            written = true;
        }
        if written {
            return Ok(());
        }
        Err("none of its recipients is a member or the billing contact any more".to_owned())
    }

    async fn secret(&self, tx: &mut TenantTx, claimed: &Claimed) -> Result<SecretString, String> {
        let sealed = claimed.sealed.as_deref().ok_or("the schedule has no secret")?;
        let sealed = SealedSecret::from_bytes(sealed).map_err(text)?;
        let secrets = &self.state.parts().secrets;
        secrets
            .open(tx, place(claimed.schedule), &sealed)
            .await
            .map_err(text)
    }

    async fn call(
        &self,
        claimed: &Claimed,
        url: &str,
        secret: &SecretString,
        export: &Export,
        link: &ExportLink,
    ) -> Result<(), String> {
        let body = json!({
            "event": "export.ready",
            "delivery_id": claimed.id,
            "schedule_id": claimed.schedule,
            "schedule": claimed.schedule_name,
            "first_day": claimed.first_day,
            "last_day": claimed.last_day,
            "time_zone": claimed.time_zone,
            "export": export,
            "url": link.url,
            "url_expires_at": link.expires_at,
        })
        .to_string();
        let time = self.state.clock().now().timestamp().to_string();
        let signature = sign(secret, &[time.as_bytes(), b".", body.as_bytes()]);
        let request = Request::post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, AGENT)
            .header("idempotency-key", claimed.id.to_string())
            .header("tollgate-signature", format!("t={time},v1={signature}"))
            .body(Full::new(Bytes::from(body)))
            .map_err(text)?;
        let answer = self
            .upstream
            .send(request, None, CALL_TIMEOUT)
            .await
            .map_err(text)?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("the webhook answered {}", answer.status()))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The letter to one of them. Nothing in it is text that somebody made up: neither the schedule's name nor the
/// organisation's, only its slug.
fn letter(claimed: &Claimed, export: &Export, link: &ExportLink, recipient: &str) -> Mail {
    let days = if claimed.first_day == claimed.last_day {
        claimed.first_day.to_string()
    } else {
        format!("{} to {}", claimed.first_day, claimed.last_day)
    };
    let (file, slug) = (&export.file_name, &claimed.tenant_slug);
    let body = format!(
        "{file} of {slug}: {days} ({}).\n\nRows: {}\nTotal: {} USD\n\nThe file can be loaded until {}:\n{}\n\n\
         You get this letter because a schedule of the organisation {slug} names your address.\n",
        claimed.time_zone,
        export.rows,
        export.total_nano.exact_usd(),
        link.expires_at.format("%Y-%m-%d %H:%M UTC"),
        link.url
    );
    Mail {
        about: "export",
        about_id: Some(claimed.id.0),
        recipient: recipient.to_owned(),
        subject: format!("Export {file} of {slug}: {days}"),
        body,
        files: Vec::new(),
    }
}

async fn delivered(tx: &mut TenantTx, clock: &Clock, claimed: &Claimed) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE export_deliveries SET state = 'delivered', delivered_at = $3, last_error = ''
         WHERE tenant_id = $1 AND delivery_id = $2 AND state = 'pending'",
        claimed.tenant.0,
        claimed.id.0,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn failed(tx: &mut TenantTx, clock: &Clock, claimed: &Claimed, why: &str) -> Result<(), StoreError> {
    let over = claimed.attempts >= ATTEMPTS_MAX;
    let why: String = why.chars().take(ERROR_MAX).collect();
    let (schedule, tenant, attempts) = (claimed.schedule, claimed.tenant, claimed.attempts);
    tracing::warn!(schedule.id = %schedule, tenant.id = %tenant, attempts, over, why, "a scheduled export was not delivered");
    metrics::counter!("tollgate_export_delivery_failures_total").increment(1);
    sqlx::query!(
        "UPDATE export_deliveries SET state = $3, last_error = $4, next_attempt_at = $5
         WHERE tenant_id = $1 AND delivery_id = $2 AND state = 'pending'",
        claimed.tenant.0,
        claimed.id.0,
        if over { "failed" } else { "pending" },
        why,
        clock.now() + pause(claimed.attempts)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How long to wait after so many attempts.
fn pause(attempts: i32) -> TimeDelta {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or_default();
    let minutes = PAUSES_MINUTES.get(place).or(PAUSES_MINUTES.last()).copied();
    TimeDelta::minutes(minutes.unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay() {
        let minutes: Vec<i64> = (1..=8).map(|attempts| pause(attempts).num_minutes()).collect();
        assert_eq!(minutes, [1, 5, 15, 60, 180, 360, 360, 360]);
    }
}
