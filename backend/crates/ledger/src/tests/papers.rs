//! What was made of the books is proven as they are: statements, documents, payments, numbers and rates, by verification and
//! by seals; and a refund leaves the tax.

use super::ages::signer;
use super::closing::{before_the_edge, close_month, tenant_in};
use super::support::{House, folder, settle};
use crate::postings::{Posting, post};
use crate::seal::seal;
use crate::transfers::Credited;
use crate::verify::{VerifyScope, verify_within};
use crate::wallet::{Refund, WalletError, refund};
use chrono::{NaiveDate, TimeDelta};
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_contract::invoices::{
    Brand, Document, DocumentKind, DocumentLanguage, DocumentLine, Party, SecondCurrency, Terms,
};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::Statement;
use tollgate_money::Nano;

const CENT: i64 = 10_000_000;
/// Two dollars, at a thousand nano-dollars a token.
const TOKENS: u64 = 2_000_001;

fn invoice(made: &Statement, hash: &str, day: NaiveDate) -> Document {
    let sum = made.usage_nano.0;
    Document {
        version: 2,
        kind: DocumentKind::Invoice,
        number: format!("INV-{}-000001", day.format("%Y")),
        issued_on: day,
        language: DocumentLanguage::English,
        issuer: Party::default(),
        brand: Brand::default(),
        bank_details: String::new(),
        customer: Party::default(),
        month: made.month.clone(),
        from: day,
        to: day,
        time_zone: "UTC".to_owned(),
        invoice_number: String::new(),
        invoice_date: None,
        customer_number: "customer".to_owned(),
        purchase_order: String::new(),
        reason: String::new(),
        lines: vec![DocumentLine {
            model: "m".to_owned(),
            cost_centre: String::new(),
            late: false,
            requests: 1,
            tokens: 1,
            input_tokens: 0,
            output_tokens: 1,
            cache_tokens: 0,
            amount_nano: NanoUsd(sum),
            carried_from: String::new(),
        }],
        sum_nano: NanoUsd(sum),
        rounding_nano: NanoUsd(200 * CENT - sum),
        net_cents: 200,
        tax_rate: "19".to_owned(),
        tax_cents: 38,
        reverse_charge: false,
        total_cents: 238,
        terms: Terms::Transfer { due_on: day },
        second: Some(SecondCurrency {
            currency: "EUR".to_owned(),
            decimals: 2,
            rate: "0.9".to_owned(),
            on_day: day,
            source: "ECB".to_owned(),
            net: 180,
            tax: 34,
            total: 214,
        }),
        statement_hash: hash.to_owned(),
    }
}

/// The document, its payment and its number, as the management API writes them.
async fn written(
    house: &House,
    tenant: TenantId,
    (month, day): (NaiveDate, NaiveDate),
    document: &Document,
    payment: &Credited,
) {
    let hash = "SELECT encode(hash, 'hex') FROM billing_periods";
    let at = payment.booked_at.to_rfc3339();
    let text = serde_json::to_string(document)
        .expect("JSON")
        .replace("HASH", "' || (SELECT_HASH) || '");
    let text = text.replace("SELECT_HASH", hash);
    house
        .by_hand(&format!(
            "INSERT INTO billing_documents (tenant_id, document_id, kind, number, month, post_paid, net_cents, tax_cents,
                                            total_cents, due_on, content, hash, issued_at, issued_by)
             SELECT '{tenant}', gen_random_uuid(), 'invoice', '{number}', '{month}', true, 200, 38, 238, '{day}', content,
                    sha256(convert_to(content, 'UTF8')), '{at}', 'by' FROM (SELECT '{text}' AS content) AS one",
            number = document.number
        ))
        .await;
    house
        .by_hand(&format!(
            "INSERT INTO billing_payments SELECT '{tenant}', gen_random_uuid(), document_id, 100, 'bank 1', '{}', 'by', '{at}'
             FROM billing_documents",
            payment.transfer_id
        ))
        .await;
    house
        .by_hand(&format!(
            "INSERT INTO document_series VALUES ('invoice', {}, 1)",
            day.format("%Y")
        ))
        .await;
}

/// A closed month with its invoice, a payment of it, and the rate that it names.
async fn invoiced() -> (House, TenantId) {
    let (clock, month, _) = before_the_edge("UTC", 20);
    let house = House::by(clock).await;
    let (tenant, folder) = (tenant_in(&house, "UTC").await, folder());
    let node = house.epoch(&folder).await;
    let entries = house.entries(&node, tenant, &[TOKENS]).await;
    settle(&house, &node, &entries).await;
    house.clock.advance(Duration::from_mins(21));
    let made = close_month(&house, tenant, month).await.expect("closed");
    let day = house.clock.now().date_naive();
    house
        .by_hand(&format!(
            "INSERT INTO exchange_rates VALUES ('EUR', '{day}', 900000000, 'ECB', 'operator', '{}')",
            house.clock.now().to_rfc3339()
        ))
        .await;
    let document = invoice(&made, "HASH", day);
    let mut tx = house.db.tenant(tenant).await.expect("a transaction");
    let mut booked = None;
    for (posting, change, words) in [
        (
            Posting::Rounding,
            -document.rounding_nano.0,
            ("rounding", "by", "r"),
        ),
        (Posting::Tax, -38 * CENT, ("tax", "by", "t")),
        (
            Posting::Payment,
            100 * CENT,
            ("payment of NUMBER: bank 1", "by", "p"),
        ),
    ] {
        let reason = words.0.replace("NUMBER", &document.number);
        booked = post(
            &mut tx,
            &house.clock,
            posting,
            Nano(change),
            (&reason, words.1, words.2),
        )
        .await
        .expect("booked");
    }
    tx.commit().await.expect("committed");
    let payment = booked.expect("a payment");
    written(&house, tenant, (month, day), &document, &payment).await;
    house.assert_books_agree().await;
    (house, tenant)
}

async fn failed(house: &House, scope: VerifyScope) -> Vec<&'static str> {
    let report = verify_within(&house.db, scope).await.expect("read");
    report.failures.iter().map(|failure| failure.check).collect()
}

/// With a hash that fits again, as whoever owns the database would write it.
const AND_HASH: &str = "UPDATE billing_documents SET hash = sha256(convert_to(content, 'UTF8'));
     UPDATE billing_periods SET hash = sha256(convert_to(statement, 'UTF8'))";

/// What somebody might change, and the check that finds it.
fn cases() -> Vec<(String, &'static str)> {
    let text = |from: &str, to: &str| {
        format!("UPDATE billing_documents SET content = replace(content, '{from}', '{to}'); {AND_HASH}")
    };
    let stated = |from: &str, to: &str| {
        format!("UPDATE billing_periods SET statement = replace(statement, '{from}', '{to}'); {AND_HASH};
            UPDATE billing_documents SET content = regexp_replace(content, '\"statement_hash\":\"[0-9a-f]+\"',
                '\"statement_hash\":\"' || (SELECT encode(hash, 'hex') FROM billing_periods) || '\"'); {AND_HASH}")
    };
    vec![
        (
            "UPDATE billing_documents SET net_cents = 100, total_cents = 138".to_owned(),
            "billing_documents",
        ),
        (
            "UPDATE billing_documents SET content = content || ' '".to_owned(),
            "billing_documents",
        ),
        (
            text("\"model\":\"m\"", "\"model\":\"n\"") + ";" + "UPDATE billing_periods SET usage_nano = 1",
            "billing_periods",
        ),
        (text("\"sum_nano\":\"2", "\"sum_nano\":\"3"), "billing_documents"),
        (text("\"tax_cents\":38", "\"tax_cents\":8"), "billing_documents"),
        (text("\"rate\":\"0.9\"", "\"rate\":\"0.8\""), "billing_documents"),
        (
            text("\"amount_nano\":\"2", "\"amount_nano\":\"3"),
            "billing_documents",
        ),
        (stated("\"requests\":1", "\"requests\":2"), "billing_periods"),
        (
            stated("\"output_tokens\":2000001", "\"output_tokens\":1"),
            "billing_periods",
        ),
        (
            "UPDATE billing_periods SET opening_nano = opening_nano + 1".to_owned(),
            "billing_periods",
        ),
        (
            "UPDATE billing_payments SET amount_cents = 101".to_owned(),
            "billing_payments",
        ),
        (
            "UPDATE billing_payments SET reference = 'bank 2'".to_owned(),
            "billing_payments",
        ),
        ("DELETE FROM billing_payments".to_owned(), "billing_payments"),
        (
            "UPDATE document_series SET last_no = 2".to_owned(),
            "document_series",
        ),
        (
            "DELETE FROM billing_payments; DELETE FROM billing_documents".to_owned(),
            "document_series",
        ),
        (
            "UPDATE exchange_rates SET rate_nano = 910000000".to_owned(),
            "billing_documents",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_what_was_made_of_the_books_is_found() {
    let (house, _) = invoiced().await;
    let tables = [
        "billing_documents",
        "billing_periods",
        "billing_payments",
        "document_series",
        "exchange_rates",
    ];
    for table in tables {
        house
            .by_hand_if_any(&format!("CREATE TABLE kept_{table} AS TABLE {table}"))
            .await;
    }
    for (sql, check) in cases() {
        house.by_hand_if_any(&sql).await;
        for scope in [VerifyScope::Whole, VerifyScope::SinceSeal] {
            let found = failed(&house, scope).await;
            // Lines against requests are looked at where every row is.
            let lines = sql.contains("output_tokens") && scope == VerifyScope::SinceSeal;
            assert!(lines || found.contains(&check), "{sql}: {found:?}");
        }
        for table in tables {
            house
                .by_hand_if_any(&format!(
                    "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}"
                ))
                .await;
        }
        assert_eq!(
            failed(&house, VerifyScope::Whole).await,
            Vec::<&str>::new(),
            "{sql}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_holds_what_was_made_of_the_books() {
    let (house, _) = invoiced().await;
    house.clock.advance(Duration::from_mins(11));
    seal(&house.db, &signer(&house)).await.expect("sealed");
    seal(&house.db, &signer(&house))
        .await
        .expect("sealed, and nothing moved");
    assert_eq!(failed(&house, VerifyScope::Whole).await, Vec::<&str>::new());
    // What stands in no text, and what a text with its hash would hide.
    for (sql, back) in [
        (
            "UPDATE billing_documents SET issued_by = 'another'",
            "UPDATE billing_documents SET issued_by = 'by'",
        ),
        (
            "UPDATE exchange_rates SET source = 'another'",
            "UPDATE exchange_rates SET source = 'ECB'",
        ),
    ] {
        house.by_hand(sql).await;
        for scope in [VerifyScope::Whole, VerifyScope::SinceSeal, VerifyScope::Quick] {
            assert_eq!(failed(&house, scope).await, ["ledger_seals"], "{sql}");
        }
        house.by_hand(back).await;
    }
    let hidden = format!(
        "UPDATE billing_documents SET content = replace(content, '\"name\":\"\"', '\"name\":\"X\"'); {AND_HASH}"
    );
    house.by_hand(&hidden).await;
    assert_eq!(failed(&house, VerifyScope::SinceSeal).await, ["ledger_seals"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_leaves_the_tax_of_what_is_not_invoiced() {
    let (clock, _, _) = before_the_edge("UTC", 20);
    let house = House::by(clock).await;
    let (tenant, folder) = (tenant_in(&house, "UTC").await, folder());
    let node = house.epoch(&folder).await;
    let entries = house.entries(&node, tenant, &[TOKENS]).await;
    settle(&house, &node, &entries).await;
    house
        .by_hand(&format!(
            "INSERT INTO billing_profiles (tenant_id, tax_ppm, updated_at) VALUES ('{tenant}', 190000, now())"
        ))
        .await;
    let left = 10_000_000_000 - 2_000_001_000;
    let pay_back = async |nano: i64| {
        let mut tx = house.db.tenant(tenant).await.expect("a transaction");
        let order = Refund {
            amount: Nano(nano),
            reason: "asked for".to_owned(),
            author: "tests".to_owned(),
            idempotency_key: format!("refund {nano}"),
            of: None,
        };
        let booked = refund(&mut tx, &house.clock, &order).await?;
        tx.commit().await.expect("committed");
        Ok::<_, WalletError>(booked)
    };
    // 19 % of 2.000001: a begun cent is a whole one.
    let tax = 39 * CENT;
    match pay_back(left).await {
        Err(WalletError::TaxHeld {
            refundable,
            tax: held,
        }) => {
            assert_eq!((refundable, held), (Nano(left - tax), Nano(tax)));
        }
        other => panic!("not held back: {other:?}"),
    }
    pay_back(left - tax).await.expect("what is not tax");
    house
        .clock
        .advance(TimeDelta::minutes(1).to_std().expect("a minute"));
    house.assert_books_agree().await;
}
