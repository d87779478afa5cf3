//! tollgate-scheduler
