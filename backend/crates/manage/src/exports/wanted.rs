//! What a file shall hold, made whole: both ends of its range, the last batch that counts, whose rows are seen. Never in
//! here: reading the rows.

use super::error::{ExportError, wrong};
use super::range::{Range, Stated};
use crate::zone::zone;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use tollgate_contract::exports::{ExportFormat, ExportGroup, ExportQuery, ExportSource, fits, groups_of};
use tollgate_contract::ids::{TenantId, UserId};
use tollgate_store::TenantTx;
use uuid::Uuid;

/// What somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct ExportOrder {
    /// What is in the file.
    pub source: ExportSource,
    /// How it is written.
    pub format: ExportFormat,
    /// Which rows.
    pub query: ExportQuery,
    /// Whose requests alone are seen; `None`: everyone's.
    pub only_user: Option<UserId>,
}

/// The line after which a file goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct After {
    pub(super) request_id: Uuid,
    pub(super) batch_no: i64,
}

impl After {
    /// Before everything.
    pub(super) const START: Self = Self {
        request_id: Uuid::nil(),
        batch_no: 0,
    };

    fn parse(text: &str) -> Option<Self> {
        let (id, number) = text.split_once(':')?;
        Some(Self {
            request_id: id.parse().ok()?,
            batch_no: number.parse().ok().filter(|number| *number > 0)?,
        })
    }
}

/// An order made whole.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) tenant: TenantId,
    pub(super) tenant_name: String,
    pub(super) zone: Tz,
    pub(super) source: ExportSource,
    pub(super) format: ExportFormat,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) through: i64,
    /// The first batch that counts; 0: all up to `through`.
    pub(super) first_batch: i64,
    /// The first id of the range, and the first one behind it.
    pub(super) ids: (Uuid, Uuid),
    pub(super) after: After,
    pub(super) groups: Vec<ExportGroup>,
    pub(super) bom: bool,
    /// The filters that are set, as `exported_events` takes them.
    pub(super) filter: Value,
    /// As it was asked for, with both ends of the range and the last batch.
    pub(super) query: ExportQuery,
}

impl Wanted {
    /// Fills in what was left open.
    ///
    /// # Errors
    /// `Query` for what can't be had together, `Store` if the database fails.
    pub(super) async fn resolve(
        tx: &mut TenantTx,
        now: DateTime<Utc>,
        order: ExportOrder,
    ) -> Result<Self, ExportError> {
        let tenant = tx.tenant_id();
        let row = sqlx::query!(
            r#"SELECT t.name, t.time_zone, COALESCE(h.last_no, 0) AS "last_no!", h.last_booked_at AS "last_booked_at?"
               FROM tenants t LEFT JOIN ledger_heads h ON h.tenant_id = t.tenant_id WHERE t.tenant_id = $1"#,
            tenant.0
        )
        .fetch_one(tx.conn())
        .await?;
        let ExportOrder {
            source,
            format,
            mut query,
            only_user,
        } = order;
        if !fits(source, format) {
            return Err(wrong("format", "can be `focus` for usage alone"));
        }
        let range = match Stated::read(tx, &query).await? {
            Some(stated) => stated.range(&query)?,
            None => Range::asked(source, &query, now, (row.last_no, row.last_booked_at))?,
        };
        let Range {
            from, to, through, ..
        } = range;
        let after = after(source, format, &query)?;
        (query.from, query.to, query.through) = (Some(from), Some(to), Some(through));
        let groups = query.group.as_deref().and_then(groups_of);
        Ok(Self {
            tenant,
            tenant_name: row.name,
            zone: zone(&row.time_zone),
            source,
            format,
            from,
            to,
            through,
            first_batch: range.first_batch,
            ids: range.ids,
            after,
            groups: groups.unwrap_or_else(|| vec![ExportGroup::Month]),
            bom: query.bom,
            filter: filter(&query, only_user, range.first_batch),
            query,
        })
    }

    /// The first id of the range.
    pub(super) fn first_id(&self) -> Uuid {
        self.ids.0
    }

    /// The first id behind the range.
    pub(super) fn end_id(&self) -> Uuid {
        self.ids.1
    }

    /// Whether the file's first part is somewhere else.
    pub(super) fn resumed(&self) -> bool {
        self.after != After::START
    }

    /// Whether it goes out as it is made. Others are made whole first: they are small, or can't be read before their end.
    pub(super) fn streams(&self) -> bool {
        self.source == ExportSource::Usage && self.format != ExportFormat::Xlsx
    }

    /// What the file is called: source, first and last day.
    pub(super) fn file_name(&self) -> String {
        let what = match self.format {
            ExportFormat::Focus => "focus",
            _ => self.source.as_str(),
        };
        let day = |at: DateTime<Utc>| at.with_timezone(&self.zone).format("%Y-%m-%d").to_string();
        let last = day(self.to - TimeDelta::milliseconds(1));
        format!("{what}-{}-{last}.{}", day(self.from), self.format.extension())
    }
}

fn after(source: ExportSource, format: ExportFormat, query: &ExportQuery) -> Result<After, ExportError> {
    let Some(text) = query.after.as_deref() else {
        return Ok(After::START);
    };
    if source != ExportSource::Usage || !matches!(format, ExportFormat::Csv | ExportFormat::Jsonl) {
        return Err(wrong("after", "goes on with usage as CSV or JSON lines alone"));
    }
    let known = query.through.is_some() && query.from.is_some() && query.to.is_some();
    if !known && query.statement.is_none() {
        return Err(wrong(
            "after",
            "needs `from`, `to` and `through` of the file that broke off",
        ));
    }
    After::parse(text).ok_or_else(|| wrong("after", "must be `request_id:batch_no` of a line"))
}

/// What is set, and nothing else: each is one condition.
fn filter(query: &ExportQuery, only_user: Option<UserId>, first_batch: i64) -> Value {
    let quality = query.quality.map(|quality| json!(quality));
    let set = [
        ("only_user", only_user.map(|user| json!(user))),
        ("first_batch", (first_batch > 0).then(|| json!(first_batch))),
        ("key_id", query.key_id.map(|key| json!(key))),
        ("user_id", query.user_id.map(|user| json!(user))),
        ("account_id", query.account_id.map(|account| json!(account))),
        ("platform", query.platform.as_ref().map(|text| json!(text))),
        ("model", query.model.as_ref().map(|text| json!(text))),
        ("status", query.status.map(|status| json!(status))),
        ("quality", quality),
        ("unpriced", query.unpriced.map(|unpriced| json!(unpriced))),
        ("client", query.client.as_ref().map(|text| json!(text))),
        ("client_family", query.client_family.map(|client| json!(client))),
        ("http_status", query.http_status.map(|status| json!(status))),
        ("min_charge_nano", query.min_charge_nano.map(|least| json!(least))),
        ("min_duration_ms", query.min_duration_ms.map(|least| json!(least))),
        ("cost_centre", query.cost_centre.as_ref().map(|text| json!(text))),
        ("tag", query.tag.as_ref().map(|text| json!(text))),
    ];
    let set: Map<String, Value> = set
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    Value::Object(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_kept_to_their_own_whatever_they_filter_by() {
        let me = UserId(Uuid::from_u128(1));
        let query = ExportQuery {
            user_id: Some(UserId(Uuid::from_u128(2))),
            cost_centre: Some(String::new()),
            ..ExportQuery::default()
        };
        let filter = filter(&query, Some(me), 0);
        assert_eq!(filter["only_user"], json!(me));
        assert_eq!(filter["cost_centre"], "");
        assert_eq!(filter.as_object().map(Map::len), Some(3));
    }

    #[test]
    fn a_file_goes_on_after_a_whole_line_alone() {
        let id = Uuid::from_u128(7);
        let after = After::parse(&format!("{id}:12"));
        assert_eq!(
            after,
            Some(After {
                request_id: id,
                batch_no: 12
            })
        );
        for wrong in [
            "",
            ":",
            "12",
            &id.to_string(),
            &format!("{id}:0"),
            &format!("{id}:-1"),
            &format!("{id}:x"),
        ] {
            assert_eq!(After::parse(wrong), None, "{wrong}");
        }
    }
}
