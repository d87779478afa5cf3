//! Charge-back by cost centre as a report: sums that add up to the organisation's total, which ties to the ledger.

use super::sums;
use super::totals;
use super::wanted::{After, ExportOrder, Wanted};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::zone::{day_start, local_date, next_day, sensible, zone};
use chrono::Datelike as _;
use tollgate_contract::exports::{ChargeBack, ChargeBackQuery, ExportQuery, ExportSource};
use tollgate_http::{Caller, Code, Fault};

pub(super) async fn report(
    state: &ManageState,
    caller: &Caller,
    query: &ChargeBackQuery,
) -> Result<ChargeBack, Fault> {
    require(caller, Action::BillingRead)?;
    let zone = zone(&caller.time_zone);
    let now = state.clock().now();
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
    let mut tx = caller.tx().await?;
    let wanted = Wanted::resolve(&mut tx, now, order).await?;
    let expected = totals::sums(&mut tx, &wanted, After::START).await?;
    let (rows, written) = sums::by_cost_centre(&mut tx, &wanted).await?;
    expected.must_be(&wanted, &written)?;
    totals::tie(&mut tx, &wanted).await?;
    Ok(ChargeBack {
        from,
        to,
        time_zone: caller.time_zone.clone(),
        through: wanted.through,
        total: sums::told(String::new(), &written),
        rows,
    })
}
