//! The money's way after the answer: journal, settlement, budgets, transfers, and the proof that the books agree.
//! Never in here: what a request costs (that is `tollgate_money`) and who may send one (that is the relay).
//!
//! A request's life: [`Budgets::reserve`] → [`Journal::open`] → [`Journal::progress`] → [`Journal::done`] and
//! [`Reservation::consume`] → settled in a batch → gone from the journal. [`Ledger`] holds it all together for a node.

mod drain;
mod encoding;
mod entry;
mod error;
mod journal;
mod lease;
mod ledger;
mod node;
mod settle;
mod transfers;
mod verify;
mod wallet;

pub use drain::{Drained, drain};
pub use entry::{
    AccountRef, BudgetRef, Charge, DoneEntry, Entry, LeaseRef, OpenEntry, PriceLine, Progress, Quality,
    Status,
};
pub use error::LedgerError;
pub use journal::{Journal, JournalError, JournalSettings, NotAdmitting, Replay};
pub use lease::lost::{Hold, LostError, WrittenOff, fence_lost, holds, write_off};
pub use lease::{Ask, BudgetRefusal, Budgets, Reservation, ReserveError, Spender};
pub use ledger::Ledger;
pub use node::{NodeEpoch, NodeName};
pub use settle::SettleSettings;
pub use transfers::{Credit, CreditError, CreditKind, Credited, WalletView, credit, open_books, wallet};
pub use verify::{VerifyFailure, VerifyReport, verify};
pub use wallet::{Refund, WalletError, refund, set_credit_limit};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
