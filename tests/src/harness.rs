//! What starts and watches the parts of a test: PostgreSQL, Redis, the real binary, a scripted upstream, and clients
//! for each kind of caller. All of it blocks on plain threads, so that a test reads from top to bottom.
//! Never in here: what is expected of the gateway, except that its books agree and that it leaves nothing behind.

pub mod api;
pub mod books;
pub mod budgets;
pub mod gateway;
pub mod house;
pub mod http;
pub mod money;
pub mod people;
pub mod postgres;
pub mod process;
pub mod proxies;
pub mod redis;
pub mod relay;
pub mod smtp;
pub mod tenant;
pub mod upstream;
pub mod vendor;
pub mod vendors;

pub use api::Api;
pub use books::Event;
pub use gateway::Gateway;
pub use house::{House, Scene, Wanted};
pub use http::{Connection, Reply, Request};
pub use people::Person;
pub use proxies::RealProxy;
pub use relay::Ask;
pub use tenant::{Key, Tenant};
pub use upstream::{Answer, Ending, Fault, Script, Seen, Stop, Upstream, Usage};
pub use vendor::{Somebody, Trouble, Vendor};
pub use vendors::{Desk, Vendors};

use std::time::{Duration, Instant};

/// Longest wait for something that is expected to happen soon, on a machine that does other things as well.
pub const SOON: Duration = Duration::from_secs(20);

/// Looks until there is an answer; panics with what was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            began.elapsed() < limit,
            "waited {limit:?} in vain for this: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until it is so.
pub fn wait_until(what: &str, limit: Duration, mut so: impl FnMut() -> bool) {
    wait_for(what, limit, || so().then_some(()));
}

/// A short name that no other test has.
pub fn unique(prefix: &str) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("{prefix}-{}", &id[..12])
}
