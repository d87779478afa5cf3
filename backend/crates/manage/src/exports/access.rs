//! Who may export what: usage is everyone's own or everyone's, as in the request log; money is for whoever reads billing.

use super::wanted::ExportOrder;
use crate::permissions::{Action, Sight, require};
use tollgate_contract::exports::{ExportFormat, ExportQuery, ExportSource};
use tollgate_http::{Caller, Fault};

/// The order as the caller may have it.
pub(super) fn permitted(
    caller: &Caller,
    source: ExportSource,
    format: ExportFormat,
    query: ExportQuery,
) -> Result<ExportOrder, Fault> {
    let sight = match source {
        ExportSource::Usage | ExportSource::Summary => {
            Sight::of(caller, Action::UsageReadAll, Action::UsageReadOwn)?
        }
        ExportSource::Transfers | ExportSource::ChargeBack => {
            require(caller, Action::BillingRead)?;
            Sight::All
        }
    };
    Ok(ExportOrder {
        source,
        format,
        query,
        only_user: sight.only(),
    })
}
