//! What a dollar costs on a day: entered by the operator, read by everybody, never changed.

use super::books::{is_operator, operator_only, wrong};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::json;
use tollgate_contract::billing::{EnterRates, ExchangeRate, ExchangeRates};
use tollgate_contract::check::scaled;
use tollgate_documents::percent;
use tollgate_http::{Caller, Fault};

const RATES_MAX: i64 = 1000;

pub(super) async fn list(caller: &Caller) -> Result<ExchangeRates, Fault> {
    require(caller, Action::BillingRead)?;
    let mut tx = caller.tx().await?;
    let rows = sqlx::query!(
        "SELECT currency, on_day, rate_nano, source, entered_by, entered_at FROM exchange_rates
         ORDER BY currency, on_day DESC LIMIT $1",
        RATES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let items = rows.into_iter().map(|row| ExchangeRate {
        currency: row.currency,
        on_day: row.on_day,
        rate: percent(row.rate_nano, 9),
        source: row.source,
        entered_by: if is_operator(caller) {
            row.entered_by
        } else {
            "operator".to_owned()
        },
        entered_at: row.entered_at,
    });
    Ok(ExchangeRates {
        items: items.collect(),
    })
}

/// All of them or none; a rate that is there already must be the same.
pub(super) async fn enter(
    state: &ManageState,
    caller: &Caller,
    form: EnterRates,
) -> Result<ExchangeRates, Fault> {
    operator_only(caller)?;
    let mut tx = caller.tx().await?;
    let now = state.clock().now();
    for (at, rate) in form.rates.iter().enumerate() {
        let nano = scaled(&rate.rate, 9).unwrap_or_default();
        let outcome = sqlx::query_scalar!(
            r#"SELECT enter_exchange_rate($1, $2, $3, $4, $5, $6) AS "outcome!""#,
            rate.currency,
            rate.on_day,
            nano,
            rate.source,
            caller.email,
            now
        )
        .fetch_one(tx.conn())
        .await?;
        if outcome == "other" {
            let text = format!(
                "differs from what was entered for {} on {} before",
                rate.currency, rate.on_day
            );
            return Err(wrong(&format!("rates[{at}].rate"), "taken", &text));
        }
    }
    let target = Target {
        id: caller.tenant_id.0,
        name: "exchange rates",
    };
    let changes = json!({ "rates": form.rates });
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "exchange_rates.entered",
        target,
        changes,
    )
    .await?;
    tx.commit().await?;
    list(caller).await
}
