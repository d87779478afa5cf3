//! Who may be written to and may load what was sent: the organisation's own people, and the contact of its billing
//! profile. Whoever signs up must not send letters to strangers through the operator's mail server. Never in here: sending.

use std::collections::BTreeSet;
use tollgate_store::{StoreError, TenantTx, hash_token};

/// Addresses of active members and of the billing profile's contact, in lower case.
pub(super) async fn addresses(tx: &mut TenantTx) -> Result<BTreeSet<String>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_scalar!(
        r#"SELECT lower(email) AS "address!" FROM memberships WHERE tenant_id = $1 AND status = 'active'
           UNION
           SELECT lower(contact_email) FROM billing_profiles WHERE tenant_id = $1 AND contact_email <> ''"#,
        tenant.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Whether it is one of them, however it is written.
pub(super) fn is_one(addresses: &BTreeSet<String>, address: &str) -> bool {
    addresses.contains(&address.to_lowercase())
}

/// An address as a link remembers it.
pub(super) fn hash_of(address: &str) -> [u8; 32] {
    hash_token(&address.to_lowercase())
}

/// Whether whoever a link was made for still belongs here.
pub(super) fn still_here(addresses: &BTreeSet<String>, hash: &[u8; 32]) -> bool {
    addresses.iter().any(|address| hash_of(address) == *hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_capitals() {
        let addresses = BTreeSet::from(["jane@example.com".to_owned()]);
        assert!(is_one(&addresses, "Jane@Example.com") && !is_one(&addresses, "john@example.com"));
        assert!(still_here(&addresses, &hash_of("JANE@example.com")));
        assert!(!still_here(&addresses, &hash_of("john@example.com")));
    }
}
