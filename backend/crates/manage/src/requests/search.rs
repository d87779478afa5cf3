//! Finding requests: through the newest ones, then where the rollups say that there are more. What one call looks through
//! is bounded; a search that comes to the bound says how far it got.

use super::list::Wanted;
use super::rollups::{self, Bucket};
use crate::dynamic;
use crate::reports::requests_between;
use crate::zone::{day_start, id_floor, id_instant, local_date, next_day, quarter};
use chrono::{DateTime, TimeDelta, Utc};
use sea_query::{Cond, Expr, ExprTrait, Order, Query};
use tollgate_http::Fault;
use tollgate_money::zone;
use tollgate_store::TenantTx;
use uuid::Uuid;

/// Events that are looked through before the rollups are asked: a few milliseconds.
const NEWEST: i64 = 4_000;
/// Events that one call looks through beyond these, and days of rollups that it reads: a tenth of a second.
const EVENTS_MAX: u64 = 60_000;
const DAYS_MAX: usize = 12;

/// What a search brought.
pub(super) struct Found {
    /// The newest first.
    pub(super) ids: Vec<Uuid>,
    /// Below which id to go on; `None` at the end.
    pub(super) next: Option<Uuid>,
    pub(super) searched_back_to: Option<DateTime<Utc>>,
}

/// A search under way: from where on, and what it found.
struct Search<'a> {
    wanted: &'a Wanted,
    ids: Vec<Uuid>,
    size: usize,
}

impl Search<'_> {
    /// Adds the matches from one id on and below another; true once there are more than a page holds.
    async fn look(&mut self, tx: &mut TenantTx, from: Uuid, below: Uuid) -> Result<bool, Fault> {
        let room = self.size.saturating_add(1).saturating_sub(self.ids.len());
        let range = Cond::all()
            .add(Expr::col("request_id").gte(from))
            .add(Expr::col("request_id").lt(below));
        let select = Query::select()
            .column("request_id")
            .from("usage_events")
            .cond_where(self.wanted.cond.clone().add(range))
            .order_by("request_id", Order::Desc)
            .limit(u64::try_from(room).unwrap_or_default())
            .to_owned();
        self.ids.extend(dynamic::ids(tx, &select).await?);
        Ok(self.ids.len() > self.size)
    }

    fn full(mut self) -> Found {
        self.ids.truncate(self.size);
        let next = self.ids.last().copied();
        self.found(next, None)
    }

    fn found(self, next: Option<Uuid>, searched_back_to: Option<DateTime<Utc>>) -> Found {
        Found {
            ids: self.ids,
            next,
            searched_back_to,
        }
    }
}

/// The newest matches below an id.
pub(super) async fn newest(
    tx: &mut TenantTx,
    wanted: &Wanted,
    after: Option<Uuid>,
    size: usize,
) -> Result<Found, Fault> {
    let mut search = Search {
        wanted,
        ids: Vec::new(),
        size,
    };
    let (first, end) = (id_floor(wanted.from), id_floor(wanted.to));
    let below = after.map_or(end, |after| Ord::min(after, end));
    let edge = rollups::nth_event_below(tx, first, below, NEWEST).await?;
    if search.look(tx, edge.unwrap_or(first), below).await? {
        return Ok(search.full());
    }
    match edge {
        None => Ok(search.found(None, None)),
        Some(edge) => older(tx, search, edge).await,
    }
}

/// Goes on below an id, by what the rollups say.
async fn older(tx: &mut TenantTx, mut search: Search<'_>, mut below: Uuid) -> Result<Found, Fault> {
    let wanted = search.wanted;
    let zone = zone(&rollups::zone(tx).await?);
    let upper = id_instant(below).unwrap_or(wanted.to);
    let range = (local_date(wanted.from, zone), local_date(upper, zone));
    let days = rollups::days_with(tx, &wanted.filter, range).await?;
    let mut looked = 0_u64;
    for (read, day) in days.iter().enumerate() {
        let ends = day_start(next_day(*day), zone);
        if read == DAYS_MAX {
            return Ok(paused(search, ends));
        }
        let starts = day_start(*day, zone);
        for bucket in rollups::buckets_with(tx, &wanted.filter, (starts, ends)).await? {
            let (from, to) = bounds(&bucket, wanted, below);
            if from >= to {
                continue;
            }
            if looked >= EVENTS_MAX {
                return Ok(paused(search, bucket.at + TimeDelta::minutes(15)));
            }
            if search.look(tx, from, to).await? {
                return Ok(search.full());
            }
            looked = looked.saturating_add(bucket.requests);
            below = from;
        }
    }
    Ok(search.found(None, None))
}

/// The part of a quarter of an hour that is still to be looked through.
fn bounds(bucket: &Bucket, wanted: &Wanted, below: Uuid) -> (Uuid, Uuid) {
    let from = Ord::max(id_floor(bucket.at), id_floor(wanted.from));
    let to = Ord::min(id_floor(bucket.at + TimeDelta::minutes(15)), below);
    (from, to)
}

fn paused(search: Search<'_>, at: DateTime<Utc>) -> Found {
    search.found(Some(id_floor(at)), Some(at))
}

/// The request of this id, ours, or those of one that clients gave. Time and the other filters hold as well.
pub(super) async fn by_id(tx: &mut TenantTx, wanted: &Wanted, id: &str, size: usize) -> Result<Found, Fault> {
    let column = Expr::col;
    let ours: Option<Uuid> = id.trim().parse().ok();
    let either = Cond::any()
        .add_option(ours.map(|id| column("request_id").eq(id)))
        .add(
            column("client_request_id")
                .eq(id.trim())
                .and(column("client_request_id").ne("")),
        );
    let range = Cond::all()
        .add(column("request_id").gte(id_floor(wanted.from)))
        .add(column("request_id").lt(id_floor(wanted.to)));
    let select = Query::select()
        .column("request_id")
        .from("usage_events")
        .cond_where(
            wanted
                .cond
                .clone()
                .add(either)
                .add_option(ours.is_none().then_some(range)),
        )
        .order_by("request_id", Order::Desc)
        .limit(u64::try_from(size).unwrap_or_default())
        .to_owned();
    let ids = dynamic::ids(tx, &select).await?;
    Ok(Found {
        ids,
        next: None,
        searched_back_to: None,
    })
}

/// How many events match: whole quarters of an hour by the rollups, what is cut off at either end by looking.
pub(super) async fn count(tx: &mut TenantTx, wanted: &Wanted) -> Result<u64, Fault> {
    let first = quarter(wanted.from);
    let first = if first < wanted.from {
        first + TimeDelta::minutes(15)
    } else {
        first
    };
    let last = quarter(wanted.to);
    if first >= last {
        return look_count(tx, wanted, wanted.from, wanted.to).await;
    }
    let before = look_count(tx, wanted, wanted.from, first).await?;
    let behind = look_count(tx, wanted, last, wanted.to).await?;
    let zone = zone(&rollups::zone(tx).await?);
    let whole = requests_between(tx, &wanted.filter, (first, last), zone).await?;
    Ok(before.saturating_add(whole).saturating_add(behind))
}

async fn look_count(
    tx: &mut TenantTx,
    wanted: &Wanted,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<u64, Fault> {
    if from >= to {
        return Ok(0);
    }
    let range = Cond::all()
        .add(Expr::col("request_id").gte(id_floor(from)))
        .add(Expr::col("request_id").lt(id_floor(to)));
    let select = Query::select()
        .expr(Expr::cust("count(*)"))
        .from("usage_events")
        .cond_where(wanted.cond.clone().add(range))
        .to_owned();
    Ok(dynamic::count(tx, &select).await?)
}
