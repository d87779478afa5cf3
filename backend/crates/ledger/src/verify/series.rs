//! Numbers of documents: each series and year counts from one to its last number, without a gap and without a number twice.

use super::{Misfit, VerifyReport};
use crate::error::LedgerError;
use tollgate_store::JobsTx;

pub(super) async fn verify(tx: &mut JobsTx, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let rows = sqlx::query!(
        r#"WITH numbered AS (
               SELECT kind AS series, substring(number FROM '(\d{4})-\d+$')::integer AS year,
                      count(*) AS there, count(DISTINCT substring(number FROM '\d+$')::bigint) AS apart,
                      max(substring(number FROM '\d+$')::bigint) AS highest
               FROM billing_documents GROUP BY 1, 2)
           SELECT series AS "series!", COALESCE(year, 0) AS "year!", COALESCE(there, 0) AS "there!",
                  COALESCE(apart, 0) AS "apart!", COALESCE(highest, 0) AS "highest!", COALESCE(s.last_no, 0) AS "last_no!"
           FROM document_series s FULL JOIN numbered n USING (series, year) ORDER BY series, year"#
    )
    .fetch_all(tx.conn())
    .await?;
    let mut misfit = None;
    for row in &rows {
        let due = format!("{0} numbers up to {0}", row.last_no);
        let found = format!(
            "{} numbers, {} of them apart, up to {}",
            row.there, row.apart, row.highest
        );
        if [row.there, row.apart, row.highest] != [row.last_no; 3] {
            misfit = Some(Misfit::new(
                format!("series {} of {}", row.series, row.year),
                due,
                found,
            ));
            break;
        }
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    report.note("document_series", count, misfit, None);
    Ok(())
}
