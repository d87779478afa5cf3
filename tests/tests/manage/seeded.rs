//! Usage that nobody relayed, put into the database with its rollups: many events, or events of another time. Whoever uses
//! it takes it out again, since no ledger knows of it.

use chrono::{DateTime, Utc};
use serde_json::json;
use tollgate_tests::harness::{House, Tenant};
use uuid::Uuid;

/// A tenant's keys with their people, and its accounts.
pub struct Seeds {
    pub keys: Vec<Uuid>,
    people: Vec<Option<Uuid>>,
    pub accounts: Vec<Uuid>,
}

impl Seeds {
    /// So many keys, every third of `person` and the others of nobody, with a tag each, the first with two; three accounts
    /// that there need not be.
    pub fn of(house: &House, tenant: &Tenant, keys: usize, person: Uuid) -> Self {
        let made = (0..keys).map(|number| {
            let tags: &[&str] = if number == 0 {
                &["blue", "green"]
            } else {
                &["blue"]
            };
            let owner = (number % 3 == 0).then_some(person);
            let mut fields = json!({"name": format!("key {number}"), "tags": tags});
            if let Some(owner) = owner {
                fields["owner_user_id"] = json!(owner);
            }
            (tenant.key(fields).id, owner)
        });
        let (keys, people) = made.unzip();
        let mut sql = house.sql();
        let first: DateTime<Utc> = "2024-12-01T00:00:00Z".parse().expect("an instant");
        sql.execute("SELECT ensure_partitions($1, 30)", &[&first])
            .expect("partitions");
        Self {
            keys,
            people,
            accounts: (0..3).map(|_| Uuid::now_v7()).collect(),
        }
    }

    /// Events spread evenly from an instant to another.
    pub fn events(&self, house: &House, tenant: &Tenant, count: i32, from: &str, to: &str) {
        let (from, to) = (instant(from), instant(to));
        let zone: String = house
            .sql()
            .query_one(
                "SELECT time_zone FROM tenants WHERE tenant_id = $1",
                &[&tenant.id],
            )
            .expect("the tenant")
            .get(0);
        house
            .sql()
            .execute(
                include_str!("seeded/events.sql"),
                &[
                    &tenant.id,
                    &count,
                    &from,
                    &to,
                    &self.keys,
                    &self.people,
                    &self.accounts,
                    &zone,
                ],
            )
            .expect("events");
    }

    /// The rollups of all of a tenant's events; once for a tenant.
    pub fn roll_up(house: &House, tenant: &Tenant) {
        house
            .sql()
            .execute(include_str!("seeded/rollups.sql"), &[&tenant.id])
            .expect("rollups");
    }

    /// Takes everything out of the tables of usage again: once more where somebody read them in another order.
    pub fn take_out(house: &House) {
        let empty = "SET session_replication_role = replica;
                     TRUNCATE usage_corrections, usage_events, usage_15m, usage_day, usage_slices, usage_combos,
                              usage_quarter_sums, usage_hour_sums, usage_day_sums, usage_week_sums, usage_stale_hours,
                              usage_stale_days;
                     RESET session_replication_role";
        let mut last = Ok(());
        for _ in 0..5 {
            last = house.sql().batch_execute(empty);
            if last.is_ok() {
                return;
            }
        }
        last.expect("superuser");
    }
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}
