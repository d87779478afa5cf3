//! Entries whose request is booked already: the same again (a replay), an exact figure after its estimate (a
//! correction), or something that must not be (a conflict).

use super::accounts::sent_model;
use super::canonical::{OtherMeters, Tokens};
use super::dims::Dims;
use super::events::column;
use super::row::EventRow;
use super::sums::{Correction, CostChange};
use crate::entry::Quality;
use crate::error::LedgerError;
use serde_json::Value;
use std::collections::HashMap;
use tollgate_contract::reports::ClientFamily;
use tollgate_store::{PLATFORM_TENANT, SettleTx};
use uuid::Uuid;

/// What the rows that were not inserted turned out to be.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub replayed: usize,
    pub corrections: Vec<Correction>,
    /// The row and what differs.
    pub conflicts: Vec<(EventRow, String)>,
}

/// An event as booked, with the sums of its corrections.
struct Booked {
    key_id: Uuid,
    user_id: Option<Uuid>,
    account_id: Option<Uuid>,
    platform: String,
    model: String,
    sent_model: String,
    status: &'static str,
    quality: String,
    price_version: Uuid,
    cost_centre: String,
    client: String,
    node_id: Uuid,
    epoch: i64,
    tokens: Tokens,
    other_meters: OtherMeters,
    service_tier: String,
    charge: i64,
    /// What re-pricings changed of the charge; it is in none of the figures above, which are those of the request's own
    /// entry, as it may come again.
    repriced: i64,
    corrections: i64,
    /// What the platform's books hold of it: of the cost without re-pricings as well, of the charge with them.
    cost: i64,
    cost_charge: i64,
}

/// Compares rows with what is booked under their ids.
pub(super) async fn compare(tx: &mut SettleTx, rows: Vec<EventRow>) -> Result<Compared, LedgerError> {
    let mut compared = Compared::default();
    if rows.is_empty() {
        return Ok(compared);
    }
    let mut booked = load(tx, &rows).await?;
    for row in rows {
        match booked.remove(&(row.tenant_id, row.request_id)) {
            None => compared.conflicts.push((
                row,
                "booked under this id by a transaction that can't be seen".to_owned(),
            )),
            Some(event) => judge(row, &event, &mut compared),
        }
    }
    Ok(compared)
}

fn judge(row: EventRow, event: &Booked, compared: &mut Compared) {
    let mut differences = Vec::new();
    if row.key_id != event.key_id {
        differences.push(format!("key {} is booked, {} came", event.key_id, row.key_id));
    }
    if row.model != event.model {
        differences.push(format!("model {} is booked, {} came", event.model, row.model));
    }
    if row.price_version != event.price_version {
        differences.push(format!(
            "price version {} is booked, {} came",
            event.price_version, row.price_version
        ));
    }
    let estimate_booked = event.quality == Quality::Estimated.as_str();
    let same_figures = row.tokens == event.tokens
        && row.charge == event.charge
        && row.other_meters == event.other_meters
        && row.service_tier == event.service_tier;
    if differences.is_empty() {
        if same_figures {
            compared.replayed += 1;
            return;
        }
        if estimate_booked && event.corrections == 0 && row.quality == Quality::Exact {
            compared.corrections.push(correction(&row, event));
            return;
        }
        // An estimate after the exact figure: the journal lost its last write in a power cut. The exact one stands.
        if row.quality == Quality::Estimated && (!estimate_booked || event.corrections > 0) {
            compared.replayed += 1;
            return;
        }
    }
    if !same_figures {
        differences.push(format!(
            "tokens {:?} and {:?} ({}) for {} nano-USD are booked, {:?} and {:?} ({}) for {} came",
            event.tokens,
            event.other_meters,
            event.service_tier,
            event.charge,
            row.tokens,
            row.other_meters,
            row.service_tier,
            row.charge
        ));
    }
    compared.conflicts.push((row, differences.join("; ")));
}

fn correction(row: &EventRow, event: &Booked) -> Correction {
    let mut tokens = row.tokens;
    for (count, booked) in tokens.iter_mut().zip(event.tokens) {
        *count = count.saturating_sub(booked);
    }
    Correction {
        tenant_id: row.tenant_id,
        request_id: row.request_id,
        tokens,
        other_meters: difference(&row.other_meters, &event.other_meters),
        service_tier: row.service_tier,
        charge: row.charge.saturating_sub(event.charge),
        quarter: (
            row.tenant_id,
            row.bucket,
            event.platform.clone(),
            event.model.clone(),
            event.status,
        ),
        dims: Dims {
            key_id: event.key_id,
            user_id: event.user_id.unwrap_or_default(),
            account_id: event.account_id.unwrap_or_default(),
            model: event.model.clone(),
            cost_centre: event.cost_centre.clone(),
            platform: event.platform.clone(),
            client: ClientFamily::of(&event.client).as_str(),
            status: event.status,
        },
        leases: row
            .budgets
            .iter()
            .map(|(budget, start)| (row.tenant_id, *budget, *start, event.node_id, event.epoch))
            .collect(),
        sent_model: event.sent_model.clone(),
        cost: row.cost.as_ref().map(|part| CostChange {
            account_id: part.account_id,
            cost: part.cost.saturating_sub(event.cost),
            lines: part.lines.clone(),
            charge: row
                .charge
                .saturating_add(event.repriced)
                .saturating_sub(event.cost_charge),
            platform: event.platform.clone(),
            model: event.model.clone(),
            price_version: event.price_version,
            repriced: None,
        }),
        repriced: None,
    }
}

/// What has to be added to some figures to come to others; zeros left out.
fn difference(exact: &OtherMeters, booked: &OtherMeters) -> OtherMeters {
    let names = exact.keys().chain(booked.keys());
    let count = |figures: &OtherMeters, name: &String| figures.get(name).copied().unwrap_or(0);
    let differences = names.map(|name| {
        (
            name.clone(),
            count(exact, name).saturating_sub(count(booked, name)),
        )
    });
    differences.filter(|(_, difference)| *difference != 0).collect()
}

/// Statuses as they stand in the database, for the rollup's key.
pub(super) fn status_name(text: &str) -> &'static str {
    use crate::entry::Status::{ClientError, Cut, Ok, Timeout, Unknown, UpstreamError};
    let all = [Ok, ClientError, UpstreamError, Timeout, Cut, Unknown];
    all.into_iter()
        .map(crate::entry::Status::as_str)
        .find(|name| *name == text)
        .unwrap_or("unknown")
}

async fn load(tx: &mut SettleTx, rows: &[EventRow]) -> Result<HashMap<(Uuid, Uuid), Booked>, LedgerError> {
    let booked = sqlx::query!(
        r#"SELECT e.tenant_id, e.request_id, e.key_id, e.user_id, e.account_id, e.platform, e.model,
                  CASE WHEN p.upstream_model = '' THEN e.upstream_model ELSE p.upstream_model END AS "upstream_model!",
                  e.status, e.quality, e.price_version, e.cost_centre, e.client, e.node_id, e.epoch, e.other_meters,
                  COALESCE(c.service_tier, e.service_tier) AS "service_tier!", c.others AS "others!",
                  e.input_tokens + c.input AS "input!", e.output_tokens + c.output AS "output!",
                  e.cache_write_5m_tokens + c.write_5m AS "write_5m!", e.cache_write_1h_tokens + c.write_1h AS "write_1h!",
                  e.cache_read_tokens + c.read AS "read!", e.charge_nano + c.charge AS "charge!",
                  c.repriced AS "repriced!", c.corrections AS "corrections!", p.cost AS "cost!", p.charge AS "cost_charge!"
           FROM unnest($1::uuid[], $2::uuid[]) AS wanted (tenant_id, request_id)
           JOIN usage_events e ON e.tenant_id = wanted.tenant_id AND e.request_id = wanted.request_id
           CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE repricing_id IS NULL) AS corrections,
                      COALESCE(jsonb_agg(x.other_meters) FILTER (WHERE x.other_meters <> '{}'), '[]') AS others,
                      max(x.service_tier) FILTER (WHERE repricing_id IS NULL) AS service_tier,
                      COALESCE(sum(input_tokens), 0)::bigint AS input,
                      COALESCE(sum(output_tokens), 0)::bigint AS output,
                      COALESCE(sum(cache_write_5m_tokens), 0)::bigint AS write_5m,
                      COALESCE(sum(cache_write_1h_tokens), 0)::bigint AS write_1h,
                      COALESCE(sum(cache_read_tokens), 0)::bigint AS read,
                      COALESCE(sum(charge_nano) FILTER (WHERE repricing_id IS NULL), 0)::bigint AS charge,
                      COALESCE(sum(charge_nano) FILTER (WHERE repricing_id IS NOT NULL), 0)::bigint AS repriced
               FROM usage_corrections x WHERE x.tenant_id = e.tenant_id AND x.request_id = e.request_id) AS c
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(cost_nano) FILTER (WHERE repricing_id IS NULL), 0)::bigint AS cost,
                      COALESCE(sum(charge_nano), 0)::bigint AS charge,
                      COALESCE(max(upstream_model), '') AS upstream_model
               FROM platform_costs y WHERE y.tenant_id = $3 AND y.request_id = e.request_id) AS p"#,
        &column(rows, |row| row.tenant_id),
        &column(rows, |row| row.request_id),
        PLATFORM_TENANT.0
    )
    .fetch_all(tx.conn())
    .await?;
    booked
        .into_iter()
        .map(|row| {
            let id = (row.tenant_id, row.request_id);
            let event = Booked {
                key_id: row.key_id,
                user_id: row.user_id,
                account_id: row.account_id,
                platform: row.platform,
                sent_model: sent_model(&row.upstream_model, &row.model).to_owned(),
                model: row.model,
                status: status_name(&row.status),
                quality: row.quality,
                price_version: row.price_version,
                cost_centre: row.cost_centre,
                client: row.client,
                node_id: row.node_id,
                epoch: row.epoch,
                tokens: [row.input, row.output, row.write_5m, row.write_1h, row.read],
                other_meters: summed(row.request_id, row.other_meters, row.others)?,
                service_tier: row.service_tier,
                charge: row.charge,
                repriced: row.repriced,
                corrections: row.corrections,
                cost: row.cost,
                cost_charge: row.cost_charge,
            };
            Ok((id, event))
        })
        .collect()
}

/// The figures beside the five as they are by now: an event's own and the differences of its corrections, a list of them.
pub(super) fn summed(request_id: Uuid, own: Value, differences: Value) -> Result<OtherMeters, LedgerError> {
    let fault = |error| LedgerError::Figure(format!("other meters of {request_id}: {error}"));
    let mut sums: OtherMeters = serde_json::from_value(own).map_err(fault)?;
    let differences: Vec<OtherMeters> = serde_json::from_value(differences).map_err(fault)?;
    for (name, difference) in differences.into_iter().flatten() {
        let sum = sums.entry(name).or_default();
        *sum = sum.saturating_add(difference);
    }
    sums.retain(|_, count| *count != 0);
    Ok(sums)
}
