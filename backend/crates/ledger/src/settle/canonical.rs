//! The canonical encoding under a batch's hash, version 1: what is billed, in a fixed order, texts with their length in
//! front. Personal data (users, clients, cost centres) stands outside, so that it can be redacted without breaking the
//! chain. Never change version 1: add another.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Version of the encoding, as stored in `ledger_batches.encoding`.
pub(crate) const ENCODING: i16 = 1;

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// Token counts in the order of the columns: input, output, cache write 5 m, cache write 1 h, cache read.
pub(crate) type Tokens = [i64; 5];

struct Canon(Sha256);

impl Canon {
    fn new(what: &str) -> Self {
        Self(Sha256::new()).text("tollgate").text(what)
    }

    fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    fn id(mut self, id: Uuid) -> Self {
        self.0.update(id.as_bytes());
        self
    }

    fn number(mut self, number: i64) -> Self {
        self.0.update(number.to_be_bytes());
        self
    }

    fn tokens(self, tokens: &Tokens) -> Self {
        tokens.iter().fold(self, |canon, count| canon.number(*count))
    }

    fn hash(mut self, hash: &Hash) -> Self {
        self.0.update(hash);
        self
    }

    fn end(self) -> Hash {
        self.0.finalize().into()
    }
}

/// What is billed of a usage event.
pub(crate) struct EventFacts<'a> {
    pub tenant_id: Uuid,
    pub request_id: Uuid,
    pub key_id: Uuid,
    pub platform: &'a str,
    pub provider: &'a str,
    pub model: &'a str,
    pub status: &'a str,
    pub quality: &'a str,
    pub tokens: Tokens,
    pub charge: i64,
    pub reserved: i64,
    pub price_version: Uuid,
    pub node_id: Uuid,
    pub epoch: i64,
}

impl EventFacts<'_> {
    pub fn digest(&self) -> Hash {
        Canon::new("event")
            .id(self.tenant_id)
            .id(self.request_id)
            .id(self.key_id)
            .text(self.platform)
            .text(self.provider)
            .text(self.model)
            .text(self.status)
            .text(self.quality)
            .tokens(&self.tokens)
            .number(self.charge)
            .number(self.reserved)
            .id(self.price_version)
            .id(self.node_id)
            .number(self.epoch)
            .end()
    }
}

/// A correction: differences.
pub(crate) struct CorrectionFacts {
    pub tenant_id: Uuid,
    pub request_id: Uuid,
    pub tokens: Tokens,
    pub charge: i64,
}

impl CorrectionFacts {
    pub fn digest(&self) -> Hash {
        Canon::new("correction")
            .id(self.tenant_id)
            .id(self.request_id)
            .tokens(&self.tokens)
            .number(self.charge)
            .end()
    }
}

/// What a request on a platform's account cost.
pub(crate) struct CostFacts<'a> {
    pub request_id: Uuid,
    pub customer_tenant_id: Uuid,
    pub account_id: Uuid,
    pub model: &'a str,
    pub cost: i64,
    pub charge: i64,
    pub price_version: Uuid,
    pub correction: bool,
}

impl CostFacts<'_> {
    pub fn digest(&self) -> Hash {
        Canon::new("cost")
            .id(self.request_id)
            .id(self.customer_tenant_id)
            .id(self.account_id)
            .text(self.model)
            .number(self.cost)
            .number(self.charge)
            .id(self.price_version)
            .number(i64::from(self.correction))
            .end()
    }
}

/// A transfer of a batch.
pub(crate) struct TransferFacts<'a> {
    pub transfer_id: Uuid,
    pub kind: &'a str,
    pub from_code: &'a str,
    pub to_code: &'a str,
    pub amount: i64,
}

impl TransferFacts<'_> {
    pub fn digest(&self) -> Hash {
        Canon::new("transfer")
            .id(self.transfer_id)
            .text(self.kind)
            .text(self.from_code)
            .text(self.to_code)
            .number(self.amount)
            .end()
    }
}

/// A batch: its place in the chain, its sums, and the digests of its rows in any order.
pub(crate) struct BatchFacts {
    pub tenant_id: Uuid,
    pub batch_no: i64,
    pub prev_hash: Hash,
    pub events: i64,
    pub charge: i64,
    pub node_id: Uuid,
    pub epoch: i64,
    pub booked_at_micros: i64,
}

impl BatchFacts {
    pub fn hash(&self, digests: &mut [Hash]) -> Hash {
        digests.sort_unstable();
        let canon = Canon::new("batch")
            .number(i64::from(ENCODING))
            .id(self.tenant_id)
            .number(self.batch_no)
            .hash(&self.prev_hash)
            .number(self.events)
            .number(self.charge)
            .id(self.node_id)
            .number(self.epoch)
            .number(self.booked_at_micros);
        digests.iter().fold(canon, Canon::hash).end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_version_one_never_changes() {
        let facts = BatchFacts {
            tenant_id: Uuid::from_u128(1),
            batch_no: 2,
            prev_hash: [3; 32],
            events: 4,
            charge: 5,
            node_id: Uuid::from_u128(6),
            epoch: 7,
            booked_at_micros: 8,
        };
        let (mut one, mut other) = ([[9; 32], [1; 32]], [[1; 32], [9; 32]]);
        let hash = facts.hash(&mut one);
        assert_eq!(hash, facts.hash(&mut other), "the order of rows does not count");
        assert_eq!(
            hex::encode(hash),
            "26c1722a0a2efc13a19f257b929f15615883f59b6a26e9742ec24a400c26cad9"
        );
        assert_ne!(hash, facts.hash(&mut [[1; 32]]));
    }
}
