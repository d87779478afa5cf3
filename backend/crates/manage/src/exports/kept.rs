//! Kept exports: what a file shall hold, as of the moment it was asked for. Nothing is stored of the file itself: its rows
//! are read anew at each download, up to the same batch. Links let a browser load a file by itself.

use super::access::permitted;
use super::desk;
use super::error::ExportError;
use super::produce::Produced;
use super::recipients;
use super::store::{self, Kept};
use super::totals;
use super::wanted::{After, ExportOrder, Wanted};
use crate::permissions::{Action, allows};
use crate::state::ManageState;
use crate::trail::{self, Author, Target};
use actix_web::HttpResponse;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tollgate_contract::exports::{CreateExport, Export, ExportLink, ExportSource, Exports, file_name};
use tollgate_contract::ids::{ExportId, RequestId, ScheduleId, UserId};
use tollgate_contract::money::NanoUsd;
use tollgate_http::{Caller, ClientAddress, Code, Fault};
use tollgate_store::{Actor, Db, StoreError, TenantTx, hash_token, new_token};

/// Exports are kept for this long.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// A link for a browser, which follows it at once.
const LINK_FOR_NOW: TimeDelta = TimeDelta::minutes(15);
/// A link that is sent to somebody.
pub(super) const LINK_SENT: TimeDelta = TimeDelta::days(7);
/// Most kept exports of an organisation that people made.
const KEPT_MAX: i64 = 1_000;
/// The same of those that schedules made: a month of a hundred daily ones, and some by hand.
const SCHEDULED_MAX: i64 = 4_000;

/// Whose exports a caller sees: whoever sees all usage sees all exports of usage.
fn owner(caller: &Caller) -> Option<UserId> {
    (!allows(caller.role, Action::UsageReadAll)).then_some(caller.user_id)
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    form: CreateExport,
) -> Result<Export, Fault> {
    let order = permitted(caller, form.source, form.format, form.query)?;
    if order.query.after.is_some() {
        return Err(Fault::new(Code::ValidationFailed).field(
            "query.after",
            "not_allowed",
            "must stay absent",
        ));
    }
    let turn = state.heavy_reads().turn(caller.tenant_id).await?;
    let mut tx = caller.tx().await?;
    let author = (Some(caller.user_id), caller.email.clone());
    let kept = keep(&mut tx, state.db(), order, author, None).await?;
    let target = Target {
        id: kept.export.id.0,
        name: &kept.export.file_name,
    };
    let told = json!({"query": kept.export.query, "rows": kept.export.rows});
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "export.created",
        target,
        told,
    )
    .await?;
    tx.commit().await?;
    drop(turn);
    Ok(kept.export)
}

/// Keeps an order as of now, with what it comes to. An organisation keeps so many at most.
pub(super) async fn keep(
    tx: &mut TenantTx,
    db: &Db,
    order: ExportOrder,
    (owner, created_by): (Option<UserId>, String),
    schedule_id: Option<ScheduleId>,
) -> Result<Kept, ExportError> {
    let now = db.clock().now();
    let most = if schedule_id.is_some() {
        SCHEDULED_MAX
    } else {
        KEPT_MAX
    };
    if store::count(tx, schedule_id.is_some(), now).await? >= most {
        return Err(ExportError::Full(most));
    }
    let (source, format, only_user) = (order.source, order.format, order.only_user);
    let wanted = Wanted::resolve(tx, now, order).await?;
    let comes_to = expected(tx, &wanted).await?;
    let kept = Kept {
        only_user,
        owner,
        export: Export {
            id: ExportId(db.clock().new_id()),
            source,
            format,
            file_name: file_name(source, format),
            rows: u64::try_from(comes_to.rows).unwrap_or_default(),
            total_nano: NanoUsd(comes_to.total_nano),
            query: wanted.query,
            schedule_id,
            created_by,
            created_at: now,
            expires_at: now + KEPT_FOR,
        },
    };
    store::insert(tx, &kept).await?;
    Ok(kept)
}

/// What the file will come to: lines of usage and their charges, whatever they are grouped by; or transfers.
async fn expected(tx: &mut TenantTx, wanted: &Wanted) -> Result<Produced, ExportError> {
    if wanted.source == ExportSource::Transfers {
        let moved = super::transfers::sums(tx, wanted).await?;
        return Ok(Produced {
            rows: moved.rows,
            total_nano: moved.wallet,
        });
    }
    let sums = totals::sums(tx, wanted, After::START).await?;
    Ok(Produced {
        rows: sums.lines,
        total_nano: sums.charge,
    })
}

pub(super) async fn list(state: &ManageState, caller: &Caller) -> Result<Exports, Fault> {
    let kept = store::list(&mut caller.tx().await?, owner(caller), state.clock().now()).await?;
    let seen = kept.into_iter().filter(|kept| may_have(caller, kept).is_ok());
    Ok(Exports {
        items: seen.map(|kept| kept.export).collect(),
    })
}

/// Refuses what the caller could not order today: a role that has changed since may do less than then.
fn may_have(caller: &Caller, kept: &Kept) -> Result<(), Fault> {
    let export = &kept.export;
    let order = permitted(caller, export.source, export.format, export.query.clone())?;
    if order.only_user.is_some() && order.only_user != kept.only_user {
        return Err(Fault::new(Code::NotFound));
    }
    Ok(())
}

/// One that the caller may see.
async fn visible(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    id: ExportId,
) -> Result<Kept, Fault> {
    let kept = store::get(tx, id, state.clock().now()).await?;
    let kept = kept.filter(|kept| owner(caller).is_none_or(|me| kept.owner == Some(me)));
    let kept = kept.ok_or_else(|| Fault::new(Code::NotFound))?;
    may_have(caller, &kept)?;
    Ok(kept)
}

pub(super) async fn get(state: &ManageState, caller: &Caller, id: ExportId) -> Result<Export, Fault> {
    let mut tx = caller.tx().await?;
    Ok(visible(state, caller, &mut tx, id).await?.export)
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, id: ExportId) -> Result<(), Fault> {
    let mut tx = caller.tx().await?;
    let kept = visible(state, caller, &mut tx, id).await?;
    store::delete(&mut tx, id).await?;
    let target = Target {
        id: id.0,
        name: &kept.export.file_name,
    };
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "export.deleted",
        target,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn file(state: &ManageState, caller: &Caller, id: ExportId) -> Result<HttpResponse, Fault> {
    let mut tx = caller.tx().await?;
    let kept = visible(state, caller, &mut tx, id).await?;
    hand_out(state, tx, kept, &caller.into()).await
}

async fn hand_out(
    state: &ManageState,
    mut tx: TenantTx,
    kept: Kept,
    author: &Author,
) -> Result<HttpResponse, Fault> {
    let turn = state.export_desk().turn(tx.tenant_id())?;
    let target = Target {
        id: kept.export.id.0,
        name: &kept.export.file_name,
    };
    let told = json!({"query": kept.export.query});
    trail::record(&mut tx, state.clock(), author, "export.downloaded", target, told).await?;
    let order = ExportOrder {
        source: kept.export.source,
        format: kept.export.format,
        query: kept.export.query,
        only_user: kept.only_user,
    };
    let wanted = Wanted::resolve(&mut tx, state.clock().now(), order).await?;
    tx.commit().await?;
    desk::answer(state.db(), wanted, turn).await
}

pub(super) async fn link(state: &ManageState, caller: &Caller, id: ExportId) -> Result<ExportLink, Fault> {
    let mut tx = caller.tx().await?;
    let kept = visible(state, caller, &mut tx, id).await?;
    let expires_at = state.clock().now() + LINK_FOR_NOW;
    let link = make_link(state, &mut tx, id, Some(&caller.email), expires_at).await?;
    let target = Target {
        id: id.0,
        name: &kept.export.file_name,
    };
    let told = json!({"expires_at": expires_at});
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "export.linked",
        target,
        told,
    )
    .await?;
    tx.commit().await?;
    Ok(link)
}

/// Makes a link to a file: for whoever reads at this address, as long as they belong here; without one, for a webhook.
pub(super) async fn make_link(
    state: &ManageState,
    tx: &mut TenantTx,
    id: ExportId,
    recipient: Option<&str>,
    expires_at: DateTime<Utc>,
) -> Result<ExportLink, StoreError> {
    let token = new_token(&mut rand::rng());
    let hash = hash_token(token.expose_secret());
    let recipient = recipient.map(recipients::hash_of);
    store::insert_link(tx, &hash, id, recipient.as_ref(), expires_at).await?;
    let base = state.settings().public_url.as_str().trim_end_matches('/');
    let prefix = crate::PREFIX;
    let token = token.expose_secret();
    Ok(ExportLink {
        url: format!("{base}{prefix}/exports/by-link/{token}"),
        expires_at,
    })
}

/// The file behind a link, for whoever has it: while the organisation is active, the schedule there, and whoever the link
/// was made for one of its people.
pub(super) async fn by_link(
    state: &ManageState,
    token: &str,
    request_id: RequestId,
    address: ClientAddress,
) -> Result<HttpResponse, Fault> {
    let missing = || Fault::new(Code::NotFound);
    let now = state.clock().now();
    let found = state.db().resolve_export_link(&hash_token(token), now).await?;
    let link = found.ok_or_else(missing)?;
    let mut tx = state.db().tenant(link.tenant).await?;
    let kept = store::get(&mut tx, link.export, now).await?.ok_or_else(missing)?;
    if !store::is_open(&mut tx, kept.export.schedule_id).await? {
        return Err(missing());
    }
    if let Some(hash) = &link.recipient_hash
        && !recipients::still_here(&recipients::addresses(&mut tx).await?, hash)
    {
        return Err(missing());
    }
    let author = Author {
        actor: Actor::System("export link"),
        request_id,
        address,
    };
    hand_out(state, tx, kept, &author).await
}

/// Deletes exports and links whose time is over; tells how many.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn forget_expired_exports(db: &Db) -> Result<u64, StoreError> {
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let links = sqlx::query!("DELETE FROM export_link_directory WHERE expires_at <= $1", now)
        .execute(tx.conn())
        .await?;
    let exports = sqlx::query!("DELETE FROM exports WHERE expires_at <= $1", now)
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(links.rows_affected().saturating_add(exports.rows_affected()))
}
