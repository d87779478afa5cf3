//! tollgate-manage
