//! Credit notes: part of an invoice is given back, with its tax, by transfers that point at it. Never more than it said.

use super::books::{one_at_a_time, refused};
use super::corrected::{Line, booked_as, dealt, paid_by};
use super::issue::{VERSION, at_the_same_rate, booking_fault, numbered};
use super::settings::DocumentSettings;
use super::store::{self, Issued, Stored};
use chrono::Datelike;
use tollgate_contract::ids::{DisputeId, DocumentId, RequestId, TransferId};
use tollgate_contract::invoices::{Document, DocumentKind, DocumentLine, Terms};
use tollgate_contract::money::NanoUsd;
use tollgate_documents::{CENT_NANO, cents, tax_cents};
use tollgate_http::Fault;
use tollgate_ledger::{Posting, post_back};
use tollgate_money::{Nano, local_date, zone};
use tollgate_store::{Clock, TenantTx};

/// What is given back, and why.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) dispute: DisputeId,
    /// The request that it is for, where it is for one.
    pub(super) request: Option<RequestId>,
    pub(super) line: DocumentLine,
    pub(super) reason: String,
}

/// Issues a credit note for part of a month's invoice.
pub(super) async fn give_back(
    tx: &mut TenantTx,
    clock: &Clock,
    settings: &DocumentSettings,
    by: &str,
    invoice: DocumentId,
    given: Given,
) -> Result<DocumentId, Fault> {
    one_at_a_time(tx).await?;
    let stored = store::document(tx, invoice)
        .await?
        .ok_or_else(|| Fault::internal(format!("invoice {invoice} is gone")))?;
    let before = store::credit_notes(tx, invoice).await?;
    let mut document = compose(&stored.document, &before, &given)?;
    let now = clock.now();
    let time_zone = store::issuer(tx).await?.map(|issuer| issuer.time_zone);
    document.issued_on = local_date(now, zone(time_zone.as_deref().unwrap_or("UTC")));
    document.second = at_the_same_rate(&stored.document, &document);
    book(tx, clock, by, &document, &given).await?;
    let year = document.issued_on.year();
    let number = store::next_number(tx, DocumentKind::CreditNote, year).await?;
    document.number = numbered(&settings.credit_note_prefix, year, number);
    let id = DocumentId(clock.new_id());
    store::insert(tx, &issued(&stored, id, by, now, &document)?, &document).await?;
    Ok(id)
}

fn issued<'a>(
    stored: &Stored,
    id: DocumentId,
    by: &'a str,
    at: chrono::DateTime<chrono::Utc>,
    document: &Document,
) -> Result<Issued<'a>, Fault> {
    let month = tollgate_contract::check::first_day(&document.month)
        .ok_or_else(|| Fault::internal(format!("{} is no month", document.month)))?;
    Ok(Issued {
        id,
        month,
        invoice: Some(stored.id),
        post_paid: stored.post_paid,
        due_on: None,
        at,
        by,
    })
}

/// Says what is given back. Cents are rounded to the even one but are one at least, and neither they nor their tax ever come
/// to more than is left of the invoice.
fn compose(invoice: &Document, before: &[Document], given: &Given) -> Result<Document, Fault> {
    let sum = |part: fn(&Document) -> i64| before.iter().map(part).fold(0_i64, i64::saturating_add);
    let left_nano = invoice.sum_nano.0.saturating_sub(sum(|note| note.sum_nano.0));
    let left_net = invoice.net_cents.saturating_sub(sum(|note| note.net_cents));
    let left_tax = invoice.tax_cents.saturating_sub(sum(|note| note.tax_cents));
    let amount = given.line.amount_nano.0;
    if amount > left_nano || left_net <= 0 {
        let left = NanoUsd(left_nano.max(0)).exact_usd();
        return Err(refused(format!(
            "Only {left} USD of the invoice are not given back yet."
        )));
    }
    let net = if amount == left_nano {
        left_net
    } else {
        cents(amount).max(1).min(left_net)
    };
    let rate = tollgate_contract::check::scaled(&invoice.tax_rate, 4).unwrap_or(0);
    let tax = if net == left_net {
        left_tax
    } else {
        tax_cents(net, rate).min(left_tax)
    };
    Ok(Document {
        version: VERSION,
        kind: DocumentKind::CreditNote,
        number: String::new(),
        invoice_number: invoice.number.clone(),
        invoice_date: Some(invoice.issued_on),
        reason: given.reason.clone(),
        lines: vec![given.line.clone()],
        sum_nano: given.line.amount_nano,
        rounding_nano: NanoUsd(net.saturating_mul(CENT_NANO).saturating_sub(amount)),
        net_cents: net,
        tax_cents: tax,
        total_cents: net.saturating_add(tax),
        terms: Terms::Wallet,
        bank_details: String::new(),
        second: None,
        ..invoice.clone()
    })
}

/// What was paid comes back by transfers that name those by which it was paid.
async fn book(
    tx: &mut TenantTx,
    clock: &Clock,
    by: &str,
    document: &Document,
    given: &Given,
) -> Result<(), Fault> {
    let (invoice, month, dispute) = (&document.invoice_number, &document.month, given.dispute);
    let tax = document.tax_cents.saturating_mul(CENT_NANO);
    let mut parts = Vec::new();
    for (corrects, amount) in dealt(document.sum_nano.0, &paid(tx, document, given).await?) {
        parts.push((Posting::CreditNote, amount, "usage", corrects));
    }
    for (posting, change, what) in [
        (Posting::Rounding, document.rounding_nano.0, "rounding"),
        (Posting::Tax, tax, "tax"),
    ] {
        let corrects = booked_as(tx, &format!("invoice/{month}/{what}")).await?;
        parts.push((posting, change, what, corrects));
    }
    for (number, (posting, change, what, corrects)) in parts.into_iter().enumerate() {
        let reason = format!("{what} given back of {invoice}");
        let key = match number {
            0 => format!("dispute/{dispute}/{what}"),
            _ => format!("dispute/{dispute}/{what}/{number}"),
        };
        post_back(tx, clock, posting, Nano(change), (&reason, by, &key), corrects)
            .await
            .map_err(|error| booking_fault(&error))?;
    }
    Ok(())
}

/// The transfers by which what is given back was paid.
async fn paid(
    tx: &mut TenantTx,
    document: &Document,
    given: &Given,
) -> Result<Vec<(TransferId, i64)>, Fault> {
    let month = tollgate_contract::check::first_day(&document.month);
    let Some(month) = month else { return Ok(Vec::new()) };
    let Some(closed) = store::closed(tx, month).await? else {
        return Ok(Vec::new());
    };
    let line = Line {
        model: &given.line.model,
        cost_centre: &given.line.cost_centre,
        late: given.line.late,
        request: given.request,
    };
    Ok(paid_by(tx, &closed, &line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::invoices::{Brand, DocumentLanguage, Party};
    use tollgate_http::Code;

    fn invoice(nano: i64, tax_rate: &str) -> Document {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let net = cents(nano);
        let tax = tax_cents(net, tollgate_contract::check::scaled(tax_rate, 4).unwrap());
        Document {
            version: 1,
            kind: DocumentKind::Invoice,
            number: "INV-1".to_owned(),
            issued_on: day,
            language: DocumentLanguage::English,
            issuer: Party::default(),
            brand: Brand::default(),
            bank_details: String::new(),
            customer: Party::default(),
            month: "2026-11".to_owned(),
            from: day,
            to: day,
            time_zone: "UTC".to_owned(),
            invoice_number: String::new(),
            invoice_date: None,
            customer_number: String::new(),
            purchase_order: String::new(),
            reason: String::new(),
            lines: Vec::new(),
            sum_nano: NanoUsd(nano),
            rounding_nano: NanoUsd(net * CENT_NANO - nano),
            net_cents: net,
            tax_rate: tax_rate.to_owned(),
            tax_cents: tax,
            reverse_charge: false,
            total_cents: net + tax,
            terms: Terms::Wallet,
            second: None,
            statement_hash: String::new(),
        }
    }

    fn given(nano: i64) -> Given {
        Given {
            dispute: DisputeId(uuid::Uuid::nil()),
            request: None,
            line: DocumentLine {
                model: "m".to_owned(),
                cost_centre: String::new(),
                late: false,
                requests: 1,
                tokens: 1,
                input_tokens: 0,
                output_tokens: 0,
                cache_tokens: 0,
                amount_nano: NanoUsd(nano),
                carried_from: String::new(),
            },
            reason: "wrong".to_owned(),
        }
    }

    #[test]
    fn what_is_given_back_in_parts_is_the_invoice_and_no_cent_more() {
        let whole = invoice(12_344_000_000, "19");
        let mut notes = Vec::new();
        for nano in [4_115_000_000, 4_115_000_000, 4_114_000_000] {
            notes.push(compose(&whole, &notes, &given(nano)).unwrap());
        }
        let sum = |part: fn(&Document) -> i64| notes.iter().map(part).sum::<i64>();
        assert_eq!(sum(|note| note.net_cents), whole.net_cents);
        assert_eq!(sum(|note| note.tax_cents), whole.tax_cents);
        // Usage, rounding: the wallet gets back the cents that the invoice said.
        assert_eq!(
            sum(|note| note.sum_nano.0 + note.rounding_nano.0),
            whole.net_cents * CENT_NANO
        );
        let refused = compose(&whole, &notes, &given(1)).unwrap_err();
        assert_eq!(refused.code(), Code::DocumentRefused);
    }

    #[test]
    fn a_tiny_request_gives_a_cent_back_and_too_much_is_refused() {
        let whole = invoice(1_000_000_000, "0");
        let note = compose(&whole, &[], &given(42)).unwrap();
        assert_eq!((note.net_cents, note.rounding_nano.0), (1, CENT_NANO - 42));
        assert!(compose(&whole, &[], &given(1_000_000_001)).is_err());
    }
}
