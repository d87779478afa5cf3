//! Days in queries, with words that say what a day looks like.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, de::Error};

/// A day that may be absent.
///
/// # Errors
/// For text that is no day; the words of the calendar's own reader say nothing to people.
pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    let day = text
        .parse()
        .map_err(|_| D::Error::custom("it must be a day such as 2026-11-30"))?;
    Ok(Some(day))
}

#[cfg(test)]
mod tests {
    use crate::exports::ChargeBackQuery;

    #[test]
    fn what_is_no_day_is_told_what_one_looks_like() {
        let read =
            |from: &str| serde_json::from_value::<ChargeBackQuery>(serde_json::json!({ "from": from }));
        assert_eq!(
            read("2026-11-30").unwrap().from.unwrap().to_string(),
            "2026-11-30"
        );
        for wrong in ["2026-11-30T00:00:00Z", "2026-13-01", "yesterday", ""] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(
                error.starts_with("it must be a day such as 2026-11-30"),
                "{wrong}: {error}"
            );
        }
    }
}
