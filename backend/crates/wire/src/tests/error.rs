//! The table of refusals.

use crate::error::ErrorKind;
use std::collections::HashSet;

/// Anthropic's documented types; a client may know no other.
const TYPES: [&str; 9] = [
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "overloaded_error",
];

#[test]
fn every_kind_has_a_status_a_known_type_and_a_code_of_its_own() {
    let mut codes = HashSet::new();
    for kind in ErrorKind::ALL {
        assert!((400..600).contains(&kind.status()), "{kind:?}");
        let known = TYPES.contains(&kind.claude_type()) || kind.claude_type() == "timeout_error";
        assert!(known, "{kind:?}");
        assert!(codes.insert(kind.code()), "{kind:?} shares its code");
        // Clients change their request and repeat it at once on a 400.
        assert_eq!(kind.status() == 400, kind == ErrorKind::InvalidRequest);
    }
    let statuses: HashSet<u16> = ErrorKind::ALL.iter().map(|kind| kind.status()).collect();
    assert_eq!(statuses.len(), ErrorKind::ALL.len());
    assert_eq!(ErrorKind::Overloaded.status(), 529);
}
