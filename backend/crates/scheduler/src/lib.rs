//! Which upstream account takes a request: a tenant's accounts as an immutable snapshot, the state of each as this node
//! sees it, and the choice among them. What was observed is written back to PostgreSQL and announced to the other nodes.
//! Never in here: sending, formats, and who may use what. Sticky entries live in `limits`; the relay hands them in.

#[cfg(feature = "bench")]
pub mod bench;
mod bindings;
mod candidate;
mod credential;
mod daily;
mod desk;
mod exchange;
mod explain;
mod groups;
mod live;
mod load;
#[cfg(any(test, feature = "bench"))]
mod made;
pub mod models;
mod nodes;
mod pick;
mod pool;
mod pools;
mod proxy;
mod ranking;
mod renew;
mod reports;
mod scheduler;
mod seat;
mod shares;
mod snapshot;
mod state;
mod waiting;
mod windows;

pub use bindings::{Binding, BoundTo};
pub use credential::Credential;
pub use desk::Patience;
pub use explain::Eyes;
pub use load::Caps;
pub use pick::{NoAccount, Wish};
pub use pool::Pool;
pub use renew::{Ready, RenewFault, RenewParts, Renewer};
pub use scheduler::Scheduler;
pub use seat::{Meter, Seat};
pub use snapshot::{TokenFacts, UpstreamAccount};
pub use state::Observed;
pub use windows::WindowSeen;

#[cfg(test)]
mod tests;
