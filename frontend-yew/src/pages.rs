//! The pages: one file or folder each. A page fetches through `api/`, is made of `ui/`, keeps what it shows in its address.

mod accounts;
mod budgets;
mod entrance;
mod explain;
mod groups;
mod keys;
mod not_found;
mod overview;
mod parts;
mod policies;
mod proxies;
mod requests;
mod rules;
mod sign_in;
mod sign_up;
mod vouchers;

pub use accounts::{Accounts, AccountsView};
pub use budgets::Budgets;
pub use explain::Explain;
pub use groups::Groups;
pub use keys::{Keys, KeysView};
pub use not_found::NotFound;
pub use overview::Overview;
pub use policies::Policies;
pub use proxies::Proxies;
pub use requests::Requests;
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use vouchers::Vouchers;
