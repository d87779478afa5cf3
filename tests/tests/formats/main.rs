//! Every client format against every platform, through the real binary: what goes in means the same at the upstream, what
//! comes back means the same at the client, and is booked to the token. The test run makes the table in
//! `docs/formats.md`.

mod asks;
mod bad;
mod honest;
mod lists;
mod matrix;
mod paths;
mod platforms;
mod reads;
mod secrets;
mod sockets;
