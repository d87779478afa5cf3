//! The margin's table as CSV. Amounts are exact dollars; a name that a spreadsheet would take for a formula is quoted.

use actix_web::HttpResponse;
use actix_web::http::header;
use tollgate_contract::margin::{MarginFigures, MarginReport};
use tollgate_contract::money::NanoUsd;
use tollgate_http::Fault;

/// The answer that a browser saves.
pub(super) fn answer(report: &MarginReport) -> Result<HttpResponse, Fault> {
    let table = table(report).map_err(Fault::internal)?;
    let name = format!(
        "margin-{}-{}-by-{}.csv",
        report.from,
        report.to,
        report.group_by.as_str()
    );
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(table))
}

fn table(report: &MarginReport) -> Result<Vec<u8>, String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let head = [
        report.group_by.as_str(),
        "name",
        "requests",
        "input_tokens",
        "output_tokens",
        "cost_usd",
        "charge_usd",
        "credited_usd",
        "margin_usd",
    ];
    csv.write_record(head).map_err(|error| error.to_string())?;
    for row in &report.rows {
        csv.write_record(record(&row.id, &row.label, &row.figures))
            .map_err(|error| error.to_string())?;
    }
    csv.write_record(record("total", "", &report.totals))
        .map_err(|error| error.to_string())?;
    csv.into_inner().map_err(|error| error.to_string())
}

fn record(id: &str, label: &str, figures: &MarginFigures) -> [String; 9] {
    [
        plain(id),
        plain(label),
        figures.requests.to_string(),
        figures.input_tokens.to_string(),
        figures.output_tokens.to_string(),
        figures.cost_nano.exact_usd(),
        figures.charge_nano.exact_usd(),
        figures.credited_nano.map_or_else(String::new, NanoUsd::exact_usd),
        figures.margin_nano.exact_usd(),
    ]
}

/// Text that no spreadsheet runs.
fn plain(text: &str) -> String {
    if crate::exports::spreadsheet_runs(text) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::margin::{MarginGroup, MarginRow, MarginTie};

    #[test]
    fn full_width_signs_and_line_feeds_begin_no_formula_either() {
        for text in ["\u{ff1d}1+1", "\u{ff0b}1", "\n=1", "@x"] {
            assert_eq!(plain(text), format!("'{text}"));
        }
    }

    #[test]
    fn amounts_are_exact_and_no_name_is_a_formula() {
        let figures = MarginFigures {
            requests: 2,
            cost_nano: NanoUsd(1_500_000_001),
            charge_nano: NanoUsd(1_000_000_000),
            margin_nano: NanoUsd(-500_000_001),
            ..MarginFigures::default()
        };
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let report = MarginReport {
            from: day,
            to: day,
            group_by: MarginGroup::Tenant,
            totals: figures,
            rows: vec![MarginRow {
                id: "x".to_owned(),
                label: "=cmd|'/c calc'!A1, \"Ltd\"".to_owned(),
                figures,
            }],
            days: Vec::new(),
            own_accounts_charge_nano: NanoUsd(0),
            tie: MarginTie::default(),
        };
        let text = String::from_utf8(table(&report).unwrap()).unwrap();
        assert_eq!(
            text,
            "tenant,name,requests,input_tokens,output_tokens,cost_usd,charge_usd,credited_usd,margin_usd\n\
             x,\"'=cmd|'/c calc'!A1, \"\"Ltd\"\"\",2,0,0,1.500000001,1.00,,-0.500000001\n\
             total,,2,0,0,1.500000001,1.00,,-0.500000001\n"
        );
    }
}
