//! A sheet as one HTML file: nothing is loaded, everything that somebody wrote is escaped.

use crate::sheet::Sheet;
use std::fmt::Write;

const STYLE: &str = "body{font:14px/1.45 system-ui,'Open Sans','Noto Sans CJK SC','Microsoft YaHei',sans-serif;color:#111;\
margin:2rem auto;max-width:52rem;padding:0 1rem}header{display:flex;justify-content:space-between;align-items:flex-start;\
gap:1rem;border-bottom:3px solid var(--brand);padding-bottom:1rem}header img{max-height:64px;max-width:240px}\
.brand{font-size:1.2rem;font-weight:700;color:var(--brand)}h1{margin:0;font-size:1.6rem}.cols{display:flex;gap:2rem;\
flex-wrap:wrap;margin:1.5rem 0}.cols>*{flex:1 1 14rem;overflow-wrap:anywhere}h2{font-size:.8rem;margin:0 0 .25rem;color:#555}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}dt{color:#555}dd{margin:0}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #ddd;\
vertical-align:top;overflow-wrap:anywhere}th{border-bottom:2px solid var(--brand)}.n{text-align:right;\
font-variant-numeric:tabular-nums;white-space:nowrap}.totals{margin:1rem 0 1rem auto;width:auto}\
.totals .strong td{font-weight:700;border-top:2px solid var(--brand)}.notes{margin-top:1.5rem;overflow-wrap:anywhere}\
footer{margin-top:2rem;color:#555;font-size:.85rem}@media print{body{margin:0;max-width:none}thead{display:table-header-group}\
tr{break-inside:avoid}}";

/// The sheet as a whole HTML file.
pub fn html(sheet: &Sheet) -> String {
    let mut out = String::with_capacity(4096 + sheet.rows.len() * 256);
    let (red, green, blue) = sheet.colour;
    let number = sheet
        .facts
        .first()
        .map(|(_, value)| value.as_str())
        .unwrap_or_default();
    // Writing into a String can't fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\">\n<title>{} {}</title>\n<style>:root{{--brand:#{red:02x}{green:02x}\
         {blue:02x}}}{STYLE}</style>\n</head>\n<body>\n<header><div>",
        sheet.language,
        escape(&sheet.title),
        escape(number)
    );
    if !sheet.logo.is_empty() {
        let _ = write!(
            out,
            "<img alt=\"\" src=\"data:image/png;base64,{}\">",
            escape(&sheet.logo)
        );
    }
    let _ = write!(
        out,
        "<div class=\"brand\">{}</div></div><h1>{}</h1></header>\n<div class=\"cols\">",
        escape(&sheet.brand),
        escape(&sheet.title)
    );
    for (heading, lines) in &sheet.parties {
        let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        let _ = write!(
            out,
            "<div><h2>{}</h2>{}</div>",
            escape(heading),
            lines.join("<br>")
        );
    }
    out.push_str("<dl>");
    for (label, value) in &sheet.facts {
        let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape(label), escape(value));
    }
    out.push_str("</dl></div>\n");
    table(&mut out, sheet);
    rest(&mut out, sheet);
    out
}

fn table(out: &mut String, sheet: &Sheet) {
    let class = |column: usize| if column < 2 { "" } else { " class=\"n\"" };
    out.push_str("<table>\n<thead><tr>");
    for (column, text) in sheet.columns.iter().enumerate() {
        let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(column), escape(text));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        out.push_str("<tr>");
        for (column, text) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(column), escape(text));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn rest(out: &mut String, sheet: &Sheet) {
    out.push_str("<table class=\"totals\"><tbody>\n");
    for total in &sheet.totals {
        let class = if total.strong { " class=\"strong\"" } else { "" };
        let _ = writeln!(
            out,
            "<tr{class}><td>{}</td><td class=\"n\">{}</td></tr>",
            escape(&total.label),
            escape(&total.value)
        );
    }
    out.push_str("</tbody></table>\n<div class=\"notes\">\n");
    for note in &sheet.notes {
        let _ = writeln!(out, "<p>{}</p>", escape(note).replace('\n', "<br>"));
    }
    let _ = write!(
        out,
        "</div>\n<footer>{}</footer>\n</body>\n</html>\n",
        escape(&sheet.foot)
    );
}

/// Text as it may stand between tags and in quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
