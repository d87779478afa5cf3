//! When a stored budget begins anew, in the words of the money crate. Never in here: the calendar.

use tollgate_contract::budgets::BudgetPeriod;
use tollgate_money::{PeriodLength, PeriodRule, zone};

/// The rule of a budget as the API says it; `time_zone` is an IANA name.
pub(crate) fn rule(period: BudgetPeriod, week_start: u8, start_hour: u8, time_zone: &str) -> PeriodRule {
    PeriodRule {
        length: match period {
            BudgetPeriod::Day => PeriodLength::Day,
            BudgetPeriod::Week => PeriodLength::Week,
            BudgetPeriod::Month => PeriodLength::Month,
            BudgetPeriod::Total => PeriodLength::Total,
        },
        zone: zone(time_zone),
        week_start,
        start_hour,
    }
}

/// The rule of a budget as it is stored; `None` for a period that is unknown here.
pub(crate) fn stored_rule(
    period: &str,
    week_start: i16,
    start_hour: i16,
    time_zone: &str,
) -> Option<PeriodRule> {
    let small = |value: i16| u8::try_from(value).unwrap_or_default();
    let period = BudgetPeriod::parse(period)?;
    Some(rule(period, small(week_start), small(start_hour), time_zone))
}
