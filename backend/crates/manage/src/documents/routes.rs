//! `billing/periods`, `billing/statements`, `billing/documents`, `billing/disputes`: over HTTP.

use super::deliver::{self, File, Format};
use super::{books, close, disputes, issue, list, periods, requests};
use crate::mount::Routes;
use crate::permissions::Action;
use crate::state::State;
use crate::trail::{self, Target};
use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde_json::json;
use tollgate_contract::check::first_day;
use tollgate_contract::ids::{DisputeId, DocumentId};
use tollgate_contract::invoices::{
    DecideDispute, Dispute, Disputes, DocumentView, Documents, OpenDispute, RecordPayment,
};
use tollgate_contract::page::Page;
use tollgate_contract::periods::{
    BooksQuery, Periods, Statement, StatementRequest, StatementRequestQuery, StatementView,
};
use tollgate_http::{Body, Caller, Code, Fault, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/billing/periods", list_periods);
    routes.post("/billing/periods/{month}/close", close_period);
    routes.get("/billing/statements/{month}", get_statement);
    routes.get("/billing/statements/{month}/requests", statement_requests);
    routes.get(
        "/billing/statements/{month}/bridge",
        super::bridge::statement_bridge,
    );
    routes.post("/billing/statements/{month}/invoice", issue_invoice);
    routes.get("/billing/documents", list_documents);
    routes.get("/billing/documents/{id}", get_document);
    routes.get("/billing/documents/{id}/html", document_html);
    routes.get("/billing/documents/{id}/pdf", document_pdf);
    routes.post("/billing/documents/{id}/send", send_document);
    routes.post("/billing/documents/{id}/payments", record_payment);
    routes.get("/billing/disputes", list_disputes);
    routes.post("/billing/disputes", open_dispute);
    routes.post("/billing/disputes/{id}/decision", decide_dispute);
}

/// The month in a path; one that is none names nothing.
pub(super) fn month(text: &str) -> Result<NaiveDate, Fault> {
    first_day(text).ok_or_else(|| {
        Fault::new(Code::NotFound).detail(format!("`{text}` is no month; write one such as 2026-11."))
    })
}

/// List accounting months.
///
/// Each begins and ends in the organisation's own zone. The operator names another organisation by `tenant_id`, here as in
/// all of `billing`.
#[utoipa::path(get, path = "/billing/periods", tag = "billing", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The newest first", body = Periods)))]
pub(crate) async fn list_periods(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<web::Json<Periods>, Fault> {
    Ok(web::Json(
        periods::list(&state, &caller, query.0.tenant_id).await?,
    ))
}

/// Close a month.
///
/// For good: nothing is booked in it any more, and what comes late stands in the next one. Its statement is made and stored
/// with it; one whose figures do not tie is refused.
#[utoipa::path(post, path = "/billing/periods/{month}/close", tag = "billing", params(
        ("month" = String, Path, description = "The month, such as 2026-11"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "Its statement", body = Statement),
        (status = 409, description = "It still runs, is closed, or others come first",
            body = tollgate_contract::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn close_period(
    state: State,
    caller: Caller,
    path: web::Path<String>,
    query: Params<BooksQuery>,
) -> Result<web::Json<Statement>, Fault> {
    let made = close::close(&state, &caller, query.0.tenant_id, month(&path)?).await?;
    Ok(web::Json(made))
}

/// Get a month's statement.
#[utoipa::path(get, path = "/billing/statements/{month}", tag = "billing", params(
        ("month" = String, Path, description = "The month, such as 2026-11"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "As it was stored when the month was closed", body = StatementView)))]
pub(crate) async fn get_statement(
    state: State,
    caller: Caller,
    path: web::Path<String>,
    query: Params<BooksQuery>,
) -> Result<web::Json<StatementView>, Fault> {
    let found = periods::statement(&state, &caller, query.0.tenant_id, month(&path)?).await?;
    Ok(web::Json(found))
}

/// The requests behind a statement.
///
/// With a line's model, cost centre and lateness exactly those behind the line: their amounts add up to it.
#[utoipa::path(get, path = "/billing/statements/{month}/requests", tag = "billing", params(
        ("month" = String, Path, description = "The month, such as 2026-11"), StatementRequestQuery),
    security(("bearer" = [])),
    responses((status = 200, description = "The newest first", body = Page<StatementRequest>)))]
pub(crate) async fn statement_requests(
    state: State,
    caller: Caller,
    path: web::Path<String>,
    query: Params<StatementRequestQuery>,
) -> Result<web::Json<Page<StatementRequest>>, Fault> {
    let page = requests::list(&state, &caller, month(&path)?, &query.0).await?;
    Ok(web::Json(page))
}

/// Issue a month's invoice.
///
/// Once: the same again is the same invoice. Its number has no gap before it, its tax is booked with it.
#[utoipa::path(post, path = "/billing/statements/{month}/invoice", tag = "billing", params(
        ("month" = String, Path, description = "The month, such as 2026-11"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The invoice", body = DocumentView),
        (status = 409, description = "The month is not closed, or something is missing",
            body = tollgate_contract::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn issue_invoice(
    state: State,
    caller: Caller,
    path: web::Path<String>,
    query: Params<BooksQuery>,
) -> Result<web::Json<DocumentView>, Fault> {
    let month = month(&path)?;
    let mut books = books::open(&state, &caller, query.0.tenant_id, Action::BillingWrite).await?;
    let settings = &state.settings().documents;
    let (id, new) = issue::issue(&mut books.tx, state.clock(), settings, &books.name, month).await?;
    let shown = list::view(&state, &mut books.tx, id).await?;
    if new {
        let target = Target {
            id: id.0,
            name: &shown.summary.number,
        };
        let changes = json!({"month": shown.summary.month, "total_cents": shown.summary.total_cents});
        trail::record(
            &mut books.tx,
            state.clock(),
            &books.author,
            "invoice.issued",
            target,
            changes,
        )
        .await?;
    }
    books.tx.commit().await?;
    Ok(web::Json(shown))
}

/// List invoices and credit notes.
#[utoipa::path(get, path = "/billing/documents", tag = "billing", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The newest first", body = Documents)))]
pub(crate) async fn list_documents(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<web::Json<Documents>, Fault> {
    Ok(web::Json(list::list(&state, &caller, query.0.tenant_id).await?))
}

/// Get an invoice or a credit note.
#[utoipa::path(get, path = "/billing/documents/{id}", tag = "billing", params(
        ("id" = DocumentId, Path, description = "The document"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "What it says and how far it is", body = DocumentView)))]
pub(crate) async fn get_document(
    state: State,
    caller: Caller,
    id: PathId<DocumentId>,
    query: Params<BooksQuery>,
) -> Result<web::Json<DocumentView>, Fault> {
    Ok(web::Json(
        list::get(&state, &caller, query.0.tenant_id, id.0).await?,
    ))
}

/// An invoice or a credit note as HTML.
///
/// One file, which loads nothing.
#[utoipa::path(get, path = "/billing/documents/{id}/html", tag = "billing", params(
        ("id" = DocumentId, Path, description = "The document"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The file", body = String, content_type = "text/html")))]
pub(crate) async fn document_html(
    state: State,
    caller: Caller,
    id: PathId<DocumentId>,
    query: Params<BooksQuery>,
) -> Result<HttpResponse, Fault> {
    let file = deliver::file(&state, &caller, query.0.tenant_id, id.0, Format::Html).await?;
    Ok(attachment(ContentType::html(), file))
}

/// An invoice or a credit note as PDF.
///
/// The same bytes each time.
#[utoipa::path(get, path = "/billing/documents/{id}/pdf", tag = "billing", params(
        ("id" = DocumentId, Path, description = "The document"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/pdf"),
        (status = 409, description = "A font is missing",
            body = tollgate_contract::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn document_pdf(
    state: State,
    caller: Caller,
    id: PathId<DocumentId>,
    query: Params<BooksQuery>,
) -> Result<HttpResponse, Fault> {
    let file = deliver::file(&state, &caller, query.0.tenant_id, id.0, Format::Pdf).await?;
    let pdf = "application/pdf"
        .parse()
        .map(ContentType)
        .map_err(Fault::internal)?;
    Ok(attachment(pdf, file))
}

/// Never shown in place: whatever stands in it is somebody's text on our own origin.
fn attachment(kind: ContentType, file: File) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file.name),
        ))
        .body(file.bytes)
}

/// Send an invoice or a credit note.
///
/// As PDF to the e-mail address of the billing profile, by a letter that is tried again until it goes out.
#[utoipa::path(post, path = "/billing/documents/{id}/send", tag = "billing", params(
        ("id" = DocumentId, Path, description = "The document"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "It waits to be sent", body = DocumentView),
        (status = 409, description = "Mail is not set up, or there is no address",
            body = tollgate_contract::problem::Problem, content_type = "application/problem+json")))]
pub(crate) async fn send_document(
    state: State,
    caller: Caller,
    id: PathId<DocumentId>,
    query: Params<BooksQuery>,
) -> Result<web::Json<DocumentView>, Fault> {
    Ok(web::Json(
        deliver::send(&state, &caller, query.0.tenant_id, id.0).await?,
    ))
}

/// Record a payment of an invoice.
///
/// The operator's alone. The money reaches the wallet from which the usage was taken.
#[utoipa::path(post, path = "/billing/documents/{id}/payments", tag = "billing", request_body = RecordPayment, params(
        ("id" = DocumentId, Path, description = "The invoice"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "How far it is now", body = DocumentView)))]
pub(crate) async fn record_payment(
    state: State,
    caller: Caller,
    id: PathId<DocumentId>,
    query: Params<BooksQuery>,
    form: Body<RecordPayment>,
) -> Result<web::Json<DocumentView>, Fault> {
    let paid = list::pay(&state, &caller, query.0.tenant_id, id.0, &form.0).await?;
    Ok(web::Json(paid))
}

/// List disputes.
#[utoipa::path(get, path = "/billing/disputes", tag = "billing", params(BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The newest first", body = Disputes)))]
pub(crate) async fn list_disputes(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
) -> Result<web::Json<Disputes>, Fault> {
    Ok(web::Json(
        disputes::list(&state, &caller, query.0.tenant_id).await?,
    ))
}

/// Open a dispute.
///
/// On a line of a statement, or on one request of it.
#[utoipa::path(post, path = "/billing/disputes", tag = "billing", request_body = OpenDispute, params(BooksQuery),
    security(("bearer" = [])),
    responses((status = 201, description = "The dispute", body = Dispute)))]
pub(crate) async fn open_dispute(
    state: State,
    caller: Caller,
    query: Params<BooksQuery>,
    form: Body<OpenDispute>,
) -> Result<HttpResponse, Fault> {
    let made = disputes::open(&state, &caller, query.0.tenant_id, form.0).await?;
    Ok(HttpResponse::Created().json(made))
}

/// Decide a dispute.
///
/// The operator's alone. Accepting it issues a credit note and books what is given back.
#[utoipa::path(post, path = "/billing/disputes/{id}/decision", tag = "billing", request_body = DecideDispute, params(
        ("id" = DisputeId, Path, description = "The dispute"), BooksQuery), security(("bearer" = [])),
    responses((status = 200, description = "The dispute, decided", body = Dispute)))]
pub(crate) async fn decide_dispute(
    state: State,
    caller: Caller,
    id: PathId<DisputeId>,
    query: Params<BooksQuery>,
    form: Body<DecideDispute>,
) -> Result<web::Json<Dispute>, Fault> {
    let decided = disputes::decide(&state, &caller, query.0.tenant_id, id.0, form.0).await?;
    Ok(web::Json(decided))
}
