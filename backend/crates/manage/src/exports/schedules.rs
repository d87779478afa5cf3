//! Schedules: exports that are made and sent by themselves, by mail or by a signed call. What is sent is a link, so that a
//! file may be of any size. Each range is one delivery, whichever node runs it and however often it is tried.

mod deliver;
mod due;
mod form;
pub(crate) mod routes;
mod store;
mod times;

pub use deliver::ScheduledExports;
pub(crate) use routes::mount;
