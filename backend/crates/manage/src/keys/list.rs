//! A page of keys: ids by a statement put together from filters and order, then their rows. The text search reads the
//! names of one tenant's keys only: `tenant_id` leads the index, whatever the policy does.

use super::store;
use crate::cursor::{Cursor, page_size};
use crate::dynamic::{self, contains_pattern};
use crate::figures::count;
use crate::permissions::{Action, Sight};
use crate::state::ManageState;
use crate::zone::{local_date, zone};
use chrono::DateTime;
use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement, Value};
use tollgate_contract::check::instant;
use tollgate_contract::ids::TenantId;
use tollgate_contract::keys::{Key, KeyQuery, KeySort};
use tollgate_contract::page::{Order, Page};
use tollgate_http::{Caller, Code, Fault};

/// When a key without an expiry expires, as the database spells it.
const NEVER: &str = "infinity";

pub(super) async fn list(state: &ManageState, caller: &Caller, query: &KeyQuery) -> Result<Page<Key>, Fault> {
    let sight = Sight::of(caller, Action::KeysReadAll, Action::KeysReadOwn)?;
    let name = list_name(query);
    let cursor = Cursor::read(query.cursor.as_deref(), &name)?;
    let size = page_size(query.limit);
    let mut tx = caller.tx().await?;
    let filters = filters(caller.tenant_id, sight, query);
    let total = dynamic::count(&mut tx, &counting(&filters)).await?;
    let mut ids = dynamic::ids(&mut tx, &page(&filters, query, cursor.as_ref(), size)?).await?;
    let more = ids.len() > size;
    ids.truncate(size);
    let now = state.clock().now();
    let items = store::read(&mut tx, &ids, local_date(now, zone(&caller.time_zone)), now).await?;
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(&name, sort_value(query, last), last.id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total: Some(total),
    })
}

fn list_name(query: &KeyQuery) -> String {
    let sort = match query.sort {
        KeySort::CreatedAt => "created_at",
        KeySort::Name => "name",
        KeySort::ExpiresAt => "expires_at",
    };
    let order = match query.order {
        Order::Asc => "asc",
        Order::Desc => "desc",
    };
    format!("keys:{sort}:{order}")
}

fn sort_value(query: &KeyQuery, key: &Key) -> Option<String> {
    match query.sort {
        // Ids are minted in the order of creation.
        KeySort::CreatedAt => None,
        KeySort::Name => Some(key.name.clone()),
        KeySort::ExpiresAt => Some(
            key.expires_at
                .map_or_else(|| NEVER.to_owned(), |at| at.to_rfc3339()),
        ),
    }
}

fn filters(tenant: TenantId, sight: Sight, query: &KeyQuery) -> Cond {
    use sea_query::extension::postgres::PgExpr;

    let mut all = Cond::all()
        .add(Expr::col("tenant_id").eq(tenant.0))
        .add(Expr::col("deleted_at").is_null())
        .add_option(sight.only().map(|user| Expr::col("owner_user_id").eq(user.0)))
        .add_option(
            query
                .owner_user_id
                .map(|user| Expr::col("owner_user_id").eq(user.0)),
        )
        .add_option(query.status.map(|status| Expr::col("status").eq(status.as_str())));
    if let Some(tag) = &query.tag {
        let tagged = Query::select()
            .column("key_id")
            .from("api_key_tags")
            .and_where(Expr::col("tenant_id").eq(tenant.0))
            .and_where(Expr::col("tag").eq(tag.as_str()))
            .to_owned();
        all = all.add(Expr::col("key_id").in_subquery(tagged));
    }
    if let Some(text) = query.text.as_deref().filter(|text| !text.is_empty()) {
        let pattern = contains_pattern(text);
        let matching = ["name", "description", "prefix", "last_four"]
            .into_iter()
            .fold(Cond::any(), |any, column| {
                any.add(Expr::col(column).ilike(pattern.as_str()))
            });
        all = all.add(matching);
    }
    all
}

fn counting(filters: &Cond) -> SelectStatement {
    Query::select()
        .expr(Expr::cust("count(*)"))
        .from("api_keys")
        .cond_where(filters.clone())
        .to_owned()
}

fn page(
    filters: &Cond,
    query: &KeyQuery,
    after: Option<&Cursor>,
    size: usize,
) -> Result<SelectStatement, Fault> {
    let (order, sign) = match query.order {
        Order::Asc => (sea_query::Order::Asc, ">"),
        Order::Desc => (sea_query::Order::Desc, "<"),
    };
    // What to sort by, and the type in which a cursor's text is compared with it.
    let sorted_by = match query.sort {
        KeySort::CreatedAt => None,
        KeySort::Name => Some(("name", "text")),
        KeySort::ExpiresAt => Some(("COALESCE(expires_at, 'infinity')", "timestamptz")),
    };
    let mut select = Query::select();
    select
        .column("key_id")
        .from("api_keys")
        .cond_where(filters.clone());
    if let Some(after) = after {
        select.and_where(match (sorted_by, &after.value) {
            (None, _) => Expr::cust_with_values(format!("key_id {sign} $1"), [Value::from(after.id)]),
            (Some((expression, kind)), Some(value)) => {
                let value = readable_value(query.sort, value)?;
                let bound = [Value::from(value), Value::from(after.id)];
                Expr::cust_with_values(format!("({expression}, key_id) {sign} ($1::{kind}, $2)"), bound)
            }
            (Some(_), None) => return Err(Fault::new(Code::InvalidCursor)),
        });
    }
    if let Some((expression, _)) = sorted_by {
        select.order_by_expr(Expr::cust(expression), order.clone());
    }
    select
        .order_by("key_id", order)
        .limit(count(i64::try_from(size).unwrap_or_default()).saturating_add(1));
    Ok(select)
}

/// A cursor is not signed: what it holds is brought into a form that the database can read for sure.
fn readable_value(sort: KeySort, value: &str) -> Result<String, Fault> {
    if sort != KeySort::ExpiresAt || value == NEVER {
        return Ok(value.to_owned());
    }
    let at = DateTime::parse_from_rfc3339(value).map(|at| at.to_utc());
    at.ok()
        .filter(|at| instant(at).is_ok())
        .map(|at| at.to_rfc3339())
        .ok_or_else(|| Fault::new(Code::InvalidCursor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::PostgresQueryBuilder;
    use uuid::Uuid;

    fn sql(query: &KeyQuery, after: Option<&Cursor>) -> String {
        let filters = filters(TenantId(Uuid::nil()), Sight::All, query);
        page(&filters, query, after, 10)
            .unwrap()
            .build(PostgresQueryBuilder)
            .0
    }

    #[test]
    fn every_filter_is_bound_and_never_spelled_out() {
        let query = KeyQuery {
            text: Some("'; DROP TABLE api_keys; --".to_owned()),
            tag: Some("it's".to_owned()),
            ..KeyQuery::default()
        };
        let sql = sql(&query, None);
        assert!(!sql.contains("DROP"), "{sql}");
        assert!(!sql.contains("it's"), "{sql}");
    }

    #[test]
    fn a_page_goes_on_behind_the_last_item_in_its_order() {
        let query = KeyQuery {
            sort: KeySort::Name,
            order: Order::Asc,
            ..KeyQuery::default()
        };
        let after = Cursor::new(&list_name(&query), Some("m".to_owned()), Uuid::from_u128(5));
        let sql = sql(&query, Some(&after));
        assert!(sql.contains("(name, key_id) > ("), "{sql}");
        assert!(sql.contains("ORDER BY name ASC, \"key_id\" ASC"), "{sql}");
    }

    #[test]
    fn a_forged_cursor_is_refused_before_the_database_reads_it() {
        let query = KeyQuery {
            sort: KeySort::ExpiresAt,
            ..KeyQuery::default()
        };
        for value in [
            "soon",
            "0000-01-01T00:00:00Z",
            "2026-01-01T00:00:00+23:59:59",
            "-infinity",
            "9999-12-31T00:00:00Z",
        ] {
            let forged = Cursor::new("", Some(value.to_owned()), Uuid::nil());
            assert!(page(&Cond::all(), &query, Some(&forged), 10).is_err(), "{value}");
        }
        let far_east = readable_value(KeySort::ExpiresAt, "2026-01-01T00:00:00+20:00").unwrap();
        assert_eq!(far_east, "2025-12-31T04:00:00+00:00");
    }
}
