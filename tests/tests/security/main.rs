//! Tenants are kept apart by the database itself and at every operation of the API, and the repository's generated files
//! tell the truth.

mod around;
mod current;
mod sweep;
mod tenancy;
mod walk;
