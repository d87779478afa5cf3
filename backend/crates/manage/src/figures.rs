//! Rows of sums as the contract's figures.

use tollgate_contract::money::NanoUsd;
use tollgate_contract::stats::Figures;

/// Sums as the database has them; queries select columns of these names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) requests: i64,
    pub(crate) input: i64,
    pub(crate) output: i64,
    pub(crate) cache_write_5m: i64,
    pub(crate) cache_write_1h: i64,
    pub(crate) cache_read: i64,
    pub(crate) charge: i64,
}

/// A count that the schema keeps from being negative.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

impl From<Sums> for Figures {
    fn from(sums: Sums) -> Self {
        let meters = [
            sums.input,
            sums.output,
            sums.cache_write_5m,
            sums.cache_write_1h,
            sums.cache_read,
        ];
        Self {
            requests: count(sums.requests),
            input_tokens: count(sums.input),
            output_tokens: count(sums.output),
            cache_write_5m_tokens: count(sums.cache_write_5m),
            cache_write_1h_tokens: count(sums.cache_write_1h),
            cache_read_tokens: count(sums.cache_read),
            total_tokens: meters.into_iter().map(count).fold(0, u64::saturating_add),
            charge_nano: NanoUsd(sums.charge),
        }
    }
}

/// Adds one row of sums to another.
pub(crate) fn add(total: &mut Figures, more: &Figures) {
    let plus = u64::saturating_add;
    total.requests = plus(total.requests, more.requests);
    total.input_tokens = plus(total.input_tokens, more.input_tokens);
    total.output_tokens = plus(total.output_tokens, more.output_tokens);
    total.cache_write_5m_tokens = plus(total.cache_write_5m_tokens, more.cache_write_5m_tokens);
    total.cache_write_1h_tokens = plus(total.cache_write_1h_tokens, more.cache_write_1h_tokens);
    total.cache_read_tokens = plus(total.cache_read_tokens, more.cache_read_tokens);
    total.total_tokens = plus(total.total_tokens, more.total_tokens);
    total.charge_nano.0 = total.charge_nano.0.saturating_add(more.charge_nano.0);
}
