//! Tests of the scheduler: the state machine, the choice, what is kept in memory, and both against a real database.

mod database;
mod house;
mod live;
mod models;
mod pick;
mod pools;
mod seats;
mod state;
mod support;
