//! The relay through its public door: what passes, what is refused and how, who is tried, what is booked.

mod bad_input;
mod bad_upstreams;
mod credentials;
mod disconnects;
mod fail_over;
mod honest_books;
mod information;
mod limits;
mod money;
mod pass_through;
mod pressure;
mod refusals;
