//! Checks a receipt by itself: figures against the batch's digests, digests against its hash, lines against their sum,
//! and all of it against the signature. Reads nothing from anywhere.

use super::facts::{batch_hash, correction_digest, event_digest, read_hash};
use super::price::LinePrice;
use super::{PURPOSE, statement_bytes};
use crate::settle::canonical::{ENCODINGS, Hash};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::receipts::{
    RECEIPT_ALGORITHM, RECEIPT_FORMAT, Receipt, ReceiptBatch, ReceiptLine, ReceiptStatement,
};
use tollgate_store::is_signature;
use uuid::Uuid;

/// What is wrong with a receipt: the first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// Another format or algorithm.
    #[error("{what} `{found}` is not known here; `{known}` is")]
    Unknown {
        /// Of what.
        what: &'static str,
        /// As the receipt has it.
        found: String,
        /// As it should be.
        known: String,
    },
    /// Signed by another key than the one that is trusted.
    #[error("signed by the key {found}, not by {expected}")]
    OtherKey {
        /// In hex.
        expected: String,
        /// In hex.
        found: String,
    },
    /// The request's figures are not those that were booked.
    #[error(
        "the request's figures are not those that were booked: their digest is not among those of batch {batch_no}"
    )]
    Figures {
        /// Where it should stand.
        batch_no: i64,
    },
    /// A correction's figures are not those that were booked.
    #[error(
        "correction {number}'s figures are not those that were booked: their digest is not among those of batch {batch_no}"
    )]
    Correction {
        /// From 1.
        number: usize,
        /// Where it should stand.
        batch_no: i64,
    },
    /// Digests are missing, changed or added.
    #[error(
        "the proof does not make the hash of batch {batch_no}: digests or figures of the batch are missing, changed or added"
    )]
    Proof {
        /// Which.
        batch_no: i64,
    },
    /// Quantity times price is another amount.
    #[error("line {number} ({meter}): {quantity} × {price} is {expected} nano-USD, not {found}")]
    Line {
        /// From 1.
        number: usize,
        /// What was counted.
        meter: String,
        /// How much of it.
        quantity: u64,
        /// The price with what it is of and by what else it is multiplied.
        price: String,
        /// What it comes to.
        expected: String,
        /// As the receipt has it.
        found: String,
    },
    /// The lines make another sum.
    #[error("the lines make {sum} nano-USD, the charge is {charge}")]
    Sum {
        /// Of the lines.
        sum: i128,
        /// As stated.
        charge: NanoUsd,
    },
    /// Charge and corrections make another amount.
    #[error("charge and corrections make {sum} nano-USD, the amount is {amount}")]
    Amount {
        /// Of both.
        sum: i128,
        /// As stated.
        amount: NanoUsd,
    },
    /// Not the key's signature of this statement.
    #[error("the signature does not fit the statement: something in it was changed after it was signed")]
    Signature,
}

/// A receipt that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Id of the key that signed.
    pub key_id: Uuid,
    /// The public key, in hex.
    pub public_key: String,
    /// Whether it is the one that the checker trusts; else only that nothing was changed since some key signed.
    pub key_trusted: bool,
    /// Whether it brings the proof that the request stands in the books; else the signature alone says so.
    pub proved: bool,
}

/// Checks a receipt, with a public key that is trusted or with the one that the receipt brings.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(receipt: &Receipt, trusted: Option<&[u8; 32]>) -> Result<Checked, ReceiptFault> {
    let (statement, signature) = (&receipt.statement, &receipt.signature);
    known("format", &receipt.format, RECEIPT_FORMAT)?;
    known("algorithm", &signature.algorithm, RECEIPT_ALGORITHM)?;
    let key = read_hash(&signature.public_key).ok_or(ReceiptFault::Signature)?;
    if let Some(trusted) = trusted
        && *trusted != key
    {
        return Err(ReceiptFault::OtherKey {
            expected: hex::encode(trusted),
            found: hex::encode(key),
        });
    }
    let batch_no = statement.batch.batch_no;
    proved(
        statement,
        &statement.batch,
        event_digest(statement),
        ReceiptFault::Figures { batch_no },
    )?;
    for (at, correction) in statement.corrections.iter().enumerate() {
        let fault = ReceiptFault::Correction {
            number: at + 1,
            batch_no: correction.batch.batch_no,
        };
        let digest = correction_digest(statement, correction);
        proved(statement, &correction.batch, digest, fault)?;
    }
    sums(statement)?;
    let value = hex::decode(&signature.value).map_err(|_| ReceiptFault::Signature)?;
    if !is_signature(&key, PURPOSE, &statement_bytes(statement), &value) {
        return Err(ReceiptFault::Signature);
    }
    Ok(Checked {
        key_id: signature.key_id,
        public_key: hex::encode(key),
        key_trusted: trusted.is_some(),
        proved: !std::iter::once(&statement.batch)
            .chain(statement.corrections.iter().map(|one| &one.batch))
            .any(|batch| batch.withheld),
    })
}

fn known(what: &'static str, found: &str, known: &str) -> Result<(), ReceiptFault> {
    if found == known {
        return Ok(());
    }
    Err(ReceiptFault::Unknown {
        what,
        found: found.chars().take(40).collect(),
        known: known.to_owned(),
    })
}

/// The row stands in the batch, and the batch is what its hash says.
fn proved(
    statement: &ReceiptStatement,
    batch: &ReceiptBatch,
    digest: Hash,
    absent: ReceiptFault,
) -> Result<(), ReceiptFault> {
    if !ENCODINGS.contains(&batch.encoding) {
        let known_ones = ENCODINGS.map(|encoding| encoding.to_string()).join(" and ");
        return known("encoding", &batch.encoding.to_string(), &known_ones);
    }
    if batch.withheld {
        return Ok(());
    }
    if !batch.digests.iter().any(|text| read_hash(text) == Some(digest)) {
        return Err(absent);
    }
    let hash = batch_hash(statement, batch);
    if hash.is_none() || hash != read_hash(&batch.hash) {
        return Err(ReceiptFault::Proof {
            batch_no: batch.batch_no,
        });
    }
    Ok(())
}

fn sums(statement: &ReceiptStatement) -> Result<(), ReceiptFault> {
    for (at, line) in statement.lines.iter().enumerate() {
        check_line(at + 1, line)?;
    }
    let sum: i128 = statement
        .lines
        .iter()
        .map(|line| i128::from(line.amount_nano.0))
        .sum();
    if sum != i128::from(statement.charge_nano.0) {
        return Err(ReceiptFault::Sum {
            sum,
            charge: statement.charge_nano,
        });
    }
    let corrected = statement
        .corrections
        .iter()
        .map(|one| i128::from(one.charge_nano.0));
    let sum = sum + corrected.sum::<i128>();
    if sum != i128::from(statement.amount_nano.0) {
        return Err(ReceiptFault::Amount {
            sum,
            amount: statement.amount_nano,
        });
    }
    Ok(())
}

/// Quantity × price × rate × factor, rounded once. A line that names something that is not known here is explained by that,
/// and only its sum is checked.
fn check_line(number: usize, line: &ReceiptLine) -> Result<(), ReceiptFault> {
    let Some(shown) = LinePrice::of(line) else {
        return Ok(());
    };
    let Some((price, scale)) = shown.exact() else {
        return Ok(());
    };
    let amount = price.scaled_amount(line.quantity, scale).map(|nano| nano.0);
    if amount == Some(line.amount_nano.0) {
        return Ok(());
    }
    Err(ReceiptFault::Line {
        number,
        meter: line.meter.clone(),
        quantity: line.quantity,
        price: shown.to_string(),
        expected: amount.map_or_else(|| "more than can be booked".to_owned(), |nano| nano.to_string()),
        found: line.amount_nano.to_string(),
    })
}
