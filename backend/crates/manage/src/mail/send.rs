//! The outbox's job: each letter that is due is taken for a while, sent, and marked. A letter may go out twice if a node
//! dies in between, under one message id; none is lost.

use chrono::{DateTime, TimeDelta, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tollgate_store::{Db, StoreError};
use uuid::Uuid;

/// Letters of one run.
const LETTERS_MAX: u64 = 100;
/// After so long a run takes no further letter: other jobs have their turn, and the rest is at the next one.
const RUN_FOR: Duration = Duration::from_mins(1);
/// How long a server may take for each step.
const STEP_LIMIT: Duration = Duration::from_secs(20);
/// How long one node has a letter before another may take it.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(5);
/// After so many attempts a letter is given up: ten take some five hours.
const ATTEMPTS_MAX: i32 = 10;
/// Longest wait between two attempts.
const WAIT_MAX: TimeDelta = TimeDelta::minutes(60);

/// How the connection to the mail server is kept from others' eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// It begins plain and is then encrypted, or not used.
    StartTls,
    /// It is encrypted from the first byte.
    Tls,
    /// It stays plain: a server on this machine.
    None,
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub tls: MailTls,
    /// As whom, with which password.
    pub login: Option<(String, SecretString)>,
    /// Who letters are from: `Muster Billing <billing@muster.example>`.
    pub from: String,
}

/// Sends letters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// For a server; connects to nothing yet.
    ///
    /// # Errors
    /// If the sender is no address or TLS can't be set up.
    pub fn new(settings: &MailSettings) -> Result<Self, String> {
        let from = settings
            .from
            .parse()
            .map_err(|error| format!("mail.from: {error}"))?;
        let parameters =
            || TlsParameters::new(settings.host.clone()).map_err(|error| format!("mail.tls: {error}"));
        let tls = match settings.tls {
            MailTls::StartTls => Tls::Required(parameters()?),
            MailTls::Tls => Tls::Wrapper(parameters()?),
            MailTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(STEP_LIMIT));
        if let Some((user, password)) = &settings.login {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from,
        })
    }

    fn letter(&self, letter: &Letter) -> Result<Message, String> {
        let say = |error: &dyn std::fmt::Display| error.to_string();
        let to: Mailbox = letter.recipient.parse().map_err(|error| say(&error))?;
        let id = format!("<{}@{}>", letter.id, self.from.email.domain());
        let builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .message_id(Some(id));
        let body = SinglePart::plain(letter.body.clone());
        if letter.files.is_empty() {
            return builder.singlepart(body).map_err(|error| say(&error));
        }
        let mut parts = MultiPart::mixed().singlepart(body);
        for (name, media_type, bytes) in &letter.files {
            let kind = ContentType::parse(media_type).map_err(|error| say(&error))?;
            parts = parts.singlepart(Attachment::new(name.clone()).body(bytes.clone(), kind));
        }
        builder.multipart(parts).map_err(|error| say(&error))
    }
}

/// A letter that this node has taken.
struct Letter {
    tenant: Uuid,
    id: Uuid,
    recipient: String,
    subject: String,
    body: String,
    files: Vec<(String, String, Vec<u8>)>,
    attempts: i32,
}

/// Why a letter was not sent.
struct Unsent {
    text: String,
    /// Trying again is of no use.
    for_good: bool,
}

/// Sends what is due, organisations in turns, so that none waits behind all letters of another; tells how many went out.
///
/// # Errors
/// If the database can't be reached. A mail server that can't be is no error: letters wait.
pub async fn send_mail(db: &Db, mailer: &Mailer) -> Result<u64, StoreError> {
    let mut sent = 0;
    let (begun, mut served) = (db.clock().monotonic(), Vec::new());
    for _ in 0..LETTERS_MAX {
        if db.clock().monotonic().saturating_duration_since(begun) > RUN_FOR {
            break;
        }
        let Some(letter) = take(db, &served).await? else {
            break;
        };
        if served.contains(&letter.tenant) {
            // All others that have some due had their turn.
            served.clear();
        }
        served.push(letter.tenant);
        let tried = match mailer.letter(&letter) {
            Ok(message) => mailer
                .transport
                .send(message)
                .await
                .map(drop)
                .map_err(|error| Unsent {
                    text: error.to_string(),
                    for_good: error.is_permanent(),
                }),
            Err(text) => Err(Unsent { text, for_good: true }),
        };
        let outcome = if tried.is_ok() { "sent" } else { "failed" };
        metrics::counter!("tollgate_mail_total", "outcome" => outcome).increment(1);
        sent += u64::from(tried.is_ok());
        mark(db, &letter, tried).await?;
    }
    Ok(sent)
}

/// The oldest that is due of those that had no turn yet, or else of all.
async fn take(db: &Db, served: &[Uuid]) -> Result<Option<Letter>, StoreError> {
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let row = sqlx::query!(
        "UPDATE mail_outbox SET attempts = attempts + 1, next_at = $2
         WHERE (tenant_id, mail_id) IN (
             SELECT tenant_id, mail_id FROM mail_outbox WHERE status = 'queued' AND next_at <= $1
             ORDER BY tenant_id = ANY($3), next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING tenant_id, mail_id, recipient, subject, body, file_names, file_types, file_bytes, attempts",
        now,
        now + TAKEN_FOR,
        served
    )
    .fetch_optional(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(row.map(|row| {
        let files = row.file_names.into_iter().zip(row.file_types).zip(row.file_bytes);
        Letter {
            tenant: row.tenant_id,
            id: row.mail_id,
            recipient: row.recipient,
            subject: row.subject,
            body: row.body,
            files: files.map(|((name, kind), bytes)| (name, kind, bytes)).collect(),
            attempts: row.attempts,
        }
    }))
}

/// One minute after the first attempt, then twice as long each time.
fn next_attempt(now: DateTime<Utc>, attempts: i32) -> DateTime<Utc> {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    now + TimeDelta::minutes(1_i64 << doublings).min(WAIT_MAX)
}

async fn mark(db: &Db, letter: &Letter, tried: Result<(), Unsent>) -> Result<(), StoreError> {
    let now = db.clock().now();
    let (status, error) = match &tried {
        Ok(()) => ("sent", ""),
        Err(unsent) if unsent.for_good || letter.attempts >= ATTEMPTS_MAX => ("failed", unsent.text.as_str()),
        Err(unsent) => ("queued", unsent.text.as_str()),
    };
    if !error.is_empty() {
        // The error may name the recipient: a person's address stays out of the log.
        tracing::warn!(mail.id = %letter.id, tenant.id = %letter.tenant, attempts = letter.attempts, status,
            "a letter was not sent");
    }
    let error: String = error.chars().filter(|c| *c != '\0').take(1000).collect();
    let mut tx = db.jobs().await?;
    sqlx::query!(
        "UPDATE mail_outbox SET status = $3, last_error = $4, next_at = $5, sent_at = CASE WHEN $3 = 'sent' THEN $6::timestamptz END,
                                -- What went out need not be kept twice.
                                file_bytes = CASE WHEN $3 = 'sent' THEN array_fill(''::bytea, ARRAY[cardinality(file_bytes)])
                                                  ELSE file_bytes END
         WHERE tenant_id = $1 AND mail_id = $2",
        letter.tenant,
        letter.id,
        status,
        error,
        next_attempt(now, letter.attempts),
        now
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer_but_never_rarer_than_hourly() {
        let now = DateTime::UNIX_EPOCH;
        let waits: Vec<i64> = (1..=10)
            .map(|n| (next_attempt(now, n) - now).num_minutes())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }
}
