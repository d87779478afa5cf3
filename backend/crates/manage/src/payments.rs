//! Payments by providers: an organisation says what it wants to pay, the provider tells by a signed call that it was paid.
//! Never in here: what a provider's own page does.

mod call;
mod providers;
pub(crate) mod routes;
mod service;
mod signature;
mod store;

pub use providers::PaymentProviders;
pub(crate) use routes::mount;
