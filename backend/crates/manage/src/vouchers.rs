//! Vouchers: codes that add credit to a wallet, or money and days to a key. A code is shown once, when it is made.

mod make;
mod redeem;
pub(crate) mod routes;
mod service;
mod store;

pub use make::{MadeVoucher, VoucherOrder, make_vouchers, revoke_voucher};
pub(crate) use routes::mount;
pub(crate) use service::wrong;
