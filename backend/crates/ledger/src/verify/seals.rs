//! Seals against the chains, figures and transfers that they sealed, and the seals' own chain and signatures.

use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use crate::seal::document::{ChainLine, Head, MonthLine};
use crate::seal::figures::{self, Figures, MonthRow};
use crate::seal::{PURPOSE, papers, read};
use crate::settle::canonical::Hash;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use tollgate_store::{Db, JobsTx, SigningError, is_signature, public_keys};
use uuid::Uuid;

/// Where a tenant's chain stood at its last seal.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastSeal {
    pub batch_no: i64,
    pub hash: Hash,
}

pub(super) async fn last(tx: &mut JobsTx, tenant: Uuid) -> Result<Option<LastSeal>, LedgerError> {
    let row = sqlx::query!(
        "SELECT last_no, last_hash FROM ledger_seal_chains WHERE tenant_id = $1 ORDER BY seal_no DESC LIMIT 1",
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| LastSeal {
        batch_no: row.last_no,
        hash: Hash::try_from(row.last_hash.as_slice()).unwrap_or_default(),
    }))
}

/// A tenant's line in a seal, beside what the tables say.
struct Line {
    seal_no: i64,
    last_no: i64,
    last_hash: Vec<u8>,
    transfers_before: DateTime<Utc>,
    text: String,
    /// The hash of the batch; `None`: there is no such batch.
    batch_hash: Option<Vec<u8>>,
}

/// `months`: what the rows up to the last seal come to, where that was looked at.
pub(super) async fn verify_tenant(
    tx: &mut JobsTx,
    tenant: Uuid,
    months: Option<&BTreeMap<NaiveDate, Figures>>,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let lines = lines(tx, tenant).await?;
    let (count, mut misfit) = (lines.len(), None);
    let mut from = DateTime::UNIX_EPOCH;
    let mut papers_from = from;
    for line in lines {
        misfit = check_line(tx, tenant, &line, (from, &mut papers_from)).await?;
        if misfit.is_some() {
            break;
        }
        from = line.transfers_before;
    }
    if let (None, Some(found)) = (&misfit, months) {
        misfit = check_months(&figures::sealed(tx, tenant).await?, found);
    }
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    report.note("ledger_seals", count, misfit, Some(tenant));
    Ok(())
}

async fn lines(tx: &mut JobsTx, tenant: Uuid) -> Result<Vec<Line>, LedgerError> {
    let rows = sqlx::query!(
        r#"SELECT c.seal_no, c.last_no, c.last_hash, c.transfers_before, c.line, b.hash AS "batch_hash?"
           FROM ledger_seal_chains c
           LEFT JOIN ledger_batches b ON b.tenant_id = c.tenant_id AND b.batch_no = c.last_no
           WHERE c.tenant_id = $1 ORDER BY c.seal_no"#,
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    let lines = rows.into_iter().map(|row| Line {
        seal_no: row.seal_no,
        last_no: row.last_no,
        last_hash: row.last_hash,
        transfers_before: row.transfers_before,
        text: row.line,
        batch_hash: row.batch_hash,
    });
    Ok(lines.collect())
}

async fn check_line(
    tx: &mut JobsTx,
    tenant: Uuid,
    line: &Line,
    (from, papers_from): (DateTime<Utc>, &mut DateTime<Utc>),
) -> Result<Option<Misfit>, LedgerError> {
    let name = |what: &str| format!("seal {}, {what}", line.seal_no);
    let Ok(said) = serde_json::from_str::<ChainLine>(&line.text) else {
        return Ok(Some(Misfit::new(name("line"), "a chain's line", &line.text)));
    };
    let columns = format!("{} {}", line.last_no, hex::encode(&line.last_hash));
    let due = format!("{} {}", said.batch_no, said.hash);
    if columns != due || said.tenant != tenant {
        return Ok(Some(Misfit::new(name("columns against its line"), due, columns)));
    }
    // Before the first batch there is none.
    if line.last_no > 0 && line.batch_hash.as_ref() != Some(&line.last_hash) {
        let found = line
            .batch_hash
            .as_ref()
            .map_or("no batch".to_owned(), hex::encode);
        let what = format!("hash of batch {}", line.last_no);
        return Ok(Some(Misfit::new(name(&what), said.hash, found)));
    }
    let found = figures::transfers(tx, tenant, (from, line.transfers_before)).await?;
    if found != said.transfers {
        let show = |sums: &crate::seal::document::TransferSums| {
            format!(
                "{} from {} before {}: {} nano-USD, {}",
                sums.count, sums.from, sums.before, sums.amount_nano, sums.digest
            )
        };
        let what = name("transfers outside batches");
        return Ok(Some(Misfit::new(what, show(&said.transfers), show(&found))));
    }
    if let Some(misfit) = check_papers(tx, tenant, &said, (papers_from, line.transfers_before)).await? {
        return Ok(Some(Misfit {
            row: name(&misfit.row),
            ..misfit
        }));
    }
    let stored = months_of(tx, tenant, line.seal_no).await?;
    let said: Vec<MonthLine> = said.months;
    Ok((stored != said).then(|| {
        let show = |months: &[MonthLine]| {
            let months: Vec<String> = months
                .iter()
                .map(|line| format!("{}: {}", line.month, line.figures))
                .collect();
            months.join("; ")
        };
        Misfit::new(name("months against its line"), show(&said), show(&stored))
    }))
}

/// What was made of the books is still what it was. Lines of before this was sealed say nothing of it, and the first one
/// that does says all of it.
async fn check_papers(
    tx: &mut JobsTx,
    tenant: Uuid,
    said: &ChainLine,
    (from, before): (&mut DateTime<Utc>, DateTime<Utc>),
) -> Result<Option<Misfit>, LedgerError> {
    let Some(papers) = &said.papers else {
        return Ok(None);
    };
    let found = papers::papers(tx, tenant, (*from, before)).await?;
    *from = before;
    let what = "statements, documents, payments and rates";
    Ok((*papers != found).then(|| Misfit::new(what, papers, &found)))
}

async fn months_of(tx: &mut JobsTx, tenant: Uuid, seal_no: i64) -> Result<Vec<MonthLine>, LedgerError> {
    let rows = sqlx::query_as!(
        MonthRow,
        "SELECT month, events, corrections, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                cache_read_tokens, charge_nano, corrected_up_nano, duration_ms, costs, cost_nano
         FROM ledger_seal_months WHERE tenant_id = $1 AND seal_no = $2 ORDER BY month",
        tenant,
        seal_no
    )
    .fetch_all(tx.conn())
    .await?;
    let line = |(month, figures)| MonthLine { month, figures };
    Ok(rows.into_iter().map(MonthRow::figures).map(line).collect())
}

fn check_months(
    sealed: &BTreeMap<NaiveDate, Figures>,
    found: &BTreeMap<NaiveDate, Figures>,
) -> Option<Misfit> {
    let months: std::collections::BTreeSet<&NaiveDate> = sealed.keys().chain(found.keys()).collect();
    months.into_iter().find_map(|month| {
        let due = sealed.get(month).copied().unwrap_or_default();
        let there = found.get(month).copied().unwrap_or_default();
        (due != there).then(|| Misfit::new(format!("sealed month {}", month.format("%Y-%m")), due, there))
    })
}

/// All seals, in order.
pub(super) async fn verify_all(db: &Db, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let keys = public_keys(db).await.map_err(|error| match error {
        SigningError::Store(error) => LedgerError::Store(error),
        other => LedgerError::Figure(other.to_string()),
    })?;
    let mut tx = super::snapshot(db).await?;
    let numbers = sqlx::query_scalar!("SELECT seal_no FROM ledger_seals ORDER BY seal_no")
        .fetch_all(tx.conn())
        .await?;
    let (mut last_no, mut last_hash, mut misfit) = (0, vec![0_u8; 32], None);
    for seal_no in &numbers {
        let Some(seal) = read::load(&mut tx, *seal_no).await? else {
            break;
        };
        let name = |what: &str| format!("seal {seal_no}, {what}");
        let key = keys.iter().find(|key| key.key_id == seal.key_id);
        let hash = seal.hash_due();
        let head = serde_json::from_str::<Head>(&seal.head).ok();
        misfit = if *seal_no != last_no + 1 {
            Some(Misfit::new("seals, number", last_no + 1, seal_no))
        } else if seal.prev_hash != last_hash {
            let (due, found) = (hex::encode(&last_hash), hex::encode(&seal.prev_hash));
            Some(Misfit::new(name("hash of the seal before"), due, found))
        } else if !head.is_some_and(|head| head.fits(&seal)) {
            let due = "its number, time, count of chains and the hash before it";
            Some(Misfit::new(name("head"), due, &seal.head))
        } else if seal.hash != hash {
            Some(Misfit::new(
                name("hash"),
                hex::encode(hash),
                hex::encode(&seal.hash),
            ))
        } else if !key.is_some_and(|key| is_signature(&key.bytes, PURPOSE, &seal.hash, &seal.signature)) {
            let due = format!("a signature by key {}", seal.key_id);
            Some(Misfit::new(name("signature"), due, hex::encode(&seal.signature)))
        } else {
            None
        };
        if misfit.is_some() {
            break;
        }
        last_no = *seal_no;
        last_hash = seal.hash;
    }
    let count = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
    report.note("ledger_seals", count, misfit, None);
    Ok(())
}
