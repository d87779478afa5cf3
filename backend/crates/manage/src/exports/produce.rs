//! Makes a file: reads a chunk while the one before is written, hands bytes on at the pace at which they are taken, and
//! lets the end out only if all of it ties to the books. On the core runtime and its blocking threads: a file of millions
//! of rows must not hold up a worker's streams.

use super::error::{ExportError, making, wrong};
use super::focus::{self, Focus, Seller};
use super::lines::{self, CHUNK, Chunk};
use super::names::Names;
use super::outlet::Outlet;
use super::sheet::Sheet;
use super::totals::{self, Totals};
use super::transfers;
use super::wanted::{After, Wanted};
use super::{sums, usage};
use chrono::TimeDelta;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use tollgate_contract::exports::{ExportFormat, ExportPreview, ExportSource};
use tollgate_store::Db;
use uuid::Uuid;

/// What a file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Produced {
    /// Rows, the totals not counted.
    pub rows: i64,
    /// Charges, or for transfers what they changed in the wallet.
    pub total_nano: i64,
}

/// What a preview looks at, at most: a year and some.
const PREVIEW_MAX: TimeDelta = TimeDelta::days(400);

/// Where bytes go.
pub(super) enum Sink {
    /// To somebody who takes them.
    Outlet(Outlet),
    /// Into a file.
    File(File),
}

impl Sink {
    async fn put(&mut self, db: &Db, bytes: Vec<u8>) -> Result<(), ExportError> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self {
            Self::Outlet(outlet) => outlet.put(bytes.into()).await,
            Self::File(file) => {
                let mut file = file.try_clone().map_err(making)?;
                let written = db.core().run_blocking(move || file.write_all(&bytes)).await?;
                written.map_err(making)
            }
        }
    }
}

/// Makes the file.
///
/// # Errors
/// `Mismatch` if it does not tie, and whatever keeps it from being made; what was written is worth nothing then.
pub(super) async fn produce(db: &Db, wanted: &Wanted, sink: &mut Sink) -> Result<Produced, ExportError> {
    if wanted.source == ExportSource::Usage {
        return usage_lines(db, wanted, sink).await;
    }
    let mut sheet = sheet(wanted)?;
    let produced = small(db, wanted, &mut sheet).await?;
    finish(db, sheet, sink).await?;
    Ok(produced)
}

fn sheet(wanted: &Wanted) -> Result<Sheet, ExportError> {
    let title = wanted.source.as_str();
    Sheet::new(wanted.format, title, head(wanted), (wanted.bom, wanted.resumed()))
}

fn head(wanted: &Wanted) -> Vec<super::cell::Column> {
    match (wanted.source, wanted.format) {
        (ExportSource::Usage, ExportFormat::Focus) => focus::head(),
        (ExportSource::Usage, _) => usage::head(),
        (ExportSource::Summary, _) => sums::head(&wanted.groups),
        (ExportSource::Transfers, _) => transfers::head(),
        (ExportSource::ChargeBack, _) => sums::charge_back_head(),
    }
}

/// Lets the last bytes out. A workbook is packed into the file.
async fn finish(db: &Db, mut sheet: Sheet, sink: &mut Sink) -> Result<(), ExportError> {
    if let Sink::File(file) = sink {
        let mut file = file.try_clone().map_err(making)?;
        return db.core().run_blocking(move || sheet.finish(&mut file)).await?;
    }
    let rest = sheet.take();
    sink.put(db, rest).await
}

/// What is made in one go: it is small, however much usage is behind it.
async fn small(db: &Db, wanted: &Wanted, sheet: &mut Sheet) -> Result<Produced, ExportError> {
    let mut tx = db.tenant(wanted.tenant).await?;
    tx.unhurried().await?;
    if wanted.source == ExportSource::Transfers {
        let moved = transfers::write(&mut tx, wanted, sheet, None).await?;
        return Ok(Produced {
            rows: moved.rows,
            total_nano: moved.wallet,
        });
    }
    let expected = totals::sums(&mut tx, wanted, After::START).await?;
    let written = if wanted.source == ExportSource::ChargeBack {
        let (rows, written) = sums::by_cost_centre(&mut tx, wanted).await?;
        sums::charge_back(sheet, &rows, Some(&sums::told(String::new(), &written)))?;
        written
    } else {
        let written = sums::summary(&mut tx, wanted, sheet, usize::MAX).await?;
        sums::totals(sheet, wanted, &written)?;
        written
    };
    expected.must_be(wanted, &written)?;
    totals::tie(&mut tx, wanted).await?;
    Ok(Produced {
        rows: expected.lines,
        total_nano: expected.charge,
    })
}

/// What goes from chunk to chunk.
struct Writing {
    sheet: Sheet,
    focus: Option<Focus>,
    written: Totals,
    after: After,
}

impl Writing {
    fn chunk(mut self, chunk: &Chunk) -> Result<(Self, Vec<u8>), ExportError> {
        match &mut self.focus {
            Some(focus) => focus.write(&mut self.sheet, &mut self.written, chunk)?,
            None => usage::write(&mut self.sheet, &mut self.written, chunk, self.after)?,
        }
        let bytes = self.sheet.take();
        Ok((self, bytes))
    }
}

async fn usage_lines(db: &Db, wanted: &Wanted, sink: &mut Sink) -> Result<Produced, ExportError> {
    let mut writing = Writing {
        sheet: sheet(wanted)?,
        focus: focus_of(db, wanted).await?,
        written: Totals::default(),
        after: wanted.after,
    };
    let mut names: Arc<Names> = Arc::default();
    let from = wanted.first_id().max(wanted.after.request_id);
    let mut chunk = Some(lines::read(db, wanted, from, CHUNK, &mut names).await?);
    while let Some(ready) = chunk.take() {
        let next = ready.next;
        let making = db.core().run_blocking(move || writing.chunk(&ready));
        let (made, read) = tokio::join!(making, read_next(db, wanted, next, &mut names));
        let (more, bytes) = made??;
        writing = more;
        sink.put(db, bytes).await?;
        chunk = read?;
    }
    let mut tx = db.tenant(wanted.tenant).await?;
    tx.unhurried().await?;
    let expected = totals::sums(&mut tx, wanted, wanted.after).await?;
    expected.must_be(wanted, &writing.written)?;
    let whole = if wanted.resumed() {
        totals::sums(&mut tx, wanted, After::START).await?
    } else {
        expected
    };
    // Before the last bytes: without them nobody takes the file for a whole one.
    totals::tie(&mut tx, wanted).await?;
    drop(tx);
    if wanted.format != ExportFormat::Focus {
        usage::totals(&mut writing.sheet, &whole)?;
    }
    finish(db, writing.sheet, sink).await?;
    Ok(Produced {
        rows: whole.lines,
        total_nano: whole.charge,
    })
}

/// What a file of FOCUS needs beside its rows.
async fn focus_of(db: &Db, wanted: &Wanted) -> Result<Option<Focus>, ExportError> {
    if wanted.format != ExportFormat::Focus {
        return Ok(None);
    }
    let mut tx = db.tenant(wanted.tenant).await?;
    let seller = Seller::read(&mut tx).await?;
    Ok(Some(Focus::new(wanted, seller)))
}

async fn read_next(
    db: &Db,
    wanted: &Wanted,
    next: Option<Uuid>,
    names: &mut Arc<Names>,
) -> Result<Option<Chunk>, ExportError> {
    match next {
        Some(from) => Ok(Some(lines::read(db, wanted, from, CHUNK, names).await?)),
        None => Ok(None),
    }
}

/// The first rows, as many as a page shows.
pub(super) async fn preview(db: &Db, wanted: &Wanted, most: usize) -> Result<ExportPreview, ExportError> {
    if wanted.resumed() {
        return Err(wrong("after", "means nothing for a preview"));
    }
    if wanted.to - wanted.from > PREVIEW_MAX {
        return Err(wrong(
            "from",
            "must lie at most 400 days before `to` for a preview",
        ));
    }
    let mut sheet = Sheet::shown(head(wanted));
    let asked = most.saturating_add(1);
    if wanted.source == ExportSource::Usage {
        let chunk = lines::read(db, wanted, wanted.first_id(), asked, &mut Arc::default()).await?;
        let mut written = Totals::default();
        match focus_of(db, wanted).await? {
            Some(mut focus) => focus.write(&mut sheet, &mut written, &chunk)?,
            None => usage::write(&mut sheet, &mut written, &chunk, After::START)?,
        }
    } else {
        let mut tx = db.tenant(wanted.tenant).await?;
        match wanted.source {
            ExportSource::Transfers => {
                transfers::write(&mut tx, wanted, &mut sheet, Some(asked)).await?;
            }
            ExportSource::ChargeBack => {
                let (rows, _) = sums::by_cost_centre(&mut tx, wanted).await?;
                sums::charge_back(&mut sheet, &rows, None)?;
            }
            _ => {
                sums::summary(&mut tx, wanted, &mut sheet, asked).await?;
            }
        }
    }
    let mut preview = sheet.into_preview();
    preview.more = preview.rows.len() > most;
    preview.rows.truncate(most);
    Ok(preview)
}
