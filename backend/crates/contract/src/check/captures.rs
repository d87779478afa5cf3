//! Checks of what bodies are kept by. Whether a pattern is a regular expression, the server says.

use super::fault;
use crate::ids::KeyId;
use validator::ValidationError;

/// Most keys that are named; the schema's own limit.
const KEYS_MAX: usize = 1000;
/// Most patterns; the schema's own limit.
const PATTERNS_MAX: usize = 20;
/// Longest pattern, in characters.
const PATTERN_MAX: usize = 200;

fn between(value: u32, least: u32, most: u32) -> Result<(), ValidationError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(fault("out_of_range", format!("takes {least} to {most}")))
}

/// How many of a thousand.
pub fn sample_per_mille(value: u32) -> Result<(), ValidationError> {
    between(value, 1, 1000)
}

/// Bytes of a body.
pub fn capture_bytes(value: u32) -> Result<(), ValidationError> {
    between(value, 1024, 1_048_576)
}

/// Days.
pub fn capture_days(value: u32) -> Result<(), ValidationError> {
    between(value, 1, 30)
}

/// Keys by id.
pub fn capture_keys(keys: &[KeyId]) -> Result<(), ValidationError> {
    if keys.len() > KEYS_MAX {
        return Err(fault("too_many", format!("takes at most {KEYS_MAX} keys")));
    }
    Ok(())
}

/// Regular expressions.
pub fn capture_patterns(patterns: &[String]) -> Result<(), ValidationError> {
    if patterns.len() > PATTERNS_MAX {
        return Err(fault(
            "too_many",
            format!("takes at most {PATTERNS_MAX} patterns"),
        ));
    }
    for pattern in patterns {
        if pattern.is_empty() || pattern.chars().count() > PATTERN_MAX {
            return Err(fault(
                "out_of_range",
                format!("each pattern has 1 to {PATTERN_MAX} characters"),
            ));
        }
    }
    Ok(())
}
