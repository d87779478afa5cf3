//! End-to-end tests of Tollgate: what they share lives here, the tests themselves in `tests/tests/`.
//! Nothing of the gateway's own code is linked: whatever is tested is tested through the public door.

pub mod harness;
