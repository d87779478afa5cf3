//! Plans: what organisations pay, made and given by the platform's operator. What is written stays; a later version or
//! assignment takes its place from an instant on. Never in here: what a request is charged.

pub(crate) mod routes;
mod service;
mod store;

pub(crate) use routes::mount;
