//! Uploading reports and comparing them: who may, what is told, what stands in the audit log.

use super::compare::{Sides, compare};
use super::files::{self, FileFault};
use super::store::{self, NewReport};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::stats::Days;
use crate::trail::{self, Author, Target};
use serde_json::json;
use sha2::{Digest, Sha256};
use tollgate_contract::ids::{AccountId, ReportId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reconcile::{
    ProviderReports, ReconcileQuery, Reconciliation, ReportUpload, ReportUploaded, TOLERANCE_NANO,
    TOLERANCE_PERMILLE,
};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{Actor, AuditEntry, Clock, PLATFORM_TENANT, StoreError, TenantTx, record_audit};

/// Most reports that an organisation keeps: one a day for years.
const REPORTS_MAX: i64 = 2_000;
/// Most lines of all of them.
const LINES_MAX: i64 = 2_000_000;

/// A file and whose bill it is, before it is read.
#[derive(Debug)]
pub struct ReportImport {
    /// The account.
    pub account: AccountId,
    /// Only lines of this project, workspace or key; empty: all.
    pub scope: String,
    /// The file's name.
    pub file_name: String,
    /// The file.
    pub content: String,
}

/// A file that was read and fits its account, ready to be kept.
struct Prepared {
    report: files::Report,
    content_hash: [u8; 32],
    import: ReportImport,
}

/// Why a file is not kept.
enum Refused {
    File(FileFault),
    NoAccount,
    OtherProvider(&'static str),
    Full,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Reads a file; takes some tenths of a second for one of megabytes.
fn prepare(import: ReportImport) -> Result<Prepared, FileFault> {
    let report = files::read(&import.content, &import.scope)?;
    let content_hash = Sha256::digest(import.content.as_bytes()).into();
    Ok(Prepared {
        report,
        content_hash,
        import,
    })
}

/// Keeps a report, with its line in the audit log; one whose content is there already changes nothing.
async fn keep(
    tx: &mut TenantTx,
    clock: &Clock,
    prepared: &Prepared,
    author: &str,
) -> Result<(ReportId, bool), Refused> {
    let (import, report) = (&prepared.import, &prepared.report);
    let (_, platform) = store::account(tx, import.account)
        .await?
        .ok_or(Refused::NoAccount)?;
    let provider = report.provider.as_str();
    if !bills(provider, &platform) {
        return Err(Refused::OtherProvider(provider));
    }
    let new = NewReport {
        id: clock.new_id(),
        account: import.account,
        scope: &import.scope,
        file_name: &import.file_name,
        content_hash: &prepared.content_hash,
        author,
        at: clock.now(),
        report,
    };
    if let Some(there) = store::insert(tx, &new).await? {
        return Ok((there, true));
    }
    let stored = store::stored(tx).await?;
    if stored.reports > REPORTS_MAX || stored.lines > LINES_MAX {
        return Err(Refused::Full);
    }
    Ok((ReportId(new.id), false))
}

/// Whether the provider bills what accounts of this platform use. A relay's account may lead to either.
fn bills(provider: &str, platform: &str) -> bool {
    match provider {
        "anthropic" => matches!(platform, "claude_official" | "claude_console" | "ccr"),
        _ => matches!(platform, "openai" | "openai_responses"),
    }
}

fn full() -> String {
    format!(
        "An organisation keeps {REPORTS_MAX} reports and {LINES_MAX} lines of them; delete some that nobody needs any more."
    )
}

fn told(prepared: &Prepared) -> serde_json::Value {
    let report = &prepared.report;
    json!({
        "provider": report.provider.as_str(),
        "kind": report.kind.as_str(),
        "account_id": prepared.import.account,
        "first_day": report.first_day,
        "last_day": report.last_day,
        "lines": report.lines.len(),
    })
}

/// Imports a report by an operator's command: the same checks, and the same line in the audit log. Gives the report's id,
/// and whether the same content was there before.
///
/// # Errors
/// In words, what is wrong with the file or the account.
pub async fn import_report(
    mut tx: TenantTx,
    clock: &Clock,
    import: ReportImport,
    operator: &str,
) -> Result<(ReportId, bool), String> {
    let prepared = prepare(import).map_err(|fault| fault.to_string())?;
    let kept = keep(&mut tx, clock, &prepared, operator).await;
    let (id, repeated) = kept.map_err(|refused| match refused {
        Refused::File(fault) => fault.to_string(),
        Refused::NoAccount => "there is no such account".to_owned(),
        Refused::OtherProvider(provider) => {
            format!("it is a report of {provider}'s, which does not bill this account")
        }
        Refused::Full => full(),
        Refused::Store(error) => error.to_string(),
    })?;
    if !repeated {
        let entry = AuditEntry {
            id: clock.new_id(),
            at: clock.now(),
            actor: Actor::Operator(operator.to_owned()),
            action: "provider_report.uploaded",
            target_id: Some(id.0),
            target_name: prepared.import.file_name.clone(),
            changes: told(&prepared),
            request_id: None,
            address: String::new(),
        };
        record_audit(&mut tx, &entry)
            .await
            .map_err(|error| error.to_string())?;
    }
    tx.commit().await.map_err(|error| error.to_string())?;
    Ok((id, repeated))
}

pub(super) async fn upload(
    state: &ManageState,
    caller: &Caller,
    form: ReportUpload,
) -> Result<ReportUploaded, Fault> {
    require(caller, Action::BillingWrite)?;
    let import = ReportImport {
        account: form.account_id,
        scope: form.scope.trim().to_owned(),
        file_name: form.file_name.trim().to_owned(),
        content: form.content,
    };
    // Megabytes of JSON are not read on a worker's thread: streams go on meanwhile.
    let prepared = actix_web::web::block(move || prepare(import))
        .await
        .map_err(Fault::internal)?;
    let prepared = prepared.map_err(|fault| refusal(Refused::File(fault)))?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let (id, repeated) = keep(&mut tx, clock, &prepared, &caller.email)
        .await
        .map_err(refusal)?;
    if !repeated {
        let target = Target {
            id: id.0,
            name: &prepared.import.file_name,
        };
        let author = Author::from(caller);
        trail::record(
            &mut tx,
            clock,
            &author,
            "provider_report.uploaded",
            target,
            told(&prepared),
        )
        .await?;
    }
    let shown = store::reports(&mut tx, Some(id)).await?.into_iter().next();
    tx.commit().await?;
    Ok(ReportUploaded {
        report: shown.ok_or_else(|| Fault::new(Code::NotFound))?,
        repeated,
    })
}

fn refusal(refused: Refused) -> Fault {
    let wrong = |field: &str, code: &str, message: String| {
        Fault::new(Code::ValidationFailed)
            .detail(format!("`{field}` {message}"))
            .field(field, code, message)
    };
    match refused {
        Refused::File(fault) => wrong("content", "unreadable", fault.to_string()),
        Refused::NoAccount => wrong(
            "account_id",
            "unknown",
            "names no account of this organisation".to_owned(),
        ),
        Refused::OtherProvider(provider) => {
            let message = format!("is not billed by {provider}, whose report this is");
            wrong("account_id", "other_provider", message)
        }
        Refused::Full => Fault::new(Code::InUse).detail(full()),
        Refused::Store(error) => error.into(),
    }
}

pub(super) async fn list(caller: &Caller) -> Result<ProviderReports, Fault> {
    require(caller, Action::BillingRead)?;
    let items = store::reports(&mut caller.tx().await?, None).await?;
    Ok(ProviderReports { items })
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, id: ReportId) -> Result<(), Fault> {
    require(caller, Action::BillingWrite)?;
    let mut tx = caller.tx().await?;
    let report = store::reports(&mut tx, Some(id)).await?.into_iter().next();
    let report = report.ok_or_else(|| Fault::new(Code::NotFound))?;
    store::delete(&mut tx, id).await?;
    let target = Target {
        id: id.0,
        name: &report.file_name,
    };
    let gone =
        json!({"account_id": report.account_id, "first_day": report.first_day, "last_day": report.last_day});
    let author = Author::from(caller);
    trail::record(
        &mut tx,
        state.clock(),
        &author,
        "provider_report.deleted",
        target,
        gone,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn reconcile(
    state: &ManageState,
    caller: &Caller,
    query: &ReconcileQuery,
) -> Result<Reconciliation, Fault> {
    require(caller, Action::BillingRead)?;
    let days = Days::asked(query.from, query.to, state.clock().now(), chrono_tz::UTC)?;
    let (range, account) = ((days.from, days.to), query.account_id);
    let mut tx = caller.tx().await?;
    let known = store::account(&mut tx, account).await?;
    known.ok_or_else(|| Fault::new(Code::NotFound).detail("There is no such account."))?;
    let is_cost = caller.tenant_id == PLATFORM_TENANT;
    let permille = query.tolerance_permille.unwrap_or(TOLERANCE_PERMILLE);
    let (told, covered) = store::told(&mut tx, account, range).await?;
    let compared = compare(&Sides {
        booked: store::booked(&mut tx, account, range, is_cost).await?,
        told,
        covered,
        permille,
    });
    Ok(Reconciliation {
        account_id: account,
        from: days.from,
        to: days.to,
        tolerance_permille: permille,
        tolerance_nano: NanoUsd(TOLERANCE_NANO),
        total: compared.total,
        days: compared.days,
        models: compared.models,
        is_cost,
    })
}
