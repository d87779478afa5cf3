//! Sums as rollups have them, added up exactly; what a report shows is made of them at the very end.

use crate::figures::{Sums, count};
use std::ops::{AddAssign, SubAssign};
use tollgate_contract::reports::{Metrics, ReportMetric};
use tollgate_contract::stats::Figures;

/// Everything that a rollup sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) requests: i64,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cache_write_5m: i64,
    pub(super) cache_write_1h: i64,
    pub(super) cache_read: i64,
    pub(super) charge: i64,
    pub(super) errors: i64,
    pub(super) client_errors: i64,
    pub(super) cut: i64,
    pub(super) estimated: i64,
    pub(super) late: i64,
    pub(super) duration_ms: i64,
    pub(super) ttfb_ms: i64,
    pub(super) ttfb_requests: i64,
}

impl Total {
    fn zip(self, other: Self, with: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            requests: with(self.requests, other.requests),
            input: with(self.input, other.input),
            output: with(self.output, other.output),
            cache_write_5m: with(self.cache_write_5m, other.cache_write_5m),
            cache_write_1h: with(self.cache_write_1h, other.cache_write_1h),
            cache_read: with(self.cache_read, other.cache_read),
            charge: with(self.charge, other.charge),
            errors: with(self.errors, other.errors),
            client_errors: with(self.client_errors, other.client_errors),
            cut: with(self.cut, other.cut),
            estimated: with(self.estimated, other.estimated),
            late: with(self.late, other.late),
            duration_ms: with(self.duration_ms, other.duration_ms),
            ttfb_ms: with(self.ttfb_ms, other.ttfb_ms),
            ttfb_requests: with(self.ttfb_requests, other.ttfb_requests),
        }
    }

    /// What rows are ordered and shared by.
    pub(super) fn by(&self, metric: ReportMetric) -> i64 {
        match metric {
            ReportMetric::Charge => self.charge,
            ReportMetric::Requests => self.requests,
            ReportMetric::Tokens => {
                let kinds = [
                    self.output,
                    self.cache_write_5m,
                    self.cache_write_1h,
                    self.cache_read,
                ];
                kinds.into_iter().fold(self.input, i64::saturating_add)
            }
            ReportMetric::Errors => self.errors,
        }
    }

    /// Thousandths of a whole, rounded down.
    pub(super) fn permille_of(&self, whole: &Self, metric: ReportMetric) -> u32 {
        let share = i128::from(self.by(metric)).saturating_mul(1000);
        let share = share.checked_div(i128::from(whole.by(metric)));
        share
            .and_then(|share| u32::try_from(share).ok())
            .unwrap_or_default()
    }

    pub(super) fn metrics(&self) -> Metrics {
        let mean = |sum: i64, of: i64| count(sum).checked_div(count(of));
        Metrics {
            figures: Figures::from(Sums {
                requests: self.requests,
                input: self.input,
                output: self.output,
                cache_write_5m: self.cache_write_5m,
                cache_write_1h: self.cache_write_1h,
                cache_read: self.cache_read,
                charge: self.charge,
            }),
            errors: count(self.errors),
            client_errors: count(self.client_errors),
            cut: count(self.cut),
            estimated_requests: count(self.estimated),
            late_requests: count(self.late),
            mean_duration_ms: mean(self.duration_ms, self.requests),
            mean_first_byte_ms: mean(self.ttfb_ms, self.ttfb_requests),
        }
    }
}

impl AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        *self = self.zip(other, i64::saturating_add);
    }
}

impl SubAssign for Total {
    fn sub_assign(&mut self, other: Self) {
        *self = self.zip(other, i64::saturating_sub);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_rounded_down_and_there_is_none_of_nothing() {
        let total = Total {
            requests: 3,
            duration_ms: 11,
            ..Total::default()
        };
        let metrics = total.metrics();
        assert_eq!(
            (metrics.mean_duration_ms, metrics.mean_first_byte_ms),
            (Some(3), None)
        );
        assert_eq!(total.permille_of(&Total::default(), ReportMetric::Requests), 0);
    }
}
