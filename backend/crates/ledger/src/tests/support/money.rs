//! Money that is asked for, refused and spent.

use crate::entry::OpenEntry;
use crate::lease::{Ask, BudgetRefusal, Reservation, ReserveError, Spender};
use crate::ledger::Ledger;
use crate::samples::{done_of, open_entry};
use std::time::Duration;
use tollgate_contract::ids::{KeyId, RequestId, TenantId};
use tollgate_money::Nano;
use tollgate_store::Clock;
use uuid::Uuid;

/// The refusal that must have come.
#[track_caller]
pub(crate) fn refused(reserved: Result<Reservation, ReserveError>) -> BudgetRefusal {
    match reserved {
        Err(ReserveError::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A request of a key without owner.
pub(crate) fn ask(clock: &Clock, tenant: TenantId, nano: i64) -> Ask<'static> {
    let spender = Spender {
        key_id: KeyId(Uuid::from_u128(7)),
        user_id: None,
        cost_centre: "research",
        model: "claude-sonnet-4-5",
    };
    Ask {
        request_id: RequestId(clock.new_id()),
        tenant_id: tenant,
        spender,
        worst_case: Nano(nano),
        wait_max: Duration::ZERO,
    }
}

/// From the reservation on: opened, done, consumed.
pub(crate) async fn spend(
    node: &Ledger,
    clock: &Clock,
    tenant: TenantId,
    reservation: Reservation,
    tokens: u64,
) {
    let open = OpenEntry {
        lease: reservation.lease(),
        budgets: reservation.budgets(),
        worst_case: reservation.amount(),
        ..open_entry(clock, tenant)
    };
    let done = done_of(open.request_id, tokens);
    node.journal().open(open).await.expect("opened");
    let charge = done.charge.total;
    node.journal().done(done).await.expect("done");
    reservation.consume(charge);
}
