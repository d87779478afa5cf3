//! The management API through its public door: what each operation does, what it refuses and how, and what it leaves in
//! the audit log.

mod account_connect;
mod account_life;
mod account_platforms;
mod account_tests;
mod accounts;
mod answers;
mod batches;
mod carried;
mod connect_faults;
mod figures;
mod grants;
mod groups;
mod key_bindings;
mod key_lists;
mod keys;
mod proxies;
mod requests;
mod roles;
mod schedule;
mod sessions;
mod sign_in;
mod sign_up;
mod told;
