//! Usage in sums: by whatever a summary is grouped by, and by cost centre for charge-back. Taken from events and their
//! corrections up to a batch, so that they tie to lines of the same range.

use super::cell::{Cell, Column, columns};
use super::error::ExportError;
use super::lines::planned_for_values;
use super::sheet::Sheet;
use super::totals::Totals;
use super::wanted::Wanted;
use chrono::NaiveDate;
use futures_util::TryStreamExt as _;
use tollgate_contract::exports::{ChargeBackRow, ExportGroup};
use tollgate_contract::money::NanoUsd;
use tollgate_store::TenantTx;
use uuid::Uuid;

const FIGURES: &[&str] = &[
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_read_tokens",
    "total_tokens",
    "charge_usd",
];
const CHARGE_BACK: &[&str] = &["line", "cost_centre", "requests", "total_tokens", "charge_usd"];
/// How usage without a cost centre is called.
pub(super) const UNTAGGED: &str = "(no cost centre)";

/// The columns of a summary.
pub(super) fn head(groups: &[ExportGroup]) -> Vec<Column> {
    let mut names = vec!["line"];
    for group in groups {
        match group {
            ExportGroup::Key => names.extend(["key_id", "key_name"]),
            ExportGroup::User => names.extend(["user_id", "user_email"]),
            other => names.push(other.as_str()),
        }
    }
    names.extend(FIGURES);
    columns(&names)
}

/// The columns of charge-back.
pub(super) fn charge_back_head() -> Vec<Column> {
    columns(CHARGE_BACK)
}

/// One sum.
struct Sum {
    day: Option<NaiveDate>,
    month: Option<String>,
    key_id: Option<Uuid>,
    key_name: Option<String>,
    user_id: Option<Uuid>,
    user_email: Option<String>,
    tags: Option<String>,
    account: Option<String>,
    platform: Option<String>,
    model: Option<String>,
    client: Option<String>,
    status: Option<String>,
    cost_centre: Option<String>,
    requests: i64,
    lines: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
}

impl Sum {
    fn figures(&self) -> Totals {
        Totals {
            requests: self.requests,
            lines: self.lines,
            input: self.input,
            output: self.output,
            cache_write_5m: self.cache_write_5m,
            cache_write_1h: self.cache_write_1h,
            cache_read: self.cache_read,
            charge: self.charge,
        }
    }

    fn cells<'a>(&'a self, groups: &[ExportGroup], row: &mut Vec<Cell<'a>>) {
        let text = |text: &'a Option<String>| text.as_deref().map_or(Cell::Nothing, Cell::Text);
        let id = |id: Option<Uuid>| id.map_or(Cell::Nothing, Cell::Id);
        for group in groups {
            match group {
                ExportGroup::Day => row.push(self.day.map_or(Cell::Nothing, Cell::Day)),
                ExportGroup::Month => row.push(self.month.as_deref().map_or(Cell::Nothing, Cell::Plain)),
                ExportGroup::Key => row.extend([id(self.key_id), text(&self.key_name)]),
                ExportGroup::User => row.extend([id(self.user_id), text(&self.user_email)]),
                ExportGroup::Tags => row.push(text(&self.tags)),
                ExportGroup::Account => row.push(text(&self.account)),
                ExportGroup::Platform => row.push(text(&self.platform)),
                ExportGroup::Model => row.push(text(&self.model)),
                ExportGroup::Client => row.push(text(&self.client)),
                ExportGroup::Status => row.push(text(&self.status)),
                ExportGroup::CostCentre => row.push(text(&self.cost_centre)),
            }
        }
    }
}

fn figures(sums: &Totals) -> [Cell<'static>; FIGURES.len()] {
    [
        Cell::Count(sums.requests),
        Cell::Count(sums.input),
        Cell::Count(sums.output),
        Cell::Count(sums.cache_write_5m),
        Cell::Count(sums.cache_write_1h),
        Cell::Count(sums.cache_read),
        Cell::Count(sums.tokens()),
        Cell::Money(sums.charge),
    ]
}

/// Writes a summary's rows, at most so many; gives their sums.
pub(super) async fn summary(
    tx: &mut TenantTx,
    wanted: &Wanted,
    sheet: &mut Sheet,
    most: usize,
) -> Result<Totals, ExportError> {
    planned_for_values(tx).await?;
    let by = |group: ExportGroup| wanted.groups.contains(&group);
    let mut rows = sqlx::query_as!(
        Sum,
        r#"SELECT s.day, s.month, s.key_id, s.user_id, s.tags, s.account, s.platform, s.model, s.client, s.status,
                  s.cost_centre, s.requests AS "requests!", s.lines AS "lines!", s.input AS "input!",
                  s.output AS "output!", s.cache_write_5m AS "cache_write_5m!", s.cache_write_1h AS "cache_write_1h!",
                  s.cache_read AS "cache_read!", s.charge AS "charge!",
                  COALESCE(k.name, (SELECT a.target_name FROM audit_log a WHERE a.tenant_id = $1
                      AND a.target_id = s.key_id AND a.action = 'key.purged' LIMIT 1)) AS key_name,
                  p.email AS "user_email?"
           FROM (SELECT CASE WHEN $6 THEN l.local_date END AS day,
                        CASE WHEN $7 THEN to_char(l.local_date, 'YYYY-MM') END AS month,
                        CASE WHEN $8 THEN l.key_id END AS key_id, CASE WHEN $9 THEN l.user_id END AS user_id,
                        CASE WHEN $10 THEN (SELECT COALESCE(string_agg(t.tag, ', ' ORDER BY t.tag), '')
                            FROM api_key_tags t WHERE t.tenant_id = $1 AND t.key_id = l.key_id) END AS tags,
                        CASE WHEN $11 THEN l.account_name END AS account, CASE WHEN $12 THEN l.platform END AS platform,
                        CASE WHEN $13 THEN l.model END AS model, CASE WHEN $14 THEN l.client END AS client,
                        CASE WHEN $15 THEN l.status END AS status, CASE WHEN $16 THEN l.cost_centre END AS cost_centre,
                        sum(l.requests)::bigint AS requests, count(*) AS lines, sum(l.input)::bigint AS input,
                        sum(l.output)::bigint AS output, sum(l.cache_write_5m)::bigint AS cache_write_5m,
                        sum(l.cache_write_1h)::bigint AS cache_write_1h, sum(l.cache_read)::bigint AS cache_read,
                        sum(l.charge)::bigint AS charge
                 FROM exported_lines($2, $3, $4, $5) l
                 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) s
           LEFT JOIN api_keys k ON k.tenant_id = $1 AND k.key_id = s.key_id
           LEFT JOIN memberships p ON p.tenant_id = $1 AND p.user_id = s.user_id
           ORDER BY s.month, s.day, s.cost_centre, s.key_id, s.user_id, s.tags, s.account, s.platform, s.model, s.client,
                    s.status
           LIMIT $17"#,
        wanted.tenant.0,
        wanted.first_id(),
        wanted.end_id(),
        wanted.through,
        wanted.filter,
        by(ExportGroup::Day),
        by(ExportGroup::Month),
        by(ExportGroup::Key),
        by(ExportGroup::User),
        by(ExportGroup::Tags),
        by(ExportGroup::Account),
        by(ExportGroup::Platform),
        by(ExportGroup::Model),
        by(ExportGroup::Client),
        by(ExportGroup::Status),
        by(ExportGroup::CostCentre),
        i64::try_from(most).unwrap_or(i64::MAX)
    )
    .fetch(tx.conn());
    let mut sums = Totals::default();
    while let Some(sum) = rows.try_next().await? {
        let of_row = sum.figures();
        let mut row = vec![Cell::Plain("sum")];
        sum.cells(&wanted.groups, &mut row);
        row.extend(figures(&of_row));
        sheet.row(&row)?;
        sums.join(&of_row)?;
    }
    Ok(sums)
}

/// Writes a summary's totals.
pub(super) fn totals(sheet: &mut Sheet, wanted: &Wanted, sums: &Totals) -> Result<(), ExportError> {
    let grouped = head(&wanted.groups).len().saturating_sub(FIGURES.len());
    let mut row = vec![Cell::Nothing; grouped];
    if let Some(first) = row.first_mut() {
        *first = Cell::Plain("total");
    }
    row.extend(figures(sums));
    sheet.row(&row)
}

/// What cost centres used, the dearest first, and the sums of all of them.
pub(super) async fn by_cost_centre(
    tx: &mut TenantTx,
    wanted: &Wanted,
) -> Result<(Vec<ChargeBackRow>, Totals), ExportError> {
    planned_for_values(tx).await?;
    let rows = sqlx::query!(
        r#"SELECT cost_centre AS "cost_centre!", sum(requests)::bigint AS "requests!", count(*) AS "lines!",
                  sum(input)::bigint AS "input!", sum(output)::bigint AS "output!",
                  sum(cache_write_5m)::bigint AS "cache_write_5m!", sum(cache_write_1h)::bigint AS "cache_write_1h!",
                  sum(cache_read)::bigint AS "cache_read!", sum(charge)::bigint AS "charge!"
           FROM exported_lines($1, $2, $3, $4) GROUP BY cost_centre ORDER BY sum(charge) DESC, cost_centre"#,
        wanted.first_id(),
        wanted.end_id(),
        wanted.through,
        wanted.filter
    )
    .fetch_all(tx.conn())
    .await?;
    let mut sums = Totals::default();
    let mut centres = Vec::with_capacity(rows.len());
    for row in rows {
        let figures = Totals {
            requests: row.requests,
            lines: row.lines,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        };
        sums.join(&figures)?;
        centres.push(told(row.cost_centre, &figures));
    }
    Ok((centres, sums))
}

/// Figures as the API tells them.
pub(super) fn told(cost_centre: String, sums: &Totals) -> ChargeBackRow {
    ChargeBackRow {
        cost_centre,
        requests: u64::try_from(sums.requests).unwrap_or_default(),
        total_tokens: sums.tokens(),
        charge_nano: NanoUsd(sums.charge),
        credited_nano: NanoUsd(0),
    }
}

/// Writes charge-back with its totals.
pub(super) fn charge_back(
    sheet: &mut Sheet,
    rows: &[ChargeBackRow],
    total: Option<&ChargeBackRow>,
) -> Result<(), ExportError> {
    let count = |number: u64| Cell::Count(i64::try_from(number).unwrap_or(i64::MAX));
    let figures = |row: &ChargeBackRow| {
        [
            count(row.requests),
            Cell::Count(row.total_tokens),
            Cell::Money(row.charge_nano.0),
        ]
    };
    for row in rows {
        let name = if row.cost_centre.is_empty() {
            UNTAGGED
        } else {
            &row.cost_centre
        };
        let [requests, tokens, charge] = figures(row);
        sheet.row(&[
            Cell::Plain("cost_centre"),
            Cell::Text(name),
            requests,
            tokens,
            charge,
        ])?;
    }
    let Some(total) = total else { return Ok(()) };
    let [requests, tokens, charge] = figures(total);
    sheet.row(&[Cell::Plain("total"), Cell::Nothing, requests, tokens, charge])
}
