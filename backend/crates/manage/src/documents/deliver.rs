//! Documents as files and in letters.

use super::books::{self, Books, refused};
use super::store::{self, Stored};
use crate::mail::{Mail, MailFile, may_write, queue};
use crate::permissions::Action;
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::json;
use tollgate_contract::ids::{DocumentId, TenantId};
use tollgate_contract::invoices::{Document, DocumentKind, DocumentLanguage, DocumentView};
use tollgate_documents::{Fonts, Sheet, html, pdf};
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{Clock, CoreRuntime, TenantTx};

/// A document as a file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// As what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Pdf,
}

pub(super) async fn file(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    id: DocumentId,
    format: Format,
) -> Result<File, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    let stored = store::document(&mut books.tx, id)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(books);
    let sheet = Sheet::of(&stored.document);
    match format {
        Format::Html => Ok(File {
            name: format!("{}.html", file_name(&stored.document.number)),
            bytes: html(&sheet).into_bytes(),
        }),
        Format::Pdf => {
            rendered(
                state.db().core(),
                state.settings().documents.fonts.as_ref(),
                &stored,
            )
            .await
        }
    }
}

/// A number as a file's name.
fn file_name(number: &str) -> String {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    number.chars().map(fits).collect()
}

/// Subsetting fonts takes some milliseconds, which no other request should wait for.
pub(super) async fn rendered(
    core: &CoreRuntime,
    fonts: Option<&Fonts>,
    stored: &Stored,
) -> Result<File, Fault> {
    let fonts = fonts
        .cloned()
        .ok_or_else(|| Fault::internal("the documents' own fonts can't be read"))?;
    let sheet = Sheet::of(&stored.document);
    let written = core.run_blocking(move || pdf(&sheet, &fonts)).await?;
    match written {
        Ok(bytes) => Ok(File {
            name: format!("{}.pdf", file_name(&stored.document.number)),
            bytes,
        }),
        Err(tollgate_documents::PdfError::Letter(letter)) => Err(Fault::new(Code::NotConfigured).detail(
            format!("No font at hand has the letter {letter:?}: the operator sets `documents.cjk_font`."),
        )),
        Err(error) => Err(Fault::internal(error)),
    }
}

pub(super) async fn send(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    id: DocumentId,
) -> Result<DocumentView, Fault> {
    let Books { mut tx, author, .. } = books::open(state, caller, tenant, Action::BillingWrite).await?;
    state
        .sending_door()
        .attempt(&tx.tenant_id().to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let settings = &state.settings().documents;
    if !settings.mail {
        return Err(Fault::new(Code::NotConfigured).detail("The operator has not set mail up (`mail.host`)."));
    }
    let stored = store::document(&mut tx, id)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))?;
    let recipient = store::profile(&mut tx).await?.contact_email;
    if recipient.is_empty() {
        return Err(refused(
            "The billing profile names no e-mail address to send it to.",
        ));
    }
    let file = rendered(state.db().core(), settings.fonts.as_ref(), &stored).await?;
    may_write(&mut tx, state.clock(), settings.letters_per_day).await?;
    post(&mut tx, state.clock(), &stored, &recipient, file).await?;
    let target = Target {
        id: id.0,
        name: &stored.document.number,
    };
    let changes = json!({ "recipient": recipient });
    trail::record(&mut tx, state.clock(), &author, "document.sent", target, changes).await?;
    let shown = super::list::view(state, &mut tx, id).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Puts a document into the outbox.
pub(super) async fn post(
    tx: &mut TenantTx,
    clock: &Clock,
    stored: &Stored,
    recipient: &str,
    file: File,
) -> Result<(), Fault> {
    let document = &stored.document;
    let (subject, body) = letter(document);
    let mail = Mail {
        about: document.kind.as_str(),
        about_id: Some(stored.id.0),
        recipient: recipient.to_owned(),
        subject,
        body,
        files: vec![MailFile {
            name: file.name,
            media_type: "application/pdf",
            bytes: file.bytes,
        }],
    };
    queue(tx, clock, &mail).await?;
    Ok(())
}

fn letter(document: &Document) -> (String, String) {
    let (number, month, from) = (&document.number, &document.month, &document.issuer.name);
    let total = tollgate_documents::text_of(document.total_cents, 2);
    match (document.language, document.kind) {
        (DocumentLanguage::English, DocumentKind::Invoice) => (
            format!("Invoice {number} for {month}"),
            format!("Please find attached invoice {number} for {month} over {total} USD.\n\n{from}\n"),
        ),
        (DocumentLanguage::English, DocumentKind::CreditNote) => (
            format!("Credit note {number} for {month}"),
            format!("Please find attached credit note {number} for {month} over {total} USD.\n\n{from}\n"),
        ),
        (DocumentLanguage::Chinese, DocumentKind::Invoice) => (
            format!("{month} 账单 {number}"),
            format!("附件为 {month} 账单 {number}，金额 {total} 美元。\n\n{from}\n"),
        ),
        (DocumentLanguage::Chinese, DocumentKind::CreditNote) => (
            format!("{month} 贷项通知单 {number}"),
            format!("附件为 {month} 贷项通知单 {number}，金额 {total} 美元。\n\n{from}\n"),
        ),
    }
}
