//! A file in the making: rows go in, bytes come out, whatever its format.

use super::cell::{Cell, Column, plain, text};
use super::csv;
use super::error::{ExportError, making};
use super::xlsx::Book;
use std::fs::File;
use std::io::Write as _;
use tollgate_contract::exports::{ExportFormat, ExportPreview};

/// One file.
pub(super) struct Sheet {
    columns: Vec<Column>,
    output: Output,
}

enum Output {
    Csv(Vec<u8>),
    Jsonl(Vec<u8>),
    Xlsx(Box<Book>),
    Shown(ExportPreview),
}

impl Sheet {
    /// A file with these columns. With `resumed`, one of which the first part is somewhere else: it has no head.
    pub(super) fn new(
        format: ExportFormat,
        title: &'static str,
        columns: Vec<Column>,
        (bom, resumed): (bool, bool),
    ) -> Result<Self, ExportError> {
        let output = match format {
            ExportFormat::Csv | ExportFormat::Focus => {
                let mut out = Vec::new();
                if !resumed {
                    if bom {
                        out.extend_from_slice(csv::BOM);
                    }
                    let names: Vec<Cell<'_>> =
                        columns.iter().map(|column| Cell::Plain(column.name)).collect();
                    csv::row(&mut out, &names);
                }
                Output::Csv(out)
            }
            ExportFormat::Jsonl => Output::Jsonl(Vec::new()),
            ExportFormat::Xlsx => Output::Xlsx(Box::new(Book::new(title, columns.clone()).map_err(making)?)),
        };
        Ok(Self { columns, output })
    }

    /// The same for a page.
    pub(super) fn shown(columns: Vec<Column>) -> Self {
        let preview = ExportPreview {
            columns: columns.iter().map(|column| column.name.to_owned()).collect(),
            ..ExportPreview::default()
        };
        Self {
            columns,
            output: Output::Shown(preview),
        }
    }

    /// Adds a row, a cell for each column.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        debug_assert_eq!(cells.len(), self.columns.len());
        match &mut self.output {
            Output::Csv(out) => csv::row(out, cells),
            Output::Jsonl(out) => object(out, &self.columns, cells),
            Output::Xlsx(book) => book.row(cells).map_err(making)?,
            Output::Shown(preview) => preview.rows.push(cells.iter().map(text).collect()),
        }
        Ok(())
    }

    /// What was written since the last time; nothing of a workbook, which is packed at its end.
    pub(super) fn take(&mut self) -> Vec<u8> {
        match &mut self.output {
            Output::Csv(out) | Output::Jsonl(out) => std::mem::take(out),
            Output::Xlsx(_) | Output::Shown(_) => Vec::new(),
        }
    }

    /// Writes the rest, or all of a workbook, into a file.
    pub(super) fn finish(mut self, file: &mut File) -> Result<(), ExportError> {
        let rest = self.take();
        match self.output {
            Output::Xlsx(book) => book.save(file).map_err(making),
            _ => file.write_all(&rest).map_err(making),
        }
    }

    /// What a page shows.
    pub(super) fn into_preview(self) -> ExportPreview {
        match self.output {
            Output::Shown(preview) => preview,
            _ => ExportPreview::default(),
        }
    }
}

/// A line of JSON. Money and decimals are strings, since a JSON number loses digits in most readers.
fn object(out: &mut Vec<u8>, columns: &[Column], cells: &[Cell<'_>]) {
    let mut first = true;
    for (column, cell) in columns.iter().zip(cells) {
        out.extend_from_slice(if first { b"{\"" } else { b",\"" });
        first = false;
        out.extend_from_slice(column.name.as_bytes());
        out.extend_from_slice(b"\":");
        match cell {
            Cell::Nothing => out.extend_from_slice(b"null"),
            Cell::Text(text) => {
                // Writing to memory does not fail.
                let _ = serde_json::to_writer(&mut *out, text);
            }
            Cell::Count(_) | Cell::Flag(_) => plain(out, cell),
            other => {
                out.push(b'"');
                plain(out, other);
                out.push(b'"');
            }
        }
    }
    out.extend_from_slice(b"}\n");
}

#[cfg(test)]
mod tests {
    use super::super::cell::columns;
    use super::*;

    fn sheet(format: ExportFormat, flags: (bool, bool)) -> String {
        let mut sheet = Sheet::new(
            format,
            "usage",
            columns(&["model", "charge_usd", "tokens", "note"]),
            flags,
        )
        .unwrap();
        let cells = [
            Cell::Text("=a\"b\n"),
            Cell::Money(7),
            Cell::Count(3),
            Cell::Nothing,
        ];
        sheet.row(&cells).unwrap();
        String::from_utf8(sheet.take()).unwrap()
    }

    #[test]
    fn a_csv_file_has_a_head_unless_it_goes_on() {
        let row = "\"'=a\"\"b\n\",0.000000007,3,\r\n";
        let head = "model,charge_usd,tokens,note\r\n";
        assert_eq!(sheet(ExportFormat::Csv, (false, false)), format!("{head}{row}"));
        assert_eq!(
            sheet(ExportFormat::Csv, (true, false)),
            format!("\u{feff}{head}{row}")
        );
        assert_eq!(sheet(ExportFormat::Csv, (true, true)), row);
    }

    #[test]
    fn a_line_of_json_is_json_and_changes_no_text() {
        let line: serde_json::Value =
            serde_json::from_str(&sheet(ExportFormat::Jsonl, (true, false))).unwrap();
        let expected =
            serde_json::json!({"model": "=a\"b\n", "charge_usd": "0.000000007", "tokens": 3, "note": null});
        assert_eq!(line, expected);
    }
}
