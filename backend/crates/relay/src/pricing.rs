//! Which prices hold for one request, fixed when it is admitted: the list's, which are what an account's owner pays
//! upstream, and what the tenant's plan makes of them. Never in here: arithmetic (that is `tollgate_money`).

use crate::asked::Asked;
use crate::platforms;
use crate::prices::Market;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, PriceVersionId, TenantId};
use tollgate_contract::platform::Platform;
use tollgate_ledger::Charge;
use tollgate_money::{Bound, Cost, Meters, ModelPrices, Nano, PlanVersion, PriceBook, Priced, Sale, Terms};
use tollgate_scheduler::{Pool, UpstreamAccount};
use tollgate_store::PLATFORM_TENANT;
use uuid::Uuid;

/// The output limit of a model of which the price list knows none: the largest of today's models.
const OUTPUT_MAX: u64 = 128_000;

/// Who serves: that decides the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) platform: Platform,
    /// Whether the account is the tenant's own.
    pub(crate) own: bool,
}

impl Served {
    pub(crate) fn by(account: &UpstreamAccount) -> Self {
        Self {
            platform: account.platform,
            own: account.owner != PLATFORM_TENANT,
        }
    }
}

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buyer<'a> {
    pub(crate) tenant: TenantId,
    /// The key's tags.
    pub(crate) tags: &'a [String],
}

/// One set of prices that may hold.
#[derive(Clone, Debug)]
struct Entry {
    served: Served,
    /// The name sent for which they hold; `None`: whatever is sent, since the list knows the name asked for.
    sent: Option<String>,
    list: Arc<ModelPrices>,
    terms: Terms,
    /// The list has none: the provider's dearest stand in.
    unpriced: bool,
}

/// What figures come to.
#[derive(Clone, Debug)]
pub(crate) struct Amounts {
    /// What the tenant pays.
    pub(crate) charge: Charge,
    /// What the account's owner pays upstream, at list price.
    pub(crate) cost: Charge,
    /// All that was counted has a price of its own.
    pub(crate) complete: bool,
}

/// The prices of a request's model, by who serves it. A model that the provider's list knows costs what the list says,
/// whatever name an account's mapping sends; one that only a mapping knows (a name of the tenant's own) costs what the
/// model sent costs.
#[derive(Clone, Debug)]
pub(crate) struct Pricing {
    pub(crate) version: PriceVersionId,
    plan_version: Option<Uuid>,
    entries: Vec<Entry>,
    /// Accounts whose upstream's prices for the model are not known, where such models are refused: nothing is sent there.
    pub(crate) unpriced: Vec<AccountId>,
}

/// Whether an account may be asked for a model: the scheduler's own rule.
pub(crate) fn fits(account: &UpstreamAccount, asked: &Asked) -> bool {
    asked.platforms.contains(&account.platform) && account.offers(&asked.bare)
        || asked.named_on.contains(&account.platform) && account.names(&asked.bare)
}

/// What finding prices needs.
struct Search<'a> {
    market: &'a Market,
    plan: Option<&'a PlanVersion>,
    buyer: Buyer<'a>,
    model: &'a str,
    at: DateTime<Utc>,
}

impl Pricing {
    /// The prices that hold at the request's time; `None` where no account's upstream has any for the model. Without any
    /// account the list alone is asked, so that the refusal is about accounts and not about the model.
    pub(crate) fn of(
        market: &Market,
        buyer: Buyer<'_>,
        asked: &Asked,
        pool: &Pool,
        at: DateTime<Utc>,
    ) -> Option<Self> {
        let plan = market.plans.at(buyer.tenant.0, at);
        let search = Search {
            market,
            plan: plan.as_deref(),
            buyer,
            model: &asked.bare,
            at,
        };
        let (mut version, mut entries, mut unpriced) = (None, Vec::<Entry>::with_capacity(1), Vec::new());
        let mut seen = false;
        for account in pool.accounts().filter(|account| fits(account, asked)) {
            seen = true;
            let served = Served::by(account);
            let of_served = |sent: Option<&str>| {
                entries
                    .iter()
                    .any(|entry| entry.served == served && entry.sent.as_deref() == sent)
            };
            if of_served(None) {
                continue;
            }
            let sent = platforms::sent_model(account, &asked.bare, &market.book, at);
            if of_served(Some(&sent)) {
                continue;
            }
            match search.entry(served, &sent) {
                Some((of, entry)) => {
                    version = Some(of);
                    entries.push(entry);
                }
                None => unpriced.push(account.id),
            }
        }
        if !seen {
            let mut platforms = asked.platforms.iter();
            let listed = platforms.find_map(|platform| search.listed(*platform));
            let (of, entry) = listed?;
            version = Some(of);
            entries.push(entry);
        }
        version.map(|version| Self {
            version: PriceVersionId(version),
            plan_version: plan.map(|plan| plan.id),
            entries,
            unpriced,
        })
    }

    /// Whether the list has no price of the model where it may be served.
    pub(crate) fn is_flagged(&self) -> bool {
        self.entries.iter().any(|entry| entry.unpriced)
    }

    /// The prices when it is served so; where there are none, the dearest of the others.
    fn when(&self, served: Served, sent: &str) -> Option<&Entry> {
        let fits = |entry: &&Entry| {
            entry.served == served && entry.sent.as_deref().is_none_or(|known| known == sent)
        };
        let dearest = || {
            let cost = |entry: &&Entry| entry.terms.worst_case(&Bound::A_MILLION_EACH);
            self.entries.iter().max_by_key(cost)
        };
        self.entries.iter().find(fits).or_else(dearest)
    }

    /// What may be charged at most.
    pub(crate) fn worst_case(&self, bound: &Bound) -> Nano {
        self.entries
            .iter()
            .map(|entry| entry.terms.worst_case(bound))
            .max()
            .unwrap_or(Nano::MAX)
    }

    /// What these figures come to. Figures too large for any amount can't be charged: the caller says so.
    pub(crate) fn amounts(&self, served: Served, sent: &str, meters: &Meters) -> Option<Amounts> {
        let entry = self.when(served, sent)?;
        let list = Cost::of(&entry.list, meters)?;
        let charge = entry.terms.charge(meters)?;
        Some(Amounts {
            complete: !list.incomplete && !charge.incomplete,
            charge: Charge {
                plan_version: self.plan_version,
                unpriced: entry.unpriced,
                ..Charge::from(&charge)
            },
            cost: Charge::from(&list),
        })
    }

    /// The longest output of any model that may serve the request: its limit where the client gives none.
    pub(crate) fn output_max(&self) -> u64 {
        let each = self
            .entries
            .iter()
            .map(|entry| entry.list.max_output.unwrap_or(OUTPUT_MAX));
        each.max().unwrap_or(OUTPUT_MAX)
    }

    /// The longest output of the model when it is served so.
    pub(crate) fn output_max_of(&self, served: Served, sent: &str) -> u64 {
        let entry = self.when(served, sent);
        entry
            .and_then(|entry| entry.list.max_output)
            .unwrap_or(OUTPUT_MAX)
    }

    /// Whether the model is served by OpenAI's Responses alone.
    pub(crate) fn responses_only(&self, served: Served, sent: &str) -> bool {
        self.when(served, sent)
            .is_some_and(|entry| entry.list.responses_only)
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

impl Search<'_> {
    /// The prices of an account's model, and the version that they are from.
    fn entry(&self, served: Served, sent: &str) -> Option<(Uuid, Entry)> {
        let (platform, provider) = (served.platform.as_str(), served.platform.provider());
        let book: &PriceBook = &self.market.book;
        if let Some(priced) = book.find_on(platform, provider, self.model, self.at) {
            return Some(self.made(served, None, priced, false));
        }
        if let Some(priced) = book.find_on(platform, provider, sent, self.at) {
            return Some(self.made(served, Some(sent.to_owned()), priced, false));
        }
        if !self.market.flags_unpriced {
            return None;
        }
        let priced = book.dearest(provider, self.at)?;
        Some(self.made(served, Some(sent.to_owned()), priced, true))
    }

    /// What the list says, whatever accounts there are.
    fn listed(&self, platform: Platform) -> Option<(Uuid, Entry)> {
        let (served, provider) = (Served { platform, own: false }, platform.provider());
        let priced = self
            .market
            .book
            .find_on(platform.as_str(), provider, self.model, self.at)?;
        Some(self.made(served, None, priced, false))
    }

    fn made(&self, served: Served, sent: Option<String>, priced: Priced, unpriced: bool) -> (Uuid, Entry) {
        let sale = Sale {
            platform: served.platform.as_str(),
            provider: served.platform.provider(),
            model: self.model,
            tags: self.buyer.tags,
            own_account: served.own,
        };
        let list = priced.prices;
        let terms = Terms::of(self.plan, &sale, Arc::clone(&list));
        let entry = Entry {
            served,
            sent,
            list,
            terms,
            unpriced,
        };
        (priced.version, entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::CLAUDE;
    use chrono::DateTime;
    use tollgate_money::{Meter, PriceRow, Version};

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
            book: Arc::new(book),
            ..Market::default()
        };
        let buyer = Buyer {
            tenant: TenantId(Uuid::nil()),
            tags: &[],
        };
        Pricing::of(&market, buyer, &asked, &Pool::default(), DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_refusal_can_say_what_would_fit() {
        let bound = Bound {
            input: 100,
            output: 10_000,
            ..Bound::default()
        };
        let left = Nano(100 * 3_000 + 2_300 * 15_000 + 14_999);
        assert_eq!(pricing().output_that_fits(&bound, 1, left), 2_300);
        assert_eq!(pricing().output_that_fits(&bound, 2, left), 1_150);
        assert_eq!(pricing().output_that_fits(&bound, 1, Nano(10)), 0);
        assert_eq!(pricing().output_that_fits(&bound, 1, Nano::MAX), 10_000);
    }

    #[test]
    fn figures_that_fit_no_amount_are_not_charged_wrongly() {
        let served = Served {
            platform: Platform::ClaudeConsole,
            own: true,
        };
        let absurd = Meters {
            output: u64::MAX,
            ..Meters::default()
        };
        assert!(pricing().amounts(served, "m", &absurd).is_none());
    }
}
