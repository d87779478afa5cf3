//! The one place that writes to the terminal. A reader that has gone away (`tollgate … | head`) is not an error.

use std::fmt::Display;
use std::io::Write;

/// One line to standard output.
pub fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Text to standard output as it is.
pub fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// One line to standard error.
pub fn problem(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
