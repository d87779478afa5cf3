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
    let made = tollgate_ledger::close(&mut tx, state.clock(), month, &name)
        .await
        .map_err(|error| told(&error, month))?;
    let target = Target {
        id: tx.tenant_id().0,
        name: &made.month,
    };
    let changes = json!({"usage_nano": made.usage_nano, "closing_nano": made.closing_nano});
    trail::record(&mut tx, state.clock(), &author, "period.closed", target, changes).await?;
    tx.commit().await?;
    Ok(made)
}

fn told(error: &CloseError, month: NaiveDate) -> Fault {
    let shown = shown_month(month);
    let refused = |detail: String| Fault::new(Code::PeriodRefused).detail(detail);
    match error {
        CloseError::Store(_) | CloseError::NoBooks => Fault::internal(error),
        CloseError::Closed => refused(format!("{shown} is closed already.")),
        CloseError::NotNext(first) => refused(format!("{} has to be closed first.", shown_month(*first))),
        CloseError::Runs(until) => refused(format!("{shown} still runs, until {}.", until.to_rfc3339())),
        CloseError::DoesNotTie(_) => {
            alarm(error);
            refused(format!(
                "{shown} stays open: its figures do not tie, and the operator has been told."
            ))
        }
    }
}

/// Figures that do not tie are somebody's to look at, today.
pub(super) fn alarm(error: &CloseError) {
    metrics::counter!("tollgate_statements_refused_total").increment(1);
    tracing::error!(%error, "a month's statement does not tie; it stays open");
}
