//! Months and what is made of them: closing, statements, invoices, credit notes, disputes, and to whom and how all of it
//! goes. Figures come from the ledger and looks from the documents crate; never in here: either of these.

mod books;
pub(crate) mod bridge;
mod carry;
mod close;
mod corrected;
mod credit;
mod deliver;
mod disputes;
mod due;
mod issue;
mod job;
mod left;
mod list;
mod periods;
mod profile;
mod rates;
mod requests;
pub(crate) mod routes;
pub(crate) mod routes_profile;
mod settings;
mod store;

pub use job::{CloseMonths, close_months};
pub use settings::DocumentSettings;

/// Mounts both halves.
pub(crate) fn mount(routes: &mut crate::mount::Routes) {
    routes::mount(routes);
    routes_profile::mount(routes);
}
