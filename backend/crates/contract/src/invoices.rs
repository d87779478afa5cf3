//! Invoices and credit notes: what they say, how far they are, and what can be done with them. A document is stored as it
//! was issued; its renderings are made of it and of nothing else.

mod disputes;

pub use disputes::{DecideDispute, Dispute, DisputeStatus, Disputes, OpenDispute};

use crate::check;
use crate::ids::{DocumentId, PaymentId, TransferId};
use crate::money::NanoUsd;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Says what a month's usage costs.
    Invoice,
    /// Takes part of an invoice back.
    CreditNote,
}

impl DocumentKind {
    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Invoice, Self::CreditNote]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// In which language a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DocumentLanguage {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

impl DocumentLanguage {
    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The language of this tag; English for one that is not known.
    pub fn parse(text: &str) -> Self {
        if text == "zh-CN" {
            Self::Chinese
        } else {
            Self::English
        }
    }
}

/// Who issues, or to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Party {
    /// Name in law.
    pub name: String,
    /// Postal address, a line each.
    pub address: String,
    /// Tax number; empty: none.
    pub tax_id: String,
    /// Who is asked.
    pub contact: String,
    /// Their e-mail address.
    pub email: String,
}

/// How the issuer's documents look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Brand {
    /// The name at the head; empty: the issuer's name in law.
    pub name: String,
    /// Colour of head and lines, `#1f2937`.
    pub colour: String,
    /// A PNG in base64; empty: none.
    pub logo_png: String,
}

/// A line of a document: exact, to the nano-dollar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentLine {
    /// The model.
    pub model: String,
    /// The cost centre; empty: none.
    pub cost_centre: String,
    /// Made in an earlier period and booked in this one.
    pub late: bool,
    /// How many requests.
    pub requests: i64,
    /// Tokens of all kinds.
    pub tokens: i64,
    /// Of them input, without those written to or read from caches; 0 in documents of before they told it.
    #[serde(default)]
    pub input_tokens: i64,
    /// Of them output.
    #[serde(default)]
    pub output_tokens: i64,
    /// Of them written to or read from caches.
    #[serde(default)]
    pub cache_tokens: i64,
    /// What it comes to.
    pub amount_nano: NanoUsd,
    /// Of what an earlier month without an invoice left over: that month, `2026-11`. The line says so in words, too.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub carried_from: String,
}

impl Terms {
    /// The day until which it has to be paid.
    pub fn due_on(&self) -> Option<NaiveDate> {
        match self {
            Self::Wallet => None,
            Self::Part { due_on, .. } | Self::Transfer { due_on } => Some(*due_on),
        }
    }
}

/// How an invoice is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Terms {
    /// It was paid from the wallet already.
    Wallet,
    /// A part was paid from the wallet, which held no more; the rest has to be paid until a day.
    Part {
        /// Paid from the wallet, in cents.
        wallet_cents: i64,
        /// Still to be paid, in cents.
        due_cents: i64,
        /// The last day.
        due_on: NaiveDate,
    },
    /// It has to be paid until a day.
    Transfer {
        /// The last day.
        due_on: NaiveDate,
    },
}

/// The same amounts in another currency, at a dated rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondCurrency {
    /// ISO 4217.
    pub currency: String,
    /// Decimals of its smallest unit.
    pub decimals: u32,
    /// Units for a dollar, as decimal text.
    pub rate: String,
    /// The day for which the rate was told.
    pub on_day: NaiveDate,
    /// Who told it.
    pub source: String,
    /// Net, in its smallest unit.
    pub net: i64,
    /// Tax, in its smallest unit.
    pub tax: i64,
    /// Total, in its smallest unit: the sum of both.
    pub total: i64,
}

/// What a document says. Its text is hashed as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document {
    /// The shape of what was hashed.
    pub version: u32,
    /// Invoice or credit note.
    pub kind: DocumentKind,
    /// Its number, without gaps within a series and year.
    pub number: String,
    /// The day, in the issuer's zone.
    pub issued_on: NaiveDate,
    /// Its language.
    pub language: DocumentLanguage,
    /// Who issues.
    pub issuer: Party,
    /// How it looks.
    pub brand: Brand,
    /// Where to pay to; empty where nothing is to be paid.
    pub bank_details: String,
    /// To whom.
    pub customer: Party,
    /// The month, `2026-11`.
    pub month: String,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub to: NaiveDate,
    /// The zone of these days.
    pub time_zone: String,
    /// Of a credit note: the invoice's number.
    pub invoice_number: String,
    /// Of a credit note: the invoice's day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_date: Option<NaiveDate>,
    /// How the issuer calls the customer: the organisation's short name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub customer_number: String,
    /// The customer's own order that it is for; empty: none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purchase_order: String,
    /// Of a credit note: why.
    pub reason: String,
    /// The lines.
    pub lines: Vec<DocumentLine>,
    /// Their sum.
    pub sum_nano: NanoUsd,
    /// What is taken off the sum or added so that cents are left.
    pub rounding_nano: NanoUsd,
    /// In cents, before tax.
    pub net_cents: i64,
    /// Percent, as decimal text such as `19`.
    pub tax_rate: String,
    /// Tax in cents.
    pub tax_cents: i64,
    /// The customer owes the tax by the law of their country.
    pub reverse_charge: bool,
    /// Net and tax.
    pub total_cents: i64,
    /// How it is paid.
    pub terms: Terms,
    /// The same in another currency.
    pub second: Option<SecondCurrency>,
    /// SHA-256 of the statement behind it, in hex.
    pub statement_hash: String,
}

/// How far a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Paid from the wallet when it was issued, or a credit note, which is booked at once.
    Settled,
    /// To be paid.
    Open,
    /// To be paid since its day has passed.
    Overdue,
    /// Paid, or taken back by credit notes.
    Paid,
}

/// A document in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentSummary {
    /// Its id.
    pub id: DocumentId,
    /// Invoice or credit note.
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// The month, `2026-11`.
    pub month: String,
    /// Of a credit note: its invoice.
    pub invoice_id: Option<DocumentId>,
    /// Before tax.
    pub net_cents: i64,
    /// Tax.
    pub tax_cents: i64,
    /// Net and tax.
    pub total_cents: i64,
    /// What was paid of it by transfers.
    pub paid_cents: i64,
    /// What credit notes took back of it.
    pub credited_cents: i64,
    /// What is still to be paid.
    pub due_cents: i64,
    /// Until when.
    pub due_on: Option<NaiveDate>,
    /// How far it is.
    pub status: DocumentStatus,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Who issued it.
    pub issued_by: String,
    /// Letters that carried it: when the last was sent, if one was.
    pub sent_at: Option<DateTime<Utc>>,
    /// How far the last letter is: `queued`, `sent` or `failed`; none was written if absent.
    pub mail: Option<String>,
}

/// `GET billing/documents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Documents {
    /// The newest thousand.
    pub items: Vec<DocumentSummary>,
    /// Whether there are older ones.
    #[serde(default)]
    pub more: bool,
    /// Whether letters can be sent: the operator has set mail up.
    pub mail: bool,
}

/// A payment of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvoicePayment {
    /// Its id.
    pub id: PaymentId,
    /// How much.
    pub amount_cents: i64,
    /// What the bank calls it.
    pub reference: String,
    /// The ledger's transfer.
    pub transfer_id: TransferId,
    /// Who recorded it.
    pub recorded_by: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// `GET billing/documents/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentView {
    /// How far it is.
    pub summary: DocumentSummary,
    /// What it says.
    pub document: Document,
    /// SHA-256 of the stored text, in hex.
    pub hash: String,
    /// What was paid of it, the oldest first.
    pub payments: Vec<InvoicePayment>,
}

/// `POST billing/documents/{id}/payments`: an operator has seen the money. The same reference again is the same payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordPayment {
    /// How much, in cents.
    #[validate(custom(function = "check::cents"))]
    pub amount_cents: i64,
    /// What the bank calls it.
    #[validate(custom(function = "check::reference"))]
    pub reference: String,
}
