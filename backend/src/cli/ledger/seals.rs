//! `tollgate ledger seal`, `seals`, `show-seal` and `rotate-key`.

use crate::app::parts;
use crate::cli::{CliError, WithDatabase, database, operator, out};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tollgate_ledger::{SealError, Sealed, document_of, seal, seals};
use tollgate_net::UpstreamTls;
use tollgate_store::{Actor, AuditEntry, Clock, Db, PLATFORM_TENANT, Signer, record_platform_audits};

/// How long another process's seal is waited for, and how often it is looked at.
const WAIT_MAX: Duration = Duration::from_secs(30);
const WAIT_STEP: Duration = Duration::from_millis(200);

pub fn seal_now(on: WithDatabase, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let (sealed, missing) = database::run_with(config, on, async |db, settings| {
        let secrets = parts::secrets(&settings, &Clock::system())?;
        let tls = UpstreamTls::native().map_err(CliError::said)?;
        let outlets = parts::seals(&settings, &db, &secrets, &tls);
        let sealed = when_free(&db, &outlets.signer).await.map_err(CliError::said)?;
        outlets.send_due(&db).await.map_err(CliError::said)?;
        let mut tx = db.jobs().await?;
        let lines = seals(&mut tx, None, 1).await.map_err(CliError::said)?;
        let missing: Vec<String> = lines.into_iter().flat_map(|line| line.missing).collect();
        Ok::<_, CliError>((sealed, missing))
    })??;
    out::line(format_args!(
        "Seal {}: {} chains had moved; SHA-256 {}",
        sealed.seal_no, sealed.chains, sealed.hash
    ));
    for place in &missing {
        out::problem(format_args!("It did not arrive yet: {place}"));
    }
    Ok(if missing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Seals; while a node makes the day's seal, waits for it to be done.
async fn when_free(db: &Db, signer: &Signer) -> Result<Sealed, SealError> {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    loop {
        match seal(db, signer).await {
            Err(SealError::Busy) if tokio::time::Instant::now() < until => {
                tokio::time::sleep(WAIT_STEP).await;
            }
            made => return made,
        }
    }
}

pub fn list(limit: i64, on: WithDatabase, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let lines = database::run(config, on, async |db| {
        let mut tx = db.jobs().await?;
        seals(&mut tx, None, limit).await.map_err(CliError::said)
    })??;
    out::line(format_args!(
        "{:>8} {:<20} {:>7}  {:<64}  MISSING AT",
        "SEAL", "AT", "CHAINS", "SHA-256"
    ));
    for line in lines {
        out::line(format_args!(
            "{:>8} {:<20} {:>7}  {}  {}",
            line.seal_no,
            line.sealed_at.format("%Y-%m-%dT%H:%M:%SZ"),
            line.chains,
            line.hash,
            line.missing.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn show(seal_no: i64, on: WithDatabase, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let document = database::run(config, on, async |db| {
        let mut tx = db.jobs().await?;
        document_of(&mut tx, seal_no).await.map_err(CliError::said)
    })??;
    let document = document.ok_or_else(|| {
        CliError::Said(format!(
            "there is no seal {seal_no}; `tollgate ledger seals` lists them"
        ))
    })?;
    out::text(&document);
    Ok(ExitCode::SUCCESS)
}

pub fn rotate_key(on: WithDatabase, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let author = operator();
    let key = database::run_with(config, on, async move |db, settings| {
        let secrets = parts::secrets(&settings, &Clock::system())?;
        let signer = tollgate_store::Signer::new(db.clone(), secrets);
        let key = signer.rotate().await.map_err(CliError::said)?;
        let line = AuditEntry {
            id: db.clock().new_id(),
            at: db.clock().now(),
            actor: Actor::Operator(author),
            action: "signing_key.rotated",
            target_id: Some(key),
            target_name: String::new(),
            changes: json!({}),
            request_id: None,
            address: String::new(),
        };
        let mut tx = db.jobs().await?;
        record_platform_audits(&mut tx, [(PLATFORM_TENANT, line)]).await?;
        tx.commit().await?;
        Ok::<_, CliError>(key)
    })??;
    out::line(format_args!(
        "Seals and receipts are signed by key {key} from now on."
    ));
    Ok(ExitCode::SUCCESS)
}
