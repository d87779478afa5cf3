//! tollgate-relay
