//! What `tollgate dev` brings along: its data folder with generated secrets, a private PostgreSQL cluster, a demo tenant
//! and the built-in demo upstream. Never in here: anything that `tollgate serve` needs.

pub mod card;
pub mod cluster;
pub mod database;
pub mod folder;
pub mod tenant;
pub mod upstream;
