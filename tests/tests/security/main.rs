//! Tenants are kept apart by the database itself, and the repository's generated files tell the truth.

mod current;
mod tenancy;
mod walk;
