//! The HTTP server: which routes there are, the workers that serve them, health and figures, the web app's files, and
//! the way down. Never in here: what a route does; that is the relay's and the management API's.

pub mod assets;
pub mod docs;
pub mod health;
pub mod mount;
pub mod pages;
pub mod scrape;
pub mod shutdown;
pub mod socket;
pub mod workers;
