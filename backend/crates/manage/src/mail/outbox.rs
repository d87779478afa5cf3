//! Letters into the outbox.

use chrono::TimeDelta;
use tollgate_http::{Code, Fault};
use tollgate_store::{Clock, TenantTx};
use uuid::Uuid;

/// Most bytes of a letter's files: mail servers take some ten megabytes, a third of which base64 eats.
const FILES_MAX: usize = 10 * 1024 * 1024;
/// Longest subject and body, in characters.
const SUBJECT_MAX: usize = 200;
const BODY_MAX: usize = 20_000;

/// A letter to one person.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// What it is about, in a word.
    pub(crate) about: &'static str,
    /// Which of these.
    pub(crate) about_id: Option<Uuid>,
    /// One address.
    pub(crate) recipient: String,
    /// One line.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) body: String,
    /// What comes with it.
    pub(crate) files: Vec<MailFile>,
}

/// A file that comes with a letter.
#[derive(Clone, Debug)]
pub(crate) struct MailFile {
    /// Its name.
    pub(crate) name: String,
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// Refuses an organisation that has written as many letters as it may in 24 hours: the operator's mail server is nobody's
/// to flood others with. Asked before each letter that a tenant can bring about.
pub(crate) async fn may_write(tx: &mut TenantTx, clock: &Clock, most: u32) -> Result<(), Fault> {
    let tenant = tx.tenant_id();
    let written = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM mail_outbox WHERE tenant_id = $1 AND created_at > $2"#,
        tenant.0,
        clock.now() - TimeDelta::days(1)
    )
    .fetch_one(tx.conn())
    .await?;
    if written < i64::from(most) {
        return Ok(());
    }
    Err(Fault::new(Code::TooManyRequests).detail(format!(
        "This organisation has written {most} letters within 24 hours, which is all it may (`mail.letters_per_day`)."
    )))
}

/// Writes a letter into the outbox; it goes out once the transaction is committed. Tells its id.
pub(crate) async fn queue(tx: &mut TenantTx, clock: &Clock, mail: &Mail) -> Result<Uuid, Fault> {
    let size: usize = mail.files.iter().map(|file| file.bytes.len()).sum();
    if size > FILES_MAX {
        return Err(Fault::new(Code::PayloadTooLarge).detail(format!(
            "A letter takes {FILES_MAX} bytes of files, these have {size}."
        )));
    }
    let line = |c: char| if c.is_control() { ' ' } else { c };
    let subject: String = mail.subject.chars().map(line).take(SUBJECT_MAX).collect();
    let body: String = mail.body.chars().filter(|c| *c != '\0').take(BODY_MAX).collect();
    let (tenant, id, now) = (tx.tenant_id(), clock.new_id(), clock.now());
    let names: Vec<String> = mail.files.iter().map(|file| file.name.clone()).collect();
    let types: Vec<String> = mail.files.iter().map(|file| file.media_type.to_owned()).collect();
    let bytes: Vec<Vec<u8>> = mail.files.iter().map(|file| file.bytes.clone()).collect();
    sqlx::query!(
        "INSERT INTO mail_outbox (tenant_id, mail_id, about, about_id, recipient, subject, body, file_names, file_types,
                                  file_bytes, next_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        tenant.0,
        id,
        mail.about,
        mail.about_id,
        mail.recipient,
        subject,
        body,
        &names,
        &types,
        &bytes,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}
