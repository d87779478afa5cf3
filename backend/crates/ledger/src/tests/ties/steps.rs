//! What may happen, one thing a step, by the dice; and requests, of which memory is told.

use super::World;
use super::market::{MODELS, meters, part_of};
use super::memory::{Line, Request, tokens};
use crate::entry::{Charge, DoneEntry, Entry, LeaseRef, OpenEntry, Quality, Status};
use crate::retention::redact;
use crate::samples::{account, done_of, entry_of, open_entry};
use crate::seal::seal;
use crate::tests::support::settle;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::ids::{KeyId, PriceVersionId, UserId};
use tollgate_money::{Charged, Meters, Nano, Sale, local_date};
use tollgate_store::{Clock, PLATFORM_TENANT};
use uuid::Uuid;

const CENTRES: [&str; 3] = ["", "research", "büro \"2\""];
const CLIENTS: [&str; 3] = ["claude-cli/1.0", "curl/8", "codex_cli"];
const STATUSES: [Status; 4] = [Status::Ok, Status::Ok, Status::Cut, Status::UpstreamError];

pub(super) fn sale_of(entry: &Entry, own_account: bool) -> Sale<'_> {
    Sale {
        platform: &entry.open.platform,
        provider: &entry.open.provider,
        model: &entry.open.model,
        tags: &[],
        own_account,
    }
}

pub(super) fn charge_of(charged: &Charged) -> Charge {
    Charge {
        plan_version: charged.plan_version,
        unpriced: charged.unpriced,
        ..Charge::from(&charged.charge)
    }
}

impl World {
    pub(super) async fn step(&mut self) {
        match self.dice.roll(33) {
            0..=8 => self.book().await,
            9..=11 => self.bring_exact().await,
            12 => self.book_again().await,
            13..=14 => self.pay().await,
            15 => self.pay_back().await,
            16 => self.document().await,
            17..=19 => self.price_anew().await,
            20..=24 => self.wait(),
            25..=26 => self.close_all().await,
            27 => self.move_house().await,
            28 => drop(seal(&self.house.db, &self.signer).await.expect("sealed")),
            29..=31 => self.drop_old().await,
            _ => drop(redact(&self.house.db).await.expect("blanked")),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.house.clock.now()
    }

    /// Time goes on, but no further than it has.
    fn wait(&mut self) {
        let hours = 1 + self.dice.roll(24 * 30);
        let left = (Clock::system().now() - self.now()).num_hours();
        let hours = hours.min(u64::try_from(left).unwrap_or(0));
        self.house.clock.advance(Duration::from_secs(hours * 3_600 + 61));
    }

    /// Of now, or of days ago.
    fn own_time(&mut self) -> DateTime<Utc> {
        let minutes = match self.dice.roll(5) {
            0 => self.dice.amount(60 * 24 * 25),
            _ => self.dice.amount(180),
        };
        let at = (self.now() - TimeDelta::minutes(minutes)).max(self.horizon);
        DateTime::from_timestamp_millis(at.timestamp_millis()).expect("a time")
    }

    fn entry(&mut self, payer: usize, at: DateTime<Utc>, counted: &Meters) -> (Arc<Entry>, bool) {
        let (platform, provider, model) = MODELS[self.dice.pick(MODELS.len())];
        let owner = self.payers[payer].id;
        let served_by = match self.dice.roll(4) {
            0 => None,
            1 => Some(account(owner, "our own")),
            _ => Some(account(PLATFORM_TENANT, "pool")),
        };
        let own_account = served_by.as_ref().is_some_and(|account| !account.is_platform());
        let open = OpenEntry {
            key_id: KeyId(Uuid::from_u128(7 + u128::from(self.dice.roll(2)))),
            user_id: (self.dice.roll(2) == 0).then(|| UserId(Uuid::from_u128(5))),
            platform: platform.to_owned(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            upstream_model: model.to_owned(),
            worst_case: Nano(self.dice.amount(200_000_000)),
            lease: LeaseRef {
                budget_id: self.payers[payer].wallet,
                node_id: self.node.node_id(),
                epoch: self.node.epoch(),
            },
            client: CLIENTS[self.dice.pick(CLIENTS.len())].to_owned(),
            cost_centre: CENTRES[self.dice.pick(CENTRES.len())].to_owned(),
            local_date: local_date(at, self.payers[payer].zone),
            ..open_entry(&Clock::manual(at), owner)
        };
        let done = DoneEntry {
            status: STATUSES[self.dice.pick(STATUSES.len())],
            account: served_by,
            upstream_model: model.to_owned(),
            ttfb_ms: (self.dice.roll(3) > 0).then_some(90),
            ..done_of(open.request_id, 0)
        };
        let priced = self.priced(payer, &entry_of(open, done), own_account, counted, Quality::Exact);
        (priced, own_account)
    }

    /// The entry with these figures, at the prices of its time.
    fn priced(
        &self,
        payer: usize,
        entry: &Entry,
        own: bool,
        counted: &Meters,
        quality: Quality,
    ) -> Arc<Entry> {
        let at = time_of(entry);
        let charged = self.markets[payer].charge(sale_of(entry, own), &entry.open.model, at, counted);
        let on_platform = entry
            .done
            .account
            .as_ref()
            .is_some_and(crate::entry::AccountRef::is_platform);
        let (cost, cost_lines) = if on_platform {
            (charged.cost.total, Charge::from(&charged.cost).lines)
        } else {
            (Nano(0), Vec::new())
        };
        let done = DoneEntry {
            usage: *counted,
            quality,
            charge: charge_of(&charged),
            cost,
            cost_lines,
            ..entry.done.clone()
        };
        let open = OpenEntry {
            price_version: PriceVersionId(charged.version),
            ..entry.open.as_ref().clone()
        };
        entry_of(open, done)
    }

    /// Some requests of both payers in one settlement, some of them known in part only.
    async fn book(&mut self) {
        let mut entries = Vec::new();
        for _ in 0..=self.dice.roll(6) {
            let (payer, at) = (self.dice.pick(self.payers.len()), self.own_time());
            let counted = meters(&mut self.dice);
            let (exact, own_account) = self.entry(payer, at, &counted);
            let booked = if self.dice.roll(4) == 0 {
                self.priced(payer, &exact, own_account, &part_of(&counted), Quality::Estimated)
            } else {
                Arc::clone(&exact)
            };
            entries.push(Arc::clone(&booked));
            self.remember(payer, booked, exact, own_account);
        }
        let settled = settle(&self.house, &self.node, &entries).await;
        assert_eq!(settled.booked, entries.len());
    }

    fn remember(&mut self, payer: usize, booked: Arc<Entry>, exact: Arc<Entry>, own_account: bool) {
        let (now, payer) = (self.now(), &mut self.payers[payer]);
        let done = &booked.done;
        let [input, output, write_5m, write_1h, read] = tokens(&done.usage);
        payer.lines.push(Line {
            request: payer.requests.len(),
            booked_at: now,
            sums: [1, input, output, write_5m, write_1h, read, done.charge.total.0],
            is_correction: false,
        });
        payer.requests.push(Request {
            id: booked.open.request_id.0,
            at: time_of(&booked),
            exact: (done.quality == Quality::Estimated).then_some(exact),
            own_account,
            meters: done.usage,
            charge: done.charge.total.0,
            cost: done.cost.0,
            dropped: false,
            entry: booked,
        });
    }

    /// Exact figures of about half of what is known in part.
    async fn bring_exact(&mut self) {
        let now = self.now();
        let mut entries = Vec::new();
        for payer in &mut self.payers {
            for (number, request) in payer.requests.iter_mut().enumerate() {
                if request.exact.is_none() || self.dice.roll(2) == 0 {
                    continue;
                }
                let Some(exact) = request.exact.take() else {
                    continue;
                };
                let (old, new) = (&request.entry.done, &exact.done);
                let (before, after) = (tokens(&old.usage), tokens(&new.usage));
                let charge = new.charge.total.0 - old.charge.total.0;
                entries.push(Arc::clone(&exact));
                if old.usage == new.usage && charge == 0 {
                    // Nothing is to be put right: the same again.
                    continue;
                }
                let [input, output, write_5m, write_1h, read] = [0, 1, 2, 3, 4].map(|n| after[n] - before[n]);
                payer.lines.push(Line {
                    request: number,
                    booked_at: now,
                    sums: [0, input, output, write_5m, write_1h, read, charge],
                    is_correction: true,
                });
                request.charge += charge;
                request.cost += new.cost.0 - old.cost.0;
                request.meters = new.usage;
            }
        }
        if !entries.is_empty() {
            let settled = settle(&self.house, &self.node, &entries).await;
            assert_eq!((settled.booked, settled.conflicts), (0, 0));
            self.note("corrected", settled.corrected);
        }
    }

    /// An entry that comes twice, as after a crash.
    async fn book_again(&mut self) {
        let payer = self.dice.pick(self.payers.len());
        let there: Vec<_> = self.payers[payer]
            .requests
            .iter()
            .filter(|request| !request.dropped)
            .collect();
        if there.is_empty() {
            return;
        }
        let entry = Arc::clone(&there[self.dice.pick(there.len())].entry);
        let settled = settle(&self.house, &self.node, &[entry]).await;
        assert_eq!((settled.booked, settled.corrected, settled.conflicts), (0, 0, 0));
    }
}

/// The time that a request's id carries.
fn time_of(entry: &Entry) -> DateTime<Utc> {
    let (seconds, nanos) = entry.open.request_id.0.get_timestamp().expect("a time").to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).expect("small"), nanos).expect("a time")
}
