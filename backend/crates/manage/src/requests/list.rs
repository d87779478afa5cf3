//! Pages of the request log. Ids carry their time, so a range of time is a range of the primary key, and only the months
//! it touches are read.

use super::store;
use crate::cursor::{Cursor, page_size};
use crate::dynamic;
use crate::permissions::{Action, Sight};
use crate::state::ManageState;
use crate::zone::id_floor;
use chrono::{DateTime, TimeDelta, Utc};
use sea_query::{Cond, Expr, ExprTrait, Order, Query, SelectStatement};
use tollgate_contract::ids::{RequestId, TenantId};
use tollgate_contract::page::Page;
use tollgate_contract::requests::{RequestDetail, RequestLine, RequestQuery};
use tollgate_http::{Caller, Code, Fault};
use uuid::Uuid;

const LIST: &str = "requests";
/// How far back the log is read when no beginning is asked for.
const RANGE_DEFAULT: TimeDelta = TimeDelta::days(30);

fn sight(caller: &Caller) -> Result<Sight, Fault> {
    Sight::of(caller, Action::UsageReadAll, Action::UsageReadOwn)
}

pub(super) async fn page(
    state: &ManageState,
    caller: &Caller,
    query: &RequestQuery,
) -> Result<Page<RequestLine>, Fault> {
    let sight = sight(caller)?;
    let after = Cursor::read(query.cursor.as_deref(), LIST)?.map(|cursor| cursor.id);
    let size = page_size(query.limit);
    let mut tx = caller.tx().await?;
    let now = state.clock().now();
    let mut ids = dynamic::ids(&mut tx, &select(caller.tenant_id, sight, query, after, now, size)).await?;
    let more = ids.len() > size;
    ids.truncate(size);
    let items = store::lines(&mut tx, &ids).await?;
    let next_cursor = ids
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(LIST, None, *last).write());
    Ok(Page {
        items,
        next_cursor,
        total: None,
    })
}

pub(super) async fn get(caller: &Caller, id: RequestId) -> Result<RequestDetail, Fault> {
    let sight = sight(caller)?;
    let mut tx = caller.tx().await?;
    let line = store::lines(&mut tx, &[id.0])
        .await?
        .into_iter()
        .find(|line| sight.covers(line.user_id));
    let line = line.ok_or_else(|| Fault::new(Code::NotFound))?;
    store::detail(&mut tx, line)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

fn select(
    tenant: TenantId,
    sight: Sight,
    query: &RequestQuery,
    after: Option<Uuid>,
    now: DateTime<Utc>,
    size: usize,
) -> SelectStatement {
    let from = query.from.unwrap_or_else(|| now - RANGE_DEFAULT);
    let column = Expr::col;
    let filters = Cond::all()
        .add(column("tenant_id").eq(tenant.0))
        .add(column("request_id").gte(id_floor(from)))
        .add_option(query.to.map(|to| column("request_id").lt(id_floor(to))))
        .add_option(after.map(|after| column("request_id").lt(after)))
        .add_option(query.key_id.map(|key| column("key_id").eq(key.0)))
        .add_option(query.account_id.map(|account| column("account_id").eq(account.0)))
        .add_option(query.model.as_deref().map(|model| column("model").eq(model)))
        .add_option(query.status.map(|status| column("status").eq(status.as_str())))
        .add_option(sight.only().map(|user| column("user_id").eq(user.0)));
    Query::select()
        .column("request_id")
        .from("usage_events")
        .cond_where(filters)
        .order_by("request_id", Order::Desc)
        .limit(u64::try_from(size).unwrap_or_default().saturating_add(1))
        .to_owned()
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
            ..RequestQuery::default()
        };
        let select = select(TenantId(Uuid::nil()), me, &query, None, DateTime::UNIX_EPOCH, 10);
        let (sql, _) = select.build(PostgresQueryBuilder);
        assert!(sql.contains("\"user_id\" = $"), "{sql}");
        assert!(!sql.contains("OR true"), "{sql}");
    }
}
