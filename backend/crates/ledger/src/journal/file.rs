//! The journal's SQLite file: its schema and statements. Used by the writer's thread alone (and once before it starts).

use super::{EpochCount, JournalError, Unreadable};
use crate::encoding::{DecodeError, decode, encode};
use crate::entry::{DoneEntry, Entry, OpenEntry, Progress, recovered};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::path::Path;
use std::sync::Arc;
use tollgate_contract::ids::{NodeId, RequestId};
use uuid::Uuid;

/// "tgjl": says that the file is a Tollgate journal.
/// The log is folded into the file after so many pages (16 MB; SQLite's own 4 MB): a busy journal rewrites the same few
/// pages, so that folding seldom folds each once instead of four times.
const CHECKPOINT_PAGES: i64 = 4_000;
const APPLICATION_ID: i64 = 0x7467_6A6C;
/// Version of the schema below.
const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE node (node_id BLOB NOT NULL);
    CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, opened INTEGER NOT NULL);
    CREATE TABLE entries (
        request_id BLOB PRIMARY KEY, tenant_id BLOB NOT NULL, epoch INTEGER NOT NULL, opened_ms INTEGER NOT NULL,
        open BLOB NOT NULL, progress BLOB, done BLOB, done_seq INTEGER
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX entries_done ON entries (done_seq) WHERE done_seq IS NOT NULL;";
/// How long SQLite waits for a lock: the folder is ours, so this is only for a stray reader.
const BUSY_MS: u64 = 2_000;

/// Why a file can't be opened.
#[derive(Debug)]
pub(super) enum OpenFault {
    /// It is corrupt, or something else than this node's journal.
    NotOurs(String),
    /// The system refused.
    Unusable(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenFault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::NotOurs(error.to_string()),
            _ => Self::Unusable(error),
        }
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        Self::File(error.to_string())
    }
}

impl From<DecodeError> for JournalError {
    fn from(error: DecodeError) -> Self {
        Self::File(error.to_string())
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct JournalFile {
    connection: Connection,
    node_id: NodeId,
}

impl JournalFile {
    pub fn open(path: &Path, node_id: NodeId, power_safe: bool) -> Result<Self, OpenFault> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
        connection.set_prepared_statement_cache_capacity(32);
        let pragma = |name| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let (application, version) = (pragma("application_id")?, pragma("user_version")?);
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "synchronous", if power_safe { "FULL" } else { "NORMAL" })?;
        if tables == 0 && application == 0 {
            begin_file(&mut connection, node_id)?;
        } else {
            check_file(&connection, node_id, application, version)?;
        }
        Ok(Self { connection, node_id })
    }

    /// Turns what an earlier process left open into done entries: an estimate, or unknown. Tells how many.
    pub fn recover(&mut self) -> Result<u64, JournalError> {
        let mut seq = self.last_seq()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut count = 0;
        {
            let mut select = transaction.prepare(
                "SELECT request_id, open, progress FROM entries WHERE done_seq IS NULL ORDER BY request_id",
            )?;
            let mut update =
                transaction.prepare("UPDATE entries SET done = ?2, done_seq = ?3 WHERE request_id = ?1")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let id: Vec<u8> = row.get(0)?;
                let open: Vec<u8> = row.get(1)?;
                let progress: Option<Vec<u8>> = row.get(2)?;
                seq += 1;
                count += 1;
                // What can't be read gets an empty `done`, which can't be read either: it ends in the dead letters.
                let done = recovered_bytes(&open, progress.as_deref()).unwrap_or_default();
                update.execute(params![id, done, seq])?;
            }
        }
        transaction.commit()?;
        Ok(count)
    }

    pub fn depth(&self) -> Result<u64, JournalError> {
        let count: i64 = self
            .connection
            .query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    pub fn last_seq(&self) -> Result<i64, JournalError> {
        Ok(self
            .connection
            .query_row("SELECT COALESCE(max(done_seq), 0) FROM entries", [], |row| {
                row.get(0)
            })?)
    }

    pub fn oldest_ms(&self) -> Result<Option<i64>, JournalError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT opened_ms FROM entries ORDER BY request_id LIMIT 1")?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?)
    }

    #[cfg(test)]
    pub fn limit(&self, pages: i64) {
        let pages = if pages > 0 { pages } else { i64::from(u32::MAX - 1) };
        let limit: Result<i64, _> =
            self.connection
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0));
        limit.expect("a limit");
    }

    pub fn begin(&mut self) -> Result<Group<'_>, JournalError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Group { transaction })
    }

    /// Done entries after a sequence number, in order; and the last number read.
    pub fn page(&self, after: i64, limit: usize) -> Result<DiskPage, JournalError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT done_seq, request_id, tenant_id, epoch, open, done FROM entries
             WHERE done_seq > ?1 ORDER BY done_seq LIMIT ?2",
        )?;
        let mut rows = statement.query(params![after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut page = DiskPage {
            entries: Vec::new(),
            unreadable: Vec::new(),
            last_seq: after,
        };
        while let Some(row) = rows.next()? {
            page.last_seq = row.get(0)?;
            match self.read_entry(row)? {
                Ok(entry) => page.entries.push(Arc::new(entry)),
                Err(unreadable) => page.unreadable.push(unreadable),
            }
        }
        Ok(page)
    }

    fn read_entry(&self, row: &Row<'_>) -> Result<Result<Entry, Unreadable>, rusqlite::Error> {
        let (id, tenant): (Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(2)?);
        let epoch: i64 = row.get(3)?;
        let (open_bytes, done_bytes): (Vec<u8>, Vec<u8>) = (row.get(4)?, row.get(5)?);
        let id = Uuid::from_slice(&id).unwrap_or_default();
        let read = || -> Result<Entry, DecodeError> {
            let open: OpenEntry = decode(&open_bytes)?;
            let done: DoneEntry = decode(&done_bytes)?;
            if open.request_id.0 != id || done.request_id.0 != id {
                return Err(DecodeError::Text(
                    "the entry's id is another than its row's".to_owned(),
                ));
            }
            Ok(Entry {
                node_id: self.node_id,
                epoch,
                open: Arc::new(open),
                done,
            })
        };
        Ok(read().map_err(|error| Unreadable {
            request_id: id,
            tenant_id: Uuid::from_slice(&tenant).unwrap_or_default(),
            epoch,
            bytes: [open_bytes.as_slice(), done_bytes.as_slice()].concat(),
            error: error.to_string(),
        }))
    }

    pub fn epochs(&self) -> Result<Vec<EpochCount>, JournalError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT epoch, opened, (SELECT count(*) FROM entries WHERE entries.epoch = epochs.epoch) FROM epochs
             ORDER BY epoch",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(EpochCount {
                epoch: row.get(0)?,
                opened: row.get(1)?,
                left: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A page of the file.
pub(super) struct DiskPage {
    pub entries: Vec<Arc<Entry>>,
    pub unreadable: Vec<Unreadable>,
    pub last_seq: i64,
}

fn begin_file(connection: &mut Connection, node_id: NodeId) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute(
        "INSERT INTO node VALUES (?1)",
        params![node_id.0.as_bytes().as_slice()],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

fn check_file(
    connection: &Connection,
    node_id: NodeId,
    application: i64,
    version: i64,
) -> Result<(), OpenFault> {
    if application != APPLICATION_ID {
        return Err(OpenFault::NotOurs("the file is no Tollgate journal".to_owned()));
    }
    if version != SCHEMA_VERSION {
        return Err(OpenFault::NotOurs(format!(
            "the journal's schema is version {version}"
        )));
    }
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(OpenFault::NotOurs(format!("the journal is corrupt: {check}")));
    }
    let owner: Vec<u8> = connection.query_row("SELECT node_id FROM node", [], |row| row.get(0))?;
    if owner != node_id.0.as_bytes() {
        return Err(OpenFault::NotOurs(
            "the journal belongs to another node".to_owned(),
        ));
    }
    Ok(())
}

fn recovered_bytes(open: &[u8], progress: Option<&[u8]>) -> Result<Vec<u8>, DecodeError> {
    let open: OpenEntry = decode(open)?;
    let progress: Option<Progress> = progress.map(decode).transpose()?;
    encode(&recovered(&open, progress))
}

/// One group of writes: all of it is written, or nothing.
pub(super) struct Group<'a> {
    transaction: Transaction<'a>,
}

impl Group<'_> {
    pub fn serve(&self, epoch: i64) -> Result<(), JournalError> {
        let mut statement = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO epochs VALUES (?1, 0)")?;
        statement.execute(params![epoch])?;
        Ok(())
    }

    /// Tells whether it is new.
    pub fn open(&self, entry: &OpenEntry, epoch: i64, now_ms: i64) -> Result<bool, JournalError> {
        let mut statement = self.transaction.prepare_cached(
            "INSERT OR IGNORE INTO entries (request_id, tenant_id, epoch, opened_ms, open) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let id = entry.request_id.0.as_bytes().as_slice();
        let tenant = entry.tenant_id.0.as_bytes().as_slice();
        Ok(statement.execute(params![id, tenant, epoch, now_ms, encode(entry)?])? == 1)
    }

    pub fn count_opened(&self, epoch: i64, count: i64) -> Result<(), JournalError> {
        let mut statement = self.transaction.prepare_cached(
            "INSERT INTO epochs VALUES (?1, ?2) ON CONFLICT (epoch) DO UPDATE SET opened = opened + excluded.opened",
        )?;
        statement.execute(params![epoch, count])?;
        Ok(())
    }

    pub fn progress(&self, id: RequestId, progress: &Progress) -> Result<(), JournalError> {
        let mut statement = self
            .transaction
            .prepare_cached("UPDATE entries SET progress = ?2 WHERE request_id = ?1 AND done_seq IS NULL")?;
        statement.execute(params![id.0.as_bytes().as_slice(), encode(progress)?])?;
        Ok(())
    }

    pub fn done(&self, entry: &DoneEntry, seq: i64) -> Result<(), JournalError> {
        let mut statement = self.transaction.prepare_cached(
            "UPDATE entries SET done = ?2, done_seq = ?3, progress = NULL WHERE request_id = ?1",
        )?;
        statement.execute(params![
            entry.request_id.0.as_bytes().as_slice(),
            encode(entry)?,
            seq
        ])?;
        Ok(())
    }

    /// Takes a request out that is still open; tells whether there was one.
    pub fn cancel(&self, id: RequestId) -> Result<bool, JournalError> {
        let mut statement = self
            .transaction
            .prepare_cached("DELETE FROM entries WHERE request_id = ?1 AND done_seq IS NULL")?;
        Ok(statement.execute(params![id.0.as_bytes().as_slice()])? == 1)
    }

    /// Tells how many there were.
    pub fn remove(&self, ids: &[RequestId]) -> Result<u64, JournalError> {
        let mut statement = self
            .transaction
            .prepare_cached("DELETE FROM entries WHERE request_id = ?1")?;
        let mut removed = 0;
        for id in ids {
            removed += statement.execute(params![id.0.as_bytes().as_slice()])? as u64;
        }
        Ok(removed)
    }

    /// Changes nothing, yet is written.
    pub fn probe(&self) -> Result<(), JournalError> {
        self.transaction
            .execute("UPDATE node SET node_id = node_id", [])?;
        Ok(())
    }

    pub fn commit(self) -> Result<(), JournalError> {
        Ok(self.transaction.commit()?)
    }
}
