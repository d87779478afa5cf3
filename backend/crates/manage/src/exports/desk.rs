//! Hands files out over HTTP: how many at once, as a stream or as a whole, and never with a neat end if something is
//! missing.

use super::error::{ExportError, making};
use super::produce::{Sink, produce};
use super::wanted::Wanted;
use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io::{Read as _, Seek as _};
use std::sync::Arc;
use tokio::sync::mpsc;
use tollgate_contract::ids::TenantId;
use tollgate_http::{Code, Fault};
use tollgate_store::Db;

/// The number of the last batch that a file holds: with it, the same file can be had again.
const THROUGH: HeaderName = HeaderName::from_static("export-through");
/// Files at once on a node: each keeps a connection and a core busy.
const AT_ONCE: usize = 8;
/// Of them for one organisation.
const AT_ONCE_EACH: usize = 3;
/// Chunks that wait for whoever takes them.
const WAITING: usize = 2;
/// Bytes read from a finished file at a time.
const PIECE: usize = 64 * 1024;

/// Counts the files under way. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk(Arc<Mutex<HashMap<TenantId, usize>>>);

/// A file under way; dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Turn {
    desk: Desk,
    tenant: TenantId,
}

impl Desk {
    /// A turn, if there is one.
    pub(super) fn turn(&self, tenant: TenantId) -> Result<Turn, Fault> {
        let mut running = self.0.lock();
        let all: usize = running.values().sum();
        let own = running.get(&tenant).copied().unwrap_or_default();
        if own >= AT_ONCE_EACH || all >= AT_ONCE {
            return Err(Fault::new(Code::TooManyRequests)
                .detail("Other exports are under way; try again once one of them is done.")
                .header(header::RETRY_AFTER, "10"));
        }
        running.insert(tenant, own.saturating_add(1));
        drop(running);
        Ok(Turn {
            desk: self.clone(),
            tenant,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self.desk.0.lock();
        if let Some(own) = running.get_mut(&self.tenant) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                running.remove(&self.tenant);
            }
        }
    }
}

/// The file as an answer.
pub(super) async fn answer(db: &Db, wanted: Wanted, turn: Turn) -> Result<HttpResponse, Fault> {
    if wanted.streams() {
        streamed(db, wanted, turn).await
    } else {
        whole(db, wanted, turn).await
    }
}

fn head(wanted: &Wanted) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    let attachment = format!("attachment; filename=\"{}\"", wanted.file_name());
    response
        .content_type(wanted.format.media_type())
        .insert_header((header::CONTENT_DISPOSITION, attachment))
        .insert_header((THROUGH, HeaderValue::from(wanted.through)));
    response
}

/// Made on the core runtime while it goes out. An error after the first bytes breaks the connection, so that nobody takes
/// half a file for a whole one.
async fn streamed(db: &Db, wanted: Wanted, turn: Turn) -> Result<HttpResponse, Fault> {
    let mut response = head(&wanted);
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let (making_db, stop) = (db.clone(), db.core().shutdown_token());
    db.core().spawn("export", async move {
        let produced = stop
            .run_until_cancelled(produce(&making_db, &wanted, Sink::Channel(sender.clone())))
            .await;
        drop(turn);
        // An empty piece is the good end; without one, the end is an error.
        let last = match produced {
            Some(Ok(_)) => Ok(Bytes::new()),
            Some(Err(ExportError::Left)) | None => return,
            Some(Err(error)) => {
                tracing::error!(tenant.id = %wanted.tenant, %error, "an export broke off");
                Err(error)
            }
        };
        let _ = sender.send(last).await;
    });
    // What fails at once is told as such.
    let first = receiver.recv().await.unwrap_or(Err(ExportError::Left))?;
    Ok(response.streaming(pieces(first, receiver)))
}

type Piece = Result<Bytes, ExportError>;

fn pieces(first: Bytes, receiver: mpsc::Receiver<Piece>) -> impl Stream<Item = Piece> {
    futures_util::stream::unfold(
        (Some(Ok(first)), Some(receiver)),
        |(ready, receiver)| async move {
            let mut receiver = receiver?;
            let piece = match ready {
                Some(piece) => piece,
                None => receiver.recv().await.unwrap_or(Err(ExportError::Left)),
            };
            match piece {
                Ok(bytes) if bytes.is_empty() => None,
                Ok(bytes) => Some((Ok(bytes), (None, Some(receiver)))),
                Err(error) => Some((Err(error), (None, None))),
            }
        },
    )
}

/// Made in a temporary file, which is gone with its handle, and handed out once it is known to be right.
async fn whole(db: &Db, wanted: Wanted, turn: Turn) -> Result<HttpResponse, Fault> {
    let mut response = head(&wanted);
    let core = db.core();
    let mut file = core.run_blocking(tempfile::tempfile).await?.map_err(making)?;
    let sink = Sink::File(file.try_clone().map_err(making)?);
    let making_db = db.clone();
    core.run(async move { produce(&making_db, &wanted, sink).await })
        .await??;
    let begun = core
        .run_blocking(move || {
            let size = file
                .stream_position()
                .and_then(|_| file.seek(std::io::SeekFrom::End(0)))?;
            file.rewind()?;
            Ok::<_, std::io::Error>((file, size))
        })
        .await?;
    let (file, size) = begun.map_err(making)?;
    let pieces = futures_util::stream::unfold((file, turn, db.clone()), |(mut file, turn, db)| async move {
        let read = db.core().run_blocking(move || {
            let mut piece = vec![0; PIECE];
            file.read(&mut piece).map(|length| {
                piece.truncate(length);
                (file, piece)
            })
        });
        match read.await {
            Ok(Ok((_, piece))) if piece.is_empty() => None,
            Ok(Ok((file, piece))) => Some((Ok::<_, ExportError>(Bytes::from(piece)), (file, turn, db))),
            // Shorter than announced: the client sees that it is not whole.
            _ => None,
        }
    });
    Ok(response.body(SizedStream::new(size, Box::pin(pieces))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_organisation_leaves_room_for_others_and_a_finished_file_for_the_next() {
        let desk = Desk::default();
        let tenant = |number| TenantId(Uuid::from_u128(number));
        let own: Vec<Turn> = (0..AT_ONCE_EACH).map(|_| desk.turn(tenant(1)).unwrap()).collect();
        assert_eq!(desk.turn(tenant(1)).unwrap_err().code(), Code::TooManyRequests);
        let others: Vec<Turn> = (0..AT_ONCE - AT_ONCE_EACH)
            .map(|number| desk.turn(tenant(10 + u128::try_from(number).unwrap())).unwrap())
            .collect();
        assert!(desk.turn(tenant(99)).is_err());
        drop(own);
        assert!(desk.turn(tenant(1)).is_ok());
        drop(others);
        assert!(desk.0.lock().is_empty());
    }
}
