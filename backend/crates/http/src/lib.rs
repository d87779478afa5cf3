//! What HTTP handlers share: who is calling, problem answers, bodies and queries read into checked types, security
//! headers, limits on public doors. Never in here: routes, and what any noun means.

pub mod address;
pub mod body;
pub mod caller;
pub mod envelope;
pub mod limits;
pub mod problem;
pub mod security;
pub mod throttle;
pub mod tokens;

pub use address::{ClientAddress, TrustedProxies};
pub use body::{Body, OptionalBody, Params, PathId, RawBody};
pub use caller::{Caller, Gate};
pub use envelope::{CurrentRequest, envelope};
pub use problem::{Code, Fault};
pub use security::SecurityPolicy;
pub use throttle::{Rate, Throttle};
pub use tokens::{Claims, TokenError, TokenSigner};
