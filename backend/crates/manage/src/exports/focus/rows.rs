//! Requests as rows of FOCUS.

use super::priced::{Priced, StoredLine};
use super::seller::Seller;
use crate::exports::cell::{Cell, money, seconds};
use crate::exports::error::{ExportError, making};
use crate::exports::lines::{Chunk, Correction, Event};
use crate::exports::sheet::Sheet;
use crate::exports::totals::Totals;
use crate::exports::wanted::Wanted;
use crate::zone::day_start;
use chrono::{DateTime, Datelike, Months, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What a line of a smallest charge counts: nothing that was used.
const MINIMUM: &str = "minimum";

/// A month of the organisation's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Month(i32, u32);

/// An accounting month as it is written.
#[derive(Clone, Debug)]
struct Period {
    start: String,
    end: String,
    invoice: Option<Arc<str>>,
}

/// What all rows of a file share.
#[derive(Debug)]
pub(in crate::exports) struct Focus {
    account_id: String,
    account_name: String,
    zone: Tz,
    seller: Seller,
    periods: HashMap<Month, Period>,
}

/// What differs between the rows of one request.
struct Charge<'a> {
    category: &'static str,
    class: Cell<'a>,
    description: String,
    frequency: &'static str,
    billed: i64,
    booked_at: DateTime<Utc>,
    batch_no: i64,
    priced: Option<Priced>,
}

impl Focus {
    pub(in crate::exports) fn new(wanted: &Wanted, seller: Seller) -> Self {
        Self {
            seller,
            account_id: wanted.tenant.to_string(),
            account_name: wanted.tenant_name.clone(),
            zone: wanted.zone,
            periods: HashMap::new(),
        }
    }

    /// Writes a chunk's rows.
    pub(in crate::exports) fn write(
        &mut self,
        sheet: &mut Sheet,
        sums: &mut Totals,
        chunk: &Chunk,
    ) -> Result<(), ExportError> {
        let mut corrections = chunk.corrections.iter().peekable();
        for event in &chunk.events {
            if event.batch_no >= chunk.first_batch {
                self.request(sheet, chunk, event)?;
                sums.add(1, event.tokens(), event.charge)?;
            }
            while let Some(correction) = corrections.next_if(|next| next.request_id == event.request_id) {
                self.correction(sheet, chunk, event, correction)?;
                sums.add(0, correction.tokens(), correction.charge)?;
            }
        }
        Ok(())
    }

    /// A row for each meter that counted something, and one for what the charge holds beside them.
    fn request(&mut self, sheet: &mut Sheet, chunk: &Chunk, event: &Event) -> Result<(), ExportError> {
        let stored = event.price_lines.as_deref().unwrap_or("[]");
        let lines: Vec<StoredLine> = serde_json::from_str(stored).map_err(making)?;
        let mut rest = event.charge;
        for line in lines
            .iter()
            .filter(|line| line.quantity > 0 && line.meter != MINIMUM)
        {
            rest = rest.saturating_sub(line.amount_nano.0);
            let charge = Charge {
                category: "Usage",
                class: Cell::Nothing,
                description: format!("{}: {}", event.model, line.named()),
                frequency: "Usage-Based",
                billed: line.amount_nano.0,
                booked_at: event.booked_at,
                batch_no: event.batch_no,
                priced: Some(line.priced(event)?),
            };
            self.row(sheet, chunk, event, &charge)?;
        }
        if rest == 0 {
            return Ok(());
        }
        let charge = Charge {
            category: "Adjustment",
            class: Cell::Nothing,
            description: "Charged beside the metered usage of this request".to_owned(),
            frequency: "One-Time",
            billed: rest,
            booked_at: event.booked_at,
            batch_no: event.batch_no,
            priced: None,
        };
        self.row(sheet, chunk, event, &charge)
    }

    /// A correction of what an earlier accounting month holds is one in the sense of FOCUS, since that month is closed or
    /// about to be; one within the month is just an adjustment.
    fn correction(
        &mut self,
        sheet: &mut Sheet,
        chunk: &Chunk,
        event: &Event,
        correction: &Correction,
    ) -> Result<(), ExportError> {
        if correction.charge == 0 {
            return Ok(());
        }
        let later = self.begins(correction.booked_at) > self.begins(event.booked_at);
        let charge = Charge {
            category: "Adjustment",
            class: if later {
                Cell::Plain("Correction")
            } else {
                Cell::Nothing
            },
            description: correction.reason.clone(),
            frequency: "One-Time",
            billed: correction.charge,
            booked_at: correction.booked_at,
            batch_no: correction.batch_no,
            priced: None,
        };
        self.row(sheet, chunk, event, &charge)
    }

    fn month(&self, at: DateTime<Utc>) -> Month {
        let local = at.with_timezone(&self.zone);
        Month(local.year(), local.month())
    }

    /// The first instant of the accounting month in which something was booked.
    fn begins(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        if let Some(closed) = self.seller.closed(at) {
            return closed.starts_at;
        }
        let Month(year, month) = self.month(at);
        let first = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
        self.seller.open_from(day_start(first, self.zone))
    }

    /// The accounting month in which something was booked: as it was closed, else as it runs.
    fn period(&mut self, at: DateTime<Utc>) -> Period {
        if let Some(closed) = self.seller.closed(at) {
            return Period {
                start: whole_seconds(closed.starts_at),
                end: whole_seconds(closed.ends_at),
                invoice: closed.invoice.clone(),
            };
        }
        let (month, zone, begins) = (self.month(at), self.zone, self.begins(at));
        let period = self.periods.entry(month).or_insert_with(|| {
            let first = NaiveDate::from_ymd_opt(month.0, month.1, 1).unwrap_or_default();
            let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
            Period {
                start: whole_seconds(begins),
                end: whole_seconds(day_start(next, zone)),
                invoice: None,
            }
        });
        period.clone()
    }

    fn row(
        &mut self,
        sheet: &mut Sheet,
        chunk: &Chunk,
        event: &Event,
        charge: &Charge<'_>,
    ) -> Result<(), ExportError> {
        let period = self.period(charge.booked_at);
        let priced = charge.priced.as_ref();
        let billed = dollars(charge.billed);
        let list_cost = priced.map_or(billed.as_str(), |priced| &priced.list_cost);
        let contracted_cost = priced.map_or(billed.as_str(), |priced| &priced.contracted_cost);
        let begun = whole_seconds(event.started_at.trunc_subsecs(0));
        let ended = event.started_at + TimeDelta::milliseconds(event.duration_ms.into());
        let ended = whole_seconds(ended.trunc_subsecs(0) + TimeDelta::seconds(1));
        let tags = tags(chunk.names.tags(event.key_id));
        let decimal =
            |of: fn(&Priced) -> &str| priced.map_or(Cell::Nothing, |priced| Cell::Decimal(of(priced)));
        let plain = |of: fn(&Priced) -> &str| priced.map_or(Cell::Nothing, |priced| Cell::Plain(of(priced)));
        let text = |of: fn(&Priced) -> &str| priced.map_or(Cell::Nothing, |priced| Cell::Text(of(priced)));
        let centre = some_text(&event.cost_centre);
        let key_name = chunk.names.key(event.key_id);
        sheet.row(&[
            Cell::Decimal(&billed),
            Cell::Plain(&self.account_id),
            Cell::Text(&self.account_name),
            Cell::Plain("USD"),
            Cell::Plain(&period.end),
            Cell::Plain(&period.start),
            Cell::Plain(charge.category),
            charge.class,
            some_text(&charge.description),
            Cell::Plain(charge.frequency),
            Cell::Plain(&ended),
            Cell::Plain(&begun),
            priced.map_or(Cell::Nothing, |priced| Cell::Count(priced.consumed)),
            plain(|priced| priced.consumed_unit),
            Cell::Decimal(contracted_cost),
            decimal(|priced| &priced.contracted_price),
            Cell::Decimal(&billed),
            Cell::Text(host(&event.platform).unwrap_or(&self.seller.name)),
            Cell::Nothing,
            period.invoice.as_deref().map_or(Cell::Nothing, Cell::Text),
            Cell::Text(&self.seller.issuer),
            Cell::Decimal(list_cost),
            decimal(|priced| &priced.list_price),
            plain(|_| "Standard"),
            decimal(|priced| &priced.quantity),
            plain(|priced| priced.pricing_unit),
            Cell::Id(event.key_id),
            some_text(key_name),
            Cell::Plain("API Key"),
            Cell::Plain("AI and Machine Learning"),
            Cell::Text(service(&event.provider)),
            Cell::Text(&self.seller.name),
            Cell::Plain("Generative AI"),
            text(|priced| &priced.sku),
            text(|priced| &priced.meter),
            text(|priced| &priced.details),
            text(|priced| &priced.sku_price),
            centre,
            centre,
            match centre {
                Cell::Nothing => Cell::Nothing,
                _ => Cell::Plain("Cost Centre"),
            },
            tags.as_deref().map_or(Cell::Nothing, Cell::Text),
            Cell::Count(charge.batch_no),
            some_text(&event.client),
            some_text(&event.model),
            Cell::Id(event.request_id),
            Cell::Plain(&event.status),
            Cell::Plain(&event.service_tier),
            Cell::Flag(event.unpriced),
            Cell::Plain(&event.quality),
            some_text(chunk.names.person(event.user_id)),
        ])
    }
}

/// Text, or nothing where there is none: FOCUS has no empty texts.
fn some_text(text: &str) -> Cell<'_> {
    if text.is_empty() {
        Cell::Nothing
    } else {
        Cell::Text(text)
    }
}

/// Labels have no values, for which FOCUS writes `true`.
fn tags(labels: &[String]) -> Option<String> {
    let labels: Map<String, Value> = labels
        .iter()
        .map(|label| (label.clone(), Value::Bool(true)))
        .collect();
    (!labels.is_empty()).then(|| Value::Object(labels).to_string())
}

/// On whose machines a platform runs, as far as it shows.
fn host(platform: &str) -> Option<&'static str> {
    match platform {
        "bedrock" => Some("Amazon Web Services"),
        "azure_openai" => Some("Microsoft Azure"),
        "claude_official" | "claude_console" => Some("Anthropic"),
        "gemini" => Some("Google"),
        "openai" | "openai_responses" => Some("OpenAI"),
        _ => None,
    }
}

/// What a provider's service is called.
fn service(provider: &str) -> &str {
    match provider {
        "anthropic" => "Claude API",
        "openai" => "OpenAI API",
        "google" | "gemini" => "Gemini API",
        "" => "AI Gateway",
        other => other,
    }
}

fn dollars(nano: i64) -> String {
    let mut out = Vec::new();
    money(&mut out, nano);
    String::from_utf8(out).unwrap_or_default()
}

fn whole_seconds(at: DateTime<Utc>) -> String {
    let mut out = Vec::new();
    seconds(&mut out, at);
    out.push(b'Z');
    String::from_utf8(out).unwrap_or_default()
}
