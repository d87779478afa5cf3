//! What a client is told whose request does not fit into a budget: which one, how much is left, and what would fit.
//! Never in here: reserving.

use crate::pricing::Pricing;
use crate::refusal::{Refusal, Retry, WAIT_MAX};
use chrono::{DateTime, Utc};
use std::fmt::Write as _;
use std::time::Duration;
use tollgate_contract::budgets::BudgetScope;
use tollgate_ledger::BudgetRefusal;
use tollgate_money::Bound;
use tollgate_wire::error::ErrorKind;

/// The refusal in words. A budget that begins anew shortly passes as a rate limit does; else no repetition helps.
pub(crate) fn no_money(
    refusal: &BudgetRefusal,
    pricing: &Pricing,
    bound: &Bound,
    choices: u64,
    now: DateTime<Utc>,
) -> Refusal {
    let (left, needed) = (refusal.left, refusal.needed);
    let fits = pricing.output_that_fits(bound, choices, left);
    let lower = (fits > 0).then(|| format!("lower the output limit (max_tokens) to {fits}"));
    let mut message = format!(
        "{} has {left} left to reserve and this request may cost up to {needed}.",
        subject(refusal)
    );
    let wait = refusal.resets_at.map(|at| {
        let local = at.with_timezone(&refusal.zone);
        format!("wait until {} {}", local.format("%Y-%m-%d %H:%M"), refusal.zone)
    });
    let top_up = refusal.is_wallet.then(|| "top the wallet up".to_owned());
    let ways: Vec<String> = top_up.into_iter().chain(lower).chain(wait).collect();
    if ways.is_empty() {
        message.push_str(" It does not begin anew: only a higher limit helps.");
    } else {
        // Writing to a text can't fail.
        let _ = write!(message, " To go on, {}.", ways.join(", or "));
    }
    if refusal.running.0 > 0 {
        let _ = write!(
            message,
            " {} is held for requests that are running or not settled yet.",
            refusal.running
        );
    }
    if refusal.lost.0 > 0 {
        let _ = write!(
            message,
            " {} is held by a gateway node that is not heard of; the gateway's operator can tell more.",
            refusal.lost
        );
    }
    if refusal.is_wallet {
        return Refusal::for_good(ErrorKind::Billing, "wallet_empty", message);
    }
    match until(refusal.resets_at, now) {
        Some(wait) if wait <= WAIT_MAX => {
            Refusal::for_now(ErrorKind::RateLimit, CODE, message, Retry::After(wait))
        }
        _ => Refusal::for_good(ErrorKind::Billing, CODE, message),
    }
}

/// The word for every budget but the wallet.
const CODE: &str = "budget_exceeded";

fn until(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Duration> {
    (at? - now).to_std().ok()
}

fn subject(refusal: &BudgetRefusal) -> String {
    if refusal.is_wallet {
        return "The organisation's wallet".to_owned();
    }
    let (name, limit) = (&refusal.name, refusal.limit);
    let of = match &refusal.scope {
        BudgetScope::Tenant => "the organisation".to_owned(),
        BudgetScope::User { .. } => "this API key's user".to_owned(),
        BudgetScope::Key { .. } => "this API key".to_owned(),
        BudgetScope::CostCentre { cost_centre } => format!("the cost centre `{cost_centre}`"),
    };
    format!("The budget `{name}` of {of} ({limit} in all)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::Asked;
    use crate::call::CLAUDE;
    use crate::prices::Market;
    use crate::pricing::Buyer;
    use tollgate_contract::ids::{BudgetId, TenantId};
    use tollgate_money::{Meter, Nano, PriceBook, PriceRow, Version};
    use tollgate_scheduler::Pool;
    use uuid::Uuid;

    fn pricing() -> Pricing {
        let row = PriceRow {
            provider: "anthropic".to_owned(),
            model: "m".to_owned(),
            mode: "chat".to_owned(),
            ..PriceRow::default()
        };
        let row = row.with(Meter::Input, "3").with(Meter::Output, "15");
        let asked = Asked {
            model: "m".to_owned(),
            bare: "m".to_owned(),
            platforms: CLAUDE.into(),
            named_on: CLAUDE.into(),
        };
        let book = PriceBook::new(vec![Version::new(Uuid::nil(), DateTime::UNIX_EPOCH, &[row]).0]);
        let market = Market {
            book: std::sync::Arc::new(book),
            ..Market::default()
        };
        let buyer = Buyer {
            tenant: TenantId(Uuid::nil()),
            tags: &[],
        };
        Pricing::of(&market, buyer, &asked, &Pool::default(), DateTime::UNIX_EPOCH).unwrap()
    }

    fn told(refusal: &BudgetRefusal, now: &str) -> Refusal {
        let bound = Bound {
            input: 100,
            output: 10_000,
            ..Bound::default()
        };
        no_money(refusal, &pricing(), &bound, 1, now.parse().unwrap())
    }

    fn refusal() -> BudgetRefusal {
        BudgetRefusal {
            budget_id: BudgetId(Uuid::nil()),
            is_wallet: false,
            name: "Team".to_owned(),
            scope: BudgetScope::Tenant,
            limit: Nano(1_000_000_000),
            left: Nano(100 * 3_000 + 2_300 * 15_000 + 14_999),
            running: Nano(20_000_000),
            lost: Nano(5_000_000),
            needed: Nano(150_300_000),
            resets_at: Some("2026-11-30T16:00:00Z".parse().unwrap()),
            zone: tollgate_money::zone("Asia/Shanghai"),
        }
    }

    #[test]
    fn a_refusal_says_what_would_fit_and_when() {
        let said = told(&refusal(), "2026-11-30T10:00:00Z");
        assert_eq!(
            (said.status(), said.code, said.retry),
            (402, "budget_exceeded", Retry::Never)
        );
        assert_eq!(
            said.message,
            "The budget `Team` of the organisation ($1.00 in all) has $0.034814999 left to reserve and this request may cost up \
             to $0.1503. To go on, lower the output limit (max_tokens) to 2300, or wait until 2026-12-01 00:00 \
             Asia/Shanghai. $0.02 is held for requests that are running or not settled yet. $0.005 is held by a gateway \
             node that is not heard of; the gateway's operator can tell more."
        );
    }

    #[test]
    fn a_budget_that_begins_anew_within_a_minute_passes_like_a_rate_limit() {
        let said = told(&refusal(), "2026-11-30T15:59:30Z");
        assert_eq!(said.status(), 429);
        assert_eq!(said.retry, Retry::After(Duration::from_secs(30)));
    }

    #[test]
    fn an_empty_wallet_and_a_budget_without_end_say_so() {
        let wallet = BudgetRefusal {
            is_wallet: true,
            left: Nano(0),
            running: Nano(0),
            lost: Nano(0),
            resets_at: None,
            ..refusal()
        };
        let said = told(&wallet, "2026-11-30T10:00:00Z");
        assert_eq!((said.status(), said.code), (402, "wallet_empty"));
        assert_eq!(
            said.message,
            "The organisation's wallet has $0.00 left to reserve and this request may cost up to $0.1503. To go on, top the \
             wallet up."
        );
        let total = BudgetRefusal {
            is_wallet: false,
            scope: BudgetScope::CostCentre {
                cost_centre: "lab".to_owned(),
            },
            ..wallet
        };
        let said = told(&total, "2026-11-30T10:00:00Z");
        assert!(
            said.message.contains("of the cost centre `lab`"),
            "{}",
            said.message
        );
        assert!(
            said.message.ends_with("only a higher limit helps."),
            "{}",
            said.message
        );
    }
}
