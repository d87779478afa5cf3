//! The canonical encoding under a batch's hash: what is billed, in a fixed order, texts with their length in front.
//! Personal data (users, clients, cost centres) stands outside, so that it can be redacted without breaking the chain.
//! Version 1 covers the five token figures; version 2 also what is counted beside them, the tier, whether the model had a
//! price, and the plan. Never change a version: add another. A batch says which it has.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Version of the encoding that is written, as stored in `ledger_batches.encoding`.
pub(crate) const ENCODING: i16 = 2;
/// All versions that can be verified.
pub(crate) const ENCODINGS: [i16; 2] = [1, ENCODING];

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// Figures beside the five, by name; those of corrections are differences.
pub(crate) type OtherMeters = BTreeMap<String, i64>;

/// Token counts in the order of the columns: input, output, cache write 5 m, cache write 1 h, cache read.
pub(crate) type Tokens = [i64; 5];

pub(crate) struct Canon(Sha256);

impl Canon {
    pub(crate) fn new(what: &str) -> Self {
        Self(Sha256::new()).text("tollgate").text(what)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
        self
    }

    pub(crate) fn id(mut self, id: Uuid) -> Self {
        self.0.update(id.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.update(number.to_be_bytes());
        self
    }

    fn tokens(self, tokens: &Tokens) -> Self {
        tokens.iter().fold(self, |canon, count| canon.number(*count))
    }

    fn others(self, others: &OtherMeters) -> Self {
        let canon = self.number(i64::try_from(others.len()).unwrap_or(i64::MAX));
        let each = others.iter();
        each.fold(canon, |canon, (name, count)| canon.text(name).number(*count))
    }

    fn hash(mut self, hash: &Hash) -> Self {
        self.0.update(hash);
        self
    }

    pub(crate) fn end(self) -> Hash {
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
    /// From version 2 on, as are the next three.
    pub other_meters: &'a OtherMeters,
    pub service_tier: &'a str,
    pub unpriced: bool,
    pub plan_version: Option<Uuid>,
}

impl EventFacts<'_> {
    pub fn digest(&self, encoding: i16) -> Hash {
        let canon = Canon::new("event")
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
            .number(self.epoch);
        if encoding == 1 {
            return canon.end();
        }
        canon
            .others(self.other_meters)
            .text(self.service_tier)
            .number(i64::from(self.unpriced))
            .id(self.plan_version.unwrap_or_default())
            .end()
    }
}

/// A correction: differences.
pub(crate) struct CorrectionFacts<'a> {
    pub tenant_id: Uuid,
    pub request_id: Uuid,
    pub tokens: Tokens,
    pub charge: i64,
    /// From version 2 on, as is the next.
    pub other_meters: &'a OtherMeters,
    pub service_tier: &'a str,
    /// Of a re-pricing: its id and the version of the prices that were put in.
    pub repriced: Option<(Uuid, Uuid)>,
}

impl CorrectionFacts<'_> {
    /// A re-pricing's rows are another kind of row, so that each version says of the older kind what it always did.
    pub fn digest(&self, encoding: i16) -> Hash {
        let kind = if self.repriced.is_some() {
            "repricing"
        } else {
            "correction"
        };
        let mut canon = Canon::new(kind)
            .id(self.tenant_id)
            .id(self.request_id)
            .tokens(&self.tokens)
            .number(self.charge);
        if encoding > 1 {
            canon = canon.others(self.other_meters).text(self.service_tier);
        }
        match self.repriced {
            None => canon.end(),
            Some((repricing, price_version)) => canon.id(repricing).id(price_version).end(),
        }
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
    /// The re-pricing that it is of.
    pub repriced: Option<Uuid>,
}

impl CostFacts<'_> {
    /// A re-pricing's rows are another kind of row, as its corrections are.
    pub fn digest(&self) -> Hash {
        let kind = if self.repriced.is_some() {
            "repriced cost"
        } else {
            "cost"
        };
        let canon = Canon::new(kind)
            .id(self.request_id)
            .id(self.customer_tenant_id)
            .id(self.account_id)
            .text(self.model)
            .number(self.cost)
            .number(self.charge)
            .id(self.price_version)
            .number(i64::from(self.correction));
        match self.repriced {
            None => canon.end(),
            Some(repricing) => canon.id(repricing).end(),
        }
    }
}

/// A transfer of a batch.
pub(crate) struct TransferFacts<'a> {
    pub transfer_id: Uuid,
    pub kind: &'a str,
    pub from_code: &'a str,
    pub to_code: &'a str,
    pub amount: i64,
    /// The transfer that it corrects.
    pub corrects: Option<Uuid>,
}

impl TransferFacts<'_> {
    /// One that corrects another is another kind of row.
    pub fn digest(&self) -> Hash {
        let kind = if self.corrects.is_some() {
            "correcting transfer"
        } else {
            "transfer"
        };
        let canon = Canon::new(kind)
            .id(self.transfer_id)
            .text(self.kind)
            .text(self.from_code)
            .text(self.to_code)
            .number(self.amount);
        match self.corrects {
            None => canon.end(),
            Some(corrected) => canon.id(corrected).end(),
        }
    }
}

/// A transfer outside batches (a top-up, a refund …), with all that a seal vouches for.
pub(crate) struct MovementFacts<'a> {
    pub transfer_id: Uuid,
    pub kind: &'a str,
    pub from_code: &'a str,
    pub to_code: &'a str,
    pub amount: i64,
    pub reason: &'a str,
    pub author: &'a str,
    pub idempotency_key: &'a str,
    pub booked_at_micros: i64,
    /// The transfer that it corrects; nil: none.
    pub corrects: Option<Uuid>,
}

impl MovementFacts<'_> {
    pub fn digest(&self) -> Hash {
        Canon::new("movement")
            .id(self.transfer_id)
            .text(self.kind)
            .text(self.from_code)
            .text(self.to_code)
            .number(self.amount)
            .text(self.reason)
            .text(self.author)
            .text(self.idempotency_key)
            .number(self.booked_at_micros)
            .id(self.corrects.unwrap_or_default())
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
    /// The version of the encoding.
    pub encoding: i16,
}

impl BatchFacts {
    pub fn hash(&self, digests: &mut [Hash]) -> Hash {
        digests.sort_unstable();
        let canon = Canon::new("batch")
            .number(i64::from(self.encoding))
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
            encoding: 1,
        };
        let (mut one, mut other) = ([[9; 32], [1; 32]], [[1; 32], [9; 32]]);
        let hash = facts.hash(&mut one);
        assert_eq!(hash, facts.hash(&mut other), "the order of rows does not count");
        assert_eq!(
            hex::encode(hash),
            "26c1722a0a2efc13a19f257b929f15615883f59b6a26e9742ec24a400c26cad9"
        );
        assert_ne!(hash, facts.hash(&mut [[1; 32]]));
        let newer = BatchFacts { encoding: 2, ..facts };
        assert_ne!(hash, newer.hash(&mut one), "a batch's version is under its hash");
    }

    #[test]
    fn version_two_covers_what_is_counted_beside_tokens_and_version_one_does_not() {
        let (none, some) = (
            OtherMeters::new(),
            OtherMeters::from([("audio_input".to_owned(), 12), ("web_search".to_owned(), 2)]),
        );
        let facts = |other_meters, service_tier, unpriced, plan| EventFacts {
            tenant_id: Uuid::from_u128(1),
            request_id: Uuid::from_u128(2),
            key_id: Uuid::from_u128(3),
            platform: "claude_console",
            provider: "anthropic",
            model: "m",
            status: "ok",
            quality: "exact",
            tokens: [1, 2, 3, 4, 5],
            charge: 6,
            reserved: 7,
            price_version: Uuid::from_u128(8),
            node_id: Uuid::from_u128(9),
            epoch: 10,
            other_meters,
            service_tier,
            unpriced,
            plan_version: plan,
        };
        let plain = facts(&none, "standard", false, None);
        let others = [
            facts(&some, "standard", false, None),
            facts(&none, "batch", false, None),
            facts(&none, "standard", true, None),
            facts(&none, "standard", false, Some(Uuid::from_u128(11))),
        ];
        for other in &others {
            assert_eq!(plain.digest(1), other.digest(1));
            assert_ne!(plain.digest(2), other.digest(2));
        }
        assert_eq!(
            hex::encode(plain.digest(1)),
            "d47ac274848a985eb21452c626a3988e88c2f26e544e4dba271c6a6bcb89b77f"
        );
        assert_eq!(
            hex::encode(others[0].digest(2)),
            "547606b1300c424d2ea6ccc711dab45d084de403bd5acb4cb5b9edad1d395a1f",
            "version 2 never changes either"
        );
    }
}
