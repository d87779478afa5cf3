//! The books' proofs, to be seen by anybody; how long an organisation keeps what is personal; and what the platform's own
//! people do with the books. Never in here: the ledger's rules (its own crate) and what a tenant sees of its money
//! (`billing`).

mod keys;
mod letters;
mod repricings;
mod retention;
pub(crate) mod routes;

pub(crate) use routes::mount;

use tollgate_http::{Caller, Code, Fault};
use tollgate_store::PLATFORM_TENANT;

fn platform_only(caller: &Caller) -> Result<(), Fault> {
    if caller.tenant_id == PLATFORM_TENANT {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden).detail("Only the platform's own organisation works on the books."))
}
