//! Converse's `usage`, and what else tells of the bill.

use crate::tree::Node;
use crate::usage::{Tier, Usage};

/// More tokens than this in one figure are no count but a fault: a thousand of the largest context windows.
const FIGURE_MAX: u64 = 1_000_000_000;

/// What is wrong with a figure, for logs.
pub(super) type FigureFault = String;

/// Reads a `usage` object; `None` if it does not tell both input and output. `inputTokens` counts neither what was read
/// from the cache nor what was written to it (Amazon Bedrock's user guide, "Prompt caching"). Cache writes without details
/// count as 5-minute ones. If the details sum up to less than the total, the rest counts as 5-minute ones too; if to more,
/// the details count.
pub(super) fn usage(node: &Node<'_>) -> Result<Option<Usage>, FigureFault> {
    let written = figure(node, "cacheWriteInputTokens")?.unwrap_or(0);
    let (mut five_minutes, mut one_hour) = (0_u64, 0_u64);
    for detail in node
        .get("cacheDetails")
        .and_then(Node::as_array)
        .unwrap_or_default()
    {
        let tokens = figure(detail, "inputTokens")?.unwrap_or(0);
        let sum = match detail.get("ttl").and_then(Node::as_text) {
            Some("1h") => &mut one_hour,
            _ => &mut five_minutes,
        };
        *sum = bounded(
            sum.saturating_add(tokens),
            "cacheDetails[].inputTokens, summed up,",
        )?;
    }
    let cache_read = figure(node, "cacheReadInputTokens")?.unwrap_or(0);
    let (Some(input), Some(output)) = (figure(node, "inputTokens")?, figure(node, "outputTokens")?) else {
        return Ok(None);
    };
    Ok(Some(Usage {
        input,
        output,
        cache_write_5m: written.saturating_sub(one_hour).max(five_minutes),
        cache_write_1h: one_hour,
        cache_read,
        ..Usage::default()
    }))
}

/// A count of tokens; `null` is none.
fn figure(node: &Node<'_>, name: &str) -> Result<Option<u64>, FigureFault> {
    match node.get(name) {
        None | Some(Node::Null) => Ok(None),
        Some(value) => {
            let count = value.as_u64().unwrap_or(u64::MAX);
            bounded(count, name).map(Some)
        }
    }
}

fn bounded(count: u64, name: &str) -> Result<u64, FigureFault> {
    if count <= FIGURE_MAX {
        Ok(count)
    } else {
        Err(format!("usage.{name} is no whole number from 0 to {FIGURE_MAX}"))
    }
}

fn tier_word<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.get("serviceTier")?.get("type").and_then(Node::as_text)
}

/// The service tier that answered, as an answer or the `metadata` of a stream tells it (Amazon Bedrock's API reference,
/// "ServiceTier").
pub(super) fn tier(node: &Node<'_>) -> Tier {
    tier_word(node).and_then(Tier::of).unwrap_or_default()
}

/// Whether an answer, or the `metadata` of a stream, tells of a bill that is another one than the figures at list price:
/// a tier that is not known, low latency, calls of Bedrock's own tools.
pub(super) fn billed_beside_tokens(node: &Node<'_>) -> bool {
    let word = |object: &str, field: &str, usual: &str| {
        let told = node
            .get(object)
            .and_then(|object| object.get(field))
            .and_then(Node::as_text);
        told.is_some_and(|word| word != usual)
    };
    let unknown_tier = tier_word(node).is_some_and(|word| Tier::of(word).is_none());
    let tools = node.get("usage").and_then(|usage| usage.get("serverToolUsage"));
    let counts = tools.and_then(Node::as_object).unwrap_or_default();
    unknown_tier
        || word("performanceConfig", "latency", "standard")
        || counts
            .iter()
            .any(|(_, count)| count.as_u64().is_some_and(|count| count > 0))
}
