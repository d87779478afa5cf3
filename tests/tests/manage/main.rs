//! The management API through its public door: what each operation does, what it refuses and how, and what it leaves in
//! the audit log.

mod account_platforms;
mod account_tests;
mod accounts;
mod answers;
mod figures;
mod key_lists;
mod keys;
mod requests;
mod roles;
mod sessions;
mod sign_in;
mod sign_up;
mod told;
