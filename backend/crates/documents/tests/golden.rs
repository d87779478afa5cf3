//! Documents against files that people have looked at. `TOLLGATE_WRITE_GOLDEN=1` writes them anew: then look again, with
//! `pdftoppm -r 80 -png FILE.pdf OUT`.
#![expect(clippy::expect_used, reason = "tests end by panicking, their helpers too")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use std::path::{Path, PathBuf};
use tollgate_contract::invoices::{
    Brand, Document, DocumentKind, DocumentLanguage, DocumentLine, Party, SecondCurrency, Terms,
};
use tollgate_contract::money::NanoUsd;
use tollgate_documents::{
    CENT_NANO, Fonts, PdfError, Sheet, cents, html, in_currency, pdf, png_fits, tax_cents,
};

/// Debian's fonts-droid-fallback; where it is not installed, Chinese PDFs are not compared.
const CJK: &str = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf";
/// A red pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).expect("a day")
}

fn invoice(lines: Vec<DocumentLine>) -> Document {
    let sum: i64 = lines.iter().map(|line| line.amount_nano.0).sum();
    let net = cents(sum);
    let tax = tax_cents(net, 190_000);
    Document {
        version: 1,
        kind: DocumentKind::Invoice,
        number: "INV-2026-000042".to_owned(),
        issued_on: day(12, 1),
        language: DocumentLanguage::English,
        issuer: Party {
            name: "Muster Gateway GmbH".to_owned(),
            address: "Straße der Brücken 7\n10115 Berlin\nGermany".to_owned(),
            tax_id: "DE123456789".to_owned(),
            contact: String::new(),
            email: "billing@muster.example".to_owned(),
        },
        brand: Brand {
            name: "Muster".to_owned(),
            colour: "#0f766e".to_owned(),
            logo_png: PIXEL.to_owned(),
        },
        bank_details: "IBAN DE02 1203 0000 0000 2020 51\nBIC BYLADEM1001".to_owned(),
        customer: Party {
            name: "Łódź & Sons <Research> \"Ltd\"".to_owned(),
            address: "1 High Street\nLondon".to_owned(),
            tax_id: "GB999999973".to_owned(),
            contact: "Ada O'Neil".to_owned(),
            email: "ada@sons.example".to_owned(),
        },
        month: "2026-11".to_owned(),
        from: day(11, 1),
        to: day(11, 30),
        time_zone: "Europe/London".to_owned(),
        invoice_number: String::new(),
        invoice_date: None,
        customer_number: "sons".to_owned(),
        purchase_order: "PO-4711".to_owned(),
        reason: String::new(),
        sum_nano: NanoUsd(sum),
        rounding_nano: NanoUsd(net * CENT_NANO - sum),
        net_cents: net,
        tax_rate: "19".to_owned(),
        tax_cents: tax,
        reverse_charge: false,
        total_cents: net + tax,
        terms: Terms::Transfer { due_on: day(12, 15) },
        second: Some(SecondCurrency {
            currency: "EUR".to_owned(),
            decimals: 2,
            rate: "0.9213".to_owned(),
            on_day: day(11, 30),
            source: "ECB".to_owned(),
            net: in_currency(net, 921_300_000, 2),
            tax: in_currency(tax, 921_300_000, 2),
            total: in_currency(net, 921_300_000, 2) + in_currency(tax, 921_300_000, 2),
        }),
        statement_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        lines,
    }
}

fn line(model: &str, cost_centre: &str, late: bool, amount: i64) -> DocumentLine {
    DocumentLine {
        model: model.to_owned(),
        cost_centre: cost_centre.to_owned(),
        late,
        requests: 1_234,
        tokens: 5_678_901,
        input_tokens: 5_000_000,
        output_tokens: 178_901,
        cache_tokens: 500_000,
        amount_nano: NanoUsd(amount),
        carried_from: String::new(),
    }
}

fn some_lines() -> Vec<DocumentLine> {
    vec![
        line("claude-sonnet-4-5", "research", false, 1_234_567_890_123),
        line("claude-sonnet-4-5", "", false, 4_200_000),
        line(
            "gpt-5",
            "a cost centre with a rather long name",
            true,
            99_999_999_999,
        ),
        line(&format!("models/{}", "very-long-name-".repeat(8)), "x", false, 1),
    ]
}

fn chinese() -> Document {
    let mut document = invoice(vec![
        line("qwen-max", "研发中心（上海）", false, 88_000_000_001),
        line("claude-sonnet-4-5", "市场部", true, 12_345_678_901),
    ]);
    document.language = DocumentLanguage::Chinese;
    document.customer = Party {
        name: "上海某某人工智能科技有限公司（测试用的很长很长很长很长很长很长很长很长的名称）".to_owned(),
        address: "上海市浦东新区张江高科技园区某某路 100 号\n201203".to_owned(),
        tax_id: "91310000MA1FL0000X".to_owned(),
        contact: "王小明".to_owned(),
        email: "finance@example.cn".to_owned(),
    };
    "Asia/Shanghai".clone_into(&mut document.time_zone);
    document.terms = Terms::Part {
        wallet_cents: document.total_cents - 1_234,
        due_cents: 1_234,
        due_on: day(12, 15),
    };
    document.second = Some(SecondCurrency {
        currency: "CNY".to_owned(),
        decimals: 2,
        rate: "7.0821".to_owned(),
        on_day: day(11, 30),
        source: "中国人民银行".to_owned(),
        net: 71_068,
        tax: 13_503,
        total: 84_571,
    });
    document
}

fn credit_note() -> Document {
    Document {
        kind: DocumentKind::CreditNote,
        number: "CN-2026-000003".to_owned(),
        invoice_number: "INV-2026-000042".to_owned(),
        invoice_date: Some(day(12, 1)),
        reason: "Requests were answered twice.\nWe are sorry.".to_owned(),
        reverse_charge: true,
        second: None,
        ..invoice(vec![line("gpt-5", "", false, 1_500_000_000)])
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

#[track_caller]
fn compare(name: &str, bytes: &[u8]) {
    if std::env::var_os("TOLLGATE_WRITE_GOLDEN").is_some() {
        std::fs::write(golden(name), bytes).expect("written");
    }
    let kept = std::fs::read(golden(name)).unwrap_or_default();
    assert!(
        kept == bytes,
        "{name} is not what it was ({} and {} bytes)",
        kept.len(),
        bytes.len()
    );
}

#[test]
fn html_is_as_it_was_and_holds_nothing_unescaped() {
    for (name, document) in [
        ("invoice.html", invoice(some_lines())),
        ("invoice-zh.html", chinese()),
        ("credit-note.html", credit_note()),
    ] {
        let text = html(&Sheet::of(&document));
        assert!(
            !text.contains("<Research>") && !text.contains("src=\"http"),
            "{name}"
        );
        compare(name, text.as_bytes());
    }
}

/// Not held to bytes of before: how a stream is compressed is the build's affair.
#[test]
fn a_pdf_is_the_same_whenever_it_is_made_and_grows_with_its_lines() {
    let fonts = Fonts::new(None).unwrap();
    let made = |document: &Document| {
        let written = pdf(&Sheet::of(document), &fonts).unwrap();
        assert_eq!(written, pdf(&Sheet::of(document), &fonts).unwrap());
        assert!(
            written.starts_with(b"%PDF-1.") && written.ends_with(b"%%EOF"),
            "{}",
            document.number
        );
        written.len()
    };
    let few = made(&invoice(some_lines()));
    made(&credit_note());
    let many = (0..120).map(|n| line(&format!("model-{n}"), "research", false, n * 7 + 1));
    let many = made(&invoice(many.collect()));
    assert!(few < many && many < 200_000, "{few} and {many} bytes");
}

#[test]
fn chinese_needs_its_font_and_is_set_with_it() {
    let sheet = Sheet::of(&chinese());
    let refused = pdf(&sheet, &Fonts::new(None).unwrap());
    assert!(matches!(refused, Err(PdfError::Letter(_))), "{refused:?}");
    let Ok(bytes) = std::fs::read(CJK) else {
        eprintln!("{CJK} is not installed: not compared");
        return;
    };
    let fonts = Fonts::new(Some(bytes)).unwrap();
    let written = pdf(&sheet, &fonts).unwrap();
    assert_eq!(written, pdf(&sheet, &fonts).unwrap());
    assert!(written.len() < 200_000, "subsetted: {} bytes", written.len());
    if let Some(folder) = std::env::var_os("TOLLGATE_WRITE_GOLDEN_TO") {
        std::fs::write(Path::new(&folder).join("invoice-zh.pdf"), written).unwrap();
    }
    assert!(matches!(Fonts::new(Some(vec![1, 2, 3])), Err(PdfError::Font(_))));
}

#[test]
fn a_logo_is_a_small_png_and_nothing_else() {
    let pixel = STANDARD.decode(PIXEL).unwrap();
    assert!(png_fits(&pixel));
    let mut vast = pixel.clone();
    vast[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
    for wrong in [&vast[..], &pixel[..30], b"<svg onload=alert(1)>", b""] {
        assert!(!png_fits(wrong));
    }
}
