//! What an organisation does not agree with: opened by its people, decided by the operator; accepting it issues a credit
//! note in the same transaction.

use super::books::{self, Books, one_at_a_time, operator_only, refused, wrong};
use super::credit::{Given, give_back};
use super::left::{lock_chain, still_charged};
use super::requests::{self, Wanted};
use super::store::{self, Closed, shown_month};
use crate::permissions::Action;
use crate::state::ManageState;
use crate::trail::{self, Target};
use serde_json::json;
use tollgate_contract::check::{credited, first_day};
use tollgate_contract::ids::{DisputeId, DocumentId, RequestId, TenantId};
use tollgate_contract::invoices::{
    DecideDispute, Dispute, DisputeStatus, Disputes, DocumentLine, OpenDispute,
};
use tollgate_contract::money::NanoUsd;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};

const DISPUTES_MAX: i64 = 1000;

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
) -> Result<Disputes, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    Ok(Disputes {
        items: read(&mut books.tx, None).await?,
    })
}

async fn read(tx: &mut TenantTx, only: Option<DisputeId>) -> Result<Vec<Dispute>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT dispute_id, month, model, cost_centre, late, request_id, amount_nano, reason, status, answer,
                credit_note_id, opened_by, opened_at, decided_by, decided_at
         FROM billing_disputes WHERE tenant_id = $1 AND ($2::uuid IS NULL OR dispute_id = $2)
         ORDER BY opened_at DESC, dispute_id DESC LIMIT $3",
        tenant.0,
        only.map(|id| id.0),
        DISPUTES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let disputes = rows.into_iter().filter_map(|row| {
        Some(Dispute {
            id: DisputeId(row.dispute_id),
            month: shown_month(row.month),
            model: row.model,
            cost_centre: row.cost_centre,
            late: row.late,
            request_id: row.request_id.map(RequestId),
            amount_nano: NanoUsd(row.amount_nano),
            reason: row.reason,
            status: DisputeStatus::parse(&row.status)?,
            answer: row.answer,
            credit_note_id: row.credit_note_id.map(DocumentId),
            opened_by: row.opened_by,
            opened_at: row.opened_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
        })
    });
    Ok(disputes.collect())
}

/// What of a statement is meant.
#[derive(Debug)]
struct Meant {
    model: String,
    cost_centre: String,
    late: bool,
    amount: i64,
    /// Of the whole line in which it stands.
    of_line: i64,
}

pub(super) async fn open(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    form: OpenDispute,
) -> Result<Dispute, Fault> {
    let Books { mut tx, author, name } = books::open(state, caller, tenant, Action::BillingWrite).await?;
    one_at_a_time(&mut tx).await?;
    let month =
        first_day(&form.month).ok_or_else(|| wrong("month", "month", "must be a month such as 2026-11"))?;
    let closed = store::closed(&mut tx, month)
        .await?
        .ok_or_else(|| wrong("month", "not_found", "must be a month that is closed"))?;
    let meant = meant(&mut tx, &closed, &form).await?;
    if meant.amount <= 0 {
        return Err(refused("It cost nothing: there is nothing to give back."));
    }
    let amount = not_given_back(&mut tx, &closed, &meant, form.request_id).await?;
    let id = DisputeId(state.clock().new_id());
    let whose = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO billing_disputes (tenant_id, dispute_id, month, model, cost_centre, late, request_id, amount_nano,
                                       reason, opened_by, opened_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        whose.0,
        id.0,
        month,
        meant.model,
        meant.cost_centre,
        meant.late,
        form.request_id.map(|id| id.0),
        amount,
        form.reason,
        name,
        state.clock().now()
    )
    .execute(tx.conn())
    .await?;
    let target = Target {
        id: id.0,
        name: &form.month,
    };
    let changes = json!({"amount_nano": NanoUsd(amount), "request_id": form.request_id});
    trail::record(&mut tx, state.clock(), &author, "dispute.opened", target, changes).await?;
    let made = one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(made)
}

async fn one(tx: &mut TenantTx, id: DisputeId) -> Result<Dispute, Fault> {
    let found = read(tx, Some(id)).await?.pop();
    found.ok_or_else(|| Fault::new(Code::NotFound))
}

async fn meant(tx: &mut TenantTx, closed: &Closed, form: &OpenDispute) -> Result<Meant, Fault> {
    let line_total = |model: &str, cost_centre: &str, late: bool| {
        let mut lines = closed.statement.usage.iter();
        lines
            .find(|line| line.model == model && line.cost_centre == cost_centre && line.late == late)
            .map(|line| line.total_nano().0)
    };
    if let Some(id) = form.request_id {
        let wanted = Wanted {
            only: Some(id),
            limit: 1,
            ..Wanted::default()
        };
        let found = requests::read(tx, closed, &wanted).await?.pop();
        let found =
            found.ok_or_else(|| wrong("request_id", "not_found", "must be a request of this statement"))?;
        let amount = found.amount_nano.0;
        return Ok(Meant {
            amount,
            of_line: line_total(&found.model, &found.cost_centre, found.late).unwrap_or(amount),
            model: found.model,
            cost_centre: found.cost_centre,
            late: found.late,
        });
    }
    let total = line_total(&form.model, &form.cost_centre, form.late).ok_or_else(|| {
        wrong(
            "model",
            "not_found",
            "must be a line of this statement, or name a request",
        )
    })?;
    Ok(Meant {
        model: form.model.clone(),
        cost_centre: form.cost_centre.clone(),
        late: form.late,
        amount: total,
        of_line: total,
    })
}

/// What of it no accepted dispute gave back yet. A request and the line in which it stands are not disputed both at a time,
/// nor given back both: of a request whose line was given back in part, at most what is left of the line.
async fn not_given_back(
    tx: &mut TenantTx,
    closed: &Closed,
    meant: &Meant,
    request: Option<RequestId>,
) -> Result<i64, Fault> {
    let whose = tx.tenant_id();
    let before = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE d.status = 'open' AND ($6::uuid IS NULL OR request_id IS NULL OR request_id = $6))
                      AS "open!",
                  COALESCE(sum((n.content::jsonb ->> 'sum_nano')::bigint) FILTER (WHERE request_id = $6), 0)::bigint
                      AS "of_it!",
                  COALESCE(sum((n.content::jsonb ->> 'sum_nano')::bigint), 0)::bigint AS "of_line!"
           FROM billing_disputes d
           LEFT JOIN billing_documents n ON n.tenant_id = d.tenant_id AND n.document_id = d.credit_note_id
           WHERE d.tenant_id = $1 AND d.month = $2 AND model = $3 AND cost_centre = $4 AND late = $5"#,
        whose.0,
        closed.month,
        meant.model,
        meant.cost_centre,
        meant.late,
        request.map(|id| id.0)
    )
    .fetch_one(tx.conn())
    .await?;
    if before.open > 0 {
        return Err(refused(
            "It, or something that it is part of, is disputed already.",
        ));
    }
    let left = (meant.amount - before.of_it).min(meant.of_line - before.of_line);
    if left <= 0 {
        return Err(refused("It was given back already."));
    }
    Ok(left)
}

pub(super) async fn decide(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    id: DisputeId,
    form: DecideDispute,
) -> Result<Dispute, Fault> {
    operator_only(caller)?;
    let Books { mut tx, author, name } = books::open(state, caller, tenant, Action::BillingWrite).await?;
    one_at_a_time(&mut tx).await?;
    let dispute = one(&mut tx, id).await?;
    if dispute.status != DisputeStatus::Open {
        return Err(refused("It was decided already."));
    }
    let credit_note = if form.accept {
        Some(accept(state, &mut tx, &name, &dispute, &form).await?)
    } else {
        None
    };
    let status = if form.accept {
        DisputeStatus::Accepted
    } else {
        DisputeStatus::Declined
    };
    let whose = tx.tenant_id();
    sqlx::query!(
        "UPDATE billing_disputes SET status = $3, answer = $4, credit_note_id = $5, decided_by = $6, decided_at = $7
         WHERE tenant_id = $1 AND dispute_id = $2 AND status = 'open'",
        whose.0,
        id.0,
        status.as_str(),
        form.answer,
        credit_note.map(|id| id.0),
        name,
        state.clock().now()
    )
    .execute(tx.conn())
    .await?;
    let target = Target {
        id: id.0,
        name: &dispute.month,
    };
    let changes = json!({"status": {"from": dispute.status, "to": status}, "credit_note_id": credit_note});
    trail::record(
        &mut tx,
        state.clock(),
        &author,
        "dispute.decided",
        target,
        changes,
    )
    .await?;
    let decided = one(&mut tx, id).await?;
    tx.commit().await?;
    Ok(decided)
}

async fn accept(
    state: &ManageState,
    tx: &mut TenantTx,
    name: &str,
    dispute: &Dispute,
    form: &DecideDispute,
) -> Result<DocumentId, Fault> {
    let month = first_day(&dispute.month).ok_or_else(|| Fault::internal("a dispute of no month"))?;
    lock_chain(tx).await?;
    let closed = store::closed(tx, month)
        .await?
        .ok_or_else(|| Fault::internal("a dispute of an open month"))?;
    let left = NanoUsd(still_charged(tx, &closed, dispute).await?);
    if left.0 == 0 {
        return Err(refused("Later corrections gave all of it back already."));
    }
    let amount = form.amount_nano.unwrap_or(left);
    if credited(amount).is_err() || amount > left {
        let text = format!("must be more than 0 and at most {left}");
        return Err(wrong("amount_nano", "out_of_range", &text));
    }
    let invoice = store::invoice_of(tx, month).await?.ok_or_else(|| {
        refused(format!(
            "Issue the invoice for {} first: a credit note points at it.",
            dispute.month
        ))
    })?;
    let line = DocumentLine {
        model: dispute.model.clone(),
        cost_centre: dispute.cost_centre.clone(),
        late: dispute.late,
        requests: 1,
        tokens: 0,
        input_tokens: 0,
        output_tokens: 0,
        cache_tokens: 0,
        amount_nano: amount,
        carried_from: String::new(),
    };
    let given = Given {
        dispute: dispute.id,
        request: dispute.request_id,
        line: with_figures(tx, dispute, &closed, line).await?,
        reason: form.answer.clone(),
    };
    let note = give_back(
        tx,
        state.clock(),
        &state.settings().documents,
        name,
        invoice,
        given,
    )
    .await?;
    // Nodes that had just refused for want of money ask again at once.
    let whose = tx.tenant_id().0;
    announce(tx, Topic::Tenant, whose, 0).await?;
    Ok(note)
}

/// How many requests and tokens stand behind what is given back.
async fn with_figures(
    tx: &mut TenantTx,
    dispute: &Dispute,
    closed: &Closed,
    mut line: DocumentLine,
) -> Result<DocumentLine, Fault> {
    let whose = tx.tenant_id();
    if let Some(request) = dispute.request_id {
        let tokens = sqlx::query_scalar!(
            r#"SELECT (input_tokens + output_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)
                   AS "tokens!"
               FROM usage_events WHERE tenant_id = $1 AND request_id = $2"#,
            whose.0,
            request.0
        )
        .fetch_optional(tx.conn())
        .await?;
        line.tokens = tokens.unwrap_or_default();
        return Ok(line);
    }
    for usage in &closed.statement.usage {
        if usage.model == line.model && usage.cost_centre == line.cost_centre && usage.late == line.late {
            line.requests = usage.requests;
            line.input_tokens = usage.input_tokens;
            line.output_tokens = usage.output_tokens;
            line.cache_tokens = usage.cache_write_tokens + usage.cache_read_tokens;
            line.tokens =
                usage.input_tokens + usage.output_tokens + usage.cache_write_tokens + usage.cache_read_tokens;
        }
    }
    Ok(line)
}
