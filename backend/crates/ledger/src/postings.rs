//! What invoices, credit notes and payments do to the books: transfers of their own between the wallet and another ledger
//! account, with what may be drawn moved by the same. Never in here: how much, and what the documents say.

use crate::transfers::{CreditError, Credited, Movement, WALLET, book};
use crate::wallet::{WalletError, raise};
use tollgate_contract::ids::TransferId;
use tollgate_money::Nano;
use tollgate_store::{Clock, TenantTx};

/// What a document's transfer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// Tax that the tenant owes, or gets back.
    Tax,
    /// What cents leave of nano-dollars, either way.
    Rounding,
    /// An invoice was paid.
    Payment,
    /// Usage is given back.
    CreditNote,
}

impl Posting {
    /// The transfer's kind and the ledger account across from the wallet.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Tax => ("tax", "tax"),
            Self::Rounding => ("rounding", "rounding"),
            Self::Payment => ("payment", "cash"),
            Self::CreditNote => ("credit_note", "revenue"),
        }
    }
}

/// Books what a document does to the wallet: `change` above zero reaches it, below zero leaves it, and zero is no transfer.
/// The same key again is the same transfer. An invoice's tax is owed whatever is left, so that the wallet may fall below
/// what nodes drew: then they draw no more.
///
/// # Errors
/// As [`WalletError`] says; after any of them the transaction must not be committed.
pub async fn post(
    tx: &mut TenantTx,
    clock: &Clock,
    posting: Posting,
    change: Nano,
    words: (&str, &str, &str),
) -> Result<Option<Credited>, WalletError> {
    post_back(tx, clock, posting, change, words, None).await
}

/// The same of what takes back an earlier transfer, or a part of it, which it names.
///
/// # Errors
/// As for [`post`].
pub async fn post_back(
    tx: &mut TenantTx,
    clock: &Clock,
    posting: Posting,
    change: Nano,
    (reason, author, idempotency_key): (&str, &str, &str),
    corrects: Option<TransferId>,
) -> Result<Option<Credited>, WalletError> {
    if change.0 == 0 {
        return Ok(None);
    }
    let (kind, other) = posting.names();
    let (from_code, to_code) = if change.0 > 0 {
        (other, WALLET)
    } else {
        (WALLET, other)
    };
    let amount = change.0.checked_abs().ok_or(CreditError::TooMuch)?;
    let movement = Movement {
        kind,
        from_code,
        to_code,
        amount: Nano(amount),
        reason,
        author,
        idempotency_key,
        corrects,
    };
    let booked = book(tx, clock, &movement).await?;
    if !booked.replayed {
        raise(tx, change.0).await?;
    }
    Ok(Some(booked))
}
