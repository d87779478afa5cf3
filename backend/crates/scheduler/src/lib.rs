//! Which upstream account takes a request: a tenant's accounts as an immutable snapshot, the state of each as this node
//! sees it, and the choice among them. What was observed is written back to PostgreSQL and announced to the other nodes.
//! Never in here: sending, formats, and who may use what. Sticky entries live in `limits`; the relay hands them in.

mod candidate;
mod credential;
mod explain;
mod live;
mod pick;
mod pools;
mod reports;
mod scheduler;
mod seat;
mod snapshot;
mod state;

pub use credential::Credential;
pub use pick::{NoAccount, Wish};
pub use scheduler::Scheduler;
pub use seat::Seat;
pub use snapshot::{Pool, UpstreamAccount};
pub use state::Observed;

#[cfg(test)]
mod tests;
