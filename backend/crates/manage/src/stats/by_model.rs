//! Models over a range of instants, from what the trend beside them is drawn from: so the two tie.

use super::store::Instants;
use crate::figures::Sums;
use crate::permissions::Sight;
use tollgate_contract::stats::ModelFigures;
use tollgate_store::{StoreError, TenantTx};

struct Row {
    model: String,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
}

/// Each model with its sums, the dearest first. `range` begins and ends at full quarters of an hour.
pub(super) async fn models_within(
    tx: &mut TenantTx,
    sight: Sight,
    range: Instants,
) -> Result<Vec<ModelFigures>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = match sight {
        Sight::All => {
            sqlx::query_as!(
                Row,
                r#"SELECT model, sum(requests)::bigint AS "requests!", sum(input_tokens)::bigint AS "input!",
                          sum(output_tokens)::bigint AS "output!", sum(cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                          sum(cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                          sum(cache_read_tokens)::bigint AS "cache_read!", sum(charge_nano)::bigint AS "charge!"
                   FROM usage_15m WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3
                   GROUP BY model ORDER BY sum(charge_nano) DESC, model"#,
                tenant.0,
                range.from,
                range.to
            )
            .fetch_all(tx.conn())
            .await?
        }
        Sight::Own(user) => {
            sqlx::query_as!(
                Row,
                r#"SELECT c.model, sum(s.requests)::bigint AS "requests!", sum(s.input_tokens)::bigint AS "input!",
                          sum(s.output_tokens)::bigint AS "output!",
                          sum(s.cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                          sum(s.cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                          sum(s.cache_read_tokens)::bigint AS "cache_read!", sum(s.charge_nano)::bigint AS "charge!"
                   FROM usage_slices s JOIN usage_combos c ON c.tenant_id = $1 AND c.combo = s.combo
                   WHERE s.tenant_id = $1 AND s.bucket >= $3 AND s.bucket < $4 AND c.user_id = $2
                   GROUP BY c.model ORDER BY sum(s.charge_nano) DESC, c.model"#,
                tenant.0,
                user.0,
                range.from,
                range.to
            )
            .fetch_all(tx.conn())
            .await?
        }
    };
    let models = rows.into_iter().map(|row| ModelFigures {
        model: row.model,
        figures: Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        }
        .into(),
    });
    Ok(models.collect())
}
