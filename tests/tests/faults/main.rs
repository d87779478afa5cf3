//! What may happen to a node and to what it stands on: killed, without its database, without Redis, with an entry that
//! can't be booked, without room for its journal. After each, the books agree.

mod disk;
mod killed;
mod load;
mod no_database;
mod no_redis;
mod poison;
mod race;
mod storm;
