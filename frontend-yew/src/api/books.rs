//! The books, as the platform's operator sees them.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::books::{
    BookedRepricing, BooksQuery, BooksState, DeadLetterName, DeadLetterQuery, DeadLetterResolution,
    DeadLetterView, LedgerKeys, PastRepricing, RepricingForm, RepricingOrderForm, RepricingSeen, SealView,
    Verification, VerificationForm,
};
use tollgate_contract::page::Page;
use yew::prelude::*;

/// How they are, at a glance.
#[hook]
pub fn use_books() -> Query<BooksState> {
    use_get("/ledger/books".to_owned())
}

/// A page of seals.
#[hook]
pub fn use_seals(cursor: Option<String>) -> Query<Page<SealView>> {
    use_get(path_with("/ledger/seals", &query(cursor)))
}

/// A seal's document.
pub async fn seal(seal_no: i64) -> Result<String, ApiError> {
    Ok(client::get(&format!("/ledger/seals/{seal_no}"), None)
        .await?
        .text())
}

/// The published keys.
#[hook]
pub fn use_ledger_keys() -> Query<LedgerKeys> {
    use_get("/ledger/keys".to_owned())
}

/// A page of verifications.
#[hook]
pub fn use_verifications(cursor: Option<String>) -> Query<Page<Verification>> {
    use_get(path_with("/ledger/verifications", &query(cursor)))
}

/// Has the books verified.
pub async fn verify(form: VerificationForm) -> Result<(), ApiError> {
    let done = client::send::<()>("POST", "/ledger/verifications", &form).await;
    cache::changed(&["/ledger/books", "/ledger/verifications"]);
    done
}

/// A page of dead letters.
#[hook]
pub fn use_letters(all: bool, cursor: Option<String>) -> Query<Page<DeadLetterView>> {
    let query = DeadLetterQuery {
        all,
        cursor,
        limit: None,
    };
    use_get(path_with("/ledger/dead-letters", &query))
}

/// Books one after all.
pub async fn retry(name: DeadLetterName) -> Result<(), ApiError> {
    worked_off(client::send("POST", "/ledger/dead-letters/retry", &name).await)
}

/// Gives one up.
pub async fn give_up(form: DeadLetterResolution) -> Result<(), ApiError> {
    worked_off(client::send("POST", "/ledger/dead-letters/resolve", &form).await)
}

fn worked_off(done: Result<(), ApiError>) -> Result<(), ApiError> {
    if done.is_ok() {
        cache::changed(&["/ledger/dead-letters", "/ledger/books"]);
    }
    done
}

/// A page of past re-pricings.
#[hook]
pub fn use_repricings(cursor: Option<String>) -> Query<Page<PastRepricing>> {
    use_get(path_with("/ledger/repricings", &query(cursor)))
}

/// Looks at what a re-pricing would do.
pub async fn preview(form: RepricingForm) -> Result<RepricingSeen, ApiError> {
    client::send("POST", "/ledger/repricings/preview", &form).await
}

/// Books it.
pub async fn reprice(form: RepricingOrderForm) -> Result<BookedRepricing, ApiError> {
    let done: BookedRepricing = client::send("POST", "/ledger/repricings", &form).await?;
    cache::changed(&["/ledger/repricings", "/margin", "/ledger/books"]);
    Ok(done)
}

fn query(cursor: Option<String>) -> BooksQuery {
    BooksQuery { cursor, limit: None }
}
