//! The pool of upstream accounts through the real binary, against simulated vendors and real proxies: connected by the
//! vendors' own pages, renewed, reached through proxies, taken out and back, chosen, shared, carried.

mod batches;
mod caps;
mod chosen;
mod connecting;
mod crossed;
mod granted;
mod machines;
mod nodes;
mod objects;
mod pool;
mod proxied;
mod renewal;
mod secrets;
mod self_tests;
mod states;
mod sticky;
mod waiting;
