//! Which prices hold for one request, fixed when it is admitted. Never in here: arithmetic (that is `tollgate_money`).

use crate::asked::Asked;
use crate::platforms;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, PriceVersionId};
use tollgate_ledger::Charge;
use tollgate_money::{Bound, Cost, Meters, ModelPrices, Nano, PriceBook, Priced};
use tollgate_scheduler::{Pool, UpstreamAccount};

/// The output limit of a model of which the price list knows none: the largest of today's models.
const OUTPUT_MAX: u64 = 128_000;

/// One set of prices that may hold.
#[derive(Clone, Debug)]
struct Entry {
    provider: &'static str,
    /// The name sent for which they hold; `None`: whatever is sent, since the list knows the name asked for.
    sent: Option<String>,
    prices: Arc<ModelPrices>,
}

/// The prices of a request's model, by the provider of the account that serves it. A model that the provider's list knows
/// costs what the list says, whatever name an account's mapping sends; one that only a mapping knows (a name of the
/// tenant's own) costs what the model sent costs.
#[derive(Clone, Debug)]
pub(crate) struct Pricing {
    pub(crate) version: PriceVersionId,
    entries: Vec<Entry>,
    /// Accounts whose upstream's prices for the model are not known: nothing is sent there.
    pub(crate) unpriced: Vec<AccountId>,
}

/// Whether an account may be asked for a model: the scheduler's own rule.
pub(crate) fn fits(account: &UpstreamAccount, asked: &Asked) -> bool {
    asked.platforms.contains(&account.platform) && account.offers(&asked.bare)
        || asked.named_on.contains(&account.platform) && account.names(&asked.bare)
}

impl Pricing {
    /// The prices that hold at the request's time; `None` where no account's upstream has any for the model. Without any
    /// account the list alone is asked, so that the refusal is about accounts and not about the model.
    pub(crate) fn of(book: &PriceBook, asked: &Asked, pool: &Pool, at: DateTime<Utc>) -> Option<Self> {
        let (mut version, mut entries, mut unpriced) = (None, Vec::<Entry>::with_capacity(1), Vec::new());
        let mut seen = false;
        for account in pool.accounts().filter(|account| fits(account, asked)) {
            seen = true;
            let provider = account.platform.provider();
            if entries
                .iter()
                .any(|entry| entry.provider == provider && entry.sent.is_none())
            {
                continue;
            }
            let sent = platforms::sent_model(account, &asked.bare, book, at);
            if entries
                .iter()
                .any(|entry| entry.provider == provider && entry.sent.as_deref() == Some(&*sent))
            {
                continue;
            }
            match found(book, provider, &asked.bare, &sent, at) {
                Some((by_asked, priced)) => {
                    version = Some(priced.version);
                    entries.push(Entry {
                        provider,
                        sent: (!by_asked).then(|| sent.into_owned()),
                        prices: priced.prices,
                    });
                }
                None => unpriced.push(account.id),
            }
        }
        if !seen {
            let mut platforms = asked.platforms.iter();
            let listed = platforms.find_map(|platform| {
                let provider = platform.provider();
                Some((provider, book.find(provider, &asked.bare, at)?))
            });
            let (provider, priced) = listed?;
            version = Some(priced.version);
            entries.push(Entry {
                provider,
                sent: None,
                prices: priced.prices,
            });
        }
        version.map(|version| Self {
            version: PriceVersionId(version),
            entries,
            unpriced,
        })
    }

    fn each(&self) -> impl Iterator<Item = &ModelPrices> {
        self.entries.iter().map(|entry| entry.prices.as_ref())
    }

    /// The prices when this provider serves this model; where that has none, the dearest of the others.
    fn when(&self, provider: &str, sent: &str) -> Option<&ModelPrices> {
        let fits = |entry: &&Entry| {
            entry.provider == provider && entry.sent.as_deref().is_none_or(|known| known == sent)
        };
        let dearest = || self.each().max_by_key(|prices| A_MILLION_EACH.worst_case(prices));
        let entry = self.entries.iter().find(fits);
        entry.map(|entry| entry.prices.as_ref()).or_else(dearest)
    }

    /// What may be charged at most.
    pub(crate) fn worst_case(&self, bound: &Bound) -> Nano {
        self.each()
            .map(|prices| bound.worst_case(prices))
            .max()
            .unwrap_or(Nano::MAX)
    }

    /// What these figures cost. Figures too large for any amount can't be charged: the caller says so.
    pub(crate) fn charge(&self, provider: &str, sent: &str, meters: &Meters) -> Option<Charge> {
        let cost = Cost::of(self.when(provider, sent)?, meters)?;
        Some(Charge::from(&cost))
    }

    /// The longest output of any model that may serve the request: its limit where the client gives none.
    pub(crate) fn output_max(&self) -> u64 {
        let each = self.each().map(|prices| prices.max_output.unwrap_or(OUTPUT_MAX));
        each.max().unwrap_or(OUTPUT_MAX)
    }

    /// The longest output of the model as this provider serves it.
    pub(crate) fn output_max_of(&self, provider: &str, sent: &str) -> u64 {
        let prices = self.when(provider, sent);
        prices.and_then(|prices| prices.max_output).unwrap_or(OUTPUT_MAX)
    }

    /// Whether this provider serves the model by OpenAI's Responses alone.
    pub(crate) fn responses_only(&self, provider: &str, sent: &str) -> bool {
        self.when(provider, sent)
            .is_some_and(|prices| prices.responses_only)
    }

    /// The largest output limit that fits into an amount, with input as bounded and so many answers; zero if not even the
    /// input fits.
    pub(crate) fn output_that_fits(&self, bound: &Bound, choices: u64, left: Nano) -> u64 {
        let fits = |output: u64| {
            let output = output.saturating_mul(choices);
            self.worst_case(&Bound { output, ..*bound }) <= left
        };
        let (mut low, mut high) = (0, bound.output / choices.max(1));
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

/// A model's prices at a provider, and whether they were found by the name asked for.
fn found(
    book: &PriceBook,
    provider: &str,
    asked: &str,
    sent: &str,
    at: DateTime<Utc>,
) -> Option<(bool, Priced)> {
    if let Some(priced) = book.find(provider, asked, at) {
        return Some((true, priced));
    }
    book.find(provider, sent, at).map(|priced| (false, priced))
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
    use crate::call::CLAUDE;
    use chrono::DateTime;
    use tollgate_money::{PriceRow, Version};
    use uuid::Uuid;

    fn pricing() -> Pricing {
        let row = PriceRow {
            provider: "anthropic".to_owned(),
            model: "m".to_owned(),
            mode: "chat".to_owned(),
            input: Some("3".to_owned()),
            output: Some("15".to_owned()),
            ..PriceRow::default()
        };
        let asked = Asked {
            model: "m".to_owned(),
            bare: "m".to_owned(),
            platforms: CLAUDE.into(),
            named_on: CLAUDE.into(),
        };
        let book = PriceBook::new(vec![Version::new(Uuid::nil(), DateTime::UNIX_EPOCH, &[row]).0]);
        Pricing::of(&book, &asked, &Pool::default(), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_refusal_can_say_what_would_fit() {
        let bound = Bound {
            input: 100,
            output: 10_000,
            remote_context: false,
        };
        let left = Nano(100 * 3_000 + 2_300 * 15_000 + 14_999);
        assert_eq!(pricing().output_that_fits(&bound, 1, left), 2_300);
        assert_eq!(pricing().output_that_fits(&bound, 2, left), 1_150);
        assert_eq!(pricing().output_that_fits(&bound, 1, Nano(10)), 0);
        assert_eq!(pricing().output_that_fits(&bound, 1, Nano::MAX), 10_000);
    }

    #[test]
    fn figures_that_fit_no_amount_are_not_charged_wrongly() {
        let absurd = Meters {
            output: u64::MAX,
            ..Meters::default()
        };
        assert!(pricing().charge("anthropic", "m", &absurd).is_none());
    }
}
