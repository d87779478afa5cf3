//! A page of keys: ids first, by statements put together from filters and order, then their rows.
//!
//! A search, or any filter, is tried on all keys once, up to some thousands that fit: if no more do, they are counted and
//! sorted, whatever the order. If more do, the order's index is walked: it meets enough of them soon. So no plan depends
//! on what the database guesses of a tenant.

use super::service::reading;
use super::store::{self, Place};
use crate::cursor::{Cursor, page_size};
use crate::dynamic::{self, contains_pattern};
use crate::permissions::Sight;
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use sea_query::{Alias, Cond, Expr, ExprTrait, Query, SelectStatement, Value};
use tollgate_contract::check::instant;
use tollgate_contract::ids::TenantId;
use tollgate_contract::keys::{Key, KeyQuery, KeySort};
use tollgate_contract::page::{Order, Page};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;
use uuid::Uuid;

/// When a key without an expiry expires, as the database spells it.
const NEVER: &str = "infinity";
/// Up to so many keys that fit a search or filters are gathered, and sorted whatever the order: a few milliseconds. If
/// more fit, a page has no total.
const GATHERED_MAX: usize = 2_000;
/// Without search and filters keys are counted up to here, in two milliseconds. Beyond, a page has no total.
const COUNTED_MAX: u64 = 10_000;

pub(super) async fn list(state: &ManageState, caller: &Caller, query: &KeyQuery) -> Result<Page<Key>, Fault> {
    let sight = super::rights::readable(caller)?;
    let name = list_name(query);
    let cursor = Cursor::read(query.cursor.as_deref(), &name)?;
    let size = page_size(query.limit);
    let reading = reading(state, caller);
    let mut tx = caller.tx().await?;
    dynamic::by_index(&mut tx).await?;
    let Narrowed { filters, total, walk } =
        narrowed(&mut tx, caller.tenant_id, sight, query, reading.now).await?;
    if walk {
        dynamic::by_order(&mut tx, true).await?;
    }
    let mut ids = dynamic::ids(&mut tx, &page(&filters, query, cursor.as_ref(), size)?).await?;
    if walk {
        dynamic::by_order(&mut tx, false).await?;
    }
    let more = ids.len() > size;
    ids.truncate(size);
    let items = store::page(&mut tx, &ids, reading).await?;
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor::new(&name, sort_value(query, last), last.id.0).write());
    Ok(Page {
        items,
        next_cursor,
        total,
    })
}

/// What finds the keys that fit, and how many they are.
struct Narrowed {
    filters: Cond,
    total: Option<u64>,
    /// Whether so many fit that the order's index meets a page of them soon.
    walk: bool,
}

impl Narrowed {
    fn walked(filters: Cond, total: Option<u64>) -> Self {
        Self {
            filters,
            total,
            walk: true,
        }
    }
}

async fn narrowed(
    tx: &mut TenantTx,
    tenant: TenantId,
    sight: Sight,
    query: &KeyQuery,
    now: DateTime<Utc>,
) -> Result<Narrowed, Fault> {
    let mut filters = filters(tenant, sight, query, now);
    let mut is_common = false;
    if let Some(text) = query.text.as_deref().filter(|text| !text.is_empty()) {
        let most = i32::try_from(GATHERED_MAX + 1).unwrap_or(i32::MAX);
        let found = store::keys_with_text(tx, text, place(query), most).await?;
        is_common = found.len() > GATHERED_MAX;
        filters = if is_common {
            filters.add(Expr::cust_with_values(
                "haystack LIKE lower($1)",
                [contains_pattern(text)],
            ))
        } else {
            filters.add(one_of(found))
        };
    }
    if is_common && sight == Sight::All && !is_narrowed(query) {
        return Ok(Narrowed::walked(filters, None));
    }
    if sight == Sight::All && *query == bare(query) {
        let total = dynamic::count(tx, &counting(&filters)).await?;
        let total = Some(total).filter(|total| *total <= COUNTED_MAX);
        return Ok(Narrowed::walked(filters, total));
    }
    let gathered = dynamic::ids(tx, &gathering(&filters)).await?;
    if gathered.len() > GATHERED_MAX {
        return Ok(Narrowed::walked(filters, None));
    }
    let total = u64::try_from(gathered.len()).unwrap_or_default();
    let those = Cond::all()
        .add(Expr::col("tenant_id").eq(tenant.0))
        .add(one_of(gathered));
    Ok(Narrowed {
        filters: those,
        total: Some(total),
        walk: false,
    })
}

fn place(query: &KeyQuery) -> Place {
    if query.deleted { Place::Bin } else { Place::Use }
}

/// Whether there are filters beside the search.
fn is_narrowed(query: &KeyQuery) -> bool {
    let searched = KeyQuery {
        text: query.text.clone(),
        ..bare(query)
    };
    *query != searched
}

/// The same page without any filter.
fn bare(query: &KeyQuery) -> KeyQuery {
    KeyQuery {
        sort: query.sort,
        order: query.order,
        cursor: query.cursor.clone(),
        limit: query.limit,
        ..KeyQuery::default()
    }
}

fn one_of(ids: Vec<Uuid>) -> Expr {
    Expr::cust_with_values("key_id = ANY ($1)", [Value::from(ids)])
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

/// All filters but the search.
fn filters(tenant: TenantId, sight: Sight, query: &KeyQuery, now: DateTime<Utc>) -> Cond {
    let deleted_at = Expr::col("deleted_at");
    let mut all = Cond::all()
        .add(Expr::col("tenant_id").eq(tenant.0))
        .add(if query.deleted {
            deleted_at.is_not_null()
        } else {
            deleted_at.is_null()
        })
        .add_option(sight.only().map(|user| Expr::col("owner_user_id").eq(user.0)))
        .add_option(
            query
                .owner_user_id
                .map(|user| Expr::col("owner_user_id").eq(user.0)),
        )
        .add_option(query.status.map(|status| Expr::col("status").eq(status.as_str())))
        .add_option(query.policy_id.map(|policy| Expr::col("policy_id").eq(policy.0)))
        .add_option(
            query
                .cost_centre
                .as_deref()
                .map(|centre| Expr::col("cost_centre").eq(centre)),
        )
        .add_option(query.expired.map(|expired| {
            let ends_at = Expr::col("ends_at");
            if expired {
                ends_at.lte(now)
            } else {
                ends_at.gt(now)
            }
        }));
    if let Some(tag) = &query.tag {
        let tagged = Query::select()
            .column("key_id")
            .from("api_key_tags")
            .and_where(Expr::col("tenant_id").eq(tenant.0))
            .and_where(Expr::col("tag").eq(tag.as_str()))
            .to_owned();
        all = all.add(Expr::col("key_id").in_subquery(tagged));
    }
    all
}

/// As many as are gathered, and one more.
fn gathering(filters: &Cond) -> SelectStatement {
    Query::select()
        .column("key_id")
        .from("api_keys")
        .cond_where(filters.clone())
        .limit(limit(GATHERED_MAX).saturating_add(1))
        .to_owned()
}

fn counting(filters: &Cond) -> SelectStatement {
    let some = Query::select()
        .expr(Expr::val(1))
        .from("api_keys")
        .cond_where(filters.clone())
        .limit(COUNTED_MAX + 1)
        .to_owned();
    Query::select()
        .expr(Expr::cust("count(*)"))
        .from_subquery(some, Alias::new("some"))
        .to_owned()
}

fn limit(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
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
        KeySort::ExpiresAt => Some(("ends_at", "timestamptz")),
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
        .limit(limit(size).saturating_add(1));
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

    fn sql(query: &KeyQuery, after: Option<&Cursor>) -> String {
        let filters = filters(TenantId(Uuid::nil()), Sight::All, query, DateTime::UNIX_EPOCH);
        page(&filters, query, after, 10)
            .unwrap()
            .build(PostgresQueryBuilder)
            .0
    }

    #[test]
    fn every_filter_is_bound_and_never_spelled_out() {
        let query = KeyQuery {
            cost_centre: Some("'; DROP TABLE api_keys; --".to_owned()),
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
