//! What may happen beside requests: money, prices, months, zones, age; memory is told of each.

use super::market::{MODELS, Market, starts};
use super::memory::{Line, Move};
use super::steps::{charge_of, sale_of};
use super::{World, ZONES};
use crate::entry::Charge;
use crate::periods::{close, open_period};
use crate::postings::{Posting, post};
use crate::reprice::{NewPrice, PastPricer, PastUsage, RepricingError, RepricingOrder};
use crate::retention::{Fate, drop_months};
use crate::rezone::rezone;
use crate::seal::seal;
use crate::tests::ages::reprice;
use crate::transfers::{Credit, CreditKind, credit};
use crate::wallet::{Refund, WalletError, refund};
use chrono::{Months, TimeDelta};
use tollgate_money::{Nano, Sale, zone};

/// Prices past requests as this market would.
fn pricer(market: Market) -> PastPricer {
    PastPricer::new(move |usage: &PastUsage| {
        let sale = Sale {
            platform: &usage.platform,
            provider: &usage.provider,
            model: &usage.model,
            tags: &usage.tags,
            own_account: usage.own_account,
        };
        let charged = market.charge(sale, &usage.upstream_model, usage.at, &usage.meters);
        Some(NewPrice {
            charge: charge_of(&charged),
            cost: Charge::from(&charged.cost),
            price_version: charged.version,
        })
    })
}

impl World {
    pub(super) async fn pay(&mut self) {
        let payer = self.dice.pick(self.payers.len());
        let (kind, name, across) = match self.dice.roll(4) {
            0 => (CreditKind::Promotion, "promotion", "promotion"),
            1 => (CreditKind::Adjustment, "adjustment", "adjustments"),
            2 => (CreditKind::Voucher, "voucher", "vouchers"),
            _ => (CreditKind::TopUp, "top_up", "cash"),
        };
        let amount = 1 + self.dice.amount(3_000_000_000);
        let given = Credit {
            kind,
            amount: Nano(amount),
            reason: "test".to_owned(),
            author: "test".to_owned(),
            idempotency_key: self.house.clock.new_id().to_string(),
        };
        let mut tx = self
            .house
            .db
            .tenant(self.payers[payer].id)
            .await
            .expect("a transaction");
        // The same call twice is one credit.
        for replayed in [false, true] {
            let booked = credit(&mut tx, &self.house.clock, &given).await.expect("paid");
            assert_eq!(booked.replayed, replayed);
        }
        tx.commit().await.expect("committed");
        self.moved(payer, name, across, amount);
    }

    fn moved(&mut self, payer: usize, kind: &'static str, across: &'static str, change: i64) {
        let at = self.now();
        self.payers[payer].moves.push(Move {
            kind,
            across,
            at,
            change,
        });
    }

    pub(super) async fn pay_back(&mut self) {
        let payer = self.dice.pick(self.payers.len());
        let amount = 1 + self.dice.amount(1_000_000_000);
        let back = Refund {
            amount: Nano(amount),
            reason: "test".to_owned(),
            author: "test".to_owned(),
            idempotency_key: self.house.clock.new_id().to_string(),
            of: None,
        };
        let mut tx = self
            .house
            .db
            .tenant(self.payers[payer].id)
            .await
            .expect("a transaction");
        match refund(&mut tx, &self.house.clock, &back).await {
            Ok(_) => {
                tx.commit().await.expect("committed");
                self.moved(payer, "refund", "cash", -amount);
            }
            Err(WalletError::Drawn { .. }) => self.note("refused refund", 1),
            Err(error) => panic!("{error}"),
        }
    }

    /// What invoices, credit notes and payments do to the wallet.
    pub(super) async fn document(&mut self) {
        let payer = self.dice.pick(self.payers.len());
        let amount = 1 + self.dice.amount(20_000_000);
        let key = self.house.clock.new_id().to_string();
        let all = [
            (Posting::Tax, "tax", "tax", -amount),
            (
                Posting::Rounding,
                "rounding",
                "rounding",
                3_333_333 - amount % 6_666_666,
            ),
            (Posting::Payment, "payment", "cash", amount),
            (Posting::CreditNote, "credit_note", "revenue", amount),
        ];
        let mut tx = self
            .house
            .db
            .tenant(self.payers[payer].id)
            .await
            .expect("a transaction");
        for (posting, kind, _, change) in all {
            let key = format!("{key}/{kind}");
            let words = ("a document", "test", key.as_str());
            post(&mut tx, &self.house.clock, posting, Nano(change), words)
                .await
                .expect("booked");
        }
        tx.commit().await.expect("committed");
        for (_, kind, across, change) in all.into_iter().filter(|(.., change)| *change != 0) {
            self.moved(payer, kind, across, change);
        }
    }

    /// By another list, or by another plan.
    pub(super) async fn price_anew(&mut self) {
        let payer = self.dice.pick(self.payers.len());
        let mut market = Market::new(&mut self.dice, &starts(self.first));
        if self.dice.roll(2) == 0 {
            market.book = self.markets[payer].book.clone();
        }
        let days = self.dice.amount(40);
        let order = RepricingOrder {
            tenant_id: self.payers[payer].id,
            from: self.now() - TimeDelta::days(days + 1),
            to: self.now() - TimeDelta::days(days / 2),
            model: (self.dice.roll(2) == 0).then(|| MODELS[self.dice.pick(MODELS.len())].2.to_owned()),
        };
        let booked = reprice(&self.house, &order, &pricer(market.clone())).await;
        let now = self.now();
        let payer = &mut self.payers[payer];
        let (mut changed, mut costs) = (0, 0);
        for (number, request) in payer.requests.iter_mut().enumerate() {
            let model = &request.entry.open.model;
            let meant = order.model.as_ref().is_none_or(|wanted| wanted == model);
            if request.dropped || !meant || request.at < order.from || request.at >= order.to {
                continue;
            }
            let sale = sale_of(&request.entry, request.own_account);
            let charged = market.charge(sale, model, request.at, &request.meters);
            let account = request.entry.done.account.as_ref();
            let on_platform = account.is_some_and(crate::entry::AccountRef::is_platform);
            if on_platform && request.cost != charged.cost.total.0 {
                costs += 1;
                request.cost = charged.cost.total.0;
            }
            let change = charged.charge.total.0 - request.charge;
            if change != 0 {
                changed += 1;
                request.charge += change;
                payer.lines.push(Line {
                    request: number,
                    booked_at: now,
                    sums: [0, 0, 0, 0, 0, 0, change],
                    is_correction: true,
                });
            }
        }
        match booked {
            Ok(booked) => {
                assert_eq!(booked.events, changed, "re-priced");
                assert_eq!(
                    booked.cost.map_or(0, |cost| cost.events),
                    costs,
                    "costs re-priced"
                );
                self.note("re-priced", 1);
            }
            Err(RepricingError::Nothing) => assert_eq!((changed, costs), (0, 0), "nothing was re-priced"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Every month that is over.
    pub(super) async fn close_all(&mut self) {
        for number in 0..self.payers.len() {
            loop {
                let payer = &self.payers[number];
                let mut tx = self.house.db.tenant(payer.id).await.expect("a transaction");
                let period = open_period(&mut tx).await.expect("read").expect("a period");
                if period.ends_at > self.now() {
                    break;
                }
                let made = close(&mut tx, &self.house.clock, period.month, "test").await;
                let made = made.unwrap_or_else(|error| panic!("{}: {error}", period.month));
                tx.commit().await.expect("committed");
                self.check_statement(payer, &made).await;
                self.note("closed", 1);
                self.note("late", usize::try_from(made.late_requests).expect("few"));
                self.payers[number].statements.push(made);
            }
        }
    }

    /// Another zone; the days are made anew at once, or when somebody else moves.
    pub(super) async fn move_house(&mut self) {
        let number = self.dice.pick(self.payers.len());
        let name = ZONES[self.dice.pick(ZONES.len())];
        let id = self.payers[number].id;
        let sql = format!("UPDATE tenants SET time_zone = '{name}' WHERE tenant_id = '{id}'");
        self.house.by_hand(&sql).await;
        self.payers[number].zone = zone(name);
        if self.dice.roll(3) > 0 {
            let moved = rezone(&self.house.db).await.expect("made anew");
            self.note("moved", usize::try_from(moved).expect("few"));
            for payer in &mut self.payers {
                payer.rollup_zone = payer.zone;
            }
        }
    }

    /// Months that are old enough, closed and sealed.
    pub(super) async fn drop_old(&mut self) {
        if self.dice.roll(2) == 0 {
            self.close_all().await;
            seal(&self.house.db, &self.signer).await.expect("sealed");
        }
        let keep = 1 + u32::try_from(self.dice.roll(2)).expect("few");
        for (month, fate) in drop_months(&self.house.db, keep).await.expect("dropped or kept") {
            if let Fate::Dropped(events) = fate {
                self.note("dropped", usize::try_from(events).expect("few"));
                for payer in &mut self.payers {
                    payer.forget(month);
                }
                let next = month.checked_add_months(Months::new(1)).expect("a month");
                self.horizon = next.and_hms_opt(0, 0, 0).expect("a time").and_utc();
            }
        }
    }
}
