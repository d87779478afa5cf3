//! Usage as lines: one for each request, one for each of its corrections, and the totals at the end.

use super::cell::{Cell, Column, columns};
use super::error::{ExportError, making};
use super::lines::{Chunk, Correction, Event};
use super::sheet::Sheet;
use super::totals::Totals;
use super::wanted::After;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

const COLUMNS: &[&str] = &[
    "line",
    "request_id",
    "batch_no",
    "started_at",
    "booked_at",
    "local_date",
    "key_id",
    "key_name",
    "user_id",
    "user_email",
    "account_id",
    "account_name",
    "platform",
    "provider",
    "model",
    "upstream_model",
    "client",
    "status",
    "http_status",
    "quality",
    "streamed",
    "cost_centre",
    "input_tokens",
    "output_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_read_tokens",
    "audio_input_tokens",
    "audio_cached_tokens",
    "image_input_tokens",
    "audio_output_tokens",
    "image_output_tokens",
    "reasoning_tokens",
    "web_searches",
    "file_searches",
    "code_executions",
    "images",
    "service_tier",
    "unpriced",
    "charge_usd",
    "price_version",
    "ttfb_ms",
    "duration_ms",
    "error_code",
    "correction_reason",
];

/// The file's columns.
pub(super) fn head() -> Vec<Column> {
    columns(COLUMNS)
}

/// Writes a chunk's lines behind `after`.
pub(super) fn write(
    sheet: &mut Sheet,
    sums: &mut Totals,
    chunk: &Chunk,
    after: After,
) -> Result<(), ExportError> {
    let mut corrections = chunk.corrections.iter().peekable();
    for event in &chunk.events {
        let fresh = |batch_no: i64| {
            batch_no >= chunk.first_batch
                && (event.request_id != after.request_id || batch_no > after.batch_no)
        };
        if fresh(event.batch_no) {
            request(sheet, chunk, event)?;
            sums.add(1, event.tokens(), event.charge)?;
        }
        while let Some(correction) = corrections.next_if(|next| next.request_id == event.request_id) {
            if fresh(correction.batch_no) {
                corrected(sheet, chunk, event, correction)?;
                sums.add(0, correction.tokens(), correction.charge)?;
            }
        }
    }
    Ok(())
}

impl Event {
    /// Tokens in the order of the columns.
    pub(super) fn tokens(&self) -> [i64; 5] {
        [
            self.input,
            self.output,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_read,
        ]
    }
}

impl Correction {
    /// Differences of tokens in the order of the columns.
    pub(super) fn tokens(&self) -> [i64; 5] {
        [
            self.input,
            self.output,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_read,
        ]
    }
}

/// What differs between a request's line and those of its corrections.
struct Figures<'a> {
    line: &'static str,
    batch_no: i64,
    booked_at: DateTime<Utc>,
    quality: &'a str,
    tokens: [i64; 5],
    other_meters: &'a str,
    service_tier: &'a str,
    charge: i64,
    /// Price version, time to the first byte, duration and error: of a request alone.
    own: [Cell<'a>; 4],
    reason: Cell<'a>,
}

fn request(sheet: &mut Sheet, chunk: &Chunk, event: &Event) -> Result<(), ExportError> {
    let figures = Figures {
        line: "request",
        batch_no: event.batch_no,
        booked_at: event.booked_at,
        quality: &event.quality,
        tokens: event.tokens(),
        other_meters: &event.other_meters,
        service_tier: &event.service_tier,
        charge: event.charge,
        own: [
            Cell::Id(event.price_version),
            event.ttfb_ms.map_or(Cell::Nothing, |ms| Cell::Count(ms.into())),
            Cell::Count(event.duration_ms.into()),
            Cell::Text(&event.error_code),
        ],
        reason: Cell::Nothing,
    };
    row(sheet, chunk, event, &figures)
}

fn corrected(
    sheet: &mut Sheet,
    chunk: &Chunk,
    event: &Event,
    correction: &Correction,
) -> Result<(), ExportError> {
    let figures = Figures {
        line: "correction",
        batch_no: correction.batch_no,
        booked_at: correction.booked_at,
        quality: "exact",
        tokens: correction.tokens(),
        other_meters: &correction.other_meters,
        service_tier: &correction.service_tier,
        charge: correction.charge,
        own: [Cell::Nothing; 4],
        reason: Cell::Text(&correction.reason),
    };
    row(sheet, chunk, event, &figures)
}

/// A correction repeats by what its request is grouped, so that sums by any column hold it.
fn row(sheet: &mut Sheet, chunk: &Chunk, event: &Event, figures: &Figures<'_>) -> Result<(), ExportError> {
    let [input, output, cache_write_5m, cache_write_1h, cache_read] = figures.tokens.map(Cell::Count);
    let [
        audio_in,
        audio_cached,
        image_in,
        audio_out,
        image_out,
        reasoning,
        web,
        files,
        code,
        images,
    ] = others(figures.other_meters)?.map(Cell::Count);
    let [price_version, ttfb, duration, error] = figures.own;
    sheet.row(&[
        Cell::Plain(figures.line),
        Cell::Id(event.request_id),
        Cell::Count(figures.batch_no),
        Cell::Instant(event.started_at),
        Cell::Instant(figures.booked_at),
        Cell::Day(event.local_date),
        Cell::Id(event.key_id),
        Cell::Text(chunk.names.key(event.key_id)),
        event.user_id.map_or(Cell::Nothing, Cell::Id),
        Cell::Text(chunk.names.person(event.user_id)),
        event.account_id.map_or(Cell::Nothing, Cell::Id),
        Cell::Text(&event.account_name),
        Cell::Text(&event.platform),
        Cell::Text(&event.provider),
        Cell::Text(&event.model),
        Cell::Text(&event.upstream_model),
        Cell::Text(&event.client),
        Cell::Plain(&event.status),
        Cell::Count(event.http_status.into()),
        Cell::Plain(figures.quality),
        Cell::Flag(event.streamed),
        Cell::Text(&event.cost_centre),
        input,
        output,
        cache_write_5m,
        cache_write_1h,
        cache_read,
        audio_in,
        audio_cached,
        image_in,
        audio_out,
        image_out,
        reasoning,
        web,
        files,
        code,
        images,
        Cell::Plain(figures.service_tier),
        Cell::Flag(event.unpriced),
        Cell::Money(figures.charge),
        price_version,
        ttfb,
        duration,
        error,
        figures.reason,
    ])
}

/// The figures beside the five, in the order of the columns. Most requests have none.
fn others(stored: &str) -> Result<[i64; 10], ExportError> {
    const NAMES: [&str; 10] = [
        "audio_input",
        "audio_cached",
        "image_input",
        "audio_output",
        "image_output",
        "reasoning",
        "web_search",
        "file_search",
        "code_execution",
        "image",
    ];
    if stored == "{}" {
        return Ok([0; 10]);
    }
    let counted: BTreeMap<&str, i64> = serde_json::from_str(stored).map_err(making)?;
    if let Some(unknown) = counted.keys().find(|name| !NAMES.contains(name)) {
        return Err(making(format!("nothing is known of the meter {unknown}")));
    }
    Ok(NAMES.map(|name| counted.get(name).copied().unwrap_or_default()))
}

/// Writes the totals.
pub(super) fn totals(sheet: &mut Sheet, sums: &Totals) -> Result<(), ExportError> {
    let mut row = [Cell::Nothing; COLUMNS.len()];
    let filled = [
        ("line", Cell::Plain("total")),
        ("input_tokens", Cell::Count(sums.input)),
        ("output_tokens", Cell::Count(sums.output)),
        ("cache_write_5m_tokens", Cell::Count(sums.cache_write_5m)),
        ("cache_write_1h_tokens", Cell::Count(sums.cache_write_1h)),
        ("cache_read_tokens", Cell::Count(sums.cache_read)),
        ("charge_usd", Cell::Money(sums.charge)),
    ];
    for (name, cell) in filled {
        let place = COLUMNS.iter().position(|column| *column == name);
        if let Some(place) = place.and_then(|place| row.get_mut(place)) {
            *place = cell;
        }
    }
    sheet.row(&row)
}

#[cfg(test)]
mod tests {
    use super::super::lines::samples;
    use super::*;
    use tollgate_contract::exports::ExportFormat;
    use uuid::Uuid;

    fn written(after: After) -> (Vec<String>, Totals) {
        let chunk = samples::chunk();
        let mut sheet = Sheet::new(ExportFormat::Csv, "usage", head(), (false, true)).unwrap();
        let mut sums = Totals::default();
        write(&mut sheet, &mut sums, &chunk, after).unwrap();
        let text = String::from_utf8(sheet.take()).unwrap();
        let begin = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{} {} {}", cells[0], &cells[1][35..], cells[2])
        };
        (text.lines().map(begin).collect(), sums)
    }

    #[test]
    fn each_meter_that_there_is_has_its_column() {
        let names: Vec<&str> = tollgate_money::Others::default()
            .each()
            .map(|(meter, _)| meter.as_str())
            .to_vec();
        let told: BTreeMap<&str, usize> = names.iter().copied().zip(1..).collect();
        let counts = others(&serde_json::to_string(&told).unwrap()).unwrap();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert!(
            others(r#"{"smell": 1}"#).is_err(),
            "rather no file than one that leaves something out"
        );
        assert_eq!(others(r#"{"image": -2}"#).unwrap()[9], -2);
    }

    #[test]
    fn corrections_are_lines_of_their_own_behind_their_request() {
        let (lines, sums) = written(After::START);
        assert_eq!(
            lines,
            ["request 1 1", "correction 1 2", "correction 1 3", "request 2 1"]
        );
        assert_eq!(
            (sums.requests, sums.lines, sums.charge, sums.output),
            (2, 4, 1_000 - 300 + 50 + 1_000, 10)
        );
    }

    #[test]
    fn a_file_goes_on_behind_any_line_of_a_request() {
        let (all, _) = written(After::START);
        for batch_no in 1..=3 {
            let after = After {
                request_id: Uuid::from_u128(1),
                batch_no,
            };
            let behind = usize::try_from(batch_no).unwrap();
            assert_eq!(written(after).0, all[behind..], "{batch_no}");
        }
    }
}
