//! Closing a month, by a person or by the job.

use super::books::{self, Books};
use super::store::shown_month;
use crate::permissions::Action;
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::NaiveDate;
use serde_json::json;
use tollgate_contract::ids::TenantId;
use tollgate_contract::periods::Statement;
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::CloseError;

pub(super) async fn close(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    month: NaiveDate,
) -> Result<Statement, Fault> {
    let Books { mut tx, author, name } = books::open(state, caller, tenant, Action::BillingWrite).await?;
    tx.unhurried().await?;
    let whose = tx.tenant_id();
    let made = tollgate_ledger::close(&mut tx, state.clock(), month, &name)
        .await
        .map_err(|error| told(&error, whose, month))?;
    let target = Target {
        id: whose.0,
        name: &made.month,
    };
    let changes = json!({"usage_nano": made.usage_nano, "closing_nano": made.closing_nano});
    trail::record(&mut tx, state.clock(), &author, "period.closed", target, changes).await?;
    tx.commit().await?;
    Ok(made)
}

fn told(error: &CloseError, tenant: TenantId, month: NaiveDate) -> Fault {
    let shown = shown_month(month);
    let refused = |detail: String| Fault::new(Code::PeriodRefused).detail(detail);
    match error {
        CloseError::Store(_) => Fault::internal(error),
        CloseError::NoBooks => refused(format!(
            "This organisation has no wallet and so no months: there is no {shown} to close."
        )),
        CloseError::Closed => refused(format!("{shown} is closed already.")),
        CloseError::NotNext(first) => refused(format!("{} has to be closed first.", shown_month(*first))),
        CloseError::Runs(until) => refused(format!("{shown} still runs, until {}.", until.to_rfc3339())),
        CloseError::DoesNotTie(_) => {
            alarm(error, tenant);
            refused(format!(
                "{shown} stays open: its figures do not tie, and the operator has been told."
            ))
        }
    }
}

/// A month that can't be closed is somebody's to look at, today.
pub(super) fn alarm(error: &CloseError, tenant: TenantId) {
    metrics::counter!("tollgate_statements_refused_total").increment(1);
    tracing::error!(%error, tenant.id = %tenant, "a month's statement can't be made; it stays open");
}
