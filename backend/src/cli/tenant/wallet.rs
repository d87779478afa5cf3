//! What an operator does with a wallet. Each is one transaction with its line in the audit log.

use super::Movement;
use crate::cli::{CliError, operator, out};
use serde_json::{Value, json};
use tollgate_contract::ids::{TenantId, TransferId};
use tollgate_ledger::{Credit, CreditKind, Credited, Refund, credit, refund, set_credit_limit, wallet};
use tollgate_money::Nano;
use tollgate_store::{Actor, AuditEntry, Db, TenantTx, Topic, announce, record_audit};
use uuid::Uuid;

pub async fn give(db: &Db, movement: Movement, amount: Nano) -> Result<(), CliError> {
    let mut hand = Hand::on(db, &movement.slug).await?;
    let clock = db.clock();
    let booking = Credit {
        kind: CreditKind::TopUp,
        amount,
        reason: movement.reason.clone(),
        author: operator(),
        idempotency_key: key(db, &movement),
    };
    let booked = credit(&mut hand.tx, clock, &booking)
        .await
        .map_err(CliError::said)?;
    let told = hand.booked("wallet.credited", &movement, amount, booked).await?;
    hand.done(&format!(
        "Transfer {} of {amount} to {} {told}",
        booked.transfer_id, movement.slug
    ))
    .await
}

pub async fn pay_back(
    db: &Db,
    movement: Movement,
    amount: Nano,
    of: Option<TransferId>,
) -> Result<(), CliError> {
    let mut hand = Hand::on(db, &movement.slug).await?;
    let booking = Refund {
        amount,
        reason: movement.reason.clone(),
        author: operator(),
        idempotency_key: key(db, &movement),
        of,
    };
    let booked = refund(&mut hand.tx, db.clock(), &booking)
        .await
        .map_err(CliError::said)?;
    let told = hand.booked("wallet.refunded", &movement, amount, booked).await?;
    hand.done(&format!(
        "Transfer {} of {amount} from {} {told}",
        booked.transfer_id, movement.slug
    ))
    .await
}

pub async fn limit_credit(db: &Db, slug: &str, limit: Nano) -> Result<(), CliError> {
    let mut hand = Hand::on(db, slug).await?;
    let before = set_credit_limit(&mut hand.tx, db.clock(), limit)
        .await
        .map_err(CliError::said)?;
    if before != limit {
        let tenant = hand.tenant.0;
        hand.tell(
            "wallet.credit_limit_set",
            tenant,
            slug,
            json!({"credit_limit_nano": {"from": before, "to": limit}}),
        )
        .await?;
    }
    hand.done(&format!("The credit limit of {slug} is {limit}; it was {before}"))
        .await
}

fn key(db: &Db, movement: &Movement) -> String {
    let given = movement.idempotency_key.clone();
    given.unwrap_or_else(|| db.clock().new_id().to_string())
}

/// A transaction of one tenant by an operator.
struct Hand<'a> {
    db: &'a Db,
    tenant: TenantId,
    tx: TenantTx,
}

impl<'a> Hand<'a> {
    async fn on(db: &'a Db, slug: &str) -> Result<Self, CliError> {
        let tenant = db.resolve_slug(slug).await?.ok_or_else(|| {
            CliError::Said(format!(
                "there is no tenant `{slug}`; `tollgate tenant list` shows all"
            ))
        })?;
        let tx = db.tenant(tenant).await?;
        Ok(Self { db, tenant, tx })
    }

    /// Tells of a transfer, unless it was told of when it was booked first.
    async fn booked(
        &mut self,
        action: &'static str,
        movement: &Movement,
        amount: Nano,
        booked: Credited,
    ) -> Result<&'static str, CliError> {
        if booked.replayed {
            return Ok("was booked before, nothing is changed");
        }
        let told = json!({"amount_nano": amount, "reason": movement.reason});
        self.tell(action, booked.transfer_id.0, &movement.slug, told)
            .await?;
        Ok("is booked")
    }

    async fn tell(
        &mut self,
        action: &'static str,
        target: Uuid,
        name: &str,
        changes: Value,
    ) -> Result<(), CliError> {
        let clock = self.db.clock();
        let entry = AuditEntry {
            id: clock.new_id(),
            at: clock.now(),
            actor: Actor::Operator(operator()),
            action,
            target_id: Some(target),
            target_name: name.to_owned(),
            changes,
            request_id: None,
            address: String::new(),
        };
        record_audit(&mut self.tx, &entry).await?;
        // Nodes that had just refused for want of money ask again at once.
        announce(&mut self.tx, Topic::Tenant, self.tenant.0, 0).await?;
        Ok(())
    }

    async fn done(mut self, said: &str) -> Result<(), CliError> {
        let after = wallet(&mut self.tx).await?;
        self.tx.commit().await?;
        let balance = after.map_or_else(String::new, |wallet| {
            format!("; the wallet holds {}", wallet.balance)
        });
        out::line(format_args!("{said}{balance}."));
        Ok(())
    }
}
