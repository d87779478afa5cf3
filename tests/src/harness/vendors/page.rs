//! The vendors' pages of consent as a browser meets them: one that asks, and what comes once the person agreed. Claude's and
//! Google's then show what is to be pasted back; OpenAI's sends the browser to an address on the person's own machine.
//! Never in here: which links are good and what a code is worth.

use super::super::upstream::Seen;
use super::book::{Book, Consent};
use super::said::Said;
use super::{claude, google, openai};
use std::fmt::Write as _;
use url::Url;

/// Set by the button, beside what the link says.
const AGREED: &str = "agreed";

/// What a browser is shown at a request's address; `None` if no page is there.
pub fn shown(book: &Book, seen: &Seen) -> Option<Said> {
    let path = seen.target.split('?').next().unwrap_or_default();
    let vendor = match path {
        claude::AUTHORIZE => "Claude",
        google::AUTHORIZE => "Google",
        openai::AUTHORIZE => "ChatGPT",
        _ => return None,
    };
    let url = Url::parse(&format!("http://vendor.invalid{}", seen.target)).ok()?;
    if !url.query_pairs().any(|(name, _)| name == AGREED) {
        return Some(page(200, vendor, &question(vendor, &url)));
    }
    Some(match book.consent(url.as_str()) {
        Err(why) => page(
            400,
            vendor,
            &format!("<p>This link is no good: {}</p>", text(&why)),
        ),
        Ok(consent) if path == openai::AUTHORIZE => Said::elsewhere(consent.address()),
        Ok(consent) => page(200, vendor, &code(path, &consent)),
    })
}

fn question(vendor: &str, url: &Url) -> String {
    let mut fields = String::new();
    for (name, value) in url.query_pairs() {
        let _ = write!(
            fields,
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            text(&name),
            text(&value)
        );
    }
    format!(
        "<p>An application wants to use your {vendor} account.</p><form method=\"get\" action=\"{}\">{fields}\
         <button name=\"{AGREED}\" value=\"yes\">Allow</button></form>",
        text(url.path())
    )
}

/// Claude shows the state beside the code, Google the code alone.
fn code(path: &str, consent: &Consent) -> String {
    let pasted = if path == claude::AUTHORIZE {
        consent.pasted()
    } else {
        consent.code.clone()
    };
    format!(
        "<p>Paste this where you came from:</p><code id=\"code\">{}</code>",
        text(&pasted)
    )
}

fn page(status: u16, vendor: &str, inner: &str) -> Said {
    Said::page(
        status,
        // The icon is named so that no browser asks the upstream for one.
        &format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{vendor}, simulated</title>\
             <link rel=\"icon\" href=\"data:,\"><style>body{{font:16px/1.5 sans-serif;max-width:34rem;margin:4rem auto;\
             padding:0 1rem}}code{{word-break:break-all}}button{{font:inherit;padding:.5rem 1.5rem}}</style>\
             <h1>{vendor}, simulated</h1>{inner}</html>"
        ),
    )
}

/// As it may stand within HTML and its attributes.
fn text(plain: &str) -> String {
    plain
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
