//! tollgate-money
