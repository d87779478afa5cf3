//! What the process tells about itself: log lines, and figures for Prometheus.
//! Never in here: what is worth telling; that is said where it happens.

pub mod logs;
pub mod metrics;
mod process;
