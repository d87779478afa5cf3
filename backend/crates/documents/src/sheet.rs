//! A document as it is laid out: texts in their places, whatever the rendering. All that is decided about words, order and
//! figures is decided here.

use crate::amounts::{grouped, text_of};
use crate::words::{Words, words};
use tollgate_contract::invoices::{Document, DocumentKind, DocumentLine, Party, SecondCurrency, Terms};

/// Columns of the table: what, where, and how much of it.
pub(crate) const COLUMNS: usize = 7;

/// A figure below the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Total {
    pub label: String,
    pub value: String,
    /// The one that counts.
    pub strong: bool,
}

/// A document in its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub(crate) language: &'static str,
    pub(crate) brand: String,
    pub(crate) colour: (u8, u8, u8),
    /// PNG in base64; empty: none.
    pub(crate) logo: String,
    pub(crate) title: String,
    /// Number, date, period …: label and value.
    pub(crate) facts: Vec<(String, String)>,
    /// Heading and lines of each side.
    pub(crate) parties: [(String, Vec<String>); 2],
    pub(crate) columns: [String; COLUMNS],
    pub(crate) rows: Vec<[String; COLUMNS]>,
    pub(crate) totals: Vec<Total>,
    pub(crate) notes: Vec<String>,
    /// The issuer in a line, at the foot of each page.
    pub(crate) foot: String,
    /// Before and after a page's number, and before the number of pages.
    pub(crate) page: (&'static str, &'static str),
}

impl Sheet {
    /// Lays a document out.
    pub fn of(document: &Document) -> Self {
        let words = words(document.language);
        let brand = if document.brand.name.is_empty() {
            &document.issuer.name
        } else {
            &document.brand.name
        };
        let title = match document.kind {
            DocumentKind::Invoice => words.invoice,
            DocumentKind::CreditNote => words.credit_note,
        };
        Self {
            language: words.tag,
            brand: brand.clone(),
            colour: colour(&document.brand.colour),
            logo: document.brand.logo_png.clone(),
            title: title.to_owned(),
            facts: facts(document, words),
            parties: [
                (words.from.to_owned(), party(&document.issuer, words)),
                (words.to.to_owned(), party(&document.customer, words)),
            ],
            columns: [
                words.model,
                words.cost_centre,
                words.requests,
                words.input,
                words.output,
                words.cached,
                words.amount,
            ]
            .map(str::to_owned),
            rows: document.lines.iter().map(|line| row(line, words)).collect(),
            totals: totals(document, words),
            notes: notes(document, words),
            foot: foot(&document.issuer, words),
            page: (words.page, words.of),
        }
    }
}

/// `#rrggbb`; a dark grey where it is none.
fn colour(text: &str) -> (u8, u8, u8) {
    let part = |at: usize| {
        text.get(at..at + 2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
    };
    match (part(1), part(3), part(5)) {
        (Some(red), Some(green), Some(blue)) => (red, green, blue),
        _ => (0x1f, 0x29, 0x37),
    }
}

fn facts(document: &Document, words: &Words) -> Vec<(String, String)> {
    let fact = |label: &str, value: String| (label.to_owned(), value);
    let mut facts = vec![
        fact(words.number, document.number.clone()),
        fact(words.date, document.issued_on.to_string()),
        fact(
            words.period,
            format!("{} – {} ({})", document.from, document.to, document.time_zone),
        ),
    ];
    if document.kind == DocumentKind::CreditNote {
        let date = document
            .invoice_date
            .map(|day| format!(" ({day})"))
            .unwrap_or_default();
        facts.push(fact(
            words.for_invoice,
            format!("{}{date}", document.invoice_number),
        ));
    } else if let Some(due_on) = document.terms.due_on() {
        facts.push(fact(words.due, due_on.to_string()));
    }
    facts.push(fact(words.supplied, words.service.to_owned()));
    for (label, value) in [
        (words.customer_number, &document.customer_number),
        (words.purchase_order, &document.purchase_order),
    ] {
        if !value.is_empty() {
            facts.push(fact(label, value.clone()));
        }
    }
    facts
}

fn party(party: &Party, words: &Words) -> Vec<String> {
    let mut lines = vec![party.name.clone()];
    lines.extend(party.address.lines().map(str::to_owned));
    if !party.tax_id.is_empty() {
        lines.push(format!("{}: {}", words.tax_id, party.tax_id));
    }
    lines.extend([&party.contact, &party.email].into_iter().cloned());
    lines.retain(|line| !line.trim().is_empty());
    lines
}

fn row(line: &DocumentLine, words: &Words) -> [String; COLUMNS] {
    let model = if line.late {
        format!("{} ({})", line.model, words.late)
    } else {
        line.model.clone()
    };
    [
        model,
        if line.cost_centre.is_empty() {
            "–".to_owned()
        } else {
            line.cost_centre.clone()
        },
        text_of(line.requests, 0),
        text_of(input(line), 0),
        text_of(line.output_tokens, 0),
        text_of(line.cache_tokens, 0),
        exact(line.amount_nano.0),
    ]
}

/// Documents of before they told kinds apart have all tokens here.
fn input(line: &DocumentLine) -> i64 {
    let told = [line.input_tokens, line.output_tokens, line.cache_tokens];
    if told == [0; 3] {
        line.tokens
    } else {
        line.input_tokens
    }
}

/// Nano-dollars with all nine decimals, so that a column of them stands in line; thousands apart.
fn exact(nano: i64) -> String {
    let text = tollgate_contract::money::NanoUsd(nano).exact_usd();
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |digits| ("-", digits));
    match digits.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction:0<9}", grouped(whole)),
        None => text,
    }
}

fn totals(document: &Document, words: &Words) -> Vec<Total> {
    let total = |label: String, value: String, strong: bool| Total { label, value, strong };
    let usd = |cents: i64| format!("{} USD", text_of(cents, 2));
    let mut totals = vec![total(
        words.sum.to_owned(),
        format!("{} USD", exact(document.sum_nano.0)),
        false,
    )];
    if document.rounding_nano.0 != 0 {
        let value = format!("{} USD", exact(document.rounding_nano.0));
        totals.push(total(words.rounding.to_owned(), value, false));
    }
    totals.push(total(words.net.to_owned(), usd(document.net_cents), false));
    totals.push(total(
        format!("{} ({} %)", words.tax, document.tax_rate),
        usd(document.tax_cents),
        false,
    ));
    totals.push(total(words.total.to_owned(), usd(document.total_cents), true));
    if document.kind == DocumentKind::Invoice {
        let (paid, due) = paid_and_due(document);
        if !matches!(document.terms, Terms::Transfer { .. }) {
            totals.push(total(words.paid.to_owned(), usd(paid), false));
        }
        totals.push(total(words.amount_due.to_owned(), usd(due), true));
    }
    if let Some(second) = &document.second {
        totals.extend(in_second(second, words));
    }
    totals
}

/// In cents, when it was issued.
fn paid_and_due(document: &Document) -> (i64, i64) {
    match document.terms {
        Terms::Wallet => (document.total_cents, 0),
        Terms::Part {
            wallet_cents,
            due_cents,
            ..
        } => (wallet_cents, due_cents),
        Terms::Transfer { .. } => (0, document.total_cents),
    }
}

fn in_second(second: &SecondCurrency, words: &Words) -> [Total; 4] {
    let amount = |units: i64| format!("{} {}", text_of(units, second.decimals), second.currency);
    let total = |label: String, value: String| Total {
        label,
        value,
        strong: false,
    };
    [
        total(
            format!("{} ({}, {})", words.rate, second.source, second.on_day),
            format!("{} {}", second.rate, second.currency),
        ),
        total(format!("{} ({})", words.net, second.currency), amount(second.net)),
        total(format!("{} ({})", words.tax, second.currency), amount(second.tax)),
        total(
            format!("{} {}", words.in_currency, second.currency),
            amount(second.total),
        ),
    ]
}

fn notes(document: &Document, words: &Words) -> Vec<String> {
    let mut notes = Vec::new();
    if !document.reason.is_empty() {
        notes.push(format!("{}: {}", words.reason, document.reason));
    }
    match (document.kind, document.terms) {
        (DocumentKind::CreditNote, _) => notes.push(words.credited_to_wallet.to_owned()),
        (DocumentKind::Invoice, Terms::Wallet) => notes.push(words.paid_from_wallet.to_owned()),
        (DocumentKind::Invoice, Terms::Part { due_on, .. } | Terms::Transfer { due_on }) => {
            if matches!(document.terms, Terms::Part { .. }) {
                notes.push(words.part_from_wallet.to_owned());
            }
            notes.push(format!("{} {due_on}", words.pay_until));
            if !document.bank_details.is_empty() {
                let to = document.bank_details.lines().collect::<Vec<_>>().join(", ");
                notes.push(format!("{}: {to}", words.pay_to));
            }
        }
    }
    if document.reverse_charge {
        notes.push(words.reverse_charge.to_owned());
    }
    if document.lines.iter().any(|line| line.late) {
        notes.push(words.late_note.to_owned());
    }
    notes.push(format!("{}: {}", words.statement, document.statement_hash));
    notes
}

fn foot(issuer: &Party, words: &Words) -> String {
    let mut parts = vec![issuer.name.clone()];
    if !issuer.tax_id.is_empty() {
        parts.push(format!("{}: {}", words.tax_id, issuer.tax_id));
    }
    parts.join(" · ")
}
