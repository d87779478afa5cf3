//! tollgate-limits
