//! The pages: one file or folder each. A page fetches through `api/`, is made of `ui/`, keeps what it shows in its address.

mod accounts;
mod entrance;
mod explain;
mod groups;
mod keys;
mod not_found;
mod overview;
mod parts;
mod proxies;
mod requests;
mod sign_in;
mod sign_up;

pub use accounts::{Accounts, AccountsView};
pub use explain::Explain;
pub use groups::Groups;
pub use keys::{Keys, KeysView};
pub use not_found::NotFound;
pub use overview::Overview;
pub use proxies::Proxies;
pub use requests::Requests;
pub use sign_in::SignIn;
pub use sign_up::SignUp;
