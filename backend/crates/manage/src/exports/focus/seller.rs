//! Who sells and who bills, by the issuer's own settings, and which accounting months are closed and invoiced.

use chrono::{DateTime, Utc};
use std::sync::Arc;
use tollgate_store::{StoreError, TenantTx};

/// What an installation is called that has not said who it is.
const UNNAMED: &str = "Tollgate";

/// A closed accounting month.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
    /// Its invoice's number, where one was issued.
    pub(super) invoice: Option<Arc<str>>,
}

/// What a file says of who made it.
#[derive(Debug)]
pub(in crate::exports) struct Seller {
    /// Who issues invoices: the legal name.
    pub(super) issuer: String,
    /// Who sells: the brand, else the same.
    pub(super) name: String,
    /// In their order.
    months: Vec<Closed>,
}

impl Seller {
    /// # Errors
    /// If the database fails.
    pub(in crate::exports) async fn read(tx: &mut TenantTx) -> Result<Self, StoreError> {
        let tenant = tx.tenant_id();
        let issuer = sqlx::query!(
            r#"SELECT legal_name AS "legal_name!", brand_name AS "brand_name!" FROM billing_issuer()"#
        )
        .fetch_optional(tx.conn())
        .await?;
        let first_of = |names: [&str; 3]| {
            let told = names.into_iter().map(str::trim).find(|name| !name.is_empty());
            told.unwrap_or(UNNAMED).to_owned()
        };
        let (legal, brand) = issuer
            .map(|row| (row.legal_name, row.brand_name))
            .unwrap_or_default();
        let months = sqlx::query!(
            r#"SELECT p.starts_at, p.ends_at, d.number AS "number?"
               FROM billing_periods p
               LEFT JOIN billing_documents d ON d.tenant_id = p.tenant_id AND d.month = p.month AND d.kind = 'invoice'
               WHERE p.tenant_id = $1 ORDER BY p.starts_at"#,
            tenant.0
        )
        .fetch_all(tx.conn())
        .await?;
        let months = months.into_iter().map(|row| Closed {
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            invoice: row.number.map(Arc::from),
        });
        Ok(Self {
            issuer: first_of([&legal, &brand, ""]),
            name: first_of([&brand, &legal, ""]),
            months: months.collect(),
        })
    }

    /// The closed month in which something was booked; `None`: it is open still.
    pub(super) fn closed(&self, at: DateTime<Utc>) -> Option<&Closed> {
        let after = self.months.partition_point(|month| month.starts_at <= at);
        let month = self.months.get(after.checked_sub(1)?)?;
        (at < month.ends_at).then_some(month)
    }

    /// An open month begins here, or where the last closed one ended, if that is later.
    pub(super) fn open_from(&self, begin: DateTime<Utc>) -> DateTime<Utc> {
        self.months.last().map_or(begin, |last| last.ends_at.max(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_booked_stands_in_the_month_that_was_closed_over_it() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let edges = [
            "2026-01-01T00:00:00Z",
            "2026-01-31T16:00:00Z",
            "2026-02-28T16:00:00Z",
        ]
        .map(at);
        let month = |n: usize, invoice: Option<&str>| Closed {
            starts_at: edges[n],
            ends_at: edges[n + 1],
            invoice: invoice.map(Arc::from),
        };
        let seller = Seller {
            issuer: String::new(),
            name: String::new(),
            months: vec![month(0, Some("INV-1")), month(1, None)],
        };
        let invoice = |text: &str| seller.closed(at(text)).map(|month| month.invoice.as_deref());
        assert_eq!(invoice("2026-01-31T15:59:59Z"), Some(Some("INV-1")));
        assert_eq!(invoice("2026-01-31T16:00:00Z"), Some(None));
        assert_eq!(invoice("2026-02-28T16:00:00Z"), None);
        assert_eq!(invoice("2025-12-31T00:00:00Z"), None);
        assert_eq!(seller.open_from(at("2026-02-28T11:00:00Z")), edges[2]);
    }
}
