//! Seals the books once a day and sends each seal out of the database: to a folder of files that are only ever added, and
//! where it is set to a webhook. What does not arrive is tried again and raises an alarm. Never in here: what a seal says.

use super::as_store;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tollgate_ledger::{
    Delivery, LedgerError, SealError, SealPlace, delivered, document_of, due_deliveries, plan_deliveries,
    seal_daily, undelivered,
};
use tollgate_net::UpstreamClient;
use tollgate_store::{Db, Signer, StoreError};
use url::Url;

/// How long a webhook may take.
const WEBHOOK_LIMIT: Duration = Duration::from_secs(20);
/// What is read of its answer, for the message.
const ANSWER_MAX: usize = 64 << 10;
/// Only the owner and the group read a seal, nobody writes it.
const FILE_MODE: u32 = 0o440;

/// Where seals go and what signs them.
#[derive(Clone, Debug)]
pub struct Seals {
    /// Signs.
    pub signer: Signer,
    /// Files are added to this folder.
    pub folder: PathBuf,
    /// Each seal is posted to it.
    pub webhook: Option<Url>,
    /// Sends, within the guard's bounds.
    pub client: UpstreamClient,
}

impl Seals {
    /// Makes the day's seal if there is none and sends what is due. Tells how much it did.
    pub async fn run(&self, db: &Db) -> Result<u64, StoreError> {
        let sealed = match seal_daily(db, &self.signer).await {
            Ok(sealed) => sealed,
            // Whoever makes it at this moment is as good.
            Err(SealError::Busy) => None,
            Err(SealError::Ledger(LedgerError::Store(error))) => return Err(error),
            Err(error) => {
                tracing::error!(%error, "the books can't be sealed; it is tried again");
                metrics::counter!("tollgate_ledger_seal_failures_total").increment(1);
                None
            }
        };
        let sent = self.send_due(db).await.map_err(as_store)?;
        Ok(u64::from(sealed.is_some()) + sent)
    }

    /// Sends what is due; tells how many arrived.
    pub async fn send_due(&self, db: &Db) -> Result<u64, LedgerError> {
        let mut places = vec![SealPlace::Folder];
        if self.webhook.is_some() {
            places.push(SealPlace::Webhook);
        }
        let mut tx = db.jobs().await?;
        let now = db.clock().now();
        plan_deliveries(&mut tx, &places, now).await?;
        let due = due_deliveries(&mut tx, &places, now).await?;
        tx.commit().await?;
        let mut arrived = 0;
        for delivery in &due {
            arrived += u64::from(self.send(db, delivery).await?);
        }
        let mut tx = db.jobs().await?;
        let (count, oldest) = undelivered(&mut tx).await?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge; the figures are small")]
        {
            metrics::gauge!("tollgate_ledger_seals_undelivered").set(count as f64);
            let age = oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
            metrics::gauge!("tollgate_ledger_seals_undelivered_oldest_seconds").set(age as f64);
        }
        Ok(arrived)
    }

    async fn send(&self, db: &Db, delivery: &Delivery) -> Result<bool, LedgerError> {
        let mut tx = db.jobs().await?;
        let document = document_of(&mut tx, delivery.seal_no).await?.unwrap_or_default();
        drop(tx);
        let sent = match delivery.place {
            SealPlace::Folder => self.write(delivery.seal_no, document).await,
            SealPlace::Webhook => self.post(delivery.seal_no, document).await,
        };
        if let Err(error) = &sent {
            let (place, attempt) = (delivery.place.as_str(), delivery.attempts + 1);
            tracing::error!(
                seal.no = delivery.seal_no,
                place,
                attempt,
                error,
                "a seal did not arrive; it is tried again"
            );
            metrics::counter!("tollgate_ledger_seal_delivery_failures_total", "place" => place).increment(1);
        }
        let mut tx = db.jobs().await?;
        let outcome = sent.as_ref().copied().map_err(String::as_str);
        delivered(&mut tx, delivery, outcome, db.clock().now()).await?;
        tx.commit().await?;
        Ok(sent.is_ok())
    }

    async fn write(&self, seal_no: i64, document: String) -> Result<(), String> {
        let folder = self.folder.clone();
        let written =
            tokio::task::spawn_blocking(move || add_file(&folder, seal_no, document.as_bytes())).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("{}: {error}", self.folder.display())),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn post(&self, seal_no: i64, document: String) -> Result<(), String> {
        let Some(url) = &self.webhook else {
            return Err("no webhook is set".to_owned());
        };
        let request = http::Request::post(url.as_str())
            .header("content-type", "application/x-ndjson")
            .header("user-agent", concat!("tollgate/", env!("CARGO_PKG_VERSION")))
            .header("x-tollgate-seal", seal_no.to_string())
            .body(Full::new(Bytes::from(document)))
            .map_err(|error| error.to_string())?;
        let answer = async {
            let answer = self.client.send(request, None, WEBHOOK_LIMIT).await;
            let (head, body) = answer.map_err(|error| error.to_string())?.into_parts();
            // Read, so that the connection can be used again; what it says does not matter.
            let _ = Limited::new(body, ANSWER_MAX).collect().await;
            if head.status.is_success() {
                return Ok(());
            }
            Err(format!("the webhook answered {}", head.status.as_u16()))
        };
        tokio::time::timeout(WEBHOOK_LIMIT, answer)
            .await
            .unwrap_or_else(|_| Err("the webhook took too long".to_owned()))
    }
}

/// A seal's file name.
pub fn file_name(seal_no: i64) -> String {
    format!("seal-{seal_no:08}.jsonl")
}

/// Adds a file that is there whole or not at all, and never changes one: the same again is fine, anything else is not.
fn add_file(folder: &Path, seal_no: i64, document: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(file_name(seal_no));
    if path.exists() {
        return is_same(&path, document);
    }
    // Of this process alone: another one may add the same file at this moment.
    let draft = folder.join(format!(".{}.{}.draft", file_name(seal_no), std::process::id()));
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&draft)?;
    file.write_all(document)?;
    file.sync_all()?;
    // A link, unlike a rename, never takes another file's place.
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_same(&path, document)?,
        linked => linked?,
    }
    fs::File::open(folder)?.sync_all()
}

fn is_same(path: &Path, document: &[u8]) -> io::Result<()> {
    if fs::read(path)? == document {
        return Ok(());
    }
    let text = format!("{} is there and says something else", path.display());
    Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_s_file_is_added_once_and_never_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("seals");
        add_file(&place, 7, b"one\n").expect("added");
        add_file(&place, 7, b"one\n").expect("the same again");
        let refused = add_file(&place, 7, b"other\n").expect_err("never changed");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        let names: Vec<_> = fs::read_dir(&place)
            .expect("a folder")
            .map(|file| file.expect("a file").file_name())
            .collect();
        assert_eq!(names, ["seal-00000007.jsonl"]);
        assert_eq!(fs::read(place.join(file_name(7))).expect("read"), b"one\n");
    }
}
