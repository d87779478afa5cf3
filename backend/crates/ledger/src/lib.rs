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
mod letters;
mod market;
mod node;
mod overview;
mod periods;
mod postings;
mod receipt;
mod reprice;
mod retention;
mod rezone;
mod seal;
mod settle;
mod sold;
mod statement;
mod sums;
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
pub use letters::{DeadLetter, LetterError, LetterId, dead_letters, resolve_letter, retry_letter};
pub use market::{HeldBooks, HeldPrices, plan_rule, read_plan_book, read_price_book};
pub use node::{NodeEpoch, NodeName};
pub use overview::{NodeJournal, PastRepricing, open_journals, open_letters, repricings};
pub use periods::{CloseError, PeriodEdges, close, next_period, open_period};
pub use postings::{Posting, post, post_back};
pub use receipt::{
    Checked, LinePrice, PURPOSE as RECEIPT_PURPOSE, ReceiptError, ReceiptFault, check as check_receipt,
    make as make_receipt, statement_bytes,
};
pub use reprice::{
    CostRepricing, NewPrice, PastPricer, PastPrices, PastUsage, REPRICED_MAX, RepricedCost, RepricedEvent,
    Repricing, RepricingError, RepricingLeave, RepricingOrder, RepricingPreview, apply_repricing,
    preview_repricing,
};
pub use retention::{Fate, drop_months, redact};
pub use rezone::rezone;
pub use seal::{
    Delivery, PURPOSE as SEAL_PURPOSE, SealEnd, SealError, SealLine, SealPlace, SealSent, Sealed, delivered,
    document_of, due_deliveries, plan_deliveries, seal, seal_daily, seals, seals_sent, undelivered,
};
pub use settle::SettleSettings;
pub use sold::as_sold;
pub use statement::Misfit;
pub use sums::sum_up;
pub use transfers::{Credit, CreditError, CreditKind, Credited, WalletView, credit, open_books, wallet};
pub use verify::{
    Verification, VerifyFailure, VerifyReport, VerifyScope, ask_verification, run_verification,
    verifications, verify, verify_within,
};
pub use wallet::{Refund, WalletError, refund, set_credit_limit};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
