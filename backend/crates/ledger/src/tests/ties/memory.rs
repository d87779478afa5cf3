//! What was done, kept apart from the database: every figure of the books can be reckoned from it by other arithmetic.

use crate::entry::Entry;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_contract::ids::{BudgetId, TenantId};
use tollgate_contract::periods::Statement;
use tollgate_money::{Meters, local_date};
use uuid::Uuid;

/// Requests, five kinds of tokens, charge.
pub(super) type Sums = [i64; 7];

pub(super) struct Payer {
    pub id: TenantId,
    pub wallet: BudgetId,
    pub zone: Tz,
    /// In which the days stand.
    pub rollup_zone: Tz,
    pub requests: Vec<Request>,
    pub lines: Vec<Line>,
    pub moves: Vec<Move>,
    pub statements: Vec<Statement>,
}

/// A request as it is by now.
pub(super) struct Request {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub entry: Arc<Entry>,
    /// Its end, where only a part is booked.
    pub exact: Option<Arc<Entry>>,
    pub own_account: bool,
    pub meters: Meters,
    pub charge: i64,
    pub cost: i64,
    pub dropped: bool,
}

/// One row of usage: an event, or a correction.
pub(super) struct Line {
    pub request: usize,
    pub booked_at: DateTime<Utc>,
    pub sums: Sums,
    pub is_correction: bool,
}

/// A transfer outside batches.
pub(super) struct Move {
    pub kind: &'static str,
    /// The account across from the wallet.
    pub across: &'static str,
    pub at: DateTime<Utc>,
    pub change: i64,
}

pub(super) fn tokens(meters: &Meters) -> [i64; 5] {
    [
        meters.input,
        meters.output,
        meters.cache_write_5m,
        meters.cache_write_1h,
        meters.cache_read,
    ]
    .map(|count| i64::try_from(count).expect("few"))
}

fn shown(key: &str, sums: &Sums) -> String {
    let sums: Vec<String> = sums.iter().map(ToString::to_string).collect();
    format!("{key}|{}", sums.join("|"))
}

impl Payer {
    pub fn charged(&self) -> i64 {
        self.lines.iter().map(|line| line.sums[6]).sum()
    }

    /// The lines' sums by whatever the request tells, as `key|requests|tokens…|charge`, in order.
    pub fn by(&self, key: impl Fn(&Request) -> String) -> Vec<String> {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for line in &self.lines {
            let sum = sums.entry(key(&self.requests[line.request])).or_default();
            for (sum, more) in sum.iter_mut().zip(line.sums) {
                *sum += more;
            }
        }
        sums.iter().map(|(key, sums)| shown(key, sums)).collect()
    }

    pub fn by_hour(&self) -> Vec<String> {
        self.by(|request| request.at.format("%Y-%m-%d %H").to_string())
    }

    pub fn by_day(&self) -> Vec<String> {
        self.by(|request| local_date(request.at, self.rollup_zone).to_string())
    }

    pub fn by_month(&self) -> Vec<String> {
        let month = |request: &Request| local_date(request.at, self.rollup_zone);
        self.by(|request| month(request).format("%Y-%m").to_string())
    }

    pub fn by_kind(&self) -> Vec<String> {
        self.by(|request| {
            let (open, done) = (&request.entry.open, &request.entry.done);
            format!("{}/{}/{}", open.model, open.cost_centre, done.status.as_str())
        })
    }

    /// What requests come to that are still there, as `id|charge`.
    pub fn each(&self) -> Vec<String> {
        let there = self.requests.iter().filter(|request| !request.dropped);
        let mut each: Vec<String> = there.map(|one| format!("{}|{}", one.id, one.charge)).collect();
        each.sort_unstable();
        each
    }

    /// A statement's usage: `model|cost centre|late|requests|input|output|cache written|cache read|usage|correction`.
    pub fn stated(&self, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Vec<String> {
        let mut groups: BTreeMap<(&str, &str, bool), [i64; 7]> = BTreeMap::new();
        for line in &self.lines {
            if line.booked_at < starts_at || line.booked_at >= ends_at {
                continue;
            }
            let request = &self.requests[line.request];
            let open = &request.entry.open;
            let key = (
                open.model.as_str(),
                open.cost_centre.as_str(),
                request.at < starts_at,
            );
            let [requests, input, output, write_5m, write_1h, read, charge] = line.sums;
            let (usage, correction) = if line.is_correction {
                (0, charge)
            } else {
                (charge, 0)
            };
            let more = [
                requests,
                input,
                output,
                write_5m + write_1h,
                read,
                usage,
                correction,
            ];
            for (sum, more) in groups.entry(key).or_default().iter_mut().zip(more) {
                *sum += more;
            }
        }
        let line = |((model, centre, late), sums): (&(&str, &str, bool), &Sums)| {
            shown(&format!("{model}|{centre}|{late}"), sums)
        };
        groups.iter().map(line).collect()
    }

    /// What moved the wallet beside settlement in a time, by kind.
    pub fn movements(&self, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> BTreeMap<&'static str, i64> {
        let mut kinds = BTreeMap::new();
        for one in &self.moves {
            if one.at >= starts_at && one.at < ends_at {
                *kinds.entry(one.kind).or_default() += one.change;
            }
        }
        kinds
    }

    /// The balances that its ledger accounts must have, as `code|balance`.
    pub fn balances(&self) -> Vec<String> {
        let mut balances: BTreeMap<&str, i64> = BTreeMap::new();
        for one in &self.moves {
            *balances.entry("wallet").or_default() += one.change;
            *balances.entry(one.across).or_default() -= one.change;
        }
        *balances.entry("wallet").or_default() -= self.charged();
        *balances.entry("revenue").or_default() += self.charged();
        let there = balances.into_iter().filter(|(_, balance)| *balance != 0);
        there.map(|(code, balance)| format!("{code}|{balance}")).collect()
    }

    /// Marks what is gone with a month of UTC.
    pub fn forget(&mut self, month: NaiveDate) {
        for request in &mut self.requests {
            let day = request.at.date_naive();
            if (day.year(), day.month()) == (month.year(), month.month()) {
                request.dropped = true;
                request.exact = None;
            }
        }
    }
}
