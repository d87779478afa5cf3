//! Pages of the request log. Ids carry their time, so a range of time is a range of the primary key, and only the months
//! it touches are read. What is newest is looked through first; where too little of that matches, the rollups tell in
//! which quarters of an hour there is more ([`super::search`]), so the log needs no index for each filter.

use super::{search, store};
use crate::cursor::{Cursor, page_size};
use crate::permissions::{Action, Sight};
use crate::reports::{Filter, run_in_memory};
use crate::state::ManageState;
use chrono::{DateTime, TimeDelta, Utc};
use sea_query::{Cond, Expr, ExprTrait, Func, Query};
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_contract::reports::ClientFamily;
use tollgate_contract::requests::{
    Quality, RequestDetail, RequestLine, RequestPage, RequestQuery, RequestStatus,
};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;
use uuid::Uuid;

const LIST: &str = "requests";
/// How far back the log is read when no beginning is asked for.
const RANGE_DEFAULT: TimeDelta = TimeDelta::days(30);

fn sight(caller: &Caller) -> Result<Sight, Fault> {
    Sight::of(caller, Action::UsageReadAll, Action::UsageReadOwn)
}

/// What is looked for, and where.
pub(super) struct Wanted {
    /// What the rollups know of it.
    pub(super) filter: Filter,
    /// All of it, for the events themselves.
    pub(super) cond: Cond,
    /// Whether the rollups know all of it: then they count exactly.
    pub(super) counted: bool,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

impl Wanted {
    pub(super) fn new(caller: &Caller, sight: Sight, query: &RequestQuery, now: DateTime<Utc>) -> Self {
        let counted = query.http_status.is_none()
            && query.quality.is_none()
            && query.unpriced.is_none()
            && query.min_charge_nano.is_none()
            && query.min_duration_ms.is_none()
            && query.id.is_none();
        Self {
            filter: Filter {
                key: query.key_id,
                user: query.user_id,
                only_user: sight.only(),
                account: query.account_id,
                model: query.model.clone(),
                platform: query.platform.clone(),
                client: query.client.map(ClientFamily::as_str),
                status: query.status.map(RequestStatus::as_str),
                cost_centre: query.cost_centre.clone(),
                tag: query.tag.clone(),
            },
            cond: conditions(caller.tenant_id, sight, query),
            counted,
            from: query.from.unwrap_or_else(|| now - RANGE_DEFAULT),
            // What is under way now is booked with ids of a moment ago.
            to: query.to.unwrap_or(now + TimeDelta::minutes(1)),
        }
    }
}

pub(super) async fn page(
    state: &ManageState,
    caller: &Caller,
    query: &RequestQuery,
) -> Result<RequestPage, Fault> {
    let sight = sight(caller)?;
    let after = Cursor::read(query.cursor.as_deref(), LIST)?.map(|cursor| cursor.id);
    let size = page_size(query.limit);
    let wanted = Wanted::new(caller, sight, query, state.clock().now());
    let mut tx = caller.snapshot().await?;
    run_in_memory(&mut tx).await?;
    let found = match &query.id {
        Some(id) => search::by_id(&mut tx, &wanted, id, size).await?,
        None => search::newest(&mut tx, &wanted, after, size).await?,
    };
    let total = total(&mut tx, &wanted, after).await?;
    let items = store::lines(&mut tx, &found.ids).await?;
    Ok(RequestPage {
        items,
        next_cursor: found.next.map(|next| Cursor::new(LIST, None, next).write()),
        total,
        searched_back_to: found.searched_back_to,
    })
}

/// How many match, where the rollups know; on first pages.
async fn total(tx: &mut TenantTx, wanted: &Wanted, after: Option<Uuid>) -> Result<Option<u64>, Fault> {
    if !wanted.counted || after.is_some() {
        return Ok(None);
    }
    Ok(Some(search::count(tx, wanted).await?))
}

/// The request, if there is one that the caller may see.
pub(super) async fn visible(caller: &Caller, id: RequestId) -> Result<RequestLine, Fault> {
    let sight = sight(caller)?;
    let mut tx = caller.tx().await?;
    let line = store::lines(&mut tx, &[id.0])
        .await?
        .into_iter()
        .find(|line: &RequestLine| sight.covers(line.user_id));
    line.ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn get(caller: &Caller, id: RequestId) -> Result<RequestDetail, Fault> {
    let line = visible(caller, id).await?;
    let mut tx = caller.tx().await?;
    store::detail(&mut tx, line)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

/// Everything that an event must be, its time apart. The nil UUID stands for none.
fn conditions(tenant: TenantId, sight: Sight, query: &RequestQuery) -> Cond {
    let column = Expr::col;
    let id = |name: &'static str, id: Uuid| {
        if id.is_nil() {
            column(name).is_null()
        } else {
            column(name).eq(id)
        }
    };
    let tagged = |tag: &str| {
        let keys = Query::select()
            .column("key_id")
            .from("api_key_tags")
            .cond_where(
                Cond::all()
                    .add(column("tenant_id").eq(tenant.0))
                    .add(column("tag").eq(tag)),
            )
            .to_owned();
        column("key_id").in_subquery(keys)
    };
    let quality = |quality: Quality| match quality {
        Quality::Exact => "exact",
        Quality::Estimated => "estimated",
    };
    Cond::all()
        .add(column("tenant_id").eq(tenant.0))
        .add_option(query.key_id.map(|key| column("key_id").eq(key.0)))
        .add_option(query.user_id.map(|user| id("user_id", user.0)))
        .add_option(sight.only().map(|user| column("user_id").eq(user.0)))
        .add_option(query.tag.as_deref().map(tagged))
        .add_option(query.account_id.map(|account| id("account_id", account.0)))
        .add_option(query.model.as_deref().map(|model| column("model").eq(model)))
        .add_option(
            query
                .platform
                .as_deref()
                .map(|platform| column("platform").eq(platform)),
        )
        .add_option(
            query.client.map(|client| {
                Expr::expr(Func::cust("client_family").arg(column("client"))).eq(client.as_str())
            }),
        )
        .add_option(
            query
                .cost_centre
                .as_deref()
                .map(|centre| column("cost_centre").eq(centre)),
        )
        .add_option(query.status.map(|status| column("status").eq(status.as_str())))
        .add_option(
            query
                .http_status
                .map(|status| column("http_status").eq(i16::try_from(status).unwrap_or(i16::MAX))),
        )
        .add_option(query.quality.map(|asked| column("quality").eq(quality(asked))))
        .add_option(query.unpriced.map(|unpriced| column("unpriced").eq(unpriced)))
        .add_option(
            query
                .min_charge_nano
                .map(|least| column("charge_nano").gte(least.0)),
        )
        .add_option(
            query
                .min_duration_ms
                .map(|least| column("duration_ms").gte(i32::try_from(least).unwrap_or(i32::MAX))),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::PostgresQueryBuilder;
    use tollgate_contract::ids::UserId;

    #[test]
    fn a_member_is_kept_to_their_own_requests_whatever_they_filter_by() {
        let me = Sight::Own(UserId(Uuid::from_u128(1)));
        let query = RequestQuery {
            model: Some("' OR true --".to_owned()),
            user_id: Some(UserId(Uuid::from_u128(2))),
            ..RequestQuery::default()
        };
        let cond = conditions(TenantId(Uuid::nil()), me, &query);
        let select = Query::select()
            .column("request_id")
            .from("usage_events")
            .cond_where(cond)
            .to_owned();
        let (sql, _) = select.build(PostgresQueryBuilder);
        assert_eq!(sql.matches("\"user_id\" = $").count(), 2, "{sql}");
        assert!(!sql.contains("OR true"), "{sql}");
    }
}
