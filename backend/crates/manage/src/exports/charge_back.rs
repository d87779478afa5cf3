//! Charge-back by cost centre as a report: sums that add up to the organisation's total, which ties to the ledger.

use super::sums;
use super::totals;
use super::wanted::{After, ExportOrder, Wanted};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::zone::{day_start, local_date, next_day, sensible, zone};
use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use tollgate_contract::check::first_day;
use tollgate_contract::exports::{ChargeBack, ChargeBackQuery, ChargeBackRow, ExportQuery, ExportSource};
use tollgate_contract::money::NanoUsd;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;

pub(super) async fn report(
    state: &ManageState,
    caller: &Caller,
    query: &ChargeBackQuery,
) -> Result<ChargeBack, Fault> {
    require(caller, Action::BillingRead)?;
    let _turn = state.heavy_reads().turn(caller.tenant_id).await?;
    let zone = zone(&caller.time_zone);
    let now = state.clock().now();
    if query.statement.is_some() {
        return of_statement(caller, query, now).await;
    }
    let to = query.to.unwrap_or_else(|| local_date(now, zone));
    let from = query.from.or_else(|| to.with_day(1)).unwrap_or(to);
    if !sensible(from) || !sensible(to) || from > to {
        return Err(Fault::new(Code::InvalidQuery)
            .detail("`from` must not lie after `to`, and both between the years 2000 and 2200.")
            .field("from", "out_of_range", "must not lie after `to`"));
    }
    let order = ExportOrder {
        source: ExportSource::ChargeBack,
        query: ExportQuery {
            from: Some(day_start(from, zone)),
            to: Some(day_start(next_day(to), zone)),
            ..ExportQuery::default()
        },
        ..ExportOrder::default()
    };
    told(&mut caller.tx().await?, caller, order, now, (from, to)).await
}

/// What a closed month's statement holds, by cost centre: the sums of its lines.
async fn of_statement(
    caller: &Caller,
    query: &ChargeBackQuery,
    now: DateTime<Utc>,
) -> Result<ChargeBack, Fault> {
    if query.from.is_some() || query.to.is_some() {
        let field = if query.from.is_some() { "from" } else { "to" };
        return Err(Fault::new(Code::InvalidQuery)
            .detail(format!("`{field}` must stay absent beside `statement`."))
            .field(field, "not_allowed", "must stay absent beside `statement`"));
    }
    let order = ExportOrder {
        source: ExportSource::ChargeBack,
        query: ExportQuery {
            statement: query.statement.clone(),
            ..ExportQuery::default()
        },
        ..ExportOrder::default()
    };
    let mut tx = caller.tx().await?;
    let month = query.statement.as_deref().and_then(first_day).unwrap_or_default();
    let last = month
        .checked_add_months(Months::new(1))
        .and_then(|next| next.pred_opt());
    told(&mut tx, caller, order, now, (month, last.unwrap_or(month))).await
}

async fn told(
    tx: &mut TenantTx,
    caller: &Caller,
    order: ExportOrder,
    now: DateTime<Utc>,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<ChargeBack, Fault> {
    let wanted = Wanted::resolve(tx, now, order).await?;
    let expected = totals::sums(tx, &wanted, After::START).await?;
    let (mut rows, written) = sums::by_cost_centre(tx, &wanted).await?;
    expected.must_be(&wanted, &written)?;
    totals::tie(tx, &wanted).await?;
    let mut total = sums::told(String::new(), &written);
    credited(tx, &wanted, &mut rows, &mut total).await?;
    Ok(ChargeBack {
        from,
        to,
        time_zone: caller.time_zone.clone(),
        through: wanted.through,
        total,
        rows,
    })
}

/// What credit notes gave back, by the cost centre of their line. One without usage in the range gets a row of its own.
async fn credited(
    tx: &mut TenantTx,
    wanted: &Wanted,
    rows: &mut Vec<ChargeBackRow>,
    total: &mut ChargeBackRow,
) -> Result<(), Fault> {
    let month = wanted.query.statement.as_deref().and_then(first_day);
    let notes = sqlx::query!(
        r#"SELECT line ->> 'cost_centre' AS "cost_centre!", sum((line ->> 'amount_nano')::bigint)::bigint AS "nano!"
           FROM billing_documents d, jsonb_array_elements(d.content::jsonb -> 'lines') AS line
           WHERE d.tenant_id = $1 AND d.kind = 'credit_note'
             AND CASE WHEN $2::date IS NULL THEN d.issued_at >= $3 AND d.issued_at < $4 ELSE d.month = $2 END
           GROUP BY 1 ORDER BY 1"#,
        wanted.tenant.0,
        month,
        wanted.from,
        wanted.to
    )
    .fetch_all(tx.conn())
    .await?;
    for note in notes {
        let given = NanoUsd(note.nano);
        total.credited_nano = NanoUsd(total.credited_nano.0.saturating_add(note.nano));
        match rows.iter_mut().find(|row| row.cost_centre == note.cost_centre) {
            Some(row) => row.credited_nano = given,
            None => rows.push(ChargeBackRow {
                cost_centre: note.cost_centre,
                credited_nano: given,
                ..ChargeBackRow::default()
            }),
        }
    }
    Ok(())
}
