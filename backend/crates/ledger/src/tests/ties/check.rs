//! Memory against the database, to the nano-dollar, and the same month by two routes.

use super::World;
use super::memory::Payer;
use crate::tests::support::House;
use crate::verify::{VerifyScope, verify_within};
use sha2::{Digest, Sha256};
use tollgate_contract::periods::Statement;

const SUMS: &str = "sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens),
                    sum(cache_write_1h_tokens), sum(cache_read_tokens), sum(charge_nano)";

/// The first difference is what one wants to read of two long lists.
#[track_caller]
fn same(what: &str, due: &[String], found: &[String]) {
    if due != found {
        let missing: Vec<_> = due.iter().filter(|line| !found.contains(line)).take(3).collect();
        let beyond: Vec<_> = found.iter().filter(|line| !due.contains(line)).take(3).collect();
        panic!("{what}: due and not there {missing:#?}; there and not due {beyond:#?}");
    }
}

async fn grouped(house: &House, payer: &Payer, key: &str, from: &str) -> Vec<String> {
    house
        .texts(&format!(
            "SELECT concat_ws('|', {key}, {SUMS}) FROM {from} WHERE tenant_id = '{}' GROUP BY {key}
             ORDER BY {key} COLLATE \"C\"",
            payer.id
        ))
        .await
}

impl World {
    /// Sum of lines = each rollup = postings = balances = what leases settled.
    pub async fn check(&self) {
        for payer in &self.payers {
            self.check_rollups(payer).await;
            self.check_lines(payer).await;
            self.check_books(payer).await;
            self.check_statements(payer).await;
        }
        self.check_costs().await;
        for scope in [VerifyScope::Quick, VerifyScope::SinceSeal, VerifyScope::Whole] {
            let report = verify_within(&self.house.db, scope).await.expect("read");
            // Documents' transfers are told here without the documents.
            let untold = ["billing_documents", "billing_payments"];
            let failures: Vec<_> = (report.failures.iter())
                .filter(|failure| !untold.contains(&failure.check))
                .collect();
            assert!(failures.is_empty(), "{scope:?}: {failures:#?}");
        }
    }

    async fn check_rollups(&self, payer: &Payer) {
        let house = &self.house;
        let hour = "to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')";
        for table in ["usage_slices", "usage_15m"] {
            same(table, &payer.by_hour(), &grouped(house, payer, hour, table).await);
        }
        let days = grouped(house, payer, "local_date::text", "usage_day").await;
        same("usage_day, by day", &payer.by_day(), &days);
        let months = grouped(house, payer, "to_char(local_date, 'YYYY-MM')", "usage_day").await;
        same("usage_day, by month", &payer.by_month(), &months);
        let kind = "(model || '/' || cost_centre || '/' || status)";
        let kinds = grouped(house, payer, kind, "usage_day").await;
        same("usage_day, by kind", &payer.by_kind(), &kinds);
    }

    async fn check_lines(&self, payer: &Payer) {
        let (house, id) = (&self.house, payer.id);
        let there = house
            .texts(&format!(
                "SELECT concat_ws('|', e.request_id, e.charge_nano + COALESCE(sum(c.charge_nano), 0))
                 FROM usage_events e LEFT JOIN usage_corrections c USING (tenant_id, request_id)
                 WHERE e.tenant_id = '{id}' GROUP BY e.request_id, e.charge_nano ORDER BY e.request_id"
            ))
            .await;
        same("charge of each request", &payer.each(), &there);
        // The arithmetic that is told: an event's lines, and those of its last re-pricing where nothing came after.
        let amounts = "(SELECT COALESCE(sum((l->>'amount_nano')::numeric), 0) FROM jsonb_array_elements";
        let wrong = house
            .texts(&format!(
                "SELECT request_id::text FROM usage_events
                 WHERE tenant_id = '{id}' AND charge_nano <> {amounts}(price_lines) AS l)
                 UNION ALL
                 SELECT e.request_id::text FROM usage_events e
                 CROSS JOIN LATERAL (SELECT * FROM usage_corrections c WHERE c.tenant_id = e.tenant_id
                                     AND c.request_id = e.request_id ORDER BY batch_no DESC LIMIT 1) AS last
                 WHERE e.tenant_id = '{id}' AND last.repricing_id IS NOT NULL
                   AND {amounts}(last.price_lines) AS l) <>
                       e.charge_nano + (SELECT sum(charge_nano) FROM usage_corrections c
                                        WHERE c.tenant_id = e.tenant_id AND c.request_id = e.request_id)"
            ))
            .await;
        assert!(wrong.is_empty(), "lines that are not the charge: {wrong:?}");
    }

    async fn check_books(&self, payer: &Payer) {
        let (house, id) = (&self.house, payer.id);
        let stored = house
            .texts(&format!(
                "SELECT concat_ws('|', code, balance_nano) FROM ledger_accounts
                 WHERE tenant_id = '{id}' AND balance_nano <> 0 ORDER BY code COLLATE \"C\""
            ))
            .await;
        same("balances", &payer.balances(), &stored);
        let posted = house
            .texts(&format!(
                "SELECT concat_ws('|', code, sum(change)) FROM (
                     SELECT to_code AS code, amount_nano AS change FROM ledger_transfers WHERE tenant_id = '{id}'
                     UNION ALL
                     SELECT from_code, -amount_nano FROM ledger_transfers WHERE tenant_id = '{id}') AS line
                 GROUP BY code HAVING sum(change) <> 0 ORDER BY code COLLATE \"C\""
            ))
            .await;
        same("postings", &payer.balances(), &posted);
        let settled = format!(
            "SELECT COALESCE(sum(settled_nano), 0)::bigint FROM budget_leases WHERE tenant_id = '{id}'"
        );
        assert_eq!(
            house.number(&settled).await,
            payer.charged(),
            "what leases settled"
        );
    }

    /// The platform's own books: what its accounts cost.
    async fn check_costs(&self) {
        let of_payer = |payer: &Payer| payer.requests.iter().map(|request| request.cost).sum::<i64>();
        let due: i64 = self.payers.iter().map(of_payer).sum();
        for sql in [
            "SELECT balance_nano FROM ledger_accounts WHERE code = 'upstream_payable'
             AND tenant_id = '00000000-0000-7000-8000-000000000001'",
            "SELECT (COALESCE((SELECT sum(cost_nano) FROM platform_costs), 0)
                     + COALESCE((SELECT sum(cost_nano) FROM dropped_months), 0))::bigint",
            "SELECT COALESCE(sum(cost_nano), 0)::bigint FROM account_days",
        ] {
            assert_eq!(self.house.try_number(sql).await.unwrap_or(0), due, "{sql}");
        }
    }

    /// Statements stay what they were, and each begins with what the one before it ended with.
    async fn check_statements(&self, payer: &Payer) {
        for pair in payer.statements.windows(2) {
            assert_eq!(
                pair[1].opening_nano, pair[0].closing_nano,
                "opening of {}",
                pair[1].month
            );
            assert_eq!(pair[1].starts_at, pair[0].ends_at, "begin of {}", pair[1].month);
        }
        let stored = self
            .house
            .texts(&format!(
                "SELECT concat(statement, encode(hash, 'hex')) FROM billing_periods WHERE tenant_id = '{}' ORDER BY month",
                payer.id
            ))
            .await;
        let due = payer.statements.iter().map(|made| {
            let text = serde_json::to_string(made).expect("JSON");
            format!("{text}{}", hex::encode(Sha256::digest(&text)))
        });
        same("stored statements", &due.collect::<Vec<_>>(), &stored);
    }

    /// The month that was closed by three routes: as stated, by memory, and by plain SQL over the events.
    pub(super) async fn check_statement(&self, payer: &Payer, made: &Statement) {
        let stated = made.usage.iter().map(|line| {
            format!(
                "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}",
                line.model,
                line.cost_centre,
                line.late,
                line.requests,
                line.input_tokens,
                line.output_tokens,
                line.cache_write_tokens,
                line.cache_read_tokens,
                line.usage_nano.0,
                line.correction_nano.0
            )
        });
        let mut stated: Vec<String> = stated.collect();
        stated.sort_unstable();
        let mut due = payer.stated(made.starts_at, made.ends_at);
        due.sort_unstable();
        same("statement and memory", &due, &stated);
        same(
            "statement and SQL",
            &self.month_by_sql(payer, made).await,
            &stated,
        );
        let moved = payer.movements(made.starts_at, made.ends_at);
        let settled: i64 = made
            .movements
            .iter()
            .filter(|line| line.settled)
            .map(|line| line.wallet_nano.0)
            .sum();
        assert_eq!(settled, -made.usage_nano.0, "settlement of {}", made.month);
        for line in made.movements.iter().filter(|line| !line.settled) {
            let kind = serde_json::to_value(line.kind).expect("a word");
            let due = moved.get(kind.as_str().expect("a word")).copied();
            assert_eq!(due, Some(line.wallet_nano.0), "{kind} of {}", made.month);
        }
        let change: i64 = moved.values().sum();
        assert_eq!(
            made.closing_nano.0,
            made.opening_nano.0 + change - made.usage_nano.0,
            "closing of {}",
            made.month
        );
        assert_eq!(
            made.opening_nano.0,
            self.wallet_by_sql(payer, &made.starts_at.to_rfc3339()).await,
            "opening"
        );
        assert_eq!(
            made.closing_nano.0,
            self.wallet_by_sql(payer, &made.ends_at.to_rfc3339()).await,
            "closing"
        );
    }

    async fn wallet_by_sql(&self, payer: &Payer, before: &str) -> i64 {
        let sql = format!(
            "SELECT COALESCE(sum(CASE 'wallet' WHEN to_code THEN amount_nano WHEN from_code THEN -amount_nano END), 0)::bigint
             FROM ledger_transfers WHERE tenant_id = '{}' AND booked_at < '{before}'",
            payer.id
        );
        self.house.number(&sql).await
    }

    /// From nothing but events and corrections with their own times.
    async fn month_by_sql(&self, payer: &Payer, made: &Statement) -> Vec<String> {
        let (id, from, to) = (payer.id, made.starts_at.to_rfc3339(), made.ends_at.to_rfc3339());
        let own_time = "to_timestamp(('x' || substr(replace(request_id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)";
        self.house
            .texts(&format!(
                "WITH mine AS (
                     SELECT request_id, model, cost_centre, booked_at, 1 AS n, input_tokens AS i, output_tokens AS o,
                            cache_write_5m_tokens + cache_write_1h_tokens AS w, cache_read_tokens AS r, charge_nano AS u,
                            0::numeric AS c
                     FROM usage_events WHERE tenant_id = '{id}'
                     UNION ALL
                     SELECT c.request_id, e.model, e.cost_centre, c.booked_at, 0, c.input_tokens, c.output_tokens,
                            c.cache_write_5m_tokens + c.cache_write_1h_tokens, c.cache_read_tokens, 0, c.charge_nano
                     FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id)
                     WHERE c.tenant_id = '{id}')
                 SELECT line FROM (
                     SELECT concat_ws('|', model, cost_centre, CASE WHEN {own_time} < '{from}' THEN 'true' ELSE 'false' END,
                                      sum(n), sum(i), sum(o), sum(w), sum(r), sum(u), sum(c)) AS line
                     FROM mine WHERE booked_at >= '{from}' AND booked_at < '{to}'
                     GROUP BY model, cost_centre, {own_time} < '{from}') AS lines
                 ORDER BY line COLLATE \"C\""
            ))
            .await
    }
}
