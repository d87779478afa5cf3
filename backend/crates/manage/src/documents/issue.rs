//! Issuing a month's invoice: what it says, its number, and what it does to the books, all in one transaction.

use super::books::{one_at_a_time, refused};
use super::carry::{self, LeftOver};
use super::due;
use super::settings::DocumentSettings;
use super::store::{self, Closed, Issued, Issuer, Profile, shown_month};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike, NaiveDate, TimeDelta};
use tollgate_contract::ids::DocumentId;
use tollgate_contract::invoices::{
    Brand, Document, DocumentKind, DocumentLanguage, DocumentLine, Party, SecondCurrency, Terms,
};
use tollgate_contract::money::NanoUsd;
use tollgate_documents::{CENT_NANO, cents, in_currency, percent, tax_cents, units};
use tollgate_http::{Code, Fault};
use tollgate_ledger::{CreditError, Posting, WalletError, post};
use tollgate_money::{Nano, local_date, zone};
use tollgate_store::{Clock, TenantTx};

/// The shape of what is hashed.
pub(super) const VERSION: u32 = 2;
/// The oldest rate that a document takes.
const RATE_AGE_MAX: TimeDelta = TimeDelta::days(31);

/// Issues the invoice of a closed month; the one that there is, if it was issued before.
pub(super) async fn issue(
    tx: &mut TenantTx,
    clock: &Clock,
    settings: &DocumentSettings,
    by: &str,
    month: NaiveDate,
) -> Result<(DocumentId, bool), Fault> {
    one_at_a_time(tx).await?;
    if let Some(there) = store::invoice_of(tx, month).await? {
        return Ok((there, false));
    }
    let closed = store::closed(tx, month).await?.ok_or_else(|| {
        Fault::new(Code::PeriodRefused).detail(format!("{} has to be closed first.", shown_month(month)))
    })?;
    if let Some(number) = carry::taken_by(tx, month).await? {
        return Err(refused(format!("The month stands in the invoice {number}.")));
    }
    let taken = carry::taken_in(tx, &closed).await?.ok_or_else(|| {
        refused(
            "The month's usage, and what months before it left over, come to less than a cent: there is nothing to \
             invoice. A later month's invoice takes it in.",
        )
    })?;
    let profile = store::profile(tx).await?;
    let issuer = store::issuer(tx).await?;
    let missing = missing(&profile, issuer.as_ref());
    let (true, Some(issuer)) = (missing.is_empty(), issuer) else {
        return Err(refused(format!(
            "These have to be filled in first: {}.",
            missing.join(", ")
        )));
    };
    let now = clock.now();
    let today = issued_on(local_date(now, zone(&issuer.time_zone)), month);
    let mut document = compose(&closed, &taken, &profile, &issuer, today)?;
    document.second = second(tx, &profile.currency, &document).await?;
    let id = DocumentId(clock.new_id());
    // Its transfers name it; what follows is short, since others wait for the next number.
    let number = store::next_number(tx, DocumentKind::Invoice, today.year()).await?;
    document.number = numbered(&settings.invoice_prefix, today.year(), number);
    book(tx, clock, by, &document).await?;
    if !profile.post_paid {
        due::of_wallet(tx, &mut document, &profile, &issuer).await?;
    }
    let issued = Issued {
        id,
        month,
        invoice: None,
        post_paid: profile.post_paid,
        due_on: document.terms.due_on(),
        at: now,
        by,
    };
    store::insert(tx, &issued, &document).await?;
    carry::note(tx, id, &taken).await?;
    Ok((id, true))
}

/// The day of issue in the issuer's zone, but none within the month, which may have ended earlier where the customer is.
fn issued_on(today: NaiveDate, month: NaiveDate) -> NaiveDate {
    let after = month.checked_add_months(chrono::Months::new(1));
    after.map_or(today, |after| today.max(after))
}

pub(super) fn numbered(prefix: &str, year: i32, number: i64) -> String {
    format!("{prefix}{year}-{number:06}")
}

/// What has to be filled in before anything can be issued.
pub(super) fn missing(profile: &Profile, issuer: Option<&Issuer>) -> Vec<String> {
    let ours = |value: Option<&String>| value.is_none_or(|value| value.trim().is_empty());
    let fields = [
        ("terms", !profile.terms_set),
        ("legal_name", profile.legal_name.trim().is_empty()),
        ("address", profile.address.trim().is_empty()),
        ("issuer.legal_name", ours(issuer.map(|issuer| &issuer.legal_name))),
        ("issuer.address", ours(issuer.map(|issuer| &issuer.address))),
        // Who takes tax, or leaves it to the customer, says by whose number.
        (
            "issuer.tax_id",
            (profile.tax_ppm > 0 || profile.reverse_charge) && ours(issuer.map(|issuer| &issuer.tax_id)),
        ),
        (
            "tax_id",
            profile.reverse_charge && profile.tax_id.trim().is_empty(),
        ),
        (
            "issuer.bank_details",
            profile.post_paid && ours(issuer.map(|issuer| &issuer.bank_details)),
        ),
    ];
    fields
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn issuing(issuer: &Issuer) -> Party {
    Party {
        name: issuer.legal_name.clone(),
        address: issuer.address.clone(),
        tax_id: issuer.tax_id.clone(),
        contact: String::new(),
        email: issuer.contact_email.clone(),
    }
}

fn billed(profile: &Profile) -> Party {
    Party {
        name: profile.legal_name.clone(),
        address: profile.address.clone(),
        tax_id: profile.tax_id.clone(),
        contact: profile.contact_name.clone(),
        email: profile.contact_email.clone(),
    }
}

fn compose(
    closed: &Closed,
    taken: &[LeftOver],
    profile: &Profile,
    issuer: &Issuer,
    today: NaiveDate,
) -> Result<Document, Fault> {
    let statement = &closed.statement;
    let sum = carry::total(closed, taken).ok_or_else(|| Fault::internal("a sum does not fit 64 bits"))?;
    let net = cents(sum);
    let language = DocumentLanguage::parse(&profile.language);
    let mut lines = lines(closed);
    lines.extend(carry::lines(taken, language));
    let tax = tax_cents(net, profile.tax_ppm.into());
    let due_on = today
        .checked_add_signed(TimeDelta::days(profile.payment_days.into()))
        .unwrap_or(today);
    let last = closed
        .month
        .checked_add_months(chrono::Months::new(1))
        .and_then(|next| next.pred_opt());
    Ok(Document {
        version: VERSION,
        kind: DocumentKind::Invoice,
        number: String::new(),
        issued_on: today,
        language,
        issuer: issuing(issuer),
        brand: Brand {
            name: issuer.brand_name.clone(),
            colour: issuer.brand_colour.clone(),
            logo_png: issuer
                .logo_png
                .as_ref()
                .map(|bytes| STANDARD.encode(bytes))
                .unwrap_or_default(),
        },
        bank_details: if profile.post_paid {
            issuer.bank_details.clone()
        } else {
            String::new()
        },
        customer: billed(profile),
        month: statement.month.clone(),
        from: closed.month,
        to: last.unwrap_or(closed.month),
        time_zone: statement.time_zone.clone(),
        invoice_number: String::new(),
        invoice_date: None,
        customer_number: profile.slug.clone(),
        purchase_order: profile.purchase_order.clone(),
        reason: String::new(),
        lines,
        sum_nano: NanoUsd(sum),
        rounding_nano: NanoUsd(net.saturating_mul(CENT_NANO).saturating_sub(sum)),
        net_cents: net,
        tax_rate: percent(profile.tax_ppm.into(), 4),
        tax_cents: tax,
        reverse_charge: profile.reverse_charge,
        total_cents: net.saturating_add(tax),
        terms: if profile.post_paid {
            Terms::Transfer { due_on }
        } else {
            Terms::Wallet
        },
        second: None,
        statement_hash: closed.hash.clone(),
    })
}

fn lines(closed: &Closed) -> Vec<DocumentLine> {
    let line = |usage: &tollgate_contract::periods::StatementUsage| DocumentLine {
        model: usage.model.clone(),
        cost_centre: usage.cost_centre.clone(),
        late: usage.late,
        requests: usage.requests,
        tokens: usage
            .input_tokens
            .saturating_add(usage.output_tokens)
            .saturating_add(usage.cache_write_tokens)
            .saturating_add(usage.cache_read_tokens),
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cache_tokens: usage.cache_write_tokens.saturating_add(usage.cache_read_tokens),
        amount_nano: usage.total_nano(),
        carried_from: String::new(),
    };
    closed.statement.usage.iter().map(line).collect()
}

/// The same amounts in the second currency, at the last rate that was told for the day or before.
async fn second(
    tx: &mut TenantTx,
    currency: &str,
    document: &Document,
) -> Result<Option<SecondCurrency>, Fault> {
    if currency == "USD" {
        return Ok(None);
    }
    let (day, oldest) = (document.issued_on, document.issued_on - RATE_AGE_MAX);
    let found = sqlx::query!(
        "SELECT on_day, rate_nano, source FROM exchange_rates WHERE currency = $1 AND on_day <= $2 AND on_day >= $3
         ORDER BY on_day DESC LIMIT 1",
        currency,
        day,
        oldest
    )
    .fetch_optional(tx.conn())
    .await?
    .ok_or_else(|| refused(format!("No rate for {currency} was entered for {day} or the {} days before.", 31)))?;
    Ok(Some(converted(
        currency,
        found.rate_nano,
        found.on_day,
        &found.source,
        document,
    )))
}

fn converted(
    currency: &str,
    rate_nano: i64,
    on_day: NaiveDate,
    source: &str,
    document: &Document,
) -> SecondCurrency {
    let decimals = units(currency);
    let net = in_currency(document.net_cents, rate_nano, decimals);
    let tax = in_currency(document.tax_cents, rate_nano, decimals);
    SecondCurrency {
        currency: currency.to_owned(),
        decimals,
        rate: percent(rate_nano, 9),
        on_day,
        source: source.to_owned(),
        net,
        tax,
        total: net.saturating_add(tax),
    }
}

/// A credit note's amounts at its invoice's own rate.
pub(super) fn at_the_same_rate(invoice: &Document, document: &Document) -> Option<SecondCurrency> {
    let second = invoice.second.as_ref()?;
    let rate = tollgate_contract::check::scaled(&second.rate, 9)?;
    Some(converted(
        &second.currency,
        rate,
        second.on_day,
        &second.source,
        document,
    ))
}

/// Usage took nano-dollars from the wallet and the invoice says cents: the rest goes to or comes from `rounding`; tax goes
/// to `tax`.
async fn book(tx: &mut TenantTx, clock: &Clock, by: &str, document: &Document) -> Result<(), Fault> {
    let month = &document.month;
    let tax = document
        .tax_cents
        .checked_mul(CENT_NANO)
        .and_then(i64::checked_neg);
    let tax = Nano(tax.ok_or_else(|| Fault::internal("the tax does not fit 64 bits"))?);
    let rounding = Nano(document.rounding_nano.0.saturating_neg());
    for (posting, change, what) in [
        (Posting::Rounding, rounding, "rounding"),
        (Posting::Tax, tax, "tax"),
    ] {
        let (reason, key) = (
            format!("{what} of {}", document.number),
            format!("invoice/{month}/{what}"),
        );
        post(tx, clock, posting, change, (&reason, by, &key))
            .await
            .map_err(|error| booking_fault(&error))?;
    }
    Ok(())
}

/// What a booking that can't be made tells.
pub(super) fn booking_fault(error: &WalletError) -> Fault {
    match error {
        WalletError::Credit(CreditError::KeyReused) => {
            refused("The same was booked before with another amount.")
        }
        other => Fault::internal(other),
    }
}
