//! An amount of money. Never in here: what it costs to get there.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Nano-USD in a dollar.
const NANO_PER_USD: u64 = 1_000_000_000;

/// An amount in nano-USD (10⁻⁹ dollars). In JSON it is a decimal string, since a JSON number loses digits above 2⁵³;
/// shown, it is dollars: `$0.0042`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nano(pub i64);

impl Nano {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount; what is larger still is told as this one.
    pub const MAX: Self = Self(i64::MAX);

    /// The sum; `None` where it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The sum, or the largest amount: for bounds, never for what is booked.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Nano {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, rest) = (magnitude / NANO_PER_USD, magnitude % NANO_PER_USD);
        let fraction = format!("{rest:09}");
        let sign = if self.0 < 0 { "-" } else { "" };
        f.pad(&format!("{sign}${whole}.{:0<2}", fraction.trim_end_matches('0')))
    }
}

impl Serialize for Nano {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Nano {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| D::Error::custom("expected nano-USD as a decimal string"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_dollars_and_travel_in_nanos() {
        assert_eq!(Nano(8_700_000).to_string(), "$0.0087");
        assert_eq!(Nano(25_000_000_000).to_string(), "$25.00");
        assert_eq!(Nano(-1).to_string(), "-$0.000000001");
        assert_eq!(format!("{:>8}", Nano(0)), "   $0.00");
        assert_eq!(Nano(i64::MIN).to_string(), "-$9223372036.854775808");
        assert_eq!(serde_json::to_string(&Nano(-5)).unwrap(), "\"-5\"");
        assert_eq!(serde_json::from_str::<Nano>("\"7\"").unwrap(), Nano(7));
        assert!(serde_json::from_str::<Nano>("7").is_err());
    }
}
