//! Amounts of money as a person types them.

use super::CliError;
use tollgate_money::Nano;

/// Dollars as decimal text, exactly; more than zero.
pub fn dollars(text: &str) -> Result<Nano, CliError> {
    read(text).filter(|nano| nano.0 > 0).ok_or_else(|| wrong(text))
}

/// As [`dollars`]; zero as well.
pub fn dollars_or_none(text: &str) -> Result<Nano, CliError> {
    read(text).ok_or_else(|| wrong(text))
}

fn wrong(text: &str) -> CliError {
    CliError::Said(format!(
        "`{text}` is not an amount: write US dollars such as 25 or 0.50, with at most nine decimals"
    ))
}

fn read(text: &str) -> Option<Nano> {
    let text = text.trim().trim_start_matches('$');
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 9 || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<9}").parse().ok().map(Nano)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_exactly_or_refused() {
        let read = |text: &str| dollars(text).ok().map(|nano| nano.0);
        assert_eq!(read("25"), Some(25_000_000_000));
        assert_eq!(read("$0.000000001"), Some(1));
        assert_eq!(read("0.50"), Some(500_000_000));
        for wrong in ["", "0", "-1", "1e3", "0.0000000001", "1,5", "99999999999", "."] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(dollars_or_none("0").ok(), Some(Nano::ZERO));
    }
}
