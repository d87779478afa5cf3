//! Usage as lines: one for each request, one for each of its corrections, and the totals at the end.

use super::cell::{Cell, Column, columns};
use super::error::ExportError;
use super::lines::{Chunk, Correction, Event};
use super::sheet::Sheet;
use super::totals::Totals;
use super::wanted::After;

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
        let fresh = |batch_no: i64| event.request_id != after.request_id || batch_no > after.batch_no;
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

fn request(sheet: &mut Sheet, chunk: &Chunk, event: &Event) -> Result<(), ExportError> {
    sheet.row(&[
        Cell::Plain("request"),
        Cell::Id(event.request_id),
        Cell::Count(event.batch_no),
        Cell::Instant(event.started_at),
        Cell::Instant(event.booked_at),
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
        Cell::Plain(&event.quality),
        Cell::Flag(event.streamed),
        Cell::Text(&event.cost_centre),
        Cell::Count(event.input),
        Cell::Count(event.output),
        Cell::Count(event.cache_write_5m),
        Cell::Count(event.cache_write_1h),
        Cell::Count(event.cache_read),
        Cell::Money(event.charge),
        Cell::Id(event.price_version),
        event.ttfb_ms.map_or(Cell::Nothing, |ms| Cell::Count(ms.into())),
        Cell::Count(event.duration_ms.into()),
        Cell::Text(&event.error_code),
        Cell::Nothing,
    ])
}

/// A correction repeats by what its request is grouped, so that sums by any column hold it.
fn corrected(
    sheet: &mut Sheet,
    chunk: &Chunk,
    event: &Event,
    correction: &Correction,
) -> Result<(), ExportError> {
    sheet.row(&[
        Cell::Plain("correction"),
        Cell::Id(event.request_id),
        Cell::Count(correction.batch_no),
        Cell::Instant(event.started_at),
        Cell::Instant(correction.booked_at),
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
        Cell::Plain("exact"),
        Cell::Flag(event.streamed),
        Cell::Text(&event.cost_centre),
        Cell::Count(correction.input),
        Cell::Count(correction.output),
        Cell::Count(correction.cache_write_5m),
        Cell::Count(correction.cache_write_1h),
        Cell::Count(correction.cache_read),
        Cell::Money(correction.charge),
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Nothing,
        Cell::Text(&correction.reason),
    ])
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
