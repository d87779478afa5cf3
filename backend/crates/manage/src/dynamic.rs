//! The one place where SQL text is put together at run time: lists whose filters and order the caller chooses. Values
//! are always bound, names come from the source text alone. Such a statement selects ids only; their rows are then read
//! by a checked query. Each is planned for its values: there are too many kinds of them for plans to be kept, and a plan
//! for any tenant is a bad one for the largest.

use sea_query::{PostgresQueryBuilder, SelectStatement};
use sea_query_sqlx::SqlxBinder;
use sqlx::AssertSqlSafe;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Has the statements of this transaction go by indexes: of a tenant that has a good part of a table, the database thinks
/// that its rows are met soon by reading the table from its beginning, where another tenant's may lie.
pub(crate) async fn by_index(tx: &mut TenantTx) -> Result<(), StoreError> {
    sqlx::query!("SELECT set_config('enable_seqscan', 'off', true)")
        .fetch_one(tx.conn())
        .await?;
    Ok(())
}

/// Has the following statements of this transaction walk the index of their order, or, with `false`, go as the database
/// plans by itself: of what many rows hold, it at times thinks that few do, and would gather and sort them all.
pub(crate) async fn by_order(tx: &mut TenantTx, walk: bool) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT set_config('enable_sort', $1, true) AS sort, set_config('enable_bitmapscan', $1, true) AS bitmaps",
        if walk { "off" } else { "on" }
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The ids that a statement with one UUID column selects.
pub(crate) async fn ids(tx: &mut TenantTx, select: &SelectStatement) -> Result<Vec<Uuid>, StoreError> {
    let (sql, values) = select.build_sqlx(PostgresQueryBuilder);
    Ok(sqlx::query_scalar_with::<_, Uuid, _>(AssertSqlSafe(sql), values)
        .persistent(false)
        .fetch_all(tx.conn())
        .await?)
}

/// The number that a `count(*)` statement selects.
pub(crate) async fn count(tx: &mut TenantTx, select: &SelectStatement) -> Result<u64, StoreError> {
    let (sql, values) = select.build_sqlx(PostgresQueryBuilder);
    let counted = sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(sql), values)
        .persistent(false)
        .fetch_one(tx.conn())
        .await?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// A pattern that finds a text anywhere, whatever signs it holds.
pub(crate) fn contains_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_with_a_meaning_are_searched_for_as_themselves() {
        assert_eq!(contains_pattern(r"50%_\"), r"%50\%\_\\%");
    }
}
