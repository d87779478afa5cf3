//! Months, statements, documents and how an organisation is billed.

use super::{ApiError, Query, cache, client, path_with, use_get};
use crate::browser;
use serde::Serialize;
use tollgate_contract::billing::{
    BilledOrganisations, BillingProfile, EnterRates, ExchangeRates, IssuerForm, ProfileForm, TermsForm,
};
use tollgate_contract::ids::{DisputeId, DocumentId, TenantId};
use tollgate_contract::invoices::{
    DecideDispute, Dispute, Disputes, DocumentView, Documents, OpenDispute, RecordPayment,
};
use tollgate_contract::page::Page;
use tollgate_contract::periods::{
    BooksQuery, Periods, Statement, StatementBridge, StatementRequest, StatementRequestQuery, StatementView,
};
use yew::prelude::*;

/// Whose books: one's own, or another organisation's for the operator.
pub type Whose = Option<TenantId>;

fn of(path: &str, tenant_id: Whose) -> String {
    path_with(path, &BooksQuery { tenant_id })
}

/// The months.
#[hook]
pub fn use_periods(whose: Whose) -> Query<Periods> {
    use_get(of("/billing/periods", whose))
}

/// A month's statement.
#[hook]
pub fn use_statement(whose: Whose, month: &str) -> Query<StatementView> {
    use_get(of(&format!("/billing/statements/{month}"), whose))
}

/// From a month's report to its statement.
#[hook]
pub fn use_bridge(whose: Whose, month: &str) -> Query<StatementBridge> {
    use_get(of(&format!("/billing/statements/{month}/bridge"), whose))
}

/// The requests behind a statement's line; of no query nothing is asked.
#[hook]
pub fn use_statement_requests(
    month: &str,
    query: Option<&StatementRequestQuery>,
) -> Query<Page<StatementRequest>> {
    let path = query.map(|query| path_with(&format!("/billing/statements/{month}/requests"), query));
    use_get(path.unwrap_or_default())
}

/// Invoices and credit notes.
#[hook]
pub fn use_documents(whose: Whose) -> Query<Documents> {
    use_get(of("/billing/documents", whose))
}

/// One of them.
#[hook]
pub fn use_document(whose: Whose, id: DocumentId) -> Query<DocumentView> {
    use_get(of(&format!("/billing/documents/{id}"), whose))
}

/// Disputes.
#[hook]
pub fn use_disputes(whose: Whose) -> Query<Disputes> {
    use_get(of("/billing/disputes", whose))
}

/// How the organisation is billed.
#[hook]
pub fn use_profile(whose: Whose) -> Query<BillingProfile> {
    use_get(of("/billing/profile", whose))
}

/// How one's own organisation is billed, if the viewer may see it.
#[hook]
pub fn use_profile_if(may: bool) -> Query<BillingProfile> {
    use_get(if may { "/billing/profile" } else { "" }.to_owned())
}

/// All organisations; asked for by the operator alone.
#[hook]
pub fn use_organisations(operator: bool) -> Query<BilledOrganisations> {
    use_get(if operator {
        "/billing/organisations".to_owned()
    } else {
        String::new()
    })
}

/// How documents look.
#[hook]
pub fn use_issuer() -> Query<IssuerForm> {
    use_get("/billing/issuer".to_owned())
}

/// What a dollar costs, by day.
#[hook]
pub fn use_rates() -> Query<ExchangeRates> {
    use_get("/billing/rates".to_owned())
}

/// Closes a month.
pub async fn close(whose: Whose, month: String) -> Result<Statement, ApiError> {
    post(&of(&format!("/billing/periods/{month}/close"), whose), &()).await
}

/// Issues a month's invoice.
pub async fn issue(whose: Whose, month: String) -> Result<DocumentView, ApiError> {
    post(&of(&format!("/billing/statements/{month}/invoice"), whose), &()).await
}

/// Sends a document.
pub async fn send(whose: Whose, id: DocumentId) -> Result<DocumentView, ApiError> {
    post(&of(&format!("/billing/documents/{id}/send"), whose), &()).await
}

/// Records a payment.
pub async fn pay(whose: Whose, id: DocumentId, form: RecordPayment) -> Result<DocumentView, ApiError> {
    post(&of(&format!("/billing/documents/{id}/payments"), whose), &form).await
}

/// Opens a dispute.
pub async fn dispute(whose: Whose, form: OpenDispute) -> Result<Dispute, ApiError> {
    post(&of("/billing/disputes", whose), &form).await
}

/// Decides one.
pub async fn decide(whose: Whose, id: DisputeId, form: DecideDispute) -> Result<Dispute, ApiError> {
    post(&of(&format!("/billing/disputes/{id}/decision"), whose), &form).await
}

/// Stores to whom the organisation is billed.
pub async fn save_profile(whose: Whose, form: ProfileForm) -> Result<BillingProfile, ApiError> {
    let saved = client::send("PUT", &of("/billing/profile", whose), &form).await?;
    changed();
    Ok(saved)
}

/// Stores tax and how it pays.
pub async fn save_terms(whose: Whose, form: TermsForm) -> Result<BillingProfile, ApiError> {
    let saved = client::send("PUT", &of("/billing/terms", whose), &form).await?;
    changed();
    Ok(saved)
}

/// Stores how documents look.
pub async fn save_issuer(form: IssuerForm) -> Result<IssuerForm, ApiError> {
    let saved = client::send("PUT", "/billing/issuer", &form).await?;
    changed();
    Ok(saved)
}

/// Enters rates.
pub async fn enter_rates(form: EnterRates) -> Result<ExchangeRates, ApiError> {
    post("/billing/rates", &form).await
}

/// Saves a document's file, `pdf` or `html`; tells whether the browser took it.
pub async fn save_file(whose: Whose, id: DocumentId, number: &str, kind: &str) -> Result<bool, ApiError> {
    let blob = client::file(&of(&format!("/billing/documents/{id}/{kind}"), whose)).await?;
    Ok(browser::save_file(&format!("{number}.{kind}"), &blob))
}

async fn post<T: serde::de::DeserializeOwned>(path: &str, form: &impl Serialize) -> Result<T, ApiError> {
    let made = client::send("POST", path, form).await?;
    changed();
    Ok(made)
}

fn changed() {
    cache::changed(&["/billing", "/dashboard"]);
}
