//! Excel workbooks in constant memory: rows go to a temporary file as they come. Text is stored as text, so that nothing is
//! run. Money stands twice: as a number, with which a spreadsheet reckons (it has 15 digits, enough for any one line), and
//! beside it as text with all digits, against which sums can be checked. A full sheet is followed by another.

use super::cell::{Cell, Column, text};
use chrono::{DateTime, Utc};
use rust_xlsxwriter::{ColNum, Format, RowNum, Workbook, Worksheet, XlsxError};
use std::fs::File;
use std::io::BufWriter;

/// Rows that a sheet holds, by the format.
const ROWS_MAX: RowNum = 1_048_576;
/// How instants are shown.
const INSTANT: &str = "yyyy-mm-dd hh:mm:ss";
/// How money is shown.
const MONEY: &str = "0.000000000";
/// How wide columns are, in characters.
const WIDTH: f64 = 18.0;
/// The day that a spreadsheet counts from, 1899-12-30, lies so many days before 1970.
const EPOCH_DAYS: f64 = 25_569.0;
const MS_PER_DAY: f64 = 86_400_000.0;
const NANO_PER_USD: f64 = 1_000_000_000.0;
/// Longest text that a cell holds, in UTF-16 units, by the format.
const TEXT_MAX: usize = 32_767;

/// A workbook that grows.
pub(super) struct Book {
    workbook: Workbook,
    title: &'static str,
    columns: Vec<Column>,
    sheets: usize,
    row: RowNum,
    rows_max: RowNum,
    instant: Format,
    money: Format,
    head: Format,
}

impl Book {
    /// An empty one whose sheets have this title.
    pub(super) fn new(title: &'static str, columns: Vec<Column>) -> Result<Self, XlsxError> {
        Self::with_rows(title, columns, ROWS_MAX)
    }

    fn with_rows(title: &'static str, columns: Vec<Column>, rows_max: RowNum) -> Result<Self, XlsxError> {
        let mut book = Self {
            workbook: Workbook::new(),
            title,
            columns,
            sheets: 0,
            row: 0,
            rows_max,
            instant: Format::new().set_num_format(INSTANT),
            money: Format::new().set_num_format(MONEY),
            head: Format::new().set_bold(),
        };
        book.begin_sheet()?;
        Ok(book)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets = self.sheets.saturating_add(1);
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        let name = match self.sheets {
            1 => self.title.to_owned(),
            number => format!("{} {number}", self.title),
        };
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        let mut column: ColNum = 0;
        for wanted in &self.columns {
            sheet.set_column_width(column, WIDTH)?;
            sheet.write_string_with_format(0, column, wanted.name, &self.head)?;
            column = column.saturating_add(1);
            if wanted.money {
                sheet.set_column_width(column, WIDTH)?;
                sheet.write_string_with_format(0, column, format!("{}_exact", wanted.name), &self.head)?;
                column = column.saturating_add(1);
            }
        }
        self.row = 1;
        Ok(())
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
        if self.row >= self.rows_max {
            self.begin_sheet()?;
        }
        let (row, instant, money) = (self.row, &self.instant, &self.money);
        let sheet = self
            .workbook
            .worksheet_from_index(self.sheets.saturating_sub(1))?;
        let mut column: ColNum = 0;
        for (cell, wanted) in cells.iter().zip(&self.columns) {
            write(sheet, (row, column), cell, instant, money)?;
            column = column.saturating_add(1);
            if wanted.money {
                if let Cell::Money(_) = cell {
                    sheet.write_string(row, column, text(cell))?;
                }
                column = column.saturating_add(1);
            }
        }
        self.row = row.saturating_add(1);
        Ok(())
    }

    /// Packs it into a file.
    pub(super) fn save(mut self, file: &File) -> Result<(), XlsxError> {
        self.workbook.save_to_writer(BufWriter::new(file))
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (RowNum, ColNum),
    cell: &Cell<'_>,
    instant: &Format,
    money: &Format,
) -> Result<(), XlsxError> {
    match *cell {
        Cell::Nothing => {}
        Cell::Count(number) => {
            sheet.write_number(row, column, approximate(number))?;
        }
        Cell::Money(nano) => {
            sheet.write_number_with_format(row, column, approximate(nano) / NANO_PER_USD, money)?;
        }
        Cell::Instant(at) => {
            sheet.write_number_with_format(row, column, serial(at), instant)?;
        }
        Cell::Flag(yes) => {
            sheet.write_boolean(row, column, yes)?;
        }
        ref other => {
            sheet.write_string(row, column, fitting(text(other)))?;
        }
    }
    Ok(())
}

/// As much of a text as a cell holds.
fn fitting(mut text: String) -> String {
    if text.len() > TEXT_MAX {
        let mut units = 0_usize;
        let end = text.char_indices().find_map(|(at, sign)| {
            units = units.saturating_add(sign.len_utf16());
            (units > TEXT_MAX).then_some(at)
        });
        text.truncate(end.unwrap_or(text.len()));
    }
    text
}

/// A number as spreadsheets have them.
#[expect(
    clippy::cast_precision_loss,
    reason = "a spreadsheet has no other numbers; the exact amount stands beside it"
)]
fn approximate(number: i64) -> f64 {
    number as f64
}

/// An instant as spreadsheets count: days with fractions.
fn serial(at: DateTime<Utc>) -> f64 {
    approximate(at.timestamp_millis()) / MS_PER_DAY + EPOCH_DAYS
}

#[cfg(test)]
mod tests {
    use super::super::cell::columns;
    use super::*;
    use std::io::Read;

    #[test]
    fn a_full_sheet_is_followed_by_another_with_the_same_head() {
        let mut book = Book::with_rows("usage", columns(&["line", "charge_usd"]), 3).unwrap();
        for number in 0..5 {
            book.row(&[Cell::Text("=1+1"), Cell::Money(number)]).unwrap();
        }
        assert_eq!((book.sheets, book.row), (3, 2));
        let mut file = tempfile::tempfile().unwrap();
        book.save(&file).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut start = [0; 2];
        file.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"PK");
    }

    #[test]
    fn instants_are_days_since_the_spreadsheets_epoch() {
        let at = serial("2026-01-01T12:00:00Z".parse().unwrap());
        assert!((at - 46_023.5).abs() < 1e-9, "{at}");
    }

    #[test]
    fn a_text_longer_than_a_cell_is_cut_between_signs() {
        let long = fitting("é".repeat(TEXT_MAX + 5));
        assert_eq!(long.chars().count(), TEXT_MAX);
        assert_eq!(fitting("😀".repeat(20_000)).chars().count(), TEXT_MAX / 2);
    }
}
