//! Requests as rows of FOCUS.

use crate::exports::cell::{Cell, money, seconds};
use crate::exports::decimal::Decimal;
use crate::exports::error::{ExportError, making};
use crate::exports::lines::{Chunk, Correction, Event};
use crate::exports::sheet::Sheet;
use crate::exports::totals::Totals;
use crate::exports::wanted::Wanted;
use crate::zone::day_start;
use chrono::{DateTime, Datelike, Months, NaiveDate, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tollgate_contract::money::NanoUsd;

/// Who sells and issues invoices, until the operator is asked for a name.
const ISSUER: &str = "Tollgate";
/// Tokens are priced by the million.
const PRICING_UNIT: &str = "1000000 Tokens";
const CONSUMED_UNIT: &str = "Tokens";

/// A line of arithmetic as settlement stores it.
#[derive(Debug, Deserialize)]
struct StoredLine {
    meter: String,
    quantity: u64,
    price: String,
    amount_nano: NanoUsd,
}

/// A month of the organisation's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Month(i32, u32);

/// Both ends of a month, as written.
#[derive(Clone, Debug)]
struct Period {
    start: String,
    end: String,
}

/// What all rows of a file share.
#[derive(Debug)]
pub(in crate::exports) struct Focus {
    account_id: String,
    account_name: String,
    zone: Tz,
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

/// What a unit price makes of a quantity.
struct Priced {
    sku: String,
    meter: String,
    details: String,
    unit_price: String,
    quantity: String,
    consumed: i64,
    cost: String,
}

impl Focus {
    pub(in crate::exports) fn new(wanted: &Wanted) -> Self {
        Self {
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
            self.request(sheet, chunk, event)?;
            sums.add(1, event.tokens(), event.charge)?;
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
        for line in lines.iter().filter(|line| line.quantity > 0) {
            rest = rest.saturating_sub(line.amount_nano.0);
            let charge = metered(event, line)?;
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

    /// A correction of another month's usage is one in the sense of FOCUS; one within the month just an adjustment.
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
        let later = self.month(correction.booked_at) > self.month(event.booked_at);
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

    /// The accounting month in which something was booked.
    fn period(&mut self, at: DateTime<Utc>) -> Period {
        let (month, zone) = (self.month(at), self.zone);
        let period = self.periods.entry(month).or_insert_with(|| {
            let first = NaiveDate::from_ymd_opt(month.0, month.1, 1).unwrap_or_default();
            let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
            Period {
                start: whole_seconds(day_start(first, zone)),
                end: whole_seconds(day_start(next, zone)),
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
        let cost = priced.map_or(billed.as_str(), |priced| &priced.cost);
        let begun = event.started_at.trunc_subsecs(0);
        let ended = event.started_at + TimeDelta::milliseconds(event.duration_ms.into());
        let ended = whole_seconds(ended.trunc_subsecs(0) + TimeDelta::seconds(1));
        let begun = whole_seconds(begun);
        let tags = tags(chunk.names.tags(event.key_id));
        let decimal =
            |of: fn(&Priced) -> &str| priced.map_or(Cell::Nothing, |priced| Cell::Decimal(of(priced)));
        let word = |text: &'static str| priced.map_or(Cell::Nothing, |_| Cell::Plain(text));
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
            word(CONSUMED_UNIT),
            Cell::Decimal(cost),
            decimal(|priced| &priced.unit_price),
            Cell::Decimal(&billed),
            Cell::Plain(host(&event.platform, &event.provider)),
            Cell::Nothing,
            Cell::Nothing,
            Cell::Plain(ISSUER),
            Cell::Decimal(cost),
            decimal(|priced| &priced.unit_price),
            word("Standard"),
            decimal(|priced| &priced.quantity),
            word(PRICING_UNIT),
            Cell::Id(event.key_id),
            some_text(key_name),
            Cell::Plain("API Key"),
            Cell::Plain("AI and Machine Learning"),
            Cell::Text(service(&event.provider)),
            Cell::Plain(ISSUER),
            Cell::Plain("Generative AI"),
            text(|priced| &priced.sku),
            text(|priced| &priced.meter),
            text(|priced| &priced.details),
            text(|priced| &priced.sku),
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
            Cell::Plain(&event.quality),
            some_text(chunk.names.person(event.user_id)),
        ])
    }
}

/// A meter's row.
fn metered<'a>(event: &Event, line: &StoredLine) -> Result<Charge<'a>, ExportError> {
    let quantity = Decimal::millionths(line.quantity);
    let priced = Decimal::parse(&line.price).and_then(|price| Some((price, price.times(quantity)?)));
    let (price, cost) =
        priced.ok_or_else(|| making(format!("the price {} is no decimal number", line.price)))?;
    let meter = meter(&line.meter);
    let details = json!({"x_Meter": line.meter, "x_Model": event.model, "x_Provider": event.provider});
    Ok(Charge {
        category: "Usage",
        class: Cell::Nothing,
        description: format!("{}: {meter}", event.model),
        frequency: "Usage-Based",
        billed: line.amount_nano.0,
        booked_at: event.booked_at,
        batch_no: event.batch_no,
        priced: Some(Priced {
            sku: format!("{}/{}/{}", event.provider, event.model, line.meter),
            meter,
            details: details.to_string(),
            unit_price: price.text(),
            quantity: quantity.text(),
            consumed: i64::try_from(line.quantity).unwrap_or(i64::MAX),
            cost: cost.text(),
        }),
    })
}

/// `cache_read` as `Cache Read Tokens`.
fn meter(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let words: Vec<String> = name.split('_').map(word).collect();
    format!("{} Tokens", words.join(" "))
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
fn host(platform: &str, provider: &str) -> &'static str {
    match (platform, provider) {
        ("bedrock", _) => "Amazon Web Services",
        ("azure_openai", _) => "Microsoft Azure",
        ("claude_official" | "claude_console", _) => "Anthropic",
        ("gemini", _) => "Google",
        ("openai" | "openai_responses", _) => "OpenAI",
        _ => ISSUER,
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
