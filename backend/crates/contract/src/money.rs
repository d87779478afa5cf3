//! Money as it travels in JSON: a decimal string of nano-USD, since a JSON number loses digits above 2⁵³.
//! Only carrying and showing; arithmetic that books anything lives in the server's money crate.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Nano-USD in a dollar.
pub const NANO_PER_USD: i64 = 1_000_000_000;

/// An amount in nano-USD (10⁻⁹ dollars), written as a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^-?[0-9]+$", example = "8700000"))]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// Dollars for charts and sorting by eye; never for booking, since a float loses digits.
    #[expect(clippy::cast_precision_loss, reason = "a chart's pixel needs no nano-dollar")]
    pub fn approximate_usd(self) -> f64 {
        self.0 as f64 / NANO_PER_USD as f64
    }

    /// The exact amount in dollars, with as many decimals as it has and at least two: `1204.18`, `0.0042`.
    pub fn exact_usd(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let nano_per_usd = NANO_PER_USD.unsigned_abs();
        let fraction = format!("{:09}", magnitude % nano_per_usd);
        let digits = fraction.trim_end_matches('0');
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{digits:0<2}", magnitude / nano_per_usd)
    }
}

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for NanoUsd {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Serialize for NanoUsd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for NanoUsd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|_| D::Error::custom("expected nano-USD as a decimal string"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_travels_as_a_string_of_nanos() {
        assert_eq!(serde_json::to_string(&NanoUsd(-5)).unwrap(), "\"-5\"");
        let max: NanoUsd = serde_json::from_str("\"9223372036854775807\"").unwrap();
        assert_eq!(max, NanoUsd(i64::MAX));
        assert!(serde_json::from_str::<NanoUsd>("5").is_err());
        assert!(serde_json::from_str::<NanoUsd>("\"1.5\"").is_err());
    }

    #[test]
    fn dollars_are_shown_exactly() {
        assert_eq!(NanoUsd(8_700_000).exact_usd(), "0.0087");
        assert_eq!(NanoUsd(1_204_180_000_000).exact_usd(), "1204.18");
        assert_eq!(NanoUsd(-1).exact_usd(), "-0.000000001");
        assert_eq!(NanoUsd(0).exact_usd(), "0.00");
        assert_eq!(NanoUsd(i64::MIN).exact_usd(), "-9223372036.854775808");
    }
}
