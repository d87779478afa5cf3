//! Which prices hold for one request, fixed when it is admitted. Never in here: arithmetic (that is `tollgate_money`).

use std::sync::Arc;
use tollgate_contract::ids::PriceVersionId;
use tollgate_ledger::Charge;
use tollgate_money::{Bound, Cost, Meters, ModelPrices, Nano, PriceBook, Priced};
use tollgate_scheduler::Pool;

/// The provider whose list holds for accounts that speak Claude's format.
pub(crate) const PROVIDER: &str = "anthropic";

/// The prices of a request's model. A model that the list knows costs what the list says, whatever name an account's
/// mapping sends; one that only a mapping knows (a name of the tenant's own) costs what the model sent costs.
#[derive(Clone, Debug)]
pub(crate) struct Pricing {
    pub(crate) version: PriceVersionId,
    asked: Option<Arc<ModelPrices>>,
    /// By the name sent; empty where the list knows the model asked for.
    sent: Vec<(String, Arc<ModelPrices>)>,
}

impl Pricing {
    /// The prices that hold at the request's time; `None` where neither the model nor what accounts make of it has any.
    pub(crate) fn of(
        book: &PriceBook,
        model: &str,
        pool: &Pool,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Option<Self> {
        if let Some(Priced { version, prices }) = book.find(PROVIDER, model, at) {
            return Some(Self {
                version: PriceVersionId(version),
                asked: Some(prices),
                sent: Vec::new(),
            });
        }
        let (mut version, mut sent) = (None, Vec::<(String, Arc<ModelPrices>)>::new());
        for account in pool.accounts().filter(|account| account.offers(model)) {
            let name = account.sent_model(model);
            if sent.iter().all(|(known, _)| known != name)
                && let Some(found) = book.find(PROVIDER, name, at)
            {
                version = Some(PriceVersionId(found.version));
                sent.push((name.to_owned(), found.prices));
            }
        }
        version.map(|version| Self {
            version,
            asked: None,
            sent,
        })
    }

    fn each(&self) -> impl Iterator<Item = &ModelPrices> {
        self.asked
            .iter()
            .chain(self.sent.iter().map(|(_, prices)| prices))
            .map(Arc::as_ref)
    }

    /// The prices when this model is sent; where an account sends one without a price, the dearest of the others.
    fn when_sent(&self, sent: &str) -> Option<&ModelPrices> {
        let by_name = || {
            self.sent
                .iter()
                .find(|(name, _)| name == sent)
                .map(|(_, prices)| prices.as_ref())
        };
        let dearest = || self.each().max_by_key(|prices| A_MILLION_EACH.worst_case(prices));
        self.asked.as_deref().or_else(by_name).or_else(dearest)
    }

    /// What may be charged at most.
    pub(crate) fn worst_case(&self, bound: &Bound) -> Nano {
        self.each()
            .map(|prices| bound.worst_case(prices))
            .max()
            .unwrap_or(Nano::MAX)
    }

    /// What these figures cost. Figures too large for any amount can't be charged: the caller says so.
    pub(crate) fn charge(&self, sent: &str, meters: &Meters) -> Option<Charge> {
        let cost = Cost::of(self.when_sent(sent)?, meters)?;
        Some(Charge::from(&cost))
    }

    /// The largest output limit that fits into an amount, with input as bounded; zero if not even the input fits.
    pub(crate) fn output_that_fits(&self, bound: &Bound, left: Nano) -> u64 {
        let fits = |output: u64| self.worst_case(&Bound { output, ..*bound }) <= left;
        let (mut low, mut high) = (0, bound.output);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if fits(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }
}

/// For telling the dearer of two models.
const A_MILLION_EACH: Bound = Bound {
    input: 1_000_000,
    output: 1_000_000,
    remote_context: false,
};

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use tollgate_money::{PriceRow, Version};
    use uuid::Uuid;

    fn pricing() -> Pricing {
        let row = PriceRow {
            provider: PROVIDER.to_owned(),
            model: "m".to_owned(),
            mode: "chat".to_owned(),
            input: Some("3".to_owned()),
            output: Some("15".to_owned()),
            ..PriceRow::default()
        };
        let book = PriceBook::new(vec![Version::new(Uuid::nil(), DateTime::UNIX_EPOCH, &[row]).0]);
        Pricing::of(&book, "m", &Pool::default(), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_refusal_can_say_what_would_fit() {
        let bound = Bound {
            input: 100,
            output: 10_000,
            remote_context: false,
        };
        let left = Nano(100 * 3_000 + 2_300 * 15_000 + 14_999);
        assert_eq!(pricing().output_that_fits(&bound, left), 2_300);
        assert_eq!(pricing().output_that_fits(&bound, Nano(10)), 0);
        assert_eq!(pricing().output_that_fits(&bound, Nano::MAX), 10_000);
    }

    #[test]
    fn figures_that_fit_no_amount_are_not_charged_wrongly() {
        let absurd = Meters {
            output: u64::MAX,
            ..Meters::default()
        };
        assert!(pricing().charge("m", &absurd).is_none());
    }
}
