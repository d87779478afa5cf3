//! The relay through its public door: what passes, what is refused and how, who is tried, what is booked.

mod bad_input;
mod bad_upstreams;
mod budgets;
mod counted;
mod credentials;
mod disconnects;
mod fail_over;
mod honest_books;
mod information;
mod key_rules;
mod limits;
mod money;
mod pass_through;
mod pressure;
mod priced;
mod refusals;
mod revoked;
mod turns;
mod windows;
