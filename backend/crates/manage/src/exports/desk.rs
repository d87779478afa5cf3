//! Hands files out over HTTP: how many at once, as a stream or as a whole, and never with a neat end if something is
//! missing.

use super::error::{ExportError, making};
use super::outlet::{Outlet, Piece, outlet};
use super::produce::{Sink, produce};
use super::wanted::Wanted;
use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use chrono::SecondsFormat;
use futures_util::Stream;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::sync::Arc;
use tokio::sync::mpsc;
use tollgate_contract::ids::TenantId;
use tollgate_http::{Code, Fault};
use tollgate_store::Db;

/// The number of the last batch that a file holds: with it, the same file can be had again.
const THROUGH: HeaderName = HeaderName::from_static("export-through");
/// The first instant behind its range, which for transfers may lie before the one that was asked for.
const TO: HeaderName = HeaderName::from_static("export-to");
/// Files at once on a node: each keeps a connection and a core busy.
const AT_ONCE: usize = 8;
/// Of them for one organisation.
const AT_ONCE_EACH: usize = 3;
/// Finished files that go out at once on a node: each keeps a file open and takes room on the disk.
const OUT_AT_ONCE: usize = 64;
/// Of them for one organisation.
const OUT_AT_ONCE_EACH: usize = 8;
/// Bytes read from a finished file at a time.
const PIECE: usize = 64 * 1024;

/// Counts the files under way: those that are made, and those that are made already and go out. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: Mutex<HashMap<TenantId, usize>>,
    out: Mutex<HashMap<TenantId, usize>>,
}

/// A file that is made; dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Turn {
    desk: Desk,
    tenant: TenantId,
}

/// A finished file that goes out; dropping it makes room for another.
#[derive(Debug)]
struct Out {
    desk: Desk,
    tenant: TenantId,
}

impl Desk {
    /// A turn at making a file, if there is one.
    pub(super) fn turn(&self, tenant: TenantId) -> Result<Turn, Fault> {
        take(&self.0.made, tenant, AT_ONCE_EACH, AT_ONCE)?;
        Ok(Turn {
            desk: self.clone(),
            tenant,
        })
    }

    /// A place for a finished file, if there is one.
    fn place(&self, tenant: TenantId) -> Result<Out, Fault> {
        take(&self.0.out, tenant, OUT_AT_ONCE_EACH, OUT_AT_ONCE)?;
        Ok(Out {
            desk: self.clone(),
            tenant,
        })
    }
}

fn take(
    counts: &Mutex<HashMap<TenantId, usize>>,
    tenant: TenantId,
    each: usize,
    most: usize,
) -> Result<(), Fault> {
    let mut counts = counts.lock();
    let all: usize = counts.values().sum();
    let own = counts.get(&tenant).copied().unwrap_or_default();
    if own >= each || all >= most {
        return Err(Fault::new(Code::TooManyRequests)
            .detail("Other exports are under way; try again once one of them is done.")
            .header(header::RETRY_AFTER, "10"));
    }
    counts.insert(tenant, own.saturating_add(1));
    Ok(())
}

fn give_back(counts: &Mutex<HashMap<TenantId, usize>>, tenant: TenantId) {
    let mut counts = counts.lock();
    if let Some(own) = counts.get_mut(&tenant) {
        *own = own.saturating_sub(1);
        if *own == 0 {
            counts.remove(&tenant);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        give_back(&self.desk.0.made, self.tenant);
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        give_back(&self.desk.0.out, self.tenant);
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
        .insert_header((THROUGH, HeaderValue::from(wanted.through)))
        .insert_header((TO, wanted.to.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    response
}

/// Made on the core runtime while it goes out. An error after the first bytes breaks the connection, so that nobody takes
/// half a file for a whole one.
async fn streamed(db: &Db, wanted: Wanted, turn: Turn) -> Result<HttpResponse, Fault> {
    let mut response = head(&wanted);
    let (outlet, mut pieces) = outlet(db.clock());
    let (making_db, stop) = (db.clone(), db.core().shutdown_token());
    db.core().spawn("export", async move {
        let mut sink = Sink::Outlet(outlet);
        let produced = stop
            .run_until_cancelled(produce(&making_db, &wanted, &mut sink))
            .await;
        drop(turn);
        let how = match produced {
            Some(Ok(_)) => Ok(()),
            Some(Err(ExportError::Left)) | None => return,
            Some(Err(error)) => {
                tracing::error!(tenant.id = %wanted.tenant, %error, "an export broke off");
                Err(error)
            }
        };
        if let Sink::Outlet(outlet) = sink {
            outlet.end(how).await;
        }
    });
    // What fails at once is told as such.
    let first = pieces.recv().await.unwrap_or(Err(ExportError::Left))?;
    Ok(response.streaming(taken(Some(first), pieces)))
}

/// Pieces as the client takes them, until the good end; any other end is an error.
fn taken(first: Option<Bytes>, pieces: mpsc::Receiver<Piece>) -> impl Stream<Item = Piece> {
    futures_util::stream::unfold((first.map(Ok), Some(pieces)), |(ready, pieces)| async move {
        let mut pieces = pieces?;
        let piece = match ready {
            Some(piece) => piece,
            None => pieces.recv().await.unwrap_or(Err(ExportError::Left)),
        };
        match piece {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => Some((Ok(bytes), (None, Some(pieces)))),
            Err(error) => Some((Err(error), (None, None))),
        }
    })
}

/// Made in a temporary file, which is gone with its handle, and handed out once it is known to be right. From then on it
/// takes no turn at making files any more, only a place among those that go out.
async fn whole(db: &Db, wanted: Wanted, turn: Turn) -> Result<HttpResponse, Fault> {
    let mut response = head(&wanted);
    let place = turn.desk.place(wanted.tenant)?;
    let core = db.core();
    let mut file = core.run_blocking(tempfile::tempfile).await?.map_err(making)?;
    let mut sink = Sink::File(file.try_clone().map_err(making)?);
    let making_db = db.clone();
    core.run(async move { produce(&making_db, &wanted, &mut sink).await })
        .await??;
    drop(turn);
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
    let (mut outlet, pieces) = outlet(db.clock());
    let (handing, stop) = (db.clone(), db.core().shutdown_token());
    core.spawn("export-file", async move {
        let handed = stop
            .run_until_cancelled(hand_out(&handing, file, &mut outlet))
            .await;
        drop(place);
        if let Some(Ok(())) = handed {
            outlet.end(Ok(())).await;
        }
    });
    Ok(response.body(SizedStream::new(size, Box::pin(taken(None, pieces)))))
}

/// A finished file, piece by piece. Whoever gets less than was announced sees that it is not whole.
async fn hand_out(db: &Db, mut file: File, outlet: &mut Outlet) -> Result<(), ExportError> {
    loop {
        let read = db.core().run_blocking(move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((file, piece))
        });
        let (more, piece) = read.await?.map_err(making)?;
        if piece.is_empty() {
            return Ok(());
        }
        file = more;
        outlet.put(piece.into()).await?;
    }
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
        assert!(desk.0.made.lock().is_empty());
    }
}
