//! What credit notes gave back of usage, and whether charges less that are the customers' revenue.

use super::store::{Filter, Row};
use chrono::NaiveDate;
use std::collections::HashMap;
use tollgate_contract::margin::{MarginGroup, MarginTie};
use tollgate_contract::money::NanoUsd;
use tollgate_store::{JobsTx, StoreError};
use uuid::Uuid;

/// What was given back to a customer on a day of UTC.
pub(super) struct Credited {
    tenant: Uuid,
    day: NaiveDate,
    nano: i64,
}

impl Credited {
    fn id(&self, group: MarginGroup) -> Option<String> {
        match group {
            MarginGroup::Tenant => Some(self.tenant.to_string()),
            MarginGroup::Day => Some(self.day.to_string()),
            MarginGroup::Platform | MarginGroup::Model | MarginGroup::Account => None,
        }
    }
}

/// Credit notes of the days, over all customers; `None` where the report is narrowed to what they don't name.
pub(super) async fn read(tx: &mut JobsTx, filter: &Filter<'_>) -> Result<Option<Vec<Credited>>, StoreError> {
    let query = filter.query;
    if query.account_id.is_some() || query.platform.is_some() || query.model.is_some() {
        return Ok(None);
    }
    let rows = sqlx::query_as!(
        Credited,
        r#"SELECT tenant_id AS tenant, (issued_at AT TIME ZONE 'UTC')::date AS "day!",
                  sum((content::jsonb ->> 'sum_nano')::bigint)::bigint AS "nano!"
           FROM billing_documents
           WHERE kind = 'credit_note' AND (issued_at AT TIME ZONE 'UTC')::date BETWEEN $1 AND $2
             AND ($3::uuid IS NULL OR tenant_id = $3)
           GROUP BY 1, 2 ORDER BY 2, 1"#,
        filter.days.from,
        filter.days.to,
        query.tenant_id.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Some(rows))
}

/// Puts it to the rows that it belongs to; one that has no row gets its own.
pub(super) fn put(rows: &mut Vec<Row>, credited: Option<&[Credited]>, group: MarginGroup) {
    let Some(credited) = credited else { return };
    if credited.first().is_some_and(|one| one.id(group).is_none()) {
        return;
    }
    if matches!(group, MarginGroup::Tenant | MarginGroup::Day) {
        for row in rows.iter_mut() {
            row.credited = Some(0);
        }
    }
    let mut at: HashMap<String, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.id.clone(), at))
        .collect();
    for one in credited {
        let Some(id) = one.id(group) else { continue };
        let place = *at.entry(id.clone()).or_insert(rows.len());
        if place == rows.len() {
            rows.push(Row {
                id,
                credited: Some(0),
                ..Row::default()
            });
        }
        if let Some(row) = rows.get_mut(place) {
            row.credited = Some(row.credited.unwrap_or(0).saturating_add(one.nano));
        }
    }
    if group == MarginGroup::Day {
        rows.sort_by(|one, other| one.id.cmp(&other.id));
    }
}

/// The sum of all.
pub(super) fn sum(credited: Option<&[Credited]>) -> Option<i64> {
    credited.map(|all| all.iter().fold(0_i64, |sum, one| sum.saturating_add(one.nano)))
}

/// Adds what customers were charged and given back in all days, and what the ledger says of it, of one moment.
pub(super) async fn tie(tx: &mut JobsTx, tie: MarginTie) -> Result<MarginTie, StoreError> {
    let row = sqlx::query!(
        r#"SELECT COALESCE((SELECT sum(charge_nano) FROM account_days), 0)::bigint AS "charge!",
                  COALESCE((SELECT sum((content::jsonb ->> 'sum_nano')::bigint) FROM billing_documents
                            WHERE kind = 'credit_note'), 0)::bigint AS "credited!",
                  COALESCE((SELECT sum(balance_nano) FROM ledger_accounts WHERE code = 'revenue'), 0)::bigint
                  AS "revenue!""#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(MarginTie {
        charge_nano: NanoUsd(row.charge),
        credited_nano: NanoUsd(row.credited),
        ledger_revenue_nano: NanoUsd(row.revenue),
        ..tie
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credited(tenant: u128, day: u32, nano: i64) -> Credited {
        Credited {
            tenant: Uuid::from_u128(tenant),
            day: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            nano,
        }
    }

    #[test]
    fn each_row_gets_its_own_and_a_day_without_requests_gets_a_row() {
        let all = [credited(1, 3, 5), credited(2, 1, 7), credited(1, 1, 1)];
        let mut rows = vec![Row {
            id: "2026-11-03".to_owned(),
            charge: 9,
            ..Row::default()
        }];
        put(&mut rows, Some(&all), MarginGroup::Day);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.id.as_str(), row.charge, row.credited))
            .collect();
        assert_eq!(told, [("2026-11-01", 0, Some(8)), ("2026-11-03", 9, Some(5))]);
        let mut rows = vec![Row {
            id: "m".to_owned(),
            ..Row::default()
        }];
        put(&mut rows, Some(&all), MarginGroup::Model);
        assert_eq!((rows.len(), rows[0].credited), (1, None));
        assert_eq!((sum(Some(&all)), sum(None)), (Some(13), None));
    }
}
