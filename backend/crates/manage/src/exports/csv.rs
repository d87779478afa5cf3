//! CSV as RFC 4180 has it: fields with commas, quotes or line breaks stand in quotes, rows end with CR LF. Text that a
//! spreadsheet would take for a formula gets an apostrophe in front; numbers are written as they are.

use super::cell::{Cell, plain};

/// The byte order mark in UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Writes one row.
pub(super) fn row(out: &mut Vec<u8>, cells: &[Cell<'_>]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        match cell {
            Cell::Text(text) => field(out, text),
            other => plain(out, other),
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether a spreadsheet might run it: Excel, LibreOffice and Google Sheets take a cell that begins so for a formula, the
/// full-width signs included; a leading tab or line break is dropped by some before they look.
pub(crate) fn runs(text: &str) -> bool {
    text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

/// Text as a field.
fn field(out: &mut Vec<u8>, text: &str) {
    let guard: &[u8] = if runs(text) { b"'" } else { b"" };
    let quoted = text
        .bytes()
        .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
    if !quoted {
        out.extend_from_slice(guard);
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(guard);
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[Cell<'_>]) -> String {
        let mut out = Vec::new();
        row(&mut out, cells);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_separates_is_quoted() {
        let cells = [
            Cell::Text("a,b"),
            Cell::Text("say \"yes\""),
            Cell::Text("two\nlines"),
            Cell::Text("名, 称"),
            Cell::Nothing,
            Cell::Text(" plain "),
        ];
        assert_eq!(
            written(&cells),
            "\"a,b\",\"say \"\"yes\"\"\",\"two\nlines\",\"名, 称\",, plain \r\n"
        );
    }

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\u{ff1d}1"] {
            assert_eq!(written(&[Cell::Text(evil)]), format!("'{evil}\r\n"));
        }
        assert_eq!(
            written(&[Cell::Text("=HYPERLINK(\"http://a\",\"b\")")]),
            "\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\"\r\n"
        );
        assert_eq!(written(&[Cell::Text("\r=1")]), "\"'\r=1\"\r\n");
        assert_eq!(
            written(&[Cell::Money(-5), Cell::Count(-7)]),
            "-0.000000005,-7\r\n"
        );
    }
}
