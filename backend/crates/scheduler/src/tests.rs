//! Tests of the scheduler: the state machine, the choice, what is kept in memory, and both against a real database.

mod bindings;
mod daily;
mod database;
mod exchange;
mod filters;
mod grants;
mod house;
mod live;
mod load;
mod meaning;
mod model;
mod models;
mod pick;
mod pools;
mod redaction;
mod reference;
mod renew;
mod seats;
mod shares;
mod simulation;
mod state;
mod support;
mod told;
mod waiting;
mod windows;
